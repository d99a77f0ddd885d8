"""Whom each liaison looks after and what the rule says of them: of a whole office in one
statement, read liaison by liaison, so that memory does not grow with the office.

A share is what one liaison has in one place. Its lines come as one JSON value: a row for each
elder takes several times as long to read.
"""

from collections.abc import Callable, Collection, Generator, Iterable, Iterator
from datetime import date
from itertools import groupby
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import CTE, JSON, Select, func, or_, select, text, union
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction
from sqlmodel import Session, col

from models.agenda import Line
from models.care import care, there
from models.due import Policy
from models.due_query import due_rows
from models.elder import ACTIVE, Elder, Who
from models.staff import Staff

NOBODY = UUID(int=0)  # stands first in every order
AT_ONCE = 200  # rows
IN_ONE_GO = ("cursor_tuple_fraction = 1", "work_mem = '64MB'")  # read to the end, and sorted
T = TypeVar("T")
day_of = date.fromisoformat
Count = Callable[[UUID, Iterable["Share"]], None]


class packed(GenericFunction[Any]):
    """The values as a JSON list."""

    type = JSON()
    inherit_cache = True


class listed(GenericFunction[Any]):
    """The JSON values of a group as a JSON list."""

    type = JSON()
    inherit_cache = True


def _name(function: type[Any], database: str, name: str) -> None:
    @compiles(function, database)
    def _(element: Any, compiler: Any, **kw: Any) -> str:
        return f"{name}({compiler.process(element.clauses, **kw)})"


_name(packed, "sqlite", "json_array")
_name(packed, "postgresql", "json_build_array")
_name(listed, "sqlite", "json_group_array")
_name(listed, "postgresql", "json_agg")


class Share(NamedTuple):
    """`once` are those of the lines that are counted here: who is in the care of two is counted
    with the first. Those nobody looks after are NOBODY's."""

    staff_id: UUID
    code: str
    name: str
    unit_id: UUID
    lines: list[Line]
    once: list[Line]


class InStep(Generic[T]):
    """Rows in the order of their `staff_id`, handed out to one after the other in that order."""

    def __init__(self, rows: Iterable[T]) -> None:
        self.rows = iter(rows)
        self.next = next(self.rows, None)

    def of(self, staff_id: UUID) -> list[T]:
        found: list[T] = []
        while self.next is not None and (whose := self.next.staff_id) <= staff_id:  # type: ignore[attr-defined]  # of every row
            if whose == staff_id:
                found.append(self.next)
            self.next = next(self.rows, None)
        return found

    def rest(self) -> None:
        for _row in self.rows:
            pass

    def close(self) -> None:
        if isinstance(self.rows, Generator):
            self.rows.close()


def stream(session: Session, statement: Any) -> Iterator[Any]:
    """The rows a few at a time, from a cursor of the database; whoever leaves some unread closes
    it before the transaction is over."""
    if session.get_bind().dialect.name == "postgresql":
        for word in IN_ONE_GO:
            session.execute(text(f"SET LOCAL {word}"))
    with session.execute(statement, execution_options={"yield_per": AT_ONCE}) as rows:
        yield from rows


def in_care(ids: Any, today: date) -> CTE:
    """elder_id and staff_id: whom these people look after today."""
    return union(*care(lambda who: col(who).in_(ids), today)).cte("care")


def shares(
    session: Session, wanted: Any, places: Collection[UUID], today: date, policy: Policy
) -> Iterator[Share]:
    """Of the `wanted` liaisons, and of everybody who lives in one of the places."""
    lines = due_lines(wanted, places, today, policy).subquery("lines")
    whole = (
        select(*lines.c, col(Staff.code), col(Staff.name))
        .select_from(lines.outerjoin(Staff, col(Staff.id) == lines.c.staff_id))
        .order_by(lines.c.staff_id)
    )
    for row in stream(session, whole):
        mine = [_line(one, row.unit_id) for one in row.lines]
        yield Share(row.staff_id, row.code, row.name, row.unit_id, mine, _once(mine, row))


def _once(mine: list[Line], row: Any) -> list[Line]:
    if row.most == 1:  # as nearly always
        return mine
    return [one for one, values in zip(mine, row.lines, strict=True) if values[-1] == 1]


def due_lines(
    wanted: Any, places: Collection[UUID], today: date, policy: Policy
) -> Select[*tuple[Any, ...]]:
    """staff_id, unit_id, the packed lines, and the most people one of them is in the care of up
    to this one."""
    cared = in_care(there(today) if places else wanted, today)
    theirs = select(cared.c.elder_id).where(cared.c.staff_id.in_(wanted))
    of_each = func.row_number().over(partition_by=cared.c.elder_id, order_by=cared.c.staff_id)
    carers = select(*cared.c, of_each.label("nth")).subquery("carers")
    here = or_(col(Elder.unit_id).in_(places), col(Elder.id).in_(theirs))
    due = due_rows(today, policy, (col(Elder.state) == ACTIVE) & here).subquery("due")
    staff_id = func.coalesce(carers.c.staff_id, NOBODY).label("staff_id")
    nth = func.coalesce(carers.c.nth, 1).label("nth")
    pairs = due.join(carers, carers.c.elder_id == due.c.elder_id, isouter=bool(places))
    one = select(staff_id, *due.c, nth).select_from(pairs).subquery("one")
    c = one.c
    values = packed(c.code, c.name, c.born_on, c.state, c.reason, c.suggested, c.last_on,
                    c.contact_due, c.visit_wish, c.nth)  # fmt: skip
    lines, most = listed(values).label("lines"), func.max(c.nth).label("most")
    return select(c.staff_id, c.unit_id, lines, most).group_by(c.staff_id, c.unit_id)


def _line(values: list[Any], unit_id: UUID) -> Line:
    code, name, born, state, reason, suggested, last, contact, wish, _nth = values
    who = Who(code, name, day_of(born) if born else None, unit_id, wish)
    last_on = day_of(last) if last else None
    return Line(who, state, reason, day_of(suggested), last_on, bool(contact))


def counted(found: Iterator[Share], count: Count) -> Iterator[Share]:
    """The same, each liaison's shares counted on the way; nobody's one by one: they may be many."""
    for staff_id, group in groupby(found, key=lambda share: share.staff_id):
        if staff_id == NOBODY:
            count(staff_id, group)
        else:
            mine = list(group)
            count(staff_id, mine)
            yield from mine
