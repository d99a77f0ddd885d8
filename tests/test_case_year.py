"""A year of random concerns: at its end every case is closed, or overdue and shown.

People report by visit, by /problem and by letter, answer late, refuse, refer and forget; duty
officers cannot be reached, the bot is down, visits are moved and voided. The seeds are fixed.
"""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from sqlmodel import Session, col, func, select
from structlog.testing import capture_logs

from handlers.case_card import phase_of
from handlers.concern_words import GROUP_NAMES
from handlers.escalate import ALARMING
from models import case_query
from models.case import (
    CLOSED,
    EMERGENCY,
    ENDED,
    NO_CONTACT,
    NOBODY,
    URGENT,
    WITHDRAWN,
    Case,
    CaseEvent,
    CaseNotice,
    CaseStep,
)
from models.case import WAITING as UNDER_WAY
from models.mailbox import WAITING, Outgoing, Seen
from models.staff import Staff
from models.visit import Visit
from models.workdays import is_workday
from tests.case_office import send, sweep
from tests.conversation import sweep as digests

FIRST = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)  # 08:00
YEAR, QUIET = timedelta(days=365), timedelta(days=40)
LIAISONS = {"周明": ("高永昌", "王德胜", "廖玉珍"), "李娜": ("欧阳建国",)}
OFFICERS = {
    "赵磊": "legal",
    "陈芳": "medical",
    "孙丽": "comfort",
    "马涛": "emergency",
    "李强": "housekeeping",
}
VISITS = ("00020 漏雨", "00400 手上有伤", "03000 胸闷", "20000 老伴不在了", "00003 没人做饭", "00000",
          "00000", "00010 门坏了", "家中无人")  # fmt: skip
PROBLEMS = (
    "停水了",
    "水龙头漏水",
    "没人做饭",
    "工资卡被儿子拿着",
    "摔了一跤",
    "报销医药费",
    "煤气味",
    "生活困难",
)
WORDS = {"resolve": ("好了", "unwanted"), "return": ("人手不够", "no_answer"), "close": ("mended",), "reopen": ("没好",),
         "withdraw": ("误报",), "note": ("看过",), "date": ("1", "3"), "raise": ("1", "2", "3", "4"),
         "wish": ("quiet",), "refer": tuple(GROUP_NAMES)}  # fmt: skip
LIKELY = ("ack", "ack", "work", "work", "resolve", "resolve", "close", "close")  # as well as any


class Year:
    """The office with its people, and chance."""

    def __init__(self, town, seed: int) -> None:
        self.town, self.chance = town, Random(seed)
        for name, group in OFFICERS.items():
            town.hire(name, group=group)
        town.hire("赵建军", role="leader")
        self.people = {name: town.person(name) for name in
                       ("周明", "李娜", "王主任", "刘强", *OFFICERS, "赵建军")}  # fmt: skip
        self.forgotten: set[int] = set()  # cases nobody ever does anything about
        town.now = FIRST

    def live(self, until: datetime) -> None:
        self.people["周明"].say("走访 王德胜 家中无人")
        self.finish(self.people["周明"])
        while self.town.now < until:
            self.until(self.town.now + timedelta(hours=self.chance.uniform(12, 60)))
            if self.chance.random() < 0.09:
                self.report()
            self.work()
            if self.chance.random() < 0.04:
                self.mend()
            if self.chance.random() < 0.03:
                self.town.wait(hours=6)  # the bot is down

    # Time

    def until(self, at: datetime) -> None:
        fails = self.chance.sample(
            [*OFFICERS, "刘强", "王主任"], self.chance.choice((0, 0, 0, 1, 3))
        )
        while self.town.now < at:
            self.town.now = min(at, max(self.next(), self.town.now + timedelta(minutes=1)))
            sweep(self.town)
            send(self.town, fails)
            if fails:
                sweep(self.town)  # whom nothing reached
                send(self.town)

    def next(self) -> datetime:
        """When something may be due."""
        with Session(self.town.database) as session:
            step = session.exec(select(func.min(Case.next_at))).one()
            held = select(func.min(Outgoing.not_before)).where(Outgoing.state == WAITING)
            sought = select(func.min(Visit.seek_at)).where(col(Visit.seek_at) > self.town.now)
            found = (step, session.exec(held).one(), session.exec(sought).one())
            coming = [at for at in found if at]
        return min(coming, default=self.town.now + timedelta(days=9))

    # What people do

    def nobody_opens(self) -> None:
        """Once at each door: chance alone may leave out those who are then looked for."""
        for name, elders in LIAISONS.items():
            for elder in elders:
                self.people[name].say(f"走访 {elder} 家中无人")
                self.finish(self.people[name])

    def report(self) -> None:
        name = self.chance.choice([*LIAISONS, "王主任"])
        who = self.people[name]
        elder = self.chance.choice(LIAISONS.get(name, LIAISONS["周明"]))
        if name in LIAISONS and self.chance.random() < 0.6:
            who.say(f"走访 {elder} {self.chance.choice(VISITS)}")
        else:
            who.say(f"上报 {elder} {self.chance.choice(PROBLEMS)}")
        self.finish(who)
        known = {one.number for one in self.town.rows(Case)}
        if known and self.chance.random() < 0.15:
            self.forgotten.add(max(known))

    def finish(self, who) -> None:
        """Answers what is asked until the card is sent."""
        for _question in range(12):
            labels = [label for row in who.screen.rows for label in row]
            send_ = [one for one in labels if one.startswith("✅") or "马上上报" in one]
            if not labels or "已通知" in who.text or "已记下" in who.text:
                return
            who.tap(send_[0] if send_ else self.chance.choice(labels[:2]))

    def work(self) -> None:
        """Some of what may be done to some cases is done by some who may."""
        with Session(self.town.database) as session:
            running = select(Case.number).where(col(Case.late_at).is_not(None))
            numbers = session.exec(running.order_by(Case.number)).all()
        for number in numbers:
            if number in self.forgotten or self.chance.random() > 0.35:
                continue
            name = self.chance.choice(list(self.people))
            may = self.allowed(name, number)
            liked = [one for one in self.chance.sample(LIKELY, 4) if one in may] or may
            if liked:
                action = self.chance.choice(liked)
                words = self.chance.choice(WORDS.get(action, ("",)))
                self.people[name].say(f"/case {number} {action} {words}".strip())

    def allowed(self, name: str, number: int) -> list[str]:
        with Session(self.town.database) as session:
            case, elder = case_query.by_number(session, number)
            staff = session.get_one(Staff, self.town.staff[name])
            is_ = case_query.standing(session, staff, case, elder, self.town.now.date())
            return [one.action for one in case_query.allowed(case, is_, staff)]

    def mend(self) -> None:
        """The last visit was somebody else's, or none."""
        who = self.people["周明"]
        who.say("/fix")
        if who.screen.buttons:
            who.press(next(iter(who.screen.buttons.values())))
            who.tap(self.chance.choice(("选错人了", "整条作废")))
            for _question in range(4):
                if "✅" in who.text:
                    return
                labels = [label for row in who.screen.rows for label in row]
                who.tap(next((one for one in labels if "确认" in one), labels[0]))

    # The end

    def shown(self, name: str) -> dict[int, str]:
        """What /cases shows this person, page after page, by number."""
        who, found = self.people[name].say("/cases"), {}
        while True:
            for line in who.screen.text.split("\n")[1:]:
                number = next((word for word in line.split() if word.isdecimal()), "")
                found |= {int(number): line} if number else {}
            if "下一页 ›" not in who.screen.buttons:
                return found
            who.tap("下一页 ›")

    def digest(self, name: str) -> str:
        """What the morning says to this person."""
        self.people[name].look()
        day = self.town.now.date() + timedelta(days=1)
        while not is_workday(day, {}):
            day += timedelta(days=1)
        self.town.now = datetime(day.year, day.month, day.day, 0, 5, tzinfo=UTC)
        digests(self.town)
        return next(one.text for one in self.people[name].look() if "早上好" in one.text)


