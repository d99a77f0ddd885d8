"""Speed limits, told the time."""

import pytest

from bot.deliver import PACES
from bot.pacing import ENOUGH, MATRIX, TELEGRAM, UNLIMITED, Outage, Pace, Pacer, backoff
from bot.transports.matrix_client import UNTOLD, rest
from models.mailbox import BROADCAST, NUDGE, REPLY


def send_all(pacer: Pacer, lane: int, until: float, start: float = 0.0) -> list[float]:
    """Writes to ever new chats as fast as it is allowed, looking every 5 ms."""
    sent = []
    for tick in range(int(start * 200), int(until * 200)):
        now = tick / 200
        for _ in range(pacer.room(now, lane)):
            ticket = pacer.took(f"{lane}-{len(sent)}", now, lane)
            pacer.answered(ticket, now)
            sent.append(now)
    return sent


def busiest_second(sent: list[float]) -> int:
    return max(sum(at <= other < at + 1 for other in sent) for at in sent)


def test_no_second_carries_more_than_thirty_messages() -> None:
    sent = send_all(Pacer(TELEGRAM), REPLY, 20)
    assert busiest_second(sent) == 30


def test_a_broadcast_keeps_to_at_least_28_a_second_and_never_over_30() -> None:
    sent = send_all(Pacer(TELEGRAM), BROADCAST, 60)
    assert busiest_second(sent) <= 30
    assert len(sent) / 60 >= 28


def test_a_message_counts_from_its_arrival_not_from_its_sending() -> None:
    pacer = Pacer(TELEGRAM)
    pacer.trips.extend([0.02] * ENOUGH)  # usual; these take twice as long
    slow = [pacer.took(str(number), 0.0, REPLY) for number in range(30)]
    for ticket in slow:
        pacer.answered(ticket, 0.04)
    assert pacer.room(1.02, REPLY) == 0
    assert pacer.room(1.04, REPLY) == 30


def test_what_all_wait_for_together_is_not_taken_for_the_way() -> None:
    """A burst: each trip is as long, for the last one nearly all of it before it arrived."""
    pacer, arrived = Pacer(TELEGRAM), []
    for burst in range(5):
        now = 1.2 * burst
        assert pacer.room(now, REPLY) == 30
        tickets = [pacer.took(str(number), now, REPLY) for number in range(30)]
        for ticket in tickets:
            pacer.answered(ticket, now + 0.1)
        arrived.append(now + 0.099)
        soon = next(t / 1000 for t in range(2000) if pacer.room(now + t / 1000, REPLY))
        assert now + soon >= arrived[-1] + 1


def test_a_message_keeps_its_place_until_it_is_answered_or_given_up() -> None:
    pacer = Pacer(TELEGRAM)
    held_up = [pacer.took(str(number), 0.0, REPLY) for number in range(30)]
    assert pacer.room(5.0, REPLY) == 0
    assert 0 < pacer.wait(5.0, REPLY) <= TELEGRAM.window
    for ticket in held_up:
        pacer.answered(ticket, 5.0)
    assert pacer.room(6.0, REPLY) == 0
    assert pacer.room(6.02, REPLY) == 30


def test_a_broadcast_is_spread_and_not_sent_in_one_burst_a_second() -> None:
    sent = send_all(Pacer(TELEGRAM), NUDGE, 10)
    gaps = [later - earlier for earlier, later in zip(sent[30:], sent[31:], strict=False)]
    assert max(gaps) < 0.25


def test_a_reply_finds_a_place_within_a_quarter_of_a_second_of_a_broadcast() -> None:
    pacer, asked, waited = Pacer(TELEGRAM), None, []
    for tick in range(4000):
        now = tick / 200
        if tick % 100 == 0:
            asked = tick
        if asked is not None and pacer.room(now, REPLY):
            waited.append(tick - asked)
            send(pacer, now, REPLY)
            asked = None
        for _ in range(pacer.room(now, BROADCAST)):
            send(pacer, now, BROADCAST)
    assert len(waited) == 40
    assert max(waited) <= 50


def send(pacer: Pacer, now: float, lane: int) -> None:
    pacer.answered(pacer.took("anybody", now, lane), now)


def test_it_says_when_there_will_be_room() -> None:
    for lane in (REPLY, BROADCAST):
        pacer, now = Pacer(TELEGRAM), 0.0
        for _ in range(200):
            while pacer.room(now, lane):
                send(pacer, now, lane)
            wait = pacer.wait(now, lane)
            assert 0 < wait < 1.1
            assert pacer.room(now + wait - 0.001, lane) == 0
            now += wait + 0.0001
            assert pacer.room(now, lane) > 0


def test_a_chat_takes_a_short_burst_of_replies_and_then_one_a_second() -> None:
    pacer = Pacer(TELEGRAM)
    sent = [tick / 10 for tick in range(100) if write(pacer, tick / 10)]
    assert sent[:5] == [0.0, 0.1, 0.2, 0.3, 0.4]
    assert 7 <= len([at for at in sent if 1 <= at < 9]) <= 8


def write(pacer: Pacer, now: float, lane: int = REPLY, private: bool = True) -> bool:
    if not pacer.may_write("1001", now, lane):
        return False
    pacer.took("1001", now, lane, private)
    return True


def test_bulk_waits_until_a_chat_has_rested() -> None:
    pacer = Pacer(TELEGRAM)
    assert write(pacer, 0.0)
    assert not pacer.may_write("1001", 1.0, NUDGE)
    assert pacer.may_write("1001", 0.9, REPLY)
    assert pacer.may_write("1001", 1.05, NUDGE)


