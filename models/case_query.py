"""What one can ask of cases: who may see and do what, lists by role, the story of one."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, case, false, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col, func, select

from models import ahead, lookup
from models.attachment import Photo
from models.case import (
    COORDINATOR,
    EMERGENCY,
    GROUP,
    LIAISON,
    MOVES,
    ONLOOKER,
    REPORTER,
    RESOLVED,
    RUNNING,
    UNRESOLVED,
    URGENT,
    Case,
    CaseEvent,
    CaseHolder,
    CaseNotice,
    CaseStep,
    Move,
)
from models.duty import carers, groups_of
from models.elder import Elder
from models.org import branch, up_from
from models.staff import COORDINATOR as COORDINATOR_ROLE
from models.staff import LEADER, Staff
from models.staff import LIAISON as LIAISON_ROLE
from models.visit import Concern

BY_NUMBER = (
    select(Case, Elder)
    .join(Elder, col(Elder.id) == Case.elder_id)
    .where(Case.number == bindparam("number"))
)
OPEN_CASES = (  # asked at every visit
    select(Case)
    .where(col(Case.elder_id).in_(bindparam("about", expanding=True)))
    .where(col(Case.state).in_(RUNNING))
    .order_by(col(Case.severity), col(Case.opened_at), col(Case.number))
)


def by_number(session: Session, number: int) -> tuple[Case, Elder] | None:
    return session.exec(BY_NUMBER, params={"number": number}).first()


def open_of(session: Session, elder_id: UUID) -> list[Case]:
    """What has not ended yet for this elder, the gravest first."""
    return ahead.of(session, OPEN_CASES, elder_id)


# Who may


def standing(
    session: Session, staff: Staff, case: Case, elder: Elder, today: date
) -> frozenset[str]:
    """What this person is to this case; empty: nobody who may see it."""
    found = set()
    groups = {case.service_group, case.also_group} & groups_of(session, staff, today)
    if groups and staff.unit_id in up_from(session, elder.unit_id):
        found.add(GROUP)
    if staff.role == COORDINATOR_ROLE and staff.unit_id in up_from(session, elder.unit_id):
        found.add(COORDINATOR)
    if staff.role == LIAISON_ROLE and _cares(session, staff, case, elder, today):
        found.add(LIAISON)
    if staff.role == LEADER and staff.unit_id in up_from(session, elder.unit_id):
        found.add(ONLOOKER)
    if staff.id == case.reported_by:
        found.add(REPORTER)
    return frozenset(found)


def _cares(session: Session, staff: Staff, case: Case, elder: Elder, today: date) -> bool:
    """The liaison; in an emergency the backup too, who may be the nearest."""
    if lookup.may_see(session, staff, elder, today):
        return True
    return case.severity == EMERGENCY and staff in carers(session, elder.id, today)


def may_read(case: Case, is_: Collection[str]) -> bool:
    """Suspected abuse is read by the group and the coordinator only; others see a code."""
    return not case.restricted or GROUP in is_ or COORDINATOR in is_


def may_go(case: Case, is_: Collection[str]) -> bool:
    """Whether the address and the pictures are for this person; a leader only looks on."""
    return bool(set(is_) - {ONLOOKER}) and may_read(case, is_)


def may(case: Case, what: Move, is_: Collection[str], staff: Staff) -> bool:
    """Whether the table of moves allows it to this person now.

    An emergency or urgent case is closed by somebody else than who resolved it.
    """
    if case.state not in what.states or not set(what.who) & set(is_):
        return False
    own = what.action == "close" and staff.id == case.resolved_by
    return not (own and case.severity <= URGENT)


def allowed(case: Case, is_: Collection[str], staff: Staff) -> list[Move]:
    return [what for what in MOVES.values() if may(case, what, is_, staff)]


# Lists


def in_reach(session: Session, staff: Staff, today: date) -> ColumnElement[bool]:
    """The cases this person may see; a leader sees numbers only."""
    ways: list[ColumnElement[bool]] = [col(Case.reported_by) == staff.id]
    groups = groups_of(session, staff, today)
    if groups:
        here = col(Elder.unit_id).in_(branch(session, staff.unit_id))
        of_group = col(Case.service_group).in_(groups) | col(Case.also_group).in_(groups)
        ways.append(and_(of_group, here))
    if staff.role in (COORDINATOR_ROLE, LEADER):
        ways.append(col(Elder.unit_id).in_(branch(session, staff.unit_id)))
    if staff.role == LIAISON_ROLE:
        ways.append(lookup.in_scope(staff.role))
    return or_(false(), *ways)


def page(
    session: Session, staff: Staff, now: datetime, today: date, offset: int, limit: int, *where: Any
) -> list[tuple[Case, Elder]]:
    """What is open, the overdue first, then by severity and age."""
    late = case((col(Case.late_at) < now, 0), else_=1)
    done = case((col(Case.state) == RESOLVED, 1), else_=0)
    order = (late, done, col(Case.severity), col(Case.opened_at))
    ids = (  # an index holds all that is asked of the many; whole rows are read of the few
        select(Case.id)
        .join(Elder, col(Elder.id) == Case.elder_id)
        .where(col(Case.state).in_(RUNNING), in_reach(session, staff, today), *where)
        .order_by(*order)
        .offset(offset)
        .limit(limit)
    )
    found = session.exec(ids, params=lookup.scope(session, staff, today)).all()
    whole = select(Case, Elder).join(Elder, col(Elder.id) == Case.elder_id)
    return list(session.exec(whole.where(col(Case.id).in_(found)).order_by(*order)).all())


@dataclass
class Counts:
    """Of the open cases in somebody's reach: how many, and of those what stands out."""

    all: int = 0
    late: int = 0
    fresh: int = 0  # opened within the last day
    unacknowledged: int = 0
    to_follow_up: int = 0


