"""What a morning's digests need, for many people at once: a handful of statements, whatever
the size of the office."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import CTE, Select, union
from sqlmodel import Session, col, select

from models.agenda import Agenda, Line, arrange, in_order, line
from models.assignment import BACKUP, COVER, PRIMARY, Assignment
from models.draft import Draft
from models.due import DUE, NOT_YET, OVERDUE, Policy, window
from models.due_query import due_rows
from models.elder import ACTIVE, Elder
from models.lookup import on_leave, running
from models.schedule import Leave
from models.staff import Staff
from models.visit import Promise, still_open

WORST, CODES = 8, 4  # liaisons named to a coordinator, and of each so many elders


class Owed(NamedTuple):
    """What was promised, and to whom."""

    name: str
    text: str
    ref: str


@dataclass
class Morning:
    """One person's day: what the rule says of their elders, their promises and their drafts.

    `backing` are codes of others' elders still to visit when the window is nearly over.
    """

    staff: Staff
    agenda: Agenda
    promises: list[Owed] = field(default_factory=list)
    drafts: list[Draft] = field(default_factory=list)
    backing: list[str] = field(default_factory=list)


class Late(NamedTuple):
    name: str
    overdue: int
    codes: list[str]  # of the first


@dataclass
class Tally:
    """What a coordinator is told of liaisons; of those with overdue visits the worst are kept."""

    expected: int = 0
    done: int = 0
    late: list[Late] = field(default_factory=list)
    all_late: int = 0

    def count(self, one: Morning) -> None:
        mine = one.agenda
        self.expected += mine.expected
        self.done += len(mine.satisfied)
        if not mine.overdue:
            return
        codes = [line.elder.code for line in mine.overdue[:CODES]]
        self.late.append(Late(one.staff.name, len(mine.overdue), codes))
        self.late = sorted(self.late, key=lambda late: -late.overdue)[:WORST]
        self.all_late += 1


def mornings(
    session: Session, people: Collection[Staff], today: date, policy: Policy, own: dict[str, bool]
) -> dict[UUID, Morning]:
    """The day of each of these liaisons; `own` are the office's differing working days."""
    ids = [staff.id for staff in people]
    care = in_care(ids, today)
    lines = _lines(session, care, today, policy)
    promises, drafts = _promises(session, care), _drafts(session, ids)
    nearly_over = (window(today, policy).last - today).days <= 1
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
    care = in_care(ids, today)
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for elder, staff in session.execute(select(care.c.elder_id, care.c.staff_id)):
        found[elder].append(staff)
    return found


def in_care(ids: Collection[UUID], today: date) -> CTE:
    """elder_id and staff_id: whom these people look after today, their own and, while somebody
    is on leave or asked them to, others' too."""
    own = _pairs(PRIMARY, today).subquery()
    backed = _pairs(BACKUP, today).subquery()
    leave = select(col(Leave.staff_id), col(Leave.cover_id)).where(on_leave(today)).subquery()
    away = select(leave.c.staff_id)
    covered = own.join(leave, leave.c.staff_id == own.c.staff_id)
    ways = (
        select(own.c.elder_id, own.c.staff_id)
        .where(own.c.staff_id.in_(ids), own.c.staff_id.not_in(away)),
        select(own.c.elder_id, leave.c.cover_id).select_from(covered)
        .where(leave.c.cover_id.in_(ids)),
        select(own.c.elder_id, backed.c.staff_id).select_from(covered)
        .join(backed, backed.c.elder_id == own.c.elder_id)
        .where(leave.c.cover_id.is_(None), backed.c.staff_id.in_(ids)),
        _pairs(COVER, today).where(col(Assignment.staff_id).in_(ids)),
    )  # fmt: skip
    return union(*ways).cte("care")


def _pairs(role: str, today: date) -> Select[UUID, UUID]:
    return select(col(Assignment.elder_id), col(Assignment.staff_id)).where(
        col(Assignment.role) == role, running(today)
    )


def _lines(session: Session, care: CTE, today: date, policy: Policy) -> dict[UUID, list[Line]]:
    lines: dict[UUID, list[Line]] = defaultdict(list)
    for row in _due(session, care, today, policy):
        lines[row.staff_id].append(line(row))
    return {staff: in_order(mine) for staff, mine in lines.items()}


OPEN = (DUE, NOT_YET, OVERDUE)


def _due(session: Session, care: CTE, today: date, policy: Policy) -> Iterable[Any]:
    """Rows of `due_rows` for the living, once for each who looks after them: `staff_id`."""
    living = (col(Elder.state) == ACTIVE) & col(Elder.id).in_(select(care.c.elder_id))
    due = due_rows(today, policy, living).subquery("due")
    pairs = care.join(due, due.c.elder_id == care.c.elder_id)
    return session.execute(select(care.c.staff_id, *due.c).select_from(pairs))


def backed_open(
    session: Session, ids: Collection[UUID], today: date, policy: Policy
) -> dict[UUID, list[str]]:
    """The codes of elders not visited yet in this window, by the backup who could still go."""
    backups = _pairs(BACKUP, today).where(col(Assignment.staff_id).in_(ids)).cte("backed")
    found: dict[UUID, list[str]] = defaultdict(list)
    for row in sorted(_due(session, backups, today, policy), key=lambda one: str(one.code)):
        if row.state in OPEN:
            found[row.staff_id].append(row.code)
    return found


def _promises(session: Session, care: CTE) -> dict[UUID, list[Owed]]:
    found: dict[UUID, list[Owed]] = defaultdict(list)
    open_ = (
        select(care.c.staff_id, Elder.name, Promise.text, Promise.ref)
        .join(Elder, col(Elder.id) == care.c.elder_id)
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
