"""Who looks after one elder, said by a coordinator: liaison, backup, or a stand-in for a leave."""

from handlers import form
from handlers.broadcast_card import more
from handlers.pick import pick_elder
from handlers.steering import Steering, steering, tell_moves, who
from handlers.talk import Button, Reply, Rows
from handlers.turn import Turn, Unclear, day
from locales import gettext as _
from models import caseload, lookup
from models import leave as leaves
from models.assignment import BACKUP, COVER, PRIMARY
from models.elder import Elder
from models.staff import Staff

SHOWN, OFFERED = 8, 8
AS_BACKUP = ("backup", "后备")


def assign_command(turn: Turn, rest: str) -> list[Reply]:
    """/assign — whom nobody looks after; /assign NAME — who does, and who could; /assign NAME
    LIAISON — from now on; /assign NAME backup LIAISON — as backup."""
    if not rest:
        return [_list(turn, leaves.left_alone(turn.session, turn.staff, turn.today))]
    words = rest.split()
    elder = _elder(turn, words[0])
    if isinstance(elder, Reply):
        return [elder]
    role = BACKUP if len(words) > 1 and words[1] in AS_BACKUP else PRIMARY
    named = " ".join(words[2:] if role == BACKUP else words[1:])
    alone = role == PRIMARY and leaves.is_alone(turn.session, elder, turn.staff, turn.today)
    free = leaves.free_colleagues(turn.session, elder, turn.staff, turn.today)
    if not named:
        return [_ask_for_now(turn, elder, free) if alone else _ask(turn, elder, free, role)]
    to = _one(free, named)
    return _entrust(turn, elder, to) if alone else _hand(turn, elder, to, role)


def _elder(turn: Turn, asked: str) -> Elder | Reply:
    hits = lookup.find(turn.session, turn.staff, asked, turn.today)
    return hits[0] if len(hits) == 1 else pick_elder(turn, "/assign", 0, hits, asked)


def _one(free: list[Staff], named: str) -> Staff:
    found = [one for one in free if named.upper() == one.code]
    found = found or [one for one in free if named in one.name]
    if len(found) == 1:
        return found[0]
    raise Unclear(
        _("There is no one liaison called “%(asked)s” there today. Please tap, or write the code.")
        % {"asked": named[:20]}
    )


def _list(turn: Turn, alone: list[Elder]) -> Reply:
    if not alone:
        text = _("🟢 Everybody is looked after by somebody who is there.")
        ways = _("To change who looks after somebody write: assign NAME")
        whole = (Button(_("Hand over a list"), "/handover"),)
        return Reply(f"{text}\n{ways}", (whole,))
    rows = [(Button(turn.label(one), f"/assign {one.code}"),) for one in alone[:SHOWN]]
    text = _("Nobody looks after these today. For whom will you find somebody?")
    rest = len(alone) - SHOWN
    return Reply(f"{text}\n{more(rest)}" if rest > 0 else text, tuple(rows))


# Somebody nobody looks after


def _ask_for_now(turn: Turn, elder: Elder, free: list[Staff]) -> Reply:
    if not free:
        return Reply(_("No liaison of your branch is there today. Please ask the next office up."))
    text = _("Who looks after %(who)s? %(why)s Tap, or write: assign %(code)s NAME")
    gaps = {"who": turn.label(elder), "why": _why(turn, elder), "code": elder.code}
    return Reply(text % gaps, _offers(turn, free, f"/assign {elder.code}"))


def _offers(turn: Turn, free: list[Staff], command: str) -> Rows:
    """With how many each of them has already."""
    sizes = caseload.sizes(turn.session, free[:OFFERED], turn.today)
    buttons = [
        Button(
            _("%(name)s (%(count)d)") % {"name": one.name, "count": sizes.get(one.id, 0)},
            f"{command} {one.code}",
        )
        for one in free[:OFFERED]
    ]
    return form.in_rows(buttons, 2)


