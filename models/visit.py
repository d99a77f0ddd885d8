"""Visits ([S3] 一进两看三查), what was found wrong, and what was promised."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import JSON, Column, ColumnElement, Index, text
from sqlmodel import Field, SQLModel, and_, col

from models.ids import new_id, new_tag

OBSERVATIONS = ("spirit", "health", "family_care", "lodging", "meals")
GOOD, WATCH, CONCERN, SERIOUS, EMERGENCY = "good", "watch", "concern", "serious", "emergency"
NOT_OBSERVED, IN_HOSPITAL = "not_observed", "in_hospital"
NO_CHILDREN, ELSEWHERE = "no_children", "elsewhere"
SCALE = (GOOD, WATCH, CONCERN, SERIOUS, EMERGENCY)
CURRENT, SUPERSEDED, VOID = "current", "superseded", "void"
DONE = "done"
UNTICKED = "unticked"  # a concern that the liaison chose not to report
MODES = ("in_person", "phone", "video", "hospital", "proxy")
CONDOLENCE = "condolence"  # the family was seen after a death: neither a visit nor in vain
OUTCOMES = (
    DONE,
    "not_at_home",
    "no_answer",
    "refused",
    "in_hospital",
    "moved",
    "wrong_address",
    "deceased",
    CONDOLENCE,
)
SOUGHT = text("seek_at IS NOT NULL")


class Visit(SQLModel, table=True):
    """One visit (`outcome` done) or attempt (anything else); only `current` rows count.

    A correction adds a row with the same `root_id` and a higher `revision`; the old row stays
    and is marked superseded. `visited_on` is the local date of `visited_at` in the office's zone.
    """

    id: UUID = Field(default_factory=new_id, primary_key=True)
    ref: str = Field(index=True, max_length=12)  # what a person reads and a button carries
    root_id: UUID = Field(index=True)
    revision: int = 1
    state: str = CURRENT
    elder_id: UUID = Field(foreign_key="elder.id")
    liaison_id: UUID = Field(foreign_key="staff.id", index=True)
    recorded_by: UUID = Field(foreign_key="staff.id")
    kind: str = "routine"
    mode: str
    outcome: str = DONE
    visited_at: datetime
    visited_on: date
    logged_at: datetime
    late_reason: str = ""
    spirit: str | None = None
    health: str | None = None
    family_care: str | None = None
    lodging: str | None = None
    meals: str | None = None
    place: str = ""  # where the elder was seen to live; empty: not seen
    present: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    one_tap: bool = False  # "all well" was filled by one button
    note: str = ""
    changed_by: UUID | None = Field(default=None, foreign_key="staff.id")
    changed_at: datetime | None = None
    change_reason: str = ""
    draft_tag: str | None = Field(default=None, unique=True)  # a card is submitted once
    answers: dict[str, object] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    seek_at: datetime | None = None  # of an attempt: when a case begins unless the elder is reached

    __table_args__ = (  # all that the due rule asks of a visit: the sweep reads nothing else
        Index("ix_visit_elder_day", "elder_id", "state", "outcome", "visited_on", "mode"),
        Index("ix_visit_seek", "seek_at", sqlite_where=SOUGHT, postgresql_where=SOUGHT),
    )


class Concern(SQLModel, table=True):
    """Something wrong that a coded answer named; severity 1 (emergency) to 4 (routine)."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    visit_id: UUID = Field(foreign_key="visit.id", index=True)
    elder_id: UUID = Field(foreign_key="elder.id", index=True)
    observation: str
    code: str
    category: str
    service_group: str
    severity: int
    default_severity: int
    severity_reason: str = ""
    detail: str = ""
    state: str = "open"  # "open" | "withdrawn" (its visit was voided or corrected) | UNTICKED
    case_id: UUID | None = Field(default=None, foreign_key="elder_case.id", index=True)
    raised_at: datetime


class Promise(SQLModel, table=True):
    """What the liaison said would be done; each visit asks about it until it is kept or dropped.

    `ref` stays the same when a correction copies the row. `settled_in` is the visit that asked;
    without it somebody said so outside a visit.
    """

    id: UUID = Field(default_factory=new_id, primary_key=True)
    ref: str = Field(default_factory=new_tag, index=True, max_length=12)
    visit_id: UUID = Field(foreign_key="visit.id", index=True)
    elder_id: UUID = Field(foreign_key="elder.id", index=True)
    staff_id: UUID = Field(foreign_key="staff.id")
    text: str
    made_on: date
    kept_at: datetime | None = None
    dropped_at: datetime | None = None
    drop_reason: str | None = None
    settled_by: UUID | None = Field(default=None, foreign_key="staff.id")
    settled_in: UUID | None = Field(default=None, foreign_key="visit.id")
    withdrawn: bool = False  # its visit was voided or corrected
    restricted: bool = False  # made where abuse was suspected: read as its case is


def still_open() -> ColumnElement[bool]:
    """Promises that nobody has kept, dropped or taken back."""
    return and_(
        col(Promise.kept_at).is_(None),
        col(Promise.dropped_at).is_(None),
        col(Promise.withdrawn).is_(False),
    )
