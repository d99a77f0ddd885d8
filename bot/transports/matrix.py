"""Matrix through matrix-nio: an own sync loop, encrypted or plain rooms, numbered choices.

1. A sync brings what happened since the token that was stored last.
2. nio opens what is encrypted; gaps are filled by paging back.
3. What people said is stored in one transaction with the new token.
Whatever fails on the way, the next sync begins at the stored token again.
"""

import asyncio
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import structlog
from nio import SyncResponse
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from bot.config import WrongSettings
from bot.matrix_device import DEVICE, PUT_BACK
from bot.pacing import MATRIX, backoff
from bot.transports import Down, Gone, Later, Parcel, Receive, Refused
from bot.transports.matrix_client import (
    NETWORK_PROBLEMS,
    SILENT,
    Client,
    Forbidden,
    SignedOut,
    checked,
)
from bot.transports.matrix_memory import NETWORK, ROOM, SINCE, Memory
from bot.transports.matrix_messages import TAPS_AFTER, Messages
from bot.transports.matrix_rooms import Rooms
from bot.transports.matrix_stream import Brought, Stream
from handlers.talk import Incoming
from locales import gettext as _
from locales import mark as N_

POLL_MS = 25_000
PORTION = 200  # messages in one transaction
READY = 15.0  # seconds a message waits for the first sync
TOKEN_KEPT = 60.0  # seconds after which a token is stored that brought nothing
ANSWERS = 0.25  # seconds the next sync waits at most for an answer to go out
RELEASED = 2.0  # seconds a tap stays at most while its answer is not shown
SECONDS = timedelta(seconds=2)
PLACE = re.compile(r"s(\d+)(?=_)")
STARTING, LISTENING, UNREACHABLE = "starting", "listening", "unreachable"
REJECTED = N_(
    "The homeserver does not accept LIAISON_MATRIX_USER with LIAISON_MATRIX_PASSWORD: look at both."
)
TRYING = "The bot tries again by itself; look whether LIAISON_MATRIX_HOMESERVER is right and runs."
KEYS_LOST = N_(
    "The keys of the bot's device on Matrix are gone, so it has become another one. If there is a "
    "backup, stop the bot and restore it; if not, ask people to send again what it cannot read."
)
WENT_BACK = N_(
    "The homeserver was put back to an earlier state. The bot goes on from there; everything "
    "recorded stays recorded. Whoever misses an answer writes once more."
)
STATE = ["m.room.create", "m.room.encryption", "m.room.member", "m.room.tombstone"]
NOTHING: dict[str, Any] = {"types": []}
FILTER = {
    "presence": NOTHING,
    "account_data": NOTHING,
    "room": {
        "timeline": {"limit": 100},
        "state": {"types": STATE},
        "ephemeral": NOTHING,
        "account_data": NOTHING,
    },
}
log = structlog.get_logger()
Reach = Callable[[str, str, str], Awaitable[None]]


