"""On Matrix, too: the bot dies at random points while many people work with it, and so does the
homeserver. LIAISON_TEST_KILLS sets how often the bot dies, LIAISON_TEST_SEED when.
"""

import asyncio
import os
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from sqlalchemy import URL, Engine
from sqlmodel import col, select

from bot.transports import Parcel
from bot.transports.matrix_messages import message
from handlers.lines import chosen
from models.database import connect, upgrade
from models.draft import Draft
from models.elder import Elder
from models.mailbox import DROPPED, SENDING, SENT, WAITING, Outgoing, Seen
from models.staff import Chat
from models.visit import Visit
from tests.kill_office import (
    check_database,
    elders_of,
    evening,
    let_claims_run_out,
    rows,
    settle,
)
from tests.lives import Life, Lives
from tests.matrix_load import PATIENCE, Liaison, Walk
from tests.matrix_people import NUMBERS, NioPhone
from tests.synapse import Synapse

KILLS = int(os.environ.get("LIAISON_TEST_KILLS", "50"))
WAYS = 2  # to die: before it stored what it was sent, before it noted what it sent
SEED = int(os.environ.get("LIAISON_TEST_SEED", "1"))
OUTAGES = 3
PEOPLE = 6
STARTING = 1.0  # seconds in which a bot is hardly up
A_MOMENT = 0.1
ANSWERS = Outgoing.kind == ""


@dataclass
class Shift:
    """People at work with a bot that does not live long, or a server that does not."""

    engine: Engine
    lives: Lives
    bot: str
    people: list[Liaison]
    work: list[asyncio.Task[None]] = field(default_factory=list)
    heard: int = 0
    news: asyncio.Event = field(default_factory=asyncio.Event)
    deaths: Counter[str] = field(default_factory=Counter)

    def note(self, _shown: object) -> None:
        self.heard += 1
        self.news.set()

    async def begin(self) -> None:
        """Everybody opens a room with the bot, every second one without encryption."""
        for number, one in enumerate(self.people):
            one.phone.on_shown = self.note
            await one.phone.opens_with(self.bot, encrypted=number % 2 == 0)
            await one.phone.hears()
        self.work += [asyncio.create_task(one.work()) for one in self.people]

    async def until(self, true: Callable[[], object], seconds: float = PATIENCE) -> None:
        async with asyncio.timeout(seconds):
            while not true():
                for task in self.work:
                    if task.done():
                        task.result()
                self.news.clear()
                await asyncio.wait([asyncio.create_task(self.news.wait()), *self.open_work],
                                   return_when=asyncio.FIRST_COMPLETED)  # fmt: skip

    @property
    def open_work(self) -> list[asyncio.Task[None]]:
        return [task for task in self.work if not task.done()]

    async def some_moment(self, chance: Random) -> None:
        """While the bot starts, or some answers later."""
        if chance.random() < 0.2:
            return await asyncio.sleep(STARTING * chance.random())
        last = self.heard + chance.randrange(12)
        await self.until(lambda: self.heard > last)
        return await asyncio.sleep(A_MOMENT * chance.random())

    async def dies(self, life: Life) -> None:
        assert await life.end(signal.SIGKILL) == -signal.SIGKILL, "it died before it was killed"
        written = {event for one in self.people for event in one.written}
        stored = set(rows(self.engine, select(Seen.key)))
        self.deaths["with messages not stored"] += bool(written - stored)
        self.deaths["with answers in hand"] += bool(self.outbox(SENDING))
        let_claims_run_out(self.engine)

    def outbox(self, *states: str) -> list[int]:
        return rows(
            self.engine, select(Outgoing.seq).where(ANSWERS, col(Outgoing.state).in_(states))
        )

    async def comes_to_rest(self) -> None:
        """Everybody gets the answer they wait for, and each answer is shown."""
        for one in self.people:
            one.going_home = True
        await asyncio.wait_for(asyncio.gather(*self.work), PATIENCE)
        async with asyncio.timeout(PATIENCE):
            while self.outbox(WAITING, SENDING):
                await asyncio.sleep(0.05)
        await self.until(lambda: self.heard >= sum(expected(self.engine, SENT).values()))


@pytest.fixture
def office(new_database: Callable[[str], URL]) -> Iterator[Engine]:
    engine = connect(new_database("sqlite"))
    upgrade(engine)
    yield engine
    engine.dispose()


def environment(engine: Engine, server: Synapse, bot: str, folder: Path) -> dict[str, str]:
    return {
        "LIAISON_MATRIX_HOMESERVER": server.url,
        "LIAISON_MATRIX_USER": bot,
        "LIAISON_MATRIX_PASSWORD": f"pw-{bot[1:].partition(':')[0]}",
        "LIAISON_DATABASE_URL": engine.url.render_as_string(hide_password=False),
        "LIAISON_DATA_DIR": str(folder / "data"),
        "LIAISON_HTTP": "127.0.0.1:0",
        "LIAISON_TIMEZONE": evening(),
    }


