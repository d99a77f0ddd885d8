"""Taking a person out of the records for good: what is left are counts that name nobody.

The row stays under a new code, since visits and cases of months gone by are counted by it. Two
coordinators decide; the law's own limit (retention) does so after its time.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_
from sqlmodel import Field, Session, SQLModel, col, delete, select, update

from models.attachment import Photo
from models.audit import Audit
from models.card import CardChange, Known
from models.case import ENDED, Case, CaseEvent
from models.elder import ACTIVE, FORGOTTEN, Absence, Elder, ElderFlag
from models.fast_track import FastTrack
from models.honest import CallBack
from models.ids import new_id, new_tag
from models.schedule import Postponement
from models.traces import NOBODY, wipe
from models.visit import Concern, Promise, Visit

ASKED, DONE, CALLED_OFF = "asked", "done", "called_off"
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


# What becomes of every table of the house; a test asks it of each new one. Rows that go:
GONE = frozenset((
    "absence", "call_back", "card_change", "elder_flag", "known", "postponement", "photo",
    "draft", "step", "upload", "card",
))  # fmt: skip
# Rows that stay, why, and those of their columns of text that hold codes and never words:
STAYS: Mapping[str, tuple[str, str]] = {
    "elder": ("counts of the past refer to it",
              "code birth_calendar keeps_calendar status residence tier"),
    "visit": ("that there was a visit is counted", "ref state kind mode outcome draft_tag"),
    "concern": ("counted by kind", "observation code category service_group state"),
    "promise": ("counted", "ref"),
    "elder_case": ("counted by kind and time", "category service_group also_group source state"),
    "case_event": ("how long each step took", "action state"),
    "case_step": ("how long each step took", "key name outcome"),
    "case_notice": ("whether the office was told", "once state"),
    "case_holder": ("the office's own people", ""),
    "fast_track": ("how long a doctor took", "ref state"),
    "room_booking": ("places are counted", "ref state seat daily"),
    "assignment": ("who looked after how many", "role"),
    "consent": ("shows what was agreed to and when", "purpose said_by"),
    "audit": ("shows that the office looked with a reason", "action"),
    "erasure": ("shows who decided it", "ref asked_for reason state"),
}  # fmt: skip
EMPTIED: Mapping[str, str] = {  # where they speak of the person; the columns that never do
    "outgoing": "card once pressed kind state native_id problem",
    "broadcast": "ref audience unreached",
    "page_message": "key seat",
}
OF_NO_ELDER = frozenset((  # of the office, its people and networks
    "chat", "cursor", "duty", "hospital_contact", "invitation", "leave", "office_setting", "seen",
    "staff", "tidied", "unit", "weather_alert", "wrong_code",
))  # fmt: skip


class Erasure(SQLModel, table=True):
    """A wish that somebody be forgotten; `reason` and `asked_for` are codes, never words."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
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
    wipe(session, elder)
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
