"""What a morning's digests need, for many people at once: a handful of statements, whatever
the size of the office."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select
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
from models.visit import Promise

WORST, CODES = 8, 4  # liaisons named to a coordinator, and of each so many elders


@dataclass
class Morning:
    """One person's day: what the rule says of their elders, their promises and their drafts.

    `backing` are codes of others' elders still to visit when the window is nearly over.
    """

    staff: Staff
    agenda: Agenda
    promises: list[tuple[Promise, Elder]] = field(default_factory=list)
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
    looked_after = caseloads(session, ids, today)
    lines = _lines(session, looked_after, today, policy)
    promises, drafts = _promises(session, looked_after), _drafts(session, ids)
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
    """Elder to those of `ids` who look after them today: the liaison, or who stands in."""
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
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for way in ways:
        for elder, staff in session.execute(way):
            if staff not in found[elder]:
                found[elder].append(staff)
    return found


def _pairs(role: str, today: date) -> Select[UUID, UUID]:
    return select(col(Assignment.elder_id), col(Assignment.staff_id)).where(
        col(Assignment.role) == role, running(today)
    )


def _lines(
    session: Session, looked_after: dict[UUID, list[UUID]], today: date, policy: Policy
) -> dict[UUID, list[Line]]:
    lines: dict[UUID, list[Line]] = defaultdict(list)
    for row in _due(session, looked_after, today, policy):
        one = line(row)
        for staff in looked_after[row.elder_id]:
            lines[staff].append(one)
    return {staff: in_order(mine) for staff, mine in lines.items()}


OPEN = (DUE, NOT_YET, OVERDUE)
PART = 20_000  # ids in one statement


def _parts(ids: Iterable[UUID]) -> Iterable[list[UUID]]:
    whole = list(ids)
    return (whole[at : at + PART] for at in range(0, len(whole), PART))


def _due(session: Session, ids: Iterable[UUID], today: date, policy: Policy) -> Iterable[Any]:
    for part in _parts(ids):
        living = (col(Elder.state) == ACTIVE) & col(Elder.id).in_(part)
        yield from session.execute(due_rows(today, policy, living))


def backed_open(
    session: Session, ids: Collection[UUID], today: date, policy: Policy
) -> dict[UUID, list[str]]:
    """The codes of elders not visited yet in this window, by the backup who could still go."""
    backups = _pairs(BACKUP, today).where(col(Assignment.staff_id).in_(ids))
    backed: dict[UUID, list[UUID]] = defaultdict(list)
    for elder, staff in session.execute(backups):
        backed[elder].append(staff)
    open_ = [r for r in _due(session, backed, today, policy) if r.state in OPEN]
    found: dict[UUID, list[str]] = defaultdict(list)
    for row in sorted(open_, key=lambda one: one.code):
        for staff in backed[row.elder_id]:
            found[staff].append(row.code)
    return found


def _promises(
    session: Session, looked_after: dict[UUID, list[UUID]]
) -> dict[UUID, list[tuple[Promise, Elder]]]:
    found: dict[UUID, list[tuple[Promise, Elder]]] = defaultdict(list)
    open_ = (
        select(Promise, Elder)
        .join(Elder, col(Elder.id) == Promise.elder_id)
        .where(
            col(Promise.kept_at).is_(None), col(Promise.withdrawn).is_(False), Elder.state == ACTIVE
        )
        .order_by(col(Promise.made_on))
    )
    for part in _parts(looked_after):
        for promise, elder in session.exec(open_.where(col(Promise.elder_id).in_(part))):
            for staff in looked_after[promise.elder_id]:
                found[staff].append((promise, elder))
    return found


def _drafts(session: Session, ids: Collection[UUID]) -> dict[UUID, list[Draft]]:
    found: dict[UUID, list[Draft]] = defaultdict(list)
    for draft in session.exec(select(Draft).where(col(Draft.staff_id).in_(ids))):
        found[draft.staff_id].append(draft)
    return found
