"""APScheduler as a tick and nothing more: what is due is asked of the database each time."""

from functools import partial
from typing import TYPE_CHECKING

import structlog
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from sqlmodel import Session

from models import retention

if TYPE_CHECKING:
    from bot.run import House

HOUR = 3600
log = structlog.get_logger()


def start_ticking(house: "House") -> AsyncIOScheduler:
    """Ticks each hour, and once at the start; a late tick is better than none."""
    scheduler = AsyncIOScheduler(timezone="UTC")
    scheduler.add_job(
        partial(tick, house), "interval", seconds=HOUR, misfire_grace_time=HOUR, coalesce=True
    )
    scheduler.add_job(partial(tick, house), misfire_grace_time=HOUR)
    scheduler.start()
    return scheduler


async def tick(house: "House") -> None:
    gone = await house.run_db(partial(sweep, house))
    if any(gone.values()):
        log.info("tidied", **gone)


def sweep(house: "House") -> dict[str, int]:
    with Session(house.engine) as session:
        gone = retention.tidy(session, house.clock())
        session.commit()
        return gone
