"""Before going in, history, and finding the way, as conversations."""

from models.audit import Audit
from tests.conversation import promises_a_washer


def test_the_brief_tells_last_time_what_is_open_and_the_birthday(town, zhou):
    promises_a_washer(zhou, "走访 高永昌 01020 屋顶漏雨")
    town.wait(days=15)
    zhou.talk("查 高永昌", "高永昌 81岁 柳泉村 · 男 · B类 · E0001")
    assert "上次 11月12日(15天前)🚪 上门:健康 🤧 小毛病、住宿 ⚠️ 有隐患" in zhou.text
    assert "没办完:维修:屋顶漏雨(个案1,家政组,待受理)" in zhou.text
    assert "11月12日答应过:换水龙头垫圈" in zhou.text
    assert "🎂 1月18日生日,满82岁" in zhou.text
    assert zhou.screen.rows[0] == ["开始走访", "📞 打电话"]
    zhou.talk("[📞 打电话]", "高永昌 81岁 柳泉村:+86 000 0000 0001")
    assert zhou.find("打电话") == "tel:+8600000000001"
    assert len(town.rows(Audit, action="phone")) == 1


def test_each_look_at_a_person_is_audited(town, zhou):
    zhou.talk("/brief 高永昌", "高永昌", "/history 高永昌", "还没有走访记录")
    assert [(a.action, a.elder_id) for a in town.rows(Audit)] == [
        ("brief", town.elders["高永昌"]), ("history", town.elders["高永昌"])]  # fmt: skip


def test_a_card_that_shows_as_much_leaves_a_line_too_once(town, zhou):
    zhou.talk(
        "/visit 高永昌",
        "还没有走访过",
        "[上门]",
        "精神",
        "[有说有笑]",
        "健康",
        "/visit 高永昌",
        "填过一半",
    )
    assert [a.action for a in town.rows(Audit)] == ["visit_card"]


def test_the_number_is_said_in_words_where_a_network_cannot_dial(town):
    telegram = town.person("周明", "telegram", "4711")
    telegram.talk("/brief 高永昌", "高*昌")
    assert "0000 0001" not in telegram.text
    telegram.talk(
        "[📞 打电话]", "高*昌 81岁 柳泉村:+86 000 0000 0001", "/phone 欧阳建国", "没有「欧阳建国」"
    )


def test_the_history_shows_visits_and_attempts_latest_first(town, zhou):
    zhou.talk("走访 高永昌 00000", "核对", "[提交]", "已记下")
    town.wait(days=3)
    zhou.talk(
        "/visit 高永昌",
        "怎么",
        "[没见到人…]",
        "情况",
        "[家中无人]",
        "核对",
        "[提交]",
        "未遇",
        "/history 高永昌",
        "11月15日 · 家中无人",
    )
    assert zhou.text.index("11月15日") < zhou.text.index("11月12日 · 🚪 上门 · 都好")


def test_a_bare_name_offers_what_can_be_done(zhou):
    zhou.talk("高永昌", "高永昌 81岁 柳泉村")
    assert zhou.screen.rows == [["记走访"], ["信息卡", "历次走访"], ["上报问题"]]


def test_an_unknown_word_gets_the_two_likeliest_commands(zhou):
    zhou.talk("走方 高永", "没听懂「走方 高永」。您是不是要:")
    assert zhou.screen.rows == [["走访 高永昌"], ["查 高永昌"], ["帮助"]]
    zhou.talk("[走访 高永昌]", "走访 高永昌 · 1/7 进")


def test_a_word_that_is_near_to_nothing_gets_what_is_mostly_wanted(town, zhou, wang):
    zhou.talk("哈哈", "没听懂「哈哈」。您是不是要:")
    assert zhou.screen.rows == [["今天走访谁"], ["记走访"], ["帮助"]]
    zhou.talk("帮我", "您是不是要")
    assert zhou.screen.rows == [["今天走访谁"], ["记走访"], ["帮助"]]
    zhou.talk("走访 高永昌", "怎么走访", "[上门]", "精神", "/qqqq", "没听懂")
    assert zhou.screen.rows == [["回到没填完的卡片"], ["今天走访谁"], ["帮助"]]
    wang.talk("/stat", "没听懂")
    assert wang.screen.rows == [["走访情况"], ["设置"], ["帮助"]]


def test_help_speaks_to_the_role(zhou, wang):
    zhou.talk("/help", "我帮您记走访")
    assert "/invite" not in zhou.text
    wang.talk("帮助", "/broadcast 群发通知")


def test_the_language_can_be_changed_and_stays(zhou):
    zhou.talk(
        "/settings",
        "用哪种语言",
        "[English]",
        "From now on I write English.",
        "/visit 高永昌",
        "How did you visit?",
        "1",
        "How is the elder's spirit today?",
    )


def test_codes_are_explained(zhou):
    zhou.talk("/codes", "2 ⚠️ 有隐患")


def test_a_suggestion_keeps_the_name_that_several_people_fit(zhou):
    zhou.talk("走方 李秀", "您是不是要:", "[走访 李秀]", "「李秀」对得上 2 位")
