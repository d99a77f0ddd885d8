"""Writing visits down and mending them: rows are added and marked, never overwritten."""

from datetime import datetime
from typing import Any, TypeVar, cast
from uuid import UUID

from sqlalchemy import ColumnElement, bindparam, delete
from sqlalchemy import select as columns
from sqlmodel import Session, col, select, update

from models import ahead
from models.attachment import Photo
from models.due_query import VISITS
from models.elder import Absence, Elder
from models.ids import new_tag
from models.lookup import LAST_DONE
from models.staff import Staff
from models.visit import CURRENT, DONE, SUPERSEDED, VOID, Concern, Promise, Visit, still_open

Row = TypeVar("Row", Concern, Promise)


def already_submitted(session: Session, tag: str) -> Visit | None:
    """The visit that this card has become, if its submit was pressed before."""
    return session.exec(select(Visit).where(Visit.draft_tag == tag)).first()


def record(session: Session, visit: Visit, promise: Promise | None) -> Visit:
    """A new visit; the pictures that stand in its answers become its own."""
    ahead.forget(session, visit.elder_id, *TOLD)
    ahead.write(session, visit)
    if visit.outcome == DONE:
        ahead.add(session, VISITS, visit.elder_id, visit)
    session.add_all([promise] if promise else [])
    kept = [UUID(one) for one in cast(list[str], visit.answers.get("photo") or [])]
    if kept:
        session.exec(update(Photo).where(col(Photo.id).in_(kept)).values(visit_id=visit.id))
    return visit


def _forget(session: Session, elder_id: UUID) -> None:
    ahead.forget(session, elder_id, VISITS, *TOLD)


def take_photos(session: Session, old: Visit, new: Visit) -> None:
    """Pictures go with the revision in force."""
    session.exec(update(Photo).where(col(Photo.visit_id) == old.id).values(visit_id=new.id))


def retire(
    session: Session, visit: Visit, state: str, staff: Staff, now: datetime, reason: str
) -> None:
    """Takes a visit out of force (`superseded` or `void`) with its concerns and promises, and
    with what it said of earlier ones: those are open again."""
    _forget(session, visit.elder_id)
    visit.state = state
    visit.changed_by, visit.changed_at, visit.change_reason = staff.id, now, reason
    session.add(visit)
    for concern in session.exec(select(Concern).where(Concern.visit_id == visit.id)):
        concern.state = "withdrawn"
    for promise in session.exec(select(Promise).where(Promise.visit_id == visit.id)):
        promise.withdrawn = True
    session.exec(
        update(Promise)
        .where(col(Promise.elder_id) == visit.elder_id, col(Promise.settled_in) == visit.id)
        .values(**UNSETTLED)
    )
    session.exec(delete(Absence).where(*_told_by(visit)))


def _told_by(visit: Visit) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return col(Absence.elder_id) == visit.elder_id, col(Absence.visit_id) == visit.id


def absence_of(session: Session, visit: Visit) -> Absence | None:
    """The days away that this visit told of."""
    return session.exec(select(Absence).where(*_told_by(visit))).first()


def revise(session: Session, old: Visit, new: Visit, staff: Staff, now: datetime) -> None:
    """Puts `new` in the place of `old` as its next revision."""
    new.root_id, new.revision, new.recorded_by = old.root_id, old.revision + 1, staff.id
    retire(session, old, SUPERSEDED, staff, now, new.change_reason)


def void(session: Session, visit: Visit, staff: Staff, now: datetime, reason: str) -> None:
    retire(session, visit, VOID, staff, now, reason)


def move(
    session: Session, visit: Visit, elder: Elder, staff: Staff, now: datetime, reason: str
) -> Visit:
    """The same observations as the next revision, standing with another elder."""
    concerns = session.exec(select(Concern).where(Concern.visit_id == visit.id)).all()
    promise, absence = promise_of(session, visit.id), absence_of(session, visit)
    away = absence.model_dump(exclude=OWN) if absence else {}
    new = Visit(**_kept(visit), elder_id=elder.id, logged_at=now, change_reason=reason)
    revise(session, visit, new, staff, now)
    _forget(session, elder.id)
    session.add(new)
    session.flush()
    session.add_all(copied(Concern, one, new) for one in concerns)
    if promise:
        session.add(copied(Promise, promise, new, **UNSETTLED))
    if away:
        session.add(Absence(**away, elder_id=elder.id, visit_id=new.id))
    take_photos(session, visit, new)
    return new


