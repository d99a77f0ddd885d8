"""What calls for somebody to come soon ([S3] 五必到, [S0] 四必访), as far as it was recorded, and
whether somebody came in time.

1. Each source tells what happened in some days: visits, stays, registers, cases, the calendar.
2. The visits of that time are read once; each meets what it came in time for.
3. What was not met counts only when its time is up.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlmodel import Session, col

from models import weather
from models.assignment import Assignment
from models.calendar import birthdays, full_years, kept_lunar
from models.case import VISIT, WITHDRAWN, Case
from models.due import IN_PERSON, RELOCATED, REMOTE
from models.elder import ACTIVE, DECEASED, Absence, Elder, ElderFlag
from models.org import branch, setting
from models.visit import CONCERN, CONDOLENCE, CURRENT, DONE, EMERGENCY, SERIOUS, Visit

DAY = timedelta(days=1)
AT_ONCE = 1000  # rows: the visits of a year are many
SETTING = "trigger.{name}"  # of the office: within how many days
FESTIVAL, WEATHER = FOR_MANY = ("festival", "weather")
FIVE, FOUR = "five", "four"  # 五必到, 四必访
ADVANCED, ROUND = 80, 10  # ages at which a birthday is no matter for the telephone
BEFORE_FESTIVAL = 7
FAR = frozenset({"away", "with_children"})  # of an absence: nobody can go there


class Kind(NamedTuple):
    """`within` so many days; `lists` are the documents' own that name it."""

    name: str
    within: int
    lists: tuple[str, ...] = ()


KINDS = {
    one.name: one
    for one in (
        Kind("illness", 2, (FIVE,)),
        Kind("hospital", 1, (FIVE, FOUR)),
        Kind("critical", 0),
        Kind("death", 1, (FIVE,)),
        Kind("remarriage", 7, (FIVE,)),
        Kind("birthday", 1, (FIVE,)),
        Kind("accident", 1, (FIVE,)),
        Kind("hardship", 3, (FIVE,)),
        Kind(FESTIVAL, 0, (FOUR,)),
        Kind("family_event", 3, (FOUR,)),
        Kind("mood", 3, (FOUR,)),
        Kind("widowed", 3),
        Kind("carer_lost", 3),
        Kind("discharge", 7),
        Kind(WEATHER, 1),
        Kind("new", 10),
    )
}
OF_CASES = {
    "medical_acute": "illness", "fall": "accident", "life_danger": "accident",
    "missing": "accident", "fire_gas_co": "accident", "hardship": "hardship",
    "remarriage": "remarriage", "family_event": "family_event", "low_mood": "mood",
    "suicide_risk": "mood", "bereavement": "widowed", "carer_lost": "carer_lost",
}  # fmt: skip


def days_for(session: Session, name: str) -> int:
    """Within how many days somebody should come, as the office has it."""
    return int(setting(session, SETTING.format(name=name), KINDS[name].within))


class Festival(NamedTuple):
    """`month` and `day` by the lunar calendar or not; for whom among the elders."""

    lunar: bool
    month: int
    day: int
    asks: Callable[[Any, date], bool]


FESTIVALS = (  # those on which somebody must come ([S0] 四必访)
    Festival(True, 1, 1, lambda elder, on: True),
    Festival(True, 9, 9, lambda elder, on: _years(elder, on) >= ADVANCED),
    Festival(False, 7, 1, lambda elder, on: bool(elder.party_member)),
)


class Days(NamedTuple):
    """From the first to the last day, both included; `since` and `until` are when they begin and
    are over, or now if that is sooner."""

    first: date
    last: date
    since: datetime
    until: datetime


@dataclass(slots=True)
class Trigger:
    """Somebody should come from `first` to `last`, and after the instant `at` where one is known.
    `remote`: a call will do."""

    kind: str
    elder_id: UUID
    unit_id: UUID
    first: date
    last: date
    at: datetime | None = None
    remote: bool = False
    met: bool = False

    def is_met_by(self, visit: Any) -> bool:
        """Of a visit on one of its days."""
        if visit.outcome != DONE and self.kind != "death":
            return False
        if self.at is not None and visit.visited_at <= self.at:
            return False
        return visit.mode in IN_PERSON or (self.remote and visit.mode in REMOTE)


@dataclass(frozen=True)
class _Place:
    """Where and when; `elders` are those who live there, by id."""

    session: Session
    units: Collection[UUID]
    days: Days
    elders: dict[UUID, Any]

    def within(self, name: str) -> timedelta:
        return days_for(self.session, name) * DAY

    def here(self) -> ColumnElement[bool]:
        return col(Elder.unit_id).in_(self.units)

    def during(self, on: Any) -> ColumnElement[bool]:
        found: ColumnElement[bool] = on.between(self.days.first, self.days.last)
        return found

    def of(self, name: str, elder_id: UUID, on: date, at: datetime | None = None) -> Trigger:
        elder = self.elders[elder_id]
        far = elder.residence == RELOCATED
        return Trigger(name, elder_id, elder.unit_id, on, on + self.within(name), at, far)


