"""The bot is killed at random points, again and again, while people work with it.

A killed process loses nothing that it gave to the operating system: what a power cut does is the
databases' part. LIAISON_TEST_KILLS sets how often it dies on each database.
"""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import URL, Engine, func
from sqlmodel import col, select

from models.database import connect, upgrade
from models.draft import Draft
from models.mailbox import DROPPED, SENDING, SENT, WAITING, Outgoing, Seen
from models.outbox import SUPERSEDED
from models.staff import Chat
from models.visit import Visit
from tests.bot_api_server import TOKEN, BotApi
from tests.bot_api_world import PATIENCE, Shown
from tests.kill_office import (
    check_database,
    elders_of,
    evening,
    let_claims_run_out,
    others_connected,
    rows,
    settle,
)
from tests.lives import Life, Lives
from tests.load import Liaison, Walk

KILLS = int(os.environ.get("LIAISON_TEST_KILLS", "100"))
WAYS = 3  # to die: before, between and after it stored what it was given
STOPS = 8
PLAIN = 50  # each fiftieth life is a start as on the command line
PEOPLE = 12
SHOWING = ("sendMessage", "editMessageText")
STARTING = ("getMe", "deleteWebhook", "setMyCommands", "getUpdates")
MOMENTS: tuple[tuple[Callable[[BotApi], int], int], ...] = (  # what is counted, at most how many
    (lambda api: calls(api, STARTING), 5),
    (lambda api: api.given.total(), 40),
    (lambda api: calls(api, SHOWING), 30),
)
A_MOMENT = 0.03  # seconds
ANSWERS = Outgoing.kind == ""
Line = tuple[int, str]  # what was shown: chat and text


def calls(api: BotApi, methods: tuple[str, ...]) -> int:
    return sum(api.calls[method] for method in methods)


@pytest.fixture
def office(kind: str, new_database: Callable[[str], URL]) -> Iterator[Engine]:
    """Liaisons with elders of their own, in a database of the bot's own."""
    engine = connect(new_database(kind))
    upgrade(engine)
    settle(engine, "telegram", [str(1001 + person) for person in range(PEOPLE)])
    yield engine
    engine.dispose()


def environment(engine: Engine, api: BotApi, folder: Path) -> dict[str, str]:
    return {
        "LIAISON_TELEGRAM_TOKEN": TOKEN,
        "LIAISON_TELEGRAM_API": api.url,
        "LIAISON_DATABASE_URL": engine.url.render_as_string(hide_password=False),
        "LIAISON_DATA_DIR": str(folder / "data"),
        "LIAISON_HTTP": "127.0.0.1:0",
        "LIAISON_TIMEZONE": evening(),
    }


def lines(engine: Engine, *states: str) -> list[Line]:
    """The answers that stand in the outbox in one of these states. What nobody asked for is left
    out: it is worded anew when it goes."""
    found = (
        select(Chat.address, Outgoing.text)
        .join(Chat, col(Chat.id) == Outgoing.chat_id)
        .where(ANSWERS, col(Outgoing.state).in_(states))
    )
    return [(int(chat), words) for chat, words in rows(engine, found)]


