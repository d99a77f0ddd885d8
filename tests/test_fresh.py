"""A nudge is looked at again just before it goes out: through the real delivery."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy.exc import ProgrammingError
from sqlmodel import Session, select
from structlog.testing import capture_logs

from bot.deliver import Deliver
from bot.fresh import Recheck
from handlers import nudge
from models.draft import Draft
from models.mailbox import EMERGENCY, NUDGE, SENDING, WAITING, Outgoing
from models.schedule import Leave
from models.staff import Chat
from tests.conversation import EIGHT, plain, sweep
from tests.outbox import PATIENCE


class Screen:
    """A network that shows what it is given."""

    network = "web"

    def __init__(self):
        self.shown = []

    async def run(self, receive):
        await asyncio.Event().wait()

    async def send(self, parcel):
        self.shown.append(parcel)
        return str(len(self.shown))

    async def close(self):
        pass


async def sent(town) -> list:
    """Sends all that may go now; what was shown."""
    return await deliver(town, due)


def due(town):
    return any(row.not_before is None or row.not_before <= town.now for row in waiting(town))


def waiting(town):
    return [row for row in town.rows(Outgoing) if row.state in (WAITING, SENDING)]


async def deliver(town, left=waiting) -> list:
    """Sends all that waits; what was shown."""
    screen = Screen()

    async def run_db(work):
        return await asyncio.to_thread(work)

    delivery = Deliver(
        town.database, {"web": screen}, lambda: town.now, run_db,
        recheck=Recheck(town.receiver.office),
    )  # fmt: skip
    running = asyncio.create_task(delivery.run())
    async with asyncio.timeout(PATIENCE):
        while left(town):
            await asyncio.sleep(0.02)
    await delivery.drain()
    await running
    return screen.shown


async def test_a_digest_that_waited_tells_what_is_so_now(town, zhou):
    town.now = EIGHT
    sweep(town)
    town.now += timedelta(hours=2)
    zhou.talk("走访 高永昌 00000", "核对", "[提交]", "已记下")
    shown = await deliver(town)
    digest = next(one for one in shown if "早上好" in one.text)
    assert "高*昌" not in digest.text
    assert "逾期 4 位" in digest.text


async def test_a_digest_of_yesterday_is_dropped_and_the_reason_kept(town, zhou):
    town.now = EIGHT
    sweep(town)
    town.now += timedelta(days=1)
    assert await deliver(town) == []
    (row,) = town.rows(Outgoing, kind="digest")
    assert (row.state, row.problem) == ("dropped", "day over")


async def test_a_digest_waits_for_the_end_of_a_dialogue_that_began_meanwhile(town, zhou):
    """Written at eight; she opens a card before it is sent, and goes on for half an hour."""
    town.now = EIGHT
    sweep(town)
    town.now += timedelta(seconds=5)
    zhou.talk("/visit 高永昌", "怎么")
    answers = (("[上门]", "精神"), ("[😀 有说有笑]", "健康"), ("[稳定]", "子女"))
    for answer in answers:
        assert held(await sent(town)) == []
        town.now += timedelta(minutes=9)
        zhou.talk(*answer)
    assert held(await sent(town)) == []
    (row,) = town.rows(Outgoing, kind="digest")
    assert (row.state, row.attempts) == (WAITING, 0)
    town.now += timedelta(minutes=11)
    (digest,) = held(await sent(town))
    assert "今天建议走访 0 位,逾期 5 位" in plain(digest.text)
    assert held(await sent(town)) == []


async def test_who_ends_the_card_gets_the_digest_a_minute_later(town, zhou):
    town.now = EIGHT
    sweep(town)
    zhou.talk("走访 高永昌 00000", "核对")
    assert held(await sent(town)) == []
    zhou.talk("[提交]", "已记下")
    assert held(await sent(town)) == []
    town.now += timedelta(minutes=1)
    (digest,) = held(await sent(town))
    assert "逾期 4 位" in plain(digest.text)


async def test_digests_that_wait_for_a_dialogue_are_no_silence(town, zhou, wang):
    away = {"staff_id": town.staff["王主任"], "made_by": town.staff["王主任"], "made_at": EIGHT}
    town.change(Leave(**away, from_on=EIGHT.date(), until_on=EIGHT.date()))
    town.now = EIGHT
    sweep(town)
    zhou.talk("/visit 高永昌", "怎么")
    for _nine_minutes in range(6):
        assert held(await sent(town)) == []
        town.now += timedelta(minutes=9)
        zhou.talk("[上门]", "精神")
        assert held(await sent(town)) == []
        town.now += timedelta(minutes=9)
        zhou.talk("[‹ 上一步]", "怎么")
    sweep(town)
    assert town.now > EIGHT + timedelta(minutes=100)
    assert [row.text for row in town.rows(Outgoing, kind="silence")] == []


def held(shown) -> list:
    return [one for one in shown if "早上好" in one.text]


async def test_a_digest_that_cannot_be_made_anew_holds_up_nobody(town, zhou, li):
    zhou.talk("/visit 高永昌", "怎么", "[上门]", "精神")
    zhou.look()
    town.now = EIGHT + timedelta(days=1)
    sweep(town)
    (draft,) = town.rows(Draft)
    draft.context = ["周明"]
    town.change(draft)
    town.now += timedelta(minutes=5)
    li.send(text="/help")
    with capture_logs() as events:
        shown = [one.text for one in await deliver(town)]
    assert sum("李娜,早上好" in plain(text) for text in shown) == 1
    assert not any("周明,早上好" in plain(text) for text in shown)
    (left,) = town.rows(Outgoing, state="dropped", kind="digest")
    assert left.problem == "failed"
    told = [event for event in events if event["event"] == "not_written"]
    assert {type(event.pop("exc_info")) for event in told} == {AttributeError}
    assert "周明" not in str(events)


@pytest.mark.parametrize("raises", [KeyError, ProgrammingError])
async def test_what_cannot_be_looked_at_again_holds_up_nobody(town, zhou, li, monkeypatch, raises):
    """Put into the real function, for no row is known that makes it fail. An emergency goes."""
    real = nudge.renew

    def fails(session, office, now, row):
        if row.text == "提醒" and raises is KeyError:
            raise KeyError("周明")
        if row.text == "提醒":
            session.connection().exec_driver_sql("SELECT nothing FROM nowhere")
        return real(session, office, now, row)

    monkeypatch.setattr(nudge, "renew", fails)
    with Session(town.database) as session:
        chats = {chat.address: chat.id for chat in session.exec(select(Chat))}
        for name, lane, text in (
            ("周明", NUDGE, "提醒"),
            ("周明", EMERGENCY, "提醒"),
            ("李娜", NUDGE, "问候"),
        ):
            row = Outgoing(chat_id=chats[name], lane=lane, kind="x", text=text, made_at=town.now)
            session.add(row)
        session.commit()
    shown = await deliver(town)
    assert sorted((one.address, one.text) for one in shown) == [("周明", "提醒"), ("李娜", "问候")]
    (left,) = town.rows(Outgoing, state="dropped")
    assert (left.lane, left.problem) == (NUDGE, "failed")
