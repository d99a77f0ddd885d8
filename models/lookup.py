"""Who may see whom, and finding an elder among those: the only way in from a typed name."""

from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from models.assignment import PRIMARY, Assignment
from models.elder import ACTIVE, Elder
from models.org import Unit, branch
from models.staff import COORDINATOR, LIAISON, Staff
from models.visit import CURRENT, DONE, Visit


def running(today: date) -> ColumnElement[bool]:
    """Assignments in force on `today`."""
    return and_(
        col(Assignment.from_on) <= today,
        or_(col(Assignment.until_on).is_(None), col(Assignment.until_on) >= today),
    )


def in_scope(session: Session, staff: Staff, today: date) -> ColumnElement[bool]:
    """The elders this person may see: a liaison's own, a coordinator's branch, else none."""
    if staff.role == LIAISON:
        return col(Elder.id).in_(
            select(Assignment.elder_id).where(
                Assignment.staff_id == staff.id, Assignment.role == PRIMARY, running(today)
            )
        )
    if staff.role == COORDINATOR:
        return col(Elder.unit_id).in_(branch(session, staff.unit_id))
    return col(Elder.id).is_(None)


def may_see(session: Session, staff: Staff, elder: Elder, today: date) -> bool:
    statement = select(Elder.id).where(Elder.id == elder.id, in_scope(session, staff, today))
    return session.exec(statement).first() is not None


def by_code(session: Session, staff: Staff, code: str, today: date) -> Elder | None:
    """The elder with this code if this person may see them; None tells nothing more."""
    return session.exec(
        select(Elder).where(Elder.code == code.upper(), in_scope(session, staff, today))
    ).first()


def find(session: Session, staff: Staff, text: str, today: date, most: int = 50) -> list[Elder]:
    """Elders in scope for all blank-separated words of `text`: each a code, a name or part of
    one (`高*昌` as shown masked), pinyin, initials, or a village. Full names come first."""
    words = text.split()
    if not words:
        return []
    statement = _scoped(session, staff, today).where(*(_fits(word) for word in words))
    hits = session.exec(statement.order_by(Elder.name, Elder.code).limit(most)).all()
    return sorted(hits, key=lambda elder: elder.name not in words and elder.code not in words)


def _scoped(session: Session, staff: Staff, today: date) -> SelectOfScalar[Elder]:
    return (
        select(Elder)
        .join(Unit, col(Unit.id) == Elder.unit_id)
        .where(Elder.state == ACTIVE, in_scope(session, staff, today))
    )


def _fits(word: str) -> ColumnElement[bool]:
    like = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("*", "_")
    sound = like.lower().replace(" ", "")
    return or_(
        col(Elder.code) == word.upper(),
        col(Elder.name).like(f"%{like}%", escape="\\"),
        col(Elder.pinyin).like(f"{sound}%", escape="\\"),
        col(Elder.initials).like(f"{sound}%", escape="\\"),
        col(Unit.name).like(f"{like}%", escape="\\"),
    )


def caseload(
    session: Session, staff: Staff, today: date, offset: int, limit: int
) -> list[tuple[Elder, date | None]]:
    """Own elders with the day of the last visit, longest-unvisited first."""
    last = (
        select(func.max(Visit.visited_on))
        .where(Visit.elder_id == Elder.id, Visit.state == CURRENT, Visit.outcome == DONE)
        .correlate(Elder)
        .scalar_subquery()
    )
    statement = (
        select(Elder, last.label("last_on"))
        .where(Elder.state == ACTIVE, in_scope(session, staff, today))
        .order_by(last.is_not(None), last, Elder.code)
        .offset(offset)
        .limit(limit)
    )
    return [(elder, last_on) for elder, last_on in session.exec(statement).all()]


def caseload_size(session: Session, staff: Staff, today: date) -> int:
    statement = select(func.count(col(Elder.id))).where(
        Elder.state == ACTIVE, in_scope(session, staff, today)
    )
    return session.exec(statement).one()


def last_visits(session: Session, elder_id: UUID, most: int) -> list[Visit]:
    """Visits and attempts that count, the latest first."""
    statement = (
        select(Visit)
        .where(Visit.elder_id == elder_id, Visit.state == CURRENT)
        .order_by(col(Visit.visited_on).desc(), col(Visit.visited_at).desc())
        .limit(most)
    )
    return list(session.exec(statement).all())


def last_done(session: Session, elder_id: UUID, but: UUID | None = None) -> Visit | None:
    """The latest visit that counts; `but` leaves out one visit (its root) that is being mended."""
    statement = (
        select(Visit)
        .where(Visit.elder_id == elder_id, Visit.state == CURRENT, Visit.outcome == DONE)
        .where(but is None or Visit.root_id != but)
        .order_by(col(Visit.visited_on).desc(), col(Visit.visited_at).desc())
        .limit(1)
    )
    return session.exec(statement).first()
