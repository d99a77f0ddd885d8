"""What a message will surely ask of the database, so that a batch can ask for all at once."""

from collections.abc import Iterable

from handlers.form import SUBMIT
from handlers.talk import Incoming
from handlers.visit import FORM_NAME
from models.draft import OpenDraft
from models.foreseen import Foreseen
from models.staff import Staff

OPENS = "/visit "


def foresee(said: Incoming, staff: Staff, drafts: Iterable[OpenDraft]) -> Foreseen | None:
    """None for all but the two messages that ask most: opening a card by its button (or by
    code), and submitting it."""
    words = said.choice or said.text
    if words.startswith(OPENS):
        return Foreseen(staff.id, words.removeprefix(OPENS).strip().upper(), submits=False)
    tag, code = _form_press(words)
    if code != SUBMIT:
        return None
    draft = next((one for one in drafts if one.tag == tag and one.form == FORM_NAME), None)
    return Foreseen(staff.id, draft.subject, submits=True) if draft else None


def only_answers(said: Incoming) -> bool:
    """A tap that answers a question changes the draft and nothing else."""
    return _form_press(said.choice)[1].startswith("a:")


def _form_press(words: str) -> tuple[str, str]:
    """Tag and code of a form's button; empty for anything else."""
    kind, tag, _rev, code = (*words.split(".", 3), "", "", "")[:4]
    return (tag, code) if kind == "f" else ("", "")