def triggers(session: Session, units: Collection[UUID], days: Days, today: date) -> list[Trigger]:
    """All of these days that were met, or whose time is up."""
    at = _Place(session, units, days, _elders(session, units))
    found = [one for source in SOURCES for one in source(at)]
    _meet(at, found)
    return [one for one in found if one.met or one.last < today]


def _elders(session: Session, units: Collection[UUID]) -> dict[UUID, Any]:
    """What is asked of each; `since` is the day from which anybody was to look after them."""
    since = (
        select(col(Assignment.elder_id), func.min(Assignment.from_on).label("since"))
        .group_by(col(Assignment.elder_id))
        .subquery("began")
    )
    statement = (
        select(
            col(Elder.id), col(Elder.code), col(Elder.unit_id), col(Elder.tier),
            col(Elder.residence),
            col(Elder.state), col(Elder.ended_on), col(Elder.party_member), col(Elder.born_on),
            col(Elder.birth_calendar), col(Elder.birth_month), col(Elder.birth_day),
            col(Elder.birth_leap), col(Elder.keeps_calendar), since.c.since,
        )
        .outerjoin(since, since.c.elder_id == col(Elder.id))
        .where(col(Elder.unit_id).in_(units))
    )  # fmt: skip
    return {row.id: row for row in session.execute(statement)}


# What was said at a visit


def _of_visits(at: _Place) -> Iterator[Trigger]:
    for name, answer, grave in (
        ("illness", col(Visit.health), (SERIOUS, EMERGENCY)),
        ("mood", col(Visit.spirit), (CONCERN, SERIOUS, EMERGENCY)),
    ):
        said = (
            select(col(Visit.elder_id), col(Visit.visited_on), col(Visit.visited_at))
            .join(Elder, col(Elder.id) == col(Visit.elder_id))
            .where(at.here(), col(Visit.state) == CURRENT, col(Visit.outcome) == DONE)
            .where(answer.in_(grave), at.during(col(Visit.visited_on)))
        )
        for elder_id, on, instant in at.session.execute(said):
            yield _sooner(at, at.of(name, elder_id, on, instant))


def _sooner(at: _Place, one: Trigger) -> Trigger:
    """An illness of somebody who is frail waits no longer than a day."""
    if one.kind == "illness" and at.elders[one.elder_id].tier in "CD":
        one.last = min(one.last, one.first + DAY)
    return one


def _of_stays(at: _Place) -> Iterator[Trigger]:
    """From the day on which somebody told of it, where that was at a visit."""
    stays = (
        select(col(Absence.elder_id), col(Absence.from_on), col(Absence.until_on),
               col(Visit.visited_on))
        .join(Elder, col(Elder.id) == col(Absence.elder_id))
        .outerjoin(Visit, col(Visit.id) == col(Absence.visit_id))
        .where(at.here(), col(Absence.kind) == "hospital")
        .where(col(Absence.from_on) <= at.days.last)
        .where(or_(col(Absence.until_on).is_(None), col(Absence.until_on) >= at.days.first - DAY))
    )  # fmt: skip
    for elder_id, began, ended, told in at.session.execute(stays):
        known = max(began, told or began)
        if at.days.first <= known <= at.days.last:
            yield at.of("hospital", elder_id, known)
        if ended and at.days.first <= ended + DAY <= at.days.last:
            yield at.of("discharge", elder_id, ended + DAY)


# What was written on the card


def _of_registers(at: _Place) -> Iterator[Trigger]:
    """What stood there when the elder came on the list is no news."""
    flags = (
        select(col(ElderFlag.elder_id), col(ElderFlag.flag), col(ElderFlag.since))
        .join(Elder, col(Elder.id) == col(ElderFlag.elder_id))
        .where(at.here(), col(ElderFlag.flag).in_(("critical", "widowed")))
        .where(at.during(col(ElderFlag.since)))
    )
    for elder_id, flag, since in at.session.execute(flags):
        began = at.elders[elder_id].since
        if began is not None and began < since:
            yield at.of(flag, elder_id, since)


def _of_the_list(at: _Place) -> Iterator[Trigger]:
    """Deaths, met by whoever told of it at the door; and who is new, but for those with whom the
    office began."""
    began = at.session.execute(select(func.min(Assignment.from_on))).scalar()
    for elder in at.elders.values():
        if elder.state == DECEASED and elder.ended_on and _inside(at, elder.ended_on):
            yield at.of("death", elder.id, elder.ended_on)
        if elder.since and elder.since != began and _inside(at, elder.since):
            yield at.of("new", elder.id, elder.since)


def _inside(at: _Place, on: date) -> bool:
    return bool(at.days.first <= on <= at.days.last)


# What was reported otherwise than from a visit, where somebody was there already


