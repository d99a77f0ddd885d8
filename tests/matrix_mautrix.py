"""A person on Matrix with a client on mautrix and libolm, which shares no code with matrix-nio:
what both can read is no mistake of one library."""

import asyncio
from typing import Any

import aiohttp
from mautrix.api import HTTPAPI
from mautrix.client import Client
from mautrix.client.encryption_manager import DecryptionDispatcher
from mautrix.client.state_store import MemoryStateStore
from mautrix.crypto import OlmMachine
from mautrix.crypto.attachments import decrypt_attachment, encrypt_attachment
from mautrix.crypto.store import MemoryCryptoStore
from mautrix.errors import DecryptionError, MatrixConnectionError
from mautrix.types import (
    CrossSigningUsage,
    EncryptedEvent,
    EventType,
    SigningKey,
    TOFUSigningKey,
    UserID,
)

from tests.matrix_people import Content, Phone, Shown


class Memory(MemoryStateStore):
    """With the one question more that mautrix's crypto asks."""

    async def find_shared_rooms(self, user_id: str) -> list[str]:
        return [room for room, members in self.members.items() if user_id in members]


class Keys(MemoryCryptoStore):
    """Takes a signing key a second time: there mautrix would change a tuple in place."""

    async def put_cross_signing_key(
        self, user_id: UserID, usage: CrossSigningUsage, key: SigningKey
    ) -> None:
        known = self._cross_signing_keys.setdefault(user_id, {})
        first = known[usage].first if usage in known else key
        known[usage] = TOFUSigningKey(key=key, first=first)


class MautrixPhone(Phone):
    away = (*Phone.away, MatrixConnectionError)

    async def _begin(self) -> None:
        self.session = aiohttp.ClientSession()
        api = HTTPAPI(
            self.server.url, self.token, client_session=self.session, default_retry_count=0
        )
        store, crypto = Memory(), Keys(self.user, "a-pickle-key")
        self.mautrix = Client(self.user, self.device, api=api, state_store=store, sync_store=crypto)
        machine = OlmMachine(self.mautrix, crypto, store)
        await machine.load()
        self.mautrix.crypto = machine
        self.mautrix.remove_dispatcher(DecryptionDispatcher)  # each event is read once, in order
        await machine.share_keys()

    async def _end(self) -> None:
        await self.session.close()

    async def _look(self, since: str, timeout: int) -> str:
        data = await self.mautrix.sync(since or None, timeout)
        await asyncio.gather(*self.mautrix.handle_sync(data))
        rooms = data.get("rooms", {})
        for room, invited in rooms.get("invite", {}).items():
            self.invites[room] = next(
                e["sender"]
                for e in invited["invite_state"]["events"]
                if e.get("state_key") == self.user
            )
            self._news.set()
        for room, joined in rooms.get("join", {}).items():
            state = joined.get("state", {}).get("events", [])
            for event in [*state, *joined["timeline"]["events"]]:
                await self._read(room, event | {"room_id": room})
        return str(data["next_batch"])

    async def _read(self, room: str, event: dict[str, Any]) -> None:
        if event["type"] != "m.room.encrypted" or "ciphertext" not in event["content"]:
            return self._take(room, event)
        encrypted = EncryptedEvent.deserialize(event)
        assert self.mautrix.crypto
        session = encrypted.content.session_id
        if not await self.mautrix.crypto.crypto_store.has_group_session(room, session):
            await self.mautrix.crypto.wait_for_session(room, session, 0.5)
        try:
            decrypted = await self.mautrix.crypto.decrypt_megolm_event(encrypted)
        except DecryptionError:
            return self._take(room, event)
        return self._take(room, decrypted.serialize(), True)

    async def _send(self, room: str, kind: str, content: Content, number: str) -> str:
        sent = self.mautrix.send_message_event(room, EventType.find(kind), content, txn_id=number)
        return str(await sent)

    async def _upload(self, data: bytes, name: str, mime: str, secret: bool) -> dict[str, Any]:
        if not secret:
            return {"url": await self.mautrix.upload_media(data, mime, name)}
        ciphered, keys = encrypt_attachment(data)
        keys.url = await self.mautrix.upload_media(ciphered, "application/octet-stream")
        return {"file": keys.serialize()}

    async def file(self, shown: Shown) -> bytes:
        where = shown.content.get("file")
        data = await self.mautrix.download_media((where or shown.content)["url"])
        if not where:
            return data
        return decrypt_attachment(data, where["key"]["k"], where["hashes"]["sha256"], where["iv"])
