"""The program as it is installed: built, put into an empty environment, and started there."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
import venv
import zipfile
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError

import pytest

from tests.synapse import free_port

HOUSE = Path(__file__).parent.parent
ROOMS = ("bot", "handlers", "models", "locales")
PATIENCE = 180  # seconds for the first start of an installed program, on a slow machine
PIP = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy: the build leaves its own folders beside the sources."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for room in ROOMS:
        leave_out = shutil.ignore_patterns("__pycache__")
        shutil.copytree(HOUSE / room, source / room, ignore=leave_out)
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(HOUSE / name, source)
    build = ["wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(out), str(source)]
    subprocess.run([*PIP, *build], check=True)
    (made,) = out.glob("*.whl")
    return made


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the commands of an environment with nothing but the program."""
    place = tmp_path_factory.mktemp("installed")
    venv.create(place, with_pip=False, symlinks=True)
    pip = [*PIP, "--python", str(place / "bin" / "python"), "install", "--no-compile"]
    subprocess.run([*pip, "--require-hashes", "-r", str(HOUSE / "requirements.txt")], check=True)
    subprocess.run([*pip, "--no-deps", str(wheel)], check=True)
    return place / "bin"


def clean_environment() -> dict[str, str]:
    left_out = ("LIAISON_", "PYTHON", "VIRTUAL_ENV")
    return {name: text for name, text in os.environ.items() if not name.startswith(left_out)}


def liaison_bot(installed: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [installed / "liaison-bot", *words],
        cwd=folder,
        env=clean_environment(),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "part",
    [
        "locales/zh_CN/LC_MESSAGES/messages.mo",
        "locales/zh_CN/LC_MESSAGES/messages.po",
        "locales/en/LC_MESSAGES/messages.mo",
        "locales/en/LC_MESSAGES/messages.po",
        "models/migrations/env.py",
        "models/migrations/script.py.mako",
        "models/migrations/versions/0001_the_first_tables.py",
    ],
)
def test_the_wheel_holds_what_is_not_imported(wheel: Path, part: str) -> None:
    assert part in zipfile.ZipFile(wheel).namelist()


def test_the_wheel_holds_every_file_of_the_rooms_and_nothing_else(wheel: Path) -> None:
    packed = {n for n in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in n}
    here = {
        path.relative_to(HOUSE).as_posix()
        for room in ROOMS
        for path in (HOUSE / room).rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert packed == here


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_each_requirement_is_pinned_by_its_hashes_and_no_address(name: str) -> None:
    entries = (HOUSE / name).read_text("utf-8").replace("\\\n", " ").splitlines()
    assert len(entries) > 20
    pinned = re.compile(r"[\w.\[\],-]+==\S+( ; [^-]+)?( +--hash=sha256:[0-9a-f]{64})+")
    assert [one for one in entries if not pinned.fullmatch(one)] == []


def test_the_installed_command_starts(installed: Path, tmp_path: Path) -> None:
    told = liaison_bot(installed, tmp_path, "--help")
    assert (told.returncode, told.stderr) == (0, "")
    assert told.stdout.startswith("Usage: liaison-bot ")


def test_a_measurement_needs_the_sources_and_says_so(installed: Path, tmp_path: Path) -> None:
    told = liaison_bot(installed, tmp_path, "bench", "steps")
    assert told.returncode != 0
    assert len(told.stderr.splitlines()) == 1
    assert "Traceback" not in told.stderr


def test_a_new_office_gets_its_tables_from_the_installed_program(
    installed: Path, tmp_path: Path
) -> None:
    make = (
        "from bot.backup import prepare; from bot.config import read_settings;"
        "prepare(read_settings()).dispose()"
    )
    subprocess.run(
        [installed / "python", "-c", make], cwd=tmp_path, env=clean_environment(), check=True
    )
    told = liaison_bot(installed, tmp_path, "backup", "saved.zip")
    assert (told.returncode, told.stderr) == (0, "")
    assert zipfile.is_zipfile(tmp_path / "saved.zip")


@pytest.fixture
def practice(
    installed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """The running practice mode and the address of its page."""
    monkeypatch.chdir(tmp_path)
    http = f"127.0.0.1:{free_port()}"
    with (tmp_path / "log").open("wb") as log:
        running = subprocess.Popen(
            [installed / "liaison-bot", "run"],
            cwd=tmp_path,
            env=clean_environment() | {"LIAISON_HTTP": http},
            stdout=log,
            stderr=log,
        )
    yield running, f"http://{http}"
    running.kill()
    running.wait()


def fetch(url: str, running: subprocess.Popen[bytes]) -> str:
    """Waits until the page is there; gives up when the program ended."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
                return str(answer.read().decode())
        except (URLError, ConnectionError, TimeoutError):
            assert running.poll() is None, (Path.cwd() / "log").read_text("utf-8")
            assert time.monotonic() < until, f"{url} does not answer"
            time.sleep(0.1)


def test_practice_starts_answers_and_stops_when_told(
    practice: tuple[subprocess.Popen[bytes], str], tmp_path: Path
) -> None:
    running, address = practice
    fetch(address + "/healthz", running)
    assert "<html" in fetch(address + "/", running)
    assert (tmp_path / "data" / "practice" / "practice.db").exists()
    running.send_signal(signal.SIGTERM)
    assert running.wait(PATIENCE) == 0
    assert "Traceback" not in (tmp_path / "log").read_text("utf-8")
