"""Makes the papers that were ordered. An order is taken for longer than any paper lasts. The paper,
and the lines that note who stands in it, then take its place in one transaction: a crash before
that makes it again, and one that cannot be made is answered with a sentence.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

import structlog
from sqlalchemy import URL, Engine
from sqlmodel import Session

from bot.receive import is_out_of_order
from handlers import papers
from handlers.morning import turn_of
from handlers.order import unpacked
from handlers.talk import Reply
from handlers.turn import Office
from locales import speaking
from models import mailbox, orders
from models.attachment import Upload
from models.audit import Audit
from models.orders import Taken
from models.staff import Chat, Staff

LEASE = timedelta(minutes=10)
TRIES = 3  # after so many it is the paper itself that ends its process
log = structlog.get_logger()
NOTHING: Mapping[UUID, Any] = {}
T = TypeVar("T")


class Made(NamedTuple):
    """`noted` are the values of audit lines, `looked` what was shown of a table that came in:
    nothing else that a paper changes is written."""

    replies: Sequence[Reply]
    noted: Sequence[dict[str, Any]] = ()
    looked: Mapping[UUID, Any] = NOTHING


class Job(NamedTuple):
    """All that making needs, wherever it is done."""

    database: URL
    office: Office
    taken: Taken
    now: datetime


class Desk:
    """Where orders are taken, made and handed in. Making only reads, and may be done elsewhere."""

    def __init__(self, engine: Engine, office: Office) -> None:
        self.engine, self.office = engine, office

    def start(self) -> None:
        """A SQLite file has one process, so nobody makes anything at the start."""
        if self.engine.dialect.name == "sqlite":
            self.write(lambda session: orders.give_back(session, None))

    def take(self, now: datetime) -> Taken | None:
        return self.write(lambda session: orders.take(session, now, now + LEASE))

    def make(self, taken: Taken, now: datetime) -> Made:
        """Raises what the database raises when it is out of order."""
        if taken.attempts > TRIES:
            return self._not_made(taken)
        try:
            return self._make(taken, now)
        except Exception as problem:  # of whatever makes such a paper: its asker is told
            if is_out_of_order(problem):
                raise
            log.error("paper_not_made", seq=taken.seq, kind=type(problem).__name__)
            return self._not_made(taken)

    def hand_in(self, taken: Taken, made: Made, now: datetime) -> bool:
        rows = [row_of(taken, reply, now) for reply in made.replies]
        return self.write(
            lambda session: orders.hand_in(session, taken, rows, made.noted, made.looked)
        )

    def write(self, work: Callable[[Session], T]) -> T:
        with Session(self.engine, expire_on_commit=False) as session:
            done = work(session)
            session.commit()
            return done

    def _make(self, taken: Taken, now: datetime) -> Made:
        reading = self.engine.execution_options(readonly=True)
        with Session(reading, autoflush=False) as session:
            replies = self._replies(session, taken, now)
            noted = [one.model_dump() for one in session.new if isinstance(one, Audit)]
            looked = {one.id: one.looked for one in session.dirty if isinstance(one, Upload)}
            session.expunge_all()
            return Made(replies, noted, looked)

    def _replies(self, session: Session, taken: Taken, now: datetime) -> list[Reply]:
        order = unpacked(taken.order)
        chat = session.get_one(Chat, taken.chat_id)
        staff = session.get(Staff, UUID(order.staff))
        with speaking((staff and staff.locale) or self.office.locale):
            if (asker := papers.asker(order, chat, staff)) is None:
                return [papers.not_any_more()]
            return papers.paper(turn_of(session, self.office, now, asker, chat), order)

    def _not_made(self, taken: Taken) -> Made:
        with Session(self.engine.execution_options(readonly=True)) as session:
            chat = session.get_one(Chat, taken.chat_id)  # the order itself may be what is wrong
            staff = session.get(Staff, chat.staff_id) if chat.staff_id else None
            with speaking((staff and staff.locale) or self.office.locale):
                return Made([papers.not_made()])


def row_of(taken: Taken, reply: Reply, now: datetime) -> dict[str, Any]:
    return mailbox.row(
        taken.chat_id,
        reply.text,
        taken.lane,
        now,
        rows=[[[button.label, button.code] for button in line] for line in reply.rows],
        card=reply.card,
        file_name=reply.file_name,
        file_data=reply.file_data,
    )
