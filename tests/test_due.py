"""The windows of a month and the day suggested in them."""

import itertools
from collections import Counter
from datetime import date, timedelta
from random import Random

import pytest

from models.due import DEFAULT, Recent, next_suggested, satisfied, status, window


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


def lived(begin: date, years: int, late) -> list[date]:
    """The days of the visits when each is made `late()` days after the suggested one."""
    visits, planned = [], None
    for day in (begin + timedelta(days=n) for n in range(years * 366)):
        if day.year == begin.year + years:
            break
        said = status(Recent(visits=tuple((one, "in_person") for one in visits[-6:])), day)
        if said.state in ("satisfied", "not_yet"):
            planned = None
            continue
        planned = planned or min(day + timedelta(days=late()), said.window.last)
        if day >= planned:
            visits.append(day)
    return visits


def months(visits: list[date]) -> Counter:
    """Satisfied windows by month."""
    found = Counter()
    for n, day in enumerate(visits):
        recent = Recent(visits=tuple((one, "in_person") for one in visits[max(n - 4, 0) : n + 1]))
        found[day.year, day.month] += satisfied(window(day), recent.visits, recent, DEFAULT)
    return found


@pytest.mark.parametrize("begin", [date(2024, 1, n) for n in (1, 7, 14, 15)], ids=str)
def test_twelve_years_of_visits_on_the_suggested_day_are_two_a_month(begin):
    visits = lived(begin, 12, lambda: 0)
    assert months(visits) == {
        (year, month): 2 for year in range(2024, 2036) for month in range(1, 13)
    }
    assert gaps(visits) == {15, 16}


def gaps(visits: list[date]) -> set[int]:
    return {(later - day).days for day, later in itertools.pairwise(visits)}


def test_up_to_four_days_late_is_still_two_a_month_and_never_a_long_gap():
    """Gaps of 13 to 19 days."""
    rng = Random(1)
    visits = lived(date(2024, 1, 1), 12, lambda: rng.randrange(5))
    assert set(months(visits).values()) == {2}
    assert len(months(visits)) == 144
    assert min(gaps(visits)) == 13
    assert max(gaps(visits)) == 19
