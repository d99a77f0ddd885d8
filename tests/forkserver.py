"""Starts the bot without waiting for its imports: an interpreter that has loaded everything and
forks. The child then runs the real command line, `python -m bot run`, from its first line.

    python tests/forkserver.py        # reads {"env": {...}, "log": "file"} lines, writes pids;
                                      # {"wait": pid} writes the exit status
"""

import importlib
import json
import os
import signal
import sys
from pathlib import Path

import sqlalchemy.orm

sys.path[0] = str(Path(__file__).parent.parent)

LOADED = (  # what a running bot imports, some of it late
    "alembic.command", "anyio._backends._asyncio", "apscheduler.schedulers.asyncio", "httpcore",
    "psycopg", "uvicorn", "bot.__main__", "bot.clock", "bot.run", "bot.transports.matrix",
    "bot.transports.telegram", "bot.web",
)  # fmt: skip


def main() -> None:
    for name in LOADED:
        importlib.import_module(name)
    sqlalchemy.orm.configure_mappers()
    for line in sys.stdin:
        order = json.loads(line)
        if "wait" in order:
            _pid, status = os.waitpid(order["wait"], 0)
            print(os.waitstatus_to_exitcode(status), flush=True)
        else:
            print(os.fork() or become_the_bot(**order), flush=True)
    os.killpg(0, signal.SIGKILL)  # whoever a failed test left alive, and this process


def become_the_bot(env: dict[str, str], log: str) -> int:
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.environ.update(env)
    sys.argv = ["liaison-bot", "run"]
    sys.modules["bot.__main__"].main()


if __name__ == "__main__":
    main()
