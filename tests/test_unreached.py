"""Nobody opens at somebody's who is alone or very ill (story 2): looked for by itself, until there
is news of her."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlmodel import Session

from models import unreached
from models.case import CLOSED, EMERGENCY, OPEN, URGENT, WITHDRAWN, Case
from models.mailbox import Outgoing
from models.org import put_setting
from tests.case_office import did, pass_time, send, steps, sweep, the_case
from tests.conversation import at_once
from tests.conversation import sweep as digests

NOBODY = "王德胜 家中无人"
LATE = datetime(2026, 11, 12, 12, 30, tzinfo=UTC)  # 20:30


@pytest.fixture
def ma(town):
    town.hire("马涛", group="emergency")
    return town.person("马涛")


def attempt(zhou, line=NOBODY):
    return zhou.talk(line, "核对", "[✅ 提交]", "已记录未遇")


def void(zhou, visit):
    zhou.talk(f"/fix {visit.ref} void", "什么原因", "重复了", "作废", "[确认]", "已作废")


def test_after_two_hours_it_is_urgent_and_in_the_evening_an_emergency(town, zhou, wang, ma):
    attempt(zhou)
    assert "到11:00仍联系不上,我会自动上报急办" in zhou.text
    assert zhou.screen.rows[:2] == [["📞 联系上了", "查电话"], ["联系不上", "🆘 有异样"]]
    pass_time(town, 119)
    assert town.rows(Case) == []
    pass_time(town, 1)
    assert the_case(town).severity == URGENT
    for person in (wang, ma, zhou):
        assert "09:00上门未遇,至今联系不上" in person.look()[-1].text
    assert "石沟村" in wang.text
    wang.talk("/case 1 story", "11:00 系统 上报")
    pass_time(town, 6 * 60 + 59)
    assert the_case(town).severity == URGENT
    pass_time(town, 1)
    assert the_case(town).severity == EMERGENCY
    for person in (wang, ma, zhou):
        assert "傍晚仍联系不上" in person.look()[-1].text
    pass_time(town, 10)
    assert steps(town)[-2:] == ["evening1", "ack1"]


def test_who_answers_the_phone_in_time_is_not_looked_for(town, zhou, wang):
    attempt(zhou)
    pass_time(town, 60)
    zhou.talk(
        "[📞 联系上了]", "精神", "[✨", "跟谁通的话", "[本人]", "核对", "[✅ 提交]", "电话不算"
    )
    pass_time(town, 24 * 60)
    assert town.rows(Case) == []


def test_a_visit_ends_the_search_and_everybody_told_hears_of_it(town, zhou, wang, ma):
    attempt(zhou)
    pass_time(town, 130)
    zhou.talk("走访 王德胜 00000", "核对", "[✅ 提交]", "已记下")
    send(town)
    assert the_case(town).state == CLOSED
    assert "🟢 已联系上,不用再找了" in wang.look()[-1].text
    assert "🟢 已联系上" in ma.look()[-1].text
    pass_time(town, 24 * 60)
    assert did(town) == ["opened", "reached"]


def test_whoever_finds_her_says_so_with_one_tap_and_she_is_still_due(town, zhou, wang, ma):
    attempt(zhou)
    pass_time(town, 121)
    wang.look()
    wang.talk(
        "/case 1",
        "",
        "[🟢 联系上了…]",
        "怎么联系上的",
        "[电话接通]",
        "已销号 王主任 11:01:电话接通",
    )
    assert "🟢 已联系上" in zhou.look()[-1].text
    town.wait(days=1)
    zhou.talk("/due", "王德胜")


def test_who_was_not_reached_after_all_is_looked_for_again(town, zhou, wang, ma):
    attempt(zhou)
    pass_time(town, 130)
    wang.talk("/case 1 reached 在家", "已销号", "/case 1", "已销号")
    assert "没解决" not in wang.screen.buttons
    wang.talk(
        "[仍联系不上]",
        "仍联系不上\n怎么联系的?",
        "[没人开门]",
        "待受理",
        "/case 1 story",
        "没人开门",
    )
    assert the_case(town).state == OPEN


def test_only_of_such_a_case_one_says_reached(town, zhou, liu):
    zhou.talk("走访 高永昌 00020 漏雨", "核对", "[✅ 提交]", "已记下")
    liu.talk("/case 1", "")
    assert "联系上了" not in str(liu.screen.rows)
    liu.say("/case 1 reached 在家")
    assert the_case(town).state == "open"


def test_whoever_is_well_is_not_looked_for(town, zhou, wang):
    attempt(zhou, "高永昌 家中无人")
    assert "3天内" in zhou.text
    pass_time(town, 24 * 60)
    assert town.rows(Case) == []


def test_the_hours_and_the_tiers_are_the_office_s(town, zhou, wang):
    with Session(town.database) as session:
        for key, value in (("tiers", "B"), ("after", 30), ("evening", 17 * 60)):
            put_setting(session, unreached.PREFIX + key, value)
        session.commit()
    attempt(zhou)
    attempt(zhou, "高永昌 家中无人")
    pass_time(town, 30)
    assert the_case(town).elder_id == town.elders["高永昌"]
    pass_time(town, 7 * 60 + 30)
    assert the_case(town).severity == EMERGENCY


def test_after_a_day_without_the_bot_it_is_said_once_and_as_grave_as_it_is(town, zhou, wang, ma):
    attempt(zhou)
    town.wait(hours=11)
    for _again in range(3):
        sweep(town)
    assert the_case(town).severity == EMERGENCY
    assert len(wang.look()) == 1
    assert steps(town) == ["open"]


def test_two_processes_open_one_case_and_raise_it_once(town, zhou, wang, ma):
    attempt(zhou)
    town.wait(hours=2)
    at_once(*[partial(sweep, town)] * 2)
    sweep(town)
    assert the_case(town).mentions == 1
    send(town)
    town.wait(hours=7)
    at_once(*[partial(sweep, town)] * 2)
    sweep(town)
    assert steps(town) == ["open", "evening1"]


def test_it_passes_the_quiet_hours(town, zhou, wang):
    town.now = LATE
    attempt(zhou)
    pass_time(town, 120)
    rows = [row for row in town.rows(Outgoing) if row.kind == "case"]
    assert rows
    assert {row.not_before for row in rows} == {None}


def test_a_second_attempt_adds_no_case_and_is_no_further_mention(town, zhou, wang):
    attempt(zhou)
    pass_time(town, 60)
    attempt(zhou)
    pass_time(town, 180)
    assert the_case(town).mentions == 1


def test_an_attempt_at_somebody_else_s_door_is_withdrawn_with_notice(town, zhou, wang, ma):
    attempt(zhou)
    pass_time(town, 121)
    wang.look()
    void(zhou, town.visits("王德胜")[0])
    assert the_case(town).state == WITHDRAWN
    assert "已撤回" in wang.look()[-1].text


def test_a_call_that_was_somebody_else_s_begins_the_search_again(town, zhou, wang, ma):
    attempt(zhou)
    pass_time(town, 121)
    zhou.talk("走访 王德胜 电话 都好", "核对", "[✅ 提交]", "")
    assert the_case(town).state == CLOSED
    wang.look()
    void(zhou, town.visits("王德胜")[-1])
    assert the_case(town).state == OPEN
    assert wang.look()


def test_a_correction_of_the_words_goes_on_with_the_same_case(town, zhou, wang):
    attempt(zhou)
    pass_time(town, 121)
    zhou.talk(
        f"/fix {town.visits('王德胜')[0].ref}",
        "哪里不对",
        "[内容填错了]",
        "要改哪一项",
        "[未遇:家中无人]",
        "",
        "[电话没人接]",
        "为什么更正",
        "[记错了]",
        "核对",
        "[✅ 提交]",
        "已更正",
    )
    pass_time(town, 300)
    assert the_case(town).mentions == 1
    zhou.talk("走访 王德胜 00000", "核对", "[✅ 提交]", "已记下")
    assert the_case(town).state == CLOSED


def test_who_is_with_the_children_is_not_looked_for_any_more(town, zhou, wang, ma):
    attempt(zhou)
    pass_time(town, 121)
    zhou.talk("/later 王德胜", "是什么情况", "[去子女家", "", "[不清楚]", "", "[确认]", "停访")
    assert the_case(town).state == CLOSED
    assert "🟢 已联系上" in wang.look()[-1].text


def test_bad_signs_are_an_emergency_in_two_taps(town, zhou, wang):
    attempt(zhou)
    zhou.talk("[🆘 有异样]", "☎️ 请村干部和110到场开门", "[🆘 马上上报", "☎️ 请村干部和110到场开门")
    assert the_case(town).severity == EMERGENCY


def test_the_coordinator_s_digests_say_where_nobody_was_reached(town, zhou, wang, ma):
    town.now = LATE - timedelta(hours=4, minutes=30)  # 16:00
    attempt(zhou)
    digests(town, LATE - timedelta(hours=3, minutes=25))
    assert "🔎 联系不上:E0004 石沟村(等到18:00)" in wang.look()[-1].text
    pass_time(town, 24 * 60)
    wang.look()
    digests(town, datetime(2026, 11, 16, 0, 5, tzinfo=UTC))
    assert "🔎 联系不上:E0004 石沟村" in wang.look()[-1].text
    assert "王德胜" not in wang.text
