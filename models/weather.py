"""Warnings of heat, cold and storms ([S3] 三送): whoever is at risk is rung within a day."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, exists, or_
from sqlmodel import Field, Session, SQLModel, col, select

from models.elder import ACTIVE, Elder, ElderFlag
from models.lookup import in_scope, scope
from models.org import branch
from models.staff import Staff
from models.visit import CURRENT, DONE, Visit

HEAT, COLD, STORM = KINDS = ("heat", "cold", "storm")
TIERS, FLAGS, ADVANCED = ("B", "C", "D"), ("lives_alone", "bedridden"), 80


class WeatherAlert(SQLModel, table=True):
    """A warning for one place and what lies below it, until a day or until it is lifted."""

    __tablename__ = "weather_alert"

    id: UUID = Field(default_factory=uuid4, primary_key=True)
    ref: str = Field(unique=True, max_length=12)
    kind: str
    unit_id: UUID = Field(foreign_key="unit.id")
    made_by: UUID = Field(foreign_key="staff.id")
    made_at: datetime
    made_on: date = Field(index=True)
    until_on: date = Field(index=True)
    lifted_at: datetime | None = None


def at_risk(today: date) -> ColumnElement[bool]:
    """Not of the healthiest tier, alone, bedridden, or eighty."""
    flagged = select(ElderFlag.elder_id).where(
        col(ElderFlag.flag).in_(FLAGS), col(ElderFlag.until).is_(None)
    )
    return and_(
        col(Elder.state) == ACTIVE,
        or_(
            col(Elder.tier).in_(TIERS),
            col(Elder.born_on) <= _years_before(today, ADVANCED),
            col(Elder.id).in_(flagged),
        ),
    )


def _years_before(today: date, years: int) -> date:
    day = 28 if (today.month, today.day) == (2, 29) else today.day
    return date(today.year - years, today.month, day)


def running(session: Session, today: date) -> list[WeatherAlert]:
    """Those in force anywhere: there are never many."""
    statement = select(WeatherAlert).where(
        col(WeatherAlert.until_on) >= today, col(WeatherAlert.lifted_at).is_(None)
    )
    return list(session.exec(statement.order_by(col(WeatherAlert.made_at))))


def by_ref(session: Session, ref: str) -> WeatherAlert | None:
    return session.exec(select(WeatherAlert).where(WeatherAlert.ref == ref)).first()


def called_in(session: Session, first: date, last: date) -> Iterable[WeatherAlert]:
    """Warnings that began in these days."""
    return session.exec(select(WeatherAlert).where(col(WeatherAlert.made_on).between(first, last)))


def people(
    session: Session, staff: Staff, units: Collection[UUID], today: date, since: datetime
) -> list[tuple[Elder, bool]]:
    """Who is at risk there and within this person's reach, and whether anybody rang or came
    after that instant; those still to be reached come first."""
    reached = exists(
        select(Visit.id).where(
            Visit.elder_id == Elder.id,
            Visit.state == CURRENT,
            Visit.outcome == DONE,
            col(Visit.visited_at) >= since,
        )
    )
    statement = (
        select(Elder, reached.label("reached"))
        .where(at_risk(today), col(Elder.unit_id).in_(units), in_scope(staff.role))
        .order_by("reached", col(Elder.tier).desc(), col(Elder.code))
    )
    found = session.exec(statement, params=scope(session, staff, today))
    return [(elder, bool(done)) for elder, done in found]


def of(
    session: Session, staff: Staff, alert: WeatherAlert, today: date
) -> list[tuple[Elder, bool]]:
    return people(session, staff, branch(session, alert.unit_id), today, alert.made_at)
