"""Taking a person out of the records for good: what is left are counts that name nobody.

The row stays under a new code, since visits and cases of months gone by are counted by it. Two
coordinators decide; the law's own limit (retention) does so after its time.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, String, cast, or_
from sqlmodel import Field, Session, SQLModel, col, delete, select, update

from models.attachment import Photo
from models.audit import Audit
from models.broadcast import Broadcast
from models.card import CardChange, Known
from models.case import ENDED, Case, CaseEvent
from models.draft import Draft, new_tag
from models.elder import ACTIVE, FORGOTTEN, Absence, Elder, ElderFlag, masked
from models.fast_track import FastTrack
from models.honest import CallBack
from models.mailbox import Outgoing
from models.schedule import Postponement
from models.step import Step
from models.visit import Concern, Promise, Visit

ASKED, DONE, CALLED_OFF = "asked", "done", "called_off"
NOBODY = "***"  # in place of the name
DELETED: tuple[Any, ...] = (ElderFlag, Absence, Known, CardChange, Postponement, CallBack)
BARE_VISIT: Mapping[str, Any] = {
    "note": "", "answers": {}, "present": [], "place": "", "late_reason": "", "change_reason": "",
    **dict.fromkeys(("spirit", "health", "family_care", "lodging", "meals")),
}  # fmt: skip
BLANKED: Mapping[Any, Mapping[str, Any]] = {
    Visit: BARE_VISIT,
    Concern: {"detail": "", "severity_reason": ""},
    Promise: {"text": "", "drop_reason": None},
    Case: {"text": "", "wish": "", "plan": {}},
    Audit: {"detail": ""},
}
BLANK_ELDER: Mapping[str, Any] = {
    "name": NOBODY, "pinyin": "", "initials": "", "sex": "", "born_on": None, "birth_year": None,
    "birth_month": None, "birth_day": None, "birth_leap": False, "work_unit": "",
    "party_member": None, "address": "", "phone": "", "contact_name": "", "contact_phone": "",
    "allergies": "", "conditions": "", "family": "", "hobbies": "", "party_branch": "",
    "needs": "", "visit_wish": "", "state": FORGOTTEN,
}  # fmt: skip


class Erasure(SQLModel, table=True):
    """A wish that somebody be forgotten; `reason` and `asked_for` are codes, never words."""

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    ref: str = Field(default_factory=new_tag, unique=True, max_length=12)
    elder_id: UUID = Field(foreign_key="elder.id", index=True)
    asked_for: str  # who wants it
    reason: str
    state: str = ASKED
    proposed_by: UUID = Field(foreign_key="staff.id")
    proposed_at: datetime
    decided_by: UUID | None = Field(default=None, foreign_key="staff.id")
    decided_at: datetime | None = None


def by_ref(session: Session, ref: str) -> Erasure | None:
    return session.exec(select(Erasure).where(Erasure.ref == ref)).first()


def running(session: Session, elder_id: UUID) -> Erasure | None:
    return session.exec(
        select(Erasure).where(Erasure.elder_id == elder_id, Erasure.state == ASKED)
    ).first()


def settle(session: Session, one: Erasure, state: str, by: UUID, now: datetime) -> bool:
    """The first of several wins."""
    found = session.exec(
        update(Erasure)
        .where(col(Erasure.id) == one.id, col(Erasure.state) == ASKED)
        .values(state=state, decided_by=by, decided_at=now)
    )
    return found.rowcount == 1


def erase(session: Session, elder: Elder, now: datetime) -> None:
    """Everything that tells who it was goes; raises nothing where nothing is left."""
    session.flush()
    _loose_ends(session, elder)
    visits = select(Visit.id).where(Visit.elder_id == elder.id)
    cases = select(Case.id).where(Case.elder_id == elder.id)
    pictures = or_(col(Photo.visit_id).in_(visits), col(Photo.case_id).in_(cases))
    session.exec(delete(Photo).where(pictures))
    for table in DELETED:
        session.exec(delete(table).where(col(table.elder_id) == elder.id))
    for table, values in BLANKED.items():
        session.exec(update(table).where(col(table.elder_id) == elder.id).values(**values))
    session.exec(update(CaseEvent).where(col(CaseEvent.case_id).in_(cases)).values(text=""))
    blank = {"needs": "", "answer": ""}
    session.exec(update(FastTrack).where(col(FastTrack.case_id).in_(cases)).values(**blank))
    for name, value in BLANK_ELDER.items():
        setattr(elder, name, value)
    elder.ended_on = elder.ended_on or now.date()
    elder.code = f"X{new_tag().upper()}"
    session.add(elder)
    session.flush()


def _loose_ends(session: Session, elder: Elder) -> None:
    """Drafts, messages and steps that still speak of the person."""
    session.exec(delete(Draft).where(_speaks(elder, Draft.subject, Draft.answers, Draft.context)))
    session.exec(delete(Outgoing).where(_speaks(elder, Outgoing.text, Outgoing.rows)))
    told = _speaks(elder, Broadcast.text)
    session.exec(update(Broadcast).where(told).values(text=NOBODY))
    session.exec(delete(Step).where(cast(col(Step.rows), String).like(f"%{elder.id}%")))


def _speaks(elder: Elder, *columns: Any) -> ColumnElement[bool]:
    """Of any of these columns: holds the code, the name, or the name as it is masked."""
    words = (elder.code, elder.name, masked(elder.name), _escaped(elder.name))
    return or_(*(cast(column, String).like(f"%{_plain(word)}%", escape="!")
                 for column in columns for word in words))  # fmt: skip


def _plain(word: str) -> str:
    return word.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _escaped(name: str) -> str:
    """As JSON may hold it: 高 is \\u9ad8 there."""
    return name.encode("ascii", "backslashreplace").decode()


def may_go(session: Session, before: Any, most: int) -> list[Elder]:
    """Who left the lists so long ago that only the counts may stay."""
    open_ = select(Case.elder_id).where(col(Case.state).not_in(ENDED))
    statement = (
        select(Elder)
        .where(col(Elder.state).not_in((ACTIVE, FORGOTTEN)), col(Elder.ended_on) < before)
        .where(col(Elder.id).not_in(open_))
        .limit(most)
    )
    return list(session.exec(statement))