def counts(
    session: Session, staff: Staff, now: datetime, today: date, since: datetime, *where: Any
) -> Counts:
    def sum_of(condition: Any) -> Any:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    statement = (
        columns(
            func.count(),
            sum_of(col(Case.late_at) < now),
            sum_of(col(Case.opened_at) > since),
            sum_of(col(Case.state) == "open"),
            sum_of(col(Case.state) == "resolved"),
        )
        .select_from(Case)
        .join(Elder, col(Elder.id) == Case.elder_id)
        .where(col(Case.state).in_(RUNNING), in_reach(session, staff, today), *where)
    )
    found = session.execute(statement, lookup.scope(session, staff, today)).one()
    return Counts(*(int(number) for number in found))


AGES = (3, 7, 14, 30)  # days; the last bucket is open


class Pile(NamedTuple):
    """Open cases of one severity and age; `age` is a place in AGES, or past its end."""

    severity: int
    age: int
    late: bool
    number: int


def piles(session: Session, staff: Staff, now: datetime, today: date, *where: Any) -> list[Pile]:
    """What is open in somebody's reach, counted."""
    since = [(col(Case.opened_at) > now - timedelta(days=days), place)
             for place, days in enumerate(AGES)]  # fmt: skip
    kinds: tuple[Any, ...] = (
        col(Case.severity).label("severity"),
        case(*since, else_=len(AGES)).label("age"),
        func.coalesce(col(Case.late_at) < now, false()).label("late"),
    )
    each = (
        columns(*kinds)
        .join(Elder, col(Elder.id) == Case.elder_id)
        .where(col(Case.state).in_(RUNNING), in_reach(session, staff, today), *where)
        .subquery()
    )
    counted = columns(*each.c, func.count()).group_by(*each.c)
    found = session.execute(counted, lookup.scope(session, staff, today))
    return [Pile(severity, age, bool(late), number) for severity, age, late, number in found]


def in_units(units: Collection[UUID]) -> ColumnElement[bool]:
    """Cases of elders who live there; for `where`."""
    return col(Elder.unit_id).in_(units)


def mine(staff: Staff) -> ColumnElement[bool]:
    return or_(col(Case.owner_id) == staff.id, col(Case.reported_by) == staff.id)


# The story of one


def events(session: Session, case_id: UUID) -> list[tuple[CaseEvent, Staff | None]]:
    statement = (
        select(CaseEvent, Staff)
        .outerjoin(Staff, col(Staff.id) == CaseEvent.staff_id)
        .where(CaseEvent.case_id == case_id)
        .order_by(col(CaseEvent.place))
    )
    return [(event, staff) for event, staff in session.exec(statement)]


def last_event(session: Session, case_id: UUID, *actions: str) -> CaseEvent | None:
    statement = select(CaseEvent).where(
        CaseEvent.case_id == case_id, col(CaseEvent.action).in_(actions)
    )
    return session.exec(statement.order_by(col(CaseEvent.place).desc())).first()


def said_in(session: Session, visit_id: UUID) -> list[CaseEvent]:
    """What a visit did to cases."""
    return list(session.exec(select(CaseEvent).where(CaseEvent.visit_id == visit_id)).all())


class Line(NamedTuple):
    """Who was told by which step, and whether it arrived."""

    step: CaseStep
    notice: CaseNotice
    staff: Staff


def deliveries(session: Session, case_id: UUID) -> list[Line]:
    statement = (
        select(CaseStep, CaseNotice, Staff)
        .join(CaseNotice, col(CaseNotice.step_id) == CaseStep.id)
        .join(Staff, col(Staff.id) == CaseNotice.staff_id)
        .where(CaseStep.case_id == case_id)
        .order_by(col(CaseStep.at), col(CaseStep.key), col(Staff.code))
    )
    return [Line(*row) for row in session.exec(statement)]


def photos(session: Session, case_id: UUID) -> list[Photo]:
    """Sent with the case itself, or with the visits that raised it."""
    visits = select(Concern.visit_id).where(Concern.case_id == case_id)
    statement = select(Photo).where(
        (col(Photo.case_id) == case_id) | col(Photo.visit_id).in_(visits)
    )
    return list(session.exec(statement.order_by(col(Photo.received_at))).all())


def holders(session: Session, case_id: UUID) -> list[UUID]:
    """The chats that were shown its card."""
    return list(session.exec(select(CaseHolder.chat_id).where(CaseHolder.case_id == case_id)))


def unresolved_of(session: Session, elder_id: UUID) -> list[Case]:
    return [one for one in open_of(session, elder_id) if one.state in UNRESOLVED]
