"""The rule for one and the rule for all say the same, on random histories."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, delete

from models.assignment import Assignment
from models.due import Policy, status
from models.due_query import due_rows, recent_of
from models.elder import Absence, Elder
from models.org import Unit
from models.schedule import Postponement
from models.staff import Staff
from models.visit import MODES, Visit

TODAY = date(2026, 11, 12)
NOON = datetime(2026, 11, 12, 4, tzinfo=UTC)
days = st.integers(-70, 3).map(lambda n: TODAY + timedelta(days=n))


@st.composite
def histories(draw):
    """One elder's tier, residence, state, first day, visits, absences and postponement."""
    return {
        "tier": draw(st.sampled_from("ABCD")),
        "residence": draw(st.sampled_from(["local", "local", "relocated"])),
        "state": draw(st.sampled_from(["active"] * 5 + ["deceased", "moved"])),
        "since": draw(st.none() | days),
        "visits": draw(st.lists(st.tuples(days, st.sampled_from(MODES), st.sampled_from(
            ["current", "current", "current", "void"]), st.sampled_from(["done", "done", "no_answer"])), max_size=6)),
        "away": draw(st.lists(st.tuples(days, st.none() | st.integers(0, 20)), max_size=2)),
        "put_off": draw(st.none() | st.integers(0, 14)),
    }  # fmt: skip


policies = st.builds(
    Policy,
    visits_per_month=st.sampled_from([2, 2, 1]),
    usual_gap=st.integers(7, 20),
    shortest_gap=st.integers(0, 10),
    excused_tail=st.integers(1, 5),
    phone_tiers=st.sampled_from(["A", "", "AB", "ABCD"]),
    contact_tiers=st.sampled_from(["CD", "", "D"]),
    contact_gap=st.integers(3, 10),
)


def fill(session, histories, today, policy):
    """Writes the histories as rows and returns their elders."""
    from models.due import window

    for table in (Postponement, Absence, Assignment, Visit, Elder, Staff, Unit):
        session.exec(delete(table))
    unit = Unit(kind="village", name="石沟村")
    session.add(unit)
    session.flush()
    staff = Staff(code="S1", name="周明", unit_id=unit.id)
    session.add(staff)
    session.flush()
    elders = []
    for number, one in enumerate(histories):
        elder = Elder(code=f"E{number}", name="高永昌", unit_id=unit.id, tier=one["tier"],
                      residence=one["residence"], state=one["state"])  # fmt: skip
        session.add(elder)
        session.flush()
        elders.append(elder)
        if one["since"]:
            session.add(Assignment(elder_id=elder.id, staff_id=staff.id, from_on=one["since"]))
        for n, (day, mode, state, outcome) in enumerate(one["visits"]):
            session.add(Visit(ref=f"{number}-{n}", root_id=elder.id, elder_id=elder.id, mode=mode,
                              liaison_id=staff.id, recorded_by=staff.id, visited_at=NOON,
                              visited_on=day, logged_at=NOON, state=state, outcome=outcome))  # fmt: skip
        for first, length in one["away"]:
            last = None if length is None else first + timedelta(days=length)
            session.add(Absence(elder_id=elder.id, kind="away", from_on=first, until_on=last))
        if one["put_off"] is not None:
            first = window(today, policy).first
            session.add(Postponement(elder_id=elder.id, window_first=first, staff_id=staff.id,
                                     until_on=first + timedelta(days=one["put_off"]), made_at=NOON))  # fmt: skip
    session.flush()
    return elders


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))  # one database
@given(
    many=st.lists(histories(), min_size=12, max_size=12),
    today=st.sampled_from([TODAY, date(2026, 11, 16), date(2026, 11, 1), date(2026, 11, 15)]),
    policy=policies,
)
def test_the_query_and_the_rule_agree(database, many, today, policy):
    with Session(database) as session:
        elders = fill(session, many, today, policy)
        said = {row.elder_id: row for row in session.exec(due_rows(today, policy))}
        for elder, history in zip(elders, many, strict=True):
            rule = status(recent_of(session, elder, today, policy), today, policy)
            row = said[elder.id]
            assert (row.state, row.reason, row.suggested, row.last_on, bool(row.contact_due)) == (
                rule.state, rule.reason, rule.suggested, rule.last_on, rule.contact_due), history  # fmt: skip


def test_only_the_scope_is_answered_for(database):
    empty = {"tier": "A", "residence": "local", "state": "active", "since": None, "visits": [], "away": [], "put_off": None}  # fmt: skip
    with Session(database) as session:
        elders = fill(session, [empty, empty], TODAY, Policy())
        rows = session.exec(due_rows(TODAY, Policy(), Elder.code == "E1")).all()
        assert [row.elder_id for row in rows] == [elders[1].id]


@pytest.mark.parametrize("tier", "ABCD")
def test_changing_a_number_changes_what_is_due_at_once(database, tier):
    history = {"tier": tier, "residence": "local", "state": "active", "since": None, "away": [], "put_off": None,
               "visits": [(date(2026, 11, 3), "phone", "current", "done")]}  # fmt: skip
    with Session(database) as session:
        fill(session, [history], TODAY, Policy())
        states = {
            phones: session.exec(due_rows(TODAY, Policy(phone_tiers=phones))).one().state
            for phones in ("", "ABCD")
        }
    assert states["ABCD"] == "satisfied"
    assert states[""] == "overdue"
