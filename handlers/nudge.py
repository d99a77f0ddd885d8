"""What the bot says by itself: the morning digests, a reminder of a draft, an alarm at silence.

Each has a key that is unique for good, so that whatever restarts, it is said at most once.
`sweep` writes what is due now; `renew` looks at a message again just before it goes out.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import literal
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, func, select

from handlers import form
from handlers.digest import coordinator_digest, liaison_digest
from handlers.talk import Button, Incoming, Reply
from handlers.turn import Office, Turn, local_date
from locales import gettext as _
from locales import speaking
from models import broadcast, mailbox, people
from models.agenda import office_policy
from models.draft import Draft
from models.leave import away_ids
from models.mailbox import EMERGENCY, NUDGE, SENT, Outgoing
from models.morning import Morning, mornings
from models.org import branch, setting
from models.staff import COORDINATOR, LIAISON, Chat, Staff
from models.workdays import differing_days, is_workday

DIGEST, DRAFT, SILENCE = "digest", "draft", "silence"
HOUR, LATEST = time(8), time(17, 30)  # of the office, while nobody chose another
QUIET_FROM, QUIET_UNTIL = time(21), time(7, 30)
IN_DIALOGUE = timedelta(minutes=10)
REMIND_AFTER = timedelta(hours=1)
STALE = timedelta(minutes=10)  # a digest older than this is made anew before it goes
SILENT_AFTER = time(9, 30)


@dataclass(frozen=True)
class Post:
    """A message nobody asked for: to whom, what, and the key that keeps it from being doubled."""

    chat: Chat
    reply: Reply
    kind: str
    once: str
    not_before: datetime | None = None


def sweep(session: Session, office: Office, now: datetime) -> int:
    """Writes all that is due to be said at `now` and was not yet; the number of new rows."""
    posts = [*digests(session, office, now), *draft_reminders(session, office, now)]
    posts += silence(session, office, now)
    return write(session, posts, now)


def write(session: Session, posts: Iterable[Post], now: datetime) -> int:
    """Outbox rows; one whose key is there already is left out, whoever wrote it."""
    rows = [_row(post, now) for post in posts]
    if not rows:
        return 0
    kind = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = kind.insert(Outgoing).on_conflict_do_nothing(index_elements=["once"])
    before = _count(session)
    session.connection().execute(statement, rows)
    return _count(session) - before


def _count(session: Session) -> int:
    return session.exec(select(func.count()).select_from(Outgoing)).one()


def _row(post: Post, now: datetime) -> dict[str, Any]:
    return mailbox.row(
        post.chat.id, post.reply.text, post.reply.lane, now,
        rows=[[[b.label, b.code] for b in line] for line in post.reply.rows],
        card=post.reply.card, in_place=bool(post.reply.card), kind=post.kind, once=post.once,
        not_before=post.not_before,
    )  # fmt: skip


# Digests


def digests(session: Session, office: Office, now: datetime) -> Iterator[Post]:
    """One for each person whose hour has come, on a workday, who is there and not in a dialogue."""
    today = local_date(now, office.zone)
    own = differing_days(session)
    if not is_workday(today, own):
        return
    clock = now.astimezone(office.zone).time()
    ready = [
        (staff, chat)
        for staff, chat in reachable(session)
        if digest_time(session, staff) <= clock < LATEST
    ]
    told = _told(session, today)
    ready = [(s, c) for s, c in ready if _digest_key(s, today) not in told]
    if not ready:
        return
    busy = in_dialogue(session, now) | away_ids(session, today)
    wanted = [(staff, chat) for staff, chat in ready if staff.id not in busy]
    yield from compose(session, office, now, wanted)


def compose(
    session: Session, office: Office, now: datetime, wanted: list[tuple[Staff, Chat]]
) -> Iterator[Post]:
    """The digests of these people as of now; a coordinator's tells of the whole branch."""
    today = local_date(now, office.zone)
    found = _mornings(session, today, [staff for staff, _chat in wanted])
    shown = _last_digests(session, now)
    for staff, chat in wanted:
        turn = turn_of(session, office, now, staff, chat)
        with speaking(staff.locale or office.locale):
            reply = _digest(turn, found, shown.get(chat.id))
        yield Post(chat, reply, DIGEST, _digest_key(staff, today))


