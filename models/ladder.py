"""The rule of escalation: which step of a case is due at an instant, from facts alone.

1. When a case opens, the office's numbers are frozen into its plan: the ladder's rungs, each with
   the phase it belongs to, how long after the phase's beginning it comes, and who is told.
2. A rung counts only while the state of the case belongs to its phase.
3. Of several rungs whose time has come since the ladder was last climbed only the last is taken:
   whoever was away for six hours speaks once.

Minutes run day and night; what is counted in working days comes in working hours.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from models.case import ACKNOWLEDGED, IN_PROGRESS, OPEN, RESOLVED, RETURNED, UNRESOLVED, Case
from models.workdays import is_workday

MINUTES, WORKDAYS, MORNINGS, WEEKS = "minutes", "workdays", "mornings", "weeks"
OPENS, CLOSES = time(8), time(17, 30)  # of the office
MORNING = time(8, 15)  # after the digest of the day
DAY = timedelta(days=1)
H, D = 60, 24 * 60  # minutes of an hour and of a day
Span = tuple[int, str]

# Whom a rung names: on duty, their backup, all of the group; the elder's liaisons; who took it on.
DUTY, RESERVE, MEMBERS = "duty", "reserve", "members"
BACKUP, LIAISON, OWNER = "backup", "liaison", "owner"
COORDINATOR, LEADER = "coordinator", "leader"

ACK, ACT, RESOLVE, BACK, FOLLOW_UP = "ack", "act", "resolve", "back", "follow_up"
EVENING = "evening"  # of somebody who is not reached: then it is an emergency
PHASES: Mapping[str, tuple[str, ...]] = {  # the states in which its rungs count
    ACK: (OPEN,),
    ACT: (OPEN, ACKNOWLEDGED),
    BACK: (RETURNED,),
    RESOLVE: UNRESOLVED,
    FOLLOW_UP: (RESOLVED,),
    EVENING: UNRESOLVED,
}


class Hours(NamedTuple):
    """When the office works; `differing` are its exceptions by ISO date."""

    zone: ZoneInfo
    differing: Mapping[str, bool]
    opens: time = OPENS
    closes: time = CLOSES


@dataclass(frozen=True)
class Terms:
    """The office's numbers for one severity: `ack`, `act` and `resolve` are the terms, counted
    from the beginning; `follow_up` after it was resolved; `pause` lies between two steps. After
    the last of `climb` the last is repeated every `pause`, `repeats` times at most."""

    ack: Span
    act: Span
    resolve: Span
    follow_up: Span
    first: Span  # after the acknowledgement's term, when the first are told
    pause: Span
    repeats: int
    climb: tuple[tuple[str, ...], ...]

    @property
    def always(self) -> bool:
        """Whether steps come at any hour."""
        return self.pause[1] == MINUTES


DEFAULTS: Mapping[int, Terms] = {
    1: Terms((10, MINUTES), (H, MINUTES), (D, MINUTES), (D, MINUTES), (0, MINUTES),
             (10, MINUTES), 3,
             ((COORDINATOR, BACKUP, DUTY, RESERVE), (COORDINATOR, BACKUP, MEMBERS, LEADER))),
    2: Terms((2 * H, MINUTES), (D, MINUTES), (3 * D, MINUTES), (D, MINUTES), (0, MINUTES),
             (2 * H, MINUTES), 2, ((COORDINATOR, DUTY), (COORDINATOR, DUTY, LEADER))),
    3: Terms((1, WORKDAYS), (3 * D, MINUTES), (7 * D, MINUTES), (30 * D, MINUTES), (1, MORNINGS),
             (2, WORKDAYS), 1, ((COORDINATOR,), (COORDINATOR, LEADER))),
    4: Terms((2, WORKDAYS), (7 * D, MINUTES), (30 * D, MINUTES), (30 * D, MINUTES), (1, WEEKS),
             (1, WEEKS), 1, ((COORDINATOR,),)),
}  # fmt: skip
AT_ONCE: Mapping[int, tuple[str, ...]] = {  # told when a case opens
    1: (DUTY, RESERVE, BACKUP, COORDINATOR),
    2: (DUTY, COORDINATOR),
    3: (DUTY,),
    4: (DUTY,),
}
SETTING = "case.s{severity}.{name}"  # of the office: case.s1.ack = 15 replaces the ten minutes


def terms(severity: int, own: Mapping[str, Any]) -> Terms:
    """The defaults with what the office has changed; a changed span keeps its unit."""
    usual, changed = DEFAULTS[severity], dict[str, Any]()
    for name in (one.name for one in fields(Terms) if one.name != "climb"):
        given = own.get(SETTING.format(severity=severity, name=name))
        if given is not None:
            before = getattr(usual, name)
            changed[name] = int(given) if isinstance(before, int) else (int(given), before[1])
    return replace(usual, **changed)


class Rung(NamedTuple):
    """One step: `after` so many times `pause` behind the phase's beginning."""

    phase: str
    name: str
    after: int
    to: tuple[str, ...]


