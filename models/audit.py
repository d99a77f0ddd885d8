"""Who looked at, or changed, what about whom."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, Session, SQLModel, col, func, select

from models.ids import new_id
from models.staff import Staff


class Audit(SQLModel, table=True):
    """One line per look at personal detail and per change; never updated."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    at: datetime = Field(index=True)
    staff_id: UUID | None = Field(default=None, foreign_key="staff.id")
    elder_id: UUID | None = Field(default=None, foreign_key="elder.id")
    action: str
    detail: str = ""

    __table_args__ = (Index("ix_audit_elder", "elder_id", "at"),)


def about(
    session: Session, elder_id: UUID, offset: int, limit: int
) -> list[tuple[Audit, Staff | None]]:
    """Who looked at or changed what of this elder, the latest first; nobody is the bot."""
    statement = (
        select(Audit, Staff)
        .outerjoin(Staff, col(Staff.id) == Audit.staff_id)
        .where(Audit.elder_id == elder_id)
        .order_by(col(Audit.at).desc(), col(Audit.id).desc())
        .offset(offset)
        .limit(limit)
    )
    return [(line, staff) for line, staff in session.exec(statement)]


def count_about(session: Session, elder_id: UUID) -> int:
    statement = select(func.count(col(Audit.id))).where(Audit.elder_id == elder_id)
    return session.exec(statement).one()
