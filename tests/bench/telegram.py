"""The Bot API server of the tests with a clock, bots that are started against it, and liaisons
who write to them."""

import asyncio
import logging
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from aiohttp import web

from models.database import connect
from tests.bench.measure import clean
from tests.bench.office import Size, chat_of
from tests.bench.phones import Phones, choose
from tests.bot_api_server import BotApi
from tests.bot_api_world import Files, Shown

PATIENCE = 180.0
logging.getLogger("aiohttp").setLevel(logging.CRITICAL)  # a bot that is ended breaks off its poll


class Timed(BotApi):
    """`waits` are the milliseconds from the answer of getUpdates that carried an update to the
    first message or edit in its chat. Requests are not checked here: the tests do that."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []
        self.polled_at = 0.0
        self.polled = asyncio.Event()
        self._carried: dict[int, float] = {}
        self._asked: dict[int, int] = {}
        self.on_message = self._shown

    def asks(self, chat: int, update: int) -> None:
        """This update is the one the chat's next message answers."""
        self._asked[chat] = update

    @property
    def open(self) -> int:
        """Updates without an answer."""
        return len(self._asked)

    async def _get_updates(self, params: dict[str, Any]) -> web.Response:
        self.polled_at = self.polled_at or time.monotonic()
        self.polled.set()
        answer = await super()._get_updates(params)
        now = time.monotonic()
        for number, _kind, _text in self.updates:
            self._carried.setdefault(number, now)
        return answer

    def _check(self, method: str, params: dict[str, Any], files: Files) -> None: ...

    def _shown(self, chat: int, shown: Shown) -> None:
        update = self._asked.pop(chat, None)
        if update is not None:
            self.waits.append(1e3 * (time.monotonic() - self._carried[update]))


class Liaisons:
    """People of an office whose cards are half filled; each presses what the server shows."""

    def __init__(self, api: Timed, size: Size, database: Path) -> None:
        self.api, self.phones = api, Phones(size)
        engine = connect(f"sqlite:///{database}")
        self.phones.look(engine)
        engine.dispose()

    def act(self, liaison: int) -> None:
        chat = chat_of(liaison)
        shown = self.api.sees(chat)[-1:]
        if shown:
            data = choose([code for _label, code in shown[0].buttons], self.phones.random)
            self.api.asks(chat, self.api.press(chat, data, shown[0].id))
        else:
            kind, content = list(self.phones.next(liaison).items())[1]
            self.api.asks(chat, self.api.push(kind, content))


@contextmanager
def program(
    place: Path, *arguments: str, options: Sequence[str] = (), **settings: str
) -> Iterator[subprocess.Popen[bytes]]:
    """A Python program that runs meanwhile; what it says on stderr stands in `place`/log."""
    command = [sys.executable, *options, "-m", *arguments]
    with (place / "log").open("wb") as log:
        running = subprocess.Popen(
            command, cwd=place, env=clean() | settings, stdout=log, stderr=log
        )
        try:
            yield running
        finally:
            running.terminate()
            running.wait()


def settings(api: BotApi, place: Path, database: Path) -> dict[str, str]:
    """Telegram only."""
    return {
        "LIAISON_TELEGRAM_TOKEN": api.token,
        "LIAISON_TELEGRAM_API": api.url,
        "LIAISON_DATABASE_URL": f"sqlite:///{database}",
        "LIAISON_DATA_DIR": str(place),
        "LIAISON_HTTP": f"127.0.0.1:{free_port()}",
    }


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


async def first_poll(api: Timed, running: subprocess.Popen[bytes], place: Path) -> None:
    """Raises RuntimeError with the end of the log when the bot does not come up."""
    until = time.monotonic() + PATIENCE
    while not api.polled.is_set():
        if running.poll() is not None or time.monotonic() > until:
            raise RuntimeError((place / "log").read_text()[-2000:])
        await asyncio.sleep(0.005)
