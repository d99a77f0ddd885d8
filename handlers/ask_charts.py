"""What a question looks like as a picture: by day, by place, and the open cases by age."""

from datetime import timedelta
from functools import lru_cache

from babel.dates import get_day_names

from handlers.asked import AGES, BARS, CALENDAR, Scene
from handlers.concern_words import SEVERITY_NAMES
from handlers.documents import chart
from handlers.documents.chart import AMBER, GREEN, PALE, RED, Bars, Chart, Month
from handlers.stamp import picture
from handlers.talk import Button, Reply
from handlers.turn import Turn, day
from locales import gettext as _
from locales import language
from locales import mark as N_
from models import case_query, progress
from models.case_query import Pile
from models.due import before
from models.org import under
from models.progress import Progress
from models.workdays import differing_days, is_workday

MOST_BARS = 14
SEVERITY_COLOURS = {1: "#a61e2d", 2: RED, 3: AMBER, 4: PALE}
AGE_NAMES = (N_("up to 3 days"), N_("4–7 days"), N_("8–14 days"), N_("15–30 days"),
             N_("over 30 days"))  # fmt: skip


def menu(turn: Turn, at: Scene) -> Reply:
    choices = [
        Button(_("Visits by day"), at.asked.code(view=CALENDAR)),
        Button(_("By place"), at.asked.code(view=BARS)),
        Button(_("Cases by age"), at.asked.code(view=AGES)),
    ]
    back = Button(_("‹ Overview"), at.asked.code(view=""))
    text = _("%(place)s: which picture?") % {"place": at.place.name}
    return Reply(text, ((*choices[:2],), (choices[2], back)))


def calendar(turn: Turn, at: Scene) -> Reply:
    """The window asked about and the one before it, day by day."""
    past, last = before(at.window, at.policy), at.window.last
    counts = progress.per_day(turn.session, at.part, past.first, last)
    every = [past.first + timedelta(days=n) for n in range((last - past.first).days + 1)]
    own = differing_days(turn.session)
    done = sum(count for on, count in counts.items() if on >= at.window.first)
    note = _("Visits by day; this window so far: %(count)d") % {"count": done}
    drawn = Month(
        title=_("%(who)s · visits") % {"who": _who(at)},
        note=note,
        heads=_heads(language()),
        days=[(on.isoformat(), counts.get(on, 0)) for on in every],
        rest=[on.isoformat() for on in every if not is_workday(on, own)],
        since=at.window.first.isoformat(),
        today=turn.today.isoformat(),
    )
    return _picture(turn, at, drawn, f"{drawn.title}\n{note}")


@lru_cache
def _heads(locale: str) -> list[str]:
    names = get_day_names("narrow", "stand-alone", locale)
    return [names[number] for number in range(7)]


def _who(at: Scene) -> str:
    return f"{at.place.name} {at.staff.name}" if at.staff else at.place.name


def bars(turn: Turn, at: Scene) -> Reply:
    """How far each place below is, or each liaison where nothing lies below."""
    whole, found = _shares(turn, at)
    shown = sorted(found, key=lambda pair: (-pair[1].overdue, -pair[1].to_go, pair[0]))[:MOST_BARS]
    drawn = Bars(
        title=_("%(who)s · completion") % {"who": _who(at)},
        note=_note(at, len(found)),
        parts=[(_("Visited"), GREEN), (_("To visit"), AMBER), (_("Overdue"), RED)],
        rows=[(name, [one.satisfied, one.to_go - one.overdue, one.overdue],
               f"{one.satisfied}/{one.expected}") for name, one in shown],
    )  # fmt: skip
    text = _("%(title)s: %(done)d of %(expected)d, overdue %(overdue)d")
    gaps = {"title": drawn.title, "done": whole.satisfied, "expected": whole.expected,
            "overdue": whole.overdue}  # fmt: skip
    return _picture(turn, at, drawn, text % gaps)


def _note(at: Scene, count: int) -> str:
    gaps = {"first": day(at.window.first), "last": day(at.window.last), "count": MOST_BARS}
    if count > MOST_BARS:
        return _("%(first)s–%(last)s, elders; the %(count)d furthest behind") % gaps
    return _("%(first)s–%(last)s, elders") % gaps


def _shares(turn: Turn, at: Scene) -> tuple[Progress, list[tuple[str, Progress]]]:
    counted = progress.by_unit(turn.session, at.part, at.today, at.policy)
    whole = progress.total(counted.values())
    if at.below:
        inside = [(unit.name, under(at.units, unit.id)) for unit in at.below]
        places = [
            (name, progress.total(one for id_, one in counted.items() if id_ in units))
            for name, units in inside
        ]
        return whole, [(name, one) for name, one in places if one.expected]
    if at.counts_only:
        return whole, [(at.place.name, whole)]
    of = progress.by_staff(turn.session, at.part, at.today, at.policy)
    people = progress.staff_of(turn.session, of)
    return whole, [(staff.name, of[staff.id]) for staff in people]


def ages(turn: Turn, at: Scene) -> Reply:
    """Open cases of the place, the older the further down, by severity."""
    where = case_query.in_units(at.here)
    found = case_query.piles(turn.session, turn.staff, turn.now, turn.today, where)
    levels = list(SEVERITY_NAMES)
    rows = [(_(name), _of_age(found, age, levels)) for age, name in enumerate(AGE_NAMES)]
    total, late = (sum(pile.number for pile in found if pile.late or every) for every in (1, 0))
    gaps = {"who": at.place.name, "count": total, "late": late}
    drawn = Bars(
        title=_("%(who)s · open cases by age") % gaps,
        note=_("%(day)s: %(count)d open, %(late)d overdue") % {**gaps, "day": day(turn.today)},
        parts=[(_(SEVERITY_NAMES[level]), SEVERITY_COLOURS[level]) for level in levels],
        rows=[(name, values, str(sum(values))) for name, values in rows],
    )
    return _picture(turn, at, drawn, f"{drawn.title}\n{drawn.note}")


def _of_age(found: list[Pile], age: int, levels: list[int]) -> list[int]:
    return [
        sum(pile.number for pile in found if (pile.severity, pile.age) == (level, age))
        for level in levels
    ]


def _picture(turn: Turn, at: Scene, drawn: Chart, text: str) -> Reply:
    """The numbers that matter stand in the words too: they are what remains where no picture
    can be shown."""
    others = Button(_("Other pictures"), at.asked.code(view="c"))
    back = Button(_("‹ Overview"), at.asked.code(view=""))
    name = f"{at.asked.view}-{at.today:%m%d}{chart.SUFFIX}"
    return Reply(text, ((others, back),), file_name=name, file_data=picture(turn, drawn))
