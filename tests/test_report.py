"""The monthly report: its figures, its workbook opened again, and what nobody learns from it."""

import io
from datetime import UTC, datetime, timedelta

import openpyxl
from sqlmodel import Session

from handlers.documents import chart
from models.audit import Audit
from models.case import Case
from models.elder import Elder
from models.staff import COORDINATOR, LEADER, Staff

NAMES = ("高永昌", "李秀英", "王德胜", "廖玉珍", "欧阳建国", "周明", "李娜")


def workbook(person):
    (data,) = [one.image for one in person.news if one.image]
    return openpyxl.load_workbook(io.BytesIO(data))


def table(book, title):
    """The lines under the headings, by the first cells; the headings themselves."""
    page = book[title]
    rows = [list(row) for row in page.iter_rows(values_only=True)]
    at = next(n for n, row in enumerate(rows) if n > 1 and sum(c is not None for c in row) > 3)
    filled = [row for row in rows[at + 1 :] if sum(cell is not None for cell in row) > 1]
    return [str(head) for head in rows[at]], filled


def officer(town, name, place, role=COORDINATOR):
    town.hire(name, role, place)
    return town.person(name)


def visited(zhou, name, line="00000"):
    zhou.say(f"走访 {name} {line}").talk("[提交]", "已记下")


def test_the_month_is_chosen_by_a_button_or_written(town, wang):
    wang.talk(
        "报表",
        "哪个月",
        "[2026年10月]",
        "望岚县",
        "上月报表",
        "2026年10月",
        "本月报表",
        "2026年11月",
    )
    wang.talk("/report 2027-01", "还没开始", "/report 2026-13", "哪个月")


def test_the_report_says_what_status_says(town, zhou, li, wang):
    town.now = datetime(2026, 11, 5, 2, tzinfo=UTC)
    visited(zhou, "高永昌")
    visited(zhou, "王德胜", "00100")
    town.now = datetime(2026, 11, 20, 2, tzinfo=UTC)
    visited(zhou, "高永昌")
    visited(li, "欧阳建国")
    wang.talk(
        "/status", "应访6 · 已访2(33%)", "上半期", "应访6 · 已访2(33%)", "/report 2026-11", "应访6"
    )
    _heads, rows = table(workbook(wang), "汇总")
    assert [row[1:4] for row in rows[:2]] == [[2, 6, 0.33], [2, 6, 0.33]]
    heads, rows = table(workbook(wang), "分地区")
    by_place = {row[0]: dict(zip(heads, row, strict=True)) for row in rows}
    assert by_place["岚桥镇"]["已访"] == 3
    assert by_place["沙河镇"]["已访"] == 1
    assert by_place["合计"]["应访"] == 12
    heads, rows = table(workbook(wang), "分联络员")
    assert {row[0]: row[3] for row in rows} == {"周明": 3, "李娜": 1}


def everything(book):
    """All that stands in a workbook, footers included."""
    cells = [str(c.value) for page in book for row in page.iter_rows() for c in row if c.value]
    return "\n".join([*cells, *(str(page.oddFooter.left.text) for page in book)])


def opened(town, number, name, restricted=False, late=False):
    at = town.now
    town.change(
        Case(number=number, elder_id=town.elders[name], category="abuse" if restricted else "repair",
             service_group="legal" if restricted else "housekeeping", severity=2,
             restricted=restricted, reported_by=town.staff["周明"], opened_at=at, mentioned_at=at,
             since=at, ack_until=at, act_until=at, resolve_until=at + timedelta(days=3),
             resolved_at=at + timedelta(days=5 if late else 1), climbed_at=at, text="=HYPERLINK()")
    )  # fmt: skip


def test_it_can_be_printed_and_signed(town, zhou, wang):
    visited(zhou, "高永昌")
    book = workbook(wang.say("/report 2026-11"))
    assert book.sheetnames == [
        "汇总",
        "分地区",
        "分联络员",
        "必到必访",
        "七个清",
        "走访清单",
        "个案清单",
    ]
    for page in book:
        assert page.page_setup.paperSize == 9
        assert page.page_setup.fitToHeight == 0
        assert page.sheet_properties.pageSetUpPr.fitToPage
        assert page.print_title_rows == "$1:$3"
        assert "&P / &N" in page.oddFooter.right.text
        assert "王主任 2026-11-12 09:00" in page.oddFooter.left.text
        assert "不得外传" in page["A2"].value
        assert "审核" in "".join(str(row[0].value) for row in page.iter_rows())


