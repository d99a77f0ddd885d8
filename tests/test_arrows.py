"""The plan of the house, checked: who may import whom, and what only happens in bot/."""

import ast
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent
ARROWS = {
    "bot": {"bot", "handlers", "models", "locales"},
    "handlers": {"handlers", "models", "locales"},
    "models": {"models"},
    "locales": {"locales"},
}
ONLY_IN = {
    "telegram": ("bot/transports/telegram",),
    "nio": ("bot/transports/matrix",),
    "apscheduler": ("bot/clock.py",),
    "starlette": ("bot/web.py", "bot/chat_page.py"),
    "uvicorn": ("bot/web.py",),
    "httpx": ("bot/doctor.py", "bot/transports/telegram"),
    "asyncio": ("bot/",),
    "threading": ("bot/",),
    "requests": (),
    "aiohttp": ("bot/transports/matrix",),  # its errors come through nio
    "socket": ("bot/web.py",),
}
CLOCKS = {"now", "utcnow", "today", "time", "localtime"}
CLOCK_OWNERS = {"datetime", "date", "time"}


def files(room: str) -> list[Path]:
    return sorted((HOUSE / room).rglob("*.py"))


def all_files() -> list[Path]:
    return [path for room in ARROWS for path in files(room)]


def name(path: Path) -> str:
    return path.relative_to(HOUSE).as_posix()


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def imported(path: Path) -> frozenset[str]:
    """The top-level names a file imports, also those inside functions."""
    return frozenset(_imported(path))


def _imported(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name(path)}: write imports from the top"
            yield str(node.module).split(".")[0]


@pytest.mark.parametrize("room", ARROWS)
def test_a_room_imports_only_along_the_arrows(room: str) -> None:
    wrong = [
        f"{name(path)} imports {other}"
        for path in files(room)
        for other in sorted(imported(path))
        if other in {*ARROWS, "tests"} and other not in ARROWS[room]
    ]
    assert wrong == []


@pytest.mark.parametrize("library", ONLY_IN)
def test_a_library_that_does_things_stays_in_its_own_file(library: str) -> None:
    wrong = [
        name(path)
        for path in all_files()
        if library in imported(path) and not name(path).startswith(ONLY_IN[library] or "-")
    ]
    assert wrong == []


def below_bot() -> list[Path]:
    return [path for path in all_files() if not name(path).startswith("bot/")]


def test_nothing_waits_below_bot() -> None:
    waits = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)
    wrong = [name(p) for p in below_bot() for node in ast.walk(tree(p)) if isinstance(node, waits)]
    assert wrong == []


@cache
def calls(path: Path) -> frozenset[tuple[str, str]]:
    """(owner, method) of each call of an attribute: `session.commit()` is (session, commit)."""
    return frozenset(_calls(path))


def _calls(path: Path) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            yield getattr(owner, "id", getattr(owner, "attr", "")), node.func.attr


def test_nothing_commits_below_bot() -> None:
    wrong = [name(path) for path in below_bot() for _, method in calls(path) if method == "commit"]
    assert wrong == []


def test_nothing_reads_the_clock_below_bot() -> None:
    wrong = [
        f"{name(path)}: {owner}.{method}()"
        for path in below_bot()
        for owner, method in calls(path)
        if method in CLOCKS and owner in CLOCK_OWNERS
    ]
    assert wrong == []


def test_no_file_is_longer_than_can_be_read_in_one_go() -> None:
    written = [path for path in all_files() if "migrations/versions" not in name(path)]
    lines = {name(path): len(path.read_text("utf-8").splitlines()) for path in written}
    assert {path: count for path, count in lines.items() if count > 400} == {}


def test_every_room_is_packed_into_the_wheel() -> None:
    listed = tomllib.loads((HOUSE / "pyproject.toml").read_text("utf-8"))
    packages = {name(path.parent).replace("/", ".") for path in all_files()}
    assert packages == set(listed["tool"]["setuptools"]["packages"])
