"""What one can ask of cases: who may see and do what, lists by role, the story of one."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, bindparam, case, or_, true, union
from sqlalchemy import select as columns
from sqlmodel import Session, col, func, select

from models import ahead, lookup
from models.attachment import Photo
from models.audit import Audit
from models.case import (
    COORDINATOR,
    EMERGENCY,
    GROUP,
    LIAISON,
    MOVES,
    NO_CONTACT,
    ONLOOKER,
    REPORTER,
    RESOLVED,
    RUNNING,
    UNRESOLVED,
    URGENT,
    WITHDRAWN,
    Case,
    CaseEvent,
    CaseHolder,
    CaseNotice,
    CaseStep,
    Move,
)
from models.duty import carers, groups_of
from models.elder import Elder
from models.org import Unit, branch, up_from
from models.staff import COORDINATOR as COORDINATOR_ROLE
from models.staff import LEADER, Staff
from models.staff import LIAISON as LIAISON_ROLE
from models.visit import Concern, Visit

BY_NUMBER = (
    select(Case, Elder)
    .join(Elder, col(Elder.id) == Case.elder_id)
    .where(Case.number == bindparam("number"))
)
OPEN_CASES = (
    select(Case)
    .where(Case.elder_id == bindparam("elder"), col(Case.state).in_(RUNNING))
    .order_by(col(Case.severity), col(Case.opened_at), col(Case.number))
)
TROUBLED: Any = columns(col(Case.elder_id)).where(  # asked at every visit: most are not
    col(Case.elder_id).in_(bindparam("about", expanding=True)), col(Case.state).in_(RUNNING)
)


def by_number(session: Session, number: int) -> tuple[Case, Elder] | None:
    return session.exec(BY_NUMBER, params={"number": number}).first()


def open_of(session: Session, elder_id: UUID) -> list[Case]:
    """What has not ended yet for this elder, the gravest first."""
    if not ahead.of(session, TROUBLED, elder_id):
        return []
    return list(session.exec(OPEN_CASES, params={"elder": elder_id}))


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
    if what.action == "reached" and case.category != NO_CONTACT:
        return False
    own = what.action == "close" and staff.id == case.resolved_by
    return not (own and case.severity <= URGENT)


def allowed(case: Case, is_: Collection[str], staff: Staff) -> list[Move]:
    return [what for what in MOVES.values() if may(case, what, is_, staff)]


# Lists


def is_open() -> ColumnElement[bool]:
    """What has not ended has an instant from which it is late: the indexes of what is open are
    chosen by this."""
    return col(Case.late_at).is_not(None)


def in_reach(session: Session, staff: Staff, today: date) -> ColumnElement[bool]:
    """The open cases this person may see; a leader sees numbers only. To be run with the values
    of `lookup.scope`."""
    here, groups = _here(session, staff), groups_of(session, staff, today)
    of_group = col(Case.service_group).in_(groups) | col(Case.also_group).in_(groups)
    if staff.role == LIAISON_ROLE:
        return col(Case.id).in_(_near(staff, *([and_(of_group, here)] if groups else [])))
    everything = staff.role in (COORDINATOR_ROLE, LEADER)
    return or_(col(Case.reported_by) == staff.id, here if everything else and_(of_group, here))


def _near(staff: Staff, *more: ColumnElement[bool]) -> Any:
    """Those of one's own elders and those one reported: a few of many, each way by its index."""
    ids = columns(col(Case.id)).where(is_open())
    reported = col(Case.reported_by) == staff.id
    mine = col(Case.elder_id).in_(select(Elder.id).where(lookup.in_scope(staff.role)))
    return union(*(ids.where(way) for way in (mine, reported, *more)))


def _here(session: Session, staff: Staff) -> ColumnElement[bool]:
    """Whether the elder lives in this person's place; nothing is asked where all of them do."""
    units = branch(session, staff.unit_id)
    if len(units) == session.exec(select(func.count()).select_from(Unit)).one():
        return true()
    elsewhere = select(Elder.id).where(col(Elder.unit_id).not_in(units)).limit(1)
    return in_units(units) if session.exec(elsewhere).first() else true()


class Pile(NamedTuple):
    """Open cases of one severity and age; `age` is a place in AGES, or past its end."""

    severity: int
    age: int
    late: bool
    number: int


MANY = 1000  # so many are not counted any further: nobody reads them


class Listed(NamedTuple):
    """A page, and how many there are and are late: MANY stands for any number from there on,
    and then they are not in piles either."""

    page: int
    found: list[tuple[Case, Elder]]
    all: int
    late: int
    piles: list[Pile]


