"""The outbox as a queue: claim what may go next, and say how it went. Told what is allowed."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Row,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlmodel import Session, SQLModel

from models.mailbox import DROPPED, FAILED, SENDING, SENT, TELL, WAITING, Card, Outgoing
from models.staff import Chat

SUPERSEDED, UNREACHABLE, NETWORK = "superseded", "unreachable", "network"
TAKEN_BACK = "taken back"
OUTGOING, CHAT, CARD = (
    SQLModel.metadata.tables[str(table.__tablename__)] for table in (Outgoing, Chat, Card)
)
AT_ONCE = 1000  # rows closed in one statement
ONE_SENDS = 0x6F75_7462  # "outb": PostgreSQL's locks of the processes whose turn it is


@dataclass(frozen=True, slots=True)
class Job:
    """A claimed row with all that is needed to send it; `shown` is where its card stands now."""

    seq: int
    lane: int
    kind: str
    once: str | None
    attempts: int
    made_at: datetime
    text: str
    rows: list[list[list[str]]]
    card: str
    in_place: bool
    pressed: str
    file_name: str
    file_data: bytes | None
    chat_id: UUID
    network: str
    address: str
    private: bool
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the sending of a job went: `state` is sent, failed, or waiting (again).

    `gone` tells why its chat cannot be reached any more.
    """

    job: Job
    state: str
    native_id: str = ""
    problem: str = ""
    not_before: datetime | None = None
    gone: str = ""


class Gate(Protocol):
    """What is allowed just now; `row` has the columns of `_queue`."""

    def closed(self, lane: int) -> bool:
        """Nothing of this lane, or of one after it, may go."""

    def admit(self, row: Row[Any]) -> bool:
        """Whether this row may go; a yes counts as gone."""


class Depth(NamedTuple):
    """What waits in one lane of one network."""

    network: str
    lane: int
    rows: int
    oldest: datetime


def turns(session: Session, networks: Iterable[str]) -> set[str]:
    """Those of the networks to which this process is the one that sends. PostgreSQL gives each
    turn to one connection, for as long as that lives; a SQLite file has one process."""
    connection = session.connection()
    if connection.dialect.name == "sqlite":
        return set(networks)
    held: set[str] = connection.info.setdefault("turns", set())
    for network in set(networks) - held:
        lock = func.pg_try_advisory_lock(ONE_SENDS, func.hashtext(network))
        if connection.scalar(select(lock)):
            held.add(network)
    return held.intersection(networks)


def claim(session: Session, now: datetime, until: datetime, gate: Gate) -> list[Job]:
    """Takes the rows that may go next; they are the caller's until `until`.

    At most one row of a chat: its first by (lane, seq).
    """
    chosen = _walk(session, now, gate)
    return _take(session, chosen, until) if chosen else []


def _walk(session: Session, now: datetime, gate: Gate) -> list[Row[Any]]:
    """Goes through the queue in order, so that the first row met of a chat is its head."""
    chosen: list[Row[Any]] = []
    lost: list[int] = []
    stale: list[int] = []
    met: set[UUID] = set()
    for row in _queue(session, now):
        if gate.closed(row.lane):
            break
        if row.unreachable_at:
            lost.append(row.seq)
        elif row.stale:
            stale.append(row.seq)
        elif row.chat_id not in met:
            met.add(row.chat_id)
            if _due(row.not_before, now) and gate.admit(row):
                chosen.append(row)
    _close(session, lost[:AT_ONCE], FAILED, UNREACHABLE)
    _close(session, stale[:AT_ONCE], DROPPED, SUPERSEDED)
    return chosen


def _due(not_before: datetime | None, now: datetime) -> bool:
    return not_before is None or not_before <= now


def _queue(session: Session, now: datetime) -> Iterator[Row[Any]]:
    """The waiting rows. One that was tried and must wait holds its chat up, to keep the order;
    one that was written for a later hour does not."""
    options = {"yield_per": 30}
    with session.execute(QUEUE, {"now": now}, execution_options=options) as found:
        yield from found


def _of_that_hour(row: FromClause) -> ColumnElement[bool]:
    return or_(
        row.c.not_before.is_(None),
        row.c.not_before <= bindparam("now", type_=row.c.not_before.type),
    )


