"""When nothing is heard from the bot: the coordinators are told, on the morning itself and, where
the bot was away for days, when it is back."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from sqlalchemy import update
from sqlmodel import Session, and_, col, func, or_, select

from handlers.digest import weekday
from handlers.evening import EVENING
from handlers.morning import (
    DIGEST,
    GREETED,
    Post,
    in_dialogue,
    is_quiet,
    is_ready,
    reachable,
)
from handlers.talk import Reply
from handlers.turn import Office, end_of, local_date
from handlers.weekly import WEEKLY
from locales import gettext as _
from locales import speaking
from models.care import away
from models.leave import away_ids
from models.mailbox import EMERGENCY, NUDGE, SENT, Outgoing
from models.office_hours import quiet
from models.staff import COORDINATOR, Staff
from models.workdays import differing_days, is_workday, workdays

SILENCE = "silence"
OF_A_DAY = (DIGEST, EVENING, WEEKLY, SILENCE)  # the day, or the week, is part of their key
SILENT_AFTER, LATE = time(9, 30), timedelta(minutes=30)
MISSED_AT_MOST, NAMED = timedelta(days=30), 5  # days looked back, and of them named


def silence(session: Session, office: Office, now: datetime) -> Iterator[Post]:
    """People should have had a digest by now and not one has gone out: the coordinators must
    know, whether the digests wait or were never written."""
    today = local_date(now, office.zone)
    clock = now.astimezone(office.zone).time()
    if clock < SILENT_AFTER or quiet(session).holds(clock) or not is_silent(session, office, now):
        return
    for staff, chat in reachable(session, Staff.role == COORDINATOR):
        with speaking(staff.locale or office.locale):
            text = _("⚠️ None of this morning's digests has gone out. Please ask the office's IT.")
        yield Post(chat, Reply(text, lane=EMERGENCY), SILENCE, f"{SILENCE}:{staff.id}:{today}")


def is_silent(session: Session, office: Office, now: datetime) -> bool:
    """Whether none of today's digests was sent, and the first is half an hour late. Those that
    were never tried and wait for the end of a dialogue do not count."""
    today = local_date(now, office.zone)
    held = and_(col(Outgoing.not_before) > now - LATE, col(Outgoing.attempts) == 0)
    mine = (Outgoing.kind == DIGEST, col(Outgoing.once).like(f"{DIGEST}:%:{today}"),
            or_(col(Outgoing.not_before).is_(None), ~held))  # fmt: skip
    states = set(session.exec(select(Outgoing.state).where(*mine).distinct()))
    if not states:
        return _is_missed(session, office, now)
    oldest = session.exec(select(func.min(Outgoing.made_at)).where(*mine)).one()
    return SENT not in states and now - oldest > LATE


def _is_missed(session: Session, office: Office, now: datetime) -> bool:
    """Somebody's hour came half an hour ago on this workday, and nothing was even written."""
    today = local_date(now, office.zone)
    if not is_workday(today, differing_days(session)):
        return False
    clock = (now - LATE).astimezone(office.zone).time()
    busy = in_dialogue(session, now) | away_ids(session, today)
    late = reachable(session, GREETED, is_ready(session, today, clock))
    return any(staff.id not in busy for staff, _chat in late)


def fallen_out(session: Session, office: Office, now: datetime) -> Iterator[Post]:
    """Back after days: the coordinators are told of which mornings nobody heard, on a workday."""
    today = local_date(now, office.zone)
    if is_quiet(session, now, office) or not is_workday(today, differing_days(session)):
        return
    days = missed_mornings(session, office, now)
    if not days:
        return
    for staff, chat in reachable(session, Staff.role == COORDINATOR):
        with speaking(staff.locale or office.locale):
            text = _(
                "⚠️ No digest went out on %(days)s: the bot did not run, or the network did not "
                "answer. What was due then and is still open stands in the digest of today."
            )
            named = _(", ").join(weekday(one) for one in days[-NAMED:])
        reply = Reply(text % {"days": named}, lane=NUDGE)
        yield Post(chat, reply, SILENCE, f"{SILENCE}:{staff.id}:{days[-1]}")


def too_early(session: Session, office: Office, now: datetime) -> Iterator[Post]:
    """A clock that ran ahead is right again: what went out for a day still to come was of another
    one, and that day gets its own. Looked for at once, not when that day is here: then nobody
    could tell the two apart."""
    tomorrow = end_of(local_date(now, office.zone), office.zone)
    last = session.exec(LAST_MADE).first()
    if last is not None and last >= tomorrow:
        of_later = (col(Outgoing.kind).in_(OF_A_DAY), col(Outgoing.made_at) >= tomorrow)
        session.exec(update(Outgoing).where(*of_later).values(once=None))
    return iter(())


def missed_mornings(session: Session, office: Office, now: datetime) -> list[date]:
    """Working days since the last digest that went out, on which somebody was there for one."""
    last = session.exec(LAST_SENT).first()
    if last is None:
        return []
    today, after = local_date(now, office.zone), local_date(last, office.zone) + timedelta(days=1)
    days = workdays(max(after, today - MISSED_AT_MOST), today, differing_days(session))
    return [one for one in days if one < today and _anybody_there(session, office, one)]


def _anybody_there(session: Session, office: Office, day: date) -> bool:
    there_then = reachable(session, GREETED, col(Staff.id).not_in(away(day)))
    return any(
        chat.joined_at is None or local_date(chat.joined_at, office.zone) < day
        for _staff, chat in there_then
    )


# Read from the end of an index: a digest is the usual thing in its lane.
DIGEST_SENT = (Outgoing.state == SENT, Outgoing.lane == NUDGE, Outgoing.kind == DIGEST)
LATEST = col(Outgoing.seq).desc()
LAST_SENT = select(Outgoing.sent_at).where(*DIGEST_SENT).order_by(LATEST).limit(1)
KEYED = col(Outgoing.once).is_not(None)
LAST_MADE = select(Outgoing.made_at).where(*DIGEST_SENT, KEYED).order_by(LATEST).limit(1)
