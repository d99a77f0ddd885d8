"""Whom to visit after this one: the longest unvisited of a list, of whom the rule is asked.

Asking the rule of the whole list takes longer than a dialogue may; so do its questions one by
one, when ten people submit a visit at once: what all of them need can be read in one go.
"""

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, func, select, union
from sqlmodel import Session, col

from models import ahead
from models.agenda import may_go, office_policy
from models.care import care
from models.due import DUE, NOT_YET, OVERDUE, Policy, status, window
from models.due_query import NEVER, absent, read_recent, recent_of
from models.elder import ACTIVE, Elder
from models.lookup import LAST, TODAY
from models.schedule import Postponement

CANDIDATES = 3  # the one just visited may be among them


def _question() -> Any:
    """Of each person the first few who can be visited today: staff_id and what the rule needs."""
    people: Any = bindparam("about", expanding=True, type_=Uuid)
    pairs = union(*care(lambda who: col(who).in_(people), TODAY)).subquery()
    waits: Any = select(col(Postponement.elder_id)).where(
        col(Postponement.elder_id) == Elder.id,
        col(Postponement.window_first) == bindparam("first"),
        col(Postponement.until_on) > TODAY,
    )
    last = func.coalesce(LAST, NEVER)
    order = func.row_number().over(partition_by=pairs.c.staff_id, order_by=(last, col(Elder.code)))
    shown: Any = (Elder.id, Elder.code, Elder.name, Elder.tier, Elder.residence, Elder.state)
    ranked = (
        select(pairs.c.staff_id, *shown, order.label("place"))
        .join(Elder, col(Elder.id) == pairs.c.elder_id)
        .where(col(Elder.state) == ACTIVE, ~absent(TODAY, TODAY), ~waits.exists())
        .subquery()
    )
    rows: Any = select(ranked)
    return rows.where(ranked.c.place <= CANDIDATES).order_by(ranked.c.staff_id, ranked.c.place)


QUESTION = _question()


def next_up(session: Session, staff_id: UUID, but: UUID, today: date) -> Any:
    """A row with `code` and `name`; None when nobody on the list needs a visit today."""
    policy = office_policy(session)
    rows = ahead.of(session, QUESTION, staff_id, **_values(today, policy))
    candidates = [row for row in rows if row.id != but]
    if candidates and ahead.found(session, QUESTION, staff_id) is None:
        read_recent(session, [row.id for row in candidates], today, policy)
    for row in candidates:
        said = status(recent_of(session, row, today, policy), today, policy)
        if said.state == OVERDUE or (said.state in (DUE, NOT_YET) and may_go(said, today, policy)):
            return row
    return None


def read_next_up(session: Session, people: Collection[UUID], today: date) -> set[UUID]:
    """So that `next_up` need not ask for each; gives the elders whose facts it will look at."""
    values = _values(today, office_policy(session))
    ahead.read(session, QUESTION, people, by="staff_id", **values)
    return {row.id for one in people for row in ahead.found(session, QUESTION, one)}


def _values(today: date, policy: Policy) -> dict[str, Any]:
    return {"today": today, "first": window(today, policy).first}
