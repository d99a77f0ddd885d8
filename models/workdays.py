"""Which days the office works: Chinese holidays and make-up days, with the office's own word last.

`chinesecalendar` knows a year only once it was announced. For a year it does not know, Monday
to Friday counts as work but for the statutory days, so that the bot never stops on 1 January.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import lru_cache

from sqlmodel import Session

from models.calendar import solar_date
from models.org import setting

SETTING = "workdays"  # of the office: {"2027-02-06": true} for a day that differs
FIXED = frozenset({(1, 1), (5, 1), (10, 1), (10, 2), (10, 3)})
LUNAR = ((1, 1), (1, 2), (1, 3), (5, 5), (8, 15))


def is_workday(day: date, differing: Mapping[str, bool] | None = None) -> bool:
    """Whether the office works on `day`; `differing` are its own exceptions by ISO date."""
    own = (differing or {}).get(day.isoformat())
    return own if own is not None else _usual(day)


def differing_days(session: Session) -> dict[str, bool]:
    days: dict[str, bool] = setting(session, SETTING, {})
    return days


def workdays(first: date, last: date, differing: Mapping[str, bool]) -> list[date]:
    """The working days from `first` to `last`, both included."""
    return [day for day in _days(first, last) if is_workday(day, differing)]


def reminder_day(last: date, before: int, differing: Mapping[str, bool]) -> date:
    """The last working day that is at least so many days before `last`."""
    day = last - timedelta(days=before)
    while not is_workday(day, differing):
        day -= timedelta(days=1)
    return day


def _days(first: date, last: date) -> Iterator[date]:
    day = first
    while day <= last:
        yield day
        day += timedelta(days=1)


def is_known(year: int) -> bool:
    """Whether the official calendar of that year is in the library."""
    import chinese_calendar

    try:
        chinese_calendar.is_workday(date(year, 12, 31))
    except NotImplementedError:
        return False
    return True


@lru_cache(maxsize=5000)
def _usual(day: date) -> bool:
    import chinese_calendar

    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return day.weekday() < 5 and day not in statutory(day.year)


@lru_cache
def statutory(year: int) -> frozenset[date]:
    """The statutory days off of a year nobody has announced yet, without make-up days."""
    fixed = {date(year, month, day) for month, day in FIXED}
    lunar = {solar_date("lunar", year, month, day, False) for month, day in LUNAR}
    spring = solar_date("lunar", year, 1, 1, False)
    return frozenset(fixed | lunar | {spring - timedelta(days=1), _tomb_day(year)})


def _tomb_day(year: int) -> date:
    """清明, by the day the sun stands there."""
    from lunar_python import Lunar

    solar = Lunar.fromYmd(year, 1, 15).getJieQiTable()["清明"]
    return date(solar.getYear(), solar.getMonth(), solar.getDay())
