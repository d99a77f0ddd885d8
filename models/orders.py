"""Orders for papers that take long: rows of the outbox that are not sent. The paper, once made,
takes the place of its order in one transaction."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import delete, func, insert, or_, select, update
from sqlmodel import Session, col

from models.attachment import Upload
from models.audit import Audit
from models.mailbox import MAKING
from models.outbox import OUTGOING

TAKEN = (OUTGOING.c.seq, OUTGOING.c.chat_id, OUTGOING.c.lane, OUTGOING.c.file_data,
         OUTGOING.c.attempts, OUTGOING.c.claimed_until)  # fmt: skip


class Taken(NamedTuple):
    """An order that is being made; `until` is whose it is as well: nobody else has this one."""

    seq: int
    chat_id: UUID
    lane: int
    order: bytes
    attempts: int
    until: datetime


def is_ordered(session: Session, chat_id: UUID, order: bytes) -> bool:
    """This chat waits for the same paper already."""
    same = select(OUTGOING.c.seq).where(
        OUTGOING.c.state == MAKING, OUTGOING.c.chat_id == chat_id, OUTGOING.c.file_data == order
    )
    return session.execute(same.limit(1)).first() is not None


class Pile(NamedTuple):
    """What was ordered and is not made yet."""

    orders: int
    oldest: datetime | None


def pile(session: Session) -> Pile:
    """For the metrics and the doctor."""
    found = select(func.count(), func.min(OUTGOING.c.made_at)).where(OUTGOING.c.state == MAKING)
    return Pile(*session.execute(found).one())


def take(session: Session, now: datetime, until: datetime) -> Taken | None:
    """The oldest order that nobody makes; after `until` another process may have it."""
    free = or_(OUTGOING.c.claimed_until.is_(None), OUTGOING.c.claimed_until < now)
    oldest = (
        select(OUTGOING.c.seq)
        .where(OUTGOING.c.state == MAKING, free)
        .order_by(OUTGOING.c.lane, OUTGOING.c.seq)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    seq = session.scalar(oldest)
    if seq is None:
        return None
    values = {"claimed_until": until, "attempts": OUTGOING.c.attempts + 1}
    taken = update(OUTGOING).where(OUTGOING.c.seq == seq).values(values).returning(*TAKEN)
    return Taken(*session.execute(taken).one())


def give_back(session: Session, taken: Taken | None) -> None:
    """It was not made; None: all, of a process that died."""
    mine = [OUTGOING.c.seq == taken.seq, OUTGOING.c.claimed_until == taken.until] if taken else []
    session.execute(
        update(OUTGOING).where(OUTGOING.c.state == MAKING, *mine).values(claimed_until=None)
    )


def hand_in(
    session: Session,
    taken: Taken,
    paper: Sequence[Mapping[str, Any]],
    noted: Sequence[Mapping[str, Any]],
    looked: Mapping[UUID, Any],
) -> bool:
    """The messages of the paper instead of its order, with the audit lines that note it and what
    was shown of tables; False if somebody else took the order meanwhile, or it is gone."""
    mine = (OUTGOING.c.seq == taken.seq, OUTGOING.c.claimed_until == taken.until)
    gone = session.connection().execute(delete(OUTGOING).where(OUTGOING.c.state == MAKING, *mine))
    if not gone.rowcount:
        return False
    if noted:  # thousands, and everybody waits meanwhile
        session.connection().execute(insert(Audit), noted)
    for upload, shown in looked.items():
        session.execute(update(Upload).where(col(Upload.id) == upload).values(looked=shown))
    if paper:
        session.connection().execute(OUTGOING.insert(), [dict(row) for row in paper])
    return True
