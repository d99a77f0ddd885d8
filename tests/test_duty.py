"""Who is on duty, planned by the coordinator: a span, a day, in turns, two days swapped."""

from datetime import date

import pytest
from sqlmodel import Session

from models import duty
from models.audit import Audit
from models.case import Duty
from models.org import up_from
from models.staff import Staff

TODAY = "今天(11月12日)值班"


@pytest.fixture
def qiang(town):
    """李强, the second duty officer of the housekeeping group."""
    with Session(town.database, expire_on_commit=False) as session:
        place = session.get_one(Staff, town.staff["刘强"]).unit_id
        two = Staff(code="S11", name="李强", role="duty", unit_id=place,
                    service_group="housekeeping")  # fmt: skip
        session.add(two)
        session.commit()
        town.staff["李强"] = two.id
    return town.person("李强")


def on_duty(town, *days: int, place: str = "望岚县") -> list[str]:
    with Session(town.database) as session:
        staff = session.get_one(Staff, town.staff["王主任" if place == "望岚县" else "李娜"])
        units = up_from(session, staff.unit_id)
        every = [date(2026, 11, n) for n in days]
        found = duty.plan(session, "housekeeping", units, every)
        return [",".join(one.name for one in found[on]) for on in every]


def test_a_week_in_turns_two_days_swapped_and_all_taken_back(town, wang, liu, qiang):
    wang.talk(
        "/duty",
        TODAY,
        "[家政组]",
        "家政组谁值班?",
        "[按天排班]",
        "家政组 值班表\n周一 11月9日 全组",
    )
    wang.talk("[下周]", "周一 11月16日 全组", "[轮流排]", "✅ 家政组轮流:周一 刘强、周二 李强")
    assert on_duty(town, 15, 16, 17, 18, 22) == ["", "刘强", "李强", "刘强", "刘强"]
    assert "王主任调整了值班:家政组轮流" in liu.look()[-1].text
    assert "王主任调整了值班" in qiang.look()[-1].text
    turns = wang.find("↩ 撤回")
    town.wait(minutes=1)
    wang.talk("/duty 家政组 swap", "先选要换的一天", "[16 周一 刘强]", "和哪天对调?")
    assert "16 周一 刘强" not in wang.screen.buttons
    wang.talk("[17 周二 李强]", "✅ 家政组对调:刘强 11月16日 ↔ 李强 11月17日")
    assert on_duty(town, 16, 17, 18) == ["李强", "刘强", "刘强"]
    wang.talk("[↩ 撤回]", "↩ 已撤回")
    assert on_duty(town, 16, 17, 18) == ["刘强", "李强", "刘强"]
    assert "↩ 已撤回" in wang.press(turns).text
    assert town.rows(Duty) == []
    assert {a.action for a in town.rows(Audit)} == {"duty", "undo duty"}


def test_one_day_of_the_plan_is_given_to_somebody(town, wang, liu, qiang):
    wang.talk("/duty 家政组 刘强 本周", "✅")
    town.wait(minutes=1)
    wang.talk("/duty 家政组 plan", "周日 11月15日 刘强", "[周六]",
              "家政组 11月14日 周六 谁值班?", "[李强]", "✅ 家政组值班 李强:11月14日")  # fmt: skip
    assert on_duty(town, 12, 14, 15) == ["刘强", "李强", "刘强"]
    assert "李强:11月14日" in liu.look()[-1].text  # whose day it was
    liu.talk("/duty 本周", "家政组:周一至周三 全组;周四至周五 刘强;周六 李强;周日 刘强")
    liu.talk("/duty 家政组 turns week", "值班由协调员安排")


def test_the_word_of_a_town_holds_in_that_town_only(town, wang, zhao, liu):
    wang.talk("/duty 家政组 刘强 本周", "✅")
    zhao.talk("/duty 家政组 周明 本周", "✅ 家政组值班 周明")
    assert on_duty(town, 12) == on_duty(town, 12, place="沙河镇") == ["刘强"]
    zhao.talk("/duty", "家政组:周明")
    wang.talk("/duty", "家政组:刘强")
    zhao.talk("/duty 家政组 李娜 本周", "李娜")
    assert len(town.rows(Duty)) == 2


def test_turns_need_two_people(wang, liu):
    wang.talk(
        "/duty 家政组 turns next", "全组不到两人", "/duty 家政组 swap", "没有值班人不同的两天"
    )
