"""A nudge is looked at again just before it goes out: through the real delivery."""

import asyncio
from datetime import UTC, datetime, timedelta

from sqlmodel import Session

from bot.deliver import Deliver
from bot.fresh import Recheck
from handlers import nudge
from models.mailbox import Outgoing

EIGHT = datetime(2026, 11, 12, 0, 0, tzinfo=UTC)


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


async def deliver(town) -> list:
    """Sends all that waits; what was shown."""
    screen = Screen()

    async def run_db(work):
        return await asyncio.to_thread(work)

    delivery = Deliver(
        town.database, {"web": screen}, lambda: town.now, run_db,
        recheck=Recheck(town.receiver.office),
    )  # fmt: skip
    running = asyncio.create_task(delivery.run())
    await asyncio.sleep(0.5)
    await delivery.drain()
    await running
    return screen.shown


def sweep(town):
    with Session(town.database) as session:
        nudge.sweep(session, town.receiver.office, town.now)
        session.commit()


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
