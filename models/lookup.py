"""Who may see whom, and finding an elder among those: the only way in from a typed name.

Statements are built once and told their values when they run: building one takes longer than
SQLite takes to answer it.
"""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Date, String, Uuid, bindparam, false, func, or_
from sqlalchemy import select as columns
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import Select, SelectOfScalar

from models import ahead
from models.assignment import COVER, PRIMARY, Assignment
from models.care import care, running
from models.elder import ACTIVE, FORGOTTEN, MOST_STARS, Elder
from models.org import Unit, branch
from models.staff import COORDINATOR, LIAISON, Staff
from models.visit import CURRENT, DONE, OBSERVATIONS, Promise, Visit, still_open

MOST_WORDS, LONGEST_NAME = 6, 64  # more than that is no name, village or code
MOST_HITS = 50


ME, TODAY = bindparam("staff", type_=Uuid), bindparam("today", type_=Date)
OWN = select(Assignment.elder_id).where(  # also while on leave
    Assignment.staff_id == ME, Assignment.role == PRIMARY, running(TODAY)
)
LENT = [  # the first way is part of OWN
    way.with_only_columns(way.selected_columns[0]) for way in care(lambda who: who == ME, TODAY)[1:]
]
SCOPES = {
    LIAISON: or_(*(col(Elder.id).in_(way) for way in (OWN, *LENT))),
    COORDINATOR: col(Elder.unit_id).in_(bindparam("units", expanding=True)),
}


def in_scope(role: str) -> ColumnElement[bool]:
    """The elders a person of this role may see: a liaison's own and those of whom they stand in
    for, a coordinator's branch, else none. To be run with the values of `scope`."""
    return SCOPES.get(role, false())


def scope(session: Session, staff: Staff, today: date) -> dict[str, Any]:
    units = list(branch(session, staff.unit_id)) if staff.role == COORDINATOR else []
    return {"staff": staff.id, "today": today, "units": units}


def may_see(session: Session, staff: Staff, elder: Elder, today: date) -> bool:
    return by_code(session, staff, elder.code, today) is not None


def by_code(session: Session, staff: Staff, code: str, today: date) -> Elder | None:
    """The elder with this code if this person may see them; None tells nothing more."""
    found = ahead.found(session, own_by_code, (staff.id, code.upper()))
    if found is not None:
        return cast(Elder, found)
    values = {"code": code.upper(), **scope(session, staff, today)}
    return session.exec(_by_code(staff.role), params=values).first()


OWN_BY_CODE = (
    select(Assignment.staff_id, Elder)
    .join(Elder, col(Elder.id) == Assignment.elder_id)
    .where(
        running(TODAY),
        col(Assignment.role).in_((PRIMARY, COVER)),
        col(Elder.code).in_(bindparam("codes", expanding=True)),
        col(Assignment.staff_id).in_(bindparam("people", expanding=True)),
    )
)


def own_by_code(
    session: Session, pairs: Collection[tuple[UUID, str]], today: date
) -> dict[tuple[UUID, str], Elder]:
    """`by_code` for many persons and codes at once, as far as the elders are their own."""
    people, codes = ({pair[at] for pair in pairs} for at in (0, 1))
    values = {"people": people, "codes": codes, "today": today}
    rows = session.exec(OWN_BY_CODE, params=values)
    return {(by, elder.code): elder for by, elder in rows if (by, elder.code) in pairs}


@cache
def _by_code(role: str) -> SelectOfScalar[Elder]:
    return select(Elder).where(Elder.code == bindparam("code"), in_scope(role))


def find(
    session: Session, staff: Staff, text: str, today: date, most: int = MOST_HITS
) -> list[Elder]:
    """Elders in scope for all blank-separated words of `text`: each a code, a name or part of
    one (`高*昌` as shown masked), pinyin, initials, or a village. Full names come first."""
    words = text.split()
    if not words or len(words) > MOST_WORDS or len(text) > LONGEST_NAME:
        return []
    exact = by_code(
        session, staff, text.strip(), today
    )  # what buttons say, at a sixth of the price
    if exact and exact.state == ACTIVE:
        return [exact]
    hits = _hits(session, staff, words, today, most)
    if not hits and len(words) > 1 and text.replace(" ", "").encode().isalpha():
        hits = _hits(session, staff, ["".join(words)], today, most)  # gao yongchang
    return sorted(hits, key=lambda elder: elder.name not in words and elder.code not in words)


def named_in(session: Session, staff: Staff, text: str, today: date) -> Sequence[Elder]:
    """Elders in scope whose whole name stands somewhere in these words."""
    values = {"text": text, **scope(session, staff, today)}
    return session.exec(_named_in(staff.role), params=values).all()


@cache
def _named_in(role: str) -> SelectOfScalar[Elder]:
    text = cast("ColumnElement[str]", bindparam("text", type_=String))
    return (
        select(Elder)
        .where(Elder.state == ACTIVE, in_scope(role), text.contains(col(Elder.name)))
        .order_by(Elder.name, Elder.code)
        .limit(MOST_HITS)
    )


def _hits(
    session: Session, staff: Staff, words: list[str], today: date, most: int
) -> Sequence[Elder]:
    values = {"most": most, **scope(session, staff, today)}
    for place, word in enumerate(words):
        values |= _patterns(place, word)
    return session.exec(_find(staff.role, len(words)), params=values).all()


