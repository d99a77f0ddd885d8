"""The coordinators' evening at five, and the leader's week on its first working morning."""

from datetime import UTC, datetime, timedelta

import pytest

from handlers.evening import EVENING
from handlers.weekly import WEEKLY
from models.case import Case
from models.mailbox import FAILED, Outgoing
from tests import conversation
from tests.conversation import ZONE, plain

FIVE = datetime(2026, 11, 12, 9, tzinfo=UTC)  # 17:00 in the office, a Thursday
MONDAY = datetime(2026, 11, 16, 0, tzinfo=UTC)  # 08:00


def sweep(town, at, kind=EVENING):
    """How many of this kind are written."""
    town.now = at
    before = len(town.rows(Outgoing, kind=kind))
    conversation.sweep(town)
    return len(town.rows(Outgoing, kind=kind)) - before


def said(town, kind=EVENING):
    return plain(town.rows(Outgoing, kind=kind)[-1].text)


def test_the_evening_says_who_was_visited_what_came_in_what_climbs_and_what_is_lost(
    town, zhou, liu, wang
):
    zhou.say("走访 高永昌 00010 水龙头漏水").talk("[✅ 提交]", "已记下")
    zhou.say("走访 王德胜 00020 屋顶漏雨").talk("[✅ 提交]", "已记下")
    lost = town.rows(Outgoing)[-1]
    lost.state = FAILED
    town.change(lost)
    assert sweep(town, FIVE) == 1
    text = said(town)
    assert "今日小结 11月12日 星期四\n走访2人(上门2次,电话等0次),没见到0次\n周明 2" in text
    assert "🟢 E0001 柳泉村、E0004 石沟村" in text
    assert "新报个案:2(限期1、一般1);办结销号:0" in text
    assert "人的消息没送到" in text
    assert not any(name in text for name in ("高永昌", "王德胜", "漏"))


def test_what_would_climb_by_the_morning_is_named(town, zhou, liu, wang):
    for name, code in (("高永昌", "00010"), ("王德胜", "00030")):
        zhou.say(f"走访 {name} {code} 水电").talk("[✅ 提交]", "已记下")
    sweep(town, FIVE)
    due = {one.number: one.next_at.astimezone(ZONE) for one in town.rows(Case)}
    named = [one for one, at in due.items() if at <= datetime(2026, 11, 13, 9, tzinfo=ZONE)]
    assert len(named) < len(due)
    for number in due:
        assert (f"个案{number},{due[number]:%H:%M}" in said(town)) == (number in named)
    assert ("升级" in said(town)) == bool(named)


def test_a_day_on_which_nothing_happened_is_said_so(town, wang):
    assert sweep(town, FIVE) == 1
    assert "今天没有走访。\n新报个案:无;办结销号:0" in said(town)


@pytest.mark.parametrize(
    ("at", "count"),
    [("2026-11-12T16:59", 0), ("2026-11-12T17:00", 1), ("2026-11-12T20:29", 1),
     ("2026-11-12T20:30", 0), ("2026-11-14T17:00", 0), ("2026-10-01T17:00", 0)],
)  # fmt: skip
def test_on_workdays_from_five_until_half_past_eight(town, wang, at, count):
    local = datetime.fromisoformat(at).replace(tzinfo=ZONE)
    assert sweep(town, local.astimezone(UTC)) == count


def test_once_a_day_to_coordinators_only_and_into_no_dialogue(town, zhou, wang):
    town.now = FIVE - timedelta(minutes=1)
    wang.talk("/visit 高永昌", "怎么")
    assert sweep(town, FIVE) == 0
    assert sweep(town, FIVE + timedelta(minutes=15)) == 1
    assert sweep(town, FIVE + timedelta(minutes=16)) == 0
    assert "小结" not in zhou.text + "".join(one.text for one in zhou.look())


# The leader's week


@pytest.fixture
def leader(town):
    town.hire("赵局长", "leader")
    return town.person("赵局长")


def test_the_week_is_counts_only(town, zhou, leader):
    zhou.say("走访 高永昌 00010 水龙头漏水").talk("[✅ 提交]", "已记下")
    assert sweep(town, MONDAY, WEEKLY) == 1
    text = said(town, WEEKLY)
    assert "每周简报 · 11月16日 星期一\n11月9日–11月15日:走访1次(前一周0次),上门占100%" in text
    assert "新报个案:1(一般1)" in text
    assert "望岚县 · 11月16日–11月30日\n应访6 · 已访0(0%)" in text
    assert "岚桥镇 0/5" in text
    assert not any(name in text for name in ("高永昌", "周明", "E00", "漏"))


def test_once_a_week_on_its_first_working_morning(town, leader, wang):
    assert sweep(town, MONDAY - timedelta(minutes=1), WEEKLY) == 0
    assert [sweep(town, MONDAY + timedelta(minutes=n), WEEKLY) for n in (0, 5)] == [1, 0]
    assert sweep(town, MONDAY + timedelta(days=1), WEEKLY) == 0
    assert sweep(town, datetime(2026, 10, 8, 0, 30, tzinfo=UTC), WEEKLY) == 1  # after the holiday


def test_a_leader_who_asks_gets_the_same_page(town, leader):
    leader.talk("/status", "每周简报 · 11月12日 星期四", "[岚桥镇]", "岚桥镇 · 11月1日–11月15日")
