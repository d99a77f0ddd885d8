"""The office's settings: what a change would do is computed by the rule that will hold."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session

from handlers.office_values import GROUPS
from models.agenda import lines_for, office_policy
from models.audit import Audit
from models.case import Case
from models.mailbox import SENT, Outgoing
from models.org import OfficeSetting
from models.staff import Staff
from tests.test_nudge import EIGHT, sweep


def states(town, name="王主任"):
    with Session(town.database) as session:
        staff = session.get_one(Staff, town.staff[name])
        lines = lines_for(session, staff, town.now.date(), office_policy(session))
        return sorted(line.state for line in lines)


def test_a_change_is_shown_by_the_due_rule_before_it_holds(town, wang, zhou):
    zhou.talk(
        "走访 高永昌 00000",
        "核对",
        "[提交]",
        "已记下",
        "走访 王德胜 00000",
        "核对",
        "[提交]",
        "已记下",
    )
    town.now = datetime(2026, 11, 20, 1, tzinfo=UTC)
    before = states(town)
    wang.talk(
        "/office", "改哪一类设置?", "[走访周期]", "2. 建议间隔:15 天", "[建议间隔]", "改成多少?",
        "5天", "建议间隔:15 天 → 5 天\n改后马上生效,6 位老同志中:",
    )  # fmt: skip
    assert states(town) == before
    shown = wang.text
    wang.talk("[✅ 确认修改]", "✅ 建议间隔:15 天 → 5 天")
    after = states(town)
    more = after.count("due") - before.count("due")
    assert more == 2
    assert f"今天该走访:多 {more} 位({before.count('due')} → {after.count('due')})" in shown
    assert [(a.detail) for a in town.rows(Audit, action="setting")] == ["due.usual_gap 15 → 5"]
    wang.talk("[↩ 撤回]", "↩ 已撤回")
    assert states(town) == before
    assert town.rows(OfficeSetting, key="due.usual_gap") == []


def test_two_changes_of_one_setting_are_taken_back_from_the_last(town, wang):
    wang.talk(
        "/office", "", "[走访周期]", "", "[最短间隔]", "", "[10 天]", "7 天 → 10 天", "[✅", "✅"
    )
    first = wang.find("↩ 撤回")
    wang.talk("/office", "", "[走访周期]", "3. 最短间隔:10 天(原定 7 天)", "3", "改成多少", "3", "10 天 → 3 天",
              "[✅", "✅ 最短间隔:10 天 → 3 天")  # fmt: skip
    assert "之后又有改动" in wang.press(first).text
    wang.talk("/undo", "撤回哪一项?\n1. 最短间隔:10 天 → 3 天", "[↩ 撤回 1]", "↩ 已撤回")
    assert [row.value for row in town.rows(OfficeSetting, key="due.shortest_gap")] == [10]


def test_a_shorter_term_holds_for_new_cases_only(town, wang, zhou):
    zhou.talk("走访 高永昌 00020 屋顶漏雨", "核对", "[提交]", "已记下")
    (old,) = town.rows(Case)
    level = {1: "紧急", 2: "急办", 3: "限期", 4: "一般"}
    wang.talk(
        "/office", "改哪一类", f"[{level[old.severity]}]", "受理期限", "[受理期限]", "改成多少"
    )
    wang.talk("2", "正在办的 1 件仍按原期限,新上报的按新期限", "[✅", "✅ 受理期限")
    zhou.talk("走访 王德胜 00020 屋顶漏雨", "核对", "[提交]", "已记下")
    one, two = sorted(town.rows(Case), key=lambda case: case.number)
    assert one.plan["ack"] == old.plan["ack"]
    assert two.plan["ack"][0] == 2


def test_quiet_hours_and_the_hour_of_the_digest_are_obeyed(town, wang, zhou, li):
    wang.talk("/office", "", "[时间安排]", "免打扰开始:21:00", "[免打扰开始]", "", "18:30",
              "18:30 至次日 07:30 不主动发消息,急件除外", "[✅", "✅ 免打扰开始:21:00 → 18:30")  # fmt: skip
    wang.talk("/office", "", "[时间安排]", "", "[晨报时间]", "", "[09:00]",
              "晨报 09:00 发出;0 人自己定了时间", "[✅", "✅ 晨报时间")  # fmt: skip
    town.now = datetime(2026, 11, 12, 11, tzinfo=UTC)  # seven in the evening
    wang.talk("/assign E0001 李娜", "周明 → 李娜")
    held = [row.not_before for row in town.rows(Outgoing, kind="tell") if row.state != SENT]
    assert held[-1] == datetime(2026, 11, 12, 23, 30, tzinfo=UTC)
    sweep(town, EIGHT + timedelta(days=1))
    assert town.rows(Outgoing, kind="digest") == []
    sweep(town, EIGHT + timedelta(days=1, hours=1))
    assert town.rows(Outgoing, kind="digest")


def test_hours_that_leave_none_to_speak_in_are_refused(town, wang):
    wang.talk(
        "/office",
        "",
        "[时间安排]",
        "",
        "[晨报时间]",
        "",
        "6:00",
        "",
        "[✅",
        "晨报要在免打扰结束之后",
    )
    wang.talk("放弃", "")
    wang.talk(
        "/office", "", "[时间安排]", "", "[下班时间]", "", "07:00", "", "[✅", "结束要晚于开始"
    )
    assert town.rows(Audit, action="setting") == []


@pytest.mark.parametrize("group", GROUPS)
def test_every_setting_can_be_opened_and_has_its_usual_value_among_the_offers(town, wang, group):
    names = {
        "visits": "走访周期",
        "times": "时间安排",
        "room": "解忧室",
        "s1": "紧急",
        "s2": "急办",
        "s3": "限期",
        "s4": "一般",
        "musts": "必到必访时限",
        "score": "考核权重",
        "unreached": "联系不上",
    }
    for one in GROUPS[group]:
        assert one.usual in one.offers, one.key
        wang.talk("/office", "改哪一类", f"[{names[group]}]", "改哪一项?")
        wang.press(next(c for c in wang.screen.buttons.values() if c.endswith(f"a:{one.key}")))
        assert "改成多少?" in wang.text
        label = next(name for name, code in wang.screen.buttons.items() if ".a:" in code)
        wang.talk(f"[{label}]", "→")


def test_a_town_reads_the_settings_and_cannot_change_them(town, zhao, zhou):
    zhao.talk("/office", "以下由县里统一设置:")
    assert "每月走访:2 次" in zhao.text
    assert zhao.screen.buttons == {}
    zhou.talk("/office", "没听懂")


def test_the_room_keeps_other_hours_after_its_effect_was_shown(town, wang, zhou):
    zhou.talk("/room 高永昌", "", "[11月17日 14:30]", "")
    wang.talk(
        "/office", "改哪一类设置?", "[解忧室]", "每周哪天:星期二", "[每周哪天]", "改成多少?", "周四",
        "每周哪天:星期二 → 星期四\n每次可约 5 人\n最近可约:11月12日 星期四 14:30",
    )  # fmt: skip
    assert "⚠️ 已约的 1 人不在新的时间" in wang.text
    wang.talk("[✅ 确认修改]", "✅ 每周哪天:星期二 → 星期四")
    zhou.talk("/room 王德胜", "约哪个时间", "[11月12日 14:30]", "")
    wang.talk("/office", "", "[解忧室]", "", "[同时人数]", "", "[2 人]", "每次可约 10 人", "[✅", "✅",
              "/office", "", "[解忧室]", "", "[结束时间]", "", "14:00", "", "[✅", "没有可约的时间")  # fmt: skip
    wang.talk("/office", "", "[解忧室]", "", "[每周哪天]", "", "周日", "星期一到星期五")
