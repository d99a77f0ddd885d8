"""How far a window is: counted by the one rule for a place, a liaison or a register, and never
beyond the places that are given."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select, union
from sqlmodel import Session, col

from models.agenda import Line, line
from models.care import care
from models.due import DUE, NOT_YET, OVERDUE, SATISFIED, SUSPENDED, Policy, Window, window
from models.due_query import due_rows
from models.elder import ACTIVE, Elder, ElderFlag
from models.staff import Staff
from models.visit import CURRENT, DONE, Visit

AWAY = ("in_hospital", "moved")  # what was found there was no reason to come again
OPEN = (OVERDUE, DUE, NOT_YET)
AT_ONCE = 1000  # people asked for in one statement
ALL, TO_GO, NOT_MET = "all", "to_go", "not_met"  # lists, beside those named as the states are
LISTS: dict[str, tuple[str, ...]] = {
    ALL: (OVERDUE, DUE, NOT_YET, SATISFIED, SUSPENDED),
    TO_GO: OPEN,
    OVERDUE: (OVERDUE,),
    DUE: (DUE,),
    SATISFIED: (SATISFIED,),
    SUSPENDED: (SUSPENDED,),
    NOT_MET: OPEN,
}


@dataclass(frozen=True)
class Part:
    """Whom a question is about. `units` are the asker's branch, or a part of it; `staff` looks
    after them today; `flag` is a register they stand in today."""

    units: frozenset[UUID]
    staff: UUID | None = None
    flag: str = ""
    tier: str = ""

    def holds(self, today: date) -> ColumnElement[bool]:
        """Of an elder."""
        ways: list[ColumnElement[bool]] = [
            col(Elder.state) == ACTIVE,
            col(Elder.unit_id).in_(self.units),
        ]
        if self.staff is not None:
            ways.append(or_(*(col(Elder.id).in_(way) for way in _cared(self.staff, today))))
        if self.flag:
            ways.append(_flagged(self.flag, today))
        if self.tier:
            ways.append(col(Elder.tier) == self.tier)
        return and_(*ways)


def _cared(staff: UUID, today: date) -> Iterable[Any]:
    ways = care(lambda who: col(who) == staff, today)
    return (way.with_only_columns(way.selected_columns[0]) for way in ways)


def _flagged(flag: str, today: date) -> ColumnElement[bool]:
    return exists(
        select(1).where(
            col(ElderFlag.elder_id) == col(Elder.id),
            col(ElderFlag.flag) == flag,
            col(ElderFlag.since) <= today,
            or_(col(ElderFlag.until).is_(None), col(ElderFlag.until) >= today),
        )
    )


@dataclass
class Progress:
    """Elders by how they stand. `unmet` are those still to visit where somebody has been in vain
    in this window; `past_done` of `past` are those of them who were visited in the one before."""

    overdue: int = 0
    due: int = 0
    not_yet: int = 0
    satisfied: int = 0
    suspended: int = 0
    unmet: int = 0
    past: int = 0
    past_done: int = 0

    @property
    def to_go(self) -> int:
        return self.overdue + self.due + self.not_yet

    @property
    def expected(self) -> int:
        return self.to_go + self.satisfied

    def standing(self, which: str) -> int:
        """How many one of the LISTS holds."""
        if which == NOT_MET:
            return self.unmet
        return sum(getattr(self, state) for state in LISTS[which])

    def add(self, row: Any) -> None:
        """Some elders of one kind, as `_counted` gives them."""
        setattr(self, row.state, getattr(self, row.state) + row.number)
        self.unmet += row.number if row.unmet else 0
        self.past += row.number if row.past else 0
        self.past_done += row.number if row.past == SATISFIED else 0


def total(parts: Iterable[Progress]) -> Progress:
    parts = list(parts)
    return Progress(**{one.name: sum(getattr(p, one.name) for p in parts) for one in _NUMBERS})


_NUMBERS = fields(Progress)


def by_unit(session: Session, part: Part, today: date, policy: Policy) -> dict[UUID, Progress]:
    """By the place where they live."""
    due = _due(part, today, policy)
    found: dict[UUID, Progress] = defaultdict(Progress)
    for row in session.execute(_counted(due, due.c.unit_id, due, today, policy)):
        found[row.by].add(row)
    return found


def by_staff(session: Session, part: Part, today: date, policy: Policy) -> dict[UUID, Progress]:
    """By who looks after them today; who is in the care of two counts for both."""
    due = _due(part, today, policy)
    ways = care(lambda who: col(who).is_not(None), today)
    cared = union(*ways).cte("care")
    pairs = due.join(cared, cared.c.elder_id == due.c.elder_id)
    found: dict[UUID, Progress] = defaultdict(Progress)
    for row in session.execute(_counted(due, cared.c.staff_id, pairs, today, policy)):
        found[row.by].add(row)
    return found


def _due(part: Part, today: date, policy: Policy) -> Any:
    return due_rows(today, policy, part.holds(today), with_past=True).subquery("due")


def _counted(due: Any, by: Any, source: Any, today: date, policy: Policy) -> Any:
    """Groups by what is worked out once each: the rule is a long expression."""
    rows = select(due.c.elder_id, by.label("by"), due.c.state, due.c.past).select_from(source)
    c = rows.cte("stood").prefix_with("MATERIALIZED").c
    in_vain = _in_vain(c.elder_id, window(today, policy))
    unmet = case((c.state.in_(OPEN), in_vain), else_=False)  # looks at no others
    each = select(c.by, c.state, c.past, unmet.label("unmet")).cte("each")
    kinds = tuple(each.prefix_with("MATERIALIZED").c)
    return select(*kinds, func.count().label("number")).group_by(*kinds)


def _in_vain(elder: Any, now: Window) -> ColumnElement[bool]:
    """Somebody went, or called, and did not meet the elder."""
    return exists(
        select(1).where(
            col(Visit.elder_id) == elder,
            col(Visit.state) == CURRENT,
            col(Visit.outcome) > DONE,  # all that is left but a death: a stretch of the index
            col(Visit.outcome).not_in(AWAY),
            col(Visit.visited_on).between(now.first, now.last),
        )
    )


def listed(
    session: Session, part: Part, which: str, today: date, policy: Policy, offset: int, most: int
) -> dict[UUID, Line]:
    """A page of one of LISTS by elder: the overdue first, then by the day that was suggested."""
    due = due_rows(today, policy, part.holds(today)).subquery("due")
    statement = select(due).where(due.c.state.in_(LISTS[which]))
    if which == NOT_MET:
        statement = statement.where(_in_vain(due.c.elder_id, window(today, policy)))
    order = ((due.c.state == OVERDUE).desc(), due.c.suggested, due.c.last_on, due.c.code)
    rows = session.execute(statement.order_by(*order).offset(offset).limit(most))
    return {row.elder_id: line(row) for row in rows}


def per_day(session: Session, part: Part, first: date, last: date) -> dict[date, int]:
    """Visits that count, by day; days without any are left out."""
    statement = (
        select(col(Visit.visited_on), func.count())
        .join(Elder, col(Elder.id) == col(Visit.elder_id))
        .where(part.holds(last), col(Visit.state) == CURRENT, col(Visit.outcome) == DONE)
        .where(col(Visit.visited_on).between(first, last))
        .group_by(col(Visit.visited_on))
    )
    return {row[0]: row[1] for row in session.execute(statement)}


class Who(NamedTuple):
    id: UUID
    code: str
    name: str


def staff_of(session: Session, ids: Collection[UUID]) -> list[Who]:
    """By code. In portions: a county may have more of them than a statement takes."""
    wanted, found = list(ids), list[Who]()
    what = select(col(Staff.id), col(Staff.code), col(Staff.name))
    for first in range(0, len(wanted), AT_ONCE):
        some = col(Staff.id).in_(wanted[first : first + AT_ONCE])
        found += [Who(*row) for row in session.execute(what.where(some))]
    return sorted(found, key=lambda one: one.code)
