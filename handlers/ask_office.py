"""The words that are known: those of `ask_words`, and the names of the asker's own branch."""

from calendar import month_abbr, month_name
from collections.abc import Iterator
from typing import NamedTuple
from uuid import UUID

from handlers.ask_words import (
    FILLERS,
    LAST_MONTH,
    LATIN_BEFORE,
    LATIN_ENDS,
    PLACE_ENDS,
    STAFF_BEFORE,
    STAFF_BEHIND,
    THIS_MONTH,
    TOPICS,
    WHICH,
    WINDOWS,
)
from handlers.asked import short
from handlers.documents.roster_columns import FLAG_CHOICES
from handlers.turn import Turn
from models.elder import TIERS
from models.org import Unit, subtree
from models.people import liaisons_in
from models.pinyin import SURNAMES, surnames_in
from models.staff import LEADER, Staff

PLACE, PERSON, ELDER, FILLER = "place", "person", "elder", "filler"
FLAG, TIER, LIST, TOPIC, WINDOW, MONTH = "flag", "tier", "list", "topic", "window", "month"


class Meaning(NamedTuple):
    """What a word stands for; `shown` is the name to say it by, where it is one of the office."""

    slot: str
    value: str
    shown: str = ""
    inside: frozenset[str] = frozenset()  # of a person: the places that hold where they work


def _fixed() -> Iterator[tuple[str, Meaning]]:
    tables = ((LIST, WHICH), (TOPIC, TOPICS), (WINDOW, WINDOWS))
    for slot, table in tables:
        for value, words in table.items():
            yield from ((word, Meaning(slot, value)) for word in words)
    for choice in FLAG_CHOICES:
        words = (*choice.words, choice.label, choice.code.replace("_", " "))
        yield from ((word, Meaning(FLAG, choice.code)) for word in words)
    for tier in TIERS:
        words = (f"{tier}类", f"{tier}级", f"{tier} class", f"class {tier}", f"tier {tier}")
        yield from ((word, Meaning(TIER, tier)) for word in words)
    yield from ((word, Meaning(MONTH, "-1")) for word in LAST_MONTH)
    yield from ((word, Meaning(MONTH, "0")) for word in THIS_MONTH)
    yield from ((f"{month}月{end}", Meaning(MONTH, str(month)))
                for month in range(1, 13) for end in ("", "份"))  # fmt: skip
    yield from (
        (name, Meaning(MONTH, str(month)))
        for month in range(1, 13)
        for name in (month_name[month], month_abbr[month])
    )
    yield from ((word, Meaning(FILLER, "")) for word in FILLERS)


FIXED = tuple(_fixed())


def names(turn: Turn) -> Iterator[tuple[str, Meaning]]:
    """Places and liaisons of the branch, by all that people call them. A leader is told no
    names of people."""
    units = subtree(turn.session, turn.staff.unit_id)
    for unit in units:
        meaning = Meaning(PLACE, short(unit.id), unit.name)
        yield from ((word, meaning) for word in place_words(unit))
    if turn.staff.role != LEADER:
        holds = _holding(units)
        for staff in liaisons_in(turn.session, holds):
            meaning = Meaning(PERSON, staff.code, staff.name, holds[staff.unit_id])
            yield from ((word, meaning) for word in staff_words(staff))


def _holding(units: list[Unit]) -> dict[UUID, frozenset[str]]:
    """Each unit with those it lies in, itself included; `units` go from above to below."""
    found: dict[UUID, frozenset[str]] = {}
    for unit in units:
        above = found.get(unit.parent_id, frozenset()) if unit.parent_id else frozenset()
        found[unit.id] = above | {short(unit.id)}
    return found


def place_words(unit: Unit) -> Iterator[str]:
    """岚桥镇, 岚桥, lanqiaozhen, lanqiao, lanqiao town."""
    yield unit.name
    yield from _latin_place(unit.pinyin)
    end = next((end for end in PLACE_ENDS if unit.name.endswith(end)), "")
    if end and len(unit.name) - len(end) > 1:
        yield unit.name.removesuffix(end)


def _latin_place(said: str) -> Iterator[str]:
    for end, english in LATIN_ENDS.items():
        if said.endswith(end) and len(said) - len(end) > 1:
            short = said.removesuffix(end)
            yield from (short, f"{short} {end}", f"{short} {english}")
    if said:
        yield said


def staff_words(staff: Staff) -> Iterator[str]:
    """周明, 小周, 老周, 周姐, 小明, zhouming, zhou, S07; 周 alone where it stands apart."""
    name, given = staff.name, staff.name[-1]
    surname = surname_of(name)
    yield from (name, staff.code)
    yield from _latin_name(staff)
    yield surname
    yield from (f"{before}{one}" for before in STAFF_BEFORE for one in (surname, given))
    yield from (f"{surname}{behind}" for behind in STAFF_BEHIND)
    if len(name) - len(surname) > 1:
        yield name[len(surname) :]


def _latin_name(staff: Staff) -> Iterator[str]:
    """zhouming, zhou ming, ming zhou, zhou, xiao zhou, mr zhou."""
    if staff.pinyin:
        yield staff.pinyin
    for own in surnames_in(staff.pinyin, staff.name):
        given = staff.pinyin.removeprefix(own)
        yield from (f"{own} {given}", f"{given} {own}")
        yield from (f"{before} {own}" for before in LATIN_BEFORE)
        yield f"xiao{own}"
        if own not in FILLERS:
            yield own


def surname_of(name: str) -> str:
    return name[:2] if name[:2] in SURNAMES and len(name) > 2 else name[:1]


def is_surname(word: str) -> bool:
    """One character is a name only where nothing stands beside it."""
    return not word.isascii() and len(word) == 1 and word not in FILLERS and word != "图"
