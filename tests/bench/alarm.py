"""While a broadcast to 10,000 people goes out at 30 messages a second: how long an emergency
takes from a liaison's tap to the duty officer's phone, and how long other liaisons wait for the
answer to /due, from the moment they write until the server has it. Beside it a quiet hour.

The bot is `python -m bot run`; each case is committed, and its message leaves through the outbox
that holds the broadcast. The server takes 30 messages a second and one a second in a chat.
"""

import asyncio
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import quantiles
from tempfile import TemporaryDirectory

from sqlmodel import SQLModel

from models.broadcast import KIND, Broadcast, key
from models.database import connect
from models.mailbox import BROADCAST, Outgoing, row
from models.staff import COORDINATOR, DUTY, Chat, Staff
from tests.bench.measure import QUICK, RUNS, Case, folder, report, said
from tests.bench.office import (
    NOW,
    Row,
    Size,
    blank,
    chat_of,
    elder_code,
    insert,
    made,
    named,
)
from tests.bench.telegram import Timed, first_poll, program, settings
from tests.bot_api_world import Shown

SIZE = Size(300 if QUICK else 10_000, elders_each=1)
ALARMS = 2 if QUICK else 60
PAUSE = (0.2, 0.5) if QUICK else (0.4, 1.2)  # seconds between two alarms
READING = 1.1  # seconds over the card; sooner the chat itself would have to wait for its second
ASKING = (0.5, 1.5)  # seconds between two questions of other liaisons
STARTED = 30  # messages of the broadcast that are out before the first alarm
ON_DUTY, AT_DESK = 90_001, 90_002  # chats
PATIENCE = 180.0
DESK = {"duty": (DUTY, ON_DUTY), "desk": (COORDINATOR, AT_DESK)}


class Alarmed(Timed):
    """`taps` are the moments at which each elder's emergency was sent, `arrived` those at which
    the duty officer's phone showed it; `answers` are the seconds others waited for theirs."""

    def __init__(self) -> None:
        super().__init__()
        self.overall, self.per_chat = 30, 1
        self.taps: dict[str, float] = {}
        self.arrived: dict[str, float] = {}
        self.asked: dict[int, float] = {}
        self.answers: list[float] = []
        self.broadcast: list[float] = []

    def ask(self, chat: int) -> None:
        self.asked[chat] = time.monotonic()
        self.say(chat, "/due")

    def _shown(self, chat: int, shown: Shown) -> None:
        if "开会" in shown.text:
            self.broadcast.append(time.monotonic())
        elif chat in self.asked and shown.by_bot:
            self.answers.append(time.monotonic() - self.asked.pop(chat))
        if chat == ON_DUTY:
            for code in self.taps.keys() - self.arrived.keys():
                if code in shown.text:
                    self.arrived[code] = time.monotonic()

    @property
    def alarms(self) -> list[float]:
        return [at - self.taps[code] for code, at in self.arrived.items()]

    @property
    def rate(self) -> float:
        """Messages of the broadcast a second."""
        return (len(self.broadcast) - 1) / (self.broadcast[-1] - self.broadcast[0])

    @property
    def refused_late(self) -> int:
        """Answers 429 after the first second of the broadcast."""
        return sum(at > self.broadcast[0] + 1 for at, _method in self.refused)


def office(place: Path, busy: bool) -> Path:
    """A copy of the office with an officer on duty and, if busy, the broadcast in the outbox."""
    database = Path(shutil.copy(made(folder(), SIZE), place))
    engine = connect(f"sqlite:///{database}")
    with engine.begin() as connection:
        insert(connection, "staff", desk())
        insert(connection, "chat", phones())
        if busy:
            insert(connection, "broadcast", iter([broadcast()]))
            insert(connection, "outgoing", waiting())
    engine.dispose()
    return database


def desk() -> Iterator[Row]:
    for name, (role, _chat) in DESK.items():
        yield blank(Staff) | {"id": named(name), "code": f"K{name}", "name": "刘强", "role": role,
                              "unit_id": named("county"), "service_group": "emergency"}  # fmt: skip


def phones() -> Iterator[Row]:
    for name, (_role, chat) in DESK.items():
        yield blank(Chat) | {"id": named(name), "network": "telegram", "address": str(chat),
                             "staff_id": named(name), "joined_at": NOW, "last_at": NOW}  # fmt: skip


