"""Everything that is kept about one elder, for handing it over ([PIPL] 45)."""

from typing import Any, NamedTuple
from uuid import UUID

from sqlmodel import Session, col, func, select

from models.attachment import Photo
from models.audit import Audit
from models.card import CardChange
from models.case import Case, CaseEvent
from models.consent import Consent
from models.elder import Absence, ElderFlag
from models.staff import Staff
from models.visit import Promise, Visit


class Dossier(NamedTuple):
    """Each part the oldest first; `staff` are the names of all who appear."""

    flags: list[ElderFlag]
    absences: list[Absence]
    visits: list[Visit]
    promises: list[Promise]
    cases: list[Case]
    events: list[tuple[int, CaseEvent]]
    consents: list[Consent]
    changes: list[CardChange]
    looks: list[Audit]
    pictures: int
    staff: dict[UUID | None, str]


def everything(session: Session, elder_id: UUID) -> Dossier:
    def rows(table: Any, order: str) -> list[Any]:
        statement = select(table).where(table.elder_id == elder_id).order_by(getattr(table, order))
        return list(session.exec(statement))

    cases = select(Case.id).where(Case.elder_id == elder_id)
    visits = select(Visit.id).where(Visit.elder_id == elder_id)
    events = session.exec(
        select(Case.number, CaseEvent)
        .join(Case, col(Case.id) == CaseEvent.case_id)
        .where(Case.elder_id == elder_id)
        .order_by(col(Case.number), col(CaseEvent.place))
    ).all()
    mine = col(Photo.visit_id).in_(visits) | col(Photo.case_id).in_(cases)
    pictures = session.exec(select(func.count(col(Photo.id))).where(mine)).one()
    staff: dict[UUID | None, str] = {None: ""}
    named = session.exec(select(Staff)).all()
    staff |= {one.id: one.name for one in named}
    return Dossier(
        rows(ElderFlag, "since"), rows(Absence, "from_on"), rows(Visit, "visited_at"),
        rows(Promise, "made_on"), rows(Case, "number"), [(n, one) for n, one in events],
        rows(Consent, "recorded_at"), rows(CardChange, "proposed_at"), rows(Audit, "at"),
        pictures, staff,
    )  # fmt: skip
