"""The words of a broadcast: ready templates, and gaps that are filled in for each person."""

import re
from collections.abc import Mapping

from handlers.questions import Choice, free_text
from handlers.turn import Unclear
from locales import gettext as _
from locales import mark as N_

GAP = re.compile(r"\{([^{}\n]*)\}")
GAPS = {  # as they may be written, in either language
    "姓名": "name", "name": "name",
    "单位": "unit", "unit": "unit",
    "未访": "open", "open": "open",
    "逾期": "overdue", "overdue": "overdue",
    "截止": "until", "until": "until",
}  # fmt: skip
COUNTED = {"open", "overdue"}  # what only a liaison has
MEETING = re.compile(r"\{(?:会议|meeting)\}")  # asked once, the same for everybody
MOST_GAPS = 20  # so that the filled text is short enough for every network
PLAIN_BRACES = str.maketrans("｛｝", "{}")

TEMPLATES = (
    Choice("t.heat", N_("🌡 Heat alert")),
    Choice("t.window", N_("⏳ Window ends")),
    Choice("t.meeting", N_("📅 Meeting")),
)
TEXTS = {
    "t.heat": N_(
        "{name}, a heat alert: please telephone every elder on your list today. Ask them to drink "
        "water and to stay in at noon; look in on those who live alone. Report trouble at once."
    ),
    "t.window": N_(
        "{name}, this half-month ends on {until}. You have {open} elders still to visit, {overdue} "
        "of them overdue. If you cannot see somebody, put the visit off and say why."
    ),
    "t.meeting": N_(
        "{name}, please come to a meeting: {meeting}. If you cannot come, tell me beforehand."
    ),
}


def checked(text: str) -> str:
    """The text as it is kept. Raises Unclear, with the gaps there are."""
    kept = free_text(text.translate(PLAIN_BRACES))
    found = GAP.findall(kept)
    unknown = [gap for gap in found if _name(gap) not in GAPS]
    if unknown:
        raise Unclear(
            _("There is no gap {%(gap)s}; there are %(known)s.")
            % {"gap": unknown[0][:20], "known": known()}
        )
    if len(found) > MOST_GAPS:
        raise Unclear(
            _("Those are %(count)d gaps; please use at most %(most)d.")
            % {"count": len(found), "most": MOST_GAPS}
        )
    return kept


def _name(gap: str) -> str:
    return gap.strip().lower()


def known() -> str:
    return _("{name} {unit} {open} {overdue} {until}")


def template(code: str, meeting: str) -> str:
    return MEETING.sub(lambda _found: meeting, _(TEXTS[code]))


def gaps_in(text: str) -> set[str]:
    return {GAPS[_name(gap)] for gap in GAP.findall(text) if _name(gap) in GAPS}


def filled(text: str, values: Mapping[str, str]) -> str:
    """`values` by the English names of the gaps."""
    return GAP.sub(lambda found: values[GAPS[_name(found[1])]], text)
