"""What the coded answers are made of, and where a concern goes: groups, severities, terms.

Severities are this project's proposal: 1 emergency, 2 urgent, 3 soon, 4 routine.
"""

from dataclasses import dataclass, field
from functools import cached_property

from handlers.questions import Choice
from locales import mark as N_
from models.case import ROUTINE

GROUP_NAMES = {
    "medical": N_("medical group"),
    "comfort": N_("comfort group"),
    "housekeeping": N_("housekeeping group"),
    "legal": N_("legal group"),
    "hardship": N_("hardship aid"),
    "entitlement": N_("bureau office"),
    "emergency": N_("emergency duty"),
}

SEVERITY_NAMES = {1: N_("Emergency"), 2: N_("Urgent"), 3: N_("Soon"), 4: N_("Routine")}
SEVERITY_TERMS = {
    1: N_("at once"),
    2: N_("someone there within 24 hours"),
    3: N_("someone there within 3 days"),
    4: N_("someone there within 7 days"),
}


@dataclass(frozen=True)
class Detail:
    """One choice of a follow-up; may name a more exact category or another severity."""

    code: str
    label: str
    category: str = ""
    severity: int = 0


@dataclass(frozen=True)
class Code:
    """One answer to an observation. `raises` are (category, severity); `call` stands first.
    Under a warning of heat or cold it is as grave as `warned` says, where that is more."""

    number: str
    word: str
    label: str
    raises: tuple[tuple[str, int], ...] = ()
    ask: str = ""
    details: tuple[Detail, ...] = ()
    call: str = ""
    words: tuple[str, ...] = ()
    warned: int = ROUTINE


@dataclass(frozen=True)
class Observation:
    name: str
    step: str
    question: str
    short: str
    codes: tuple[Code, ...]
    by_word: dict[str, Code] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_word.update({code.word: code for code in self.codes})

    @cached_property
    def choices(self) -> tuple[Choice, ...]:
        return tuple(Choice(c.word, c.label, c.number, c.words) for c in self.codes)

    def by_number(self, number: str) -> Code | None:
        return next((code for code in self.codes if code.number == number.upper()), None)
