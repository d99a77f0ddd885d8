"""matrix-nio's client as this house needs it: an own login, answers that raise, a safe key store.

What nio does with keys during one sync is one transaction of its store: a crash in the middle
would leave an Olm message used up and its room key unwritten.
"""

import asyncio
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import structlog
from aiohttp import ClientError
from nio import AsyncClient, AsyncClientConfig, ErrorResponse, Response, SyncResponse
from nio.crypto import Olm
from nio.events import ForwardedRoomKeyEvent, MegolmEvent
from nio.exceptions import LocalProtocolError
from nio.store import SqliteStore

from bot.matrix_device import KEYS, grouped, read_login, write_login
from bot.transports import Down, Later, Refused
from bot.transports.matrix_trust import vouch

DEVICE_NAME = "liaison-bot"
UNTOLD = 5.0  # seconds: what Synapse permits if nobody changes it is one message in so many
SILENT = logging.CRITICAL + 1
SIGNED_OUT = ("M_UNKNOWN_TOKEN", "M_MISSING_TOKEN", "M_USER_DEACTIVATED")
NETWORK_PROBLEMS = (ClientError, TimeoutError, asyncio.TimeoutError, OSError, LocalProtocolError)
T = TypeVar("T", bound=Response)
log = structlog.get_logger()


class SignedOut(Exception):
    """The homeserver does not know our token any more."""


class Forbidden(Exception):
    """The homeserver does not let us do that: not in the room, banned, no such account."""


def checked(answer: T | ErrorResponse | Any) -> Any:
    """The answer, if it is one. Raises SignedOut, Forbidden, Later, Refused or Down."""
    if not isinstance(answer, ErrorResponse):
        return answer
    status = getattr(answer.transport_response, "status", 0)
    if answer.status_code in SIGNED_OUT:
        raise SignedOut
    if answer.status_code == "M_LIMIT_EXCEEDED" or status == 429:
        raise Later(rest(answer.retry_after_ms))
    if answer.status_code in ("M_FORBIDDEN", "M_NOT_FOUND", "M_BAD_STATE", "M_USER_LEFT"):
        raise Forbidden(answer.status_code)
    if 400 <= status < 500 and answer.status_code:
        raise Refused(str(answer.status_code))
    raise Down


def rest(told: int | None) -> float:
    """Seconds, of the milliseconds that the homeserver may have told. Synapse leaves out what is
    not a whole one: a zero is the shortest rest, not none told."""
    return UNTOLD if told is None else max(1, told) / 1000


class Ring(Olm):  # type: ignore[misc]  # nio is not typed
    """Also takes a room key that was asked for from the very device that made it: nio would take
    it from another device of the bot's own only, and there is none."""

    def _should_accept_forward(
        self, sender: str, sender_key: str, event: ForwardedRoomKeyEvent
    ) -> bool:
        request = self.outgoing_key_requests.get(event.session_id)
        if request is None or request.room_id != event.room_id:
            return False
        content = event.source.get("content", {})
        return bool(content.get("sender_key") == sender_key)


class Sharing(AsyncClient):  # type: ignore[misc]  # nio is not typed
    """nio takes a room key for shared although it could not be sent, and after a failure on the
    way keeps everybody waiting for ever: here it is sent again with the next message."""

    olm: Any

    async def share_group_session(
        self, room_id: str, ignore_unverified_devices: bool = False
    ) -> Response:
        """Raises Down when a device did not get it."""
        try:
            answer = await super().share_group_session(room_id, ignore_unverified_devices)
        finally:
            unfinished = self.sharing_session.pop(room_id, None)
            if unfinished:
                unfinished.set()
        session = self.olm.outbound_group_sessions[room_id]
        reached = session.users_shared_with | session.users_ignored
        if not set(self._devices_in(room_id)) <= reached:
            session.shared = False
            raise Down
        return answer

    def _devices_in(self, room_id: str) -> Iterator[tuple[str, str]]:
        """Those that can be sent a key at all."""
        for user in self.rooms[room_id].users:
            for device in self.olm.device_store.active_user_devices(user):
                if self.olm.session_store.get(device.curve25519):
                    yield user, device.id


