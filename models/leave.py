"""Who is away, and who stands in."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session, and_, col, func, or_, select
from sqlmodel.sql.expression import SelectOfScalar

from models.assignment import BACKUP, COVER, PRIMARY, Assignment
from models.care import nobody, on_leave, running, there
from models.elder import ACTIVE, Elder
from models.lookup import TODAY, in_scope, scope
from models.org import branch, up_from
from models.schedule import Leave
from models.staff import LIAISON, Staff


def begin(
    session: Session,
    staff: Staff,
    cover: Staff | None,
    first: date,
    last: date,
    by: Staff,
    now: datetime,
) -> Leave:
    """From the first to the last day, both included; without `cover` each elder's backup."""
    row = Leave(
        staff_id=staff.id,
        cover_id=cover.id if cover else None,
        from_on=first,
        until_on=last,
        made_by=by.id,
        made_at=now,
    )
    session.add(row)
    return row


def is_away(session: Session, staff: Staff, today: date) -> bool:
    statement = select(Leave.id).where(Leave.staff_id == staff.id, on_leave(today))
    return session.exec(statement).first() is not None


def running_or_coming(session: Session, staff: Staff, today: date) -> Leave | None:
    statement = select(Leave).where(
        Leave.staff_id == staff.id, Leave.until_on >= today, col(Leave.ended_at).is_(None)
    )
    return session.exec(statement.order_by(col(Leave.from_on), col(Leave.id))).first()


def end_all(session: Session, staff: Staff, today: date, now: datetime) -> int:
    """Ends every leave of this person that runs or is to come; how many it were."""
    rows = session.exec(
        select(Leave).where(
            Leave.staff_id == staff.id, Leave.until_on >= today, col(Leave.ended_at).is_(None)
        )
    ).all()
    for row in rows:
        row.ended_at = now
    return len(rows)


def without_backup(session: Session, staff: Staff, today: date) -> int:
    """Elders of this person for whom no backup is there on that day."""
    backed = select(Assignment.elder_id).where(
        Assignment.role == BACKUP, running(today), col(Assignment.staff_id).in_(there(today))
    )
    return session.exec(_own(staff, today).where(col(Elder.id).not_in(backed))).one()


def own_count(session: Session, staff: Staff, today: date) -> int:
    """Elders this person is the liaison of."""
    return session.exec(_own(staff, today)).one()


def _own(staff: Staff, today: date) -> SelectOfScalar[int]:
    return (
        select(func.count(col(Elder.id)))
        .join(Assignment, col(Assignment.elder_id) == Elder.id)
        .where(
            Assignment.staff_id == staff.id,
            Assignment.role == PRIMARY,
            Elder.state == ACTIVE,
            running(today),
        )
    )


def backups_of(session: Session, staff: Staff, today: date) -> list[Staff]:
    """Who is there and backup of this person's elders, those with the most first."""
    own = select(Assignment.elder_id).where(
        Assignment.staff_id == staff.id, Assignment.role == PRIMARY, running(today)
    )
    statement = (
        _backups(today)
        .where(col(Assignment.elder_id).in_(own), Staff.id != staff.id)
        .group_by(col(Staff.id))
        .order_by(func.count().desc(), col(Staff.code))
    )
    return list(session.exec(statement).all())


def backup_of(session: Session, elder: Elder, today: date) -> Staff | None:
    """Who is asked first to go in the liaison's place."""
    statement = _backups(today).where(Assignment.elder_id == elder.id)
    return session.exec(statement.order_by(col(Assignment.from_on), col(Staff.code))).first()


def _backups(today: date) -> SelectOfScalar[Staff]:
    return (
        select(Staff)
        .join(Assignment, col(Assignment.staff_id) == Staff.id)
        .where(Assignment.role == BACKUP, running(today), col(Staff.id).in_(there(today)))
    )


def backed_by(session: Session, staff: Staff, code: str, today: date) -> Elder | None:
    """The living elder with this code, if this person is backup."""
    statement = (
        select(Elder)
        .join(Assignment, col(Assignment.elder_id) == Elder.id)
        .where(Elder.code == code.upper(), Elder.state == ACTIVE)
        .where(Assignment.role == BACKUP, Assignment.staff_id == staff.id, running(today))
    )
    return session.exec(statement).first()


