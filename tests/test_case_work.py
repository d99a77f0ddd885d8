"""Working on a case in chat: who may do what, who was first, and that everybody's card is current."""

from functools import partial

import pytest

from models.case import CLOSED, OPEN, RESOLVED, Case, CaseEvent, CaseHolder
from models.elder import Elder
from models.mailbox import Outgoing
from models.org import Unit
from models.visit import Concern
from tests.case_office import did, send, steps, sweep, the_case
from tests.conversation import at_once

LEAK = "走访 高永昌 00020 屋顶漏雨"


def report(zhou, line=LEAK):
    return zhou.talk(line, "核对", "[✅ 提交]", "已记下")


def test_a_concern_of_a_visit_becomes_a_case_and_its_group_hears_of_it(town, zhou, liu):
    report(zhou)
    assert "个案1(家政组,限期):已通知刘强。" in zhou.text
    (screen,) = liu.look()
    assert screen.text == (
        "⚠️ 个案1 · 限期 · 家政组\n🔔 新个案\n高*昌 81岁 柳泉村 E0001\n维修:屋顶漏雨\n"
        "09:00 周明上报\n待受理 · 11月13日 09:00前受理"
    )
    assert screen.rows == [
        ["受理", "处理中", "办结…"],
        ["转办…", "退回…", "备注…"],
        ["地址电话", "经过"],
    ]
    assert the_case(town).number == 1
    assert town.rows(Concern)[0].case_id == the_case(town).id


def test_from_report_to_close_everybody_s_card_is_current(town, zhou, liu, wang):
    report(zhou)
    liu.look()
    liu.talk("[受理]", "已受理 刘强 09:00 · 11月15日 09:00前上门", "[处理中]", "处理中 刘强", "[办结…]", "怎么办结的",
             "换了三片瓦", "已办结 刘强 09:00:换了三片瓦 · 待回访")  # fmt: skip
    assert "🟢 已办结,请回访问问好了没有" in zhou.look()[-1].text
    zhou.talk("[🟢 好了,销号]", "回访结果", "[好了,老人满意]", "已销号 周明 09:00:好了,老人满意")
    assert "已销号 周明" in liu.look()[-1].text
    assert did(town) == ["opened", "ack", "work", "resolve", "close"]
    assert the_case(town).state == CLOSED
    assert (the_case(town).next_at, the_case(town).late_at) == (None, None)


def test_the_card_of_all_others_changes_where_it_stands(town, zhou, liu, wang):
    report(zhou, "走访 高永昌 00030 塌了半边")
    send(town)
    liu.look()
    liu.talk("[受理]", "已受理")
    (row,) = [one for one in town.rows(Outgoing, state="waiting") if one.kind == "case"]
    assert (row.card, row.in_place) == ("case 1", True)
    assert "已受理 刘强" in wang.look()[-1].text


def test_two_who_press_at_once_get_one_winner_and_one_sentence(town, zhou, liu, wang):
    report(zhou, "走访 高永昌 00030 塌了半边")
    liu.look(), wang.look()
    liu.talk("[受理]", "已受理 刘强")
    wang.press("/case 1 ack")
    assert "没有改动。现在是:已受理 刘强 09:00" in wang.text
    assert wang.toast.startswith("没有改动")
    assert len(town.rows(CaseEvent, action="ack")) == 1


def test_two_phones_at_the_very_same_moment(town, zhou, liu, wang):
    """Two workers, each with a transaction of its own."""
    report(zhou, "走访 高永昌 00030 塌了半边")
    liu.look(), wang.look()
    assert not at_once(*(partial(one.press, "/case 1 ack") for one in (liu, wang)))
    (event,) = town.rows(CaseEvent, action="ack")
    winner, loser = (liu, wang) if event.staff_id == town.staff["刘强"] else (wang, liu)
    assert the_case(town, number=1).owner_id == event.staff_id
    assert "没有改动。现在是:已受理" in loser.text
    assert "没有改动" not in winner.text


def test_a_person_presses_only_what_role_and_state_allow(town, zhou, liu):
    report(zhou)
    zhou.talk("/case 1", "待受理")
    assert "受理" not in zhou.screen.buttons
    assert "撤回…" in zhou.screen.buttons
    zhou.talk("/case 1 ack", "这一步由值班组来办。", "/case 1 return 人手不够", "这一步由值班组来办。",
              "/case 1 close", "没有改动")  # fmt: skip
    liu.talk("/case 1 withdraw 误报", "这一步由上报人来办。")
    assert the_case(town).state == OPEN


