"""Files as offices have them, read into rows; the template, written and filled in."""

import ast
import io
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.documents.roster_file import Reading, read
from handlers.documents.roster_values import Unclear, read_birth, read_name
from handlers.documents.roster_words import NOTICES, PROBLEMS, problem_words
from models.calendar import LUNAR, SOLAR, lunar_day_of, lunar_words
from models.roster_types import ELDERS, FRESH, PAIRS, STAFF, UNITS, Birth

ROOT = Path(__file__).parent.parent
SHEET = "姓名,出生日期,乡镇,村,电话\n高永昌,1941-03-05,岚桥镇,石沟村,+86 000 0000 0001\n"
BIRTH = Birth(SOLAR, 1941, 3, 5, False, date(1941, 3, 5))


def csv(text: str, name: str = "roster.csv") -> Reading:
    return read(text.encode(), name)


def book(*rows: list[object], sheet: str = "老干部", merge: str = "") -> bytes:
    made = openpyxl.Workbook()
    made.worksheets[0].title = sheet
    for row in rows:
        made.worksheets[0].append(row)
    if merge:
        made.worksheets[0].merge_cells(merge)
    data = io.BytesIO()
    made.save(data)
    return data.getvalue()


def problems(reading: Reading) -> list[tuple[int, str, str]]:
    found = [problem for row in reading.rows for problem in row.problems]
    assert all(problem_words(problem) for problem in found)
    return [(problem.row, problem.column, problem.code) for problem in found]


def cell(reading: Reading, field: str, row: int = 0) -> object:
    return reading.rows[row].get(field)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be"]
)
@pytest.mark.parametrize("sign", [",", ";", "\t", "\uff0c"])
def test_a_text_file_is_read_in_every_encoding_and_with_every_separator(encoding, sign):
    reading = read(SHEET.replace(",", sign).encode(encoding), "roster.csv")
    assert cell(reading, "name") == "高永昌"
    assert cell(reading, "birth") == BIRTH
    assert cell(reading, "phone") == "+86 000 0000 0001"


def test_rare_characters_survive_gb18030():
    reading = read("姓名,乡镇\n李㼆,岚桥镇\n王䶮,岚桥镇\n".encode("gb18030"), "roster.csv")
    assert [row.get("name") for row in reading.rows] == ["李㼆", "王䶮"]


def test_a_title_above_and_a_signature_below_the_table_are_not_people():
    reading = csv(f"望岚县老干部名册,,,,\n2026年11月,,,,\n{SHEET}合计,1人,,,\n填表人:周明,,,,\n")
    assert [(row.number, row.get("name")) for row in reading.rows] == [(4, "高永昌")]


def test_the_row_number_is_the_one_excel_shows():
    reading = csv('姓名,乡镇,住址\n高永昌,岚桥镇,"两\n行"\n\n,,\n李秀英,岚桥镇,\n')
    assert [row.number for row in reading.rows] == [2, 5]


@pytest.mark.parametrize(
    "headings_row",
    [
        "姓 名,出生年月日,乡（镇）,村(社区),联系电话",
        "名字,生日,镇,行政村,手机号码",
        "Name,Birth date,Town,Village,Phone",
        "full name,Date of Birth,township,community,MOBILE",
        "*姓名:,出生时间,所在乡镇,村居,电话(本人)",
    ],
)
def test_usual_headings_are_understood_in_both_languages(headings_row):
    reading = csv(headings_row + "\n高永昌,1941-03-05,岚桥镇,石沟村,000 0000 0001\n")
    values = dict(reading.rows[0].values)
    assert values == {
        "name": "高永昌",
        "birth": BIRTH,
        "town": "岚桥镇",
        "village": "石沟村",
        "phone": "000 0000 0001",
    }


def test_each_sheet_is_recognised_by_what_it_holds():
    assert csv("县,乡镇,村\n望岚县,岚桥镇,石沟村\n").rows[0].kind == UNITS
    assert csv("姓名,角色,乡镇,电话\n周明,联络员,岚桥镇,\n").rows[0].kind == STAFF
    assert csv("姓名,乡镇,电话\n周明,岚桥镇,\n", "工作人员.csv").rows[0].kind == STAFF
    assert csv("姓名,乡镇,联络员\n高永昌,岚桥镇,周明\n").rows[0].kind == ELDERS
    assert csv("老干部,联络员,角色\n高永昌,周明,后备\n").rows[0].kind == PAIRS


