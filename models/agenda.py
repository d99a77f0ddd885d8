"""Whom to see today: everyone overdue, and today's fair share of the window that is left."""

from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from itertools import islice
from math import ceil
from typing import Any, NamedTuple

from sqlmodel import Session

from models.due import (
    DUE,
    NOT_YET,
    OVERDUE,
    SATISFIED,
    SUSPENDED,
    Policy,
    Status,
    Window,
    window,
)
from models.due_query import due_rows
from models.elder import Who
from models.lookup import in_scope, scope
from models.org import settings
from models.staff import Staff
from models.workdays import differing_days, workdays

PUT_OFF = "put_off"  # a reason of the rule
PREFIX = "due."  # of the office's settings that replace a number of Policy


class Line(NamedTuple):
    """One elder with what the rule says; the fields are those of `models.due.Status`."""

    elder: Who
    state: str
    reason: str
    suggested: date
    last_on: date | None
    contact_due: bool


@dataclass(frozen=True)
class Agenda:
    """`left` are the working days of the window from today on; `today` is the share of this day;
    `later` the rest of the window; `put_off` those who have a later day of their own; `calls`
    want a contact."""

    window: Window
    left: int
    policy: Policy
    overdue: list[Line]
    today: list[Line]
    later: list[Line]
    put_off: list[Line]
    satisfied: list[Line]
    suspended: list[Line]
    calls: list[Line]

    @property
    def still_open(self) -> list[Line]:
        """Who is to be visited yet in this window."""
        return [*self.overdue, *self.today, *self.later, *self.put_off]

    @property
    def wanted(self) -> list[Line]:
        """Everybody this window asks for."""
        return [*self.still_open, *self.satisfied]


def office_policy(session: Session) -> Policy:
    """The defaults with what the office has changed."""
    own, names = settings(session), (one.name for one in fields(Policy))
    changed: dict[str, Any] = {name: own[PREFIX + name] for name in names if PREFIX + name in own}
    return replace(Policy(), **changed)


def lines_for(session: Session, staff: Staff, today: date, policy: Policy) -> list[Line]:
    """What the rule says of everyone this person looks after, those they stand in for included."""
    statement = due_rows(today, policy, in_scope(staff.role))
    rows = session.execute(statement, scope(session, staff, today))
    return in_order([line(row) for row in rows])


def line(row: Any) -> Line:
    """From a row of `models.due_query.due_rows`."""
    who = Who(row.code, row.name, row.born_on, row.unit_id, row.visit_wish)
    return Line(who, row.state, row.reason, row.suggested, row.last_on, bool(row.contact_due))


def in_order(lines: list[Line]) -> list[Line]:
    return sorted(lines, key=lambda one: (one.suggested, one.last_on or date.min, one.elder.code))


def agenda(session: Session, staff: Staff, today: date, policy: Policy) -> Agenda:
    lines = lines_for(session, staff, today, policy)
    return arrange(lines, today, policy, days_left(today, policy, differing_days(session)))


def days_left(today: date, policy: Policy, differing: dict[str, bool]) -> list[date]:
    """The working days from today to the end of the window."""
    return workdays(today, window(today, policy).last, differing)


def arrange(lines: list[Line], today: date, policy: Policy, left: list[date]) -> Agenda:
    """Splits the window evenly over the working days that are left, so that no day has ten."""
    open_, done = _in(lines, DUE, NOT_YET), _in(lines, SATISFIED)
    share = _share(open_, done, today, left)
    mine = list(islice((one for one in open_ if may_go(one, today, policy)), share))
    codes = {one.elder.code for one in mine}
    rest = [one for one in lines if one.elder.code not in codes]
    return Agenda(
        window(today, policy),
        len(left),
        policy,
        overdue=_in(lines, OVERDUE),
        today=mine,
        later=[one for one in _in(rest, DUE, NOT_YET) if one.reason != PUT_OFF],
        put_off=[one for one in open_ if one.reason == PUT_OFF],
        satisfied=done,
        suspended=[one for one in _in(lines, SUSPENDED) if one.reason == "away"],
        calls=[one for one in rest if one.contact_due and _waits(one)],
    )


def _in(lines: list[Line], *states: str) -> list[Line]:
    return [one for one in lines if one.state in states]


def _waits(one: Line) -> bool:
    """Neither in the list for being late nor put off, which says when."""
    return one.state != OVERDUE and one.reason != PUT_OFF


def _share(open_: list[Line], done: list[Line], today: date, left: list[date]) -> int:
    if not left:
        return len(open_)
    if left[0] != today:
        return 0
    done_today = sum(one.last_on == today for one in done)
    return max(ceil((len(open_) + done_today) / len(left)) - done_today, 0)


def may_go(one: Line | Status, today: date, policy: Policy) -> bool:
    """Due already, or near enough that a visit today would count."""
    if one.reason == PUT_OFF:
        return False
    if one.state == DUE or one.last_on is None:
        return True
    return today - one.last_on >= timedelta(days=policy.shortest_gap)
