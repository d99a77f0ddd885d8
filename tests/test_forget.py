"""Being forgotten: two coordinators, nothing that names the person left in any table."""

from datetime import date, timedelta

import pytest
from sqlmodel import Session, SQLModel

from models import erasure, retention
from models.audit import Audit
from models.elder import Elder, ElderFlag
from models.erasure import Erasure
from models.staff import Staff
from models.visit import Visit

OF_THE_PERSON = (
    "王德胜",
    "王*胜",
    "0000 0004",
    "示例9号",
    "糖尿病",
    "血糖",
    "王小兰",
    "E0004",
    "wangdesheng",
)


@pytest.fixture
def xu(town):
    """徐丽娜, the second coordinator."""
    boss = town.rows(Staff, name="王主任")[0]
    second = Staff(code="S09", name="徐丽娜", role="coordinator", unit_id=boss.unit_id)
    town.staff["徐丽娜"] = second.id
    town.change(second)
    return town.person("徐丽娜")


@pytest.fixture
def lived(town, zhou, wang):
    """王德胜 with a whole life in the records; no case is open."""
    (elder,) = town.rows(Elder, name="王德胜")
    elder.conditions, elder.address, elder.contact_name = "糖尿病", "示例9号", "王小兰"
    town.change(elder)
    town.change(ElderFlag(elder_id=elder.id, flag="illness", since=date(2026, 1, 5)))
    zhou.talk("走访 王德胜 01000 血糖又高了", "核对", "[＋ 答应的事]", "答应", "给王德胜买药", "核对", "[提交]", "已记下",
              "/edit 王德胜 phone +86 000 0000 0044", "→", "[提交]", "已提交", "/visit 王德胜", "怎么")  # fmt: skip
    wang.look()
    return elder


def everything(town):
    """All that stands in the database, as one text."""
    found = []
    with Session(town.database) as session:
        for table in SQLModel.metadata.sorted_tables:
            for row in session.connection().execute(table.select()):
                found.append(f"{table.name} {' '.join(str(v) for v in row)}")
    return "\n".join(found)


def test_one_asks_another_agrees_and_nothing_of_the_person_is_left(town, wang, xu, zhou, lived):
    zhou.look()
    assert all(word in everything(town) for word in ("王德胜", "血糖", "糖尿病", "示例9号"))
    wang.talk(
        "/forget 王德胜",
        "是谁提出的",
        "[本人]",
        "什么原因",
        "[撤回同意]",
        "依法保留",
        "[提交",
        "另一位协调员同意后",
    )
    assert "王主任提出删除 王*胜 石沟村 E0004 的资料" in xu.look()[-1].text
    wang.talk("/forget E0004", "等另一位协调员同意")
    ref = town.rows(Erasure)[0].ref
    wang.talk(
        f"/forget {ref} yes", "提出人自己不能同意", f"/forget {ref} yes sure", "提出人自己不能同意"
    )
    assert town.rows(Elder, code="E0004")
    xu.talk(
        "[看一下]",
        "王主任提出,代表:本人",
        "[同意…]",
        "真的删除",
        "[🗑 确认删除]",
        "✅ E0004 的资料已删除",
    )
    wang.look()
    left = everything(town)
    told = [line for line in left.splitlines() if any(word in line for word in OF_THE_PERSON)]
    assert all(line.startswith("outgoing") and "E0004 的资料已删除" in line for line in told), told
    assert len(town.rows(Visit, elder_id=lived.id)) == 1
    zhou.talk("/visit E0004", "没有", "/timeline E0004", "没有")
    assert [a.action for a in town.rows(Audit, action="forgotten")] == ["forgotten"]


def test_the_second_may_refuse_and_the_first_may_call_it_off(town, wang, xu, lived):
    wang.talk(
        "/forget 王德胜",
        "是谁",
        "[本单位]",
        "什么原因",
        "[登记有误]",
        "依法保留",
        "[提交",
        "已提交",
    )
    xu.look()
    xu.talk("[看一下]", "登记有误", "[不删了]", "徐丽娜已取消")
    ref = town.rows(Erasure)[0].ref
    wang.talk(f"/forget {ref} yes sure", "已取消")
    assert town.rows(Elder, code="E0004")