def freeze(given: Terms) -> dict[str, Any]:
    """The plan as a case keeps it: plain data."""
    spans = {name: list(getattr(given, name)) for name in _SPANS}
    return {**spans, "rungs": [[r.phase, r.name, r.after, list(r.to)] for r in _rungs(given)]}


_SPANS = ("ack", "act", "resolve", "follow_up", "first", "pause")


def _rungs(given: Terms) -> Iterator[Rung]:
    """Where nobody has said anything the climb begins at once; where somebody works on it, those
    are reminded first."""
    repeated = (*given.climb, *(given.climb[-1],) * given.repeats)
    last = (COORDINATOR,)
    followed = ((LIAISON,), (LIAISON, COORDINATOR), *(last,) * given.repeats)
    ladders = {
        ACK: repeated,
        ACT: ((OWNER, DUTY), *repeated),
        BACK: repeated,
        RESOLVE: ((OWNER, DUTY, COORDINATOR), *repeated),
        FOLLOW_UP: followed,
    }
    for phase, steps in ladders.items():
        for place, to in enumerate(steps):
            yield Rung(phase, f"{phase}{place + 1}", place, to)


def until_evening(plan: dict[str, Any], evening: datetime) -> dict[str, Any]:
    """The plan with one more rung, at an instant of its own."""
    rung = [EVENING, f"{EVENING}1", 0, list(AT_ONCE[1])]
    return {**plan, EVENING: evening.isoformat(), "rungs": [*plan["rungs"], rung]}


def rungs(plan: Mapping[str, Any]) -> list[Rung]:
    return [Rung(phase, name, after, tuple(to)) for phase, name, after, to in plan["rungs"]]


# When


def terms_of(plan: Mapping[str, Any], since: datetime, hours: Hours) -> tuple[datetime, ...]:
    """Until when a case that begins at `since` is to be acknowledged, acted upon, resolved."""
    return tuple(shift(since, _span(plan, name), hours) for name in (ACK, ACT, RESOLVE))


def _span(plan: Mapping[str, Any], name: str) -> Span:
    count, unit = plan[name]
    return int(count), str(unit)


def began(case: Case, phase: str, hours: Hours) -> datetime:
    """The instant from which a phase's rungs are counted."""
    pause = _span(case.plan, "pause")
    if phase == ACK:
        return case.ack_until
    if phase == EVENING:
        return datetime.fromisoformat(case.plan[EVENING])
    if phase == BACK:
        return shift(case.returned_at or case.since, pause, hours)
    if phase == FOLLOW_UP:
        return shift(case.resolved_at or case.since, _span(case.plan, "follow_up"), hours)
    if phase == RESOLVE:
        return _in_order(case, case.resolve_until, 2, hours)
    return _act_began(case, pause, hours)


def _act_began(case: Case, pause: Span, hours: Hours) -> datetime:
    """Nobody is chased within a pause of having taken it on, nor before the day they named."""
    grace = [shift(case.acknowledged_at, pause, hours)] if case.acknowledged_at else []
    named = [datetime.combine(case.next_on, hours.closes, hours.zone)] if case.next_on else []
    start = _in_order(case, case.act_until, 1, hours)
    return max([start, *grace, *(at.astimezone(UTC) for at in named)])


