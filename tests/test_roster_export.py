"""The roster out of the chat again: whole, one town, one register; round and masked."""

import io

import openpyxl
from sqlmodel import Session

from models.audit import Audit
from models.consent import HEALTH, Consent
from models.elder import Elder, ElderFlag
from models.staff import Staff
from tests.test_roster_chat import drop


def book(person, name=""):
    (file,) = [one for one in person.news if one.image]
    return openpyxl.load_workbook(io.BytesIO(file.image))


def cells(page) -> list[list[object]]:
    return [[cell.value for cell in row] for row in page.iter_rows()]


def test_what_goes_out_comes_in_again_without_a_change(town, wang):
    flag = ElderFlag(elder_id=town.elders["高永昌"], flag="lives_alone", since=town.now.date())
    town.change(flag)
    row = town.rows(Elder, code="E0004")[0]
    row.birth_calendar, row.birth_year, row.birth_month, row.birth_day = "lunar", 1936, 6, 15
    row.keeps_calendar, row.needs, row.allergies = "lunar", "=1+1", "+86"
    town.change(row)
    wang.talk("/roster", "望岚县名册共 6 位", "[全部 6 位]", "名册 望岚县:6 位")
    data = next(one.image for one in wang.news if one.image)
    pages = book(wang)
    assert pages.sheetnames[0] == "老干部"
    assert cells(pages["老干部"])[0][0] == (
        "名册 望岚县 · 王主任 2026-11-12 09:00 导出 · 仅限工作使用，不得外传"
    )
    assert "王主任" in pages["老干部"].oddFooter.left.text
    needs = next(c for row in pages["老干部"].iter_rows() for c in row if c.value == "=1+1")
    assert needs.data_type == "s"  # what a person typed is never a formula
    assert len(town.rows(Audit, action="export")) == 6
    drop(wang, data)
    assert "没有需要更改的" in wang.text


def test_one_town_and_one_register(town, wang):
    flag = ElderFlag(elder_id=town.elders["高永昌"], flag="lives_alone", since=town.now.date())
    town.change(flag)
    wang.talk("/名册", "望岚县名册", "[岚桥镇]", "名册 岚桥镇:5 位")
    assert "欧阳建国" not in str(cells(book(wang)["老干部"]))
    wang.talk("/roster 独居", "台账 独居:1 位")
    assert cells(book(wang).worksheets[0])[2] == [
        "E0001", "高永昌", 81, "岚桥镇", "柳泉村", "2026-11-12", "周明 S01"]  # fmt: skip
    wang.talk(
        "/roster 火星", "没有叫「火星」的镇或台账", "/roster", "名册", "[空白表格]", "填好发到这里"
    )


def test_a_town_coordinator_gets_the_town_and_no_more(town, zhao):
    zhao.talk(
        "/roster", "岚桥镇名册共 5 位", "/roster 沙河镇", "没有叫「沙河镇」", "/roster all", "5 位"
    )
    pages = book(zhao)
    assert "欧阳建国" not in str([cells(page) for page in pages.worksheets])
    assert "沙河" not in str(cells(pages["单位"]))
    assert {row[1] for row in cells(pages["工作人员"])[2:]} == {"周明", "赵敏"}
    assert len(town.rows(Audit, action="export")) == 5


def test_a_liaison_gets_no_table(zhou):
    zhou.talk("/roster all", "没听懂")


def test_where_the_office_is_not_the_host_nothing_sensitive_leaves(town):
    wang = town.person("王主任", "telegram", "77")
    wang.talk("/roster all", "姓名已打码")
    said = str([cells(page) for page in book(wang).worksheets])
    assert "高*昌" in said
    for hidden in ("高永昌", "+86"):
        assert hidden not in said
    data = next(one.image for one in wang.news if one.image)
    drop(wang, data)
    assert "是打码的姓名" in wang.text  # and it cannot spoil the register


def test_who_said_no_to_the_keeping_of_health_is_in_no_register_of_it(town, wang):
    row = town.rows(Elder, code="E0001")[0]
    row.allergies = "青霉素"
    town.change(row)
    with Session(town.database) as session:
        session.add(ElderFlag(elder_id=row.id, flag="cancer", since=town.now.date()))
        session.add(
            Consent(elder_id=row.id, purpose=HEALTH, said_on=town.now.date(), said_by="self",
                    withdrawn_at=town.now, recorded_by=town.staff["王主任"], recorded_at=town.now)
        )  # fmt: skip
        session.commit()
    wang.talk("/roster 癌症", "0 位", "/roster all", "6 位")
    assert "青霉素" not in str(cells(book(wang)["老干部"]))


def test_staff_who_left_are_not_in_it(town, wang):
    gone = town.rows(Staff, name="周明")[0]
    gone.left_on = town.now.date()
    town.change(gone)
    wang.talk("/roster all", "6 位")
    assert "周明" not in str([cells(page) for page in book(wang).worksheets])
