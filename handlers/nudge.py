"""What the bot says by itself: the morning digests, a reminder of a draft, an alarm at silence.

Each has a key that is unique for good, so that whatever restarts, it is said at most once.
`say` writes what is due now of one kind; `renew` looks at a message again just before it goes out.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import bindparam, literal
from sqlmodel import Session, col, or_, select

from handlers import broadcast_card, evening, form, weekly
from handlers.evening import evenings
from handlers.morning import (
    DIGEST,
    GREETED,
    LATEST,
    Post,
    apart,
    as_written,
    compose,
    digest_key,
    digests,
    in_dialogue,
    is_in_dialogue,
    is_quiet,
    reachable,
    reader,
    turn_of,
)
from handlers.silence import fallen_out, silence, too_early
from handlers.talk import Button, Reply
from handlers.turn import Office, Turn, end_of, local_date
from handlers.weekly import weeks
from locales import gettext as _
from locales import mark as N_
from locales import speaking
from models import broadcast, mailbox
from models.draft import PROBLEM, REMINDED_OF, VISIT, Draft
from models.elder import ACTIVE, Elder
from models.leave import away_ids
from models.mailbox import FAILED, NUDGE, Outgoing
from models.outbox import OUTGOING, Job
from models.staff import Chat, Staff
from models.upsert import inserting
from models.visit import Visit
from models.workdays import differing_days, is_workday

Kind = Callable[[Session, Office, datetime], Iterator[Post]]
__all__ = ["Post", "reachable", "renew", "write"]
DRAFT = "draft"
BUSY = "in a dialogue"  # why a message does not go now, but later
REMIND_AFTER, DAY = timedelta(hours=1), timedelta(days=1)
STALE = timedelta(minutes=1)  # a digest older than this is made anew before it goes
AGED = {evening.EVENING: evening.renew, weekly.WEEKLY: weekly.renew}
AT_ONCE = 500  # rows in one statement


def say(kind: Kind, office: Office, now: datetime, session: Session) -> int:
    """Writes what is due of one kind."""
    return write(session, kind(session, office, now), now)


def write(session: Session, posts: Iterable[Post], now: datetime) -> int:
    """Outbox rows; one whose key is there already is left out, whoever wrote it."""
    statement = inserting(session, OUTGOING).on_conflict_do_nothing(index_elements=["once"])
    counted = session.connection().execution_options(preserve_rowcount=True)
    waiting, written = iter(posts), 0
    while rows := [_row(post, now) for post in islice(waiting, AT_ONCE)]:
        written += counted.execute(statement, rows).rowcount
    return written


def _row(post: Post, now: datetime) -> dict[str, Any]:
    return mailbox.row(
        post.chat.id, post.reply.text, post.reply.lane, now,
        rows=[[[b.label, b.code] for b in line] for line in post.reply.rows],
        card=post.reply.card, in_place=bool(post.reply.card) and not post.anew, kind=post.kind,
        once=post.once, not_before=post.not_before,
    )  # fmt: skip


# Drafts


def draft_reminders(session: Session, office: Office, now: datetime) -> Iterator[Post]:
    """Once, an hour after the last answer; on workdays, to who is there and in no dialogue."""
    today = local_date(now, office.zone)
    if is_quiet(session, now, office) or not is_workday(today, differing_days(session)):
        return
    drafts = session.exec(_lying(now, end_of(today - DAY, office.zone))).all()
    writers = {draft.staff_id for draft in drafts} - away_ids(session, today)
    writers -= in_dialogue(session, now) if writers else set()
    chats = {s.id: (s, chat) for s, chat in reachable(session, GREETED, col(Staff.id).in_(writers))}
    for draft in drafts:
        staff, chat = chats.get(draft.staff_id, (None, None))
        if staff is None or chat is None:
            continue
        turn = turn_of(session, office, now, staff, chat)
        with apart(DRAFT):
            with speaking(staff.locale or office.locale):
                reply = _reminder(turn, draft)
            yield Post(chat, reply, DRAFT, f"{DRAFT}:{draft.tag}")


def _lying(now: datetime, since: datetime) -> Any:
    """Of today: what was left yesterday stands in this morning's digest."""
    told = select(1).where(Outgoing.once == literal(f"{DRAFT}:") + col(Draft.tag)).exists()
    return select(Draft).where(
        col(Draft.form).in_(REMINDED_OF),
        Draft.updated_at < now - REMIND_AFTER,
        Draft.updated_at >= since,
        ~told,
    )


