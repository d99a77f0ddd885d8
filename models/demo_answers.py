"""What the demo county's liaisons saw and wrote, and the concerns that follow from it."""

from collections.abc import Iterator, Mapping
from datetime import date
from random import Random
from typing import NamedTuple

from models.demo_names import (
    ATTEMPT_NOTES,
    BEDSIDE_NOTES,
    CALM_NOTES,
    NOTES,
    PHONE_NOTES,
    SEASON_NOTES,
)
from models.visit import (
    CONCERN,
    EMERGENCY,
    GOOD,
    IN_HOSPITAL,
    NO_CHILDREN,
    NOT_OBSERVED,
    OBSERVATIONS,
    SERIOUS,
    WATCH,
)

Seen = dict[str, str]
UNWELL = {"A": 0.22, "B": 0.45, "C": 0.45, "D": 0.50}  # not all good at a visit: 30 % in all
LEVELS, WEIGHTS = (WATCH, CONCERN, SERIOUS), (90, 9, 1)
WEAK_SPOTS = ("health", "health", "meals", "spirit", "lodging", "family_care")
SEASONS = {6: "summer", 7: "summer", 8: "summer", 11: "winter", 12: "winter", 1: "winter"}
# What the form raises for an answer: category, service group, severity.
RAISES = {
    ("spirit", CONCERN): (("low_mood", "comfort", 3),),
    ("spirit", SERIOUS): (("confusion", "medical", 2),),
    ("health", CONCERN): (("medical_chronic", "medical", 3),),
    ("health", SERIOUS): (("medical_acute", "medical", 2),),
    ("family_care", CONCERN): (("loneliness", "comfort", 4),),
    ("family_care", SERIOUS): (("neglect", "legal", 3), ("loneliness", "comfort", 3)),
    ("family_care", EMERGENCY): (("abuse", "legal", 2),),
    ("lodging", WATCH): (("repair", "housekeeping", 4),),
    ("lodging", CONCERN): (("repair", "housekeeping", 3),),
    ("lodging", SERIOUS): (("repair", "housekeeping", 2), ("hardship", "hardship", 2)),
    ("meals", CONCERN): (("nutrition", "medical", 3),),
    ("meals", SERIOUS): (("meals_delivery", "housekeeping", 2), ("hardship", "hardship", 2)),
}
TWICE = {
    "spirit": (("loneliness", "comfort", 4),),
    "meals": (("nutrition", "medical", 4),),
}  # "watch" twice in a row
EXACT = {
    "lonely": "loneliness",
    "fall": "fall",
    "medicine": "medication",
    "wiring": "fire_risk",
}  # follow-ups that name the category more exactly


class Raised(NamedTuple):
    observation: str
    code: str
    category: str
    group: str
    severity: int
    detail: str


def drawn(tier: str, weak_spot: str, rng: Random) -> Seen:
    """The five observations of an ordinary visit; most elders have one thing that recurs."""
    seen = dict.fromkeys(OBSERVATIONS, GOOD)
    if rng.random() < UNWELL[tier]:
        spot = weak_spot if rng.random() < 0.7 else rng.choice(OBSERVATIONS)
        seen[spot] = rng.choices(LEVELS, WEIGHTS)[0]
        other = rng.choice(OBSERVATIONS)
        if seen[other] == GOOD and rng.random() < 0.15:
            seen[other] = WATCH
    return seen


def from_afar(seen: Seen, mode: str) -> Seen:
    """On the telephone nobody sees the rooms, in the ward nobody sees the home."""
    if mode == "phone":
        return {**seen, "lodging": NOT_OBSERVED}
    if mode == "hospital":
        return {**seen, "health": IN_HOSPITAL, "lodging": NOT_OBSERVED}
    return seen


def all_well(seen: Mapping[str, str]) -> bool:
    return set(seen.values()) <= {GOOD, NOT_OBSERVED, NO_CHILDREN}


def written(seen: Seen, mode: str, day: date, times: int, rng: Random) -> tuple[str, Seen]:
    """The note, and the follow-up's code for each answer that has one.

    `times` counts the visits: nobody is told the same thing twice running.
    """
    said = {}
    for key in seen.items():
        pool = NOTES.get(key)
        if pool:
            said[key[0]] = pool[times % len(pool)]
    details = {name: code for name, (_text, code) in said.items() if code}
    details |= {name: _ELSE[word] for name, word in seen.items() if word in _ELSE}
    if details.keys() & said.keys() or (said and rng.random() < 0.6):
        return "".join(text for text, _code in said.values()), details
    calm = not said and rng.random() < 0.25
    return (rng.choice(_calm_notes(mode, day)) if calm else ""), details


_ELSE = {IN_HOSPITAL: "county_hospital", NO_CHILDREN: "neighbour"}


def _calm_notes(mode: str, day: date) -> tuple[str, ...]:
    if mode in ("phone", "video"):
        return PHONE_NOTES
    if mode == "hospital":
        return BEDSIDE_NOTES
    return CALM_NOTES + SEASON_NOTES.get(SEASONS.get(day.month, ""), ())


def attempt_note(outcome: str, rng: Random) -> str:
    return rng.choice(ATTEMPT_NOTES[outcome])


def raised(seen: Seen, before: Mapping[str, str], details: Mapping[str, str]) -> Iterator[Raised]:
    """The concerns that the visit form would raise for these answers."""
    for name, word in seen.items():
        again = TWICE.get(name, ()) if word == WATCH == before.get(name) else ()
        detail = details.get(name, "")
        for place, (category, group, severity) in enumerate(RAISES.get((name, word), again)):
            exact = EXACT.get(detail, category) if place == 0 else category
            yield Raised(name, word, exact, group, severity, detail)
