"""Shows a parcel in a Matrix room: numbered lines, cards changed in place, files, taps."""

import asyncio
import html
import io
import mimetypes
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

from bot.transports import Later, Parcel, Refused
from bot.transports.matrix_client import Client, Forbidden, checked
from bot.transports.pieces import pieces
from handlers.lines import as_lines, likely, with_exclamation

TEXT_LIMIT = 6000  # an event holds 65 kB; in one edit a text stands four times
REMEMBERED = 5000  # messages with taps; and messages of which the room is known
TAPS_AFTER = 0.1  # seconds, in which the homeserver shows the card itself
TAPS_REST = 600.0  # seconds without taps after the homeserver asked for a rest
APART = "\u00a0\u00a0 "  # between two choices: of a wide blank, some clients keep a narrow one
Content = dict[str, Any]


class Messages:
    def __init__(self, client: Client) -> None:
        self.client = client
        self._tapped: dict[str, dict[str, str]] = {}  # key to event: our taps under a message
        self._places: dict[str, str] = {}  # message to room, of those that can be changed there
        self._no_taps_until = 0.0

    async def send(
        self,
        room_id: str,
        parcel: Parcel,
        later: Callable[[Awaitable[object]], None],
        thread: str = "",
    ) -> str:
        """`later` takes what need not be waited for. The same key is shown once."""
        if self._is_encrypted(room_id):
            await self.client.know_devices()
        if await self._may_be_edited(room_id, parcel):
            await self._put(room_id, edited(message(parcel), parcel.edit), parcel.key)
            native_id = parcel.edit
        else:
            native_id = await self._send_anew(room_id, parcel, in_thread(thread))
            self._stands(native_id, room_id)
        later(self._offer_taps(room_id, native_id, parcel))
        return native_id

    async def _may_be_edited(self, room_id: str, parcel: Parcel) -> bool:
        """The person may have gone on in another room, or have taken the message away: then
        nobody would see the change. The homeserver is asked about what it showed for another
        process of the bot."""
        if not parcel.edit or parcel.file_data is not None or len(parcel.text) > TEXT_LIMIT:
            return False
        if parcel.edit not in self._places:
            found = await self.client.shown(room_id, parcel.edit)
            if found is None or "redacted_because" in found.get("unsigned", {}):
                return False
            self._stands(parcel.edit, room_id)
        return self._places[parcel.edit] == room_id

    def _stands(self, native_id: str, room_id: str) -> None:
        self._places[native_id] = room_id
        if len(self._places) > REMEMBERED:
            del self._places[next(iter(self._places))]

    def removed(self, native_id: str) -> None:
        """Somebody took this message away."""
        self._places.pop(native_id, None)
        self._tapped.pop(native_id, None)

    async def _send_anew(self, room_id: str, parcel: Parcel, where: Content) -> str:
        if parcel.file_data is not None:
            return await self._send_file(room_id, parcel, parcel.file_data, where)
        *first, last = pieces(parcel.text, TEXT_LIMIT)
        for number, text in enumerate(first):
            await self._put(room_id, message(Parcel("", text)) | where, f"{parcel.key}.{number}")
        return await self._put(room_id, message(parcel, last) | where, parcel.key)

    async def _put(self, room_id: str, content: Content, key: str) -> str:
        answer = await self.client.room_send(
            room_id, "m.room.message", content, key or None, ignore_unverified_devices=True
        )
        return str(checked(answer).event_id)

    def _is_encrypted(self, room_id: str) -> bool:
        room = self.client.rooms.get(room_id)
        return bool(room and room.encrypted)

    async def _send_file(self, room_id: str, parcel: Parcel, data: bytes, where: Content) -> str:
        mime = mimetypes.guess_type(parcel.file_name)[0] or "application/octet-stream"
        answer, keys = await self.client.upload(
            lambda *_retries: io.BytesIO(data),
            content_type=mime,
            filename=None if self._is_encrypted(room_id) else parcel.file_name,
            encrypt=self._is_encrypted(room_id),
            filesize=len(data),
        )
        place = checked(answer).content_uri
        content = message(parcel) if parcel.text or parcel.rows else {"body": parcel.file_name}
        content |= {
            "msgtype": "m.image" if mime.startswith("image/") else "m.file",
            "filename": parcel.file_name,
            "info": {"mimetype": mime, "size": len(data)},
        }
        content |= {"file": {**keys, "url": place}} if keys else {"url": place}
        return await self._put(room_id, content | where, parcel.key)

    # --- taps

    async def _offer_taps(self, room_id: str, native_id: str, parcel: Parcel) -> None:
        """Reactions a person only has to touch, under a card that asks something. Those of its
        last question go: who touches one would choose what nobody meant, or nothing."""
        wanted = likely(parcel.rows)
        await asyncio.sleep(TAPS_AFTER)
        known = self._tapped.get(native_id, {})
        for key in known.keys() - set(wanted):
            await self.release(room_id, known.pop(key))
        now = asyncio.get_running_loop().time()
        for key in (key for key in wanted if key not in known):
            if now < self._no_taps_until:
                return
            try:
                tap = await self._react(room_id, native_id, key, parcel.key)
            except Refused:  # it stands there since before a restart
                continue
            except Later:  # messages need the homeserver's patience more than these do
                self._no_taps_until = now + TAPS_REST
                return
            self._remember(native_id, key, tap)

    async def _react(self, room_id: str, native_id: str, key: str, once: str) -> str:
        relates = {"rel_type": "m.annotation", "event_id": native_id, "key": key}
        answer = await self.client.room_send(
            room_id,
            "m.reaction",
            {"m.relates_to": relates},
            f"{native_id}.{key}.{once}",
            ignore_unverified_devices=True,
        )
        return str(checked(answer).event_id)

    def _remember(self, native_id: str, key: str, tap: str) -> None:
        self._tapped.setdefault(native_id, {})[key] = tap
        if len(self._tapped) > REMEMBERED:
            del self._tapped[next(iter(self._tapped))]

    async def release(self, room_id: str, reaction: str) -> None:
        """Takes a tap back. A person's, so that the same one can be made again on that card."""
        with suppress(Forbidden):  # not ours to take back in this room: it stays
            checked(await self.client.room_redact(room_id, reaction, tx_id=f"release.{reaction}"))


