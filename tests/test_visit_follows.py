"""What else follows from a visit: days in hospital, where the elder lives, a flag to propose."""

from datetime import date

import pytest

from models.audit import Audit
from models.elder import Absence, Elder, ElderFlag

NOT_MET = (
    "/visit 高永昌",
    "怎么",
    "[没见到人…]",
    "情况",
    "[住院]",
    "哪家医院",
    "[县医院]",
    "大概住院到什么时候?",
)


def away(town, name="高永昌"):
    return [(one.from_on, one.until_on) for one in town.rows(Absence, elder_id=town.elders[name])]


@pytest.mark.parametrize(
    ("said", "until"),
    [("[一周]", 19), ("两周", 26), ("[不清楚]", 26), ("20号", 20), ("周五", 13), ("3天后", 15)],
)  # fmt: skip
def test_whoever_is_in_hospital_is_not_due_until_then(town, zhou, said, until):
    zhou.talk(*NOT_MET, said, "核对", "[提交]", f"⏸ 上门走访停到11月{until}日",
              "/why 高永昌", "⏸ 停访:住院或外出")  # fmt: skip
    assert away(town) == [(date(2026, 11, 12), date(2026, 11, until))]
    town.wait(days=until - 11)
    zhou.say("/why 高永昌")
    assert "停访" not in zhou.text


def test_a_visit_that_finds_the_elder_in_hospital_pauses_too(town, zhou):
    zhou.talk(
        "走访 高永昌 0 H 0 9 0",
        "哪家医院",
        "市里三楼",
        "大概住院到",
        "[两周]",
        "核对",
        "[提交]",
        "停到11月26日",
    )
    assert town.visits("高永昌")[0].place == "hospital"
    zhou.talk("/brief 高永昌", "现住:医院")


def test_a_day_that_is_over_is_asked_again(zhou):
    zhou.talk(*NOT_MET, "昨天", "请写以后的日期", "下周八", "请写以后的日期", "[一个月]", "核对")


def test_voiding_the_report_ends_the_pause_and_moving_takes_it_along(town, zhou):
    zhou.talk(*NOT_MET, "[两周]", "核对", "[提交]", "未遇", "[选错人了/要改]", "哪里", "[选错人了]", "其实走访的是谁", "廖玉珍",
              "什么原因", "[记错了]", "改人", "[确认]", "已改到")  # fmt: skip
    assert (away(town), len(away(town, "廖玉珍"))) == ([], 1)
    zhou.talk(
        "/fix",
        "哪一条",
        "[11月12日 廖玉珍",
        "哪里",
        "[整条作废]",
        "什么原因",
        "[点错了]",
        "作废",
        "[确认]",
        "已作废",
    )
    assert away(town, "廖玉珍") == []


def test_a_correction_moves_the_end_or_leaves_what_was_said_since(town, zhou):
    zhou.talk(*NOT_MET, "[两周]", "核对", "[提交]", "未遇", "[选错人了/要改]", "哪里", "[内容填错了]", "要改", "[到哪天:两周]",
              "到什么时候", "[一周]", "为什么更正", "[点错了]", "核对", "[提交]", "已更正")  # fmt: skip
    assert away(town) == [(date(2026, 11, 12), date(2026, 11, 19))]
    town.wait(days=2)
    zhou.talk("走访 高永昌 00000", "核对", "[提交]", "已记下")
    assert away(town) == [(date(2026, 11, 12), date(2026, 11, 13))]
    zhou.talk("/fix", "哪一条", "[11月12日", "哪里", "[内容填错了]", "要改", "[医院:县医院]", "哪家医院", "[市医院]", "为什么更正",
              "[点错了]", "核对", "[提交]", "已更正")  # fmt: skip
    assert away(town) == [(date(2026, 11, 12), date(2026, 11, 13))]


