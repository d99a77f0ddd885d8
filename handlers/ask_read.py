"""Plain words as a question: a small grammar over the office's own names and the glossary.

1. The line is cut into the longest words that are known, from left to right; what is left over
   may name an elder.
2. Each word means one thing or several; together they make readings, each a command with a label.
3. A line of which every part is understood, in one way, is a question. Else the nearest
   readings are offered. Only names within the asker's branch are known here.
"""

import difflib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice, product
from typing import NamedTuple

from handlers import ask_office
from handlers.ask_commands import Slots, command_for, label_of
from handlers.ask_office import ELDER, FIXED, PERSON, PLACE, Meaning
from handlers.turn import Turn
from models import lookup
from models.staff import COORDINATOR, LEADER

LONGEST = 40  # characters: nobody asks in a longer line
MOST = 60  # combinations that are looked at
NAMESAKES = 6
NEAR = 0.6
LATIN_NEAR, LATIN_LONG = 0.75, 5
ASKERS = (COORDINATOR, LEADER)
ASKING = frozenset({ask_office.LIST, ask_office.TOPIC})
# One of these makes a line a question for sure.
MEANT = frozenset({PLACE, PERSON, "flag", "tier", ask_office.MONTH})


class Reading(NamedTuple):
    label: str
    command: str


@dataclass(frozen=True)
class Question:
    """`whole`: every part of the line was understood; `named`: and it names somebody or
    something of the office, or a register; `asks`: and says what is asked of them."""

    readings: tuple[Reading, ...] = ()
    whole: bool = False
    named: bool = False
    asks: bool = False

    def is_meant(self, waits: bool) -> bool:
        """Where a dialogue `waits` for an answer, a mere name may be a poor one."""
        return self.certain and (self.asks or not waits)

    @property
    def certain(self) -> bool:
        return self.whole and len(self.readings) == 1


class Piece(NamedTuple):
    """A part of the line, and what it may mean; nothing if it is not known."""

    text: str
    meanings: tuple[Meaning, ...]


NOTHING = Question()


def question(turn: Turn, text: str) -> Question:
    """What the line asks; nothing for who may not ask, and for what is no question."""
    if turn.staff.role not in ASKERS or len(text) > LONGEST:
        return NOTHING
    known = Lexicon([*FIXED, *ask_office.names(turn)])
    pieces = [_named(turn, piece) for piece in _joined(turn, list(known.cut(text.lower())))]
    if not any(piece.meanings for piece in pieces):
        return _guessed(turn, known, pieces)
    understood = [piece for piece in pieces if piece.meanings]
    found = _readings(turn, understood)
    if len(understood) == len(pieces) and found:
        slots = {one.slot for piece in pieces for one in piece.meanings}
        return Question(found, whole=True, named=bool(slots & MEANT), asks=bool(slots & ASKING))
    return _guessed(turn, known, pieces)


def _readings(turn: Turn, pieces: list[Piece]) -> tuple[Reading, ...]:
    """Each way in which all the pieces make sense together, once."""
    found: dict[str, str] = {}
    ways = list(islice(product(*(piece.meanings for piece in pieces)), MOST))
    for each in [way for way in ways if _there(way)] or ways:
        slots = Slots.of(each)
        command = command_for(turn, slots) if slots else ""
        if command and slots:
            found.setdefault(command, label_of(slots))
    return tuple(Reading(label, command) for command, label in islice(found.items(), NAMESAKES))


def _there(way: Iterable[Meaning]) -> bool:
    """Whether the person works in the place that is named beside them."""
    of_kind = {one.slot: one for one in way}
    place, person = of_kind.get(PLACE), of_kind.get(PERSON)
    return not (place and person) or place.value in person.inside


def _guessed(turn: Turn, known: "Lexicon", pieces: list[Piece]) -> Question:
    """With the unknown parts read as the word they look most like, or else left out."""
    near = [Piece(one.text, one.meanings or known.like(one.text)) for one in pieces]
    kept = [piece for piece in near if piece.meanings]
    return Question(_readings(turn, kept)) if kept else NOTHING


