from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.calendar import (
    LUNAR,
    SOLAR,
    NoSuchDay,
    birthdays,
    lunar_birth,
    lunar_day_of,
    lunar_words,
    solar_date,
)
from models.elder import Elder

DAYS = st.dates(date(1901, 1, 1), date(2099, 12, 31))


def lunar_elder(month: int, day: int, leap: bool = False) -> Elder:
    return Elder(
        code="E0001",
        name="高永昌",
        unit_id=uuid4(),
        keeps_calendar=LUNAR,
        birth_calendar=LUNAR,
        birth_month=month,
        birth_day=day,
        birth_leap=leap,
    )


def solar_elder(born: date) -> Elder:
    return Elder(code="E0002", name="李秀英", unit_id=uuid4(), born_on=born)


def in_year(elder: Elder, year: int) -> list[str]:
    found = birthdays(elder, date(year, 1, 1), date(year, 12, 31))
    return [f"{day:%m-%d}" for day in found]


@pytest.mark.parametrize(
    ("birthday", "year", "expected"),
    [
        ((11, 30), 2024, ["01-10", "12-30"]),
        ((11, 30), 2025, []),
        ((11, 30), 2027, ["01-07", "12-27"]),
        ((12, 5), 2027, ["01-12"]),
        ((12, 5), 2030, ["01-08", "12-29"]),
        ((12, 5), 2031, []),
        ((6, 10, True), 2025, ["08-03"]),
        ((6, 10, True), 2026, ["07-23"]),
        ((12, 30), 2026, ["02-16"]),
        ((4, 10, True), 2026, ["05-26"]),
    ],
)
def test_a_lunar_birthday_falls_on_the_day_the_family_keeps(birthday, year, expected):
    assert in_year(lunar_elder(*birthday), year) == expected


@pytest.mark.parametrize(
    ("year", "new_year"),
    [(2024, "02-10"), (2026, "02-17"), (2027, "02-06"), (2030, "02-03"), (2033, "01-31")],
)
def test_the_lunar_new_year_is_the_one_the_almanac_prints(year, new_year):
    assert f"{solar_date(LUNAR, year, 1, 1):%m-%d}" == new_year


@pytest.mark.parametrize("moon", [date(1933, 7, 23), date(1954, 11, 25), date(1978, 9, 3)])
def test_months_begin_at_the_new_moon_where_common_tables_are_wrong(moon):
    assert lunar_day_of(moon).day == 1


def test_a_birthday_on_29_february_is_kept_on_the_28th_in_a_common_year():
    elder = solar_elder(date(1940, 2, 29))
    assert in_year(elder, 2027) == ["02-28"]
    assert in_year(elder, 2028) == ["02-29"]


def test_a_solar_birth_date_can_be_kept_as_a_lunar_birthday():
    elder = solar_elder(date(1941, 7, 28))
    elder.keeps_calendar = LUNAR
    assert lunar_birth(elder) == (6, 5, True)
    assert in_year(elder, 2025) == ["07-29"]


def test_a_lunar_birth_date_can_be_kept_as_a_solar_birthday():
    elder = lunar_elder(6, 5, leap=True)
    elder.born_on = solar_date(LUNAR, 1941, 6, 5, leap=True)
    elder.keeps_calendar = SOLAR
    assert in_year(elder, 2027) == ["07-28"]


def test_without_a_birth_date_there_is_no_birthday():
    for calendar in (SOLAR, LUNAR):
        elder = Elder(code="E1", name="王英", unit_id=uuid4(), keeps_calendar=calendar)
        assert in_year(elder, 2026) == []


def test_nobody_has_a_birthday_before_being_born():
    elder = solar_elder(date(1940, 3, 5))
    assert birthdays(elder, date(1938, 1, 1), date(1942, 1, 1)) == [date(1941, 3, 5)]


@pytest.mark.parametrize(
    ("given_date", "reason", "days"),
    [
        ((LUNAR, 1941, 5, 5, True), "no_leap_month", 0),
        ((LUNAR, 2025, 6, 30, True), "short_month", 29),
        ((LUNAR, 1941, 6, 31), "no_day", 0),
        ((LUNAR, 1941, 13, 1), "no_month", 0),
        ((SOLAR, 1941, 2, 29), "short_month", 28),
        ((SOLAR, 1941, 4, 31), "short_month", 30),
        ((SOLAR, 1941, 4, 32), "no_day", 0),
        ((SOLAR, 41, 4, 1), "year_range", 0),
    ],
)
def test_a_day_that_does_not_exist_is_refused_with_the_reason(given_date, reason, days):
    with pytest.raises(NoSuchDay) as refused:
        solar_date(*given_date)
    assert (refused.value.reason, refused.value.days) == (reason, days)


@given(DAYS)
def test_a_day_turned_lunar_and_back_is_the_same_day(day):
    lunar = lunar_day_of(day)
    assert solar_date(LUNAR, *lunar) == day


@given(DAYS, st.integers(2020, 2040))
def test_a_lunar_birthday_comes_once_per_lunar_year(born, year):
    _, month, day, leap = lunar_day_of(born)
    kept = birthdays(lunar_elder(month, day, leap), date(year, 1, 1), date(year + 2, 12, 31))
    assert 2 <= len(kept) <= 4
    gaps = [later - earlier for earlier, later in zip(kept, kept[1:], strict=False)]
    assert all(timedelta(353) <= gap <= timedelta(385) for gap in gaps)


def test_lunar_days_are_written_as_a_family_says_them():
    assert lunar_words(12, 5) == "腊月初五"
    assert lunar_words(6, 29, leap=True) == "闰六月廿九"
    assert [lunar_words(1, day)[2:] for day in (1, 10, 11, 20, 21, 30)] == [
        "初一", "初十", "十一", "二十", "廿一", "三十",
    ]  # fmt: skip