@lru_cache(64)
def _find(role: str, words: int) -> SelectOfScalar[Elder]:
    return (
        select(Elder)
        .join(Unit, col(Unit.id) == Elder.unit_id)
        .where(Elder.state == ACTIVE, in_scope(role), *(_fits(place) for place in range(words)))
        .order_by(Elder.name, Elder.code)
        .limit(bindparam("most"))
    )


def _fits(place: int) -> ColumnElement[bool]:
    def like(column: Any, pattern: str) -> ColumnElement[bool]:
        return col(column).like(bindparam(f"{pattern}{place}"), escape="\\")

    return or_(
        col(Elder.code) == bindparam(f"code{place}"),
        like(Elder.name, "part"),
        like(Elder.pinyin, "sound"),
        like(Elder.initials, "sound"),
        like(Unit.name, "start"),
    )


def _patterns(place: int, word: str) -> dict[str, str]:
    """The values of `_fits`."""
    like = word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    like = like.replace("*" * MOST_STARS, "%").replace("*", "_")
    values = {"code": word.upper(), "part": f"%{like}%", "sound": f"{like.lower()}%",
              "start": f"{like}%"}  # fmt: skip
    return {f"{name}{place}": value for name, value in values.items()}


def caseload(
    session: Session, staff: Staff, today: date, offset: int, limit: int
) -> list[tuple[Elder, date | None]]:
    """Own elders with the day of the last visit, longest-unvisited first."""
    values = {"offset": offset, "limit": limit, **scope(session, staff, today)}
    return [(elder, on) for elder, on in session.exec(_caseload(staff.role), params=values)]


LAST = (
    select(func.max(Visit.visited_on))
    .where(Visit.elder_id == Elder.id, Visit.state == CURRENT, Visit.outcome == DONE)
    .correlate(Elder)
    .scalar_subquery()
)


@cache
def _caseload(role: str) -> Select[Elder, Any]:
    return (
        select(Elder, LAST.label("last_on"))
        .where(Elder.state == ACTIVE, in_scope(role))
        .order_by(LAST.is_not(None), LAST, Elder.code)
        .offset(bindparam("offset"))
        .limit(bindparam("limit"))
    )


def caseload_size(session: Session, staff: Staff, today: date) -> int:
    values = scope(session, staff, today)
    return session.exec(_caseload_size(staff.role), params=values).one()


@cache
def _caseload_size(role: str) -> SelectOfScalar[int]:
    return select(func.count(col(Elder.id))).where(Elder.state == ACTIVE, in_scope(role))


LATEST_FIRST = (
    col(Visit.visited_on).desc(),
    col(Visit.visited_at).desc(),
    col(Visit.root_id).desc(),  # of two told in one batch
)
VISITS = (
    select(Visit)
    .where(Visit.elder_id == bindparam("elder"), Visit.state == CURRENT)
    .order_by(*LATEST_FIRST)
    .limit(bindparam("most"))
)
OTHER_DONE = VISITS.where(Visit.outcome == DONE, Visit.root_id != bindparam("but"))
LATEST = (
    select(Visit.id)
    .where(Visit.elder_id == Elder.id, Visit.state == CURRENT, Visit.outcome == DONE)
    .order_by(*LATEST_FIRST)
    .limit(1)
    .correlate(Elder)
    .scalar_subquery()
)
SHOWN = ("elder_id", "visited_on", "outcome", "mode", "place", *OBSERVATIONS)
LAST_DONE: Any = (
    columns(*(getattr(Visit, name) for name in SHOWN))
    .join(Elder, col(Visit.id) == LATEST)
    .where(col(Elder.id).in_(bindparam("about", expanding=True)))
)


def last_visits(session: Session, elder_id: UUID, most: int) -> list[Visit]:
    """Visits and attempts that count, the latest first."""
    return list(session.exec(VISITS, params={"elder": elder_id, "most": most}))


def last_done(session: Session, elder_id: UUID, but: UUID | None = None) -> Visit | None:
    """The latest visit that counts, or what is SHOWN of it; `but` leaves out one visit (its root)
    that is being mended."""
    if but is None:
        return next(iter(ahead.of(session, LAST_DONE, elder_id)), None)
    return session.exec(OTHER_DONE, params={"elder": elder_id, "most": 1, "but": but}).first()


def ended_lately(session: Session, staff: Staff, today: date, most: int) -> list[Elder]:
    """Who has left the lists in the last months, the latest first."""
    values = {"most": most, **scope(session, staff, today)}
    statement = (
        select(Elder)
        .where(col(Elder.state).not_in((ACTIVE, FORGOTTEN)), in_scope(staff.role))
        .where(col(Elder.ended_on) >= today - timedelta(days=100))
        .order_by(col(Elder.ended_on).desc(), Elder.code)
        .limit(bindparam("most"))
    )
    return list(session.exec(statement, params=values))


def open_promises(
    session: Session, staff: Staff, today: date, most: int
) -> list[tuple[Promise, str]]:
    """What is open within this person's reach, with the elder's name, the oldest first."""
    values = {"most": most, **scope(session, staff, today)}
    return [(one, name) for one, name in session.exec(_open_promises(staff.role), params=values)]


@cache
def _open_promises(role: str) -> Select[Promise, str]:
    return (
        select(Promise, Elder.name)
        .join(Elder, col(Elder.id) == Promise.elder_id)
        .where(still_open(), Elder.state == ACTIVE, in_scope(role))
        .order_by(col(Promise.made_on), Elder.code, col(Promise.id))
        .limit(bindparam("most"))
    )
