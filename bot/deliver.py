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

import structlog
from sqlalchemy import Engine, event
from sqlmodel import Session

from bot.draw import Pencil
from bot.lines import Gate, Line
from bot.pacing import MATRIX, TELEGRAM, UNLIMITED, Pace, backoff
from bot.transports import Down, Gone, Later, Parcel, Refused, Transport
from models import outbox
from models.database import connect
from models.mailbox import FAILED, SENT, WAITING
from models.outbox import Job, Outcome

CLAIM = timedelta(seconds=30)
SEND_LIMIT = 20.0  # seconds; less than a claim lasts
DRAIN_LIMIT = 5.0
POLL = 1.0  # for rows whose hour has come
POLL_FOR_OTHERS = 0.2  # what another process took in is answered here
PACED = 0.04  # something waits for its turn
BULK_EVERY = 0.1  # bulk goes in small handfuls, so that its queue is walked rarely
PUT_BACK = 3.0
STORE_PAUSE = 1.0  # the database is locked, full or away
RELEASE_EVERY = 5.0
PACES = {"telegram": TELEGRAM, "matrix": MATRIX}
COUNTED = {SENT: "sent", FAILED: "failed", WAITING: "retried"}

UNHURRIED = {
    "sqlite": ("PRAGMA synchronous = NORMAL", "PRAGMA cache_size = -2000"),  # it looks at little
    "postgresql": (
        "SET synchronous_commit TO OFF",
        # the turn of a machine that lost its power is over after half a minute, not two hours
        "SET tcp_keepalives_idle TO 15",
        "SET tcp_keepalives_interval TO 5",
        "SET tcp_keepalives_count TO 3",
    ),
}

log = structlog.get_logger()
T = TypeVar("T")


# Asked in the transaction that claims, just before sending. By seq: the reason why a message is
# not sent any more, from when it may be sent, or the message as it must be now. Reads only.
Recheck = Callable[[Session, Sequence[Job], datetime], Mapping[int, Job | str | datetime]]


class RunDb(Protocol):
    """Runs a synchronous function in the thread that works on the database."""

    def __call__(self, work: Callable[[], T], /) -> Awaitable[T]: ...


