"""How fast a network may be written to. Told the time, in seconds of any steady clock."""

import random
from collections import deque
from dataclasses import dataclass
from itertools import count

from models.mailbox import EMERGENCY

LONGEST_PAUSE = 30.0
SAVED = 5  # bulk that may be caught up at once after a delay of our own
ON_THE_WAY = 1.0  # seconds that the last words of a process that ended may take
TRIPS = 1000  # the fastest is what the way alone costs: of so many, some met no queue on it
ENOUGH = 200  # before so many were counted nobody knows
ROUNDED = 0.001  # seconds that may be missing from what a server tells in milliseconds
SPARE = 1.005  # a beat is kept a little slower than learned: clocks differ
SLOWEST = 10.0  # seconds from one to the next; a longer rest says nothing of the usual beat
SAME_REFUSAL = 1.0  # seconds: what was on its way then is refused for the same reason
LEARNED = 600.0  # seconds after which the server may be trusted with more again


@dataclass(frozen=True, slots=True)
class Pace:
    """What a network takes; a zero is no limit.

    `overall` messages in any `window` seconds, of which bulk keeps to
    `bulk_rate` a second. One chat takes a message every `chat_every` seconds, after up to
    `burst` at once; a group one every `group_every` seconds. While the network is away it is
    tried at least every `patience` seconds. `in_flight` messages may be on their way, of bulk
    `bulk_in_flight`. `learns`: nobody knows the limit beforehand, and a refusal means the bot.
    """

    overall: int = 0
    window: float = 1.0
    bulk_rate: float = 0.0
    chat_every: float = 0.0
    burst: int = 1
    group_every: float = 0.0
    in_flight: int = 64
    bulk_in_flight: int = 64
    patience: float = LONGEST_PAUSE
    learns: bool = False


# Telegram allows 30 messages a second, one a second in a chat (short bursts are let pass) and
# 20 a minute in a group.
TELEGRAM = Pace(
    overall=30,
    window=1.01,
    bulk_rate=29.2,
    chat_every=1.05,
    burst=5,
    group_every=3.0,
)
UNLIMITED = Pace()
# A server of the office's own. People see that it is back; it does one thing at a time, so that a
# reply waits for all that is on its way.
MATRIX = Pace(bulk_in_flight=4, patience=5.0, learns=True)


def is_bulk(lane: int) -> bool:
    return lane > EMERGENCY


class Meter:
    """A bucket of `burst` tokens that fills at one in `every` seconds; never counts below 0."""

    __slots__ = ("burst", "every", "full_at")

    def __init__(self, every: float, burst: int) -> None:
        self.every, self.burst, self.full_at = every, burst, 0.0

    def tokens(self, now: float) -> float:
        return self.burst - max(0.0, self.full_at - now) / self.every

    def take(self, now: float) -> None:
        self.full_at = max(self.full_at, now) + self.every

    def has_one_at(self) -> float:
        return self.full_at - (self.burst - 1) * self.every

    def is_empty_until(self, now: float) -> None:
        """From then on there is one token."""
        self.full_at = max(self.full_at, now + (self.burst - 1) * self.every)

    def is_full(self, now: float) -> bool:
        return self.full_at <= now


