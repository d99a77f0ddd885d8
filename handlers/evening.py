"""The coordinators' evening: who was visited today, what came in, what climbs tonight, and what
did not arrive. Codes and counts; it shows on a lock screen."""

from collections import Counter
from collections.abc import Collection, Iterator
from datetime import datetime, time, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from handlers import form
from handlers.broadcast_card import more
from handlers.case_digest import said, sought_lines
from handlers.case_words import MARKS
from handlers.digest import weekday
from handlers.morning import Greeted, Post, apart, as_written, in_dialogue, reachable, turn_of
from handlers.talk import Button, Reply
from handlers.turn import Office, Turn, local_date
from handlers.undelivered import missed
from locales import gettext as _
from locales import ngettext, speaking
from models import daybook
from models.daybook import MOST, Days
from models.due import IN_PERSON
from models.leave import away_ids
from models.mailbox import NUDGE, Outgoing
from models.office_hours import EVENING as AT
from models.office_hours import clock, quiet
from models.org import branch, unit_name
from models.outbox import Job
from models.staff import COORDINATOR, Chat, Staff
from models.workdays import differing_days, is_workday

EVENING = "evening"
LATEST = time(20, 30)
MORNING = time(9)  # until when a step counts as tonight's
SHOWN = 6


def evenings(session: Session, office: Office, now: datetime) -> Iterator[Post]:
    """One for each coordinator who is there and not in a dialogue, on a workday from five on."""
    today, local = local_date(now, office.zone), now.astimezone(office.zone)
    if not clock(session, AT) <= local.time() < LATEST:
        return
    if not is_workday(today, differing_days(session)):
        return
    for staff, chat in _waiting(session, now, today.isoformat()):
        with apart(EVENING):
            yield _post(session, office, now, staff, chat)


def _waiting(session: Session, now: datetime, today: str) -> list[Greeted]:
    """Who has not had today's yet."""
    people = reachable(session, Staff.role == COORDINATOR)
    keys = [_key(staff, today) for staff, _chat in people]
    written = set(session.exec(select(Outgoing.once).where(col(Outgoing.once).in_(keys))))
    left = [(s, chat) for s, chat in people if _key(s, today) not in written]
    if not left:
        return []
    busy = in_dialogue(session, now) | away_ids(session, datetime.fromisoformat(today).date())
    return [(staff, chat) for staff, chat in left if staff.id not in busy]


def _key(staff: Staff, today: str) -> str:
    return f"{EVENING}:{staff.id.hex}:{today}"


def _post(session: Session, office: Office, now: datetime, staff: Staff, chat: Chat) -> Post:
    with speaking(staff.locale or office.locale):
        turn = turn_of(session, office, now, staff, chat)
        return Post(chat, page(turn), EVENING, _key(staff, turn.today.isoformat()))


def renew(
    session: Session, office: Office, now: datetime, row: Job, staff: Staff
) -> tuple[Reply | None, str]:
    """What waited too long for the network says nothing any more."""
    today = local_date(now, office.zone)
    if row.once != _key(staff, today.isoformat()):
        return None, "day over"
    if now.astimezone(office.zone).time() >= quiet(session).begins:
        return None, "too late"
    if staff.id in away_ids(session, today):
        return None, "on leave"
    return as_written(row), ""


def page(turn: Turn) -> Reply:
    units = branch(turn.session, turn.staff.unit_id)
    seen = daybook.visits(turn.session, units, turn.today, turn.today)
    climbs = daybook.climbing(turn.session, units, tomorrow(turn))
    lost = len(missed(turn))
    lines = [
        _("Today, %(day)s") % {"day": weekday(turn.today)},
        *_visited(turn, seen),
        *_came_in(turn, units),
        *sought_lines(turn),
        *_climbing(turn, climbs),
        *_lost(lost),
    ]
    ways = [
        Button(_("How we stand"), "/status"),
        *([Button(_("Cases"), "/cases")] if climbs else []),
        *([Button(_("Not delivered"), "/undelivered")] if lost else []),
    ]
    return Reply("\n".join(lines), form.in_rows(ways, 3), lane=NUDGE)


def tomorrow(turn: Turn) -> datetime:
    return datetime.combine(turn.today + timedelta(days=1), MORNING, turn.office.zone)


def _visited(turn: Turn, seen: Days) -> list[str]:
    if not seen.elders and not seen.in_vain:
        return [_("Nobody was visited today.")]
    total, face = sum(seen.visits.values()), sum(seen.visits[mode] for mode in IN_PERSON)
    text = _("Visited %(elders)d (in person %(face)d, otherwise %(other)d), not met %(in_vain)d")
    gaps = {"elders": seen.elders, "face": face, "other": total - face, "in_vain": seen.in_vain}
    lines = [text % gaps]
    if seen.by_staff:
        lines.append(_(", ").join(f"{name} {number}" for name, number in seen.by_staff))
        who = [f"{code} {unit_name(turn.session, unit)}" for code, unit in seen.codes]
        lines.append("🟢 " + _(", ").join(who) + (" …" if seen.elders > MOST else ""))
    return lines


def _came_in(turn: Turn, units: Collection[UUID]) -> list[str]:
    since = datetime.combine(turn.today, time(), turn.office.zone)
    found = daybook.opened(turn.session, units, since, turn.now)
    return [opened_line(found, daybook.ended(turn.session, units, since, turn.now))]


def opened_line(found: Counter[int], closed: int) -> str:
    """What came in and what was closed, of cases."""
    if not found:
        return _("New cases: none; closed: %(closed)d") % {"closed": closed}
    gaps = {"all": found.total(), "which": said(found), "closed": closed}
    return _("New cases: %(all)d (%(which)s); closed: %(closed)d") % gaps


def _climbing(turn: Turn, found: list[tuple[int, int, datetime]]) -> list[str]:
    if not found:
        return []
    zone = turn.office.zone
    each = [
        _("%(mark)s case %(number)d at %(hour)s")
        % {"mark": MARKS[severity], "number": number, "hour": f"{at.astimezone(zone):%H:%M}"}
        for number, severity, at in found[:SHOWN]
    ]
    lines = [_("Climbs by tomorrow morning if nobody acts:"), *each]
    return lines + ([more(len(found) - SHOWN)] if len(found) > SHOWN else [])


def _lost(count: int) -> list[str]:
    if not count:
        return []
    text = ngettext(
        "⚠️ Messages to %(count)d person did not arrive",
        "⚠️ Messages to %(count)d people did not arrive",
        count,
    )
    return [text % {"count": count}]
