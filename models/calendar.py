"""Lunar and solar days, and on which day a family keeps a birthday (农历生日).

lunar_python is slow and heavy, so it is imported on first use and asked once per lunar year.
"""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from models.elder import Elder

SOLAR, LUNAR = "solar", "lunar"
FIRST_YEAR, LAST_YEAR = 1850, 2150
_JULIAN_DAY_OF_ORDINAL_0 = 1721425
_MONTHS = ("正", "二", "三", "四", "五", "六", "七", "八", "九", "十", "冬", "腊")
_DIGITS = ("", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十")


class LunarDay(NamedTuple):
    year: int
    month: int
    day: int
    leap: bool


class Month(NamedTuple):
    """`number` is negative for a leap month, as in 闰六月 = -6."""

    number: int
    starts_on: date
    days: int


class NoSuchDay(ValueError):
    """`reason`: year_range, no_month, no_leap_month, short_month or no_day."""

    def __init__(self, reason: str, message: str, days: int = 0):
        super().__init__(message)
        self.reason = reason
        self.days = days  # how many days the month really has, where that is the reason


@lru_cache(maxsize=512)
def _months(year: int) -> dict[int, Month]:
    """The 12 or 13 months of one lunar year, in order."""
    from lunar_python import LunarYear

    own = [month for month in LunarYear.fromYear(year).getMonths() if month.getYear() == year]
    return {
        month.getMonth(): Month(
            month.getMonth(),
            date.fromordinal(int(month.getFirstJulianDay()) - _JULIAN_DAY_OF_ORDINAL_0),
            month.getDayCount(),
        )
        for month in own
    }


def solar_date(calendar: str, year: int, month: int, day: int, leap: bool = False) -> date:
    """The Gregorian day of a date as given; `NoSuchDay` says exactly why there is none."""
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise NoSuchDay("year_range", f"The year {year} is not {FIRST_YEAR} to {LAST_YEAR}.")
    if not 1 <= month <= 12:
        raise NoSuchDay("no_month", f"There is no month {month}.")
    return _from_lunar(year, month, day, leap) if calendar == LUNAR else _solar(year, month, day)


def _solar(year: int, month: int, day: int) -> date:
    days = monthrange(year, month)[1]
    _check_day(day, days, f"{year}-{month:02}", longest=31)
    return date(year, month, day)


def _from_lunar(year: int, month: int, day: int, leap: bool) -> date:
    found = _months(year).get(-month if leap else month)
    if found is None:
        raise NoSuchDay("no_leap_month", f"The lunar year {year} has no leap month {month}.")
    _check_day(day, found.days, f"That month of the lunar year {year}", longest=30)
    return date.fromordinal(found.starts_on.toordinal() + day - 1)


def _check_day(day: int, days: int, month: str, longest: int) -> None:
    if not 1 <= day <= longest:
        raise NoSuchDay("no_day", f"No month has a day {day}.")
    if day > days:
        raise NoSuchDay("short_month", f"{month} has only {days} days.", days)


def lunar_day_of(day: date) -> LunarDay:
    """The lunar date of a Gregorian day."""
    for year in (day.year, day.year - 1):
        for month in reversed(_months(year).values()):
            if month.starts_on <= day:
                return LunarDay(
                    year, abs(month.number), (day - month.starts_on).days + 1, month.number < 0
                )
    raise NoSuchDay("year_range", f"The year {day.year} is out of range.")


def full_years(born: date, today: date) -> int:
    """周岁."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def lunar_words(month: int, day: int, leap: bool = False) -> str:
    """腊月初五, 闰六月廿九: as a family says it (in Chinese in every language)."""
    return ("闰" if leap else "") + _MONTHS[month - 1] + "月" + _day_words(day)


def _day_words(day: int) -> str:
    tens, ones = divmod(day, 10)
    if day <= 10:
        return "初" + _DIGITS[day]
    if ones == 0:
        return _DIGITS[tens] + "十"
    return ("十" if tens == 1 else "廿") + _DIGITS[ones]


def kept_lunar(year: int, month: int, day: int, leap: bool = False) -> date:
    """The day on which a lunar birthday is kept in lunar year `year`, by the folk rule:
    a leap month only when that year has the same one, 三十 on 廿九 in a short month."""
    months = _months(year)
    found = months.get(-month) if leap else None
    found = found or months[month]
    return date.fromordinal(found.starts_on.toordinal() + min(day, found.days) - 1)


def kept_solar(year: int, month: int, day: int) -> date:
    """29 February is kept on 28 February in a common year."""
    try:
        return date(year, month, day)
    except ValueError:
        return date(year, 2, 28)


def birthdays(elder: Elder, start: date, end: date) -> list[date]:
    """Every day from `start` to `end`, both included, on which the family keeps the birthday.

    A lunar one falls 0, 1 or 2 times in a Gregorian year; an unknown birth date gives none.
    """
    born = elder.born_on or date.min
    return [day for day in _kept(elder, start, end) if start <= day <= end and day > born]


def _kept(elder: Elder, start: date, end: date) -> Iterator[date]:
    if elder.keeps_calendar == LUNAR:
        kept = lunar_birth(elder)
        if kept:
            month, day, leap = kept
            for year in range(start.year - 1, end.year + 1):
                yield kept_lunar(year, month, day, leap)
        return
    solar = _solar_birth(elder)
    if solar:
        for year in range(start.year, end.year + 1):
            yield kept_solar(year, *solar)


def lunar_birth(elder: Elder) -> tuple[int, int, bool] | None:
    """Lunar month, day and leap month of the birth: as the family gave it, or worked out."""
    if elder.birth_calendar == LUNAR and elder.birth_month and elder.birth_day:
        return elder.birth_month, elder.birth_day, elder.birth_leap
    if elder.born_on is None:
        return None
    return lunar_day_of(elder.born_on)[1:]


def _solar_birth(elder: Elder) -> tuple[int, int] | None:
    if elder.born_on is not None:
        return elder.born_on.month, elder.born_on.day
    if elder.birth_calendar == SOLAR and elder.birth_month and elder.birth_day:
        return elder.birth_month, elder.birth_day
    return None
