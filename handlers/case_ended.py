"""What becomes of the open cases of an elder who has died or moved away, and how they come back
when that was wrong."""

from handlers.case_open import hours_of, tell_holders
from handlers.case_tell import desk, meant, renew_everywhere, tell
from handlers.turn import Turn
from locales import gettext as _
from locales import ngettext
from models import case_query, case_record
from models.case import MOVES, RESOLVED, Case
from models.elder import Elder
from models.ladder import AT_ONCE

OUTLIVING = ("entitlement", "hardship", "legal")  # papers, money and rights go on for the family
GONE, RESTORED = "gone", "restored"


def withdraw_with(turn: Turn, elder: Elder, why: str) -> list[str]:
    """Nobody is sent to who is not there any more: the cases are withdrawn, with notice to those
    told. What concerns the family stays open; who has it is told too. Says so in lines."""
    found = case_query.open_of(turn.session, elder.id)
    ending = [one for one in found if one.state == RESOLVED or not _outlives(one)]
    staying = [one for one in found if one not in ending]
    for case in ending:
        _do(turn, case, "retract", why)
        renew_everywhere(turn, case, elder, tell_holders(turn, case, elder, "withdraw"))
    for case in staying:
        case_record.note_event(turn.session, case, "note", turn.staff, turn.now, why)
        renew_everywhere(turn, case, elder, tell_holders(turn, case, elder, GONE))
    return [*_said(ending), *_said_of_staying(staying)]


def _outlives(case: Case) -> bool:
    return bool({case.service_group, case.also_group}.intersection(OUTLIVING))


def _do(turn: Turn, case: Case, action: str, why: str) -> None:
    case_record.move(turn.session, case, MOVES[action], turn.staff, turn.now, hours_of(turn), why)


def _said(cases: list[Case]) -> list[str]:
    if not cases:
        return []
    text = ngettext("Case withdrawn: %(cases)s.", "Cases withdrawn: %(cases)s.", len(cases))
    return [text % {"cases": _numbers(cases)}]


def _said_of_staying(cases: list[Case]) -> list[str]:
    if not cases:
        return []
    text = ngettext(
        "Still open, for the family: case %(cases)s.",
        "Still open, for the family: cases %(cases)s.",
        len(cases),
    )
    return [text % {"cases": _numbers(cases)}]


def _numbers(cases: list[Case]) -> str:
    return _(", ").join(str(one.number) for one in sorted(cases, key=lambda one: one.number))


def restore(turn: Turn, elder: Elder) -> None:
    """The cases that were withdrawn when the elder was taken off the lists begin anew."""
    for case in case_query.withdrawn_at_the_end(turn.session, elder.id):
        _do(turn, case, "unretract", "")
        people = meant(turn, case, elder, AT_ONCE[case.severity])
        renew_everywhere(turn, case, elder, tell(desk(turn), case, elder, RESTORED, people))