def test_excel_dates_numbers_and_merged_towns_are_read():
    data = book(
        ["姓名", "出生日期", "乡镇", "联系电话"],
        ["高永昌", date(1941, 3, 5), "岚桥镇", 10000000001],
        ["李秀英", datetime(1941, 3, 5), None, "00000000002"],  # noqa: DTZ001  (a cell has no zone)
        ["王英", 19410305, None, None],
        merge="C2:C4",
    )
    rows = read(data, "roster.xlsx").rows
    assert [row.get("birth") for row in rows] == [BIRTH] * 3
    assert [row.get("town") for row in rows] == ["岚桥镇"] * 3
    assert [row.get("phone") for row in rows[:2]] == ["10000000001", "00000000002"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1941-03-05", (SOLAR, 1941, 3, 5, False)),
        ("1941年3月5日", (SOLAR, 1941, 3, 5, False)),
        ("1941.3.5", (SOLAR, 1941, 3, 5, False)),
        ("1941/3/5", (SOLAR, 1941, 3, 5, False)),
        ("１９４１．３．５", (SOLAR, 1941, 3, 5, False)),
        ("19410305", (SOLAR, 1941, 3, 5, False)),
        ("1941-03-05 00:00:00", (SOLAR, 1941, 3, 5, False)),
        ("一九四一年三月五日", (SOLAR, 1941, 3, 5, False)),
        ("农历1941年闰六月初五", (LUNAR, 1941, 6, 5, True)),
        ("1941年腊月初五", (LUNAR, 1941, 12, 5, False)),
        ("1941年12月5日(农历)", (LUNAR, 1941, 12, 5, False)),
        ("阴历 1941-12-05", (LUNAR, 1941, 12, 5, False)),
        ("1941年闰6月5日", (LUNAR, 1941, 6, 5, True)),
        ("一九四一年冬月廿九", (LUNAR, 1941, 11, 29, False)),
        ("农历1942年正月三十", (LUNAR, 1942, 1, 30, False)),
    ],
)
def test_birth_dates_are_read_as_people_write_them(text, expected):
    birth = read_birth(text, None)
    assert (birth.calendar, birth.year, birth.month, birth.day, birth.leap) == expected


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("41-3-5", "two_digit_year"),
        ("41年3月5日", "two_digit_year"),
        ("410305", "two_digit_year"),
        ("3/5/1941", "year_last"),
        ("1941年3月", "day_missing"),
        ("1941.03", "day_missing"),
        ("1941", "day_missing"),
        ("三月初五", "date_unclear"),
        ("不详", "date_unclear"),
        ("1941-13-05", "no_month"),
        ("1941-02-30", "short_month"),
        ("1941-03-45", "no_day"),
        ("农历1941年闰五月初五", "no_leap_month"),
        ("农历2025年闰六月三十", "short_month"),
        ("一九四一年三月十五", "which_calendar"),
    ],
)
def test_a_date_that_cannot_be_read_says_why(text, code):
    with pytest.raises(Unclear) as unclear:
        read_birth(text, None)
    assert unclear.value.code == code


def test_the_calendar_may_stand_in_a_column_or_a_heading():
    lunar = Birth(LUNAR, 1941, 12, 5, False, date(1942, 1, 21))
    assert cell(csv("姓名,出生日期,历法\n高永昌,1941-12-05,阴历\n"), "birth") == lunar
    assert cell(csv("姓名,出生日期(农历)\n高永昌,1941-12-05\n"), "birth") == lunar
    assert cell(csv("姓名,农历生日\n高永昌,1941年十二月初五\n"), "birth") == lunar
    said_twice = csv("姓名,出生日期,历法\n高永昌,农历1941年三月五日,公历\n")
    assert problems(said_twice) == [(2, "出生日期", "two_calendars")]


FORMS = (
    "{0:%Y-%m-%d}",
    "{0.year}.{0.month}.{0.day}",
    "{0.year}/{0.month}/{0.day}",
    "{0.year}年{0.month}月{0.day}日",
    "{0:%Y%m%d}",
    " {0.year} 年 {0.month} 月 {0.day} 日 ",
)


@given(st.dates(date(1900, 1, 1), date(1985, 12, 31)), st.sampled_from(FORMS))
def test_every_day_is_read_back_from_every_form(day, form):
    assert read_birth(form.format(day), None).on == day


@given(st.dates(date(1900, 1, 1), date(1985, 12, 31)))
def test_every_lunar_day_is_read_back_as_a_family_says_it(day):
    year, month, number, leap = lunar_day_of(day)
    text = f"农历{year}年{lunar_words(month, number, leap)}"
    assert read_birth(text, None) == Birth(LUNAR, year, month, number, leap, day)


@given(st.text(alphabet="0123456789年月日号初十廿卅一二三正冬腊闰农历公-./ ()", max_size=14))
def test_no_text_breaks_the_reading_of_dates(text):
    assert outcome(text) in PROBLEMS.keys() | {"read"}


