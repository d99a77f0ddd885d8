"""Whom to see, why, not today, and leave, as conversations."""

from datetime import date

from models.elder import Absence
from models.schedule import Leave, Postponement
from models.visit import Visit


def test_the_days_list_and_its_buttons(town, zhou):
    zhou.talk("/due", "11月1日–11月15日:应访 5,已访 0,逾期 5,停访 0")
    assert "🔴 高永昌 81岁 柳泉村  逾期,最近没去过" in zhou.text
    zhou.talk("[走访 高永昌]", "怎么走访", "[上门]", "精神", "[✨", "在场", "[只有本人]", "核对", "[提交]", "已记下",
              "/due", "应访 5,已访 1,逾期 4")  # fmt: skip


def test_the_days_overdue_grow_until_nobody_knows_how_many_they_are(town, zhou):
    zhou.talk("走访 高永昌 00000", "核对", "[提交]", "已记下")
    for days, said in ((20, "逾期2天"), (15, "逾期17天"), (18, "逾期,最近没去过")):
        town.wait(days=days)
        zhou.talk("/due", f"🔴 高永昌 81岁 柳泉村  {said}")


def test_why_says_in_one_sentence(town, zhou):
    zhou.talk("/why 高永昌", "🔴 逾期:10月16日–10月31日 没有走访,请尽快去。")
    zhou.talk(
        "走访 高永昌 电话 00090",
        "核对",
        "[提交]",
        "已记下",
        "/why 高永昌",
        "🔴 逾期:11月12日 的电话不算走访,请尽快上门。",
    )
    zhou.talk(
        "走访 高永昌 00000",
        "核对",
        "[提交]",
        "已记下",
        "/why 高永昌",
        "🟢 11月12日已走访,11月1日–11月15日 这一次算完成。",
    )
    town.wait(days=5)
    zhou.talk("/why 高永昌", "还不到时候:上次 11月12日,建议 11月27日去。")
    town.wait(days=3)
    zhou.talk(
        "/due",
        "🟡 高永昌 81岁 柳泉村  上次8天前",
        "/why 高永昌",
        "不急:上次 11月12日,建议 11月27日前后去;今天去也算数",
    )


def test_a_visit_is_put_off_inside_its_window_only(town, zhou):
    zhou.talk("走访 高永昌 00000", "核对", "[提交]", "已记下")
    town.wait(days=8)
    zhou.talk("/later 高永昌", "是什么情况?", "[改天去]", "改到哪天去", "12-02", "这次走访要在 11月30日前完成", "11-27",
              "什么原因", "[天气不好]", "11月27日", "[确认]", "⏸ 已改到 11月27日,那天再提醒您。")  # fmt: skip
    (row,) = town.rows(Postponement)
    assert (row.until_on, row.reason) == (date(2026, 11, 27), "weather")


def test_an_absence_suspends_and_wakes_up_by_itself(town, zhou):
    zhou.talk(
        "/later 高永昌",
        "是什么情况",
        "[住院,到…]",
        "到哪一天",
        "11-20",
        "住院",
        "[确认]",
        "⏸ 停访:住院或外出,到期自动恢复",
    )
    (row,) = town.rows(Absence)
    assert (row.kind, row.from_on, row.until_on) == (
        "hospital",
        date(2026, 11, 12),
        date(2026, 11, 20),
    )
    town.wait(days=9)
    zhou.talk("/why 高永昌", "🟡 该去了:11月16日–11月30日 要走访一次")


def test_leave_hands_the_list_over_and_takes_it_back(town, zhou, li):
    li.talk("/visit 高永昌", "没有「高永昌」")
    zhou.talk(
        "/leave 10天 李娜",
        "请假 11月12日 到 11月21日。\n5 位老同志交给:李娜。",
        "[确认]",
        "✅ 已请假",
    )
    assert "周明请假,11月12日 到 11月21日;代班:李娜。" in li.look()[0].text
    li.talk("走访 高永昌 00000", "核对", "[提交]", "已记下")
    (visit,) = town.rows(Visit)
    assert visit.liaison_id == town.staff["李娜"]
    town.wait(days=10)
    li.talk("/visit 高永昌", "没有「高永昌」")
    zhou.talk("/visit 高永昌", "上次 11月12日")


