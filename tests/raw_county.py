"""The rows of the demo county as its file holds them, and what the figures of one visit, and of one
elder in one window, must be by them."""

from collections import defaultdict
from datetime import date, datetime, timedelta

import pytest

from models.trigger import Days
from tests.demo_county import TODAY, ZONE
from tests.plain_county import DAY, Person, half

FACE = ("in_person", "hospital")
ELDERS = """
SELECT elder.id, elder.code, elder.tier, elder.residence, elder.state, elder.ended_on,
       elder.party_member, elder.born_on, elder.keeps_calendar, elder.birth_calendar,
       elder.birth_month, elder.birth_day, elder.birth_leap, unit.parent_id AS town,
       (SELECT min(from_on) FROM assignment WHERE elder_id = elder.id) AS since
FROM elder JOIN unit ON unit.id = elder.unit_id
"""
VISITS = """
SELECT visit.*, unit.parent_id AS town FROM visit JOIN elder ON elder.id = visit.elder_id
JOIN unit ON unit.id = elder.unit_id WHERE visit.state = 'current' ORDER BY visited_at
"""
CASES = """
SELECT elder_case.*, unit.parent_id AS town FROM elder_case
JOIN elder ON elder.id = elder_case.elder_id JOIN unit ON unit.id = elder.unit_id
WHERE elder_case.state != 'withdrawn'
"""


class Raw:
    """The rows as the file holds them."""

    def __init__(self, engine):
        with engine.connect() as connection:

            def rows(statement):
                found = connection.exec_driver_sql(statement).mappings()
                return [dict(row) for row in found]

            self.elders, self.visits, self.cases = map(rows, (ELDERS, VISITS, CASES))
            self.absences = rows("SELECT * FROM absence")
            self.flags = rows("SELECT * FROM elder_flag")
        self.of = defaultdict(list)
        for one in self.visits:
            self.of[one["elder_id"]].append(one)
        self.active = [one for one in self.elders if one["state"] == "active"]

    def made(self, days):
        """The visits of those days, also in vain."""
        return [one for one in self.visits if days.first <= on(one) <= days.last]

    def person(self, row, until):
        """As the plain rule knows them on that day."""
        done = [v for v in self.of[row["id"]] if v["outcome"] == "done" and on(v) <= until]
        away = [
            (day(a["from_on"]), day(a["until_on"]) or date.max)
            for a in self.absences if a["elder_id"] == row["id"]
        ]  # fmt: skip
        return Person(
            row["code"], 0, row["tier"], row["residence"] == "relocated", day(row["since"]),
            None, away, [on(v) for v in done if v["mode"] in FACE],
            [on(v) for v in done if v["mode"] in ("phone", "video")],
        )  # fmt: skip


@pytest.fixture(scope="session")
def raw(demo):
    return Raw(demo[0])


def day(text):
    return date.fromisoformat(text) if text else None


def on(visit):
    return day(visit["visited_on"])


def instant(text):
    return datetime.fromisoformat(text)


def days_of(year, month):
    first = date(year, month, 1)
    after = date(year + month // 12, month % 12 + 1, 1)
    since, until = (datetime(d.year, d.month, d.day, tzinfo=ZONE) for d in (first, after))
    return Days(first, min(after - DAY, TODAY), since, until)


def windows(first, last):
    while first <= last:
        yield half(first), min(half(first)[1], last)
        first = half(first)[1] + DAY


def count_visit(found, one):
    if one["outcome"] != "done":
        found["in_vain"] += 1
        return
    seen = [one[name] for name in ("spirit", "health", "family_care", "lodging", "meals")]
    face = one["mode"] in FACE
    found["visits"] += 1
    found["in_person"] += face
    found["complete"] += face and all(word not in (None, "not_observed") for word in seen)
    found["all_well"] += all(word == "good" for word in seen)
    found["late"] += instant(one["logged_at"]) - instant(one["visited_at"]) > timedelta(days=1)


def count_window(found, raw, row, window, last):
    now = raw.person(row, last)
    if now.is_away(last):
        found["suspended"] += 1
        return
    found["asked"] += 1
    found["overdue"] += now.overdue(last)
    if not now.visited(window):
        return
    found["visited"] += 1
    inside = [v for v in raw.of[row["id"]] if v["outcome"] == "done"
              and window[0] <= on(v) <= min(window[1], last)]  # fmt: skip
    first = on(sorted(inside, key=lambda v: v["mode"] not in FACE)[0])
    wanted = raw.person(row, window[0]).suggested(window[0])
    found["rated"] += 1
    found["in_time"] += first <= wanted + 4 * DAY


def utc(at):
    """SQLite gives instants of UTC without saying so."""
    return (
        at.replace(tzinfo=None) if at.tzinfo is None else (at - at.utcoffset()).replace(tzinfo=None)
    )
