"""Random conversations of two liaisons, a coordinator and a stranger, on both databases.

Whatever they send: nobody is left without an answer, nothing fails, nothing is written or shown
outside the writer's scope, and a card that was begun can always be gone on with.

The examples are the same in every run; LIAISON_TEST_RANDOM=500 looks at that many new ones.
"""

import os
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, select

from bot.receive import Receiver
from handlers.turn import Office
from models.elder import Elder
from tests import wild
from tests.conftest import quick, sweep
from tests.conversation import MORNING, ZONE, Town, settle
from tests.wild_talk import Talk

RANDOM = int(os.environ.get("LIAISON_TEST_RANDOM", "0"))


@pytest.fixture
def make_town(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> Callable[[], Town]:
    """Towns with a database of their own (SQLite) or the swept one (PostgreSQL)."""
    numbers = count(1)
    office = Office(zone=ZONE, links={"telegram": "https://t.me/liaison_test_bot?start={code}"})

    def make() -> Town:
        if kind == "sqlite":
            file = tmp_path / f"{next(numbers)}.db"
            shutil.copy(request.getfixturevalue("migrated_file"), file)
            engine = quick(f"sqlite:///{file}")
        else:
            url = request.getfixturevalue("migrated_server")
            sweep(url)
            engine = quick(url)
        town = Town(
            engine, Receiver(engine, office), now=datetime.fromtimestamp(MORNING.timestamp(), UTC)
        )
        with Session(engine) as session:
            settle(session, town)
            for elder in session.exec(select(Elder)):
                elder.name = elder.name.replace("高永昌", "高永祥")  # the other stands in the help
                elder.allergies, elder.address = f"对{elder.code}药过敏", f"{elder.code}号院"
            session.commit()
        return town

    return make


# Said only when a long talk has failed, and then in the place of what went wrong.
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
def test_whatever_is_said_nothing_breaks_leaks_or_gets_stuck(make_town: Callable[[], Town]) -> None:
    @settings(
        max_examples=RANDOM or 8,
        deadline=None,
        derandomize=not RANDOM,
        database=None,
        phases=(Phase.generate,),  # making a failure smaller would take minutes
        suppress_health_check=list(HealthCheck),  # a long talk is slow and large
    )
    @given(
        seed=st.integers(0, 2**64),
        stuff=st.lists(wild.stuff, min_size=30, max_size=50),
    )
    def talk(seed: int, stuff: list[dict[str, Any]]) -> None:
        town = make_town()
        people = Talk(town, Random(f"{seed}{stuff}"))  # as varied as the words
        try:
            people.go_on(stuff)
        except Exception:
            print(*people.sent[-20:], sep="\n")
            raise
        finally:
            town.database.dispose()

    talk()
