"""Sends what waits in the outbox, in order and within what each network takes.

A message is claimed, sent and marked as sent, in this order: a crash between the last two
repeats it, and none is ever lost. One transaction marks all that was sent since the last one
and claims all that may go next.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol, TypeVar
from uuid import UUID

import structlog
from sqlalchemy import Engine, Row, event
from sqlmodel import Session

from bot.pacing import TELEGRAM, UNLIMITED, Outage, Pace, Pacer, backoff, is_bulk
from bot.transports import Down, Gone, Later, Parcel, Refused, Transport
from models import outbox
from models.database import connect
from models.mailbox import FAILED, NUDGE, REPLY, SENT, WAITING
from models.outbox import Job, Outcome

CLAIM = timedelta(seconds=30)
SEND_LIMIT = 20.0  # seconds; less than a claim lasts
DRAIN_LIMIT = 5.0
POLL = 1.0  # for rows whose hour has come and for those of other processes
PACED = 0.04  # something waits for its turn
BULK_EVERY = 0.15  # bulk goes in small handfuls, so that its queue is walked rarely
STRIKES = 8  # a message that fails so often, while others get through, is given up
STORE_PAUSE = 1.0  # the database is locked, full or away
RELEASE_EVERY = 5.0
PACES = {"telegram": TELEGRAM}
COUNTED = {SENT: "sent", FAILED: "failed", WAITING: "retried"}

UNHURRIED = {
    "sqlite": "PRAGMA synchronous = NORMAL",
    "postgresql": "SET synchronous_commit TO OFF",
}

log = structlog.get_logger()
T = TypeVar("T")


class RunDb(Protocol):
    """Runs a synchronous function in the thread that works on the database."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]: ...


class Line:
    """One network: how to reach it, what it takes, and whether it answers."""

    def __init__(self, transport: Transport, pace: Pace) -> None:
        self.transport = transport
        self.pacer = Pacer(pace)
        self.outage = Outage()
        self.running = 0
        self.worked_at = 0.0
        self.strikes: dict[int, tuple[int, float]] = {}

    def room(self, now: float, lane: int) -> int:
        allowed = self.outage.limit(now, self.running, self.pacer.pace.in_flight)
        return min(allowed, self.pacer.room(now, lane))

    def closed_until(self) -> float:
        return max(self.outage.until, self.pacer.paused_until)

    def worked(self, now: float) -> bool:
        """The network answered; True when this ended an outage."""
        self.worked_at = now
        return self.outage.worked()

    def hopeless(self, seq: int, now: float) -> bool:
        """A failure counts against the message only if others got through since its last one."""
        count, last = self.strikes.get(seq, (0, 0.0))
        if self.worked_at >= last:
            count += 1
        self.strikes[seq] = (count, now)
        return count >= STRIKES


class Gate:
    """What may go in one cycle. Used in the database thread while the loop waits for it; the
    loop meanwhile only replaces values that are read here once."""

    def __init__(
        self, lines: Mapping[str, Line], busy: set[UUID], now: float, with_bulk: bool
    ) -> None:
        self.lines, self.busy, self.now = lines, busy, now
        self.urgent = {name: line.room(now, REPLY) for name, line in lines.items()}
        self.bulk = {name: line.room(now, NUDGE) * with_bulk for name, line in lines.items()}
        self.held = False

    def closed(self, lane: int) -> bool:
        room = self.bulk if is_bulk(lane) else self.urgent
        if any(left > 0 for left in room.values()):
            return False
        self.held = True
        return True

    def admit(self, row: Row[Any]) -> bool:
        line = self.lines.get(row.network)
        if line is None or row.chat_id in self.busy:
            return False
        room = self.bulk if is_bulk(row.lane) else self.urgent
        if room[row.network] <= 0 or not line.pacer.may_write(row.address, self.now, row.lane):
            self.held = True
            return False
        line.pacer.took(row.address, self.now, row.lane, row.private)
        self.urgent[row.network] -= 1
        self.bulk[row.network] -= 1
        return True