def listed(
    session: Session, staff: Staff, now: datetime, today: date, number: int, size: int, *where: Any
) -> Listed:
    """What is open, the overdue first, then by severity and age; a page that is not there any
    more is the last one."""
    reach = (is_open(), in_reach(session, staff, today), *where)
    scope = lookup.scope(session, staff, today)
    few = session.execute(columns(*ORDERED).where(*reach).limit(MANY), scope).all()
    number = max(0, min(number, (len(few) - 1) // size))
    if len(few) < MANY:
        few = sorted(few, key=lambda one: (one.late_at >= now, *one[2:]))
        ids = [one.id for one in few[number * size : (number + 1) * size]]
        piles = [Pile(one.severity, 0, one.late_at < now, 1) for one in few]
        late = sum(one.late for one in piles)
    else:
        ids = _of_many(session, scope, reach, now, number * size, size)
        some = select(Case.id).where(*reach, col(Case.late_at) < now).limit(MANY).subquery()
        late = session.execute(columns(func.count()).select_from(some), scope).scalar_one()
        piles = []
    return Listed(number, _whole(session, ids), len(few), late, piles)


IS_RESOLVED = case((col(Case.state) == RESOLVED, 1), else_=0)
ORDERED: tuple[Any, ...] = (
    col(Case.id), col(Case.late_at), IS_RESOLVED, col(Case.severity), col(Case.opened_at),
    col(Case.number),
)  # fmt: skip


def _of_many(
    session: Session, scope: Any, reach: Any, now: datetime, offset: int, size: int
) -> list[UUID]:
    """Part by part, each in the order of the index, until the page is full."""
    ids: list[UUID] = []
    upto = offset + size
    for late in (col(Case.late_at) < now, col(Case.late_at) >= now):
        for resolved in (Case.state != RESOLVED, Case.state == RESOLVED):
            if len(ids) < upto:
                part = select(Case.id).where(*reach, late, resolved)
                part = part.order_by(col(Case.severity), col(Case.opened_at), col(Case.number))
                ids += session.execute(part.limit(upto - len(ids)), scope).scalars()
    return ids[offset:]


def _whole(session: Session, ids: Sequence[UUID]) -> list[tuple[Case, Elder]]:
    """In the order of the ids."""
    statement = select(Case, Elder).join(Elder, col(Elder.id) == Case.elder_id)
    found = {one.id: (one, elder) for one, elder in
             session.exec(statement.where(col(Case.id).in_(ids)))}  # fmt: skip
    return [found[one] for one in ids if one in found]


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
        .where(is_open(), in_reach(session, staff, today), *where)
    )
    found = session.execute(statement, lookup.scope(session, staff, today)).one()
    return Counts(*(int(number) for number in found))


AGES = (3, 7, 14, 30)  # days; the last bucket is open


def piles(session: Session, staff: Staff, now: datetime, today: date, *where: Any) -> list[Pile]:
    """What is open in somebody's reach, counted."""
    since = [(col(Case.opened_at) > now - timedelta(days=days), place)
             for place, days in enumerate(AGES)]  # fmt: skip
    kinds: tuple[Any, ...] = (
        col(Case.severity).label("severity"),
        case(*since, else_=len(AGES)).label("age"),
        (col(Case.late_at) < now).label("late"),
    )
    each = columns(*kinds).where(is_open(), in_reach(session, staff, today), *where).subquery()
    counted = columns(*each.c, func.count()).group_by(*each.c)
    found = session.execute(counted, lookup.scope(session, staff, today))
    return [Pile(severity, age, bool(late), number) for severity, age, late, number in found]


def late_by(at: datetime) -> ColumnElement[bool]:
    """Overdue at that instant as things stand; for `where`."""
    return col(Case.late_at) < at


def in_units(units: Collection[UUID]) -> ColumnElement[bool]:
    """Cases of elders who live there; for `where`."""
    return col(Case.elder_id).in_(select(Elder.id).where(col(Elder.unit_id).in_(units)))


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


def withdrawn_at_the_end(session: Session, elder_id: UUID) -> list[Case]:
    """Those that were withdrawn when the elder was last taken off the lists: at that instant."""
    off = select(Audit.at).where(Audit.elder_id == elder_id, col(Audit.action).in_(OFF_THE_LISTS))
    at = session.exec(off.order_by(col(Audit.at).desc()).limit(1)).first()
    cases = select(Case).where(
        Case.elder_id == elder_id, Case.state == WITHDRAWN, Case.closed_at == at
    )
    return list(session.exec(cases.order_by(col(Case.number)))) if at else []


OFF_THE_LISTS = ("deceased", "moved")  # as the audit calls it


def said_in(session: Session, root_id: UUID) -> list[CaseEvent]:
    """What a visit did to cases, in any of its revisions."""
    revisions = select(Visit.id).where(Visit.root_id == root_id)
    return list(session.exec(select(CaseEvent).where(col(CaseEvent.visit_id).in_(revisions))).all())


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


def told_by(session: Session, once: str) -> list[tuple[CaseStep, Case, Elder]]:
    """The steps that one message told of."""
    statement = (
        select(CaseStep, Case, Elder)
        .join(CaseNotice, col(CaseNotice.step_id) == CaseStep.id)
        .join(Case, col(Case.id) == CaseStep.case_id)
        .join(Elder, col(Elder.id) == Case.elder_id)
        .where(CaseNotice.once == once)
        .order_by(col(Case.number), col(CaseStep.id))
    )
    return list(session.exec(statement).all())


def photos(session: Session, case_id: UUID) -> list[Photo]:
    """Sent with the case itself, with notes on it, or with the visits that raised it."""
    statement = select(Photo).where(_pictures(case_id))
    return list(session.exec(statement.order_by(col(Photo.received_at), col(Photo.id))).all())


def count_photos(session: Session, case_id: UUID) -> int:
    return session.exec(select(func.count(col(Photo.id))).where(_pictures(case_id))).one()


def _pictures(case_id: UUID) -> ColumnElement[bool]:
    visits = select(Concern.visit_id).where(Concern.case_id == case_id)
    return or_(col(Photo.case_id) == case_id, col(Photo.visit_id).in_(visits))


def holders(session: Session, case_id: UUID) -> list[UUID]:
    """The chats that were shown its card."""
    return list(session.exec(select(CaseHolder.chat_id).where(CaseHolder.case_id == case_id)))


def unresolved_of(session: Session, elder_id: UUID) -> list[Case]:
    return [one for one in open_of(session, elder_id) if one.state in UNRESOLVED]
