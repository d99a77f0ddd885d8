"""The rule of escalation by itself: facts in, the step to take out."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from models import ladder
from models.case import ACKNOWLEDGED, IN_PROGRESS, OPEN, RESOLVED, RETURNED, STATES, Case
from models.ladder import Hours

HOURS = Hours(ZoneInfo("Asia/Shanghai"), {})
THURSDAY = datetime(2026, 11, 12, 1, 0, tzinfo=UTC)  # 09:00
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def case(severity, at=THURSDAY, own=None, **facts):
    plan = ladder.freeze(ladder.terms(severity, own or {}))
    ack, act, resolve = ladder.terms_of(plan, at, HOURS)
    return Case(
        number=1, elder_id=uuid4(), category="repair", service_group="housekeeping",
        severity=severity, reported_by=uuid4(), opened_at=at, mentioned_at=at, since=at,
        climbed_at=at, plan=plan, ack_until=ack, act_until=act, resolve_until=resolve, **facts,
    )  # fmt: skip


def local(text):
    return datetime.fromisoformat(text).replace(tzinfo=HOURS.zone).astimezone(UTC)


def climb(one, until, every=MINUTE):
    """Every step with its instant, as a sweep each minute takes them."""
    taken, now = [], one.since
    while now <= until:
        rung = ladder.due(one, now, HOURS)
        if rung:
            taken.append((now, rung))
            one.climbed_at = now
        now += every
    return taken


def names(taken):
    return [(f"{at.astimezone(HOURS.zone):%m-%d %H:%M}", rung.name) for at, rung in taken]


def test_an_emergency_climbs_every_ten_minutes_and_stops_when_the_numbers_say_so():
    steps = names(climb(case(1), THURSDAY + timedelta(minutes=59)))
    assert steps == [("11-12 09:10", "ack1"), ("11-12 09:20", "ack2"), ("11-12 09:30", "ack3"),
                     ("11-12 09:40", "ack4"), ("11-12 09:50", "ack5")]  # fmt: skip


def test_who_is_told_grows_with_each_step():
    (_, first), (_, second), *_ = climb(case(1), THURSDAY + timedelta(minutes=21))
    assert ladder.LEADER not in first.to
    assert {ladder.LEADER, ladder.MEMBERS} <= set(second.to)


def test_an_urgent_one_climbs_at_night_and_a_routine_one_does_not():
    night = local("2026-11-12T23:00")
    assert names(climb(case(2, night), night + timedelta(hours=5))) == [
        ("11-13 01:00", "ack1"), ("11-13 03:00", "ack2")]  # fmt: skip
    routine = case(3, night)
    assert routine.ack_until == local("2026-11-16T08:00")
    assert ladder.next_at(routine, HOURS) == local("2026-11-17T08:15")


def test_working_days_leave_out_a_weekend_and_a_holiday():
    friday = local("2026-11-13T15:00")
    assert case(3, friday).ack_until == local("2026-11-16T15:00")
    eve = local("2026-09-30T10:00")  # before the eight days of National Day
    assert case(3, eve).ack_until == local("2026-10-08T10:00")
    own = Hours(HOURS.zone, {"2026-11-14": True})
    assert ladder.shift(friday, (1, ladder.WORKDAYS), own) == local("2026-11-14T15:00")


def test_two_steps_that_a_holiday_puts_on_one_morning_are_told_to_whom_either_names():
    one = case(4, local("2026-09-30T20:00"))
    (first, *_) = climb(one, local("2026-10-13T00:00"), timedelta(minutes=5))
    assert first[0] == local("2026-10-12T08:15")
    assert set(first[1].to) == {ladder.COORDINATOR, ladder.OWNER, ladder.DUTY}


@pytest.mark.parametrize(("severity", "minutes", "name"), [(1, 360, "act4"), (2, 360, "ack4")])
def test_after_six_hours_away_one_step_is_taken_and_no_burst(severity, minutes, name):
    one, back = case(severity), THURSDAY + timedelta(minutes=minutes)
    first = ladder.due(one, back, HOURS)
    one.climbed_at = back
    assert first is not None
    assert ladder.due(one, back, HOURS) is None
    after = ladder.next_at(one, HOURS)
    assert after is None or after > back


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("severity", [1, 2, 3, 4])
def test_a_rung_counts_only_in_the_states_of_its_phase(severity, state):
    one = case(severity, state=state, acknowledged_at=THURSDAY, resolved_at=THURSDAY,
               returned_at=THURSDAY)  # fmt: skip
    taken = climb(one, THURSDAY + 60 * DAY, timedelta(hours=1))
    assert all(state in ladder.PHASES[rung.phase] for _at, rung in taken)
    assert (not taken) == (state in ("closed", "withdrawn"))


def test_acknowledged_and_forgotten_is_reminded_and_climbs_again():
    one = case(2, state=ACKNOWLEDGED, acknowledged_at=THURSDAY + 30 * MINUTE)
    taken = climb(one, THURSDAY + timedelta(hours=33))
    assert [rung.name for _at, rung in taken] == ["act1", "act2", "act3", "act4", "act5"]
    assert taken[0][0] == one.act_until
    assert taken[0][1].to == (ladder.OWNER, ladder.DUTY)


def test_acknowledged_late_leaves_a_pause_before_the_reminder():
    late = THURSDAY + timedelta(hours=30)
    one = case(2, state=ACKNOWLEDGED, acknowledged_at=late)
    one.climbed_at = late
    assert ladder.next_at(one, HOURS) == late + timedelta(hours=2)


def test_a_day_that_was_named_moves_the_reminder():
    one = case(3, state=ACKNOWLEDGED, acknowledged_at=THURSDAY, next_on=date(2026, 11, 17))
    assert ladder.next_at(one, HOURS) == local("2026-11-18T08:00")
    assert ladder.late_at(one, HOURS) == local("2026-11-17T17:30")


def test_what_was_returned_or_resolved_has_a_ladder_of_its_own():
    one = case(1, state=RETURNED, returned_at=THURSDAY + 5 * MINUTE)
    assert names(climb(one, THURSDAY + 16 * MINUTE)) == [("11-12 09:15", "back1")]
    one = case(1, state=RESOLVED, resolved_at=THURSDAY)
    (first, *_) = climb(one, THURSDAY + 2 * DAY)
    assert (first[0], first[1].to) == (THURSDAY + DAY, (ladder.LIAISON,))


def test_the_office_s_numbers_are_frozen_into_the_plan():
    own = {"case.s1.ack": 15, "case.s1.repeats": 0}
    one = case(1, own=own)
    assert names(climb(one, THURSDAY + 59 * MINUTE)) == [
        ("11-12 09:15", "ack1"),
        ("11-12 09:25", "ack2"),
    ]
    assert one.late_at is None
    assert ladder.late_at(one, HOURS) == THURSDAY + 15 * MINUTE


@pytest.mark.parametrize("severity", [1, 2, 3, 4])
@pytest.mark.parametrize("state", [OPEN, ACKNOWLEDGED, IN_PROGRESS, RETURNED, RESOLVED])
def test_every_ladder_ends(severity, state):
    one = case(severity, state=state, acknowledged_at=THURSDAY, resolved_at=THURSDAY,
               returned_at=THURSDAY)  # fmt: skip
    steps = 0
    while at := ladder.next_at(one, HOURS):
        assert ladder.due(one, at, HOURS)
        one.climbed_at, steps = at, steps + 1
    assert 0 < steps < 25
