"""The command `bench`: runs a measurement of tests/bench and shows what it found."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bot.config import Problem
from locales import gettext as _
from locales import mark as N_

ROOT = Path(__file__).parents[1]
BENCHES = {
    "steps": N_("dialogue steps per second, each stored before the next message is taken"),
    "latency": N_("milliseconds from an update to its answer, 20 updates a second"),
    "footprint": N_("time to start, memory with a million visits, and what is imported"),
    "digest": N_("the morning of 1,000 liaisons at 30 messages a second, failures and kills"),
    "sweep": N_("seconds to find what is due for everyone and write the digests"),
    "alarm": N_("seconds an emergency and an answer take during a broadcast to 10,000"),
    "matrix": N_("milliseconds from a message on Matrix to its answer, and digests a second"),
    "cases": N_("milliseconds of the list of cases among 100,000"),
    "desk": N_("milliseconds of a coordinator's questions among 10,000 elders"),
}


def bench(name: str, as_json: bool) -> int:
    """Prints a table, or with `as_json` one object. Raises Problem with a sentence."""
    if name == "list":
        print("\n".join(f"{each:10} {_(words)}" for each, words in BENCHES.items()))
        return 0
    found = measured(name)
    print(json.dumps(found, ensure_ascii=False) if as_json else "\n".join(table(found)))
    return 0


def measured(name: str) -> dict[str, Any]:
    if name not in BENCHES:
        words = {"name": name, "names": ", ".join(BENCHES)}
        raise Problem(_("There is no bench %(name)s; there are: %(names)s, list.") % words)
    if not (ROOT / "tests" / "bench" / f"{name}.py").exists():
        raise Problem(_("Measuring needs a checkout of the source: run it there."))
    command = [sys.executable, "-m", f"tests.bench.{name}"]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise Problem(_("The measurement broke off; what went wrong stands above."))
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def table(found: dict[str, Any]) -> Iterator[str]:
    """A block for each case: ours first, then each peer, then how many times theirs ours is."""
    machine, runs = found["machine"], found["runs"]
    yield f"{found['bench']} ({found['unit']}), median of {runs} runs"
    yield f"{machine['cpu']}, {machine['cores']} cores, Python {machine['python']}"
    for case in found["cases"]:
        figures = {"ours": case["ours"], **case["peers"]}
        yield f"\n{case['case']}"
        yield from (f"  {name:50} {figure:>10,.4g}" for name, figure in figures.items())
        if case["ratio"] is not None:
            yield f"  {'ours to the best':50} {case['ratio']:>10,.4g}"
