"""The worry-relief room ([S3] 老干部解忧室, 每周二下午): its hours, who comes, what became of it.

A place is held by `seat`, which is unique: of two people who book the last one at once, one is
refused by the database, is read again, and finds it taken.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Index, or_
from sqlmodel import Field, Session, SQLModel, col, func, select, update

from models.case import WITHDRAWN, Case
from models.elder import ACTIVE, Elder
from models.ids import new_id, new_tag
from models.org import settings
from models.staff import Staff
from models.workdays import is_workday, reminder_day

SETTING = "room."
GROUP = "comfort"  # the team of the room
BOOKED, CANCELLED, FREED = "booked", "cancelled", "freed"
CAME, MISSED, MORE = "came", "missed", "more"  # `more`: came, and wants to come again
OUTCOMES = (CAME, MISSED, MORE)
AHEAD = timedelta(weeks=12)  # as far as one looks for a free place
DAY = timedelta(days=1)


class Booking(SQLModel, table=True):
    """A place for an elder. `seat` (day, minute, number) and `daily` (elder, day) are unique while
    the place is held, and empty once it was given up."""

    __tablename__ = "room_booking"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    ref: str = Field(default_factory=new_tag, unique=True, max_length=12)
    elder_id: UUID = Field(foreign_key="elder.id", index=True)
    case_id: UUID | None = Field(default=None, foreign_key="elder_case.id")
    on_day: date
    minute: int  # after midnight, in the office's zone
    state: str = BOOKED
    seat: str | None = Field(default=None, unique=True)
    daily: str | None = Field(default=None, unique=True)
    booked_by: UUID = Field(foreign_key="staff.id")
    booked_at: datetime
    settled_by: UUID | None = Field(default=None, foreign_key="staff.id")
    settled_at: datetime | None = None

    __table_args__ = (Index("ix_room_booking_day", "on_day", "minute"),)


class Slot(NamedTuple):
    """When somebody may come: the day, and minutes after midnight."""

    on: date
    minute: int

    @property
    def clock(self) -> time:
        return time(*divmod(self.minute, 60))

    def instant(self, zone: ZoneInfo) -> datetime:
        return datetime.combine(self.on, self.clock, zone)


@dataclass(frozen=True)
class Hours:
    """The office's settings: `weekday` 1 is Monday; minutes after midnight; `capacity` is how
    many people at a time. The team gets its list at `list_at` of the working day before."""

    weekday: int = 2
    opens: int = 14 * 60 + 30
    closes: int = 17 * 60
    minutes: int = 30
    capacity: int = 1
    list_at: int = 16 * 60

    def minutes_of_day(self) -> range:
        return range(self.opens, self.closes - self.minutes + 1, self.minutes)


def hours(session: Session) -> Hours:
    """The defaults with what the office has changed: `room.weekday`, `room.opens` …"""
    own = settings(session)
    names = (name for name in Hours.__dataclass_fields__ if f"{SETTING}{name}" in own)
    return Hours(**{name: int(own[f"{SETTING}{name}"]) for name in names})


def displaced(session: Session, plan: Hours, now: datetime) -> int:
    """How many who are booked would come when the room is not open by these hours, or as more
    than fit; `now` in the office's zone."""
    zone, held = cast(ZoneInfo, now.tzinfo), _held(session, now)
    offered = plan.minutes_of_day()
    return sum(
        max(count - plan.capacity, 0)
        if slot.on.isoweekday() == plan.weekday and slot.minute in offered
        else count
        for slot, count in held.items()
        if slot.instant(zone) > now
    )


def _held(session: Session, now: datetime) -> Counter[Slot]:
    statement = select(col(Booking.on_day), col(Booking.minute)).where(
        Booking.on_day >= now.date(), col(Booking.seat).is_not(None)
    )
    return Counter(Slot(*row) for row in session.exec(statement))


# When


def days(plan: Hours, today: date, differing: Mapping[str, bool]) -> Iterator[date]:
    """The days on which the room is open, from today on; holidays are skipped."""
    day = today + (plan.weekday - today.isoweekday()) % 7 * DAY
    while day < today + AHEAD:
        if is_workday(day, differing):
            yield day
        day += 7 * DAY


def is_offered(plan: Hours, slot: Slot, differing: Mapping[str, bool]) -> bool:
    right_day = slot.on.isoweekday() == plan.weekday and is_workday(slot.on, differing)
    return right_day and slot.minute in plan.minutes_of_day()


def list_day(on: date, differing: Mapping[str, bool]) -> date:
    return reminder_day(on, 1, differing)


def free(
    session: Session, plan: Hours, now: datetime, differing: Mapping[str, bool], most: int
) -> list[Slot]:
    """The next places; `now` in the office's zone."""
    zone, held = cast(ZoneInfo, now.tzinfo), _held(session, now)
    offered = (
        slot
        for day in days(plan, now.date(), differing)
        for slot in (Slot(day, minute) for minute in plan.minutes_of_day())
        if held[slot] < plan.capacity and slot.instant(zone) > now
    )
    return [slot for slot, _place in zip(offered, range(most), strict=False)]


