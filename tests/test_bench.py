"""Each bench runs, in a tiny size, and says what it measured in the agreed shape."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bot.bench import BENCHES, bench, table
from bot.config import Problem

ROOT = Path(__file__).parents[1]
TINY = {"LIAISON_TEST_BENCH_SIZE": "tiny", "LIAISON_TEST_BENCH_RUNS": "1"}
FOUND = {
    "bench": "steps",
    "unit": "steps per second",
    "cases": [
        {"case": "few", "ours": 3000.0, "peers": {"other": 1500.0}, "ratio": 2.0},
        {"case": "alone", "ours": 1.0, "peers": {}, "ratio": None},
    ],
    "machine": {"cpu": "a cpu", "cores": 2, "python": "3.11.7", "system": "any"},
    "runs": 3,
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Of what the benches keep from one run to the next."""
    return {"TMPDIR": str(tmp_path_factory.mktemp("bench"))}


@pytest.mark.parametrize("name", ["steps", "latency", "footprint", "matrix"])
def test_a_bench_says_what_it_measured_in_the_agreed_shape(name, place):
    done = subprocess.run(
        [sys.executable, "-m", "bot", "bench", name, "--json"],
        cwd=ROOT, env=os.environ | TINY | place, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert list(found) == ["bench", "unit", "cases", "machine", "runs"]
    assert (found["bench"], found["runs"]) == (name, 1)
    assert {"cpu", "cores", "python"} <= found["machine"].keys()
    for case in found["cases"]:
        assert list(case) == ["case", "ours", "peers", "ratio"]
        assert (case["ratio"] is None) == (not case["peers"])
        assert "modules imported" not in case["case"] or case["ours"] == 0, case["case"]


def test_the_list_names_every_bench(capsys):
    assert bench("list", as_json=False) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == list(BENCHES)


def test_an_unknown_bench_is_answered_with_those_there_are():
    with pytest.raises(Problem, match="steps, latency, footprint, digest"):
        bench("fast", as_json=False)


def test_the_table_shows_ours_the_peers_and_how_many_times_theirs_ours_is():
    lines = [line.split() for line in table(FOUND)]
    assert ["ours", "3,000"] in lines
    assert ["other", "1,500"] in lines
    assert ["ours", "to", "the", "best", "2"] in lines
    assert ["alone"] in lines