class Deliver:
    """`tally` counts (network, "sent" | "failed" | "retried") since the start; the depth of the
    queue is asked of the database with `models.outbox.depth`.

    Of several processes one sends to a network: its limits are for the bot, not for each of
    them. When that one ends, the next goes on.
    """

    def __init__(
        self,
        engine: Engine,
        transports: Mapping[str, Transport],
        clock: Callable[[], datetime],
        run_db: RunDb,
        paces: Mapping[str, Pace] = PACES,
        recheck: Recheck | None = None,
    ) -> None:
        self.engine, self.clock, self.run_db = unhurried(engine), clock, run_db
        self.lines = {
            name: Line(transport, paces.get(name, UNLIMITED))
            for name, transport in transports.items()
        }
        self.recheck, self.pencil = recheck, Pencil()
        self.poll = POLL if self.engine.dialect.name == "sqlite" else POLL_FOR_OTHERS
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

    async def move(self, network: str, old: str, new: str) -> None:
        """The network told that a chat goes on under another address."""
        await self.run_db(
            lambda: self._write(lambda session: outbox.move(session, network, old, new))
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
        with suppress(TimeoutError):  # time to look again
            async with asyncio.timeout(pause):
                await self._woken.wait()
        self._woken.clear()

    async def _finish(self) -> None:
        for line in self.lines.values():
            self._put_back(line)
            if line.timer:
                line.timer.cancel()
        if self._tasks:
            _done, hanging = await asyncio.wait(self._tasks, timeout=DRAIN_LIMIT)
            for task in hanging:
                task.cancel()
        await self._cycle()
        await self.pencil.close()

    async def _cycle(self) -> float:
        """One transaction; gives the seconds after which the next is due if nothing happens."""
        outcomes, self._outcomes = self._outcomes, []
        gate = self._gate(outcomes)
        try:
            jobs = await self.run_db(lambda: self._write(partial(self._work, outcomes, gate)))
        except Exception as problem:  # locked, full, away: nothing is lost by waiting
            self._outcomes = outcomes + self._outcomes
            if not self._new:  # others, too, first write down what they have sent
                self._release_at = gate.now + RELEASE_EVERY
            log.warning("outbox_not_reached", problem=type(problem).__name__)
            return STORE_PAUSE
        self._written(gate)
        for outcome in outcomes:
            del self._claimed[outcome.job.seq]
        self._note_turn(gate)
        for job in jobs:
            self._claimed[job.seq] = job
            self.lines[job.network].make_ready(job)
        for line in self.lines.values():
            self._send_ready(line)
        return self._pause(gate)

    def _gate(self, outcomes: Sequence[Outcome]) -> Gate:
        now = asyncio.get_running_loop().time()
        marked = {outcome.job.seq for outcome in outcomes}
        busy = {job.chat_id for seq, job in self._claimed.items() if seq not in marked}
        with_bulk = now >= self._bulk_at
        if with_bulk:
            self._bulk_at = now + BULK_EVERY
        lines = {} if self._stopping else self.lines
        return Gate(lines, busy, now, with_bulk, frozenset(self._resumed))

    def _pause(self, gate: Gate) -> float:
        if not gate.held:
            return self.poll
        now = asyncio.get_running_loop().time()
        opens = min(line.closed_until() for line in gate.lines.values())
        return min(self.poll, max(PACED, opens - now))

    def _note_turn(self, gate: Gate) -> None:
        now = asyncio.get_running_loop().time()
        for name, line in () if self._stopping else self.lines.items():
            if line.has_turn(now, name in gate.lines):
                self._put_back(line)
                log.info("sending", network=name, here=line.sends)

    def _write(self, work: Callable[[Session], T]) -> T:
        with Session(self.engine) as session:
            done = work(session)
            session.commit()
            return done

    def _work(self, outcomes: Sequence[Outcome], gate: Gate, session: Session) -> list[Job]:
        now = self.clock()
        self._give_back(session, now, gate)
        outbox.mark(session, outcomes, now)
        return self._claim(session, now, gate) if gate.lines else []

    def _claim(self, session: Session, now: datetime, gate: Gate) -> list[Job]:
        gate.keep_to(outbox.turns(session, gate.lines))
        if not gate.lines:
            return []
        jobs = outbox.claim(session, now, now + CLAIM, gate)
        news = self.recheck(session, jobs, now) if self.recheck and jobs else {}
        stale = {seq: why for seq, why in news.items() if isinstance(why, str)}
        later = {seq: at for seq, at in news.items() if isinstance(at, datetime)}
        outbox.drop(session, stale)
        outbox.hold(session, later)
        gate.held = gate.held or bool(stale or later)  # what stands behind them may be due
        now_so = {seq: job for seq, job in news.items() if isinstance(job, Job)}
        left = [job for job in jobs if job.seq not in stale and job.seq not in later]
        return [now_so.get(job.seq, job) for job in left]

    def _give_back(self, session: Session, now: datetime, gate: Gate) -> None:
        """Rows of a process that died. A SQLite file has one process, so at the start all are;
        elsewhere the claim has to run out first."""
        alone = self._new and self.engine.dialect.name == "sqlite"
        if gate.now >= self._release_at:
            outbox.release(session, None if alone else now, list(self._claimed))
        for network in gate.resumed:
            outbox.resume(session, network)

    def _written(self, gate: Gate) -> None:
        """What a cycle gave back is committed: until then it had to be tried again."""
        if gate.now >= self._release_at:
            self._new, self._release_at = False, gate.now + RELEASE_EVERY
        self._resumed -= gate.resumed

    def _send_ready(self, line: Line) -> None:
        """Sends what may go now, and comes back when the next may."""
        now = asyncio.get_running_loop().time()
        while job := line.next(now):
            line.running += 1
            ticket = line.pacer.took(job.address, now, job.lane, job.private)
            task = asyncio.create_task(self._send(line, job, ticket))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        wait = line.wait(now)
        if wait is not None and wait < PUT_BACK:
            self._come_back(line, now + max(wait, 0.001))
        elif wait is not None:
            self._put_back(line)

    def _come_back(self, line: Line, at: float) -> None:
        if line.timer:
            line.timer.cancel()
        line.timer = asyncio.get_running_loop().call_at(at, self._send_ready, line)

    def _put_back(self, line: Line) -> None:
        """Others may have it; a claim must not run out while its job waits here."""
        self._outcomes += [Outcome(job, WAITING) for job in line.put_back()]
        self.wake()

    async def _send(self, line: Line, job: Job, ticket: int) -> None:
        try:
            outcome = await self._try(line, job)
        finally:
            line.running -= 1
            line.pacer.answered(ticket, asyncio.get_running_loop().time())
        self._outcomes.append(outcome)
        self.tally[job.network, COUNTED[outcome.state]] += 1
        if outcome.state != WAITING:
            line.strikes.pop(job.seq, None)
        self._send_ready(line)
        self.wake()

    async def _try(self, line: Line, job: Job) -> Outcome:
        try:
            async with asyncio.timeout(SEND_LIMIT):
                native_id = await line.transport.send(await self.pencil.drawn(parcel(job)))
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
        except Exception as problem:  # a network's library raises what it likes
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
        for setting in UNHURRIED[own.dialect.name]:
            connection.execute(setting)
        connection.commit()

    event.listen(own, "connect", opened)
    return own


def parcel(job: Job) -> Parcel:
    """A card is changed where it stands if that was asked for; a file cannot take the place of
    a text, so it is sent anew. Where a crash left two copies, or one further up was tapped, the
    one that was tapped becomes the card: elsewhere the person would see nothing happen."""
    edit = (job.pressed or job.shown) if job.in_place and not job.file_name else ""
    return Parcel(
        address=job.address,
        text=job.text,
        rows=tuple(tuple((label, code) for label, code in row) for row in job.rows),
        edit=edit,
        remove="" if edit == job.shown else job.shown,
        file_name=job.file_name,
        file_data=job.file_data,
        key=f"{job.seq}.{int(job.made_at.timestamp())}",  # a restored database counts anew
    )
