"""Milliseconds of /cases with 100,000 cases on SQLite: from the message to the commit of the list,
for each role that asks. One case in twenty is open, as in an office of some years; then all are,
as in the worst of all offices.
"""

import shutil
import time
from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from sqlalchemy import Engine, text

from bot.receive import Receiver
from handlers.case_words import CATEGORIES
from handlers.talk import Incoming
from models import case as cases
from models import ladder
from models.case import Case as ElderCase
from models.database import connect
from models.staff import COORDINATOR, DUTY, LEADER, LIAISON, Chat, Staff
from tests.bench.measure import QUICK, RUNS, Case, folder, report, said
from tests.bench.office import NOW, OFFICE, Row, Size, blank, insert, made, named

SIZE = Size(20, elders_each=5) if QUICK else Size(1000, elders_each=20)
EACH = 5  # cases of an elder
OPEN_IN = 20  # of so many one is open
ASKED = 3 if QUICK else 15  # times
PEOPLE = {LIAISON: "staff", DUTY: "housekeeping", COORDINATOR: "desk", LEADER: "head"}
KEYS = count(1)


def filled(place: Path) -> Engine:
    engine = connect(f"sqlite:///{shutil.copy(made(folder(), SIZE), place)}")
    with engine.begin() as connection:
        insert(connection, "staff", desk())
        insert(connection, "chat", phones())
        insert(connection, "elder_case", problems())
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    return engine


def desk() -> Iterator[Row]:
    for role, name in PEOPLE.items():
        if role != LIAISON:
            yield blank(Staff) | {"id": named(name), "code": name, "name": "刘强", "role": role,
                                  "unit_id": named("county"), "service_group": name}  # fmt: skip


def phones() -> Iterator[Row]:
    for role, name in PEOPLE.items():
        if role != LIAISON:
            yield blank(Chat) | {"id": named(name), "network": "telegram", "address": name,
                                 "staff_id": named(name), "joined_at": NOW, "last_at": NOW}  # fmt: skip


def problems() -> Iterator[Row]:
    plans = {level: ladder.freeze(ladder.terms(level, {})) for level in (1, 2, 3, 4)}
    kinds = list(CATEGORIES.values())
    for number in range(SIZE.liaisons * SIZE.elders_each * EACH):
        kind, elder = kinds[number % len(kinds)], number // EACH
        liaison, at = elder // SIZE.elders_each, NOW - timedelta(hours=number % 20_000)
        state = cases.STATES[number % 5] if number % OPEN_IN == 0 else cases.CLOSED
        times = dict.fromkeys(("opened_at", "mentioned_at", "since", "climbed_at"), at)
        terms = dict.fromkeys(("ack_until", "act_until", "resolve_until"), at + timedelta(days=3))
        yield blank(ElderCase) | times | terms | {
            "id": named("case", number), "number": number + 1, "category": kind.code,
            "elder_id": named("elder", liaison, elder % SIZE.elders_each),
            "service_group": kind.group, "also_group": kind.also, "severity": kind.severity,
            "restricted": kind.restricted, "reported_by": named("staff", liaison),
            "state": state, "plan": plans[kind.severity], "rev": 1,
            "late_at": None if state == cases.CLOSED else at + timedelta(days=3),
        }  # fmt: skip


def chat(role: str) -> str:
    return "100000" if role == LIAISON else PEOPLE[role]


def ask(receiver: Receiver, role: str) -> float:
    """Milliseconds until the list is committed to the outbox."""
    said_ = Incoming("telegram", chat(role), str(next(KEYS)), text="/cases")
    start = time.perf_counter()
    receiver.receive([said_], NOW)
    return 1e3 * (time.perf_counter() - start)


def measure() -> list[Case]:
    found = {
        (role, words): Case(f"{role}, {words}", low=True)
        for words in ("one in twenty open", "all open") for role in PEOPLE
    }  # fmt: skip
    with TemporaryDirectory(dir=folder()) as place:
        engine = filled(Path(place))
        run(engine, found, "one in twenty open")
        with engine.begin() as connection:
            connection.execute(text("UPDATE elder_case SET state = 'open', late_at = ack_until"))
            connection.execute(text("ANALYZE"))
        run(engine, found, "all open")
        engine.dispose()
    return list(found.values())


def run(engine: Engine, found: dict[tuple[str, str], Case], words: str) -> None:
    receiver = Receiver(engine, OFFICE)
    for role in PEOPLE:
        for _number in range(RUNS):
            found[role, words].ours.append(median(ask(receiver, role) for _time in range(ASKED)))
        said(f"cases, {role}, {words}: {found[role, words].ours[-1]:.1f} ms")


if __name__ == "__main__":
    report("cases", "milliseconds of /cases with 100,000 cases", measure())
