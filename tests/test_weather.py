"""A warning of heat: a coordinator calls it, who is at risk is rung, and all see how far it is."""

from datetime import UTC, date, datetime, timedelta

import pytest

from models.audit import Audit
from models.case import Case
from models.elder import ElderFlag
from models.mailbox import DROPPED, EMERGENCY, NUDGE, TELL, WAITING, Outgoing
from models.visit import Concern
from models.weather import WeatherAlert
from tests.test_trigger import at, musts


@pytest.fixture
def hot(town, zhou, li, wang):
    """Of six elders 高永昌 and 李秀英 of 柳泉村 (class B) and 王德胜 (C) are at risk; 欧阳建国 of
    the other town since he lives alone."""
    town.change(
        ElderFlag(elder_id=town.elders["欧阳建国"], flag="lives_alone", since=date(2026, 1, 5))
    )
    at(town, 7, 20)
    wang.talk("高温橙色", "哪里?", "[望岚县]", "到什么时候", "[三天]", "🌡 高温橙色 · 望岚县 · 至7月22日\n重点老人4位", "[✅ 发布]",
              "重点老人4 · 已联系0 · 还差4")  # fmt: skip
    return wang


def test_each_liaison_hears_of_their_own_and_a_call_will_do(town, zhou, li, hot):
    zhou.look()
    assert "您有3位重点老人,请一天内打电话或上门" in zhou.text
    assert "您有1位重点老人" in "".join(one.text for one in li.look())
    zhou.talk("[看名单]", "重点老人3 · 已联系0 · 还差3")
    assert [row[0] for row in zhou.screen.rows] == ["走访 王德胜", "走访 高永昌", "走访 李秀英"]
    assert "欧阳建国" not in zhou.text
    town.wait(hours=1)
    zhou.talk("走访 王德胜 电话 00090", "核对", "[✅ 提交]", "", "/weather", "已联系1 · 还差2")
    hot.talk("/weather", "重点老人4 · 已联系1 · 还差3")
    assert "E0004" not in hot.text


def test_a_visit_before_the_warning_is_not_one_after_it(town, zhou, wang):
    at(town, 7, 20, hour=1)
    zhou.talk("走访 王德胜 00000", "核对", "[✅ 提交]", "已记下")
    town.wait(hours=2)
    wang.talk("/weather new heat orange", "", "[岚桥镇]", "", "[今天]", "重点老人3位", "[✅ 发布]",
              "已联系0 · 还差3")  # fmt: skip


def test_the_report_counts_who_was_reached_within_a_day(town, zhou, hot):
    at(town, 7, 21)
    zhou.talk("走访 王德胜 电话 00090", "核对", "[✅ 提交]", "")
    at(town, 7, 23)
    zhou.talk("走访 高永昌 00000", "核对", "[✅ 提交]", "")
    counted = musts(hot, "2026-07")
    assert counted["天气预警"] == (1, 4)
    assert counted["合计"] == (1, 4)
    assert "除节日、天气" not in counted  # 0 of 0


def test_lifted_or_over_nobody_is_asked_any_more(town, zhou, hot):
    hot.talk("[解除预警]", "✅ 已解除:🌡 高温橙色", "/weather", "目前没有天气预警")
    zhou.talk("/weather", "目前没有天气预警")
    assert len(town.rows(Audit, action="weather")) == 1
    hot.talk("/weather new storm blue", "", "[沙河镇]", "", "[今天]", "", "[✅ 发布]", "还差1")
    town.now += timedelta(days=1)
    hot.talk("/weather", "目前没有天气预警")


def test_a_town_s_coordinator_sees_the_county_s_and_lifts_only_her_own(town, zhou, hot):
    town.hire("徐丽娜", "coordinator", "岚桥镇")
    xu = town.person("徐丽娜")
    xu.talk("/weather", "重点老人3 · 已联系0 · 还差3", "[解除预警]", "由县里解除")
    (alert,) = town.rows(WeatherAlert)
    assert alert.lifted_at is None
    xu.talk("寒潮来了", "什么等级", "[黄色]", "到什么时候", "[到明天]", "❄️ 寒潮黄色 · 岚桥镇", "[✅ 发布]",
            "还差3")  # fmt: skip


def test_a_liaison_calls_no_warning_and_sees_none_of_another_town(town, zhou, li, wang):
    wang.talk("/weather new", "", "[🌡 高温]", "", "[橙色]", "", "[沙河镇]", "", "[一周]", "", "[✅ 发布]",
              "还差0")  # fmt: skip
    zhou.talk(
        "/weather",
        "目前没有天气预警",
        "/weather new heat",
        "目前没有天气预警",
        "高温橙色",
        "没听懂",
    )
    ref = town.rows(WeatherAlert)[0].ref
    zhou.talk(f"/weather {ref} lift", "目前没有天气预警")
    assert town.rows(WeatherAlert)[0].lifted_at is None


HOT = "急办,24小时内要见到人\n🌡 高温预警期间,住房隐患按急办上报。"
COLD = "急办,24小时内要见到人\n❄️ 寒潮预警期间,住房隐患按急办上报。"


