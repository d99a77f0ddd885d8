"""A fortnight of practice, morning by morning, on the real program, which is killed in between:
digests, lists and tables agree every day, and with the same days on paper."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
from sqlmodel import Session, col, select

from models.assignment import BACKUP, COVER, PRIMARY, Assignment
from models.database import connect
from models.elder import Absence, Elder, masked
from models.mailbox import Outgoing
from models.page import PageMessage
from models.schedule import Leave, Postponement
from models.staff import Chat, Staff
from models.visit import Visit
from models.workdays import is_workday
from tests.browser import Bot
from tests.outbox import PATIENCE
from tests.plain_county import Person, half

ZONE = ZoneInfo("Asia/Shanghai")
ZHOU, WANG = "seat-1", "seat-2"
HEAD = {"X-Liaison": "zh_CN"}
KEYS = count(10_000_000)
DAYS = 14
DEADLY = (2, 5, 9, 12)  # mornings on which the program dies under way
FAR = date(2999, 1, 1)


@dataclass
class Paper:
    """What the tables hold today, told by the plain rule of `tests.plain_county`."""

    day: date
    people: dict[str, Person] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    carers: dict[str, set[str]] = field(default_factory=dict)
    put_off: set[str] = field(default_factory=set)
    on_leave: set[str] = field(default_factory=set)

    def wanted(self, codes: set[str]) -> set[str]:
        people = ((code, self.people[code]) for code in codes)
        return {
            code for code, one in people if not one.is_dead(self.day) and not one.is_away(self.day)
        }

    def done(self, codes: set[str]) -> set[str]:
        return {code for code in self.wanted(codes) if self.people[code].visited(half(self.day))}

    def late(self, codes: set[str]) -> set[str]:
        return {code for code in codes - self.put_off if self.people[code].overdue(self.day)}

    def of(self, name: str) -> set[str]:
        return {code for code, carers in self.carers.items() if name in carers}


class Program:
    """`python -m bot run` with nothing configured, forked from an interpreter that has loaded
    everything, so that its deaths cost little."""

    def __init__(self, folder: Path) -> None:
        self.bot = Bot(folder)  # makes the county
        ours = {"LIAISON_DATA_DIR": str(folder), "LIAISON_HTTP": self.bot.http}
        self.order = {"env": ours, "log": str(folder / "log")}
        self.forks = subprocess.Popen(
            [sys.executable, str(Path(__file__).parent / "forkserver.py")], text=True, cwd=folder,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        self.pid = 0

    def ask(self, **order: object) -> int:
        assert self.forks.stdin
        assert self.forks.stdout
        self.forks.stdin.write(json.dumps(order) + "\n")
        self.forks.stdin.flush()
        return int(self.forks.stdout.readline())

    def start(self) -> None:
        self.pid = self.ask(**self.order)

    def kill(self) -> None:
        os.kill(self.pid, signal.SIGKILL)

    def end(self) -> None:
        os.kill(self.pid, signal.SIGTERM)
        self.ask(wait=self.pid)
        self.forks.communicate()


class Office:
    """The running program and the page's requests, repeated like the page does."""

    def __init__(self, folder: Path) -> None:
        self.program, self.deaths = Program(folder), 0
        self.engine = connect(f"sqlite:///{folder}/practice/practice.db")
        self.seen = Counter[str]()
        self.rows: list[list[str]] = []  # the buttons last seen
        self.client = httpx.Client(
            base_url=self.program.bot.address, headers=HEAD, trust_env=False, timeout=PATIENCE
        )
        self.program.start()
        self.until(self.answers)
        self.epoch = self.facts()["epoch"]

    def answers(self) -> bool:
        with suppress(httpx.TransportError):
            return self.client.get("api/page").is_success
        return False

    def ask(self, path: str, fatal: float | None = None, **fields: str) -> None:
        """Posts it; `fatal` seconds later the program dies. What was said is said again then."""
        if fatal is None:
            return self.post(path, fields)
        killer = threading.Timer(fatal, self.program.kill)
        killer.start()
        with suppress(httpx.TransportError):
            self.post(path, fields)
        killer.join()
        self.revive()
        if path != "api/morning":
            self.post(path, fields)
        return None

    def post(self, path: str, fields: dict[str, str]) -> None:
        """Again while the program is still starting."""

        def once() -> bool:
            said = self.client.post(path, data=fields or {"a": "b"})
            return said.status_code != 503 and said.raise_for_status().is_success

        self.until(once)

    def revive(self) -> None:
        self.program.ask(wait=self.program.pid)
        self.deaths += 1
        self.program.start()
        self.until(self.answers)

    def facts(self) -> dict[str, str]:
        return dict(self.client.get("api/page").raise_for_status().json())

    def today(self) -> date:
        return datetime.fromisoformat(self.facts()["now"]).astimezone(ZONE).date()

    def next_morning(self, fatal: float | None) -> date:
        before = self.today()
        self.ask("api/morning", fatal)
        if self.today() == before:
            self.ask("api/morning")
        return self.today()

    def say(self, seat: str, text: str = "", choice: str = "", fatal: float | None = None) -> str:
        key = f"key-{next(KEYS)}"
        fields = {"key": key, "text": text, "choice": choice, "epoch": self.epoch}
        self.ask(f"api/{seat}/say", fatal, **fields)
        return "\n".join(row.text for row in self.news(seat))

    def news(self, seat: str) -> list[Outgoing]:
        """What was written to this seat since the last look."""
        with Session(self.engine) as session:
            mine = select(Outgoing).join(Chat, col(Chat.id) == Outgoing.chat_id)
            mine = mine.where(Chat.address == seat, Outgoing.seq > self.seen[seat])
            found = list(session.exec(mine.order_by(col(Outgoing.seq))).all())
        self.seen[seat] = max([self.seen[seat], *(row.seq for row in found)])
        self.rows = [button for row in found for line in row.rows for button in line] or self.rows
        return found

    def tap(self, seat: str, label: str, fatal: float | None = None) -> str:
        code = next(code for name, code in self.rows if label in name)
        return self.say(seat, choice=code, fatal=fatal)

    def has(self, label: str) -> bool:
        return any(label in name for name, _code in self.rows)

    def paper(self) -> Paper:
        with Session(self.engine) as session:
            return on_paper(session, self.today())

    def digests(self, seat: str) -> list[PageMessage]:
        """The digests this seat shows."""
        with Session(self.engine) as session:
            shown = select(PageMessage).where(PageMessage.seat == seat, ~col(PageMessage.mine))
            found = session.exec(shown.order_by(col(PageMessage.id))).all()
        return [one for one in found if "早上好" in one.text]

    def until(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not true():
            assert time.monotonic() < deadline
            time.sleep(0.02)


def on_paper(session: Session, day: date) -> Paper:
    paper = Paper(day)
    names = {one.id: one.name for one in session.exec(select(Staff))}
    codes = {}
    for elder in session.exec(select(Elder)):
        gone = day if elder.state != "active" else None
        codes[elder.id] = elder.code
        paper.people[elder.code] = Person(elder.code, 0, elder.tier, elder.residence == "relocated",
                                          since=FAR, died=gone)  # fmt: skip
        paper.names[elder.code] = elder.name
    for one in session.exec(select(Absence)):
        paper.people[codes[one.elder_id]].away.append((one.from_on, one.until_on or FAR))
    visits = (
        select(Visit.elder_id, Visit.visited_on, Visit.mode)
        .where(Visit.state == "current", Visit.outcome == "done", Visit.mode != "proxy")
        .where(Visit.visited_on <= day)
        .order_by(col(Visit.visited_on))
    )
    for elder_id, on, mode in session.exec(visits):
        person = paper.people[codes[elder_id]]
        (person.called if mode in ("phone", "video") else person.seen).append(on)
    read_carers(session, paper, names, codes)
    waits = select(Postponement).where(
        Postponement.window_first == half(day)[0], Postponement.until_on > day
    )
    paper.put_off = {codes[one.elder_id] for one in session.exec(waits)}
    paper.put_off = paper.wanted(paper.put_off) - paper.done(paper.put_off)
    return paper


def read_carers(session: Session, paper: Paper, names: dict, codes: dict) -> None:
    day, pairs = paper.day, session.exec(select(Assignment)).all()
    for pair in pairs:
        person = paper.people[codes[pair.elder_id]]
        person.since = min(person.since, pair.from_on)
    leaves = {
        names[one.staff_id]: one.cover_id and names[one.cover_id]
        for one in session.exec(select(Leave).where(col(Leave.ended_at).is_(None)))
        if one.from_on <= day <= one.until_on
    }
    paper.on_leave = set(leaves)
    today = [one for one in pairs if one.from_on <= day <= (one.until_on or FAR)]
    owner = {one.elder_id: names[one.staff_id] for one in today if one.role == PRIMARY}
    for elder, code in codes.items():
        own = owner.get(elder, "")
        asked = {names[one.staff_id] for one in today if (one.elder_id, one.role) == (elder, COVER)}
        backups = {
            names[one.staff_id] for one in today if (one.elder_id, one.role) == (elder, BACKUP)
        }
        stand_in = {leaves[own]} if leaves.get(own) else backups
        paper.carers[code] = asked | (stand_in if own in leaves else {own})


# What is said, as numbers


def head(text: str) -> tuple[int, int, int]:
    found = re.search(r"应访 (\d+)，已访 (\d+)，逾期 (\d+)，停访", text)
    assert found, text
    return int(found[1]), int(found[2]), int(found[3])


def check_list(office: Office, paper: Paper) -> None:
    """/due of the liaison, and /why of whoever stands in it, against the tables."""
    mine = paper.of("周明")
    if "周明" in paper.on_leave:
        return
    said = office.say(ZHOU, "/due")
    late = paper.late(mine)
    assert head(said) == (len(paper.wanted(mine)), len(paper.done(mine)), len(late)), said
    red = re.findall(r"🔴 (\S+)", said)
    assert red == [] or set(red) <= {paper.names[code] for code in late}
    assert len(red) == min(len(late), 6)
    for code in sorted(late)[:2]:
        assert "🔴" in office.say(ZHOU, f"/why {code}")
    for code in sorted(paper.put_off & mine)[:2]:
        assert "⏸ 已改到" in office.say(ZHOU, f"/why {code}")


def check_digest(text: str, paper: Paper) -> None:
    mine = paper.of("周明")
    late = paper.late(mine)
    found = re.search(r"逾期 (\d+) 位", text)
    assert found, text
    assert int(found[1]) == len(late), (text, late)
    red = re.findall(r"🔴 (\S+)", text)
    assert len(red) == min(len(late), 6)
    assert set(red) <= {masked(paper.names[code]) for code in late}


def check_desk(text: str, paper: Paper) -> None:
    everybody = set(paper.people)
    found = re.search(r"应访 (\d+)，已访 (\d+)。", text)
    assert found, text
    sums = (len(paper.wanted(everybody)), len(paper.done(everybody)))
    assert (int(found[1]), int(found[2])) == sums, text
    told = {name: int(late) for name, late in re.findall(r"🔴 (\S+?)：逾期 (\d+)", text)}
    there = {name for names in paper.carers.values() for name in names if name} - paper.on_leave
    counts = {name: len(paper.late(paper.of(name))) for name in there}
    assert told == {name: late for name, late in counts.items() if late}
    put_off = re.search(r"已改期：(\d+) 位", text)
    assert (int(put_off[1]) if put_off else 0) == len(paper.put_off)


# What people do


def visit(office: Office, code: str, fatal: float | None = None) -> None:
    office.say(ZHOU, f"走访 {code} 00000")
    for _question in range(6):  # what was left open last time is asked about first
        if office.has("提交"):
            break
        office.say(ZHOU, choice=next(c for _name, c in office.rows if ".a:" in c))
    office.tap(ZHOU, "提交", fatal)


def put_off(office: Office, code: str) -> None:
    office.say(ZHOU, f"/later {code}")
    office.tap(ZHOU, "改天")
    if any(re.search(r"a:\d{4}-", code) for _name, code in office.rows):
        office.say(ZHOU, choice=next(c for _name, c in office.rows if re.search(r"a:\d{4}-", c)))
        office.tap(ZHOU, "没空")
        office.tap(ZHOU, "确认")
    else:
        office.tap(ZHOU, "上一步")  # the window ends today: no day is left


def take_leave(office: Office, paper: Paper) -> None:
    others = {name for names in paper.carers.values() for name in names} - {"周明", ""}
    office.say(ZHOU, f"/leave 3天 {min(others)}")
    office.tap(ZHOU, "确认")


def live(office: Office, number: int, paper: Paper, rng: random.Random) -> None:
    """A morning's work of the liaison: two visits, one put off; once a leave."""
    if "周明" in paper.on_leave:
        return
    mine = paper.of("周明")
    open_ = sorted(paper.wanted(mine) - paper.done(mine) - paper.put_off)
    for code in open_[:2]:
        visit(office, code, rng.random() / 10 if number in DEADLY else None)
    if len(open_) > 2 and number % 3 == 0:
        put_off(office, open_[2])
    if number == 6:
        take_leave(office, paper)


def test_for_a_fortnight_digests_lists_and_tables_agree_whatever_is_killed(tmp_path: Path) -> None:
    office, rng = Office(tmp_path), random.Random(4)
    expected = Counter[str]()
    try:
        for number in range(1, DAYS + 1):
            day = office.next_morning(rng.random() / 5 if number in DEADLY else None)
            paper = office.paper()
            works = is_workday(day)
            expected[WANG] += works
            expected[ZHOU] += works and "周明" not in paper.on_leave
            for seat, check in ((ZHOU, check_digest), (WANG, check_desk)):
                office.until(lambda seat=seat: len(office.digests(seat)) == expected[seat])
                if works and not (seat == ZHOU and "周明" in paper.on_leave):
                    check(office.digests(seat)[-1].text, paper)
                office.news(seat)
            check_list(office, paper)
            live(office, number, paper, rng)
            check_list(office, office.paper())
        assert office.deaths >= len(DEADLY)
    finally:
        office.program.end()
        office.client.close()
        office.engine.dispose()
    with Session(office.engine) as session:
        waiting = session.exec(
            select(Outgoing).where(Outgoing.state != "sent", Outgoing.kind == "digest")
        )
        assert [row.problem for row in waiting] == []
        logged = session.exec(select(Visit.elder_id).where(col(Visit.draft_tag).is_not(None))).all()
        assert len(logged) >= DAYS