def broadcast() -> Row:
    return blank(Broadcast) | {"id": named("broadcast"), "ref": "bench", "made_by": named("desk"),
                               "made_at": datetime.now(UTC), "chat_id": named("desk"),
                               "text": "周五开会", "audience": "", "count": SIZE.liaisons}  # fmt: skip


def waiting() -> Iterator[Row]:
    assert Outgoing.__tablename__ in SQLModel.metadata.tables
    for number in range(SIZE.liaisons):
        once = key(named("broadcast"), named("staff", number))
        yield row(named("chat", number), "周五九点开会", BROADCAST, datetime.now(UTC),
                  kind=KIND, once=once)  # fmt: skip


async def alarm(api: Alarmed, liaison: int) -> None:
    """She writes what she smells, reads the card, and taps to send it."""
    chat, code = chat_of(liaison), elder_code(liaison, 0, SIZE)
    api.say(chat, f"/problem {code} 屋里有煤气味")
    await api.until(lambda: sending(api, chat), PATIENCE)
    await asyncio.sleep(READING)
    api.taps[code] = time.monotonic()
    api.press(chat, sending(api, chat))
    await api.until(lambda: code in api.arrived, PATIENCE)


def sending(api: Alarmed, chat: int) -> str:
    """The button of the newest card that sends it."""
    codes = [code for shown in api.sees(chat)[-1:] for _label, code in shown.buttons]
    return next((code for code in codes if code.endswith(".s")), "")


async def asking(api: Alarmed, liaisons: list[int], random: Random) -> None:
    """Each writes once; who had the broadcast a moment ago is among them."""
    for liaison in liaisons:
        api.ask(chat_of(liaison))
        await asyncio.sleep(random.uniform(*ASKING))


async def alarms(api: Alarmed, liaisons: list[int], random: Random) -> None:
    for liaison in liaisons:
        await alarm(api, liaison)
        await asyncio.sleep(random.uniform(*PAUSE))


async def run(busy: bool, seed: int) -> Alarmed:
    random = Random(seed)
    chosen = random.sample(range(SIZE.liaisons), 4 * ALARMS)
    with TemporaryDirectory(dir=folder()) as name:
        place = Path(name)
        database = office(place, busy)
        async with Alarmed() as api:
            with program(place, "bot", "run", **settings(api, place, database)) as running:
                await first_poll(api, running, place)
                await api.until(lambda: not busy or len(api.broadcast) >= STARTED, PATIENCE)
                others = asyncio.create_task(asking(api, chosen[ALARMS:], random))
                await alarms(api, chosen[:ALARMS], random)
                others.cancel()
                if busy and len(api.broadcast) >= SIZE.liaisons:
                    raise RuntimeError("The broadcast was over before the last alarm.")
                await api.until(lambda: not api.asked, PATIENCE)
            return api


def p95(seconds: list[float]) -> float:
    return quantiles(seconds, n=20)[-1]


BUSY: dict[str, tuple[Callable[[Alarmed], float], bool]] = {
    "an emergency during the broadcast, p95": (lambda api: p95(api.alarms), True),
    "an answer to /due during the broadcast, p95": (lambda api: p95(api.answers), True),
    "an answer to /due during the broadcast, the slowest": (lambda api: max(api.answers), True),
    "how many were answered": (lambda api: len(api.answers), False),
    "messages of the broadcast a second meanwhile": (lambda api: api.rate, False),
    "answers 429 after the first second": (lambda api: api.refused_late, True),
}
QUIET: dict[str, tuple[Callable[[Alarmed], float], bool]] = {
    "an emergency in a quiet hour, p95": (lambda api: p95(api.alarms), True),
    "an answer to /due in a quiet hour, p95": (lambda api: p95(api.answers), True),
}


def measure() -> list[Case]:
    cases = {
        name: Case(name, low=low) for part in (BUSY, QUIET) for name, (_f, low) in part.items()
    }
    for number in range(RUNS):
        for busy, part in ((True, BUSY), (False, QUIET)):
            said(f"alarm, {'busy' if busy else 'quiet'}: run {number + 1} of {RUNS}")
            api = asyncio.run(run(busy, number))
            for name, (figure, _low) in part.items():
                cases[name].ours.append(figure(api))
                said(f"  {name}: {cases[name].ours[-1]:.3g}")
    return list(cases.values())


if __name__ == "__main__":
    report("alarm", f"seconds; a broadcast to {SIZE.liaisons:,} people at 30 a second", measure())
