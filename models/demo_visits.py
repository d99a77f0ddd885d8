"""The demo county's visits, attempts, concerns and promises as rows, an elder at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from models.demo_answers import (
    WEAK_SPOTS,
    Seen,
    all_well,
    attempt_note,
    drawn,
    from_afar,
    raised,
    written,
)
from models.demo_cases import Docket
from models.demo_fates import DAY, Life
from models.demo_history import Outing, Window, outings
from models.demo_names import PROMISES
from models.demo_people import Ids
from models.visit import (
    CONCERN,
    CURRENT,
    DONE,
    EMERGENCY,
    GOOD,
    NO_CHILDREN,
    OBSERVATIONS,
    SUPERSEDED,
    WATCH,
)

Row = dict[str, Any]
FIXABLE = 35 * DAY  # younger visits carry the answers of their form, so that they can be mended
HOURS = ((8, 30), (9, 20), (10, 10), (11, 0), (14, 0), (15, 0), (16, 0), (17, 0))
NOT_MET = ("not_at_home", "not_at_home", "not_at_home", "refused")
MENDED = 0.004
SCRAMBLE = 0x9E3779B1  # odd, so that no two visits get one short name


@dataclass
class Rows:
    """Waiting to be written; a promise may still be kept while its elder's story is told."""

    visits: list[Row] = field(default_factory=list)
    concerns: list[Row] = field(default_factory=list)
    promises: list[Row] = field(default_factory=list)


@dataclass
class Frame:
    """What all stories have in common."""

    today: date
    start: date
    zone: ZoneInfo
    ids: Ids
    seed: int
    docket: Docket
    rows: Rows = field(default_factory=Rows)
    named: int = 0

    def ref(self) -> str:
        """Eight characters, as a card's tag has them."""
        self.named += 1
        return f"{self.named * SCRAMBLE % 2**32:08x}"

    def at(self, day: date, when: time) -> datetime:
        return datetime.combine(day, when, self.zone).astimezone(UTC)


