"""People on Matrix: what they see in their clients, and what they do there."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from itertools import count
from typing import Any, TypeVar
from urllib.parse import quote

import aiohttp
import nio
from nio.crypto.attachments import decrypt_attachment as nio_decrypt
from nio.store.database import SqliteMemoryStore

from bot.transports import Down
from bot.transports.matrix_client import Sharing
from tests.synapse import Synapse

T = TypeVar("T")
PATIENCE = 180.0  # seconds: the machine may be busy
POLL = 30_000  # milliseconds
AGAIN = 0.05  # seconds until a server that is down is asked again
FILTER = {"room": {"timeline": {"limit": 2000}}, "presence": {"types": []}}
MEGOLM = {"algorithm": "m.megolm.v1.aes-sha2"}
NUMBERS = count(1)
Content = dict[str, Any]


class ServerAway(Exception):
    """The server did not answer as a server does."""


@dataclass
class Shown:
    """One message as it stands on the screen now."""

    id: str
    room: str
    sender: str
    content: Content
    at: float
    change: int
    texts: list[str] = field(default_factory=list)  # all that it said, the newest last
    reactions: dict[str, tuple[str, str]] = field(default_factory=dict)  # id to sender and key
    removed: bool = False
    encrypted: bool = False

    @property
    def text(self) -> str:
        return self.texts[-1]

    @property
    def html(self) -> str:
        return str(self.content.get("formatted_body", ""))


class Phone(ABC):
    """One person at one device. What comes is taken by long polls; nobody waits by the clock.

    `account` is somebody's who has one; without it `name` gets one of her own, in which nothing
    of another test stands.
    """

    away: tuple[type[Exception], ...] = (aiohttp.ClientError, TimeoutError, ServerAway, Down)

    def __init__(self, server: Synapse, name: str, account: str = "") -> None:
        self.server, self.name = server, account or f"{name}-{next(NUMBERS)}"
        self.room = ""
        self.screen: dict[str, Shown] = {}
        self.members: dict[str, dict[str, str]] = {}
        self.encrypted: set[str] = set()
        self.invites: dict[str, str] = {}  # room to who invited
        self.unreadable: list[dict[str, Any]] = []
        self.on_shown: Callable[[Shown], None] = lambda _shown: None
        self._changes = self._said = 0
        self._news = asyncio.Event()

    async def __aenter__(self) -> "Phone":
        account = await asyncio.to_thread(self.server.account, self.name)
        self.user, self.token = account["user_id"], account["access_token"]
        self.device = account["device_id"]
        await self._begin()
        since = await self._look("", 0)
        self._task = asyncio.create_task(self._follow(since))
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        await self._end()

    async def _follow(self, since: str) -> None:
        while True:
            try:
                since = await self._look(since, POLL)
            except self.away:
                await asyncio.sleep(AGAIN)

    @abstractmethod
    async def _begin(self) -> None: ...

    @abstractmethod
    async def _end(self) -> None: ...

    @abstractmethod
    async def _look(self, since: str, timeout: int) -> str:
        """One sync: takes in what it brought and gives its token."""

    @abstractmethod
    async def _send(self, room: str, kind: str, content: Content, number: str) -> str: ...

    @abstractmethod
    async def _upload(self, data: bytes, name: str, mime: str, secret: bool) -> dict[str, Any]: ...

    @abstractmethod
    async def file(self, shown: Shown) -> bytes:
        """The picture or document of a message."""

    # --- what the person does

    async def opens_room(self, *others: str, encrypted: bool = True, direct: bool = True) -> str:
        """A new room, to which the others are invited; they need not come."""
        state = {"type": "m.room.encryption", "state_key": "", "content": MEGOLM}
        preset = "trusted_private_chat" if direct else "private_chat"
        wanted = {"preset": preset, "is_direct": direct, "invite": list(others)}
        made = await self.call(
            "POST", "/createRoom", wanted | {"initial_state": [state] * encrypted}
        )
        self.room = str(made["room_id"])
        await self.until(lambda: self.room in self.members)
        return self.room

    async def opens_with(self, bot: str, encrypted: bool = True) -> str:
        """A direct room in which the other one has arrived."""
        room = await self.opens_room(bot, encrypted=encrypted)
        await self.until(lambda: self.members[room].get(bot) == "join")
        return room

    async def joins(self, room: str) -> None:
        await self.call("POST", f"/join/{quote(room)}", {})
        await self.until(lambda: self.user in self.members.get(room, {}))
        self.room = room

    async def leaves(self) -> None:
        await self.call("POST", f"/rooms/{quote(self.room)}/leave", {})

    async def say(self, text: str, **more: Any) -> str:
        return await self.sends("m.room.message", {"msgtype": "m.text", "body": text} | more)

    async def react(self, shown: Shown, key: str) -> str:
        relation = {"rel_type": "m.annotation", "event_id": shown.id, "key": key}
        return await self.sends("m.reaction", {"m.relates_to": relation})

    async def edits(self, event: str, text: str) -> str:
        new = {"msgtype": "m.text", "body": text}
        relation = {"rel_type": "m.replace", "event_id": event}
        return await self.say(f"* {text}", **{"m.new_content": new, "m.relates_to": relation})

    async def photo(
        self, data: bytes, name: str = "photo.jpg", mime: str = "image/jpeg", caption: str = ""
    ) -> str:
        where = await self._upload(data, name, mime, self.room in self.encrypted)
        about = {"filename": name, "info": {"mimetype": mime, "size": len(data)}}
        return await self.sends(
            "m.room.message", {"msgtype": "m.image", "body": caption or name} | about | where
        )

    async def removes(self, event: str) -> None:
        path = f"/rooms/{quote(self.room)}/redact/{quote(event)}/{next(NUMBERS)}"
        await self.call("PUT", path, {})

    async def sends(self, kind: str, content: Content) -> str:
        """Tried until the server has it, as clients do."""
        self._said = self._changes
        number = f"m{next(NUMBERS)}"
        while True:
            try:
                return await self._send(self.room, kind, content, number)
            except self.away:
                await asyncio.sleep(AGAIN)

    async def call(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        return await asyncio.to_thread(self.server.call, self.token, method, path, body)

    # --- what the person sees

    @property
    def others(self) -> list[Shown]:
        """What the others in the room have said and left standing, the oldest first."""
        return [
            one for one in self.screen.values()
            if one.room == self.room and one.sender != self.user and not one.removed
        ]  # fmt: skip

    async def hears(self, expected: str = "", seconds: float = PATIENCE) -> Shown:
        """What was shown, or changed, since the person said something, with these words."""
        return await self.until(lambda: self.heard(expected), seconds)

    def heard(self, expected: str = "") -> Shown | None:
        fresh = (one for one in reversed(self.others) if one.change > self._said)
        return next((one for one in fresh if expected in one.text), None)

    @property
    def said_at(self) -> int:
        """What is shown later than this came after the person's last word."""
        return self._said

    async def talk(self, *lines: tuple[str, str]) -> None:
        for said, expected in lines:
            await self.say(said)
            await self.hears(expected)

    async def until(self, true: Callable[[], T], seconds: float = PATIENCE) -> T:
        try:
            async with asyncio.timeout(seconds):
                while not (found := true()):
                    if self._task.done():
                        self._task.result()
                    self._news.clear()
                    await self._news.wait()
                return found
        except TimeoutError:
            seen = [(one.sender, one.change, one.texts) for one in self.screen.values()]
            raise AssertionError(f"{self.name} sees {seen}, unread {self.unreadable}") from None

    # --- what comes in

    def _take(self, room: str, event: dict[str, Any], secret: bool = False) -> None:
        """One event of a room, as it reads when decrypted."""
        kind, content = event.get("type"), event.get("content") or {}
        self._changes += 1
        if kind == "m.room.member":
            self.members.setdefault(room, {})[event["state_key"]] = content["membership"]
        elif kind == "m.room.encryption":
            self.encrypted.add(room)
        elif kind == "m.room.encrypted":
            self.unreadable.append(event)
        elif kind == "m.room.message":
            self._message(room, event, content, secret)
        elif kind == "m.reaction":
            self._reaction(event, content.get("m.relates_to", {}))
        elif kind == "m.room.redaction":
            self._removal(event.get("redacts") or content.get("redacts"))
        self._news.set()

    def _message(self, room: str, event: dict[str, Any], content: Content, secret: bool) -> None:
        relation = content.get("m.relates_to") or {}
        old = self.screen.get(relation.get("event_id", ""))
        if relation.get("rel_type") == "m.replace" and old and old.sender == event["sender"]:
            old.content, old.change = content["m.new_content"], self._changes
            old.texts.append(old.content["body"])
            self.on_shown(old)
            return
        shown = Shown(
            event["event_id"], room, event["sender"], content, time.monotonic(), self._changes
        )
        shown.texts.append(str(content.get("body", "")))
        shown.encrypted = secret
        self.screen.setdefault(shown.id, shown)
        self.on_shown(shown)

    def _reaction(self, event: dict[str, Any], relation: dict[str, Any]) -> None:
        shown = self.screen.get(relation.get("event_id", ""))
        if shown:
            shown.reactions[event["event_id"]] = (event["sender"], relation["key"])

    def _removal(self, event: str | None) -> None:
        for shown in self.screen.values():
            shown.reactions.pop(event or "", None)
            shown.removed = shown.removed or shown.id == event


