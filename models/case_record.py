"""Writing cases down: opened or joined, moved as the table of moves allows, never overwritten.

A case that somebody else has changed meanwhile raises StaleDataError when it is written: the
message is then handled anew and sees what the other did.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy.orm.attributes import flag_modified
from sqlmodel import Session, func, select

from models import ahead, ladder
from models.case import (
    ACKNOWLEDGED,
    EMERGENCY,
    ENDED,
    IN_PROGRESS,
    MENTIONED,
    MOVES,
    NO_CONTACT,
    OPEN,
    OPENED,
    RESOLVED,
    RETURNED,
    STAMPS,
    URGENT,
    VISIT,
    Case,
    CaseEvent,
    Move,
)
from models.case_query import TROUBLED, open_of
from models.elder import Elder
from models.ladder import Hours
from models.org import settings
from models.staff import Staff
from models.unreached import evening

JOINS_WITHIN = timedelta(days=14)
RAISED_AT = 3  # mentions


@dataclass(frozen=True)
class Problem:
    """What somebody reports of an elder; `text` in the words of who reports it."""

    category: str
    service_group: str
    severity: int
    text: str = ""
    also_group: str = ""
    restricted: bool = False
    wish: str = ""
    source: str = VISIT
    visit_id: UUID | None = None
    sought: datetime | None = None  # by the bot itself: from when on somebody should have looked


def open_or_join(
    session: Session, elder: Elder, problem: Problem, by: Staff, now: datetime, hours: Hours
) -> tuple[Case, str]:
    """The case this problem is from now on, and whether it was opened, mentioned once more, or
    raised by that: OPENED, MENTIONED, "raise" or "reopen"."""
    case = running(session, elder.id, problem.category, now)
    if case is None:
        return _open(session, elder, problem, by, now, hours), OPENED
    return case, _join(session, case, problem, by, now, hours)


def running(session: Session, elder_id: UUID, category: str, now: datetime) -> Case | None:
    """The case that a new mention joins."""
    found = [case for case in open_of(session, elder_id) if case.category == category]
    last = max(found, key=lambda case: case.mentioned_at, default=None)
    return last if last and last.mentioned_at > now - JOINS_WITHIN else None


def _open(
    session: Session, elder: Elder, problem: Problem, by: Staff, now: datetime, hours: Hours
) -> Case:
    case = ahead.new(
        Case,
        number=next(_numbers(session)),
        elder_id=elder.id,
        category=problem.category,
        service_group=problem.service_group,
        also_group=problem.also_group,
        severity=problem.severity,
        source=problem.source,
        text=problem.text,
        wish=problem.wish,
        restricted=problem.restricted,
        reported_by=by.id,
        opened_at=now,
        mentioned_at=now,
        events=1,
        **_round(session, problem.category, problem.severity, now, hours, problem.sought),
    )
    _settle(case, hours)
    ahead.write(session, case)
    teller = None if problem.sought else by
    _tell_story(session, case, OPENED, teller, now, problem.text, problem.visit_id)
    return case


def _numbers(session: Session) -> "count[int]":
    """The numbers that are free; whoever takes the same as somebody else is handled anew."""

    def ask() -> "count[int]":
        return count((session.exec(select(func.max(Case.number))).one() or 0) + 1)

    return ahead.once(session, (_numbers,), ask)


def _round(
    session: Session,
    category: str,
    severity: int,
    now: datetime,
    hours: Hours,
    sought: datetime | None = None,
) -> dict[str, Any]:
    """The ladder, frozen as the office's numbers are now, and the terms that follow from it."""
    plan = ladder.freeze(ladder.terms(severity, settings(session)))
    if (category, severity) == (NO_CONTACT, URGENT):
        plan = ladder.until_evening(plan, evening(session, sought or now, hours.zone))
    ack, act, resolve = ladder.terms_of(plan, now, hours)
    return {
        "plan": plan,
        "since": now,
        "climbed_at": now,
        "ack_until": ack,
        "act_until": act,
        "resolve_until": resolve,
    }


def _settle(case: Case, hours: Hours) -> None:
    """When to look at it next, and from when on it is overdue."""
    case.next_at, case.late_at = ladder.next_at(case, hours), ladder.late_at(case, hours)


