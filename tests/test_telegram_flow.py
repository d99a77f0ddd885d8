"""The whole bot over HTTP: joining and a first visit, polled and posted, against two servers."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from statistics import median
from typing import Any

import pytest
from aiohttp import web
from lo_bot_api_emulator import LoBotApiEmulator
from sqlmodel import Session

from bot import deliver
from bot.config import Settings
from bot.web import listen
from models.invitation import VALID_FOR, Invitation, hashed, new_code
from models.mailbox import FAILED, Outgoing, Seen
from models.staff import Chat
from tests.bot_api_server import TOKEN, BotApi
from tests.bot_api_world import PATIENCE
from tests.conversation import Town
from tests.on_telegram import CHAT, VISIT, running, talk


def invited(town: Town) -> str:
    code, made_at = new_code(), datetime.now(UTC)
    with Session(town.database) as session:
        whom, until = town.staff["周明"], made_at + VALID_FOR
        session.add(
            Invitation(code_hash=hashed(code), staff_id=whom, made_at=made_at, expires_at=until)
        )
        session.commit()
    return code


async def joins_and_visits(town: Town, api: BotApi) -> None:
    await talk(api, ("/start", "邀请码"), (f"/start {invited(town)}", "是您本人吗"))
    await talk(api, ("[是我", "欢迎"), *VISIT)
    (visit,) = town.visits("高永昌")
    assert visit.mode == "in_person"
    await api.until(lambda: not api.updates)


async def test_joining_and_a_visit_by_polling(town: Town, api: BotApi) -> None:
    async with running(town, api.url):
        await joins_and_visits(town, api)
        await api.until(lambda: len(api.room(CHAT).toasts) == 5)
        await api.until(lambda: "记走访" in str(api.commands.get(str(CHAT))))
        assert "invite" not in str(api.commands[str(CHAT)])
    cards = [shown for shown in api.sees(CHAT) if shown.by_bot and shown.version > 1]
    assert len(cards) == 1, "the card changes in place"
    assert "高永昌" not in cards[0].text or "高*昌" in cards[0].text


async def test_the_menu_of_a_chat_is_of_its_persons_role_and_language(
    town: Town, api: BotApi
) -> None:
    town.person("王主任", "telegram", str(CHAT))
    async with running(town, api.url):
        await talk(api, ("/settings", "用哪种语言"), ("[English]", "From now on I write English."))
        await api.until(lambda: "Invite staff" in str(api.commands.get(str(CHAT))))
        await talk(api, ("/quit", "Leave from"), ("[Yes, leave]", "have left"))
        await api.until(lambda: api.commands[str(CHAT)] == [])


async def test_joining_and_a_visit_by_webhook(town: Town, api: BotApi) -> None:
    door = listen(Settings(http="127.0.0.1:0"))
    hook = f"http://127.0.0.1:{door.getsockname()[1]}/telegram/webhook"
    async with running(town, api.url, hook, door):
        await joins_and_visits(town, api)
    assert set(api.posted) <= {0, 200}
    assert api.posted[200] == 8
    assert api.calls["getUpdates"] == 0


async def test_an_update_that_comes_again_is_answered_once(town: Town, api: BotApi) -> None:
    town.person("周明", "telegram", str(CHAT))
    async with running(town, api.url):
        api.say(CHAT, "/help")
        update = api.updates[0]
        await api.hears(CHAT)
        await api.until(lambda: not api.updates)
        api.updates.append(update)
        api.updates.append(update)
        await talk(api, ("/visit 高永昌", "怎么走访"))
    assert len([shown for shown in api.sees(CHAT) if shown.by_bot]) == 2


async def test_a_restart_in_the_middle_of_a_visit_loses_nothing(town: Town, api: BotApi) -> None:
    town.person("周明", "telegram", str(CHAT))
    for line in VISIT:
        async with running(town, api.url):
            await talk(api, line)
    assert len(town.visits("高永昌")) == 1


async def test_an_answer_lost_on_its_way_is_repeated_and_the_visit_is_not(
    town: Town, api: BotApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "backoff", lambda attempts: 0.05)
    town.person("周明", "telegram", str(CHAT))
    async with running(town, api.url):
        for line in VISIT:
            api.fail("editMessageText", "lost")
            api.fail("sendMessage", "lost")
            await talk(api, line)
    assert len(town.visits("高永昌")) == 1


async def test_a_bot_that_was_blocked_says_so_to_the_coordinator_and_can_come_back(
    town: Town, api: BotApi
) -> None:
    town.person("周明", "telegram", str(CHAT))
    wang = town.person("王主任")
    async with running(town, api.url):
        api.block(CHAT)
        await api.until(lambda: town.rows(Chat, address=str(CHAT))[0].unreachable_at)
        wang.talk("/unreachable", "周明")
        api.block(CHAT, False)
        await api.until(lambda: not town.rows(Chat, address=str(CHAT))[0].unreachable_at)
        await talk(api, ("/help", "走访"))


async def test_sending_to_somebody_who_blocked_the_bot_marks_the_chat(
    town: Town, api: BotApi
) -> None:
    town.person("周明", "telegram", str(CHAT))
    api.room(CHAT).blocked = True
    async with running(town, api.url):
        api.say(CHAT, "/help")
        await api.until(lambda: town.rows(Chat, address=str(CHAT))[0].unreachable_why)
    assert town.rows(Outgoing)[0].state == FAILED


async def test_a_group_gets_one_polite_refusal(town: Town, api: BotApi) -> None:
    async with running(town, api.url):
        for _ in range(3):
            api.say(-77, "/help")
        await api.hears(-77)
        api.say(CHAT, "/start")
        await api.hears(CHAT)
    assert len([shown for shown in api.sees(-77) if shown.by_bot]) == 1


async def test_a_thousand_messages_at_once_are_taken_in_within_seconds(
    town: Town, api: BotApi
) -> None:
    for number in range(1000):
        api.say(5000 + number % 500, "/start")
    async with running(town, api.url):
        await api.until(lambda: not api.updates)
    assert len(town.rows(Seen)) == 1000
    assert len(town.rows(Outgoing)) == 1000


async def test_ten_who_speak_at_once_hardly_wait_longer_than_one_alone(
    town: Town, api: BotApi
) -> None:
    """In turns, so that whatever else the machine does slows both; how long a reply takes,
    `bench latency` measures. The processor's time is nobody else's."""
    sent: dict[int, float] = {}
    waited: dict[int, float] = {}
    api.on_message = lambda chat, shown: waited.update({chat: time.monotonic() - sent[chat]})

    async def said_by(chats: range) -> float:
        for chat in chats:
            sent[chat] = time.monotonic()
            api.say(chat, "/start")
        await api.until(lambda: len(waited) == len(sent))
        return median(waited[chat] for chat in chats)

    async with running(town, api.url):
        await api.until(lambda: api.calls["getUpdates"])
        used, alone, together = time.process_time(), [], []
        for first in range(2000, 2200, 20):
            alone.append(await said_by(range(first, first + 1)))
            together.append(await said_by(range(first + 1, first + 11)))
    assert median(together) < 5 * median(alone)
    assert (time.process_time() - used) / 110 < 0.05


async def test_limits_as_strict_as_telegrams_are_never_run_into(town: Town) -> None:
    async with BotApi(overall=30, per_chat=1) as api, running(town, api.url):
        for number in range(90):
            api.say(3000 + number, "/start")

        def answered() -> int:
            return sum(bool(room.messages) for room in api.rooms.values())

        await api.until(lambda: answered() == 90 and api.calls["sendMessage"] >= 90)
        assert api.refused == []


# --- the emulator


class Emulator:
    """lo-bot-api-emulator on a socket. It keeps no messages, so what it was sent is noted."""

    def __init__(self) -> None:
        self.server = LoBotApiEmulator(allow_insecure_loopback_webhooks=True)
        self.shown: dict[int, tuple[str, dict[str, str]]] = {}
        self.news: asyncio.Queue[str] = asyncio.Queue()
        check = self.server.validate
        self.server.validate = lambda *request: self.note(request, check(*request))
        self.number = 1

    def note(self, request: tuple[str, dict[str, Any], Any], result: Any) -> Any:
        method, fields, _uploads = request
        if method in ("sendMessage", "editMessageText"):
            markup = self.server.decoded(fields.get("reply_markup", "{}"))
            keys = [key for row in markup.get("inline_keyboard", []) for key in row]
            labels = {key["text"]: key.get("callback_data", "") for key in keys}
            self.shown[result["message_id"]] = (fields["text"], labels)
            self.news.put_nowait(fields["text"])
        return result

    async def say(self, line: str) -> None:
        self.number += 1
        user = {"id": CHAT, "is_bot": False, "first_name": "P"}
        message = {"message_id": self.number, "chat": {"id": CHAT, "type": "private"}, "from": user}
        message["date"] = int(time.time())
        update: dict[str, Any] = {"message": message | {"text": line}}
        if line.startswith("["):
            native_id, data = self.find(line.strip("[]"))
            query = {"id": str(self.number), "from": user, "chat_instance": "1", "data": data}
            update = {"callback_query": query | {"message": message | {"message_id": native_id}}}
        await self.server.enqueue_update(update, token=TOKEN)

    def find(self, label: str) -> tuple[int, str]:
        for native_id, (_text, labels) in reversed(self.shown.items()):
            for name, data in labels.items():
                if label in name:
                    return native_id, data
        raise AssertionError(label)

    async def hears(self, expected: str) -> None:
        async with asyncio.timeout(PATIENCE):
            while expected not in await self.news.get():
                pass

    def refused(self) -> list[dict[str, Any]]:
        return [request for request in self.server.requests if request["status"] != 200]


@asynccontextmanager
async def emulated() -> AsyncIterator[tuple[Emulator, str]]:
    emulator = Emulator()
    runner = web.AppRunner(emulator.server.app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield emulator, f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


async def visits(emulator: Emulator, town: Town) -> None:
    for said, expected in VISIT:
        await emulator.say(said)
        await emulator.hears(expected)
    assert len(town.visits("高永昌")) == 1


async def test_a_visit_by_polling_an_independent_emulator(town: Town) -> None:
    town.person("周明", "telegram", str(CHAT))
    async with emulated() as (emulator, url):
        async with running(town, url):
            await visits(emulator, town)
        assert emulator.refused() == []


async def test_a_visit_by_the_webhook_of_an_independent_emulator(town: Town) -> None:
    town.person("周明", "telegram", str(CHAT))
    door = listen(Settings(http="127.0.0.1:0"))
    hook = f"http://127.0.0.1:{door.getsockname()[1]}/telegram/webhook"
    async with emulated() as (emulator, url):
        async with running(town, url, hook, door) as house:
            while house.transports["telegram"].status != "listening":
                await asyncio.sleep(0.01)
            await visits(emulator, town)
        assert emulator.refused() == []
