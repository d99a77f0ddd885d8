"""Seconds from the tap with which a liaison sends an emergency to the duty officer's phone, while
a broadcast to 10,000 people goes out at 30 messages a second; beside it the same in a quiet hour.

The bot is `python -m bot run`; each case is committed, and its message leaves through the outbox
that holds the broadcast.
"""

import asyncio
import shutil
import time
from collections.abc import Iterator
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
PAUSE = (0.5, 1.0) if QUICK else (1.2, 2.5)  # seconds between two alarms
STARTED = 30  # messages of the broadcast that are out before the first alarm
ON_DUTY, AT_DESK = 90_001, 90_002  # chats
PATIENCE = 30.0
DESK = {"duty": (DUTY, ON_DUTY), "desk": (COORDINATOR, AT_DESK)}


class Alarmed(Timed):
    """`taps` are the moments at which each elder's emergency was sent, `arrived` those at which
    the duty officer's phone showed it."""

    def __init__(self) -> None:
        super().__init__()
        self.overall, self.per_chat = 30, 1
        self.taps: dict[str, float] = {}
        self.arrived: dict[str, float] = {}
        self.broadcast = 0

    def _shown(self, chat: int, shown: Shown) -> None:
        self.broadcast += "开会" in shown.text
        if chat == ON_DUTY:
            for code in self.taps.keys() - self.arrived.keys():
                if code in shown.text:
                    self.arrived[code] = time.monotonic()

    @property
    def seconds(self) -> list[float]:
        return [at - self.taps[code] for code, at in self.arrived.items()]


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
    await asyncio.sleep(0.2)
    api.taps[code] = time.monotonic()
    api.press(chat, sending(api, chat))
    await api.until(lambda: code in api.arrived, PATIENCE)


def sending(api: Alarmed, chat: int) -> str:
    """The button of the newest card that sends it."""
    codes = [code for shown in api.sees(chat)[-1:] for _label, code in shown.buttons]
    return next((code for code in codes if code.endswith(".s")), "")


async def run(busy: bool, seed: int) -> list[float]:
    random = Random(seed)
    with TemporaryDirectory(dir=folder()) as name:
        place = Path(name)
        database = office(place, busy)
        async with Alarmed() as api:
            with program(place, "bot", "run", **settings(api, place, database)) as running:
                await first_poll(api, running, place)
                await api.until(lambda: not busy or api.broadcast >= STARTED, PATIENCE)
                for liaison in random.sample(range(SIZE.liaisons), ALARMS):
                    await alarm(api, liaison)
                    await asyncio.sleep(random.uniform(*PAUSE))
                if busy and api.broadcast >= SIZE.liaisons:
                    raise RuntimeError("The broadcast was over before the last alarm.")
            return api.seconds


def measure() -> list[Case]:
    names = {True: "p95 while a broadcast runs", False: "p95 in a quiet hour"}
    cases = {busy: Case(name, low=True) for busy, name in names.items()}
    for number in range(RUNS):
        for busy, case in cases.items():
            said(f"alarm, {case.name}: run {number + 1} of {RUNS}")
            case.ours.append(quantiles(asyncio.run(run(busy, number)), n=20)[-1])
            said(f"  {case.ours[-1]:.3f} s")
    return list(cases.values())


if __name__ == "__main__":
    report("alarm", "seconds from the tap to the duty officer's phone", measure())
