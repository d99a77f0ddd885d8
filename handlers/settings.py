"""A person's own settings: language, hour of the digest, network of what comes unasked."""

import re

from sqlmodel import select

from handlers.talk import Button, Reply, Rows
from handlers.turn import Turn, Unclear
from locales import LANGUAGES, speaking
from locales import gettext as _
from locales import mark as N_
from models.staff import COORDINATOR, LIAISON, Chat

NAMES = {"zh_CN": "中文", "en": "English"}
HOURS = ("07:30", "08:00", "08:30", "09:00")
NETWORKS = {"telegram": "Telegram", "matrix": "Matrix", "web": N_("Chat page")}
TO = "to "
EARLIEST, LATEST = 7 * 60 + 30, 17 * 60  # minutes after midnight; outside the quiet hours


def settings_command(turn: Turn, rest: str) -> list[Reply]:
    """/settings — all of them; /settings en; /settings 08:30; /settings to matrix."""
    if rest in LANGUAGES:
        turn.staff.locale = rest
        with speaking(rest):
            return [Reply(_("From now on I write English."), ((Button(_("Help"), "/help"),),))]
    if rest.startswith(TO):
        return [_set_network(turn, rest.removeprefix(TO))]
    if rest:
        return [_set_hour(turn, rest)]
    languages = tuple(Button(NAMES[code], f"/settings {code}") for code in LANGUAGES)
    if turn.staff.role not in (LIAISON, COORDINATOR):
        return [Reply(_("Which language?"), (languages, *_networks(turn)))]
    hours = tuple(Button(hour, f"/settings {hour}") for hour in HOURS)
    text = _("Which language? When shall the morning digest come?")
    return [Reply(text, (languages, hours, *_networks(turn)))]


def _networks(turn: Turn) -> Rows:
    """Where messages go that nobody asked for; for those who are on several networks."""
    mine = _joined(turn)
    if len(mine) < 2:
        return ()
    last = Button(_("Where I wrote last"), f"/settings {TO}last")
    return tuple(Button(_network(name), f"/settings {TO}{name}") for name in mine), (last,)


def _joined(turn: Turn) -> list[str]:
    mine = select(Chat.network).where(Chat.staff_id == turn.staff.id, Chat.private).distinct()
    return sorted(turn.session.exec(mine))


def _network(name: str) -> str:
    return _(NETWORKS[name]) if name in NETWORKS else name


def _set_network(turn: Turn, name: str) -> Reply:
    if name == "last":
        turn.staff.network = ""
        return Reply(_("Messages you did not ask for come where you wrote last."))
    if name not in _joined(turn):
        raise Unclear(_("You have not joined there yet."))
    turn.staff.network = name
    text = _("Messages you did not ask for come to %(network)s from now on.")
    return Reply(text % {"network": _network(name)})


def _set_hour(turn: Turn, text: str) -> Reply:
    found = re.fullmatch(r"(\d{1,2})[:：点](\d{2})?", text.strip())
    minutes = int(found[1]) * 60 + int(found[2] or 0) if found and int(found[2] or 0) < 60 else -1
    if not EARLIEST <= minutes <= LATEST:
        raise Unclear(_("Please write an hour from 07:30 to 17:00, such as 08:30."))
    turn.staff.digest_at = minutes
    clock = f"{minutes // 60:02}:{minutes % 60:02}"
    return Reply(_("The morning digest comes at %(clock)s from now on.") % {"clock": clock})
