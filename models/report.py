"""The figures of some months: how each window ended by the one due rule, how visits were made and
written down, and what became of triggers and cases; by place and by liaison, a set at a time."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, case, func, select, union
from sqlmodel import Session, col

from models.care import care
from models.case import WITHDRAWN, Case
from models.due import IN_PERSON, OVERDUE, SATISFIED, SUSPENDED, Policy, Window, after, window
from models.due_query import due_rows
from models.elder import Elder
from models.org import setting
from models.progress import Part
from models.staff import Staff
from models.trigger import Days, Trigger, triggers
from models.visit import (
    CURRENT,
    DONE,
    GOOD,
    NOT_OBSERVED,
    OBSERVATIONS,
    OUTCOMES,
    Visit,
)

GRACE = 4  # days after the suggested one that are in time still (domain §4a: done 0-4 d late)
LATE_ENTRY = timedelta(hours=24)  # written down later than that, a visit is marked
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
    all_well: bool
    code: str
    name: str
    unit_id: UUID
    staff_id: UUID
    staff: str

    @property
    def done(self) -> bool:
        return self.outcome == DONE


def seen(session: Session, units: Collection[UUID], first: date, last: date) -> Iterator[Seen]:
    """What counts as a visit or an attempt in these days, the oldest first."""
    answers = [col(getattr(Visit, name)) for name in OBSERVATIONS]
    looked = and_(*(each.is_not(None) & (each != NOT_OBSERVED) for each in answers))
    well = and_(*(each == GOOD for each in answers))
    statement = (
        select(
            col(Visit.elder_id), col(Visit.visited_on), col(Visit.mode),
            col(Visit.outcome), col(Visit.visited_at), col(Visit.logged_at), looked, well,
            col(Elder.code), col(Elder.name), col(Elder.unit_id), col(Staff.id), col(Staff.name),
        )
        .select_from(Elder)
        .join(Visit, col(Visit.elder_id) == col(Elder.id))
        .join(Staff, col(Staff.id) == col(Visit.liaison_id))
        .where(col(Elder.unit_id).in_(units), col(Visit.state) == CURRENT)
        .where(col(Visit.outcome).in_(OUTCOMES), col(Visit.visited_on).between(first, last))
        .order_by(col(Visit.visited_on), col(Elder.code), col(Visit.visited_at))
    )  # fmt: skip
    for elder, on, mode, outcome, at, logged, complete, good, *who in session.execute(statement):
        late = logged - at > LATE_ENTRY
        yield Seen(elder, on, mode, outcome, late, bool(complete), bool(good), *who)


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

    def add_visit(self, one: Seen) -> None:
        if not one.done:
            self.in_vain += 1
            return
        face = one.mode in IN_PERSON
        self.visits += 1
        self.late += one.late
        self.all_well += one.all_well
        self.in_person += face
        self.complete += face and one.complete

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


MEASURES = tuple(Figures().shares)


def _figures() -> dict[UUID, Figures]:
    return defaultdict(Figures)


@dataclass
class Report:
    """`windows` are of the whole branch, as /status shows them; `triggers` by their kind."""

    spans: list[Span]
    windows: list[Figures] = field(default_factory=list)
    by_unit: dict[UUID, Figures] = field(default_factory=_figures)
    by_staff: dict[UUID, Figures] = field(default_factory=_figures)
    visits: list[Seen] = field(default_factory=list)
    triggers: dict[str, Count] = field(default_factory=dict)

    @property
    def whole(self) -> Figures:
        return total(self.by_unit.values())

    def add_trigger(self, one: Trigger) -> None:
        """It is not the liaison alone who answers for it."""
        done, of = self.triggers.get(one.kind, Count(0, 0))
        self.triggers[one.kind] = Count(done + one.met, of + 1)
        self.by_unit[one.unit_id].triggers += 1
        self.by_unit[one.unit_id].triggers_met += one.met


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
    found.visits = list(seen(session, units, days.first, days.last))
    for one in found.visits:
        found.by_unit[one.unit_id].add_visit(one)
        if by_staff:
            found.by_staff[one.staff_id].add_visit(one)
    for span in found.spans:
        _add_window(session, found, Part(frozenset(units)), span, policy, by_staff)
    for trigger in triggers(session, units, days, today):
        found.add_trigger(trigger)
    for unit_id, number, met in _cases(session, units, days):
        found.by_unit[unit_id].cases += number
        found.by_unit[unit_id].cases_met += met
    return found


# Windows


def _add_window(
    session: Session, found: Report, here: Part, span: Span, policy: Policy, by_staff: bool
) -> None:
    stood = _rows(session, here, span.on, policy, "elder_id", "unit_id", "state")
    whole = Figures()
    for (unit_id, state), count in Counter((unit, state) for _elder, unit, state in stood).items():
        for one in (whole, found.by_unit[unit_id]):
            one.add_elders(state, count)
    found.windows.append(whole)
    carers = _carers(session, here, span.on) if by_staff else {}
    for elder_id, _unit, state in stood:
        for staff_id in carers.get(elder_id, ()):
            found.by_staff[staff_id].add_elders(state)
    visited = {elder_id for elder_id, _unit, state in stood if state == SATISFIED}
    _add_in_time(session, found, here, span, policy, visited, by_staff)


def _rows(session: Session, here: Part, on: date, policy: Policy, *what: str) -> Sequence[Any]:
    """These columns of everybody, by the one rule; only what is read, since each costs time."""
    due = due_rows(on, policy, here.holds(on)).subquery("due")
    return session.execute(select(*(due.c[name] for name in what))).all()


def _carers(session: Session, here: Part, on: date) -> dict[UUID, list[UUID]]:
    """Who looked after each elder on that day."""
    inside = select(col(Elder.id)).where(here.holds(on))
    ways = care(lambda who: col(who).is_not(None), on)
    found: dict[UUID, list[UUID]] = defaultdict(list)
    mine = (way.where(way.selected_columns[0].in_(inside)) for way in ways)
    for elder_id, staff_id in session.execute(union(*mine)):
        found[elder_id].append(staff_id)
    return found


def _add_in_time(
    session: Session,
    found: Report,
    here: Part,
    span: Span,
    policy: Policy,
    visited: set[UUID],
    by_staff: bool,
) -> None:
    """Of those visited in a window: whether somebody came by the day that was suggested when it
    began, or a few days later."""
    grace = timedelta(days=int(setting(session, "report.grace", GRACE)))
    rows = _rows(session, here, span.window.first, policy, "elder_id", "suggested")
    suggested = dict(map(tuple, rows))
    for elder_id, one in _first_visits(found.visits, span.window).items():
        if elder_id not in visited:
            continue
        in_time = one.on <= suggested[elder_id] + grace
        told = [found.by_unit[one.unit_id], *([found.by_staff[one.staff_id]] if by_staff else [])]
        for figures in told:
            figures.rated += 1
            figures.in_time += in_time


def _first_visits(visits: Iterable[Seen], one: Window) -> dict[UUID, Seen]:
    """In person before any other way, then the earliest."""
    inside = [each for each in visits if each.done and one.holds(each.on)]
    found: dict[UUID, Seen] = {}
    for each in sorted(inside, key=lambda each: each.mode not in IN_PERSON):
        found.setdefault(each.elder_id, each)
    return found


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
