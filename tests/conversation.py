"""A small office and people who talk to it: every line goes through the real receiver, in a
transaction and session of its own, as after a restart."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, inspect
from sqlmodel import Session, SQLModel, col, select

from bot.papers import Desk
from bot.receive import Received, Receiver
from handlers import nudge
from handlers.talk import Attachment, Incoming
from handlers.turn import Office
from models.assignment import BACKUP, PRIMARY, Assignment
from models.elder import Elder
from models.mailbox import Outgoing, Seen
from models.org import Unit
from models.pinyin import sound
from models.staff import Chat, Staff
from models.visit import CURRENT, Visit

ZONE = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 11, 12, 1, 0, tzinfo=UTC)  # 09:00 in the office
EIGHT = datetime(2026, 11, 12, 0, 0, tzinfo=UTC)  # 08:00 in the office, a Thursday
KEYS = count(1)


@cache
def heard(name: str) -> str:
    return sound(name)[0]


@dataclass
class Town:
    """The office under test: its database, its clock, its people by name."""

    database: Engine
    receiver: Receiver
    now: datetime = MORNING
    staff: dict[str, UUID] = field(default_factory=dict)
    elders: dict[str, UUID] = field(default_factory=dict)

    def wait(self, **span: float) -> None:
        self.now += timedelta(**span)

    def receive(self, *said: Incoming) -> Received:
        received = self.receiver.receive(list(said), self.now)
        if received.orders:
            self.make_papers()
        return received

    def make_papers(self) -> None:
        """What was ordered, as the program makes it."""
        desk = Desk(self.database, self.receiver.office)
        while taken := desk.take(self.now):
            desk.hand_in(taken, desk.make(taken, self.now), self.now)

    def rows(self, table: type[SQLModel], **where: object) -> list:
        """In the order they were made in: their keys are made of the moment."""
        with Session(self.database) as session:
            statement = select(table).filter_by(**where).order_by(*inspect(table).primary_key)
            return list(session.exec(statement).all())

    def change(self, row: SQLModel) -> None:
        with Session(self.database) as session:
            session.merge(row)
            session.commit()

    def visits(self, name: str) -> list[Visit]:
        """The visits and attempts in force of one elder, the oldest first."""
        found = self.rows(Visit, elder_id=self.elders[name], state=CURRENT)
        return sorted(found, key=lambda visit: visit.visited_at)

    def failed(self) -> list[str]:
        """The codes of the messages that drew an apology."""
        return [row.error for row in self.rows(Seen) if row.error]

    def hire(self, name: str, role: str = "duty", place: str = "望岚县", group: str = "") -> None:
        """One more of the staff, who has not joined yet."""
        (unit,) = self.rows(Unit, name=place)
        code, phone = f"S{len(self.rows(Staff)) + 1:02d}", "+86 000 0000 0199"
        staff = Staff(
            code=code, name=name, role=role, unit_id=unit.id, service_group=group, phone=phone
        )
        self.staff[name] = staff.id
        self.change(staff)

    def person(self, name: str, network: str = "web", address: str = "") -> "Person":
        """Somebody who has joined already."""
        address = address or name
        with Session(self.database) as session:
            chat = Chat(network=network, address=address, staff_id=self.staff[name])
            session.add(chat)
            session.commit()
        return Person(self, network, address)

    def stranger(self, address: str, network: str = "web") -> "Person":
        return Person(self, network, address)


@dataclass
class Screen:
    """One message as its reader sees it."""

    text: str
    buttons: dict[str, str]
    rows: list[list[str]]
    image: bytes | None = None
    card: str = ""


@dataclass
class Person:
    """One chat. `talk` alternates what is said with what must be seen in the answer."""

    town: Town
    network: str
    address: str
    toast: str = ""
    seen: int = 0
    news: list[Screen] = field(default_factory=list)

    @property
    def screen(self) -> Screen:
        return self.news[-1]

    @property
    def text(self) -> str:
        return "\n".join(one.text for one in self.news)

    def say(self, text: str = "", **more: object) -> "Person":
        """Types a line; `[label]`, or `[its beginning`, presses a button of the last message."""
        if text.startswith("["):
            return self.tap(text[1:].removesuffix("]"))
        return self.send(text=text, **more)

    def tap(self, label: str) -> "Person":
        return self.press(self.find(label))

    def find(self, label: str) -> str:
        """The code of the button whose label begins with or holds these words."""
        for screen in reversed(self.news):
            near = [code for name, code in screen.buttons.items() if label in name]
            exact = [c for name, c in screen.buttons.items() if label in (name, name[2:])]
            if near:
                return (exact or near)[0]
        raise AssertionError(f"no button {label!r} under {self.news}")

    def press(self, code: str) -> "Person":
        return self.send(choice=code, press=f"press-{next(KEYS)}")

    def photo(self, data: bytes, name: str = "photo.jpg", text: str = "") -> "Person":
        return self.send(text=text, attachments=(Attachment(name, "image/jpeg", data),))

    def send(self, key: str = "", **what: object) -> "Person":
        received = self.town.receive(self.said(key=key, **what))
        self.toast = plain(next((text for _press, text in received.toasts), ""))
        self.look()
        return self

    def said(self, text: str = "", key: str = "", **more: object) -> Incoming:
        """What the network hands on when this is said."""
        return Incoming(self.network, self.address, key or str(next(KEYS)), text=text, **more)

    def look(self) -> list[Screen]:
        """Reads what has come in since the last look."""
        fresh = self._rows()
        self.seen = max([self.seen, *(row.seq for row in fresh)])
        self.news = [shown(row) for row in fresh]
        return self.news

    def _rows(self) -> list[Outgoing]:
        with Session(self.town.database) as session:
            statement = (
                select(Outgoing)
                .join(Chat, col(Chat.id) == Outgoing.chat_id)
                .where(Chat.network == self.network, Chat.address == self.address)
                .where(col(Outgoing.seq) > self.seen)
                .order_by(col(Outgoing.seq))
            )
            return list(session.exec(statement).all())

    def talk(self, *lines: str) -> "Person":
        for line, expected in zip(lines[::2], lines[1::2], strict=True):
            self.say(line)
            assert self.news, f"{line!r}: no answer"
            assert expected in self.text, f"{line!r}: {expected!r} not in\n{self.text}"
        return self


def shown(row: Outgoing) -> Screen:
    buttons = {plain(label): code for line in row.rows for label, code in line}
    labels = [[plain(label) for label, _code in line] for line in row.rows]
    return Screen(plain(row.text), buttons, labels, row.file_data, row.card)


def plain(text: str) -> str:
    """Chinese punctuation as it is typed in the tests: half as wide, and of the same meaning."""
    return text.translate(NARROW)


NARROW = str.maketrans("，：；？！（）", ",:;?!()")


def at_once(*work: Callable[[], object]) -> list[BaseException]:
    """Starts all of it at one moment, each in a thread; gives what was raised there."""
    start, raised = threading.Barrier(len(work)), []

    def one(task: Callable[[], object]) -> None:
        start.wait()
        try:
            task()
        except BaseException as problem:  # in a thread nobody else would see it
            raised.append(problem)

    threads = [threading.Thread(target=one, args=(task,)) for task in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def say_all(session: Session, office: Office, now: datetime) -> int:
    """Writes what the bot has to say by itself; the number of new rows."""
    return sum(nudge.say(kind, office, now, session) for kind in nudge.KINDS)


def sweep(town: Town, at: datetime | None = None) -> int:
    """The bot's round of what it says by itself, now or at this later instant."""
    town.now = at or town.now
    with Session(town.database) as session:
        count = say_all(session, town.receiver.office, town.now)
        session.commit()
        return count


