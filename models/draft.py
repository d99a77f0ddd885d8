"""A form that is being filled in: the answers are kept, the position is derived."""

import secrets
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import JSON, Column, UniqueConstraint
from sqlalchemy.orm import declared_attr
from sqlmodel import Field, SQLModel


def new_tag() -> str:
    """Eight characters that name a draft on a button (Telegram allows 64 bytes in all)."""
    return secrets.token_hex(4)


class Draft(SQLModel, table=True):
    """Never expires; the open question is the first applicable one without an answer.

    `answers` keeps the order in which they were given. It is a JSON column: assign a new
    dict, a change in place is not noticed. `context` is what was true when the draft began.
    """

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    tag: str = Field(default_factory=new_tag, unique=True)
    staff_id: UUID = Field(foreign_key="staff.id", index=True)
    form: str
    subject: str = ""
    form_version: int = 1
    answers: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    context: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    parked: bool = False
    started_at: datetime
    updated_at: datetime
    rev: int = 1

    __table_args__ = (UniqueConstraint("staff_id", "form", "subject"),)
    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:  # noqa: N805
        """Two workers who change one draft: the second finds `rev` moved on and is replayed."""
        return {"version_id_col": cls.__table__.c.rev, "version_id_generator": False}  # type: ignore[attr-defined]
