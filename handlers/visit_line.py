"""A whole visit in one line: `高永昌 01020 屋顶漏雨`, `高永昌 昨天 一切都好`, `高永昌 住院了`."""

import re
import unicodedata
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from handlers.concern_words import Code
from handlers.dates import days, past_day
from handlers.questions import Filling, free_text
from handlers.turn import Unclear
from handlers.visit_codes import OBSERVED
from handlers.visit_concerns import found
from handlers.visit_day import checked_day
from handlers.visit_form import NOBODY
from locales import gettext as _
from models.visit import GOOD, NOT_OBSERVED, OBSERVATIONS

MODES = {
    "上门": "in_person", "in_person": "in_person", "电话": "phone", "phone": "phone",
    "视频": "video", "video": "video", "医院": "hospital", "hospital": "hospital",
    "委托": "proxy", "proxy": "proxy",
}  # fmt: skip
WELL = (
    "一切都好",
    "一切正常",
    "都很好",
    "都挺好",
    "都正常",
    "都好",
    "很好",
    "挺好",
    "正常",
    "all well",
)
NOT_MET = {
    "没人开门": "not_at_home", "敲门没人应": "not_at_home", "没人应门": "not_at_home",
    "没人在家": "not_at_home", "家里没人": "not_at_home", "家中无人": "not_at_home",
    "不在家": "not_at_home", "not at home": "not_at_home", "没接电话": "no_answer",
    "电话没人接": "no_answer", "无人接听": "no_answer", "不接电话": "no_answer",
    "no answer": "no_answer", "不让进门": "refused", "谢绝": "refused", "refused": "refused",
    "正在住院": "in_hospital", "住院": "in_hospital", "in hospital": "in_hospital",
    "搬走": "moved", "搬家": "moved", "moved away": "moved", "去世": "deceased",
    "逝世": "deceased", "过世": "deceased", "病故": "deceased", "走了": "deceased",
    "has died": "deceased",
}  # fmt: skip
DAY_BEHIND_A_NAME = re.compile(r"(?<=[^\x00-\x7f\s])(今天|今早|昨天|昨晚|前天)(?=\s|$)")
CODE = re.compile(r"[0-9HNF]", re.IGNORECASE)
RUN = re.compile(r"[0-9HNF]{5}", re.IGNORECASE)
FIVE = r"[0-9HNFhnf](?:[ ,、]*[0-9HNFhnf]){4}"
BEHIND_A_NAME = re.compile(rf"(?<=[^\x00-\x7f])({FIVE})(?![0-9A-Za-z])")
BEFORE_WORDS = re.compile(rf"(?<= )({FIVE})(?=[^\x00-\x7f])")
LISTED = re.compile(r"(?<= )[0-9HNFhnf](?:[,、][0-9HNFhnf]){4}(?![0-9A-Za-z])")
ENDS = r"(?=$|[\s,。;!、])"
SAID = re.compile(rf"(?<=\S)[\s,、;]*({'|'.join(WELL)}|(?:{'|'.join(NOT_MET)})了?){ENDS}")


@dataclass(frozen=True)
class Line:
    """What was read: `who` to look up, `answers` for the form, `note` what stood behind them.
    `on` is the day, where one was said."""

    who: str
    answers: dict[str, Any] = field(default_factory=dict)
    note: str = ""
    page: int | None = None
    tail: str = ""
    on: date | None = None

    def filled(self, filling: Filling) -> dict[str, Any]:
        """The answers of the form; words explain the concerns, or else are the note. Raises
        Unclear when that day cannot be entered."""
        concerns = found(self.answers, filling.known("last") or {})
        asked = {c.observation.name for c in concerns if c.code.ask}
        words = free_text(self.note) if self.note else ""
        more = {f"{name}_more": words for name in asked} if words else {}
        note = {"note": words} if words and not asked else {}
        present = {"present": "elder"} if "spirit" in self.answers else {}
        on = {}
        if self.on is not None and self.on != filling.turn.today:
            on = {"visited_on": checked_day(filling, self.on)}
        return {**self.answers, **more, **present, **on, **note}


def read_line(rest: str, today: date) -> Line:
    """Raises Unclear when the codes cannot be right; a name alone is a line without answers."""
    if re.fullmatch(r"p\d{1,4}", rest):
        return Line("", page=int(rest[1:]))
    who, tail = split_line(rest, today)
    return _with_answers(who, tail, today) if tail else Line(who)


def split_line(text: str, today: date) -> tuple[str, list[str]]:
    """Whom it is about, and the words from the first that is an answer, a way or a day."""
    words = _spaced(text)
    start = next((i for i, w in enumerate(words) if i and _begins(w, today)), len(words))
    return " ".join(word.strip(",、;。") for word in words[:start]), words[start:]


def _spaced(text: str) -> list[str]:
    """The words, also where they were written without blanks: 高永昌0 0 0 0 0, 高永昌住院了."""
    text = unicodedata.normalize("NFKC", text)
    text = LISTED.sub(lambda found: re.sub("[,、]", " ", found[0]), text)
    text = BEFORE_WORDS.sub(r"\1 ", BEHIND_A_NAME.sub(r" \1", text))
    if said := SAID.search(text):
        before, behind = text[: said.start()], text[said.end() :]
        before = DAY_BEHIND_A_NAME.sub(r" \1", before)
        return [*before.split(), said[1], *behind.lstrip(",。;!、").split()]
    return text.split()


def _begins(word: str, today: date) -> bool:
    codes = RUN.fullmatch(word) or CODE.fullmatch(word)
    return bool(word in MODES or codes or _said(word) or _is_day(word, today))


def _is_day(word: str, today: date) -> bool:
    return not word.isdecimal() and bool(days(word, today))


def _said(word: str) -> dict[str, Any]:
    """The answers that a few plain words stand for."""
    if word in WELL:
        return {**dict.fromkeys(OBSERVATIONS, GOOD), "_well": list(OBSERVATIONS)}
    outcome = NOT_MET.get(word) or NOT_MET.get(word.removesuffix("了"))
    return {"how": NOBODY, "outcome": outcome} if outcome else {}


def _with_answers(who: str, tail: list[str], today: date) -> Line:
    how, on, rest = "", None, list(tail)
    while rest and (rest[0] in MODES or _is_day(rest[0], today)):
        word = rest.pop(0)
        how, on = (MODES[word], on) if word in MODES else (how, past_day(word, today))
    whole, said = " ".join(tail), _said(rest[0]) if rest else {}
    if not rest:
        return Line(who, {"how": how} if how else {}, tail=whole, on=on)
    if "outcome" in said:
        return _not_met(Line(who, said, " ".join(rest[1:]), tail=whole, on=on))
    numbers, note = ("", " ".join(rest[1:])) if said else _numbers(rest)
    answers = {"how": how or "in_person", **(said or _answers(numbers))}
    if how == "phone" and answers["lodging"] in (GOOD, NOT_OBSERVED):
        answers.pop("lodging")  # not seen over the phone; a danger may be told
    return Line(who, answers, note, tail=whole, on=on)


def _not_met(line: Line) -> Line:
    """Words behind 住院了 say where."""
    if line.answers["outcome"] == "in_hospital" and line.note:
        return replace(line, answers={**line.answers, "hospital": line.note}, note="")
    return line


def _numbers(words: list[str]) -> tuple[str, str]:
    if words and RUN.fullmatch(words[0]):
        return words[0], " ".join(words[1:])
    count = next((i for i, w in enumerate(words) if not CODE.fullmatch(w)), len(words))
    if count == len(words):
        return "".join(words), ""  # too many, too: somebody lost count
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
