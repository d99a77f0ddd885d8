"""The figures of some months: how each window ended by the one due rule, how visits were made and
written down, and what became of triggers and cases; by place and by liaison, a set at a time."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, case, func, select, union
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction
from sqlmodel import Session, col
from sqlmodel.sql.sqltypes import UTCDateTime

from models.care import care
from models.case import WITHDRAWN, Case
from models.due import IN_PERSON, OVERDUE, SATISFIED, SUSPENDED, Policy, Window, after, window
from models.due_query import days_after, due_rows
from models.elder import Elder
from models.org import setting
from models.progress import Part
from models.staff import Staff
from models.trigger import FOR_MANY, Days, Trigger, triggers
from models.visit import (
    CONDOLENCE,
    CURRENT,
    DONE,
    GOOD,
    NOT_OBSERVED,
    OBSERVATIONS,
    OUTCOMES,
    Visit,
)

GRACE = 4  # days after the suggested one that are in time still
WEIGHT = "score.{name}"  # of the office: what a share weighs in the scorecard
WEIGHTS = {"coverage": 30, "timeliness": 15, "in_person": 15, "triggers": 10, "cases": 20,
           "completeness": 10}  # fmt: skip


ElderCases = list[tuple[Case, Elder]]


class Span(NamedTuple):
    """A window, and the day on which it is looked at: its last, or today while it runs."""

    window: Window
    on: date


def spans(first: date, last: date, today: date, policy: Policy) -> list[Span]:
    """The windows of some months that have begun."""
    found, one = list[Span](), window(first, policy)
    while one.first <= min(last, today):
        found.append(Span(one, min(one.last, today)))
        one = after(one, policy)
    return found


class Seen(NamedTuple):
    """A visit or an attempt, as a list shows it; `complete`: all five things were looked at."""

    elder_id: UUID
    on: date
    mode: str
    outcome: str
    late: bool
    complete: bool
    code: str
    name: str
    unit_id: UUID
    staff: str

    @property
    def done(self) -> bool:
        return self.outcome == DONE


class a_day_after(GenericFunction[datetime]):
    """The instant 24 hours later."""

    type = UTCDateTime()
    inherit_cache = True


@compiles(a_day_after, "sqlite")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    instant = compiler.process(element.clauses, **kw)
    return f"(date({instant}, '+1 day') || substr({instant}, 11))"


@compiles(a_day_after, "postgresql")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    return f"({compiler.process(element.clauses, **kw)} + INTERVAL '24 hours')"


ANSWERS = [col(getattr(Visit, name)) for name in OBSERVATIONS]
LOOKED = and_(*(each.is_not(None) & (each != NOT_OBSERVED) for each in ANSWERS))
WELL = and_(*(each == GOOD for each in ANSWERS))
LATE = col(Visit.logged_at) > a_day_after(col(Visit.visited_at))  # it is marked then
FACE = col(Visit.mode).in_(sorted(IN_PERSON))
MET = col(Visit.outcome) == DONE


def _of_these_days(what: Any, units: Collection[UUID], first: date, last: date) -> Any:
    """What counts as a visit or an attempt in these days."""
    return (
        what.select_from(Elder)
        .join(Visit, col(Visit.elder_id) == col(Elder.id))
        .where(col(Elder.unit_id).in_(units), col(Visit.state) == CURRENT)
        .where(col(Visit.outcome).in_(OUTCOMES), col(Visit.visited_on).between(first, last))
    )


def seen(session: Session, units: Collection[UUID], days: Days) -> Iterator[Seen]:
    """The visits and attempts of these days one by one, the oldest first."""
    what = select(
        col(Visit.elder_id), col(Visit.visited_on), col(Visit.mode), col(Visit.outcome),
        LATE, LOOKED, col(Elder.code), col(Elder.name), col(Elder.unit_id), col(Staff.name),
    )  # fmt: skip
    rows = (
        _of_these_days(what, units, days.first, days.last)
        .join(Staff, col(Staff.id) == col(Visit.liaison_id))
        .order_by(col(Visit.visited_on), col(Elder.code), col(Visit.visited_at), col(Visit.root_id))
    )
    return (Seen(*row) for row in session.execute(rows))


class Count(NamedTuple):
    done: int
    of: int


@dataclass
class Figures:
    """What was asked for and what was done; shares are counted from these alone, so that those
    of a county are the sums of its towns. `asked`, `visited`, `overdue` and `suspended` count
    elders once a window; `rated` are those visited, by who came first."""

    asked: int = 0
    visited: int = 0
    in_time: int = 0
    rated: int = 0
    overdue: int = 0
    suspended: int = 0
    visits: int = 0
    in_person: int = 0
    complete: int = 0
    all_well: int = 0
    late: int = 0
    in_vain: int = 0
    triggers: int = 0
    triggers_met: int = 0
    for_many: int = 0  # of the triggers
    for_many_met: int = 0
    cases: int = 0
    cases_met: int = 0

    def add(self, one: "Figures") -> None:
        for each in fields(Figures):
            setattr(self, each.name, getattr(self, each.name) + getattr(one, each.name))

    def add_elders(self, state: str, count: int = 1) -> None:
        """How one or several elders stood when a window ended."""
        self.asked += count * (state != SUSPENDED)
        self.visited += count * (state == SATISFIED)
        self.overdue += count * (state == OVERDUE)
        self.suspended += count * (state == SUSPENDED)

    def add_visits(self, row: Any) -> None:
        """Some of them, as `_visits` sums them up."""
        for name in SUMS:
            setattr(self, name, getattr(self, name) + int(getattr(row, name)))

    @property
    def shares(self) -> dict[str, Count]:
        """By the name of what is measured."""
        return {
            "coverage": Count(self.visited, self.asked),
            "timeliness": Count(self.in_time, self.rated),
            "in_person": Count(self.in_person, self.visits),
            "triggers": Count(self.triggers_met, self.triggers),
            "cases": Count(self.cases_met, self.cases),
            "completeness": Count(self.complete, self.in_person),
        }

    @property
    def but_for_many(self) -> Count:
        """Of the triggers: beside a festival or a warning, nothing else would be seen."""
        met = self.triggers_met - self.for_many_met
        return Count(met, self.triggers - self.for_many)

    def add_trigger(self, one: Trigger) -> None:
        self.triggers += 1
        self.triggers_met += one.met
        if one.kind in FOR_MANY:
            self.for_many += 1
            self.for_many_met += one.met


SUMS = {
    "visits": MET,
    "in_vain": ~MET & (col(Visit.outcome) != CONDOLENCE),
    "late": MET & LATE,
    "all_well": MET & WELL,
    "in_person": MET & FACE,
    "complete": MET & FACE & LOOKED,
}


def _figures() -> dict[UUID, Figures]:
    return defaultdict(Figures)


@dataclass
class Report:
    """`windows` are of the whole branch, as /status shows them; `triggers` by their kind."""

    spans: list[Span]
    windows: list[Figures] = field(default_factory=list)
    by_unit: dict[UUID, Figures] = field(default_factory=_figures)
    by_staff: dict[UUID, Figures] = field(default_factory=_figures)
    triggers: dict[str, Count] = field(default_factory=dict)

    @property
    def whole(self) -> Figures:
        return total(self.by_unit.values())

    def add_trigger(self, one: Trigger) -> None:
        """It is not the liaison alone who answers for it."""
        done, of = self.triggers.get(one.kind, Count(0, 0))
        self.triggers[one.kind] = Count(done + one.met, of + 1)
        self.by_unit[one.unit_id].add_trigger(one)


def total(parts: Iterable[Figures]) -> Figures:
    whole = Figures()
    for one in parts:
        whole.add(one)
    return whole


def report(
    session: Session,
    units: Collection[UUID],
    days: Days,
    today: date,
    policy: Policy,
    *,
    by_staff: bool = True,
) -> Report:
    """Who looked after whom is asked only for the figures by liaison: without them it is faster."""
    found = Report(spans(days.first, days.last, today, policy))
    _add_visits(session, found, units, days, by_staff)
    for span in found.spans:
        here = Part(frozenset(units))
        _add_window(session, found, here, span, policy, by_staff)
        if by_staff:
            _add_caseloads(session, found, here, span, policy)
    for trigger in triggers(session, units, days, today):
        found.add_trigger(trigger)
    for unit_id, number, met in _cases(session, units, days):
        found.by_unit[unit_id].cases += number
        found.by_unit[unit_id].cases_met += met
    return found


def _add_visits(
    session: Session, found: Report, units: Collection[UUID], days: Days, by_staff: bool
) -> None:
    who = (col(Elder.unit_id), col(Visit.liaison_id))
    sums = (func.sum(case((when, 1), else_=0)).label(name) for name, when in SUMS.items())
    rows = _of_these_days(select(*who, *sums), units, days.first, days.last).group_by(*who)
    for row in session.execute(rows):
        found.by_unit[row.unit_id].add_visits(row)
        if by_staff:
            found.by_staff[row.liaison_id].add_visits(row)


# Windows


def _add_window(
    session: Session, found: Report, here: Part, span: Span, policy: Policy, by_staff: bool
) -> None:
    """How the elders stood when it ended, and of those visited whether somebody came in time."""
    whole = Figures()
    grace = int(setting(session, "report.grace", GRACE))
    for row in session.execute(_ended(here, span, policy, grace)):
        told = found.by_unit[row.unit_id]
        for one in (whole, told):
            one.add_elders(row.state, row.number)
        if row.liaison_id is not None:
            for one in (told, *([found.by_staff[row.liaison_id]] if by_staff else [])):
                one.rated += row.number
                one.in_time += row.number if row.in_time else 0
    found.windows.append(whole)


def _ended(here: Part, span: Span, policy: Policy, grace: int) -> Any:
    """Elders by place, state, who came first in this window, and whether by the day that was
    suggested when it began or a few days later."""
    stood = due_rows(span.on, policy, here.holds(span.on), with_began=True).subquery("stood")
    came = _first_visits(here.units, span.window).subquery("came")
    both = and_(came.c.elder_id == stood.c.elder_id, came.c.nth == 1, stood.c.state == SATISFIED)
    in_time = (came.c.visited_on <= days_after(stood.c.began, grace)).label("in_time")
    each = (
        select(stood.c.unit_id, stood.c.state, came.c.liaison_id, in_time)
        .select_from(stood)
        .outerjoin(came, both)
        .cte("each")
        .prefix_with("MATERIALIZED")
    )
    return select(*each.c, func.count().label("number")).group_by(*each.c)


def _first_visits(units: Collection[UUID], one: Window) -> Any:
    """`nth` 1 is in person rather than any other way, then the earliest."""
    order = (case((FACE, 0), else_=1), col(Visit.visited_on), col(Visit.visited_at),
             col(Visit.root_id))  # fmt: skip
    nth = func.row_number().over(partition_by=col(Visit.elder_id), order_by=order)
    what = select(
        col(Visit.elder_id), col(Visit.liaison_id), col(Visit.visited_on), nth.label("nth")
    )
    return _of_these_days(what, units, one.first, one.last).where(MET)


def _add_caseloads(session: Session, found: Report, here: Part, span: Span, policy: Policy) -> None:
    """How those stood whom each liaison looked after when it ended."""
    stood = due_rows(span.on, policy, here.holds(span.on)).subquery("stood")
    cared = union(*care(lambda who: col(who).is_not(None), span.on)).cte("care")
    rows = (
        select(cared.c.staff_id, stood.c.state, func.count())
        .select_from(stood.join(cared, cared.c.elder_id == stood.c.elder_id))
        .group_by(cared.c.staff_id, stood.c.state)
    )
    for staff_id, state, number in session.execute(rows):
        found.by_staff[staff_id].add_elders(state, number)


# Cases, by place: it is not the liaison alone who answers for them


def _cases(
    session: Session, units: Collection[UUID], days: Days
) -> Iterator[tuple[UUID, int, int]]:
    """Cases whose time to be resolved ran out in these days, and those resolved by then."""
    met = case((col(Case.resolved_at) <= col(Case.resolve_until), 1), else_=0)
    rows = (
        select(col(Elder.unit_id), func.count(), func.sum(met))
        .select_from(Case)
        .join(Elder, col(Elder.id) == col(Case.elder_id))
        .where(col(Elder.unit_id).in_(units), col(Case.state) != WITHDRAWN)
        .where(col(Case.resolve_until) >= days.since, col(Case.resolve_until) < days.until)
        .group_by(col(Elder.unit_id))
    )
    for unit_id, number, so_many in session.execute(rows):
        yield unit_id, number, int(so_many)


def listed_cases(session: Session, units: Collection[UUID], days: Days) -> ElderCases:
    """What came in, was under work or was resolved in these days."""
    statement = (
        select(Case, Elder)
        .join(Elder, col(Elder.id) == col(Case.elder_id))
        .where(col(Elder.unit_id).in_(units), col(Case.state) != WITHDRAWN)
        .where(col(Case.opened_at) < days.until)
        .where(col(Case.resolved_at).is_(None) | (col(Case.resolved_at) >= days.since))
        .order_by(col(Case.number))
    )
    return [(one, elder) for one, elder in session.execute(statement)]
