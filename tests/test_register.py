"""The registers, asked by those who may and by those who may not."""

from datetime import date

import pytest

from models.audit import Audit
from models.card import Known
from models.elder import Elder, ElderFlag
from tests.test_report import table, workbook

SINCE = date(2025, 3, 10)


@pytest.fixture
def registers(town):
    """独居: 王德胜 and 欧阳建国, of two liaisons in two towns; 患病: 高永昌."""
    for name, flag in (
        ("王德胜", "lives_alone"),
        ("欧阳建国", "lives_alone"),
        ("高永昌", "illness"),
    ):
        town.change(ElderFlag(elder_id=town.elders[name], flag=flag, since=SINCE))


def test_a_coordinator_sees_all_registers_with_counts_and_since_when(town, wang, registers):
    wang.talk("台账", "点一下看名单")
    assert wang.screen.rows[0] == ["独居 2", "患病 1"]
    wang.talk("[独居 2]", "「独居」台账:2 人\nE0004 王德胜 90岁 石沟村 2025.3起\nE0006 欧阳建国")
    assert {a.elder_id for a in town.rows(Audit, action="register")} == {
        town.elders["王德胜"],
        town.elders["欧阳建国"],
    }


def test_a_liaison_sees_only_their_own_in_a_register(zhou, li, registers):
    zhou.talk("台账 独居", "1 人\nE0004")
    assert "欧阳" not in zhou.text
    li.talk("/register lives_alone", "1 人\nE0006 欧阳建国")
    assert "王德胜" not in li.text
    li.talk("/register illness", "「患病」台账里没有人")


def test_who_left_the_lists_or_the_register_is_not_counted(town, wang, registers):
    (flag,) = town.rows(ElderFlag, flag="illness")
    flag.until = date(2026, 1, 1)
    town.change(flag)
    (elder,) = town.rows(Elder, name="王德胜")
    elder.state = "deceased"
    town.change(elder)
    wang.talk("/register", "台账")
    assert wang.screen.rows[0] == ["独居 1"]


def test_a_long_register_is_paged(town, wang):
    for elder in town.rows(Elder):
        town.change(ElderFlag(elder_id=elder.id, flag="widowed", since=SINCE))
    for number in range(7, 12):
        new = Elder(code=f"E{number:04d}", name="赵守业", unit_id=town.rows(Elder)[0].unit_id)
        town.change(new)
        town.change(ElderFlag(elder_id=new.id, flag="widowed", since=SINCE))
    wang.talk("台账 丧偶", "11 人", "[下一页", "E0009")
    assert "E0008" not in wang.text
    wang.talk("[上一页", "E0008", "/register widowed p99", "E0011")


def test_a_tier_is_suggested_and_only_a_person_changes_it(town, wang, registers):
    wang.talk("/register", "台账", "[待核类别", "E0006 欧阳建国 76岁 沙河村 A→C?")
    wang.talk("[E0006→C]", "服务类别:A类 → C类", "[确认修改]", "已修改")
    assert town.rows(Elder, name="欧阳建国")[0].tier == "C"


def test_the_seven_knowns_show_who_is_least_known(town, wang):
    wang.talk("/register seven", "6 人中,0 人七项都清楚", "/register seven", "1/7 E0001 高永昌")


def test_the_seven_knowns_are_told_by_place_in_chat_and_in_the_report(town, wang):
    one = town.rows(Elder, code="E0001")[0]
    one.address, one.conditions, one.family = "示例3号", "无慢性病", "与老伴同住"
    one.party_branch, one.needs, one.hobbies = "第一党支部", "无", "种花"
    town.change(one)
    town.change(Known(elder_id=one.id, item="needs", confirmed_on=date(2025, 11, 1)))
    wang.talk(
        "台账 七个清", "6 人中,1 人七项都清楚", "[分地区]", "沙河镇:平均1.0项,1人中0人七项都清\n"
        "岚桥镇:平均2.2项,5人中1人七项都清"
    )  # fmt: skip
    heads, rows = table(workbook(wang.say("/report 2026-11")), "七个清")
    here = dict(zip(heads, rows[0], strict=True))
    assert (here["地区"], here["老干部"], here["七项都清"], here["平均项数"]) == (
        "岚桥镇",
        5,
        1,
        "2.2",
    )
    assert (here["家庭住址"], here["联系方式"], here["一年未核实"]) == (0.2, 1.0, 1)
    assert rows[-1][:3] == ["合计", 6, 1]


def test_duty_officers_have_no_registers(liu, registers):
    liu.talk("/register 独居", "没听懂")
