"""Who may talk to the bot in which room, and what becomes of rooms."""

import pytest

from bot.transports import Parcel
from models.mailbox import Outgoing
from models.staff import Chat
from tests.conversation import Town
from tests.matrix_bot import Bot, hears, meet, talk
from tests.matrix_people import NioPhone


@pytest.fixture
async def bot(town: Town, synapse, tmp_path):
    async with Bot(town, synapse, tmp_path) as running:
        yield running


async def refused(phone: NioPhone, bot: Bot, room: str) -> bool:
    return await phone.until(lambda: phone.members[room].get(bot.user) == "leave")


async def test_a_newcomer_joins_with_a_code_and_is_the_same_person_as_elsewhere(bot, synapse):
    bot.town.now = bot.clock()
    elsewhere = bot.town.person("周明")
    elsewhere.talk("走访 高永昌", "怎么走访的", "[上门]", "精神")
    code = bot.invites("周明")
    async with NioPhone(synapse, "zhou") as zhou:
        await zhou.opens_with(bot.user)
        await hears(zhou, "邀请码")
        await talk(zhou, f"!join {code}", "是您本人吗", "1", "周明", "继续", "高永昌", "1", "精神", "都好", "谁在场",
                   "1", "核对", "提交", "已记下")  # fmt: skip
        assert bot.chat(zhou.user).staff_id == bot.town.staff["周明"]
    assert len(bot.town.visits("高永昌")) == 1


async def test_a_strangers_invitation_is_refused_unless_somebody_is_expected(bot, synapse):
    async with NioPhone(synapse, "stranger") as stranger:
        await refused(stranger, bot, await stranger.opens_room(bot.user))
        bot.invites("周明")
        await stranger.opens_with(bot.user)
        await hears(stranger, "邀请码")
        await talk(stranger, "走访 高永昌", "邀请码", "高永昌", "邀请码")
    assert not bot.chat(stranger.user).staff_id


async def test_who_leaves_cannot_be_reached_and_who_comes_back_can(bot, synapse):
    async with NioPhone(synapse, "zhou") as zhou:
        await meet(bot, zhou)
        await zhou.leaves()
        await bot.until(lambda: bot.chat(zhou.user).unreachable_why == "leave")
        await zhou.opens_with(bot.user)
        await hears(zhou, "周明")
        await bot.until(lambda: not bot.chat(zhou.user).unreachable_at)
        await talk(zhou, "走访 高永昌", "怎么走访的")


async def test_a_bot_that_was_put_out_of_the_room_knows_it(bot, synapse):
    async with NioPhone(synapse, "zhou") as zhou:
        bot.knows(zhou.user, "周明")
        wanted = {"preset": "private_chat", "is_direct": True, "invite": [bot.user]}
        zhou.room = (await zhou.call("POST", "/createRoom", wanted))["room_id"]
        await hears(zhou, "周明")
        await zhou.call("POST", f"/rooms/{zhou.room}/ban", {"user_id": bot.user})
        await bot.until(lambda: bot.chat(zhou.user).unreachable_why == "removed")


async def test_an_upgraded_room_is_followed(bot, synapse):
    async with NioPhone(synapse, "zhou") as zhou:
        await meet(bot, zhou)
        await talk(zhou, "走访 高永昌", "怎么走访的")
        upgraded = await zhou.call("POST", f"/rooms/{zhou.room}/upgrade", {"new_version": "10"})
        zhou.room = upgraded["replacement_room"]
        await zhou.call("POST", f"/rooms/{zhou.room}/invite", {"user_id": bot.user})
        await zhou.until(lambda: zhou.members.get(zhou.room, {}).get(bot.user) == "join")
        await hears(zhou, "周明")
        await talk(zhou, "回到没填完的卡片", "怎么走访的", "1", "怎么样")
        assert len(bot.town.rows(Chat, network="matrix")) == 1