def liaisons_of(session: Session, elder: Elder, today: date) -> list[Staff]:
    """Whose elder this is, on leave or not."""
    statement = (
        select(Staff)
        .join(Assignment, col(Assignment.staff_id) == Staff.id)
        .where(Assignment.elder_id == elder.id, Assignment.role == PRIMARY, running(today))
    )
    here = statement.where(col(Staff.left_on).is_(None))
    return list(session.exec(here.order_by(col(Staff.code))).all())


# Elders nobody looks after


def left_alone(session: Session, asker: Staff, today: date) -> list[Elder]:
    """Within the asker's branch."""
    statement = select(Elder).where(Elder.state == ACTIVE, in_scope(asker.role), nobody(TODAY))
    values = scope(session, asker, today)
    return list(session.exec(statement.order_by(col(Elder.code)), params=values).all())


def count_alone(session: Session, units: Collection[UUID], today: date) -> int:
    """How many live in these places."""
    statement = select(func.count(col(Elder.id))).where(
        Elder.state == ACTIVE, col(Elder.unit_id).in_(units), nobody(today)
    )
    return session.exec(statement).one()


def is_alone(session: Session, elder: Elder, asker: Staff, today: date) -> bool:
    statement = select(Elder.id).where(Elder.id == elder.id, Elder.state == ACTIVE, nobody(TODAY))
    return session.exec(statement, params=scope(session, asker, today)).first() is not None


def entrust(session: Session, elder: Elder, to: Staff, today: date) -> date | None:
    """While the liaison is on leave, until then; where there is none any more, for good (None)."""
    liaisons = liaisons_of(session, elder, today)
    leave = running_or_coming(session, liaisons[0], today) if liaisons else None
    last = leave.until_on if leave else None
    role = COVER if liaisons else PRIMARY
    if role == PRIMARY:
        _end_pairing(session, elder, today)
    session.add(
        Assignment(elder_id=elder.id, staff_id=to.id, role=role, from_on=today, until_on=last)
    )
    return last


def _end_pairing(session: Session, elder: Elder, today: date) -> None:
    """With a liaison who left."""
    was = and_(Assignment.elder_id == elder.id, Assignment.role == PRIMARY, running(today))
    for pair in session.exec(select(Assignment).where(was)):
        pair.until_on = today - timedelta(days=1)


def free_colleagues(session: Session, elder: Elder, asker: Staff, today: date) -> list[Staff]:
    """Liaisons of the asker's branch who are there: the elder's backups, then the nearest."""
    units = branch(session, asker.unit_id)
    statement = select(Staff).where(
        Staff.role == LIAISON, col(Staff.id).in_(there(today)), col(Staff.unit_id).in_(units)
    )
    near = set(up_from(session, elder.unit_id))
    backups = select(Assignment.staff_id).where(
        Assignment.elder_id == elder.id, Assignment.role == BACKUP, running(today)
    )
    first = set(session.exec(backups))
    found = session.exec(statement.order_by(col(Staff.code))).all()
    return sorted(found, key=lambda one: (one.id not in first, one.unit_id not in near))


def liaisons_named(session: Session, asker: Staff, text: str) -> list[Staff]:
    """Liaisons of the whole office by code or name; for an office colleagues are no secret."""
    statement = select(Staff).where(
        Staff.role == LIAISON,
        col(Staff.left_on).is_(None),
        or_(col(Staff.code) == text.upper(), col(Staff.name).like(f"%{text.strip('%_')}%")),
        Staff.id != asker.id,
    )
    return list(session.exec(statement.limit(5)).all())


def by_code(session: Session, code: str) -> Staff | None:
    return session.exec(select(Staff).where(Staff.code == code)).first()


def away_ids(session: Session, today: date) -> set[UUID]:
    """Everybody who is on leave today."""
    return set(session.exec(select(Leave.staff_id).where(on_leave(today))))
