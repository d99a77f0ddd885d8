"""Who is on duty for a service group, and who has to be told of a case."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, bindparam, literal, true, union_all
from sqlalchemy import select as pick
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, select

from models import ahead, ladder
from models.assignment import BACKUP, Assignment
from models.care import care, running
from models.case import DUTY_BACKUP, ON_DUTY, Case, Duty
from models.elder import Elder
from models.leave import away_ids
from models.lookup import TODAY
from models.org import up_from
from models.staff import COORDINATOR, DUTY, LEADER, Staff

# Asked for every concern: built once, and what they say is kept for a whole batch.
SERVING = (
    select(Staff)
    .where(
        col(Staff.unit_id).in_(bindparam("units", expanding=True)),
        col(Staff.role).in_((DUTY, COORDINATOR, LEADER)),
        col(Staff.left_on).is_(None),
    )
    .order_by(col(Staff.code))
)
Maker = aliased(Staff)
ROSTERED = (
    select(Duty, Staff, Maker.unit_id)
    .join(Staff, col(Staff.id) == Duty.staff_id)
    .join(Maker, col(Maker.id) == Duty.made_by)
    .where(Duty.from_on <= TODAY, Duty.until_on >= TODAY)
    .order_by(col(Duty.made_at).desc(), col(Duty.id).desc())
)


def _serving(session: Session, units: Collection[UUID], role: str) -> list[Staff]:
    """Duty officers, coordinators or leaders of one of these places."""

    def ask() -> Sequence[Staff]:
        return session.exec(SERVING, params={"units": list(units)}).all()

    found = ahead.once(session, (_serving, *units), ask)
    return [staff for staff in found if staff.role == role]


def _rostered(session: Session, today: date) -> Sequence[tuple[Duty, Staff, UUID]]:
    """Everybody on a roster for this day, what was said last first, and where it was said."""

    def ask() -> Sequence[tuple[Duty, Staff, UUID]]:
        return session.exec(ROSTERED, params={"today": today}).all()

    return ahead.once(session, (_rostered, today), ask)


def members(session: Session, groups: Collection[str], units: Collection[UUID]) -> list[Staff]:
    """The duty officers of these groups who serve one of these places."""
    found = _serving(session, units, DUTY)
    return [staff for staff in found if staff.service_group in groups]


def coordinators(session: Session, units: Collection[UUID]) -> list[Staff]:
    """Those who answer for one of these places."""
    return _serving(session, units, COORDINATOR)


def leaders(session: Session, units: Collection[UUID]) -> list[Staff]:
    return _serving(session, units, LEADER)


def named(
    session: Session, group: str, units: Collection[UUID], today: date, role: str = ON_DUTY
) -> list[Staff]:
    """Whom a coordinator of one of these places put on duty, or in reserve, for this day: the
    last word counts. Who is on leave is not."""
    last = [
        staff
        for duty, staff, place in _rostered(session, today)
        if (duty.service_group, duty.role) == (group, role) and place in units
    ][:1]
    gone = away(session, today) if last else set()
    return [one for one in last if one.left_on is None and one.id not in gone]


def plan(
    session: Session, group: str, units: Collection[UUID], days: Sequence[date], role: str = ON_DUTY
) -> dict[date, list[Staff]]:
    """`named` for each of these days."""
    return {day: named(session, group, units, day, role) for day in days}


def away(session: Session, today: date) -> set[UUID]:
    """Everybody who is on leave: asked once for a batch."""
    return ahead.once(session, (away, today), lambda: away_ids(session, today))


def on_duty(session: Session, group: str, units: Collection[UUID], today: date) -> list[Staff]:
    """Whoever is named; else the named backup; else all who belong to the group."""
    return (
        named(session, group, units, today)
        or named(session, group, units, today, DUTY_BACKUP)
        or members(session, (group,), units)
    )


def groups_of(session: Session, staff: Staff, today: date) -> set[str]:
    """The groups this person belongs to, or is on duty or in reserve for today."""
    own = {staff.service_group} if staff.role == DUTY and staff.service_group else set()
    rows = _rostered(session, today)
    return own | {duty.service_group for duty, one, _place in rows if one.id == staff.id}


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
    found = (
        named(about.session, group, about.units, about.today, DUTY_BACKUP) for group in about.groups
    )
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
    ladder.LEADER: lambda about: leaders(about.session, about.units),
    ladder.LIAISON: lambda about: carers(about.session, about.elder.id, about.today)[:1],
    ladder.BACKUP: lambda about: carers(about.session, about.elder.id, about.today),
}


def carers(session: Session, elder_id: UUID, today: date) -> list[Staff]:
    """Whoever looks after the elder today, the own liaison or who stands in, then the backup;
    who is on leave is left out."""
    gone = away(session, today)
    found = session.exec(CARERS, params={"elder": elder_id, "today": today})
    return list({one.id: one for one, _place in found if one.id not in gone}.values())


BACKED = pick(col(Assignment.elder_id), col(Assignment.staff_id)).where(
    col(Assignment.role) == BACKUP, running(TODAY)
)
NEAR = union_all(
    *(
        way.add_columns(literal(place).label("place")).where(
            way.selected_columns[0] == bindparam("elder", type_=Uuid)
        )
        for place, way in enumerate((*care(lambda _who: true(), TODAY), BACKED))
    )
).subquery()
CARERS = (
    select(Staff, NEAR.c.place)
    .join(NEAR, NEAR.c.staff_id == col(Staff.id))
    .where(col(Staff.left_on).is_(None))
    .order_by(NEAR.c.place, col(Staff.code))
)
