"""A person's own settings: the language, and the hour of the morning digest."""

import re

from handlers.talk import Button, Reply
from handlers.turn import Turn, Unclear
from locales import LANGUAGES, speaking
from locales import gettext as _
from models.staff import COORDINATOR, LIAISON

NAMES = {"zh_CN": "中文", "en": "English"}
HOURS = ("07:30", "08:00", "08:30", "09:00")
EARLIEST, LATEST = 7 * 60 + 30, 17 * 60  # minutes after midnight; outside the quiet hours


def settings_command(turn: Turn, rest: str) -> list[Reply]:
    """/settings — language and hour; /settings en; /settings 08:30."""
    if rest in LANGUAGES:
        turn.staff.locale = rest
        with speaking(rest):
            return [Reply(_("From now on I write English."), ((Button(_("Help"), "/help"),),))]
    if rest:
        return [_set_hour(turn, rest)]
    languages = tuple(Button(NAMES[code], f"/settings {code}") for code in LANGUAGES)
    if turn.staff.role not in (LIAISON, COORDINATOR):
        return [Reply(_("Which language?"), (languages,))]
    hours = tuple(Button(hour, f"/settings {hour}") for hour in HOURS)
    return [Reply(_("Which language? When shall the morning digest come?"), (languages, hours))]


def _set_hour(turn: Turn, text: str) -> Reply:
    found = re.fullmatch(r"(\d{1,2})[:：点](\d{2})?", text.strip())
    minutes = int(found[1]) * 60 + int(found[2] or 0) if found and int(found[2] or 0) < 60 else -1
    if not EARLIEST <= minutes <= LATEST:
        raise Unclear(_("Please write an hour from 07:30 to 17:00, such as 08:30."))
    turn.staff.digest_at = minutes
    clock = f"{minutes // 60:02}:{minutes % 60:02}"
    return Reply(_("The morning digest comes at %(clock)s from now on.") % {"clock": clock})
