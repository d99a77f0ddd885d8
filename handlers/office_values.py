"""The office's settings one by one: what each means, what it may be, how it is written."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from handlers.report_sheets import MEASURE_NAMES
from handlers.trigger_words import KIND_NAMES, within
from handlers.turn import Unclear
from locales import gettext as _
from locales import mark as N_
from locales import ngettext
from models import office_hours, room, unreached
from models.due import Policy
from models.elder import TIERS
from models.ladder import DEFAULTS, MINUTES, MORNINGS, SETTING, WORKDAYS
from models.office_hours import CLOCKS
from models.report import WEIGHT, WEIGHTS
from models.trigger import KINDS
from models.trigger import SETTING as TRIGGER

DAY, HOUR = 24 * 60, 60
CLOCK = re.compile(r"(\d{1,2})[:点](\d{2})?分?")
SPAN = re.compile(r"(\d{1,5})\s*(分钟|分|min|m|小时|时|hours?|h|天|日|days?|d)?")
WEEKDAY = re.compile(r"(?:周|星期|礼拜)?([一二三四五1-5])")
WEEKDAYS = (N_("Monday"), N_("Tuesday"), N_("Wednesday"), N_("Thursday"), N_("Friday"))
UNITS = {"分": 1, "m": 1, "小": HOUR, "时": HOUR, "h": HOUR, "天": DAY, "日": DAY, "d": DAY}


@dataclass(frozen=True)
class Kind:
    """How a value is told, and read (raises Unclear)."""

    told: Callable[[Any], str]
    read: Callable[[str], Any]


@dataclass(frozen=True)
class Office:
    """One setting: `offers` are usual values, the default among them."""

    key: str
    title: str
    kind: Kind
    usual: Any
    offers: tuple[Any, ...] = ()
    gaps: tuple[tuple[str, Any], ...] = ()

    @property
    def name(self) -> str:
        return _(self.title) % dict(self.gaps)


# How values are written


def _days(value: int) -> str:
    return ngettext("%(count)d day", "%(count)d days", value) % {"count": value}


def _workdays(value: int) -> str:
    return ngettext("%(count)d working day", "%(count)d working days", value) % {"count": value}


def _times(value: int) -> str:
    return ngettext("%(count)d time", "%(count)d times", value) % {"count": value}


def _weeks(value: int) -> str:
    return ngettext("%(count)d week", "%(count)d weeks", value) % {"count": value}


def _span(value: int) -> str:
    """Minutes, in the largest unit that fits."""
    if value % DAY == 0 and value:
        return _days(value // DAY)
    if value % HOUR == 0 and value:
        hours = value // HOUR
        return ngettext("%(count)d hour", "%(count)d hours", hours) % {"count": hours}
    return ngettext("%(count)d minute", "%(count)d minutes", value) % {"count": value}


def clock_text(value: int) -> str:
    return f"{value // 60:02}:{value % 60:02}"


def _number(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        found = re.match(r"\d{1,5}", text)
        if found and low <= int(found[0]) <= high:
            return int(found[0])
        raise Unclear(
            _("Please write a number from %(low)d to %(high)d.") % {"low": low, "high": high}
        )

    return read


def _read_span(text: str) -> int:
    found = SPAN.fullmatch(text)
    minutes = int(found[1]) * (UNITS[found[2][0]] if found[2] else 1) if found else 0
    if 5 <= minutes <= 90 * DAY:
        return minutes
    raise Unclear(_("Please write a span such as 30 minutes, 2 hours or 3 days."))


def _read_clock(text: str) -> int:
    found = CLOCK.fullmatch(text)
    hour, minute = (int(found[1]), int(found[2] or 0)) if found else (99, 0)
    if hour < 24 and minute < 60:
        return hour * 60 + minute
    raise Unclear(_("Please write an hour such as 08:30."))


def _read_tiers(text: str) -> str:
    found = "".join(tier for tier in TIERS if tier in text.upper())
    if found and not set(text.upper()) - set("ABCD、, "):
        return found
    if text in (_("none"), "-", "none"):
        return ""
    raise Unclear(_("Please write tiers such as A or AB, or none."))


def _tiers(value: str) -> str:
    return value or _("none")


def _weekday(value: int) -> str:
    return _(WEEKDAYS[value - 1])


def _read_weekday(text: str) -> int:
    found = WEEKDAY.fullmatch(text.casefold())
    if found:
        return int(found[1]) if found[1].isdecimal() else "一二三四五".index(found[1]) + 1
    for place, name in enumerate(WEEKDAYS, start=1):
        if text.casefold() in (name.casefold(), _(name).casefold()):
            return place
    raise Unclear(_("Please write a day from Monday to Friday."))


def _people(value: int) -> str:
    return ngettext("%(count)d person", "%(count)d people", value) % {"count": value}


POINTS = Kind(str, _number(0, 100))
TIMES = Kind(_times, _number(1, 2))
GAP = Kind(_days, _number(0, 31))
SPANS = Kind(_span, _read_span)
OFFICE_DAYS = Kind(_workdays, _number(1, 30))
OFFICE_WEEKS = Kind(_weeks, _number(1, 12))
CLOCK_KIND = Kind(clock_text, _read_clock)
TIERS_KIND = Kind(_tiers, _read_tiers)
WEEKDAY_KIND = Kind(_weekday, _read_weekday)
PEOPLE = Kind(_people, _number(1, 10))
MINUTES_KIND = Kind(_span, _number(10, 120))

# What there is


def _due(name: str, title: str, kind: Kind, *offers: Any) -> Office:
    usual = next(one.default for one in fields(Policy) if one.name == name)
    return Office(f"due.{name}", title, kind, usual, offers)


VISITS = (
    _due("visits_per_month", N_("Visits a month"), TIMES, 1, 2),
    _due("usual_gap", N_("Usual days between visits"), GAP, 10, 15, 20),
    _due("shortest_gap", N_("Shortest gap that counts"), GAP, 3, 5, 7, 10),
    _due("excused_tail", N_("Excused if away in the last days"), GAP, 1, 3, 5),
    _due("phone_tiers", N_("Tiers where a call counts once a month"), TIERS_KIND, "A", "AB", ""),
    _due("contact_tiers", N_("Tiers with weekly contact"), TIERS_KIND, "CD", "D", "BCD"),
    _due("contact_gap", N_("Contact at least every"), GAP, 3, 7, 10),
)
TERMS = (
    ("ack", N_("Acknowledge within")),
    ("act", N_("Go there within")),
    ("resolve", N_("Resolve within")),
    ("follow_up", N_("Ask back after")),
    ("pause", N_("Between two reminders")),
)
SPAN_OFFERS = {1: (10, 30, HOUR), 2: (HOUR, 2 * HOUR, DAY), 3: (DAY, 3 * DAY, 7 * DAY),
               4: (3 * DAY, 7 * DAY, 30 * DAY)}  # fmt: skip
BY_UNIT = {MINUTES: SPANS, WORKDAYS: OFFICE_DAYS, MORNINGS: OFFICE_DAYS}


def _terms(severity: int) -> tuple[Office, ...]:
    found = []
    for name, title in TERMS:
        count, unit = getattr(DEFAULTS[severity], name)
        offers = SPAN_OFFERS[severity] if unit == MINUTES else (1, 2, 3)
        key = SETTING.format(severity=severity, name=name)
        offers = tuple(sorted({count, *offers}))
        found.append(Office(key, title, BY_UNIT.get(unit, OFFICE_WEEKS), count, offers))
    return tuple(found)


def _clock(key: str, title: str, *offers: int) -> Office:
    return Office(key, title, CLOCK_KIND, CLOCKS[key], offers)


TIMES_OF_DAY = (
    _clock(office_hours.DIGEST, N_("Morning digest"), 450, 480, 510, 540),
    _clock(office_hours.EVENING, N_("Evening digest"), 990, 1020, 1050, 1080),
    _clock(office_hours.QUIET_FROM, N_("Quiet from"), 1200, 1260, 1320),
    _clock(office_hours.QUIET_UNTIL, N_("Quiet until"), 420, 450, 480),
    _clock(office_hours.WORK_FROM, N_("Office opens"), 480, 510, 540),
    _clock(office_hours.WORK_UNTIL, N_("Office closes"), 1020, 1050, 1080),
)
SCORE = tuple(
    Office(WEIGHT.format(name=name), MEASURE_NAMES[name], POINTS, usual, (0, 10, 15, 20, 30))
    for name, usual in WEIGHTS.items()
)


def _room(name: str, title: str, kind: Kind, *offers: int) -> Office:
    return Office(f"{room.SETTING}{name}", title, kind, getattr(room.Hours(), name), offers)


ROOM = (
    _room("weekday", N_("Day of the week"), WEEKDAY_KIND, 1, 2, 3, 4, 5),
    _room("opens", N_("Opens"), CLOCK_KIND, 510, 540, 840, 870, 900),
    _room("closes", N_("Closes"), CLOCK_KIND, 660, 690, 1020, 1050),
    _room("minutes", N_("Time for each"), MINUTES_KIND, 20, 30, 45, 60),
    _room("capacity", N_("People at a time"), PEOPLE, 1, 2, 3),
    _room("list_at", N_("List of the day before"), CLOCK_KIND, 900, 960, 1020),
)
MUSTS = tuple(
    Office(TRIGGER.format(name=name), KIND_NAMES[name], Kind(within, _number(0, 31)), one.within,
           tuple(sorted({one.within, 1, 2, 3, 7})))
    for name, one in KINDS.items()
    if name != "festival"
)  # fmt: skip


def _unreached(name: str, title: str, kind: Kind, *offers: Any) -> Office:
    return Office(unreached.PREFIX + name, title, kind, unreached.DEFAULTS[name], offers)


UNREACHED = (
    _unreached(unreached.TIERS, N_("Tiers that are looked for"), TIERS_KIND, "CD", "D", "BCD", ""),
    _unreached(unreached.AFTER, N_("Urgent after the attempt"), SPANS, HOUR, 2 * HOUR, 4 * HOUR),
    _unreached(unreached.EVENING, N_("Emergency from"), CLOCK_KIND, 1020, 1080, 1140, 1200),
)
GROUPS: Mapping[str, tuple[Office, ...]] = {
    "visits": VISITS,
    **{f"s{severity}": _terms(severity) for severity in DEFAULTS},
    "times": TIMES_OF_DAY,
    "musts": MUSTS,
    "score": SCORE,
    "room": ROOM,
    "unreached": UNREACHED,
}
BY_KEY = {one.key: one for group in GROUPS.values() for one in group}
