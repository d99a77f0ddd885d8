"""How fast a digest goes to everybody on Matrix, over a real homeserver on loopback.

Direct rooms are encrypted, as on the server of docs/matrix.md, and each person has a device. The
bot was there yesterday, so it knows the devices; but it has just been started, so each room gets
a new key before its message: two requests. Beside it stands what the homeserver itself carries:
a bare sender that puts one event of the same size into the same rooms, and nothing else.

LIAISON_TEST_BENCH_ROOMS says how many rooms; a thousand take some minutes to make, so their
homeserver is kept from one run to the next. Nobody looks at the messages meanwhile.
"""

import asyncio
import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

import aiohttp
from nio import Api
from nio.crypto import OlmAccount
from sqlmodel import Session, col, select

from bot.pacing import MATRIX
from models.database import connect
from models.mailbox import SENT, Outgoing
from tests.bench.digest import late_morning
from tests.bench.matrix_office import office, ours
from tests.bench.measure import QUICK, RUNS, Case, folder, said
from tests.bench.office import Size
from tests.synapse import Synapse

ROOMS = int(os.environ.get("LIAISON_TEST_BENCH_ROOMS", "10" if QUICK else "1000"))
PERMITTED = int(os.environ.get("LIAISON_TEST_BENCH_RATE", "10"))  # messages a second
BARE = "bare sender"
LIMIT = "the limit itself"
USUAL = {"per_second": 0.2, "burst_count": 10}  # what Synapse permits if nobody changes it
FEW = 30
PATIENCE = 900.0  # seconds: the machine may be busy
BODY = {"algorithm": "m.megolm.v1.aes-sha2", "ciphertext": "A" * 1500, "session_id": "A" * 43,
        "sender_key": "A" * 43, "device_id": "BARE"}  # fmt: skip
BOT = "@morning:hs.test"


@contextmanager
def peopled(count: int) -> Iterator[tuple[Synapse, list[str]]]:
    """A homeserver with so many people who have a direct room, which the bot has opened."""
    place = folder() / f"homeserver-encrypted-{count}"
    more = {"encryption_enabled_by_default_for_room_type": "invite", "rc_message": USUAL}
    with Synapse(place, **more) as server:
        sender = token(server)
        server.limit(BOT, 0, 0)
        while len(users := opened(server)) < count:
            person = server.account(f"u{len(users)}")
            server.call(person["access_token"], "POST", "/keys/upload", keys_of(person))
            wanted = {"preset": "trusted_private_chat", "is_direct": True}
            wanted["invite"] = [person["user_id"]]
            server.call(sender, "POST", "/createRoom", wanted)
            with (place / "opened").open("a") as note:
                note.write(f"{person['user_id']}\n")
        yield server, users


def token(server: Synapse) -> str:
    """The account's, from one run to the next: a new device would be told to everybody."""
    note = server.folder / "token"
    if not note.exists():
        note.write_text(server.account("morning")["access_token"])
    return note.read_text()


def opened(server: Synapse) -> list[str]:
    note = server.folder / "opened"
    return note.read_text().split() if note.exists() else []


def keys_of(person: dict[str, Any]) -> dict[str, Any]:
    """What a new device publishes of itself, with one key for whoever writes to it first."""
    account = OlmAccount()
    account.generate_one_time_keys(1)
    who, device = person["user_id"], person["device_id"]

    def signed(what: dict[str, Any]) -> dict[str, Any]:
        mark = {f"ed25519:{device}": account.sign(Api.to_canonical_json(what))}
        return {**what, "signatures": {who: mark}}

    names = {f"{kind}:{device}": key for kind, key in account.identity_keys.items()}
    known = ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"]
    ours = {"user_id": who, "device_id": device, "algorithms": known, "keys": names}
    (once,) = account.one_time_keys["curve25519"].items()
    first = {f"signed_curve25519:{once[0]}": signed({"key": once[1]})}
    return {"device_keys": signed(ours), "one_time_keys": first}


def limited(server: Synapse, rate: int | None) -> None:
    """0: not at all; None: as Synapse does."""
    if rate is None:
        server.admin("DELETE", f"/_synapse/admin/v1/users/{quote(BOT)}/override_ratelimit")
    else:
        server.limit(BOT, rate, rate)


