"""Milliseconds from a person's message on Matrix until the answer stands on her screen, over a
real homeserver on loopback; and how fast a digest goes to everybody.

The bot is `python -m bot run`: each answer is committed before it is sent. The peer is a bare
matrix-nio that echoes and keeps nothing. One person talks to both in turn, in rooms of one
kind, with a pause as people make, so that what disturbs the machine disturbs both.

The digest stands in `matrix_digest`.
"""

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from statistics import quantiles
from tempfile import TemporaryDirectory

from tests.bench import matrix_digest
from tests.bench.matrix_office import Running, office, ours
from tests.bench.measure import QUICK, RUNS, Case, folder, report, said
from tests.bench.office import Size, elder_code
from tests.bench.telegram import program
from tests.kill_office import evening
from tests.matrix_people import NioPhone, Phone
from tests.synapse import Synapse

SIZE = Size(1, elders_each=60)
MESSAGES = 4 if QUICK else 120  # to each bot in each kind of room
WARMING = 1 if QUICK else 12
PAUSE = 0.3  # seconds, on average
ECHO = "matrix-nio echo"
WAYS = {True: "encrypted", False: "plain"}


@contextmanager
def echo(place: Path, server: Synapse) -> Iterator[Running]:
    (place / "echo").mkdir()
    who = ("@echo:hs.test", "pw-echo", str(place / "echo"))
    with program(place / "echo", "tests.bench.echo_nio", server.url, *who) as running:
        yield running


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


def measure() -> list[Case]:
    cases = {
        (encrypted, share): Case(f"{way}, p{share}", peers={ECHO: []}, low=True)
        for encrypted, way in WAYS.items()
        for share in (50, 95)
    }
    for run in range(RUNS):
        said(f"matrix: run {run + 1} of {RUNS}")
        one_run(run, cases)
    return [*cases.values(), *matrix_digest.measure()]


def one_run(run: int, cases: dict[tuple[bool, int], Case]) -> None:
    with TemporaryDirectory(dir=folder()) as name, Synapse(Path(name) / "hs") as server:
        found = asyncio.run(latency(Path(name), server, run))
    for (encrypted, share), case in cases.items():
        case.ours.append(quantiles(found[encrypted, "bot"], n=100)[share - 1])
        case.peers[ECHO].append(quantiles(found[encrypted, "echo"], n=100)[share - 1])


if __name__ == "__main__":
    report("matrix", "milliseconds from a message to its answer", measure())
