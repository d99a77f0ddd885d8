"""Joining with a code: the only thing a stranger can do, and it tells a stranger nothing."""

import re

from handlers.lines import strangers_press
from handlers.talk import Button, Reply
from handlers.turn import Newcomer, Turn
from locales import gettext as _
from locales import mark as N_
from models import people
from models.audit import Audit
from models.invitation import ALPHABET, LENGTH, Invitation, tidy_code
from models.org import Unit
from models.staff import Chat, Staff

ROLE_NAMES = {
    "liaison": N_("liaison"),
    "coordinator": N_("coordinator"),
    "duty": N_("duty officer"),
    "leader": N_("leader"),
}
JOIN = re.compile(r"^[/!](?:start|join)(?:@\w+)?\b[\s_]*(.*)$", re.IGNORECASE | re.DOTALL)
UNREAD = {
    "undecryptable": N_(
        "I could not decrypt that message and have asked your phone for the key. Please send it "
        "once more in a minute; if that does not help, log out of the app and in again."
    ),
    "edited": N_("I do not read changed messages. Please send it as a new one."),
    "removed": N_(
        "Deleting a message does not take back what it recorded. If that was wrong, correct it "
        "with /fix."
    ),
    "verification": N_(
        "I cannot compare emojis: please cancel that and just go on. Who looks after the bot can "
        "read you the key of my device."
    ),
}
BARE = re.compile(rf"^[{ALPHABET}]{{{LENGTH}}}$")


def stranger(turn: Newcomer) -> list[Reply]:
    """What somebody unknown gets: the question for a code, or who the code is for."""
    if turn.said.problem:
        return [Reply(_(UNREAD[turn.said.problem]))]
    said = strangers_press(turn) if turn.chat.network in turn.office.lined else turn.said
    code, answer = _code_in(said.choice or said.text)
    if not code:
        return [Reply(_("Hello. Please send your invitation code. Whoever invited you has it."))]
    refusal = _must_wait(turn)
    if refusal:
        return [Reply(refusal)]
    invitation = people.invitation_for(turn.session, code, turn.now)
    if invitation is None:
        people.note_wrong(turn.session, turn.chat, turn.now)
        return [Reply(_("That code is not valid. Please check it, or ask for a new one."))]
    return _answer(turn, invitation, code, answer)


def _code_in(text: str) -> tuple[str, str]:
    """The code and what stands behind it; a bare code may have blanks and dashes in it."""
    called = JOIN.match(text.strip())
    if called:
        code, _gap, answer = called.group(1).partition(" ")
        return tidy_code(code), answer.strip()
    bare = text.strip().upper().replace("-", "").replace(" ", "")
    return (bare, "") if BARE.match(bare) else ("", "")


def _must_wait(turn: Newcomer) -> str:
    wait = turn.chat.wait_until
    if wait and wait > turn.now:
        minutes = int((wait - turn.now).total_seconds() // 60) + 1
        return _("Too many wrong codes. Please try again in %(minutes)d minutes.") % {
            "minutes": minutes
        }
    if people.guessing(turn.session, turn.now):
        return _("Joining is paused for a while. Your code stays valid; please try again later.")
    return ""


def _answer(turn: Newcomer, invitation: Invitation, code: str, answer: str) -> list[Reply]:
    staff = turn.session.get_one(Staff, invitation.staff_id)
    if answer == "yes":
        return welcome(turn, people.join(turn.session, invitation, turn.chat, turn.now))
    if answer == "no":
        invitation.used_at = turn.now
        return [Reply(_("All right. That code no longer works; please ask for one of your own."))]
    return [_is_it_you(turn, staff, code)]


def _is_it_you(turn: Newcomer, staff: Staff, code: str) -> Reply:
    text = _("Hello! This code is for:\n%(name)s · %(place)s %(role)s\nIs that you?") % {
        "name": staff.name,
        "place": _place(turn, staff),
        "role": _(ROLE_NAMES[staff.role]),
    }
    return Reply(
        text,
        (
            (Button(_("Yes, begin"), f"/join {code} yes"),),
            (Button(_("That is not me"), f"/join {code} no"),),
        ),
    )


def _place(turn: Newcomer, staff: Staff) -> str:
    unit = turn.session.get(Unit, staff.unit_id)
    return unit.name if unit else ""


def welcome(turn: Newcomer, staff: Staff) -> list[Reply]:
    """The first screen of somebody who has just joined: one button to begin with."""
    turn.joined = staff
    turn.session.add(Audit(at=turn.now, staff_id=staff.id, action="join", detail=turn.chat.network))
    text = _("Welcome, %(name)s. You are set up.") % {"name": staff.name}
    first = (Button(_("Log a visit"), "/visit"), Button(_("Help"), "/help"))
    return [Reply(text, (first if staff.role == "liaison" else first[1:],))]


def join_again(turn: Turn, rest: str) -> list[Reply]:
    """A code from somebody who has joined already."""
    text = _("You have joined as %(name)s. To change that, send /quit first.")
    return [Reply(text % {"name": turn.staff.name}, ((Button(_("Help"), "/help"),),))]


def quit_command(turn: Turn, rest: str) -> list[Reply]:
    """/quit — this chat is let go; records and drafts stay."""
    if rest != "yes":
        text = _(
            "Leave from this chat? Your records and drafts stay; you need a new code to return."
        )
        rows = ((Button(_("Stay"), "/help"),), (Button(_("Yes, leave"), "/quit yes"),))
        return [Reply(text, rows)]
    turn.session.add(
        Audit(at=turn.now, staff_id=turn.staff.id, action="quit", detail=turn.chat.network)
    )
    turn.chat.staff_id = None
    return [Reply(_("You have left. Goodbye."))]


def refuse_group(chat: Chat) -> list[Reply]:
    """Rooms with more people get one polite sentence, once."""
    if chat.joined_at is not None:
        return []
    return [Reply(_("I can only work in a direct chat. Please write to me there."))]
