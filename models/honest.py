"""What makes one wonder about the records, and a draw of visits to phone back.

Each is a question and no verdict: late entry is allowed, and most has a plain reason.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, select
from sqlalchemy.orm import aliased
from sqlmodel import Field, Session, SQLModel, col

from models.attachment import Photo
from models.elder import Elder
from models.ids import new_id, new_tag
from models.org import setting
from models.staff import Staff
from models.visit import CURRENT, DONE, GOOD, OBSERVATIONS, Visit

BURST, WELL, COPIED, PHOTO, FAR = QUESTIONS = ("burst", "well", "copied", "photo", "far")
USUAL = {  # settings of the office, under "check."
    "burst_visits": 8,
    "burst_minutes": 10,
    "well_visits": 10,
    "well_percent": 95,
    "copied_elders": 4,
    "far_hours": 48,
    "far_visits": 3,
}
SHORTEST_NOTE = 6  # characters: "一切都好" is said by everybody
CONFIRMED, DIFFERS, NOT_REACHED = RESULTS = ("confirmed", "differs", "not_reached")


class CallBack(SQLModel, table=True):
    """A visit that was drawn to ask the elder about it, and what came of it."""

    __tablename__ = "call_back"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    tag: str = Field(default_factory=new_tag, unique=True, max_length=12)
    root_id: UUID = Field(unique=True)  # of the visit: it is drawn once, whatever was corrected
    elder_id: UUID = Field(foreign_key="elder.id", index=True)
    seed: str
    drawn_by: UUID = Field(foreign_key="staff.id")
    drawn_at: datetime
    result: str = ""  # one of RESULTS
    noted_by: UUID | None = Field(default=None, foreign_key="staff.id")
    noted_at: datetime | None = None


class Wonder(NamedTuple):
    """`number` of `of`; of a burst: visits in so many minutes. `usual`: the branch's own share."""

    kind: str
    staff: str
    number: int
    of: int = 0
    usual: int = 0


class Entry(NamedTuple):
    elder_id: UUID
    staff_id: UUID
    staff: str
    visited_at: datetime
    logged_at: datetime
    note: str
    well: bool


def wonders(session: Session, units: Collection[UUID], first: date, last: date) -> list[Wonder]:
    """Of the visits of these days, by liaison."""
    limit = {name: int(setting(session, f"check.{name}", n)) for name, n in USUAL.items()}
    entries = _entries(session, units, first, last)
    mine: dict[UUID, list[Entry]] = defaultdict(list)
    for one in entries:
        mine[one.staff_id].append(one)
    photos = _photos(session, units, first, last)
    usual = 100 * sum(one.well for one in entries) // max(len(entries), 1)
    found = [
        wonder
        for staff_id, own in mine.items()
        for wonder in _of_one(own, limit, usual, photos[staff_id])
    ]
    return sorted(found, key=lambda one: (one.staff, QUESTIONS.index(one.kind)))


def _entries(session: Session, units: Collection[UUID], first: date, last: date) -> Sequence[Entry]:
    good = and_(*(col(getattr(Visit, name)) == GOOD for name in OBSERVATIONS))
    well = func.coalesce(good, False)  # of somebody who was erased nothing is known any more
    rows = session.execute(
        select(
            col(Visit.elder_id), col(Staff.id), col(Staff.name), col(Visit.visited_at),
            col(Visit.logged_at), col(Visit.note), well,
        )
        .select_from(Elder)
        .join(Visit, col(Visit.elder_id) == col(Elder.id))
        .join(Staff, col(Staff.id) == col(Visit.liaison_id))
        .where(col(Elder.unit_id).in_(units), col(Visit.state) == CURRENT)
        .where(col(Visit.outcome) == DONE, col(Visit.visited_on).between(first, last))
        .order_by(col(Staff.code))  # two of one name always in this order
    )  # fmt: skip
    return [Entry(*row) for row in rows]


