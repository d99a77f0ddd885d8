"""What `test_figures` leaves: the figures of each liaison, the window before, those met in vain, the
evening's and the week's numbers, and the year, once more from raw rows."""

from collections import Counter, defaultdict
from datetime import date

import pytest
from sqlmodel import Session, select

from models import daybook
from models.agenda import office_policy
from models.org import Unit
from models.progress import Part, by_unit, total
from models.report import report
from models.trigger import Days
from tests.demo_county import TODAY
from tests.plain_county import DAY, half, half_before
from tests.raw_county import (
    FACE,
    count_visit,
    count_window,
    day,
    days_of,
    instant,
    on,
    utc,
    windows,
)


@pytest.fixture(scope="module")
def county(demo):
    """Everything of the county, a session, and its rule."""
    with Session(demo[0]) as session:
        yield session, frozenset(session.exec(select(Unit.id))), office_policy(session)


@pytest.fixture(scope="module")
def care(demo):
    """Assignments and leaves as the file holds them."""
    with demo[0].connect() as connection:
        return [
            [dict(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table}").mappings()]
            for table in ("assignment", "leave")
        ]


def carers(care, elder, today):
    """Who looked after an elder that day: own liaison, stand-in, else backup; and covers."""
    rows = [a for a in care[0] if a["elder_id"] == elder and holds(a, today)]
    absent = {
        one["staff_id"]: one for one in care[1] if one["ended_at"] is None and holds(one, today)
    }
    backups = {a["staff_id"] for a in rows if a["role"] == "backup"}
    found = {a["staff_id"] for a in rows if a["role"] == "cover"}
    for own in (a["staff_id"] for a in rows if a["role"] == "primary"):
        cover = absent[own]["cover_id"] if own in absent else own
        found |= {cover} if cover else backups
    return found


def holds(row, today):
    return day(row["from_on"]) <= today <= (day(row["until_on"]) or date.max)


def by_liaison(raw, care, days):
    found = defaultdict(Counter)
    for visit in raw.made(days):
        count_visit(found[visit["liaison_id"]], visit)
    for window, last in windows(days.first, days.last):
        for row in raw.active:
            count_elder(found, raw, care, row, window, last)
    return found


def count_elder(found, raw, care, row, window, last):
    """How an elder stood goes to who looked after them; whether in time, to who came first."""
    one = Counter()
    count_window(one, raw, row, window, last)
    timely = {name: one.pop(name) for name in ("rated", "in_time") if name in one}
    for staff in carers(care, row["id"], last):
        found[staff] += one
    if timely:
        inside = [v for v in raw.of[row["id"]] if v["outcome"] == "done"
                  and window[0] <= on(v) <= min(window[1], last)]  # fmt: skip
        first = min(inside, key=lambda v: v["mode"] not in FACE)
        found[first["liaison_id"]] += timely


def test_every_figure_of_each_liaison_is_what_the_rows_say(county, raw, care):
    session, units, policy = county
    days = days_of(2026, 10)
    found = report(session, units, days, TODAY, policy)
    expected = by_liaison(raw, care, days)
    assert {one.hex for one in found.by_staff} == {key for key, one in expected.items() if +one}
    for staff, figures in found.by_staff.items():
        said = vars(figures)
        assert {name: expected[staff.hex][name] for name in said} == said


def test_each_window_is_what_the_rows_say(county, raw):
    session, units, policy = county
    days = days_of(2026, 10)
    found = report(session, units, days, TODAY, policy, by_staff=False)
    for (window, last), figures in zip(windows(days.first, days.last), found.windows, strict=True):
        expected = Counter()
        for row in raw.active:
            count_window(expected, raw, row, window, last)
        for name in ("asked", "visited", "overdue", "suspended"):
            assert getattr(figures, name) == expected[name]


def test_a_year_at_once_is_the_sum_of_its_months(county):
    session, units, policy = county
    months = [days_of(2026, month) for month in range(1, TODAY.month + 1)]
    year = Days(months[0].first, months[-1].last, months[0].since, months[-1].until)
    one_by_one = Counter()
    for days in months:
        one_by_one.update(vars(report(session, units, days, TODAY, policy).whole))
    at_once = report(session, units, year, TODAY, policy, by_staff=False)
    assert vars(at_once.whole) == dict(one_by_one)


def test_the_window_before_and_who_was_not_met_are_what_the_rows_say(county, raw):
    session, units, policy = county
    said = total(by_unit(session, Part(units), TODAY, policy).values())
    people = {row["id"]: raw.person(row, TODAY) for row in raw.active}
    past = half_before(TODAY)
    assert said.past_done == sum(one.visited(past) for one in people.values())
    assert said.past == said.past_done + sum(one.missed(past) for one in people.values())
    vain = {
        v["elder_id"] for v in raw.visits
        if v["outcome"] in ("not_at_home", "no_answer", "refused", "wrong_address")
        and half(TODAY)[0] <= on(v) <= half(TODAY)[1]
    }  # fmt: skip
    assert said.unmet == sum(one in vain and people[one].open(TODAY) for one in people)


@pytest.mark.parametrize("length", [1, 7])
def test_the_numbers_of_the_evening_and_the_week_are_what_the_rows_say(county, raw, length):
    session, units, _policy = county
    first = TODAY - length * DAY
    last = TODAY - DAY
    said = daybook.visits(session, units, first, last)
    inside = [v for v in raw.visits if first <= on(v) <= last]
    done = [v for v in inside if v["outcome"] == "done"]
    assert said.visits == Counter(v["mode"] for v in done)
    assert said.in_vain == len(inside) - len(done)
    assert said.elders == len({v["elder_id"] for v in done})
    most = sorted(Counter(v["liaison_id"] for v in done).values(), reverse=True)
    assert [number for _name, number in said.by_staff] == most[: daybook.MOST]
    days = days_of(TODAY.year, TODAY.month)
    came = daybook.opened(session, units, days.since, days.until)
    assert came == Counter(
        one["severity"] for one in raw.cases
        if utc(days.since) <= utc(instant(one["opened_at"])) <= utc(days.until)
    )  # fmt: skip
