"""The leader's page: counts only, sent on the first working morning of a week, and by /status."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from sqlmodel import Session, col, select

from handlers import ask
from handlers.asked import Asked, scene
from handlers.digest import weekday
from handlers.evening import opened_line
from handlers.morning import LATEST, Greeted, Post, apart, as_written, reachable, turn_of
from handlers.talk import Reply
from handlers.turn import Office, Turn, day, local_date
from locales import gettext as _
from locales import speaking
from models import daybook
from models.due import IN_PERSON
from models.leave import away_ids, count_alone
from models.mailbox import NUDGE, Outgoing
from models.office_hours import DIGEST
from models.office_hours import clock as clock_of
from models.org import branch
from models.outbox import Job
from models.staff import LEADER, Staff
from models.workdays import differing_days, workdays

WEEKLY = "weekly"
WEEK = timedelta(days=7)


def status_command(turn: Turn, rest: str) -> list[Reply]:
    """/status — for a leader the week's page; what is asked further goes the way of all."""
    if turn.staff.role == LEADER and not rest:
        return [page(turn)]
    return ask.status_command(turn, rest)


def weeks(session: Session, office: Office, now: datetime) -> Iterator[Post]:
    """One for each leader, on the first working day of the week."""
    today, clock = local_date(now, office.zone), now.astimezone(office.zone).time()
    monday = today - timedelta(days=today.weekday())
    if not clock_of(session, DIGEST) <= clock < LATEST:
        return
    if workdays(monday, today, differing_days(session)) != [today]:
        return
    for staff, chat in _waiting(session, monday):
        with apart(WEEKLY):
            with speaking(staff.locale or office.locale):
                turn = turn_of(session, office, now, staff, chat)
                reply = page(turn)
            yield Post(chat, reply, WEEKLY, _key(staff, monday))


def _waiting(session: Session, monday: date) -> list[Greeted]:
    """Who has not had this week's yet."""
    people = reachable(session, Staff.role == LEADER)
    keys = [_key(staff, monday) for staff, _chat in people]
    written = set(session.exec(select(Outgoing.once).where(col(Outgoing.once).in_(keys))))
    return [(s, chat) for s, chat in people if _key(s, monday) not in written]


def _key(staff: Staff, monday: date) -> str:
    return f"{WEEKLY}:{staff.id.hex}:{monday}"


def renew(
    session: Session, office: Office, now: datetime, row: Job, staff: Staff
) -> tuple[Reply | None, str]:
    """It waits for somebody on leave no longer than for the network: until the week is over."""
    today = local_date(now, office.zone)
    if row.once != _key(staff, today - timedelta(days=today.weekday())):
        return None, "week over"
    if staff.id in away_ids(session, today):
        return None, "on leave"
    return as_written(row), ""


def page(turn: Turn) -> Reply:
    """How the window stands, what the last seven days brought, and what wants a decision."""
    found = scene(turn, Asked())
    if found is None:
        return ask.not_yours()
    now = ask.overview(turn, found)
    head = _("%(day)s · week in brief") % {"day": weekday(turn.today)}
    lines = [head, *_last_days(turn), *_alone_line(turn), "", now.text]
    return Reply("\n".join(lines), now.rows, lane=NUDGE)


def _last_days(turn: Turn) -> list[str]:
    """The seven days until yesterday, beside the seven before."""
    first, last = turn.today - WEEK, turn.today - timedelta(days=1)
    units = branch(turn.session, turn.staff.unit_id)
    seen = daybook.visits(turn.session, units, first, last)
    past = daybook.visits(turn.session, units, first - WEEK, last - WEEK)
    total = sum(seen.visits.values())
    since, until = (datetime.combine(on, time(), turn.office.zone) for on in (first, turn.today))
    opened = daybook.opened(turn.session, units, since, until)
    closed = daybook.ended(turn.session, units, since, until)
    text = _("%(first)s–%(last)s: %(visits)d visits (week before %(past)d), in person %(share)s")
    face = sum(seen.visits[mode] for mode in IN_PERSON)
    gaps = {"first": day(first), "last": day(last), "visits": total,
            "past": sum(past.visits.values()), "share": ask.percent(face, total)}  # fmt: skip
    return [text % gaps, opened_line(opened, closed)]


def _alone_line(turn: Turn) -> list[str]:
    units = branch(turn.session, turn.staff.unit_id)
    count = count_alone(turn.session, units, turn.today)
    return [_("⚠️ Elders nobody looks after: %(count)d") % {"count": count}] if count else []
