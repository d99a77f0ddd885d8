"""What the bot takes, with Telegram only: time to start, memory and time with a million visits,
and modules that nobody asked for."""

import asyncio
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil

from tests.bench.measure import QUICK, RUNS, Case, child, clean, folder, report, said
from tests.bench.office import Size
from tests.bench.steps_ours import opened
from tests.bench.telegram import Liaisons, Timed, first_poll, program, settings

SMALL = Size(100, 3, 1)
COUNTY = Size(100, 2, 2) if QUICK else Size(1_000, 10, 100)
EMPTY = Size(COUNTY.liaisons, COUNTY.elders_each, 0)
NO_VISITS = "the same people before their first visit"
STARTS = 1 if QUICK else 2 * RUNS + 1
STEPS = 10 if QUICK else 1_000
SECONDS = 0.05 if QUICK else 3
AT_ONCE = 20
BARE = "import sqlmodel, telegram"
HEAVY = {"alembic", "lunar_python", "matplotlib", "nio", "xlsxwriter", "pypinyin", "PIL", "numpy"}
MEGABYTE = 1_000_000


def starting() -> Case:
    case = Case("seconds from start to first poll (at most 1.5 times the bare import)",
                peers={BARE: []}, low=True)  # fmt: skip
    for run in range(STARTS + 1):
        said(f"footprint: start {run} of {STARTS}")
        case.peers[BARE].append(bare_import())
        with TemporaryDirectory(dir=folder()) as place:
            case.ours.append(asyncio.run(start(Path(place))))
    del case.ours[0], case.peers[BARE][0]  # they compiled the modules
    return case


def bare_import() -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, "-c", BARE], env=clean(), check=True)
    return time.monotonic() - began


async def start(place: Path) -> float:
    database = Path(shutil.copy(opened(SMALL), place))
    async with Timed() as api:
        began = time.monotonic()
        with program(place, "bot", "run", **settings(api, place, database)) as running:
            await first_poll(api, running, place)
        return api.polled_at - began


def serving() -> list[Case]:
    """One bot that serves a large county for a while, and says what it imports."""
    elders = COUNTY.liaisons * COUNTY.elders_each
    visits = elders * COUNTY.visits_each
    said(f"footprint: {elders:,} elders and {visits:,} visits; the first time they must be made")
    with TemporaryDirectory(dir=folder()) as place:
        memory, heavy = asyncio.run(serve(Path(place)))
    there = f"with {elders:,} elders and {visits:,} visits, after {STEPS:,} steps"
    return [
        Case(f"megabytes resident {there} (at most 140)", [memory]),
        Case(f"modules imported that nobody asked for (0): {', '.join(heavy)}", [len(heavy)]),
    ]


async def serve(place: Path) -> tuple[float, list[str]]:
    database = Path(shutil.copy(opened(COUNTY), place))
    async with Timed() as api:
        people = Liaisons(api, COUNTY, database)
        bot = program(
            place, "bot", "run", options=["-X", "importtime"], **settings(api, place, database)
        )
        with bot as running:
            await first_poll(api, running, place)
            for step in range(STEPS):
                people.act(step % COUNTY.liaisons)
                await api.until(lambda: api.open < AT_ONCE, 30)
            await api.until(lambda: not api.open, 30)
            memory = psutil.Process(running.pid).memory_info().rss / MEGABYTE
        return memory, sorted(HEAVY & imported(place / "log"))


def imported(log: Path) -> set[str]:
    """Top-level modules in what `-X importtime` has written."""
    lines = log.read_text(errors="replace").splitlines()
    found = (line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:"))
    return {name.partition(".")[0] for name in found}


def stepping() -> Case:
    case = Case("milliseconds a step there (within 20 % of an empty database)",
                peers={NO_VISITS: []}, low=True)  # fmt: skip
    for run in range(RUNS):
        said(f"footprint: steps, run {run + 1} of {RUNS}")
        case.peers[NO_VISITS].append(step_time(EMPTY))
        case.ours.append(step_time(COUNTY))
    return case


def step_time(size: Size) -> float:
    sizes = (size.liaisons, SECONDS, size.elders_each, size.visits_each)
    return 1e3 / child("tests.bench.steps_ours", *sizes)


if __name__ == "__main__":
    report("footprint", "see each case", [starting(), *serving(), stepping()])