class Client(Sharing):
    """`folder` holds the device: its keys and its login."""

    store: Any

    def __init__(self, homeserver: str, user: str, folder: Path) -> None:
        config = AsyncClientConfig(
            store_name=KEYS,
            max_limit_exceeded=0,
            max_timeouts=0,
            request_timeout=30,
        )
        super().__init__(homeserver, user, store_path=str(folder), config=config)
        self.folder, self.store, self.olm = folder, None, None
        self._password, self._is_vouched_for = "", False
        logging.getLogger("nio").setLevel(SILENT)  # it logs ids of people and rooms

    @property
    def fingerprint(self) -> str:
        """The device's key as clients show it, in groups of four."""
        key = self.olm.account.identity_keys["ed25519"] if self.olm else ""
        return grouped(key)

    @property
    def server(self) -> str:
        return str(self.user_id).partition(":")[2]

    def load_store(self) -> None:
        if self.store:
            return
        name, place = self.config.store_name, self.store_path
        self.store = SqliteStore(self.user_id, self.device_id, place, self.config.pickle_key, name)
        (self.folder / KEYS).chmod(0o600)
        self.olm = Ring(self.user_id, self.device_id, self.store)
        self.encrypted_rooms = self.store.load_encrypted_rooms()

    async def _handle_sync(self, response: SyncResponse) -> None:
        if self.store is None or self.olm is None:
            await super()._handle_sync(response)
            return
        with self.store.database.atomic():
            await super()._handle_sync(response)
        for room_id in response.rooms.join:  # each sync tells of all members: nio would ask again
            self.rooms[room_id].members_synced = True
        if response.device_key_count.signed_curve25519 == 0:  # nio takes a zero for not told
            self.olm.uploaded_key_count = 0

    # --- login

    async def sign_in(self, password: str) -> None:
        """With the kept device and token, else by password. Raises Forbidden."""
        self._password = password
        kept = read_login(self.folder)
        if kept and kept.get("access_token"):
            self.restore_login(kept["user_id"], kept["device_id"], kept["access_token"])
            return
        self.device_id = kept["device_id"] if kept else ""
        await self.sign_in_anew(password)

    async def sign_in_anew(self, password: str) -> None:
        """By password, as the same device if there is one. Its keys are published again: with
        the token the homeserver may have forgotten the device."""
        checked(await self.login(password, device_name=DEVICE_NAME))
        if self.olm is not None:
            self.olm.account.shared = False
        self._is_vouched_for = False
        write_login(
            self.folder,
            {
                "user_id": self.user_id,
                "device_id": str(self.device_id),
                "access_token": self.access_token,
                "fingerprint": self.fingerprint,
            },
        )
        log.info("matrix_signed_in", device=self.device_id)

    # --- keys

    async def tend_keys(self) -> None:
        """What a client must do between two syncs: publish own keys, fetch those of others, send
        what waits for single devices."""
        if self.should_upload_keys:
            checked(await self.keys_upload())
        if not self._is_vouched_for:
            await vouch(self, self._password)
            self._is_vouched_for = True
        await self.know_devices()
        if self.should_claim_keys:
            checked(await self.keys_claim(self.get_users_for_key_claiming()))
        for answer in await self.send_to_device_messages():
            checked(answer)

    async def ask(self, path: str, body: Any) -> tuple[int, dict[str, Any]]:
        """What nio has no words for: status and answer of a post."""
        headers = {
            "Authorization": f"Bearer {self.access_token}",
            "Content-Type": "application/json",
        }
        answer = await self.send(
            "POST", f"/_matrix/client/v3{path}", json.dumps(body), headers, timeout=30
        )
        try:
            return answer.status, dict(await answer.json())
        except ValueError:
            raise Down from None

    async def shown(self, room_id: str, event_id: str) -> dict[str, Any] | None:
        """An event as it stands in this room now; None where it does not."""
        try:
            found = checked(await self.room_get_event(room_id, event_id))
        except (Forbidden, Refused):
            return None
        return dict(found.event.source)

    async def know_devices(self) -> None:
        if self.should_query_keys:
            checked(await self.keys_query())

    def ask_for_key(self, event: MegolmEvent) -> None:
        """Of the device that wrote an event which cannot be read; once for each key."""
        asked = {getattr(one, "session_id", "") for one in self.outgoing_to_device_messages}
        if self.olm and event.session_id not in {*asked, *self.olm.outgoing_key_requests}:
            message = event.as_key_request(
                event.sender, str(self.device_id), event.session_id, event.device_id
            )
            self.olm.outgoing_to_device_messages.append(message)
