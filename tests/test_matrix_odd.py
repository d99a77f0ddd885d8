"""What people's clients send beside plain words, and what somebody may send to do harm: one clear
sentence or the right effect, and nobody else waits."""

from contextlib import suppress
from typing import Any

import pytest

from handlers.lines import cap
from models.attachment import Photo
from models.mailbox import Outgoing, Seen
from tests.conversation import Town
from tests.matrix_bot import Bot, hears, meet, talk
from tests.matrix_people import NioPhone, Shown

TEXT_AND_PHOTOS = "我只看得懂文字和照片"


@pytest.fixture
def kind() -> str:
    """One database will do: what differs here is the network."""
    return "sqlite"


@pytest.fixture
async def bot(town: Town, synapse, tmp_path):
    async with Bot(town, synapse, tmp_path) as running:
        yield running


@pytest.fixture
async def zhou(bot, synapse):
    async with NioPhone(synapse, "zhou") as phone:
        await meet(bot, phone)
        yield phone


def message(msgtype: str, **more: Any) -> tuple[str, dict[str, Any]]:
    return "m.room.message", {"msgtype": msgtype, "body": "1"} | more


# --- nobody else waits


async def test_an_invitation_behind_which_nobody_stands_any_more_stops_nothing(bot, zhou, synapse):
    async with NioPhone(synapse, "li") as li:
        bot.knows(li.user, "李娜")
        synapse.kill()
        synapse.start()
        made = await li.call("POST", "/createRoom", {"invite": [bot.user]})
        await li.call("POST", f"/rooms/{made['room_id']}/leave")
        await talk(zhou, "走访 高永昌", "怎么走访的")


@pytest.mark.parametrize("nowhere", ["!nowhere:hs.test", "nonsense", 7])
async def test_a_room_that_goes_on_nowhere_stops_nothing(bot, zhou, nowhere):
    place = f"/rooms/{zhou.room}/state/m.room.tombstone"
    await zhou.call("PUT", place, {"body": "", "replacement_room": nowhere})
    await zhou.opens_with(bot.user)
    await talk(zhou, "走访 高永昌", "怎么走访的")


WILD = [
    ("m.reaction", {"m.relates_to": {"event_id": {"a": 1}, "key": "1"}}),
    ("m.reaction", {"m.relates_to": {"event_id": "$\0x", "key": 5}}),
    ("m.reaction", {"m.relates_to": "x"}),
    message("m.text", **{"m.relates_to": {"m.in_reply_to": {"event_id": {"a": 1}}}}),
    message("m.text", **{"m.relates_to": {"m.in_reply_to": {"event_id": "\0"}}}),
    message("m.text", formatted_body=5),
    message("m.text", body="话" * 6_000),
    message("m.image", url=5, info=7),
    message("m.image", url="mxc://../..", info={"size": "1e5"}),
    ("m.room.redaction", {"redacts": {"a": 1}}),
    ("m.sticker", {"url": {"a": 3}}),
]


class Calm(NioPhone):
    """Passes over what it cannot read, as clients do."""

    def _take(self, room: str, event: dict[str, Any], secret: bool = False) -> None:
        with suppress(AttributeError, TypeError):
            super()._take(room, event, secret)


async def test_events_of_a_wild_shape_stop_nothing(bot, synapse):
    """In an encrypted room the homeserver cannot look at most of them."""
    async with Calm(synapse, "zhou") as zhou, NioPhone(synapse, "li") as li:
        await meet(bot, zhou)
        await meet(bot, li, "李娜")
        for kind, content in WILD:
            await zhou.sends(kind, content)
        await talk(li, "帮助", "我帮您记走访")
        await talk(zhou, "走访 高永昌", "怎么走访的")
    assert [seen.error for seen in bot.town.rows(Seen) if seen.error] == []


# --- one sentence


SAID = [
    (message("m.audio", url="mxc://x/y"), TEXT_AND_PHOTOS),
    (message("m.location", geo_uri="geo:1,2"), TEXT_AND_PHOTOS),
    (("m.sticker", {"body": "👍", "url": "mxc://x/y", "info": {}}), TEXT_AND_PHOTOS),
    (("m.call.invite", {"call_id": "1", "version": 1, "lifetime": 60000,
                        "offer": {"type": "offer", "sdp": ""}}), TEXT_AND_PHOTOS),
    (("m.poll.start", {"m.poll": {"question": {"m.text": "?"}, "answers": []}}), TEXT_AND_PHOTOS),
    (message("m.key.verification.request", methods=["m.sas.v1"], to="@bot"), "请取消验证"),
    (message("m.text", body="话" * 6_000), "怎么走访的"),
]  # fmt: skip