def _join(
    session: Session, case: Case, problem: Problem, by: Staff, now: datetime, hours: Hours
) -> str:
    """Once more the same: it may be graver now, and the third time it is."""
    case.mentions += 1
    case.mentioned_at = now
    graver = min(case.severity, problem.severity)
    if case.mentions == RAISED_AT:
        graver = max(graver - 1, EMERGENCY)
    if problem.text and problem.text not in case.text:
        case.text = "\n".join(part for part in (case.text, problem.text) if part)
    case.wish = problem.wish or case.wish
    case.restricted = case.restricted or problem.restricted
    note_event(session, case, MENTIONED, by, now, problem.text, problem.visit_id)
    if case.state == RESOLVED:
        move(session, case, MOVES["reopen"], by, now, hours, severity=graver)
        return "reopen"
    if graver < case.severity:
        raise_to(session, case, graver, by, now, hours)
        return MOVES["raise"].action
    return MENTIONED


def raise_to(
    session: Session,
    case: Case,
    severity: int,
    by: Staff | None,
    now: datetime,
    hours: Hours,
    text: str = "",
) -> None:
    """Graver (or less) from now on: the terms and the ladder are those of the new severity."""
    move(session, case, MOVES["raise"], by, now, hours, text, severity=severity)
    begin_anew(session, case, now, hours)


def begin_anew(session: Session, case: Case, now: datetime, hours: Hours) -> None:
    """Another round, with terms counted from now."""
    case.round += 1
    for name, value in _round(session, case.category, case.severity, now, hours).items():
        setattr(case, name, value)
    _settle(case, hours)


CLEARED: Mapping[str, Any] = dict.fromkeys(
    ("owner_id", "resolved_by", "acknowledged_at", "acted_at", "returned_at", "resolved_at",
     "closed_at", "next_on")
)  # fmt: skip


def move(
    session: Session,
    case: Case,
    what: Move,
    by: Staff | None,
    now: datetime,
    hours: Hours,
    text: str = "",
    visit_id: UUID | None = None,
    **values: Any,
) -> CaseEvent:
    """Does what the table of moves says; whether it may be done is asked before.

    Raises StaleDataError when somebody was first.
    """
    for name, value in {**(CLEARED if what.anew else {}), **values}.items():
        setattr(case, name, value)
    if what.to:
        case.state = what.to
        _stamp(case, by, now)
    if what.anew:
        begin_anew(session, case, now, hours)
    _settle(case, hours)
    session.add(case)
    session.flush()
    return note_event(session, case, what.action, by, now, text, visit_id)


def _stamp(case: Case, by: Staff | None, now: datetime) -> None:
    """Whoever begins to work on a case has acknowledged it too, and owns it. It stays with who
    resolved it when a closing or a reopening is taken back."""
    if case.state in STAMPS:
        setattr(case, STAMPS[case.state], now)
    if case.state in (ACKNOWLEDGED, IN_PROGRESS, RESOLVED):
        case.acknowledged_at = case.acknowledged_at or now
        case.owner_id = case.owner_id or (by.id if by else None)
    if case.state == RESOLVED:
        case.resolved_by = case.resolved_by or (by.id if by else None)
    if case.state in (RETURNED, OPEN):
        case.owner_id = None
    if case.state in ENDED:
        case.closed_at = now


def note_event(
    session: Session,
    case: Case,
    action: str,
    by: Staff | None,
    now: datetime,
    text: str = "",
    visit_id: UUID | None = None,
) -> CaseEvent:
    """Adds a line to the story of a case."""
    case.events += 1
    return _tell_story(session, case, action, by, now, text, visit_id)


def note_once(
    session: Session, case: Case, by: Staff, now: datetime, text: str, event_id: str | None
) -> CaseEvent:
    """A note, or that one with other words: what belongs together is one line of the story."""
    event = session.get(CaseEvent, UUID(event_id)) if event_id else None
    if event is None:
        return note_event(session, case, "note", by, now, text)
    event.text = text
    flag_modified(case, "events")  # a new `rev`: everybody's card is renewed
    return event


def _tell_story(
    session: Session,
    case: Case,
    action: str,
    by: Staff | None,
    now: datetime,
    text: str,
    visit_id: UUID | None,
) -> CaseEvent:
    ahead.forget(session, case.elder_id, TROUBLED)
    event = ahead.new(
        CaseEvent,
        case_id=case.id,
        place=case.events,
        at=now,
        action=action,
        state=case.state,
        staff_id=by.id if by else None,
        text=text,
        visit_id=visit_id,
    )
    ahead.write(session, event)
    return event
