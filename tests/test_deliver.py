"""The outbox against both databases, with a network that notes what it was given."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, insert, select

from bot import deliver as module
from bot.deliver import Deliver
from bot.pacing import TELEGRAM, Pace
from bot.transports import Down, Gone, Later, Parcel, Receive, Refused
from models import outbox
from models.mailbox import (
    BROADCAST,
    DROPPED,
    EMERGENCY,
    FAILED,
    NUDGE,
    REPLY,
    SENDING,
    SENT,
    WAITING,
    Card,
    Outgoing,
)
from models.outbox import Job
from models.staff import Chat

T = TypeVar("T")


def now() -> datetime:
    return datetime.now(UTC)


class Network:
    """Notes every parcel; `says` is asked first and may raise what a network raises."""

    network = "telegram"

    def __init__(self, says: Callable[[Parcel], object] = lambda parcel: None) -> None:
        self.says = says
        self.parcels: list[Parcel] = []
        self.at: list[float] = []
        self.running: list[str] = []
        self.overtaken: list[str] = []
        self.takes = 0.0

    async def run(self, receive: Receive) -> None: ...
    async def close(self) -> None: ...

    async def send(self, parcel: Parcel) -> str:
        if parcel.address in self.running:
            self.overtaken.append(parcel.text)
        self.running.append(parcel.address)
        try:
            await asyncio.sleep(self.takes)
            self.says(parcel)
        finally:
            self.running.remove(parcel.address)
        self.parcels.append(parcel)
        self.at.append(asyncio.get_running_loop().time())
        return parcel.edit or f"n{len(self.parcels)}"

    @property
    def texts(self) -> list[str]:
        return [parcel.text for parcel in self.parcels]


class Outbox:
    """Writes rows and reads back what became of them."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def chat(self, address: str, **more: Any) -> UUID:
        with Session(self.engine) as session:
            chat = Chat(network="telegram", address=address, **more)
            session.add(chat)
            session.commit()
            return chat.id

    def put(self, chat: UUID, *texts: str, **more: Any) -> None:
        with Session(self.engine) as session:
            for text in texts:
                session.add(Outgoing(chat_id=chat, text=text, made_at=now(), **more))
                session.flush()
            session.commit()

    def put_many(self, chats: Iterable[UUID], lane: int) -> None:
        rows = [
            {"chat_id": chat, "text": str(number), "lane": lane, "made_at": now(), "rows": []}
            for number, chat in enumerate(chats)
        ]
        with Session(self.engine) as session:
            session.execute(insert(Outgoing), rows)
            session.commit()

    def chats(self, count: int) -> list[UUID]:
        rows = [
            {"id": uuid4(), "network": "telegram", "address": str(number), "private": True}
            for number in range(count)
        ]
        with Session(self.engine) as session:
            session.execute(insert(Chat), rows)
            session.commit()
        return [row["id"] for row in rows]

    def rows(self, **where: Any) -> list[Outgoing]:
        with Session(self.engine) as session:
            return list(
                session.exec(select(Outgoing).filter_by(**where).order_by(col(Outgoing.seq)))
            )

    def states(self) -> list[str]:
        return [row.state for row in self.rows()]

    def found(self, chat: UUID) -> Chat:
        with Session(self.engine) as session:
            return session.exec(select(Chat).where(Chat.id == chat)).one()

    def waits(self) -> bool:
        return any(state in (WAITING, SENDING) for state in self.states())


@pytest.fixture
def box(database: Engine) -> Outbox:
    return Outbox(database)


FAST = Pace(in_flight=64)


@asynccontextmanager
async def delivering(
    box: Outbox, network: Network, pace: Pace = FAST, clock: Callable[[], datetime] = now
) -> AsyncIterator[Deliver]:
    with ThreadPoolExecutor(1) as thread:

        def run_db(work: Callable[[], T]) -> Awaitable[T]:
            return asyncio.get_running_loop().run_in_executor(thread, work)

        paces = {"telegram": pace}
        deliver = Deliver(box.engine, {"telegram": network}, clock, run_db, paces)
        task = asyncio.create_task(deliver.run())
        try:
            yield deliver
        finally:
            await deliver.drain()
            await task


async def until(true: Callable[[], Any], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)


async def done(box: Outbox, seconds: float = 10.0) -> None:
    await until(lambda: not box.waits(), seconds)


async def test_each_chat_gets_its_messages_in_order_and_one_at_a_time(box: Outbox) -> None:
    network = Network()
    network.takes = 0.002
    chats = [box.chat(str(number)) for number in range(5)]
    for number in range(8):
        for chat in chats:
            box.put(chat, f"{number}")
    async with delivering(box, network):
        await done(box)
    for number in range(5):
        mine = [parcel.text for parcel in network.parcels if parcel.address == str(number)]
        assert mine == [str(each) for each in range(8)]
    assert network.overtaken == []


