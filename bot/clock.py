"""APScheduler as a tick and nothing more: what is due is asked of the database each time."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlmodel import Session

from handlers import escalate, fast_tell, nudge, room_team
from models import retention
from models.alone import is_alone

if TYPE_CHECKING:
    from bot.run import House

PORTIONS = 100  # of one tick
KINDS = (*nudge.KINDS, room_team.freed, room_team.lists, fast_tell.called_off,
         fast_tell.reminders)  # fmt: skip
T = TypeVar("T")
HALF, MINUTE, HOUR = 30, 60, 3600
log = structlog.get_logger()


def start_ticking(house: "House") -> AsyncIOScheduler:
    """A tick that comes late is better than none; of several missed ones, one is enough."""
    scheduler = AsyncIOScheduler(
        timezone="UTC", job_defaults={"misfire_grace_time": HOUR, "coalesce": True}
    )
    for work, seconds in ((climb, HALF), (speak_up, MINUTE), (tidy, HOUR)):
        scheduler.add_job(work, "interval", [house], seconds=seconds)
        scheduler.add_job(work, args=[house])
    scheduler.start()
    return scheduler


async def tick(house: "House") -> None:
    """All sweeps at once, for a clock that was moved."""
    await climb(house)
    await speak_up(house)
    await tidy(house)


async def climb(house: "House") -> None:
    """The ladders of the cases, a portion in a transaction, so that nobody waits for long."""
    for _portion in range(PORTIONS):
        done = await attempt(
            house, "climb", lambda session: escalate.sweep(session, house.office, house.clock())
        )
        if not done:
            return
        house.deliver.wake()


async def speak_up(house: "House") -> None:
    """Writes what is to be said unasked, and wakes delivery. Each kind on its own: where the
    digests fail, the alarm must not."""
    for kind in KINDS:
        name = kind.__name__
        count = await attempt(house, name, partial(nudge.say, kind, house.office, house.clock()))
        if count:
            log.info("nudges_written", kind=name, rows=count)
            house.deliver.wake()


async def tidy(house: "House") -> None:
    now = house.clock()
    local = now.astimezone(house.office.zone)
    gone = await attempt(house, "tidy", lambda session: retention.round_of(session, now, local))
    if gone and any(gone.values()):
        log.info("tidied", **gone)


async def attempt(house: "House", name: str, work: Callable[[Session], T]) -> T | None:
    """One transaction; None where another copy of the bot is at the same just now. What it
    stumbles over is tried again at the next tick, and must not keep the other sweeps, least of
    all the alarm, from their work."""
    try:
        return await house.run_db(partial(in_transaction, house, name, work))
    except Exception as problem:  # of any sweep; the next one goes on
        log.warning("sweep_failed", sweep=name, exc_info=problem)
        return None


def in_transaction(house: "House", name: str, work: Callable[[Session], T]) -> T | None:
    with Session(house.engine) as session:
        if not is_alone(session, name):
            return None
        done = work(session)
        session.commit()
        return done
