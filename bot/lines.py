"""One network each: what is ready to go there, what may go now, and whether it answers."""

from asyncio import TimerHandle
from collections.abc import Mapping
from heapq import heappop, heappush
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from bot.pacing import Outage, Pace, Pacer, is_bulk
from bot.transports import Transport
from models.mailbox import NUDGE, REPLY
from models.outbox import Job

AHEAD = 8  # claimed before their turn comes, so that the database is never waited for in between
STRIKES = 8  # a message that fails so often, while others get through, is given up


class Line:
    def __init__(self, transport: Transport, pace: Pace) -> None:
        self.transport = transport
        self.pacer = Pacer(pace)
        self.outage = Outage(pace.patience)
        self.running = 0
        self.sends: bool | None = None  # whether it is this process's turn; None: not asked yet
        self.worked_at = 0.0
        self.strikes: dict[int, tuple[int, float]] = {}
        self.timer: TimerHandle | None = None
        self._ready: list[tuple[int, int, Job]] = []

    def room(self, now: float, lane: int) -> int:
        """How many messages of this lane may be sent now."""
        return min(self._places(now, lane), self.pacer.room(now, lane))

    def _places(self, now: float, lane: int) -> int:
        """How many more may be on their way."""
        pace = self.pacer.pace
        usual = pace.bulk_in_flight if is_bulk(lane) else pace.in_flight
        return self.outage.limit(now, self.running, usual)

    def appetite(self, now: float, lane: int) -> int:
        """How many may be claimed: a few more than may go now, unless the network is closed."""
        ready = sum(is_bulk(job.lane) == is_bulk(lane) for _lane, _seq, job in self._ready)
        ahead = AHEAD if now >= self.closed_until() and not self.outage else 0
        return self.room(now, lane) + ahead - ready

    def closed_until(self) -> float:
        return max(self.outage.until, self.pacer.paused_until)

    def make_ready(self, job: Job) -> None:
        heappush(self._ready, (job.lane, job.seq, job))

    def next(self, now: float) -> Job | None:
        """The most urgent one that may go now."""
        if self._ready and self.room(now, self._ready[0][0]) > 0:
            return heappop(self._ready)[2]
        return None

    def wait(self, now: float) -> float | None:
        """Seconds until the next may go; None when nothing is ready, or when it waits for one on
        its way, whose end is noticed."""
        if not self._ready:
            return None
        lane = self._ready[0][0]
        wait = max(self.closed_until() - now, self.pacer.wait(now, lane))
        return None if wait <= 0 and self.running and self._places(now, lane) <= 0 else wait

    def has_turn(self, now: float, sends: bool) -> bool:
        """Notes it; true when it changed. Whoever takes over does not know what was sent just
        before."""
        changed, takes_over = sends != self.sends, sends and self.sends is False
        self.sends = sends
        if takes_over:
            self.pacer.rest(now)
        return changed

    def put_back(self) -> list[Job]:
        """What is ready and cannot go: the network is closed, or the program stops."""
        jobs = [job for _lane, _seq, job in self._ready]
        self._ready.clear()
        return jobs

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
    """What may be claimed in one cycle. It is asked in the database thread and changes nothing
    but itself; what goes is entered in the pacers by the loop, when it is sent."""

    def __init__(
        self,
        lines: Mapping[str, Line],
        busy: set[UUID],
        now: float,
        with_bulk: bool,
        resumed: frozenset[str],
    ) -> None:
        self.lines, self.busy, self.now, self.resumed = lines, busy, now, resumed
        self.urgent = {name: line.appetite(now, REPLY) for name, line in lines.items()}
        self.bulk = {name: line.appetite(now, NUDGE) * with_bulk for name, line in lines.items()}
        self.held = False  # something is due that had to stay

    def keep_to(self, turns: set[str]) -> None:
        """To other networks another process sends."""
        self.lines = {name: line for name, line in self.lines.items() if name in turns}
        self.urgent = {name: left for name, left in self.urgent.items() if name in turns}
        self.bulk = {name: left for name, left in self.bulk.items() if name in turns}

    def closed(self, lane: int) -> bool:
        if any(left > 0 for left in self._left(lane).values()):
            return False
        self.held = True
        return True

    def admit(self, row: Row[Any]) -> bool:
        line = self.lines.get(row.network)
        if line is None or row.chat_id in self.busy:
            return False
        left = self._left(row.lane)
        if left[row.network] <= 0 or not line.pacer.may_write(row.address, self.now, row.lane):
            self.held = True
            return False
        left[row.network] -= 1
        return True

    def _left(self, lane: int) -> dict[str, int]:
        return self.bulk if is_bulk(lane) else self.urgent
