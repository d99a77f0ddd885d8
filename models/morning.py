"""What a morning's digests need, for many people at once: a handful of statements, whatever
the size of the office."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import CTE, union
from sqlmodel import Session, col, select

from models.agenda import PUT_OFF, Agenda, Line, arrange, in_order, line
from models.assignment import BACKUP, Assignment
from models.care import care, running
from models.draft import Draft
from models.due import DUE, NOT_YET, OVERDUE, Policy, window
from models.due_query import due_rows
from models.elder import ACTIVE, Elder, Who
from models.staff import Staff
from models.visit import Promise, still_open
from models.workdays import reminder_day

LAST_CALL = 1  # days before a window ends the backup is told


class Owed(NamedTuple):
    """What was promised, and to whom."""

    name: str
    text: str
    ref: str


@dataclass
class Morning:
    """One person's day: what the rule says of their elders, their promises and their drafts.

    `backing` are others' elders still to visit when the window is nearly over.
    """

    staff: Staff
    agenda: Agenda
    promises: list[Owed] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    backing: list[Who] = field(default_factory=list)


def mornings(
    session: Session, people: Collection[Staff], today: date, policy: Policy, own: dict[str, bool]
) -> dict[UUID, Morning]:
    """The day of each of these liaisons; `own` are the office's differing working days."""
    ids = [staff.id for staff in people]
    cared = in_care(ids, today)
    lines = _lines(session, cared, today, policy)
    promises, drafts = _promises(session, cared), _drafts(session, ids)
    nearly_over = today >= reminder_day(window(today, policy).last, LAST_CALL, own)
    backing = backed_open(session, ids, today, policy) if nearly_over else {}
    return {
        staff.id: Morning(
            staff,
            arrange(lines.get(staff.id, []), today, policy, own),
            promises.get(staff.id, []),
            drafts.get(staff.id, []),
            backing.get(staff.id, []),
        )
        for staff in people
    }


def caseloads(session: Session, ids: Collection[UUID], today: date) -> dict[UUID, list[UUID]]:
    """Elder to those of `ids` who look after them today."""
    cared = in_care(ids, today)
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for elder, staff in session.execute(select(cared.c.elder_id, cared.c.staff_id)):
        found[elder].append(staff)
    return found


def in_care(ids: Collection[UUID], today: date) -> CTE:
    """elder_id and staff_id: whom these people look after today."""
    return union(*care(lambda who: col(who).in_(ids), today)).cte("care")


def _lines(session: Session, cared: CTE, today: date, policy: Policy) -> dict[UUID, list[Line]]:
    lines: dict[UUID, list[Line]] = defaultdict(list)
    for row in _due(session, cared, today, policy):
        lines[row.staff_id].append(line(row))
    return {staff: in_order(mine) for staff, mine in lines.items()}


OPEN = (DUE, NOT_YET, OVERDUE)


def _due(session: Session, cared: CTE, today: date, policy: Policy) -> Iterable[Any]:
    """Rows of `due_rows` for the living, once for each who looks after them: `staff_id`."""
    living = (col(Elder.state) == ACTIVE) & col(Elder.id).in_(select(cared.c.elder_id))
    due = due_rows(today, policy, living).subquery("due")
    pairs = cared.join(due, due.c.elder_id == cared.c.elder_id)
    return session.execute(select(cared.c.staff_id, *due.c).select_from(pairs))


def backed_open(
    session: Session, ids: Collection[UUID], today: date, policy: Policy
) -> dict[UUID, list[Who]]:
    """Elders not visited yet in this window, by the backup who could still go."""
    backups = (
        select(col(Assignment.elder_id), col(Assignment.staff_id))
        .where(Assignment.role == BACKUP, running(today), col(Assignment.staff_id).in_(ids))
        .cte("backed")
    )
    found: dict[UUID, list[Who]] = defaultdict(list)
    for row in sorted(_due(session, backups, today, policy), key=lambda one: str(one.code)):
        if row.state in OPEN and row.reason != PUT_OFF:
            found[row.staff_id].append(line(row).elder)
    return found


def _promises(session: Session, cared: CTE) -> dict[UUID, list[Owed]]:
    found: dict[UUID, list[Owed]] = defaultdict(list)
    open_ = (
        select(cared.c.staff_id, Elder.name, Promise.text, Promise.ref)
        .join(Elder, col(Elder.id) == cared.c.elder_id)
        .join(Promise, col(Promise.elder_id) == Elder.id)
        .where(still_open(), Elder.state == ACTIVE)
        .order_by(col(Promise.made_on))
    )
    for staff, *owed in session.execute(open_):
        found[staff].append(Owed(*owed))
    return found


def _drafts(session: Session, ids: Collection[UUID]) -> dict[UUID, list[Draft]]:
    found: dict[UUID, list[Draft]] = defaultdict(list)
    for draft in session.exec(select(Draft).where(col(Draft.staff_id).in_(ids))):
        found[draft.staff_id].append(draft)
    return found
