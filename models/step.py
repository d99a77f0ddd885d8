"""What a coordinator changed, or a liaison of the own leave, with what was there before: for ten
minutes it can be taken back.

`recording` notes every row that is added or changed through the session meanwhile. `take_back`
puts them back as they were; not when one of them has changed since, or something refers to it.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, Index, Table, delete, event, inspect, select, update
from sqlmodel import Field, Session, SQLModel, col
from sqlmodel import select as select_rows

from models.assignment import Assignment
from models.case import Duty
from models.elder import Elder, ElderFlag
from models.ids import new_tag
from models.invitation import Invitation
from models.org import SETTINGS, UNITS, OfficeSetting, Unit
from models.schedule import Leave
from models.staff import Chat, Staff

MINUTES = timedelta(minutes=10)
LATE, CHANGED, USED = "late", "changed", "used"  # why a step stays
KEPT: dict[str, Any] = {
    str(model.__tablename__): model
    for model in (
        Assignment,
        Chat,
        Duty,
        Elder,
        ElderFlag,
        Invitation,
        Leave,
        OfficeSetting,
        Staff,
        Unit,
    )
}
PART = 10_000  # ids in one statement
Values = dict[str, Any]


class Step(SQLModel, table=True):
    """One step of steering. `rows` are [table, key, before, after] in the order they were
    written: for a new row `before` is empty and `after` a digest, else both are the columns that
    differ. `entries` are [elder id, what, old, new], as the audit tells them; `told` are the ids
    of the staff who were told, `about` says in words what it was, without anybody's full name.
    """

    seq: int | None = Field(default=None, primary_key=True)
    ref: str = Field(default_factory=new_tag, unique=True)
    staff_id: UUID = Field(foreign_key="staff.id")
    at: datetime
    kind: str
    about: str = ""
    rows: list[list[Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    entries: list[list[Any]] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    told: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    undone_at: datetime | None = None

    __table_args__ = (Index("ix_step_staff", "staff_id", "at"),)


@contextmanager
def recording(session: Session) -> Iterator[list[list[Any]]]:
    """The rows written meanwhile; changes made by statements of one's own are not seen."""
    rows: list[list[Any]] = []

    def note(_session: Session, _context: Any, _instances: Any) -> None:
        for thing in session.new:
            if _table(thing) in KEPT:
                rows.append([_table(thing), _key(thing), {}, _digest(_values(thing))])
        for thing in session.dirty:
            if _table(thing) in KEPT and session.is_modified(thing):
                rows.append([_table(thing), _key(thing), *_differing(thing)])

    session.flush()
    event.listen(session, "before_flush", note)
    try:
        yield rows
        session.flush()
    finally:
        event.remove(session, "before_flush", note)


def _table(thing: Any) -> str:
    return str(thing.__tablename__)


def _key(thing: Any) -> Any:
    (key,) = inspect(type(thing)).primary_key
    return _plain(getattr(thing, key.key))


def _values(thing: Any) -> Values:
    return {name: _plain(getattr(thing, name)) for name in _names(_table(thing))}


@cache
def _names(table: str) -> tuple[str, ...]:
    """Of a whole roster thousands of rows are asked for them."""
    return tuple(attr.key for attr in inspect(KEPT[table]).column_attrs)


def _differing(thing: Any) -> tuple[Values, Values]:
    before, after = Values(), Values()
    for attr in inspect(thing).mapper.column_attrs:
        history = inspect(thing).attrs[attr.key].load_history()
        if history.has_changes():
            before[attr.key] = _plain(history.deleted[0] if history.deleted else None)
            after[attr.key] = _plain(history.added[0])
    return before, after


def _plain(value: Any) -> Any:
    """As JSON keeps it."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value) if isinstance(value, (UUID, date)) else value


def _live(model: Any, name: str, value: Any) -> Any:
    """The other way round, by the column's type."""
    kind = model.__table__.c[name].type.python_type
    if value is None or kind not in (UUID, date, datetime):
        return value
    return UUID(value) if kind is UUID else kind.fromisoformat(value)


def _digest(values: Values) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:16]


# Taking back


def of(session: Session, staff: Staff, now: datetime) -> list[Step]:
    """This person's own that can still be taken back, the last first."""
    statement = select_rows(Step).where(
        Step.staff_id == staff.id, Step.at > now - MINUTES, col(Step.undone_at).is_(None)
    )
    return list(session.exec(statement.order_by(col(Step.at).desc(), col(Step.seq).desc())).all())