def _in_order(case: Case, at: datetime, pauses: int, hours: Hours) -> datetime:
    """Working days stand still over a holiday while the hours of a term go on: nobody is told
    that it is not done before the time to acknowledge it is over."""
    count, unit = _span(case.plan, "pause")
    if unit == MINUTES or case.state != OPEN:
        return at
    return max(at, shift(case.ack_until, (count * pauses, unit), hours))


def instant(case: Case, rung: Rung, hours: Hours) -> datetime:
    """When this rung's time comes."""
    count, unit = _span(case.plan, "pause")
    at = began(case, rung.phase, hours)
    if rung.phase == ACK:
        at = shift(at, _span(case.plan, "first"), hours)
    at = shift(at, (count * rung.after, unit), hours)
    return at if unit == MINUTES else within(at, hours)


def _counting(case: Case, hours: Hours) -> list[tuple[datetime, Rung]]:
    """The rungs that count in this state and were not passed yet, with their instants."""
    found = (
        (instant(case, rung, hours), rung)
        for rung in rungs(case.plan)
        if case.state in PHASES[rung.phase]
    )
    order = list(PHASES)
    return sorted(
        ((at, rung) for at, rung in found if at > case.climbed_at),
        key=lambda one: (one[0], order.index(one[1].phase)),
    )


def due(case: Case, now: datetime, hours: Hours) -> Rung | None:
    """The one step to take at `now`, if any; none is as grave as the evening's. After a holiday
    two may come at one instant: then it is told to whom either names."""
    come = [(at, rung) for at, rung in _counting(case, hours) if at <= now]
    come = [one for one in come if one[1].phase == EVENING] or come
    if not come:
        return None
    last, step = come[-1]
    people = (who for at, rung in come if at == last for who in rung.to)
    return step._replace(to=tuple(dict.fromkeys(people)))


def next_at(case: Case, hours: Hours) -> datetime | None:
    """When to look at this case again; None when its ladder has no rung left."""
    return next((at for at, _rung in _counting(case, hours)), None)


def late_at(case: Case, hours: Hours) -> datetime | None:
    """From when on the case, as it stands, is overdue; None for one that has ended."""
    if case.state == OPEN:
        return case.ack_until
    if case.state == ACKNOWLEDGED:
        return _act_began(case, (0, MINUTES), hours)
    if case.state == RETURNED:
        return began(case, BACK, hours)
    if case.state == IN_PROGRESS:
        return case.resolve_until
    return began(case, FOLLOW_UP, hours) if case.state == RESOLVED else None


def shift(at: datetime, span: Span, hours: Hours) -> datetime:
    """So much later: clock minutes, or working days at the same hour, or a coming morning."""
    count, unit = span
    if unit == MINUTES:
        return at + timedelta(minutes=count)
    if not count:
        return at
    local = at.astimezone(hours.zone)
    if unit == WORKDAYS:
        start = within(at, hours).astimezone(hours.zone)
        return _at(_workdays_on(start.date(), count, hours), start.time(), hours)
    if unit == MORNINGS:
        return _at(_workdays_on(local.date(), count, hours), MORNING, hours)
    monday = local.date() - timedelta(days=local.weekday()) + timedelta(days=7 * count)
    return _at(_workday_from(monday, hours), MORNING, hours)


def within(at: datetime, hours: Hours) -> datetime:
    """The instant itself in working hours, else the next opening."""
    local = at.astimezone(hours.zone)
    if not is_workday(local.date(), hours.differing) or local.time() >= hours.closes:
        return _at(_workdays_on(local.date(), 1, hours), hours.opens, hours)
    return _at(local.date(), hours.opens, hours) if local.time() < hours.opens else at


def _workdays_on(day: date, count: int, hours: Hours) -> date:
    for _step in range(count):
        day = _workday_from(day + DAY, hours)
    return day


def _workday_from(day: date, hours: Hours) -> date:
    while not is_workday(day, hours.differing):
        day += DAY
    return day


def _at(day: date, clock: time, hours: Hours) -> datetime:
    return datetime.combine(day, clock, hours.zone).astimezone(UTC)