@dataclass
class Shift:
    """People at work with a bot that does not live long."""

    engine: Engine
    api: BotApi
    lives: Lives
    people: list[Liaison]
    work: list[asyncio.Task[None]]
    shown: Counter[Line] = field(default_factory=Counter)
    in_hand: Counter[Line] = field(default_factory=Counter)  # of a dead one, shown or not
    deaths: Counter[str] = field(default_factory=Counter)

    def look(self, chat: int, shown: Shown) -> None:
        self.shown[chat, shown.text] += 1
        self.people[chat - 1001].news.set()

    async def until(self, true: Callable[[], Any]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not true():
            for task in self.work:
                if task.done():
                    task.result()
            assert time.monotonic() < deadline, self.who_waits()
            await asyncio.sleep(0.003)

    def who_waits(self) -> str:
        waiting = [one for one, task in zip(self.people, self.work, strict=True) if not task.done()]
        left = [*self.api.updates, *lines(self.engine, WAITING, SENDING)]
        return "\n\n".join([*map(self.what_she_sees, waiting), str(left)])

    def what_she_sees(self, person: Liaison) -> str:
        hers = (
            select(Outgoing.seq, Outgoing.state, Outgoing.in_place, Outgoing.pressed,
                   Outgoing.native_id, Outgoing.attempts, Outgoing.problem, Outgoing.text)
            .join(Chat, col(Chat.id) == Outgoing.chat_id)
            .where(Chat.address == str(person.chat))
            .order_by(col(Outgoing.seq).desc())
            .limit(8)
        )  # fmt: skip
        screen = [
            (one.id, one.version, one.text, one.buttons[:2])
            for one in self.api.sees(person.chat)[-20:]
        ]
        return "\n".join(
            map(str, [person.chat, person.walks[-1], *screen, *rows(self.engine, hers)])
        )

    async def dies(self, life: Life) -> None:
        assert await life.end(signal.SIGKILL) == -signal.SIGKILL, "it died before it was killed"
        if self.engine.dialect.name == "postgresql":
            await self.until(lambda: not others_connected(self.engine))
        keys = {key(number) for number, _kind, _text in self.api.updates}
        stored = set(rows(self.engine, select(Seen.key).where(col(Seen.key).in_(keys))))
        self.deaths["with messages stored and not confirmed"] += bool(stored)
        given = {key(number) for number in self.api.given}
        self.deaths["with messages given and not stored"] += bool(given & keys - stored)
        sending = lines(self.engine, SENDING)
        self.deaths["with answers in hand"] += bool(sending)
        self.in_hand.update(sending)
        let_claims_run_out(self.engine)
        self.api.given.clear()

    def lives_until_killed_in_every_way(self) -> Iterator[int]:
        """So many as are asked for; more when chance left one of the ways out."""
        for number in range(3 * KILLS):
            if number < KILLS or len(+self.deaths) < WAYS:
                yield number

    async def comes_to_rest(self) -> None:
        """Everybody gets the answer they wait for; then nothing is left to do."""
        for person in self.people:
            person.going_home = True
        await self.until(lambda: all(task.done() for task in self.work))
        await self.until(lambda: not (self.api.updates or lines(self.engine, WAITING, SENDING)))


def key(number: int) -> str:
    return f"{TOKEN.partition(':')[0]}:{number}"


@asynccontextmanager
async def at_work(engine: Engine, folder: Path, seed: str) -> AsyncIterator[Shift]:
    async with BotApi() as api, Lives(folder, environment(engine, api, folder)) as lives:
        people = [Liaison(api, 1001 + n, elders_of(n), seed) for n in range(PEOPLE)]
        shift = Shift(engine, api, lives, people, [])
        api.on_message = shift.look
        shift.work += [asyncio.create_task(one.work()) for one in people]
        yield shift


async def some_moment(shift: Shift, chance: Random) -> None:
    """Somewhere between its first request and its last."""
    count, most = chance.choice(MOMENTS)
    last = count(shift.api) + chance.randrange(most)
    await shift.until(lambda: count(shift.api) > last)
    await asyncio.sleep(chance.random() * A_MOMENT)


async def test_killed_at_random_points_it_loses_and_doubles_nothing(
    office: Engine, tmp_path: Path, kind: str
) -> None:
    chance = Random(kind)
    async with at_work(office, tmp_path, kind) as shift:
        for number in shift.lives_until_killed_in_every_way():
            life = await (shift.lives.fork() if number % PLAIN else shift.lives.start())
            await some_moment(shift, chance)
            await shift.dies(life)
        life = await shift.lives.fork()
        await shift.comes_to_rest()
        assert await life.end(signal.SIGTERM) == 0
    walks = [walk for person in shift.people for walk in person.walks]
    check_messages(office, shift.people)
    check_visits(office, walks)
    check_drafts(office, shift.people)
    repeated = check_repeats(office, shift)
    check_database(office)
    print(
        f"\n{KILLS} kills on {kind}, {dict(shift.deaths)}: "
        f"{sum(len(p.updates) for p in shift.people)} messages, "
        f"{sum(walk.done for walk in walks)} visits stored, "
        f"{sum(not walk.done for walk in walks)} drafts standing, "
        f"{sum(p.pressed_again for p in shift.people)} buttons pressed again, "
        f"{repeated} messages repeated, longest wait {max(p.longest for p in shift.people):.1f} s"
    )
    assert len(+shift.deaths) == WAYS
    assert sum(walk.done for walk in walks) > KILLS // 10, "hardly anything was done between"


async def test_asked_to_stop_it_sees_through_what_it_has_in_hand(
    office: Engine, tmp_path: Path, kind: str
) -> None:
    chance, longest = Random(kind), 0.0
    async with at_work(office, tmp_path, kind) as shift:
        for _ in range(STOPS):
            life = await shift.lives.fork()
            await some_moment(shift, chance)
            asked = time.monotonic()
            assert await life.end(signal.SIGTERM) == 0
            longest = max(longest, time.monotonic() - asked)
            assert lines(office, SENDING) == []
        life = await shift.lives.fork()
        await shift.comes_to_rest()
        assert await life.end(signal.SIGTERM) == 0
    print(f"\n{STOPS} stops on {kind}, the longest took {longest:.2f} s")
    assert longest < 30, "whoever stops it kills it then"
    check_messages(office, shift.people)
    check_visits(office, [walk for person in shift.people for walk in person.walks])
    check_drafts(office, shift.people)
    assert check_repeats(office, shift) == 0


def check_messages(engine: Engine, people: list[Liaison]) -> None:
    """None lost, none failed, and each was answered: by what was sent, or by what replaced it."""
    seen = dict(rows(engine, select(Seen.key, Seen.error)))
    assert seen == {key(number): "" for person in people for number in person.updates}
    answers = Counter(chat for chat, _words in lines(engine, SENT, DROPPED))
    assert len(rows(engine, select(Outgoing.seq).where(ANSWERS))) == answers.total()
    for person in people:
        assert answers[person.chat] >= len(person.updates)
    why = select(Outgoing.problem).where(ANSWERS, Outgoing.state == DROPPED).distinct()
    assert set(rows(engine, why)) <= {SUPERSEDED}
    last = select(func.max(Outgoing.seq)).where(Outgoing.card != "").group_by(Outgoing.card)
    unseen = select(Outgoing.seq).where(col(Outgoing.seq).in_(last), Outgoing.problem == SUPERSEDED)
    assert rows(engine, unseen) == [], "by nothing newer"


def check_visits(engine: Engine, walks: list[Walk]) -> None:
    """Each visit that a person saw through is stored once, as answered."""
    stored = [
        (tag, list(given.values())) for tag, given in rows(engine, select(Visit.ref, Visit.answers))
    ]
    told = [(walk.tag, walk.answers) for walk in walks if walk.done]
    assert sorted(stored) == sorted(told)


def check_drafts(engine: Engine, people: list[Liaison]) -> None:
    """Each draft stands where its person left it, and so does the card she sees."""
    drafts = {draft.tag: draft for draft in rows(engine, select(Draft))}
    left = {one.walks[-1].tag: one for one in people if not one.walks[-1].done}
    assert drafts.keys() == left.keys()
    for tag, person in left.items():
        assert list(drafts[tag].answers.values()) == person.walks[-1].answers
        card = person.card(tag)
        assert card, person.screen()
        assert card.rev == drafts[tag].rev


def check_repeats(engine: Engine, shift: Shift) -> int:
    """What was sent was shown, and again only where the bot died with it in its hands."""
    sent = Counter(lines(engine, SENT))
    assert sent.keys() <= shift.shown.keys()
    repeated = Counter({line: shift.shown[line] - count for line, count in sent.items()})
    assert not (repeated - shift.in_hand)
    return (+repeated).total()
