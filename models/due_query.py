"""The rule of `models.due` for many elders in one statement, on both databases.

Each visit since the horizon is read once; everything else is arithmetic on the latest day per
window and kind of visit. `recent_of` reads the same facts for one elder.
"""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    FromClause,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction
from sqlmodel import Session, col
from sqlmodel import select as select_rows

from models import ahead
from models.assignment import Assignment
from models.due import (
    DUE,
    IN_PERSON,
    NOT_YET,
    OVERDUE,
    RELOCATED,
    REMOTE,
    SATISFIED,
    SUSPENDED,
    Policy,
    Recent,
    Window,
    before,
    horizon,
    is_second,
    window,
)
from models.elder import ABSENCES, ACTIVE, Absence, Elder
from models.schedule import Postponement
from models.visit import CURRENT, DONE, Visit

NEVER = date(1, 1, 1)
SPANS = ("w", "p", "pp", "older")  # this window, the last, the one before that, and earlier
BY_THEN = ("first", "p", "pp", "older")  # the first day of this window, and before it
FACE, CALL = "face", "remote"
Rows = Select[*tuple[Any, ...]]
Flag = ColumnElement[bool]
Day = ColumnElement[Any]
Facts = FromClause


class days_between(GenericFunction[int]):
    """Days from the second day to the first."""

    type = Integer()
    inherit_cache = True


class latest(GenericFunction[date]):
    """The last of some days, none of them missing."""

    type = Date()
    inherit_cache = True


class days_after(GenericFunction[date]):
    """The day so many days later."""

    type = Date()
    inherit_cache = True


@compiles(latest, "sqlite")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    return f"max({compiler.process(element.clauses, **kw)})"


@compiles(latest, "postgresql")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    return f"greatest({compiler.process(element.clauses, **kw)})"


@compiles(days_between, "sqlite")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    later, earlier = (compiler.process(one, **kw) for one in element.clauses)
    return f"(julianday({later}) - julianday({earlier}))"


@compiles(days_between, "postgresql")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    later, earlier = (compiler.process(one, **kw) for one in element.clauses)
    return f"(CAST({later} AS DATE) - CAST({earlier} AS DATE))"


@compiles(days_after, "sqlite")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    day, count = (compiler.process(one, **kw) for one in element.clauses)
    return f"date({day}, {count} || ' days')"


@compiles(days_after, "postgresql")
def _(element: Any, compiler: Any, **kw: Any) -> str:
    day, count = (compiler.process(one, **kw) for one in element.clauses)
    return f"(CAST({day} AS DATE) + CAST({count} AS INTEGER))"


def due_rows(
    today: date,
    policy: Policy,
    scope: Flag | None = None,
    with_past: bool = False,
    with_began: bool = False,
) -> Rows:
    """One row for each elder in `scope`: elder_id, state, reason, suggested, last_on, contact_due
    as in `models.due.Status`, and what a list shows of the elder.

    `with_past` adds `past`, how the window before ended: satisfied, overdue, or none of these;
    `with_began` adds `began`, the day that was suggested on the first of this one.
    """
    facts = _facts(today, policy, scope, with_began).subquery("facts")
    c, sound = facts.c, _sound(facts, policy)
    suggested = _suggested(facts, sound, today, policy)
    state, reason = _ruled(facts, suggested, today, policy)
    extra: dict[str, Day] = {}
    if with_past:
        extra["past"] = case(
            (_satisfied(facts, "p", sound, today, policy), literal(SATISFIED)),
            (_missed(facts, sound, today, policy), literal(OVERDUE)),
        )
    if with_began:
        extra["began"] = _suggested(facts, sound, today, policy, BY_THEN)
    return select(
        c.elder_id,
        state.label("state"),
        reason.label("reason"),
        suggested.label("suggested"),
        c.last_on,
        and_(state != SUSPENDED, _contact_due(facts, today, policy)).label("contact_due"),
        *(c[name] for name in ("code", "name", "born_on", "unit_id", "visit_wish")),
        *(what.label(name) for name, what in extra.items()),
    )


def _ruled(facts: Facts, suggested: Day, today: date, policy: Policy) -> tuple[Day, Day]:
    """State and reason: of these lines the first that holds, in the order of `models.due`."""
    c, sound = facts.c, _sound(facts, policy)
    rule = [
        (c.state != ACTIVE, literal(SUSPENDED), c.state),
        (c.away, literal(SUSPENDED), literal("away")),
        (_satisfied(facts, "w", sound, today, policy), literal(SATISFIED), literal("visited")),
        (_put_off(facts, today, policy), literal(NOT_YET), literal("put_off")),
        (_missed(facts, sound, today, policy), literal(OVERDUE), _why_missed(facts, today, policy)),
        (suggested > literal(today), literal(NOT_YET), literal("early")),
    ]
    state = case(*((when, then) for when, then, _why in rule), else_=literal(DUE))
    short = _short(facts, "w", today, policy)
    return state, case(*((when, why) for when, _then, why in rule), else_=short)


