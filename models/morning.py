"""What a morning's digests need, for many people at once: a handful of statements, whatever
the size of the office."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import chain
from typing import Any, NamedTuple, Self
from uuid import UUID

from sqlalchemy import or_
from sqlalchemy import select as pick
from sqlmodel import Session, col, select

from models.agenda import PUT_OFF, Agenda, arrange, days_left, in_order
from models.assignment import BACKUP, Assignment
from models.care import running
from models.case import RESOLVED, Case
from models.draft import REMINDED_OF, Draft
from models.due import DUE, NOT_YET, OVERDUE, Policy, window
from models.due_query import due_rows
from models.elder import ACTIVE, Elder, Who
from models.shares import Count, InStep, counted, in_care, shares, stream
from models.staff import Staff
from models.visit import Promise, still_open
from models.workdays import reminder_day

LAST_CALL = 1  # days before a window ends the backup is told
OPEN = (DUE, NOT_YET, OVERDUE)


class Owed(NamedTuple):
    """What was promised, and to whom."""

    staff_id: UUID
    name: str
    text: str
    ref: str
    restricted: bool


class Backed(NamedTuple):
    staff_id: UUID
    elder: Who


class Pressing(NamedTuple):
    """A case that is late, will be before the day is over, or waits to be followed up."""

    staff_id: UUID
    case: Case
    elder: Elder


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
    cases: list[Pressing] = field(default_factory=list)


def nobody_counts(staff_id: UUID, found: Iterable[Any]) -> None:
    pass


class Mornings:
    """The days of the `wanted` (a selection of ids), asked for in the order of their ids.

    Whoever lives in one of the places comes by `count`, once with each who looks after them.
    `own` are the office's differing working days; the day ends at `midnight`.
    """

    def __init__(
        self,
        session: Session,
        wanted: Any,
        today: date,
        policy: Policy,
        own: dict[str, bool],
        places: Collection[UUID] = (),
        count: Count = nobody_counts,
        midnight: datetime | None = None,
    ) -> None:
        self.today, self.policy, self.left = today, policy, days_left(today, policy, own)
        self.shares = InStep(counted(shares(session, wanted, places, today, policy), count))
        self.promises = InStep(_promises(session, wanted, today))
        self.drafts = InStep(_drafts(session, wanted))
        self.cases = InStep(_cases(session, wanted, today, midnight) if midnight else ())
        nearly_over = today >= reminder_day(window(today, policy).last, LAST_CALL, own)
        self.backing = InStep(backed_open(session, wanted, today, policy) if nearly_over else ())

    def of(self, staff: Staff) -> Morning:
        lines = list(chain.from_iterable(share.lines for share in self.shares.of(staff.id)))
        own = {line.elder.code for line in lines}
        return Morning(
            staff,
            arrange(in_order(lines), self.today, self.policy, self.left),
            self.promises.of(staff.id),
            self.drafts.of(staff.id),
            [one.elder for one in self.backing.of(staff.id) if one.elder.code not in own],
            self.cases.of(staff.id),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """What nobody asked for is not read: whoever was asked for may not be written to."""
        for rows in (self.shares, self.promises, self.drafts, self.cases, self.backing):
            rows.close()

    def count_the_rest(self) -> None:
        self.shares.rest()


def caseloads(session: Session, ids: Collection[UUID], today: date) -> dict[UUID, list[UUID]]:
    """Elder to those of `ids` who look after them today."""
    cared = in_care(ids, today)
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for elder, staff in session.execute(select(cared.c.elder_id, cared.c.staff_id)):
        found[elder].append(staff)
    return found


def backed_open(session: Session, wanted: Any, today: date, policy: Policy) -> Iterable[Backed]:
    """Elders not visited yet in this window, by the backup who could still go."""
    backs = (
        select(col(Assignment.elder_id), col(Assignment.staff_id))
        .where(Assignment.role == BACKUP, running(today), col(Assignment.staff_id).in_(wanted))
        .cte("backs")
    )
    living = (col(Elder.state) == ACTIVE) & col(Elder.id).in_(select(backs.c.elder_id))
    due = due_rows(today, policy, living).subquery("due")
    pairs = backs.join(due, due.c.elder_id == backs.c.elder_id)
    c = due.c
    open_ = (
        pick(backs.c.staff_id, c.code, c.name, c.born_on, c.unit_id)
        .select_from(pairs)
        .where(c.state.in_(OPEN), c.reason != PUT_OFF)
        .order_by(backs.c.staff_id, c.code)
    )
    for staff_id, *who in stream(session, open_):
        yield Backed(staff_id, Who(*who))


def _promises(session: Session, wanted: Any, today: date) -> Iterable[Owed]:
    cared = in_care(wanted, today)
    open_ = (
        pick(
            cared.c.staff_id,
            col(Elder.name),
            col(Promise.text),
            col(Promise.ref),
            col(Promise.restricted),
        )
        .join(Elder, col(Elder.id) == cared.c.elder_id)
        .join(Promise, col(Promise.elder_id) == Elder.id)
        .where(still_open(), col(Elder.state) == ACTIVE)
        .order_by(cared.c.staff_id, col(Promise.made_on), col(Promise.id))
    )
    return (Owed(*row) for row in stream(session, open_))


def _cases(session: Session, wanted: Any, today: date, midnight: datetime) -> Iterable[Pressing]:
    """Of the elders they look after, the gravest first."""
    cared = in_care(wanted, today)
    pressing = (
        select(cared.c.staff_id, Case, Elder)
        .join(Case, col(Case.elder_id) == cared.c.elder_id)
        .join(Elder, col(Elder.id) == Case.elder_id)
        .where(col(Case.late_at).is_not(None))
        .where(or_(col(Case.late_at) < midnight, col(Case.state) == RESOLVED))
        .order_by(cared.c.staff_id, col(Case.severity), col(Case.late_at), col(Case.number))
    )
    return (Pressing(*row) for row in stream(session, pressing))


def _drafts(session: Session, wanted: Any) -> Iterable[Draft]:
    mine = select(Draft).where(
        col(Draft.staff_id).in_(wanted), col(Draft.form).in_(REMINDED_OF)
    ).order_by(col(Draft.staff_id), col(Draft.updated_at), col(Draft.id))  # fmt: skip
    return (row[0] for row in stream(session, mine))


def drafts_of(session: Session, staff_id: UUID) -> list[Draft]:
    """What this person has begun and not sent."""
    return list(_drafts(session, [staff_id]))
