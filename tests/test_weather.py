"""A warning of heat: a coordinator calls it, who is at risk is rung, and all see how far it is."""

from datetime import date, timedelta

import pytest

from models.audit import Audit
from models.elder import ElderFlag
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
    wang.talk("高温橙色", "哪里?", "[望岚县]", "到什么时候", "[三天]", "🌡 高温 · 望岚县 · 至7月22日\n重点老人4位", "[✅ 发布]",
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
    wang.talk(
        "/weather new heat",
        "",
        "[岚桥镇]",
        "",
        "[今天]",
        "重点老人3位",
        "[✅ 发布]",
        "已联系0 · 还差3",
    )


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
    hot.talk("[解除预警]", "✅ 已解除:🌡 高温", "/weather", "目前没有天气预警")
    zhou.talk("/weather", "目前没有天气预警")
    assert len(town.rows(Audit, action="weather")) == 1
    hot.talk("/weather new storm", "", "[沙河镇]", "", "[今天]", "", "[✅ 发布]", "还差1")
    town.now += timedelta(days=1)
    hot.talk("/weather", "目前没有天气预警")


def test_a_town_s_coordinator_sees_the_county_s_and_lifts_only_her_own(town, zhou, hot):
    town.hire("徐丽娜", "coordinator", "岚桥镇")
    xu = town.person("徐丽娜")
    xu.talk("/weather", "重点老人3 · 已联系0 · 还差3", "[解除预警]", "由县里解除")
    (alert,) = town.rows(WeatherAlert)
    assert alert.lifted_at is None
    xu.talk("寒潮来了", "到什么时候", "[到明天]", "❄️ 寒潮 · 岚桥镇", "[✅ 发布]", "还差3")


def test_a_liaison_calls_no_warning_and_sees_none_of_another_town(town, zhou, li, wang):
    wang.talk(
        "/weather new", "", "[🌡 高温]", "", "[沙河镇]", "", "[一周]", "", "[✅ 发布]", "还差0"
    )
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