UNSETTLED: dict[str, Any] = dict.fromkeys(
    ("kept_at", "dropped_at", "drop_reason", "settled_by", "settled_in")
)
OWN = {"id", "elder_id", "visit_id", "state", "withdrawn", "draft_tag", "changed_by", "changed_at"}


def _kept(visit: Visit) -> dict[str, Any]:
    kept = visit.model_dump(exclude=OWN | {"logged_at", "change_reason", "ref"})
    return {**kept, "ref": new_tag()}


def copied(table: type[Row], row: Row, visit: Visit, **other: Any) -> Row:
    """A concern or promise as it stands with the next revision of its visit."""
    kept = row.model_dump(exclude=OWN) | other
    return table(**kept, visit_id=visit.id, elder_id=visit.elder_id)


def promise_of(session: Session, visit_id: UUID) -> Promise | None:
    return session.exec(select(Promise).where(Promise.visit_id == visit_id)).first()


# Asked at every visit: built once, as in lookup.
OPEN_PROMISES: Any = (
    columns(
        col(Promise.elder_id),
        col(Promise.ref),
        col(Promise.text),
        col(Promise.made_on),
        col(Promise.restricted),
    )
    .where(col(Promise.elder_id).in_(bindparam("about", expanding=True)), still_open())
    .order_by(col(Promise.made_on), col(Promise.id))
)
TOLD = (LAST_DONE, OPEN_PROMISES)  # before the next visit


def concerns_of(session: Session, visit_id: UUID) -> list[Concern]:
    mine = select(Concern).where(Concern.visit_id == visit_id).order_by(col(Concern.id))
    return list(session.exec(mine).all())


def open_promises(session: Session, elder_id: UUID) -> list[Any]:
    """What a card asks about: rows with `ref`, `text`, `made_on` and `restricted`."""
    return ahead.of(session, OPEN_PROMISES, elder_id)


def promise_by_ref(session: Session, ref: str) -> Promise | None:
    """The promise that `ref` names, as its visit's revision in force has it."""
    return session.exec(
        select(Promise).where(Promise.ref == ref, col(Promise.withdrawn).is_(False))
    ).first()


def settle_promise(
    session: Session,
    elder_id: UUID,
    ref: str,
    staff: Staff,
    now: datetime,
    in_: UUID | None,
    dropped: str = "",
) -> bool:
    """Marks an open promise kept, or dropped for a reason; False if somebody did so before."""
    _forget(session, elder_id)
    what = {"dropped_at": now, "drop_reason": dropped} if dropped else {"kept_at": now}
    found = session.exec(
        update(Promise)
        .where(col(Promise.elder_id) == elder_id, col(Promise.ref) == ref, still_open())
        .values(settled_by=staff.id, settled_in=in_, **what)
    )
    return found.rowcount == 1


def reopen_promise(session: Session, elder_id: UUID, ref: str) -> None:
    """Takes back a mistaken word that was given outside a visit."""
    _forget(session, elder_id)
    told = (col(Promise.ref) == ref, col(Promise.withdrawn).is_(False))
    outside = col(Promise.settled_in).is_(None)
    session.exec(update(Promise).where(*told, outside).values(**UNSETTLED))


def current_by_ref(session: Session, ref: str) -> Visit | None:
    """The revision in force of the visit that `ref`, of any revision, names."""
    named = session.exec(select(Visit).where(Visit.ref == ref)).first()
    if named is None or named.state == CURRENT:
        return named
    return session.exec(
        select(Visit).where(Visit.root_id == named.root_id, Visit.state == CURRENT)
    ).first()


def recent_by(session: Session, staff_id: UUID, most: int) -> list[tuple[Visit, Elder]]:
    """What this person recorded last and is still in force."""
    statement = (
        select(Visit, Elder)
        .join(Elder, col(Elder.id) == Visit.elder_id)
        .where(Visit.recorded_by == staff_id, Visit.state == CURRENT)
        .order_by(col(Visit.logged_at).desc(), col(Visit.id).desc())
        .limit(most)
    )
    return list(session.exec(statement).all())
