"""What waits in the outbox when the network or a process fails: nothing is lost, or sent twice."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text
from sqlmodel import Session, select

from bot import deliver as module
from bot.deliver import CLAIM, Deliver
from bot.transports import Down, Gone, Later, Parcel, Refused
from models import outbox
from models.mailbox import (
    FAILED,
    REPLY,
    SENDING,
    SENT,
    WAITING,
    Outgoing,
)
from models.outbox import Job
from tests.outbox import Network, Outbox, T, delivering, done, now, until


async def test_a_retry_holds_up_its_chat_to_keep_the_order(box: Outbox) -> None:
    said: list[str] = []

    def says(parcel: Parcel) -> None:
        said.append(parcel.text)
        if said == ["first"]:
            raise Later(0.4)

    network, chat = Network(says), box.chat("1001")
    box.put(chat, "first", "second")
    box.put(box.chat("1002"), "other")
    async with delivering(box, network):
        await done(box)
    assert network.texts == ["other", "first", "second"]


async def test_what_the_network_asked_for_is_waited(box: Outbox) -> None:
    refused: list[float] = []

    def says(parcel: Parcel) -> None:
        if not refused:
            refused.append(asyncio.get_running_loop().time())
            raise Later(0.7)

    network = Network(says)
    box.put(box.chat("1001"), "hello")
    async with delivering(box, network) as deliver:
        await done(box)
        assert deliver.tally["telegram", "retried"] == 1
    assert network.at[0] - refused[0] >= 0.7


async def test_two_refused_chats_pause_the_whole_network(box: Outbox) -> None:
    def says(parcel: Parcel) -> None:
        if parcel.address in ("1001", "1002") and len(tried) < 2:
            tried[parcel.address] = asyncio.get_running_loop().time()
            raise Later(0.8)

    tried: dict[str, float] = {}
    network = Network(says)
    for address in ("1001", "1002"):
        box.put(box.chat(address), "hello")
    other = box.chat("1003")
    async with delivering(box, network) as deliver:
        await until(lambda: len(tried) == 2)
        box.put(other, "waits too")
        deliver.wake()
        await done(box)
    assert min(network.at) - max(tried.values()) >= 0.8


async def test_a_chat_that_is_gone_is_marked_and_its_rows_fail_with_the_reason(
    box: Outbox,
) -> None:
    def says(parcel: Parcel) -> None:
        raise Gone("blocked")

    network, chat = Network(says), box.chat("1001")
    box.put(chat, "one", "two")
    async with delivering(box, network) as deliver:
        await done(box)
        assert deliver.tally["telegram", "failed"] == 1
    assert [(row.state, row.problem) for row in box.rows()] == [
        (FAILED, "blocked"),
        (FAILED, outbox.UNREACHABLE),
    ]
    assert box.found(chat).unreachable_at is not None
    assert box.found(chat).unreachable_why == "blocked"


async def test_a_chat_can_be_told_to_be_reachable_again(box: Outbox) -> None:
    network = Network()
    chat = box.chat("1001", unreachable_at=now(), unreachable_why="blocked")
    async with delivering(box, network) as deliver:
        await deliver.reach("telegram", "1001", "")
        box.put(chat, "welcome back")
        deliver.wake()
        await done(box)
    assert network.texts == ["welcome back"]
    assert box.found(chat).unreachable_why == ""


async def test_a_refused_message_fails_and_the_next_one_goes(box: Outbox) -> None:
    def says(parcel: Parcel) -> None:
        if parcel.text == "bad":
            raise Refused("too many buttons")

    network, chat = Network(says), box.chat("1001")
    box.put(chat, "bad", "good")
    async with delivering(box, network):
        await done(box)
    assert [(row.state, row.problem) for row in box.rows()] == [
        (FAILED, "too many buttons"),
        (SENT, ""),
    ]


async def test_an_outage_loses_nothing_and_ends_with_the_first_success(box: Outbox) -> None:
    down = True
    attempts: list[float] = []

    def says(parcel: Parcel) -> None:
        attempts.append(asyncio.get_running_loop().time())
        if down:
            raise Down

    network = Network(says)
    chats = [box.chat(str(number)) for number in range(30)]
    box.put_many(chats, REPLY)
    async with delivering(box, network) as deliver:
        await until(deliver.outages)
        await asyncio.sleep(2.5)
        assert len(attempts) <= 64 + 3
        down = False
        tried = len(attempts)
        await done(box)
        assert deliver.outages() == []
    assert len(attempts) == tried + 30
    assert max(network.at) - min(network.at) < 10, "the others did not go at once"
    assert box.states() == [SENT] * 30


async def test_one_message_that_always_fails_is_given_up_while_others_get_through(
    box: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "backoff", lambda attempts: 0.02)
    monkeypatch.setattr(module, "POLL", 0.02)

    def says(parcel: Parcel) -> None:
        if parcel.text == "poison":
            raise Down

    network, chat, other = Network(says), box.chat("1001"), box.chat("1002")
    box.put(chat, "poison", "after it")
    async with delivering(box, network) as deliver:
        for number in range(400):
            if not box.rows(state=WAITING) and number > 20:
                break
            box.put(other, f"fine {number}")
            deliver.wake()
            await asyncio.sleep(0.02)
        await done(box)
    states = {row.text: row.state for row in box.rows()}
    assert states["poison"] == FAILED
    assert states["after it"] == SENT


async def test_an_unexpected_error_of_a_transport_is_tried_again(box: Outbox) -> None:
    failed: list[str] = []

    def says(parcel: Parcel) -> None:
        if not failed:
            failed.append(parcel.text)
            raise ZeroDivisionError

    network = Network(says)
    box.put(box.chat("1001"), "hello")
    async with delivering(box, network):
        await done(box)
    assert network.texts == ["hello"]


async def test_a_hanging_network_is_given_up_and_asked_again(
    box: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SEND_LIMIT", 0.2)
    network = Network()
    network.takes = 60
    box.put(box.chat("1001"), "hello")
    async with delivering(box, network) as deliver:
        await until(lambda: deliver.tally["telegram", "retried"])
        network.takes = 0
        await done(box)
    assert network.texts == ["hello"]


async def test_draining_sees_through_what_is_on_its_way(box: Outbox) -> None:
    network = Network()
    network.takes = 0.3
    box.put(box.chat("1001"), "one", "two")
    async with delivering(box, network):
        await until(lambda: network.running)
    assert box.states() == [SENT, WAITING]


async def test_cancelling_sees_through_what_is_on_its_way(box: Outbox) -> None:
    network = Network()
    network.takes = 0.3
    box.put(box.chat("1001"), "one")
    with ThreadPoolExecutor(1) as thread:

        def run_db(work: Callable[[], T]) -> Awaitable[T]:
            return asyncio.get_running_loop().run_in_executor(thread, work)

        task = asyncio.create_task(Deliver(box.engine, {"telegram": network}, now, run_db).run())
        await until(lambda: network.running)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert box.states() == [SENT]


def claimed_by_the_dead(box: Outbox, until: timedelta) -> None:
    with Session(box.engine) as session:
        for row in session.exec(select(Outgoing)):
            row.state, row.claimed_until, row.attempts = SENDING, now() + until, 1
        session.commit()


async def test_what_a_killed_process_was_sending_is_sent_again(box: Outbox) -> None:
    network, chat = Network(), box.chat("1001")
    box.put(chat, "claimed")
    claimed_by_the_dead(box, timedelta(seconds=-1))
    box.put(chat, "after it")
    async with delivering(box, network):
        await done(box)
    assert network.texts == ["claimed", "after it"]


async def test_a_claim_of_another_process_is_respected_where_there_can_be_another(
    box: Outbox,
) -> None:
    network, chat = Network(), box.chat("1001")
    box.put(chat, "claimed")
    claimed_by_the_dead(box, timedelta(seconds=30))
    box.put(chat, "after it")
    alone = box.engine.dialect.name == "sqlite"
    async with delivering(box, network):
        await (done(box) if alone else asyncio.sleep(0.5))
    assert network.texts == (["claimed", "after it"] if alone else [])


@pytest.mark.parametrize("kind", ["sqlite"])  # elsewhere the claim has to run out
async def test_what_was_taken_over_at_the_start_is_taken_over_though_that_fails_once(
    box: Outbox,
) -> None:
    fails = iter([True])

    def recheck(session: Session, jobs: Sequence[Job], at: datetime) -> dict[int, str]:
        if next(fails, False):
            raise OSError
        return {}

    network = Network()
    box.put(box.chat("1001"), "claimed")
    claimed_by_the_dead(box, timedelta(seconds=30))
    box.put(box.chat("1002"), "another")
    async with delivering(box, network) as deliver:
        deliver.recheck = recheck
        await done(box)
    assert sorted(network.texts) == ["another", "claimed"]


@pytest.mark.parametrize("kind", ["postgresql"])  # a SQLite file has one process
async def test_of_two_processes_one_sends_and_the_other_goes_on_when_it_ends(box: Outbox) -> None:
    """Each on its own would keep to a pace, and both together to none."""
    first, second = Network(), Network()
    chats = [box.chat(str(number)) for number in range(10)]
    async with delivering(box, second) as waiting:
        await until(lambda: waiting.lines["telegram"].sends)
        async with delivering(box, first) as sending:
            box.put_many(chats, REPLY)
            await done(box)
            await until(lambda: sending.lines["telegram"].sends is False)
        assert (len(first.parcels), len(second.parcels)) == (0, 10)
        async with delivering(box, first) as sending:
            await until(lambda: sending.lines["telegram"].sends is False)
            await waiting.drain()
            box.put_many(chats, REPLY)
            await done(box)
    assert (len(first.parcels), len(second.parcels)) == (10, 10)


async def test_of_two_processes_each_sends_to_the_network_that_only_it_has(box: Outbox) -> None:
    outside, inside = Network(), Network()
    box.put(box.chat("1001"), "outside")
    box.put(box.chat("@zhou:office", "matrix"), "inside")
    async with delivering(box, outside), delivering(box, inside, name="matrix"):
        await done(box)
    assert (outside.texts, inside.texts) == (["outside"], ["inside"])


def break_the_connection(box: Outbox) -> None:
    """Of the process whose turn it is to send."""
    broken = (
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' "
        "AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    )
    with Session(box.engine) as session:
        assert session.execute(text(broken)).all() == [(True,)]


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_whose_connection_broke_asks_for_its_turn_again(box: Outbox) -> None:
    network = Network()
    async with delivering(box, network) as deliver:
        await until(lambda: deliver.lines["telegram"].sends)
        break_the_connection(box)
        box.put(box.chat("1001"), "hello")
        await done(box)
        assert deliver.lines["telegram"].sends
    assert network.texts == ["hello"]


async def test_a_database_that_is_away_for_a_moment_repeats_nothing(box: Outbox) -> None:
    """The sending is not written down at the first attempt; it is at the second."""
    network = Network()
    box.put(box.chat("1001"), "once")
    fails = iter([False, True, True, False])
    async with delivering(box, network) as deliver:
        work, real = [], deliver.run_db

        async def run_db(what: Callable[[], T]) -> T:
            work.append(what)
            if next(fails, False):
                raise OSError
            return await real(what)

        deliver.run_db = run_db
        await done(box)
    assert network.texts == ["once"]
    assert box.states() == [SENT]


def can_lose(deliver: Deliver, lost: set[Deliver]) -> None:
    """The database, for as long as it is among these."""
    real = deliver.run_db

    async def run_db(work: Callable[[], T]) -> T:
        if deliver in lost:
            raise OSError
        return await real(work)

    deliver.run_db = run_db


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_when_the_database_is_back_others_do_not_send_what_is_not_written_down_yet(
    box: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was away for longer than a claim lasts; the process that sent comes back last."""
    monkeypatch.setattr(module, "RELEASE_EVERY", 2.0)
    monkeypatch.setattr(module, "STORE_PAUSE", 0.02)
    ahead, lost = [timedelta()], set[Deliver]()
    first, second = Network(), Network()
    first.takes = second.takes = 0.3
    async with (
        delivering(box, first, clock=lambda: now() + ahead[0]) as sender,
        delivering(box, second, clock=lambda: now() + ahead[0]) as other,
    ):
        await until(
            lambda: None not in (sender.lines["telegram"].sends, other.lines["telegram"].sends)
        )
        if other.lines["telegram"].sends:
            sender, other, first, second = other, sender, second, first
        can_lose(sender, lost)
        can_lose(other, lost)
        box.put(box.chat("1001"), "once")
        await until(lambda: first.running)
        lost |= {sender, other}
        back = time.monotonic() + module.RELEASE_EVERY
        await until(lambda: first.parcels and time.monotonic() > back)
        break_the_connection(box)
        ahead[0] = CLAIM + timedelta(seconds=10)
        lost.remove(other)
        await until(lambda: other.lines["telegram"].sends)
        lost.remove(sender)
        await done(box)
    assert (first.texts, second.texts, box.states()) == (["once"], [], [SENT])
