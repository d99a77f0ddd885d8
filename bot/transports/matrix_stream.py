"""What one sync brought, turned into what people said and who came or went.

Nothing here is remembered for good: if a step fails, the same sync is asked for again.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from nio import MegolmEvent, MessageDirection, RoomInfo, SyncResponse
from nio.crypto.attachments import decrypt_attachment
from nio.exceptions import EncryptionError

from bot.transports import Down, Later, Refused
from bot.transports.matrix_client import NETWORK_PROBLEMS, Client, Forbidden, checked
from bot.transports.matrix_events import UNREADABLE, Picture, Read, as_id, incoming, read, thread
from bot.transports.matrix_memory import Memory
from bot.transports.matrix_rooms import Rooms
from handlers.talk import Attachment, Incoming

PAGE, PAGES = 100, 200  # of a gap
FETCH_SECONDS = 10.0
log = structlog.get_logger()


@dataclass
class Brought:
    """`slow` waits for its pictures. `reached` are (address, why), an empty why: came back.
    `moved` are rooms that go on elsewhere: (old, new). `taps` are reactions to take back: (room,
    event). `removed` are messages that somebody took away."""

    skew: timedelta
    said: list[Incoming] = field(default_factory=list)
    slow: list[tuple[Incoming, Picture]] = field(default_factory=list)
    reached: list[tuple[str, str]] = field(default_factory=list)
    moved: list[tuple[str, str]] = field(default_factory=list)
    taps: list[tuple[str, str]] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


class Stream:
    def __init__(self, client: Client, rooms: Rooms, memory: Memory, picture_limit: int) -> None:
        self.client, self.rooms, self.memory = client, rooms, memory
        self.picture_limit = picture_limit
        self._fetching = asyncio.Semaphore(8)

    async def take(
        self, response: SyncResponse, since: str, now: datetime, skew: timedelta, anew: bool
    ) -> Brought:
        """Without `since`, the very first time, nothing old is answered. `skew` is what the
        homeserver's clock lacks. With `anew` it began from the beginning again."""
        brought = Brought(skew)
        for room_id in response.rooms.leave:
            await self._gone(room_id, brought)
        for room_id in response.rooms.invite:
            await self._invited(room_id, now, brought)
        for room_id, info in response.rooms.join.items():
            if since:
                await self._room(room_id, info, "" if anew else since, brought)
        return brought

    # --- rooms the bot is in

    async def _room(self, room_id: str, info: RoomInfo, since: str, brought: Brought) -> None:
        events = list(info.timeline.events)
        if not since:
            events = await self._unknown(events)
        elif info.timeline.limited and not self._begin(events):
            events = [*await self._gap(room_id, info.timeline.prev_batch, since), *events]
        for event in events[max(self._begin(events) - 1, 0) :]:
            try:
                await self._event(room_id, event, brought)
            except UNREADABLE as problem:
                log.error("matrix_event_unreadable", problem=type(problem).__name__)

    def _begin(self, events: Sequence[Any]) -> int:
        """The number of the event that let the bot into a room; 0: it was there before."""
        me = self.client.user_id
        places = enumerate(events, start=1)
        return next((place for place, event in places if lets_in(event.source, me)), 0)

    async def _gap(self, room_id: str, start: str | None, since: str) -> list[Any]:
        """Events between the last sync and this one's first, the oldest first."""
        found: list[Any] = []
        for _page in range(PAGES):
            if not start:
                break
            page = checked(
                await self.client.room_messages(
                    room_id, start, since, MessageDirection.back, limit=PAGE
                )
            )
            found += page.chunk
            seen = await self.memory.seen([event.event_id for event in page.chunk])
            if seen or self._begin(page.chunk) or not page.chunk:
                break
            start = page.end
        found.reverse()
        log.info("matrix_gap_filled", events=len(found))
        return found

    async def _unknown(self, events: list[Any]) -> list[Any]:
        """Those after the last one that was handled, or that the bot wrote itself."""
        seen = await self.memory.seen([event.event_id for event in events])
        me = self.client.user_id
        known = [n for n, one in enumerate(events, 1) if one.event_id in seen or one.sender == me]
        return events[max(known, default=0) :]

    async def _event(self, room_id: str, event: Any, brought: Brought) -> None:
        source = event.source
        if source["type"] == "m.room.member":
            return await self._member(room_id, source, brought)
        if source["type"] == "m.room.tombstone":
            return await self.rooms.follow(room_id, str(source["content"]["replacement_room"]))
        if source["sender"] == self.client.user_id or "state_key" in source:
            return None
        if source["type"] == "m.room.redaction":
            return await self._removed(room_id, event, brought)
        found = read(source)
        if isinstance(event, MegolmEvent):
            self.client.ask_for_key(event)
        if found.tap:
            return await self._tap(room_id, event, found, brought)
        if found.said:
            self._said(room_id, event, found, brought)
        return None

    def _said(self, room_id: str, event: Any, found: Read, brought: Brought) -> None:
        self.rooms.used(room_id, thread(event.source))
        said = incoming(event.source, self.rooms.chat(room_id), found, brought.skew)
        if found.picture and said.private:
            brought.slow.append((said, found.picture))
        else:
            brought.said.append(said)

    async def _tap(self, room_id: str, event: Any, found: Read, brought: Brought) -> None:
        """A reaction is a press of the choice it shows; any other one is none of our business."""
        person = self.rooms.partner(room_id)
        if not found.tap or not person:
            return
        code = await self.memory.pressed(person, found.tap.card, found.tap.key)
        if code:
            self.rooms.used(room_id)
            brought.taps.append((room_id, event.event_id))
            said = incoming(event.source, person, found, brought.skew)
            brought.said.append(said._replace(choice=code, card=found.tap.card))

    async def _removed(self, room_id: str, event: Any, brought: Brought) -> None:
        """Who takes back words that were answered has to know that they stay recorded. A press
        may be taken back without a word."""
        source = event.source
        gone = as_id(source.get("redacts") or source["content"]["redacts"])
        brought.removed.append(gone)
        if not await self.memory.seen([gone]):
            return
        left = await self.client.shown(room_id, gone)
        if left and left["type"] != "m.reaction":
            self._said(room_id, event, Read(problem="removed", said=True), brought)

    # --- coming and going

    async def _member(self, room_id: str, source: dict[str, Any], brought: Brought) -> None:
        person, membership = str(source["state_key"]), source["content"].get("membership")
        if person == self.client.user_id:
            self._greet(room_id, source, brought)
        elif membership == "join":
            if self.rooms.partner(room_id) == person:
                brought.reached.append((person, ""))
        elif membership in ("leave", "ban") and not self.rooms.has(person):
            brought.reached.append((person, membership))

    def _greet(self, room_id: str, source: dict[str, Any], brought: Brought) -> None:
        """The bot came into a room: a person's, where it says what can be done there, or one
        with more people, which may go on there from another one."""
        entered = source["content"].get("membership") == "join"
        if not (entered and lets_in(source, str(self.client.user_id))):
            return
        person, before = self.rooms.partner(room_id), self.rooms.before(room_id)
        if before:
            brought.moved.append((before, room_id))
        if not person:
            brought.reached.append((room_id, ""))
        elif not self.rooms.opened_by_us(room_id):
            self.rooms.used(room_id)
            hello = Read(text="!start")
            brought.said.append(incoming(source, person, hello, brought.skew))

    async def _gone(self, room_id: str, brought: Brought) -> None:
        ended = self.rooms.gone(room_id)
        if ended:
            brought.reached.append((ended, "removed"))

    async def _invited(self, room_id: str, now: datetime, brought: Brought) -> None:
        """People of the office may; somebody unknown only from the own server, and while an
        invitation is open."""
        room = self.client.invited_rooms.get(room_id)
        person = str(getattr(room, "inviter", "") or "")
        if not await self._may_invite(person, now) or not await self.rooms.join(room_id):
            await self.rooms.refuse(room_id)
            return
        self.rooms.coming[room_id] = person
        brought.reached.append((person, ""))

    async def _may_invite(self, person: str, now: datetime) -> bool:
        if await self.memory.role(person):
            return True
        ours = person.partition(":")[2] == self.client.server
        return ours and await self.memory.somebody_is_expected(now)

    # --- pictures

    async def with_pictures(self, slow: Sequence[tuple[Incoming, Picture]]) -> list[Incoming]:
        return list(await asyncio.gather(*(self._with_picture(*pair) for pair in slow)))

    async def _with_picture(self, said: Incoming, wanted: Picture) -> Incoming:
        return said._replace(attachments=(await self._fetch(wanted),))

    async def _fetch(self, wanted: Picture) -> Attachment:
        missing = Attachment(wanted.name, wanted.mime, b"", "unavailable")
        if wanted.size > self.picture_limit:
            return replace(missing, problem="too_large")
        try:
            async with self._fetching, asyncio.timeout(FETCH_SECONDS):
                data = bytes(checked(await self.client.download(wanted.url)).body)
            return Attachment(wanted.name, wanted.mime, opened(data, wanted))
        except (*NETWORK_PROBLEMS, Forbidden, Down, Later, Refused, EncryptionError, LookupError):
            return missing


def lets_in(source: Mapping[str, Any], me: str) -> bool:
    """The bot's invitation or entry, not a change of its name."""
    if source.get("type") != "m.room.member" or source.get("state_key") != me:
        return False
    before = (source.get("unsigned") or {}).get("prev_content") or {}
    now = source["content"].get("membership")
    return now == "invite" or now == "join" and before.get("membership") != "join"


def opened(data: bytes, wanted: Picture) -> bytes:
    """Raises EncryptionError or LookupError where the keys do not fit."""
    if not wanted.keys:
        return data
    keys = wanted.keys
    plain: bytes = decrypt_attachment(data, keys["key"]["k"], keys["hashes"]["sha256"], keys["iv"])
    return plain
