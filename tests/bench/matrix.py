"""Milliseconds from a person's message on Matrix until the answer stands on her screen, over a
real homeserver on loopback; and how fast a digest goes to everybody.

The bot is `python -m bot run`: each answer is committed before it is sent. The peer is a bare
matrix-nio that echoes and keeps nothing. One person talks to both in turn, in rooms of one
kind, with a pause as people make, so that what disturbs the machine disturbs both.

For the digest the rooms are made beforehand, straight through the API and without limits: the
bot makes one a day at most, when somebody joins. LIAISON_TEST_BENCH_ROOMS says how many; a
thousand take some minutes to make, so their homeserver is kept from one run to the next.
"""

import asyncio
import os
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from statistics import quantiles
from subprocess import Popen
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select, update

from models.database import connect
from models.mailbox import SENT, Outgoing
from models.org import put_setting
from models.staff import Chat
from tests.bench.digest import late_morning
from tests.bench.measure import QUICK, RUNS, Case, folder, report, said
from tests.bench.office import Size, chat_of, elder_code, made
from tests.bench.telegram import free_port, program
from tests.kill_office import evening
from tests.matrix_people import NioPhone, Phone
from tests.synapse import Synapse

SIZE = Size(1, elders_each=60)
MESSAGES = 10 if QUICK else 120  # to each bot in each kind of room
WARMING = 2 if QUICK else 12
PAUSE = 0.3  # seconds, on average
ECHO = "matrix-nio echo"
WAYS = {True: "encrypted", False: "plain"}
ROOMS = int(os.environ.get("LIAISON_TEST_BENCH_ROOMS", "10" if QUICK else "1000"))
PERMITTED = 20  # messages a second
PATIENCE = 900.0  # seconds: the machine may be busy
Running = Popen[bytes]


@contextmanager
def ours(
    place: Path, server: Synapse, database: Path, zone: str, bot: str = "bot"
) -> Iterator[Running]:
    environment = {
        "LIAISON_MATRIX_HOMESERVER": server.url,
        "LIAISON_MATRIX_USER": f"@{bot}:hs.test",
        "LIAISON_MATRIX_PASSWORD": f"pw-{bot}",
        "LIAISON_DATABASE_URL": f"sqlite:///{database}",
        "LIAISON_DATA_DIR": str(place / "data"),
        "LIAISON_HTTP": f"127.0.0.1:{free_port()}",
        "LIAISON_TIMEZONE": zone,
    }
    with program(place, "bot", "run", **environment) as running:
        yield running


@contextmanager
def echo(place: Path, server: Synapse) -> Iterator[Running]:
    (place / "echo").mkdir()
    who = ("@echo:hs.test", "pw-echo", str(place / "echo"))
    with program(place / "echo", "tests.bench.echo_nio", server.url, *who) as running:
        yield running


def office(place: Path, size: Size, users: Sequence[str]) -> Path:
    """A fresh copy of an office whose people are on Matrix; each day is a working day."""
    database = Path(shutil.copy(made(folder(), size), place))
    engine = connect(f"sqlite:///{database}")
    today = datetime.now(ZoneInfo("UTC")).date()
    days = {(today + n * timedelta(days=1)).isoformat(): True for n in range(-2, 3)}
    with Session(engine) as session:
        for number, user in enumerate(users):
            hers = update(Chat).where(col(Chat.address) == str(chat_of(number)))
            session.exec(hers.values(network="matrix", address=user))
        put_setting(session, "workdays", days)
        session.commit()
    engine.dispose()
    return database


# --- message to answer


async def waits(phone: Phone, bots: dict[str, str], random: Random) -> dict[str, list[float]]:
    """Milliseconds for each bot; she talks to them in turn, in the room that she has with each."""
    found: dict[str, list[float]] = {name: [] for name in bots}
    steps = visits()
    for _ in range(WARMING + MESSAGES):
        words = next(steps)
        for name, room in bots.items():
            await asyncio.sleep(random.expovariate(1 / PAUSE))
            phone.room, began = room, time.monotonic()
            await phone.say(words)
            await phone.hears()
            found[name].append(1e3 * (time.monotonic() - began))
    return {name: times[WARMING:] for name, times in found.items()}


