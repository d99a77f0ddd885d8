"""Warnings of heat, cold and storms ([S3] 三送): whoever is at risk is rung within a day."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Date, and_, bindparam, exists, or_, update
from sqlmodel import Field, Session, SQLModel, col, select

from models import ahead
from models.case import SOON, UNRESOLVED, Case
from models.elder import ACTIVE, Elder, ElderFlag
from models.ids import new_id
from models.lookup import in_scope, scope
from models.mailbox import DROPPED, TELL, WAITING, Outgoing
from models.org import branch, up_from
from models.staff import Staff
from models.visit import CURRENT, DONE, Visit

HEAT, COLD, STORM = KINDS = ("heat", "cold", "storm")
BLUE, YELLOW, ORANGE, RED = LEVELS = ("blue", "yellow", "orange", "red")  # as broadcast to all
HARSH = (HEAT, COLD)  # a hazard in the home cannot wait then
TIERS, FLAGS, ADVANCED = ("B", "C", "D"), ("lives_alone", "bedridden"), 80


class WeatherAlert(SQLModel, table=True):
    """A warning for one place and what lies below it, until a day or until it is lifted."""

    __tablename__ = "weather_alert"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    ref: str = Field(unique=True, max_length=12)
    kind: str
    level: str
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


WARNED = (
    select(WeatherAlert.unit_id, WeatherAlert.kind)
    .where(col(WeatherAlert.kind).in_(HARSH), col(WeatherAlert.lifted_at).is_(None))
    .where(col(WeatherAlert.made_on) <= bindparam("last", type_=Date))
    .where(col(WeatherAlert.until_on) >= bindparam("first", type_=Date))
    .order_by(col(WeatherAlert.made_at).desc(), col(WeatherAlert.ref))
)


def warned_of(session: Session, unit_id: UUID, first: date, last: date) -> str:
    """HEAT or COLD, whichever is warned of at this place on one of these days; else empty."""
    days = {"first": first, "last": last}
    found = ahead.once(
        session, (WARNED, first, last), lambda: session.exec(WARNED, params=days).all()
    )
    places = up_from(session, unit_id) if found else ()
    return next((kind for unit, kind in found if unit in places), "")


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


def waiting_cases(
    session: Session, categories: Collection[str], units: Collection[UUID]
) -> list[tuple[Case, Elder]]:
    """What is to be seen to soon, but not urgently, and is not done yet."""
    statement = (
        select(Case, Elder)
        .join(Elder, col(Elder.id) == Case.elder_id)
        .where(
            col(Case.late_at).is_not(None), col(Case.state).in_(UNRESOLVED), Case.severity == SOON
        )
        .where(col(Case.category).in_(categories), col(Elder.unit_id).in_(units))
        .order_by(col(Case.number))
    )
    return list(session.exec(statement).all())


def withdraw(session: Session, ref: str) -> None:
    """Whoever was not told yet need not be."""
    waits = {"state": WAITING, "kind": TELL, "card": card_of(ref)}
    gone = update(Outgoing).filter_by(**waits).values(state=DROPPED, problem="lifted")
    session.exec(gone)


def card_of(ref: str) -> str:
    """The name of the card that shows how far it is, and of what liaisons are told."""
    return f"weather {ref}"


def of(
    session: Session, staff: Staff, alert: WeatherAlert, today: date
) -> list[tuple[Elder, bool]]:
    return people(session, staff, branch(session, alert.unit_id), today, alert.made_at)
