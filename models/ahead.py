"""A shelf for what a batch will ask about its elders: read for all of them at once.

A question is a statement with the list parameter `about` (ids), whose rows say whom they are
about: in `elder_id`, as a rule. It is asked with `of`, which looks on the shelf first; who was
not foreseen is only slower. Whoever writes what may stand there says so with `forget`. The rows
are columns, not objects that a session watches: reading those takes twice as long.

What is only added, such as visits, waits there too, to be written in one statement: before
anything else is written, before a question to the same table, and at the end. It may refer to
what is stored or waits itself.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from types import SimpleNamespace
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import Table, event
from sqlalchemy.orm import ORMExecuteState
from sqlalchemy.sql import visitors
from sqlmodel import Session, SQLModel

SHELF, WAITING, FORESEEN = "ahead", "added", "foreseen"
TABLE = "_table"  # of a plain row
T = TypeVar("T")
Row = TypeVar("Row", bound=SQLModel)


def begin(session: Session) -> None:
    """From now on nothing but foreseen messages is handled, until `forget_all`."""
    session.info[FORESEEN] = True


def of(session: Session, question: Any, about: UUID, **values: Any) -> list[Any]:
    """The rows about one, in the statement's order."""
    rows = found(session, question, about)
    if rows is not None:
        return list(rows)
    return list(session.execute(question, {"about": [about], **values}))


def found(session: Session, question: Any, about: Any) -> Any:
    """What lies on the shelf; None when nothing does."""
    return session.info.get(SHELF, {}).get((question, about))


def once(session: Session, key: tuple[Any, ...], ask: Callable[[], T]) -> T:
    """What `ask` says, asked once a batch: only what no visit changes, such as who is on duty."""
    if FORESEEN not in session.info:
        return ask()
    shelf = session.info.setdefault(SHELF, {})
    if key not in shelf:
        shelf[key] = ask()
    found: T = shelf[key]
    return found


def read(
    session: Session, question: Any, about: Iterable[UUID], by: str = "elder_id", **values: Any
) -> None:
    """Puts the answers for all these on the shelf; whatever waits or was changed is among them."""
    write_out(session)
    session.flush()
    rows = defaultdict(list)
    wanted = list(about)
    for row in session.connection().execute(question, {"about": wanted, **values}):
        rows[getattr(row, by)].append(row)
    put(session, {(question, one): rows[one] for one in wanted})


def put(session: Session, answers: dict[Any, Any]) -> None:
    session.info.setdefault(SHELF, {}).update(answers)


def add(session: Session, question: Any, about: Any, row: Any) -> None:
    """Something new, to be found at the end of what was read."""
    rows = found(session, question, about)
    if rows is not None:
        rows.append(row)


def forget(session: Session, elder_id: UUID, *questions: Any) -> None:
    """These answers about the elder may not be true any more."""
    for question in questions:
        session.info.get(SHELF, {}).pop((question, elder_id), None)


def forget_all(session: Session) -> None:
    write_out(session)
    session.info.pop(SHELF, None)
    session.info.pop(FORESEEN, None)


def new(table: type[Row], **values: Any) -> Row:
    """A row that is only added, for `write`: no session watches it, so that making it takes a
    tenth of the time."""
    fixed, made = _defaults(table)
    given = {name: make() for name, make in made if name not in values}
    return cast(Row, _plain(table)(**fixed | given | values))


@cache
def _plain(table: type[SQLModel]) -> type[SimpleNamespace]:
    return type(table.__name__, (SimpleNamespace,), {TABLE: str(table.__tablename__)})


@cache
def _defaults(table: type[SQLModel]) -> tuple[dict[str, Any], list[tuple[str, Any]]]:
    """Those that are the same for all rows, and those that are made for each."""
    optional = {k: f for k, f in table.model_fields.items() if not f.is_required()}
    fixed = {k: f.default for k, f in optional.items() if f.default_factory is None}
    return fixed, [(k, f.default_factory) for k, f in optional.items() if k not in fixed]


def write(session: Session, *rows: SQLModel) -> None:
    """Adds rows made by `new`, which nobody changes any more: at once, or together with those
    of the whole batch."""
    waiting = session.info.setdefault(WAITING, defaultdict(list))
    for row in rows:
        waiting[getattr(row, TABLE)].append(vars(row))
    if FORESEEN not in session.info:
        write_out(session)


def write_out(session: Session, *_flushing: object) -> None:
    """What others refer to goes first."""
    waiting = session.info.pop(WAITING, {})
    for table in _in_order() if waiting else ():
        if table.name in waiting:
            session.connection().execute(table.insert(), waiting[table.name])


@cache
def _in_order() -> list[Table]:
    return SQLModel.metadata.sorted_tables


def _before(state: ORMExecuteState) -> None:
    """Who looks for what waits finds it; an UPDATE may name it."""
    waiting = state.session.info.get(WAITING)
    if waiting and not (state.is_select and _looks_at(state.statement).isdisjoint(waiting)):
        write_out(cast(Session, state.session))


@lru_cache(500)
def _looks_at(statement: Any) -> frozenset[str]:
    return frozenset(part.name for part in visitors.iterate(statement) if isinstance(part, Table))


event.listen(Session, "before_flush", write_out)
event.listen(Session, "do_orm_execute", _before)
