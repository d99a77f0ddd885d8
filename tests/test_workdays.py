"""Working days: announced, not yet announced, and as the office says."""

from datetime import date

import pytest
from sqlmodel import Session

from models.org import put_setting
from models.workdays import differing_days, is_known, is_workday, statutory, workdays


@pytest.mark.parametrize(
    ("day", "works"),
    [("2026-11-12", True), ("2026-11-14", False), ("2026-10-01", False), ("2026-02-17", False),
     ("2025-10-11", True)],
)  # fmt: skip
def test_holidays_and_make_up_days_of_announced_years(day, works):
    assert is_workday(date.fromisoformat(day)) is works


@pytest.mark.parametrize(
    ("day", "works"),
    [("2035-01-01", False), ("2035-02-07", False), ("2035-02-08", False), ("2035-04-05", False),
     ("2035-06-11", True), ("2035-09-16", False), ("2035-09-17", True), ("2035-10-03", False)],
)  # fmt: skip
def test_a_year_nobody_has_announced_does_not_stop_the_bot(day, works):
    assert not is_known(2035)
    assert is_workday(date.fromisoformat(day)) is works


def test_statutory_days_are_where_the_sun_and_the_moon_put_them():
    assert {
        date(2030, 2, 2),
        date(2030, 2, 3),
        date(2030, 4, 5),
        date(2030, 6, 5),
        date(2030, 9, 12),
    } <= statutory(2030)


def test_the_office_has_the_last_word(database):
    with Session(database) as session:
        put_setting(session, "workdays", {"2026-11-14": True, "2026-11-12": False})
        own = differing_days(session)
    assert workdays(date(2026, 11, 12), date(2026, 11, 15), own) == [
        date(2026, 11, 13),
        date(2026, 11, 14),
    ]
