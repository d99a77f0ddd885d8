"""The one rule of who is due: two windows a calendar month ([S3] 每月开展两次).

`status` is the rule for one elder; `models.due_query` says the same for a whole county in one
statement. Both look only at what `Recent` holds, so a visit older than three windows and the
shortest gap never matters.
"""

from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from models.elder import ACTIVE

NOT_YET, DUE, OVERDUE, SATISFIED, SUSPENDED = "not_yet", "due", "overdue", "satisfied", "suspended"
IN_PERSON = frozenset({"in_person", "hospital"})
REMOTE = frozenset({"phone", "video"})
RELOCATED = "relocated"


@dataclass(frozen=True)
class Policy:
    """The office's numbers, in days where nothing else is said.

    `visits_per_month` 1 or 2: windows a month. `usual_gap`: the next visit is suggested so long
    after the last. `shortest_gap`: a visit sooner after the last one of the window before does
    not count. `excused_tail`: away on one of so many last days of a window, nobody is missed.
    `phone_tiers`: a phone or video visit counts for one of the month's two. `contact_tiers`:
    besides, somebody must have been in touch within `contact_gap`.
    """

    visits_per_month: int = 2
    usual_gap: int = 15
    shortest_gap: int = 7
    excused_tail: int = 3
    phone_tiers: str = "A"
    contact_tiers: str = "CD"
    contact_gap: int = 7


DEFAULT = Policy()


class Window(NamedTuple):
    first: date
    last: date

    def holds(self, day: date) -> bool:
        return self.first <= day <= self.last


def window(day: date, policy: Policy = DEFAULT) -> Window:
    """The half-month (or month) that `day` lies in."""
    return _window(day, policy.visits_per_month)


@lru_cache(1000)
def _window(day: date, visits_per_month: int) -> Window:
    last = monthrange(day.year, day.month)[1]
    if visits_per_month < 2:
        return Window(day.replace(day=1), day.replace(day=last))
    if day.day <= 15:
        return Window(day.replace(day=1), day.replace(day=15))
    return Window(day.replace(day=16), day.replace(day=last))


def before(one: Window, policy: Policy = DEFAULT) -> Window:
    return window(one.first - timedelta(days=1), policy)


def after(one: Window, policy: Policy = DEFAULT) -> Window:
    return window(one.last + timedelta(days=1), policy)


def is_second(one: Window) -> bool:
    """Whether this is the later window of its month."""
    return one.first.day > 1


def horizon(today: date, policy: Policy = DEFAULT) -> date:
    """Visits before this day cannot change what is due on `today`."""
    oldest = before(before(window(today, policy), policy), policy)
    return oldest.first - timedelta(days=policy.shortest_gap)


@dataclass(frozen=True)
class Recent:
    """What the rule looks at. `visits` are (day, mode) of done visits since the horizon;
    `away` are absences (first day, last day or None); `since` is the first day on the roster;
    `put_off` is the day a visit of this window was postponed to."""

    tier: str = "A"
    residence: str = "local"
    state: str = ACTIVE
    since: date | None = None
    visits: tuple[tuple[date, str], ...] = ()
    away: tuple[tuple[date, date | None], ...] = ()
    put_off: date | None = None


@dataclass(frozen=True)
class Status:
    """`reason` is a code for the sentence that explains it; `suggested` lies in `window`."""

    state: str
    reason: str
    window: Window
    suggested: date
    last_on: date | None = None
    contact_due: bool = False


def status(recent: Recent, today: date, policy: Policy = DEFAULT) -> Status:
    """Whether this elder is due on `today`, and why."""
    current = window(today, policy)
    visits = [(day, mode) for day, mode in recent.visits if day <= today]
    state, reason = _state(recent, visits, today, policy)
    return Status(
        state,
        reason,
        current,
        suggested_day(_last_counting(visits, recent, policy), recent.put_off, current, policy),
        max((day for day, _mode in visits), default=None),
        _contact_due(recent, visits, today, policy) and state != SUSPENDED,
    )


def _state(
    recent: Recent, visits: list[tuple[date, str]], today: date, policy: Policy
) -> tuple[str, str]:
    current = window(today, policy)
    past = before(current, policy)
    if recent.state != ACTIVE:
        return SUSPENDED, recent.state
    if any(_covers(first, last, today) for first, last in recent.away):
        return SUSPENDED, "away"
    if satisfied(current, visits, recent, policy):
        return SATISFIED, "visited"
    if recent.put_off and current.holds(recent.put_off) and today < recent.put_off:
        return NOT_YET, "put_off"
    if missed(past, visits, recent, policy):
        return OVERDUE, _why_missed((current, past), visits, recent, policy)
    return _open(recent, visits, today, policy)


