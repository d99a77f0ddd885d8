"""The demo county's year: every line of the recipe's history is there, and nothing impossible."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from handlers.visit_concerns import found
from models import lookup
from models.assignment import BACKUP, PRIMARY, Assignment
from models.case import CLOSED, IN_PROGRESS, RESOLVED, Case
from models.demo import County
from models.demo_history import Window, first_day, windows
from models.elder import ACTIVE, Absence, Elder, age
from models.staff import Staff
from models.visit import (
    CURRENT,
    DONE,
    GOOD,
    NO_CHILDREN,
    NOT_OBSERVED,
    OBSERVATIONS,
    SUPERSEDED,
    Concern,
    Promise,
    Visit,
)
from tests.demo_county import TODAY, ZONE


@pytest.fixture(scope="module")
def county(demo: tuple[Engine, County]) -> County:
    return demo[1]


@pytest.fixture(scope="module")
def session(demo: tuple[Engine, County]) -> Iterator[Session]:
    with Session(demo[0]) as session:
        yield session


@pytest.fixture(scope="module")
def elders(session: Session) -> list[Elder]:
    return list(session.exec(select(Elder).order_by(Elder.code)))


@pytest.fixture(scope="module")
def visits(session: Session) -> list[Visit]:
    """What counts, in the order in which it happened."""
    return list(
        session.exec(select(Visit).where(Visit.state == CURRENT).order_by(col(Visit.visited_at)))
    )


def done_by_elder(visits: list[Visit]) -> dict[Any, list[Visit]]:
    found: dict[Any, list[Visit]] = defaultdict(list)
    for visit in visits:
        if visit.outcome == DONE:
            found[visit.elder_id].append(visit)
    return found


# What happened


def test_of_the_visits_asked_for_85_percent_come_in_time(
    session: Session, visits: list[Visit], elders: list[Elder]
) -> None:
    away = set(session.exec(select(Absence.elder_id)))
    days = {key: {one.visited_on for one in all_} for key, all_ in done_by_elder(visits).items()}
    halves = windows(first_day(TODAY, 12), TODAY)[:-1]
    alive = [elder for elder in elders if elder.state == ACTIVE and elder.id not in away]
    counts = Counter(
        sum(half.start <= day <= half.end for day in days[elder.id])
        for elder in alive
        for half in halves
    )
    share = {number: count / counts.total() for number, count in counts.items()}
    # 15 % of the half-months have no visit of their own, but one in ten a late one from before.
    assert share[0] == pytest.approx(0.15 * 0.9, abs=0.02)
    assert share[2] == pytest.approx(0.85 * 0.1, abs=0.02)
    assert share[1] == pytest.approx(0.78, abs=0.02)


def test_at_seven_visits_of_ten_all_is_well(visits: list[Visit]) -> None:
    well = {GOOD, NOT_OBSERVED, NO_CHILDREN}
    done = [visit for visit in visits if visit.outcome == DONE]
    all_well = [v for v in done if {getattr(v, name) for name in OBSERVATIONS} <= well]
    assert len(all_well) / len(done) == pytest.approx(0.7, abs=0.03)


def test_visits_are_spaced_and_an_attempt_observes_nothing(visits: list[Visit]) -> None:
    for visit in visits:
        seen = [getattr(visit, name) for name in OBSERVATIONS]
        assert all(seen) if visit.outcome == DONE else not any(seen)
    for mine in done_by_elder(visits).values():
        days = [visit.visited_on for visit in mine if visit.kind == "routine"]
        assert all((b - a).days >= 7 for a, b in zip(days, days[1:], strict=False))


def test_only_those_in_good_health_or_far_away_are_telephoned(
    session: Session, visits: list[Visit]
) -> None:
    for visit in visits:
        if visit.outcome == DONE and visit.mode in ("phone", "video"):
            elder = session.get_one(Elder, visit.elder_id)
            assert elder.tier == "A" or elder.residence == "relocated"
        if visit.mode == "phone" and visit.outcome == DONE:
            assert visit.lodging == NOT_OBSERVED


def test_at_most_one_of_a_months_visits_to_somebody_near_is_a_call(
    session: Session, visits: list[Visit]
) -> None:
    calls = Counter(
        (v.elder_id, v.visited_on.year, v.visited_on.month)
        for v in visits
        if v.mode == "phone" and session.get_one(Elder, v.elder_id).residence == "local"
    )
    assert max(calls.values()) == 1


def test_history_ends_yesterday_and_is_logged_after_it_happened(visits: list[Visit]) -> None:
    midnight = datetime(2026, 11, 12, tzinfo=ZONE).astimezone(UTC)
    for visit in visits:
        assert visit.visited_on < TODAY
        assert visit.visited_at < visit.logged_at < midnight
        assert visit.visited_at.astimezone(ZONE).date() == visit.visited_on
    assert max(visit.visited_on for visit in visits) == TODAY - timedelta(days=1)


def test_nobody_is_at_two_doors_at_once(visits: list[Visit], county: County) -> None:
    moments = Counter(
        (v.liaison_id, v.visited_at) for v in visits if v.liaison_id != county.rubber_stamper
    )
    assert max(moments.values()) == 1


def test_two_have_died_and_are_not_visited_any_more(
    session: Session, elders: list[Elder], visits: list[Visit]
) -> None:
    dead = {elder.id: elder.ended_on for elder in elders if elder.state == "deceased"}
    assert len(dead) == 2
    last = {v.elder_id: v.visited_on for v in visits if v.elder_id in dead}
    assert last.keys() == dead.keys()
    assert all(day < dead[elder_id] for elder_id, day in last.items())
    ends = session.exec(select(Assignment).where(col(Assignment.elder_id).in_(dead))).all()
    assert [row.until_on for row in ends] == [dead[row.elder_id] for row in ends]


def test_four_were_in_hospital_and_seen_at_the_bedside(
    session: Session, visits: list[Visit]
) -> None:
    stays = session.exec(select(Absence)).all()
    assert [stay.kind for stay in stays] == ["hospital"] * 4
    assert sum(stay.until_on is None for stay in stays) == 1
    for stay in stays:
        inside = [
            v
            for v in visits
            if v.elder_id == stay.elder_id
            and stay.from_on <= v.visited_on <= (stay.until_on or TODAY)
        ]
        assert {v.mode for v in inside if v.outcome == DONE} == {"hospital"}
        assert {v.outcome for v in inside} == {DONE, "in_hospital"}
        assert "triggered" in {v.kind for v in inside}
    assert sum(v.kind == "follow_up" for v in visits) == 3


def test_the_liaison_on_sick_leave_is_covered_by_the_backup(
    session: Session, visits: list[Visit], county: County
) -> None:
    assert county.on_leave
    who, first, last = county.on_leave
    assert (last - first).days == 9
    away = [v for v in visits if first <= v.visited_on <= last]
    assert who not in {v.liaison_id for v in away}
    mine = session.exec(
        select(Assignment.elder_id).where(Assignment.staff_id == who, Assignment.role == PRIMARY)
    ).all()
    backups = session.exec(
        select(Assignment.staff_id).where(
            col(Assignment.elder_id).in_(mine), Assignment.role == BACKUP
        )
    ).all()
    covered = [v for v in away if v.elder_id in mine]
    assert covered
    assert {v.liaison_id for v in covered} == set(backups)


def test_one_liaison_rubber_stamps_the_whole_list_within_a_minute(
    visits: list[Visit], county: County
) -> None:
    mine = [v for v in visits if v.liaison_id == county.rubber_stamper]
    assert mine
    assert all(v.one_tap for v in mine if v.mode != "hospital")
    by_day: dict[date, list[datetime]] = defaultdict(list)
    for visit in mine:
        by_day[visit.visited_on].append(visit.logged_at)
    assert all(max(at) - min(at) <= timedelta(minutes=1) for at in by_day.values())
    assert max(len(at) for at in by_day.values()) >= 5


def test_three_slowly_decline(visits: list[Visit]) -> None:
    order = ["good", "watch", "concern"]

    def declines(mine: list[Visit], name: str) -> bool:
        path = [getattr(visit, name) for visit in mine]
        steps = [word for at, word in enumerate(path) if at == 0 or word != path[at - 1]]
        return steps == order and path.count("concern") >= 3

    falling = [
        name
        for mine in done_by_elder(visits).values()
        for name in ("spirit", "meals")
        if declines(mine, name)
    ]
    assert sorted(falling) == ["meals", "spirit", "spirit"]


def test_one_visit_was_logged_for_the_namesake_and_moved(session: Session) -> None:
    wrong = session.exec(select(Visit).where(Visit.change_reason == "wrong_elder")).all()
    old, new = sorted(wrong, key=lambda visit: visit.revision)
    assert (old.state, new.state, new.revision) == (SUPERSEDED, CURRENT, 2)
    assert old.root_id == new.root_id == old.id
    assert old.changed_by == old.recorded_by
    assert old.changed_at == new.logged_at
    names = [session.get_one(Elder, visit.elder_id) for visit in (old, new)]
    assert names[0].name == names[1].name
    assert names[0].code != names[1].code


def test_every_chain_of_revisions_has_one_row_in_force(session: Session) -> None:
    chains = defaultdict(list)
    for visit in session.exec(select(Visit)):
        chains[visit.root_id].append(visit)
    assert {len(chain) for chain in chains.values()} == {1, 2}
    for chain in chains.values():
        assert sorted(v.revision for v in chain) == list(range(1, len(chain) + 1))
        assert [v.state for v in sorted(chain, key=lambda v: v.revision)][-1] == CURRENT
    refs = list(session.exec(select(Visit.ref)))
    assert len(set(refs)) == len(refs)


def test_one_suspicion_of_abuse_is_open_with_the_legal_group(session: Session) -> None:
    [abuse] = session.exec(select(Concern).where(Concern.category == "abuse"))
    assert (abuse.service_group, abuse.severity, abuse.state) == ("legal", 2, "open")


def test_concerns_are_what_the_form_would_have_raised(
    session: Session, visits: list[Visit]
) -> None:
    raised: dict[Any, list[Concern]] = defaultdict(list)
    for concern in session.exec(select(Concern)):
        raised[concern.visit_id].append(concern)
    assert 300 <= sum(map(len, raised.values())) <= 1000
    for mine in done_by_elder(visits).values():
        for last, visit in zip([None, *mine], mine, strict=False):
            if visit.id not in raised:
                continue
            if not visit.answers:  # so old that it cannot be mended any more
                del raised[visit.id]
                continue
            before = {name: getattr(last, name) for name in OBSERVATIONS} if last else {}
            expected = {(c.observation.name, c.category, c.group, c.severity, c.detail)
                        for c in found(visit.answers, before)}  # fmt: skip
            assert expected == {
                (c.observation, c.category, c.service_group, c.severity, c.detail)
                for c in raised.pop(visit.id)
            }
    assert not raised


def test_every_concern_became_a_case_and_most_are_closed(session: Session) -> None:
    cases = {case.id: case for case in session.exec(select(Case)).all()}
    assert {concern.case_id for concern in session.exec(select(Concern))} == set(cases)
    opened = sorted(cases.values(), key=lambda case: case.number)
    assert [case.opened_at for case in opened] == sorted(case.opened_at for case in opened)
    ended = sum(case.state == CLOSED for case in opened)
    assert 0.85 < ended / len(opened) < 0.98
    assert {case.state for case in opened if case.service_group == "housekeeping"} >= {
        CLOSED,
        RESOLVED,
        IN_PROGRESS,
    }
    assert not [case for case in opened if case.state == CLOSED and case.next_at]


def test_most_promises_were_kept_and_some_are_open(session: Session) -> None:
    promises = session.exec(select(Promise)).all()
    kept = sum(promise.kept_at is not None for promise in promises)
    assert 0.85 < kept / len(promises) < 0.99
    assert len(promises) > 200


def test_notes_name_nobody(session: Session, visits: list[Visit], elders: list[Elder]) -> None:
    names = {elder.name for elder in elders} | set(session.exec(select(Staff.name)))
    notes = {visit.note for visit in visits}
    assert len(notes) > 60
    assert not [note for note in notes if any(name in note for name in names)]


def test_this_half_month_is_partly_done_on_zhou_mings_list(
    session: Session, county: County
) -> None:
    liaison = session.get_one(Staff, county.liaison)
    now = Window(date(2026, 11, 1), date(2026, 11, 15))
    before = Window(date(2026, 10, 16), date(2026, 10, 31))
    last = {e.name + str(age(e, TODAY)): day for e, day in
                lookup.caseload(session, liaison, TODAY, 0, 50)}  # fmt: skip
    seen = [name for name, day in last.items() if day and day >= now.start]
    due = [name for name, day in last.items() if day and before.start <= day <= before.end]
    overdue = [name for name, day in last.items() if day and day < before.start]
    assert {"李秀英79", "廖玉珍76"} <= set(seen)
    assert {"高永昌81", "李秀英84", "王德胜83", "李秀兰90"} <= set(due)
    assert "王桂英72" in overdue
    assert len(overdue) <= 2