class NioPhone(Phone):
    async def _begin(self) -> None:
        settings = nio.AsyncClientConfig(
            store=SqliteMemoryStore, max_timeouts=0, request_timeout=PATIENCE
        )
        self.nio = Sharing(self.server.url, self.user, config=settings)
        self.nio.restore_login(self.user, self.device, self.token)
        self.asked_for: list[str] = []  # room keys, by somebody who cannot read
        await self.nio.keys_upload()

    async def _end(self) -> None:
        await self.nio.close()
        store = self.nio.store
        if store:
            store.database.close()

    async def _look(self, since: str, timeout: int) -> str:
        answer = await self.nio.sync(timeout, FILTER, since or None)
        if not isinstance(answer, nio.SyncResponse):
            raise ServerAway
        requests = (one for one in answer.to_device_events if isinstance(one, nio.RoomKeyRequest))
        self.asked_for += [str(one.session_id) for one in requests]
        await self._housekeeping()
        for room, invited in answer.rooms.invite.items():
            self.invites[room] = next(
                (e.sender for e in invited.invite_state if isinstance(e, nio.InviteMemberEvent)
                 and e.state_key == self.user), "",
            )  # fmt: skip
            self._news.set()
        for room, joined in answer.rooms.join.items():
            for event in [*joined.state, *joined.timeline.events]:
                self._take(room, event.source, bool(getattr(event, "decrypted", False)))
        return str(answer.next_batch)

    async def _housekeeping(self) -> None:
        """What a client owes the others: keys for new sessions, and knowledge of new devices."""
        if self.nio.should_upload_keys:
            await self.nio.keys_upload()
        if self.nio.should_query_keys:
            await self.nio.keys_query()
        if self.nio.should_claim_keys:
            await self.nio.keys_claim(self.nio.get_users_for_key_claiming())
        await self.nio.send_to_device_messages()

    async def _send(self, room: str, kind: str, content: Content, number: str) -> str:
        done = await self.nio.room_send(room, kind, content, number, ignore_unverified_devices=True)
        assert isinstance(done, nio.RoomSendResponse), done
        return str(done.event_id)

    async def _upload(self, data: bytes, name: str, mime: str, secret: bool) -> dict[str, Any]:
        done, keys = await self.nio.upload(
            BytesIO(data), mime, name, encrypt=secret, filesize=len(data)
        )
        assert isinstance(done, nio.UploadResponse), done
        return {"file": {**keys, "url": done.content_uri}} if keys else {"url": done.content_uri}

    async def file(self, shown: Shown) -> bytes:
        where = shown.content.get("file")
        done = await self.nio.download((where or shown.content)["url"])
        assert isinstance(done, nio.MemoryDownloadResponse), done
        if not where:
            return bytes(done.body)
        return nio_decrypt(done.body, where["key"]["k"], where["hashes"]["sha256"], where["iv"])
