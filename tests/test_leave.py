"""Leave has one way in, whoever gives it: the same people are told the same."""

from datetime import date, timedelta

import pytest

from models.schedule import Leave
from models.visit import Visit
from tests.case_office import pass_time
from tests.conversation import EIGHT, promises_a_washer, sweep

WORDS = "周明请假,11月12日 到 11月14日;代班:李娜。"


def test_leave_given_by_the_coordinator_is_told_to_both(town, zhou, li, wang):
    wang.talk("代班 周明 3天 李娜", WORDS)
    assert WORDS in li.look()[0].text
    assert WORDS in zhou.look()[0].text


@pytest.mark.parametrize(
    "said",
    [
        "小周请假3天,小李代",
        "周明请假 3天,由李娜代班。",
        "代班 小周 3天 小李",
        "/cover zhou 3d lina",
        "/cover Zhou 3天 Li",
    ],
)
def test_leave_is_given_in_the_words_one_uses(town, zhou, li, wang, said):
    wang.talk(said, WORDS)
    assert WORDS in li.look()[0].text


def test_leave_taken_by_oneself_is_told_to_the_stand_in_and_the_coordinator(town, zhou, li, wang):
    zhou.talk("/leave 3天 李娜", "交给:李娜", "[确认]", "✅ 已请假")
    assert WORDS in li.look()[0].text
    assert WORDS in wang.look()[0].text


def test_whoever_comes_back_early_says_so_with_one_tap_and_the_stand_in_learns_of_it(
    town, zhou, li
):
    zhou.talk("/leave 3天 李娜", "交给:李娜", "[确认]", "✅ 已请假")
    li.look()
    zhou.talk("/leave", "您正在请假", "[我回来了]", "周明已销假")
    assert "周明已销假" in li.look()[0].text
    li.talk("/visit 高永昌", "没有「高永昌」")


def test_leave_is_taken_back_within_ten_minutes_whoever_gave_it(town, zhou, li, wang):
    wang.talk("代班 周明 3天 李娜", WORDS)
    assert WORDS in li.look()[0].text
    wang.talk("[↩ 撤回]", "↩ 已撤回")
    assert li.look() == []  # what had not gone out yet does not go
    assert town.rows(Leave) == []
    zhou.talk("/leave 3天 李娜", "交给:李娜", "[确认]", "✅ 已请假", "[↩ 撤回]", "↩ 已撤回")
    assert town.rows(Leave) == []
    zhou.talk("/visit 高永昌", "怎么走访的", "放弃", "")
    zhou.talk("/leave 3天 李娜", "交给:李娜", "[确认]", "✅ 已请假", "/leave end", "周明已销假")
    zhou.talk("[↩ 撤回]", "↩ 已撤回", "/leave", "您正在请假")
    zhou.talk("撤回", "撤回哪一项")
    town.wait(minutes=11)
    zhou.talk("[↩ 撤回 1]", "超过十分钟")
    li.talk("/undo", "没有")
    assert len(town.rows(Leave)) == 1


def test_open_promises_go_with_the_list_and_come_back_and_the_record_says_who_went(town, zhou, li):
    promises_a_washer(zhou)
    zhou.talk("/leave 3天 李娜", "交给:李娜", "[确认]", "✅ 已请假")
    sweep(town, EIGHT + timedelta(days=1))
    assert "答应过 高*昌:换水龙头垫圈" in li.look()[-1].text
    li.talk("走访 王德胜 00000", "核对", "[提交]", "已记下")
    (visit,) = town.visits("王德胜")
    assert visit.liaison_id == town.staff["李娜"]
    sweep(town, EIGHT + timedelta(days=4))
    assert "换水龙头垫圈" in zhou.look()[-1].text
    assert "换水龙头垫圈" not in li.look()[-1].text
    zhou.talk("/history 王德胜", "11月13日")
    assert [row.visited_on for row in town.rows(Visit)] == [date(2026, 11, 12), date(2026, 11, 13)]


@pytest.fixture
def zhang(town):
    """张敏, who is nobody's backup and stands in for 周明."""
    town.hire("张敏", "liaison", "岚桥镇")
    return town.person("张敏")


def test_whoever_stands_in_hears_of_an_emergency_and_is_asked_to_follow_up(
    town, zhou, li, wang, zhang
):
    town.hire("马涛", group="emergency")
    ma = town.person("马涛")
    zhou.talk("/leave 10天 张敏", "张敏", "[✅ 确认]", "已请假")
    wang.talk("/problem 高永昌 煤气泄漏", "119", "[🆘", "已通知李娜、张敏、马涛")
    assert "🆘 个案1 · 紧急" in zhang.look()[-1].text
    ma.talk("办结 1 关了阀门", "已办结")
    assert "🟢 已办结,请回访问问好了没有" in zhang.look()[-1].text
    pass_time(town, 24 * 60 + 1)
    assert "🟡 请回访:问问好了没有" in zhang.look()[-1].text
    zhou.look()
    assert not [one for one in li.look() if "🟡" in one.text]


def test_when_who_stands_in_goes_on_leave_too_the_backups_do(town, zhou, li, wang, zhang):
    zhou.talk("/leave 10天 张敏", "张敏", "[✅ 确认]", "已请假")
    zhang.talk("/leave 3天", "谁", "[各自的后备]", "交给", "[✅ 确认]", "已请假")
    sweep(town, EIGHT + timedelta(days=1))
    assert "走访 高永昌" in "".join(map(str, li.look()[-1].rows))
    assert "没有人负责" not in wang.look()[-1].text
    li.talk("走访 高永昌 00000", "核对", "[✅ 提交]", "已记下")
    town.now = EIGHT + timedelta(days=4)
    zhang.talk("走访 李秀英 石沟村 00000", "核对")
    li.talk("走访 李秀英 石沟村 00000", "没有")


def test_nothing_of_a_case_comes_to_who_is_on_leave(town, zhou, li, wang, liu, zhang):
    zhou.talk("走访 高永昌 00020 屋顶漏雨", "核对", "[✅ 提交]", "已记下")
    zhou.talk("/leave 10天 张敏", "张敏", "[✅ 确认]", "已请假")
    liu.talk("办结 1 补好了", "已办结")
    assert "🟢 已办结,请回访问问好了没有" in zhang.look()[-1].text
    assert not [one for one in zhou.look() if "🟢" in one.text]
