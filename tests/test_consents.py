"""What an elder does not want kept or shared (story 15), and what follows at once."""

from datetime import date

import pytest

from models.case import Case
from models.consent import Consent
from models.elder import Elder, ElderFlag
from models.visit import Visit
from tests.conversation import sweep


@pytest.fixture
def ill(town, zhou):
    """Of 王德胜 an illness, an allergy and a visit with a note are known."""
    (elder,) = town.rows(Elder, name="王德胜")
    elder.conditions, elder.allergies, elder.address = "糖尿病", "青霉素", "示例9号"
    town.change(elder)
    town.change(ElderFlag(elder_id=elder.id, flag="illness", since=date(2026, 1, 5)))
    zhou.talk("走访 王德胜 01000 血糖又高了", "核对", "[提交]", "已记下")
    town.wait(days=2)
    return elder


def say_no(zhou, purpose="健康"):
    zhou.talk(
        "/consent 王德胜",
        "未问",
        f"[{purpose}:不同意]",
        "是谁提出的",
        "[本人]",
        "从现在起",
        "[记下]",
        "✅ 已记下",
    )


def test_a_withdrawal_is_recorded_with_date_and_speaker_and_the_coordinator_told(
    town, zhou, wang, ill
):
    say_no(zhou)
    (word,) = town.rows(Consent)
    assert (word.purpose, word.said_on, word.said_by) == ("health", date(2026, 11, 14), "self")
    assert word.withdrawn_at is not None
    assert "🔒 王*胜 石沟村 E0004 不同意:健康(周明记)" in wang.look()[-1].text
    wang.talk("[看一下]", "• 健康:不同意(本人,11月14日)")


def test_earlier_health_is_hidden_at_once_everywhere(town, zhou, wang, ill):
    screens = (
        "/brief 王德胜",
        "/history 王德胜",
        "/timeline 王德胜",
        "/card 王德胜",
        "/visit 王德胜",
    )
    health = ("血糖", "小毛病", "青霉素", "糖尿病", "患病")
    seen = [zhou.say(line).text for line in screens]
    assert all(any(word in text for text in seen) for word in ("血糖", "小毛病", "青霉素"))
    zhou.say("[放弃]").say("[放弃")
    say_no(zhou)
    for person in (zhou, wang):
        for line in (*screens, "台账"):
            person.say(line)
            assert not [word for word in health if word in person.text], (line, person.text)
    wang.talk("/card 王德胜 full", "原因", "[核对资料]", "本人不同意记录健康情况")
    assert not [word for word in health if word in wang.text]


def test_visits_go_on_and_ask_only_whether_a_doctor_is_needed(town, zhou, ill):
    say_no(zhou)
    zhou.talk(
        "/visit 王德胜",
        "怎么",
        "[上门]",
        "精神",
        "[有说有笑]",
        "🔒 本人不同意记病情。只问一句:要不要就医?",
    )
    assert [label for row in zhou.screen.rows[:2] for label in row] == [
        "💪 稳定", "🚑 要尽快就医", "🆘 生命危急", "没看到",
    ]  # fmt: skip
    zhou.talk("[🚑 要尽快就医]", "家人")
    zhou.talk("走访 王德胜 02000 血糖高", "要不要就医")
    zhou.talk("[稳定]", "核对", "[提交]", "已记下")
    visit = town.visits("王德胜")[-1]
    assert (visit.health, "health_more" in visit.answers) == ("good", False)


def test_an_emergency_still_climbs(town, zhou, wang, ill):
    say_no(zhou)
    say_no(zhou, "转服务组")
    wang.look()
    zhou.talk("走访 王德胜 04000", "120", "1", "核对")
    assert town.rows(Case)[0].severity == 1
    assert any("🆘" in one.text for one in wang.look())


def test_without_sharing_a_problem_stays_with_the_office(town, zhou, liu, ill):
    say_no(zhou, "转服务组")
    zhou.talk("走访 王德胜 00020 屋顶漏雨", "核对", "[提交]", "局办公室")
    assert liu.look() == []
    (case,) = town.rows(Case)
    assert (case.service_group, case.restricted) == ("entitlement", True)
    liu.talk("/case 1", "没有个案")


def test_suspected_abuse_stays_with_those_who_may_know_of_it(town, zhou, liu, wang, ill):
    town.hire("赵律师", group="legal")
    town.hire("孙会计", group="entitlement")
    zhao, sun = town.person("赵律师"), town.person("孙会计")
    say_no(zhou, "转服务组")
    zhou.talk(
        "上报 王德胜 儿子打老人", "老人自己什么意愿", "[没说]", "报维权组", "[✅ 上报]", "维权组"
    )
    (case,) = town.rows(Case)
    assert (case.service_group, case.restricted) == ("legal", True)
    assert "老人意愿:没说" in "".join(one.text for one in zhao.look())
    sun.talk("/case 1", "没有个案")
    assert not sun.text.count("打老人")


def test_in_a_visit_the_wish_not_to_share_stands_in_the_case_of_abuse(town, zhou, ill):
    town.hire("赵律师", group="legal")
    zhao = town.person("赵律师")
    say_no(zhou, "转服务组")
    zhou.talk("走访 王德胜 00400 身上有伤", "核对", "[提交]", "维权组")
    assert "老人意愿:不愿转给服务组" in "".join(one.text for one in zhao.look())


def test_without_location_neither_place_nor_address_is_kept_or_shown(town, zhou, ill):
    say_no(zhou, "行踪")
    zhou.talk("走访 王德胜 00000", "核对", "[提交]", "已记下")
    assert [v.place for v in town.rows(Visit)][-1] == "" or "" in [
        v.place for v in town.rows(Visit)
    ]
    zhou.say("/brief 王德胜")
    assert "示例9号" not in zhou.text


def test_the_elder_may_agree_again_and_both_words_are_kept(town, zhou, ill):
    say_no(zhou)
    zhou.talk("/consent 王德胜", "不同意", "[健康:同意]", "是谁", "[监护人]", "恢复登记", "[记下]", "已记下",
              "/brief 王德胜", "青霉素")  # fmt: skip
    assert sorted(w.superseded_at is None for w in town.rows(Consent)) == [False, True]


def test_plain_words_are_understood_and_asked_back(zhou, ill):
    zhou.talk("王爷爷不让记病情", "哪一位老人不同意记录健康情况", "[王德胜", "是谁提出的")


def test_a_wish_about_visits_is_for_the_coordinator_to_decide(town, zhou, wang, ill):
    say_no(zhou)
    zhou.talk("[走访意愿…]", "走访意愿", "[每月一次]", "→ 每月一次", "[提交]", "已提交")
    wang.say("/change").talk("[王德胜", "→ 每月一次", "[接受]", "已接受")
    zhou.talk("/brief 王德胜", "走访意愿:每月一次", "/visit 王德胜", "走访意愿:每月一次")
    town.wait(days=60)
    zhou.talk("/due", "💬 每月一次")
    assert sum("💬" in line for line in zhou.text.splitlines()) == 1
    town.now = town.now.replace(hour=0, minute=30)  # the hour of the digest
    sweep(town)
    assert any("💬 每月一次" in one.text for one in zhou.look())


def test_nobody_of_another_town_can_ask_or_write_it(town, li, ill):
    li.talk("/consent 王德胜", "没有「王德胜」", "/consent E0004 health no", "没有「E0004」")
    assert town.rows(Consent) == []
