"""The bot on a real homeserver: receiver, outbox and the Matrix transport, as the program has
them, on the office of `tests.conversation`."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session

from bot.run import House
from bot.transports import Transport
from bot.transports.matrix import Matrix
from models.people import invite
from models.staff import Chat, Staff
from models.workdays import is_workday
from tests.conversation import ZONE, Town, plain
from tests.matrix_people import NUMBERS, PATIENCE, Phone, Shown
from tests.synapse import Synapse


async def no_more() -> None:
    """Nothing else starts beside the network."""


@dataclass
class Bot:
    """A bot with an account of its own; `folder` is its data directory."""

    town: Town
    server: Synapse
    folder: Path
    name: str = field(default_factory=lambda: f"bot-{next(NUMBERS)}")
    ahead: timedelta = timedelta()  # of the real clock
    others: tuple[Transport, ...] = ()  # networks beside Matrix

    def __post_init__(self) -> None:
        account = self.server.account(self.name)
        self.user = str(account["user_id"])
        self.server.call(account["access_token"], "POST", "/logout", {})

    async def __aenter__(self) -> "Bot":
        self.matrix = Matrix(
            self.town.database, self.server.url, self.user, f"pw-{self.name}",
            self.folder / "matrix", clock=self.clock,
        )  # fmt: skip
        office = self.town.receiver.office
        networks: dict[str, Transport] = {one.network: one for one in self.others}
        networks["matrix"] = self.matrix
        self.house = House(self.town.database, office, networks, self.clock)
        self.matrix.reach, self.matrix.move = self.house.deliver.reach, self.house.deliver.move
        self._stop = asyncio.Event()
        self._running = asyncio.create_task(self.house.run_until(self._stop, no_more))
        await self.until(self._is_up)
        return self

    def _is_up(self) -> bool:
        if self._running.done():
            self._running.result()
        return self.matrix.status == "listening"

    async def __aexit__(self, *_: object) -> None:
        self._stop.set()
        await self._running

    def clock(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def moves_to(self, at: time) -> None:
        """The bot's clock: that hour in the office, on the next workday."""
        now = datetime.now(UTC)
        day = self.clock().astimezone(ZONE).date() + timedelta(days=1)
        while not is_workday(day, {}):
            day += timedelta(days=1)
        self.ahead = datetime.combine(day, at, ZONE) - now

    # --- the office's side

    def knows(self, user: str, name: str) -> None:
        """Somebody who joined already."""
        with Session(self.town.database) as session:
            session.add(Chat(network="matrix", address=user, staff_id=self.town.staff[name]))
            session.commit()

    def invites(self, name: str) -> str:
        """A code for this person."""
        with Session(self.town.database) as session:
            staff = session.get_one(Staff, self.town.staff[name])
            code = invite(session, staff, None, self.clock())
            session.commit()
            return code

    async def until(self, true: Callable[[], bool]) -> None:
        """Waits for what the bot writes down without saying anything."""
        async with asyncio.timeout(PATIENCE):
            while not true():
                await asyncio.sleep(0.02)

    def chat(self, user: str) -> Any:
        return next(iter(self.town.rows(Chat, network="matrix", address=user)), None)


async def meet(bot: Bot, phone: Phone, name: str = "周明", encrypted: bool = True) -> None:
    """Somebody who joined already opens a room with the bot and is greeted."""
    bot.knows(phone.user, name)
    await phone.opens_with(bot.user, encrypted)
    await phone.hears(name)


async def hears(phone: Phone, expected: str) -> Shown:
    """As `Phone.hears`, whatever the width of the punctuation."""
    return await phone.until(lambda: next(
        (one for one in reversed(phone.others)
         if one.change > phone.said_at and expected in plain(one.text)), None,
    ))  # fmt: skip


async def talk(phone: Phone, *lines: str) -> None:
    """The conversations of the other networks: what is a button there, `[label]`, is typed."""
    for line, expected in zip(lines[::2], lines[1::2], strict=True):
        await phone.say(line.removeprefix("[").removesuffix("]"))
        await hears(phone, expected)
