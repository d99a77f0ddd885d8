"""What an import makes of a file: who is who, what changes, what is refused."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import delete, event
from sqlmodel import Session, select

from models.assignment import Assignment
from models.audit import Audit
from models.elder import DECEASED, Elder, ElderFlag
from models.org import Unit
from models.roster_types import ELDERS
from models.staff import Staff
from tests.desk import HEAD, ONE_SHEET, TODAY, Desk


def test_one_sheet_of_elders_is_enough_to_begin(desk):
    desk.take("望岚县,,,,,,,\n" + ONE_SHEET)
    towns = {unit.name: unit for unit in desk.rows(Unit)}
    assert set(towns) == {"本县", "岚桥镇", "石沟村", "柳树村", "沙河镇"}
    assert towns["石沟村"].parent_id == towns["岚桥镇"].id
    assert towns["岚桥镇"].parent_id == towns["本县"].id
    assert [elder.code for elder in desk.rows(Elder)] == ["E0001", "E0002", "E0003", "E0004"]
    assert {person.name: person.unit_id for person in desk.rows(Staff)} == {
        "周明": towns["岚桥镇"].id,
        "李娜": towns["岚桥镇"].id,
        "刘强": towns["沙河镇"].id,
    }
    assert desk.pairs("高永昌") == [
        ("周明", "primary", TODAY, None),
        ("李娜", "backup", TODAY, None),
    ]


def test_importing_twice_changes_nothing(desk):
    desk.take(ONE_SHEET)
    again = desk.take(ONE_SHEET)
    assert again.empty
    assert again.unchanged[ELDERS] == 4
    assert not again.problems
    assert len(desk.rows(Elder)) == 4
    assert len(desk.rows(Assignment)) == 5
    assert len(desk.rows(Audit, action="import")) == 1


def test_a_plan_writes_nothing(desk):
    desk.plan(ONE_SHEET)
    assert desk.rows(Elder) == desk.rows(Unit) == desk.rows(Staff) == []


def test_two_people_of_one_name_are_never_merged(desk):
    desk.take(ONE_SHEET)
    born = {elder.born_on: elder.unit_id for elder in desk.rows(Elder, name="李秀英")}
    assert set(born) == {date(1941, 7, 28), date(1947, 3, 9)}
    assert len(set(born.values())) == 2


def test_a_namesake_of_somebody_known_is_asked_about(desk):
    desk.take(ONE_SHEET)
    row = "李秀英,1947-03-10,岚桥镇,石沟村,,,,"
    assert desk.problems(HEAD + row) == [(2, "姓名", "looks_like")]
    assert desk.plan(HEAD + row + "新").elders[0].code == "E0005"
    (change,) = desk.plan(HEAD + row + "E0003").changes
    assert set(change.shown) == {"birth"}


def test_a_namesake_is_no_question_when_the_known_one_stands_in_the_file_too(desk):
    desk.take(ONE_SHEET)
    planned = desk.take(ONE_SHEET + "李秀英,1950-01-01,岚桥镇,石沟村,,,,\n")
    assert not planned.problems
    assert [elder.born_on for elder in planned.elders] == [date(1950, 1, 1)]


def test_an_elder_who_moved_is_matched_by_code_only(desk):
    desk.take(ONE_SHEET)
    moved = HEAD + "高永昌,1941-03-05,沙河镇,河湾村,,,,"
    assert desk.problems(moved) == [(2, "姓名", "looks_like")]
    desk.take(moved + "E0001")
    (village,) = desk.rows(Unit, name="河湾村")
    assert desk.elder("高永昌").unit_id == village.id


def test_a_code_on_the_wrong_row_is_noticed(desk):
    desk.take(ONE_SHEET)
    wrong = HEAD + "王德胜,1938-12-30,沙河镇,,,,,E0001"
    assert desk.problems(wrong) == [(2, "编号", "code_other_person")]
    other = HEAD + "王德胜,1938-12-30,沙河镇,,,,,E0100"
    assert desk.problems(other) == [(2, "编号", "same_person_other_code")]


def test_a_blank_cell_leaves_what_is_known_and_a_dash_empties_it(desk):
    desk.take(ONE_SHEET)
    desk.take(HEAD + "高永昌,1941-03-05,岚桥镇,石沟村,,,,")
    assert desk.elder("高永昌").phone == "+86 000 0000 0001"
    planned = desk.take(HEAD + "高永昌,1941-03-05,岚桥镇,石沟村,-,-,-,")
    assert desk.elder("高永昌").phone == ""
    assert [elder.name for elder in planned.without_liaison] == ["高永昌"]
    assert all(until for *_, until in desk.pairs("高永昌"))


def test_whoever_is_not_in_the_file_is_listed_and_left_alone(desk):
    desk.take(ONE_SHEET)
    planned = desk.take(HEAD + "高永昌,1941-03-05,岚桥镇,石沟村,周明,,,")
    assert [elder.name for elder in planned.missing_elders] == ["李秀英", "李秀英", "王德胜"]
    assert len(desk.rows(Elder)) == 4


def test_an_elder_who_died_is_not_brought_back(desk):
    desk.take(ONE_SHEET)
    with Session(desk.database) as session:
        session.exec(select(Elder).where(Elder.name == "高永昌")).one().state = DECEASED
        session.commit()
    planned = desk.take(ONE_SHEET.replace("0001", "0009"))
    assert planned.empty
    assert [notice.code for notice in planned.notices] == ["elder_ended"]
    assert desk.elder("高永昌").phone == "+86 000 0000 0001"


def test_a_lunar_birth_date_keeps_its_calendar_and_leap_month(desk):
    desk.take(ONE_SHEET)
    (elder,) = desk.rows(Elder, born_on=date(1941, 7, 28))
    assert (elder.birth_calendar, elder.birth_month, elder.birth_day) == ("lunar", 6, 5)
    assert elder.birth_leap
    assert elder.keeps_calendar == "lunar"
    solar = desk.plan(ONE_SHEET.replace("农历1941年闰六月初五", "1941-07-28"))
    assert solar.empty


def test_pinyin_and_initials_are_filled_in(desk):
    desk.take(
        HEAD
        + "单志强,1941-01-01,岚桥镇,石沟村,,,,\n尉迟敬,1941-01-02,岚桥镇,石沟村,,,,\n"
        + "李㼆䶮,1941-01-03,岚桥镇,石沟村,,,,\n"
    )
    assert {elder.name: elder.initials for elder in desk.rows(Elder)} == {
        "单志强": "szq",
        "尉迟敬": "ycj",
        "李㼆䶮": "lyy",
    }
    assert desk.elder("尉迟敬").pinyin == "yuchijing"


def test_flags_begin_and_end_and_suggest_the_tier(desk):
    head = "姓名,出生日期,乡镇,独居,患癌\n"
    desk.take(
        head + "高永昌,1950-03-05,岚桥镇,是,\n王英,1956-03-05,岚桥镇,,\n张桂兰,1940-01-01,岚桥镇,,"
    )
    assert {elder.name: elder.tier for elder in desk.rows(Elder)} == {
        "高永昌": "C",
        "王英": "A",
        "张桂兰": "B",
    }
    planned = desk.take(head + "高永昌,1950-03-05,岚桥镇,否,是")
    assert planned.changes[0].shown == {"lives_alone": (True, False), "cancer": (False, True)}
    flags = {flag.flag: flag.until for flag in desk.rows(ElderFlag)}
    assert flags == {"lives_alone": TODAY, "cancer": None}


def test_a_town_nobody_knows_is_refused_with_the_nearest_names(desk):
    desk.take(ONE_SHEET)
    (problem,) = desk.plan(HEAD + "王英,1941-03-05,岚乔镇,石沟村,,,,").problems
    assert (problem.code, problem.column) == ("town_unknown", "乡镇")
    assert problem.gaps["near"] == ["岚桥镇"]


def test_a_village_is_found_with_or_without_its_ending(desk):
    desk.take(ONE_SHEET)
    assert desk.plan(ONE_SHEET.replace("石沟村", "石沟").replace("岚桥镇", "岚桥")).empty


def test_the_first_file_that_names_the_county_names_the_one_that_had_no_name(desk):
    desk.take(ONE_SHEET)
    desk.take("县,乡镇,村\n望岚县,岚桥镇,石沟村\n")
    assert {unit.name for unit in desk.rows(Unit, kind="county")} == {"望岚县"}
    assert desk.take("县,乡镇,村\n望岚县,岚桥镇,石沟村\n").empty


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        (",1941-03-05,岚桥镇,石沟村,周明,,,", "姓名", "name_missing"),
        ("王英,2041-03-05,岚桥镇,石沟村,周明,,,", "出生日期", "birth_future"),
        ("王英,1901-03-05,岚桥镇,石沟村,周明,,,", "出生日期", "too_old"),
        ("王英,1991-03-05,岚桥镇,石沟村,周明,,,", "出生日期", "too_young"),
        ("王英,1941-03-05,,石沟村,周明,,,", "乡镇", "town_missing"),
        ("王英,1941-03-05,石沟村,岚桥镇,周明,,,", "乡镇", "places_swapped"),
        ("高永昌,1941-03-05,岚桥镇,石沟村,周明,,,", "姓名", "row_twice"),
        ("王英,1941-03-05,岚桥镇,石沟村,周明、刘强,,,", "联络员", "one_primary"),
        ("王英,1941-03-05,岚桥镇,石沟村,周明,周明,,", "后备联络员", "backup_is_primary"),
        ("王英,1941-03-05,沙河镇,河湾村,周明,,,", "联络员", "liaison_towns"),
    ],
)
def test_what_cannot_be_right_is_told_with_its_column(local, row, column, code):
    assert local.problems(ONE_SHEET + row) == [(6, column, code)]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("县,乡镇,村\n,,石沟村\n", (2, "乡镇", "town_missing")),
        ("县,乡镇,村\n,岚桥镇,石沟村\n望岚县,,\n云岭县,,\n,枫岭镇,\n", (5, "县", "county_missing")),
        (
            HEAD.replace("电话", "县") + "王英,1941-03-05,岚桥镇,,,,云岭县,",
            (2, "县", "county_unknown"),
        ),
    ],
)
def test_a_place_that_is_not_clear_is_told(local, text, problem):
    local.take("县,乡镇,村\n望岚县,岚桥镇,石沟村\n")
    assert local.problems(text) == [problem]


def test_a_code_belongs_to_one_row(local):
    twice = HEAD + "王英,1941-03-05,岚桥镇,,,,,E0007\n王芳,1942-03-05,岚桥镇,,,,,E0007\n"
    assert local.problems(twice) == [(3, "编号", "code_twice")]


def test_namesakes_without_birth_dates_cannot_be_told_apart(local):
    twice = HEAD + "王英,,岚桥镇,石沟村,,,,\n王英,,岚桥镇,石沟村,,,,\n"
    assert local.problems(twice) == [(3, "姓名", "same_name_no_birth")]


def test_a_town_few_live_in_that_reads_like_a_big_one_is_pointed_out(local):
    rows = [f"王英{c},1941-03-05,岚桥镇,,,,,\n" for c in "甲乙丙丁戊己庚辛壬癸"]
    (notice,) = local.plan(HEAD + "".join(rows) + "李明,1941-03-05,岚乔镇,,,,,\n").notices
    assert (notice.code, notice.gaps["near"]) == ("town_lookalike", "岚桥镇")


NAMES = st.sampled_from(["王英", "李秀英", "高永昌", "欧阳修", "王 英", "㼆䶮"])
LINES = st.tuples(
    NAMES,
    st.sampled_from(["1941-03-05", "农历1941年闰六月初五", "1950.1.2", "", "41-1-1", "不详"]),
    st.sampled_from(["岚桥镇", "岚桥", "沙河镇", ""]),
    st.sampled_from(["石沟村", "石沟", "东坡村", ""]),
    st.sampled_from(["周明", "刘强", "", "周明、刘强", "-"]),
    st.sampled_from(["李娜", "周明", ""]),
    st.sampled_from(["", "+86 000 0000 0001", "无"]),
    st.sampled_from(["", "E0007", "新", "3"]),
)


@hypothesis_settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(LINES, min_size=1, max_size=8))
def test_whatever_was_imported_once_is_not_changed_by_importing_it_again(local, lines):
    with local.database.begin() as connection:
        for table in (Audit, Assignment, Elder, Staff, Unit):
            connection.execute(delete(table))
    text = without_problems(local, lines)
    local.take(text)
    stored = local.rows(Elder), local.rows(Assignment), local.rows(Unit), local.rows(Staff)
    again = local.take(text)
    assert again.empty
    assert not again.problems
    assert stored == (
        local.rows(Elder), local.rows(Assignment), local.rows(Unit), local.rows(Staff),
    )  # fmt: skip


def without_problems(local: Desk, lines: list[tuple[str, ...]]) -> str:
    """The file after its bad rows were taken out."""
    while True:
        text = HEAD + "".join(",".join(line) + "\n" for line in lines) + "高永昌,1931-03-05,沙河镇"
        bad = {row for row, *_ in local.problems(text)}
        if not bad:
            return text
        lines = [line for number, line in enumerate(lines, start=2) if number not in bad]


def test_ten_thousand_elders_take_a_fixed_number_of_questions(local):
    """Time is measured elsewhere; what makes it slow would be a query for each row."""
    rows = "".join(
        f"王英,{date(1920, 1, 1) + timedelta(days=number)},岚桥镇,石沟村,周明,李娜,,\n"
        for number in range(2000)
    )
    asked: list[str] = []
    event.listen(local.database, "before_cursor_execute", lambda *args: asked.append(args[2]))
    local.take(HEAD + rows)
    assert len(local.rows(Elder)) == 2000
    assert len(asked) < 40
