"""What was left open last time and is asked about at the next visit ([S0] 事事有回音).

Each kind of open thing is one `Kind` in KINDS: a promise is one, a case may be another. A card
carries what it asks about as data, so that it can be resumed, corrected and voided.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Any, NamedTuple

from handlers.case_card import what
from handlers.questions import Choice, Filling, Question, say_value
from handlers.turn import Turn, day, local_date
from locales import gettext as _
from locales import mark as N_
from models import case_query, record
from models.case import RESOLVED, Case
from models.elder import Elder
from models.staff import COORDINATOR, Staff
from models.visit import DONE, Promise, Visit

ASKED = 3  # things asked about at one visit, the oldest of each kind first
CARRIED = "_left_open"  # among the answers of a stored visit, for its correction
KEPT, STILL_OPEN, DROPPED, UNASKED = "kept", "open", "dropped", "unasked"


class Thing(NamedTuple):
    """One thing left open as the card remembers it; `since` is an ISO date."""

    kind: str
    ref: str
    since: str
    text: str


@dataclass(frozen=True)
class Kind:
    """`find` what is open for an elder; `line` of a brief and `ask` of a card have the gaps `day`
    and `text`; for the answers in `wants_why` a reason is asked. What an answer means is said by
    `handlers.visit.SETTLED`, and has to be taken back when the visit is voided."""

    name: str
    find: Callable[[Turn, Elder], Sequence[Thing]]
    line: str
    ask: str
    choices: tuple[Choice, ...]
    wants_why: tuple[str, ...]
    reasons: tuple[Choice, ...]


def open_promises(turn: Turn, elder: Elder) -> list[Thing]:
    return [as_thing(one) for one in record.open_promises(turn.session, elder.id)]


def as_thing(promise: Promise | Any) -> Thing:
    """Carried by cards and records that others open: what is restricted stands in its case."""
    return Thing(PROMISE.name, promise.ref, promise.made_on.isoformat(), words_of(promise))


def words_of(promise: Promise | Any, reader: Staff | None = None) -> str:
    """As this person may read it; nobody in particular reads only that there is something."""
    if promise.restricted and (reader is None or reader.role != COORDINATOR):
        return _("see the case")
    return promise.text


def settle_promise(turn: Turn, visit: Visit, ref: str, answer: str, why: str) -> None:
    if answer != STILL_OPEN:
        record.settle_promise(
            turn.session, visit.elder_id, ref, turn.staff, turn.now, visit.id, why
        )


PROMISE = Kind(
    "promise",
    open_promises,
    N_("Promised on %(day)s: %(text)s"),
    N_("Promised on %(day)s: %(text)s. Is it done?"),
    (
        Choice(KEPT, N_("✅ Done"), words=("是", "yes", "好了")),
        Choice(STILL_OPEN, N_("⏳ Not yet"), words=("否", "no", "没")),
        Choice(DROPPED, N_("Not needed")),
    ),
    (DROPPED,),
    (
        Choice("unwanted", N_("No longer wanted")),
        Choice("otherwise", N_("Solved another way")),
        Choice("impossible", N_("Cannot be done")),
    ),
)


def resolved_cases(turn: Turn, elder: Elder) -> list[Thing]:
    """Not those that only the legal group and the coordinator read: they ask themselves."""
    found = case_query.open_of(turn.session, elder.id)
    return [
        Thing(CASE.name, str(one.number), _resolved_on(turn, one).isoformat(), what(one))
        for one in found
        if one.state == RESOLVED and not one.restricted
    ]


def _resolved_on(turn: Turn, case: Case) -> date:
    return local_date(case.resolved_at or case.since, turn.office.zone)


CASE = Kind(
    "case",
    resolved_cases,
    N_("To ask: %(text)s, resolved on %(day)s"),
    N_("Last time: %(text)s. Resolved on %(day)s: is it solved?"),
    (
        Choice(KEPT, N_("🟢 Solved"), words=("是", "yes", "修好了", "好了")),
        Choice(STILL_OPEN, N_("Not solved"), words=("否", "no", "没好", "没修好")),
        Choice(UNASKED, N_("Could not ask")),
    ),
    (STILL_OPEN,),
    (
        Choice("same", N_("As before")),
        Choice("worse", N_("Worse")),
        Choice("nobody_came", N_("Nobody came")),
    ),
)
KINDS = {kind.name: kind for kind in (PROMISE, CASE)}
Settle = Callable[[Turn, Visit, str, str, str], None]  # ref, answer, reason


def find_left_open(turn: Turn, elder: Elder) -> list[Thing]:
    return [thing for kind in KINDS.values() for thing in kind.find(turn, elder)]


def brief_lines(things: Sequence[Thing]) -> list[str]:
    return [_(KINDS[one.kind].line) % _gaps(one) for one in things]


def things(filling: Filling) -> list[Thing]:
    return [Thing(*one) for one in filling.known("left_open") or ()]


def _kind(filling: Filling, place: int) -> Kind:
    return KINDS[things(filling)[place].kind]


def questions(met: Callable[[Filling], bool]) -> Iterator[Question]:
    """The questions of a visit; `met` says that somebody was met and can be asked."""
    for place in range(ASKED):
        name = f"left_{place}"
        yield Question(
            name,
            N_("Last time"),
            partial(_ask, place=place),
            choices=partial(_choices, place=place),
            when=partial(_applies, met=met, place=place),
            across=3,
            resets=(f"{name}_why",),
        )
        yield Question(
            f"{name}_why",
            N_("Last time"),
            N_("Why? (tap or write)"),
            choices=partial(_reasons, place=place),
            when=partial(_asks_why, met=met, place=place),
            after=name,
            free=True,
        )


def _applies(filling: Filling, met: Callable[[Filling], bool], place: int) -> bool:
    return place < len(filling.known("left_open") or ()) and met(filling)


def _asks_why(filling: Filling, met: Callable[[Filling], bool], place: int) -> bool:
    if not _applies(filling, met, place):
        return False
    return filling.get(f"left_{place}") in _kind(filling, place).wants_why


def _ask(filling: Filling, place: int) -> str:
    thing = things(filling)[place]
    return _(KINDS[thing.kind].ask) % _gaps(thing)


def _gaps(thing: Thing) -> dict[str, Any]:
    return {"day": day(date.fromisoformat(thing.since)), "text": thing.text[:100]}


def _choices(filling: Filling, place: int) -> tuple[Choice, ...]:
    return _kind(filling, place).choices


def _reasons(filling: Filling, place: int) -> tuple[Choice, ...]:
    return _kind(filling, place).reasons


def review_lines(filling: Filling, by_name: dict[str, Question]) -> list[str]:
    """换水龙头垫圈：还没办"""
    return [
        _("%(what)s: %(answer)s")
        % {"what": thing.text[:40], "answer": _said(filling, by_name, f"left_{place}")}
        for place, thing in enumerate(things(filling))
        if filling.get(f"left_{place}")
    ]


def _said(filling: Filling, by_name: dict[str, Question], name: str) -> str:
    names = [one for one in (name, f"{name}_why") if filling.get(one)]
    return _(", ").join(say_value(by_name[one], filling, filling.get(one)) for one in names)


def settle(filling: Filling, visit: Visit, settled: Mapping[str, Settle]) -> None:
    """Does what the answers mean, once the visit is stored."""
    for place, thing in enumerate(things(filling) if visit.outcome == DONE else ()):
        answer = filling.get(f"left_{place}")
        if answer:
            why = str(filling.get(f"left_{place}_why") or "")
            settled[thing.kind](filling.turn, visit, thing.ref, answer, why)
