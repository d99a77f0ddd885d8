"""The outbox at work, and a network that notes what it was given."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, insert, select

from bot.deliver import Deliver
from bot.pacing import Pace
from bot.transports import Parcel, Receive
from models.mailbox import (
    SENDING,
    WAITING,
    Outgoing,
)
from models.staff import Chat

T = TypeVar("T")
PATIENCE = 180.0  # seconds: the machine may be busy


def now() -> datetime:
    return datetime.now(UTC)


class Network:
    """Notes every parcel; `says` is asked first and may raise what a network raises."""

    network = "telegram"

    def __init__(self, says: Callable[[Parcel], object] = lambda parcel: None) -> None:
        self.says = says
        self.parcels: list[Parcel] = []
        self.at: list[float] = []
        self.running: list[str] = []
        self.overtaken: list[str] = []
        self.at_once = 0
        self.takes = 0.0

    async def run(self, receive: Receive) -> None: ...
    async def close(self) -> None: ...

    async def send(self, parcel: Parcel) -> str:
        if parcel.address in self.running:
            self.overtaken.append(parcel.text)
        self.running.append(parcel.address)
        self.at_once = max(self.at_once, len(self.running))
        try:
            await asyncio.sleep(self.takes)
            self.says(parcel)
        finally:
            self.running.remove(parcel.address)
        self.parcels.append(parcel)
        self.at.append(asyncio.get_running_loop().time())
        return parcel.edit or f"n{len(self.parcels)}"

    @property
    def texts(self) -> list[str]:
        return [parcel.text for parcel in self.parcels]


class Outbox:
    """Writes rows and reads back what became of them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def chat(self, address: str, network: str = "telegram", **more: Any) -> UUID:
        with Session(self.engine) as session:
            chat = Chat(network=network, address=address, **more)
            session.add(chat)
            session.commit()
            return chat.id

    def put(self, chat: UUID, *texts: str, **more: Any) -> None:
        with Session(self.engine) as session:
            for text in texts:
                session.add(Outgoing(chat_id=chat, text=text, made_at=now(), **more))
                session.flush()
            session.commit()

    def put_many(self, chats: Iterable[UUID], lane: int) -> None:
        rows = [
            {"chat_id": chat, "text": str(number), "lane": lane, "made_at": now(), "rows": []}
            for number, chat in enumerate(chats)
        ]
        with Session(self.engine) as session:
            session.execute(insert(Outgoing), rows)
            session.commit()

    def chats(self, count: int) -> list[UUID]:
        rows = [
            {"id": uuid4(), "network": "telegram", "address": str(number), "private": True}
            for number in range(count)
        ]
        with Session(self.engine) as session:
            session.execute(insert(Chat), rows)
            session.commit()
        return [row["id"] for row in rows]

    def rows(self, **where: Any) -> list[Outgoing]:
        with Session(self.engine) as session:
            return list(
                session.exec(select(Outgoing).filter_by(**where).order_by(col(Outgoing.seq)))
            )

    def states(self) -> list[str]:
        return [row.state for row in self.rows()]

    def found(self, chat: UUID) -> Chat:
        with Session(self.engine) as session:
            return session.exec(select(Chat).where(Chat.id == chat)).one()

    def waits(self) -> bool:
        return any(state in (WAITING, SENDING) for state in self.states())


@pytest.fixture
def box(database: Engine) -> Outbox:
    return Outbox(database)


FAST = Pace(in_flight=64)


@asynccontextmanager
async def delivering(
    box: Outbox,
    network: Network,
    pace: Pace = FAST,
    clock: Callable[[], datetime] = now,
    name: str = "telegram",
) -> AsyncIterator[Deliver]:
    with ThreadPoolExecutor(1) as thread:

        def run_db(work: Callable[[], T]) -> Awaitable[T]:
            return asyncio.get_running_loop().run_in_executor(thread, work)

        deliver = Deliver(box.engine, {name: network}, clock, run_db, {name: pace})
        task = asyncio.create_task(deliver.run())
        try:
            yield deliver
        finally:
            await deliver.drain()
            await task


async def until(true: Callable[[], Any], seconds: float = PATIENCE) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)


async def done(box: Outbox, seconds: float = PATIENCE) -> None:
    await until(lambda: not box.waits(), seconds)
