"""Shows a parcel in a Telegram chat: plain text, buttons, cards changed in place, files."""

import asyncio
import mimetypes
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.error import BadRequest, RetryAfter

from bot.transports import Gone, Parcel, Refused
from bot.transports.pieces import length, pieces

TEXT_LIMIT, CAPTION_LIMIT = 4096, 1024
LONGEST_REST = 10.0
GONE = ("chat not found", "user is deactivated", "peer_id_invalid", "user not found")
NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class Messages:
    def __init__(self, bot: Bot) -> None:
        self._bot = bot
        self._leaving: set[tuple[str, str]] = set()  # messages that are being taken away

    async def send(self, parcel: Parcel, later: Callable[[Awaitable[object]], None]) -> str:
        """`later` takes what need not be waited for. Raises what python-telegram-bot raises."""
        if parcel.edit and await self._edit(parcel):
            native_id, old = parcel.edit, {parcel.remove}
        else:
            native_id, old = await self._send_anew(parcel), {parcel.edit, parcel.remove}
        for one in old - {"", native_id}:
            self._leaving.add((parcel.address, one))
            later(self._take_away(parcel.address, one))
        return native_id

    async def _edit(self, parcel: Parcel) -> bool:
        """False when the message is gone, on its way out, or can no longer be changed."""
        if parcel.file_data is not None or length(parcel.text) > TEXT_LIMIT:
            return False
        if (parcel.address, parcel.edit) in self._leaving:
            return False
        try:
            await self._bot.edit_message_text(
                parcel.text,
                parcel.address,
                int(parcel.edit),
                reply_markup=keyboard(parcel),
                link_preview_options=preview(parcel.text),
            )
        except BadRequest as problem:
            return "not modified" in problem.message.lower()
        return True

    async def _send_anew(self, parcel: Parcel) -> str:
        if parcel.file_data is None:
            return await self._send_text(parcel)
        if length(parcel.text) > CAPTION_LIMIT:
            await self._send_file(replace(parcel, text="", rows=()))
            return await self._send_text(parcel)
        return await self._send_file(parcel)

    async def _send_text(self, parcel: Parcel) -> str:
        """The buttons stand under the last piece, and its id is the message's."""
        *first, last = pieces(parcel.text, TEXT_LIMIT)
        for number, text in enumerate(first):
            await self._patiently(replace(parcel, text=text, rows=()), after=number > 0)
        return await self._patiently(replace(parcel, text=last), after=bool(first))

    async def _patiently(self, parcel: Parcel, after: bool) -> str:
        """A piece that must wait waits here: sending all again would repeat the pieces before."""
        while True:
            try:
                return await self._send_piece(parcel)
            except RetryAfter as problem:
                if not after or seconds(problem) > LONGEST_REST:
                    raise
                await asyncio.sleep(seconds(problem))

    async def _send_piece(self, parcel: Parcel) -> str:
        sent = await self._bot.send_message(
            parcel.address,
            parcel.text,
            reply_markup=keyboard(parcel),
            link_preview_options=preview(parcel.text),
        )
        return str(sent.message_id)

    async def _send_file(self, parcel: Parcel) -> str:
        """A picture Telegram does not take as a photo (too long, too large) goes as a file."""
        if not (mimetypes.guess_type(parcel.file_name)[0] or "").startswith("image/"):
            return await self._send_document(parcel)
        try:
            sent = await self._bot.send_photo(
                parcel.address,
                parcel.file_data or b"",
                caption=parcel.text or None,
                reply_markup=keyboard(parcel),
                filename=parcel.file_name,
            )
        except BadRequest as problem:
            if isinstance(refusal(problem), Gone):
                raise
            return await self._send_document(parcel)
        return str(sent.message_id)

    async def _send_document(self, parcel: Parcel) -> str:
        sent = await self._bot.send_document(
            parcel.address,
            parcel.file_data or b"",
            caption=parcel.text or None,
            reply_markup=keyboard(parcel),
            filename=parcel.file_name,
        )
        return str(sent.message_id)

    async def _take_away(self, address: str, native_id: str) -> None:
        """A message older than two days cannot be deleted; then at least its buttons go."""
        try:
            await self._bot.delete_message(address, int(native_id))
        except BadRequest:
            await self._bot.edit_message_reply_markup(address, int(native_id), reply_markup=None)
        finally:
            self._leaving.discard((address, native_id))


def preview(text: str) -> LinkPreviewOptions | None:
    """Telegram would fetch an address in the text and show a picture of it."""
    return NO_PREVIEW if "://" in text else None


def keyboard(parcel: Parcel) -> InlineKeyboardMarkup | None:
    """Telegram opens web addresses; it refuses a keyboard with a telephone number in it."""
    rows = [
        [button(label, code) for label, code in row if not code.startswith("tel:")]
        for row in parcel.rows
    ]
    rows = [row for row in rows if row]
    return InlineKeyboardMarkup(rows) if rows else None


def button(label: str, code: str) -> InlineKeyboardButton:
    if code.startswith("https://"):
        return InlineKeyboardButton(label, url=code)
    return InlineKeyboardButton(label, callback_data=code)


def refusal(problem: BadRequest) -> Gone | Refused:
    words = problem.message.lower()
    return Gone("not found") if any(hint in words for hint in GONE) else Refused(problem.message)


def seconds(problem: RetryAfter) -> float:
    asked = problem.retry_after
    return asked.total_seconds() if isinstance(asked, timedelta) else float(asked)
