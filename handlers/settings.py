"""A person's own settings: for now the language."""

from handlers.talk import Button, Reply
from handlers.turn import Turn
from locales import LANGUAGES, speaking
from locales import gettext as _

NAMES = {"zh_CN": "中文", "en": "English"}


def settings_command(turn: Turn, rest: str) -> list[Reply]:
    """/settings — the language; /settings en."""
    if rest in LANGUAGES:
        turn.staff.locale = rest
        with speaking(rest):
            return [Reply(_("From now on I write English."), ((Button(_("Help"), "/help"),),))]
    row = tuple(Button(NAMES[code], f"/settings {code}") for code in LANGUAGES)
    return [Reply(_("Which language?"), (row,))]
