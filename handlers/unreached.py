"""Nobody opens, nobody answers (没人在家): whoever is alone or very ill is looked for.

Unless somebody reaches the elder, an attempt becomes an urgent case after two hours and an
emergency in the evening; both are the office's to set. It ends as soon as anybody has news.
"""

from datetime import datetime

import structlog
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from handlers.case_open import agreed, hours_of, tell_holders
from handlers.case_tell import Desk, renew_everywhere, tell
from handlers.case_words import CATEGORIES
from handlers.talk import Button, Rows
from handlers.turn import Turn, local_date
from locales import gettext as _
from locales import mark as N_
from locales import speaking
from models import case_query, case_record, duty, record, unreached
from models.case import EMERGENCY, MOVES, NO_CONTACT, OPENED, UNRESOLVED, URGENT, Case
from models.case_record import Problem
from models.elder import Elder
from models.ladder import AT_ONCE, EVENING
from models.office_hours import office_hours
from models.staff import Staff
from models.unreached import HEARD_OF
from models.visit import Concern, Visit

CONTACT = "contact"  # what such a concern is of: none of the five observations
PORTION = 20
WHY = {
    "not_at_home": N_("Nobody opened at %(at)s, and nobody has been reached since."),
    "no_answer": N_("No answer by phone at %(at)s, and nobody has been reached since."),
}
log = structlog.get_logger()


# What the liaison reads after the attempt


def advice(turn: Turn, visit: Visit, elder: Elder) -> list[str]:
    """What to do now, and what happens by itself otherwise."""
    if visit.seek_at is None:
        return []
    contact = turn.shown(elder.contact_name) if elder.contact_name else _("the family")
    local = visit.seek_at.astimezone(turn.office.zone)
    text = _("Please ring, then ask %(contact)s, a neighbour or the village cadre. Look for signs: "
             "a light on, a smell, food left at the door.")  # fmt: skip
    late = _("Not reached by %(at)s: I report it as urgent by myself.")
    return [text % {"contact": contact}, late % {"at": f"{local:%H:%M}"}]


def ways(visit: Visit, elder: Elder) -> Rows:
    if visit.seek_at is None:
        return ()
    reached = Button(_("📞 Reached"), f"/visit {elder.code} phone")
    numbers = Button(_("Numbers"), f"/phone {elder.code}")
    cannot = Button(_("Cannot be reached"), f"/problem {elder.code} {NO_CONTACT}")
    signs = Button(_("🆘 Bad signs"), f"/problem {elder.code} {NO_CONTACT} {EMERGENCY}")
    return (reached, numbers), (cannot, signs)


def sought_for(session: Session, elder: Elder) -> list[Case]:
    """The cases by which the elder is looked for."""
    found = case_query.open_of(session, elder.id)
    return [case for case in found if case.category == NO_CONTACT]


def when(turn: Turn, visit: Visit, elder: Elder, old: Visit | None = None) -> datetime | None:
    """When a case begins; not where the attempt that this one corrects has one already."""
    begun = record.concerns_of(turn.session, old.id) if old else []
    if any(one.category == NO_CONTACT for one in begun):
        return None
    return unreached.seek_at(turn.session, visit, elder)


# By itself


def seek(at: Desk) -> int:
    """Opens the cases of attempts that nobody has answered for in time."""
    today = local_date(at.now, at.office.zone)
    found = unreached.unanswered(at.session, at.now, today, PORTION)
    return sum(_apart(at, visit, elder) for visit, elder in found)


def _apart(at: Desk, visit: Visit, elder: Elder) -> bool:
    """One that stumbles must not keep the others from being looked for."""
    try:
        with at.session.begin_nested():
            return _look_for(at, visit, elder)
    except OperationalError:  # locked or away: the whole transaction is tried again
        raise
    except Exception as problem:  # of whatever this attempt holds
        log.error("elder_not_sought", exc_info=problem)
        return False


def _look_for(at: Desk, visit: Visit, elder: Elder) -> bool:
    urgent = visit.seek_at
    if urgent is None or not unreached.claim(at.session, visit):
        return False
    if not any(case.state in UNRESOLVED for case in sought_for(at.session, elder)):
        _open(at, visit, elder, urgent)
    return True


def _open(at: Desk, visit: Visit, elder: Elder, urgent: datetime) -> None:
    grave = unreached.evening(at.session, urgent, at.office.zone) <= at.now
    by = at.session.get_one(Staff, visit.liaison_id)
    with speaking(at.office.locale):
        problem = _problem(at, visit, elder, EMERGENCY if grave else URGENT, urgent)
    hours = office_hours(at.session, at.office.zone)
    case, how = case_record.open_or_join(at.session, elder, problem, by, at.now, hours)
    at.session.add(_concern(visit, case, at.now))
    tell(at, case, elder, "open" if how == OPENED else "reopen", _people(at, case, elder))
    log.info("elder_sought", case=case.number, severity=case.severity)


def _problem(at: Desk, visit: Visit, elder: Elder, severity: int, urgent: datetime) -> Problem:
    local = visit.visited_at.astimezone(at.office.zone)
    text = _(WHY[visit.outcome]) % {"at": f"{local:%m-%d %H:%M}"}
    group = CATEGORIES[NO_CONTACT].group
    found = Problem(NO_CONTACT, group, severity, text, visit_id=visit.id, sought=urgent)
    return agreed(at.session, elder, found)


def _concern(visit: Visit, case: Case, now: datetime) -> Concern:
    return Concern(
        visit_id=visit.id,
        elder_id=visit.elder_id,
        observation=CONTACT,
        code=visit.outcome,
        category=case.category,
        service_group=case.service_group,
        severity=case.severity,
        default_severity=URGENT,
        case_id=case.id,
        raised_at=now,
    )


def _people(at: Desk, case: Case, elder: Elder) -> list[Staff]:
    """Also the liaison: nobody has tapped anything."""
    today = local_date(at.now, at.office.zone)
    found = duty.told(at.session, case, elder, AT_ONCE[case.severity], today)
    return [*found, at.session.get_one(Staff, case.reported_by)]


def alarm(at: Desk, case: Case, elder: Elder) -> None:
    """The evening has come, and nobody has been reached."""
    hours = office_hours(at.session, at.office.zone)
    case_record.raise_to(at.session, case, EMERGENCY, None, at.now, hours)
    tell(at, case, elder, f"{EVENING}1", _people(at, case, elder))


# There is news


def heard_in(turn: Turn, elder: Elder, visit: Visit, sought: list[Case]) -> None:
    """Somebody was reached, or somebody knows where the elder is: ends `sought`."""
    if visit.outcome not in HEARD_OF:
        return
    for case in sought:
        if case.state in MOVES["reached"].states and visit.visited_at >= _since(turn, case):
            _end(turn, case, elder, "", visit)


def heard_of(turn: Turn, elder: Elder, how: str) -> None:
    """The same, told outside a visit."""
    for case in sought_for(turn.session, elder):
        _end(turn, case, elder, how)


def _since(turn: Turn, case: Case) -> datetime:
    """The attempt itself, where the bot began."""
    first = case_query.last_event(turn.session, case.id, OPENED)
    visit = turn.session.get(Visit, first.visit_id) if first and first.visit_id else None
    return visit.visited_at if visit else case.opened_at


def _end(turn: Turn, case: Case, elder: Elder, how: str, visit: Visit | None = None) -> None:
    case_record.move(
        turn.session, case, MOVES["reached"], turn.staff, turn.now, hours_of(turn), how,
        visit.id if visit else None,
    )  # fmt: skip
    renew_everywhere(turn, case, elder, tell_holders(turn, case, elder, "reached"))
