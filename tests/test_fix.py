"""Mending what was stored, as conversations."""

import pytest

from models.audit import Audit
from models.visit import Concern, Promise, Visit


def log(person, line="走访 李秀英 石沟村 01020 屋顶漏雨"):
    return person.talk(line, "核对", "[提交]", "已记下")


def states(town):
    return sorted((v.revision, v.state) for v in town.rows(Visit))


def test_an_answer_is_corrected_as_a_revision(town, zhou):
    log(zhou).talk("[选错人了/要改]", "哪里不对", "[内容填错了]", "要改哪一项", "[住宿", "住宿", "[整洁安全]", "为什么更正",
                   "[点错了]", "核对:更正 李秀英", "[提交]", "✅ 已更正:李秀英")  # fmt: skip
    assert states(town) == [(1, "superseded"), (2, "current")]
    (visit,) = town.visits("李秀英 石沟村")
    assert (visit.lodging, visit.health, visit.change_reason) == ("good", "watch", "mistap")
    old = next(v for v in town.rows(Visit) if v.state == "superseded")
    assert (old.lodging, old.changed_by) == ("concern", town.staff["周明"])
    assert [c.state for c in town.rows(Concern)] == ["withdrawn"]


def test_a_visit_moves_to_the_right_person_of_the_same_name(town, zhou):
    log(zhou)
    town.wait(minutes=10)
    zhou.talk(
        "/fix", "要更正哪一条", "[11月12日 李秀英", "哪里不对", "[选错人了]", "其实走访的是谁?"
    )
    assert zhou.screen.rows[0] == ["李秀英 84岁 柳泉村"]
    zhou.talk(
        "[84岁]",
        "什么原因",
        "[选错人了]",
        "改人:李秀英 79岁 石沟村 → 李秀英 84岁 柳泉村",
        "[确认]",
        "✅ 已改到 李秀英 84岁 柳泉村 名下",
    )
    assert town.visits("李秀英 石沟村") == []
    (moved,) = town.visits("李秀英 柳泉村")
    assert (moved.revision, moved.health, moved.change_reason) == (2, "watch", "wrong_elder")
    concerns = {c.elder_id: c.state for c in town.rows(Concern)}
    assert concerns == {town.elders["李秀英 石沟村"]: "withdrawn", moved.elder_id: "open"}
    assert [a.action for a in town.rows(Audit, action="move")] == ["move"]


def test_the_right_person_may_be_typed_and_is_asked_for_when_several_fit(town, zhou):
    log(zhou, "走访 高永昌 00000").talk("[选错人了/要改]", "哪里", "[选错人了]", "其实走访的是谁", "张三", "没有「张三」",
        "秀英", "「秀英」对得上几位,是哪一位?", "[79岁]", "什么原因", "[记错了]", "改人:高永昌 81岁 柳泉村 → 李秀英 79岁 石沟村",
        "[确认]", "已改到")  # fmt: skip
    assert len(town.visits("李秀英 石沟村")) == 1


def test_a_visit_is_voided_and_its_row_stays(town, zhou):
    log(zhou).talk(
        "[选错人了/要改]",
        "哪里不对",
        "[整条作废]",
        "什么原因",
        "没去成",
        "作废:李秀英",
        "[确认]",
        "已作废",
    )
    assert [(v.state, v.change_reason) for v in town.rows(Visit)] == [("void", "没去成")]
    zhou.talk("/visit 李秀英 石沟村", "还没有走访过")


def test_the_promise_goes_with_the_visit(town, zhou):
    zhou.talk("走访 高永昌 00000", "核对", "[＋ 答应的事]", "答应", "换灯泡", "核对", "[提交]", "已记下",
              "[选错人了/要改]", "哪里不对", "[内容填错了]", "要改", "[在场", "在场", "[本人和老伴]", "为什么更正",
              "[记错了]", "答应的事:换灯泡", "[提交]", "已更正")  # fmt: skip
    assert sorted(p.withdrawn for p in town.rows(Promise)) == [False, True]


