"""What coordinators do about staff: invite, revoke, confirm that an elder has died or moved."""

from sqlmodel import col, delete

from handlers.documents.qr import qr_png
from handlers.join import ROLE_NAMES
from handlers.talk import Button, Reply
from handlers.turn import Turn, day
from locales import gettext as _
from locales import ngettext
from models import lookup, people
from models.audit import Audit
from models.draft import Draft
from models.elder import DECEASED, MOVED
from models.staff import COORDINATOR, Staff

ENDED = {"deceased": DECEASED, "moved": MOVED}


def invite_command(turn: Turn, rest: str) -> list[Reply]:
    """/invite NAME — a one-time code, good for 24 hours, as code, link and picture."""
    staff = _whom(turn, rest, "/invite")
    if isinstance(staff, Reply):
        return [staff]
    code = people.invite(turn.session, staff, turn.staff, turn.now)
    _audit(turn, staff, "invite")
    return [Reply(invitation_text(turn, staff, code)), *_pictures(turn, staff, code)]


def invitation_text(turn: Turn, staff: Staff, code: str) -> str:
    lines = [
        _("Invitation for %(name)s (%(role)s), once, valid 24 hours:")
        % {"name": staff.name, "role": _(ROLE_NAMES[staff.role])},
        pretty(code),
        *(link.format(code=code) for link in turn.office.links.values()),
        _("Give it to that person only. They send the code to the bot, or open the link."),
    ]
    return "\n".join(lines)


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


def _audit(turn: Turn, staff: Staff, action: str) -> None:
    turn.session.add(Audit(at=turn.now, staff_id=turn.staff.id, action=action, detail=staff.code))


def revoke_command(turn: Turn, rest: str) -> list[Reply]:
    """/revoke NAME — lost phone or leaving: every chat of this person is let go at once."""
    sure, name = rest.endswith(" yes"), rest.removesuffix(" yes")
    staff = _whom(turn, name, "/revoke")
    if isinstance(staff, Reply):
        return [staff]
    if staff.id == turn.staff.id:
        return [Reply(_("That is yourself. To leave from this chat, send /quit."))]
    if not sure:
        text = _("Shut %(who)s out on all networks? A new invitation lets them in again.")
        rows = ((Button(_("Yes, shut out"), f"/revoke {staff.code} yes"),),)
        return [Reply(text % {"who": staff_label(staff)}, rows)]
    count = people.revoke(turn.session, staff, turn.now)
    _audit(turn, staff, "revoke")
    text = ngettext(
        "%(who)s is shut out (%(count)d chat).", "%(who)s is shut out (%(count)d chats).", count
    )
    again = Button(_("Invite again"), f"/invite {staff.code}")
    return [Reply(text % {"who": staff_label(staff), "count": count}, ((again,),))]


def ended_command(turn: Turn, rest: str) -> list[Reply]:
    """/ended CODE deceased|moved — confirmed by a coordinator; the elder leaves every list."""
    code, _gap, what = rest.partition(" ")
    what, _gap, sure = what.partition(" ")
    elder = lookup.by_code(turn.session, turn.staff, code, turn.today)
    if elder is None or what not in ENDED or turn.staff.role != COORDINATOR:
        return [Reply(_("Please use the button of the report, or ask for help with /help."))]
    if sure != "yes":
        return [_ask_ended(turn, turn.label(elder), code, what)]
    attempts = lookup.last_visits(turn.session, elder.id, 5)
    reported = next((v.visited_on for v in attempts if v.outcome == what), turn.today)
    elder.state, elder.ended_on = ENDED[what], reported
    turn.session.exec(delete(Draft).where(col(Draft.subject) == elder.code))
    turn.session.add(Audit(at=turn.now, staff_id=turn.staff.id, elder_id=elder.id, action=what))
    text = _("%(who)s is off every list since %(day)s. The records stay.")
    return [Reply(text % {"who": turn.label(elder), "day": day(reported)})]


def _ask_ended(turn: Turn, who: str, code: str, what: str) -> Reply:
    text = _("Has %(who)s died? All visits and greetings stop with this.")
    if what == "moved":
        text = _("Has %(who)s moved away for good? All visits stop with this.")
    rows = (
        (Button(_("Yes, confirmed"), f"/ended {code} {what} yes"),),
        (Button(_("Not yet"), "/help"),),
    )
    return Reply(text % {"who": who}, rows)


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
