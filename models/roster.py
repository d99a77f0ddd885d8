"""An office's roster as it comes in a file: what an import would change, and the change itself.

`plan` only looks; `apply` writes what was planned, in the same transaction.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, col, select

from models.assignment import PRIMARY, Assignment
from models.audit import Audit
from models.care import running
from models.elder import ACTIVE, Elder, ElderFlag
from models.org import KINDS, Unit
from models.roster_elders import Register
from models.roster_pairs import Liaisons, Pairs, last_day
from models.roster_staff import People
from models.roster_types import ELDERS, PAIRS, STAFF, UNITS, Plan, Problem, Row
from models.roster_units import Places, mistyped_towns, name_counties, plan_units
from models.staff import Staff

__all__ = ["Plan", "Problem", "Row", "apply", "plan"]


def plan(
    session: Session,
    rows: Sequence[Row],
    today: date,
    county_name: str = "",
    within: UUID | None = None,
) -> Plan:
    """What the rows would change. `county_name` is what the county is called for now when
    neither the file nor the database names one. With `within`, a unit, only its own branch: a
    row that belongs elsewhere is a problem, and tells nothing of who is there. Writes nothing."""
    made = Plan(today)
    sheets = {kind: [row for row in rows if row.kind == kind] for kind in _KINDS}
    for row in rows:
        made.problems.extend(row.problems)
    places = Places(session.exec(select(Unit)), sheets[UNITS], county_name, within)
    stood_on: set[UUID] = set()
    plan_units(made, places, sheets[UNITS], stood_on)
    people = People(
        made, places, session.exec(select(Staff).order_by(Staff.code)).all(), sheets[STAFF]
    )
    people.read(sheets[STAFF])
    register = _register(session, made, places, people, sheets[ELDERS])
    pairs = Pairs(made, people, register, session.exec(select(Assignment).where(running(today))))
    pairs.read(sheets[PAIRS])
    _people_from_columns(made, people)
    _stand_on(made, places, register, stood_on)
    _not_in_file(made, people, register, sheets)
    sheet_order = list(dict.fromkeys(row.sheet for row in rows))
    made.problems.sort(key=lambda problem: (sheet_order.index(problem.sheet), problem.row))
    return made


_KINDS = (UNITS, STAFF, ELDERS, PAIRS)


def _register(
    session: Session, made: Plan, places: Places, people: People, rows: list[Row]
) -> Register:
    here = [unit.id for unit in places.units.values() if places.holds(unit)]
    register = Register(
        made,
        places,
        session.exec(select(Elder).where(col(Elder.unit_id).in_(here)).order_by(Elder.code)),
        session.exec(select(Elder.code)),
        session.exec(select(ElderFlag).where(col(ElderFlag.until).is_(None))),
        rows,
        Liaisons(people).named,
    )
    register.read()
    return register


def _people_from_columns(made: Plan, people: People) -> None:
    """Somebody whose name stood only in rows with problems is not made."""
    elders = Counter(pair.staff_id for pair in made.assignments if pair.role == PRIMARY)
    named = {pair.staff_id for pair in made.assignments}
    for person in people.made.values():
        if person.id in named:
            made.staff.append(person)
            made.from_columns[person.code] = elders[person.id]


def _stand_on(made: Plan, places: Places, register: Register, stood_on: set[UUID]) -> None:
    stood_on |= {elder.unit_id for elder in made.elders}
    stood_on |= {person.unit_id for person in made.staff}
    stood_on |= {change.stored["unit_id"] for change in made.changes if "unit_id" in change.stored}
    name_counties(made, places)
    made.units = places.needed(stood_on)
    made.unit_names = {unit.id: places.name(unit) for unit in places.units.values()}
    if not places.towns_known:
        mistyped_towns(made, places, Counter(register.homes.values()))


def _not_in_file(
    made: Plan, people: People, register: Register, sheets: dict[str, list[Row]]
) -> None:
    if sheets[ELDERS]:
        here = [elder for elder in register.stored if elder.state == ACTIVE]
        made.missing_elders = [elder for elder in here if not register.met_in_file(elder)]
    if sheets[STAFF]:
        at_work = [person for person in people.own if person.left_on is None]
        made.missing_staff = [person for person in at_work if person.id not in people.matched]


def apply(
    session: Session, planned: Plan, now: datetime | None = None, by: UUID | None = None
) -> None:
    """Writes the plan. With `now`, an audit line for the import and for each elder changed."""
    for kind in KINDS:
        _add(session, [unit for unit in planned.units if unit.kind == kind])
    _add(session, planned.staff)
    _add(session, planned.elders)
    for change in planned.changes:
        for name, value in change.stored.items():
            setattr(change.thing, name, value)
    for flag in planned.ended_flags:
        flag.until = planned.today
    for pair in planned.ended_assignments:
        pair.until_on = last_day(planned.today)
    _add(session, planned.flags)
    _add(session, planned.assignments)
    if now is not None:
        _add(session, _audit(planned, now, by))


def _add(session: Session, things: Iterable[object]) -> None:
    """Parents must be there before what refers to them."""
    session.add_all(things)
    session.flush()


def _audit(planned: Plan, now: datetime, by: UUID | None) -> list[Audit]:
    if planned.empty:
        return []
    detail = f"elders +{len(planned.elders)}, staff +{len(planned.staff)}"
    lines = [Audit(at=now, staff_id=by, action="import", detail=detail)]
    fields: dict[UUID, set[str]] = defaultdict(set)
    for change in planned.changes:
        if isinstance(change.thing, Elder):
            fields[change.thing.id] |= change.shown.keys()
    return lines + [
        Audit(
            at=now, staff_id=by, elder_id=elder_id, action="import", detail=", ".join(sorted(names))
        )
        for elder_id, names in fields.items()
    ]
