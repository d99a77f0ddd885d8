"""Choices as numbered lines for networks without buttons, and what a number written there means.

A label that begins with a keycap brings its own number along; the others are counted through.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import count

from handlers.questions import plain, tidy
from handlers.talk import Incoming
from handlers.turn import Newcomer, Turn, Unclear
from locales import gettext as _
from models.draft import OpenDraft
from models.mailbox import Menu, last_menu, menu_tried, menu_under

Rows = Sequence[Sequence[Sequence[str]]]
CAP = "\ufe0f\u20e3"
CAPPED = re.compile(r"^(\d)\ufe0f?\u20e3 (.*)$")
OUTSIDE = ("tel:", "https:", "http:")
SHORT_WAYS = (".<", ".p", ".x")  # of a form: a step back, later, throw away
SHORT_CUT = ".k:"
COMMANDS = re.compile(r"(?<![\w/:.])/(?=[a-z]{2,}\b)")


def cap(number: str) -> str:
    """3️⃣; from ten on 11."""
    if number == "10":
        return "🔟"
    return number + CAP if len(number) == 1 else f"{number}."


def numbered(rows: Rows) -> Iterator[tuple[str, str, str]]:
    """Number, label and code of each choice; no number where the words have to do: addresses,
    and the ways out of a question that is answered in words."""
    buttons = [(label, code) for row in rows for label, code in row]
    own = [found[1] for label, _code in buttons if (found := CAPPED.match(label))]
    free = (str(number) for number in count(1) if str(number) not in own)
    in_words = all(code.startswith("f.") and code.endswith(SHORT_WAYS) for _l, code in buttons)
    for label, code in buttons:
        found = CAPPED.match(label)
        if found:
            yield found[1], found[2], code
        elif in_words or code.startswith(OUTSIDE):
            yield "", label, code
        else:
            yield next(free), label, code


def as_lines(rows: Rows) -> list[str]:
    """One line for each row of buttons."""
    choices, lines = numbered(rows), list[str]()
    for row in rows:
        shown = [_choice(*next(choices)) for _button in row]
        lines.append("\u3000".join(shown))
    return lines


def _choice(number: str, label: str, code: str) -> str:
    if number:
        return f"{cap(number)} {label}"
    if code.startswith("tel:"):
        return f"{label} {code.removeprefix('tel:')}"
    return f"{label} {code}" if code.startswith(OUTSIDE) else f"〔{label}〕"


def with_exclamation(text: str) -> str:
    """Clients of such networks keep lines that begin with a stroke to themselves: !quit."""
    return COMMANDS.sub("!", text)


def chosen(rows: Rows, text: str) -> str:
    """The code of the choice with this number, these words, or the only one that begins with
    them; empty when there is none."""
    word = tidy(text.replace(CAP[0], "").replace(CAP[1], "").replace("🔟", "10")).lower()
    choices = [one for one in numbered(rows) if not one[2].startswith(OUTSIDE)]
    for number, label, code in choices:
        if word and word in (number, plain(label)):
            return code
    begun = [code for _number, label, code in choices if plain(label).startswith(word)]
    return begun[0] if len(word) > 1 and len(begun) == 1 else ""


def as_pressed(turn: Turn) -> Incoming:
    """What was said, a number or a label as the press of its button. Raises Unclear where it
    could mean two things."""
    said = turn.said
    if said.choice or not said.text or said.attachments:
        return said
    draft, replied = turn.open_draft(), _replied(turn)
    menu = replied or _last(turn, draft)
    code = chosen(menu.rows, said.text) if menu else ""
    if not code or menu is None:
        return said
    if draft and not replied and menu.kind and menu.card != draft.tag:
        raise Unclear(
            _(
                "Another message has come in between. Answer the card below with a number, or "
                "reply to that message itself."
            )
        )
    return said._replace(text="", choice=code)


def _replied(turn: Turn) -> Menu | None:
    """What was shown just before a crash is not known by its id yet: it is the one of which is
    not known how its sending went."""
    if not turn.said.card:
        return None
    known = menu_under(turn.session, turn.chat.id, turn.said.card)
    return known or menu_tried(turn.session, turn.chat.id)


def _last(turn: Turn, draft: OpenDraft | None) -> Menu | None:
    """The last one shown, in a dialogue also one of this moment."""
    if turn.menu is not None:
        return turn.menu
    return last_menu(turn.session, turn.chat.id, turn.now if draft else turn.sent_at)


def strangers_press(turn: Newcomer) -> Incoming:
    """The same for somebody unknown, who can only be answering the bot's last question."""
    menu = turn.menu or last_menu(turn.session, turn.chat.id, turn.now)
    code = chosen(menu.rows, turn.said.text) if menu else ""
    return turn.said._replace(text="", choice=code) if code else turn.said


def likely(rows: Rows) -> list[str]:
    """The keycaps worth offering as a tap on a form's card: its first choice, and a short cut."""
    choices = [(number, code) for number, _label, code in numbered(rows) if number]
    of_form = [(number, code) for number, code in choices if code.startswith("f.")]
    quick = [number for number, code in of_form if SHORT_CUT in code]
    first = [number for number, _code in of_form[:1]]
    return [cap(number) for number in dict.fromkeys(first + quick)]
