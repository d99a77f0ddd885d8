"""Telegram over the Bot API: long polling or a webhook, plain text, buttons, cards, pictures.

Of python-telegram-bot only `Bot` is used. Its `Updater` confirms updates that still wait in
memory; here an update is confirmed by asking for the next one, after it was stored.
"""

import asyncio
import hmac
import logging
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any

import structlog
from telegram import Bot, BotCommand, BotCommandScopeChat
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    RetryAfter,
    TelegramError,
)
from telegram.request import HTTPXRequest

from bot.config import TELEGRAM_API, WrongSettings
from bot.pacing import backoff
from bot.transports import Down, Gone, Later, Parcel, Receive
from bot.transports.telegram_messages import Messages, refusal, seconds
from bot.transports.telegram_updates import UNREADABLE, WANTED, Event, Picture, parsed, read
from handlers.talk import Attachment, Incoming
from locales import LANGUAGES, speaking
from locales import gettext as _
from locales import mark as N_

os.environ.setdefault("PTB_TIMEDELTA", "true")  # else RetryAfter warns of itself when it is made
TOAST_LIMIT = 200
BATCH = 100
POLL_SECONDS = 25
SILENCE = 10.0  # seconds without a byte, beyond those a poll may wait, until a request is given up
FETCH_SECONDS = 10.0
STORE_PAUSE = 1.0
POST_SECONDS = 50.0  # Telegram waits for 60
TOASTS_AT_ONCE = 30
AFTER_THE_POLL = 0.05  # seconds
AFTER_THE_CARD = 0.03  # seconds: what only takes the waiting mark off does not go before the card
STARTING, LISTENING, CONFLICT, UNREACHABLE = "starting", "listening", "conflict", "unreachable"
REJECTED = N_("Telegram does not accept LIAISON_TELEGRAM_TOKEN: copy it again from @BotFather.")
STRANGERS = (("start", N_("Join with an invitation code")), ("help", N_("Help")))
SILENT = logging.CRITICAL + 1
WHAT_TO_DO = {
    CONFLICT: "Another copy runs with this token: stop it, or give one a token of its own.",
    UNREACHABLE: "The bot tries again by itself; LIAISON_TELEGRAM_PROXY sets a proxy.",
}

log = structlog.get_logger()
Reach = Callable[[str, str, str], Awaitable[None]]


class Request(HTTPXRequest):
    """Keeps the updates as they came and shows python-telegram-bot none; never logs an answer
    it cannot read. One for all calls: each would load the certificates again."""

    updates: list[dict[str, Any]]

    def parse_json_payload(self, payload: bytes) -> dict[str, Any]:  # type: ignore[override]  # not static
        try:
            answer: dict[str, Any] = parsed(payload)
            if not {"result", "error_code"} & answer.keys():
                raise ValueError
        except (ValueError, AttributeError):
            raise TelegramError("Invalid server response") from None
        if isinstance(answer.get("result"), list):  # of what is called here only getUpdates
            self.updates, answer["result"] = answer["result"], []
        return answer