async def test_chats_do_not_wait_for_each_other(box: Outbox) -> None:
    network = Network()
    network.takes = 0.3
    for number in range(20):
        box.put(box.chat(str(number)), "hello")
    async with delivering(box, network):
        await done(box, 2.0)
    assert max(network.at) - min(network.at) < 0.3


async def test_a_reply_overtakes_what_is_less_urgent_in_its_own_chat(box: Outbox) -> None:
    network, chat = Network(), box.chat("1001")
    box.put(chat, "broadcast", lane=BROADCAST)
    box.put(chat, "nudge", lane=NUDGE)
    box.put(chat, "emergency", lane=EMERGENCY)
    box.put(chat, "reply", lane=REPLY)
    async with delivering(box, network):
        await done(box)
    assert network.texts == ["reply", "emergency", "nudge", "broadcast"]


async def test_wake_sends_without_waiting_for_the_next_look(
    box: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "POLL", 30.0)
    network, chat = Network(), box.chat("1001")
    async with delivering(box, network) as deliver:
        await asyncio.sleep(0.1)
        started = asyncio.get_running_loop().time()
        box.put(chat, "quick")
        deliver.wake()
        await until(lambda: network.texts)
        assert network.at[0] - started < 2


async def test_a_row_of_another_process_is_found_without_being_woken(box: Outbox) -> None:
    network, chat = Network(), box.chat("1001")
    async with delivering(box, network):
        await asyncio.sleep(0.05)
        box.put(chat, "from elsewhere")
        await done(box, 3.0)
    assert network.texts == ["from elsewhere"]


async def test_what_was_sent_is_written_down_with_the_networks_own_id(box: Outbox) -> None:
    network, chat = Network(), box.chat("1001")
    box.put(chat, "hello")
    async with delivering(box, network) as deliver:
        await done(box)
        assert deliver.tally["telegram", "sent"] == 1
    (row,) = box.rows()
    assert (row.state, row.native_id, row.problem) == (SENT, "n1", "")
    assert row.sent_at is not None
    assert row.claimed_until is None


async def test_a_card_is_sent_once_and_then_changed_in_place(box: Outbox) -> None:
    network, chat = Network(), box.chat("1001")
    box.put(chat, "step 1", card="c1")
    async with delivering(box, network) as deliver:
        await done(box)
        box.put(chat, "step 2", card="c1", in_place=True, rows=[[["Yes", "f.1"]]])
        deliver.wake()
        await done(box)
    first, second = network.parcels
    assert (first.edit, first.remove) == ("", "")
    assert (second.edit, second.remove, second.rows) == ("n1", "", ((("Yes", "f.1"),),))


async def test_a_card_shown_anew_takes_the_old_one_away_and_is_the_one_edited_next(
    box: Outbox,
) -> None:
    network, chat = Network(), box.chat("1001")
    async with delivering(box, network) as deliver:
        for text, in_place in (("one", False), ("two", False), ("three", True)):
            box.put(chat, text, card="c1", in_place=in_place)
            deliver.wake()
            await done(box)
    assert [(p.edit, p.remove) for p in network.parcels] == [("", ""), ("", "n1"), ("n2", "")]
    with Session(box.engine) as session:
        assert session.get(Card, (chat, "c1")).native_id == "n2"  # type: ignore[union-attr]


async def test_a_file_does_not_take_the_place_of_a_text(box: Outbox) -> None:
    network, chat = Network(), box.chat("1001")
    async with delivering(box, network) as deliver:
        box.put(chat, "text", card="c1")
        deliver.wake()
        await done(box)
        box.put(chat, "chart", card="c1", in_place=True, file_name="a.png", file_data=b"png")
        deliver.wake()
        await done(box)
    assert (network.parcels[1].edit, network.parcels[1].remove) == ("", "n1")
    assert network.parcels[1].file_data == b"png"


async def test_of_a_card_that_waits_only_the_latest_state_is_shown(box: Outbox) -> None:
    network, chat = Network(), box.chat("1001")
    box.put(chat, *(f"step {number}" for number in range(10)), card="c1", in_place=True)
    box.put(chat, "other", card="c2")
    box.put(box.chat("1002"), "elsewhere", card="c1")
    async with delivering(box, network):
        await done(box)
    assert sorted(network.texts) == ["elsewhere", "other", "step 9"]
    dropped = box.rows(state=DROPPED)
    assert [row.text for row in dropped] == [f"step {number}" for number in range(9)]
    assert {row.problem for row in dropped} == {outbox.SUPERSEDED}


