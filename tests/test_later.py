"""Not today: put off, and back by itself; the backup; what the day's list says of it."""

from datetime import timedelta

from handlers import nudge
from models.mailbox import Outgoing
from tests.conversation import EIGHT, sweep


def put_off(person, day):
    person.talk("/later 高永昌", "是什么情况", "[改天去]", "改到哪天去", day, "什么原因",
                "[我没空]", "我没空", "[确认]", f"⏸ 已改到 {day},那天再提醒您。")  # fmt: skip


def test_an_overdue_visit_that_was_put_off_waits_and_comes_back_by_itself(town, zhou, wang):
    town.now = EIGHT - timedelta(hours=23)
    zhou.talk("/due", "🔴 高永昌")
    put_off(zhou, "11月13日")
    zhou.talk("/due", "应访 5,已访 0,逾期 4", "/why 高永昌", "⏸ 已改到 11月13日,那天再提醒您。")
    zhou.talk("/due", "⏸ 高永昌 81岁 柳泉村  改到11月13日再提醒")
    sweep(town, EIGHT)
    assert "⏸ 高*昌 81岁 柳泉村  改到11月13日再提醒" in zhou.look()[0].text
    assert "⏸ 已改期:1 位" in wang.look()[0].text
    town.now = EIGHT + timedelta(days=1)
    zhou.talk("/due", "🔴 高永昌", "/why 高永昌", "🔴 逾期")


def test_without_a_name_the_days_list_is_offered(town, zhou):
    zhou.talk("/later", "哪一位今天去不了?", "[高永昌]", "是什么情况", "[改天去]", "改到哪天去")
    zhou.talk("[先放着]", "", "/later", "哪一位今天去不了?", "[全部名单…]", "最久没去的在前")


def test_a_backup_who_is_on_leave_is_not_asked(town, zhou, li):
    li.talk("/leave 3天", "谁代班", "[各自的后备]", "交给", "[确认]", "已请假")
    zhou.talk("/later 高永昌", "是什么情况", "[请后备代去]", "请后备代去", "[确认]", "没有后备")


def test_a_line_about_a_call_opens_the_form_for_a_call(town, zhou):
    for name in ("高永昌", "王德胜", "廖玉珍", "李秀英 石沟", "李秀英 柳泉"):
        zhou.talk(f"走访 {name} 00000", "核对", "[提交]", "已记下")
    town.now = EIGHT + timedelta(days=8)
    sweep(town)
    assert "📞 王*胜" in zhou.look()[0].text
    zhou.talk("[📞 王德胜]", "走访 王德胜")
    assert "电话" in zhou.text


def kinds(town):
    return [row.kind for row in town.rows(Outgoing) if row.kind]


def test_a_reminder_of_a_card_waits_for_a_workday_and_for_who_is_there(town, zhou):
    town.now = EIGHT + timedelta(days=2)  # a Saturday
    zhou.talk("/visit 高永昌", "怎么")
    assert sweep(town, town.now + timedelta(hours=2)) == 0
    town.now = EIGHT + timedelta(days=4, hours=1)
    zhou.talk("/visit 王德胜", "怎么")
    zhou.talk("/leave 3天 李娜", "交给", "[确认]", "已请假")
    assert sweep(town, town.now + timedelta(hours=2)) == 0
    assert "draft" not in kinds(town)


def test_a_reminder_of_a_card_never_comes_into_another_dialogue(town, zhou):
    town.now = EIGHT + timedelta(hours=2)
    sweep(town)
    zhou.talk("/visit 高永昌", "怎么")
    town.wait(minutes=62)
    zhou.talk("/visit 王德胜", "怎么")
    assert sweep(town, town.now + timedelta(minutes=2)) == 0
    assert sweep(town, town.now + timedelta(minutes=11)) == 1


def test_a_reminder_that_waited_into_the_night_is_dropped(town, zhou):
    town.now = EIGHT + timedelta(hours=2)
    sweep(town)
    zhou.talk("/visit 高永昌", "怎么")
    sweep(town, town.now + timedelta(hours=2))
    (row,) = town.rows(Outgoing, kind="draft")
    with nudge.Session(town.database) as session:
        late = EIGHT + timedelta(hours=13, minutes=1)  # 21:01
        assert nudge.renew(session, town.receiver.office, late, row) == (None, "quiet hours")


def test_after_a_visit_the_next_one_of_the_list_is_offered(town, zhou):
    zhou.talk("走访 高永昌 00000", "核对", "[提交]", "已记下")
    assert "下一位:李秀英" in str(zhou.screen.rows)
    zhou.talk("/later E0002", "是什么情况", "[住院,到…]", "到哪一天", "[不清楚]", "住院", "[确认]", "⏸",
              "/later E0003", "是什么情况", "[改天去]", "改到哪天去", "11月14日", "什么原因", "[我没空]", "我没空",
              "[确认]", "⏸")  # fmt: skip
    zhou.talk("走访 王德胜 00000", "核对", "[提交]", "已记下")
    assert ["下一位:廖玉珍"] in zhou.screen.rows
    zhou.talk("走访 廖玉珍 00000", "核对", "[提交]", "已记下")
    assert "下一位" not in str(zhou.screen.rows)


def test_two_of_one_name_are_told_apart_on_the_buttons(town, zhou):
    zhou.talk("/due", "逾期 5")
    assert "走访 李秀英79岁" in str(zhou.screen.rows)
    assert "走访 李秀英84岁" in str(zhou.screen.rows)
    zhou.talk("/later", "哪一位", "[李秀英84岁]", "暂不走访:李秀英 84岁")


def test_whoever_was_put_off_stands_in_the_list_once(town, zhou):
    zhou.talk("/later 王德胜", "是什么情况", "[改天去]", "改到哪天去", "11月14日", "什么原因", "[我没空]",
              "我没空", "[确认]", "⏸", "/due", "⏸ 王德胜")  # fmt: skip
    assert zhou.text.count("王德胜") == 1


def test_a_day_on_which_nobody_works_is_not_offered_nor_promised_a_reminder(town, zhou):
    """12 November is a Thursday: of the window Friday, Saturday and Sunday are left."""
    zhou.talk("/later 高永昌", "什么情况", "[改天去]", "改到哪天")
    assert [label for row in zhou.screen.rows for label in row][:1] == ["11月13日"]
    zhou.talk(
        "11-14", "什么原因", "[我没空]", "11月14日", "[✅ 确认]", "那天不上班,不会提醒,请自己记着"
    )
    sweep(town, EIGHT + timedelta(days=1))
    assert "⏸ 高*昌 81岁 柳泉村  改到11月14日\n" in zhou.look()[0].text


def test_on_the_last_day_of_the_window_it_cannot_be_put_off_any_more(town, zhou):
    town.now = EIGHT + timedelta(days=3, hours=1)
    zhou.talk("/later 高永昌", "今天是这次走访的最后一天,不能再改天")
    assert "改天去" not in zhou.screen.buttons
    zhou.talk("改天去", "点", "[住院,到…]", "到哪一天")
