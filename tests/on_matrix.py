"""People of `tests.conversation` who sit at a Matrix client: what they say goes over a real
homeserver to the running bot, and what they are told has to stand on their screen."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from bot.transports import Parcel
from bot.transports.matrix_messages import message
from handlers.documents import chart
from handlers.lines import numbered
from models.mailbox import MAKING, SENDING, SENT, WAITING, Outgoing, Seen
from models.staff import Chat
from tests.conversation import MORNING, Person, Screen, Town
from tests.matrix_bot import Bot
from tests.matrix_people import NioPhone, Shown
from tests.synapse import Synapse

T = TypeVar("T")
A_MOMENT = timedelta(seconds=2)  # between two messages: the homeserver tells whole seconds
UNDER_WAY = (MAKING, WAITING, SENDING)
A_JUMP = timedelta(minutes=1)
PATIENCE = 300.0  # more than each step in it has


class Dated(Bot):
    """A bot that lives at the time of its town."""

    def clock(self) -> datetime:
        return self.town.now


@dataclass
class Line:
    """The bot and its people, in a loop of their own: the conversations know nothing of it."""

    town: Town
    server: Synapse
    folder: Path
    encrypted: bool
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(PATIENCE)

    async def begin(self) -> None:
        self.bot = await self.stack.enter_async_context(Dated(self.town, self.server, self.folder))

    def person(self, name: str) -> "Caller":
        phone = self.do(self._meets(name))
        caller = Caller(self.town, "matrix", phone.user, line=self, phone=phone)
        caller.look()
        return caller

    async def _meets(self, name: str) -> NioPhone:
        phone = NioPhone(self.server, "p")
        await self.stack.enter_async_context(phone)
        self.bot.knows(phone.user, name)
        await phone.opens_with(self.bot.user, self.encrypted)
        await phone.hears(name)
        return phone

    async def rests(self, but: Callable[[], bool] = lambda: True) -> None:
        """What is due now has been sent."""
        self.bot.house.deliver.wake()
        await self.bot.until(lambda: but() and not self._due())

    def _due(self) -> list[Outgoing]:
        chats = {chat.id for chat in self.town.rows(Chat, network="matrix")}
        rows = [row for state in UNDER_WAY for row in self.town.rows(Outgoing, state=state)]
        return [
            row for row in rows
            if row.chat_id in chats and (row.not_before or self.town.now) <= self.town.now
        ]  # fmt: skip

    async def tick(self, phone: NioPhone) -> None:
        """Ends the poll that began at an earlier hour, before anything is said."""
        before = self.bot.matrix._token
        await phone.sends("test.tick", {"body": ""})
        await self.bot.until(lambda: self.bot.matrix._token != before)


@contextmanager
def opened(town: Town, server: Synapse, folder: Path, encrypted: bool) -> Iterator[Line]:
    line = Line(town, server, folder, encrypted)
    thread = threading.Thread(target=line.loop.run_forever)
    thread.start()
    try:
        line.do(line.begin())
        yield line
    finally:
        line.do(line.stack.aclose())
        line.loop.call_soon_threadsafe(line.loop.stop)
        thread.join()
        line.loop.close()


@dataclass(kw_only=True)
class Caller(Person):
    """`heard_at` is when she last wrote. What is a toast elsewhere begins the answer here."""

    line: Line
    phone: NioPhone
    heard_at: datetime = MORNING - timedelta(days=1)
    files: dict[str, bytes] = field(default_factory=dict)

    def send(self, key: str = "", **what: Any) -> "Caller":
        self.town.wait(seconds=A_MOMENT.seconds)
        event = self.line.do(self._writes(**what))
        self.line.do(self.line.rests(lambda: bool(self.town.rows(Seen, key=event))))
        self.toast = "\n".join(one.text for one in self.look()).partition("\n")[0]
        return self

    async def _writes(
        self, text: str = "", choice: str = "", press: str = "", attachments: Any = ()
    ) -> str:
        if abs(self.town.now - self.heard_at) > A_JUMP:
            await self.line.tick(self.phone)
        self.heard_at = self.town.now
        if choice:
            row, number = self._choice(choice)
            relation = {"m.in_reply_to": {"event_id": row.native_id}}
            return await self.phone.say(number, **{"m.relates_to": relation})
        for one in attachments:
            return await self.phone.photo(one.data, one.name, one.mime, caption=text)
        return await self.phone.say(text)

    def _choice(self, code: str) -> tuple[Outgoing, str]:
        """The newest message with this choice, and its number there or its words."""
        chats = {chat.id for chat in self.town.rows(Chat, address=self.address)}
        for row in reversed(self.town.rows(Outgoing, state=SENT)):
            for number, label, found in numbered(row.rows):
                if row.chat_id in chats and found == code:
                    return row, number or label
        raise AssertionError(f"nothing offers {code}")

    def look(self) -> list[Screen]:
        self.line.do(self.line.rests())
        for row in self._rows():
            if row.state == SENT:
                self.line.do(self._sees(row))
        return super().look()

    async def _sees(self, row: Outgoing) -> None:
        """In her room, encrypted where the room is; a file as it was sent."""
        choices = tuple(tuple((label, code) for label, code in line) for line in row.rows)
        words = str(message(Parcel("", row.text, choices))["body"]) if row.text else row.file_name
        shown = await self.phone.until(lambda: self._shown(row.native_id, words))
        assert shown.encrypted == self.line.encrypted
        if row.file_data:
            drawn = row.file_name.endswith(chart.SUFFIX)
            name = row.file_name.replace(chart.SUFFIX, ".png")
            self.files[name] = await self.phone.file(shown)
            assert self.files[name] == (chart.png(row.file_data) if drawn else row.file_data)

    def _shown(self, native_id: str, words: str) -> Shown | None:
        shown = self.phone.screen.get(native_id)
        return shown if shown and words in shown.texts else None