async def test_a_state_for_a_later_hour_does_not_supersede_the_one_now(box: Outbox) -> None:
    network, chat = Network(), box.chat("1001")
    box.put(chat, "now", card="c1")
    box.put(chat, "tomorrow", card="c1", not_before=now() + timedelta(days=1))
    async with delivering(box, network):
        await until(lambda: network.texts)
    assert box.states() == [SENT, WAITING]


async def test_a_row_waits_for_its_hour_without_holding_up_the_chat(box: Outbox) -> None:
    network, chat = Network(), box.chat("1001")
    box.put(chat, "later", lane=NUDGE, not_before=now() + timedelta(seconds=1))
    box.put(chat, "bulk", lane=BROADCAST)
    async with delivering(box, network):
        await done(box)
    assert network.texts == ["bulk", "later"]


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
    assert 0.7 <= network.at[0] - refused[0] < 1.2


async def test_two_refused_chats_pause_the_whole_network(box: Outbox) -> None:
    def says(parcel: Parcel) -> None:
        if parcel.address in ("1001", "1002") and len(tried) < 2:
            tried.append(parcel.address)
            raise Later(0.8)

    tried: list[str] = []
    network = Network(says)
    for address in ("1001", "1002"):
        box.put(box.chat(address), "hello")
    other = box.chat("1003")
    async with delivering(box, network) as deliver:
        await until(lambda: len(tried) == 2)
        started = asyncio.get_running_loop().time()
        box.put(other, "waits too")
        deliver.wake()
        await done(box)
    assert min(network.at) - started > 0.6


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
        back = asyncio.get_running_loop().time()
        await done(box, 12)
        assert deliver.outages() == []
        first = min(at for at in network.at)
        assert max(network.at) - first < 1.0, "the others did not go at once"
        assert first - back < 6
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


async def test_what_is_no_longer_true_is_dropped_with_the_reason_and_the_next_goes(
    box: Outbox,
) -> None:
    def recheck(session: Session, jobs: Sequence[Job], at: datetime) -> dict[int, str]:
        return {job.seq: "visited" for job in jobs if job.kind == "digest" and job.once == "d:1"}

    network, chat = Network(), box.chat("1001")
    box.put(chat, "visit him today", lane=NUDGE, kind="digest", once="d:1")
    box.put(chat, "visit her today", lane=NUDGE, kind="digest", once="d:2")
    async with delivering(box, network) as deliver:
        deliver.recheck = recheck
        await done(box)
    assert network.texts == ["visit her today"]
    assert [(row.state, row.problem) for row in box.rows()] == [(DROPPED, "visited"), (SENT, "")]


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
        await asyncio.sleep(0.5)
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
async def test_two_processes_share_the_work_and_send_nothing_twice(box: Outbox) -> None:
    network = Network()
    network.takes = 0.001
    chats = [box.chat(str(number)) for number in range(10)]
    for _ in range(10):
        box.put_many(chats, REPLY)
    async with delivering(box, network), delivering(box, network):
        await done(box)
    assert len(network.parcels) == 100
    assert network.overtaken == []


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

        deliver.run_db = run_db  # type: ignore[assignment]
        await done(box)
    assert network.texts == ["once"]
    assert box.states() == [SENT]


async def test_a_reply_waits_under_a_second_while_ten_thousand_broadcasts_run(
    box: Outbox,
) -> None:
    network = Network()
    ids = box.chats(10_020)
    box.put_many(ids[20:], BROADCAST)
    waited = []
    async with delivering(box, network, TELEGRAM) as deliver:
        await until(lambda: len(network.parcels) > 10)
        for number in range(20):
            started = asyncio.get_running_loop().time()
            box.put(ids[number], f"reply {number}")
            deliver.wake()
            await until(lambda text=f"reply {number}": text in network.texts)  # type: ignore[misc]
            waited.append(asyncio.get_running_loop().time() - started)
            await asyncio.sleep(0.05)
    assert sorted(waited)[18] < 1.0
    seconds = network.at[-1] - network.at[0]
    assert len(network.parcels) / seconds > 25


async def test_the_depth_of_the_queue_can_be_asked(box: Outbox) -> None:
    chat = box.chat("1001")
    box.put(chat, "one", "two", lane=NUDGE)
    box.put(chat, "tomorrow", not_before=now() + timedelta(days=1))
    with Session(box.engine) as session:
        (depth,) = outbox.depth(session, now())
    assert (depth.network, depth.lane, depth.rows) == ("telegram", NUDGE, 2)
    assert now() - depth.oldest < timedelta(seconds=10)
