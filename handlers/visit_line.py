"""A whole visit in one line: `高永昌 0 1 0 2 0 屋顶漏雨`, `E0012 电话 00090 words`."""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from handlers.concern_words import Code
from handlers.questions import Filling
from handlers.turn import Unclear
from handlers.visit_codes import OBSERVED
from handlers.visit_concerns import found
from locales import gettext as _
from models.visit import GOOD, NOT_OBSERVED

MODES = {
    "上门": "in_person", "in_person": "in_person", "电话": "phone", "phone": "phone",
    "视频": "video", "video": "video", "医院": "hospital", "hospital": "hospital",
    "委托": "proxy", "proxy": "proxy",
}  # fmt: skip
CODE = re.compile(r"[0-9HNF]", re.IGNORECASE)
RUN = re.compile(r"[0-9HNF]{5}", re.IGNORECASE)


@dataclass(frozen=True)
class Line:
    """What was read: `who` to look up, `answers` for the form, `note` what stood behind them."""

    who: str
    answers: dict[str, str] = field(default_factory=dict)
    note: str = ""
    page: int | None = None
    tail: str = ""

    def filled(self, filling: Filling) -> dict[str, Any]:
        """The answers of the form; words explain the concerns, or else are the note."""
        concerns = found(self.answers, filling.known("last") or {})
        asked = {c.observation.name for c in concerns if c.code.ask}
        more = {f"{name}_more": self.note for name in asked} if self.note else {}
        note = {"note": self.note} if self.note and not asked else {}
        present = {"present": "elder"} if "spirit" in self.answers else {}
        return {**self.answers, **more, **present, **note}


def read_line(rest: str) -> Line:
    """Raises Unclear when the codes cannot be right; a name alone is a line without answers."""
    words = unicodedata.normalize("NFKC", rest).split()
    if re.fullmatch(r"p\d{1,4}", words[0]):
        return Line("", page=int(words[0][1:]))
    start = next((i for i, word in enumerate(words) if i and _begins_answers(word)), len(words))
    who, tail = " ".join(words[:start]), words[start:]
    return _with_answers(who, tail) if tail else Line(who)


def _begins_answers(word: str) -> bool:
    return word in MODES or bool(RUN.fullmatch(word)) or bool(CODE.fullmatch(word))


def _with_answers(who: str, tail: list[str]) -> Line:
    how = MODES.get(tail[0])
    rest = tail[1:] if how else tail
    numbers, note = _numbers(rest)
    if not numbers and how:
        return Line(who, {"how": how}, tail=" ".join(tail))
    answers = {"how": how or "in_person", **_answers(numbers)}
    if how == "phone" and answers["lodging"] in (GOOD, NOT_OBSERVED):
        answers.pop("lodging")  # not seen over the phone; a danger may be told
    return Line(who, answers, note, tail=" ".join(tail))


def _numbers(words: list[str]) -> tuple[str, str]:
    if words and RUN.fullmatch(words[0]):
        return words[0], " ".join(words[1:])
    count = next((i for i, w in enumerate(words) if not CODE.fullmatch(w)), len(words))
    return "".join(words[: min(count, 5)]), " ".join(words[min(count, 5) :])


def _answers(numbers: str) -> dict[str, str]:
    if len(numbers) != len(OBSERVED):
        raise Unclear(
            _(
                "Please give five codes: spirit, health, family, lodging, meals. "
                "For example: visit E0012 0 1 0 2 0 roof leaks"
            )
        )
    return {
        seen.name: _code(seen.by_number(number), seen.step, number).word
        for seen, number in zip(OBSERVED, numbers, strict=True)
    }


def _code(code: Code | None, step: str, number: str) -> Code:
    if code is None:
        raise Unclear(
            _("%(number)s is not a code for %(what)s. Send /codes to see them all.")
            % {"number": number, "what": _(step)}
        )
    return code
