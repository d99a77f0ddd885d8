"""What the answers of a visit mean: concerns with their severity, and changes that surprise."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from handlers.case_words import GROUP_OF
from handlers.concern_words import Code, Detail, Observation
from handlers.visit_codes import CALL_120, OBSERVED
from models.visit import SCALE, WATCH

URGENT, ROUTINE = 1, 4
UP, DOWN, SAME = "up", "down", "same"


@dataclass(frozen=True)
class Found:
    """One concern that the answers raise; severity 1 (emergency) to 4 (routine)."""

    observation: Observation
    code: Code
    category: str
    severity: int
    default_severity: int
    detail: str
    reason: str
    warning: str = ""  # of heat or cold, which makes it this grave

    @property
    def group(self) -> str:
        return GROUP_OF[self.category]


def code_of(answers: Mapping[str, Any], observation: Observation) -> Code | None:
    return observation.by_word.get(answers.get(observation.name, ""))


def found(answers: Mapping[str, Any], last: Mapping[str, Any], warning: str = "") -> list[Found]:
    """All concerns, the gravest first. `last` are the observations of the visit before; `warning`
    the kind of weather that is warned of there."""
    all_ = [concern for seen in OBSERVED for concern in _of(answers, seen, last, warning)]
    return sorted(all_, key=lambda concern: concern.severity)


def _of(
    answers: Mapping[str, Any], seen: Observation, last: Mapping[str, Any], warning: str
) -> list[Found]:
    code = code_of(answers, seen)
    raises = (code.raises or _watch_again(seen, code, last)) if code else ()
    if code is None or not raises:
        return []
    detail = _detail(answers, seen, code)
    all_ = [_one(answers, seen, code, detail, category, level) for category, level in raises]
    return [_warned(one, answers, warning) for one in all_] if warning else all_


def _warned(one: Found, answers: Mapping[str, Any], warning: str) -> Found:
    """What can wait on another day cannot in a heat or a cold wave."""
    grave = one.code.warned
    if one.default_severity <= grave:
        return one
    level = moved(grave, answers.get(f"{one.observation.name}_level", SAME))
    return replace(one, severity=level, default_severity=grave, warning=warning)


def _watch_again(
    seen: Observation, code: Code, last: Mapping[str, Any]
) -> tuple[tuple[str, int], ...]:
    """Quieter, or plain meals, twice in a row is a routine concern."""
    if code.word != WATCH or last.get(seen.name) != WATCH:
        return ()
    return {"spirit": (("loneliness", 4),), "meals": (("nutrition", 4),)}.get(seen.name, ())


def _detail(answers: Mapping[str, Any], seen: Observation, code: Code) -> Detail | None:
    given = answers.get(f"{seen.name}_more")
    return next((detail for detail in code.details if detail.code == given), None)


def _one(
    answers: Mapping[str, Any],
    seen: Observation,
    code: Code,
    detail: Detail | None,
    category: str,
    level: int,
) -> Found:
    exact = detail is not None and category == code.raises[0][0]
    if exact and detail is not None:
        category, level = detail.category or category, detail.severity or level
    return Found(
        seen,
        code,
        category,
        moved(level, answers.get(f"{seen.name}_level", SAME)),
        level,
        str(answers.get(f"{seen.name}_more") or ""),
        str(answers.get(f"{seen.name}_why") or ""),
    )


def moved(level: int, way: str) -> int:
    """One step up or down at most; an emergency stays one."""
    if level == URGENT:
        return level
    step = {UP: -1, DOWN: 1}.get(way, 0)
    return min(max(level + step, URGENT), ROUTINE)


def leaps(answers: Mapping[str, Any], last: Mapping[str, Any]) -> list[tuple[Observation, str]]:
    """Observations two or more steps away from last time, with last time's word."""
    return [
        (seen, last[seen.name])
        for seen in OBSERVED
        if _steps(answers.get(seen.name), last.get(seen.name)) >= 2
    ]


def _steps(now: Any, before: Any) -> int:
    if now not in SCALE or before not in SCALE:
        return 0
    return abs(SCALE.index(now) - SCALE.index(before))


def call_first(answers: Mapping[str, Any]) -> str:
    """The number to call, for the gravest emergency answer; empty when there is none."""
    given = [code for seen in OBSERVED if (code := code_of(answers, seen))]
    if not any(code.raises or code.call for code in given):
        return ""
    grave = [one for one in found(answers, {}) if one.severity == URGENT]
    asked = [code for code in given if code.call]
    if grave:
        return grave[0].code.call or CALL_120
    return asked[0].call if asked else ""
