"""The bot killed in the middle of its work, again and again: nothing lost, nothing doubled."""

import asyncio
import os
import random
import subprocess
import sys
from collections import Counter
from functools import partial

from models.mailbox import Outgoing
from tests.conversation import Town
from tests.matrix_bot import Bot, hears, meet, talk
from tests.matrix_people import PATIENCE, NioPhone

KILLS = int(os.environ.get("LIAISON_TEST_KILLS", "2"))
LINES_A_LIFE = 3 if KILLS > 10 else 10  # a note has room for 1000 characters


def start(bot: Bot) -> "subprocess.Popen[bytes]":
    """The program itself, as an operator starts it."""
    settings = {
        "LIAISON_MATRIX_HOMESERVER": bot.server.url,
        "LIAISON_MATRIX_USER": bot.user,
        "LIAISON_MATRIX_PASSWORD": f"pw-{bot.name}",
        "LIAISON_DATA_DIR": str(bot.folder),
        "LIAISON_DATABASE_URL": bot.town.database.url.render_as_string(hide_password=False),
        "LIAISON_HTTP": "127.0.0.1:0",
    }
    with (bot.folder / "log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "bot", "run"], env=os.environ | settings, stderr=log
        )


def has(person: NioPhone, words: str) -> bool:
    return any(words in one.text for one in person.others)


async def test_nothing_is_lost_or_doubled_when_the_bot_is_killed(town: Town, synapse, tmp_path):
    chance, bot = random.Random(7), Bot(town, synapse, tmp_path)
    async with NioPhone(synapse, "zhou") as zhou:
        async with bot:
            await meet(bot, zhou)
            await talk(zhou, "走访 高永昌 上门 都好", "核对")
        lines = [f"{number}句" for number in range(KILLS * LINES_A_LIFE)]
        for life in range(KILLS):
            process = await asyncio.to_thread(start, bot)
            try:
                mine = lines[life * LINES_A_LIFE : (life + 1) * LINES_A_LIFE]
                for line in mine:
                    await zhou.say(line)
                met = chance.choice(mine)
                await zhou.until(partial(has, zhou, met), PATIENCE)
            finally:
                process.kill()
                process.wait()
        async with bot:
            await hears(zhou, lines[-1])
            await talk(zhou, "提交", "已记下")
        assert not zhou.unreadable
    (visit,) = town.visits("高永昌")
    assert visit.note.split() == lines
    answers = [row for row in town.rows(Outgoing) if "句" in row.text]
    assert len(answers) == len(lines) + 1  # and the one that says it is recorded
    shown = Counter(one.text for one in zhou.others if "句" in one.text)
    assert {text: count for text, count in shown.items() if count > 1} == {}
