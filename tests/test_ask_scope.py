"""A generated tree of offices: everybody asks everything about everybody, and nobody learns
anything of what lies outside their own branch."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from random import Random

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from bot.receive import Receiver
from handlers.turn import Office
from models.assignment import Assignment
from models.audit import Audit
from models.elder import Elder, ElderFlag
from models.org import Unit
from models.staff import COORDINATOR, LEADER, LIAISON, Staff
from tests.conversation import ZONE, Person, Town

ASKS = ("{}", "{} 还差谁", "{} 最近", "{} 未办结", "{} 图", "{} 逾期", "/status {}", "/brief {}")
GENERAL = ("/status", "独居 没去", "还差谁", "图", "未办结", "/status . vs", "/status . wg vn",
           "/status . vb", "/status . vp", "/status . wo vn", "/cases")  # fmt: skip
SIGNS = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥角亢氐房心尾箕斗牛女虚危室壁奎娄胃昴毕觜参井鬼柳星张翼轸"


@dataclass
class Tree:
    """`inside` gives what may be heard at a place: the names and codes of its branch."""

    town: Town
    people: dict[str, Person] = field(default_factory=dict)
    place: dict[str, Unit] = field(default_factory=dict)
    units: list[Unit] = field(default_factory=list)
    words: dict[object, set[str]] = field(default_factory=dict)

    def inside(self, unit: Unit) -> set[str]:
        below = [one for one in self.units if one.parent_id == unit.id]
        return self.words[unit.id].union(*(self.inside(one) for one in below))

    @property
    def every(self) -> set[str]:
        return set().union(*self.words.values())


@pytest.fixture
def tree(sqlite_database: Engine) -> Tree:
    town = Town(sqlite_database, Receiver(sqlite_database, Office(zone=ZONE)))
    grown, chance = Tree(town), Random(5)
    signs = list(SIGNS)
    chance.shuffle(signs)
    with Session(sqlite_database, expire_on_commit=False) as session:
        grow(session, grown, iter(signs))
        session.commit()
    for name in grown.place:
        grown.people[name] = town.person(name)
    return grown


def grow(session: Session, tree: Tree, signs: Iterator[str]) -> None:
    """A county of two towns with two villages each; at each place an officer, in each village a
    liaison and an elder of whom nobody else has a sign of the name."""
    county = settle(session, tree, None, "county", "望岚县")
    officer(session, tree, county, "云局长", LEADER)
    for _town in range(2):
        town = settle(session, tree, county, "town", f"{next(signs)}{next(signs)}镇")
        for _village in range(2):
            village = settle(session, tree, town, "village", f"{next(signs)}{next(signs)}村")
            inhabit(session, tree, village, signs)
    for number, unit in enumerate(tree.units):
        officer(session, tree, unit, f"王{'一二三四五六七八九十'[number]}", COORDINATOR)


def settle(session: Session, tree: Tree, above: Unit | None, kind: str, name: str) -> Unit:
    unit = Unit(kind=kind, name=name, parent_id=above.id if above else None)
    session.add(unit)
    session.flush()
    tree.units.append(unit)
    tree.words[unit.id] = {name}
    return unit


def officer(session: Session, tree: Tree, unit: Unit, name: str, role: str) -> Staff:
    code = f"S{len(tree.town.staff) + 1:03}"
    staff = Staff(code=code, name=name, role=role, unit_id=unit.id)
    session.add(staff)
    session.flush()
    tree.town.staff[name], tree.place[name] = staff.id, unit
    return staff


def inhabit(session: Session, tree: Tree, village: Unit, signs: Iterator[str]) -> None:
    number = len(tree.town.elders) + 1
    staff = officer(session, tree, village, f"{next(signs)}{next(signs)}", LIAISON)
    elder = Elder(code=f"E{number:04}", name=f"{next(signs)}{next(signs)}", unit_id=village.id,
                  born_on=date(1940, 1, number))  # fmt: skip
    session.add(elder)
    session.flush()
    tree.town.elders[elder.name] = elder.id
    session.add(ElderFlag(elder_id=elder.id, flag="lives_alone", since=date(2026, 1, 1)))
    pair = Assignment(elder_id=elder.id, staff_id=staff.id, from_on=date(2025, 1, 1))
    session.add(pair)
    tree.words[village.id] |= {staff.name, staff.code, elder.name, elder.code}


def heard(person: Person) -> str:
    buttons = [word for one in person.news for line in one.rows for word in line]
    pictures = [one.image.decode() for one in person.news if one.image]
    return "\n".join([person.text, *buttons, *pictures])


def askers(tree: Tree) -> Iterator[tuple[str, Person, set[str]]]:
    """Each with what must not be heard."""
    for name, person in tree.people.items():
        yield name, person, tree.every - tree.inside(tree.place[name])


def test_nobody_hears_of_anything_outside_the_branch(tree: Tree) -> None:
    chance = Random(7)
    for name, person, foreign in askers(tree):
        about = chance.sample(sorted(foreign), min(len(foreign), len(ASKS)))
        asked = [each.format(word) for each, word in zip(ASKS, about, strict=False)]
        for words in (*GENERAL, *asked):
            person.say(words)
            told = {word for word in foreign if word in heard(person) and word not in words}
            assert not told, f"{name} asked {words!r} and heard {told}"
    assert_looks_inside(tree)


def test_a_button_leads_nobody_out_of_the_branch(tree: Tree) -> None:
    codes, chance = set(), Random(7)
    for _name, person, _foreign in askers(tree):
        for words in ("/status", "还差谁", "/status . vs"):
            person.say(words)
            pressed = {code for one in person.news for code in one.buttons.values()}
            codes |= {code for code in pressed if code.startswith(("/status .", "/cases"))}
    for name, person, foreign in askers(tree):
        for code in chance.sample(sorted(codes), 12):
            person.press(code)
            told = {word for word in foreign if word in heard(person) and word not in code}
            assert not told, f"{name} pressed {code!r} and heard {told}"
    assert_looks_inside(tree)


def assert_looks_inside(tree: Tree) -> None:
    """Of every look that was written down the elder lives where the looker answers for."""
    elders = {one.id: one for one in tree.town.rows(Elder)}
    staff = {one.id: one for one in tree.town.rows(Staff)}
    looks = [one for one in tree.town.rows(Audit) if one.elder_id]
    assert looks
    for look in looks:
        looker, elder = staff[look.staff_id], elders[look.elder_id]
        assert elder.code in tree.inside(tree.place[looker.name])


def test_a_leader_hears_of_no_person_at_all(tree: Tree) -> None:
    leader = tree.people["云局长"]
    nobody = {word for unit in tree.units if unit.kind == "village" for word in tree.words[unit.id]}
    nobody -= {unit.name for unit in tree.units}
    for words in (*GENERAL, *(each.format(word) for word in sorted(nobody)[:2] for each in ASKS)):
        leader.say(words)
        told = {word for word in nobody if word in heard(leader) and word not in words}
        assert not told, f"asked {words!r} and heard {told}"
