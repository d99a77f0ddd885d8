"""Who looked at, or changed, what about whom."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Index
from sqlmodel import Field, SQLModel


class Audit(SQLModel, table=True):
    """One line per look at personal detail and per change; never updated."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    at: datetime = Field(index=True)
    staff_id: UUID | None = Field(default=None, foreign_key="staff.id")
    elder_id: UUID | None = Field(default=None, foreign_key="elder.id")
    action: str
    detail: str = ""

    __table_args__ = (Index("ix_audit_elder", "elder_id", "at"),)
