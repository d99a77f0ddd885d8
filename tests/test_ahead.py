"""A batch reads ahead what its messages will ask, and writes late what they only add: whatever
people do, they see what they would see if each message came alone."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from sqlmodel import Session, select

from bot.receive import Receiver
from models import ahead
from models.audit import Audit
from models.card import KNOWN, Known
from tests.conftest import quick
from tests.conversation import MORNING, Person, Town, settle

PEOPLE = ("周明", "李娜", "王主任", "刘强")
LINES = (
    "/visit", "/visit E0001", "/visit E0002", "/visit E0003", "/visit E0004", "/visit 欧阳建国",
    "走访 高永昌 0 1 0 2 0 屋顶漏雨", "/visit E0002 00020 灯不亮", "/visit E0004 2 0 0 9 0", "/due", "/drafts",
    "/cases", "/case 1", "/case 2", "/brief 高永昌", "/history E0002", "/timeline E0001", "/fix",
    "/problem E0001", "/leave 3天", "/duty", "/why E0001", "屋顶漏雨", "0", "1", "2",
)  # fmt: skip
CODES = ("E0001", "E0002", "E0003", "E0004", "E0006")
ROUNDS, AT_ONCE = 40, 12


@pytest.fixture
def beside(migrated_file: Path, tmp_path: Path, town: Town) -> Iterator[Town]:
    """The same office again, in a database of its own."""
    engine = quick(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'beside.db')}")
    other = Town(engine, Receiver(engine, town.receiver.office))
    with Session(engine) as session:
        settle(session, other)
    yield other
    engine.dispose()


def labels(person: Person) -> list[str]:
    return [label for screen in person.news for label in screen.buttons]


def looks(person: Person) -> list[tuple[list[str], list[str]]]:
    """What came in, in an order of its own: what others cause may come before one's answer, and
    of two things of the same instant either may stand first."""
    found = [(sorted(one.text.split("\n")), sorted(one.buttons)) for one in person.look()]
    return sorted(found)


def planned(rng: Random, people: list[Person]) -> list[tuple[int, str]]:
    """Who says or taps what, by what they see now; some tap twice, or what is gone by then."""
    found = []
    for who in rng.choices(range(len(people)), (5, 5, 2, 2), k=rng.randrange(1, AT_ONCE)):
        there = labels(people[who])
        often = [label for label in there if "提交" in label] * 4
        tap = there and rng.random() < 0.8
        found.append((who, f"[{rng.choice(there + often)}]" if tap else rng.choice(LINES)))
        if "提交" in found[-1][1]:  # and at once to the next, who may be the same
            found += [(who, f"/visit {code}") for code in rng.sample(CODES, 3)]
    return found


def messages(people: list[Person], plan: list[tuple[int, str]], key: str) -> list:
    """As the networks hand them on, made before any of them is answered."""
    made = []
    for place, (who, line) in enumerate(plan):
        what = {"choice": people[who].find(line[1:-1])} if line[0] == "[" else {"text": line}
        made.append(people[who].said(key=f"{key}.{place}", **what))
    return made


@pytest.mark.parametrize("seed", range(3))
def test_a_batch_says_what_its_messages_would_say_alone(town, beside, seed):
    rng = Random(seed)
    here, there = ([one.person(name) for name in PEOPLE] for one in (town, beside))
    for round_ in range(ROUNDS):
        plan = planned(rng, here)
        town.receive(*messages(here, plan, str(round_)))
        for said in messages(there, plan, str(round_)):
            beside.receive(said)
        for one, other in zip(here, there, strict=True):
            assert looks(one) == looks(other), plan
        passed = rng.choice((1, 1, 30))
        town.wait(minutes=passed), beside.wait(minutes=passed)
    assert not town.failed()
    for name in set(town.elders):
        assert len(town.visits(name)) == len(beside.visits(name)), name


def test_whoever_looks_for_what_waits_finds_it(town):
    zhou, elder = town.staff["周明"], town.elders["高永昌"]
    with Session(town.database) as session:
        ahead.begin(session)
        line = ahead.new(Audit, at=MORNING, staff_id=zhou, elder_id=elder, action="brief")
        ahead.write(session, line)
        assert session.info[ahead.WAITING]
        assert [one.id for one in session.exec(select(Audit))] == [line.id]


def test_what_is_read_for_many_knows_what_waits_and_what_was_changed(town):
    elder, day = town.elders["高永昌"], MORNING.date()
    with Session(town.database) as session:
        ahead.begin(session)
        ahead.write(session, ahead.new(Known, elder_id=elder, item="family", asked_on=day))
        session.add(Known(elder_id=elder, item="health", asked_on=day))
        ahead.read(session, KNOWN, [elder])
        assert {row.item for row in ahead.of(session, KNOWN, elder)} == {"family", "health"}
