"""The office tree (county, town, village) and the office's own settings."""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, bindparam
from sqlmodel import Field, Session, SQLModel, col, select

from models.ids import new_id

COUNTY, TOWN, VILLAGE = "county", "town", "village"
DEMO = "demo"  # the setting by which everything taken away says that nobody in it exists
SETTINGS, UNITS, PATHS = "settings", "units", "paths"  # where a session keeps what it read
KINDS = (COUNTY, TOWN, VILLAGE)


class Unit(SQLModel, table=True):
    """One place in the three-level network ([S3] 县、镇、村三级服务管理系统)."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    parent_id: UUID | None = Field(default=None, foreign_key="unit.id", index=True)
    kind: str
    name: str
    pinyin: str = ""


class OfficeSetting(SQLModel, table=True):
    """A number or switch of the office that differs from the default."""

    __tablename__ = "office_setting"

    key: str = Field(primary_key=True)
    value: Any = Field(default=None, sa_column=Column(JSON, nullable=False))


def branch(session: Session, unit_id: UUID) -> set[UUID]:
    """The unit and everything below it."""
    found = {unit_id}
    layer = found
    while layer:
        below = session.exec(select(Unit.id).where(col(Unit.parent_id).in_(layer))).all()
        layer = set(below) - found
        found |= layer
    return found


def subtree(session: Session, unit_id: UUID) -> list[Unit]:
    """The unit itself, then everything below it, layer by layer, each layer by name."""
    found = list(session.exec(select(Unit).where(Unit.id == unit_id)).all())
    layer = found
    while layer:
        below = select(Unit).where(col(Unit.parent_id).in_([unit.id for unit in layer]))
        layer = list(session.exec(below.order_by(col(Unit.name), col(Unit.id))).all())
        found = [*found, *layer]
    return found


def under(units: Collection[Unit], top: UUID) -> frozenset[UUID]:
    """Of these, listed from above to below, the one called `top` and what lies below it."""
    found = {unit.id for unit in units if unit.id == top}
    for unit in units:
        if unit.parent_id in found:
            found.add(unit.id)
    return frozenset(found)


PARENT = select(Unit.parent_id).where(Unit.id == bindparam("unit"))
NAME = select(Unit.name).where(Unit.id == bindparam("unit"))


def up_from(session: Session, unit_id: UUID) -> list[UUID]:
    """The unit itself and everything above it; kept as long as the session is."""
    known: dict[UUID, list[UUID]] = session.info.setdefault(PATHS, {})
    if unit_id not in known:
        parent = session.exec(PARENT, params={"unit": unit_id}).first()
        known[unit_id] = [unit_id, *(up_from(session, parent) if parent else ())]
    return known[unit_id]


def unit_name(session: Session, unit_id: UUID) -> str:
    """Asked for every elder of a list: kept as long as the session is."""
    known: dict[UUID, str] = session.info.setdefault(UNITS, {})
    if unit_id not in known:
        known[unit_id] = session.exec(NAME, params={"unit": unit_id}).first() or ""
    return known[unit_id]


def setting(session: Session, key: str, default: Any) -> Any:
    """The office's value for `key`, or the default given by whoever asks."""
    return settings(session).get(key, default)


def settings(session: Session) -> Mapping[str, Any]:
    """All that differ from the default, read once a session: a batch asks many times."""
    if SETTINGS not in session.info:
        rows = session.exec(select(OfficeSetting)).all()
        session.info[SETTINGS] = {row.key: row.value for row in rows}
    known: Mapping[str, Any] = session.info[SETTINGS]
    return known


def put_setting(session: Session, key: str, value: Any) -> None:
    session.merge(OfficeSetting(key=key, value=value))
    session.info.pop(SETTINGS, None)