def _mornings(session: Session, today: date, wanted: list[Staff]) -> dict[UUID, Morning]:
    """Those of the liaisons; for a coordinator everybody's."""
    people_ = [staff for staff in wanted if staff.role == LIAISON]
    if any(staff.role == COORDINATOR for staff in wanted):
        everyone = select(Staff).where(Staff.role == LIAISON, col(Staff.left_on).is_(None))
        people_ = list(session.exec(everyone).all())
    return mornings(session, people_, today, office_policy(session), differing_days(session))


def _digest(turn: Turn, found: Mapping[UUID, Morning], last: datetime | None) -> Reply:
    if turn.staff.role == COORDINATOR:
        inside = branch(turn.session, turn.staff.unit_id)
        mine = [one for one in found.values() if one.staff.unit_id in inside]
        lost = len(people.unreachable(turn.session, turn.staff))
        return coordinator_digest(
            turn, mine, people.unassigned(turn.session, inside, turn.today), lost
        )
    morning = found[turn.staff.id]
    morning.drafts = [d for d in morning.drafts if last is None or d.updated_at >= last]
    return liaison_digest(turn, morning)


def turn_of(session: Session, office: Office, now: datetime, staff: Staff, chat: Chat) -> Turn:
    said = Incoming(chat.network, chat.address, "")
    return Turn(session, office, now, said, chat, staff, [])


GREETED = col(Staff.role).in_((LIAISON, COORDINATOR))


def reachable(session: Session, *who: Any) -> list[tuple[Staff, Chat]]:
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
    first: dict[UUID, tuple[Staff, Chat]] = {}
    for staff, chat in session.exec(statement):
        first.setdefault(staff.id, (staff, chat))
    return list(first.values())


