"""A bot on Telegram: the transport alone, or all of it, against a Bot API server on a real socket."""

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from PIL import Image

from bot.config import Settings
from bot.receive import Received
from bot.run import House
from bot.transports import telegram as module
from bot.transports.telegram import Telegram
from bot.web import Web
from handlers.talk import Incoming
from models.database import connect
from tests.bot_api_server import TOKEN, BotApi
from tests.conversation import Town

CHAT = 1001
SECRET = "a-secret-word"


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    """Fails the test when the bot asked for something Telegram would not understand."""
    async with BotApi() as server:
        yield server


@pytest.fixture
async def telegram(api: BotApi, quick: None) -> AsyncIterator[Telegram]:
    transport = Telegram(TOKEN, api=api.url)
    yield transport
    await transport.close()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "backoff", lambda failures: 0.02)


class Office:
    """Stands where the receiver stands; `raises` is what storing does."""

    def __init__(self) -> None:
        self.batches: list[list[Incoming]] = []
        self.raises: list[Exception] = []
        self.toasts: dict[str, str] = {}

    async def __call__(self, batch: list[Incoming]) -> Received:
        if self.raises:
            raise self.raises.pop()
        self.batches.append(batch)
        return Received(toasts=[(one.press, self.toasts.get(one.choice, "")) for one in batch])

    @property
    def said(self) -> list[Incoming]:
        return [one for batch in self.batches for one in batch]

    @property
    def texts(self) -> list[str]:
        return [one.text for one in self.said]


@asynccontextmanager
async def listening(telegram: Telegram, office: Office) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(telegram.run(office))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def picture(size: tuple[int, int] = (40, 30)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "white").save(file, "PNG")
    return file.getvalue()


def post(number: int, text: str = "hello") -> bytes:
    message = {
        "message_id": number,
        "date": 1_760_000_000,
        "chat": {"id": CHAT, "type": "private"},
        "from": {"id": CHAT, "is_bot": False, "first_name": "P"},
        "text": text,
    }
    return json.dumps({"update_id": number, "message": message}).encode()


@pytest.fixture
async def hooked(api: BotApi, quick: None) -> AsyncIterator[Telegram]:
    transport = Telegram(
        TOKEN, api=api.url, webhook_url="https://bot.example.org/hook", webhook_secret=SECRET
    )
    api.post_updates = False
    yield transport
    await transport.close()


VISIT = (
    ("走访 高永昌", "怎么走访"),
    ("[上门]", "精神"),
    ("[都好", "在场"),
    ("[只有本人]", "核对"),
    ("[提交]", "已记下"),
)


@asynccontextmanager
async def running(
    town: Town, api_url: str, hook: str = "", door: Any = None
) -> AsyncIterator[House]:
    """The bot as `run` puts it together; ends as on SIGTERM."""
    telegram = Telegram(TOKEN, api=api_url, webhook_url=hook, webhook_secret=SECRET if hook else "")
    engine = connect(town.database.url)
    house = House(engine, town.receiver.office, {"telegram": telegram})
    telegram.reach = house.deliver.reach
    stop = asyncio.Event()

    async def more() -> None:
        if hook:
            await Web(Settings(), house, door=door).serve()

    task = asyncio.create_task(house.run_until(stop, more))
    try:
        yield house
    finally:
        stop.set()
        await task
        if door:
            door.close()


async def talk(api: BotApi, *lines: tuple[str, str]) -> None:
    for said, expected in lines:
        if said.startswith("["):
            api.press(CHAT, said.strip("[]"))
        else:
            api.say(CHAT, said)
        await api.hears(CHAT, expected)