async def test_what_is_no_text_is_answered_with_a_sentence_and_the_open_question(bot, zhou):
    await talk(zhou, "走访 高永昌", "怎么走访的")
    for (kind, content), sentence in SAID:
        await zhou.sends(kind, content)
        await hears(zhou, sentence)
        assert "怎么走访的" in zhou.others[-1].text
    assert bot.town.rows(Photo) == []


async def test_who_deletes_words_that_were_answered_hears_that_they_stay(bot, zhou):
    said = await zhou.say("走访 高永昌")
    await zhou.hears("怎么走访的")
    await zhou.removes(said)
    card = await hears(zhou, "记下的内容还在")
    tap = await zhou.react(card, cap("1"))
    await hears(zhou, "怎么样")
    await zhou.removes(tap)
    answers = len(bot.town.rows(Outgoing))
    await talk(zhou, "都好", "谁在场")
    assert len(bot.town.rows(Outgoing)) == answers + 1


# --- the right effect


def now_on(card: Shown, number: str) -> bool:
    return cap(number) in {key for _who, key in card.reactions.values()}


async def test_in_a_thread_the_open_question_is_answered_and_the_next_one_asked_there(bot, zhou):
    await zhou.say("走访 高永昌")
    card = await zhou.hears("怎么走访的")
    thread = {"rel_type": "m.thread", "event_id": card.id, "is_falling_back": True}
    last = card.id
    for said, expected in (("1", "怎么样"), ("都好", "谁在场"), ("1", "核对")):
        relation = thread | {"m.in_reply_to": {"event_id": last}}
        last = await zhou.say(said, **{"m.relates_to": relation})
        answer = await hears(zhou, expected)
        assert answer.content["m.relates_to"]["event_id"] == card.id
    await talk(zhou, "提交", "已记下")
    assert "m.relates_to" not in zhou.others[-1].content


async def test_a_quoting_reply_is_read_without_what_it_quotes(bot, zhou):
    await zhou.say("走访 高永昌")
    card = await zhou.hears("怎么走访的")
    quoted = f"> <{bot.user}> 走访 高永昌\n> \n> 2\n\n1"
    await zhou.say(quoted, **{"m.relates_to": {"m.in_reply_to": {"event_id": card.id}}})
    await hears(zhou, "怎么样")


async def test_a_card_that_was_deleted_is_shown_anew(bot, zhou):
    await zhou.say("走访 高永昌")
    card = await zhou.hears("怎么走访的")
    await zhou.removes(card.id)
    await talk(zhou, "1", "怎么样")


async def test_with_two_rooms_the_answer_stands_where_she_wrote_or_tapped(bot, zhou):
    first = zhou.room
    await zhou.opens_with(bot.user)
    await hears(zhou, "周明")
    await talk(zhou, "走访 高永昌", "怎么走访的")
    second, zhou.room = zhou.room, first
    await talk(zhou, "1", "怎么样")
    card = await hears(zhou, "怎么样")
    zhou.room = second
    await talk(zhou, "设置", "哪种语言")
    zhou.room = first
    await zhou.until(lambda: now_on(card, "5"))
    await zhou.react(card, cap("5"))
    assert (await hears(zhou, "谁在场")).id == card.id
    await zhou.until(lambda: now_on(card, "1") and not now_on(card, "0"))


async def test_another_name_of_the_bot_or_of_the_person_says_nothing(bot, zhou):
    before = len(bot.town.rows(Outgoing))
    await bot.matrix.client.set_displayname("走访助手")
    await zhou.call("PUT", f"/profile/{zhou.user}/displayname", {"displayname": "周 明"})
    await talk(zhou, "走访 高永昌", "怎么走访的")
    assert len(bot.town.rows(Outgoing)) == before + 1


async def test_an_account_with_odd_signs_in_its_name_is_as_good(bot, synapse):
    async with NioPhone(synapse, "", f"zhou.ming=x/y_+-{bot.name}") as zhou:
        await meet(bot, zhou)
        await zhou.leaves()
        await bot.until(lambda: bot.chat(zhou.user).unreachable_why == "leave")
        await zhou.opens_with(bot.user)
        await talk(zhou, "走访 高永昌", "怎么走访的")


async def test_both_devices_of_a_person_read_and_either_answers(bot, zhou, synapse):
    async with NioPhone(synapse, "", zhou.name) as second:
        second.room = zhou.room
        await second.until(lambda: bot.user in second.members.get(zhou.room, {}))
        await talk(zhou, "走访 高永昌", "怎么走访的")
        await second.until(lambda: any("怎么走访的" in one.text for one in second.others))
        await talk(second, "1", "怎么样")
        await zhou.until(lambda: any("怎么样" in one.text for one in zhou.others))
