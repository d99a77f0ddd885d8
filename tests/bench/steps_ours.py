"""Our path of the bench `steps`: from the bytes that getUpdates answers to the commit.

python -m tests.bench.steps_ours PEOPLE SECONDS [ELDERS_EACH VISITS_EACH]
"""

import shutil
import sys
import time
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine, text

from bot.receive import Receiver
from bot.run import settle
from bot.transports.telegram_updates import incoming, parsed
from models.database import connect
from tests.bench.measure import (
    BATCH,
    ROOT,
    WARMING,
    folder,
    in_batches,
    kept,
    settle_disk,
    stay_on_one_core,
)
from tests.bench.office import BOT, NOW, OFFICE, Size, answer_of, digest, made
from tests.bench.phones import Phones

STAGES = 8  # of a visit: not everybody stands at the same question


def take(receiver: Receiver, answer: bytes) -> int:
    updates: list[dict[str, Any]] = parsed(answer)["result"]
    batch = [said for update in updates if (said := incoming(update, BOT))]
    return receiver.receive(batch, NOW).replies


def opened(size: Size) -> Path:
    """The office with a half-filled card in everybody's hands; kept while nothing changes."""
    closed = made(folder(), size)
    code = [Path(__file__), *(ROOT / "handlers").glob("*.py"), *(ROOT / "models").glob("*.py")]
    file = closed.with_name(f"open-{digest(code)}-{closed.name}")
    return kept(file, lambda draft: begin_cards(shutil.copy(closed, draft), size))


def begin_cards(file: Path, size: Size) -> None:
    engine = connect(f"sqlite:///{file}")
    receiver, phones = Receiver(engine, OFFICE), Phones(size)
    for stage in range(STAGES):
        people = (one for one in range(size.liaisons) if one % STAGES >= stage)
        for part in in_batches(people):
            take(receiver, answer_of(phones.updates(part)))
            phones.look(engine)
    with engine.begin() as connection:
        newest = "SELECT max(seq) FROM outgoing GROUP BY chat_id"
        connection.execute(text(f"DELETE FROM outgoing WHERE seq NOT IN ({newest})"))
        connection.execute(text("UPDATE outgoing SET state = 'sent'"))
    engine.dispose()


def drain(engine: Engine, size: Size, seconds: float) -> float:
    """Steps per second; only the work on the bot's side is timed."""
    receiver, phones = Receiver(engine, OFFICE), Phones(size)
    phones.look(engine)
    batches = in_batches(cycle(range(size.liaisons)))
    settle_disk()
    for _warming in range(WARMING):
        one_batch(engine, receiver, phones, next(batches))
    spent = steps = 0.0
    while spent < seconds:
        spent += one_batch(engine, receiver, phones, next(batches))
        steps += BATCH
    return steps / spent


def one_batch(engine: Engine, receiver: Receiver, phones: Phones, people: list[int]) -> float:
    answer = answer_of(phones.updates(people))
    began = time.perf_counter()
    replies = take(receiver, answer)
    spent = time.perf_counter() - began
    if phones.look(engine) < len(people) or replies < len(people):
        raise RuntimeError("Somebody was not answered.")
    return spent


def main(people: str, seconds: str, *more: str) -> None:
    stay_on_one_core()
    settle()
    size = Size(int(people), *map(int, more))
    with TemporaryDirectory(dir=folder()) as place:
        engine = connect(f"sqlite:///{shutil.copy(opened(size), place)}")
        print(drain(engine, size, float(seconds)))
        engine.dispose()


if __name__ == "__main__":
    main(*sys.argv[1:])