class Matrix:
    """`status` is for health checks: starting, listening or unreachable. `reach` is told
    (network, address, why) when a person leaves or, with an empty `why`, comes back; `move`
    (network, old, new) when a room with more people goes on under another address."""

    network = NETWORK

    def __init__(
        self,
        engine: Engine,
        homeserver: str,
        user: str,
        password: str,
        folder: Path,
        *,
        clock: Callable[[], datetime],
        picture_limit: int = 10_000_000,
        reach: Reach | None = None,
        move: Reach | None = None,
    ) -> None:
        self.reach, self.move, self.clock = reach, move, clock
        self.status = STARTING
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.client = Client(homeserver, user, folder)
        self._password = password
        self._memory = Memory(engine)
        self._rooms = Rooms(self.client)
        self._messages = Messages(self.client)
        self._stream = Stream(self.client, self._rooms, self._memory, picture_limit)
        self._token = self._was = ""
        self._stored_at = 0.0
        self._ready, self._answered = asyncio.Event(), asyncio.Event()
        self._answered.set()
        self._tending: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        for name in ("aiohttp", "peewee"):
            logging.getLogger(name).setLevel(SILENT)

    async def run(self, receive: Receive) -> None:
        """Raises WrongSettings when the homeserver does not accept the account."""
        await self._until_it_works(self._remember)
        await self._until_it_works(self._sign_in)
        await self._until_it_works(lambda: self._turn(receive, first=True))
        self._ready.set()
        self._listening()
        while True:
            await self._until_it_works(lambda: self._turn(receive))

    async def close(self) -> None:
        waiting = {*self._tasks, *([self._tending] if self._tending else [])}
        if waiting:
            await asyncio.wait(waiting, timeout=2)
        await self.client.close()
        if self.client.store:
            self.client.store.database.close()

    async def _remember(self) -> None:
        kept = await self._memory.cursors()
        self._token = str(kept.get(SINCE) or "")
        self._was = str((kept.get(DEVICE) or {}).get("device_id", ""))
        self._rooms.last = {
            name.removeprefix(ROOM): str(room)
            for name, room in kept.items()
            if name.startswith(ROOM)
        }

    async def _sign_in(self) -> None:
        try:
            await self.client.sign_in(self._password)
        except Forbidden:
            raise WrongSettings([_(REJECTED)]) from None
        if self._was not in ("", self.client.device_id):
            log.warning("matrix_keys_lost", device=self._was, advice=_(KEYS_LOST))

    async def _sign_in_anew(self) -> None:
        try:
            await self.client.sign_in_anew(self._password)
        except Forbidden:
            raise WrongSettings([_(REJECTED)]) from None

    async def _until_it_works(self, step: Callable[[], Awaitable[None]]) -> None:
        """Repeats a step, with growing pauses, until it worked once."""
        failures = 0
        while True:
            try:
                await step()
                return self._listening()
            except SignedOut:
                self.client.access_token = ""
                await self._until_it_works(self._sign_in_anew)
            except (*NETWORK_PROBLEMS, Later, Refused, Forbidden, SQLAlchemyError) as problem:
                failures += 1
                self._trouble(problem)
                await asyncio.sleep(
                    getattr(problem, "seconds", 0) or backoff(failures, MATRIX.patience)
                )

    def _trouble(self, problem: Exception) -> None:
        """One line when the state changes, not one for each attempt."""
        if self.status != UNREACHABLE:
            log.warning("matrix_unreachable", problem=type(problem).__name__, do=TRYING)
        self.status = UNREACHABLE

    def _listening(self) -> None:
        if self.status != LISTENING and self._ready.is_set():
            device, key = self.client.device_id, self.client.fingerprint
            log.info("matrix_listening", device=device, key=key)
            self.status = LISTENING

    # --- listening

    async def _turn(self, receive: Receive, *, first: bool = False) -> None:
        """One sync, stored. nio would pass over an answer it thinks it has seen."""
        asked = self.clock()
        response = await self._sync(first)
        anew = went_back(self._token, response.next_batch)
        if anew:
            log.warning("matrix_server_went_back", advice=_(WENT_BACK))
            response = await self._sync(first, anew)
        await self._rooms.arrived()
        told = getattr(response.transport_response, "headers", {}).get("Date", "")
        skew = behind(told, asked, self.clock())
        brought = await self._stream.take(response, self._token, self.clock(), skew, anew)
        put_back = {PUT_BACK: asked.isoformat()} if anew else {}
        await self._store(brought, response.next_batch, receive, put_back)
        self._tend()
        await self._answers_first()

    async def _sync(self, first: bool, anew: bool = False) -> SyncResponse:
        self.client.next_batch = ""
        return checked(
            await self.client.sync(
                timeout=0 if first or anew else POLL_MS,
                sync_filter=FILTER,
                since=None if anew else self._token or None,
                full_state=first or anew,
            )
        )

    async def _store(
        self, brought: Brought, token: str, receive: Receive, more: dict[str, Any]
    ) -> None:
        """In portions, the token with the last. Chats that sent pictures are stored second:
        nobody else waits for a download."""
        await self._note_reached(brought)
        waiting = {said.chat for said, _picture in brought.slow}
        batch = [said for said in brought.said if said.chat not in waiting]
        if brought.slow:
            await self._hand_on(batch, receive, {})
            batch = in_order(brought, await self._stream.with_pictures(brought.slow))
        cursors = self._cursors(token, bool(batch or more)) | more
        await self._hand_on(batch, receive, cursors)
        self._kept(cursors)
        self._token = token
        for message in brought.removed:
            self._messages.removed(message)
        for room_id, reaction in brought.taps:
            self._later(self._release(room_id, reaction))

    def _cursors(self, token: str, certainly: bool) -> dict[str, Any]:
        """What to keep. A token that brought nothing is worth a write only now and then."""
        now = asyncio.get_running_loop().time()
        moved = {ROOM + person: room for person, room in self._rooms.changed.items()}
        if not (certainly or moved or not self._token or now > self._stored_at + TOKEN_KEPT):
            return {}
        device = {"device_id": self.client.device_id, "fingerprint": self.client.fingerprint}
        is_new = self._was != self.client.device_id
        return {SINCE: token, **({DEVICE: device} if is_new else {}), **moved}

    def _kept(self, cursors: Mapping[str, Any]) -> None:
        """These are stored now, and need not be again."""
        if not cursors:
            return
        self._stored_at = asyncio.get_running_loop().time()
        self._was = str(self.client.device_id)
        for name, room in cursors.items():
            person = name.removeprefix(ROOM)
            if self._rooms.changed.get(person) == room:
                del self._rooms.changed[person]

    async def _hand_on(
        self, batch: list[Incoming], receive: Receive, cursors: dict[str, Any]
    ) -> None:
        if batch:
            self._answered.clear()
        for start in range(0, len(batch) - PORTION, PORTION):
            await self._receive(receive, batch[start : start + PORTION], {})
        last = batch[(len(batch) - 1) // PORTION * PORTION :] if batch else []
        if last or cursors:
            await self._receive(receive, last, cursors)

    async def _receive(
        self, receive: Receive, batch: list[Incoming], cursors: dict[str, Any]
    ) -> None:
        try:
            await receive(batch, cursors)
        except Exception as problem:  # of whatever stores it: asked for again
            log.error("matrix_not_stored", events=len(batch), problem=type(problem).__name__)
            raise Down from None

    async def _answers_first(self, seconds: float = ANSWERS) -> None:
        """A homeserver does one thing at a time: asked for more at once, it would let the person
        wait who has just written."""
        with suppress(TimeoutError):  # not every message has an answer
            async with asyncio.timeout(seconds):
                await self._answered.wait()

    async def _note_reached(self, brought: Brought) -> None:
        for old, new in brought.moved:
            if self.move:
                await self.move(self.network, old, new)
        for address, why in brought.reached:
            if self.reach:
                await self.reach(self.network, address, why)

    # --- on the side

    def _tend(self) -> None:
        if self._tending is None or self._tending.done():
            self._tending = asyncio.create_task(self._quietly(self.client.tend_keys()))

    def _later(self, work: Awaitable[object]) -> None:
        """Does something nice to have: on the side, and its failure does not matter."""
        task = asyncio.create_task(self._quietly(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _release(self, room_id: str, reaction: str) -> None:
        """After the answer: there are clients that draw a changed card in an encrypted room only
        when something else comes."""
        await self._answers_first(RELEASED)
        await asyncio.sleep(TAPS_AFTER)
        await self._messages.release(room_id, reaction)

    async def _quietly(self, work: Awaitable[object]) -> None:
        try:
            await work
        except (*NETWORK_PROBLEMS, Later, Refused, Forbidden, SignedOut) as problem:
            log.info("matrix_later_failed", problem=type(problem).__name__)

    # --- sending

    async def send(self, parcel: Parcel) -> str:
        await self._until_ready()
        try:
            room_id = await self._rooms.room_for(parcel.address)
            thread = self._rooms.thread(room_id)
            return await self._messages.send(room_id, parcel, self._later, thread)
        except Forbidden:
            raise Gone("not let in") from None
        except (SignedOut, *NETWORK_PROBLEMS):
            raise Down from None
        finally:
            self._answered.set()

    async def _until_ready(self) -> None:
        try:
            async with asyncio.timeout(READY):
                await self._ready.wait()
        except TimeoutError:
            raise Down from None


def went_back(since: str, now: str) -> bool:
    """Whether the homeserver has forgotten what it told us: its place in the stream is a number
    that only grows. Of a server that counts otherwise nothing is known."""
    before, after = PLACE.match(since), PLACE.match(now)
    return bool(before and after and int(after[1]) < int(before[1]))


def behind(told: str, asked: datetime, answered: datetime) -> timedelta:
    """How far the homeserver's clock is behind ours, from the Date of its answer: between asking
    and answering it is right, and in seconds."""
    try:
        date = parsedate_to_datetime(told)
    except (ValueError, TypeError):
        return timedelta()
    if date < asked - SECONDS:
        return asked - date
    return answered - date if date > answered + SECONDS else timedelta()


def in_order(brought: Brought, fetched: list[Incoming]) -> list[Incoming]:
    """What the chats with pictures said, by the time they said it."""
    chats = {said.chat for said in fetched}
    theirs = [said for said in brought.said if said.chat in chats]
    return sorted(
        [*theirs, *fetched], key=lambda said: said.sent_at.timestamp() if said.sent_at else 0
    )
