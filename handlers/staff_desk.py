"""What coordinators do about staff: invite, revoke, see who cannot be reached."""

from handlers.documents.qr import qr_png
from handlers.join import ROLE_NAMES
from handlers.steering import NONE, steering
from handlers.talk import Button, Reply
from handlers.turn import Turn, day
from locales import gettext as _
from locales import ngettext
from models import leave as leaves
from models import people
from models.staff import Staff

YES, LEFT, BACK = "yes", "left", "back"


def invite_command(turn: Turn, rest: str) -> list[Reply]:
    """/invite NAME — a one-time code, good for 24 hours, as code, link and picture."""
    staff = _whom(turn, rest, "/invite")
    if isinstance(staff, Reply):
        return [staff]
    with steering(turn, "invite") as step:
        code = people.invite(turn.session, staff, turn.staff, turn.now)
        step.about = _("invitation for %(name)s") % {"name": staff.name}
        step.note(staff.code, NONE, "24 h")
    text = invitation_text(turn, staff, code)
    return [Reply(text, ((step.undo,),)), *_pictures(turn, staff, code)]


def invitation_text(turn: Turn, staff: Staff, code: str) -> str:
    lines = [
        _("Invitation for %(name)s (%(role)s), once, valid 24 hours:")
        % {"name": staff.name, "role": _(ROLE_NAMES[staff.role])},
        pretty(code),
        *(link.format(code=code) for link in turn.office.links.values()),
        _how_to_join(turn),
    ]
    return "\n".join(lines)


def _how_to_join(turn: Turn) -> str:
    if turn.office.links:
        return _("Give it to that person only. They send the code to the bot, or open the link.")
    return _("Give it to that person only. They send the code to the bot.")


def pretty(code: str) -> str:
    """ABCDE-FGHJK: easier to read over the telephone."""
    return f"{code[:5]}-{code[5:]}"


def _pictures(turn: Turn, staff: Staff, code: str) -> list[Reply]:
    links = turn.office.links or {"": "{code}"}
    return [
        Reply(
            _("To scan: %(name)s") % {"name": staff.name},
            file_name=f"invitation-{staff.code}.png",
            file_data=qr_png(link.format(code=code)),
        )
        for link in links.values()
    ]


def _whom(turn: Turn, rest: str, command: str) -> Staff | Reply:
    hits = people.colleagues(turn.session, turn.staff, rest)
    if len(hits) == 1 and rest:
        return hits[0]
    if not hits:
        text = _("There is no “%(asked)s” among your staff. Please check the name.")
        return Reply(text % {"asked": rest[:40]}, ((Button(_("Show all"), command),),))
    rows = tuple((Button(staff_label(staff), f"{command} {staff.code}"),) for staff in hits[:10])
    text = _("Whom? Tap, or write the name behind %(command)s.") % {"command": command}
    if len(hits) > len(rows):
        text += "\n" + _("Only the first %(shown)d are shown.") % {"shown": len(rows)}
    return Reply(text, rows)


def staff_label(staff: Staff) -> str:
    return f"{staff.name} {staff.code} {_(ROLE_NAMES[staff.role])}"


def revoke_command(turn: Turn, rest: str) -> list[Reply]:
    """/revoke NAME — lost phone: every chat of this person is let go; or left for good."""
    name, _gap, sure = rest.rpartition(" ")
    if sure == BACK:
        return [_come_back(turn, name)]
    if sure not in (YES, LEFT):
        name, sure = rest, ""
    staff = _whom(turn, name, "/revoke")
    if isinstance(staff, Reply):
        return [staff]
    if staff.id == turn.staff.id:
        return [Reply(_("That is yourself. To leave from this chat, send /quit."))]
    act = {YES: _shut_out, LEFT: _left}.get(sure, _ask_revoke)
    return [act(turn, staff)]


def _ask_revoke(turn: Turn, staff: Staff) -> Reply:
    text = _(
        "Shut %(who)s out on all networks? After a lost phone a new invitation lets them in again; "
        "whoever has left for good is taken off every list."
    )
    rows = (
        (Button(_("Lost the phone"), f"/revoke {staff.code} {YES}"),),
        (Button(_("Left for good"), f"/revoke {staff.code} {LEFT}"),),
    )
    return Reply(text % {"who": staff_label(staff)}, rows)


def _shut_out(turn: Turn, staff: Staff) -> Reply:
    with steering(turn, "revoke") as step:
        count = people.revoke(turn.session, staff, turn.now)
        step.about = _("%(who)s shut out") % {"who": staff_label(staff)}
        step.note(staff.code, count, 0)
    text = ngettext(
        "%(who)s is shut out (%(count)d chat).", "%(who)s is shut out (%(count)d chats).", count
    )
    again = Button(_("Invite again"), f"/invite {staff.code}")
    return Reply(text % {"who": staff_label(staff), "count": count}, ((again, step.undo),))


def _left(turn: Turn, staff: Staff) -> Reply:
    with steering(turn, "left") as step:
        people.leave_for_good(turn.session, staff, turn.today, turn.now)
        step.about = _("%(who)s has left") % {"who": staff_label(staff)}
        step.note(staff.code, NONE, turn.today)
    alone = len(leaves.left_alone(turn.session, turn.staff, turn.today))
    text = ngettext(
        "%(who)s has left: off every list. %(count)d elder has nobody now.",
        "%(who)s has left: off every list. %(count)d elders have nobody now.",
        alone,
    )
    hand = Button(_("Hand over the list"), f"/handover {staff.code}")
    rows = (*(((hand, Button(_("One by one"), "/assign")),) if alone else ()), (step.undo,))
    return Reply(text % {"who": staff_label(staff), "count": alone}, rows)


def _come_back(turn: Turn, code: str) -> Reply:
    with steering(turn, "back") as step:
        staff = people.take_back(turn.session, turn.staff, code)
        if staff is not None:
            step.about = _("%(who)s is back") % {"who": staff_label(staff)}
            step.note(staff.code, "left", "back")
    if staff is None:
        return Reply(_("There is nobody to take back."), ((Button(_("Show all"), "/revoke"),),))
    again = Button(_("Invite again"), f"/invite {staff.code}")
    text = _("✅ %(who)s is on the lists again. A new invitation opens the chat.")
    return Reply(text % {"who": staff_label(staff)}, ((again,),))


def unreachable_command(turn: Turn, rest: str) -> list[Reply]:
    """/unreachable — whose chat the bot cannot reach, since when."""
    rows = people.unreachable(turn.session, turn.staff)
    if not rows:
        return [Reply(_("Everybody can be reached."))]
    lines = [
        _("• %(who)s on %(network)s since %(day)s")
        % {
            "who": staff_label(s),
            "network": c.network,
            "day": day((c.unreachable_at or turn.now).date()),
        }
        for s, c in rows
    ]
    head = _("These people do not get the bot's messages. Please tell them to open the chat again:")
    return [Reply("\n".join([head, *lines]))]