def test_what_people_typed_never_becomes_a_formula(town, zhou, wang):
    typed_in = {"高永昌": "=1+1", "王德胜": "@SUM(A1)", "廖玉珍": "-2+3", "欧阳建国": "\t=1"}
    for number, (name, typed) in enumerate(typed_in.items(), start=40):
        with Session(town.database) as session:
            session.get_one(Elder, town.elders[name]).name = typed
            session.commit()
        opened(town, number, name)
    with Session(town.database) as session:
        session.get_one(Staff, town.staff["周明"]).name = "+cmd|' /C calc'!A0"
        session.commit()
    visited(zhou, "E0001")
    town.wait(hours=1)
    book = workbook(wang.say("/report 2026-11"))
    cells = [cell for page in book for row in page.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    risky = [cell for cell in cells if str(cell.value)[:1] in "=+-@\t" and cell.value]
    assert {"=1+1", "@SUM(A1)", "-2+3", "+cmd|' /C calc'!A0"} <= {cell.value for cell in risky}
    assert all(cell.quotePrefix and cell.data_type == "s" for cell in risky)


def test_a_case_in_time_and_one_late_and_a_restricted_one(town, wang):
    opened(town, 31, "高永昌")
    opened(town, 32, "李秀英", late=True)
    opened(town, 33, "王德胜", restricted=True)
    town.wait(days=6)
    book = workbook(wang.say("/report 2026-11"))
    _heads, rows = table(book, "个案清单")
    assert rows[0][:5] == [31, "急办", "E0001", "高永昌", "柳泉村"]
    assert rows[1][5:8] == ["维修", "家政组", "待受理"]
    assert [cell for cell in rows[2] if cell] == [33, "急办", "限知"]
    shares = {row[0]: row[1:4] for row in table(book, "汇总")[1]}
    assert shares["按期办结率"] == [2, 3, 0.66]


def test_illness_wants_somebody_within_two_days(town, zhou, wang):
    town.now = datetime(2026, 11, 3, 2, tzinfo=UTC)
    zhou.talk("走访 高永昌 03000 发烧咳嗽", "核对", "[提交", "已记下")
    zhou.talk("走访 王德胜 03000 头晕得厉害", "核对", "[提交", "已记下")
    town.wait(days=1)
    visited(zhou, "高永昌")
    town.wait(days=10)
    shares = {row[0]: row[1:4] for row in table(workbook(wang.say("/report 2026-11")), "汇总")[1]}
    assert shares["必访按时率"] == [1, 2, 0.5]


def test_a_visit_entered_later_is_marked_and_counts(town, zhou, wang):
    zhou.talk("走访 高永昌 前天 00000", "为什么补记", "[那里没信号", "核对", "[提交", "已记下")
    heads, (row,) = table(workbook(wang.say("/report 2026-11")), "走访清单")
    assert dict(zip(heads, row, strict=True))["补记"] == "补记"


def test_only_the_own_branch(town, zhou, li):
    visited(zhou, "高永昌")
    visited(li, "欧阳建国")
    opened(town, 31, "高永昌")
    he = officer(town, "何芳", "沙河镇")
    book = workbook(he.say("/report 2026-11"))
    words = everything(book)
    assert "欧阳建国" in words
    assert not [name for name in (*NAMES[:4], "周明", "岚桥镇", "柳泉村", "E0001") if name in words]
    stolen = officer(town, "赵主任", "望岚县").say("岚桥镇 本月报表")
    (code,) = [code for code in stolen.screen.buttons.values() if "picture" in code]
    he.press(code)
    assert "没有查到" in he.text
    assert not [one for one in he.news if one.image]


def test_a_part_of_the_branch_by_plain_words(town, zhou, li, wang):
    visited(zhou, "高永昌")
    visited(li, "欧阳建国")
    words = everything(workbook(wang.say("沙河镇 本月报表")))
    assert "欧阳建国" in words
    assert "高永昌" not in words


def test_a_leader_gets_counts_and_nobody(town, zhou):
    visited(zhou, "高永昌")
    opened(town, 31, "高永昌")
    leader = officer(town, "赵局长", "望岚县", LEADER)
    book = workbook(leader.say("/report 2026-11"))
    assert book.sheetnames == ["汇总", "分地区", "必到必访", "七个清"]
    assert not [name for name in (*NAMES, "E0001", "S01") if name in everything(book)]
    leader.say("[📊 领导简报]")
    (data,) = [one.image for one in leader.news if one.image]
    assert not [name for name in (*NAMES, "E0001", "S01") if name in str(chart.unpacked(data))]
    assert town.rows(Audit, action="export") == []
    assert chart.png(data).startswith(b"\x89PNG")


def test_a_liaison_gets_none(zhou):
    zhou.talk("/report 2026-11", "没听懂", "报表", "没听懂")


def test_on_a_network_of_others_names_stay_masked(town, zhou):
    visited(zhou, "高永昌")
    opened(town, 31, "高永昌")
    wang = town.person("王主任", "telegram", "77")
    words = everything(workbook(wang.say("/report 2026-11")))
    assert "高*昌" in words
    assert "高永昌" not in words
    assert "维修" not in words


def test_who_took_it_is_noted_for_each_elder(town, zhou, wang):
    visited(zhou, "高永昌")
    wang.say("/report 2026-11")
    assert len(town.rows(Audit, action="export", elder_id=town.elders["高永昌"])) == 1
    assert len(town.rows(Audit, action="report")) == 1


def test_the_picture_of_a_part_stays_with_the_part(town, zhou, li, wang):
    visited(zhou, "高永昌")
    visited(li, "欧阳建国")
    wang.talk("沙河镇 本月报表", "应访1", "[📊 领导简报]", "应访1", "[📄 Excel表]", "应访1")
    assert "欧阳建国" in everything(workbook(wang))
