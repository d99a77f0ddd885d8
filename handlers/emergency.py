"""Words of danger, wherever they are written: the number to call comes before anything else."""

import re
from dataclasses import replace

from handlers.case_words import CATEGORIES, Category
from handlers.talk import Button, Reply, Rows, fitting
from handlers.turn import Turn
from handlers.visit_codes import CALL_110, CALL_110_DOOR, CALL_119, CALL_120, CALL_120_110
from locales import gettext as _
from locales import mark as N_
from models import lookup
from models.case import EMERGENCY, OPEN, Case
from models.draft import OpenDraft
from models.staff import COORDINATOR, LIAISON

REPORTERS = (LIAISON, COORDINATOR)

CALLS = {
    "life_danger": CALL_120,
    "suicide_risk": CALL_120_110,
    "missing": CALL_110,
    "no_contact": CALL_110_DOOR,
    "fire_gas_co": CALL_119,
    # not usually an emergency, but some day one is
    **dict.fromkeys(("repair", "utilities", "fire_risk"), CALL_119),
    **dict.fromkeys((one.code for one in CATEGORIES.values() if one.group == "legal"), CALL_110),
}
FIRE = "fire_gas_co"
OUT, INSIDE, CALLED, WITH, NO_LINE = "out", "inside", "called", "with", "no_line"
SCENE = {
    OUT: N_("Everyone is out"),
    INSIDE: N_("Somebody inside"),
    CALLED: N_("Help is called"),
    WITH: N_("I am there"),
    NO_LINE: N_("No phone line"),
}
HARMLESS = (
    "煤气费",
    "燃气费",
    "煤气表",
    "燃气表",
    "燃气卡",
    "换煤气",
    "买煤气",
    "没有煤气味",
    "没闻到煤气",
    "想死你",
    "想死我",
    "no smell of gas",
    "not smell gas",
)


# A thing that is lost is no person who is missing.
LOST = re.compile(
    r"(钥匙|手机|眼镜|存折|[钱卡证包药猫狗]|助听器|拐杖|症状|咳嗽|疼|肿)(都|也|也都)?不见了"
)


def danger_in(text: str) -> Category | None:
    """The emergency that these words name."""
    text = LOST.sub("", text)
    for harmless in HARMLESS:
        text = text.replace(harmless, "")
    grave = (one for one in CATEGORIES.values() if one.severity == EMERGENCY)
    return next((one for one in grave if one.is_named_in(text)), None)


def call_line(category: str, severity: int) -> str:
    """What stands first on every answer to an emergency."""
    if severity != EMERGENCY:
        return ""
    return _(CALLS.get(category, CALL_120))


def scene(case: Case) -> tuple[str, Rows]:
    """What is asked once everybody has been told: whoever comes must know what awaits them."""
    if case.severity != EMERGENCY or case.state != OPEN:
        return "", ()
    fire = case.category == FIRE
    ask = _("Is everyone safe outside?") if fire else _("Is help on its way?")
    codes = (OUT, INSIDE, NO_LINE) if fire else (CALLED, WITH, NO_LINE)
    return ask, (tuple(Button(_(SCENE[one]), f"/case {case.number} note {one}") for one in codes),)


def with_number_first(turn: Turn, text: str, replies: list[Reply]) -> list[Reply]:
    """Whatever it was read as, the number comes first, and whoever may can report it."""
    found = danger_in(text) if text else None  # a tap names none
    if found is None or not replies or "☎️" in replies[0].text.partition("\n")[0]:
        return replies
    first, *rest = replies
    said, text = text.strip(), f"{call_line(found.code, found.severity)}\n{first.text}"
    return [replace(first, text=text, rows=(*_report(turn, found, said), *first.rows)), *rest]


def of_whom(turn: Turn, text: str) -> str:
    """The code of the elder whom words of danger name, else of the open card's; empty where they
    name several."""
    named = lookup.named_in(turn.session, turn.staff, text, turn.today)
    if named:
        return named[0].code if len(named) == 1 else ""
    draft = turn.open_draft()
    return draft.context.get("code", "") if draft else ""


def danger_elsewhere(turn: Turn, draft: OpenDraft, text: str) -> bool:
    """Danger to somebody else than the one the card is about is no answer to the card."""
    about = draft.context.get("code", "")
    if not about or turn.staff.role not in REPORTERS or danger_in(text) is None:
        return False
    named = lookup.named_in(turn.session, turn.staff, text, turn.today)
    return bool(named) and about not in {one.code for one in named}


def _report(turn: Turn, found: Category, text: str) -> Rows:
    """Carries the words along as far as a button can hold them."""
    if turn.staff.role not in REPORTERS:
        return ()
    whom = of_whom(turn, text)
    code = f"/problem {whom} {found.code}".replace("  ", " ")
    told = fitting(f"/problem {whom} {text}", code) if whom else code
    return ((Button(_("🆘 Report it now"), told),),)
