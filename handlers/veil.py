"""Names inside what somebody wrote, masked where a network may not show them in full."""

from collections.abc import Collection
from dataclasses import replace

from handlers.talk import Button, Reply
from models.elder import masked


def veil(text: str, names: Collection[str]) -> str:
    for name in names:
        text = text.replace(name, masked(name))
    return text


def veiled(reply: Reply, names: Collection[str]) -> Reply:
    """Masks these names also in a note, or in what is asked back. Codes too: a command finds a
    masked name as well."""
    said = [reply.text, reply.toast]
    for row in reply.rows:
        for button in row:
            said += (button.label, button.code)
    whole = "\n".join(said)  # looked through once: seldom is any name in it
    if not any(name in whole for name in names):
        return reply
    rows = tuple(
        tuple(Button(veil(button.label, names), veil(button.code, names)) for button in row)
        for row in reply.rows
    )
    return replace(reply, text=veil(reply.text, names), rows=rows, toast=veil(reply.toast, names))