def test_words_do_the_same_as_buttons(town, zhou, liu):
    report(zhou)
    liu.talk(
        "受理 1",
        "已受理 刘强",
        "备注 1 下午带梯子去",
        "刘强 09:00:下午带梯子去",
        "办结 1 换了瓦",
        "已办结 刘强 09:00:换了瓦",
    )
    assert did(town) == ["opened", "ack", "note", "resolve"]


def test_a_word_without_a_number_means_the_only_case_it_can(town, zhou, liu):
    liu.talk("受理", "没有可以这样办的个案")
    report(zhou)
    liu.talk("受理", "已受理 刘强")
    report(zhou, "走访 王德胜 00020 屋顶漏雨")
    report(zhou, "走访 廖玉珍 00020 屋顶漏雨")
    liu.talk("受理", "哪一件?", "[⚠️ 3", "个案3")


def test_a_case_is_found_only_by_those_whom_it_concerns(town, zhou, li, liu):
    report(zhou)
    li.talk(
        "/case 1",
        "您的清单里没有个案",
        "/case 99",
        "您的清单里没有个案",
        "/cases",
        "没有未办结",
    )
    town.hire("陈芳", group="medical")
    town.person("陈芳").talk("/case 1", "您的清单里没有个案", "/cases", "没有未办结")


def test_each_role_s_list_is_its_own(town, zhou, li, liu, wang):
    town.hire("赵医生", group="medical")
    doctor = town.person("赵医生")
    report(zhou)
    zhou.talk("走访 王德胜 03000 胸闷", "核对", "[✅ 提交]", "已记下")
    seen = {who.address: named(who) for who in (zhou, li, liu, wang, doctor)}
    both = {"个案1", "个案2"}
    assert seen == {
        "周明": both,
        "李娜": set(),
        "刘强": {"个案1"},
        "王主任": both,
        "赵医生": {"个案2"},
    }


def named(who):
    """The cases on somebody's list."""
    return {label for label in who.say("/cases").screen.buttons if label.startswith("个案")}


def test_after_fourteen_days_it_is_a_case_of_its_own(town, zhou, liu):
    report(zhou)
    town.wait(days=13, hours=23)
    report(zhou)
    assert the_case(town).mentions == 2
    town.wait(days=14)
    report(zhou)
    assert len(town.rows(Case)) == 2


def test_returned_goes_to_the_coordinator_who_refers_it(town, zhou, liu, wang):
    town.hire("吴敏", group="hardship")
    wu = town.person("吴敏")
    report(zhou)
    liu.look()
    liu.talk("[退回…]", "为什么退回", "[不属本组]", "已退回 刘强 09:00:不属本组 · 等协调员定")
    (screen,) = wang.look()
    assert "↩️ 被退回,请定由谁来办" in screen.text
    wang.talk("[转办…]", "转给哪个组", "[帮扶", "待受理")
    assert "🔔 转到本组" in wu.look()[0].text
    assert the_case(town).service_group == "hardship"
    assert liu.say("/case 1").text.startswith("您的清单里没有")
    wu.talk("受理 1", "已受理 吴敏")


def test_a_next_date_is_no_later_than_the_term(town, zhou, liu):
    report(zhou)
    liu.talk("受理 1", "已受理", "/case 1 date", "下一步哪天办", "12-25", "请写今天到11月19日", "/case 1 date 2",
             "下一步:11月14日")  # fmt: skip
    assert str(the_case(town).next_on) == "2026-11-14"


def test_an_urgent_case_is_closed_by_somebody_else_than_who_resolved_it(town, zhou, wang, liu):
    report(zhou, "走访 高永昌 00030 塌了半边")
    wang.talk("受理 1", "已受理 王主任", "办结 1 已安置", "待他人回访")
    assert "🟢 好了,销号" not in wang.screen.buttons
    wang.talk("/case 1 close 好了", "这件是您办结的,要由别人回访。")
    assert the_case(town, number=1).state == RESOLVED
    zhou.talk("销号 1 好了", "已销号 周明")


def test_the_next_visit_asks_whether_it_is_solved_and_closes(town, zhou, liu):
    report(zhou)
    liu.talk("办结 1 换了瓦", "已办结")
    town.wait(days=15)
    zhou.talk("/visit 高永昌", "待回访:维修:屋顶漏雨", "走访 高永昌 00000", "上次:维修:屋顶漏雨(11月12日办结),好了吗?",
              "[🟢 好了]", "维修:屋顶漏雨:🟢 好了", "[✅", "已记下")  # fmt: skip
    assert the_case(town).state == CLOSED
    assert town.rows(CaseEvent, action="close")[0].visit_id == town.visits("高永昌")[-1].id


