"""The people who are visited: the basic register ([S3] 基本信息台账) and its flags."""

from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Index, bindparam
from sqlalchemy import select as columns
from sqlmodel import Field, Session, SQLModel, col, select

from models import ahead
from models.ids import new_id

MOST_STARS = 3
ACTIVE, DECEASED, MOVED = "active", "deceased", "moved"
FORGOTTEN = "forgotten"  # who it was is not known any more
RETIRED, LIXIU = "retired_cadre", "lixiu_cadre"
TIERS = ("A", "B", "C", "D")
FLAGS = (
    "lives_alone",
    "empty_nest",
    "widowed",
    "disabled",
    "mobility_limited",
    "bedridden",
    "illness",
    "cancer",
    "long_stay_inpatient",
    "critical",
)
HEALTH_FLAGS = frozenset(FLAGS) - {"lives_alone", "empty_nest", "widowed"}


class Elder(SQLModel, table=True):
    """A retired cadre. `born_on` is solar and gives the age; the birth date as the family
    gave it (calendar, leap month) stands beside it and is never derived from an ID number.
    """

    id: UUID = Field(default_factory=new_id, primary_key=True)
    code: str = Field(unique=True, max_length=16)
    name: str = Field(index=True)
    pinyin: str = ""
    initials: str = Field(default="", index=True)
    sex: str = ""  # "m" | "f" | ""
    born_on: date | None = None
    birth_calendar: str = "solar"  # "solar" | "lunar": the calendar of the four columns below
    birth_year: int | None = None
    birth_month: int | None = None
    birth_day: int | None = None
    birth_leap: bool = False
    keeps_calendar: str = "solar"  # which birthday the family keeps
    status: str = RETIRED
    work_unit: str = ""
    party_member: bool | None = None
    unit_id: UUID = Field(foreign_key="unit.id", index=True)
    address: str = ""
    phone: str = ""
    contact_name: str = ""
    contact_phone: str = ""
    residence: str = "local"  # "local" | "relocated" ([S0] 易地安置)
    tier: str = "A"
    allergies: str = ""
    conditions: str = ""  # chronic illness in a few words; no diagnosis, no report
    family: str = ""
    hobbies: str = ""
    party_branch: str = ""
    needs: str = ""
    visit_wish: str = ""  # how the elder wants to be visited, as far as the office agreed
    state: str = ACTIVE
    ended_on: date | None = None


class ElderFlag(SQLModel, table=True):
    """A vulnerability flag from one day on; the registers ([S3] 台账) are views of these."""

    __tablename__ = "elder_flag"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    elder_id: UUID = Field(foreign_key="elder.id", index=True)
    flag: str
    since: date
    until: date | None = None
    visit_id: UUID | None = Field(default=None, foreign_key="visit.id")


class Absence(SQLModel, table=True):
    """Days on which an elder cannot be visited at home; `until_on` is the last such day."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    elder_id: UUID = Field(foreign_key="elder.id")
    kind: str  # "hospital" | "away" | "with_children"
    from_on: date
    until_on: date | None = None
    note: str = ""
    visit_id: UUID | None = Field(default=None, foreign_key="visit.id")  # that told of it

    __table_args__ = (Index("ix_absence_elder_from", "elder_id", "from_on"),)


class Who(NamedTuple):
    """What a list shows of an elder: a county's worth of these is read at once."""

    code: str
    name: str
    born_on: date | None
    unit_id: UUID
    visit_wish: str = ""


def running_flags(session: Session, elder_id: UUID) -> list[ElderFlag]:
    """The registers this elder stands in, in the order of FLAGS."""
    statement = select(ElderFlag).where(
        ElderFlag.elder_id == elder_id, col(ElderFlag.until).is_(None)
    )
    return sorted(session.exec(statement), key=lambda one: FLAGS.index(one.flag))


def running_flag(session: Session, elder_id: UUID, flag: str) -> ElderFlag | None:
    return session.exec(
        select(ElderFlag).where(
            ElderFlag.elder_id == elder_id, ElderFlag.flag == flag, col(ElderFlag.until).is_(None)
        )
    ).first()


def put_flag(session: Session, elder_id: UUID, flag: str, today: date, on: bool) -> None:
    """Stands in the register from today, or no longer; once more changes nothing."""
    running = running_flag(session, elder_id, flag)
    if on and running is None:
        session.add(ElderFlag(elder_id=elder_id, flag=flag, since=today))
    elif running is not None and not on:
        running.until = today


ABSENCES: Any = columns(
    col(Absence.id), col(Absence.elder_id), col(Absence.from_on), col(Absence.until_on)
).where(col(Absence.elder_id).in_(bindparam("about", expanding=True)))


def begin_absence(session: Session, absence: Absence) -> None:
    ahead.forget(session, absence.elder_id, ABSENCES)
    session.add(absence)


def end_absences(session: Session, elder_id: UUID, today: date) -> None:
    """Back home: what runs today ended yesterday; what began only today never was."""
    for row in ahead.of(session, ABSENCES, elder_id):
        if row.from_on <= today <= (row.until_on or today):
            _end(session, session.get_one(Absence, row.id), today)


def _end(session: Session, absence: Absence, today: date) -> None:
    ahead.forget(session, absence.elder_id, ABSENCES)
    if absence.from_on == today:
        session.delete(absence)
    else:
        absence.until_on = today - timedelta(days=1)


def age(elder: Elder | Who, today: date) -> int | None:
    """Full years (周岁) on `today`, None when the birth date is not known."""
    born = elder.born_on
    if born is None:
        return None
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def masked(name: str) -> str:
    """高永昌 -> 高*昌, 王英 -> 王*: for anything that leaves the office's own server. A long name
    gets no more stars than fit a button."""
    if len(name) < 3:
        return name[:1] + "*"
    return name[0] + "*" * min(len(name) - 2, MOST_STARS) + name[-1]
