"""What else follows from a visit: days in hospital, where the elder lives, a flag to propose."""

from datetime import date, timedelta
from typing import Any

from handlers.dates import coming_day
from handlers.questions import Choice, Filling, Question, tidy
from handlers.turn import Unclear, day
from locales import gettext as _
from locales import mark as N_
from models import record
from models.consent import LOCATION
from models.elder import Absence, begin_absence, end_absences
from models.visit import DONE, ELSEWHERE, IN_HOSPITAL, NO_CHILDREN, Visit

LOOK_AGAIN = 14  # days after which somebody asks again where nobody knows the end
LONGEST = 180
UNKNOWN = "unknown"
PLACES = {
    "childs_home": N_("Child's home"),
    "care_home": N_("Care home"),
    "hospital": N_("Hospital"),
    "other": N_("Elsewhere"),
}


def in_hospital(filling: Filling) -> bool:
    """Nobody was met for that reason, or the answers of a visit say so ([S0] 住院必访)."""
    return (
        filling.get("outcome") == IN_HOSPITAL
        or filling.get("health") == IN_HOSPITAL
        or (filling.get("lodging"), filling.get("lodging_more")) == (ELSEWHERE, "hospital")
    )


def _read_until(filling: Filling, text: str) -> str:
    choice = next((c for c in SPANS if tidy(text).lower() in (_(c.label).lower(), c.code)), None)
    if choice:
        return choice.code
    today = filling.turn.today
    given = coming_day(text, today)
    if not today <= given <= today + timedelta(days=LONGEST):
        raise Unclear(_("Please write a day to come, such as 11-30, Friday or in 3 days."))
    return given.isoformat()


def _say_until(filling: Filling, value: str) -> str:
    label = next((_(choice.label) for choice in SPANS if choice.code == value), "")
    return label or day(date.fromisoformat(value))


SPANS = (
    Choice("7", N_("One week")),
    Choice("14", N_("Two weeks")),
    Choice("30", N_("A month")),
    Choice(UNKNOWN, N_("Not known")),
)
UNTIL = Question(
    "until",
    N_("Until"),
    N_("In hospital until about when? Home visits pause till then. (tap, or write a date)"),
    choices=SPANS,
    when=in_hospital,
    check=_read_until,
    shown=_say_until,
)


def until_day(given: Any, visited_on: date) -> date:
    """The last day away. It always ends: somebody looks again, and nobody is forgotten."""
    if given == UNKNOWN or not given:
        return visited_on + timedelta(days=LOOK_AGAIN)
    if str(given).isdecimal():
        return visited_on + timedelta(days=int(given))
    return date.fromisoformat(given)


def place_of(filling: Filling, visit: Visit) -> str:
    """Where the elder was seen to live; over the phone nobody saw it."""
    if visit.outcome != DONE or visit.mode in ("phone", "video"):
        return ""
    if LOCATION in (filling.known("withheld") or ()):
        return ""
    if in_hospital(filling) or visit.mode == "hospital":
        return "hospital"
    if filling.get("lodging") == ELSEWHERE:
        given = filling.get("lodging_more")
        return given if given in PLACES else "other"
    return "own_home"


def keep_absence(filling: Filling, visit: Visit, old: Visit | None) -> Absence | None:
    """The days in hospital as this visit tells them. A correction that says the same leaves what
    was said since, such as that the elder is back. To be called before `old` is retired."""
    if not in_hospital(filling):
        return None
    until = until_day(filling.get("until"), visit.visited_on)
    if old is not None and old.answers.get("until") == filling.get("until"):
        before = record.absence_of(filling.turn.session, old)
        if before is None or before.until_on is None:
            return None
        until = min(until, before.until_on)
    return Absence(elder_id=visit.elder_id, kind="hospital", from_on=visit.visited_on,
                   until_on=until, visit_id=visit.id)  # fmt: skip


def settle_absence(filling: Filling, visit: Visit, absence: Absence | None) -> None:
    """Stores it; whoever was met at home is back."""
    session = filling.turn.session
    if absence is not None:
        begin_absence(session, absence)
    elif (visit.outcome, visit.mode) == (DONE, "in_person") and not in_hospital(filling):
        end_absences(session, visit.elder_id, visit.visited_on)


def pause_line(filling: Filling, visit: Visit) -> str:
    if not in_hospital(filling):
        return ""
    until = until_day(filling.get("until"), visit.visited_on)
    return _("⏸ Home visits pause until %(day)s, then I ask again.") % {"day": day(until)}


def newly_alone(filling: Filling, visit: Visit) -> bool:
    """No children, or all far away, which nobody said last time: a flag to propose."""
    before = (filling.known("last") or {}).get("family_care")
    return visit.family_care == NO_CHILDREN and before != NO_CHILDREN


def place_line(visit: Visit | None) -> list[str]:
    label = PLACES.get(visit.place) if visit else None
    return [_("Now at: %(place)s") % {"place": _(label)}] if label else []