def _facts(today: date, policy: Policy, scope: Flag | None, with_began: bool) -> Rows:
    """What the rule looks at, an elder a row. It begins at the elders: whoever asks for a few of
    them reads only their visits."""
    now, past = window(today, policy), before(window(today, policy), policy)
    put_off = and_(
        col(Postponement.elder_id) == col(Elder.id), col(Postponement.window_first) == now.first
    )
    statement: Rows = (
        select(
            col(Elder.id).label("elder_id"),
            col(Elder.code),
            col(Elder.name),
            col(Elder.born_on),
            col(Elder.unit_id),
            col(Elder.visit_wish),
            col(Elder.tier),
            col(Elder.state),
            (col(Elder.residence) == RELOCATED).label("relocated"),
            func.max(Postponement.until_on).label("put_off"),
            func.max(Visit.visited_on).label("last_on"),
            *_latest_visits(now, policy, with_began),
            absent(today, today).label("away"),
            absent(past.last - timedelta(days=policy.excused_tail - 1), past.last).label("excused"),
        )
        .select_from(Elder)
        .outerjoin(Visit, _counts(today, policy))
        .outerjoin(Postponement, put_off)
        .group_by(col(Elder.id))
    )
    return statement if scope is None else statement.where(scope)


def _counts(today: date, policy: Policy) -> Flag:
    return and_(
        col(Visit.elder_id) == col(Elder.id),
        col(Visit.state) == CURRENT,
        col(Visit.outcome) == DONE,
        col(Visit.visited_on) >= horizon(today, policy),
        col(Visit.visited_on) <= today,
    )


def _latest_visits(now: Window, policy: Policy, with_began: bool) -> list[ColumnElement[date]]:
    """The latest day of visits in person and of calls: in this window, in the two before it, and
    before those. Each visit is in one of these; `with_began` adds those of its first day."""
    past = before(now, policy)
    third = before(past, policy)
    when = {
        "w": col(Visit.visited_on) >= now.first,
        "p": _within(past),
        "pp": _within(third),
        "older": col(Visit.visited_on) < third.first,
    }
    if with_began:
        when["first"] = col(Visit.visited_on) == now.first
    return [
        func.coalesce(func.max(case((and_(span, modes), Visit.visited_on))), NEVER).label(
            f"{name}_{kind}"
        )
        for name, span in when.items()
        for kind, modes in _kinds()
    ]


def _within(one: Window) -> Flag:
    return col(Visit.visited_on).between(one.first, one.last)


def _kinds() -> tuple[tuple[str, Flag], ...]:
    return (
        (FACE, col(Visit.mode).in_(sorted(IN_PERSON))),
        (CALL, col(Visit.mode).in_(sorted(REMOTE))),
    )


def absent(first: Any, last: Any) -> ColumnElement[bool]:
    """Of an elder: away on one of these days."""
    return exists(
        select(1).where(
            col(Absence.elder_id) == col(Elder.id),
            col(Absence.from_on) <= last,
            or_(col(Absence.until_on).is_(None), col(Absence.until_on) >= first),
        )
    )


def _sound(facts: Facts, policy: Policy) -> Flag:
    """Whether a call can count for this elder at all."""
    return or_(facts.c.relocated, facts.c.tier.in_(list(policy.phone_tiers)))


def _latest_counting(facts: Facts, spans: Collection[str], sound: Flag) -> Day:
    """The latest day of what may count, in any of the spans: more than one."""
    face, both = _days(facts, spans, FACE), _days(facts, spans, FACE, CALL)
    return case((sound, latest(*both)), else_=latest(*face))


def _days(facts: Facts, spans: Collection[str], *kinds: str) -> list[Day]:
    return [facts.c[f"{span}_{kind}"] for span in spans for kind in kinds]


def _satisfied(facts: Facts, name: str, sound: Flag, today: date, policy: Policy) -> Flag:
    earlier = _latest_counting(facts, SPANS[SPANS.index(name) + 1 :], sound)
    face, remote = facts.c[f"{name}_face"], facts.c[f"{name}_remote"]
    return or_(
        and_(face > NEVER, _apart(face, earlier, policy)),
        and_(
            remote > NEVER,
            _apart(remote, earlier, policy),
            _remote_counts(facts, name, today, policy),
        ),
    )


def _apart(day: Day, earlier: Day, policy: Policy) -> Flag:
    return or_(earlier == NEVER, days_between(day, earlier) >= policy.shortest_gap)


