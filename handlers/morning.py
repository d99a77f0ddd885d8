"""The digests of a morning: for the whole office, a portion of the liaisons at a time.

Whatever the size of the office, only one portion is in memory; what the coordinators are told
is counted up along the way.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import ColumnElement, String, and_, cast, false, literal
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, func, select

from handlers.digest import coordinator_digest, liaison_digest
from handlers.talk import Incoming, Reply
from handlers.turn import Office, Turn, local_date
from locales import speaking
from models import people
from models.agenda import office_policy
from models.draft import Draft
from models.leave import away_ids
from models.mailbox import Outgoing
from models.morning import Morning, mornings
from models.org import setting
from models.outbox import Job
from models.staff import COORDINATOR, LIAISON, Chat, Staff
from models.tally import Census
from models.workdays import differing_days, is_workday

DIGEST = "digest"
HOUR, LATEST = time(8), time(17, 30)  # of the office, while nobody chose another
QUIET_FROM, QUIET_UNTIL = time(21), time(7, 30)
IN_DIALOGUE = timedelta(minutes=10)
PORTION = 1000  # liaisons whose elders are in memory at once
Greeted = tuple[Staff, Chat]
log = structlog.get_logger()


@dataclass(frozen=True)
class Post:
    """A message nobody asked for: to whom, what, and the key that keeps it from being doubled.
    A card changes where it stands; with `anew` it is sent again, so that it is heard."""

    chat: Chat
    reply: Reply
    kind: str
    once: str
    not_before: datetime | None = None
    anew: bool = False


@contextmanager
def apart(kind: str) -> Iterator[None]:
    """What goes wrong with one is logged, and the others get theirs. Not what the database says:
    then the transaction of all of them is over."""
    try:
        yield
    except SQLAlchemyError:
        raise
    except Exception as problem:  # of whatever writes such a message
        log.error("not_written", kind=kind, exc_info=problem)


def digests(session: Session, office: Office, now: datetime) -> Iterator[Post]:
    """One for each person whose hour has come, on a workday, who is there and not in a dialogue."""
    today = local_date(now, office.zone)
    clock = now.astimezone(office.zone).time()
    if not QUIET_UNTIL <= clock < LATEST or not is_workday(today, differing_days(session)):
        return
    ready = is_ready(session, today, clock)
    busy = in_dialogue(session, now) | away_ids(session, today)
    coordinators = _there(reachable(session, Staff.role == COORDINATOR, ready), busy)
    census = Census(session, (staff for staff, _chat in coordinators), today)
    counted = census.liaisons(session, today) if coordinators else false()
    for portion in portions(session, ready | counted):
        wanted = _there(reachable(session, col(Staff.id).in_([s.id for s in portion]), ready), busy)
        there = portion if coordinators else [staff for staff, _chat in wanted]
        found = _mornings(session, there, today)
        for morning in found.values():
            census.count(morning)
        yield from liaison_posts(session, office, now, wanted, found)
    yield from coordinator_posts(session, office, now, coordinators, census)


def compose(session: Session, office: Office, now: datetime, one: Greeted) -> Post | None:
    """The digest of one person as of now; None when it cannot be made."""
    today = local_date(now, office.zone)
    if one[0].role == LIAISON:
        found = _mornings(session, [one[0]], today)
        return next(liaison_posts(session, office, now, [one], found), None)
    census = Census(session, [one[0]], today)
    for portion in portions(session, census.liaisons(session, today)):
        for morning in _mornings(session, portion, today).values():
            census.count(morning)
    return next(coordinator_posts(session, office, now, [one], census), None)


def _there(people_: Iterable[Greeted], busy: set[UUID]) -> list[Greeted]:
    return [(staff, chat) for staff, chat in people_ if staff.id not in busy]


def portions(session: Session, wanted: ColumnElement[bool]) -> Iterator[Sequence[Staff]]:
    """The liaisons that are wanted, by code."""
    liaisons = select(Staff).where(Staff.role == LIAISON, col(Staff.left_on).is_(None), wanted)
    after = ""
    while True:
        following = liaisons.where(Staff.code > after).order_by(col(Staff.code)).limit(PORTION)
        portion = session.exec(following).all()
        if not portion:
            return
        yield portion
        after = portion[-1].code


def _mornings(session: Session, people_: Sequence[Staff], today: date) -> dict[UUID, Morning]:
    return mornings(session, people_, today, office_policy(session), differing_days(session))


def liaison_posts(
    session: Session,
    office: Office,
    now: datetime,
    wanted: list[Greeted],
    found: dict[UUID, Morning],
) -> Iterator[Post]:
    today = local_date(now, office.zone)
    shown = _last_digests(session, now, [chat.id for s, chat in wanted if found[s.id].drafts])
    for staff, chat in wanted:
        morning, last = found[staff.id], shown.get(chat.id)
        morning.drafts = [d for d in morning.drafts if last is None or d.updated_at >= last]
        with apart(DIGEST):
            with speaking(staff.locale or office.locale):
                reply = liaison_digest(turn_of(session, office, now, staff, chat), morning)
            yield Post(chat, reply, DIGEST, digest_key(staff, today))


def coordinator_posts(
    session: Session, office: Office, now: datetime, wanted: list[Greeted], census: Census
) -> Iterator[Post]:
    today = local_date(now, office.zone)
    census.close(session, today, office_policy(session))
    for staff, chat in wanted:
        lost = len(people.unreachable(session, staff))
        with apart(DIGEST):
            with speaking(staff.locale or office.locale):
                turn = turn_of(session, office, now, staff, chat)
                reply = coordinator_digest(turn, census.of[staff.id], lost)
            yield Post(chat, reply, DIGEST, digest_key(staff, today))


def quiet_until(now: datetime, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours end that `now` lies in; None outside them."""
    local = now.astimezone(zone)
    if QUIET_UNTIL <= local.time() < QUIET_FROM:
        return None
    late = local.time() >= QUIET_FROM
    end = datetime.combine(local.date() + timedelta(days=late), QUIET_UNTIL, zone)
    return end.astimezone(UTC)


