"""What is no reason where one is asked for before a whole file is opened, handed over or erased."""

from handlers.ask_read import question
from handlers.card import LOOK
from handlers.export_person import EXPORT
from handlers.forget import FORGET
from handlers.questions import Form
from handlers.turn import Turn
from models import lookup

GIVES_A_REASON = (LOOK, EXPORT, FORGET)


def is_no_reason(turn: Turn, shape: Form, word: str) -> bool:
    """A mere name, or a question of the desk: the person has gone on to something else."""
    if shape not in GIVES_A_REASON:
        return False
    found = lookup.find(turn.session, turn.staff, word, turn.today)
    return any(one.name == word for one in found) or question(turn, word).certain