def promises_a_washer(liaison: Person, visit: str = "走访 高永昌 00000") -> None:
    """At this visit the elder is promised a new washer for the tap."""
    liaison.talk(
        visit, "核对", "[＋ 答应的事]", "答应了老人什么", "换水龙头垫圈", "核对", "[提交]", "已记下"
    )


ELDERS = (  # name, pinyin, initials, born, village, tier, liaison
    ("高永昌", "gaoyongchang", "gyc", date(1945, 1, 18), "柳泉村", "B", "周明"),
    ("李秀英", "lixiuying", "lxy", date(1947, 3, 2), "石沟村", "A", "周明"),
    ("李秀英", "lixiuying", "lxy", date(1942, 6, 9), "柳泉村", "B", "周明"),
    ("王德胜", "wangdesheng", "wds", date(1936, 8, 1), "石沟村", "C", "周明"),
    ("廖玉珍", "liaoyuzhen", "lyz", date(1949, 2, 11), "石沟村", "A", "周明"),
    ("欧阳建国", "ouyangjianguo", "oyjg", date(1950, 10, 1), "沙河村", "A", "李娜"),
)
STAFF = (("周明", "liaison", "岚桥镇"), ("李娜", "liaison", "沙河镇"), ("王主任", "coordinator", "望岚县"),
         ("刘强", "duty", "望岚县"))  # fmt: skip
