"""What is not urgent and falls due together: one message to a person."""

from datetime import UTC, datetime, timedelta

import pytest

from models.case import CaseNotice, CaseStep
from models.mailbox import Outgoing
from tests.case_office import pass_time, send, sweep
from tests.conversation import sweep as morning
from tests.test_escalate import report

MORNING = datetime(2026, 11, 16, 0, 15, tzinfo=UTC)  # Monday, 08:15
HALF = datetime(2026, 11, 16, 0, 30, tzinfo=UTC)


@pytest.fixture
def three(town, zhou, liu, wang):
    """Three leaks that nobody has acknowledged since Thursday."""
    for name in ("高永昌", "王德胜", "廖玉珍"):
        report(zhou, f"走访 {name} 00020 屋顶漏雨")
    send(town)
    wang.look(), liu.look()


def test_steps_of_one_morning_are_one_message(town, wang, three):
    town.now = MORNING
    assert sweep(town) == 3
    send(town)
    (screen,) = wang.look()
    assert screen.text.split("\n")[:2] == ["有3件个案请您跟进:", "🔴 还没有人受理"]
    assert screen.text.count("\n🔴⚠️ ") == 3
    assert screen.rows == [["个案1", "个案2", "个案3"]]
    wang.talk("[个案2", "王*胜")


def test_what_was_done_meanwhile_is_left_out_of_it(town, wang, liu, three):
    town.now = MORNING
    sweep(town)
    liu.talk("受理 2", "已受理")
    send(town)
    rows = town.rows(Outgoing, kind="cases")
    assert [row.text.split("\n")[0] for row in rows] == ["有2件个案请您跟进："]
    assert "个案2" not in str(rows[0].rows)


def test_when_nothing_is_left_nothing_is_sent(town, liu, three):
    town.now = MORNING
    sweep(town)
    for number in (1, 2, 3):
        liu.talk(f"受理 {number}", "已受理")
    send(town)
    assert {row.problem for row in town.rows(Outgoing, kind="cases")} == {"moved on"}


def test_each_case_has_its_delivery_line(town, wang, three):
    town.now = MORNING
    sweep(town)
    send(town)
    town.now = HALF
    sweep(town)
    steps = town.rows(CaseStep, name="ack1")
    assert {one.outcome for one in steps} == {"reached"}
    notices = [one for step in steps for one in town.rows(CaseNotice, step_id=step.id)]
    assert {(one.state, one.staff_id) for one in notices} == {("sent", town.staff["王主任"])}
    wang.talk("/case 1 story", "✓王主任")


def test_one_alone_comes_as_its_card(town, zhou, liu, wang):
    report(zhou, "走访 高永昌 00020 屋顶漏雨")
    pass_time(town, 5 * 24 * 60)
    assert "🔴 还没有人受理" in wang.look()[0].text
    assert "受理" in wang.screen.buttons


def test_an_emergency_is_never_folded(town, zhou, liu, wang, three):
    for name in ("高永昌", "王德胜"):
        zhou.talk(f"上报 {name} 有煤气味", "核对", "[🆘 马上上报]", "已通知")
    wang.look()
    town.wait(minutes=11)
    sweep(town)
    alarms = [one for one in wang.look() if "🔴 还没有人受理" in one.text]
    assert len(alarms) == 2


def test_the_morning_of_the_officer_and_of_the_liaison_names_what_presses(town, zhou, liu, three):
    liu.talk("办结 2 换了瓦", "已办结")
    town.now = MORNING - timedelta(minutes=14)
    morning(town)
    (screen,) = liu.look()
    assert screen.text.split("\n")[1] == "个案:未办结3件,逾期2件,待受理2件。"
    assert screen.text.count("\n🔴⚠️ ") == 2
    assert {"个案1", "个案3", "个案清单"} <= set(screen.buttons)
    digest = next(one for one in zhou.look() if "早上好" in one.text)
    assert "🔴⚠️ 1 维修 · 高*昌" in digest.text
    assert "🟡⚠️ 2 维修 · 王*胜 90岁 石沟村 E0004 · 已办结,请回访" in digest.text
    zhou.talk("[个案2", "已办结 刘强", "[🟢 好了", "回访结果")


def test_who_has_nothing_pressing_has_no_morning(town, zhou, liu, three):
    for number in (1, 2, 3):
        liu.talk(f"处理中 {number}", "处理中")
    town.now = MORNING - timedelta(minutes=14)
    morning(town)
    assert liu.look() == []


def test_a_restricted_one_is_a_code_in_the_liaison_s_morning(town, zhou, liu, wang):
    zhou.talk("上报 高永昌 儿子拿走工资卡", "意愿", "[先别告诉家人]", "核对", "[✅ 上报]", "已通知")
    town.now = MORNING - timedelta(minutes=14)
    morning(town)
    digest = next(one for one in zhou.look() if "早上好" in one.text)
    (said,) = [one for one in digest.text.split("\n") if one.startswith("🔴⚠️ 1 ")]
    assert said == "🔴⚠️ 1 — · E0001 · 待受理"
