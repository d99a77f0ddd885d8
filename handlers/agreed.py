"""The card of a visit to an elder who does not want everything kept."""

from typing import Any

from handlers.concern_words import Observation
from handlers.questions import Choice, Filling
from models.consent import HEALTH
from models.visit import EMERGENCY, GOOD, NOT_OBSERVED, SERIOUS

ONLY_IF_DOCTOR = (GOOD, SERIOUS, EMERGENCY, NOT_OBSERVED)


def keeps_no_health(filling: Filling) -> bool:
    """Of an elder who does not want it: only whether a doctor is needed is asked and kept."""
    return HEALTH in (filling.known("withheld") or ())


def offered(observation: Observation, filling: Filling) -> tuple[Choice, ...]:
    if observation.name != "health" or not keeps_no_health(filling):
        return observation.choices
    return tuple(one for one in observation.choices if one.code in ONLY_IF_DOCTOR)


def as_agreed(filling: Filling, answers: dict[str, Any]) -> dict[str, Any]:
    """What a line said of health beyond what the elder agrees to is asked anew."""
    if not keeps_no_health(filling):
        return answers
    gone = {"health_more"} if answers.get("health") in ONLY_IF_DOCTOR else {"health_more", "health"}
    return {name: value for name, value in answers.items() if name not in gone}
