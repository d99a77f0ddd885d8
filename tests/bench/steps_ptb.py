"""A peer of the bench `steps`: python-telegram-bot's ConversationHandler, and its
PicklePersistence written after each update.

    python -m tests.bench.steps_ptb PEOPLE SECONDS
"""

import asyncio
import json
import sys
import time
import warnings
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.ext import (
    Application,
    CallbackQueryHandler,
    CommandHandler,
    ContextTypes,
    ConversationHandler,
    PicklePersistence,
)
from telegram.request import BaseRequest
from telegram.warnings import PTBUserWarning

from tests.bench.measure import WARMING, folder, in_batches, settle_disk, stay_on_one_core
from tests.bench.office import BOT, Size, answer_of, chat_of
from tests.bench.peer_visit import NAMES, PeerPhones, after, card, half_filled, keyboard

FEW = 10  # of a batch at a time: with many people a single step takes long
ME = {"id": int(BOT), "is_bot": True, "first_name": "b", "username": "b_bot"}
SENT = {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "private"}, "text": "-", "from": ME}
Context = ContextTypes.DEFAULT_TYPE


class Silent(BaseRequest):
    """Answers at once: no network is measured."""

    read_timeout = 1.0

    async def initialize(self) -> None: ...

    async def shutdown(self) -> None: ...

    async def do_request(self, url: str, *_: Any, **__: Any) -> tuple[int, bytes]:
        return 200, json.dumps({"ok": True, "result": ME if "getMe" in url else SENT}).encode()


def markup(name: str) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup(
        [[InlineKeyboardButton(label, callback_data=data) for label, data in row]
         for row in keyboard(name)]
    )  # fmt: skip


async def begin(update: Update, context: Context) -> str:
    context.user_data.update(half_filled(1))
    await update.message.reply_text(card("how", {}), reply_markup=markup("how"))
    return "how"


async def answer(update: Update, context: Context) -> str | int:
    query, draft = update.callback_query, context.user_data
    name, _colon, code = query.data.partition(":")
    draft[name] = code
    following = after(name)
    if not following:
        last = dict(draft)
        draft.clear()
        draft["last"] = last
        await query.edit_message_text("已记下。")
        return ConversationHandler.END
    await query.edit_message_text(card(following, draft), reply_markup=markup(following))
    return following


async def application(place: Path, size: Size) -> Application:
    persistence = PicklePersistence(place / "bot", single_file=False)
    people = [(chat_of(one), 1 + one % len(NAMES)) for one in range(size.liaisons)]
    persistence.user_data = {chat: half_filled(stage) for chat, stage in people}
    persistence.conversations = {"visit": {(c, c): NAMES[stage - 1] for c, stage in people}}
    await persistence.flush()
    request = Silent()
    builder = Application.builder().token(f"{BOT}:x").request(request).get_updates_request(request)
    bot = builder.persistence(PicklePersistence(place / "bot", single_file=False)).build()
    states = {name: [CallbackQueryHandler(answer, f"^{name}:")] for name in NAMES}
    entry = [CommandHandler("visit", begin)]
    bot.add_handler(ConversationHandler(entry, states, [], name="visit", persistent=True))
    await bot.initialize()
    return bot


async def drain(bot: Application, size: Size, seconds: float) -> float:
    """Steps per second; each is stored before the next, since it keeps them all in one file."""
    phones, batches = PeerPhones(size), in_batches(cycle(range(size.liaisons)))

    async def one_batch() -> tuple[list[int], float]:
        people = next(batches)[:FEW]
        body = answer_of(phones.updates(people))
        began = time.perf_counter()
        for raw in json.loads(body)["result"]:
            await bot.process_update(Update.de_json(raw, bot.bot))
            await bot.update_persistence()
        return people, time.perf_counter() - began

    settle_disk()
    for _warming in range(WARMING):
        await one_batch()
    spent = steps = 0.0
    while spent < seconds:
        people, took = await one_batch()
        spent += took
        steps += len(people)
    await check(bot, phones, people[-1])
    return steps / spent


async def check(bot: Application, phones: PeerPhones, liaison: int) -> None:
    """A bot that were started now would know where this person stands."""
    place, stage = bot.persistence.filepath, phones.stage[liaison]
    stored = await PicklePersistence(place, single_file=False).get_conversations("visit")
    if stored.get((chat_of(liaison),) * 2) != (NAMES[stage - 1] if stage else None):
        raise RuntimeError("A step was not stored.")


async def main(people: str, seconds: str) -> None:
    stay_on_one_core()
    warnings.simplefilter("ignore", PTBUserWarning)  # of per_message: it is meant as it is
    size = Size(int(people))
    with TemporaryDirectory(dir=folder()) as place:
        bot = await application(Path(place), size)
        print(await drain(bot, size, float(seconds)))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
