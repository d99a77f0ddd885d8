"""On which days the elders of the demo county were visited, or tried in vain.

The hidden truth behind the rows: of the visits that two half-months a month ask for, 85 % come
in time, 10 % up to five days late, 5 % never.
"""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from random import Random
from typing import NamedTuple

from models.demo_cast import DUE, OVERDUE, VISITED
from models.demo_fates import DAY, Life

MISSED, LATE = 0.05, 0.15  # below the first never, below the second late
LATE_DAYS = 5
LEAST_GAP, USUAL_GAP = 7, 15
SLIPS = (-3, -2, -1, -1, 0, 0, 0, 0, 1, 1, 2, 3)  # days around the suggested one
IN_VAIN = 0.05  # somebody went there before the visit and met nobody
ROUTINE, TRIGGERED, FOLLOW_UP = "routine", "triggered", "follow_up"


class Window(NamedTuple):
    """A half-month: 1 to 15, or 16 to the end."""

    start: date
    end: date


class Outing(NamedTuple):
    """Somebody set out; `met` is false for an attempt."""

    day: date
    kind: str = ROUTINE
    met: bool = True


def first_day(today: date, months: int) -> date:
    """The first of the month, `months` before this one."""
    number = today.year * 12 + today.month - 1 - months
    return date(number // 12, number % 12 + 1, 1)


def windows(start: date, today: date) -> list[Window]:
    """Every half-month from `start`, a first of the month, to the one that holds `today`."""
    found = []
    first = start
    while first <= today:
        after = (first + timedelta(days=31)).replace(day=1)
        found += [Window(first, first.replace(day=15)), Window(first.replace(day=16), after - DAY)]
        first = after
    return [window for window in found if window.start <= today]


def outings(life: Life, halves: Sequence[Window], today: date, rng: Random) -> list[Outing]:
    """Everything up to yesterday, in order."""
    if life.stamped:
        found = [Outing(_weekday(half.end - 2 * DAY, *half)) for half in halves]
    else:
        found = _around_stays(life, list(_routine(life, halves, today, rng)))
    before = min(today, life.ended_on)
    return sorted(outing for outing in found if outing.day < before)


def _routine(life: Life, halves: Sequence[Window], today: date, rng: Random) -> Iterator[Outing]:
    role = life.resident.role
    last = date.min
    for half, day in zip(
        halves, _plan(halves, today, role.today if role else "", rng), strict=True
    ):
        in_vain = _in_vain(half, day, rng)
        if in_vain and in_vain - last > LEAST_GAP * DAY:
            yield Outing(in_vain, met=False)
        if day:
            yield Outing(day)
            last = day


def _in_vain(half: Window, day: date | None, rng: Random) -> date | None:
    """Sometimes nobody was met shortly before the visit; of the missed ones, four in ten times."""
    if day is None:
        return half.start + rng.randrange(13) * DAY if rng.random() < 0.4 else None
    return day - rng.randint(1, 2) * DAY if rng.random() < IN_VAIN else None


def _plan(halves: Sequence[Window], today: date, hint: str, rng: Random) -> list[date | None]:
    """A day for each half-month; None where the visit is missed. A hint settles the last three."""
    days: list[date | None] = []
    last: date | None = None
    for left, half in zip(range(len(halves), 0, -1), halves, strict=True):
        luck = 1.0 if hint and left <= 4 else rng.random()
        day = None if luck < MISSED else _drawn(half, last, luck < LATE, rng)
        days.append(day)
        last = day or last
    if not hint:
        return days
    first, before, now = halves[-3:]
    return days[:-3] + _HINTS[hint](first, before, now, today)


def _drawn(half: Window, last: date | None, late: bool, rng: Random) -> date:
    """Late, or around the suggested day: 15 after the last visit, within the half-month."""
    if late:
        return half.end + rng.randint(1, LATE_DAYS) * DAY
    if last is None:
        return half.start + rng.randrange(13) * DAY
    earliest = max(half.start, last + LEAST_GAP * DAY)
    day = min(max(last + USUAL_GAP * DAY, half.start), half.end) + rng.choice(SLIPS) * DAY
    day = min(max(day, earliest), half.end)
    return _weekday(day, earliest, half.end) if rng.random() < 0.85 else day


def _weekday(day: date, first: date, last: date) -> date:
    """The Monday after, or the Friday before, a weekend, if either lies between the two."""
    to_monday = (7 - day.weekday()) * DAY
    if day.weekday() < 5:
        return day
    if day + to_monday <= last:
        return day + to_monday
    friday = day - (day.weekday() - 4) * DAY
    return friday if friday >= first else day


def _due(first: Window, before: Window, _now: Window, today: date) -> list[date | None]:
    fortnight_ago = min(max(today - 14 * DAY, before.start), before.end)
    return [first.start + 7 * DAY, fortnight_ago, None]


def _overdue(first: Window, _before: Window, _now: Window, _today: date) -> list[date | None]:
    return [first.start + 7 * DAY, None, None]


def _visited(first: Window, before: Window, now: Window, today: date) -> list[date | None]:
    return [first.start + 7 * DAY, before.start + 3 * DAY, max(now.start, today - 2 * DAY)]


_HINTS = {DUE: _due, OVERDUE: _overdue, VISITED: _visited}


def _around_stays(life: Life, found: list[Outing]) -> list[Outing]:
    """The bedside within a day, home within a week of discharge; nothing else near the two."""
    for stay in life.stays:
        extra = [Outing(stay.from_on, met=False), Outing(stay.from_on + DAY, TRIGGERED)]
        if stay.until_on:
            extra.append(Outing(stay.until_on + 4 * DAY, FOLLOW_UP))
        days = [outing.day for outing in extra]
        near = 4 * DAY
        found = [one for one in found if all(abs(one.day - day) > near for day in days)] + extra
    return found
