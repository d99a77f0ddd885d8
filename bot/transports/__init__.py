"""What every network must offer, and the words in which it says how a sending went."""

from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from handlers.talk import Incoming

if TYPE_CHECKING:
    from bot.receive import Received


@dataclass(frozen=True, slots=True)
class Parcel:
    """One thing to show in one chat.

    `rows` are buttons as (label, code). `edit` is the native id of a message to change in
    place; where that is impossible it is sent anew. `remove` is an older message of the same
    card, to be taken away after sending as far as that goes. `key` is the same when the same
    parcel is sent again: a network that can recognise it shows it once.
    """

    address: str
    text: str
    rows: tuple[tuple[tuple[str, str], ...], ...] = ()
    edit: str = ""
    remove: str = ""
    file_name: str = ""
    file_data: bytes | None = None
    key: str = ""


class Later(Exception):
    """This chat takes nothing now; `seconds` is what the network asked for, 0 if nothing."""

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class Down(Later):
    """The network itself did not answer, or answered with an error of its own."""


class Gone(Exception):
    """This chat cannot be reached until the person comes back."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Refused(Exception):
    """This message can never be sent."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Receive(Protocol):
    """Stores what people said, and with it `cursors`: the network's place in its stream."""

    def __call__(
        self, batch: list[Incoming], cursors: Mapping[str, Any] = ..., /
    ) -> Awaitable["Received"]: ...


class Transport(Protocol):
    """One network. Nothing is confirmed to it before `receive` has returned."""

    network: str  # "telegram" | "matrix" | "web"

    async def run(self, receive: Receive) -> None:
        """Listens until cancelled."""

    async def send(self, parcel: Parcel) -> str:
        """Gives the network's own id of the message; raises Later, Down, Gone or Refused."""

    async def close(self) -> None: ...