class Story:
    """One elder's history; told once, from the first outing to the last.

    `namesake` is somebody of the same name for whom one of these visits was logged at first.
    """

    def __init__(self, life: Life, frame: Frame, namesake: UUID | None = None):
        self.life, self.frame, self.namesake = life, frame, namesake
        self.elder, self.role = life.resident.elder, life.resident.role
        self.rng = Random(f"{frame.seed} {self.elder.code}")
        self.weak_spot = self.rng.choice(WEAK_SPOTS)
        self.childless = self.role is None and self.rng.random() < 0.04
        self.before: Seen = {}
        self.in_person_on: date | None = None
        self.times = self.rng.randrange(60)
        self.open_promises: list[Row] = []

    def tell(self, halves: Sequence[Window]) -> None:
        days = outings(self.life, halves, self.frame.today, self.rng)
        latest = max((one.day for one in days if one.met), default=None)
        for outing in days:
            if outing.met:
                self._visit(outing, last=outing.day == latest)
            else:
                self._attempt(outing)
        for promise in self.open_promises:
            promise["withdrawn"] = self.elder.ended_on is not None

    def _attempt(self, outing: Outing) -> None:
        remote = self.elder.residence == "relocated"
        outcome = "no_answer" if remote else self.rng.choice(NOT_MET)
        if self.life.in_hospital(outing.day):
            outcome = "in_hospital"
        row = self._row(outing, "phone" if remote else "in_person", outcome)
        row["note"] = attempt_note(outcome, self.rng)
        row["answers"] = self._kept({"how": "none", "outcome": outcome}, outing.day)
        self.frame.rows.visits.append(row)

    def _visit(self, outing: Outing, last: bool) -> None:
        mode = self._mode(outing.day)
        seen = self._seen(outing.day, mode, last)
        note, details = written(seen, mode, outing.day, self.times, self.rng)
        if self.life.stamped:
            note = ""
        present = self._present(mode)
        row = self._row(outing, mode, DONE) | {**seen, "present": present, "note": note}
        row["one_tap"] = all_well(seen) and (self.life.stamped or self.rng.random() < 0.6)
        more = {f"{name}_more": code for name, code in details.items()}
        answers = {"how": mode, **seen, **more, "present": "+".join(present), "note": note}
        row["answers"] = self._kept(answers, outing.day)
        self._mended(row, outing.day)
        self._keep_promises(row)
        self.frame.rows.visits.append(row)
        self._raise(row, seen, details)
        self._promise(row, seen, last)
        self.before, self.times = seen, self.times + 1

    def _mode(self, day: date) -> str:
        """Of two visits a month to somebody in good health one may be a telephone call."""
        if self.life.in_hospital(day):
            return "hospital"
        if self.elder.residence == "relocated":
            return "phone" if self.rng.random() < 0.8 else "video"
        seen_on = self.in_person_on
        was_there = seen_on is not None and (seen_on.year, seen_on.month) == (day.year, day.month)
        may_call = self.elder.tier == "A" and was_there and not self.life.stamped
        if may_call and self.rng.random() < 0.35:
            self.in_person_on = None
            return "phone"
        self.in_person_on = day
        return "in_person"

    def _seen(self, day: date, mode: str, last: bool) -> Seen:
        if self.life.stamped:
            return from_afar(dict.fromkeys(OBSERVATIONS, GOOD), mode)
        seen = drawn(self.elder.tier, self.weak_spot, self.rng)
        if self.childless:
            seen["family_care"] = NO_CHILDREN
        if self.life.declines:
            seen[self.life.declines] = self._decline(day)
        if self.role and self.role.last_seen:
            seen = dict.fromkeys(OBSERVATIONS, GOOD) | dict(self.role.last_seen if last else ())
        if last and self.life.abused:
            seen["family_care"] = EMERGENCY
        return from_afar(seen, mode)

    def _decline(self, day: date) -> str:
        """Good, then watch, then concern: a third of the time each, roughly."""
        gone = (day - self.frame.start) / (self.frame.today - self.frame.start)
        return GOOD if gone < 0.4 else WATCH if gone < 0.75 else CONCERN

    def _present(self, mode: str) -> list[str]:
        if mode in ("phone", "video"):
            return ["elder"] if self.rng.random() < 0.9 else ["child"]
        flags = self.life.resident.flags
        if "bedridden" in flags or mode == "hospital":
            return ["elder", "carer" if self.rng.random() < 0.5 else "child"]
        chance = self.rng.random()
        if chance < 0.4 and "widowed" not in flags:
            return ["elder", "spouse"]
        others = ("child", "neighbour", "village_cadre")
        return ["elder", self.rng.choice(others)] if chance > 0.85 else ["elder"]

    # Rows

    def _row(self, outing: Outing, mode: str, outcome: str) -> Row:
        key, who = self.frame.ids(), self.life.went(outing.day).id
        visited_at = self._moment(outing.day)
        logged_at, late_reason = self._logged(outing.day, visited_at)
        return {
            "id": key,
            "ref": self.frame.ref(),
            "root_id": key,
            "revision": 1,
            "state": CURRENT,
            "elder_id": self.elder.id,
            "liaison_id": who,
            "recorded_by": who,
            "kind": outing.kind,
            "mode": mode,
            "outcome": outcome,
            "visited_at": visited_at,
            "visited_on": outing.day,
            "logged_at": logged_at,
            "late_reason": late_reason,
            **_NOTHING_SEEN,
            "place": "",
            "present": [],
            "one_tap": False,
            "note": "",
            "changed_by": None,
            "changed_at": None,
            "change_reason": "",
            "draft_tag": None,
            "answers": {},
        }

    def _moment(self, day: date) -> datetime:
        """Each on the list has an hour of the day, or nobody could be at two doors at once."""
        place = self.life.resident.place
        if self.life.stamped:
            return self.frame.at(day, time(20, 0)) + timedelta(seconds=4 * place)
        hour, minute = HOURS[place % len(HOURS)]
        started = self.frame.at(day, time(hour, minute))
        return started + timedelta(seconds=self.rng.randrange(1500))

    def _logged(self, day: date, visited_at: datetime) -> tuple[datetime, str]:
        if self.life.stamped:
            return visited_at + timedelta(seconds=3), ""
        if self.rng.random() < 0.03 and day + DAY < self.frame.today:
            return visited_at + DAY, self.rng.choice(("no_signal", "busy", "forgot"))
        return visited_at + timedelta(seconds=self.rng.randint(60, 900)), ""

    def _kept(self, answers: Row, day: date) -> Row:
        if self.frame.today - day > FIXABLE:
            return {}
        return {name: value for name, value in answers.items() if value}

    def _mended(self, row: Row, day: date) -> None:
        """Now and then an answer was corrected; once the visit stood with the wrong person."""
        half_way = self.frame.start + (self.frame.today - self.frame.start) / 2
        if self.namesake and day > half_way:
            self._first_as(row, "wrong_elder", {"elder_id": self.namesake})
            self.namesake = None
        elif not self.life.stamped and self.rng.random() < MENDED:
            other = WATCH if row["meals"] == GOOD else GOOD
            self._first_as(row, "mistap", {"meals": other, "one_tap": False})

    def _first_as(self, row: Row, reason: str, wrong: Row) -> None:
        """Puts a superseded revision, with something wrong in it, before `row`."""
        mended_at = row["logged_at"] + timedelta(minutes=10)
        old = row | wrong | {"state": SUPERSEDED, "changed_by": row["recorded_by"]}
        old |= {"changed_at": mended_at, "change_reason": reason, "answers": {}}
        row |= {"id": self.frame.ids(), "ref": self.frame.ref(), "revision": 2}
        row |= {"logged_at": mended_at, "change_reason": reason}
        self.frame.rows.visits.append(old)

    def _raise(self, row: Row, seen: Seen, details: Seen) -> None:
        for one in raised(seen, self.before, details):
            concern = {
                "id": self.frame.ids(),
                "visit_id": row["id"],
                "elder_id": self.elder.id,
                "observation": one.observation,
                "code": one.code,
                "category": one.category,
                "service_group": one.group,
                "severity": one.severity,
                "default_severity": one.severity,
                "severity_reason": "",
                "detail": one.detail,
                "state": "open",
                "raised_at": row["logged_at"],
            }
            self.frame.rows.concerns.append(concern)
            self.frame.docket.add(concern, row["liaison_id"], row["note"])

    def _promise(self, row: Row, seen: Seen, last: bool) -> None:
        text = self.role.promised if last and self.role else ""
        if not text and not self.life.stamped and row["mode"] != "hospital":
            weak = [name for name, word in seen.items() if word in (WATCH, CONCERN)]
            if self.rng.random() < (0.25 if weak else 0.02):
                text = self.rng.choice(PROMISES[weak[0] if weak else ""])
        if text:
            self._promised(row, text)

    def _promised(self, row: Row, text: str) -> None:
        promise = {
            "id": self.frame.ids(),
            "ref": self.frame.ref(),
            "visit_id": row["id"],
            "elder_id": self.elder.id,
            "staff_id": row["liaison_id"],
            "text": text,
            "made_on": row["visited_on"],
            "kept_at": None,
            "settled_by": None,
            "settled_in": None,
            "withdrawn": False,
        }
        self.frame.rows.promises.append(promise)
        self.open_promises.append(promise)

    def _keep_promises(self, row: Row) -> None:
        for promise in list(self.open_promises):
            if self.rng.random() < 0.8:
                promise["kept_at"] = row["logged_at"]
                promise["settled_by"], promise["settled_in"] = row["recorded_by"], row["id"]
                self.open_promises.remove(promise)


_NOTHING_SEEN = dict.fromkeys(OBSERVATIONS)