class Telegram:
    """`status` is for health checks: starting, listening, conflict (another copy runs) or
    unreachable; `username` is known once it was listening. `reach` is told (network, address,
    why) when a person stops the bot or, with an empty `why`, lets it in again."""

    network = "telegram"

    def __init__(
        self,
        token: str,
        *,
        api: str = TELEGRAM_API,
        proxy: str = "",
        webhook_url: str = "",
        webhook_secret: str = "",
        picture_limit: int = 10_000_000,
        reach: Reach | None = None,
    ) -> None:
        self.webhook_url, self.webhook_secret = webhook_url, webhook_secret
        self.picture_limit = picture_limit
        self.reach = reach
        self.status = STARTING
        self.username = ""
        self._id = token.partition(":")[0]
        self._request = Request(
            128, proxy=proxy or None, connect_timeout=SILENCE, read_timeout=SILENCE
        )
        self._bot = Bot(
            token,
            base_url=api + "/bot",
            base_file_url=api + "/file/bot",
            request=self._request,
            get_updates_request=self._request,
        )
        self._messages = Messages(self._bot)
        self._posted: asyncio.Queue[tuple[dict[str, Any], asyncio.Future[int]]] = asyncio.Queue()
        self._fetching = asyncio.Semaphore(8)
        self._tasks: set[asyncio.Task[None]] = set()
        for name in ("httpx", "httpcore", "telegram"):  # they log addresses, and these the token
            logging.getLogger(name).setLevel(SILENT)

    async def run(self, receive: Receive) -> None:
        """Raises WrongSettings when Telegram does not accept the token."""
        await self._until_it_works(self._introduce)
        if self.webhook_url:
            await self._take_posts(receive)
        else:
            await self._poll(receive)

    async def close(self) -> None:
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=2)
        await self._request.shutdown()

    # --- listening

    async def _introduce(self) -> None:
        self.username = (await self._bot.get_me()).username or ""
        if self.webhook_url:
            await self._bot.set_webhook(
                self.webhook_url, allowed_updates=WANTED, secret_token=self.webhook_secret
            )
        else:
            await self._bot.delete_webhook()
        self._later(self._strangers_menu())

    async def _until_it_works(self, step: Callable[[], Awaitable[None]]) -> None:
        """Repeats a step, with growing pauses, until it worked once."""
        failures = 0
        while True:
            try:
                await step()
            except InvalidToken:
                raise WrongSettings([_(REJECTED)]) from None
            except TelegramError as problem:
                failures += 1
                self._trouble(problem)
                await asyncio.sleep(pause(problem, failures))
            else:
                return self._listening()

    def _trouble(self, problem: TelegramError) -> None:
        """One line when the state changes, not one for each attempt."""
        status = CONFLICT if isinstance(problem, Conflict) else UNREACHABLE
        if status != self.status:
            what = {"problem": type(problem).__name__, "do": WHAT_TO_DO[status]}
            log.warning("telegram_" + status, **what)
        self.status = status

    def _listening(self) -> None:
        if self.status != LISTENING:
            log.info("telegram_listening", webhook=bool(self.webhook_url))
        self.status = LISTENING

    async def _poll(self, receive: Receive) -> None:
        offset = 0
        while True:
            await self._until_it_works(partial(self._ask, offset))
            offset = await self._store(self._request.updates, receive, offset)

    async def _ask(self, offset: int) -> None:
        await self._bot.get_updates(offset, BATCH, POLL_SECONDS, allowed_updates=WANTED)

    async def _store(self, updates: list[dict[str, Any]], receive: Receive, offset: int) -> int:
        """The next offset, which confirms these updates; the same again if storing failed."""
        if not updates:
            return offset
        if await self._take(updates, receive):
            return int(updates[-1]["update_id"]) + 1
        await asyncio.sleep(STORE_PAUSE)
        return offset

    async def _take(self, updates: Sequence[dict[str, Any]], receive: Receive) -> bool:
        """Whether all were stored. Chats that sent pictures are stored second: nobody else
        waits for a download."""
        events = [self._read(update) for update in updates]
        said = [(one.said, one.picture) for one in events if one.said]
        waiting = {one.chat for one, wanted in said if wanted}
        try:
            await self._note_reached(events)
            await self._hand_on([one for one, _wanted in said if one.chat not in waiting], receive)
            slow = [pair for pair in said if pair[0].chat in waiting]
            await self._hand_on(await self._with_pictures(slow), receive)
        except Exception as problem:  # unconfirmed, they come again
            log.error("telegram_not_stored", updates=len(updates), problem=type(problem).__name__)
            return False
        return True

    def _read(self, update: Mapping[str, Any]) -> Event:
        """An update that cannot be read is passed over: it would come again for ever."""
        try:
            return read(update, self._id, self.picture_limit)
        except UNREADABLE as problem:
            log.error("telegram_update_unreadable", problem=type(problem).__name__)
            return Event()

    async def _hand_on(self, batch: list[Incoming], receive: Receive) -> None:
        if batch:
            received = await receive(batch)
            silent = {one.press: "" for one in batch if one.press}
            self._answer(silent | dict(received.toasts))

    async def _note_reached(self, events: Iterable[Event]) -> None:
        for event in events:
            if event.reached and self.reach:
                await self.reach(self.network, event.reached.address, event.reached.why)

    # --- webhook

    async def webhook(self, body: bytes, secret: str) -> int:
        """The HTTP status to answer a post with: 200 only after the update was stored, so that
        Telegram posts it again otherwise. `secret` is X-Telegram-Bot-Api-Secret-Token."""
        if not hmac.compare_digest(secret.encode(), self.webhook_secret.encode()):
            return 401
        try:
            update = parsed(body)
            int(update["update_id"])
        except (ValueError, TypeError, KeyError):
            return 400
        stored: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._posted.put_nowait((update, stored))
        try:
            async with asyncio.timeout(POST_SECONDS):
                return await stored
        except TimeoutError:
            return 503

    async def _take_posts(self, receive: Receive) -> None:
        """What was posted while the last batch was stored becomes the next one."""
        while True:
            posts = [await self._posted.get()]
            while len(posts) < BATCH and not self._posted.empty():
                posts.append(self._posted.get_nowait())
            posts.sort(key=lambda post: int(post[0]["update_id"]))
            stored_all = await self._take([update for update, _stored in posts], receive)
            for _update, stored in posts:
                if not stored.done():
                    stored.set_result(200 if stored_all else 503)

    # --- pictures

    async def _with_pictures(
        self, said: Sequence[tuple[Incoming, Picture | None]]
    ) -> list[Incoming]:
        return list(await asyncio.gather(*(self._with_picture(*pair) for pair in said)))

    async def _with_picture(self, said: Incoming, wanted: Picture | None) -> Incoming:
        return said._replace(attachments=(await self._fetch(wanted),)) if wanted else said

    async def _fetch(self, wanted: Picture) -> Attachment:
        missing = Attachment(wanted.name, wanted.mime, b"", "unavailable")
        too_large = replace(missing, problem="too_large")
        if wanted.size > self.picture_limit:
            return too_large
        try:
            async with self._fetching, asyncio.timeout(FETCH_SECONDS):
                file = await self._bot.get_file(wanted.file_id)
                data = bytes(await file.download_as_bytearray())
        except BadRequest as problem:
            return too_large if "too big" in problem.message.lower() else missing
        except (TelegramError, TimeoutError):
            return missing
        return Attachment(wanted.name, wanted.mime, data) if data else missing

    # --- answering presses

    def _answer(self, toasts: Mapping[str, str]) -> None:
        """Takes the waiting mark off the buttons. Nothing depends on it, so a backlog of old
        presses is not worked off: only those with something to say."""
        for press, text in toasts.items():
            if text or len(self._tasks) < TOASTS_AT_ONCE:
                self._later(self._answer_one(press, text))

    async def _answer_one(self, press: str, text: str) -> None:
        if not text:
            await asyncio.sleep(AFTER_THE_CARD)
        await self._bot.answer_callback_query(press, text[:TOAST_LIMIT] or None)

    def _later(self, call: Awaitable[object]) -> None:
        """Does something nice to have: on the side, and its failure does not matter."""

        async def quietly() -> None:
            with suppress(TelegramError):
                await call

        task = asyncio.create_task(quietly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # --- sending

    async def send(self, parcel: Parcel) -> str:
        try:
            return await self._messages.send(parcel, self._later)
        except RetryAfter as problem:
            raise Later(seconds(problem)) from None
        except Forbidden:
            raise Gone("blocked") from None
        except ChatMigrated:
            raise Gone("became another group") from None
        except BadRequest as problem:
            raise refusal(problem) from None
        except TelegramError:
            raise Down from None

    # --- the menu of commands

    async def menu(self, address: str, commands: Sequence[tuple[str, str]]) -> None:
        """The commands one chat is offered, as (name, description); none: those of a stranger."""
        scope = BotCommandScopeChat(int(address))
        if commands:
            self._later(self._bot.set_my_commands(botcommands(commands), scope))
        else:
            self._later(self._bot.delete_my_commands(scope))

    async def _strangers_menu(self) -> None:
        """What somebody sees whom the bot does not know; in Chinese and, by default, English.
        After the first poll has gone out: reading the catalogues holds it up otherwise."""
        await asyncio.sleep(AFTER_THE_POLL)
        for language in LANGUAGES:
            with speaking(language):
                commands = [(name, _(words)) for name, words in STRANGERS]
            code = "zh" if language.startswith("zh") else None
            await self._bot.set_my_commands(botcommands(commands), language_code=code)


def botcommands(commands: Iterable[tuple[str, str]]) -> list[BotCommand]:
    return [BotCommand(name, words) for name, words in commands]


def pause(problem: TelegramError, failures: int) -> float:
    return seconds(problem) if isinstance(problem, RetryAfter) else backoff(failures)
