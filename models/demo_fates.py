"""What befalls the people of the demo county while its history runs."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from models.demo_people import Ids, People, Post, Resident
from models.elder import DECEASED, Absence
from models.staff import Staff

DAY = timedelta(days=1)
DEATHS = (0.15, 0.5)  # how long ago, in shares of the history
STAYS = ((0.0, 0), (0.3, 9), (0.55, 12), (0.8, 7))  # the same, and days in hospital; 0: still there
ADMITTED = 6 * DAY  # the last stay began so long ago
DECLINES = ("spirit", "meals", "spirit")
ABUSED = 1
SICK_LEAVE = (45 * DAY, 36 * DAY)  # before today: the first and the last of ten days
FEW = 4  # with fewer liaisons nobody falls ill and nobody cheats
OLD = 70


@dataclass
class Life:
    """What befalls one elder, and one liaison's list, while the history runs."""

    resident: Resident
    declines: str = ""  # the observation that gets worse over the months
    abused: bool = False
    stamped: bool = False  # the liaison fills in "all well" for the whole list in a minute
    ill: tuple[Staff, date, date] | None = None  # a liaison on leave, first and last day
    stays: list[Absence] = field(default_factory=list)

    @property
    def ended_on(self) -> date:
        return self.resident.elder.ended_on or date.max

    def went(self, day: date) -> Staff:
        """Who visited: the backup while the liaison is ill."""
        post = self.resident.post
        if self.ill and post.staff is self.ill[0] and self.ill[1] <= day <= self.ill[2]:
            return post.backup
        return post.staff

    def in_hospital(self, day: date) -> bool:
        if "long_stay_inpatient" in self.resident.flags:
            return True
        return any(stay.from_on <= day <= (stay.until_on or date.max) for stay in self.stays)


def befall(people: People, today: date, start: date, ids: Ids, rng: Random) -> list[Life]:
    """A life for each elder; per 300 elders the same fates, so a larger county has more."""
    lives = [Life(resident) for resident in people.residents]
    _liaisons(people.posts, lives, today)
    span, drawn = today - start, _eligible(lives, rng)
    for _ in range(max(1, round(len(lives) / 300))):
        for share, life in zip(DEATHS, drawn, strict=False):
            _dies(people, life, today - span * share)
        for (share, days), life in zip(STAYS, drawn, strict=False):
            life.stays.append(_stay(life, today - span * share, days, ids))
        for observation, life in zip(DECLINES, drawn, strict=False):
            life.declines = observation
        for _, life in zip(range(ABUSED), drawn, strict=False):
            life.abused = True
    return lives


def _liaisons(posts: list[Post], lives: list[Life], today: date) -> None:
    """The second falls ill for ten days, the last one rubber-stamps."""
    if len(posts) < FEW:
        return
    leave = (posts[1].staff, today - SICK_LEAVE[0], today - SICK_LEAVE[1])
    for life in lives:
        life.ill = leave
        life.stamped = life.resident.post is posts[-1]


def _eligible(lives: list[Life], rng: Random) -> Iterator[Life]:
    """Old people at home, each once, in random order."""
    found = [life for life in lives if not life.stamped and _at_home(life.resident)]
    rng.shuffle(found)
    return iter(found)


def _at_home(resident: Resident) -> bool:
    settled = resident.elder.residence == "local" and "long_stay_inpatient" not in resident.flags
    return settled and resident.role is None and resident.years >= OLD


def _dies(people: People, life: Life, day: date) -> None:
    elder = life.resident.elder
    elder.state, elder.ended_on = DECEASED, day
    for assignment in people.assignments:
        if assignment.elder_id == elder.id:
            assignment.until_on = day


def _stay(life: Life, day: date, days: int, ids: Ids) -> Absence:
    return Absence(
        id=ids(),
        elder_id=life.resident.elder.id,
        kind="hospital",
        from_on=day if days else day - ADMITTED,
        until_on=day + days * DAY if days else None,
    )
