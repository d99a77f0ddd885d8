"""The digests of a morning: for the whole office, a portion of the liaisons at a time.

Whatever the size of the office, only one portion is in memory; what the coordinators are told
is counted up along the way.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain, groupby, islice
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, String, and_, case, cast, false, literal
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session, col, func, select

from handlers.digest import coordinator_digest, duty_digest, liaison_digest
from handlers.talk import Button, Incoming, Reply
from handlers.turn import Office, Turn, end_of, local_date
from locales import speaking
from models import people
from models.agenda import office_policy
from models.care import away
from models.draft import Draft
from models.mailbox import Outgoing
from models.morning import Mornings, drafts_of
from models.office_hours import DIGEST as USUAL
from models.office_hours import minutes, quiet
from models.outbox import Job
from models.shares import stream
from models.staff import COORDINATOR, DUTY, LIAISON, Chat, Staff
from models.tally import Census
from models.workdays import differing_days, is_workday

DIGEST = "digest"
LATEST = time(17, 30)
TOO_LATE = time(10)  # for a first word to the officers, to whom most mornings say nothing
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
    late = quiet(session).holds(clock) or clock >= LATEST
    if late or not is_workday(today, differing_days(session)):
        return
    ready = is_ready(session, today, clock) & _is_free(session, now, today)
    coordinators = reachable(session, Staff.role == COORDINATOR, ready)
    yield from posts(session, office, now, ready, coordinators)
    if clock < TOO_LATE:
        yield from duty_posts(session, office, now, reachable(session, Staff.role == DUTY, ready))


def compose(session: Session, office: Office, now: datetime, one: Greeted) -> Post | None:
    """The digest of one person as of now; None when it cannot be made."""
    if one[0].role == COORDINATOR:
        return next(posts(session, office, now, false(), [one]), None)
    if one[0].role == DUTY:
        return next(duty_posts(session, office, now, [one]), None)
    with _mornings(session, office, now, col(Staff.id) == one[0].id, Census(session, [])) as found:
        return next(liaison_posts(session, office, now, [one], found), None)


def posts(
    session: Session,
    office: Office,
    now: datetime,
    wanted: ColumnElement[bool],
    coordinators: list[Greeted],
) -> Iterator[Post]:
    """Of the liaisons that are wanted, then of the coordinators, who were counted for meanwhile."""
    greeted = portions(session, col(Staff.role) == LIAISON, wanted)
    first = next(greeted, [])
    if not first and not coordinators:
        return
    census = Census(session, [one for one, _ in coordinators])
    with _mornings(session, office, now, wanted, census) as found:
        for portion in chain([first], greeted):
            yield from liaison_posts(session, office, now, portion, found)
        found.count_the_rest()
    yield from coordinator_posts(session, office, now, coordinators, census)


def _mornings(
    session: Session, office: Office, now: datetime, wanted: ColumnElement[bool], census: Census
) -> Mornings:
    today = local_date(now, office.zone)
    return Mornings(
        session, _ids(wanted), today, office_policy(session), differing_days(session),
        census.places, census.count, end_of(today, office.zone),
    )  # fmt: skip


def _ids(*wanted: ColumnElement[bool]) -> Any:
    return select(col(Staff.id)).where(col(Staff.left_on).is_(None), *wanted)


def portions(session: Session, *wanted: ColumnElement[bool]) -> Iterator[list[Greeted]]:
    """Those that are wanted and can be written to, by id: asked once for all of them, since what
    is written meanwhile would be looked through again and again."""
    greeted = _each_once(stream(session, _in_touch(*wanted).order_by(col(Staff.id), *PREFERRED)))
    while some := list(islice(greeted, PORTION)):
        yield some


def liaison_posts(
    session: Session, office: Office, now: datetime, wanted: list[Greeted], found: Mornings
) -> Iterator[Post]:
    today = local_date(now, office.zone)
    mornings = [(found.of(staff), chat) for staff, chat in wanted]
    shown = _last_digests(session, now, [chat.id for morning, chat in mornings if morning.drafts])
    for morning, chat in mornings:
        staff = morning.staff
        morning.drafts = _since(shown.get(chat.id), morning.drafts)
        with apart(DIGEST):
            with speaking(staff.locale or office.locale):
                reply = liaison_digest(turn_of(session, office, now, staff, chat), morning)
            yield Post(chat, reply, DIGEST, digest_key(staff, today))


def coordinator_posts(
    session: Session, office: Office, now: datetime, wanted: list[Greeted], census: Census
) -> Iterator[Post]:
    today = local_date(now, office.zone)
    shown = _last_digests(session, now, [chat.id for _staff, chat in wanted])
    for staff, chat in wanted:
        lost = len(people.unreachable(session, staff))
        drafts = _since(shown.get(chat.id), drafts_of(session, staff.id))
        with apart(DIGEST):
            with speaking(staff.locale or office.locale):
                turn = turn_of(session, office, now, staff, chat)
                reply = coordinator_digest(turn, census.of[staff.id], lost, drafts)
            yield Post(chat, reply, DIGEST, digest_key(staff, today))


def _since(last: datetime | None, drafts: Iterable[Draft]) -> list[Draft]:
    """Those that the last digest has not shown yet."""
    return [one for one in drafts if last is None or one.updated_at >= last]


def duty_posts(
    session: Session, office: Office, now: datetime, wanted: list[Greeted]
) -> Iterator[Post]:
    """Nothing to whom no case presses today."""
    today = local_date(now, office.zone)
    for staff, chat in wanted:
        with apart(DIGEST):
            with speaking(staff.locale or office.locale):
                reply = duty_digest(turn_of(session, office, now, staff, chat))
            if reply is not None:
                yield Post(chat, reply, DIGEST, digest_key(staff, today))


def is_quiet(session: Session, now: datetime, office: Office) -> bool:
    return quiet(session).holds(now.astimezone(office.zone).time())


def turn_of(session: Session, office: Office, now: datetime, staff: Staff, chat: Chat) -> Turn:
    said = Incoming(chat.network, chat.address, "")
    return Turn(session, office, now, said, chat, staff, [])


def reader(session: Session, row: Job) -> Greeted | None:
    """Who would read this message now: nobody where the chat was given up, or its owner left."""
    chat = session.get_one(Chat, row.chat_id)
    staff = session.get(Staff, chat.staff_id) if chat.staff_id else None
    return (staff, chat) if staff and staff.left_on is None else None


def as_written(row: Job) -> Reply:
    """What waits in the outbox, as it is."""
    rows = tuple(tuple(Button(label, code) for label, code in line) for line in row.rows)
    return Reply(row.text, rows, row.card, lane=row.lane)


GREETED = col(Staff.role).in_((LIAISON, COORDINATOR))


def reachable(session: Session, *who: Any) -> list[Greeted]:
    """Those of `who` (usually liaisons and coordinators) that can be written to, with the one
    chat they get messages in: the one they chose, else the one last used."""
    chats = _in_touch(*(who or (GREETED,))).order_by(col(Staff.code), *PREFERRED)
    return list(_each_once(session.exec(chats)))


PREFERRED: tuple[Any, ...] = (
    case((col(Chat.network) == col(Staff.network), 0), else_=1),
    col(Chat.last_at).desc().nulls_last(),
    col(Chat.network),
    col(Chat.id),
)


def _in_touch(*who: Any) -> Any:
    """Each person with each chat of theirs that can be written to."""
    return (
        select(Staff, Chat)
        .join(Chat, col(Chat.staff_id) == Staff.id)
        .where(*who, col(Staff.left_on).is_(None), col(Chat.private))
        .where(col(Chat.unreachable_at).is_(None))
    )


def _each_once(rows: Iterable[Any]) -> Iterator[Greeted]:
    """The first chat of each person, whose rows follow one another."""
    for _staff_id, chats in groupby(rows, key=lambda row: row[0].id):
        staff, chat = next(chats)
        yield staff, chat


def is_ready(session: Session, today: date, clock: time) -> ColumnElement[bool]:
    """Of a person: the own hour, else the office's, has come, and nothing was written today."""
    usual = minutes(session, USUAL)
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


def _is_free(session: Session, now: datetime, today: date) -> ColumnElement[bool]:
    """Of a person: neither on leave nor in a dialogue."""
    return col(Staff.id).not_in(away(today)) & col(Staff.id).not_in(in_dialogue(session, now))


def in_dialogue(session: Session, now: datetime, *who: ColumnElement[bool]) -> set[UUID]:
    """Who is filling in a card just now."""
    statement = select(Draft.staff_id).where(
        Draft.updated_at > now - IN_DIALOGUE, col(Draft.parked).is_(False), *who
    )
    return set(session.exec(statement))


def is_in_dialogue(session: Session, now: datetime, staff: Staff) -> bool:
    return bool(in_dialogue(session, now, col(Draft.staff_id) == staff.id))
