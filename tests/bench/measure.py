"""What all benches share: child processes on one core, medians, and the report's shape."""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

BATCH = 100
A_DAY = 86_400  # seconds
ROOT = Path(__file__).parents[2]
RUNS = int(os.environ.get("LIAISON_TEST_BENCH_RUNS", "3"))
QUICK = os.environ.get("LIAISON_TEST_BENCH_SIZE") == "tiny"  # for the smoke tests


@dataclass
class Case:
    """`ours` and `peers` hold one figure for each run; the report gives the median.

    `durable` names the peers that keep each step as we do; without any, all peers count.
    `low` says that less is better: then `ratio` is still ours to the best peer's.
    """

    name: str
    ours: list[float] = field(default_factory=list)
    peers: dict[str, list[float]] = field(default_factory=dict)
    durable: tuple[str, ...] = ()
    low: bool = False

    def as_json(self) -> dict[str, Any]:
        ours = figure(self.ours)
        peers = {name: figure(runs) for name, runs in self.peers.items()}
        best = [value for name, value in peers.items() if name in (self.durable or peers)]
        against = (min if self.low else max)(best, default=None)
        ratio = figure([ours / against]) if against else None
        return {"case": self.name, "ours": ours, "peers": peers, "ratio": ratio}


def figure(runs: Sequence[float]) -> float:
    """The median, with four digits that mean something."""
    return float(f"{median(runs):.4g}")


def report(bench: str, unit: str, cases: Sequence[Case], runs: int = RUNS) -> None:
    found = [case.as_json() for case in cases]
    whole = {"bench": bench, "unit": unit, "cases": found, "machine": machine(), "runs": runs}
    print(json.dumps(whole, ensure_ascii=False))


def machine() -> dict[str, Any]:
    return {
        "cpu": cpu(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": platform.platform(terse=True),
    }


def cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        return next(line.partition(":")[2].strip() for line in lines if "model name" in line)
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def folder() -> Path:
    """Where databases are kept from one run to the next; not in the checkout."""
    found = Path(tempfile.gettempdir()) / f"liaison-bench-{os.getuid()}"
    found.mkdir(mode=0o700, exist_ok=True)
    return found


def kept(file: Path, write: Callable[[Path], object]) -> Path:
    """The file, written only once, and under a name of its own first: another may be at it, too.
    What nobody used for a day goes."""
    if not file.exists():
        draft = file.with_name(f"{os.getpid()}-{file.name}.part")
        write(draft)
        draft.rename(file)
    os.utime(file)
    for old in file.parent.glob("*.db*"):
        with suppress(FileNotFoundError):
            if old.stat().st_mtime < time.time() - A_DAY:
                old.unlink()
    return file


def stay_on_one_core() -> None:
    """The last of those allowed; what a process starts later stays there too."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


WARMING = 3  # batches of everybody's before the clock runs: caches fill, code is compiled


def settle_disk() -> None:
    """What was made or thrown away so far is written now, not while somebody is measured whose
    own writing would have to wait for it."""
    if hasattr(os, "sync"):
        os.sync()


def in_batches(people: Iterable[int]) -> Iterator[list[int]]:
    """As many as one answer of getUpdates holds."""
    left = iter(people)
    return iter(lambda: list(islice(left, BATCH)), [])


def child(module: str, *arguments: object) -> float:
    """Runs `module` in a process of its own and gives the number it prints."""
    command = [sys.executable, "-m", module, *map(str, arguments)]
    done = subprocess.run(command, env=clean(), stdout=subprocess.PIPE, text=True, check=True)
    return float(done.stdout)


def clean() -> dict[str, str]:
    """An environment without settings of the operator, in which modules are compiled once."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("LIAISON_")}
    kept.pop("PYTHONDONTWRITEBYTECODE", None)
    path = os.pathsep.join((str(without_twisted()), str(ROOT)))
    return kept | {"PYTHONPATH": path, "PYTHONPYCACHEPREFIX": str(folder() / "compiled")}


def without_twisted() -> Path:
    """A folder that hides what only the tests' homeserver brings: structlog loads it if it can,
    and in an office there is none."""
    hides = folder() / "hides"
    hides.mkdir(exist_ok=True)
    (hides / "twisted.py").write_text("raise ImportError\n")
    return hides


def said(words: str) -> None:
    """Progress, for a person who waits."""
    print(words, file=sys.stderr, flush=True)
