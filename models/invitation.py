"""One-time invitations: only a hash of the code is kept."""

import hashlib
import secrets
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Field, SQLModel

from models.ids import new_id

VALID_FOR = timedelta(hours=24)
ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # no 0/O, 1/I: read over the telephone
LENGTH = 10


class Invitation(SQLModel, table=True):
    id: UUID = Field(default_factory=new_id, primary_key=True)
    code_hash: str = Field(unique=True)
    staff_id: UUID = Field(foreign_key="staff.id", index=True)
    made_by: UUID | None = Field(default=None, foreign_key="staff.id")
    made_at: datetime
    expires_at: datetime
    used_at: datetime | None = None


class WrongCode(SQLModel, table=True):
    """A code that was tried and not found: slows guessing over all chats together."""

    __tablename__ = "wrong_code"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    at: datetime = Field(index=True)
    chat_id: UUID


def new_code() -> str:
    """Ten characters, 50 bits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def tidy_code(text: str) -> str:
    """What a person typed, as the code it stands for: no blanks, no dashes, capitals."""
    return "".join(char for char in text.upper() if char in ALPHABET)


def hashed(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()
