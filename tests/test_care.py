"""Who looks after whom: the list of each person, the digests and the query say the same."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, delete, false, select

from models.agenda import lines_for, office_policy
from models.assignment import BACKUP, COVER, Assignment
from models.care import nobody
from models.elder import Elder
from models.lookup import TODAY as TODAY_GAP
from models.morning import Mornings, caseloads
from models.org import Unit
from models.schedule import Leave
from models.staff import Staff
from models.tally import Census

TODAY = date(2026, 11, 12)
NOON = datetime(2026, 11, 12, 4, tzinfo=UTC)
PEOPLE, ELDERS = 4, 6
someone = st.integers(0, PEOPLE - 1)
spans = st.tuples(st.integers(-3, 1), st.integers(0, 4)).map(
    lambda span: (TODAY + timedelta(days=span[0]), TODAY + timedelta(days=sum(span)))
)


@st.composite
def offices(draw):
    """Pairings, leaves, and who has left."""
    elder, role = st.integers(0, ELDERS - 1), st.sampled_from([BACKUP, BACKUP, COVER])
    return {
        "primary": draw(st.lists(st.none() | someone, min_size=ELDERS, max_size=ELDERS)),
        "pairs": draw(st.lists(st.tuples(elder, someone, role, spans), max_size=8)),
        "leaves": draw(st.lists(st.tuples(someone, st.none() | someone, spans), max_size=3,
                                unique_by=lambda one: one[0])),
        "left": draw(st.sampled_from([None, None, 0])),
    }  # fmt: skip


def fill(session, one):
    for table in (Assignment, Leave, Elder, Staff, Unit):
        session.exec(delete(table))
    units = [Unit(kind="town", name=name) for name in ("岚桥镇", "沙河镇")]
    session.add_all(units)
    session.flush()
    staff = [Staff(code=f"S{n}", name=f"联络员{n}", unit_id=units[n % 2].id) for n in range(PEOPLE)]
    elders = [Elder(code=f"E{n}", name="高永昌", unit_id=units[n % 2].id) for n in range(ELDERS)]
    session.add_all([*staff, *elders])
    session.flush()
    for n, who in enumerate(one["primary"]):
        if who is not None:
            session.add(Assignment(elder_id=elders[n].id, staff_id=staff[who].id, from_on=TODAY))
    for n, who, role, (first, last) in one["pairs"]:
        session.add(Assignment(elder_id=elders[n].id, staff_id=staff[who].id, role=role,
                               from_on=first, until_on=last))  # fmt: skip
    for who, cover, (first, last) in one["leaves"]:
        if who != cover:
            session.add(Leave(staff_id=staff[who].id, made_by=staff[who].id, made_at=NOON, from_on=first,
                              cover_id=None if cover is None else staff[cover].id, until_on=last))  # fmt: skip
    if one["left"] is not None:
        staff[one["left"]].left_on = TODAY
    session.flush()
    return staff, elders


def on_paper(one):
    """By the words: own unless away; of who is away the named one, and the backups where nobody is
    named or that one is not there either; and asked."""

    def holds(span):
        return span[0] <= TODAY <= span[1]

    away = {who: cover for who, cover, span in one["leaves"] if holds(span) and who != cover}
    not_there = {None, one["left"], *away}
    found = set()
    for n, who in enumerate(one["primary"]):
        if who is not None and who not in away:
            found.add((n, who))
        if who in away and away[who] is not None:
            found.add((n, away[who]))
    for n, who, role, span in one["pairs"]:
        liaison = one["primary"][n]
        lent = role == COVER or (liaison in away and away[liaison] in not_there)
        if holds(span) and lent:
            found.add((n, who))
    return found, set(away)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))  # one database
@given(one=offices())
def test_list_digest_and_query_agree_on_random_pairings_and_leaves(database, one):
    with Session(database) as session:
        staff, elders = fill(session, one)
        care, away = on_paper(one)
        policy = office_policy(session)
        told = days(session, staff, policy)
        loads = caseloads(session, [person.id for person in staff], TODAY)
        for n, person in enumerate(staff):
            mine = {elders[e].code for e, who in care if who == n}
            digest = told[person.id].agenda
            named = {line.elder.code for line in [*digest.wanted, *digest.suspended]}
            assert named == mine
            assert {e.code for e in elders if person.id in loads.get(e.id, ())} == mine
            if n not in away:  # who is on leave may still look at the own list
                listed = lines_for(session, person, TODAY, policy)
                assert {line.elder.code for line in listed} == mine
                lines = [*digest.wanted, *digest.suspended]
                assert {(line.elder.code, line.state) for line in listed} == {
                    (line.elder.code, line.state) for line in lines
                }
        check_alone(session, one, care, away)
        check_tally(session, staff)


def check_alone(session, one, care, away):
    there = {n for n in range(PEOPLE) if n not in away and n != one["left"]}
    alone = {f"E{n}" for n in range(ELDERS)} - {f"E{e}" for e, who in care if who in there}
    found = session.exec(select(Elder.code).where(nobody(TODAY_GAP)), params={"today": TODAY}).all()
    assert set(found) == alone


def days(session, staff, policy):
    ids = select(Staff.id).where(col(Staff.id).in_([person.id for person in staff]))
    with Mornings(session, ids, TODAY, policy, {}) as found:
        return {person.id: found.of(person) for person in sorted(staff, key=lambda one: one.id)}


def check_tally(session, staff):
    """Every elder of a place is counted there, and once."""
    census = Census(session, [staff[0]])
    nobody_asked = select(Staff.id).where(false())
    with Mornings(session, nobody_asked, TODAY, office_policy(session), {}, census.places,
                  census.count) as found:  # fmt: skip
        found.count_the_rest()
    tally = census.of[staff[0].id]
    assert tally.expected == ELDERS // 2
    return tally
