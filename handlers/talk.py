"""What passes between a network and the handlers: plain frozen data, nothing of either side."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file a person sent. `problem` is set, and `data` empty, when it could not be fetched:
    "too_large" or "unavailable"."""

    name: str
    mime: str
    data: bytes
    problem: str = ""


class Incoming(NamedTuple):
    """One event of a network. `key` is the network's own id of the event, unique within it.

    `text` is what was typed, `choice` the code of the button that was pressed (never both).
    `card` is the native id of the message that carried the button, or is replied to. `sent_at`
    is the sender's time in UTC as the network tells it. `private` is false in a room with more
    people, where `sender` is the address of whoever speaks. `problem` tells why there is nothing
    to read: "undecryptable", "edited", "removed" or "verification".
    """

    network: str
    chat: str
    key: str
    text: str = ""
    choice: str = ""
    card: str = ""
    press: str = ""  # what the network wants answered at once after a press
    attachments: tuple[Attachment, ...] = ()
    sent_at: datetime | None = None
    private: bool = True
    language: str = ""  # the client's language, e.g. "zh-hans"; used only for strangers
    sender: str = ""
    problem: str = ""


class Button(NamedTuple):
    """`code` comes back as `Incoming.choice`: a command ("/visit E0012"), an answer of a form,
    or, with "tel:" or "https:" in front, something the client opens by itself."""

    label: str
    code: str


Rows = tuple[tuple[Button, ...], ...]
MOST_BYTES = 64  # of a button's code, on the strictest network


def fitting(code: str, shorter: str) -> str:
    """The code, where a button can hold it; else the shorter one."""
    return code if len(code.encode()) <= MOST_BYTES else shorter


@dataclass(frozen=True, slots=True)
class Reply:
    """One message to say. Without `to` it goes to the chat that wrote.

    `card` names a message shown again and again (a form's draft): where it was shown before
    it is edited, if the press came from it, or else sent anew and the old one taken away.
    `toast` is the short word shown over the button that was pressed, where a network can.
    """

    text: str = ""
    rows: Rows = ()
    card: str = ""
    toast: str = ""
    to: UUID | None = None  # chat id
    lane: int = 0
    file_name: str = ""
    file_data: bytes | None = None
