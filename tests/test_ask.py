"""Questions of the desk: /status, the same by plain words, and what nobody learns from them."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session, select

from models.audit import Audit
from models.elder import Elder, ElderFlag
from models.org import Unit
from models.schedule import Leave
from models.staff import COORDINATOR, LEADER, Staff
from tests.conversation import plain


def officer(town, name, place, role=COORDINATOR):
    """Somebody of the office who answers for one place."""
    with Session(town.database) as session:
        unit = session.exec(select(Unit).where(Unit.name == place)).one()
        staff = Staff(code=f"K{len(town.staff)}", name=name, role=role, unit_id=unit.id)
        session.add(staff)
        session.commit()
        town.staff[name] = staff.id
    return town.person(name)


@pytest.fixture
def he(town):
    """何芳, coordinator of 沙河镇 alone."""
    return officer(town, "何芳", "沙河镇")


@pytest.fixture
def leader(town):
    return officer(town, "赵局长", "望岚县", LEADER)


def labels(person):
    return [label for row in person.screen.rows for label in row]


def looks(town, action="list"):
    with Session(town.database) as session:
        found = select(Elder.name).join(Audit, Audit.elder_id == Elder.id)
        return sorted(session.exec(found.where(Audit.action == action)))


def visited(zhou, name):
    zhou.say(f"走访 {name} 00000").talk("[提交]", "已记下")


# From the county to the elder


def test_the_desk_asks_from_the_county_to_the_elder(town, zhou, wang):
    visited(zhou, "高永昌")
    wang.talk(
        "/status",
        "应访6 · 已访1(16%)· 停访0",
        "[岚桥镇]",
        "应访5 · 已访1(20%)",
        "[按联络员]",
        "周明 1/5,逾期4",
        "[周明]",
        "岚桥镇 周明 · 11月1日–11月15日",
        "[还没去 4]",
        "🔴 王德胜 90岁 石沟村",
        "[王德胜]",
        "王德胜 90岁 石沟村 · 男 · C类",
    )
    assert looks(town, "brief") == ["王德胜"]


def test_from_a_liaison_one_comes_back_to_the_place(wang):
    wang.talk(
        "岚桥镇",
        "应访5",
        "[按联络员]",
        "周明 0/5",
        "[周明]",
        "岚桥镇 周明",
        "[‹ 岚桥镇]",
        "岚桥镇 · 11月1日",
    )
    wang.talk("小周", "岚桥镇 周明", "[‹ 望岚县]", "望岚县 · 11月1日")


def test_a_list_says_how_many_there_are(town, wang):
    wang.talk("岚桥镇", "应访5", "[还没去 5]", "岚桥镇 还没去(共5位):")
    for number in range(6):
        same = town.rows(Elder, name="高永昌")[0].model_dump(exclude={"id", "code"})
        town.change(Elder(**same, code=f"E01{number:02}"))
    wang.talk(
        "岚桥镇",
        "应访11",
        "[还没去 11]",
        "岚桥镇 还没去(第1–8位,共11位):",
        "[下一页 ›]",
        "(第9–11位,共11位):",
    )


def test_a_sentence_that_begins_with_who_is_a_question(town, wang):
    wang.talk("who is left", "望岚县")


def test_before_names_are_asked_for_there_are_codes_only(town, wang):
    wang.talk("岚桥镇 还差谁", "🔴 E0001 柳泉村")
    assert not any(name in wang.text for name in ("高永昌", "李秀英", "王德胜"))
    assert looks(town) == []


def test_every_name_that_is_shown_leaves_a_line_in_the_audit(town, wang):
    wang.talk("岚桥镇 还差谁", "岚桥镇 还没去", "[还没去 5]", "高永昌 81岁 柳泉村")
    assert looks(town) == ["廖玉珍", "李秀英", "李秀英", "王德胜", "高永昌"]


def test_on_a_network_of_others_names_stay_masked(town):
    wang = town.person("王主任", "telegram", "77")
    wang.talk("岚桥镇 还差谁", "E0001", "[还没去 5]", "高*昌 81岁")
    assert "高永昌" not in wang.text + "".join(labels(wang))


def test_what_was_visited_suspended_or_tried_in_vain_is_told_apart(town, zhou, wang):
    visited(zhou, "高永昌")
    zhou.say("/visit 廖玉珍").talk(
        "[没见到人", "什么情况", "[家中无人", "核对", "[提交", "已记录未遇"
    )
    wang.talk("岚桥镇", "已访1(20%)", "岚桥镇", "🚪 去过没见到:1", "[未遇 1]", "廖玉珍")
    assert "高永昌" not in wang.text
    wang.talk("岚桥镇 已访", "🟢 E0001 柳泉村")


def test_the_window_before_is_asked_as_it_ended(town, zhou, wang):
    town.now = datetime(2026, 10, 29, 2, tzinfo=UTC)
    visited(zhou, "高永昌")
    town.now = datetime(2026, 11, 12, 2, tzinfo=UTC)
    wang.talk("岚桥镇", "上半期:已访1/应访5(20%)", "岚桥镇 上半期", "岚桥镇 · 10月16日–10月31日")
    assert "应访5 · 已访1(20%)" in wang.text


def test_a_liaison_on_leave_is_said_to_be(town, wang):
    day = town.now.date()
    with Session(town.database) as session:
        session.add(
            Leave(staff_id=town.staff["周明"], cover_id=town.staff["李娜"], from_on=day,
                  until_on=day + timedelta(days=5), made_by=town.staff["王主任"], made_at=town.now)
        )  # fmt: skip
        session.commit()
    wang.talk("小周", "⏸ 请假至11月17日", "李娜", "应访6 · 已访0")


# By plain words


@pytest.mark.parametrize(
    ("words", "understood"),
    [
        ("岚桥镇 还差谁", "岚桥镇 还没去 · 11月1日"),
        ("岚桥还有谁没去?", "岚桥镇 还没去 · 11月1日"),
        ("请问岚桥镇的走访情况怎么样", "岚桥镇 · 11月1日"),
        ("岚桥镇 情况", "岚桥镇 · 11月1日"),
        ("小周", "岚桥镇 周明 · 11月1日"),
        ("周 逾期", "岚桥镇 周明 逾期 · 11月1日"),
        ("石沟 未访", "石沟村 还没去"),
        ("A类 没去", "望岚县 A类 还没去"),
        ("未办结", "没有未办结"),
        ("高永昌 最近", "高永昌 81岁 柳泉村 还没有走访记录"),
        ("gyc 最近", "高永昌 81岁 柳泉村 还没有走访记录"),
        ("高永昌 没去", "🔴 逾期"),
        ("看看图", "看哪张图"),
        ("岚桥镇 图", "岚桥镇:看哪张图"),
        ("李娜 还差谁", "沙河镇 李娜 还没去"),
        ("how is 岚桥镇", "岚桥镇 · 11月1日"),
        ("overdue", "望岚县 逾期"),
    ],
)
def test_plain_words_are_understood_and_it_is_said_what_was(wang, words, understood):
    wang.talk(words, understood)


@pytest.mark.parametrize(
    ("words", "understood"),
    [
        ("Lanqiao who is left", "岚桥镇 Still to visit · Nov 1"),
        ("who is left in Lanqiao?", "岚桥镇 Still to visit · Nov 1"),
        ("Who's left in lanqiao town", "岚桥镇 Still to visit · Nov 1"),
        ("Lanqiao who is left this half-month", "岚桥镇 Still to visit · Nov 1"),
        ("how is Lanqiao doing?", "岚桥镇 · Nov 1"),
        ("Lanqiao", "岚桥镇 · Nov 1"),
        ("Zhou", "岚桥镇 周明 · Nov 1"),
        ("Zhou Ming overdue", "岚桥镇 周明 Overdue · Nov 1"),
        ("xiao zhou", "岚桥镇 周明 · Nov 1"),
        ("open cases", "No open cases"),
        ("open cases in Shahe town", "No open cases"),
        ("open cases in Shahe", "may mean several things"),
        ("Gao Yongchang lately", "高永昌, 81, 柳泉村 has not been visited yet"),
        ("gaoyongchang recently", "高永昌, 81, 柳泉村 has not been visited yet"),
        ("Gao Yongchang", "Log a visit"),
        ("last month's report", "Oct 2026: home visits"),
        ("report for October", "Oct 2026: home visits"),
        ("Lanqiao this month’s report", "岚桥镇, Nov 2026: home visits"),
        ("living alone not visited", "望岚县 lives alone Still to visit"),
        ("who lives alone and has not been visited", "望岚县 lives alone Still to visit"),
        ("widowed overdue", "望岚县 widowed Overdue"),
        ("class A not visited", "望岚县 class A Still to visit"),
        ("Lanqiao the window before", "岚桥镇 · Oct 16"),
        ("charts", "which picture?"),
        ("Shigou village not visited", "石沟村 Still to visit"),
        ("Lanqaio who is left", "岚桥镇 Still to visit"),
    ],
)
def test_the_same_is_asked_in_english(town, wang, words, understood):
    with Session(town.database) as session:
        session.get_one(Staff, town.staff["王主任"]).locale = "en"
        session.commit()
    wang.say(words)
    assert understood in wang.text + str(labels(wang)), wang.text + str(labels(wang))


def test_who_lives_alone_and_was_not_visited(town, zhou, wang):
    visited(zhou, "高永昌")
    with Session(town.database) as session:
        for name in ("高永昌", "王德胜"):
            session.add(ElderFlag(elder_id=town.elders[name], flag="lives_alone",
                                  since=town.now.date()))  # fmt: skip
        session.commit()
    wang.talk("独居 没去", "望岚县 独居 还没去")
    assert "应访2 · 已访1(50%)" in wang.text
    assert "E0004 石沟村" in wang.text
    assert "E0001" not in wang.text


def test_two_readings_are_two_buttons(town, wang):
    with Session(town.database) as session:
        county = session.exec(select(Unit).where(Unit.name == "望岚县")).one()
        session.add(Unit(name="柳泉镇", kind="town", parent_id=county.id))
        session.commit()
    wang.talk("柳泉 还差谁", "有几种理解")
    assert sorted(labels(wang)) == ["柳泉村 还没去", "柳泉镇 还没去"]
    wang.talk("[柳泉村 还没去]", "柳泉村 还没去 · 11月1日", "李秀英 最近", "有几种理解")
    assert labels(wang) == ["李秀英 79岁 石沟村 最近", "李秀英 84岁 柳泉村 最近"]


def test_a_slip_is_offered_as_it_may_have_been_meant(wang):
    wang.talk("岚乔镇 还差谁", "没听懂", "[岚桥镇 还没去]", "岚桥镇 还没去 · 11月1日")


def test_the_same_surname_is_told_apart_by_the_town(town, wang):
    with Session(town.database) as session:
        unit = session.exec(select(Unit).where(Unit.name == "沙河镇")).one()
        session.add(Staff(code="S88", name="周小芳", unit_id=unit.id))
        session.commit()
    wang.talk("小周", "有几种理解")
    assert labels(wang) == ["周明", "周小芳"]
    wang.talk("岚桥镇 小周", "岚桥镇 周明 · 11月1日")


# What it must not take away


def test_danger_comes_before_any_question(wang):
    wang.talk("岚桥镇 高永昌家煤气泄漏", "119")


def test_a_problem_told_in_a_sentence_is_no_question(wang):
    wang.talk("高永昌家屋顶漏雨", "维修")


def test_an_answer_to_an_open_question_stays_an_answer(town, wang):
    wang.talk("/problem 高永昌", "2/2", "岚桥镇 还差谁", "是哪一类", "[吃得少]", "岚桥镇 还差谁")
    assert "应访" not in wang.text


def test_what_no_answer_can_be_is_asked_and_the_dialogue_stays_open(wang):
    wang.talk("/visit 高永昌", "怎么走访的", "岚桥镇 还差谁", "应访5", "电话", "2/6 精神")


def test_at_a_finished_card_even_a_name_is_a_question(wang):
    wang.talk("/office", "", "[走访周期]", "", "[建议间隔]", "", "10", "15 天 → 10 天")
    for said, answered in (
        ("小周", "岚桥镇 周明 · "),
        ("图", "看哪张图"),
        ("高永昌 最近", "还没有走访记录"),
    ):
        wang.talk(said, answered)
    wang.talk("放弃", "放弃")


def test_a_place_alone_stays_an_answer_to_whom(wang):
    wang.talk("/problem", "", "柳泉村", "柳泉村")
    assert "应访" not in wang.text


def test_a_name_alone_is_still_the_elder(wang):
    wang.talk("高永昌", "高永昌 81岁 柳泉村", "李秀英", "李秀英")
    assert "应访" not in wang.text


def test_a_liaison_has_no_desk(zhou):
    zhou.talk("/status", "没听懂", "岚桥镇 还差谁", "没听懂", "小周", "没听懂")


# The branch


SECRETS = ("周明", "高永昌", "石沟村", "岚桥镇", "E0001", "S01")


@pytest.mark.parametrize(
    "ask",
    [
        "%s",
        "%s 还差谁",
        "%s 最近",
        "%s 逾期",
        "/status %s",
        "/cases %s",
        "%s 图",
        "/brief %s",
        "%s 未办结",
    ],
)
def test_what_lies_outside_the_branch_is_as_if_it_were_not(town, zhou, he, ask):
    visited(zhou, "高永昌")
    he.say(ask % "十里铺")
    nothing = (he.text, labels(he))
    for name in (*SECRETS, "小周"):
        he.say(ask % name)
        text, buttons = he.text, labels(he)
        assert (
            text.replace(name, "十里铺"),
            [b.replace(name, "十里铺") for b in buttons],
        ) == nothing
    he.say(ask % "gaoyongchang")
    assert not any(name in he.text + str(labels(he)) for name in SECRETS)
    assert looks(town) == looks(town, "brief") == []


def test_a_button_of_somebody_else_opens_nothing(town, wang, he):
    wang.say("岚桥镇 还差谁")
    stolen = [code for code in wang.screen.buttons.values() if code.startswith("/status")]
    wang.say("小周")
    stolen += [code for code in wang.screen.buttons.values() if code.startswith("/status")]
    assert len(stolen) > 6
    for code in stolen:
        he.press(code)
        assert he.text == "您负责的范围内没有查到,请换个名称再问。"
    assert looks(town) == []


def test_the_whole_branch_of_a_town_is_the_town(he):
    he.talk("/status", "沙河镇 · 11月1日", "还差谁", "应访1 · 已访0")
    assert "E0006 沙河村" in he.text
    assert "E0001" not in he.text


def test_a_stand_in_from_another_town_is_seen_with_the_own_elders_only(town, he):
    day = town.now.date()
    with Session(town.database) as session:
        session.add(
            Leave(staff_id=town.staff["李娜"], cover_id=town.staff["周明"], from_on=day,
                  until_on=day, made_by=town.staff["王主任"], made_at=town.now)
        )  # fmt: skip
        session.commit()
    he.talk("/status", "应访1", "[按联络员]", "周明 0/1", "[周明]", "应访1 · 已访0")
    assert "E0006 沙河村" in he.text
    assert "E0001" not in he.text


def test_a_leader_sees_counts_and_nobody(town, zhou, leader):
    visited(zhou, "高永昌")
    leader.talk("/status", "应访6 · 已访1(16%)", "[岚桥镇]", "应访5 · 已访1(20%)")
    assert labels(leader) == ["看图", "‹ 望岚县"] or "还没去" not in "".join(labels(leader))
    leader.talk("岚桥镇 还差谁", "应访5", "小周", "没听懂", "高永昌 最近", "没听懂")
    for code in ("/status . wg vn", "/status . vs", "/status . sS01"):
        leader.press(code)
        assert plain(leader.text) == "您负责的范围内没有查到,请换个名称再问。"
    assert looks(town) == []


def test_a_spoilt_button_is_answered_too(wang):
    for code in ("/status . u!!!", "/status . f99", "/status . wz", "/status . p999999", "/status .",
                 "/status . s' OR 1=1"):  # fmt: skip
        wang.press(code)
        assert wang.text
        assert "出错" not in wang.text
