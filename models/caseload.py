"""Who looks after whom, changed by a coordinator: one elder, or a whole caseload at once."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col, func, select

from models.assignment import BACKUP, COVER, PRIMARY, Assignment
from models.care import running, there
from models.elder import ACTIVE, Elder
from models.lookup import in_scope, scope
from models.org import branch
from models.staff import LIAISON, Staff

ENDED_BY = {PRIMARY: (PRIMARY, COVER), BACKUP: (BACKUP,)}  # a new liaison also ends a cover
PART = 10_000


class Move(NamedTuple):
    """An elder goes from one to another; `old` is None where there was nobody."""

    elder: Elder
    role: str
    old: Staff | None
    new: Staff


def hand(
    session: Session, elders: Collection[Elder], to: Staff, today: date, role: str = PRIMARY
) -> list[Move]:
    """From today on; whoever becomes liaison is no longer the backup. Nobody moves twice."""
    standing = running_pairs(session, [elder.id for elder in elders], today)
    moves = []
    for elder in elders:
        pairs = standing[elder.id]
        old = next((pair.staff_id for pair in pairs if pair.role == role), None)
        if old == to.id:
            continue
        _end([p for p in pairs if p.role in ENDED_BY[role] or p.staff_id == to.id], today)
        session.add(Assignment(elder_id=elder.id, staff_id=to.id, role=role, from_on=today))
        moves.append(Move(elder, role, session.get(Staff, old) if old else None, to))
    session.flush()
    return moves


def _end(pairs: Iterable[Assignment], today: date) -> None:
    for pair in pairs:
        pair.until_on = today - timedelta(days=1)


def running_pairs(
    session: Session, elder_ids: Sequence[UUID], today: date
) -> dict[UUID, list[Assignment]]:
    found: dict[UUID, list[Assignment]] = defaultdict(list)
    for at in range(0, len(elder_ids), PART):
        these = col(Assignment.elder_id).in_(elder_ids[at : at + PART])
        for pair in session.exec(select(Assignment).where(these, running(today))):
            found[pair.elder_id].append(pair)
    return found


def people_of(session: Session, elder: Elder, today: date) -> dict[str, list[Staff]]:
    """By role, those on leave too; who has left is not among them."""
    statement = (
        select(Assignment.role, Staff)
        .join(Staff, col(Staff.id) == Assignment.staff_id)
        .where(Assignment.elder_id == elder.id, running(today), col(Staff.left_on).is_(None))
        .order_by(col(Staff.code))
    )
    found: dict[str, list[Staff]] = defaultdict(list)
    for role, staff in session.exec(statement):
        found[role].append(staff)
    return found


def holders(session: Session, asker: Staff, today: date) -> list[tuple[Staff, int]]:
    """Who is liaison of how many of the asker's branch, who has left too; the most first."""
    statement = (
        select(Staff, func.count(col(Elder.id)))
        .join(Assignment, col(Assignment.staff_id) == Staff.id)
        .join(Elder, col(Elder.id) == Assignment.elder_id)
        .where(Assignment.role == PRIMARY, running(today), Elder.state == ACTIVE)
        .where(in_scope(asker.role))
        .group_by(col(Staff.id))
        .order_by(func.count(col(Elder.id)).desc(), col(Staff.code))
    )
    return [(s, n) for s, n in session.exec(statement, params=scope(session, asker, today))]


def caseload_of(session: Session, asker: Staff, holder: Staff, today: date) -> list[Elder]:
    """Whom `holder` is liaison of, as far as the asker answers for them."""
    statement = (
        select(Elder)
        .join(Assignment, col(Assignment.elder_id) == Elder.id)
        .where(Assignment.staff_id == holder.id, Assignment.role == PRIMARY, running(today))
        .where(Elder.state == ACTIVE, in_scope(asker.role))
        .order_by(col(Elder.code))
    )
    return list(session.exec(statement, params=scope(session, asker, today)).all())


def takers(session: Session, asker: Staff, today: date) -> list[Staff]:
    """Liaisons of the asker's branch who are there today."""
    statement = select(Staff).where(
        Staff.role == LIAISON,
        col(Staff.id).in_(there(today)),
        col(Staff.unit_id).in_(branch(session, asker.unit_id)),
    )
    return list(session.exec(statement.order_by(col(Staff.code))).all())


def sizes(session: Session, people: Collection[Staff], today: date) -> dict[UUID, int]:
    """How many elders each of these is liaison of."""
    statement = (
        select(Assignment.staff_id, func.count(col(Elder.id)))
        .join(Elder, col(Elder.id) == Assignment.elder_id)
        .where(Assignment.role == PRIMARY, running(today), Elder.state == ACTIVE)
        .where(col(Assignment.staff_id).in_([one.id for one in people]))
        .group_by(col(Assignment.staff_id))
    )
    return dict(session.exec(statement).all())


def by_village(elders: Iterable[Elder]) -> dict[UUID, list[Elder]]:
    found: dict[UUID, list[Elder]] = defaultdict(list)
    for elder in elders:
        found[elder.unit_id].append(elder)
    return found


def backups(session: Session, elders: Sequence[Elder], today: date) -> dict[UUID, UUID]:
    """Elder to the backup who would step in, the longest-standing first."""
    standing = running_pairs(session, [elder.id for elder in elders], today)
    present = set(session.execute(there(today)).scalars()) if elders else set()
    found = {}
    for elder_id, pairs in standing.items():
        fit = [p for p in pairs if p.role == BACKUP and p.staff_id in present]
        if fit:
            found[elder_id] = min(fit, key=lambda pair: (pair.from_on, str(pair.id))).staff_id
    return found


def usual_backup(elders: Iterable[Elder], backup: dict[UUID, UUID]) -> UUID | None:
    """Who is backup of most of these."""
    counts = Counter(backup[elder.id] for elder in elders if elder.id in backup)
    return max(counts, key=lambda one: (counts[one], str(one))) if counts else None
