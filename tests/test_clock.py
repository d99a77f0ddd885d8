"""What is done by the clock, by two copies of the bot at one database."""

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

import pytest
from sqlmodel import Session

from bot.clock import in_transaction
from bot.run import House
from models import retention
from models.database import connect
from models.mailbox import Seen
from tests.conversation import Town, at_once

pytestmark = pytest.mark.parametrize("kind", ["postgresql"])  # a SQLite file has one process


@pytest.fixture
def copies(town: Town) -> Iterator[list[House]]:
    engines = [connect(town.database.url), connect(town.database.url)]
    yield [House(engine, town.receiver.office, {}) for engine in engines]
    for engine in engines:
        engine.dispose()


def test_what_one_copy_is_at_the_other_passes_over_without_waiting(copies: list[House]) -> None:
    one, other = copies

    def meanwhile(_session: Session) -> list[str | None]:
        return [in_transaction(other, name, lambda _session: "done") for name in ("climb", "tidy")]

    assert in_transaction(one, "climb", meanwhile) == [None, "done"]
    assert in_transaction(other, "climb", lambda _session: "done") == "done"


def test_two_copies_that_tidy_at_the_same_instant_count_what_went_once(
    town: Town, copies: list[House]
) -> None:
    def round_of(session: Session) -> dict[str, int]:
        return retention.round_of(session, town.now, town.now.astimezone(town.receiver.office.zone))

    for night in range(1, 11):
        town.wait(days=1)
        with Session(town.database) as session:
            session.add(Seen(network="web", key=f"old{night}", at=town.now - timedelta(days=40)))
            session.commit()
        assert not at_once(*(partial(in_transaction, one, "tidy", round_of) for one in copies))
        with Session(town.database) as session:
            assert retention.counts(session, town.now.date())["seen"] == 1
