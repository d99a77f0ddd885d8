"""The fast-track ([S3] 绿色通道): what a hospital is asked for a case, and what it answers."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import UUID

from sqlmodel import Field, Session, SQLModel, and_, col, delete, func, or_, select, update

from models import ladder
from models.case import ENDED, UNRESOLVED, WITHDRAWN, Case
from models.elder import ACTIVE, Elder
from models.ids import new_id, new_tag
from models.ladder import ACK, Hours
from models.staff import DUTY, Staff

GROUP = "medical"
ASKED, ARRANGED, PAPERS, REFUSED, CALLED_OFF = (
    "asked",
    "arranged",
    "papers",
    "refused",
    "called_off",
)
RUNNING = (ASKED, PAPERS)
ANSWERS = (ARRANGED, PAPERS, REFUSED)
LATEST = timedelta(days=90)  # an appointment lies no further ahead


class HospitalContact(SQLModel, table=True):
    """Who answers for a hospital: as a rule an officer of the medical group."""

    __tablename__ = "hospital_contact"

    staff_id: UUID = Field(foreign_key="staff.id", primary_key=True)
    made_by: UUID = Field(foreign_key="staff.id")
    made_at: datetime


class FastTrack(SQLModel, table=True):
    """One request. While it waits for the hospital it is looked at again at `remind_at`."""

    __tablename__ = "fast_track"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    ref: str = Field(default_factory=new_tag, unique=True, max_length=12)
    case_id: UUID = Field(foreign_key="elder_case.id", index=True)
    needs: str
    state: str = ASKED
    running: UUID | None = Field(default=None, unique=True)  # its case: one request at a time
    round: int = 1  # grows when papers were handed in and the hospital is asked again
    asked_by: UUID = Field(foreign_key="staff.id")
    asked_at: datetime
    answered_by: UUID | None = Field(default=None, foreign_key="staff.id")
    answered_at: datetime | None = None
    answer: str = ""
    comes_at: datetime | None = None
    reminders: int = 0
    remind_at: datetime | None = Field(default=None, index=True)


Asked = tuple[FastTrack, Case, Elder]


# Who answers


def contacts(session: Session, units: Collection[UUID]) -> list[Staff]:
    """The hospital contacts who serve one of these places."""
    return list(session.exec(_staff(units).where(col(Staff.id).in_(_marked()))))


def officers(session: Session, units: Collection[UUID]) -> list[tuple[Staff, bool]]:
    """All of the medical group and whoever else was named, and whether each is a contact."""
    marked = set(session.exec(_marked()))
    of_group = and_(col(Staff.role) == DUTY, col(Staff.service_group) == GROUP)
    wanted = _staff(units).where(or_(of_group, col(Staff.id).in_(marked)))
    return [(one, one.id in marked) for one in session.exec(wanted)]


def _staff(units: Collection[UUID]) -> Any:
    here = (col(Staff.left_on).is_(None), col(Staff.unit_id).in_(units))
    return select(Staff).where(*here).order_by(col(Staff.code))


def _marked() -> Any:
    return select(HospitalContact.staff_id)


def is_contact(session: Session, staff: Staff) -> bool:
    return session.get(HospitalContact, staff.id) is not None


def put_contact(session: Session, staff: Staff, by: Staff, now: datetime, on: bool) -> None:
    if not on:
        session.exec(delete(HospitalContact).where(col(HospitalContact.staff_id) == staff.id))
    elif not is_contact(session, staff):
        session.add(HospitalContact(staff_id=staff.id, made_by=by.id, made_at=now))


# Asking and answering


def ask(
    session: Session, case: Case, needs: str, by: Staff, now: datetime, hours: Hours
) -> FastTrack:
    track = FastTrack(case_id=case.id, running=case.id, needs=needs, asked_by=by.id, asked_at=now,
                      remind_at=_term(case, now, hours))  # fmt: skip
    session.add(track)
    session.flush()
    return track


def _term(case: Case, now: datetime, hours: Hours) -> datetime:
    """As long as the case itself may wait to be acknowledged."""
    return _later(case, "ack", now, hours)


def _later(case: Case, name: str, now: datetime, hours: Hours) -> datetime:
    count, unit = case.plan[name]
    at = ladder.shift(now, (int(count), str(unit)), hours)
    return at if unit == ladder.MINUTES else ladder.within(at, hours)


def again(session: Session, track: FastTrack, case: Case, now: datetime, hours: Hours) -> bool:
    """The papers are there: the hospital is asked once more."""
    values = {"round": track.round + 1, "reminders": 0, "remind_at": _term(case, now, hours)}
    return _change(session, track, (PAPERS,), state=ASKED, **values)


def answer(
    session: Session,
    track: FastTrack,
    state: str,
    by: Staff,
    now: datetime,
    text: str,
    comes_at: datetime | None = None,
) -> bool:
    """False when somebody was first. What was arranged or refused may be put right."""
    papers = state == PAPERS
    before = RUNNING if papers else (*RUNNING, ARRANGED, REFUSED)
    running = track.case_id if papers else None
    return _change(session, track, before, state=state, running=running, answered_by=by.id,
                   answered_at=now, answer=text, comes_at=comes_at, remind_at=None)  # fmt: skip


def call_off(session: Session, track: FastTrack) -> bool:
    return _change(session, track, (*RUNNING, ARRANGED), state=CALLED_OFF, running=None,
                   remind_at=None)  # fmt: skip


def reminded(session: Session, track: FastTrack, case: Case, now: datetime, hours: Hours) -> bool:
    """Takes the next reminder, unless another process did; after the last none follows."""
    count = track.reminders + 1
    most = sum(rung.phase == ACK for rung in ladder.rungs(case.plan))
    following = _later(case, "pause", now, hours) if count < most else None
    same = (col(FastTrack.reminders) == track.reminders, col(FastTrack.round) == track.round)
    return _change(session, track, (ASKED,), *same, reminders=count, remind_at=following)


def _change(
    session: Session, track: FastTrack, before: tuple[str, ...], *where: Any, **values: Any
) -> bool:
    found = session.exec(
        update(FastTrack)
        .where(col(FastTrack.id) == track.id, col(FastTrack.state).in_(before), *where)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    session.refresh(track)
    return found.rowcount == 1


# Looking


def _whole() -> Any:
    return (
        select(FastTrack, Case, Elder)
        .join(Case, col(Case.id) == FastTrack.case_id)
        .join(Elder, col(Elder.id) == Case.elder_id)
    )


def by_ref(session: Session, ref: str) -> Asked | None:
    return cast("Asked | None", session.exec(_whole().where(FastTrack.ref == ref)).first())


def latest(session: Session, case: Case) -> FastTrack | None:
    statement = select(FastTrack).where(FastTrack.case_id == case.id)
    return session.exec(
        statement.order_by(col(FastTrack.asked_at).desc(), col(FastTrack.id).desc())
    ).first()


def due(session: Session, now: datetime, most: int) -> list[Asked]:
    """What the hospital has not answered in time."""
    statement = _whole().where(
        col(FastTrack.remind_at) <= now, FastTrack.state == ASKED, col(Case.state).in_(UNRESOLVED)
    )
    return list(
        session.exec(statement.order_by(col(FastTrack.remind_at), col(FastTrack.id)).limit(most))
    )


def groundless(session: Session, now: datetime, most: int) -> list[Asked]:
    """What nobody needs any more: the case was withdrawn or closed unanswered, or the elder has
    died or moved away. What lies in the past stays as it is."""
    waiting = col(FastTrack.state).in_(RUNNING)
    coming = (col(FastTrack.state) == ARRANGED) & (col(FastTrack.comes_at) > now)
    gone = or_(col(Case.state) == WITHDRAWN, col(Elder.state) != ACTIVE)
    ended = waiting & col(Case.state).in_(ENDED)
    statement = _whole().where(or_((waiting | coming) & gone, ended))
    return list(session.exec(statement.limit(most)))


def unanswered(session: Session, units: Collection[UUID]) -> list[Asked]:
    """For the hospital: what waits, the gravest and oldest first."""
    statement = _whole().where(FastTrack.state == ASKED, col(Elder.unit_id).in_(units))
    return list(
        session.exec(
            statement.order_by(col(Case.severity), col(FastTrack.asked_at), col(FastTrack.id))
        )
    )


def tally(session: Session, units: Collection[UUID], since: datetime) -> dict[str, int]:
    """How many requests since then, by state."""
    statement = (
        select(FastTrack.state, func.count())
        .join(Case, col(Case.id) == FastTrack.case_id)
        .join(Elder, col(Elder.id) == Case.elder_id)
        .where(FastTrack.asked_at >= since, col(Elder.unit_id).in_(units))
        .group_by(FastTrack.state)
    )
    return dict(session.exec(statement).all())