def by_ref(session: Session, staff: Staff, ref: str) -> Step | None:
    return session.exec(select_rows(Step).where(Step.ref == ref, Step.staff_id == staff.id)).first()


def take_back(session: Session, step: Step, now: datetime) -> str:
    """Everything as it was before the step; else the reason, and nothing is changed."""
    if now - step.at > MINUTES:
        return LATE
    things = _read(session, step.rows)
    if _has_changed(step.rows, things) or _rejoined(session, step.rows):
        return CHANGED
    if _is_used(session, step.rows):
        return USED
    mine = update(Step).where(col(Step.seq) == step.seq, col(Step.undone_at).is_(None))
    if not session.exec(mine.values(undone_at=now)).rowcount:
        return CHANGED
    for table, rows in groupby(reversed(step.rows), key=lambda row: row[0]):
        _put_back(session, KEPT[table], list(rows), things)
    for known in (SETTINGS, UNITS):
        session.info.pop(known, None)
    return ""


Things = dict[tuple[str, Any], Any]


def _read(session: Session, rows: Iterable[list[Any]]) -> Things:
    wanted: dict[str, set[Any]] = defaultdict(set)
    for table, key, _before, _after in rows:
        wanted[table].add(key)
    found: Things = {}
    for table, keys in wanted.items():
        for thing in _by_keys(session, KEPT[table], list(keys)):
            found[table, _key(thing)] = thing
    return found


def _by_keys(session: Session, model: Any, keys: list[Any]) -> Iterator[Any]:
    (key,) = inspect(model).primary_key
    live = [_live(model, key.key, one) for one in keys]
    for at in range(0, len(live), PART):
        yield from session.exec(select_rows(model).where(key.in_(live[at : at + PART])))


def _has_changed(rows: Iterable[list[Any]], things: Things) -> bool:
    """Walks back through the rows: each must stand as the step has left it."""
    if any((table, key) not in things for table, key, _before, _after in rows):
        return True
    now = {one: _values(thing) for one, thing in things.items()}
    for table, key, before, after in reversed(list(rows)):
        values = now[table, key]
        if before and any(values[name] != value for name, value in after.items()):
            return True
        if not before and _digest(values) != after:
            return True
        values.update(before)
    return False


def _rejoined(session: Session, rows: Iterable[list[Any]]) -> bool:
    """Whoever was shut out has a new way in already: the old one stays shut."""
    people = {before["staff_id"] for table, _key, before, _after in rows
              if table == "chat" and before.get("staff_id")}  # fmt: skip
    chats = select_rows(Chat.id).where(col(Chat.staff_id).in_([UUID(one) for one in people]))
    return bool(people) and session.exec(chats.limit(1)).first() is not None


def _is_used(session: Session, rows: Iterable[list[Any]]) -> bool:
    """Something that the step did not make refers to a row that it made."""
    new: dict[str, list[str]] = defaultdict(list)
    for table, key, before, _after in rows:
        if not before:
            new[table].append(key)
    return any(
        _refers(session, referring, column, model, new[table], new.get(referring.name, ()))
        for table, model in KEPT.items()
        if new.get(table)
        for referring, column in _referring(model.__table__)
    )


def _referring(table: Table) -> Iterator[tuple[Table, Any]]:
    """Every column of the house that points into this table."""
    for other in SQLModel.metadata.sorted_tables:
        for key in other.foreign_keys:
            if key.column.table is table:
                yield other, key.parent


def _refers(
    session: Session, table: Table, column: Any, model: Any, keys: list[str], own: Collection[str]
) -> bool:
    """`own` are rows of the referring table that the step made itself."""
    (pk,) = inspect(model).primary_key
    live, ours = [_live(model, pk.key, one) for one in keys], set(own)
    for at in range(0, len(live), PART):
        statement = select(*table.primary_key).where(column.in_(live[at : at + PART]))
        if any(_plain(row[0]) not in ours for row in session.execute(statement)):
            return True
    return False


def _put_back(session: Session, model: Any, rows: list[list[Any]], things: Things) -> None:
    (pk,) = inspect(model).primary_key
    gone = []
    for table, key, before, _after in rows:
        thing = things[table, key]
        for name, value in before.items():
            setattr(thing, name, _live(model, name, value))
        if not before:
            gone.append(thing)
    session.flush()
    for thing in gone:  # one by one: a village goes before its town
        session.expunge(thing)
        session.execute(delete(model).where(pk == getattr(thing, pk.key)))
