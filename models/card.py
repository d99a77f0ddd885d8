"""The personal card ([S0] 老干部个人信息档案卡): its changes, and the seven things to be known
clearly ([S0] 七个清)."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import JSON, Column, ColumnElement, Index, and_, bindparam, case, func, or_
from sqlalchemy import select as rows
from sqlmodel import Field, Session, SQLModel, col, select, update

from models import ahead
from models.elder import ACTIVE, FLAGS, Elder, put_flag
from models.ids import new_id, new_tag
from models.lookup import in_scope, scope
from models.staff import COORDINATOR, Staff

PROPOSED, ACCEPTED, REFUSED = "proposed", "accepted", "refused"
SEVEN: Mapping[str, tuple[str, ...]] = {
    "address": ("address",),
    "contact": ("phone", "contact_phone"),
    "health": ("conditions", "allergies"),
    "family": ("family",),
    "hobbies": ("hobbies",),
    "party": ("party_branch",),
    "needs": ("needs",),
}
STALE_AFTER = timedelta(days=365)
ASK_AGAIN_AFTER = timedelta(days=30)


class CardChange(SQLModel, table=True):
    """One field of one card from old to new: proposed, then accepted or refused by whoever may;
    a coordinator's own change is accepted as it is made. The rows are the card's history.

    `stored` are the columns to write; `old` and `new` are the words people read.
    """

    __tablename__ = "card_change"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    ref: str = Field(default_factory=new_tag, unique=True, max_length=12)
    elder_id: UUID = Field(foreign_key="elder.id")
    field: str
    old: str = ""
    new: str = ""
    stored: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON, nullable=False))
    state: str = PROPOSED
    proposed_by: UUID = Field(foreign_key="staff.id")
    proposed_at: datetime
    decided_by: UUID | None = Field(default=None, foreign_key="staff.id")
    decided_at: datetime | None = None

    __table_args__ = (
        Index("ix_card_change_elder", "elder_id", "field"),
        Index("ix_card_change_state", "state", "proposed_at"),
    )


class Known(SQLModel, table=True):
    """When one of the seven was last said to be right, and last asked about."""

    elder_id: UUID = Field(foreign_key="elder.id", primary_key=True)
    item: str = Field(primary_key=True)
    confirmed_on: date | None = None
    asked_on: date | None = None


def decide(session: Session, ref: str, state: str, by: UUID, now: datetime) -> bool:
    """Whoever's update is first decides; False for everybody after."""
    found = session.exec(
        update(CardChange)
        .where(col(CardChange.ref) == ref, col(CardChange.state) == PROPOSED)
        .values(state=state, decided_by=by, decided_at=now)
    )
    return found.rowcount == 1


def waiting(session: Session, staff: Staff, today: date) -> list[tuple[CardChange, Elder]]:
    """What a coordinator has to decide, or a liaison has proposed; the oldest first."""
    statement = (
        select(CardChange, Elder)
        .join(Elder, col(Elder.id) == CardChange.elder_id)
        .where(CardChange.state == PROPOSED, in_scope(staff.role))
    )
    if staff.role != COORDINATOR:
        statement = statement.where(CardChange.proposed_by == staff.id)
    found = session.exec(
        statement.order_by(col(CardChange.proposed_at), col(CardChange.id)),
        params=scope(session, staff, today),
    )
    return list(found.all())


def by_ref(session: Session, ref: str) -> CardChange | None:
    return session.exec(select(CardChange).where(CardChange.ref == ref)).first()


def same_proposed(session: Session, elder_id: UUID, field: str, new: str) -> CardChange | None:
    """The same change, waiting already."""
    return session.exec(
        select(CardChange).where(
            CardChange.elder_id == elder_id, CardChange.field == field,
            CardChange.new == new, CardChange.state == PROPOSED,
        )
    ).first()  # fmt: skip


# Seven things known clearly


class Seven(NamedTuple):
    """How many are known, which are not, and which were last confirmed too long ago."""

    score: int
    missing: list[str]
    stale: list[str]


def is_known(elder: Elder, item: str) -> bool:
    if item == "party" and elder.party_member is False:
        return True
    return any(getattr(elder, name) for name in SEVEN[item])


def seven_of(session: Session, elder: Elder, today: date) -> Seven:
    known = _rows(session, elder.id)
    missing = [item for item in SEVEN if not is_known(elder, item)]
    stale = [item for item in SEVEN if item not in missing and _is_stale(known.get(item), today)]
    return Seven(len(SEVEN) - len(missing), missing, stale)


KNOWN: Any = rows(
    col(Known.elder_id), col(Known.item), col(Known.confirmed_on), col(Known.asked_on)
).where(col(Known.elder_id).in_(bindparam("about", expanding=True)))