def _remote_counts(facts: Facts, name: str, today: date, policy: Policy) -> Flag:
    one = window(today, policy) if name == "w" else before(window(today, policy), policy)
    first_half = facts.c["p_face" if name == "w" else "pp_face"]
    by_tier: Flag = facts.c.tier.in_(list(policy.phone_tiers))
    if is_second(one):
        by_tier = and_(by_tier, first_half > NEVER)
    return or_(facts.c.relocated, by_tier)


def _missed(facts: Facts, sound: Flag, today: date, policy: Policy) -> Flag:
    """What is looked up for each stands last: it is asked of the few for whom the rest holds."""
    past = before(window(today, policy), policy)
    visited = _satisfied(facts, "p", sound, today, policy)
    return and_(~facts.c.excused, ~visited, func.coalesce(_since(facts), past.first) <= past.first)


def _since(facts: Facts) -> Day:
    """The day from which anybody was to look after them."""
    return (
        select(func.min(Assignment.from_on))
        .where(col(Assignment.elder_id) == facts.c.elder_id)
        .correlate(facts)
        .scalar_subquery()
    )


def _suggested(
    facts: Facts, sound: Flag, today: date, policy: Policy, spans: Collection[str] = SPANS
) -> Day:
    now = window(today, policy)
    last = _latest_counting(facts, spans, sound)
    wanted = days_after(last, policy.usual_gap)
    usual = case(
        (last == NEVER, literal(now.first)),
        (wanted < now.first, literal(now.first)),
        (wanted > now.last, literal(now.last)),
        else_=wanted,
    )
    put_off = facts.c.put_off
    return case((put_off.between(now.first, now.last), put_off), else_=usual)


def _put_off(facts: Facts, today: date, policy: Policy) -> Flag:
    """Put off to a later day of this window."""
    return facts.c.put_off.between(today + timedelta(days=1), window(today, policy).last)


def _short(facts: Facts, name: str, today: date, policy: Policy) -> ColumnElement[str]:
    face, remote = facts.c[f"{name}_face"], facts.c[f"{name}_remote"]
    return case(
        (face > NEVER, literal("too_soon")),
        (and_(remote > NEVER, _remote_counts(facts, name, today, policy)), literal("too_soon")),
        (remote > NEVER, literal("only_phone")),
        else_=literal("time"),
    )


def _why_missed(facts: Facts, today: date, policy: Policy) -> ColumnElement[str]:
    now, past = (_short(facts, name, today, policy) for name in ("w", "p"))
    return case((now != "time", now), (past != "time", past), else_=literal("missed"))


def _contact_due(facts: Facts, today: date, policy: Policy) -> Flag:
    touched = latest(*_days(facts, SPANS, FACE, CALL))
    limit = today - timedelta(days=policy.contact_gap)
    return and_(facts.c.tier.in_(list(policy.contact_tiers)), touched <= limit)


# Of one elder; built once, since building takes longer than answering.
ABOUT: Any = bindparam("about", expanding=True)
VISITS: Any = select_rows(col(Visit.elder_id), col(Visit.visited_on), col(Visit.mode)).where(
    col(Visit.elder_id).in_(ABOUT),
    Visit.state == CURRENT,
    Visit.outcome == DONE,
    col(Visit.visited_on) >= bindparam("since"),
)
ASSIGNED = select_rows(func.min(Assignment.from_on)).where(Assignment.elder_id == Elder.id)
PUT_OFF = select_rows(col(Postponement.until_on)).where(
    Postponement.elder_id == Elder.id, Postponement.window_first == bindparam("first")
)
SINCE: Any = select_rows(
    col(Elder.id).label("elder_id"),
    ASSIGNED.correlate(Elder).scalar_subquery().label("since"),
    PUT_OFF.correlate(Elder).scalar_subquery().label("put_off"),
).where(col(Elder.id).in_(ABOUT))


def recent_of(session: Session, elder: Elder | Any, today: date, policy: Policy) -> Recent:
    """The facts of one elder (or a row with its id, tier, residence and state), for `status`."""
    visits = ahead.of(session, VISITS, elder.id, since=horizon(today, policy))
    first = window(today, policy).first
    (said,) = ahead.of(session, SINCE, elder.id, first=first)
    absences = ahead.of(session, ABSENCES, elder.id)
    return Recent(
        elder.tier,
        elder.residence,
        elder.state,
        said.since,
        tuple((one.visited_on, one.mode) for one in visits),
        tuple((one.from_on, one.until_on) for one in absences),
        said.put_off,
    )


def read_recent(session: Session, elder_ids: Collection[UUID], today: date, policy: Policy) -> None:
    """So that `recent_of` need not ask for each of them."""
    ahead.read(session, VISITS, elder_ids, since=horizon(today, policy))
    ahead.read(session, SINCE, elder_ids, first=window(today, policy).first)
    ahead.read(session, ABSENCES, elder_ids)