def _named(turn: Turn, piece: Piece) -> Piece:
    """An unknown piece as an elder's name, code or pinyin; and a liaison's whole name as that of
    an elder too. A leader knows none of them."""
    people = [one for one in piece.meanings if one.shown == piece.text]
    if (piece.meanings and not people) or turn.staff.role == LEADER or len(piece.text) < 2:
        return piece
    return Piece(piece.text, (*piece.meanings, *_elders(turn, piece.text)))


def _joined(turn: Turn, pieces: list[Piece]) -> Iterator[Piece]:
    """gao yongchang as gaoyongchang, where there is an elder of that name."""
    at = 0
    while at < len(pieces):
        two = "".join(piece.text for piece in pieces[at : at + 2])
        if at + 1 < len(pieces) and all(map(_is_latin_name, pieces[at : at + 2])):
            found = _elders(turn, two) if turn.staff.role != LEADER else ()
            if found:
                yield Piece(two, found)
                at += 2
                continue
        yield pieces[at]
        at += 1


def _is_latin_name(piece: Piece) -> bool:
    """Nothing that is known, unless it is how a liaison is called."""
    known = any(one.slot != PERSON for one in piece.meanings)
    return piece.text.isascii() and piece.text.isalpha() and not known


def _elders(turn: Turn, text: str) -> tuple[Meaning, ...]:
    hits = lookup.find(turn.session, turn.staff, text, turn.today, NAMESAKES + 1)
    meant = [one for one in hits if text in (one.name, one.code.lower(), one.pinyin)]
    meant = meant or [one for one in hits if text in (one.initials, one.name[1:])]
    if len(meant) > NAMESAKES:
        return ()
    return tuple(Meaning(ELDER, one.code, turn.label(one)) for one in meant)


class Lexicon:
    """Known words by their first character, the longest first."""

    def __init__(self, entries: Iterable[tuple[str, Meaning]]) -> None:
        meanings: dict[str, dict[Meaning, None]] = defaultdict(dict)
        for word, meaning in entries:
            meanings[word.lower()][meaning] = None
        self.meanings = {word: tuple(each) for word, each in meanings.items()}
        self.by_first: dict[str, list[str]] = defaultdict(list)
        for word in sorted(self.meanings, key=len, reverse=True):
            self.by_first[word[0]].append(word)

    def cut(self, text: str) -> Iterator[Piece]:
        """The pieces of a line; fillers, blanks and signs are dropped."""
        at, unknown = 0, ""
        while at < len(text):
            word = self._word_at(text, at)
            if word is None and text[at].isalnum():
                unknown, at = unknown + text[at], at + 1
                continue
            if unknown:
                yield Piece(unknown, ())
                unknown = ""
            at += len(word or " ")
            if word and self.meanings[word][0].slot != ask_office.FILLER:
                yield Piece(word, self.meanings[word])
        if unknown:
            yield Piece(unknown, ())

    def _word_at(self, text: str, at: int) -> str | None:
        """The longest known word that begins here; latin and single ones stand apart."""
        return next(
            (word for word in self.by_first.get(text[at], ())
             if text.startswith(word, at) and _stands(text, at, word)), None,
        )  # fmt: skip

    def like(self, text: str) -> tuple[Meaning, ...]:
        """What a word with a slip in it may have been; codes are all alike."""
        latin = text.isascii()
        if latin and (not text.isalpha() or len(text) < LATIN_LONG):
            return ()
        words = [word for word in self.meanings if len(word) > 1 and word.isascii() == latin]
        near = difflib.get_close_matches(text, words, n=1, cutoff=LATIN_NEAR if latin else NEAR)
        found = self.meanings[near[0]] if near else ()
        return tuple(one for one in found if one.slot != ask_office.FILLER)


def _stands(text: str, at: int, word: str) -> bool:
    """Part of a longer word is not this word; only Chinese is written without blanks."""
    alone = word.isascii() or (len(word) == 1 and ask_office.is_surname(word))
    before, behind = text[at - 1 : at] if at else "", text[at + len(word) :][:1]
    return not alone or not ((before and before.isalnum()) or (behind and behind.isalnum()))