def _open(
    recent: Recent, visits: list[tuple[date, str]], today: date, policy: Policy
) -> tuple[str, str]:
    current = window(today, policy)
    last = _last_counting(visits, recent, policy)
    if today < suggested_day(last, recent.put_off, current, policy):
        return NOT_YET, "early"
    return DUE, why_visits_fall_short(current, visits, recent, policy)


def _why_missed(
    windows: tuple[Window, ...], visits: list[tuple[date, str]], recent: Recent, policy: Policy
) -> str:
    """What there was but did not count, the latest first; or that nobody came (`missed`)."""
    reasons = (why_visits_fall_short(one, visits, recent, policy) for one in windows)
    return next((reason for reason in reasons if reason != "time"), "missed")


def _covers(first: date, last: date | None, day: date) -> bool:
    return first <= day and (last is None or day <= last)


def satisfied(
    one: Window, visits: Iterable[tuple[date, str]], recent: Recent, policy: Policy
) -> bool:
    """A visit in the window, in a way that counts, and not right after the one before it."""
    visits = list(visits)
    face, remote = _latest(one, visits, IN_PERSON), _latest(one, visits, REMOTE)
    if face and _apart(face, one, visits, recent, policy):
        return True
    if not remote or not _apart(remote, one, visits, recent, policy):
        return False
    return remote_counts(one, visits, recent, policy)


def remote_counts(
    one: Window, visits: Iterable[tuple[date, str]], recent: Recent, policy: Policy
) -> bool:
    """Far away: always. Tier A: for one of the month's two, the other being in person."""
    if recent.residence == RELOCATED:
        return True
    if recent.tier not in policy.phone_tiers:
        return False
    return not is_second(one) or _latest(before(one, policy), visits, IN_PERSON) is not None


def _latest(one: Window, visits: Iterable[tuple[date, str]], modes: frozenset[str]) -> date | None:
    return max((day for day, mode in visits if one.holds(day) and mode in modes), default=None)


def counting(recent: Recent, policy: Policy) -> frozenset[str]:
    """The modes that can count for this elder at all."""
    phone = recent.residence == RELOCATED or recent.tier in policy.phone_tiers
    return IN_PERSON | REMOTE if phone else IN_PERSON


def _apart(
    day: date, one: Window, visits: Iterable[tuple[date, str]], recent: Recent, policy: Policy
) -> bool:
    modes = counting(recent, policy)
    earlier = max((d for d, mode in visits if d < one.first and mode in modes), default=None)
    return earlier is None or (day - earlier).days >= policy.shortest_gap


def missed(one: Window, visits: Iterable[tuple[date, str]], recent: Recent, policy: Policy) -> bool:
    """The window is over, somebody should have come, and nobody did."""
    if recent.since is not None and recent.since > one.first:
        return False
    tail = one.last - timedelta(days=policy.excused_tail - 1)
    excused = any(
        first <= one.last and (last is None or last >= tail) for first, last in recent.away
    )
    return not excused and not satisfied(one, visits, recent, policy)


def _last_counting(
    visits: Iterable[tuple[date, str]], recent: Recent, policy: Policy
) -> date | None:
    modes = counting(recent, policy)
    return max((day for day, mode in visits if mode in modes), default=None)


def suggested_day(
    last: date | None, put_off: date | None, one: Window, policy: Policy = DEFAULT
) -> date:
    """So many days after the last visit, inside the window; or the day it was put off to."""
    if put_off is not None and one.holds(put_off):
        return put_off
    wanted = last + timedelta(days=policy.usual_gap) if last else one.first
    return min(max(wanted, one.first), one.last)


def next_suggested(visited_on: date, policy: Policy = DEFAULT) -> date:
    """The day for the visit after this one, in the window after this one's."""
    following = after(window(visited_on, policy), policy)
    return suggested_day(visited_on, None, following, policy)


def why_visits_fall_short(
    one: Window, visits: Iterable[tuple[date, str]], recent: Recent, policy: Policy
) -> str:
    """What was there but did not count: `only_phone`, `too_soon`, or nothing (`time`)."""
    visits = list(visits)
    if _latest(one, visits, IN_PERSON):
        return "too_soon"
    if _latest(one, visits, REMOTE):
        return "too_soon" if remote_counts(one, visits, recent, policy) else "only_phone"
    return "time"


def _contact_due(
    recent: Recent, visits: Iterable[tuple[date, str]], today: date, policy: Policy
) -> bool:
    if recent.tier not in policy.contact_tiers or recent.state != ACTIVE:
        return False
    last = max((day for day, mode in visits if mode in IN_PERSON | REMOTE), default=None)
    return last is None or (today - last).days >= policy.contact_gap