def visits() -> Iterator[str]:
    """Visit after visit, all well, as answered by numbers."""
    for place in range(SIZE.elders_each):
        yield f"!visit {elder_code(0, place, SIZE)}"
        yield from ("1", "0", "0", "0", "0", "0", "1", "1")


async def latency(place: Path, server: Synapse, seed: int) -> dict[tuple[bool, str], list[float]]:
    for name in ("bot", "echo"):
        server.account(name)
    found = {}
    async with NioPhone(server, "zhou") as phone:
        database = office(place, SIZE, [phone.user])
        with ours(place, server, database, evening()), echo(place, server):
            for encrypted in WAYS:
                rooms = {}
                for name in ("bot", "echo"):
                    rooms[name] = await phone.opens_with(f"@{name}:hs.test", encrypted)
                phone.room = rooms["bot"]
                await phone.until(lambda: phone.others)  # the bot's greeting
                for name, times in (await waits(phone, rooms, Random(seed))).items():
                    found[encrypted, name] = times
    return found


# --- digest


@contextmanager
def peopled(count: int) -> Iterator[tuple[Synapse, list[str]]]:
    """A homeserver with so many people who have a direct room, which the bot has opened; they
    look at it later."""
    with Synapse(folder() / f"homeserver-{count}") as server:
        bot = server.account("morning")
        while len(users := opened(server)) < count:
            user = server.account(f"u{len(users)}")["user_id"]
            wanted = {"preset": "trusted_private_chat", "is_direct": True, "invite": [user]}
            server.call(bot["access_token"], "POST", "/createRoom", wanted)
            with (server.folder / "opened").open("a") as note:
                note.write(f"{user}\n")
        yield server, users


def opened(server: Synapse) -> list[str]:
    note = server.folder / "opened"
    return note.read_text().split() if note.exists() else []


async def digests(place: Path, server: Synapse, users: Sequence[str], rate: int) -> float:
    """Digests a second, when the server takes `rate` messages a second of the bot; 0: any."""
    server.limit("@morning:hs.test", rate, rate)
    database = office(place, Size(len(users), elders_each=10), users)
    engine = connect(f"sqlite:///{database}")
    with ours(place, server, database, late_morning(), "morning"):
        times = await all_sent(engine, len(users))
    engine.dispose()
    return (len(times) - 1) / (times[-1] - times[0]).total_seconds()


async def all_sent(engine: Any, count: int) -> list[datetime]:
    sent = select(Outgoing.sent_at).where(Outgoing.kind == "digest", Outgoing.state == SENT)
    until = time.monotonic() + PATIENCE
    while True:
        with Session(engine.execution_options(readonly=True)) as session:
            times = sorted(at for at in session.exec(sent) if at)
        if len(times) == count:
            return times
        if time.monotonic() > until:
            raise RuntimeError(f"{len(times)} of {count} digests")
        await asyncio.sleep(0.5)


def measure() -> list[Case]:
    cases = {
        (encrypted, share): Case(f"{way}, p{share}", peers={ECHO: []}, low=True)
        for encrypted, way in WAYS.items()
        for share in (50, 95)
    }
    speeds = {
        PERMITTED: Case(f"digests a second to {ROOMS:,} rooms, {PERMITTED} permitted"),
        0: Case(f"digests a second to {ROOMS:,} rooms, no limit"),
    }
    for run in range(RUNS):
        said(f"matrix: run {run + 1} of {RUNS}")
        one_run(run, cases, speeds)
    return [*cases.values(), *speeds.values()]


def one_run(run: int, cases: dict[tuple[bool, int], Case], speeds: dict[int, Case]) -> None:
    with TemporaryDirectory(dir=folder()) as name, Synapse(Path(name) / "hs") as server:
        place = Path(name)
        found = asyncio.run(latency(place, server, run))
        for (encrypted, share), case in cases.items():
            case.ours.append(quantiles(found[encrypted, "bot"], n=100)[share - 1])
            case.peers[ECHO].append(quantiles(found[encrypted, "echo"], n=100)[share - 1])
    with peopled(ROOMS) as (server, users):
        for rate, case in speeds.items():
            with TemporaryDirectory(dir=folder()) as own:
                case.ours.append(asyncio.run(digests(Path(own), server, users, rate)))
                said(f"  {case.name}: {case.ours[-1]:.4g}")


if __name__ == "__main__":
    report("matrix", "milliseconds from a message to its answer", measure())