# --- the bot


async def digests(server: Synapse, users: Sequence[str]) -> tuple[list[float], int]:
    """When each digest was sent, in seconds, and how often the bot was told to wait. Its device
    stays the same."""
    with TemporaryDirectory(dir=folder()) as name:
        place = Path(name)
        database = office(place, Size(len(users), elders_each=10), users)
        engine = connect(f"sqlite:///{database}")
        known = server.folder / "bot"
        with ours(place, server, database, late_morning(), "morning", known):
            times = await all_sent(engine, len(users))
        engine.dispose()
        return times, (place / "log").read_text().count("asked_to_wait")


async def all_sent(engine: Any, count: int) -> list[float]:
    sent = select(Outgoing.sent_at).where(Outgoing.kind == "digest", Outgoing.state == SENT)
    sent = sent.where(col(Outgoing.sent_at).is_not(None))
    until = time.monotonic() + PATIENCE
    while True:
        with Session(engine.execution_options(readonly=True)) as session:
            times = sorted(at.timestamp() for at in session.exec(sent) if at)
        if len(times) == count:
            return times
        if time.monotonic() > until:
            raise RuntimeError(f"{len(times)} of {count} digests")
        await asyncio.sleep(0.5)


def per_second(times: Sequence[float], at_once: int = 0) -> float:
    """What a limit lets pass `at_once` has nothing to do with its rate."""
    counted = times[at_once:] if len(times) > at_once + 1 else times
    return (len(counted) - 1) / (counted[-1] - counted[0])


# --- the bare sender


async def bare(server: Synapse) -> list[float]:
    """The same rooms, one event each, as fast as the server takes them; as many on their way as
    the bot has."""
    rooms = server.call(token(server), "GET", "/joined_rooms")["joined_rooms"]
    times: list[float] = []

    async def puts(http: aiohttp.ClientSession) -> None:
        while rooms:
            path = f"/rooms/{quote(rooms.pop())}/send/m.room.encrypted/{time.monotonic()}"
            async with http.put(f"{server.url}/_matrix/client/v3{path}", json=BODY) as answer:
                answer.raise_for_status()
            times.append(time.monotonic())

    headers = {"Authorization": f"Bearer {token(server)}"}
    async with aiohttp.ClientSession(headers=headers) as http:
        await asyncio.gather(*(puts(http) for _ in range(MATRIX.bulk_in_flight)))
    return times


# --- all of it


def measure() -> list[Case]:
    whole = f"digests a second to {ROOMS:,} rooms"
    kept = Case(f"{whole}, {PERMITTED} permitted", peers={LIMIT: []}, durable=(LIMIT,))
    waits = Case(f"of {ROOMS:,}, told to wait", low=True)
    free = Case(f"{whole}, no limit", peers={BARE: []})
    usual = Case(f"seconds for {FEW} rooms at Synapse's own limit", peers={LIMIT: []}, low=True)
    with peopled(ROOMS) as (server, users):
        if not QUICK and not (server.folder / "bot").exists():
            limited(server, 0)
            asyncio.run(digests(server, users))  # the first morning: it gets to know the devices
        for _ in range(RUNS):
            limited(server, PERMITTED)
            times, told = asyncio.run(digests(server, users))
            noted(kept, per_second(times, PERMITTED), PERMITTED)
            noted(waits, told)
            limited(server, 0)
            noted(free, per_second(asyncio.run(digests(server, users))[0]),
                  per_second(asyncio.run(bare(server))))  # fmt: skip
        if not QUICK:
            limited(server, None)
            times, _told = asyncio.run(digests(server, users[:FEW]))
            rest = (FEW - USUAL["burst_count"]) / USUAL["per_second"]
            noted(usual, times[-1] - times[0], rest)
    return [case for case in (kept, waits, free, usual) if case.ours]


def noted(case: Case, figure: float, peer: float | None = None) -> None:
    case.ours.append(figure)
    for found in case.peers.values():
        found.append(peer or 0.0)
    said(f"  {case.name}: {figure:.4g}" + (f", {[*case.peers][0]} {peer:.4g}" if peer else ""))
