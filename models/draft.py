"""A form that is being filled in: the answers are kept, the position is derived."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    JSON,
    Column,
    Delete,
    UniqueConstraint,
    Update,
    and_,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Field, Session, SQLModel

from models.ids import new_id, new_tag

VISIT, PROBLEM = "visit", "problem"
REMINDED_OF = (VISIT, PROBLEM)  # forms that somebody waits for


@dataclass(slots=True, eq=False)
class OpenDraft:
    """A draft in somebody's hands: plain, since a step reads its fields a hundred times.

    It never expires; the open question is the first applicable one without an answer.
    `answers` keeps the order in which they were given: assign a new dict, do not change it in
    place. `context` is what was true when the draft began. A change counts with a new `rev`.
    """

    staff_id: UUID
    form: str
    started_at: datetime
    updated_at: datetime
    subject: str = ""
    form_version: int = 1
    answers: dict[str, Any] = dataclasses.field(default_factory=dict)
    context: dict[str, Any] = dataclasses.field(default_factory=dict)
    parked: bool = False
    rev: int = 1
    id: UUID = dataclasses.field(default_factory=new_id)
    tag: str = dataclasses.field(default_factory=new_tag)


class AsRead(NamedTuple):
    """What a draft was when it was read; the rest is SELDOM, to be compared as it lies there."""

    rev: int
    seldom: tuple[Any, ...]


class Draft(SQLModel, table=True):
    """The draft as it is kept."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    tag: str = Field(default_factory=new_tag, unique=True)
    staff_id: UUID = Field(foreign_key="staff.id")
    form: str
    subject: str = ""
    form_version: int = 1
    answers: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    context: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    parked: bool = False
    started_at: datetime
    updated_at: datetime
    rev: int = 1

    __table_args__ = (UniqueConstraint("staff_id", "form", "subject"),)  # by person, too


FIELDS = tuple(field.name for field in dataclasses.fields(OpenDraft))
STEP = ("answers", "updated_at", "rev")  # what each answer changes
SELDOM = ("context", "parked", "started_at")  # what else a dialogue may change
TABLE = SQLModel.metadata.tables["draft"]
AS_READ = and_(TABLE.c.id == bindparam("of"), TABLE.c.rev == bindparam("was"))


IN_HANDS = select(*(TABLE.c[name] for name in FIELDS)).where(
    TABLE.c.staff_id.in_(bindparam("staff", expanding=True))
)


def in_hands(session: Session, staff_ids: Sequence[UUID]) -> list[OpenDraft]:
    """All drafts of these people; what becomes of them is for `store` to write."""
    found = session.connection().execute(IN_HANDS, {"staff": staff_ids})
    return [OpenDraft(*row) for row in found]


def as_read(draft: OpenDraft) -> AsRead:
    return AsRead(draft.rev, (draft.context, draft.parked, draft.started_at))


def store(session: Session, before: Mapping[UUID, AsRead], drafts: Iterable[OpenDraft]) -> None:
    """Writes what was added, changed and taken away since these drafts were read.

    All at once, since that takes a third of the time. Raises StaleDataError when another worker
    changed one of them meanwhile: then nothing of this transaction may stay.
    """
    now = {draft.id: draft for draft in drafts}
    kept = [(before[key], draft) for key, draft in now.items() if key in before]
    changed = [(was, draft) for was, draft in kept if was.rev != draft.rev]
    steps = [(was, draft) for was, draft in changed if _only_a_step(was, draft)]
    _each(session, update(TABLE), [_row(was, draft, STEP) for was, draft in steps])
    whole = [_row(w, draft, STEP + SELDOM) for w, draft in changed if not _only_a_step(w, draft)]
    _each(session, update(TABLE), whole)
    gone = [{"of": key, "was": was.rev} for key, was in before.items() if key not in now]
    _each(session, delete(TABLE), gone)
    new = [draft for key, draft in now.items() if key not in before]
    if new:
        rows = [{name: getattr(draft, name) for name in FIELDS} for draft in new]
        session.connection().execute(insert(TABLE), rows)


def _only_a_step(was: AsRead, draft: OpenDraft) -> bool:
    """The context is long: most of the time nobody has assigned another one."""
    context, parked, started_at = was.seldom
    return draft.context is context and draft.parked == parked and draft.started_at == started_at


def _row(was: AsRead, draft: OpenDraft, names: Iterable[str]) -> dict[str, Any]:
    return {"of": draft.id, "was": was.rev} | {name: getattr(draft, name) for name in names}


def _each(session: Session, statement: Update | Delete, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    if session.connection().execute(statement.where(AS_READ), rows).rowcount != len(rows):
        raise StaleDataError
