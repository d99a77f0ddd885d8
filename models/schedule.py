"""What people changed about the schedule: postponements of a visit and leave of a liaison."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from models.ids import new_id


class Postponement(SQLModel, table=True):
    """The visit of one window put off to a day inside it; the last word counts."""

    elder_id: UUID = Field(foreign_key="elder.id", primary_key=True)
    window_first: date = Field(primary_key=True)
    until_on: date
    reason: str = ""
    staff_id: UUID = Field(foreign_key="staff.id")
    made_at: datetime


class Leave(SQLModel, table=True):
    """A person is away from the first to the last day; `cover_id` stands in, or each backup."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    staff_id: UUID = Field(foreign_key="staff.id")
    cover_id: UUID | None = Field(default=None, foreign_key="staff.id")
    from_on: date
    until_on: date
    made_by: UUID = Field(foreign_key="staff.id")
    made_at: datetime
    ended_at: datetime | None = None  # called off, or back early

    __table_args__ = (
        Index("ix_leave_staff", "staff_id", "until_on"),
        Index("ix_leave_cover", "cover_id", "until_on"),  # else every assignment is looked at
    )