LATER = OUTGOING.alias()
STALE = exists().where(
    LATER.c.chat_id == OUTGOING.c.chat_id,
    LATER.c.seq > OUTGOING.c.seq,
    LATER.c.state == WAITING,
    LATER.c.card == OUTGOING.c.card,
    or_(OUTGOING.c.in_place, LATER.c.in_place.is_(False)),  # what is heard is not edited away
    _of_that_hour(LATER),
)
QUEUE = (
    select(
        OUTGOING.c.seq,
        OUTGOING.c.lane,
        OUTGOING.c.not_before,
        OUTGOING.c.chat_id,
        CHAT.c.network,
        CHAT.c.address,
        CHAT.c.private,
        CHAT.c.unreachable_at,
        and_(OUTGOING.c.card != "", STALE).label("stale"),
    )
    .join(CHAT, CHAT.c.id == OUTGOING.c.chat_id)
    .where(OUTGOING.c.state == WAITING, or_(_of_that_hour(OUTGOING), OUTGOING.c.attempts > 0))
    .order_by(OUTGOING.c.lane, OUTGOING.c.seq)
)


def _close(session: Session, seqs: Sequence[int], state: str, problem: str) -> None:
    if seqs:
        session.execute(
            update(OUTGOING)
            .where(OUTGOING.c.seq.in_(seqs), OUTGOING.c.state == WAITING)
            .values(state=state, problem=problem)
        )


BUSY = select(OUTGOING.c.chat_id).where(OUTGOING.c.state == SENDING)
FREE = (
    select(OUTGOING.c.seq)
    .where(OUTGOING.c.seq.in_(bindparam("seqs", expanding=True)), OUTGOING.c.state == WAITING)
    .with_for_update(skip_locked=True)
)
TAKE = (
    update(OUTGOING)
    .where(OUTGOING.c.seq.in_(FREE))
    .values(
        state=SENDING,
        claimed_until=bindparam("until", type_=OUTGOING.c.claimed_until.type),
        attempts=OUTGOING.c.attempts + 1,
    )
    .returning(
        OUTGOING.c.seq,
        OUTGOING.c.lane,
        OUTGOING.c.kind,
        OUTGOING.c.once,
        OUTGOING.c.attempts,
        OUTGOING.c.made_at,
        OUTGOING.c.text,
        OUTGOING.c.rows,
        OUTGOING.c.card,
        OUTGOING.c.in_place,
        OUTGOING.c.pressed,
        OUTGOING.c.file_name,
        OUTGOING.c.file_data,
        OUTGOING.c.chat_id,
    )
)


def _take(session: Session, chosen: Sequence[Row[Any]], until: datetime) -> list[Job]:
    """Claims by the UPDATE itself. Chats in which another process is sending are left out; that
    is asked after the walk, or a row it finished in between would look like the chat's first."""
    busy = set(session.scalars(BUSY))
    chats = {row.chat_id: row for row in chosen if row.chat_id not in busy}
    seqs = [row.seq for row in chats.values()]
    taken = session.execute(TAKE, {"seqs": seqs, "until": until}).all()
    shown = _cards(session, [(row.chat_id, row.card) for row in taken if row.card])
    return [
        Job(
            **row._mapping,
            network=chats[row.chat_id].network,
            address=chats[row.chat_id].address,
            private=chats[row.chat_id].private,
            shown=shown.get((row.chat_id, row.card), ""),
        )
        for row in sorted(taken, key=lambda row: (row.lane, row.seq))
    ]


def drop(session: Session, stale: Mapping[int, str]) -> None:
    """Claimed rows, by seq, that are not to be sent after all, with the reason to keep."""
    for seq, reason in stale.items():
        session.execute(
            update(OUTGOING)
            .where(OUTGOING.c.seq == seq)
            .values(state=DROPPED, problem=reason, claimed_until=None)
        )


def withdraw(session: Session, chat_id: UUID, made_at: datetime) -> int:
    """Notices to this chat, written at that instant, that nobody has begun to send; how many."""
    waiting = and_(
        OUTGOING.c.chat_id == chat_id,
        OUTGOING.c.made_at == made_at,
        OUTGOING.c.kind == TELL,
        OUTGOING.c.state == WAITING,
    )
    taken_back = update(OUTGOING).where(waiting).values(state=DROPPED, problem=TAKEN_BACK)
    return int(session.connection().execute(taken_back).rowcount)