@pytest.mark.parametrize("seed", [1])
def test_after_a_year_every_case_is_closed_or_overdue_and_shown(town, seed):
    year = Year(town, seed)
    with capture_logs() as logs:
        year.nobody_opens()
        year.live(FIRST + YEAR)
        year.until(town.now + QUIET)
    assert not [one for one in logs if one["log_level"] == "error" and
                one["event"] != "case_reached_nobody"]  # fmt: skip
    assert not [row for row in town.rows(Seen) if row.error]
    cases = town.rows(Case)
    running = [one for one in cases if one.state not in ENDED]
    assert len(cases) > 12
    assert {CLOSED, WITHDRAWN} <= {one.state for one in cases}
    assert NO_CONTACT in {one.category for one in cases}
    assert {one.number for one in running} >= {one.number for one in cases
                                              if one.number in year.forgotten} - ended(cases)  # fmt: skip
    assert running
    assert all(one.late_at < town.now for one in running)
    shown = year.shown("王主任")
    assert set(shown) == {one.number for one in running}
    assert all(line.startswith("🔴") for line in shown.values())
    for name, group in OFFICERS.items():
        of_group = {one.number for one in running if group in (one.service_group, one.also_group)}
        assert of_group <= set(year.shown(name))
    assert f"🔴 逾期{len(running)}件" in year.digest("王主任")
    assert_told(town, cases)
    assert_delivered(town)


def ended(cases) -> set[int]:
    return {one.number for one in cases if one.state in ENDED}


def assert_told(town, cases):
    """Nothing ended silently, and what is grave was followed up by somebody else."""
    for case in cases:
        story = sorted(town.rows(CaseEvent, case_id=case.id), key=lambda one: one.place)
        assert [one.place for one in story] == list(range(1, len(story) + 1))
        assert story[-1].state == case.state
        if case.state == CLOSED and case.severity <= URGENT:
            closing = next(one for one in reversed(story) if one.state == CLOSED and
                           one.action in ("close", "reached"))  # fmt: skip
            if closing.action == "close":
                solving = next(one for one in reversed(story) if one.action == "resolve")
                assert closing.staff_id != solving.staff_id
            else:
                assert case.category == NO_CONTACT
        if case.severity == EMERGENCY and case.state not in ENDED:
            assert town.rows(CaseStep, case_id=case.id)


def assert_delivered(town):
    """Each step says of everybody who was told whether it arrived; one that reached nobody was an
    alarm of its own."""
    lines = defaultdict(list)
    for one in town.rows(CaseNotice):
        lines[one.step_id].append(one.state)
    steps = town.rows(CaseStep)
    alarmed = {(one.case_id, one.name) for one in steps if one.name.startswith("nobody:")}
    for step in steps:
        assert UNDER_WAY not in lines[step.id]
        assert step.outcome != UNDER_WAY
        if step.outcome == NOBODY and phase_of(step.name) in ALARMING:
            assert (step.case_id, f"nobody:{step.name}") in alarmed
