"""An emergency answer in a visit is told at once: nobody waits until the card is filled in."""

from handlers import case_open
from handlers.case_card import card_name
from handlers.concern_words import Observation
from handlers.emergency import scene
from handlers.questions import Filling
from handlers.talk import Button, Reply
from handlers.visit_concerns import Found, call_first, found
from locales import gettext as _
from models import lookup
from models.case import EMERGENCY

ALARMED = "alarmed"  # in the draft's context: numbers of the cases that were opened


def alarm_at_once(filling: Filling) -> list[Reply]:
    """Opens the case of each new emergency; the first words are the number to call."""
    if not call_first(filling.answers) or filling.known("fixes"):
        return []
    turn = filling.turn
    elder = lookup.by_code(turn.session, turn.staff, filling.known("code"), turn.today)
    fresh = [one for one in _certain(filling) if one.category not in _alarmed(filling)]
    if elder is None or not fresh:
        return []
    opened = [
        case_open.report(turn, elder, case_open.problem_of(one, _words(one))) for one in fresh
    ]
    before = filling.known(ALARMED) or []
    numbers = [*before, *(one.case.number for one in opened)]
    told = [*(filling.known(_CATEGORIES) or []), *(one.category for one in fresh)]
    filling.draft.context = {**filling.draft.context, ALARMED: numbers, _CATEGORIES: told}
    return [_said(filling, opened)]


_CATEGORIES = "alarmed_categories"


def _alarmed(filling: Filling) -> list[str]:
    return list(filling.known(_CATEGORIES) or ())


def _certain(filling: Filling) -> list[Found]:
    """Emergencies that the follow-up question cannot make any smaller."""
    grave = [one for one in found(filling.answers, {}) if one.severity == EMERGENCY]
    return [one for one in grave if one.detail or not _depends(one.observation, filling)]


def _depends(observation: Observation, filling: Filling) -> bool:
    code = observation.by_word[filling.get(observation.name)]
    return any(detail.severity for detail in code.details)


def _words(one: Found) -> str:
    """Only what is known by now; the rest comes with the visit."""
    return case_open.words_of(one) if one.detail else ""


def _said(filling: Filling, opened: list[case_open.Opened]) -> Reply:
    ask, answers = scene(opened[0].case)
    lines = [_(call_first(filling.answers)), *case_open.lines(opened), ask]
    buttons = tuple(
        (
            Button(_("Case %(number)d") % {"number": one.case.number}, f"/case {one.case.number}"),
            Button(_("False alarm…"), f"/case {one.case.number} withdraw"),
        )
        for one in opened
    )
    text = "\n".join(line for line in lines if line)
    return Reply(text, (*answers, *buttons), card_name(opened[0].case))