class Deliver:
    """`tally` counts (network, "sent" | "failed" | "retried") since the start; the depth of the
    queue is asked of the database with `models.outbox.depth`."""

    def __init__(
        self,
        engine: Engine,
        transports: Mapping[str, Transport],
        clock: Callable[[], datetime],
        run_db: RunDb,
        paces: Mapping[str, Pace] = PACES,
    ) -> None:
        self.engine, self.clock, self.run_db = unhurried(engine), clock, run_db
        self.lines = {
            name: Line(transport, paces.get(name, UNLIMITED))
            for name, transport in transports.items()
        }
        self.tally: Counter[tuple[str, str]] = Counter()
        self._claimed: dict[int, Job] = {}
        self._outcomes: list[Outcome] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._resumed: set[str] = set()
        self._woken = asyncio.Event()
        self._ended = asyncio.Event()
        self._stopping = False
        self._new = True
        self._release_at = 0.0
        self._bulk_at = 0.0

    def wake(self) -> None:
        """There are new rows. Call it in the event loop, after the commit."""
        self._woken.set()

    def outages(self) -> list[str]:
        """The networks that do not answer just now."""
        return [name for name, line in self.lines.items() if line.outage]

    async def reach(self, network: str, address: str, why: str) -> None:
        """The network told that a chat cannot be reached any more; an empty `why`: it can."""
        now = self.clock()
        await self.run_db(
            lambda: self._write(lambda session: outbox.reach(session, network, address, why, now))
        )

    async def run(self) -> None:
        """Until `drain` or cancelled; what is on its way then is still seen through."""
        cycle = asyncio.ensure_future(self._cycle())
        try:
            while True:
                pause = await asyncio.shield(cycle)
                if self._stopping:
                    break
                await self._rest(pause)
                cycle = asyncio.ensure_future(self._cycle())
        finally:
            self._stopping = True
            await cycle
            await self._finish()
            self.engine.dispose()
            self._ended.set()

    async def drain(self) -> None:
        """Ends `run`: claims nothing more and waits for what is on its way."""
        self._stopping = True
        self.wake()
        await self._ended.wait()

    async def _rest(self, pause: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(pause):
                await self._woken.wait()
        self._woken.clear()

    async def _finish(self) -> None:
        if self._tasks:
            _done, hanging = await asyncio.wait(self._tasks, timeout=DRAIN_LIMIT)
            for task in hanging:
                task.cancel()
        await self._cycle()

    async def _cycle(self) -> float:
        """One transaction; gives the seconds after which the next is due if nothing happens."""
        outcomes, self._outcomes = self._outcomes, []
        gate = self._gate(outcomes)
        try:
            jobs = await self.run_db(lambda: self._write(partial(self._work, outcomes, gate)))
        except Exception as problem:  # locked, full, away: nothing is lost by waiting
            self._outcomes = outcomes + self._outcomes
            log.warning("outbox_not_reached", problem=type(problem).__name__)
            return STORE_PAUSE
        for outcome in outcomes:
            del self._claimed[outcome.job.seq]
        for job in jobs:
            self._start(job)
        return self._pause(gate)

    def _gate(self, outcomes: Sequence[Outcome]) -> Gate:
        now = asyncio.get_running_loop().time()
        marked = {outcome.job.seq for outcome in outcomes}
        busy = {job.chat_id for seq, job in self._claimed.items() if seq not in marked}
        with_bulk = now >= self._bulk_at
        if with_bulk:
            self._bulk_at = now + BULK_EVERY
        return Gate({} if self._stopping else self.lines, busy, now, with_bulk)

    def _pause(self, gate: Gate) -> float:
        if not gate.held:
            return POLL
        now = asyncio.get_running_loop().time()
        return min(POLL, max(PACED, min(line.closed_until() for line in gate.lines.values()) - now))

    def _write(self, work: Callable[[Session], T]) -> T:
        with Session(self.engine) as session:
            done = work(session)
            session.commit()
            return done

    def _work(self, outcomes: Sequence[Outcome], gate: Gate, session: Session) -> list[Job]:
        now = self.clock()
        self._give_back(session, now, gate)
        outbox.mark(session, outcomes, now)
        return outbox.claim(session, now, now + CLAIM, gate) if gate.lines else []

    def _give_back(self, session: Session, now: datetime, gate: Gate) -> None:
        """Rows of a process that died. A SQLite file has one process, so at the start all are;
        elsewhere the claim has to run out first."""
        alone = self._new and self.engine.dialect.name == "sqlite"
        if gate.now >= self._release_at:
            outbox.release(session, None if alone else now, list(self._claimed))
            self._new, self._release_at = False, gate.now + RELEASE_EVERY
        for network in self._resumed.copy():
            outbox.resume(session, network)
            self._resumed.discard(network)

    def _start(self, job: Job) -> None:
        self._claimed[job.seq] = job
        self.lines[job.network].running += 1
        task = asyncio.create_task(self._send(job))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _send(self, job: Job) -> None:
        line = self.lines[job.network]
        try:
            outcome = await self._try(line, job)
        finally:
            line.running -= 1
        self._outcomes.append(outcome)
        self.tally[job.network, COUNTED[outcome.state]] += 1
        if outcome.state != WAITING:
            line.strikes.pop(job.seq, None)
        self.wake()

    async def _try(self, line: Line, job: Job) -> Outcome:
        try:
            async with asyncio.timeout(SEND_LIMIT):
                native_id = await line.transport.send(parcel(job))
        except (Down, TimeoutError):
            return self._down(line, job)
        except Later as later:
            return self._later(line, job, later.seconds)
        except Gone as gone:
            self._worked(line)
            return Outcome(job, FAILED, problem=gone.why, gone=gone.why)
        except Refused as refused:
            self._worked(line)
            log.warning("message_refused", network=job.network, seq=job.seq)
            return Outcome(job, FAILED, problem=refused.why)
        except Exception as problem:
            log.error(
                "sending_failed", network=job.network, seq=job.seq, problem=type(problem).__name__
            )
            return self._again(line, job, backoff(job.attempts), type(problem).__name__)
        self._worked(line)
        return Outcome(job, SENT, native_id=native_id)

    def _worked(self, line: Line) -> None:
        if line.worked(asyncio.get_running_loop().time()):
            self._resumed.add(line.transport.network)
            log.info("network_is_back", network=line.transport.network)

    def _down(self, line: Line, job: Job) -> Outcome:
        was_down = bool(line.outage)
        line.outage.failed(asyncio.get_running_loop().time())
        if line.outage and not was_down:
            log.warning("network_is_down", network=job.network)
        return self._again(line, job, backoff(job.attempts), outbox.NETWORK)

    def _later(self, line: Line, job: Job, seconds: float) -> Outcome:
        pause = seconds or backoff(job.attempts)
        line.pacer.refused(job.address, asyncio.get_running_loop().time(), pause)
        log.info("asked_to_wait", network=job.network, seconds=round(pause, 1))
        return Outcome(job, WAITING, problem="later", not_before=self._in(pause))

    def _again(self, line: Line, job: Job, pause: float, problem: str) -> Outcome:
        if line.hopeless(job.seq, asyncio.get_running_loop().time()):
            log.error("message_given_up", network=job.network, seq=job.seq, problem=problem)
            return Outcome(job, FAILED, problem=problem)
        return Outcome(job, WAITING, problem=problem, not_before=self._in(pause))

    def _in(self, seconds: float) -> datetime:
        return self.clock() + timedelta(seconds=seconds)


def unhurried(engine: Engine) -> Engine:
    """The same database without a wait for the disk at each commit: what a power cut can undo
    here is that a message was sent, and it is then sent again. Facts are not written through
    this, and the commit of the next one brings these to the disk too."""
    own = connect(engine.url)

    def opened(connection: Any, _record: object) -> None:
        connection.execute(UNHURRIED[own.dialect.name])
        connection.commit()

    event.listen(own, "connect", opened)
    return own


def parcel(job: Job) -> Parcel:
    """A card is changed where it stands if that was asked for; a file cannot take the place of
    a text, so it is sent anew."""
    edit = job.shown if job.in_place and not job.file_name else ""
    return Parcel(
        address=job.address,
        text=job.text,
        rows=tuple(tuple((label, code) for label, code in row) for row in job.rows),
        edit=edit,
        remove="" if edit else job.shown,
        file_name=job.file_name,
        file_data=job.file_data,
        key=str(job.seq),
    )
