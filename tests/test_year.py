"""A year of a county, morning by morning, against the same year on paper.

The full year runs on SQLite and its first weeks on PostgreSQL; the sweep is the real one, told
the time by the test.
"""

import re
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import chinese_calendar
import pytest
from sqlmodel import Session, col, delete, insert, select, update

from handlers.turn import Office
from models.assignment import Assignment
from models.due import DEFAULT
from models.due_query import due_rows
from models.elder import Absence, Elder
from models.mailbox import Outgoing
from models.org import Unit, put_setting
from models.schedule import Leave
from models.staff import Chat, Staff
from models.visit import Visit
from tests.conversation import say_all
from tests.plain_county import DAY, County, Person, half, half_before, settle

SHANGHAI = ZoneInfo("Asia/Shanghai")
START = date(2026, 1, 1)
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏"
LASTS = "永德秀桂建玉春保天月"  # surname and last character name one elder, even masked


def at(day: date, hour: int, minute: int = 0, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=zone).astimezone(UTC)


class Real:
    """The county of the paper in the real tables, and what its people are told."""

    def __init__(self, engine, county: County, zone: ZoneInfo = SHANGHAI):
        self.engine, self.county = engine, county
        self.office = Office(zone, locale="en")
        with Session(engine, expire_on_commit=False) as session:
            self._people(session)
            session.commit()

    def _people(self, session):
        unit = Unit(kind="county", name="Wanglan")
        session.add(unit)
        session.flush()
        self.staff = [
            Staff(code=f"S{one.number:03}", name=f"L{one.number}", unit_id=unit.id)
            for one in self.county.liaisons
        ]
        self.head = Staff(code="K1", name="Head", role="coordinator", unit_id=unit.id)
        session.add_all([*self.staff, self.head])
        session.flush()
        self.chats = {
            one.id: Chat(network="web", address=one.code, staff_id=one.id)
            for one in [*self.staff, self.head]
        }
        self.elders = [
            Elder(code=p.code, name=SURNAMES[n // 10] + "某" + LASTS[n % 10], unit_id=unit.id, tier=p.tier,
                  residence="relocated" if p.far else "local")
            for n, p in enumerate(self.county.people)
        ]  # fmt: skip
        session.add_all([*self.chats.values(), *self.elders])
        session.flush()
        for person, elder in zip(self.county.people, self.elders, strict=True):
            backup = self.county.backup_of(person.liaison)
            for role, number in (("primary", person.liaison), ("backup", backup)):
                session.add(
                    Assignment(
                        elder_id=elder.id,
                        staff_id=self.staff[number].id,
                        role=role,
                        from_on=person.since,
                    )
                )
            for first, last in person.away:
                session.add(Absence(elder_id=elder.id, kind="away", from_on=first, until_on=last))
        for one in self.county.liaisons:
            if one.leave:
                cover = None if one.cover is None else self.staff[one.cover].id
                session.add(Leave(staff_id=self.staff[one.number].id, cover_id=cover, from_on=one.leave[0],
                                  until_on=one.leave[1], made_by=self.head.id, made_at=at(START, 7)))  # fmt: skip
        self.ids = {p.code: e.id for p, e in zip(self.county.people, self.elders, strict=True)}
        self.masked = {
            SURNAMES[n // 10] + "*" + LASTS[n % 10]: p for n, p in enumerate(self.county.people)
        }
        self.who = {self.chats[one.id].id: n for n, one in enumerate(self.staff)}
        self.head_chat = self.chats[self.head.id].id
        self.chats_ids = {*self.who, self.head_chat}

    def dawn(self, day: date) -> None:
        """What happened since yesterday: deaths, chats lost and found."""
        with Session(self.engine) as session:
            dead = [self.ids[p.code] for p in self.county.people if p.died == day]
            session.exec(
                update(Elder).where(col(Elder.id).in_(dead)).values(state="deceased", ended_on=day)
            )
            for one in self.county.liaisons:
                if one.silent and day in (one.silent[0], one.silent[1] + DAY):
                    lost = at(day, 1) if day == one.silent[0] else None
                    mine = col(Chat.staff_id) == self.staff[one.number].id
                    session.exec(update(Chat).where(mine).values(unreachable_at=lost))
            session.commit()

    def sweep(self, moment: datetime) -> dict:
        """What was written, by chat; then it counts as sent, as on a good day."""
        with Session(self.engine) as session:
            written = say_all(session, self.office, moment)
            rows = session.exec(select(Outgoing).where(Outgoing.state == "waiting")).all()
            assert written == len(rows)
            found = {row.chat_id: (row.text, row.rows) for row in rows}
            assert len(found) == len(rows)
            session.exec(update(Outgoing).values(state="sent"))
            session.commit()
            return found

    def visit(self, day: date, done: list[tuple[Person, str, str]]) -> None:
        if not done:
            return
        rows = [
            dict.fromkeys(("root_id", "elder_id"), self.ids[person.code])
            | dict.fromkeys(
                ("liaison_id", "recorded_by"), self.staff[self.county.carer(person, day)].id
            )
            | dict.fromkeys(("visited_at", "logged_at"), at(day, 10))
            | {
                "present": [],
                "answers": {},
                "ref": f"{person.code}{day:%m%d}",
                "mode": mode,
                "outcome": outcome,
                "visited_on": day,
            }
            for person, mode, outcome in done
        ]
        with Session(self.engine) as session:
            session.connection().execute(insert(Visit), rows)
            session.commit()

    def states(self, day: date) -> dict[str, str]:
        with Session(self.engine) as session:
            codes = {elder: code for code, elder in self.ids.items()}
            return {
                codes[row.elder_id]: row.state for row in session.execute(due_rows(day, DEFAULT))
            }


def outings(county: County, day: date, told: dict[int, set[str]], rng: Random, plan: dict) -> list:
    """Who is visited today, and how. Each window each elder is on time, late, or forgotten."""
    found = []
    for person in county.people:
        if not person.open(day):
            continue
        first = half(day)[0]
        if (person.code, first) not in plan:
            plan[person.code, first] = rng.choices((0, rng.randrange(1, 5), None), (80, 14, 6))[0]
        late = plan[person.code, first]
        if late is None or person.since > day:
            continue
        carer = county.carer(person, day)
        if county.liaisons[carer].follows and late == 0:
            goes = person.code in told.get(carer, ()) or day == half(day)[1]
        else:
            goes = day >= person.suggested(day) + late * DAY
        if goes:
            found.append((person, rng.choices(("in_person", "phone", "proxy"), (90, 9, 1))[0],
                          rng.choices(("done", "no_answer"), (95, 5))[0]))  # fmt: skip
    return found


def note(done: list, day: date) -> None:
    for person, mode, outcome in done:
        if outcome == "done" and mode == "in_person":
            person.seen.append(day)
        if outcome == "done" and mode == "phone":
            person.called.append(day)


SUM = re.compile(r"Suggested today: (\d+) visits; overdue: (\d+)")
LINE = re.compile(r"^(🔴|🟡|📞) (\S+?),? ", re.MULTILINE)


@dataclass
class Morning:
    """What the paper says of a day."""

    day: date
    loads: dict[int, list[Person]]
    late: set[str]


def morning(county: County, day: date) -> Morning:
    late = {person.code for person in county.people if person.overdue(day)}
    return Morning(day, county.loads(day), late)


def check_digest(
    real: Real, number: int, text: str, rows: list, paper: Morning
) -> tuple[int, set[str]]:
    """The number suggested for today, and the codes on the buttons."""
    load = {one.code for one in paper.loads[number]}
    codes = {
        code.removeprefix("/visit ")
        for row in rows
        for _label, code in row
        if code.startswith("/visit ") and not code.endswith(" phone")
    }
    assert codes <= load
    today, overdue = map(int, SUM.search(text).groups())
    late = load & paper.late
    assert overdue == len(late), (paper.day, number, text, late)
    lines = [(mark, real.masked[name]) for mark, name in LINE.findall(text)]
    for mark, person in lines:
        assert person.code in load
        assert not person.is_dead(paper.day)
        assert not person.is_away(paper.day)
        assert mark == "📞" or person.open(paper.day)
        assert mark == "📞" or (person.code in late) == (mark == "🔴")
    assert len(late) > 6 or {person.code for mark, person in lines if mark == "🔴"} == late
    return today, codes


def check_head(text: str, paper: Morning) -> None:
    late = Counter(
        f"L{n}" for n, load in paper.loads.items() for one in load if one.code in paper.late
    )
    shown = {name: int(count) for name, count in re.findall(r"🔴 (L\d+): (\d+) overdue", text)}
    more = re.search(r"(\d+) liaisons more", text)
    assert len(shown) + (int(more[1]) if more else 0) == len(late), (paper.day, text, late)
    assert all(late[name] == count for name, count in shown.items())
    assert sorted(shown.values(), reverse=True) == sorted(late.values(), reverse=True)[:8]


def live(real: Real, days: int, seed: int = 7) -> Counter:
    """Day by day; gives what was counted."""
    county, rng, plan, total = real.county, Random(seed), {}, Counter()
    for day in (START + n * DAY for n in range(days)):
        real.dawn(day)
        check_window(real, day, total)
        told = check_morning(real, day, total)
        done = outings(county, day, told, rng, plan)
        real.visit(day, done)
        note(done, day)
    return total


def check_morning(real: Real, day: date, total: Counter) -> dict[int, set[str]]:
    """Each who is there gets one digest on a workday, and it is right; gives whom it named."""
    paper, works, told = morning(real.county, day), chinese_calendar.is_workday(day), {}
    digests = real.sweep(at(day, 8))
    assert works == (real.head_chat in digests)
    for chat, (text, rows) in digests.items():
        if chat == real.head_chat:
            check_head(text, paper)
            continue
        number = real.who[chat]
        today, told[number] = check_digest(real, number, text, rows, paper)
        total["digests"] += 1
        total["most"] = max(total["most"], today if real.county.liaisons[number].follows else 0)
    assert set(told) == {one.number for one in real.county.liaisons if works and one.hears(day)}
    assert day.day % 5 or real.sweep(at(day, 9)) == {}
    return told


def check_window(real: Real, day: date, total: Counter) -> None:
    """On a window's first day, before anybody goes: who was visited in the one that ended."""
    if day != half(day)[0] or day == START:
        return
    span = half_before(day)
    ended = real.states(span[1])
    new = real.states(day)
    for person in real.county.people:
        alive = not person.is_dead(day) and not person.is_away(span[1])
        assert (ended[person.code] == "satisfied") == (alive and person.visited(span)), (
            day,
            person,
        )
        assert (new[person.code] == "overdue") == person.overdue(day), (day, person)
        total["satisfied"] += ended[person.code] == "satisfied"
        total["missed"] += new[person.code] == "overdue"


def test_a_year_of_a_county_is_the_year_on_paper(database, kind):
    real = Real(database, settle(3, START, 365))
    total = live(real, 365 if kind == "sqlite" else 20)
    assert total["most"] < 10  # however many were put off, for whoever follows the digest
    if kind == "sqlite":
        assert total["satisfied"] > 5000
        assert total["missed"] > 300
        assert total["digests"] > 7000


def test_ten_elders_of_an_even_window_are_never_ten_on_one_day(sqlite_database):
    """Everybody was visited on one day of the window before; whoever follows the digest visits
    one or two a day."""
    county = County(
        [Person(f"E{n:04}", 0, since=START, seen=[date(2026, 3, 20)]) for n in range(10)], []
    )
    county.liaisons = settle(1, START, 100, liaisons=1, each=0).liaisons
    county.liaisons[0].leave = county.liaisons[0].silent = None
    real, sums = Real(sqlite_database, county), []
    real.visit(date(2026, 3, 20), [(one, "in_person", "done") for one in county.people])
    for day in (date(2026, 4, 1) + n * DAY for n in range(15)):
        told = check_morning(real, day, Counter())
        done = [(one, "in_person", "done") for one in county.people if one.code in told.get(0, ())]
        sums += [len(done)] if told else []
        real.visit(day, done)
        note(done, day)
    assert sum(sums) == 10
    assert max(sums) <= 2


CHANGES = [("Europe/Berlin", date(2026, 3, 29)), ("Europe/Berlin", date(2026, 10, 25)),
           ("America/New_York", date(2026, 3, 8)), ("America/New_York", date(2026, 11, 1)),
           ("Asia/Shanghai", date(2026, 3, 29))]  # fmt: skip


@pytest.fixture(params=["UTC", "Asia/Shanghai"])
def server_in(request, monkeypatch):
    """The clock of the server's own zone."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(("zone", "change"), CHANGES, ids=str)
def test_one_digest_a_day_at_eight_of_the_office_when_the_clock_changes(
    sqlite_database, server_in, zone, change
):
    real = Real(sqlite_database, settle(1, START, 300, liaisons=2, each=3), ZoneInfo(zone))
    first = change - DAY
    days = [first + n * DAY for n in range(4)]
    with Session(sqlite_database) as session:
        session.exec(delete(Leave))
        put_setting(session, "workdays", {day.isoformat(): True for day in days})
        session.commit()
    heard = []
    instant = at(first, 0, zone=real.office.zone)
    while instant < at(days[-1] + DAY, 0, zone=real.office.zone):
        for chat, (text, _rows) in real.sweep(instant).items():
            when = instant.astimezone(real.office.zone)
            heard += [(chat, when, text)] * (when.hour < 12)  # the evening has its own page
        instant += timedelta(hours=1)
    assert Counter(chat for chat, _when, _text in heard) == dict.fromkeys(real.chats_ids, len(days))
    for _chat, when, text in heard:
        assert (when.hour, when.minute) == (8, 0)
        assert f"{when:%b} {when.day} " in text