def _of_one(own: list[Entry], limit: dict[str, int], usual: int, photos: int) -> Iterator[Wonder]:
    name = own[0].staff
    most = burst(sorted(one.logged_at for one in own), limit["burst_minutes"])
    if most >= limit["burst_visits"]:
        yield Wonder(BURST, name, most, limit["burst_minutes"])
    well = sum(one.well for one in own)
    if len(own) >= limit["well_visits"] and 100 * well >= limit["well_percent"] * len(own):
        yield Wonder(WELL, name, well, len(own), usual)
    copied = _copied(own)
    if copied >= limit["copied_elders"]:
        yield Wonder(COPIED, name, copied)
    if photos:
        yield Wonder(PHOTO, name, photos)
    far = timedelta(hours=limit["far_hours"])
    late = sum(one.logged_at - one.visited_at > far for one in own)
    if late >= limit["far_visits"]:
        yield Wonder(FAR, name, late, limit["far_hours"] // 24)


def burst(instants: Sequence[datetime], minutes: int) -> int:
    """The most of them, in order, within so many minutes."""
    start, most = 0, 0
    for place, at in enumerate(instants):
        while at - instants[start] > timedelta(minutes=minutes):
            start += 1
        most = max(most, place - start + 1)
    return most


def _copied(own: Iterable[Entry]) -> int:
    """Of how many elders the same was written, word for word."""
    people: dict[str, set[UUID]] = defaultdict(set)
    for one in own:
        if len(one.note.strip()) >= SHORTEST_NOTE:
            people[one.note.strip()].add(one.elder_id)
    return max((len(each) for each in people.values()), default=0)


def _photos(session: Session, units: Collection[UUID], first: date, last: date) -> Counter[UUID]:
    """By liaison: pictures of these days that came with another visit, too."""
    other: Any = aliased(Photo)
    other_visit: Any = aliased(Visit)
    other_elder: Any = aliased(Elder)
    rows = session.execute(
        select(col(Visit.liaison_id), func.count(col(Photo.sha256).distinct()))
        .select_from(Photo)
        .join(Visit, col(Visit.id) == col(Photo.visit_id))
        .join(Elder, col(Elder.id) == col(Visit.elder_id))
        .join(other, other.sha256 == col(Photo.sha256))
        .join(other_visit, other_visit.id == other.visit_id)
        .join(other_elder, other_elder.id == other_visit.elder_id)
        .where(col(Elder.unit_id).in_(units), other_elder.unit_id.in_(units))
        .where(col(Visit.state) == CURRENT, other_visit.state == CURRENT)
        .where(other_visit.root_id != col(Visit.root_id))
        .where(col(Visit.visited_on).between(first, last))
        .group_by(col(Visit.liaison_id))
    )
    return Counter({row[0]: row[1] for row in rows})


# Phoning back


class Called(NamedTuple):
    """A drawn visit as it is now, or as it was if it counts no more."""

    call: CallBack
    visit: Visit
    elder: Elder
    liaison: str


def draw(
    session: Session,
    units: Collection[UUID],
    first: date,
    last: date,
    seed: str,
    number: int,
    by: Staff,
    now: datetime,
) -> int:
    """Draws of the visits of these days that were not drawn yet; how many there were. The same
    seed draws the same: visits stand in the order of a hash of it and their own id."""
    rows = session.execute(
        select(col(Visit.root_id), col(Visit.elder_id))
        .join(Elder, col(Elder.id) == col(Visit.elder_id))
        .where(col(Elder.unit_id).in_(units), col(Visit.state) == CURRENT)
        .where(col(Visit.outcome) == DONE, col(Visit.visited_on).between(first, last))
        .where(col(Visit.root_id).not_in(select(col(CallBack.root_id))))
    )
    chosen = sorted(((_lot(seed, root), root, elder) for root, elder in rows))[:number]
    session.add_all(
        CallBack(root_id=root, elder_id=elder, seed=seed, drawn_by=by.id, drawn_at=now)
        for _order, root, elder in chosen
    )
    session.flush()
    return len(chosen)


def _lot(seed: str, root: UUID) -> str:
    return hashlib.sha256(f"{seed}:{root}".encode()).hexdigest()


def draws(session: Session, by: Staff, since: datetime) -> int:
    """How often this person has drawn since then."""
    seeds = select(func.count(col(CallBack.seed).distinct()))
    mine = (col(CallBack.drawn_by) == by.id, col(CallBack.drawn_at) >= since)
    return int(session.execute(seeds.where(*mine)).scalar_one())


def waiting(session: Session, units: Collection[UUID]) -> list[Called]:
    """Drawn, and nobody has said yet what came of it."""
    return _called(session, units, col(CallBack.result) == "")


def called(session: Session, units: Collection[UUID], tag: str) -> Called | None:
    return next(iter(_called(session, units, col(CallBack.tag) == tag)), None)


def _called(session: Session, units: Collection[UUID], where: Any) -> list[Called]:
    rows = session.execute(
        select(CallBack, Visit, Elder, col(Staff.name))
        .join(Visit, and_(col(Visit.root_id) == col(CallBack.root_id), col(Visit.state) == CURRENT))
        .join(Elder, col(Elder.id) == col(Visit.elder_id))
        .join(Staff, col(Staff.id) == col(Visit.liaison_id))
        .where(where, col(Elder.unit_id).in_(units))
        .order_by(col(CallBack.drawn_at), col(Elder.code), col(CallBack.id))
    )
    return [Called(*row) for row in rows]


def results(session: Session, units: Collection[UUID], since: datetime) -> Counter[str]:
    """What came of the calls drawn since then."""
    rows = session.execute(
        select(col(CallBack.result), func.count())
        .join(Elder, col(Elder.id) == col(CallBack.elder_id))
        .where(col(Elder.unit_id).in_(units), col(CallBack.drawn_at) >= since)
        .group_by(col(CallBack.result))
    )
    return Counter({row[0]: row[1] for row in rows})
