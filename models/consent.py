"""What an elder agreed to have known, or no longer does; what follows is asked here only.

Nothing said means: not asked yet, and the office works on its statutory duty. A withdrawal, or
a no when asked, hides what it is about at once; `models.retention` deletes it after some days.
"""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Index, bindparam
from sqlalchemy import select as columns
from sqlmodel import Field, Session, SQLModel, col, select

from models import ahead
from models.elder import Elder
from models.ids import new_id

HEALTH, LOCATION, SHARING = "health", "location", "sharing"
PURPOSES = (HEALTH, LOCATION, SHARING)


class Consent(SQLModel, table=True):
    """One word of an elder on one purpose; a later one supersedes it, nothing is overwritten."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    elder_id: UUID = Field(foreign_key="elder.id")
    purpose: str
    said_on: date
    said_by: str  # self, guardian, relative
    withdrawn_at: datetime | None = None  # set: a no
    recorded_by: UUID = Field(foreign_key="staff.id")
    recorded_at: datetime
    superseded_at: datetime | None = None
    purged_at: datetime | None = Field(default=None)  # what was hidden is deleted

    __table_args__ = (Index("ix_consent_elder", "elder_id", "purpose"),)


WITHDRAWN: Any = columns(
    col(Consent.elder_id), col(Consent.purpose), col(Consent.withdrawn_at)
).where(
    col(Consent.elder_id).in_(bindparam("about", expanding=True)),
    col(Consent.superseded_at).is_(None),
    col(Consent.withdrawn_at).is_not(None),
)


def withheld(session: Session, elder_id: UUID) -> Collection[str]:
    """The purposes to which this elder said no."""
    return {one.purpose for one in _withdrawn(session, elder_id)}


def _withdrawn(session: Session, elder_id: UUID) -> list[Any]:
    """Asked for every line of a story: read once."""
    found = ahead.of(session, WITHDRAWN, elder_id)
    ahead.put(session, {(WITHDRAWN, elder_id): found})
    return found


def withdrawn_at(session: Session, elder_id: UUID, purpose: str) -> datetime | None:
    """Since when this elder says no to it."""
    words = _withdrawn(session, elder_id)
    return next((one.withdrawn_at for one in words if one.purpose == purpose), None)


def withholds(purpose: str) -> ColumnElement[bool]:
    """Of an elder, inside a statement: said no to this."""
    return (
        select(Consent.id)
        .where(Consent.elder_id == Elder.id, Consent.purpose == purpose)
        .where(col(Consent.superseded_at).is_(None), col(Consent.withdrawn_at).is_not(None))
        .correlate(Elder)
        .exists()
    )


def standing(session: Session, elder_id: UUID) -> dict[str, Consent]:
    """The word in force on each purpose."""
    statement = select(Consent).where(
        Consent.elder_id == elder_id, col(Consent.superseded_at).is_(None)
    )
    return {one.purpose: one for one in session.exec(statement)}


def note(session: Session, word: Consent) -> None:
    """Puts a new word in the place of the one before it."""
    ahead.forget(session, word.elder_id, WITHDRAWN)
    before = standing(session, word.elder_id).get(word.purpose)
    if before is not None:
        before.superseded_at = word.recorded_at
    session.add(word)
