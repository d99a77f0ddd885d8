"""Messages of a coordinator to many: who may get one, what became of it, how to stop it."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import JSON, Column, literal
from sqlalchemy import select as columns
from sqlmodel import Field, Session, SQLModel, and_, col, func, or_, select, update

from models.due import DUE, NOT_YET, OVERDUE, Policy
from models.due_query import due_rows
from models.elder import ACTIVE, Elder
from models.ids import new_id
from models.mailbox import DROPPED, FAILED, SENDING, WAITING, Outgoing
from models.morning import caseloads
from models.org import TOWN, Unit, branch
from models.staff import LIAISON, Chat, Staff

KIND, STOPPED, PROGRESS = "broadcast", "stopped", "progress"
SAME_WITHIN = timedelta(hours=12)
LATE_AFTER = timedelta(minutes=10)  # a message that waits longer than this is told of
PART = 20_000  # ids in one statement


class Broadcast(SQLModel, table=True):
    """One message to many. `ref` is the tag of the draft it was written in: a second press of
    the same button finds it. `audience` says to whom in words; `count` is how many it was
    written to, `unreached` the ids of those of the audience who had no chat to write to."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    ref: str = Field(unique=True)
    made_by: UUID = Field(foreign_key="staff.id", index=True)
    made_at: datetime = Field(index=True)
    chat_id: UUID = Field(foreign_key="chat.id")  # where its card stands
    text: str
    audience: str
    count: int
    unreached: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    stopped_at: datetime | None = None
    stopped_by: UUID | None = Field(default=None, foreign_key="staff.id")


LATEST_FIRST = (col(Broadcast.made_at).desc(), col(Broadcast.id).desc())


# Who may get one


def staff_of(session: Session, asker: Staff, *where: Any) -> list[Staff]:
    """Everybody in the asker's branch but the asker, who fits; the ones who left never do."""
    statement = select(Staff).where(*inside(session, asker), *where)
    return list(session.exec(statement.order_by(col(Staff.code))).all())


def inside(session: Session, asker: Staff) -> tuple[Any, ...]:
    return (
        col(Staff.unit_id).in_(branch(session, asker.unit_id)),
        col(Staff.left_on).is_(None),
        col(Staff.id) != asker.id,
    )


def towns_of(session: Session, asker: Staff) -> list[Unit]:
    """The towns below the asker's own place, which one of them may not be."""
    below = branch(session, asker.unit_id) - {asker.unit_id}
    statement = select(Unit).where(col(Unit.id).in_(below), Unit.kind == TOWN)
    return list(session.exec(statement.order_by(col(Unit.name), col(Unit.id))).all())


@dataclass
class Counts:
    """Of one liaison's elders in this window: not visited yet, and of those the overdue."""

    open: int = 0
    overdue: int = 0


def counts(
    session: Session, people: Iterable[Staff], today: date, policy: Policy
) -> dict[UUID, Counts]:
    """For each liaison among these; a stand-in answers for the elders of who is on leave."""
    ids = [staff.id for staff in people if staff.role == LIAISON]
    found = {one: Counts() for one in ids}
    looked_after = caseloads(session, ids, today)
    elders = list(looked_after)
    for at in range(0, len(elders), PART):
        for elder, state in _states(session, elders[at : at + PART], today, policy):
            for staff in looked_after[elder]:
                found[staff].open += state in (DUE, NOT_YET, OVERDUE)
                found[staff].overdue += state == OVERDUE
    return found


def _states(
    session: Session, elders: Collection[UUID], today: date, policy: Policy
) -> Iterable[tuple[UUID, str]]:
    these = and_(col(Elder.state) == ACTIVE, col(Elder.id).in_(elders))
    return ((row.elder_id, row.state) for row in session.execute(due_rows(today, policy, these)))


# What became of it


def key(broadcast_id: UUID, staff_id: UUID) -> str:
    return f"{KIND}:{broadcast_id}:{staff_id}"


def staff_in(once: str | None) -> str:
    """Whom a row was written for; the chat may be somebody else's by now."""
    return str(once).rpartition(":")[2]


def _rows_of(broadcast_id: UUID) -> Any:
    return and_(Outgoing.kind == KIND, col(Outgoing.once).startswith(f"{KIND}:{broadcast_id}:"))


def by_ref(session: Session, asker: Staff, ref: str) -> Broadcast | None:
    """The asker's own, or one made in the asker's branch."""
    found = session.exec(select(Broadcast).where(Broadcast.ref == ref)).first()
    if found is None or found.made_by == asker.id:
        return found
    maker = session.get_one(Staff, found.made_by)
    return found if maker.unit_id in branch(session, asker.unit_id) else None


def recent(session: Session, asker: Staff, since: datetime, most: int) -> list[Broadcast]:
    """Made in the asker's branch, the latest first."""
    statement = (
        select(Broadcast)
        .join(Staff, col(Staff.id) == Broadcast.made_by)
        .where(Broadcast.made_at > since)
        .where(col(Staff.unit_id).in_(branch(session, asker.unit_id)))
        .order_by(*LATEST_FIRST)
    )
    return list(session.exec(statement.limit(most)).all())


@dataclass
class Tally:
    """How many of a broadcast's messages stand where; `unreached` could not be written to.
    `held` is when the first of those that wait may go, if not at once."""

    sent: int = 0
    waiting: int = 0
    failed: int = 0
    unreached: int = 0
    dropped: int = 0
    held: datetime | None = None


