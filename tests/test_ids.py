"""What a batch leaves behind carries one instant, and is listed in the order it was said in; on
PostgreSQL rows of one instant would come in any order."""

from uuid import UUID

from sqlmodel import Session

from models import audit, ids, lookup, record
from models import step as steps
from models.audit import Audit
from models.ids import new_id
from models.staff import Staff
from models.step import Step
from models.visit import Promise, Visit
from tests.conversation import MORNING

DAY = MORNING.date()


def test_names_sort_as_they_were_given_also_when_the_clock_is_put_back(monkeypatch):
    found = [new_id() for _ in range(1000)]
    monkeypatch.setattr(ids, "time_ns", lambda: 0)
    found += [new_id() for _ in range(1000)]
    assert found == sorted(found)
    assert len(set(found)) == 2000
    assert {(one.version, one.variant) for one in found} == {(7, UUID(int=2 << 62).variant)}


def stored_the_last_first(town, made):
    """So that where they lie says nothing."""
    for row in reversed(made):
        with Session(town.database, expire_on_commit=False) as session:
            session.add(row)
            session.commit()


def visit(town, number):
    zhou, name = town.staff["周明"], new_id()
    return Visit(
        id=name, root_id=name, ref=f"v{number}", elder_id=town.elders["高永昌"], liaison_id=zhou,
        recorded_by=zhou, mode="phone", visited_at=MORNING, visited_on=DAY, logged_at=MORNING,
        place=f"v{number}",
    )  # fmt: skip


def test_visits_of_one_instant_are_listed_the_last_first(town):
    stored_the_last_first(town, [visit(town, number) for number in range(5)])
    last_first = ["v4", "v3", "v2", "v1", "v0"]
    elder = town.elders["高永昌"]
    with Session(town.database) as session:
        shown = record.recent_by(session, town.staff["周明"], 5)
        assert [one.ref for one, _elder in shown] == last_first
        assert [one.ref for one in lookup.last_visits(session, elder, 5)] == last_first
        assert lookup.last_done(session, elder).place == "v4"


def test_who_looked_in_one_instant_is_listed_the_last_first(town):
    elder = town.elders["高永昌"]
    made = [Audit(at=MORNING, elder_id=elder, action=f"look{n}") for n in range(5)]
    stored_the_last_first(town, made)
    with Session(town.database) as session:
        lines = audit.about(session, elder, 0, 5)
    assert [line.action for line, _ in lines] == [f"look{n}" for n in (4, 3, 2, 1, 0)]


def test_promises_of_one_day_are_listed_the_first_first(town):
    elder, zhou, came = town.elders["高永昌"], town.staff["周明"], visit(town, 0)
    stored_the_last_first(town, [came])
    of = {"visit_id": came.id, "elder_id": elder, "staff_id": zhou, "made_on": DAY}
    stored_the_last_first(town, [Promise(**of, text=f"p{n}") for n in range(5)])
    with Session(town.database) as session:
        staff = session.get_one(Staff, zhou)
        shown = lookup.open_promises(session, staff, DAY, 5)
    assert [one.text for one, _name in shown] == ["p0", "p1", "p2", "p3", "p4"]


def test_steps_of_one_instant_can_be_taken_back_the_last_first(town):
    zhou = town.staff["周明"]
    made = [Step(seq=n, staff_id=zhou, at=MORNING, kind="assign", about=f"s{n}") for n in (1, 2, 3)]
    stored_the_last_first(town, made)
    with Session(town.database) as session:
        found = steps.of(session, session.get_one(Staff, zhou), MORNING)
    assert [one.about for one in found] == ["s3", "s2", "s1"]
