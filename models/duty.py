"""Who is on duty for a service group, and who has to be told of a case."""

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from models import ladder
from models.assignment import BACKUP, PRIMARY, Assignment
from models.care import running
from models.case import DUTY_BACKUP, ON_DUTY, Case, Duty
from models.elder import Elder
from models.leave import away_ids
from models.org import up_from
from models.staff import COORDINATOR, DUTY, LEADER, Staff


def members(session: Session, groups: Collection[str], units: Collection[UUID]) -> list[Staff]:
    """The duty officers of these groups who serve one of these places."""
    return _staff(
        session, Staff.role == DUTY, col(Staff.service_group).in_(groups),
        col(Staff.unit_id).in_(units),
    )  # fmt: skip


def _staff(session: Session, *where: ColumnElement[bool] | bool) -> list[Staff]:
    statement = select(Staff).where(*where, col(Staff.left_on).is_(None))
    return list(session.exec(statement.order_by(col(Staff.code))).all())


def named(session: Session, group: str, today: date, role: str = ON_DUTY) -> list[Staff]:
    """Whom the coordinator put on duty, or in reserve, for this day: the last word counts. Who is
    on leave is not."""
    covering = select(Duty).where(
        Duty.service_group == group,
        Duty.role == role,
        Duty.from_on <= today,
        Duty.until_on >= today,
    )
    rows = session.exec(covering.order_by(col(Duty.made_at).desc())).all()
    last = [row.staff_id for row in rows if row.made_at == rows[0].made_at]
    away = away_ids(session, today) if last else set()
    return [one for one in _staff(session, col(Staff.id).in_(last)) if one.id not in away]


def on_duty(session: Session, group: str, units: Collection[UUID], today: date) -> list[Staff]:
    """Whoever is named; else the named backup; else all who belong to the group."""
    return (
        named(session, group, today)
        or named(session, group, today, DUTY_BACKUP)
        or members(session, (group,), units)
    )


def groups_of(session: Session, staff: Staff, today: date) -> set[str]:
    """The groups this person belongs to, or is on duty or in reserve for today."""
    rows = select(Duty.service_group).where(
        Duty.staff_id == staff.id, Duty.from_on <= today, Duty.until_on >= today
    )
    own = {staff.service_group} if staff.role == DUTY and staff.service_group else set()
    return own | set(session.exec(rows))


def told(
    session: Session, case: Case, elder: Elder, words: Iterable[str], today: date
) -> list[Staff]:
    """The people that the words of a rung mean for this case, each once."""
    about = About(session, case, elder, up_from(session, elder.unit_id), today)
    found = (staff for word in words for staff in MEANT[word](about))
    return list({staff.id: staff for staff in found if staff.left_on is None}.values())


class About(NamedTuple):
    """What it takes to say who is meant; `units` are the places above the elder."""

    session: Session
    case: Case
    elder: Elder
    units: list[UUID]
    today: date

    @property
    def groups(self) -> list[str]:
        return [group for group in (self.case.service_group, self.case.also_group) if group]


def _on_duty(about: About) -> list[Staff]:
    found = (on_duty(about.session, group, about.units, about.today) for group in about.groups)
    return [one for people in found for one in people]


def _reserve(about: About) -> list[Staff]:
    found = (named(about.session, group, about.today, DUTY_BACKUP) for group in about.groups)
    return [one for people in found for one in people]


def _owner(about: About) -> list[Staff]:
    owner = about.case.owner_id
    return [about.session.get_one(Staff, owner)] if owner else []


MEANT: Mapping[str, Callable[[About], list[Staff]]] = {
    ladder.DUTY: _on_duty,
    ladder.RESERVE: _reserve,
    ladder.OWNER: _owner,
    ladder.MEMBERS: lambda about: members(about.session, about.groups, about.units),
    ladder.COORDINATOR: lambda about: coordinators(about.session, about.units),
    ladder.LEADER: lambda about: _staff(
        about.session, Staff.role == LEADER, col(Staff.unit_id).in_(about.units)
    ),
    ladder.LIAISON: lambda about: carers(about.session, about.elder.id, about.today)[:1],
    ladder.BACKUP: lambda about: carers(about.session, about.elder.id, about.today),
}


def coordinators(session: Session, units: Collection[UUID]) -> list[Staff]:
    """Those who answer for one of these places."""
    return _staff(session, Staff.role == COORDINATOR, col(Staff.unit_id).in_(units))


def carers(session: Session, elder_id: UUID, today: date) -> list[Staff]:
    """The elder's own liaison, then the backup; who is on leave is left out."""
    statement = (
        select(Staff)
        .join(Assignment, col(Assignment.staff_id) == Staff.id)
        .where(
            Assignment.elder_id == elder_id,
            col(Assignment.role).in_((PRIMARY, BACKUP)),
            running(today),
            col(Staff.left_on).is_(None),
        )
        .order_by(col(Assignment.role).desc(), col(Staff.code))
    )
    away = away_ids(session, today)
    return [one for one in session.exec(statement) if one.id not in away]
