"""Nothing lost and nothing doubled: pauses, restarts, a server that dies, keys that are gone."""

import asyncio
import shutil
from urllib.parse import quote

import pytest

from bot.doctor import look_at_database
from bot.transports import Parcel
from bot.transports.matrix_memory import Memory
from handlers.lines import cap
from models.mailbox import Outgoing, Seen
from tests.away import away
from tests.conversation import Town
from tests.matrix_bot import Bot, hears, meet, talk
from tests.matrix_mautrix import MautrixPhone
from tests.matrix_people import NUMBERS, NioPhone
from tests.test_matrix_device import settings

MANY = 105  # more than one sync brings of a room


@pytest.fixture
def bot(town: Town, synapse, tmp_path) -> Bot:
    return Bot(town, synapse, tmp_path)


async def test_what_was_said_while_the_bot_was_away_is_answered_in_order(bot, synapse):
    async with NioPhone(synapse, "zhou") as zhou:
        async with bot:
            await meet(bot, zhou)
            await talk(
                zhou, "走访 高永昌", "怎么走访的", "1", "怎么样", "都好", "谁在场", "1", "核对"
            )
        for number in range(MANY):
            await zhou.say(f"第{number}句。")
        async with bot:
            await hears(zhou, f"第{MANY - 1}句")
            await talk(zhou, "提交", "已记下")
        assert not zhou.unreadable
    (visit,) = bot.town.visits("高永昌")
    assert visit.note.split() == [f"第{number}句。" for number in range(MANY)]
    answers = [row for row in bot.town.rows(Outgoing) if "第0句" in row.text]
    assert len(answers) == MANY


async def test_the_very_first_sync_answers_nothing_old(bot, synapse):
    async with NioPhone(synapse, "zhou") as zhou:
        room = await zhou.opens_room(bot.user)
        async with bot:
            pass
        assert bot.town.rows(Seen) == []
        assert room not in zhou.screen


async def test_a_killed_server_and_a_token_that_ran_out_cost_nothing(bot, synapse):
    async with MautrixPhone(synapse, "zhou") as zhou, bot:
        await meet(bot, zhou)
        await talk(zhou, "走访 高永昌", "怎么走访的")
        await asyncio.to_thread(synapse.kill)
        await asyncio.to_thread(synapse.start)
        await talk(zhou, "1", "怎么样")
        device = bot.matrix.client.device_id
        await asyncio.to_thread(synapse.call, bot.matrix.client.access_token, "POST", "/logout", {})
        await talk(zhou, "都好", "谁在场", "1", "核对", "提交", "已记下")
        assert bot.matrix.client.device_id == device
        assert not zhou.unreadable
    assert len(bot.town.visits("高永昌")) == 1


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_a_tap_while_the_database_is_away_counts_when_it_is_back(bot, synapse, monkeypatch):
    """What it means is asked of the database while the stream is read."""
    failed = asyncio.Event()

    async def pressed(memory, *about):
        try:
            return await asked(memory, *about)
        except Exception:
            failed.set()
            raise

    asked = Memory.pressed
    monkeypatch.setattr(Memory, "pressed", pressed)
    async with NioPhone(synapse, "zhou") as zhou, bot:
        await meet(bot, zhou)
        await zhou.say("走访 高永昌")
        card = await zhou.hears("怎么走访的")
        with away(bot.town.database.url):
            await zhou.react(card, cap("1"))
            await failed.wait()
        await hears(zhou, "怎么样")


async def test_with_the_kept_keys_a_restarted_bot_reads_on_and_without_them_it_says_so(
    bot, synapse
):
    async with NioPhone(synapse, "zhou") as zhou:
        async with bot:
            await meet(bot, zhou)
            first = bot.matrix.client.fingerprint
        await zhou.say("走访 高永昌")
        async with bot:
            await hears(zhou, "怎么走访的")
            assert bot.matrix.client.fingerprint == first
        shutil.rmtree(bot.folder / "matrix")
        await zhou.say("1")
        async with bot:
            await hears(zhou, "没能解密")
            await zhou.until(lambda: zhou.asked_for)
            assert bot.matrix.client.fingerprint != first
            await talk(zhou, "1", "怎么样")


async def test_the_same_parcel_sent_twice_is_one_message(bot, synapse):
    async with NioPhone(synapse, "zhou") as zhou, bot:
        await meet(bot, zhou)
        parcel = Parcel(zhou.user, "明天体检。", key="7.1")
        assert await bot.matrix.send(parcel) == await bot.matrix.send(parcel)
        await talk(zhou, "帮助", "走访")
        assert [one.text for one in zhou.others].count("明天体检。") == 1


async def test_a_homeserver_that_was_put_back_is_followed_and_nothing_said_since_is_passed_over(
    bot, synapse, tmp_path
):
    async with NioPhone(synapse, "zhou") as zhou:
        async with bot:
            await meet(bot, zhou, encrypted=False)
            await talk(zhou, "走访 高永昌", "怎么走访的")
            synapse.stop()
            shutil.copy(synapse.folder / "hs.db", tmp_path / "hs.db")
            synapse.start()
            await talk(zhou, "1", "怎么样", "都好", "谁在场")
        synapse.stop()
        shutil.copy(tmp_path / "hs.db", synapse.folder / "hs.db")
        synapse.start()
        said = await asyncio.to_thread(says, zhou, "1")
        async with bot:
            await bot.until(lambda: bot.town.rows(Seen, key=said))
            await asyncio.to_thread(says, zhou, "提交")
            await bot.until(lambda: bot.town.visits("高永昌"))
    assert len(bot.town.visits("高永昌")) == 1
    told = [one.text for one in look_at_database(settings(bot, bot.folder), bot.clock())]
    assert [text for text in told if "旧备份" in text]


def says(phone: NioPhone, text: str) -> str:
    """Beside her client, which has yet to learn what became of the server."""
    body, place = {"msgtype": "m.text", "body": text}, f"/rooms/{quote(phone.room)}/send"
    return str(
        phone.server.call(phone.token, "PUT", f"{place}/m.room.message/{next(NUMBERS)}x", body)[
            "event_id"
        ]
    )