def test_not_solved_begins_anew_and_tells_the_group(town, zhou, liu):
    report(zhou)
    liu.talk("办结 1 换了瓦", "已办结")
    town.wait(days=15)
    zhou.talk(
        "走访 高永昌 00000", "上次", "[没解决]", "什么原因", "[还是老样子]", "核对", "[✅", "已记下"
    )
    case = the_case(town)
    assert (case.state, case.round, case.owner_id) == (OPEN, 2, None)
    assert "🔔 没解决,重新办理" in liu.look()[-1].text


def test_between_chinese_words_stands_a_chinese_colon(town, zhou, liu):
    report(zhou)
    liu.talk("办结 1 换了瓦", "已办结")
    zhou.talk("/case 1 close 好了", "已销号 周明")
    written = [row.text for row in town.rows(Outgoing)][-1]
    assert "已销号 周明 09:00：好了" in written
    zhou.say("/case 1 story")
    assert "：好了" in [row.text for row in town.rows(Outgoing)][-1]


def test_what_was_written_stays_beside_what_it_was_taken_for(town, zhou, liu):
    report(zhou)
    liu.talk("办结 1 换了瓦", "已办结")
    zhou.talk("/case 1", "请回访", "[🟢 好了,销号]", "回访结果",
              "好了", "已销号 周明 09:00:好了(记为:好了,老人满意)")  # fmt: skip
    assert town.rows(CaseEvent, action="close")[0].text == "好了（记为：好了，老人满意）"


def test_a_voided_visit_takes_back_what_it_said_of_a_case(town, zhou, liu):
    report(zhou)
    liu.talk("办结 1 换了瓦", "已办结")
    town.wait(days=15)
    zhou.talk("走访 高永昌 00000", "上次", "[🟢 好了]", "核对", "[✅", "已记下", "[选错人了/要改]", "哪里",
              "[整条作废]", "什么原因", "[点错了]", "作废", "[确认]", "已作废")  # fmt: skip
    assert the_case(town).state == RESOLVED


def test_a_voided_visit_withdraws_its_case_with_notice(town, zhou, liu):
    report(zhou)
    liu.look()
    zhou.talk(
        "[选错人了/要改]", "哪里", "[整条作废]", "什么原因", "[点错了]", "作废", "[确认]", "已作废"
    )
    assert "已撤回:不用再办了" in liu.look()[0].text
    assert the_case(town).state == "withdrawn"


def test_a_moved_visit_moves_its_case_with_notice(town, zhou, liu):
    report(zhou, "走访 李秀英 石沟村 00020 屋顶漏雨")
    liu.look()
    zhou.talk(
        "[选错人了/要改]",
        "哪里",
        "[选错人了]",
        "其实",
        "[84岁]",
        "什么原因",
        "[选错人了]",
        "改人",
        "[确认]",
        "已改到",
    )
    told = liu.look()[0].text
    assert "更正:是另一位老人\n李*英 84岁 柳泉村 E0003" in told
    case = the_case(town)
    assert case.elder_id == town.elders["李秀英 柳泉村"]


def test_the_same_within_two_weeks_joins_and_the_third_time_it_is_graver(town, zhou, liu):
    report(zhou)
    report(zhou)
    assert "已并入个案1(第2次反映)" in zhou.text
    report(zhou)
    case = the_case(town)
    assert (case.mentions, case.severity, case.round) == (3, 2, 2)
    assert "🔔 情况加急" in liu.look()[-1].text
    town.wait(days=15)
    report(zhou)
    assert len(town.rows(Case)) == 2


def test_one_visit_may_open_two_cases_and_each_may_be_unticked(town, zhou, liu):
    zhou.talk("走访 高永昌 00330 没人做饭", "核对")
    assert "→ 报家政组(刘强):维修,急办" in zhou.text
    zhou.talk("[上报…]", "", "[☑ 生活困难]", "不上报:生活困难", "[✅", "已记下")
    assert [case.category for case in town.rows(Case)] != []
    assert "hardship" not in {case.category for case in town.rows(Case)}
    assert {one.state for one in town.rows(Concern, category="hardship")} == {"unticked"}


def test_the_story_says_who_did_what_and_what_arrived(town, zhou, liu):
    report(zhou)
    town.wait(minutes=5)
    send(town)
    liu.talk("受理 1", "已受理", "/case 1 story", "09:00 周明 上报:屋顶漏雨")
    sweep(town)
    liu.talk("/case 1 story", "09:05 刘强 受理")
    assert "09:00 新个案:✓刘强" in liu.text