def test_who_has_nobody_near_is_proposed_for_the_register_once(town, zhou, wang):
    zhou.talk("走访 高永昌 0 0 N 0 0", "有急事谁能赶到", "[邻居]", "核对", "[提交]", "已记下")
    (proposal,) = wang.look()
    assert "高*昌 柳泉村 E0001,空巢。要登记吗?" in proposal.text
    wang.talk("[登记]", "✅ 已登记:高永昌 81岁 柳泉村,空巢")
    (flag,) = town.rows(ElderFlag)
    assert (flag.flag, flag.since, flag.until) == ("empty_nest", date(2026, 11, 12), None)
    zhou.talk("走访 高永昌 0 0 N 0 0", "有急事谁能赶到", "[邻居]", "核对", "[提交]", "已记下")
    assert wang.look() == []
    wang.talk("/flag E0001 empty_nest", "已登记", "[点错了]", "已取消登记:空巢")
    assert [one.until for one in town.rows(ElderFlag)] == [date(2026, 11, 12)]
    assert [one.detail for one in town.rows(Audit, action="flag")] == [
        "empty_nest", "empty_nest", "empty_nest no"]  # fmt: skip


@pytest.mark.parametrize("rest", ["", "E0001", "E0001 rich", "E9999 empty_nest", "' ' '"])
def test_a_flag_that_does_not_exist_is_answered_kindly(wang, zhou, rest):
    wang.talk(f"/flag {rest}", "请点上报消息里的按钮")
    zhou.talk("/flag E0001 empty_nest", "没听懂")


def test_where_the_elder_lives_now_stands_in_the_brief(town, zhou):
    zhou.talk(
        "走访 高永昌 0 0 0 F 0",
        "现在住在哪里",
        "[子女家]",
        "核对",
        "[提交]",
        "已记下",
        "/brief 高永昌",
        "现住:子女家",
    )
    town.wait(days=14)
    zhou.talk("走访 高永昌 00000", "核对", "[提交]", "已记下", "/brief 高永昌", "高永昌")
    assert "现住" not in zhou.text
    assert [visit.place for visit in town.visits("高永昌")] == ["childs_home", "own_home"]


# Died, or moved away, and taken back


@pytest.fixture
def died(town, zhou, wang):
    zhou.talk(
        "/visit 王德胜", "怎么", "[没见到人…]", "情况", "[已逝世]", "核对", "[提交]", "停止提醒"
    )
    wang.look()
    return wang.talk("[确认逝世]", "已逝世吗?", "[确认]", "不在任何名单上")


def test_a_death_that_was_a_mistake_is_taken_back_with_a_reason(town, zhou, died):
    died.talk(
        "[登记错了…]",
        "为什么登记错了",
        "同名的邻居",
        "恢复走访:王德胜 90岁 石沟村\n原因:同名的邻居",
        "[确认]",
        "已回到名单",
    )
    (elder,) = town.rows(Elder, name="王德胜")
    assert (elder.state, elder.ended_on) == ("active", None)
    assert [one.detail for one in town.rows(Audit, action="back")] == ["同名的邻居"]
    assert "王*胜 石沟村 已回到您的名单" in zhou.look()[-1].text
    zhou.talk("/why 王德胜", "🔴 逾期", "/visit 王德胜", "走访 王德胜")
    died.talk("[作废那条报告]", "什么原因", "[点错了]", "作废", "[确认]", "已作废")


def test_it_is_found_again_days_later_and_only_by_a_coordinator_above(town, zhou, died):
    town.wait(days=30)
    died.talk(
        "/ended",
        "最近退出名单的老人",
        "[11月12日 王德胜",
        "为什么",
        "[消息不实]",
        "恢复走访",
        "[不改了]",
        "没有留下",
    )
    assert town.rows(Elder, name="王德胜")[0].state == "deceased"
    zhou.talk("/ended E0004 undo", "没听懂")


def test_confirming_twice_changes_nothing_and_undoing_twice_neither(town, died):
    died.talk("/ended E0004 deceased yes", "不在任何名单上", "/ended E0004 undo", "为什么", "[消息不实]", "恢复", "[确认]", "已回到名单",
              "/ended E0004 undo", "在名单上", "/ended", "最近没有人", "/ended nonsense", "请点上报消息里的按钮")  # fmt: skip
    assert len(town.rows(Audit, action="deceased")) == 1