def hold(session: Session, later: Mapping[int, datetime]) -> None:
    """Claimed rows, by seq, as if they had been written for a later hour: they were not tried."""
    for seq, at in later.items():
        untried = OUTGOING.c.attempts - 1
        session.execute(
            update(OUTGOING)
            .where(OUTGOING.c.seq == seq)
            .values(state=WAITING, claimed_until=None, not_before=at, attempts=untried)
        )


SHOWN = select(CARD.c.chat_id, CARD.c.name, CARD.c.native_id).where(
    CARD.c.chat_id.in_(bindparam("chats", expanding=True)),
    CARD.c.name.in_(bindparam("names", expanding=True)),
)


def _cards(session: Session, wanted: Collection[tuple[UUID, str]]) -> dict[tuple[UUID, str], str]:
    if not wanted:
        return {}
    chats, names = ({pair[at] for pair in wanted} for at in (0, 1))
    found = session.execute(SHOWN, {"chats": chats, "names": names})
    return {(chat, name): native for chat, name, native in found}


MARK = update(OUTGOING).where(OUTGOING.c.seq == bindparam("of"))


def mark(session: Session, outcomes: Sequence[Outcome], now: datetime) -> None:
    """Writes down how a number of sendings went."""
    if not outcomes:
        return
    session.connection().execute(
        MARK,
        [
            {
                "of": outcome.job.seq,
                "state": outcome.state,
                "native_id": outcome.native_id,
                "problem": outcome.problem,
                "not_before": outcome.not_before,
                "claimed_until": None,
                "sent_at": now if outcome.state == SENT else None,
            }
            for outcome in outcomes
        ],
    )
    for outcome in outcomes:
        _remember(session, outcome, now)


def _remember(session: Session, outcome: Outcome, now: datetime) -> None:
    job = outcome.job
    if outcome.gone:
        reach(session, job.network, job.address, outcome.gone, now)
    if outcome.state == SENT and job.card and outcome.native_id != job.shown:
        session.merge(Card(chat_id=job.chat_id, name=job.card, native_id=outcome.native_id))


def reach(session: Session, network: str, address: str, why: str, now: datetime) -> None:
    """The network told that a chat cannot be reached, or, with an empty `why`, can be again."""
    session.execute(
        update(CHAT)
        .where(CHAT.c.network == network, CHAT.c.address == address)
        .values(unreachable_at=now if why else None, unreachable_why=why)
    )


def move(session: Session, network: str, old: str, new: str) -> None:
    """A chat goes on under another address, unless one is known there already."""
    at = (CHAT.c.network == network, CHAT.c.address == new)
    if session.execute(select(CHAT.c.id).where(*at)).first() is None:
        session.execute(
            update(CHAT)
            .where(CHAT.c.network == network, CHAT.c.address == old)
            .values(address=new, unreachable_at=None, unreachable_why="")
        )


def release(session: Session, now: datetime | None, but: Collection[int]) -> None:
    """Gives back what was claimed by a process that died: claims that ran out before `now`,
    or all of them. `but` are the caller's own."""
    lapsed = [OUTGOING.c.claimed_until < now] if now else []
    session.execute(
        update(OUTGOING)
        .where(OUTGOING.c.state == SENDING, OUTGOING.c.seq.not_in(but), *lapsed)
        .values(state=WAITING, claimed_until=None)
    )


def resume(session: Session, network: str) -> None:
    """The network works again: what failed because of it need not wait any longer."""
    chats = select(CHAT.c.id).where(CHAT.c.network == network)
    session.execute(
        update(OUTGOING)
        .where(
            OUTGOING.c.state == WAITING,
            OUTGOING.c.problem == NETWORK,
            OUTGOING.c.chat_id.in_(chats),
        )
        .values(not_before=None)
    )


def depth(session: Session, now: datetime) -> list[Depth]:
    """What is due and was not sent yet, for the metrics."""
    found = session.execute(
        select(CHAT.c.network, OUTGOING.c.lane, func.count(), func.min(OUTGOING.c.made_at))
        .join(CHAT, CHAT.c.id == OUTGOING.c.chat_id)
        .where(
            OUTGOING.c.state.in_((WAITING, SENDING)),
            or_(OUTGOING.c.not_before.is_(None), OUTGOING.c.not_before <= now),
        )
        .group_by(CHAT.c.network, OUTGOING.c.lane)
    )
    return [Depth(*row) for row in found]
