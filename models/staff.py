"""The people who do the work, and the chats they write from."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import UniqueConstraint
from sqlmodel import Field, SQLModel

from models.ids import new_id

LIAISON, COORDINATOR, DUTY, LEADER = "liaison", "coordinator", "duty", "leader"
GROUPS = (
    "medical",
    "comfort",
    "housekeeping",
    "legal",
    "hardship",
    "entitlement",
    "emergency",
)


class Staff(SQLModel, table=True):
    """A liaison, coordinator, duty officer or leader; sees what `unit_id` and role allow."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    code: str = Field(unique=True, max_length=16)
    name: str
    pinyin: str = ""
    initials: str = ""
    role: str = LIAISON
    unit_id: UUID = Field(foreign_key="unit.id", index=True)
    service_group: str = ""  # one of GROUPS for a duty officer
    phone: str = ""
    locale: str = ""  # empty: the office's own
    digest_at: int | None = None  # minutes after midnight; None: the office's hour
    network: str = ""  # where to write unasked; empty: where the person wrote last
    left_on: date | None = None


class Chat(SQLModel, table=True):
    """One conversation on one network; `staff_id` is empty for somebody not known.

    A person may have several: the same identity on several networks.
    """

    id: UUID = Field(default_factory=new_id, primary_key=True)
    network: str
    address: str
    staff_id: UUID | None = Field(default=None, foreign_key="staff.id", index=True)
    private: bool = True
    joined_at: datetime | None = None
    last_at: datetime | None = None
    unreachable_at: datetime | None = None
    unreachable_why: str = ""
    wrong_codes: int = 0
    wait_until: datetime | None = None

    __table_args__ = (UniqueConstraint("network", "address"),)