def test_nobody_else_can_change_a_record_but_the_coordinator(town, zhou, li, wang):
    log(zhou)
    (visit,) = town.rows(Visit)
    li.talk(f"/fix {visit.ref}", "不能改了")
    assert "李秀英" not in li.text
    wang.talk(f"/fix {visit.ref} void", "什么原因", "重复了", "作废", "[确认]", "已作废")
    (visit,) = town.rows(Visit)
    assert visit.changed_by == town.staff["王主任"]


def test_an_old_button_finds_the_newest_revision(town, zhou):
    log(zhou)
    button = zhou.find("选错人了/要改")
    zhou.press(button).talk(
        "[内容填错了]",
        "要改",
        "[健康",
        "健康",
        "[稳定]",
        "为什么更正",
        "[点错了]",
        "核对",
        "[提交]",
        "已更正",
    )
    zhou.press(button)
    assert "都好" not in zhou.text
    zhou.talk("[整条作废]", "什么原因", "[点错了]", "作废", "[确认]", "已作废")
    assert states(town) == [(1, "superseded"), (2, "void")]


def test_a_mending_can_be_left_off(town, zhou):
    log(zhou).talk(
        "[选错人了/要改]",
        "哪里不对",
        "[整条作废]",
        "什么原因",
        "[点错了]",
        "作废",
        "[不改了]",
        "没有留下记录",
    )
    assert states(town) == [(1, "current")]


@pytest.mark.parametrize("ref", ["", "deadbeef", "E0001", "x" * 80])
def test_a_wrong_reference_is_answered_kindly(zhou, ref):
    zhou.talk(f"/fix {ref}", "您还没有走访记录。")


def test_a_correction_tells_the_coordinator_only_what_is_new(town, zhou, wang):
    zhou.talk("走访 高永昌 03000 女儿能陪", "核对", "[提交]", "已记下")
    assert wang.look()[0].text.startswith(
        "⚠️ 个案1 · 急办 · 医疗组\n🔔 新个案\n高*昌 81岁 柳泉村 E0001"
    )
    zhou.talk("[选错人了/要改]", "哪里不对", "[内容填错了]", "要改", "[用餐", "用餐", "[简单凑合]", "为什么更正", "[记错了]",
              "核对", "[提交]", "已更正")  # fmt: skip
    assert wang.look() == []


def test_a_correction_keeps_the_day_and_takes_a_new_one(town, zhou):
    log(zhou)
    town.wait(days=2)
    zhou.talk("/fix", "哪一条", "[11月12日", "哪里", "[内容填错了]", "要改", "[健康", "健康", "[稳定]", "为什么更正", "[点错了]",
              "核对:更正 李秀英 · 11月12日", "[改日期]", "哪天走访的", "[昨天]", "为什么补记", "[忘了记]", "11月13日", "[提交]", "已更正")  # fmt: skip
    assert str(town.visits("李秀英 石沟村")[0].visited_on) == "2026-11-13"


def test_a_correction_left_lying_for_days_can_still_be_sent(town, zhou):
    log(zhou).talk(
        "[选错人了/要改]",
        "哪里",
        "[内容填错了]",
        "要改",
        "[健康",
        "健康",
        "[稳定]",
        "为什么更正",
        "[点错了]",
        "核对",
    )
    town.wait(days=5)
    zhou.talk("/go", "没填完", "[更正", "核对", "[提交]", "已更正")


def test_an_urgent_record_that_moves_is_told_again(town, zhou, wang):
    zhou.talk("走访 李秀英 石沟村 03000 胸闷", "急办", "[提交]", "已记下").tap("选错人了/要改")
    wang.look()
    zhou.talk(
        "[选错人了]",
        "其实走访的是谁",
        "[84岁]",
        "什么原因",
        "[选错人了]",
        "改人",
        "[确认]",
        "已改到",
    )
    told = wang.look()[0].text
    assert "更正:是另一位老人\n李*英 84岁 柳泉村 E0003" in told
    assert "选错人了:原先记在别人名下" in told
    assert "E0002" not in told
    zhou.talk(
        "/fix",
        "哪一条",
        "[11月12日",
        "哪里",
        "[整条作废]",
        "什么原因",
        "[点错了]",
        "作废",
        "[确认]",
        "已作废",
    )
    assert "已撤回:不用再办了\n李*英 84岁 柳泉村 E0003" in wang.look()[0].text