# Booking


def held_by(session: Session, elder_id: UUID, on: date) -> Booking | None:
    return session.exec(select(Booking).where(Booking.daily == _daily(elder_id, on))).first()


def _daily(elder_id: UUID, on: date) -> str:
    return f"{elder_id.hex}:{on}"


def _seat(session: Session, plan: Hours, slot: Slot) -> str | None:
    """The first that is not held."""
    asked = select(Booking.seat).where(
        Booking.on_day == slot.on, Booking.minute == slot.minute, col(Booking.seat).is_not(None)
    )
    held = set(session.exec(asked))
    seats = (f"{slot.on}:{slot.minute}:{place}" for place in range(plan.capacity))
    return next((seat for seat in seats if seat not in held), None)


def book(
    session: Session, elder: Elder, case: Case | None, slot: Slot, by: Staff, now: datetime
) -> Booking | None:
    """A place, or None when there is none left at that time.

    Raises IntegrityError when somebody else was first between looking and writing.
    """
    seat = _seat(session, hours(session), slot)
    if seat is None:
        return None
    booking = Booking(
        elder_id=elder.id,
        case_id=case.id if case else None,
        on_day=slot.on,
        minute=slot.minute,
        seat=seat,
        daily=_daily(elder.id, slot.on),
        booked_by=by.id,
        booked_at=now,
    )
    session.add(booking)
    session.flush()
    return booking


def move(session: Session, booking: Booking, slot: Slot) -> bool:
    """To another time; False when there is no place left or it is not booked any more.

    Raises IntegrityError as `book` does.
    """
    seat = _seat(session, hours(session), slot)
    values = {"on_day": slot.on, "minute": slot.minute, "seat": seat,
              "daily": _daily(booking.elder_id, slot.on)}  # fmt: skip
    return bool(seat) and _change(session, booking, (BOOKED,), **values)


def settle(session: Session, booking: Booking, state: str, by: Staff | None, now: datetime) -> bool:
    """Given up, or what became of it, which may be put right; False when somebody was first."""
    gone = state in (CANCELLED, FREED)
    before = (BOOKED,) if gone else tuple({BOOKED, *OUTCOMES} - {state})
    values = {"seat": None, "daily": None} if gone else {}
    return _change(session, booking, before, state=state, settled_by=by.id if by else None,
                   settled_at=now, **values)  # fmt: skip


def _change(session: Session, booking: Booking, before: tuple[str, ...], **values: Any) -> bool:
    found = session.exec(
        update(Booking)
        .where(col(Booking.id) == booking.id, col(Booking.state).in_(before))
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    session.refresh(booking)
    return found.rowcount == 1


# Asking

Booked = tuple[Booking, Elder]


def by_ref(session: Session, ref: str) -> Booked | None:
    return cast("Booked | None", session.exec(_with_elder().where(Booking.ref == ref)).first())


def _with_elder() -> Any:
    return select(Booking, Elder).join(Elder, col(Elder.id) == Booking.elder_id)


def between(session: Session, first: date, last: date, *where: ColumnElement[bool]) -> list[Booked]:
    """What is booked from the first to the last day, or was, but for what was given up."""
    statement = _with_elder().where(
        col(Booking.on_day).between(first, last), col(Booking.seat).is_not(None), *where
    )
    return list(session.exec(statement.order_by(col(Booking.on_day), col(Booking.seat))))


def coming_of(session: Session, elder_id: UUID, today: date) -> Booking | None:
    """The next place of this elder."""
    statement = select(Booking).where(
        Booking.elder_id == elder_id, Booking.state == BOOKED, Booking.on_day >= today
    )
    return session.exec(statement.order_by(col(Booking.on_day), col(Booking.minute))).first()


def groundless(session: Session, today: date) -> list[Booked]:
    """Places of who has died or moved away, or whose case was withdrawn or is somebody else's."""
    statement = (
        _with_elder()
        .outerjoin(Case, col(Case.id) == Booking.case_id)
        .where(Booking.on_day >= today, Booking.state == BOOKED)
        .where(
            or_(
                col(Elder.state) != ACTIVE,
                col(Case.state) == WITHDRAWN,
                col(Case.elder_id) != Booking.elder_id,
            )
        )
    )
    return list(session.exec(statement))


def tally(session: Session, first: date, last: date, *where: ColumnElement[bool]) -> dict[str, int]:
    """How many by state."""
    statement = (
        select(Booking.state, func.count())
        .join(Elder, col(Elder.id) == Booking.elder_id)
        .where(col(Booking.on_day).between(first, last), *where)
        .group_by(Booking.state)
    )
    return dict(session.exec(statement).all())