@asynccontextmanager
async def at_work(engine: Engine, server: Synapse, folder: Path) -> AsyncIterator[Shift]:
    bot = str(server.account(f"bot-{next(NUMBERS)}")["user_id"])
    async with AsyncExitStack() as stack:
        phones = [await stack.enter_async_context(NioPhone(server, f"p{n}")) for n in range(PEOPLE)]
        settle(engine, "matrix", [phone.user for phone in phones])
        lives = await stack.enter_async_context(
            Lives(folder, environment(engine, server, bot, folder))
        )
        people = [Liaison(phone, elders_of(n), SEED) for n, phone in enumerate(phones)]
        shift = Shift(engine, lives, bot, people)
        yield shift
        for task in shift.work:
            task.cancel()


async def test_killed_at_random_points_it_loses_and_doubles_nothing(
    office: Engine, synapse: Synapse, tmp_path: Path
) -> None:
    chance = Random(SEED)
    async with at_work(office, synapse, tmp_path) as shift:
        life = await shift.lives.start()
        await shift.begin()
        for number in range(3 * KILLS):  # more only when chance left one of the ways out
            if number >= KILLS and len(+shift.deaths) == WAYS:
                break
            await shift.some_moment(chance)
            await shift.dies(life)
            life = await shift.lives.fork()
        await shift.comes_to_rest()
        assert await life.end(signal.SIGTERM) == 0
        check(office, shift)
    print(f"\n{KILLS} kills, {dict(shift.deaths)}: {figures(shift)}")
    assert len(+shift.deaths) == WAYS


async def test_the_homeserver_is_killed_in_the_middle_and_nothing_is_lost(
    office: Engine, synapse: Synapse, tmp_path: Path
) -> None:
    chance = Random(SEED)
    async with at_work(office, synapse, tmp_path) as shift:
        life = await shift.lives.start()
        await shift.begin()
        for _ in range(OUTAGES):
            await shift.some_moment(chance)
            await asyncio.to_thread(synapse.kill)
            await asyncio.to_thread(synapse.start)
        await shift.comes_to_rest()
        assert await life.end(signal.SIGTERM) == 0
        check(office, shift)
    print(f"\n{OUTAGES} outages: {figures(shift)}")


def figures(shift: Shift) -> str:
    walks = [walk for one in shift.people for walk in one.walks]
    return (
        f"{sum(len(one.written) for one in shift.people)} messages, "
        f"{sum(walk.done for walk in walks)} visits stored, "
        f"{sum(not walk.done for walk in walks)} drafts standing, "
        f"longest wait {max(one.longest for one in shift.people):.1f} s"
    )


def check(engine: Engine, shift: Shift) -> None:
    seen = dict(rows(engine, select(Seen.key, Seen.error)))
    for one in shift.people:
        assert one.phone.unreadable == []
        assert [seen.get(event) for event in one.written] == [""] * len(one.written)
    shown, sent = seen_by(shift), expected(engine, SENT)
    assert not sent - shown, "lost"
    assert not shown - sent - expected(engine, DROPPED), "doubled"
    check_visits(engine, shift.people)
    check_database(engine)


def seen_by(shift: Shift) -> Counter[tuple[str, str]]:
    return Counter(
        (one.phone.user, text)
        for one in shift.people
        for shown in one.phone.screen.values()
        if shown.sender == shift.bot
        for text in shown.texts
    )


def expected(engine: Engine, state: str) -> Counter[tuple[str, str]]:
    """What was sent, as it reads on a phone; or dropped, since something newer came: that may
    have been shown, when the server died before it said so."""
    sent = (
        select(Chat.address, Outgoing.text, Outgoing.rows)
        .join(Chat, col(Chat.id) == Outgoing.chat_id)
        .where(Outgoing.state == state)
    )
    return Counter((chat, body(text, choices)) for chat, text, choices in rows(engine, sent))


def body(text: str, choices: list[list[list[str]]]) -> str:
    under = tuple(tuple((label, code) for label, code in row) for row in choices)
    return str(message(Parcel("", text, under))["body"])


def check_visits(engine: Engine, people: list[Liaison]) -> None:
    """Each visit that a person saw through is stored once, as answered; each other one stands
    where she left it."""
    menus = {
        body(text, choices): choices
        for text, choices in rows(engine, select(Outgoing.text, Outgoing.rows))
    }
    visits = select(Elder.code, Visit.answers).join(Elder, col(Elder.id) == Visit.elder_id)
    drafts = select(Elder.code, Draft.answers).join(Elder, col(Elder.code) == Draft.subject)
    walks = [walk for one in people for walk in one.walks]
    for stored, done in ((visits, True), (drafts, False)):
        found = [(code, list(answers.values())) for code, answers in rows(engine, stored)]
        told = [(walk.elder, answers(walk, menus)) for walk in walks if walk.done == done]
        assert sorted(found) == sorted(told), screens(people)


def answers(walk: Walk, menus: dict[str, list[list[list[str]]]]) -> list[str]:
    given = ((chosen(menus[card], word), word) for card, word in walk.given)
    return [code.partition(".a:")[2] or word for code, word in given]


def screens(people: list[Liaison]) -> str:
    """What each sees at last."""
    return "\n\n".join(
        "\n".join(
            [one.phone.user, str(one.walks[-1]), *(str(s.texts) for s in one.phone.others[-4:])]
        )
        for one in people
    )
