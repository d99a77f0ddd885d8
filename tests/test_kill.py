"""The bot is killed at random points, again and again, while people work with it.

Most of its lives are forks of an interpreter that has loaded everything (`forkserver.py`), so
that 200 deaths fit into minutes; every tenth is a plain `python -m bot run`. A killed process
loses nothing that it gave to the operating system: what a power cut does is the databases' part.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import URL, Engine, text
from sqlmodel import Session, col, select, update

from models.assignment import Assignment
from models.database import connect, upgrade
from models.draft import Draft
from models.elder import Elder
from models.mailbox import DROPPED, FAILED, SENDING, SENT, WAITING, Outgoing, Seen
from models.org import Unit
from models.staff import Chat, Staff
from models.visit import Visit
from tests.bot_api_server import TOKEN, BotApi
from tests.bot_api_world import Shown
from tests.load import Liaison

ROOT = Path(__file__).parent.parent
KILLS = int(os.environ.get("LIAISON_TEST_KILLS", "20"))  # on each database; 105 for a long night
PEOPLE, ELDERS = 12, 60
STARTING = ("getMe", "deleteWebhook", "setMyCommands", "getUpdates")
SHOWING = ("sendMessage", "editMessageText")
LONGEST = {STARTING: 5, SHOWING: 24}  # a life ends after so many requests at most
PLAIN = 10  # every tenth life is a start as on the command line


class Lives:
    """Starts the bot, forked or plain, and ends it; `report` is where its output goes."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self.env, self.report = env, folder / "bot.log"
        self.folder = folder

    async def __aenter__(self) -> "Lives":
        self.forks = await asyncio.create_subprocess_exec(
            sys.executable, str(ROOT / "tests" / "forkserver.py"), cwd=self.folder,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self.forks.stdin
        self.forks.stdin.close()
        await self.forks.wait()

    async def start(self, plain: bool = False) -> "Life":
        if plain:
            return await self._plain()
        pid = await self._ask(env=self.env, log=str(self.report))

        async def ended() -> int:
            return await self._ask(wait=pid)

        return Life(pid, ended)

    async def _plain(self) -> "Life":
        with self.report.open("a") as report:
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "bot", "run", cwd=self.folder, stdout=report, stderr=report,
                env={**os.environ, **self.env, "PYTHONPATH": str(ROOT)},
            )  # fmt: skip
        return Life(process.pid, process.wait)

    async def _ask(self, **order: object) -> int:
        assert self.forks.stdin
        assert self.forks.stdout
        self.forks.stdin.write(json.dumps(order).encode() + b"\n")
        return int(await self.forks.stdout.readline())


class Life:
    """One process of the bot."""

    def __init__(self, pid: int, ended: Callable[[], Any]) -> None:
        self.pid, self.ended = pid, ended

    async def end(self, number: int) -> int:
        """Sends the signal and gives the exit status."""
        os.kill(self.pid, number)
        return int(await self.ended())


@pytest.fixture
def office(kind: str, new_database: Callable[[str], URL]) -> Iterator[Engine]:
    """Liaisons with elders of their own, in a database of the bot's own."""
    engine = connect(new_database(kind))
    upgrade(engine)
    with Session(engine) as session:
        unit = Unit(name="岚桥镇", kind="town")
        session.add(unit)
        session.flush()
        for person in range(PEOPLE):
            staff = Staff(code=f"S{person}", name=f"联络员{person}", unit_id=unit.id)
            session.add(staff)
            session.flush()
            session.add(Chat(network="telegram", address=str(1001 + person), staff_id=staff.id))
            for code in elders_of(person):
                elder = Elder(code=code, name=f"老人{code}", unit_id=unit.id)
                session.add(elder)
                session.flush()
                start = date(2025, 1, 1)
                session.add(Assignment(elder_id=elder.id, staff_id=staff.id, from_on=start))
        session.commit()
    yield engine
    engine.dispose()


def elders_of(person: int) -> list[str]:
    return [f"E{person:02d}{number:02d}" for number in range(ELDERS)]


def environment(engine: Engine, api: BotApi, folder: Path) -> dict[str, str]:
    return {
        "LIAISON_TELEGRAM_TOKEN": TOKEN,
        "LIAISON_TELEGRAM_API": api.url,
        "LIAISON_DATABASE_URL": engine.url.render_as_string(hide_password=False),
        "LIAISON_DATA_DIR": str(folder / "data"),
        "LIAISON_HTTP": "127.0.0.1:0",
    }


def rows(engine: Engine, statement: Any) -> list[Any]:
    with Session(engine) as session:
        return list(session.exec(statement).all())


@pytest.fixture
def shows() -> Counter[tuple[int, str]]:
    """How often each text was shown in each chat."""
    return Counter()


async def killed_again_and_again(
    lives: Lives, api: BotApi, engine: Engine, chance: Random, plain_every: int = PLAIN
) -> Counter[int]:
    """Ends each life after a random number of its requests and a moment more; counts for each
    message how often the bot died with it in its hands, sent or not."""
    in_hand: Counter[int] = Counter()
    for number in range(KILLS):
        life = await lives.start(plain=number % plain_every == plain_every - 1)
        counted = STARTING if chance.random() < 0.2 else SHOWING
        last = calls(api, counted) + chance.randrange(LONGEST[counted])
        await api.until(lambda: calls(api, counted) >= last, seconds=30)  # noqa: B023
        await asyncio.sleep(chance.random() * 0.03)
        assert await life.end(signal.SIGKILL) == -signal.SIGKILL, "it died before it was killed"
        in_hand.update(rows(engine, select(Outgoing.seq).where(Outgoing.state == SENDING)))
        let_claims_run_out(engine)
    return in_hand