def outcome(text: str) -> str:
    try:
        read_birth(text, None)
    except Unclear as unclear:
        return unclear.code
    return "read"


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("王 英", "王英"),
        ("王\u3000英", "王英"),
        ("\u00a0欧阳 修\u200b", "欧阳修"),
        ("阿依古丽•买买提", "阿依古丽·买买提"),
        ("John  Smith", "John Smith"),
        ("㼆䶮", "㼆䶮"),
    ],
)
def test_names_lose_their_stray_blanks_and_keep_every_character(written, name):
    assert read_name(written) == name


def test_coded_columns_take_the_code_and_both_labels():
    text = "姓名,性别,身份,服务类别,独居,党员,过生日\n"
    for line in (
        "甲,男,离休,C类,是,是,阴历",
        "乙,male,lixiu cadre,C,yes,√,lunar",
        "丙,m,lixiu,c,有,1,农历",
    ):
        values = csv(text + line + "\n").rows[0].values
        assert dict(values) | {"name": ""} == {
            "name": "",
            "sex": "m",
            "status": "lixiu_cadre",
            "tier": "C",
            "lives_alone": True,
            "party_member": True,
            "keeps_calendar": "lunar",
        }


def test_one_column_may_hold_tier_status_and_flags_together():
    values = csv("姓名,类别\n高永昌,B类 行动不便、离休\n").rows[0].values
    assert values["tier"] == "B"
    assert values["status"] == "lixiu_cadre"
    assert values["more_flags"] == ["mobility_limited"]


def test_every_bad_cell_of_a_row_is_told_with_row_and_heading():
    reading = csv("姓名,性别,出生日期,手机号\n王英2,雄,41-3-5,没有号\n")
    assert problems(reading) == [
        (2, "姓名", "name_digits"),
        (2, "性别", "choice_unknown"),
        (2, "出生日期", "two_digit_year"),
        (2, "手机号", "phone_unclear"),
    ]


def test_a_running_number_is_no_code_and_new_means_a_new_person():
    reading = csv("编号,姓名\n7,高永昌\ne0012,李秀英\n新,王英\n")
    assert [row.get("code") for row in reading.rows] == [None, "E0012", FRESH]


def test_identity_numbers_and_unknown_columns_are_left_out_and_told():
    reading = csv("序号,姓名,身份证号码,鞋码\n1,高永昌,000000,42\n")
    assert dict(reading.rows[0].values) == {"name": "高永昌"}
    assert [notice.code for notice in reading.notices] == ["id_ignored", "columns_ignored"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_empty"),
        (b"PK\x03\x04 broken", "file_broken"),
        (b"\xff\xff\x81 \xff", "file_encoding"),
        ("今天,天气\n不错,啊\n".encode(), "file_no_headings"),
        ("姓名,乡镇\n".encode(), "file_no_rows"),
    ],
)
def test_a_file_that_is_no_roster_is_refused_with_the_reason(data, code):
    with pytest.raises(Unclear) as unclear:
        read(data, "roster.csv")
    assert unclear.value.code == code


RAISED = {"problem": 1, "Unclear": 0, "NoLiaison": 0, "NoSuchDay": 0, "Problem": 0, "_check_day": 0}


def codes_raised() -> Iterator[str]:
    """Every code of a problem that is written in the sources."""
    for path in (*ROOT.glob("models/roster*.py"), *ROOT.glob("handlers/documents/roster_*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                place = RAISED.get(name)
                code = node.args[place] if place is not None and len(node.args) > place else None
                if isinstance(code, ast.Constant) and isinstance(code.value, str):
                    yield code.value


def test_no_problem_is_without_words():
    raised = set(codes_raised())
    assert len(raised) > 40
    assert raised <= PROBLEMS.keys() | NOTICES.keys()


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("姓名", "#N/A", "formula_error"),
        ("姓名", "王\ue000", "broken_character"),
        ("姓名", "王" * 60, "too_long"),
        ("编号", "高", "code_unclear"),
        ("独居", "可能", "yes_or_no"),
        ("出生日期", "1741-03-05", "year_range"),
        ("服务类别", "E类", "choice_unknown"),
    ],
)
def test_what_a_cell_cannot_hold_is_told(field, value, code):
    reading = csv(
        f"{field},住址\n{value},3号\n" if field == "姓名" else f"姓名,{field}\n王英,{value}\n"
    )
    assert problems(reading) == [(2, field, code)]


def test_what_a_formula_did_not_find_is_told_and_not_taken_for_blank():
    reading = read(
        book(["名册"], [], ["姓名", "出生日期", "乡镇", "联络员"],
             ["高永昌", "#N/A", "岚桥镇", "周明"], ["李秀英", "1942-06-09", "岚桥镇", "#REF!"]),
        "roster.xlsx",
    )  # fmt: skip
    assert problems(reading) == [(4, "出生日期", "formula_error"), (5, "联络员", "formula_error")]
    assert cell(reading, "name", 1) == "李秀英"