def test_a_name_that_was_written_out_is_masked_on_the_card(town, zhou, liu):
    zhou.talk("高永昌家水龙头漏水", "报家政组", "[✅ 上报]", "已通知刘强")
    assert "维修:高*昌家水龙头漏水" in liu.look()[0].text
    for line in ("/case 1", "/case 1 story", "/cases"):
        assert "高永昌" not in liu.say(line).text
    assert "高永昌" in liu.say("/case 1 where").text


def test_where_to_go_is_one_tap_and_audited(town, zhou, liu):
    from models.audit import Audit

    report(zhou)
    liu.look()
    liu.talk("[地址电话]", "高永昌 81岁 柳泉村")
    assert "电话:+86 000 0000 0001" in liu.text
    assert [one.action for one in town.rows(Audit) if one.staff_id == town.staff["刘强"]] == [
        "case_where"
    ]


def test_the_list_shows_the_overdue_first_and_pages(town, zhou, liu, wang):
    for name in ("王德胜", "廖玉珍", "高永昌"):
        report(zhou, f"走访 {name} 00010 水龙头")
    report(zhou, "走访 李秀英 石沟村 00020 漏雨")
    wang.talk("/cases", "未办结4件,逾期0件(1–4)")
    assert wang.text.splitlines()[2].startswith("⚠️ 4 维修")
    town.wait(days=1, hours=1)
    wang.talk("/cases", "未办结4件,逾期1件")
    assert wang.text.splitlines()[2].startswith("🔴⚠️ 4 维修")
    zhou.talk("/cases mine", "未办结4件")


def test_restricted_is_a_code_and_a_severity_for_all_others(town, zhou, li, wang, liu):
    town.hire("赵磊", group="legal")
    town.hire("赵建军", "leader")
    zhao, leader = town.person("赵磊"), town.person("赵建军")
    zhou.talk("走访 高永昌 00400 儿子拿走存折", "核对", "[✅ 提交]", "已记下")
    assert "疑似虐待:儿子拿走存折" in zhao.look()[0].text
    assert "疑似虐待" in wang.look()[0].text
    zhou.talk("/case 1", "个案1 · 急办 · 维权组\nE0001\n待受理")
    leader.talk("/case 1", "个案1 · 急办 · 维权组\nE0001\n待受理")
    for reader in (zhou, leader):
        for line in ("/case 1", "/case 1 story", "/case 1 where", "/cases"):
            reader.say(line)
            assert not [word for word in ("虐待", "存折", "高*昌", "高永昌") if word in reader.text]
    for line in ("/brief 高永昌", "/history 高永昌", "/visit 高永昌"):
        zhou.say(line)
        assert not [word for word in ("虐待", "存折") if word in zhou.text], zhou.text
    zhao.talk(
        "受理 1",
        "已受理 赵磊",
        "/case 1 wish",
        "老人自己什么意愿",
        "[先别告诉家人]",
        "老人意愿:先别告诉家人",
    )
    assert the_case(town).wish == "先别告诉家人"


@pytest.mark.parametrize(
    "words", ["/case", "/case x", "/case -1", "/case 1 dance", "/case 99999999999999"]
)
def test_what_makes_no_sense_is_answered_kindly(town, zhou, words):
    zhou.say(words)
    assert zhou.text.strip()


def test_holders_are_those_who_were_shown_it(town, zhou, liu, wang):
    report(zhou)
    assert len(town.rows(CaseHolder)) == 1
    wang.talk("/case 1", "待受理")
    assert len(town.rows(CaseHolder)) == 2
    assert steps(town) == ["open"]


def test_not_mended_is_a_word_too(town, zhou, liu, wang):
    report(zhou)
    liu.talk("办结 1 修了", "已办结")
    zhou.talk("没修好 1 还在漏", "待受理")
    assert "🔔 没解决" in liu.look()[-1].text


def test_where_everybody_lives_in_one_town_the_other_town_still_sees_nothing(town, zhou, liu):
    for name, place in (("何书记", "岚桥镇"), ("马书记", "沙河镇")):
        town.hire(name, "coordinator", place)
    he, ma = town.person("何书记"), town.person("马书记")
    report(zhou)
    (moved,) = town.rows(Elder, name="欧阳建国")
    for _time in range(2):
        he.talk("/cases", "未办结1件")
        ma.talk("/cases", "没有未办结")
        moved.unit_id = town.rows(Unit, name="石沟村")[0].id
        town.change(moved)