def message(parcel: Parcel, text: str | None = None) -> Content:
    """A text with its choices below, plain and as HTML."""
    said = with_exclamation(parcel.text if text is None else text)
    lines = as_lines(parcel.rows)
    return {
        "msgtype": "m.text",
        "body": "\n".join([said, *([""] if lines else []), *lines]),
        "format": "org.matrix.custom.html",
        "formatted_body": as_html(said, lines),
        "m.mentions": {},
    }


def as_html(text: str, lines: list[str]) -> str:
    """The first of several lines is the headline."""
    first, *rest = html.escape(text, quote=False).split("\n")
    head = f"<b>{first}</b>" if rest or lines else first
    below = [html.escape(line, quote=False).replace("\u3000", APART) for line in lines]
    return "<br>".join([head, *rest]) + ("<br><br>" if below else "") + "<br>".join(below)


def in_thread(root: str) -> Content:
    """What a message needs to stand in the thread below another one."""
    if not root:
        return {}
    answers = {"is_falling_back": True, "m.in_reply_to": {"event_id": root}}
    return {"m.relates_to": {"rel_type": "m.thread", "event_id": root} | answers}


def edited(content: Mapping[str, Any], native_id: str) -> Content:
    """A message in place of an earlier one; who cannot show that sees a star in front."""
    return {
        **content,
        "body": f"* {content['body']}",
        "formatted_body": f"* {content['formatted_body']}",
        "m.new_content": dict(content),
        "m.relates_to": {"rel_type": "m.replace", "event_id": native_id},
    }