def digest_time(session: Session, staff: Staff) -> time:
    """The person's own hour, else the office's; never in the quiet hours."""
    minutes = staff.digest_at
    if minutes is None:
        minutes = int(setting(session, "digest_at", HOUR.hour * 60))
    chosen = time(minutes // 60 % 24, minutes % 60)
    return min(max(chosen, QUIET_UNTIL), LATEST)


def _digest_key(staff: Staff, today: date) -> str:
    return f"{DIGEST}:{staff.id}:{today}"


def _told(session: Session, today: date) -> set[str | None]:
    like = col(Outgoing.once).like(f"{DIGEST}:%:{today}")
    recent = Outgoing.made_at > datetime.combine(today, time(), UTC) - timedelta(days=2)
    return set(session.exec(select(Outgoing.once).where(Outgoing.kind == DIGEST, recent, like)))


def _last_digests(session: Session, now: datetime) -> dict[UUID, datetime]:
    """When each chat had its last digest, before today's."""
    statement = (
        select(Outgoing.chat_id, func.max(Outgoing.made_at))
        .where(Outgoing.kind == DIGEST, Outgoing.made_at > now - timedelta(days=14))
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


# Drafts


def draft_reminders(session: Session, office: Office, now: datetime) -> Iterator[Post]:
    """Once, an hour after the last answer, outside the quiet hours."""
    clock = now.astimezone(office.zone).time()
    if clock < QUIET_UNTIL or clock >= QUIET_FROM:
        return
    chats = {staff.id: (staff, chat) for staff, chat in reachable(session)}
    for draft in session.exec(_lying(now)):
        staff, chat = chats.get(draft.staff_id, (None, None))
        if staff is None or chat is None:
            continue
        turn = turn_of(session, office, now, staff, chat)
        with speaking(staff.locale or office.locale):
            yield Post(chat, _reminder(turn, draft), DRAFT, f"{DRAFT}:{draft.tag}")


def _lying(now: datetime) -> Any:
    told = select(1).where(Outgoing.once == literal(f"{DRAFT}:") + col(Draft.tag)).exists()
    return select(Draft).where(
        Draft.form == "visit",
        Draft.updated_at < now - REMIND_AFTER,
        Draft.updated_at > now - timedelta(days=1),
        ~told,
    )


def _reminder(turn: Turn, draft: Draft) -> Reply:
    text = _("A visit card is unfinished: %(name)s. What you answered is kept.")
    name = turn.shown(str(draft.context.get("name", "")))
    rows = ((Button(_("Go on"), form.resume_code(draft)),),)
    return Reply(text % {"name": name}, rows, lane=NUDGE)


# Silence


def silence(session: Session, office: Office, now: datetime) -> Iterator[Post]:
    """Digests were written this morning and not one has gone out: the coordinators must know."""
    today = local_date(now, office.zone)
    clock = now.astimezone(office.zone).time()
    if not SILENT_AFTER <= clock < QUIET_FROM or not is_silent(session, today, now):
        return
    for staff, chat in reachable(session):
        if staff.role == COORDINATOR:
            with speaking(staff.locale or office.locale):
                text = _(
                    "⚠️ None of this morning's digests has gone out. Please ask the office's IT."
                )
            yield Post(chat, Reply(text, lane=EMERGENCY), SILENCE, f"{SILENCE}:{staff.id}:{today}")


def is_silent(session: Session, today: date, now: datetime) -> bool:
    """Whether digests of today wait for half an hour and none was sent."""
    mine = (Outgoing.kind == DIGEST, col(Outgoing.once).like(f"{DIGEST}:%:{today}"))
    states = set(session.exec(select(Outgoing.state).where(*mine).distinct()))
    oldest = session.exec(select(func.min(Outgoing.made_at)).where(*mine)).one()
    return bool(states) and SENT not in states and now - oldest > timedelta(minutes=30)


# Just before sending


def renew(
    session: Session, office: Office, now: datetime, row: Outgoing
) -> tuple[Reply | None, str]:
    """The message as it must be now, or None with the reason why it is dropped."""
    chat = session.get_one(Chat, row.chat_id)
    staff = session.get(Staff, chat.staff_id) if chat.staff_id else None
    if staff is None or staff.left_on is not None:
        return None, "left"
    if row.kind == DIGEST:
        return _renew_digest(session, office, now, row, staff, chat)
    if row.kind == DRAFT:
        return _renew_reminder(session, office, now, row, staff, chat)
    if row.kind == broadcast.KIND:
        return _renew_broadcast(session, row, staff)
    return _as_written(row), ""


def _as_written(row: Outgoing) -> Reply:
    rows = tuple(tuple(Button(label, code) for label, code in line) for line in row.rows)
    return Reply(row.text, rows, row.card, lane=row.lane)


def _renew_digest(
    session: Session, office: Office, now: datetime, row: Outgoing, staff: Staff, chat: Chat
) -> tuple[Reply | None, str]:
    today = local_date(now, office.zone)
    if row.once != _digest_key(staff, today):
        return None, "day over"
    if now.astimezone(office.zone).time() >= LATEST:
        return None, "too late"
    if staff.id in away_ids(session, today):
        return None, "on leave"
    if now - row.made_at < STALE:
        return _as_written(row), ""
    return next(compose(session, office, now, [(staff, chat)])).reply, ""


def _renew_reminder(
    session: Session, office: Office, now: datetime, row: Outgoing, staff: Staff, chat: Chat
) -> tuple[Reply | None, str]:
    tag = str(row.once).partition(":")[2]
    draft = session.exec(select(Draft).where(Draft.tag == tag)).first()
    if draft is None or now - draft.updated_at < REMIND_AFTER:
        return None, "gone on"
    return _as_written(row), ""


def _renew_broadcast(session: Session, row: Outgoing, staff: Staff) -> tuple[Reply | None, str]:
    if broadcast.is_stopped(session, row.once):
        return None, broadcast.STOPPED
    if broadcast.staff_in(row.once) != str(staff.id):
        return None, "left"  # the chat is somebody else's now
    return _as_written(row), ""
