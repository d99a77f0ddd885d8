"""An elder dies, or moves away, while somebody still works on a problem of theirs."""

import pytest

from models.case import Case
from tests.case_office import did, pass_time, steps
from tests.conversation import EIGHT
from tests.conversation import sweep as morning

LEAK, PAPERS = "走访 高永昌 00020 屋顶漏雨", "/problem 高永昌 医药费报销"


@pytest.fixture
def office(town, zhou, liu, wang):
    """A leak with the housekeeping group, papers with the bureau's office; both told."""
    town.hire("孙科", group="entitlement")
    sun = town.person("孙科")
    zhou.talk(LEAK, "核对", "[✅ 提交]", "已记下", PAPERS, "报销", "[✅ 上报", "个案2")
    for person in (liu, wang, sun):
        person.look()
    return sun


def dies(zhou, wang, what="已逝世", button="[确认逝世]"):
    zhou.talk(
        "/visit 高永昌", "怎么", "[没见到人…]", "情况", f"[{what}]", "核对", "[提交]", "停止提醒"
    )
    wang.look()
    return wang.talk(button, "吗?", "[确认]", "不在任何名单上")


def test_nobody_is_sent_to_mend_the_roof_of_who_has_died(town, zhou, liu, wang, office):
    dies(zhou, wang)
    assert "已撤回个案:1。\n还要与家属办完的个案:2。" in wang.text
    (told,) = liu.look()
    assert "已撤回:不用再办了" in told.text
    assert "高*昌 81岁 柳泉村 E0001 · 已逝世" in told.text
    assert "已撤回 王主任 09:00:老人已逝世" in told.text
    before = steps(town)
    pass_time(town, 6 * 24 * 60)
    assert liu.look() == []
    assert not [one for one in town.rows(Case, number=1) if one.next_at or one.late_at]
    assert "open" in before


def test_what_the_family_is_owed_stays_open_and_says_so(town, zhou, wang, office):
    dies(zhou, wang)
    (told,) = office.look()
    assert told.text.splitlines()[1:3] == [
        "ℹ️ 老人已不在,请与家属办完",
        "高*昌 81岁 柳泉村 E0001 · 已逝世",
    ]
    office.talk("受理 2", "已受理 孙科", "办结 2 已转遗属", "已办结")


def test_a_resolved_case_is_not_asked_about_at_the_door_of_who_has_died(
    town, zhou, liu, wang, office
):
    liu.talk("办结 1 补好了", "已办结")
    dies(zhou, wang)
    zhou.look()
    pass_time(town, 40 * 24 * 60)
    assert not [one for one in zhou.look() if "回访" in one.text]
    assert did(town).count("retract") == 1


def test_whoever_has_moved_away_is_no_case_of_this_office(town, zhou, liu, wang, office):
    zhou.talk("/visit 高永昌", "怎么", "[没见到人…]", "情况", "[搬", "核对", "[提交]", "已")
    wang.look()
    wang.talk("[已搬离]", "吗?", "[确认]", "已撤回个案:1。")
    assert "已迁走" in liu.look()[0].text


def test_a_death_that_was_a_mistake_brings_the_cases_back(town, zhou, liu, wang, office):
    dies(zhou, wang)
    liu.look()
    wang.talk("[登记错了…]", "为什么", "[消息不实]", "恢复走访", "[确认]", "已回到名单")
    (told,) = liu.look()
    assert "🔔 恢复办理:撤回有误" in told.text
    assert "已逝世" not in told.text.splitlines()[2]
    liu.talk("受理 1", "已受理 刘强")
    town.wait(days=1)
    assert [one.state for one in town.rows(Case, number=1)] == ["acknowledged"]


def test_only_what_the_death_withdrew_comes_back(town, zhou, liu, wang, office):
    wang.talk("/case 1 withdraw 误报", "已撤回")
    town.wait(minutes=5)
    dies(zhou, wang)
    wang.talk("[登记错了…]", "为什么", "[消息不实]", "恢复走访", "[确认]", "已回到名单")
    assert [one.state for one in town.rows(Case, number=1)] == ["withdrawn"]


def test_the_digests_know_of_it_the_next_morning(town, zhou, liu, wang, office):
    dies(zhou, wang)
    for person in (zhou, liu):
        person.look()
    morning(town, EIGHT.replace(day=13))
    assert not [one for one in liu.look() if "高*昌" in one.text]
    digest = next(one for one in zhou.look() if "早上好" in one.text)
    assert "高*昌" not in digest.text
