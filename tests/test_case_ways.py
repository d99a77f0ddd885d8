"""Where a case may lead: suspected abuse stays with the legal group and the coordinator."""

import pytest

ABUSE = "走访 高永昌 00400 儿子拿走存折"
SECRET = ("存折", "侵占", "虐待", "高*昌", "高永昌")


@pytest.fixture
def zhao(town, zhou, wang, liu):
    town.hire("赵磊", group="legal")
    zhao = town.person("赵磊")
    zhou.talk(ABUSE, "核对", "[✅ 提交]", "已记下")
    for person in (zhao, wang):
        person.look()
    return zhao


@pytest.mark.parametrize("words", ["家政组", "医疗组 验伤"])
def test_suspected_abuse_goes_to_no_other_group(town, zhao, wang, liu, words):
    for person in (zhao, wang):
        person.talk(f"转办 1 {words}", "这件只归该组和协调员办,不能转")
        person.talk("/case 1", "个案1 · 急办 · 维权组")
        assert "转办…" not in person.screen.buttons
    assert liu.look() == []
    liu.talk("/case 1", "没有个案")


def test_what_another_group_is_to_do_is_a_case_of_its_own(town, zhao, wang, liu):
    wang.talk("/problem 高永昌 门坏了", "家政组", "[✅ 上报", "个案2")
    (told,) = liu.look()
    assert not [word for word in SECRET[:3] if word in told.text]


def test_where_life_is_in_danger_whoever_must_come_is_told(town, zhao, wang):
    town.hire("马涛", group="emergency")
    ma = town.person("马涛")
    wang.talk("/case 1 raise 1", "☎️ 现在有危险就先打 110")
    wang.talk("转办 1 应急", "应急")
    assert "🔔 转到本组" in ma.look()[0].text


def test_without_leave_to_share_it_stays_with_the_office(town, zhou, wang, liu):
    town.hire("孙科", group="entitlement")
    sun = town.person("孙科")
    zhou.talk(
        "/consent 高永昌",
        "未问",
        "[转服务组:不同意]",
        "是谁提出的",
        "[本人]",
        "从现在起",
        "[记下]",
        "已记下",
    )
    zhou.talk("走访 高永昌 00020 屋顶漏雨", "核对", "[✅ 提交]", "局办公室")
    sun.talk("/case 1", "局办公室", "转办 1 家政组", "不能转")
    assert liu.look() == []
