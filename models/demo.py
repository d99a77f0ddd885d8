"""Writes a county that does not exist, with a year behind it: for practice, training and tests."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam
from sqlmodel import Session, SQLModel, select

from models.demo_cases import Docket
from models.demo_fates import Life, befall
from models.demo_history import first_day, windows
from models.demo_names import TOWNS
from models.demo_people import Ids, People, Settlers
from models.demo_visits import Frame, Rows, Story
from models.elder import Elder
from models.org import DEMO, put_setting
from models.staff import DUTY

SEED = 1
MONTHS = 12
AT_ONCE = 4000  # rows that wait to be written


class NotEmpty(Exception):
    """The database already has elders: a made-up county is never mixed with a real one."""


@dataclass
class County:
    """Whom a test or the practice page wants to find, and what was written."""

    office: UUID
    liaison: UUID  # 周明
    backup: UUID  # 李娜
    coordinator: UUID  # of the county
    town_coordinator: UUID  # of 柳泉镇
    leader: UUID
    duty: dict[str, UUID]  # by service group
    rubber_stamper: UUID | None = None
    on_leave: tuple[UUID, date, date] | None = None
    staff: int = 0
    elders: int = 0
    visits: int = 0
    tiers: Counter[str] = field(default_factory=Counter)
    towns: dict[str, int] = field(default_factory=dict)


def write_county(
    session: Session,
    n: int = 300,
    seed: int = SEED,
    *,
    today: date,
    zone: ZoneInfo,
    months: int = MONTHS,
) -> County:
    """`n` elders with all that happened from `months` ago to yesterday; does not commit.

    The same numbers give the same rows on any database, ids included. Raises NotEmpty.
    """
    if session.exec(select(Elder.id).limit(1)).first() is not None:
        raise NotEmpty
    start, ids = first_day(today, months), Ids(seed)
    people = Settlers(today, start, ids, Random(f"{seed} people")).settle(n)
    lives = befall(people, today, start, ids, Random(f"{seed} fates"))
    officers = {one.service_group: one.id for one in people.staff if one.role == DUTY}
    frame = Frame(today, start, zone, ids, seed, Docket(today, zone, ids, seed, officers))
    _write_people(session, people, lives)
    put_setting(session, DEMO, True)
    session.flush()
    return _county(people, lives, _write_history(session, lives, frame))


def _county(people: People, lives: list[Life], visits: int) -> County:
    officers, posts = people.staff, people.posts
    names = {unit.id: unit.name for unit in people.units}
    town_of = {unit.id: names[unit.parent_id or unit.id] for unit in people.units}
    elders_in = Counter(town_of[each.elder.unit_id] for each in people.residents)
    sick = next((life.ill for life in lives if life.ill), None)
    return County(
        office=people.units[0].id,
        liaison=posts[0].staff.id,
        backup=posts[0].backup.id,
        coordinator=officers[0].id,
        town_coordinator=officers[1].id,
        leader=officers[2].id,
        duty={one.service_group: one.id for one in officers if one.role == DUTY},
        rubber_stamper=next((one.resident.post.staff.id for one in lives if one.stamped), None),
        on_leave=(sick[0].id, sick[1], sick[2]) if sick else None,
        staff=len(people.staff),
        elders=len(people.residents),
        visits=visits,
        tiers=Counter(each.elder.tier for each in people.residents),
        towns={town: elders_in[town] for town in TOWNS if elders_in[town]},
    )


def _write_people(session: Session, people: People, lives: list[Life]) -> None:
    tables: dict[str, Sequence[SQLModel]] = {
        "unit": people.units,
        "staff": people.staff,
        "elder": [resident.elder for resident in people.residents],
        "elder_flag": people.flags,
        "assignment": people.assignments,
        "absence": [stay for life in lives for stay in life.stays],
    }
    for table, rows in tables.items():
        for first in range(0, len(rows), AT_ONCE):
            portion = rows[first : first + AT_ONCE]
            _insert(session, table, [row.model_dump() for row in portion])


def _write_history(session: Session, lives: list[Life], frame: Frame) -> int:
    """Written in portions, so that a million visits need no more memory than a few thousand."""
    halves = windows(frame.start, frame.today)
    written = 0
    for life, namesake in zip(lives, [None, *lives], strict=False):
        wrong = namesake.resident.elder.id if namesake and _swapped(life) else None
        Story(life, frame, wrong).tell(halves)
        if len(frame.rows.visits) >= AT_ONCE:
            written += _flush(session, frame)
    written += _flush(session, frame)
    _write_cases(session, frame.docket)
    return written


def _write_cases(session: Session, docket: Docket) -> None:
    """Last of all: cases are numbered in the order in which they were opened."""
    cases, events, links = docket.rows()
    _insert(session, "elder_case", cases)
    _insert(session, "case_event", events)
    if links:
        concern = SQLModel.metadata.tables["concern"]
        belongs = concern.update().where(concern.c.id == bindparam("of"))
        session.connection().execute(belongs.values(case_id=bindparam("is")), links)


def _swapped(life: Life) -> bool:
    return life.resident.role is not None and life.resident.role.swapped


def _flush(session: Session, frame: Frame) -> int:
    rows, frame.rows = frame.rows, Rows()
    _insert(session, "visit", rows.visits)
    _insert(session, "concern", rows.concerns)
    _insert(session, "promise", rows.promises)
    return len(rows.visits)


def _insert(session: Session, table: str, rows: Sequence[dict[str, Any]]) -> None:
    """Core, not the ORM: these rows are many and need no looking after."""
    if rows:
        session.connection().execute(SQLModel.metadata.tables[table].insert(), rows)
