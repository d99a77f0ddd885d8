"""Elders nobody looks after are seen, and somebody is found for them."""

from datetime import date, timedelta

from sqlmodel import Session, col, delete

from models.assignment import BACKUP, COVER, PRIMARY, Assignment
from models.staff import Staff
from tests.conversation import EIGHT, sweep


def without_backup(town, *names):
    with Session(town.database) as session:
        ids = [town.elders[name] for name in names]
        these = col(Assignment.elder_id).in_(ids)
        session.exec(delete(Assignment).where(these, col(Assignment.role) == BACKUP))
        session.commit()


def test_whoever_has_neither_liaison_nor_backup_today_is_shown_to_the_coordinator(
    town, zhou, li, wang
):
    without_backup(town, "高永昌", "王德胜")
    zhou.talk("/leave 3天", "谁代班", "[各自的后备]", "⚠️ 其中 2 位没有后备", "[确认]", "已请假")
    told = wang.look()[0]
    assert "⚠️ 其中 2 位没有后备" in told.text
    sweep(town, EIGHT + timedelta(days=1))
    wang.look()
    assert "应访 6,已访 0" in wang.text  # nobody is missing from the sum
    assert "⚠️ 没有人负责的:2 位(E0001、E0004)" in wang.text
    wang.talk("[安排人…]", "先安排哪一位?", "[高永昌]", "由谁负责?周明请假到 11月14日。", "[李娜]",
              "✅ 高永昌 81岁 柳泉村 由李娜代管到 11月14日,到期自动交回。")  # fmt: skip
    assert "王主任请您负责走访 高*昌 81岁 柳泉村" in li.look()[-1].text
    li.talk("/due", "应访 5")
    wang.talk(
        "/assign", "先安排哪一位?", "/assign E0004 李娜", "由李娜代管", "/assign", "都有人负责"
    )
    assert [row.until_on for row in town.rows(Assignment, role=COVER)] == [date(2026, 11, 14)] * 2
    town.now = EIGHT + timedelta(days=3)
    li.talk("/visit 高永昌", "没有「高永昌」")


def test_when_the_named_stand_in_is_away_too_the_coordinator_learns_of_it(town, zhou, li, wang):
    zhou.talk("/leave 10天 李娜", "交给:李娜", "[确认]", "已请假")
    li.talk("/leave 3天", "谁代班", "[各自的后备]", "交给", "[确认]", "已请假")
    sweep(town, EIGHT + timedelta(days=1))
    assert "应访 6,已访 0" in wang.look()[-1].text
    assert "⚠️ 没有人负责的:6 位(E0001、E0002、E0003、E0004) …" in wang.text
    wang.talk("/assign", "先安排哪一位?", "/assign E0001", "今天没有在岗的联络员")


def test_elders_of_a_liaison_who_left_get_a_new_one_for_good(town, li, wang):
    staff = town.rows(Staff, name="周明")[0]
    staff.left_on = date(2026, 11, 11)
    town.change(staff)
    wang.talk(
        "/assign E0001", "还没有联络员。", "[李娜]", "✅ 从今天起,高永昌 81岁 柳泉村 由李娜负责。"
    )
    pairs = town.rows(Assignment, role=PRIMARY, elder_id=town.elders["高永昌"])
    assert {(one.staff_id == staff.id, one.until_on) for one in pairs} == {
        (True, date(2026, 11, 11)),
        (False, None),
    }


def test_only_elders_of_the_own_branch_and_only_coordinators(town, zhou, wang):
    zhou.talk("/assign", "没听懂", "/handover", "没听懂", "/undo", "没有可撤回的操作")
    wang.talk("/assign", "都有人负责", "/assign E9999", "没有「E9999」")


def test_a_coordinator_of_a_town_counts_its_elders_whoever_looks_after_them(town, zhou, li):
    """李娜 of another town stands in for 周明: the coordinator of 岚桥镇 still sees his elders."""
    town.hire("赵主任", "coordinator", "岚桥镇")
    zhao = town.person("赵主任")
    zhou.talk("/leave 3天 李娜", "交给:李娜", "[确认]", "已请假")
    assert "周明请假" in zhao.look()[0].text
    li.talk("走访 高永昌 00000", "核对", "[提交]", "已记下")
    sweep(town, EIGHT + timedelta(days=1))
    zhao.look()
    assert "应访 5,已访 1" in zhao.text
    assert "🔴 李娜:逾期 4(E0002、E0003、E0004、E0005)" in zhao.text


def test_an_elder_the_backup_was_asked_to_see_counts_once(town, zhou, li, wang):
    zhou.talk("/later 高永昌", "是什么情况", "[请后备代去]", "请后备", "[确认]", "已请李娜")
    sweep(town, EIGHT + timedelta(days=1))
    assert "应访 6,已访 0" in wang.look()[0].text
