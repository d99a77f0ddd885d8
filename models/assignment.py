"""One-to-one pairing ([S0] 一对一结对子): who looks after whom, from when to when."""

from datetime import date
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field, SQLModel

from models.ids import new_id

PRIMARY, BACKUP = "primary", "backup"
COVER = "cover"  # asked to go in the liaison's place, for one window


class Assignment(SQLModel, table=True):
    """`until_on` is the last day; history is kept, rows are ended and never changed."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    elder_id: UUID = Field(foreign_key="elder.id")
    staff_id: UUID = Field(foreign_key="staff.id")
    role: str = PRIMARY
    from_on: date
    until_on: date | None = None

    __table_args__ = (
        Index("ix_assignment_staff", "staff_id", "until_on"),
        Index("ix_assignment_elder", "elder_id", "until_on"),
    )
