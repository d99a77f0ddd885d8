"""Who is on Matrix and on Telegram: one person, and one network for what nobody asked for."""

from datetime import time

from bot.clock import tick
from bot.transports.telegram import Telegram
from tests.bot_api_server import TOKEN, BotApi
from tests.conversation import Town
from tests.matrix_bot import Bot, hears, meet, talk
from tests.matrix_people import NioPhone

CHAT = 1001
DIGEST = "早上好"


async def test_the_digest_goes_where_she_wrote_last_unless_she_chose(
    town: Town, synapse, tmp_path
) -> None:
    town.person("周明", "telegram", str(CHAT))
    async with (
        BotApi() as api,
        Bot(town, synapse, tmp_path, others=(Telegram(TOKEN, api=api.url),)) as bot,
        NioPhone(synapse, "zhou") as zhou,
    ):
        await meet(bot, zhou)

        def came() -> tuple[int, int]:
            """To Telegram, and to Matrix."""
            screens = (api.sees(CHAT), zhou.others)
            there, here = (sum(DIGEST in one.text for one in screen) for screen in screens)
            return there, here

        async def asks_on_telegram() -> None:
            api.say(CHAT, "帮助")
            await api.hears(CHAT, "我帮您记走访")

        async def next_morning() -> None:
            """Something is said on Matrix: a poll that began yesterday comes to its end."""
            bot.moves_to(time(8, 5))
            await talk(zhou, "帮助", "我帮您记走访")

        await next_morning()
        await asks_on_telegram()
        await tick(bot.house)
        await api.hears(CHAT, DIGEST)
        assert came() == (1, 0)

        await next_morning()
        await tick(bot.house)
        await hears(zhou, DIGEST)
        assert came() == (1, 1)

        await talk(zhou, "设置", "哪种语言", "Telegram", "以后发到 Telegram")
        await next_morning()
        await tick(bot.house)
        await api.until(lambda: came() == (2, 1))
