"""The demo county's cases: what became of the concerns, up to the morning practice begins."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from models import ladder
from models.case import (
    CLOSED,
    MENTIONED,
    MOVES,
    OPENED,
    RESOLVED,
    STAMPS,
    Case,
)
from models.case_record import JOINS_WITHIN
from models.demo_people import Ids
from models.ladder import Hours

Row = dict[str, Any]
RESTRICTED = frozenset({"abuse"})
HOUR = timedelta(hours=1)
PACE = {  # by severity, hours until acknowledged, begun, resolved, asked about
    1: (0.1, 0.4, 5, 26),
    2: (1, 6, 36, 90),
    3: (8, 40, 120, 400),
    4: (20, 90, 260, 600),
}
FORGOTTEN, FRESH = 0.15, timedelta(days=20)  # acknowledged lately, and nobody has come
OUTCOMES = {"repair": "已修好", "loneliness": "志愿者每周去坐坐", "low_mood": "已谈心，情绪好些了"}
USUAL_OUTCOME, ASKED = "已上门处理", "老人说好多了"


@dataclass
class Reported:
    """A concern with who saw it; the row is told its case in the end."""

    concern: Row
    by: UUID
    text: str


@dataclass
class Docket:
    """Collects what was reported while the stories are told, and makes cases of it."""

    today: date
    zone: ZoneInfo
    ids: Ids
    seed: int
    officers: dict[str, UUID]  # by service group
    reported: list[Reported] = field(default_factory=list)

    def add(self, concern: Row, by: UUID, text: str) -> None:
        self.reported.append(Reported(concern, by, text))

    def rows(self) -> tuple[list[Row], list[Row], list[Row]]:
        """Cases, their events, and which concern belongs to which."""
        rng = Random(f"{self.seed} cases")
        cases, events, links = [], [], []
        for number, mentions in enumerate(self._together(), start=1):
            case = self._case(number, mentions)
            events += self._story(case, mentions, rng)
            self._settle(case)
            cases.append(case.model_dump())
            links += [{"of": one.concern["id"], "is": case.id} for one in mentions]
        return cases, events, links

    def _together(self) -> list[list[Reported]]:
        """By case, in the order in which they were opened."""
        found: list[list[Reported]] = []
        latest: dict[tuple[UUID, str], list[Reported]] = {}
        for one in sorted(self.reported, key=_when):
            key = one.concern["elder_id"], one.concern["category"]
            before = latest.get(key)
            if before and _when(one) - _when(before[-1]) < JOINS_WITHIN:
                before.append(one)
                continue
            latest[key] = [one]
            found.append(latest[key])
        return found

    def _case(self, number: int, mentions: list[Reported]) -> Case:
        first, at = mentions[0], _when(mentions[0])
        concern = first.concern
        plan = _plan(concern["severity"])
        ack, act, resolve = ladder.terms_of(plan, at, self.hours)
        return Case(
            id=self.ids(),
            number=number,
            elder_id=concern["elder_id"],
            category=concern["category"],
            service_group=concern["service_group"],
            severity=concern["severity"],
            text=first.text,
            restricted=concern["category"] in RESTRICTED,
            mentions=len(mentions),
            reported_by=first.by,
            opened_at=at,
            mentioned_at=_when(mentions[-1]),
            since=at,
            climbed_at=self.end,
            plan=plan,
            ack_until=ack,
            act_until=act,
            resolve_until=resolve,
        )

    @property
    def hours(self) -> Hours:
        return Hours(self.zone, {})

    @property
    def end(self) -> datetime:
        """What the ladder had to say until tonight it has said: practice begins in peace."""
        return datetime.combine(self.today, time(23), self.zone)

    def _story(self, case: Case, mentions: list[Reported], rng: Random) -> list[Row]:
        """Everything that was done until today, in order."""
        done = [(_when(one), MENTIONED, one.by, "") for one in mentions[1:]]
        done += self._worked(case, mentions[-1].by, rng)
        story = [(case.opened_at, OPENED, case.reported_by, case.text), *sorted(done)]
        return [self._event(case, *one) for one in story]

    def _worked(
        self, case: Case, liaison: UUID, rng: Random
    ) -> Iterator[tuple[datetime, str, UUID, str]]:
        officer = self.officers[case.service_group]
        fresh = self.today - case.opened_at.date() < FRESH
        forgotten = rng.random() < FORGOTTEN and fresh
        pace = rng.uniform(0.6, 1.5)
        midnight = datetime.combine(self.today, time(0), self.zone)
        outcome = OUTCOMES.get(case.category, USUAL_OUTCOME)
        steps = (("ack", officer, ""), ("work", officer, ""), ("resolve", officer, outcome),
                 ("close", liaison, ASKED))  # fmt: skip
        last = case.opened_at
        for (action, by, text), hours in zip(steps, PACE[case.severity], strict=True):
            at = ladder.within(case.opened_at + hours * pace * HOUR, self.hours)
            at = last = max(at, last + timedelta(minutes=rng.randint(9, 80)))
            if at >= midnight or (forgotten and action != "ack"):
                return
            yield at, action, by, text

    def _event(self, case: Case, at: datetime, action: str, by: UUID, text: str) -> Row:
        what = MOVES.get(action)
        case.events += 1
        if what:
            case.state = what.to
            case.owner_id = case.owner_id or by
            setattr(case, STAMPS.get(case.state, "closed_at"), at)
        if case.state == RESOLVED:
            case.resolved_by = by
        return {
            "id": self.ids(),
            "case_id": case.id,
            "place": case.events,
            "at": at,
            "action": action,
            "state": case.state,
            "staff_id": by,
            "text": text,
            "visit_id": None,
        }

    def _settle(self, case: Case) -> None:
        case.late_at = ladder.late_at(case, self.hours)
        case.next_at = None if case.state == CLOSED else ladder.next_at(case, self.hours)


def _when(one: Reported) -> datetime:
    at: datetime = one.concern["raised_at"]
    return at


@lru_cache
def _plan(severity: int) -> dict[str, Any]:
    return ladder.freeze(ladder.terms(severity, {}))
