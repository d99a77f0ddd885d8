"""Makes the papers that were ordered, in a thread of their own with a session that only reads:
neither anybody's step nor another message waits for one.

An order is taken for longer than any paper lasts. The paper, and the lines that note who stands
in it, then take its place in one transaction: a crash before that makes it again, and one that
cannot be made is answered with a sentence.
"""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import structlog
from sqlalchemy import Engine, event
from sqlmodel import Session

from bot.deliver import RunDb
from bot.receive import is_out_of_order
from handlers import papers
from handlers.morning import turn_of
from handlers.order import unpacked
from handlers.talk import Reply
from handlers.turn import Office
from locales import speaking
from models import mailbox, orders
from models.audit import Audit
from models.orders import Taken
from models.staff import Chat, Staff

LEASE = timedelta(minutes=10)
TRIES = 3  # after so many it is the paper itself that ends the program
POLL = 5.0  # seconds; for orders of other processes and those whose maker died
log = structlog.get_logger()
T = TypeVar("T")


class Made(NamedTuple):
    """`noted` are the values of audit lines: nothing else that a paper adds is written."""

    reply: Reply
    noted: Sequence[dict[str, Any]] = ()


class Stopped(Exception):
    """The program ends; the order stays."""


class Desk:
    """Where orders are taken, made and handed in; each step for the thread it belongs in."""

    def __init__(self, engine: Engine, office: Office) -> None:
        self.engine, self.office = engine, office
        self.stopping = False

    def start(self) -> None:
        """A SQLite file has one process, so nobody makes anything at the start."""
        if self.engine.dialect.name == "sqlite":
            self.write(lambda session: orders.give_back(session, None))

    def take(self, now: datetime) -> Taken | None:
        return self.write(lambda session: orders.take(session, now, now + LEASE))

    def make(self, taken: Taken, now: datetime) -> Made:
        """Raises Stopped, or what the database raises when it is out of order."""
        if taken.attempts > TRIES:
            return self._not_made(taken)
        try:
            return self._make(taken, now)
        except Stopped:
            raise
        except Exception as problem:  # of whatever makes such a paper: its asker is told
            if is_out_of_order(problem):
                raise
            log.error("paper_not_made", seq=taken.seq, kind=type(problem).__name__)
            return self._not_made(taken)

    def hand_in(self, taken: Taken, made: Made, now: datetime) -> bool:
        reply = made.reply
        row = mailbox.row(
            taken.chat_id,
            reply.text,
            taken.lane,
            now,
            rows=[[[button.label, button.code] for button in line] for line in reply.rows],
            file_name=reply.file_name,
            file_data=reply.file_data,
        )
        return self.write(lambda session: orders.hand_in(session, taken, row, made.noted))

    def write(self, work: Callable[[Session], T]) -> T:
        with Session(self.engine, expire_on_commit=False) as session:
            done = work(session)
            session.commit()
            return done

    def _make(self, taken: Taken, now: datetime) -> Made:
        with self.engine.execution_options(readonly=True).connect() as connection:
            event.listen(connection, "before_cursor_execute", self._go_on)
            with Session(connection, autoflush=False) as session:
                reply = self._reply(session, taken, now)
                noted = [one.model_dump() for one in session.new if isinstance(one, Audit)]
                session.expunge_all()
                return Made(reply, noted)

    def _reply(self, session: Session, taken: Taken, now: datetime) -> Reply:
        order = unpacked(taken.order)
        chat = session.get_one(Chat, taken.chat_id)
        staff = session.get(Staff, UUID(order.staff))
        with speaking((staff and staff.locale) or self.office.locale):
            if (asker := papers.asker(order, chat, staff)) is None:
                return papers.not_any_more()
            return papers.paper(turn_of(session, self.office, now, asker, chat), order)

    def _not_made(self, taken: Taken) -> Made:
        with Session(self.engine.execution_options(readonly=True)) as session:
            staff = session.get(Staff, UUID(unpacked(taken.order).staff))
            with speaking((staff and staff.locale) or self.office.locale):
                return Made(papers.not_made())

    def _go_on(self, *_query: Any) -> None:
        """Between two queries a paper can be left off."""
        if self.stopping:
            raise Stopped


class Scribe:
    """Makes one paper after the other; `sent` is told that one lies in the outbox."""

    def __init__(
        self, desk: Desk, clock: Callable[[], datetime], run_db: RunDb, sent: Callable[[], None]
    ) -> None:
        self.desk, self.clock, self.run_db, self.sent = desk, clock, run_db, sent
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="papers")
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """There are new orders. Call it in the event loop, after the commit."""
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled; a paper that is not ready then is made after the next start."""
        try:
            await self._attempt(self.run_db(self.desk.start))
            while True:
                while await self._attempt(self._one()):
                    pass
                await self._rest()
        finally:
            self.desk.stopping = True
            self._thread.shutdown(wait=False)

    async def _one(self) -> bool:
        taken = await self.run_db(lambda: self.desk.take(self.clock()))
        if taken is None:
            return False
        try:
            made = await self._made(taken)
            if await self.run_db(lambda: self.desk.hand_in(taken, made, self.clock())):
                self.sent()
        except BaseException:  # cancelled as well: whoever comes next need not wait
            await self.run_db(partial(self._give_back, taken))
            raise
        return True

    async def _made(self, taken: Taken) -> Made:
        make = partial(self.desk.make, taken, self.clock())
        return await asyncio.get_running_loop().run_in_executor(self._thread, make)

    def _give_back(self, taken: Taken) -> None:
        self.desk.write(lambda session: orders.give_back(session, taken))

    async def _attempt(self, work: Any) -> Any:
        try:
            return await work
        except Exception as problem:  # locked, full, away: the order stays
            log.warning("papers_wait", problem=type(problem).__name__)
            return None

    async def _rest(self) -> None:
        with suppress(TimeoutError):  # time to look again
            async with asyncio.timeout(POLL):
                await self._woken.wait()
        self._woken.clear()