class Pacer:
    """Keeps one network's limits.

    A sliding window instead of a bucket for the whole: a bucket would let twice its size
    through within one second after a rest. Two messages sent a second apart may arrive closer,
    so one counts not from its sending but from its answer, less the time the fastest of late
    took there and back; what is not answered keeps its place, for it may be on its way still.
    Replies and emergencies may use all of the window; bulk is spread evenly and a little
    slower, so that a reply finds a free place almost at once.
    """

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.sent: dict[int, float] = {}
        self.arrived: dict[int, float] = {}
        self.trips: deque[float] = deque(maxlen=TRIPS)
        self.tickets = count()
        self.bulk = Meter(1 / pace.bulk_rate, SAVED) if pace.bulk_rate else None
        self.chats: dict[str, Meter] = {}
        self.barred: dict[str, float] = {}
        self.paused_until = self.learned_at = 0.0

    def room(self, now: float, lane: int) -> int:
        """How many messages of this lane may go now."""
        if now < self.paused_until:
            return 0
        if self.pace.learns and now > self.learned_at + LEARNED:
            self.bulk = None
        free = self._free(now)
        if self.bulk and is_bulk(lane):
            return min(free, int(self.bulk.tokens(now)))
        return free

    def _free(self, now: float) -> int:
        if not self.pace.overall:
            return self.pace.in_flight
        begun = now - self.pace.window
        self.arrived = {ticket: at for ticket, at in self.arrived.items() if at > begun}
        return self.pace.overall - len(self.sent) - len(self.arrived)

    def wait(self, now: float, lane: int) -> float:
        """Seconds until there is room for one, as far as is known now."""
        times = [self.paused_until]
        if self.pace.overall:
            arrived = [*sorted(self.arrived.values()), now]  # the next answer may come at once
            over = len(self.sent) + len(self.arrived) - self.pace.overall
            times += [arrived[min(over, len(self.arrived))] + self.pace.window] if over >= 0 else []
        if is_bulk(lane) and self.bulk:
            times.append(self.bulk.has_one_at())
        return max(times) - now

    def may_write(self, chat: str, now: float, lane: int) -> bool:
        """Bulk only goes to a chat that has rested; a reply may use the burst."""
        if self.barred.get(chat, 0.0) > now:
            return False
        meter = self.chats.get(chat)
        if meter is None:
            return True
        return meter.is_full(now) if is_bulk(lane) else meter.tokens(now) >= 1

    def took(self, chat: str, now: float, lane: int, private: bool = True) -> int:
        """A message is on its way; the ticket is for `answered`."""
        ticket = next(self.tickets)
        if self.pace.overall:
            self.sent[ticket] = now
        if self.bulk and (is_bulk(lane) or self.pace.learns):
            self.bulk.take(now)
        every = self.pace.chat_every if private else self.pace.group_every
        if every:
            self._meter(chat, now, every).take(now)
        return ticket

    def answered(self, ticket: int, now: float) -> None:
        if ticket in self.sent:
            self.trips.append(now - self.sent.pop(ticket))
            way = min(self.trips) if len(self.trips) >= ENOUGH else 0.0
            self.arrived[ticket] = now - way

    def rest(self, now: float) -> None:
        """Nothing for a whole window: another may have used it up to the last moment."""
        self.paused_until = max(self.paused_until, now + ON_THE_WAY + self.pace.window)

    def _meter(self, chat: str, now: float, every: float) -> Meter:
        if len(self.chats) > 1000:
            self.chats = {name: kept for name, kept in self.chats.items() if not kept.is_full(now)}
        return self.chats.setdefault(chat, Meter(every, self.pace.burst))

    def refused(self, chat: str, now: float, seconds: float) -> None:
        """The network asked for a rest. It does not say whether it means the chat or the bot:
        one chat is taken for a chat, two at a time for the bot."""
        if self.pace.learns:
            return self._learn(now, seconds)
        self.barred = {name: until for name, until in self.barred.items() if until > now}
        self.barred[chat] = now + seconds
        if len(self.barred) > 1:
            self.paused_until = max(self.paused_until, *self.barred.values())
        return None

    def _learn(self, now: float, seconds: float) -> None:
        """A server that was asked too early says how long it is until the next message: at most
        one beat at first, and what the beat still lacks when it is kept already. What may be
        saved up there is used up by then."""
        seconds += ROUNDED
        every = seconds * SPARE
        if self.bulk:
            known = self.bulk.every
            again = now > self.learned_at + SAME_REFUSAL
            every = max(every, known + min(seconds, known / 10) * again)
        if self.bulk is None or every > self.bulk.every:
            self.bulk, self.learned_at = Meter(min(every, SLOWEST), SAVED), now
        self.paused_until = max(self.paused_until, now + seconds)
        self.bulk.is_empty_until(self.paused_until)


class Outage:
    """Whether a network answers at all: two failures in a row are an outage.

    While it lasts one message at a time is tried, after pauses that double up to `patience`
    seconds; the first that gets through ends it.
    """

    def __init__(self, patience: float = LONGEST_PAUSE) -> None:
        self.patience = patience
        self.failures = 0
        self.until = 0.0

    def __bool__(self) -> bool:
        return self.failures > 1

    def failed(self, now: float) -> None:
        if now < self.until:  # sent before the pause began: the same failure
            return
        self.failures += 1
        if self:
            self.until = now + backoff(self.failures - 1, self.patience)

    def worked(self) -> bool:
        """True when this ended an outage."""
        ended = bool(self)
        self.failures, self.until = 0, 0.0
        return ended

    def limit(self, now: float, in_flight: int, usual: int) -> int:
        """How many messages may be on their way."""
        if not self:
            return usual - in_flight
        return 0 if now < self.until else 1 - in_flight


def backoff(attempts: int, longest: float = LONGEST_PAUSE) -> float:
    """1, 2, 4 … seconds, a quarter more or less so that not all come back at once."""
    pause = min(longest / 1.25, 2.0 ** min(10, max(0, attempts - 1)))
    return pause * random.uniform(0.75, 1.25)
