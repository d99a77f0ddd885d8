"""Makes one paper in a process of its own, which only reads: nobody's step waits for the
interpreter meanwhile, what memory it took is given back, and one that is killed has changed
nothing.

The job comes in on the standard input and the paper goes out on the standard output. The input
stays open as long as the program that asked is there: when that ends, so does this.
"""

import gc
import os
import pickle
import sys
from threading import Thread

import structlog

from bot import logs
from bot.papers import Desk, Job
from models.database import connect

BEHIND = 10  # how far the steps go first where there is not enough of the machine for both


def main() -> None:
    os.nice(BEHIND)
    gc.disable()  # it ends before there is anything to collect; looking takes a fifth of the time
    job: Job = pickle.load(sys.stdin.buffer)
    Thread(target=end_with_who_asked, daemon=True).start()
    logs.start("WARNING", [job.database.password] if job.database.password else [])
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing else that is printed gets into the paper
    made = Desk(connect(job.database), job.office).make(job.taken, job.now)
    with out:
        pickle.dump(made, out)


def end_with_who_asked() -> None:
    os.read(0, 1)
    os._exit(1)


if __name__ == "__main__":
    try:
        main()
    except Exception as problem:  # the database is out of order: whoever asked asks again
        structlog.get_logger().warning("papers_wait", problem=type(problem).__name__)
        sys.exit(1)
