"""The papers that are ordered and made later: what each is, and for whom."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from handlers.export_person import person_paper
from handlers.order import Order
from handlers.report import report_paper
from handlers.roster_chat import look_paper
from handlers.roster_export import roster_paper
from handlers.scorecard import scorecard_paper
from handlers.talk import Reply
from handlers.turn import Turn, Unclear
from handlers.veil import veiled
from locales import gettext as _
from models.staff import COORDINATOR, LEADER, Chat, Staff


class Paper(NamedTuple):
    """`make` asks again whether the branch still holds what was asked for."""

    make: Callable[[Turn, Mapping[str, Any]], Reply | list[Reply]]
    roles: tuple[str, ...]


PAPERS = {
    "report": Paper(report_paper, (COORDINATOR, LEADER)),
    "scorecard": Paper(scorecard_paper, (COORDINATOR, LEADER)),
    "roster": Paper(roster_paper, (COORDINATOR,)),
    "roster_look": Paper(look_paper, (COORDINATOR,)),
    "export_person": Paper(person_paper, (COORDINATOR,)),
}


def asker(order: Order, chat: Chat, staff: Staff | None) -> Staff | None:
    """Nobody where who asked has left, left this chat, or does other work now."""
    stays = staff is not None and staff.left_on is None and chat.staff_id == staff.id
    allowed = staff is not None and staff.role in PAPERS[order.paper].roles
    return staff if stays and allowed else None


def paper(turn: Turn, order: Order) -> list[Reply]:
    """Takes seconds. What it adds to the session is to be written when the paper goes out."""
    try:
        made = PAPERS[order.paper].make(turn, order.of)
    except Unclear as unclear:
        return [Reply(str(unclear))]
    return [veiled(one, turn.masked) for one in (made if isinstance(made, list) else [made])]


def not_any_more() -> Reply:
    return Reply(_("What you asked for was not made: it is not yours to see any more."))


def not_made() -> Reply:
    return Reply(
        _("What you asked for could not be made. Please ask for it once more; if it happens "
          "again, tell the office.")
    )  # fmt: skip