def _rows(session: Session, elder_id: UUID) -> dict[str, Any]:
    found = ahead.of(session, KNOWN, elder_id)
    return {row.item: row for row in found}


def _is_stale(row: Any, today: date) -> bool:
    """What came with the roster and was never confirmed counts as it stands."""
    return bool(row and row.confirmed_on and row.confirmed_on < today - STALE_AFTER)


def ask_next(session: Session, elder: Elder, today: date, but: set[str]) -> str | None:
    """What is missing, else what is old, and notes that it is asked: the longest not asked
    first, and nothing twice a month."""
    known = _rows(session, elder.id)
    missing = [item for item in SEVEN if not is_known(elder, item)]
    old = [i for i in SEVEN if i not in missing and _is_stale(known.get(i), today)]
    asked = {item: row.asked_on for item, row in known.items() if row.asked_on}
    open_ = [i for i in (*missing, *old) if i not in but and _may_ask(asked.get(i), today)]
    if not open_:
        return None
    item = min(open_, key=lambda one: asked.get(one, date.min))
    if item in known:
        note_known(session, elder.id, item, asked_on=today)
    else:
        ahead.forget(session, elder.id, KNOWN)
        ahead.write(session, ahead.new(Known, elder_id=elder.id, item=item, asked_on=today))
    return item


def _may_ask(asked_on: date | None, today: date) -> bool:
    return asked_on is None or asked_on <= today - ASK_AGAIN_AFTER


def note_known(session: Session, elder_id: UUID, item: str, **what: date) -> None:
    """`asked_on`, `confirmed_on`."""
    ahead.forget(session, elder_id, KNOWN)
    row = session.get(Known, (elder_id, item)) or Known(elder_id=elder_id, item=item)
    for name, value in what.items():
        setattr(row, name, value)
    session.add(row)


def item_of(field: str) -> str:
    """Which of the seven a field of the card belongs to; empty for none."""
    return next((item for item, fields in SEVEN.items() if field in fields), "")


def score() -> ColumnElement[int]:
    """The same number inside a statement, for lists and reports."""
    parts = [case((_told(item), 1), else_=0) for item in SEVEN]
    return sum(parts[1:], start=parts[0])


def _told(item: str) -> ColumnElement[bool]:
    told = or_(*(col(getattr(Elder, name)) != "" for name in SEVEN[item]))
    return or_(told, col(Elder.party_member).is_(False)) if item == "party" else told


@dataclass
class SevenOf:
    """How clearly the elders of one or several places are known: all seven of `full` of them,
    each item of so many; of `stale` something was last confirmed more than a year ago."""

    elders: int = 0
    full: int = 0
    stale: int = 0
    known: Counter[str] = field(default_factory=Counter)

    def add(self, one: "SevenOf") -> None:
        self.elders += one.elders
        self.full += one.full
        self.stale += one.stale
        self.known += one.known

    @property
    def average(self) -> float:
        """Of seven."""
        return self.known.total() / self.elders if self.elders else 0.0


def seven_by_unit(session: Session, units: Collection[UUID], today: date) -> dict[UUID, SevenOf]:
    """By the place where they live."""
    told = [func.sum(case((_told(item), 1), else_=0)) for item in SEVEN]
    full = func.sum(case((score() == len(SEVEN), 1), else_=0))
    here = and_(col(Elder.state) == ACTIVE, col(Elder.unit_id).in_(units))
    statement = rows(col(Elder.unit_id), func.count(), full, *told).where(here)
    found = dict[UUID, SevenOf]()
    for unit, number, complete, *each in session.execute(statement.group_by(col(Elder.unit_id))):
        known = Counter(dict(zip(SEVEN, map(int, each), strict=True)))
        found[unit] = SevenOf(number, int(complete), 0, known)
    old = (
        rows(col(Elder.unit_id), func.count(func.distinct(Elder.id)))
        .join(Known, col(Known.elder_id) == col(Elder.id))
        .where(here, col(Known.confirmed_on) < today - STALE_AFTER)
    )
    for unit, number in session.execute(old.group_by(col(Elder.unit_id))):
        found[unit].stale = number
    return found


# Writing a change


def apply(session: Session, elder: Elder, change: CardChange, today: date) -> None:
    """Writes what was accepted, and that this is right as of today."""
    for name, value in change.stored.items():
        if name in FLAGS:
            put_flag(session, elder.id, name, today, on=value)
        else:
            parse = PARSED.get(name)
            setattr(elder, name, parse(value) if parse else value)
    session.add(elder)
    item = item_of(change.field)
    if item:
        note_known(session, elder.id, item, confirmed_on=today)


PARSED: Mapping[str, Callable[[str], Any]] = {"born_on": date.fromisoformat, "unit_id": UUID}
