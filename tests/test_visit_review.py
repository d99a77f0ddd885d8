"""The last look at a visit before it is submitted."""

from datetime import date

import pytest

from models.assignment import Assignment
from models.draft import Draft
from models.elder import DECEASED, Elder
from models.visit import Concern, Promise


def test_the_severity_moves_one_step_with_a_reason(town, zhou):
    zhou.talk("走访 高永昌 0 1 0 2 0 屋顶漏雨", "→ 报家政组(刘强):维修,限期", "[上报…]", "要上报哪些", "[住宿:改轻重]", "要说原因", "[急办]", "什么原因",
              "老人怕塌", "→ 报家政组(刘强):维修,急办,24小时内", "[提交]", "已记下")  # fmt: skip
    (concern,) = town.rows(Concern)
    assert (concern.severity, concern.default_severity) == (2, 3)
    assert (concern.severity_reason, concern.detail) == ("老人怕塌", "屋顶漏雨")


def test_the_last_look_has_few_rows_and_short_labels(zhou):
    zhou.talk("走访 高永昌 1 2 3 2 2 都不太好", "核对")
    assert zhou.screen.rows == [
        ["✅ 提交"], ["修改…", "＋ 备注", "＋ 答应的事"], ["＋ 照片", "改日期", "上报…"], ["先放着", "放弃"]]  # fmt: skip
    zhou.talk(
        "[上报…]",
        "→ 报",
        "[‹ 回到卡片]",
        "核对",
        "/visit 廖玉珍",
        "怎么",
        "[没见到人…]",
        "情况",
        "[谢绝]",
        "核对",
    )
    assert zhou.screen.rows == [["✅ 提交"], ["修改…", "＋ 备注", "改日期"], ["先放着", "放弃"]]


def test_a_remark_that_is_too_long_says_how_much_room_is_left(zhou):
    zhou.talk(
        "走访 高永昌 00000",
        "核对",
        "好" * 990,
        "备注",
        "今天聊到孙子考上大学",
        "备注还能写 9 个字,请写短些。",
    )
    assert "今天聊到" not in zhou.text
    zhou.talk("好" * 1001, "控制在 1000", "孙子来了", "孙子来了")


def test_a_change_of_two_steps_asks_whether_it_is_right(zhou):
    zhou.talk("走访 高永昌 00000", "核对", "[提交]", "已记下")
    zhou.talk("/visit 高永昌", "怎么", "[上门]", "上次:😀 有说有笑", "[低落孤单]",
              "精神变化大:上次😀 有说有笑,这次😟 低落孤单。没点错吧?", "[没人陪]", "健康", "[其余都好]", "在场",
              "[只有本人]", "精神变化大", "[✅ 属实,提交]", "已记下")  # fmt: skip


def test_any_answer_can_be_changed_at_the_review(town, zhou):
    zhou.talk(
        "走访 高永昌 01020 屋顶漏雨",
        "核对",
        "[修改…]",
        "要改哪一项",
        "[住宿:⚠️",
        "5/7 住宿",
        "[整洁安全]",
        "核对",
    )
    assert "家政组" not in zhou.text
    zhou.talk(
        "[修改…]", "要改", "[健康", "3/7 健康", "[‹ 不改了]", "健康:🤧 小毛病", "[提交]", "已记下"
    )
    assert town.rows(Concern) == []


def test_a_second_submit_of_the_same_card_does_nothing_new(town, zhou):
    zhou.talk("走访 高永昌 00000", "核对")
    submit = zhou.find("提交")
    zhou.press(submit)
    zhou.press(submit)
    assert "没有重复记录" in zhou.text
    assert zhou.toast == "已记过"
    assert len(town.visits("高永昌")) == 1


def test_a_typed_remark_at_the_review_becomes_the_note(town, zhou):
    zhou.talk(
        "走访 高永昌 00000",
        "核对",
        "今天聊到孙子考上大学",
        "备注:今天聊到孙子考上大学",
        "心情很好",
        "心情很好",
        "[提交]",
        "已记下",
    )
    (visit,) = town.visits("高永昌")
    assert visit.note == "今天聊到孙子考上大学\n心情很好"


def test_a_promise_is_kept_and_shown_next_time(town, zhou):
    zhou.talk(
        "走访 高永昌 00000",
        "核对",
        "[＋ 答应的事]",
        "答应了老人什么",
        "换水龙头垫圈",
        "答应的事:换水龙头垫圈",
        "[提交]",
        "已记下",
    )
    assert [p.text for p in town.rows(Promise)] == ["换水龙头垫圈"]
    zhou.talk("/visit 高永昌", "11月12日答应过:换水龙头垫圈")


def test_back_dating_needs_a_reason_and_ends_after_three_days(town, zhou):
    zhou.talk("走访 高永昌 00000", "核对", "[改日期]", "哪天走访的", "11-05", "补记最多 3 天", "11-10", "为什么补记",
              "[那里没信号]", "核对:走访 高永昌 · 11月10日", "[提交]", "已记下")  # fmt: skip
    (visit,) = town.visits("高永昌")
    assert (visit.visited_on, visit.late_reason) == (date(2026, 11, 10), "no_signal")


def test_a_card_left_lying_for_days_asks_for_the_day(town, zhou):
    zhou.talk("走访 高永昌 00000", "核对")
    town.wait(days=4)
    zhou.talk(
        "/go",
        "没填完",
        "[走访",
        "哪天走访的",
        "[昨天]",
        "为什么补记",
        "[忘了记]",
        "11月15日",
        "[提交]",
        "已记下",
    )


