"""On which day a visit was, why it is entered late, and who went where somebody else enters it."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from handlers.dates import past_day
from handlers.questions import CHOICE, Choice, Filling, Question, tidy
from handlers.turn import Turn, Unclear, day, local_date
from locales import gettext as _
from locales import mark as N_
from models.assignment import BACKUP, PRIMARY
from models.caseload import people_of
from models.elder import Elder
from models.staff import COORDINATOR

BACK_DAYS = 3  # a visit may be entered this many days late
COORDINATORS_DAYS = 366  # by a coordinator, for whoever could not
MYSELF = "me"

WHY_LATE = (
    Choice("no_signal", N_("No signal there")),
    Choice("busy", N_("No time to write")),
    Choice("forgot", N_("Forgot")),
)


def visited_on(filling: Filling) -> date:
    """The local day of the visit: what the person said, or the day the card was opened."""
    given = filling.get("visited_on") or filling.known("was_on")
    return date.fromisoformat(given) if given else started_on(filling)


def started_on(filling: Filling) -> date:
    return local_date(filling.draft.started_at, filling.turn.office.zone)


def moment(filling: Filling) -> datetime:
    """When it was: the moment the card was opened, or noon of a day that was said."""
    if not filling.get("visited_on"):
        return filling.draft.started_at
    zone = filling.turn.office.zone
    noon = datetime.combine(visited_on(filling), time(12), zone).astimezone(UTC)
    return min(noon, filling.turn.now)


def too_old(filling: Filling) -> bool:
    """A card left lying for days: the date must be said anew."""
    if filling.turn.now - filling.draft.started_at < timedelta(days=BACK_DAYS):
        return False  # asked at every step: most need no calendar
    return filling.turn.today - started_on(filling) > timedelta(days=BACK_DAYS)


def _day_choices(filling: Filling) -> tuple[Choice, ...]:
    today = filling.turn.today
    labels = (N_("Today"), N_("Yesterday"), N_("Two days ago"), N_("Three days ago"))
    return tuple(
        Choice((today - timedelta(days=n)).isoformat(), label) for n, label in enumerate(labels)
    )


def _read_day(filling: Filling, text: str) -> str:
    choice = next((c for c in _day_choices(filling) if _(c.label) == tidy(text)), None)
    given = date.fromisoformat(choice.code) if choice else past_day(text, filling.turn.today)
    return checked_day(filling, given)


def checked_day(filling: Filling, given: date) -> str:
    """As it is kept. Raises Unclear when a visit cannot be entered for that day."""
    today = filling.turn.today
    if given > today:
        raise Unclear(_("That day is still to come. Please write today or an earlier day."))
    late = today - given
    if coordinates(filling) and late > timedelta(days=COORDINATORS_DAYS):
        raise Unclear(_("That is more than a year ago. Please write a later day."))
    if late > timedelta(days=BACK_DAYS) and not (coordinates(filling) or filling.known("fixes")):
        raise Unclear(
            _("A visit can be entered up to %(days)d days late; the coordinator enters older ones.")
            % {"days": BACK_DAYS}
        )
    return given.isoformat()


def coordinates(filling: Filling) -> bool:
    return filling.turn.staff.role == COORDINATOR


def _asks_day(filling: Filling) -> bool:
    opened = "visited_on" in filling.answers
    return opened or (too_old(filling) and not filling.known("fixes"))


def is_late(filling: Filling) -> bool:
    """Back-dated by a date that was said; a card sent late from a dead spot is not."""
    said = filling.get("visited_on")
    return bool(said) and date.fromisoformat(said) != filling.turn.today


def _say_day(filling: Filling, value: Any) -> str:
    return day(date.fromisoformat(value))


def visitors(turn: Turn, elder: Elder) -> list[list[str]]:
    """Code and name of who may have gone in a coordinator's place."""
    if turn.staff.role != COORDINATOR:
        return []
    people = people_of(turn.session, elder, turn.today)
    return [[one.code, one.name] for role in (PRIMARY, BACKUP) for one in people.get(role, ())]


def _who_went(filling: Filling) -> Sequence[Choice]:
    others = (Choice(code, name) for code, name in filling.known("visitors") or ())
    return (*others, Choice(MYSELF, N_("I went myself")))


def may_say_who(filling: Filling) -> bool:
    return bool(filling.known("visitors")) and not filling.known("fixes")


def _asks_who(filling: Filling) -> bool:
    opened, said = "went" in filling.answers, filling.get("visited_on")
    late = said and filling.turn.today - date.fromisoformat(said) > timedelta(days=BACK_DAYS)
    return may_say_who(filling) and bool(opened or late)


QUESTIONS = (
    Question(
        "visited_on",
        N_("Date"),
        N_("Which day was the visit? (tap, or write a date)"),
        kind=CHOICE,
        choices=_day_choices,
        when=_asks_day,
        check=_read_day,
        shown=_say_day,
    ),
    Question(
        "late_reason",
        N_("Date"),
        N_("Why is it entered late? (tap or write)"),
        choices=WHY_LATE,
        when=is_late,
        after="visited_on",
        free=True,
    ),
    Question("went", N_("Visitor"), N_("Who went?"), choices=_who_went, when=_asks_who),
)
