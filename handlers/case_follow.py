"""The liaison asked at a visit whether it is mended: the case closes, or begins anew."""

from handlers.case_open import Opened, announced, hours_of
from handlers.case_tell import renew_everywhere
from handlers.turn import Turn
from handlers.visit_left_open import CASE, KEPT, STILL_OPEN
from locales import gettext as _
from models import case_query, case_record
from models.case import MOVES
from models.visit import Visit

MEANS = {KEPT: MOVES["close"], STILL_OPEN: MOVES["reopen"]}


def settle_case(turn: Turn, visit: Visit, ref: str, answer: str, why: str) -> None:
    """Whoever resolved it cannot close it; what has ended meanwhile is left as it is."""
    what, found = MEANS.get(answer), case_query.by_number(turn.session, int(ref))
    if what is None or found is None or found[0].state != "resolved":
        return
    case, elder = found
    is_ = case_query.standing(turn.session, turn.staff, case, elder, turn.today)
    if not case_query.may(case, what, is_, turn.staff):
        return
    labels = {choice.code: choice.label for choice in CASE.reasons}
    text = _(labels[why]) if why in labels else why
    hours = hours_of(turn)
    case_record.move(turn.session, case, what, turn.staff, turn.now, hours, text, visit.id)
    if what.anew:
        announced(turn, elder, Opened(case, "reopen"))
    else:
        renew_everywhere(turn, case, elder)