UNITS = (("望岚县", "county", ""), ("岚桥镇", "town", "望岚县"), ("沙河镇", "town", "望岚县"),
         ("柳泉村", "village", "岚桥镇"), ("石沟村", "village", "岚桥镇"),
         ("沙河村", "village", "沙河镇"))  # fmt: skip


def settle(session: Session, town: Town) -> None:
    """Writes the office: 3 villages, 4 staff, 6 elders; 李娜 stands in for 周明 and he for her."""
    units: dict[str, Unit] = {}
    for name, kind, above in UNITS:
        parent = units[above].id if above else None
        units[name] = Unit(name=name, kind=kind, parent_id=parent, pinyin=heard(name))
    session.add_all(units.values())
    session.flush()
    for number, (name, role, place) in enumerate(STAFF, start=1):
        staff = Staff(
            code=f"S{number:02d}", name=name, role=role, unit_id=units[place].id,
            pinyin=heard(name),
            service_group="housekeeping" if role == "duty" else "",
            phone=f"+86 000 0000 01{number:02d}",
        )  # fmt: skip
        session.add(staff)
        town.staff[name] = staff.id
    session.flush()
    pairs = []
    for number, (name, pinyin, initials, born, village, tier, liaison) in enumerate(ELDERS, 1):
        elder = Elder(
            code=f"E{number:04d}", name=name, pinyin=pinyin, initials=initials, sex="m",
            born_on=born, birth_year=born.year, birth_month=born.month, birth_day=born.day,
            unit_id=units[village].id, tier=tier, phone=f"+86 000 0000 000{number}",
        )  # fmt: skip
        session.add(elder)
        town.elders.setdefault(name, elder.id)
        town.elders[f"{name} {village}"] = elder.id
        other = "李娜" if liaison == "周明" else "周明"
        pairs += [(elder.id, liaison, PRIMARY), (elder.id, other, BACKUP)]
    session.flush()
    for elder_id, name, role in pairs:
        of = {"elder_id": elder_id, "staff_id": town.staff[name]}
        session.add(Assignment(**of, role=role, from_on=date(2025, 1, 1)))
    session.commit()


@pytest.fixture
def town(database: Engine) -> Town:
    office = Office(zone=ZONE, links={"telegram": "https://t.me/liaison_test_bot?start={code}"})
    here = Town(database, Receiver(database, office))
    with Session(database) as session:
        settle(session, here)
    return here


@pytest.fixture
def zhou(town: Town) -> Person:
    """周明, the liaison of 岚桥镇, on a network the office hosts."""
    return town.person("周明")


@pytest.fixture
def li(town: Town) -> Person:
    """李娜, liaison of another town."""
    return town.person("李娜")


@pytest.fixture
def liu(town: Town) -> Person:
    """刘强, duty officer of the housekeeping group."""
    return town.person("刘强")


@pytest.fixture
def wang(town: Town) -> Person:
    """王主任, the coordinator of the county."""
    return town.person("王主任")
