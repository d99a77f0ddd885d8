"""Who is away, and who stands in."""

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session, col, func, or_, select

from models.assignment import BACKUP, PRIMARY, Assignment
from models.care import on_leave, running
from models.elder import ACTIVE, Elder
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
    return session.exec(statement.order_by(col(Leave.from_on))).first()


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
    """Elders of this person for whom nobody is backup."""
    backed = select(Assignment.elder_id).where(Assignment.role == BACKUP, running(today))
    return session.exec(
        select(func.count(col(Elder.id)))
        .join(Assignment, col(Assignment.elder_id) == Elder.id)
        .where(
            Assignment.staff_id == staff.id,
            Assignment.role == PRIMARY,
            Elder.state == ACTIVE,
            running(today),
            col(Elder.id).not_in(backed),
        )
    ).one()


def own_count(session: Session, staff: Staff, today: date) -> int:
    """Elders this person is the liaison of."""
    return session.exec(
        select(func.count(col(Elder.id)))
        .join(Assignment, col(Assignment.elder_id) == Elder.id)
        .where(
            Assignment.staff_id == staff.id,
            Assignment.role == PRIMARY,
            Elder.state == ACTIVE,
            running(today),
        )
    ).one()


def backups_of(session: Session, staff: Staff, today: date) -> list[Staff]:
    """Who is backup of this person's elders, those with the most first."""
    own = select(Assignment.elder_id).where(
        Assignment.staff_id == staff.id, Assignment.role == PRIMARY, running(today)
    )
    statement = (
        select(Staff)
        .join(Assignment, col(Assignment.staff_id) == Staff.id)
        .where(Assignment.role == BACKUP, running(today), col(Assignment.elder_id).in_(own))
        .group_by(*Staff.__table__.columns)  # type: ignore[attr-defined]
        .order_by(func.count().desc(), col(Staff.code))
    )
    return list(session.exec(statement).all())


def backup_of(session: Session, elder: Elder, today: date) -> Staff | None:
    """Who is asked first to go in the liaison's place."""
    statement = (
        select(Staff)
        .join(Assignment, col(Assignment.staff_id) == Staff.id)
        .where(
            Assignment.elder_id == elder.id,
            Assignment.role == BACKUP,
            col(Staff.left_on).is_(None),
            running(today),
        )
    )
    return session.exec(statement.order_by(col(Assignment.from_on))).first()


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
