"""Whom the staff of a file are taken for, and who a name in a liaison column is."""

import pytest
from sqlmodel import Session, select

from models.staff import Staff
from tests.desk import HEAD, ONE_SHEET, TODAY

KNOWN = "姓名,角色,乡镇,电话,编号\n周明,联络员,岚桥镇,,\n周明,联络员,沙河镇,,\n李娜,协调员,,,\n"


def test_of_two_liaisons_of_one_name_the_file_must_say_which(desk):
    desk.take(KNOWN.replace("姓名", "姓名", 1))
    desk.take("县,乡镇,村\n本县,岚桥镇,石沟村\n")
    row = "高永昌,1941-03-05,岚桥镇,石沟村,{},,,"
    (problem,) = desk.plan(HEAD + row.format("周明")).problems
    assert problem.code == "liaison_ambiguous"
    assert problem.gaps["choices"] == ["周明(岚桥镇)", "周明(沙河镇)"]
    for said in (*problem.gaps["choices"], "S01", "周明 S02", "周明（沙河镇）"):
        assert not desk.problems(HEAD + row.format(said))


def test_a_liaison_nobody_knows_is_refused_with_the_nearest_names(desk):
    desk.take(KNOWN)
    (problem,) = desk.plan(HEAD + "高永昌,1941-03-05,岚桥镇,石沟村,李那,,,").problems
    assert (problem.code, problem.gaps["near"]) == ("liaison_unknown", ["李娜"])


def test_a_liaison_who_left_is_no_liaison(local):
    local.take(ONE_SHEET)
    with Session(local.database) as session:
        session.exec(select(Staff).where(Staff.name == "周明")).one().left_on = TODAY
        session.commit()
    row = HEAD + "王英,1941-03-05,岚桥镇,石沟村,{},,,"
    assert local.problems(row.format("周明")) == [(2, "联络员", "liaison_left")]
    assert local.problems(row.format("S01")) == [(2, "联络员", "liaison_left")]


STAFF_HEAD = "姓名,角色,乡镇,电话,编号\n"


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (",联络员,岚桥镇,,", "姓名", "name_missing"),
        ("周明,联络员,岚桥镇,,", "姓名", "row_twice"),
        ("周朋,联络员,岚桥镇,,S01", "编号", "code_other_person"),
        ("周明,联络员,岚桥镇,+86 000 0000 0009,", "姓名", "looks_like"),
        ("李娜,协调员,,+86 000 0000 0003,S09", "编号", "same_person_other_code"),
        ("李娜,协调员,,+86 000 0000 0003,", "姓名", "same_person_twice"),
        ("吴勇,联络员,岚乔镇,,", "乡镇", "town_unknown"),
    ],
)
def test_a_row_of_staff_that_cannot_be_right_is_told(local, row, column, code):
    local.take("县,乡镇,村\n望岚县,岚桥镇,\n")
    known = "李娜,协调员,,+86 000 0000 0003,S02\n"
    local.take(STAFF_HEAD + "周明,联络员,岚桥镇,+86 000 0000 0001,S01\n" + known)
    before = known if code == "same_person_twice" else ""
    before += "周明,联络员,岚桥镇,,\n" if code == "row_twice" else ""
    found = local.problems(STAFF_HEAD + before + row)
    assert found[-1][1:] == (column, code)


def test_staff_change_their_town_telephone_and_role(desk):
    desk.take("县,乡镇,村\n望岚县,岚桥镇,\n望岚县,沙河镇,\n")
    desk.take(STAFF_HEAD + "周明,联络员,岚桥镇,+86 000 0000 0001,\n")
    planned = desk.take(STAFF_HEAD + "周明,协调员,沙河镇,+86 000 0000 0001,\n")
    assert set(planned.changes[0].shown) == {"role", "unit"}
    (person,) = desk.rows(Staff)
    assert (person.code, person.role) == ("S01", "coordinator")
