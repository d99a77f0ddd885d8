"""The network of the practice page: the browser is the phone, the database is its memory.

The page asks for everything newer than the version it knows, so a lost connection, a reload or
a restart of the bot loses nothing.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from sqlalchemy import Engine
from sqlmodel import Session

from bot.deliver import RunDb
from bot.reading import read
from bot.transports import Later, Parcel, Receive
from handlers.talk import Incoming
from models import page
from models.page import PageMessage

NETWORK = "web"
FIRST_LOOK = 400  # changes shown to a page that knows nothing yet
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Said:
    """One thing a person did on the page; `key` is the page's own and kept when it repeats."""

    incoming: Incoming
    at: datetime

    @property
    def bubble(self) -> PageMessage:
        picture = next(iter(self.incoming.attachments), None)
        return PageMessage(
            seat=self.incoming.chat,
            key=f"in:{self.incoming.key}",
            mine=True,
            text=self.incoming.text,
            file_name=picture.name if picture else "",
            file_data=picture.data if picture else None,
            at=self.at,
        )


class WebChat:
    """`greet` is said in the name of each seat that has no messages yet, so that the bot
    speaks first."""

    network = NETWORK
    status = "listening"

    def __init__(
        self,
        engine: Engine,
        clock: Callable[[], datetime],
        run_db: RunDb = asyncio.to_thread,
        greet: Callable[[], Sequence[Incoming]] = list,
    ) -> None:
        self.engine, self.clock, self.run_db, self.greet = engine, clock, run_db, greet
        self._receive: Receive | None = None
        self._news = asyncio.Condition()
        self._count = 0

    async def run(self, receive: Receive) -> None:
        self._receive = receive
        try:
            await self.welcome()
            await asyncio.Event().wait()
        finally:
            self._receive = None

    async def close(self) -> None:
        await self.notify()

    async def welcome(self) -> None:
        """The bot's first words on each seat that is still empty."""
        met = await self.run_db(partial(self._work, page.seats_with_messages))
        fresh = [said for said in self.greet() if said.chat not in met]
        if fresh and self._receive:
            await self._receive(fresh)

    async def say(self, said: Said) -> str:
        """The toast for a press. Returns only after the bot's answer is committed; the same
        key again changes nothing. Raises Later while the bot is starting or stopping."""
        if self._receive is None:
            raise Later(1)
        if not said.incoming.choice:
            await self.run_db(partial(self._work, partial(page.add, message=said.bubble)))
            await self.notify()
        received = await self._receive([said.incoming])
        return next((text for _press, text in received.toasts), "")

    async def send(self, parcel: Parcel) -> str:
        shown = await self.run_db(partial(self._work, partial(show, parcel, self.clock())))
        await self.notify()
        return str(shown)

    async def notify(self) -> None:
        async with self._news:
            self._count += 1
            self._news.notify_all()

    async def changes(self, after: int, pause: float) -> AsyncIterator[Sequence[PageMessage]]:
        """All newer than `after`, then what comes; an empty portion after `pause` seconds."""
        after = after or await self._read(partial(page.start_of_last, count=FIRST_LOOK))
        while True:
            count = self._count
            portion = await self._read(partial(page.newer, version=after))
            after = max([after, *(message.version for message in portion)])
            yield portion
            await self._wait(count, pause)

    async def _wait(self, count: int, pause: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(pause), self._news:
                await self._news.wait_for(lambda: self._count != count)

    async def file(self, seat: str, number: int) -> PageMessage | None:
        found = await self._read(lambda session: session.get(PageMessage, number))
        return found if found and found.seat == seat and found.file_name else None

    def _work(self, work: Callable[[Session], T]) -> T:
        with Session(self.engine, expire_on_commit=False) as session:
            done = work(session)
            session.commit()
            return done

    async def _read(self, work: Callable[[Session], T]) -> T:
        return await read(self.engine, work)


def show(parcel: Parcel, now: datetime, session: Session) -> int:
    """Writes the parcel as a new bubble, or into the one it edits; the id of the bubble."""
    rows = [[list(button) for button in row] for row in parcel.rows]
    key = f"out:{parcel.key}"
    standing = bubble(session, parcel.address, parcel.edit)
    if standing is not None:
        if standing.key != key:
            page.change(session, standing, text=parcel.text, rows=rows, key=key)
        return standing.id
    message = PageMessage(
        seat=parcel.address,
        key=key,
        text=parcel.text,
        rows=rows,
        file_name=parcel.file_name,
        file_data=parcel.file_data,
        at=now,
    )
    shown = page.add(session, message)
    older = bubble(session, parcel.address, parcel.remove)
    if older is not None and older.id != shown.id:
        page.change(session, older, removed=True)
    return shown.id


def bubble(session: Session, seat: str, native_id: str) -> PageMessage | None:
    """The bot's own bubble of that id which still stands on this seat."""
    found = session.get(PageMessage, int(native_id)) if native_id.isdecimal() else None
    return found if found and found.seat == seat and not found.mine and not found.removed else None
