"""Elders nobody looks after: a coordinator says who does, for the time of a leave or for good."""

from handlers import form
from handlers.broadcast_card import more
from handlers.pick import not_on_list
from handlers.talk import Button, Reply
from handlers.tell import chats_of
from handlers.turn import Turn, day
from locales import gettext as _
from locales import speaking
from models import leave as leaves
from models.audit import Audit
from models.elder import Elder
from models.mailbox import NUDGE
from models.staff import Staff

SHOWN, OFFERED = 8, 8


def assign_command(turn: Turn, rest: str) -> list[Reply]:
    """/assign — whom nobody looks after; /assign CODE — who could; /assign CODE NAME — does."""
    alone = leaves.left_alone(turn.session, turn.staff, turn.today)
    code, _gap, name = rest.partition(" ")
    if not code:
        return [_list(turn, alone)]
    elder = next((one for one in alone if one.code == code.upper()), None)
    if elder is None:
        return [_settled(turn, code, alone)]
    free = leaves.free_colleagues(turn.session, elder, turn.staff, turn.today)
    chosen = [one for one in free if name and name.strip() in (one.code, one.name)]
    return _give(turn, elder, chosen[0]) if len(chosen) == 1 else [_ask(turn, elder, free)]


def _list(turn: Turn, alone: list[Elder]) -> Reply:
    if not alone:
        return Reply(_("🟢 Everybody is looked after by somebody who is there."))
    rows = [(Button(turn.label(one), f"/assign {one.code}"),) for one in alone[:SHOWN]]
    text = _("Nobody looks after these today. For whom will you find somebody?")
    rest = len(alone) - SHOWN
    return Reply(f"{text}\n{more(rest)}" if rest > 0 else text, tuple(rows))


def _settled(turn: Turn, code: str, alone: list[Elder]) -> Reply:
    if not alone:
        return _list(turn, alone)
    return Reply(not_on_list(code), ((Button(_("Show all"), "/assign"),),))


def _ask(turn: Turn, elder: Elder, free: list[Staff]) -> Reply:
    if not free:
        return Reply(_("No liaison of your branch is there today. Please ask the next office up."))
    text = _("Who looks after %(who)s? %(why)s Tap, or write: assign %(code)s NAME")
    gaps = {"who": turn.label(elder), "why": _why(turn, elder), "code": elder.code}
    buttons = [Button(one.name, f"/assign {elder.code} {one.code}") for one in free[:OFFERED]]
    return Reply(text % gaps, form.in_rows(buttons, 2))


def _why(turn: Turn, elder: Elder) -> str:
    liaisons = leaves.liaisons_of(turn.session, elder, turn.today)
    leave = leaves.running_or_coming(turn.session, liaisons[0], turn.today) if liaisons else None
    if leave is None:
        return _("There is no liaison.")
    text = _("%(name)s is on leave until %(last)s.")
    return text % {"name": liaisons[0].name, "last": day(leave.until_on)}


def _give(turn: Turn, elder: Elder, to: Staff) -> list[Reply]:
    last = leaves.entrust(turn.session, elder, to, turn.today)
    turn.session.add(
        Audit(at=turn.now, staff_id=turn.staff.id, elder_id=elder.id, action="assign",
              detail=to.code)
    )  # fmt: skip
    turn.session.flush()
    text = _("✅ %(name)s looks after %(who)s from today on.")
    if last:
        text = _("✅ %(name)s looks after %(who)s until %(last)s; then it goes back by itself.")
    gaps = {"name": to.name, "who": turn.label(elder), "last": day(last) if last else ""}
    left = len(leaves.left_alone(turn.session, turn.staff, turn.today))
    rows = ((Button(_("Next (%(count)d left)") % {"count": left}, "/assign"),),) if left else ()
    return [Reply(text % gaps, rows), *_tell(turn, elder, to)]


def _tell(turn: Turn, elder: Elder, to: Staff) -> list[Reply]:
    replies = []
    for chat in chats_of(turn, to):
        with speaking(to.locale or turn.office.locale):
            text = _("%(name)s asks you to look after %(who)s. You find them on your list.")
            gaps = {"name": turn.staff.name, "who": turn.hidden_label(elder)}
            rows = ((Button(_("Start the visit"), f"/visit {elder.code}"),),)
            replies.append(Reply(text % gaps, rows, to=chat.id, lane=NUDGE))
    return replies
