"""What happened within some places in some days, counted: for the evening and for the week."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from models.case import RUNNING, Case
from models.elder import Elder
from models.staff import Staff
from models.visit import CONDOLENCE, CURRENT, DONE, Visit

MOST = 8  # elders and liaisons that are named


@dataclass
class Days:
    """`visits` that count by their mode; `in_vain` are attempts; `elders` were seen at least
    once; `by_staff` are the first by number, `codes` the first elders with their places."""

    visits: Counter[str] = field(default_factory=Counter)
    in_vain: int = 0
    elders: int = 0
    by_staff: list[tuple[str, int]] = field(default_factory=list)
    codes: list[tuple[str, UUID]] = field(default_factory=list)


def visits(session: Session, units: Collection[UUID], first: date, last: date) -> Days:
    found = Days()
    here = _here(units, first, last)
    kinds = select(col(Visit.mode), col(Visit.outcome), func.count()).select_from(here.froms)
    for mode, outcome, number in session.execute(
        kinds.where(here.where).group_by(col(Visit.mode), col(Visit.outcome))
    ):
        if outcome == DONE:
            found.visits[mode] += number
        elif outcome != CONDOLENCE:
            found.in_vain += number
    done = (here.where, col(Visit.outcome) == DONE)
    seen = select(func.count(col(Visit.elder_id).distinct())).select_from(here.froms)
    found.elders = session.execute(seen.where(*done)).scalar_one()
    found.by_staff = _by_staff(session, here, done)
    found.codes = _codes(session, here, done)
    return found


@dataclass(frozen=True)
class _Here:
    froms: Any
    where: Any


def _here(units: Collection[UUID], first: date, last: date) -> _Here:
    froms = _table(Elder).join(_table(Visit), col(Visit.elder_id) == col(Elder.id))
    where = (
        col(Elder.unit_id).in_(units)
        & (col(Visit.state) == CURRENT)
        & col(Visit.visited_on).between(first, last)
    )
    return _Here(froms, where)


def _table(model: Any) -> Any:
    return model.__table__


def _by_staff(session: Session, here: _Here, done: tuple[Any, ...]) -> list[tuple[str, int]]:
    froms = here.froms.join(_table(Staff), col(Staff.id) == col(Visit.liaison_id))
    number = func.count().label("number")
    statement = select(col(Staff.name), number).select_from(froms).where(*done)
    order = statement.group_by(col(Staff.id), col(Staff.name)).order_by(number.desc(), Staff.code)
    return [(name, count) for name, count in session.execute(order.limit(MOST))]


def _codes(session: Session, here: _Here, done: tuple[Any, ...]) -> list[tuple[str, UUID]]:
    statement = select(col(Elder.code), col(Elder.unit_id)).distinct().select_from(here.froms)
    rows = session.execute(statement.where(*done).order_by(col(Elder.code)).limit(MOST))
    return [(code, unit) for code, unit in rows]


def opened(
    session: Session, units: Collection[UUID], since: datetime, until: datetime
) -> Counter[int]:
    """Cases by severity that came in."""
    rows = _cases(units, col(Case.severity), col(Case.opened_at).between(since, until))
    return Counter({row[0]: row[1] for row in session.execute(rows)})


def ended(session: Session, units: Collection[UUID], since: datetime, until: datetime) -> int:
    """Cases that were closed."""
    rows = _cases(units, col(Case.state), col(Case.closed_at).between(since, until))
    return sum(int(row[1]) for row in session.execute(rows))


def _cases(units: Collection[UUID], by: Any, when: Any) -> Any:
    return (
        select(by, func.count())
        .select_from(_table(Case).join(_table(Elder), col(Elder.id) == col(Case.elder_id)))
        .where(col(Elder.unit_id).in_(units), when)
        .group_by(by)
    )


def climbing(
    session: Session, units: Collection[UUID], until: datetime
) -> list[tuple[int, int, datetime]]:
    """Number, severity and hour of the cases whose next step comes until then if nobody acts."""
    statement = (
        select(col(Case.number), col(Case.severity), col(Case.next_at))
        .join(_table(Elder), col(Elder.id) == col(Case.elder_id))
        .where(col(Elder.unit_id).in_(units), col(Case.state).in_(RUNNING))
        .where(col(Case.next_at) <= until)
        .order_by(col(Case.next_at), col(Case.number))
    )
    return [(number, severity, at) for number, severity, at in session.execute(statement)]