def tally(session: Session, one: Broadcast) -> Tally:
    lost = col(Chat.unreachable_at).is_not(None)
    statement = (
        select(Outgoing.state, lost, func.count(), func.min(Outgoing.not_before))
        .join(Chat, col(Chat.id) == Outgoing.chat_id)
        .where(_rows_of(one.id))
        .group_by(col(Outgoing.state), lost)
    )
    found, held = Counter(unreached=len(one.unreached)), None
    for state, is_lost, count, first in session.exec(statement):
        found[_place(state, is_lost)] += count
        held = first if state == WAITING else held
    return Tally(**found, held=held)


def _place(state: str, lost: bool) -> str:
    if state == FAILED:
        return "unreached" if lost else "failed"
    return "waiting" if state == SENDING else state


def not_reached(session: Session, one: Broadcast) -> tuple[list[Staff], list[Staff]]:
    """By name: to whom sending failed, and who cannot be reached at all."""
    rows = session.exec(
        select(Outgoing.once, Chat.unreachable_at)
        .join(Chat, col(Chat.id) == Outgoing.chat_id)
        .where(_rows_of(one.id), Outgoing.state == FAILED)
    ).all()
    failed = {staff_in(once) for once, lost in rows if lost is None}
    unreached = {staff_in(once) for once, lost in rows if lost is not None} | set(one.unreached)
    statement = select(Staff).where(col(Staff.id).in_([UUID(i) for i in failed | unreached]))
    people = session.exec(statement.order_by(col(Staff.code))).all()
    return (
        [staff for staff in people if str(staff.id) in failed],
        [staff for staff in people if str(staff.id) in unreached],
    )


def stop(session: Session, one: Broadcast, by: Staff, now: datetime) -> None:
    """Drops what still waits; what is on its way just now arrives."""
    one.stopped_at, one.stopped_by = one.stopped_at or now, one.stopped_by or by.id
    waiting = and_(_rows_of(one.id), Outgoing.state == WAITING)
    session.exec(update(Outgoing).where(waiting).values(state=DROPPED, problem=STOPPED))


def is_stopped(session: Session, once: str | None) -> bool:
    found = session.get(Broadcast, UUID(str(once).split(":")[1]))
    return found is not None and found.stopped_at is not None


def same_before(
    session: Session, text: str, people: Collection[UUID], now: datetime
) -> tuple[Broadcast, int] | None:
    """The latest broadcast of the very same text that some of these people got within the last
    hours, or will get, and how many of them."""
    statement = select(Broadcast).where(
        Broadcast.text == text, Broadcast.made_at > now - SAME_WITHIN
    )
    wanted = {str(one) for one in people}
    for one in session.exec(statement.order_by(*LATEST_FIRST)):
        rows = select(Outgoing.once).where(
            _rows_of(one.id), col(Outgoing.state).not_in((FAILED, DROPPED))
        )
        again = wanted & {staff_in(once) for once in session.exec(rows)}
        if again:
            return one, len(again)
    return None


def ended(session: Session, since: datetime) -> list[Broadcast]:
    """Those made since then of which nothing waits any more; not the ones that were stopped,
    nor those of which it was told already."""
    told = select(1).where(Outgoing.once == literal(f"{PROGRESS}:") + col(Broadcast.ref)).exists()
    made = select(Broadcast).where(
        Broadcast.made_at > since, col(Broadcast.stopped_at).is_(None), ~told
    )
    return [one for one in session.exec(made) if not tally(session, one).waiting]


# What did not arrive


class Lost(NamedTuple):
    """A message that did not arrive, without what it says."""

    staff: Staff
    chat: Chat
    kind: str
    state: str
    problem: str
    made_at: datetime


def undelivered(session: Session, asker: Staff, since: datetime, now: datetime) -> list[Lost]:
    """Within the asker's branch: messages that failed, or have waited unusually long. Those for
    somebody whose chat was let go since are left out: there is nobody any more to tell."""
    late = now - LATE_AFTER
    due = or_(col(Outgoing.not_before).is_(None), col(Outgoing.attempts) > 0,
              col(Outgoing.not_before) < late)  # fmt: skip
    waits = and_(col(Outgoing.state).in_((WAITING, SENDING)), Outgoing.made_at < late, due)
    statement = (
        columns(Staff, Chat, *(col(getattr(Outgoing, name)) for name in Lost._fields[2:]))
        .join(Chat, col(Chat.staff_id) == Staff.id)
        .join(Outgoing, col(Outgoing.chat_id) == Chat.id)
        .where(or_(Outgoing.state == FAILED, waits), col(Outgoing.made_at) > since)
        .where(col(Staff.unit_id).in_(branch(session, asker.unit_id)))
        .where(col(Staff.left_on).is_(None))
        .order_by(col(Staff.code), col(Outgoing.seq))
    )
    return [Lost(*row) for row in session.execute(statement)]


def made_since(session: Session, since: datetime) -> list[Broadcast]:
    """By anybody: one of the county may be meant for people of a town."""
    return list(session.exec(select(Broadcast).where(Broadcast.made_at > since)).all())


def with_chat(session: Session, people: Collection[UUID]) -> set[UUID]:
    """Those of these people who have joined on some network."""
    joined = select(Chat.staff_id).where(col(Chat.staff_id).in_(people), Chat.private)
    return {one for one in session.exec(joined) if one}