def _of_cases(at: _Place) -> Iterator[Trigger]:
    """That the group set to work in time will do, too."""
    cases = (
        select(col(Case.elder_id), col(Case.category), col(Case.opened_at), col(Case.acted_at),
               col(Case.resolved_at))
        .join(Elder, col(Elder.id) == col(Case.elder_id))
        .where(at.here(), col(Case.source) != VISIT, col(Case.state) != WITHDRAWN)
        .where(col(Case.category).in_(OF_CASES), col(Case.restricted).is_(False))
        .where(col(Case.opened_at) >= at.days.since, col(Case.opened_at) < at.days.until)
    )  # fmt: skip
    zone = at.days.since.tzinfo
    for elder_id, category, opened, *worked in at.session.execute(cases):
        one = _sooner(at, at.of(OF_CASES[category], elder_id, opened.astimezone(zone).date()))
        one.met = any(did and did.astimezone(zone).date() <= one.last for did in worked)
        yield one


# The calendar


def _of_the_calendar(at: _Place) -> Iterator[Trigger]:
    away, kept = _far(at), list(_kept_in(at.days))
    for elder in at.elders.values():
        for one in (*_birthdays(at, elder), *_festivals(at, elder, kept)):
            one.remote |= any(first <= one.last and one.first <= last for first, last in
                              away.get(elder.id, ()))  # fmt: skip
            yield one


def _birthdays(at: _Place, elder: Any) -> Iterator[Trigger]:
    days = at.within("birthday")
    for on in birthdays(elder, at.days.first, at.days.last):
        if _is_listed(elder, on):
            one = at.of("birthday", elder.id, on)
            one.first, one.last = on - days, on + days
            years = _years(elder, on)
            one.remote |= years < ADVANCED and years % ROUND > 0
            yield one


def _kept_in(days: Days) -> Iterator[tuple[Festival, date]]:
    for year in sorted({days.first.year, days.last.year}):
        for one in FESTIVALS:
            on = _day_of(one, year)
            if days.first <= on <= days.last:
                yield one, on


def _festivals(at: _Place, elder: Any, kept: Iterable[tuple[Festival, date]]) -> Iterator[Trigger]:
    """In the week before, or on the day."""
    for festival, on in kept:
        if _is_listed(elder, on) and festival.asks(elder, on):
            one = at.of(FESTIVAL, elder.id, on)
            one.first = on - BEFORE_FESTIVAL * DAY
            yield one


def _day_of(festival: Festival, year: int) -> date:
    if festival.lunar:
        return kept_lunar(year, festival.month, festival.day)
    return date(year, festival.month, festival.day)


def _is_listed(elder: Any, on: date) -> bool:
    if elder.since is None or elder.since > on:
        return False
    return elder.state == ACTIVE or bool(elder.ended_on and on < elder.ended_on)


def _years(elder: Any, on: date) -> int:
    return full_years(elder.born_on, on) if elder.born_on else 0


def _far(at: _Place) -> dict[UUID, list[tuple[date, date]]]:
    """Days on which a call has to do."""
    absences = (
        select(col(Absence.elder_id), col(Absence.from_on), col(Absence.until_on))
        .join(Elder, col(Elder.id) == col(Absence.elder_id))
        .where(at.here(), col(Absence.kind).in_(FAR), col(Absence.from_on) <= at.days.last)
    )
    found: dict[UUID, list[tuple[date, date]]] = defaultdict(list)
    for elder_id, first, last in at.session.execute(absences):
        found[elder_id].append((first, last or date.max))
    return found


def _of_weather(at: _Place) -> Iterator[Trigger]:
    """From the instant of the warning; a call will do. Who is at risk today is taken to have been
    so then."""
    for alert in weather.called_in(at.session, at.days.first, at.days.last):
        there = col(Elder.unit_id).in_(branch(at.session, alert.unit_id))
        frail = select(col(Elder.id)).where(at.here(), there, weather.at_risk(alert.made_on))
        for elder_id in at.session.execute(frail).scalars():
            if _is_listed(at.elders[elder_id], alert.made_on):
                one = at.of(WEATHER, elder_id, alert.made_on, alert.made_at)
                one.remote = True
                yield one


SOURCES: tuple[Callable[[_Place], Iterator[Trigger]], ...] = (
    _of_visits,
    _of_stays,
    _of_registers,
    _of_the_list,
    _of_cases,
    _of_the_calendar,
    _of_weather,
)


# Whether somebody came


def _meet(at: _Place, found: Iterable[Trigger]) -> None:
    open_: dict[str, list[Trigger]] = defaultdict(list)  # by code: that is read in no time
    for one in found:
        if not one.met:
            open_[at.elders[one.elder_id].code].append(one)
    if not open_:
        return
    waiting = [one for each in open_.values() for one in each]
    first, last = min(one.first for one in waiting), max(one.last for one in waiting)
    visits = (
        select(col(Elder.code), col(Visit.visited_on), col(Visit.visited_at), col(Visit.mode),
               col(Visit.outcome))
        .join(Elder, col(Elder.id) == col(Visit.elder_id))
        .where(at.here(), col(Visit.state) == CURRENT)
        .where(col(Visit.outcome).in_((DONE, "deceased", CONDOLENCE)))
        .where(col(Visit.visited_on).between(first, last))
    )  # fmt: skip
    for visit in at.session.execute(visits, execution_options={"yield_per": AT_ONCE}):
        on = visit.visited_on
        for one in open_.get(visit.code, ()):
            if one.first <= on <= one.last and not one.met:
                one.met = one.is_met_by(visit)
