"""A shelf for what a batch will ask about its elders: read for all of them at once.

A question is a statement with the list parameter `about` (ids), whose rows say whom they are
about: in `elder_id`, as a rule. It is asked with `of`, which looks on the shelf first; who was
not foreseen is only slower. Whoever writes what may stand there says so with `forget`.

What is only added, such as visits, waits there too, to be written in one statement: before
anything else is written, before a question that the shelf cannot answer, and at the end.
Whoever asks for such rows in a statement of his own calls `write_out` first.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import event, insert
from sqlalchemy.orm import ORMExecuteState
from sqlmodel import Session, SQLModel

SHELF, WAITING, FORESEEN = "ahead", "added", "foreseen"
T = TypeVar("T")


def begin(session: Session) -> None:
    """From now on nothing but foreseen messages is handled, until `forget_all`."""
    session.info[FORESEEN] = True


def of(session: Session, question: Any, about: UUID, **values: Any) -> list[Any]:
    """The rows about one, in the statement's order."""
    rows = found(session, question, about)
    if rows is not None:
        return list(rows)
    write_out(session)
    return list(session.exec(question, params={"about": [about], **values}))


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
    """Puts the answers for all these on the shelf."""
    rows = defaultdict(list)
    wanted = list(about)
    for row in session.exec(question, params={"about": wanted, **values}):
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


def write(session: Session, row: SQLModel) -> None:
    """Adds a row that nobody will change in this batch: at once, or together with others."""
    waiting = session.info.setdefault(WAITING, {})
    values = {name: value for name, value in vars(row).items() if not name.startswith("_")}
    waiting.setdefault(type(row), []).append(values)
    if FORESEEN not in session.info:
        write_out(session)


def write_out(session: Session, *_flushing: object) -> None:
    for table, rows in session.info.pop(WAITING, {}).items():
        session.connection().execute(insert(table), rows)


def _before(state: ORMExecuteState) -> None:
    """An UPDATE may name what waits."""
    if not state.is_select:
        write_out(cast(Session, state.session))


event.listen(Session, "before_flush", write_out)
event.listen(Session, "do_orm_execute", _before)
