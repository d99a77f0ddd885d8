"""What coordinators are told of a morning: counted by where the elders live, a portion of the
liaisons at a time, so that a stand-in from another town is not missed and nobody is forgotten."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, true, union
from sqlmodel import Session, col, select

from models.agenda import PUT_OFF, Line, in_order, line
from models.care import care, nobody
from models.due import OVERDUE, SATISFIED, SUSPENDED, Policy
from models.due_query import due_rows
from models.elder import ACTIVE, Elder
from models.leave import away_ids
from models.morning import Morning
from models.org import branch
from models.staff import Staff

WORST, CODES = 8, 4  # liaisons named to a coordinator, and of each so many elders
MOST_HELPERS = 1000  # from elsewhere; where there are more, all liaisons are looked at


class Late(NamedTuple):
    name: str
    overdue: int
    codes: list[str]  # of the first


@dataclass(eq=False)
class Tally:
    """Of one coordinator's branch; of the liaisons with overdue visits the worst are kept.
    `alone` are the elders nobody looks after today."""

    units: set[UUID]
    expected: int = 0
    done: int = 0
    put_off: int = 0
    late: list[Late] = field(default_factory=list)
    all_late: int = 0
    alone: list[Line] = field(default_factory=list)
    seen: set[UUID] = field(default_factory=set)  # of those in the care of two

    def add(self, name: str, lines: list[Line], lent: Collection[UUID]) -> None:
        """One liaison's part; whoever is in the care of two counts once."""
        self._sum([one for one in lines if one.elder.id not in self.seen])
        self.seen.update(one.elder.id for one in lines if one.elder.id in lent)
        codes = [one.elder.code for one in lines if one.state == OVERDUE]
        if codes:
            self.late.append(Late(name, len(codes), codes[:CODES]))
            self.late = sorted(self.late, key=lambda late: -late.overdue)[:WORST]
            self.all_late += 1

    def leave_alone(self, lines: list[Line]) -> None:
        self._sum([one for one in lines if one.state != SUSPENDED])
        self.alone = lines

    def _sum(self, lines: list[Line]) -> None:
        self.expected += len(lines)
        self.done += sum(one.state == SATISFIED for one in lines)
        self.put_off += sum(one.reason == PUT_OFF for one in lines)


class Census:
    """The tallies of some coordinators, while the liaisons come by."""

    def __init__(self, session: Session, coordinators: Iterable[Staff], today: date) -> None:
        self.of = {staff.id: Tally(branch(session, staff.unit_id)) for staff in coordinators}
        self.places: dict[UUID, list[Tally]] = defaultdict(list)
        for tally in self.of.values():
            for unit in tally.units:
                self.places[unit].append(tally)
        self.lent = lent(session, self.places, today) if self.places else set()
        self.away = away_ids(session, today)

    def liaisons(self, session: Session, today: date) -> ColumnElement[bool]:
        """Whose elders may live in one of the places."""
        outside = helpers(session, self.places, today)
        if len(outside) > MOST_HELPERS:
            return true()
        return or_(col(Staff.unit_id).in_(self.places), col(Staff.id).in_(outside))

    def count(self, morning: Morning) -> None:
        """Adds each elder to the tallies of the place they live in, whoever looks after them."""
        if morning.staff.id in self.away:
            return  # what they should look after counts as nobody's
        shares: dict[Tally, list[Line]] = defaultdict(list)
        for one in morning.agenda.wanted:
            for tally in self.places.get(one.elder.unit_id, ()):
                shares[tally].append(one)
        for tally, lines in shares.items():
            tally.add(morning.staff.name, lines, self.lent)

    def close(self, session: Session, today: date, policy: Policy) -> None:
        """The rest: elders no liaison came by for."""
        for tally in self.of.values():
            tally.leave_alone(alone(session, tally.units, today, policy))


def lent(session: Session, units: Collection[UUID], today: date) -> set[UUID]:
    """Elders of these places in somebody else's care than their liaison's; maybe of several."""
    here = select(col(Elder.id)).where(col(Elder.unit_id).in_(units))
    ways = care(lambda who: col(who).is_not(None), today)[1:]
    found = (way.where(way.selected_columns[0].in_(here)) for way in ways)
    return {row.elder_id for row in session.execute(union(*found))}


def helpers(session: Session, units: Collection[UUID], today: date) -> set[UUID]:
    """Staff of other places who look after elders of these."""
    here = select(col(Elder.id)).where(col(Elder.unit_id).in_(units))
    inside = select(col(Staff.id)).where(col(Staff.unit_id).in_(units))
    ways = care(lambda who: col(who).not_in(inside), today)
    found = (way.where(way.selected_columns[0].in_(here)) for way in ways)
    return {row.staff_id for row in session.execute(union(*found))}


def alone(session: Session, units: Collection[UUID], today: date, policy: Policy) -> list[Line]:
    """What the rule says of the elders of these places nobody looks after today."""
    here = and_(col(Elder.state) == ACTIVE, col(Elder.unit_id).in_(units), nobody(today))
    return in_order([line(row) for row in session.execute(due_rows(today, policy, here))])