def _why(turn: Turn, elder: Elder) -> str:
    liaisons = leaves.liaisons_of(turn.session, elder, turn.today)
    leave = leaves.running_or_coming(turn.session, liaisons[0], turn.today) if liaisons else None
    if leave is None:
        return _("There is no liaison.")
    text = _("%(name)s is on leave until %(last)s.")
    return text % {"name": liaisons[0].name, "last": day(leave.until_on)}


def _entrust(turn: Turn, elder: Elder, to: Staff) -> list[Reply]:
    with steering(turn, "assign") as step:
        last = leaves.entrust(turn.session, elder, to, turn.today)
        step.about = _("%(who)s to %(name)s") % {"who": turn.hidden_label(elder), "name": to.name}
        step.note(f"{elder.code} {COVER if last else PRIMARY}", "-", to.code, elder)
        told = tell_moves(turn, step, [caseload.Move(elder, PRIMARY, None, to)])
    text = _("✅ %(name)s looks after %(who)s from today on.")
    if last:
        text = _("✅ %(name)s looks after %(who)s until %(last)s; then it goes back by itself.")
    gaps = {"name": to.name, "who": turn.label(elder), "last": day(last) if last else ""}
    left = len(leaves.left_alone(turn.session, turn.staff, turn.today))
    on = [Button(_("Next (%(count)d left)") % {"count": left}, "/assign")] if left else []
    return [Reply(text % gaps, ((*on, step.undo),)), *told]


# Somebody who has a liaison: another one, or another backup


def _ask(turn: Turn, elder: Elder, free: list[Staff], role: str) -> Reply:
    now = caseload.people_of(turn.session, elder, turn.today)
    others = [one for one in free if one.id not in {s.id for s in now[role]}]
    lines = [
        turn.label(elder),
        _("Liaison: %(names)s") % {"names": _names(now[PRIMARY])},
        _("Backup: %(names)s") % {"names": _names(now[BACKUP])},
    ]
    if role == BACKUP:
        lines.append(_("Who shall be backup? In brackets: how many each has already."))
        return Reply("\n".join(lines), _offers(turn, others, f"/assign {elder.code} backup"))
    lines.append(_("Who shall look after them? In brackets: how many each has already."))
    backup = (Button(_("Change backup…"), f"/assign {elder.code} backup"),)
    return Reply("\n".join(lines), (*_offers(turn, others, f"/assign {elder.code}"), backup))


def _names(people: list[Staff]) -> str:
    return _(", ").join(one.name for one in people) or _("nobody")


def _hand(turn: Turn, elder: Elder, to: Staff, role: str) -> list[Reply]:
    now = caseload.people_of(turn.session, elder, turn.today)
    if to.id in {one.id for one in now[role]}:
        raise Unclear(_("That is %(name)s already; nothing was changed.") % {"name": to.name})
    if role == BACKUP and to.id in {one.id for one in now[PRIMARY]}:
        raise Unclear(
            _("%(name)s is the liaison already; please choose another backup.") % {"name": to.name}
        )
    with steering(turn, "assign") as step:
        moves = caseload.hand(turn.session, [elder], to, turn.today, role)
        _describe(turn, step, elder, to, role)
        step.moved(moves)
        told = tell_moves(turn, step, moves)
    old = _names(now[role])
    text = _("✅ %(who)s: liaison %(old)s → %(new)s, from today on.")
    if role == BACKUP:
        text = _("✅ %(who)s: backup %(old)s → %(new)s, from today on.")
    backup = Button(_("Change backup…"), f"/assign {elder.code} backup")
    rows = ((step.undo,) if role == BACKUP else (step.undo, backup),)
    return [Reply(text % {"who": turn.label(elder), "old": old, "new": to.name}, rows), *told]


def _describe(turn: Turn, step: Steering, elder: Elder, to: Staff, role: str) -> None:
    text = _("%(who)s to %(name)s as backup") if role == BACKUP else _("%(who)s to %(name)s")
    step.about = text % {"who": who(turn, [elder]), "name": to.name}