def _reminder(turn: Turn, draft: Draft) -> Reply:
    name = turn.shown(str(draft.context.get("name", ""))) or _("nobody chosen yet")
    rows = ((Button(_("Go on"), form.resume_code(draft)),),)
    return Reply(_(UNFINISHED[draft.form]) % {"name": name}, rows, lane=NUDGE)


UNFINISHED = {
    VISIT: N_("A visit card is unfinished: %(name)s. What you answered is kept."),
    PROBLEM: N_("A problem is not reported yet: %(name)s. What you wrote is kept."),
}


# Broadcasts


def ended_broadcasts(session: Session, office: Office, now: datetime) -> Iterator[Post]:
    """The card of one that has gone out is brought up to date once, where it stands."""
    for one in broadcast.ended(session, now - timedelta(days=1)):
        maker, chat = session.get_one(Staff, one.made_by), session.get_one(Chat, one.chat_id)
        if chat.staff_id != maker.id:
            continue
        with apart(broadcast.PROGRESS):
            with speaking(maker.locale or office.locale):
                reply = broadcast_card.last_state(session, office, one, now)
            yield Post(chat, reply, broadcast.PROGRESS, f"{broadcast.PROGRESS}:{one.ref}")


# Just before sending


def renew(session: Session, office: Office, now: datetime, row: Job) -> tuple[Reply | None, str]:
    """The message as it must be now, or None with the reason why it is dropped; BUSY: it waits."""
    to = reader(session, row)
    if to is None:
        return None, "left"
    staff, chat = to
    if row.kind == DIGEST:
        return _renew_digest(session, office, now, row, staff, chat)
    if row.kind in AGED:
        return AGED[row.kind](session, office, now, row, staff)
    if row.kind == DRAFT:
        return _renew_reminder(session, office, now, row, staff)
    if row.kind == broadcast.KIND:
        return _renew_broadcast(session, row, staff)
    return as_written(row), ""


def _renew_digest(
    session: Session, office: Office, now: datetime, row: Job, staff: Staff, chat: Chat
) -> tuple[Reply | None, str]:
    today = local_date(now, office.zone)
    if row.once != digest_key(staff, today):
        return None, "day over"
    if now.astimezone(office.zone).time() >= LATEST:
        return None, "too late"
    if staff.id in away_ids(session, today):
        return None, "on leave"
    if is_in_dialogue(session, now, staff):
        return None, BUSY
    if now - row.made_at < STALE and not _is_outdated(session, row):
        return as_written(row), ""
    post = compose(session, office, now, (staff, chat))
    return (post.reply, "") if post else (None, FAILED)


def _is_outdated(session: Session, row: Job) -> bool:
    """Somebody named in it has died, moved, or was visited since it was written."""
    codes = {code.split()[1] for line in row.rows for _label, code in line if is_visit(code)}
    values = {"codes": sorted(codes), "since": row.made_at}
    return bool(codes) and session.exec(CHANGED, params=values).first() is not None


def is_visit(code: str) -> bool:
    return code.startswith("/visit ")


SEEN = select(Visit.id).where(Visit.elder_id == Elder.id, Visit.logged_at >= bindparam("since"))
CHANGED = select(Elder.id).where(
    col(Elder.code).in_(bindparam("codes", expanding=True)),
    or_(Elder.state != ACTIVE, SEEN.exists()),
)


def _renew_reminder(
    session: Session, office: Office, now: datetime, row: Job, staff: Staff
) -> tuple[Reply | None, str]:
    if is_quiet(session, now, office):
        return None, "quiet hours"
    if staff.id in away_ids(session, local_date(now, office.zone)):
        return None, "on leave"
    tag = str(row.once).partition(":")[2]
    draft = session.exec(select(Draft).where(Draft.tag == tag)).first()
    if draft is None or now - draft.updated_at < REMIND_AFTER:
        return None, "gone on"
    if is_in_dialogue(session, now, staff):
        return None, BUSY
    return as_written(row), ""


def _renew_broadcast(session: Session, row: Job, staff: Staff) -> tuple[Reply | None, str]:
    if broadcast.is_stopped(session, row.once):
        return None, broadcast.STOPPED
    if broadcast.staff_in(row.once) != str(staff.id):
        return None, "left"  # the chat is somebody else's now
    return as_written(row), ""


# What fell out is looked for before the digests are written, silence after it.
KINDS = (
    too_early,
    fallen_out,
    digests,
    draft_reminders,
    silence,
    ended_broadcasts,
    evenings,
    weeks,
)
