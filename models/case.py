"""Problems under work: cases, what was done about them, who was told, and who is on duty.

`MOVES` is the whole of what may happen to a case: nothing else changes its state.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, Index, Integer, text
from sqlmodel import Field, SQLModel

from models.ids import new_id

OPEN, ACKNOWLEDGED, IN_PROGRESS = "open", "acknowledged", "in_progress"
RETURNED, RESOLVED, CLOSED, WITHDRAWN = "returned", "resolved", "closed", "withdrawn"
STATES = (OPEN, ACKNOWLEDGED, IN_PROGRESS, RETURNED, RESOLVED, CLOSED, WITHDRAWN)
UNRESOLVED = (OPEN, ACKNOWLEDGED, IN_PROGRESS, RETURNED)
ENDED = (CLOSED, WITHDRAWN)
RUNNING = (*UNRESOLVED, RESOLVED)  # asked for in this way, an index finds them
VISIT, PROBLEM, PETITION, WALK_IN = "visit", "problem", "petition", "walk_in"
EMERGENCY, URGENT, SOON, ROUTINE = SEVERITIES = 1, 2, 3, 4

# Who somebody is to a case; a person may be several.
GROUP, COORDINATOR, LIAISON, REPORTER = "group", "coordinator", "liaison", "reporter"
NO_CONTACT = "no_contact"  # the category of whoever is alone or very ill and was not reached
ONLOOKER = "onlooker"  # a leader: sees it, and does nothing
EVERYBODY = (GROUP, COORDINATOR, LIAISON, REPORTER)

NOBODY_PRESSES: tuple[
    str, ...
] = ()  # follows from something else: a visit that was voided or moved

OPENED, MENTIONED, ESCALATED, TOLD_NOBODY = "opened", "mentioned", "escalated", "told_nobody"


@dataclass(frozen=True)
class Move:
    """What may be done in which states, to what state it leads, and who may do it.

    `to` empty: the state stays. With `anew` the case begins another round, with a new ladder.
    """

    action: str
    states: tuple[str, ...]
    to: str
    who: tuple[str, ...]
    anew: bool = False


MOVES: Mapping[str, Move] = {
    move.action: move
    for move in (
        Move("ack", (OPEN, RETURNED), ACKNOWLEDGED, (GROUP, COORDINATOR)),
        Move("work", (OPEN, ACKNOWLEDGED, RETURNED), IN_PROGRESS, (GROUP, COORDINATOR)),
        Move("resolve", (OPEN, ACKNOWLEDGED, IN_PROGRESS, RETURNED), RESOLVED,
             (GROUP, COORDINATOR)),
        Move("return", (OPEN, ACKNOWLEDGED, IN_PROGRESS), RETURNED, (GROUP,)),
        Move("refer", (OPEN, ACKNOWLEDGED, IN_PROGRESS, RETURNED), OPEN, (GROUP, COORDINATOR),
             anew=True),
        Move("close", (RESOLVED,), CLOSED, (LIAISON, COORDINATOR, GROUP)),
        Move("reopen", (RESOLVED, CLOSED), OPEN, (LIAISON, COORDINATOR), anew=True),
        Move("withdraw", (OPEN,), WITHDRAWN, (REPORTER, COORDINATOR)),
        Move("retract", (*UNRESOLVED, RESOLVED), WITHDRAWN, NOBODY_PRESSES),
        Move("unretract", (WITHDRAWN,), OPEN, NOBODY_PRESSES, anew=True),
        Move("moved", (*UNRESOLVED, RESOLVED), "", NOBODY_PRESSES),
        Move("reached", (*UNRESOLVED, RESOLVED), CLOSED, EVERYBODY),  # only of NO_CONTACT
        Move("unreached", (CLOSED,), OPEN, NOBODY_PRESSES, anew=True),
        Move("unclose", (CLOSED,), RESOLVED, NOBODY_PRESSES),
        Move("unreopen", (OPEN,), RESOLVED, NOBODY_PRESSES),
        Move("wish", UNRESOLVED, "", EVERYBODY),
        Move("note", (*UNRESOLVED, RESOLVED), "", EVERYBODY),
        Move("date", (ACKNOWLEDGED, IN_PROGRESS), "", (GROUP, COORDINATOR)),
        Move("raise", UNRESOLVED, "", (COORDINATOR,)),
    )
}  # fmt: skip


STAMPS = {
    ACKNOWLEDGED: "acknowledged_at",
    IN_PROGRESS: "acted_at",
    RETURNED: "returned_at",
    RESOLVED: "resolved_at",
}


def _of_open(name: str, *columns: str) -> Index:
    """An index of the cases that have not ended: only those have an instant of being late."""
    only = text("late_at IS NOT NULL")
    return Index(name, *columns, sqlite_where=only, postgresql_where=only)


VERSION = Column("rev", Integer, nullable=False)


class Case(SQLModel, table=True):
    """One problem of one elder. `number` is what people say; `service_group` has to act, and
    `also_group` may.

    `rev` tells whether somebody else was first. `round` counts from one and grows when the case
    begins anew: referred, or reopened; `since` is when that was. `plan` is the ladder as frozen
    then (see `models.ladder`), `climbed_at` up to when it was climbed, `next_at` when to look at
    it next. `late_at` is the instant from which the case is overdue as it stands.
    """

    __tablename__ = "elder_case"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    number: int = Field(unique=True)
    elder_id: UUID = Field(foreign_key="elder.id")
    category: str
    service_group: str
    also_group: str = ""
    severity: int
    source: str = VISIT
    text: str = ""
    wish: str = ""  # of the elder
    restricted: bool = False
    state: str = OPEN
    rev: int = Field(default=1, sa_column=VERSION)
    round: int = 1
    mentions: int = 1
    reported_by: UUID = Field(foreign_key="staff.id")
    owner_id: UUID | None = Field(default=None, foreign_key="staff.id")
    resolved_by: UUID | None = Field(default=None, foreign_key="staff.id")
    opened_at: datetime
    mentioned_at: datetime
    since: datetime
    acknowledged_at: datetime | None = None
    acted_at: datetime | None = None
    returned_at: datetime | None = None
    resolved_at: datetime | None = None
    closed_at: datetime | None = None
    ack_until: datetime
    act_until: datetime
    resolve_until: datetime
    next_on: date | None = None  # when the group goes on with it
    plan: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    climbed_at: datetime
    next_at: datetime | None = Field(default=None, index=True)
    late_at: datetime | None = None
    events: int = 0  # how many there are

    __mapper_args__ = {"version_id_col": VERSION}  # who reads first and writes second is told
    __table_args__ = (
        Index("ix_elder_case_elder", "elder_id", "state", "category"),
        Index("ix_elder_case_group", "service_group", "state", "severity", "opened_at"),
        _of_open("ix_elder_case_reporter", "reported_by"),
        _of_open("ix_elder_case_category", "category"),
        _of_open(  # the lists and counts of what is open are answered from this alone
            "ix_elder_case_open",
            "severity",
            "opened_at",
            "number",
            "state",
            "late_at",
            "elder_id",
            "service_group",
            "also_group",
            "reported_by",
            "owner_id",
            "id",
        ),
    )


class CaseEvent(SQLModel, table=True):
    """Who did what to a case, and when; never changed. Without `staff_id` it was the bot."""

    __tablename__ = "case_event"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    case_id: UUID = Field(foreign_key="elder_case.id")
    place: int  # in the story of its case
    at: datetime
    action: str
    state: str  # the state it led to
    staff_id: UUID | None = Field(default=None, foreign_key="staff.id")
    text: str = ""
    visit_id: UUID | None = Field(default=None, foreign_key="visit.id", index=True)

    __table_args__ = (Index("ix_case_event_case", "case_id", "place"),)


WAITING, REACHED, NOBODY, MOOT = "waiting", "reached", "nobody", "moot"


class CaseStep(SQLModel, table=True):
    """One step of the ladder that was taken; `key` makes it so that it is taken once.

    `outcome`: waiting to be delivered, reached somebody, reached nobody, or moot, since the case
    had moved on before anything was sent.
    """

    __tablename__ = "case_step"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    case_id: UUID = Field(foreign_key="elder_case.id", index=True)
    key: str = Field(unique=True)
    name: str
    at: datetime
    outcome: str = Field(default=WAITING, index=True)


class CaseNotice(SQLModel, table=True):
    """The delivery line: who was told by a step, when, and whether it arrived.

    `once` is the key of the message in the outbox; somebody without a chat has none, and what
    became of that is `absent`. `state` is else one of the outbox: waiting, sent, failed, dropped.
    """

    __tablename__ = "case_notice"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    step_id: UUID = Field(foreign_key="case_step.id", index=True)
    staff_id: UUID = Field(foreign_key="staff.id")
    once: str | None = Field(default=None, index=True)
    state: str = Field(default=WAITING, index=True)
    at: datetime
    arrived_at: datetime | None = None


ABSENT = "absent"


class CaseHolder(SQLModel, table=True):
    """A chat that was shown the card of a case: it is kept current there."""

    __tablename__ = "case_holder"

    case_id: UUID = Field(foreign_key="elder_case.id", primary_key=True)
    chat_id: UUID = Field(foreign_key="chat.id", primary_key=True)


ON_DUTY, DUTY_BACKUP = "duty", "backup"


class Duty(SQLModel, table=True):
    """Who is on duty for a service group from the first to the last day, or is the backup.

    Where nobody is named for a day, all members of the group are.
    """

    id: UUID = Field(default_factory=new_id, primary_key=True)
    service_group: str
    staff_id: UUID = Field(foreign_key="staff.id", index=True)
    role: str = ON_DUTY
    from_on: date
    until_on: date
    made_by: UUID = Field(foreign_key="staff.id")
    made_at: datetime

    __table_args__ = (Index("ix_duty_group", "service_group", "until_on"),)