def calls(api: BotApi, methods: tuple[str, ...]) -> int:
    return sum(api.calls[method] for method in methods)


def let_claims_run_out(engine: Engine) -> None:
    """On SQLite, which one process has for itself, a new one takes over at once; elsewhere it
    would wait half a minute for what the dead one had in hand."""
    if engine.dialect.name != "sqlite":
        with Session(engine) as session:
            session.exec(update(Outgoing).values(claimed_until=datetime.now(UTC)))
            session.commit()


async def come_to_rest(api: BotApi, engine: Engine, people: list[Liaison], work: list[Any]) -> None:
    """Everybody gets the answer they wait for; then nothing is left to do."""
    for person in people:
        person.going_home = True
    async with asyncio.timeout(240):
        await asyncio.gather(*work)
        waiting = select(Outgoing.seq).where(col(Outgoing.state).in_((WAITING, SENDING)))
        while api.updates or rows(engine, waiting):
            await asyncio.sleep(0.1)


async def test_killed_at_random_points_it_loses_and_doubles_nothing(
    office: Engine, tmp_path: Path, shows: Counter[tuple[int, str]], kind: str
) -> None:
    chance = Random(kind)  # noqa: S311
    async with BotApi() as api:
        people = [
            Liaison(api, 1001 + n, elders_of(n), seed=chance.randrange(999)) for n in range(PEOPLE)
        ]
        by_chat = {person.chat: person for person in people}

        def look(chat: int, shown: Shown) -> None:
            shows[chat, shown.text] += 1
            by_chat[chat].news.set()

        api.on_message = look
        work = [asyncio.create_task(person.work()) for person in people]
        async with Lives(tmp_path, environment(office, api, tmp_path)) as lives:
            in_hand = await killed_again_and_again(lives, api, office, chance)
            life = await lives.start()
            await come_to_rest(api, office, people, work)
            assert await life.end(signal.SIGTERM) == 0
        assert api.problems == []
    check_messages(office, people)
    check_visits(office, people)
    repeated = check_repeats(office, shows, in_hand)
    check_database(office)
    walks = [walk for person in people for walk in person.walks]
    print(
        f"\n{KILLS} kills on {kind}: {sum(len(p.updates) for p in people)} messages, "
        f"{sum(walk.done for walk in walks)} visits stored, "
        f"{sum(not walk.done for walk in walks)} drafts standing, "
        f"{sum(p.pressed_again for p in people)} buttons pressed again, "
        f"{repeated} messages repeated, longest wait {max(p.longest for p in people):.1f} s"
    )


def check_messages(engine: Engine, people: list[Liaison]) -> None:
    """None lost, none that failed, and an answer to each was made and sent."""
    seen = dict(rows(engine, select(Seen.key, Seen.error)))
    sent = {f"{TOKEN.partition(':')[0]}:{number}" for person in people for number in person.updates}
    assert sent == seen.keys()
    assert set(seen.values()) == {""}
    states = Counter(
        rows(
            engine,
            select(Chat.address, Outgoing.state).join(Chat, col(Chat.id) == Outgoing.chat_id),
        )
    )
    assert {state for _chat, state in states} <= {SENT, DROPPED}, (
        "dropped: a newer state of the card was shown"
    )
    for person in people:
        answers = sum(states[str(person.chat), state] for state in (SENT, DROPPED))
        assert answers >= len(person.updates)


def check_visits(engine: Engine, people: list[Liaison]) -> None:
    """Each visit the person saw through is stored once, as answered; each other draft stands."""
    stored = {
        tag: list(answers.values())
        for tag, answers in rows(engine, select(Visit.ref, Visit.answers))
    }
    drafts = {
        tag: list(answers.values())
        for tag, answers in rows(engine, select(Draft.tag, Draft.answers))
    }
    walks = [walk for person in people for walk in person.walks]
    assert len(rows(engine, select(Visit.id))) == sum(walk.done for walk in walks)
    assert {walk.tag: walk.answers for walk in walks if walk.done} == stored
    assert {walk.tag: walk.answers for walk in walks if not walk.done} == drafts
    assert len(stored) > PEOPLE, "hardly anything was done between the kills"


def check_repeats(engine: Engine, shows: Counter[tuple[int, str]], in_hand: Counter[int]) -> int:
    """A message was sent again only where the bot died with it in its hands."""
    again = {
        seq: tries - 1
        for seq, tries in rows(engine, select(Outgoing.seq, Outgoing.attempts))
        if tries > 1
    }
    assert all(times <= in_hand[seq] for seq, times in again.items())
    made = Counter(
        (int(chat), words)
        for chat, words in rows(
            engine,
            select(Chat.address, Outgoing.text)
            .join(Chat, col(Chat.id) == Outgoing.chat_id)
            .where(Outgoing.state == SENT),
        )
    )
    repeated = sum((shows - made).values())
    assert repeated <= sum(again.values())
    return repeated


def check_database(engine: Engine) -> None:
    assert rows(engine, select(Outgoing.seq).where(Outgoing.state == FAILED)) == []
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
