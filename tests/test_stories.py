"""Stories of the field from beginning to end: somebody's trust, two requests in one sentence."""

from models.case import Case
from tests.case_office import did, the_case


def test_suspected_taking_of_money_stays_a_code_and_is_asked_back_by_another(town, zhou, liu, wang):
    town.hire("赵律师", group="legal")
    zhao = town.person("赵律师")
    zhou.talk("上报 高永昌 儿子扣着养老金卡", "老人自己什么意愿", "[先别告诉家人]", "报维权组(赵律师)",
              "[✅ 上报", "急办")  # fmt: skip
    assert zhao.look()
    assert "老人意愿:先别告诉家人" in zhao.text
    zhou.talk("/case 1", "E0001")
    assert not [word for word in ("养老金", "高*昌", "家人") if word in zhou.text]
    assert not liu.look()
    zhao.talk("/case 1", "养老金卡", "[受理]", "已受理", "[解忧室]", "约哪个时间",
              "[11月17日 14:30]", "")  # fmt: skip
    zhao.talk("/case 1", "", "[办结…]", "怎么办结", "卡已还给老人", "已办结")
    zhao.say("/case 1 close")
    assert "请别人" in zhao.text or "别人" in zhao.text
    wang.talk("/case 1", "", "[🟢 好了,销号]", "回访", "[好了,老人满意]", "已销号")
    assert did(town)[-1] == "close"
    assert the_case(town).resolved_by == town.staff["赵律师"]


def test_a_tap_and_a_reimbursement_in_one_sentence_are_two_cases(town, zhou, liu, wang):
    town.hire("孙会计", group="entitlement")
    sun = town.person("孙会计")
    zhou.talk("高永昌 水龙头坏了要修,还有医药费报销的事", "报家政组(刘强):维修")
    assert "报销,另立一案" in zhou.text
    zhou.talk("[☑ 报销]", "核对", "[☐ 报销]", "报销,另立一案", "[✅ 上报]", "个案1")
    assert [one.service_group for one in town.rows(Case)] == ["housekeeping", "entitlement"]
    assert "维修" in liu.look()[0].text
    assert "报销" in sun.look()[0].text
    zhou.talk("/brief 高永昌", "个案1")
    assert "个案2" in zhou.text
    liu.talk("/case 1 resolve 换了新龙头", "已办结")
    zhou.talk("/case 1 close 修好了", "已销号 周明 09:00:修好了")


def test_of_two_things_the_second_may_be_left_out(town, zhou, liu):
    zhou.talk(
        "高永昌 水龙头坏了要修,还有医药费报销的事",
        "另立一案",
        "[☑ 报销]",
        "核对",
        "[✅ 上报]",
        "个案1",
    )
    assert [one.category for one in town.rows(Case)] == ["repair"]


def test_beside_what_is_restricted_nothing_is_told_to_another_group(town, zhou):
    town.hire("赵律师", group="legal")
    zhou.talk(
        "上报 高永昌 没人做饭,儿子扣着养老金卡", "老人自己什么意愿", "[没说]", "报维权组(赵律师)"
    )
    assert "另立一案" not in zhou.text
    assert "家政组" not in zhou.text


def test_the_coordinator_asks_in_her_own_words(town, wang, zhou):
    wang.talk("岚桥镇这半月还差谁", "🔴 E0001 柳泉村", "小周", "应访5", "未办结", "没有未办结",
              "上月报表", "2026年10月走访工作报表")  # fmt: skip
    assert "高永昌" not in wang.text
