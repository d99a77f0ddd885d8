"""Whoever is alone or very ill and was not reached (没人在家): which attempts nobody has
answered for yet, and when that becomes urgent and grave. The numbers are settings of the office.
"""

from collections.abc import Collection
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import and_, literal
from sqlalchemy.orm import aliased
from sqlmodel import Session, col, or_, select, update
from sqlmodel.sql.expression import Select

from models.case import NO_CONTACT, UNRESOLVED, Case
from models.elder import ACTIVE, Absence, Elder
from models.org import setting
from models.visit import CURRENT, DONE, Visit

PREFIX = "unreached."
TIERS, AFTER, EVENING = "tiers", "after", "evening"
DEFAULTS = {TIERS: "CD", AFTER: 120, EVENING: 18 * 60}  # minutes after the attempt; of the day
BACK = timedelta(days=3)  # older attempts are not taken up: the visit itself is due again
IN_VAIN = ("not_at_home", "no_answer")
HEARD_OF = (DONE, "refused", "in_hospital", "moved", "deceased")  # somebody knows of the elder


class Watch(NamedTuple):
    """For which tiers, how long after an attempt, and from what time of day it is grave."""

    tiers: str
    after: timedelta
    evening: time


def watch(session: Session) -> Watch:
    tiers, after, minute = (setting(session, PREFIX + key, one) for key, one in DEFAULTS.items())
    return Watch(tiers, timedelta(minutes=after), time(minute // 60, minute % 60))


def seek_at(session: Session, visit: Visit, elder: Elder) -> datetime | None:
    """When somebody has to look for the elder. What is entered late counts from then on."""
    rules = watch(session)
    if visit.outcome not in IN_VAIN or elder.tier not in rules.tiers:
        return None
    late = visit.logged_at - visit.visited_at > timedelta(hours=12)
    return (visit.logged_at if late else visit.visited_at) + rules.after


def evening(session: Session, urgent: datetime, zone: ZoneInfo) -> datetime:
    """When what was urgent from `urgent` on is an emergency: in the evening of the day of the
    attempt, and not before there was as much time again."""
    rules = watch(session)
    day = (urgent - rules.after).astimezone(zone).date()
    at = datetime.combine(day, rules.evening, zone).astimezone(UTC)
    return max(at, urgent + rules.after)


def unanswered(
    session: Session, now: datetime, today: date, most: int
) -> list[tuple[Visit, Elder]]:
    """Attempts whose time has come; the earliest first."""
    come = _in_vain(today).where(col(Visit.seek_at) <= now, col(Visit.seek_at) > now - BACK)
    return list(session.exec(come.order_by(col(Visit.seek_at), col(Visit.id)).limit(most)).all())


def waiting(
    session: Session, now: datetime, today: date, units: Collection[UUID]
) -> list[tuple[Visit, Elder]]:
    """Attempts in these places whose time is still to come, unless somebody is reached."""
    coming = _in_vain(today).where(col(Visit.seek_at) > now, col(Elder.unit_id).in_(units))
    return list(session.exec(coming.order_by(col(Visit.seek_at), col(Visit.id))).all())


def sought(session: Session, units: Collection[UUID]) -> list[Elder]:
    """Who is being looked for there."""
    statement = (
        select(Elder)
        .join(Case, col(Case.elder_id) == Elder.id)
        .where(col(Case.state).in_(UNRESOLVED), col(Case.late_at).is_not(None))
        .where(Case.category == NO_CONTACT, col(Elder.unit_id).in_(units))
        .order_by(col(Case.opened_at), col(Case.number))
    )
    return list(session.exec(statement).all())


def _in_vain(today: date) -> Select[Visit, Elder]:
    return (
        select(Visit, Elder)
        .join(Elder, col(Elder.id) == Visit.elder_id)
        .where(Visit.state == CURRENT, Elder.state == ACTIVE)
        .where(~_heard_of().exists(), ~_away(today).exists())
    )


def _heard_of() -> Any:
    later: Any = aliased(Visit)
    same_day = and_(later.visited_on == Visit.visited_on, later.logged_at > Visit.logged_at)
    return (
        select(literal(1))
        .where(later.elder_id == Visit.elder_id, later.state == CURRENT)
        .where(later.outcome.in_(HEARD_OF))
        .where(or_(later.visited_at > Visit.visited_at, same_day))
    )


def _away(today: date) -> Any:
    """In hospital or with the children, as somebody has told."""
    return (
        select(literal(1))
        .where(Absence.elder_id == Visit.elder_id, col(Absence.from_on) <= today)
        .where(or_(col(Absence.until_on).is_(None), col(Absence.until_on) >= Visit.visited_on))
    )


def claim(session: Session, visit: Visit) -> bool:
    """Of several processes one takes it up, and once."""
    found = session.exec(
        update(Visit)
        .where(col(Visit.id) == visit.id, col(Visit.seek_at) == visit.seek_at)
        .values(seek_at=None)
        .execution_options(synchronize_session=False)
    )
    session.expire(visit)
    return found.rowcount == 1
