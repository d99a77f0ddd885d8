"""The register as it is today, to be written into a table: elders of one part of a branch."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, select

from models.assignment import BACKUP, PRIMARY, Assignment
from models.care import running
from models.consent import HEALTH, withholds
from models.elder import ACTIVE, Elder, ElderFlag
from models.lookup import in_scope, scope
from models.org import COUNTY, TOWN, VILLAGE, Unit, branch
from models.staff import Staff


@dataclass
class Listed:
    """One elder with what a roster says of them; without `open_health` that is not told."""

    elder: Elder
    place: dict[str, str]  # kind of unit to its name
    flags: dict[str, date] = field(default_factory=dict)  # since when
    people: dict[str, list[Staff]] = field(default_factory=lambda: defaultdict(list))
    open_health: bool = True


def listed(session: Session, asker: Staff, today: date, unit_id: UUID | None) -> list[Listed]:
    """The living elders of the asker's branch, or of the part of it below one unit."""
    part = col(Elder.unit_id).in_(branch(session, unit_id or asker.unit_id))
    mine = (Elder.state == ACTIVE, in_scope(asker.role), part)
    values = scope(session, asker, today)
    elders = session.exec(select(Elder).where(*mine).order_by(Elder.code), params=values).all()
    places = paths(session, {elder.unit_id for elder in elders})
    found = {elder.id: Listed(elder, places[elder.unit_id]) for elder in elders}
    for flag in session.exec(
        select(ElderFlag).join(Elder, col(Elder.id) == ElderFlag.elder_id)
        .where(*mine, col(ElderFlag.until).is_(None)), params=values,
    ):  # fmt: skip
        found[flag.elder_id].flags[flag.flag] = flag.since
    for elder_id, role, staff in session.exec(
        select(Assignment.elder_id, Assignment.role, Staff)
        .join(Staff, col(Staff.id) == Assignment.staff_id)
        .join(Elder, col(Elder.id) == Assignment.elder_id)
        .where(*mine, running(today), col(Staff.left_on).is_(None))
        .where(col(Assignment.role).in_((PRIMARY, BACKUP)))
        .order_by(col(Staff.code)), params=values,
    ):  # fmt: skip
        found[elder_id].people[role].append(staff)
    for elder_id in session.exec(select(Elder.id).where(*mine, withholds(HEALTH)), params=values):
        found[elder_id].open_health = False
    return sorted(found.values(), key=lambda one: (*_in_order(one.place), one.elder.code))


def _in_order(place: dict[str, str]) -> tuple[str, ...]:
    return tuple(place.get(kind, "") for kind in (COUNTY, TOWN, VILLAGE))


def paths(session: Session, units: Collection[UUID]) -> dict[UUID, dict[str, str]]:
    """Unit to the names of it and of what it is part of, by kind."""
    known = {unit.id: unit for unit in session.exec(select(Unit))}
    return {unit_id: _path(known, unit_id) for unit_id in units}


def _path(known: dict[UUID, Unit], unit_id: UUID) -> dict[str, str]:
    place: dict[str, str] = {}
    step: UUID | None = unit_id
    while step:
        place[known[step].kind] = known[step].name
        step = known[step].parent_id
    return place


def colleagues(session: Session, asker: Staff) -> Iterable[Staff]:
    """Who works in the asker's branch."""
    here = col(Staff.unit_id).in_(branch(session, asker.unit_id))
    return session.exec(
        select(Staff).where(here, col(Staff.left_on).is_(None)).order_by(Staff.code)
    ).all()


def towns(session: Session, asker: Staff) -> list[Unit]:
    """The towns of the asker's branch, their own included."""
    here = col(Unit.id).in_(branch(session, asker.unit_id))
    return list(
        session.exec(select(Unit).where(here, Unit.kind == TOWN).order_by(Unit.name, col(Unit.id)))
    )
