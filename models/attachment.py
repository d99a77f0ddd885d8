"""Files that people send: photos of hazards, kept in the database so that one backup holds
everything, and tables that wait for a confirmation."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, LargeBinary
from sqlmodel import Field, SQLModel

from models.ids import new_id


class Photo(SQLModel, table=True):
    """A re-encoded picture without EXIF; `sha256` is of the bytes the person sent."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    staff_id: UUID = Field(foreign_key="staff.id")
    draft_tag: str = Field(index=True)
    visit_id: UUID | None = Field(default=None, foreign_key="visit.id", index=True)
    case_id: UUID | None = Field(default=None, foreign_key="elder_case.id", index=True)
    sha256: str = Field(index=True)
    mime: str
    width: int
    height: int
    received_at: datetime
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class Upload(SQLModel, table=True):
    """A table as it came; it is read anew when it is confirmed, and goes with its draft. `looked`
    is what was shown of it, once that is known."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    staff_id: UUID = Field(foreign_key="staff.id")
    draft_tag: str = Field(index=True)
    name: str
    received_at: datetime
    looked: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