def test_leave_step_by_step_with_the_backups_and_ending_early(town, zhou, li):
    zhou.talk(
        "/leave",
        "从哪天开始",
        "[今天]",
        "请多久",
        "[3天]",
        "谁代班",
        "[各自的后备]",
        "交给:各自的后备联络员",
        "[确认]",
        "已请假",
    )
    li.talk("/visit 高永昌", "怎么走访")
    zhou.talk("/leave", "您正在请假", "/leave end", "已销假")
    li.talk("/visit 王德胜", "没有「王德胜」")
    assert len(town.rows(Leave)) == 1


def test_a_coordinator_puts_somebody_on_leave(town, zhou, li, wang):
    wang.talk(
        "代班 周明 10天 李娜",
        "周明请假,11月12日 到 11月21日;代班:李娜。",
        "代班 张三 3天",
        "找不到唯一一位叫「张三」",
    )
    li.talk("/visit 高永昌", "怎么走访")


def test_the_backup_is_asked_and_may_go_until_the_window_ends(town, zhou, li):
    zhou.talk(
        "/later 高永昌",
        "是什么情况",
        "[请后备代去]",
        "请后备代去",
        "[确认]",
        "已请李娜在 11月15日前走访 高永昌",
    )
    assert "周明请您代走访 高*昌 81岁 柳泉村,11月15日前。" in li.look()[0].text
    li.talk(
        "[开始走访]",
        "走访 高永昌",
        "[上门]",
        "精神",
        "[✨",
        "在场",
        "[只有本人]",
        "核对",
        "[提交]",
        "已记下",
    )
    town.wait(days=4)
    li.talk("/visit 高永昌", "没有「高永昌」")
    zhou.talk("/visit 高永昌", "上次 11月12日")


def test_the_own_hour_of_the_digest(town, zhou):
    zhou.talk(
        "/settings",
        "早上几点提醒您",
        "[08:30]",
        "以后早上 08:30 提醒您",
        "/settings 25:00",
        "请写 07:30 到 17:00",
    )


def test_an_open_absence_ends_when_the_person_is_back_or_visited_at_home(town, zhou):
    zhou.talk(
        "/later 高永昌",
        "是什么情况",
        "[住院,到…]",
        "到哪一天",
        "[不清楚]",
        "住院",
        "[确认]",
        "⏸ 停访",
    )
    town.wait(days=3)
    zhou.talk("/later 高永昌", "是什么情况", "[已回家]", "已回家", "[确认]", "🔴 逾期")
    zhou.talk(
        "/later 王德胜",
        "是什么情况",
        "[外出,到…]",
        "到哪一天",
        "[不清楚]",
        "外出",
        "[确认]",
        "⏸ 停访",
    )
    town.wait(days=1)
    zhou.talk("走访 王德胜 00000", "核对", "[提交]", "已记下。王德胜", "/why 王德胜", "🟢")


def test_a_day_without_a_year_is_the_next_one_or_refused(zhou):
    zhou.talk("/later 高永昌", "是什么情况", "[外出,到…]", "到哪一天", "11-11", "请写以后的日期", "2-29", "请写以后的日期",
              "30号", "11月30日")  # fmt: skip


def test_nobody_stands_in_for_themselves_and_a_coordinator_ends_a_leave(town, zhou, li, wang):
    wang.talk("代班 周明 3天 周明", "找不到唯一一位叫「周明」", "代班 周明 3天 李娜", "代班:李娜", "代班 周明 2天 李娜", "周明已在请假",
              "代班 周明 销假", "周明已销假")  # fmt: skip
    li.talk("/visit 高永昌", "没有「高永昌」")
