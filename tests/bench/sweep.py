"""The sweep of a morning: what is due for everyone, and the digests written and committed.

The county is made inside the database (`tests.bench.county`) and kept for the next run; what a
run wrote is taken away again. Beside it the same rule elder by elder, through
`models.due.status`, for a sample that is scaled up. The plans of the sweep's query and its
memory stand on stderr.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread
from typing import Any

from sqlalchemy import URL, Engine, event, text
from sqlmodel import Session, select

from bot.run import settle
from handlers import nudge
from models.agenda import office_policy
from models.database import connect
from models.due import status
from models.due_query import recent_of
from models.elder import Elder
from tests.bench.county import EIGHT, TODAY, County, postgres_county, sqlite_county
from tests.bench.measure import QUICK, RUNS, Case, child, folder, report, said
from tests.bench.office import OFFICE

SMALL = County(100, 1_000, 24) if QUICK else County(1_000, 10_000, 100)
LARGE = County(100, 1_000, 24) if QUICK else County(100_000, 1_000_000, 24)
POSTGRES = Path(tempfile.gettempdir()) / "liaison-bench-postgres"  # its user may not be ours
PEER = "the rule elder by elder (a sample, scaled)"
SAMPLE = 200
WIDE = 150  # of a line of a plan; it names every place
MEGABYTE = 1 << 20


def case(kind: str, county: County, engine: Engine) -> Case:
    visits = county.elders * county.visits_each
    found = Case(
        f"{county.elders:,} elders, {county.liaisons:,} liaisons, {visits:,} visits on {kind}",
        peers={PEER: []},
        low=True,
    )
    url = engine.url.render_as_string(hide_password=False)
    for run in range(RUNS):
        said(f"{found.name}: run {run + 1} of {RUNS}")
        found.ours.append(child("tests.bench.sweep", url))
        found.peers[PEER].append(child("tests.bench.sweep", url, county.elders))
    return found


def sweep(engine: Engine) -> float:
    """Seconds; the plan of its query, the memory and the work of the processors are told."""
    settle()  # as the bot does at its start
    with Session(engine) as session, explained(session), watched():
        began, ours, servers = time.perf_counter(), time.process_time(), server_work()
        written = sum(nudge.say(kind, OFFICE, EIGHT, session) for kind in nudge.KINDS)
        session.commit()
        took = time.perf_counter() - began
    ours, servers = time.process_time() - ours, server_work() - servers
    said(
        f"{written:,} digests in {took:.2f} s; processor: {ours:.1f} s ours, {servers:.1f} s PostgreSQL's"
    )
    with engine.begin() as connection:
        clear = "DELETE FROM outgoing" if is_sqlite(engine.url) else "TRUNCATE outgoing CASCADE"
        connection.execute(text(clear))
    return took


def one_by_one(engine: Engine, elders: int) -> float:
    """Seconds for all of them, from the time for some."""
    with Session(engine) as session:
        policy = office_policy(session)
        some = session.exec(select(Elder).limit(SAMPLE)).all()
        began = time.perf_counter()
        for elder in some:
            status(recent_of(session, elder, TODAY, policy), TODAY, policy)
        return (time.perf_counter() - began) / len(some) * elders


def is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


@contextmanager
def explained(session: Session) -> Iterator[None]:
    """Tells once how the database goes about the query of the rule."""
    connection, told = session.connection(), Event()
    explain = "EXPLAIN QUERY PLAN " if is_sqlite(connection.engine.url) else "EXPLAIN "

    def before(_c: Any, cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        if "visited_on" in statement and not told.is_set():
            told.set()
            own = cursor.connection.cursor()
            own.execute(explain + statement, parameters)
            said("\n".join(str(row[-1])[:WIDE] for row in own.fetchall()))

    event.listen(connection, "before_cursor_execute", before)
    yield


@contextmanager
def watched() -> Iterator[None]:
    """Tells what this process held in memory early on and at the most."""
    ended, sizes = Event(), [resident()]

    def look() -> None:
        while not ended.wait(0.1):
            sizes.append(resident())

    watcher = Thread(target=look, daemon=True)
    watcher.start()
    yield
    ended.set()
    watcher.join()
    early = sizes[len(sizes) // 10]
    said(f"memory: {sizes[0]} MB before, {early} MB after a tenth, {max(sizes)} MB at most")


def server_work() -> float:
    """Seconds the processors have worked for PostgreSQL on this machine; 0 where none runs."""
    ticks = 0
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            if (process / "comm").read_text().strip() == "postgres":
                after_name = (process / "stat").read_text().rpartition(")")[2].split()
                ticks += sum(map(int, after_name[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 // MEGABYTE


def main() -> None:
    if len(sys.argv) > 1:
        engine = connect(sys.argv[1])
        print(one_by_one(engine, int(sys.argv[2])) if len(sys.argv) > 2 else sweep(engine))
        return
    said("The counties are made where they are not there yet: the large one takes half an hour.")
    POSTGRES.mkdir(exist_ok=True)
    small, large = sqlite_county(folder(), SMALL), postgres_county(POSTGRES, LARGE)
    cases = [case("SQLite", SMALL, small), case("PostgreSQL", LARGE, large)]
    report("sweep", "seconds", cases)


if __name__ == "__main__":
    main()
