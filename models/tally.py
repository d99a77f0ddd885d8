"""What coordinators are told of a morning: counted by where the elders live, whoever looks after
them, so that a stand-in from another town is not missed and nobody is forgotten."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from models.agenda import PUT_OFF, Line, in_order
from models.due import OVERDUE, SATISFIED, SUSPENDED
from models.org import branch
from models.shares import NOBODY, Share
from models.staff import Staff

WORST, CODES = 8, 4  # liaisons named to a coordinator, and of each so many elders


class Late(NamedTuple):
    name: str
    overdue: int
    codes: list[str]  # of the first
    staff_code: str


@dataclass(eq=False)
class Tally:
    """Of one coordinator's branch; of the liaisons with overdue visits the worst are kept.
    `alone` are the first of the elders nobody looks after today, `all_alone` how many they are."""

    units: set[UUID]
    expected: int = 0
    done: int = 0
    put_off: int = 0
    late: list[Late] = field(default_factory=list)
    all_late: int = 0
    alone: list[Line] = field(default_factory=list)
    all_alone: int = 0

    def add_late(self, shares: list[Share]) -> None:
        """One liaison's part."""
        late = [one for share in shares for one in share.lines if one.state == OVERDUE]
        if late:
            codes = [one.elder.code for one in in_order(late)[:CODES]]
            self.late.append(Late(shares[0].name, len(late), codes, shares[0].code))
            self.late = sorted(self.late, key=lambda one: (-one.overdue, one.staff_code))[:WORST]
            self.all_late += 1

    def leave_alone(self, lines: list[Line]) -> None:
        self.alone = in_order([*self.alone, *lines])[:CODES]
        self.all_alone += len(lines)

    def sum(self, expected: int, done: int, put_off: int) -> None:
        self.expected += expected
        self.done += done
        self.put_off += put_off


class Census:
    """The tallies of some coordinators, while the liaisons' shares come by."""

    def __init__(self, session: Session, coordinators: Iterable[Staff]) -> None:
        self.of = {staff.id: Tally(branch(session, staff.unit_id)) for staff in coordinators}
        self.places: dict[UUID, list[Tally]] = defaultdict(list)
        for tally in self.of.values():
            for unit in tally.units:
                self.places[unit].append(tally)

    def count(self, staff_id: UUID, shares: Iterable[Share]) -> None:
        """Adds each elder to the tallies of the place they live in, whoever looks after them."""
        parts: dict[Tally, list[Share]] = defaultdict(list)
        for share in shares:
            sums = _sums(share.once)
            for tally in self.places.get(share.unit_id, ()):
                tally.sum(*sums)
                if staff_id == NOBODY:
                    tally.leave_alone(share.lines)
                else:
                    parts[tally].append(share)
        for tally, mine in parts.items():
            tally.add_late(mine)


def _sums(lines: list[Line]) -> tuple[int, int, int]:
    """Expected, done and put off."""
    states = [one.state for one in lines]
    put_off = sum(one.reason == PUT_OFF for one in lines)
    return len(states) - states.count(SUSPENDED), states.count(SATISFIED), put_off