def test_in_a_heat_wave_a_hazard_in_the_home_cannot_wait(town, zhou, liu, hot):
    zhou.talk("走访 廖玉珍 00020 屋里没有风扇", f"报家政组(刘强):维修,{HOT}")
    zhou.talk("[上报…]", "🌡 高温预警期间", "[住宿:改轻重", "急办", "[限期]", "什么原因", "[已先处理]",
              "限期,3天内要上门")  # fmt: skip
    assert "预警期间" not in zhou.text
    zhou.talk("[上报…]", "", "[住宿:改轻重", "", "[急办]", HOT, "[✅ 提交]", "急办")
    (concern,) = town.rows(Concern)
    assert (concern.severity, concern.default_severity) == (2, 2)
    assert "急办" in liu.look()[0].text


def test_a_hazard_is_not_urgent_where_and_when_no_heat_is_warned_of(town, zhou, li, hot):
    hot.talk("[解除预警]", "已解除", "暴雨红色", "", "[望岚县]", "", "[今天]", "", "[✅ 发布]", "")
    zhou.talk("走访 廖玉珍 00020 地滑", "限期,3天内要上门")
    hot.talk("寒潮蓝色预警", "哪里", "[沙河镇]", "", "[今天]", "", "[✅ 发布]", "")
    zhou.talk("走访 高永昌 00020 地滑", "限期,3天内要上门")
    li.talk("走访 欧阳建国 00020 没有暖气", COLD)


def test_what_was_urgent_in_the_heat_is_so_when_the_record_is_corrected_after_it(town, zhou, hot):
    zhou.talk("走访 廖玉珍 00020 没有风扇", "急办", "[✅ 提交]", "已记下")
    hot.talk("[解除预警]", "已解除")
    town.wait(hours=30)
    zhou.talk(f"/fix {town.visits('廖玉珍')[-1].ref} answers", "改哪一项", "[健康", "健康", "[🤧 小毛病]",
              "为什么", "[点错了]", "急办", "[✅ 提交]", "已更正")  # fmt: skip
    assert [one.severity for one in town.rows(Case)] == [2]


def test_a_visit_of_yesterday_entered_when_the_heat_has_begun_is_urgent_too(town, zhou, hot):
    zhou.talk("走访 廖玉珍 昨天 00020 没有风扇", "为什么", "[没信号]", HOT)


def test_a_problem_of_heating_or_wiring_reported_in_between_is_urgent_too(town, zhou, wang):
    zhou.talk("上报 高永昌 没暖气", "限期", "放弃", "", "是", "")
    wang.talk("寒潮黄色", "哪里", "[岚桥镇]", "", "[今天]", "", "[✅ 发布]", "")
    zhou.talk("上报 高永昌 没暖气", COLD)


def test_called_by_night_all_but_a_red_warning_waits_for_the_morning(town, zhou, li, wang):
    at(town, 7, 20, hour=15)  # 23:00
    wang.talk("高温橙色", "", "[岚桥镇]", "", "[三天]", "7月21日 07:30", "[✅ 发布]", "还差3")
    wang.talk(
        "暴雨红色预警",
        "",
        "[岚桥镇]",
        "",
        "[今天]",
        "🔴 红色预警,夜间也立即通知",
        "[✅ 发布]",
        "还差3",
    )
    orange, red = town.rows(Outgoing, kind=TELL)
    morning = datetime(2026, 7, 20, 23, 30, tzinfo=UTC)
    assert (orange.lane, orange.not_before) == (NUDGE, morning)
    assert (red.lane, red.not_before) == (EMERGENCY, None)
    wang.talk("/weather", "", "[🌡 高温橙色", "", "[解除预警]", "已解除")
    assert [row.state for row in town.rows(Outgoing, kind=TELL)] == [DROPPED, WAITING]


def test_a_warning_is_one_whatever_card_is_open(town, zhou, wang):
    wang.talk("/problem 高永昌", "什么问题", "高温橙色", "🌡 高温橙色 · 3/4 所在地")
    wang.talk("[岚桥镇]", "", "[今天]", "", "[✅ 发布]", "还差3", "没胃口", "核对:高永昌")
    wang.talk("走访 王德胜 00000", "核对", "寒潮蓝色预警信号", "❄️ 寒潮蓝色 · 3/4 所在地")
    wang.talk("先看看", "请点", "放弃", "", "是", "没有留下记录", "高温天多喝水", "高温天多喝水")


def test_open_hazards_become_urgent_when_the_cold_is_warned_of(town, zhou, li, liu, wang):
    zhou.talk("走访 高永昌 00020 没有暖气", "限期", "[✅ 提交]", "个案1")
    zhou.talk("走访 廖玉珍 00010 水龙头", "一般", "[✅ 提交]", "个案2")
    li.talk("走访 欧阳建国 00020 地滑", "限期", "[✅ 提交]", "个案3")
    liu.look()
    wang.talk(
        "寒潮橙色", "", "[岚桥镇]", "", "[今天]", "⚠️ 1件未办结的住房隐患改为急办", "[✅ 发布]", ""
    )
    cases = sorted(town.rows(Case), key=lambda case: case.number)
    assert [case.severity for case in cases] == [2, 4, 3]
    (told,) = liu.look()
    assert "急办" in told.text
    assert "王主任 09:00:❄️ 寒潮橙色 · 岚桥镇" in told.text