def test_a_group_takes_twenty_a_minute() -> None:
    pacer = Pacer(TELEGRAM)
    sent = [tick for tick in range(1200) if write(pacer, tick / 10, private=False)]
    assert len([tick for tick in sent if 600 <= tick < 1200]) == 20


def test_a_refusal_rests_one_chat_and_a_second_one_the_whole_network() -> None:
    pacer = Pacer(TELEGRAM)
    pacer.refused("1001", 0.0, 7)
    assert not pacer.may_write("1001", 6.9, REPLY)
    assert pacer.room(0.1, REPLY) > 0
    pacer.refused("1002", 1.0, 3)
    assert pacer.room(6.9, REPLY) == 0
    assert pacer.room(7.1, REPLY) > 0
    assert pacer.may_write("1001", 7.1, REPLY)


class Homeserver:
    """Counts as Synapse does: a bucket that leaks, and says when it has room again."""

    def __init__(self, rate: float, burst: int) -> None:
        self.rate, self.burst = rate, burst
        self.held, self.looked_at = 0.0, 0.0
        self.taken: list[float] = []
        self.refused = 0

    def asked(self, now: float) -> int | None:
        """None if it took the message, or the whole milliseconds to wait."""
        self.held = max(0.0, self.held - (now - self.looked_at) * self.rate)
        self.looked_at = now
        if self.held > self.burst - 1:
            self.refused += 1
            return int(1000 * (self.held - self.burst + 1) / self.rate)
        self.held += 1
        self.taken.append(now)
        return None


@pytest.mark.parametrize(("rate", "burst"), [(0.2, 10), (5, 5), (10, 10), (20, 20), (20, 1)])
def test_what_a_homeserver_permits_is_learned_from_its_refusals(rate: float, burst: int) -> None:
    pacer, server = Pacer(MATRIX), Homeserver(rate, burst)
    last = 1500 if rate < 1 else 100
    for tick in range(last * 733):
        now = tick / 733
        for _ in range(min(pacer.room(now, NUDGE), MATRIX.bulk_in_flight)):
            ticket, wait = pacer.took(str(tick), now, NUDGE), server.asked(now)
            pacer.answered(ticket, now)
            if wait is not None:
                pacer.refused(str(tick), now, rest(wait))
    assert len(server.taken) >= 0.95 * rate * last
    assert server.refused <= 0.02 * rate * last + MATRIX.bulk_in_flight


def test_a_homeserver_that_tells_no_rest_is_left_alone_for_as_long_as_synapse_would() -> None:
    assert rest(None) == UNTOLD
    assert rest(250) == 0.25
    assert 0 < rest(0) < 0.002


def test_what_was_learned_of_a_homeserver_is_forgotten_in_time() -> None:
    pacer = Pacer(MATRIX)
    pacer.refused("@zhou:hs.test", 0.0, 5.0)
    assert pacer.room(4.9, REPLY) == 0
    assert pacer.room(5.1, NUDGE) == 1
    assert pacer.room(700.0, NUDGE) == MATRIX.in_flight


def test_whoever_takes_over_lets_pass_what_another_may_have_sent() -> None:
    pacer = Pacer(TELEGRAM)
    pacer.rest(10.0)
    assert pacer.room(12.0, REPLY) == 0
    assert pacer.room(12.1, REPLY) == 30


def test_chats_that_have_rested_are_forgotten() -> None:
    pacer = Pacer(Pace(chat_every=1.0))
    for number in range(5000):
        pacer.took(str(number), float(number), REPLY)
    assert len(pacer.chats) < 1100


def test_a_network_without_limits_is_only_held_by_what_is_on_its_way() -> None:
    pacer = Pacer(UNLIMITED)
    assert pacer.room(0.0, BROADCAST) == UNLIMITED.in_flight
    assert write(pacer, 0.0)
    assert write(pacer, 0.0)


def test_one_failure_is_no_outage_and_two_are() -> None:
    outage = Outage()
    outage.failed(0.0)
    assert not outage
    outage.failed(0.1)
    assert outage
    assert outage.limit(0.2, 0, 64) == 0


def test_an_outage_lets_one_message_at_a_time_try() -> None:
    outage = Outage()
    outage.failed(0.0)
    outage.failed(0.0)
    later = outage.until + 0.01
    assert outage.limit(later, 0, 64) == 1
    assert outage.limit(later, 1, 64) == 0


def test_what_fails_during_the_pause_does_not_make_it_longer() -> None:
    outage = Outage()
    for _ in range(64):
        outage.failed(0.0)
    assert outage.until < 1.5


def test_pauses_grow_to_thirty_seconds_and_success_ends_them_at_once() -> None:
    outage, now = Outage(), 0.0
    pauses = []
    for _ in range(12):
        outage.failed(now)
        pauses.append(outage.until - now)
        now = max(now, outage.until) + 0.01
    assert pauses[2] < pauses[4] < 30
    assert max(pauses) <= 30
    assert outage.worked()
    assert outage.limit(now, 0, 64) == 64
    assert not outage.worked()


def test_backoff_doubles_within_its_spread_and_is_capped() -> None:
    assert 0.75 <= backoff(1) <= 1.25
    assert 3 <= backoff(3) <= 5
    assert backoff(5000) <= 30


def test_a_server_of_the_offices_own_is_looked_for_every_five_seconds() -> None:
    outage = Outage(PACES["matrix"].patience)
    for now in range(0, 600, 10):
        outage.failed(float(now))
    assert 0 < outage.until - 590 <= 5
