"""The morning of 1,000 liaisons at a Bot API server that takes 30 messages a second and one a
second in a chat: how fast the digests go, how long a reply waits meanwhile.

The bot is `python -m bot run`: it composes the digests itself, by the real clock, in an office
whose zone lies so that it is late in the morning there. Then the same morning with one sending
in twenty refused or cut off, and the bot killed twice in the middle.
"""

import asyncio
import shutil
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from statistics import quantiles
from subprocess import Popen
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web
from sqlmodel import Session

from models.database import connect
from models.org import put_setting
from tests.bench.measure import QUICK, RUNS, Case, folder, report, said
from tests.bench.office import FIRST_CHAT, Size, chat_of, made
from tests.bench.telegram import program, settings
from tests.bot_api_server import BotApi, drop
from tests.bot_api_world import Problem, Shown

SIZE = Size(60 if QUICK else 1000, elders_each=10)
FAILING = 0.05
KILLED_AT = (0.3, 0.6)  # of the digests
JUST_BEFORE = 2.0  # seconds before a kill in which a message may be sent and not be marked
ON_THE_WAY = 0.5  # seconds after it in which what the dead one sent may still arrive
ASKING_EVERY = 1.0  # seconds, with one more message in the same second's thirty
PATIENCE = 300.0


class Office(BotApi):
    """The server, with the moments at which digests and answers arrived."""

    def __init__(self, failing: float = 0.0) -> None:
        super().__init__(overall=30, per_chat=1)
        self.failing, self.random = failing, Random(1)
        self.digests: list[tuple[int, float]] = []
        self.asked: dict[int, float] = {}
        self.waits: list[float] = []
        self.kills: list[float] = []
        self.on_message = self._shown

    @property
    def told(self) -> Counter[int]:
        return Counter(chat for chat, _at in self.digests)

    def ask(self, chat: int) -> None:
        self.asked[chat] = time.monotonic()
        self.say(chat, "/due")

    def _shown(self, chat: int, shown: Shown) -> None:
        now = time.monotonic()
        if "早上好" in shown.text:
            self.digests.append((chat, now))
        elif chat in self.asked and shown.by_bot:
            self.waits.append(now - self.asked.pop(chat))

    async def _fault(self, method: str, params: dict[str, Any], request: web.Request) -> bool:
        if method == "sendMessage" and self.random.random() < self.failing:
            if self.random.random() < 0.5:
                drop(request)
            raise Problem(502, "Bad Gateway")
        return await super()._fault(method, params, request)


def late_morning() -> str:
    """A zone in which it is between ten and eleven."""
    ahead = (10 - datetime.now(UTC).hour + 11) % 24 - 11
    return f"Etc/GMT{-ahead:+d}"


def office(place: Path) -> tuple[Path, str]:
    """A fresh copy of the office, in whose zone today is a working day."""
    database, zone = Path(shutil.copy(made(folder(), SIZE), place)), late_morning()
    engine, today = connect(f"sqlite:///{database}"), datetime.now(ZoneInfo(zone)).date()
    days = {(today + n * timedelta(days=1)).isoformat(): True for n in (-1, 0, 1)}
    with Session(engine) as session:
        put_setting(session, "workdays", days)
        session.commit()
    engine.dispose()
    return database, zone


async def asking(api: Office) -> None:
    """Now and then one who has her digest asks for her list."""
    for number in range(10_000):
        await asyncio.sleep(ASKING_EVERY)
        had = [chat for chat, at in api.digests if at < time.monotonic() - 2]
        if had:
            api.ask(had[number * 7 % len(had)])


async def morning(api: Office, place: Path, watch: Callable[..., Awaitable[None]]) -> None:
    database, zone = office(place)
    more = settings(api, place, database) | {"LIAISON_TIMEZONE": zone}
    others = asyncio.create_task(asking(api))
    await watch(api, lambda: program(place, "bot", "run", **more))
    others.cancel()


async def undisturbed(api: Office, start: Callable[[], Any]) -> None:
    with start():
        await api.until(lambda: len(api.told) == SIZE.liaisons, PATIENCE)
        await asyncio.sleep(3)  # something that must not come


async def killed_twice(api: Office, start: Callable[[], Any]) -> None:
    """Killed as soon as so many have been told, and started again at once."""
    for share in KILLED_AT:
        with start() as running:
            await api.until(lambda part=share: len(api.told) >= part * SIZE.liaisons, PATIENCE)
            kill(running)
            api.kills.append(time.monotonic())
    await undisturbed(api, start)


def kill(running: Popen[bytes]) -> None:
    running.kill()
    running.wait()


def per_second(api: Office) -> float:
    """From the first digest to the last."""
    times = sorted(at for _chat, at in api.digests)
    return (len(times) - 1) / (times[-1] - times[0])


def refused_late(api: Office) -> int:
    first = min(at for _chat, at in api.digests)
    return sum(at > first + 1 for at, _method in api.refused)


def unexplained(api: Office) -> int:
    """Repeats of a digest that was not sent just before a kill."""
    first: dict[int, float] = {}
    for chat, at in api.digests:
        first.setdefault(chat, at)
    doubled = [first[chat] for chat, times in api.told.items() if times > 1]
    return sum(
        not any(-ON_THE_WAY < kill - at < JUST_BEFORE for kill in api.kills) for at in doubled
    )


CALM: dict[str, tuple[Callable[[Office], float], bool]] = {
    "digests a second": (per_second, False),
    "seconds a reply waits meanwhile, p95": (lambda api: quantiles(api.waits, n=20)[-1], True),
    "answers 429 after the first second": (refused_late, True),
}
ROUGH: dict[str, tuple[Callable[[Office], float], bool]] = {
    "5 % failing, two kills: people who got their digest": (lambda api: len(api.told), False),
    "5 % failing, two kills: repeats": (lambda api: len(api.digests) - len(api.told), True),
    "5 % failing, two kills: repeats not sent just before a kill": (unexplained, True),
    "5 % failing, two kills: digests a second": (per_second, False),
}


async def run(failing: float, watch: Callable[..., Awaitable[None]]) -> Office:
    with TemporaryDirectory(dir=folder()) as place:
        async with Office(failing) as api:
            await morning(api, Path(place), watch)
            strangers = set(api.told) - {chat_of(n) for n in range(SIZE.liaisons)}
            if strangers or api.problems or FIRST_CHAT not in api.told:
                raise RuntimeError(f"Not as it should be: {len(strangers)} {api.problems[:3]}")
            return api


def measure() -> list[Case]:
    cases = {
        name: Case(name, low=low) for part in (CALM, ROUGH) for name, (_f, low) in part.items()
    }
    for number in range(RUNS):
        said(f"digests to {SIZE.liaisons:,}: run {number + 1} of {RUNS}")
        for part, failing, watch in ((CALM, 0.0, undisturbed), (ROUGH, FAILING, killed_twice)):
            api = asyncio.run(run(failing, watch))
            for name, (figure, _low) in part.items():
                cases[name].ours.append(figure(api))
                said(f"  {name}: {cases[name].ours[-1]:.4g}")
    return list(cases.values())


if __name__ == "__main__":
    report("digest", f"a digest to {SIZE.liaisons:,} people", measure())
