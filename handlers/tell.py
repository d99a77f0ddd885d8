"""Whom to tell and how to reach them; asking the coordinators at once to confirm what only they
can: a death, a wrong address."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from uuid import UUID

from sqlmodel import col, select

from handlers.talk import Button, Reply, Rows
from handlers.turn import Turn
from locales import gettext as _
from locales import speaking
from models.elder import Elder, masked
from models.leave import liaisons_of
from models.mailbox import EMERGENCY, NUDGE
from models.org import Unit, branch
from models.staff import COORDINATOR, Chat, Staff
from models.visit import Visit

ASK_COORDINATOR = ("deceased", "moved", "wrong_address")


def about(turn: Turn, visit: Visit, elder: Elder) -> list[Reply]:
    """Messages to every coordinator above this elder; masked, since they show on a lock screen.
    Also to one who reports it: whether somebody has died is confirmed in any case."""
    if visit.outcome not in ASK_COORDINATOR:
        return []
    return [_message(turn, staff, chat, visit, elder) for staff, chat in coordinators(turn, elder)]


def coordinators(turn: Turn, elder: Elder) -> list[tuple[Staff, Chat]]:
    """Who answers for this elder's branch and can be reached."""
    return coordinators_of(turn, elder.unit_id)


def coordinators_of(turn: Turn, unit_id: UUID) -> list[tuple[Staff, Chat]]:
    """The coordinators above one unit, by each of their chats."""
    statement = (
        select(Staff, Chat)
        .join(Chat, col(Chat.staff_id) == Staff.id)
        .where(Staff.role == COORDINATOR, col(Staff.left_on).is_(None), Chat.private)
        .order_by(col(Staff.code), col(Chat.id))
    )
    found = turn.session.exec(statement).all()
    return [(s, chat) for s, chat in found if unit_id in branch(turn.session, s.unit_id)]


def chats_of(turn: Turn, staff: Staff) -> list[Chat]:
    """Where this person can be reached: on the network that was chosen, else the one used last."""
    statement = select(Chat).where(Chat.staff_id == staff.id, col(Chat.unreachable_at).is_(None))
    last = (col(Chat.last_at).desc().nulls_last(), col(Chat.network), col(Chat.id))
    found = list(turn.session.exec(statement.order_by(*last)).all())
    return sorted(found, key=lambda chat: chat.network != staff.network)[:1]


def to_each(turn: Turn, people: Iterable[Staff], say: Callable[[], Reply]) -> list[Reply]:
    """What `say` gives, in the language of each of these, where they can be reached."""
    replies = []
    for one in people:
        for chat in chats_of(turn, one):
            with speaking(one.locale or turn.office.locale):
                replies.append(replace(say(), to=chat.id, lane=NUDGE))
    return replies


def to_liaisons(turn: Turn, elder: Elder, say: Callable[[], Reply]) -> list[Reply]:
    """The same for whoever looks after this elder, but for who wrote."""
    liaisons = liaisons_of(turn.session, elder, turn.today)
    return to_each(turn, [one for one in liaisons if one.id != turn.staff.id], say)


def _message(turn: Turn, staff: Staff, chat: Chat, visit: Visit, elder: Elder) -> Reply:
    with speaking(staff.locale or turn.office.locale):
        text = _outcome_text(turn, elder, visit)
        return Reply(text, _rows(elder, visit), to=chat.id, lane=EMERGENCY)


def _outcome_text(turn: Turn, elder: Elder, visit: Visit) -> str:
    gaps = {"who": where(turn, elder), "code": elder.code, "liaison": turn.staff.name}
    if visit.outcome == "deceased":
        return _("%(liaison)s reports that %(who)s %(code)s has died. Please confirm.") % gaps
    return _("%(liaison)s did not find %(who)s %(code)s at the address. Please check it.") % gaps


def where(turn: Turn, elder: Elder) -> str:
    unit = turn.session.get(Unit, elder.unit_id)
    return f"{masked(elder.name)} {unit.name if unit else ''}".strip()


def _rows(elder: Elder, visit: Visit) -> Rows:
    look = Button(_("Card"), f"/brief {elder.code}")
    if visit.outcome == "deceased":
        return ((Button(_("Confirm the death"), f"/ended {elder.code} deceased"), look),)
    if visit.outcome == "moved":
        return ((Button(_("Has moved away"), f"/ended {elder.code} moved"), look),)
    return ((look, Button(_("History"), f"/history {elder.code}")),)
