"""Which room is whose: a room with the bot and one person is that person's chat.

The address of a chat is the person's own (`@name:server`), so that it outlives any room; a room
with more people is addressed by itself (`!room:server`).
"""

import asyncio
from collections.abc import Iterator
from contextlib import suppress

import structlog
from nio import MatrixRoom, RoomPreset

from bot.transports import Gone, Later, Refused
from bot.transports.matrix_client import Client, Forbidden, checked

ENCRYPTION = {
    "type": "m.room.encryption",
    "state_key": "",
    "content": {"algorithm": "m.megolm.v1.aes-sha2"},
}
APPEARS = 10.0  # seconds a new room may take to come down the stream
IN_THREAD = 60.0  # seconds after which what comes is no answer to what was said in a thread
FOLLOWED = 60.0  # seconds a person has to move on after a room was upgraded
log = structlog.get_logger()


class Rooms:
    """`last` is the room in which each person wrote last: it is where answers go."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.last: dict[str, str] = {}
        self.changed: dict[str, str] = {}  # of `last`, not stored yet
        self.coming: dict[str, str] = {}  # rooms just joined, and who invited
        self._threads: dict[str, tuple[str, float]] = {}  # room -> thread, until when
        self._ours: set[str] = set()
        self._left_behind: dict[str, float] = {}  # person -> until when a new room is waited for
        self._arrived = asyncio.Condition()

    # --- who is where

    def partner(self, room_id: str) -> str:
        """The one other person in a room; empty where there are more, or nobody, or where those
        of an earlier room are still to come."""
        room = self.client.rooms.get(room_id)
        others = self._others(room) if room else []
        return others[0] if len(others) == 1 and not self.before(room_id) else ""

    def before(self, room_id: str) -> str:
        """The room with more people whose place this one takes, if any."""
        rooms = self.client.rooms.items()
        fitting = (old for old, room in rooms if room.replacement_room == room_id
                   and len(self._others(room)) > 1)  # fmt: skip
        return next(fitting, "")

    def _others(self, room: MatrixRoom) -> list[str]:
        return [user for user in room.users if user != self.client.user_id]

    def chat(self, room_id: str) -> str:
        """The address of the chat this room belongs to."""
        return self.partner(room_id) or room_id

    def used(self, room_id: str, thread: str = "") -> None:
        """Somebody wrote there, perhaps in a thread."""
        self._threads.pop(room_id, None)
        if thread:
            self._threads[room_id] = thread, asyncio.get_running_loop().time() + IN_THREAD
        person = self.partner(room_id)
        if person and self.last.get(person) != room_id:
            self.last[person] = self.changed[person] = room_id

    def thread(self, room_id: str) -> str:
        """The one an answer belongs to: in it clients show nothing of the room."""
        thread, until = self._threads.get(room_id, ("", 0.0))
        return thread if until > asyncio.get_running_loop().time() else ""

    def has(self, person: str) -> bool:
        return any(True for _room in self._with(person))

    def _with(self, person: str) -> Iterator[str]:
        """Rooms in use with nobody but this person, the one used last first."""
        last = self.last.get(person, "")
        fitting = [
            room_id
            for room_id, room in self.client.rooms.items()
            if not room.replacement_room and self._others(room) == [person]
        ]
        return iter(sorted(fitting, key=lambda room_id: room_id != last))

    # --- where to write

    async def room_for(self, address: str) -> str:
        """Raises Gone, Later, Forbidden or what the network raises."""
        if address.startswith("!"):
            if address not in self.client.rooms:
                raise Gone("left")
            return address
        found = next(self._with(address), "")
        return found or await self._open(address)

    async def _open(self, person: str) -> str:
        """A new direct room, encrypted; the person is invited."""
        left_behind = self._left_behind.get(person, 0.0) > asyncio.get_running_loop().time()
        if left_behind or person in self.coming.values():
            raise Later(1.0)
        made = checked(
            await self.client.room_create(
                is_direct=True,
                preset=RoomPreset.trusted_private_chat,
                invite=[person],
                initial_state=[ENCRYPTION],
            )
        )
        log.info("matrix_room_opened")
        room_id: str = made.room_id
        self._ours.add(room_id)
        async with asyncio.timeout(APPEARS), self._arrived:
            await self._arrived.wait_for(lambda: self.partner(room_id) == person)
        self.last[person] = self.changed[person] = room_id
        return room_id

    async def arrived(self) -> None:
        """What came down the stream is known now."""
        self.coming = {r: person for r, person in self.coming.items() if not self.partner(r)}
        async with self._arrived:
            self._arrived.notify_all()

    def opened_by_us(self, room_id: str) -> bool:
        return room_id in self._ours

    # --- coming and going

    async def join(self, room_id: str) -> bool:
        """False where nobody is left who could let the bot in, or where there is no such room."""
        try:
            checked(await self.client.join(room_id))
        except (Forbidden, Refused):
            return False
        return True

    async def refuse(self, room_id: str) -> None:
        with suppress(Forbidden, Refused):  # out of it already
            checked(await self.client.room_leave(room_id))
        self.client.invited_rooms.pop(room_id, None)
        log.info("matrix_invitation_refused")

    def gone(self, room_id: str) -> str:
        """The bot is no longer in this room; the address of the chat that ends with it, if any."""
        address = self.chat(room_id)
        self.client.rooms.pop(room_id, None)
        self.client.invited_rooms.pop(room_id, None)
        return "" if address.startswith("@") and self.has(address) else address

    async def follow(self, room_id: str, replacement: str) -> None:
        """Into the room that takes this one's place; without an invitation yet it is waited
        for, and nobody is troubled with another room meanwhile."""
        person = self.partner(room_id)
        if person:
            until = asyncio.get_running_loop().time() + FOLLOWED
            self._left_behind[person] = until
        await self.join(replacement)