def test_a_visit_of_an_elder_taken_off_the_list_meanwhile_is_not_lost(town, zhou):
    zhou.talk("走访 高永昌 00000", "核对")
    for pair in town.rows(Assignment, elder_id=town.elders["高永昌"]):
        pair.until_on = date(2026, 11, 1)
        town.change(pair)
    zhou.talk("[提交]", "已不在您的名单上,请问协调员")
    assert len(town.rows(Draft)) == 1


def test_a_severity_raised_to_an_emergency_puts_a_number_first(zhou):
    zhou.talk(
        "走访 高永昌 03000 胸闷",
        "急办",
        "[上报…]",
        "要上报哪些",
        "[健康:改轻重]",
        "按多急办",
        "[紧急]",
        "什么原因",
        "[比看上去严重]",
        "☎️ 先打 120!",
    )


def test_another_name_at_a_finished_card_is_no_remark(town, zhou):
    zhou.talk(
        "走访 高永昌 00000",
        "核对",
        "廖玉珍",
        "廖玉珍 77岁 石沟村",
        "/go",
        "没填完",
        "[走访 高永昌]",
        "核对",
    )
    assert "备注" not in zhou.text


def test_a_name_that_two_people_have_is_no_remark_either(town, zhou):
    zhou.talk("走访 高永昌 00000", "核对", "李秀英", "对得上 2 位",
              "[都不是]", "哪一位", "走访 高永昌", "核对", "李秀英 0 1 0 0 0", "对得上 2 位",
              "[李秀英 84岁", "核对:走访 李秀英", "[提交]", "已记下")  # fmt: skip
    assert [v.health for v in town.visits("李秀英 柳泉村")] == ["watch"]
    zhou.talk("/go", "没填完", "[走访 高永昌]", "核对")
    assert "备注" not in zhou.text


def test_other_answers_about_the_same_elder_take_the_place_of_those_on_the_card(town, zhou):
    zhou.talk("走访 高永昌 00000", "核对", "高永昌 0 1 0 0 0", "健康:🤧 小毛病", "[提交]", "已记下")
    (visit,) = town.visits("高永昌")
    assert (visit.health, visit.note) == ("watch", "")


@pytest.mark.parametrize("line", ["走访王德胜 0 0 0 0 0", "走访王德胜00000", "走访 王德胜 都好"])
def test_a_visit_to_somebody_else_is_no_answer_where_words_are_asked_for(town, zhou, line):
    zhou.talk("/visit 高永昌 00020", "哪里有隐患", line, "核对:走访 王德胜", "[提交]", "已记下")
    assert len(town.visits("王德胜")) == 1
    zhou.talk("走访 高永昌", "哪里有隐患", "走访时看到屋顶漏雨", "核对")


def test_a_coordinator_enters_an_older_visit_for_whoever_went(town, wang):
    wang.talk("走访 高永昌 00000", "核对", "[改日期]", "哪天走访的", "2025-01-02", "超过一年", "10-28",
              "为什么补记", "手机坏了", "谁去的", "[周明]", "谁去的:周明", "[提交]", "已记下")  # fmt: skip
    (visit,) = town.visits("高永昌")
    assert (visit.visited_on, visit.late_reason) == (date(2026, 10, 28), "手机坏了")
    assert visit.liaison_id == town.staff["周明"]
    assert visit.recorded_by == town.staff["王主任"]


def test_a_coordinator_says_who_went_only_where_it_was_somebody_else(town, wang, zhou):
    wang.talk("走访 高永昌 00000", "核对", "[提交]", "已记下",
              "走访 王德胜 00000", "核对", "[＋ 谁去的]", "谁去的", "[李娜]", "谁去的:李娜",
              "[提交]", "已记下")  # fmt: skip
    assert town.visits("高永昌")[0].liaison_id == town.staff["王主任"]
    assert town.visits("王德胜")[0].liaison_id == town.staff["李娜"]
    zhou.talk("走访 高永昌 00000", "核对")
    assert "谁去的" not in str(zhou.screen.rows)


def test_words_after_a_card_that_cannot_be_sent_any_more_are_not_added_to_it(town, zhou):
    zhou.talk("走访 高永昌 00000", "核对")
    for pair in town.rows(Assignment, elder_id=town.elders["高永昌"]):
        pair.until_on = date(2026, 11, 1)
        town.change(pair)
    zhou.talk(
        "[提交]",
        "已不在您的名单上",
        "王德",
        "王德胜 90岁",
        "/go",
        "没填完",
        "[走访 高永昌]",
        "核对",
    )
    assert "备注" not in zhou.text


def test_of_somebody_who_has_died_meanwhile_nothing_more_is_asked(town, zhou):
    zhou.talk("走访 廖玉珍 00000", "核对")
    (liao,) = town.rows(Elder, name="廖玉珍")
    liao.state, liao.ended_on = DECEASED, town.now.date()
    town.change(liao)
    zhou.talk("[提交]", "已逝世")
    assert "顺便问一句" not in zhou.text


def test_a_second_visit_on_one_day_is_asked_about(town, zhou):
    zhou.talk("走访 高永昌 00000", "核对", "[提交]", "已记下", "走访 高永昌 电话 00000", "这一天已记过一次(🚪 上门)",
              "[改日期]", "哪天", "[昨天]", "为什么补记", "[忘了记]", "11月11日")  # fmt: skip
    assert "已记过" not in zhou.text
    zhou.talk("[提交]", "已记下", "走访 高永昌 家中无人", "核对")
    assert "已记过" not in zhou.text
