"""What waits in the outbox goes out: in order, by lane, card by card, at its hour."""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from sqlmodel import Session

from bot import deliver as module
from bot.pacing import TELEGRAM
from models import outbox
from models.mailbox import (
    BROADCAST,
    DROPPED,
    EMERGENCY,
    NUDGE,
    REPLY,
    SENT,
    WAITING,
    Card,
)
from models.outbox import Job
from tests.outbox import Network, Outbox, delivering, done, now, until


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
        await done(box)
    assert network.at_once == 20


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
    monkeypatch.setattr(module, "POLL", 600.0)
    network, chat = Network(), box.chat("1001")
    async with delivering(box, network) as deliver:
        await asyncio.sleep(0.1)
        box.put(chat, "quick")
        deliver.wake()
        await until(lambda: network.texts)


async def test_a_row_of_another_process_is_found_without_being_woken(box: Outbox) -> None:
    network, chat = Network(), box.chat("1001")
    async with delivering(box, network):
        await asyncio.sleep(0.05)
        box.put(chat, "from elsewhere")
        await done(box)
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
        assert session.get(Card, (chat, "c1")).native_id == "n2"


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
    hours, hour = [now()], timedelta(hours=1)
    box.put(chat, "later", lane=NUDGE, not_before=hours[0] + hour)
    box.put(chat, "bulk", lane=BROADCAST)
    async with delivering(box, network, clock=lambda: hours[-1]):
        await until(lambda: network.texts == ["bulk"])
        hours.append(hours[0] + hour)
        await done(box)
    assert network.texts == ["bulk", "later"]


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


async def test_before_a_reply_goes_what_one_second_holds_of_ten_thousand_broadcasts(
    box: Outbox,
) -> None:
    """Counted, since a busy machine would lengthen what is timed; `bench digest` times it."""
    network = Network()
    ids = box.chats(10_020)
    box.put_many(ids[20:], BROADCAST)
    waited = []
    async with delivering(box, network, TELEGRAM) as deliver:
        await until(lambda: len(network.parcels) > 10)
        for number in range(20):
            before = len(network.parcels)
            box.put(ids[number], f"reply {number}")
            deliver.wake()
            await until(lambda text=f"reply {number}": text in network.texts)
            waited.append(network.texts.index(f"reply {number}") - before)
            await asyncio.sleep(0.05)
    assert max(waited) < 30
    seconds = network.at[-1] - network.at[0]
    assert len(network.parcels) / seconds > 10


async def test_the_depth_of_the_queue_can_be_asked(box: Outbox) -> None:
    chat = box.chat("1001")
    box.put(chat, "one", "two", lane=NUDGE)
    box.put(chat, "tomorrow", not_before=now() + timedelta(days=1))
    with Session(box.engine) as session:
        (depth,) = outbox.depth(session, now())
    assert (depth.network, depth.lane, depth.rows) == ("telegram", NUDGE, 2)
    assert depth.oldest == box.rows()[0].made_at
