"""Sees to it that what was ordered is made, one paper after the other, each in a process of its
own (`bot.workshop`): neither anybody's step nor another message waits for one."""

import asyncio
import pickle
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

import structlog

from bot.deliver import RunDb
from bot.papers import LEASE, TRIES, Desk, Job, Made
from models import orders
from models.orders import Taken

POLL = 5.0  # seconds; for orders of other processes and those whose maker died
log = structlog.get_logger()


class NotMade(Exception):
    """The process ended without a paper: it was killed, or the database is out of order."""


class Scribe:
    """Makes one paper after the other; `sent` is told that one lies in the outbox."""

    def __init__(
        self, desk: Desk, clock: Callable[[], datetime], run_db: RunDb, sent: Callable[[], None]
    ) -> None:
        self.desk, self.clock, self.run_db, self.sent = desk, clock, run_db, sent
        self.child: Process | None = None  # that makes one just now
        self._taken: Taken | None = None  # and not handed in yet
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """There are new orders. Call it in the event loop, after the commit."""
        self._woken.set()

    async def run(self) -> None:
        """Until cancelled; a paper that is not ready then is made after the next start."""
        await self._attempt(self.run_db(self.desk.start))
        while True:
            while await self._attempt(self._one()):
                pass
            await self._rest()

    async def _one(self) -> bool:
        await self._give_back()  # what could not be when the database was away
        taken = self._taken = await self.run_db(lambda: self.desk.take(self.clock()))
        if taken is None:
            return False
        try:
            made = await self._made(taken)
            if await self.run_db(lambda: self.desk.hand_in(taken, made, self.clock())):
                self.sent()
        except BaseException:  # cancelled as well: whoever comes next need not wait
            await self._give_back()
            raise
        self._taken = None
        return True

    async def _made(self, taken: Taken) -> Made:
        now = self.clock()
        if taken.attempts > TRIES:
            return await self.run_db(partial(self.desk.make, taken, now))
        return await self.made_apart(Job(self.desk.engine.url, self.desk.office, taken, now))

    async def made_apart(self, job: Job) -> Made:
        """Raises NotMade, or TimeoutError when it hangs; either way the process is gone."""
        self.child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot.workshop", stdin=PIPE, stdout=PIPE,
            process_group=0,  # Ctrl-C is for this program
        )  # fmt: skip
        try:
            async with asyncio.timeout(LEASE.total_seconds()):
                return await paper_of(self.child, job)
        finally:
            if self.child.returncode is None:
                self.child.kill()
                await self.child.wait()
            self.child = None

    async def _give_back(self) -> None:
        if taken := self._taken:
            work = partial(orders.give_back, taken=taken)
            await self.run_db(lambda: self.desk.write(work))
            self._taken = None

    async def _attempt(self, work: Any) -> Any:
        try:
            return await work
        except Exception as problem:  # locked, full, away: the order stays
            log.warning("papers_wait", problem=type(problem).__name__)
            return None

    async def _rest(self) -> None:
        with suppress(TimeoutError):  # time to look again
            async with asyncio.timeout(POLL):
                await self._woken.wait()
        self._woken.clear()


async def paper_of(child: Process, job: Job) -> Made:
    """Hands the job in and waits for the paper. Raises NotMade."""
    assert child.stdin is not None
    assert child.stdout is not None
    try:
        child.stdin.write(pickle.dumps(job))
        await child.stdin.drain()
    except ConnectionError:
        raise NotMade from None
    paper = await child.stdout.read()
    if await child.wait() != 0:
        raise NotMade
    made: Made = pickle.loads(paper)
    return made
