"""Milliseconds from the answer of getUpdates that carried an update to the arrival of the
bot's answer, at 20 updates a second that come as they please.

The bot is `python -m bot run` with Telegram only: each answer is committed before it is sent.
The peer is a bare python-telegram-bot that echoes and keeps nothing.
"""

import asyncio
import shutil
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from random import Random
from statistics import quantiles
from subprocess import Popen
from tempfile import TemporaryDirectory

from tests.bench.measure import QUICK, RUNS, Case, folder, report, said
from tests.bench.office import Size, chat_of
from tests.bench.steps_ours import opened
from tests.bench.telegram import Liaisons, Timed, first_poll, program, settings

SIZE = Size(200)
PER_SECOND = 20
UPDATES = 8 if QUICK else 400
WARMING = 2 if QUICK else 40
ECHO = "python-telegram-bot echo"
Act = Callable[[int], None]


async def run_load(api: Timed, act: Act, seed: int) -> list[float]:
    """The people in turn, at random moments; the first ones are not counted."""
    random, at = Random(seed), time.monotonic()
    for number in range(WARMING + UPDATES):
        at += random.expovariate(PER_SECOND)
        await asyncio.sleep(max(0.0, at - time.monotonic()))
        act(number % SIZE.liaisons)
    await api.until(lambda: not api.open, 30)
    return api.waits[WARMING:]


async def ours(place: Path, seed: int) -> list[float]:
    database = Path(shutil.copy(opened(SIZE), place))
    async with Timed() as api:
        people = Liaisons(api, SIZE, database)
        bot = program(place, "bot", "run", **settings(api, place, database))
        return await loaded(api, bot, place, people.act, seed)


async def echo(place: Path, seed: int) -> list[float]:
    async with Timed() as api:

        def act(liaison: int) -> None:
            chat = chat_of(liaison)
            api.asks(chat, api.say(chat, "今天聊到孙子考上大学"))

        bot = program(place, "tests.bench.echo_bot", api.token, api.url)
        return await loaded(api, bot, place, act, seed)


async def loaded(
    api: Timed, bot: AbstractContextManager[Popen[bytes]], place: Path, act: Act, seed: int
) -> list[float]:
    with bot as running:
        await first_poll(api, running, place)
        await asyncio.sleep(1)  # the rest of the start
        return await run_load(api, act, seed)


def measure() -> list[Case]:
    cases = {share: Case(f"p{share}", peers={ECHO: []}, low=True) for share in (50, 95)}
    for run in range(RUNS):
        for who, bot in (("ours", ours), (ECHO, echo)):
            said(f"latency of {who}: run {run + 1} of {RUNS}")
            with TemporaryDirectory(dir=folder()) as place:
                hundredths = quantiles(asyncio.run(bot(Path(place), run)), n=100)
            for share, case in cases.items():
                (case.ours if bot is ours else case.peers[ECHO]).append(hundredths[share - 1])
    return list(cases.values())


if __name__ == "__main__":
    report("latency", "milliseconds at 20 updates a second", measure())
