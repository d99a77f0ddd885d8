"""Visits over Matrix, on a real homeserver, in plain and in encrypted rooms."""

import subprocess
import sys
from datetime import time

import pytest

from bot.clock import tick
from handlers.lines import cap
from models.attachment import Photo
from models.case import Case
from models.visit import Visit
from tests.conversation import Town
from tests.matrix_bot import Bot, hears, meet, talk
from tests.matrix_mautrix import MautrixPhone
from tests.matrix_people import NioPhone, Shown
from tests.test_photos import picture

WAYS = [(NioPhone, False), (NioPhone, True), (MautrixPhone, True)]
WELL = ("走访 高永昌", "1️⃣ 🚪 上门", "1", "怎么样", "都好", "谁在场", "1", "核对", "提交", "已记下")


@pytest.fixture
async def bot(town: Town, synapse, tmp_path):
    async with Bot(town, synapse, tmp_path) as running:
        yield running


@pytest.mark.parametrize(("kind", "encrypted"), WAYS)
async def test_an_all_well_visit_takes_at_most_six_messages(bot, synapse, kind, encrypted):
    async with kind(synapse, "zhou") as zhou:
        await meet(bot, zhou, encrypted=encrypted)
        await talk(zhou, *WELL)
        assert len(WELL) / 2 <= 6
        assert all(one.encrypted == encrypted for one in zhou.others)
        assert not zhou.unreadable
    assert [visit.spirit for visit in bot.town.visits("高永昌")] == ["good"]


async def test_in_one_line_it_takes_one_message_and_one_tap(bot, synapse):
    async with NioPhone(synapse, "zhou") as zhou:
        await meet(bot, zhou)
        await zhou.say("走访 高永昌 上门 都好")
        card = await zhou.hears("核对")
        await zhou.until(lambda: (bot.user, cap("1")) in card.reactions.values())
        standing: list[bool] = []
        zhou.on_shown = lambda shown: standing.append((zhou.user, cap("1")) in reactions(shown))
        await zhou.react(card, cap("1"))
        await zhou.until(lambda: "已记下" in card.text)
        await zhou.until(lambda: not card.reactions)
        assert len(card.texts) == 2, "the card was changed in place"
        assert standing == [True], "the tap was taken back later, so that the card is drawn anew"
    assert len(bot.town.visits("高永昌")) == 1


def reactions(shown: Shown) -> list[tuple[str, str]]:
    """Who pressed what."""
    return list(shown.reactions.values())


@pytest.mark.parametrize("encrypted", [True, False])
async def test_a_trouble_with_its_photo_makes_a_case_and_a_correction_a_revision(
    bot, synapse, encrypted
):
    async with NioPhone(synapse, "zhou") as zhou:
        await meet(bot, zhou, encrypted=encrypted)
        await talk(zhou, "走访 李秀英 石沟村 00020 漏雨", "核对")
        await zhou.photo(picture((300, 200)))
        await hears(zhou, "照片:1 张")
        await talk(zhou, "提交", "已记下", "选错人了/要改", "哪里不对", "内容填错了", "要改哪一项", "住宿",
                   "住宿", "整洁安全", "为什么更正", "点错了", "核对:更正", "提交", "✅ 已更正")  # fmt: skip
    assert len(bot.town.rows(Case)) == 1
    assert len(bot.town.rows(Photo)) == 1
    assert sorted(visit.state for visit in bot.town.rows(Visit)) == ["current", "superseded"]


async def test_the_morning_digest_comes_to_the_room_and_its_number_opens_a_card(bot, synapse):
    async with NioPhone(synapse, "zhou") as zhou:
        await meet(bot, zhou)
        bot.moves_to(time(8, 5))
        await talk(
            zhou, "帮助", "我帮您记走访"
        )  # ends the poll that began before the clock was moved
        await tick(bot.house)
        digest = await hears(zhou, "早上好")
        assert "高永昌" in digest.text
        await talk(zhou, "1", "怎么走访的")


async def test_an_old_number_on_an_old_card_does_no_harm(bot, synapse):
    async with NioPhone(synapse, "zhou") as zhou:
        await meet(bot, zhou)
        await zhou.say("走访 高永昌")
        first = await zhou.hears("怎么走访的")
        await talk(zhou, "1", "怎么样", "都好", "谁在场")
        answer = {"m.relates_to": {"m.in_reply_to": {"event_id": first.id}}}
        await zhou.say("2", **answer)
        await hears(zhou, "那张卡片已过期")
        await zhou.react(first, cap("3"))
        await zhou.react(first, "👍")
        await talk(zhou, "1", "核对", "提交", "已记下")
        assert first.text.startswith("走访 高永昌 · 1/")
    (visit,) = bot.town.visits("高永昌")
    assert (visit.mode, visit.present) == ("in_person", ["elder"])


async def test_an_edited_message_and_a_voice_message_are_answered_with_a_sentence(bot, synapse):
    async with NioPhone(synapse, "zhou") as zhou:
        await meet(bot, zhou)
        said = await zhou.say("走访 高永昌")
        await zhou.hears("怎么走访的")
        await zhou.edits(said, "走访 李秀英")
        await hears(zhou, "改过的消息")
        await zhou.sends("m.room.message", {"msgtype": "m.audio", "body": "a", "url": "mxc://x/y"})
        await hears(zhou, "我只看得懂文字和照片")


async def test_what_asks_for_patience_gets_it(bot, synapse):
    async with NioPhone(synapse, "zhou") as zhou:
        await meet(bot, zhou)
        synapse.limit(bot.user, 2, 2)
        for number in range(6):
            await zhou.say(f"查 高永{number}")
        await zhou.until(lambda: len(zhou.others) == 7)
        synapse.limit(bot.user, 0, 0)


def test_without_matrix_its_library_is_not_loaded():
    code = "import bot.run, bot.doctor, bot.backup, sys; sys.exit('nio' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
