"""What a morning's digests need, for many people at once: a handful of statements, whatever
the size of the office."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select
from sqlmodel import Session, col, select

from models.agenda import Agenda, Line, arrange
from models.assignment import BACKUP, PRIMARY, Assignment
from models.draft import Draft
from models.due import DUE, NOT_YET, OVERDUE, Policy, window
from models.due_query import due_rows
from models.elder import ACTIVE, Elder
from models.lookup import on_leave, running
from models.schedule import Leave
from models.staff import Staff
from models.visit import Promise


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
    """Elder to those who look after them today: the liaison, or who stands in for one on leave."""
    away = {
        row.staff_id: row.cover_id for row in session.exec(select(Leave).where(on_leave(today)))
    }
    wanted = {*ids, *away}
    primary = _pairs(session, PRIMARY, today).where(col(Assignment.staff_id).in_(wanted))
    found: dict[UUID, list[UUID]] = defaultdict(list)
    left: list[UUID] = []
    for elder, staff in session.execute(primary):
        stands_in = away.get(staff, staff)
        if stands_in is None:
            left.append(elder)
        else:
            found[elder].append(stands_in)
    if left:
        backups = _pairs(session, BACKUP, today).where(col(Assignment.elder_id).in_(left))
        for elder, staff in session.execute(backups):
            found[elder].append(staff)
    mine = set(ids)
    kept = {elder: [one for one in staff if one in mine] for elder, staff in found.items()}
    return {elder: staff for elder, staff in kept.items() if staff}


def _pairs(session: Session, role: str, today: date) -> Select[UUID, UUID]:
    return select(col(Assignment.elder_id), col(Assignment.staff_id)).where(
        col(Assignment.role) == role, running(today)
    )


def _lines(
    session: Session, looked_after: dict[UUID, list[UUID]], today: date, policy: Policy
) -> dict[UUID, list[Line]]:
    if not looked_after:
        return {}
    elders = _in_parts(session, looked_after)
    lines: dict[UUID, list[Line]] = defaultdict(list)
    for row in _due(session, looked_after, today, policy):
        line = Line(elders[row.elder_id], row.state, row.reason, row.suggested, row.last_on,
                    bool(row.contact_due))  # fmt: skip
        for staff in looked_after[row.elder_id]:
            lines[staff].append(line)
    for mine in lines.values():
        mine.sort(key=lambda one: (one.suggested, one.last_on or date.min, one.elder.code))
    return lines


OPEN = (DUE, NOT_YET, OVERDUE)
PART = 20_000  # ids in one statement


def _parts(ids: Iterable[UUID]) -> Iterable[list[UUID]]:
    whole = list(ids)
    return (whole[at : at + PART] for at in range(0, len(whole), PART))


def _in_parts(session: Session, ids: Iterable[UUID]) -> dict[UUID, Elder]:
    found: dict[UUID, Elder] = {}
    for part in _parts(ids):
        rows = session.exec(select(Elder).where(col(Elder.id).in_(part), Elder.state == ACTIVE))
        found |= {elder.id: elder for elder in rows}
    return found


def _due(session: Session, ids: Iterable[UUID], today: date, policy: Policy) -> Iterable[Any]:
    for part in _parts(ids):
        living = (col(Elder.state) == ACTIVE) & col(Elder.id).in_(part)
        yield from session.execute(due_rows(today, policy, living))


def backed_open(
    session: Session, ids: Collection[UUID], today: date, policy: Policy
) -> dict[UUID, list[str]]:
    """The codes of elders not visited yet in this window, by the backup who could still go."""
    backups = _pairs(session, BACKUP, today).where(col(Assignment.staff_id).in_(ids))
    backed: dict[UUID, list[UUID]] = defaultdict(list)
    for elder, staff in session.execute(backups):
        backed[elder].append(staff)
    open_ = [r.elder_id for r in _due(session, backed, today, policy) if r.state in OPEN]
    found: dict[UUID, list[str]] = defaultdict(list)
    for elder in sorted(_in_parts(session, open_).values(), key=lambda one: one.code):
        for staff in backed[elder.id]:
            found[staff].append(elder.code)
    return found


def _promises(
    session: Session, looked_after: dict[UUID, list[UUID]]
) -> dict[UUID, list[tuple[Promise, Elder]]]:
    found: dict[UUID, list[tuple[Promise, Elder]]] = defaultdict(list)
    open_ = (
        select(Promise, Elder)
        .join(Elder, col(Elder.id) == Promise.elder_id)
        .where(col(Promise.kept_at).is_(None), col(Promise.withdrawn).is_(False))
        .order_by(col(Promise.made_on))
    )
    for promise, elder in session.exec(open_):
        for staff in looked_after.get(promise.elder_id, ()):
            found[staff].append((promise, elder))
    return found


def _drafts(session: Session, ids: Collection[UUID]) -> dict[UUID, list[Draft]]:
    found: dict[UUID, list[Draft]] = defaultdict(list)
    for draft in session.exec(select(Draft).where(col(Draft.staff_id).in_(ids))):
        found[draft.staff_id].append(draft)
    return found
