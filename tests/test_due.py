"""The windows of a month and the day suggested in them."""

from datetime import date, timedelta

import pytest

from models.due import next_suggested, window


@pytest.mark.parametrize(
    ("visited", "suggested"),
    [("2026-11-12", "2026-11-27"), ("2026-11-01", "2026-11-16"), ("2026-11-30", "2026-12-15"),
     ("2026-11-16", "2026-12-01"), ("2027-02-15", "2027-02-28"), ("2026-12-31", "2027-01-15")],
)  # fmt: skip
def test_the_next_visit_is_suggested_fifteen_days_on_inside_the_next_window(visited, suggested):
    assert next_suggested(date.fromisoformat(visited)) == date.fromisoformat(suggested)


def test_visits_on_the_suggested_day_make_two_a_month_for_twelve_years():
    day, months = date(2024, 1, 5), {}
    while day < date(2036, 1, 1):
        months[day.year, day.month] = months.get((day.year, day.month), 0) + 1
        following = next_suggested(day)
        assert timedelta(days=13) <= following - day <= timedelta(days=19)
        day = following
    assert set(months.values()) == {2}


def test_windows_cover_every_day_once():
    day = date(2026, 1, 1)
    while day < date(2029, 1, 1):
        one = window(day)
        assert one.holds(day)
        assert window(one.first) == window(one.last) == one
        day += timedelta(days=1)