async def test_where_a_third_person_listens_nothing_is_said(bot, synapse):
    async with NioPhone(synapse, "zhou") as zhou, NioPhone(synapse, "li") as li:
        await meet(bot, zhou)
        await talk(zhou, "走访 高永昌", "怎么走访的")
        first = zhou.room
        await zhou.call("POST", f"/rooms/{first}/invite", {"user_id": li.user})
        await zhou.until(lambda: zhou.members[first].get(li.user) == "invite")
        await li.joins(first)
        await zhou.say("1")
        await hears(zhou, "单独")
        await bot.matrix.send(Parcel(zhou.user, "高永昌明天体检。", key="8.1"))
        await zhou.until(lambda: bot.user in zhou.invites.values())
        (room,) = zhou.invites
        await zhou.joins(room)
        await hears(zhou, "明天体检")
        assert zhou.room in zhou.encrypted
        assert not any("体检" in one.text for one in li.screen.values())
    assert [row for row in bot.town.rows(Outgoing) if "精神" in row.text] == []


async def binds(wang: NioPhone, li: NioPhone, bot: Bot) -> str:
    """A room of three, bound by the coordinator."""
    await meet(bot, wang, "王主任")
    room = await wang.opens_room(bot.user, li.user, direct=False)
    await li.joins(room)
    await li.until(lambda: li.members[room].get(bot.user) == "join")
    await talk(wang, "!bind", "应访")
    return room


async def test_a_room_with_more_people_gets_figures_only_once_a_coordinator_bound_it(bot, synapse):
    async with NioPhone(synapse, "wang") as wang, NioPhone(synapse, "li") as li:
        await meet(bot, wang, "王主任")
        room = await wang.opens_room(bot.user, li.user, direct=False)
        await li.joins(room)
        await li.until(lambda: li.members[room].get(bot.user) == "join")
        await talk(li, "!bind", "单独")
        await wang.say("!bind")
        shown = await hears(wang, "应访")
        assert "E0001" in shown.text
        assert "高永昌" not in shown.text
        await li.say("高永昌")
        await talk(li, "!due", "应访")
        assert not [one for one in li.others if "高永昌" in one.text and one.sender == bot.user]


async def test_an_upgraded_room_with_more_people_stays_bound(bot, synapse):
    async with NioPhone(synapse, "wang") as wang, NioPhone(synapse, "li") as li:
        old = await binds(wang, li, bot)
        chats = len(bot.town.rows(Chat))
        upgraded = await wang.call("POST", f"/rooms/{old}/upgrade", {"new_version": "11"})
        wang.room = upgraded["replacement_room"]
        await wang.call("POST", f"/rooms/{wang.room}/invite", {"user_id": bot.user})
        await wang.until(lambda: wang.members.get(wang.room, {}).get(bot.user) == "join")
        await wang.call("POST", f"/rooms/{wang.room}/invite", {"user_id": li.user})
        await li.joins(wang.room)
        await talk(li, "!due", "应访")
        await hears(wang, "应访")
        assert len([one for one in wang.others if one.sender == bot.user]) == 1, "no greeting"
        assert len(bot.town.rows(Chat)) == chats
        assert bot.chat(wang.room)
        assert not bot.chat(old)


async def test_a_renamed_room_is_the_same_and_one_it_was_put_out_of_may_take_it_back(bot, synapse):
    async with NioPhone(synapse, "wang") as wang, NioPhone(synapse, "li") as li:
        room = await binds(wang, li, bot)
        await wang.call("PUT", f"/rooms/{room}/state/m.room.name", {"name": "解忧室"})
        await talk(li, "!due", "应访")
        await wang.call("POST", f"/rooms/{room}/kick", {"user_id": bot.user})
        await bot.until(lambda: bot.chat(room).unreachable_why == "removed")
        await wang.call("POST", f"/rooms/{room}/invite", {"user_id": bot.user})
        await bot.until(lambda: not bot.chat(room).unreachable_at)
        await talk(wang, "!due", "应访")
