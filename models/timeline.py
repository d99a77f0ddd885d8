"""What happened around one elder, by source, the newest first: one statement each.

Of a restricted case others than its group and the coordinator learn that there is one, no more.
"""

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, or_, true
from sqlmodel import Session, col, func, select

from models.case import OPENED, Case, CaseEvent
from models.duty import groups_of
from models.elder import Absence, Elder, ElderFlag
from models.fast_track import FastTrack
from models.org import up_from
from models.room import Booking
from models.staff import COORDINATOR, Staff

ELSEWHERE = ("room", "fast")  # events of a case that have a source of their own


def readable(session: Session, staff: Staff, elder: Elder, today: date) -> ColumnElement[bool]:
    """The cases of this elder of which this person may read more than the code."""
    open_ = col(Case.restricted).is_(False)
    if staff.unit_id not in up_from(session, elder.unit_id):
        return open_
    if staff.role == COORDINATOR:
        return true()
    groups = groups_of(session, staff, today)
    return or_(open_, col(Case.service_group).in_(groups), col(Case.also_group).in_(groups))


def case_events(
    session: Session, elder_id: UUID, may_read: ColumnElement[bool], most: int
) -> list[tuple[CaseEvent, Case, Staff | None, bool]]:
    """With whether more than the code may be read; of the others only that they were opened."""
    statement = (
        select(CaseEvent, Case, Staff, may_read)
        .join(Case, col(Case.id) == CaseEvent.case_id)
        .outerjoin(Staff, col(Staff.id) == CaseEvent.staff_id)
        .where(Case.elder_id == elder_id, col(CaseEvent.action).not_in(ELSEWHERE))
        .where(or_(may_read, col(CaseEvent.action) == OPENED))
        .order_by(col(CaseEvent.at).desc(), col(Case.number).desc(), col(CaseEvent.place).desc())
        .limit(most)
    )
    return [(event, case, staff, bool(may)) for event, case, staff, may in session.exec(statement)]


def bookings(
    session: Session, elder_id: UUID, may_read: ColumnElement[bool], most: int
) -> list[Booking]:
    statement = (
        select(Booking)
        .outerjoin(Case, col(Case.id) == Booking.case_id)
        .where(Booking.elder_id == elder_id, or_(col(Booking.case_id).is_(None), may_read))
        .order_by(col(Booking.on_day).desc(), col(Booking.minute).desc(), col(Booking.id).desc())
        .limit(most)
    )
    return list(session.exec(statement))


def fast_tracks(
    session: Session, elder_id: UUID, may_read: ColumnElement[bool], most: int
) -> list[tuple[FastTrack, Case]]:
    statement = (
        select(FastTrack, Case)
        .join(Case, col(Case.id) == FastTrack.case_id)
        .where(Case.elder_id == elder_id, may_read)
        .order_by(
            func.coalesce(FastTrack.answered_at, FastTrack.asked_at).desc(),
            col(Case.number).desc(),
            col(FastTrack.id).desc(),
        )
        .limit(most)
    )
    return [(track, case) for track, case in session.exec(statement)]


def absences(session: Session, elder_id: UUID, most: int) -> list[Absence]:
    statement = select(Absence).where(Absence.elder_id == elder_id)
    return list(
        session.exec(
            statement.order_by(col(Absence.from_on).desc(), col(Absence.id).desc()).limit(most)
        )
    )


def flags(session: Session, elder_id: UUID, most: int) -> list[ElderFlag]:
    statement = select(ElderFlag).where(ElderFlag.elder_id == elder_id)
    return list(
        session.exec(
            statement.order_by(col(ElderFlag.since).desc(), col(ElderFlag.id).desc()).limit(most)
        )
    )
