"""Every number of the report and of /status counted once more from raw rows: by plain SQL and by
the due rule as `tests.plain_county` has it, for the demo county and each of its towns."""

from collections import Counter, defaultdict
from datetime import date
from functools import cache

import pytest
from lunar_python import LunarYear, Solar
from sqlmodel import Session, select

from models.agenda import office_policy
from models.org import Unit
from models.progress import Part, by_unit, total
from models.report import report
from models.report import total as summed
from tests.demo_county import TODAY
from tests.plain_county import DAY, half
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

MONTHS = ((2026, 2), (2026, 7), (2026, 10), (2026, 11))


def plainly(raw, days):
    """What the report must say of each town, and of the whole county (None)."""
    found = defaultdict(Counter)
    for visit in raw.made(days):
        count_visit(found[visit["town"]], visit)
    for window, last in windows(days.first, days.last):
        for row in raw.active:
            count_window(found[row["town"]], raw, row, window, last)
    for one in raw.cases:
        count_case(found[one["town"]], one, days)
    for town, kind, met in musts(raw, days):
        many = kind in ("festival", "weather")
        found[town] += {"triggers": 1, "triggers_met": int(met),
                        "for_many": int(many), "for_many_met": int(many and met)}  # fmt: skip
    return found | {None: sum(found.values(), Counter())}


def count_case(found, one, days):
    until = instant(one["resolve_until"])
    if utc(days.since) <= utc(until) < utc(days.until):
        found["cases"] += 1
        found["cases_met"] += bool(one["resolved_at"] and instant(one["resolved_at"]) <= until)


# What called for somebody: the days on which somebody must come, and whether one did


def musts(raw, days):
    """(town, kind, met) of each whose time is up, or that was met."""
    for row in raw.elders:
        for kind, first, last, after, call in asked_of(raw, row, days):
            met = any(meets(one, first, last, after, call) for one in raw.of[row["id"]])
            if met or last < TODAY:
                yield row["town"], kind, met


def meets(one, first, last, after, call):
    way = one["mode"] in FACE or (call and one["mode"] in ("phone", "video"))
    return (one["outcome"] == "done" and way and first <= on(one) <= last
            and (after is None or one["visited_at"] > after))  # fmt: skip


def asked_of(raw, row, days):
    far = row["residence"] == "relocated"
    for one in raw.of[row["id"]]:
        if one["outcome"] == "done" and days.first <= on(one) <= days.last:
            if one["health"] in ("serious", "emergency"):
                within = 1 if row["tier"] in "CD" else 2
                yield "illness", on(one), on(one) + within * DAY, one["visited_at"], far
            if one["spirit"] in ("concern", "serious", "emergency"):
                yield "mood", on(one), on(one) + 3 * DAY, one["visited_at"], far
    for one in raw.absences:
        if one["elder_id"] == row["id"] and one["kind"] == "hospital":
            began, home = day(one["from_on"]), (day(one["until_on"]) or date.max - DAY) + DAY
            if days.first <= began <= days.last:
                yield "hospital", began, began + DAY, None, far
            if days.first <= home <= days.last:
                yield "discharge", home, home + 7 * DAY, None, far
    yield from of_the_calendar(row, days, far)


def of_the_calendar(row, days, far):
    """On paper: lunar_python asked day by day, where the program asks by month and year."""
    born, ended = day(row["born_on"]), day(row["ended_on"])
    for n in range((days.last - days.first).days + 1):
        today = days.first + n * DAY
        if row["state"] != "active" and today >= ended:
            return
        years = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
        if keeps(row, born, today):
            grand = years >= 80 or years % 10 == 0
            yield "birthday", today - DAY, today + DAY, None, far or not grand
        moon = moon_of(today)
        if (moon[1:] == (1, 1) or (moon[1:] == (9, 9) and years >= 80)
                or ((today.month, today.day) == (7, 1) and row["party_member"])):  # fmt: skip
            yield "festival", today - 7 * DAY, today, None, far


@cache
def moon_of(today):
    """Lunar year, month (negative: a leap month) and day."""
    moon = Solar.fromYmd(today.year, today.month, today.day).getLunar()
    return moon.getYear(), moon.getMonth(), moon.getDay()


def keeps(row, born, today):
    if row["keeps_calendar"] != "lunar":
        short = today.month == 2 and today.day == 28 and (today + DAY).month == 3
        wanted = [(today.month, today.day), *([(2, 29)] if short else [])]
        return (born.month, born.day) in wanted
    year, there, number = moon_of(today)
    month, wanted, leap = birth(row, born)
    if leap and leap_month(year) == month:
        month = -month
    last = moon_of(today + DAY)[2] == 1
    return there == month and (number == wanted or (last and number == 29 and wanted == 30))


@cache
def leap_month(year):
    return LunarYear.fromYear(year).getLeapMonth()


def birth(row, born):
    if row["birth_calendar"] == "lunar":
        return row["birth_month"], row["birth_day"], row["birth_leap"]
    _year, month, number = moon_of(born)
    return abs(month), number, month < 0


@pytest.mark.parametrize(("year", "month"), MONTHS)
def test_every_figure_of_the_report_is_what_the_rows_say(demo, raw, year, month):
    days = days_of(year, month)
    with Session(demo[0]) as session:
        towns = session.exec(select(Unit).where(Unit.kind == "town")).all()
        units = {unit.id: unit for unit in session.exec(select(Unit))}
        found = report(session, set(units), days, TODAY, office_policy(session))
        counted = {None: found.whole}
        for town in towns:
            inside = [id_ for id_, unit in units.items() if town.id in (id_, unit.parent_id)]
            counted[town.id.hex] = sum_of(found, inside)
    expected = plainly(raw, days)
    for town, figures in counted.items():
        said = vars(figures)
        assert {name: expected[town][name] for name in said} == said, town
    assert {kind for _town, kind, _met in musts(raw, days)} == set(found.triggers)


def sum_of(found, inside):
    return summed(found.by_unit[unit] for unit in inside if unit in found.by_unit)


def test_status_is_what_the_rows_say(demo, raw):
    with Session(demo[0]) as session:
        units = frozenset(session.exec(select(Unit.id)))
        said = total(by_unit(session, Part(units), TODAY, office_policy(session)).values())
    people = [raw.person(row, TODAY) for row in raw.active]
    there = [one for one in people if not one.is_away(TODAY)]
    assert said.suspended == len(people) - len(there)
    assert said.satisfied == sum(one.visited(half(TODAY)) for one in there)
    assert said.overdue == sum(one.overdue(TODAY) for one in there)
    assert said.expected == len(there)
    open_ = [one for one in there if not one.visited(half(TODAY)) and not one.overdue(TODAY)]
    assert said.due == sum(one.suggested(TODAY) <= TODAY for one in open_)