def test_relatives_may_ask_only_after_a_death(town, wang, lived):
    wang.talk("/forget 王德胜", "近亲属不能代为要求")
    assert "近亲属" not in wang.screen.buttons
    (elder,) = town.rows(Elder, name="王德胜")
    elder.state, elder.ended_on = "deceased", date(2026, 11, 1)
    town.change(elder)
    wang.talk("/forget E0004", "近亲属可以提出", "[近亲属]", "什么原因", "[去世后]", "依法保留")


def test_an_open_case_must_be_closed_first(town, zhou, wang):
    zhou.talk("走访 高永昌 00020 屋顶漏雨", "核对", "[提交]", "已记下")
    wang.look()
    wang.talk("/forget 高永昌", "还有未办结的个案:1")


def test_a_name_typed_meanwhile_hands_over_no_file(town, wang, lived):
    wang.talk(
        "/export-person 王德胜", "谁要的", "[本人]", "作什么用", "高永昌", "高永昌 81岁 柳泉村"
    )
    assert town.rows(Audit, action="export_person") == []
    wang.talk("/go", "没填完的卡片", "[导出 王德胜", "作什么用", "[交本人]", "请当面移交")


def test_nobody_but_coordinators_above_may_erase_or_export(town, zhou, li, lived):
    for line in ("/forget 王德胜", "/export-person 王德胜", "/audit 王德胜", "/retention"):
        zhou.talk(line, "没听懂")
    town_desk = town.rows(Staff, name="李娜")[0]
    town_desk.role = "coordinator"
    town.change(town_desk)
    for line in ("/forget 王德胜", "/export-person 王德胜", "/audit E0004", "/forget E0004"):
        li.say(line)
        assert "没有" in li.text, line
        assert "石沟" not in li.text


def test_after_its_time_who_died_is_a_count_only(town, wang, lived):
    (elder,) = town.rows(Elder, name="王德胜")
    elder.state, elder.ended_on = "deceased", date(2025, 11, 1)
    town.change(elder)
    gone = tidy(town)
    assert gone["person"] == 1
    assert town.rows(Elder, id=lived.id)[0].name == erasure.NOBODY
    assert tidy(town).get("person", 0) == 0


def test_what_was_found_goes_after_three_years_and_the_visit_stays(town, zhou, wang, lived):
    town.wait(days=3 * 365 + 2)
    assert tidy(town)["visit"] == 1
    (visit,) = town.rows(Visit)
    assert (visit.note, visit.health, visit.answers, visit.outcome) == ("", None, {}, "done")
    wang.talk("/retention", "走访(只留次数):1")


def test_what_somebody_no_longer_wants_kept_is_deleted_after_its_days(town, zhou, lived):
    zhou.say("[放弃]").say("[放弃")
    zhou.talk(
        "/consent 王德胜", "未问", "[健康:不同意]", "是谁", "[本人]", "从现在起", "[记下]", "已记下"
    )
    assert tidy(town)["consent"] == 0
    town.wait(days=31)
    assert tidy(town)["consent"] == 1
    assert town.rows(ElderFlag) == []
    assert town.rows(Elder, code="E0004")[0].conditions == ""
    (visit,) = town.rows(Visit)
    assert (visit.health, visit.note) == (None, "")
    town.wait(days=1)
    assert tidy(town)["consent"] == 0


def test_the_times_are_set_by_the_whole_office_only(town, wang, li):
    wang.talk("/retention", "走访内容:1095 天", "/retention visits 730", "现在 1095 天", "[确认]", "走访内容:730 天",
              "/retention visits 1", "请写 7 到", "/retention 什么", "各类资料保存期限")  # fmt: skip
    wang.talk("[走访内容]", "现在:730 天", "[1095 天]", "现在 730 天", "[确认]", "730 → 1095 天", "[↩ 撤回]", "已撤回",
              "保存期限 走访内容", "现在:730 天")  # fmt: skip
    desk = town.rows(Staff, name="李娜")[0]
    desk.role = "coordinator"
    town.change(desk)
    li.talk("/retention visits 800", "现在 730 天", "[确认]", "只有全县的协调员")


def tidy(town):
    with Session(town.database) as session:
        gone = retention.round_of(session, town.now, town.now + timedelta(hours=8))
        session.commit()
        return gone


def test_of_the_living_nobody_says_after_the_death(wang, zhou):
    wang.talk("/forget E0001", "谁提出的", "[本人]", "什么原因")
    assert "去世后" not in wang.screen.buttons
