"""The registers ([S3] 台账) within somebody's reach: views of the flags that run, never copies."""

from datetime import date
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import and_, bindparam, or_
from sqlmodel import Session, col, func, select
from sqlmodel.sql.expression import Select

from models.card import SEVEN, score
from models.consent import HEALTH, withheld, withholds
from models.elder import ACTIVE, HEALTH_FLAGS, Elder, ElderFlag, age, running_flags
from models.lookup import in_scope, scope
from models.roster_elders import suggested_tier
from models.staff import Staff


class Standing(NamedTuple):
    elder: Elder
    since: date


# Who said no to the keeping of health is in no register of health.
SHOWN = or_(col(ElderFlag.flag).not_in(HEALTH_FLAGS), ~withholds(HEALTH))
RUNS = and_(col(ElderFlag.until).is_(None), SHOWN)


def counts(session: Session, staff: Staff, today: date) -> dict[str, int]:
    """Register to how many stand in it."""
    values = scope(session, staff, today)
    return dict(session.exec(_counts(staff.role), params=values).all())


@cache
def _counts(role: str) -> Select[str, int]:
    return (
        select(col(ElderFlag.flag), func.count(func.distinct(Elder.id)))
        .join(Elder, col(Elder.id) == ElderFlag.elder_id)
        .where(Elder.state == ACTIVE, RUNS, in_scope(role))
        .group_by(ElderFlag.flag)
    )


def page(
    session: Session, staff: Staff, today: date, flag: str, offset: int, limit: int
) -> list[Standing]:
    """Who stands in one register, by code."""
    values = {"flag": flag, "offset": offset, "limit": limit, **scope(session, staff, today)}
    return [
        Standing(elder, since) for elder, since in session.exec(_page(staff.role), params=values)
    ]


@cache
def _page(role: str) -> Select[Elder, Any]:
    return (
        select(Elder, col(ElderFlag.since))
        .join(ElderFlag, col(ElderFlag.elder_id) == Elder.id)
        .where(Elder.state == ACTIVE, ElderFlag.flag == bindparam("flag"), RUNS, in_scope(role))
        .order_by(col(Elder.code))
        .offset(bindparam("offset"))
        .limit(bindparam("limit"))
    )


def seven_counts(session: Session, staff: Staff, today: date) -> dict[int, int]:
    """Score of the seven to how many elders."""
    statement = (
        select(score().label("known"), func.count(col(Elder.id)))
        .where(Elder.state == ACTIVE, in_scope(staff.role))
        .group_by("known")
    )
    return dict(session.exec(statement, params=scope(session, staff, today)).all())


def least_known(
    session: Session, staff: Staff, today: date, offset: int, limit: int
) -> list[tuple[Elder, int]]:
    """Of whom something is missing, the least known first."""
    statement = (
        select(Elder, score())
        .where(Elder.state == ACTIVE, score() < len(SEVEN), in_scope(staff.role))
        .order_by(score(), col(Elder.code))
        .offset(offset)
        .limit(limit)
    )
    found = session.exec(statement, params=scope(session, staff, today))
    return [(elder, known) for elder, known in found]


def tier_doubts(session: Session, staff: Staff, today: date) -> list[tuple[Elder, str]]:
    """Elders whose tier is not the one that flags and age speak for, with that one."""
    flags: dict[Any, set[str]] = {}
    values = scope(session, staff, today)
    statement = (
        select(col(ElderFlag.elder_id), col(ElderFlag.flag))
        .join(Elder, col(Elder.id) == ElderFlag.elder_id)
        .where(Elder.state == ACTIVE, RUNS, in_scope(staff.role))
    )
    for elder_id, flag in session.exec(statement, params=values):
        flags.setdefault(elder_id, set()).add(flag)
    elders = select(Elder).where(Elder.state == ACTIVE, in_scope(staff.role))
    found = session.exec(elders.order_by(col(Elder.code)), params=values)
    doubts = ((one, suggested_tier(flags.get(one.id, ()), age(one, today))) for one in found)
    return [(elder, tier) for elder, tier in doubts if tier != elder.tier]


def better_tier(session: Session, elder: Elder, today: date) -> str:
    """The tier that flags and age of one speak for; only a person changes it."""
    hidden = HEALTH_FLAGS if HEALTH in withheld(session, elder.id) else frozenset()
    flags = {one.flag for one in running_flags(session, elder.id)} - hidden
    return suggested_tier(flags, age(elder, today))