def turn_of(session: Session, office: Office, now: datetime, staff: Staff, chat: Chat) -> Turn:
    said = Incoming(chat.network, chat.address, "")
    return Turn(session, office, now, said, chat, staff, [])


def reader(session: Session, row: Job) -> Greeted | None:
    """Who would read this message now: nobody where the chat was given up, or its owner left."""
    chat = session.get_one(Chat, row.chat_id)
    staff = session.get(Staff, chat.staff_id) if chat.staff_id else None
    return (staff, chat) if staff and staff.left_on is None else None


GREETED = col(Staff.role).in_((LIAISON, COORDINATOR))


def reachable(session: Session, *who: Any) -> list[Greeted]:
    """Those of `who` (usually liaisons and coordinators) that can be written to, with the one
    chat they get messages in: the one last used."""
    statement = (
        select(Staff, Chat)
        .join(Chat, col(Chat.staff_id) == Staff.id)
        .where(
            *(who or (GREETED,)),
            col(Staff.left_on).is_(None),
            col(Chat.private),
            col(Chat.unreachable_at).is_(None),
        )
        .order_by(col(Staff.code), col(Chat.last_at).desc().nulls_last(), col(Chat.network))
    )
    first: dict[UUID, Greeted] = {}
    for staff, chat in session.exec(statement):
        first.setdefault(staff.id, (staff, chat))
    return list(first.values())


def is_ready(session: Session, today: date, clock: time) -> ColumnElement[bool]:
    """Of a person: the own hour, else the office's, has come, and nothing was written today."""
    usual = int(setting(session, "digest_at", HOUR.hour * 60))
    come = func.coalesce(Staff.digest_at, usual) <= clock.hour * 60 + clock.minute
    hex_ = func.replace(cast(Staff.id, String), "-", "")
    key = literal(f"{DIGEST}:") + hex_ + literal(f":{today}")
    return and_(come, ~select(1).where(col(Outgoing.once) == key).correlate(Staff).exists())


def digest_key(staff: Staff, today: date) -> str:
    return f"{DIGEST}:{staff.id.hex}:{today}"


def _last_digests(session: Session, now: datetime, chats: list[UUID]) -> dict[UUID, datetime]:
    """When each of these chats had its last digest, before today's."""
    if not chats:
        return {}
    statement = (
        select(Outgoing.chat_id, func.max(Outgoing.made_at))
        .where(col(Outgoing.chat_id).in_(chats), Outgoing.kind == DIGEST)
        .where(Outgoing.made_at > now - timedelta(days=14))
        .where(Outgoing.made_at < now - timedelta(hours=12))
        .group_by(col(Outgoing.chat_id))
    )
    return dict(session.exec(statement).all())


def in_dialogue(session: Session, now: datetime) -> set[UUID]:
    """Who is filling in a card just now."""
    statement = select(Draft.staff_id).where(
        Draft.updated_at > now - IN_DIALOGUE, col(Draft.parked).is_(False)
    )
    return set(session.exec(statement))
