"""Who looks after whom on a day: the one answer for lists, digests, the query and who may see.

Four ways: as the elder's liaison who is there; named to stand in for one on leave; as backup of
one on leave for whom nobody is named, or somebody who is away as well; asked to go in somebody's
place for a while.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import col

from models.assignment import BACKUP, COVER, PRIMARY, Assignment
from models.elder import Elder
from models.schedule import Leave
from models.staff import Staff

Mine = Callable[[Any], ColumnElement[bool]]  # of a column with staff ids: whose are meant


def running(today: Any, table: Any = Assignment) -> ColumnElement[bool]:
    """Assignments in force on `today`."""
    return and_(
        col(table.from_on) <= today,
        or_(col(table.until_on).is_(None), col(table.until_on) >= today),
    )


def on_leave(today: Any) -> ColumnElement[bool]:
    """Leaves in force on `today`."""
    return and_(
        col(Leave.from_on) <= today,
        col(Leave.until_on) >= today,
        col(Leave.ended_at).is_(None),
    )


def away(today: Any) -> Select[Any]:
    """Ids of who is on leave."""
    return select(col(Leave.staff_id)).where(on_leave(today))


def care(mine: Mine, today: Any) -> tuple[Select[Any], ...]:
    """elder_id and staff_id by each of the ways, for those who are `mine`."""
    own: Any = aliased(Assignment)
    is_own = and_(own.role == PRIMARY, running(today, own))
    lent: Any = aliased(Assignment)
    asked = select(lent.elder_id, lent.staff_id).where(
        lent.role == COVER, running(today, lent), mine(lent.staff_id)
    )
    present = select(own.elder_id, own.staff_id).where(
        is_own, mine(own.staff_id), own.staff_id.not_in(away(today))
    )
    return (present, *_standing_in(own, is_own, mine, today), asked)


def _standing_in(
    own: Any, is_own: ColumnElement[bool], mine: Mine, today: Any
) -> tuple[Select[Any], Select[Any]]:
    """For liaisons on leave: who is named, else each elder's backup."""
    backup: Any = aliased(Assignment)
    absent = and_(is_own, on_leave(today))
    named: Select[Any] = (
        select(own.elder_id, col(Leave.cover_id).label("staff_id"))
        .join(Leave, col(Leave.staff_id) == own.staff_id)
        .where(absent, mine(Leave.cover_id))
    )
    backed = (
        select(own.elder_id, backup.staff_id)
        .join(Leave, col(Leave.staff_id) == own.staff_id)
        .join(backup, backup.elder_id == own.elder_id)
        .where(absent, ~_is_there(Leave.cover_id, today), backup.role == BACKUP)
        .where(running(today, backup), mine(backup.staff_id))
    )
    return named, backed


def there(today: Any) -> Select[Any]:
    """Ids of who works here and is not on leave."""
    return select(col(Staff.id)).where(
        col(Staff.left_on).is_(None), col(Staff.id).not_in(away(today))
    )


def _is_there(who: Any, today: Any) -> ColumnElement[bool]:
    """Whether this one, if anybody, works here and is not on leave."""
    stand_in: Any = aliased(Staff)
    gone: Any = aliased(Leave)
    on_leave_too = select(gone.id).where(
        gone.staff_id == who, gone.from_on <= today, gone.until_on >= today, gone.ended_at.is_(None)
    )
    works = select(stand_in.id).where(stand_in.id == who, stand_in.left_on.is_(None))
    return and_(works.exists(), ~on_leave_too.exists())


def nobody(today: Any) -> ColumnElement[bool]:
    """Of an elder: none of those who should look after them is there."""
    ways = care(lambda who: col(who).in_(there(today)), today)
    return ~or_(*(way.where(way.selected_columns[0] == Elder.id).exists() for way in ways))
