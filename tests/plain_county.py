"""A county on paper: who was visited when, and what the rules of visiting say of it.

Written without the program's rule, straight from the words: windows 1-15 and 16-end; a visit
less than 7 days after the last one of the window before does not satisfy; a phone call counts
for tier A for one of the month's two; an attempt never counts. Nobody is overdue who came on the
roster after the window began, or was away on one of its last three days.
"""

import calendar
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

DAY = timedelta(days=1)
USUAL, LEAST = 15, 7  # days between two visits


def half(day: date) -> tuple[date, date]:
    if day.day < 16:
        return day.replace(day=1), day.replace(day=15)
    return day.replace(day=16), day.replace(day=calendar.monthrange(day.year, day.month)[1])


def half_before(day: date) -> tuple[date, date]:
    return half(half(day)[0] - DAY)


@dataclass
class Person:
    """An elder on paper."""

    code: str
    liaison: int
    tier: str = "A"
    far: bool = False
    since: date = date.min
    died: date | None = None
    away: list[tuple[date, date]] = field(default_factory=list)
    seen: list[date] = field(default_factory=list)  # in person
    called: list[date] = field(default_factory=list)

    def phones_count(self) -> bool:
        return self.far or self.tier == "A"

    def is_dead(self, day: date) -> bool:
        return self.died is not None and self.died <= day

    def is_away(self, day: date) -> bool:
        return any(first <= day <= last for first, last in self.away)

    def visited(self, span: tuple[date, date]) -> bool:
        """Whether the window is satisfied."""
        first, last = span
        counted = sorted(self.seen[-6:] + (self.called[-6:] if self.phones_count() else []))
        earlier = [day for day in counted if day < first]
        fresh = [day for day in counted if first <= day <= last]
        fresh = [day for day in fresh if not earlier or (day - earlier[-1]).days >= LEAST]
        if any(day in self.seen for day in fresh):
            return True
        if not fresh or self.far or first.day == 1:
            return bool(fresh)
        return any(half(first - DAY)[0] <= day < first for day in self.seen)

    def missed(self, span: tuple[date, date]) -> bool:
        first, last = span
        excused = any(self.is_away(last - n * DAY) for n in range(3))
        return self.since <= first and not excused and not self.visited(span)

    def overdue(self, day: date) -> bool:
        """The window before was missed and this one is not made good yet."""
        if self.is_dead(day) or self.is_away(day) or self.visited(half(day)):
            return False
        return self.missed(half_before(day))

    def open(self, day: date) -> bool:
        """A visit is still wanted in this window."""
        return not (self.is_dead(day) or self.is_away(day) or self.visited(half(day)))

    def suggested(self, day: date) -> date:
        counted = self.seen + (self.called if self.phones_count() else [])
        first, last = half(day)
        wanted = max(counted) + USUAL * DAY if counted else first
        return min(max(wanted, first), last)


@dataclass
class Liaison:
    number: int
    follows: bool  # the digest, where others go by the suggested day
    leave: tuple[date, date] | None = None
    cover: int | None = None  # who stands in; None is each elder's backup
    silent: tuple[date, date] | None = None  # the chat could not be reached

    def is_away(self, day: date) -> bool:
        return self.leave is not None and self.leave[0] <= day <= self.leave[1]

    def hears(self, day: date) -> bool:
        unreachable = self.silent is not None and self.silent[0] <= day <= self.silent[1]
        return not unreachable and not self.is_away(day)


@dataclass
class County:
    """Thirty liaisons with ten elders each; `backup_of` is the next liaison."""

    people: list[Person]
    liaisons: list[Liaison]

    def backup_of(self, liaison: int) -> int:
        return (liaison + 1) % len(self.liaisons)

    def carer(self, person: Person, day: date) -> int:
        """Who looks after this elder today."""
        own = self.liaisons[person.liaison]
        if not own.is_away(day):
            return own.number
        return self.backup_of(own.number) if own.cover is None else own.cover

    def loads(self, day: date) -> dict[int, list[Person]]:
        """Everybody's elders of today."""
        found: dict[int, list[Person]] = {one.number: [] for one in self.liaisons}
        for one in self.people:
            found[self.carer(one, day)].append(one)
        return found


def settle(seed: int, first: date, days: int, liaisons: int = 30, each: int = 10) -> County:
    """A seeded county with all that will befall it within so many days."""
    rng = Random(seed)

    def some_day() -> date:
        return first + rng.randrange(5, days) * DAY

    staff = [Liaison(n, follows=n % 2 == 0) for n in range(liaisons)]
    for n in rng.sample(range(liaisons), liaisons // 3):
        begins = some_day()
        cover = rng.choice([None, (n + 2) % liaisons])
        staff[n].leave, staff[n].cover = (begins, begins + rng.randrange(14) * DAY), cover
    for n in rng.sample(range(liaisons), liaisons // 10):
        begins = some_day()
        staff[n].silent = (begins, begins + 20 * DAY)
    people = [
        Person(f"E{n:04}", n // each, rng.choices("ABCD", (207, 15, 57, 21))[0], rng.random() < 0.05,
               first if rng.random() < 0.95 else some_day())
        for n in range(liaisons * each)
    ]  # fmt: skip
    for one in people:
        for _ in range(rng.choices((0, 1, 2), (6, 3, 1))[0]):
            begins = some_day()
            one.away.append((begins, begins + rng.randrange(25) * DAY))
        if rng.random() < 0.04:
            one.died = some_day()
    return County(people, staff)
