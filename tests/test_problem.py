"""Reporting a problem at any time, by taps or by a sentence; danger puts the number first."""

import io
from datetime import UTC, datetime

import pytest
from PIL import Image

from handlers.emergency import HARMLESS, danger_in
from handlers.problem_kind import guess
from models.case import Case
from models.schedule import Leave
from tests.case_office import the_case
from tests.conversation import sweep


def test_a_problem_takes_at_most_four_taps(town, zhou, liu):
    zhou.talk("/problem", "是哪位老人?", "[高永昌", "什么问题?", "[维修]", "→ 报家政组(刘强):维修,一般", "[✅ 上报]",
              "个案1(家政组,一般):已通知刘强。")  # fmt: skip
    assert the_case(town).source == "problem"
    assert "维修" in liu.look()[0].text


def test_a_rarer_kind_takes_no_more(town, zhou, wang):
    town.hire("赵磊", group="legal")
    town.person("赵磊")
    zhou.talk(
        "/problem 高永昌",
        "什么问题?",
        "[其他…]",
        "是哪一类?",
        "[受骗]",
        "→ 报维权组(赵磊)",
        "[✅ 上报]",
        "已通知",
    )
    assert the_case(town).category == "fraud"


def test_a_free_sentence_proposes_category_and_severity(town, zhou, liu):
    zhou.talk("高永昌家水龙头漏水", "→ 报家政组(刘强):维修,一般")
    assert "核对:高永昌" in zhou.text
    assert town.rows(Case) == []
    zhou.talk(
        "[改急缓…]",
        "有多急?",
        "[限期]",
        "限期",
        "再带把梯子",
        "再带把梯子",
        "[✅ 上报]",
        "已通知刘强",
    )
    case = the_case(town)
    assert (case.severity, case.text) == (3, "高永昌家水龙头漏水\n再带把梯子")


def test_a_sentence_without_a_name_asks_whose(town, zhou, liu):
    zhou.talk(
        "家里停电了", "是哪位老人?", "廖玉珍", "→ 报家政组(刘强):水电气", "[✅ 上报]", "已通知刘强"
    )
    assert the_case(town).elder_id == town.elders["廖玉珍"]


def test_danger_in_a_sentence_puts_the_number_before_anything_is_asked(town, zhou, liu, li, wang):
    zhou.say("头晕,煤气")
    assert zhou.screen.text.startswith("☎️ 先打 119 / 120!")
    zhou.talk("[高永昌", "☎️", "[🆘 马上上报]", "☎️ 先打 119")
    assert "已通知" in zhou.text
    assert "📞 刘强" in zhou.text
    assert "马上到" not in zhou.text
    for person in (liu, li, wang):
        assert "🆘 个案1 · 紧急" in person.look()[0].text


def test_danger_in_the_middle_of_a_card_puts_the_number_first_too(town, zhou, liu):
    zhou.talk(
        "/visit 高永昌", "怎么", "[上门]", "精神", "[低落孤单]", "怎么", "老伴昏迷了", "☎️ 先打 120"
    )
    zhou.talk("[🆘 马上上报]", "→ 报应急", "[🆘 马上上报]", "请打电话")
    assert the_case(town).category == "life_danger"


DANGERS = ("高永昌晕倒住院了", "高永昌煤气中毒,住院了", "走访 高永昌 00000 闻到煤气味", "/visit 高永昌 00000 煤气",
           "昨天高永昌昏迷了", "值班 煤气", "/没这个 着火了", "高永昌 9999 大出血")  # fmt: skip


@pytest.mark.parametrize("words", DANGERS)
def test_whatever_a_sentence_is_read_as_the_number_comes_first(zhou, words):
    zhou.say(words)
    assert zhou.news[0].text.startswith("☎️"), zhou.text


def test_the_number_comes_first_where_the_words_are_no_answer(town, zhou, liu):
    zhou.talk("/later 高永昌", "是什么情况", "他昏迷了", "☎️ 先打 120")
    liu.say("现场着火了")
    assert liu.news[0].text.startswith("☎️ 先打 119")
    assert "🆘 马上上报" not in liu.screen.buttons


def test_the_words_below_a_picture_are_read_for_danger(zhou):
    image = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(image, "JPEG")
    zhou.talk("/problem 高永昌 屋顶漏雨", "→ 报家政组")
    zhou.photo(image.getvalue(), text="屋里有煤气味")
    assert zhou.news[0].text.startswith("☎️ 先打 119")


@pytest.mark.parametrize(
    ("words", "number"),
    [("高永昌说活着没意思", "120 或 110"), ("高永昌不见了", "110"), ("高永昌摔了爬不起来", "120"),
     ("高永昌喘不上气", "120"), ("高永昌家冒烟了", "119")],
)  # fmt: skip
def test_danger_is_known_by_the_words_people_use(zhou, words, number):
    zhou.say(words)
    assert number in zhou.screen.text.splitlines()[0]
    assert "🆘 马上上报" in zhou.screen.buttons


@pytest.mark.parametrize(
    "words", [*HARMLESS, "今天挺好", "要报销煤气费", "高永昌的钥匙不见了", "咳嗽不见了"]
)
def test_harmless_words_are_no_alarm(words):
    assert danger_in(words) is None


def test_what_a_sentence_is_guessed_to_be():
    said = {"屋顶漏雨": "repair", "儿子拿走了工资卡": "exploitation", "摔了一跤": "fall", "不想活了": "suicide_risk",
            "护理费怎么办": "allowance", "停电了": "utilities", "老人走失了": "missing"}  # fmt: skip
    assert {words: getattr(guess(words), "code", None) for words in said} == said


def test_the_coordinator_enters_a_petition(town, wang, liu):
    wang.talk(
        "/problem 高永昌 屋里没水",
        "→ 报家政组(刘强)",
        "[来信来访]",
        "怎么来的?",
        "[来信]",
        "来源:来信",
        "[✅ 上报]",
        "已通知刘强",
    )
    assert the_case(town).source == "petition"


def test_the_wish_of_the_elder_is_asked_where_it_is_restricted(town, zhou, wang):
    zhou.talk(
        "/problem 高永昌 工资卡被儿子拿着",
        "老人自己什么意愿?",
        "[先别告诉家人]",
        "老人意愿:先别告诉家人",
        "[✅ 上报]",
        "已通知王主任",
    )
    assert (the_case(town).wish, the_case(town).restricted) == ("先别告诉家人", True)


def test_a_picture_goes_with_the_case(town, zhou, liu):
    image = io.BytesIO()
    Image.new("RGB", (40, 30), "teal").save(image, "JPEG")
    zhou.talk("/problem 高永昌 屋顶漏雨", "→ 报家政组")
    zhou.photo(image.getvalue())
    zhou.talk("[✅ 上报]", "已通知刘强")
    liu.talk("/case 1 where", "高永昌", "[照片", "个案1")
    assert liu.screen.image.startswith(b"\xff\xd8")


def test_another_town_s_elder_is_not_found(town, zhou):
    zhou.talk("/problem 欧阳建国", "是哪位老人?", "欧阳建国", "没有「欧阳建国」")
    assert town.rows(Case) == []


def test_the_coordinator_sets_who_is_on_duty_by_taps_and_by_words(town, zhou, liu, wang):
    town.hire("李强", group="housekeeping")
    li_qiang = town.person("李强")
    liu.talk("/duty", "家政组:未排班,通知全组:刘强、李强")
    liu.talk("/duty 家政组 刘强 今天", "值班由协调员安排")
    wang.talk("/duty", "今天(11月12日)值班", "[家政组]", "家政组谁值班?", "[李强]", "李强 值家政组的班", "[本周]",
              "✅ 家政组值班 李强:11月12日至11月15日", "值班 家政组 刘强 下周 后备", "家政组后备 刘强:11月16日至11月22日",
              "值班 家政组 李四 本周", "对得上0位", "值班 家政组 刘强 13-40", "请写")  # fmt: skip
    zhou.talk("上报 高永昌 漏雨", "→ 报家政组(李强)", "[✅ 上报]", "已通知李强。")
    assert not any("个案" in one.text for one in liu.look())
    assert li_qiang.look()


def test_who_is_on_leave_is_not_on_duty_and_the_backup_is(town, zhou, liu, wang):
    town.hire("李强", group="housekeeping")
    town.person("李强")
    wang.talk("值班 家政组 刘强 本周", "刘强", "值班 家政组 李强 本周 后备", "李强")
    zhou.talk("上报 高永昌 漏雨", "→ 报家政组(刘强)")
    today = town.now.date()
    town.change(Leave(staff_id=town.staff["刘强"], from_on=today, until_on=today,
                      made_by=town.staff["王主任"], made_at=town.now))  # fmt: skip
    zhou.talk("上报 高永昌 漏雨", "→ 报家政组(李强)")


def test_the_coordinator_s_morning_names_new_and_overdue_cases(town, zhou, liu, wang):
    zhou.talk("上报 高永昌 漏雨", "报家政组", "[✅ 上报]", "已通知")
    town.now = datetime(2026, 11, 17, 0, 0, tzinfo=UTC)
    sweep(town)
    digest = next(one for one in wang.look() if "早上好" in one.text)
    assert "个案:未办结1件,昨天以来新增0件,待回访0件。" in digest.text
    assert "🔴 逾期1件,待受理1件。" in digest.text
    assert "个案清单" in digest.buttons


def test_one_tap_from_the_scene_tells_everybody_what_awaits_them(town, zhou, liu, wang):
    town.hire("马涛", group="emergency")
    zhou.talk("上报 高永昌 煤气", "☎️", "[🆘 马上上报", "人都撤到安全处了吗?")
    assert "📞 马涛 +86 000 0000 0199(未入聊天,请打电话)" in zhou.text
    assert "刘强 +86 000 0000 0104\n" in zhou.text
    assert zhou.screen.rows[0] == ["已撤出", "还有人在里面", "打不通电话"]
    wang.look()
    zhou.talk("[还有人在里面]", "周明 09:00:还有人在里面")
    assert zhou.text.startswith("☎️ 先打 119 / 120!")
    assert "📞 马涛" in zhou.text
    assert zhou.screen.rows[0] == ["已撤出", "还有人在里面", "打不通电话"]
    for person in (wang, liu):
        assert "🆘 现场来报" in person.look()[-1].text
        assert "还有人在里面" in person.text
    zhou.talk("上报 李秀英 叫不醒", "☎️")


def test_of_an_illness_the_scene_is_asked_whether_help_comes(town, zhou, liu, wang):
    zhou.talk(
        "上报 高永昌 叫不醒", "☎️", "[🆘 马上上报", "急救联系上了吗?", "[已打通求助]", "已打通求助"
    )


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("I smell coal gas", "fire_gas_co"),
        ("She COLLAPSED at home", "life_danger"),
        ("There is no smell of gas", None),
        ("The tap is dripping", "repair"),
        ("He fell on the stairs", "fall"),
        ("We talked about the gasoline price", None),
        ("A retired teacher came by", None),
        ("The bank takes the money", "exploitation"),
    ],
)
def test_an_english_sentence_is_read_as_well(words, code):
    found = guess(words)
    assert (found.code if found else None) == code


def test_what_the_third_mention_makes_an_emergency_is_answered_with_the_number_first(
    town, zhou, wang
):
    for _time in range(2):
        zhou.talk("/problem 高永昌 摔倒了", "急办", "[✅ 上报", "个案1")
        assert "☎️" not in zhou.text
        town.wait(hours=1)
    zhou.talk("/problem 高永昌 摔倒了", "急办", "[✅ 上报", "紧急")
    assert zhou.text.startswith("☎️ 先打 120!")
    zhou.talk("走访 高永昌 02000 摔了", "核对", "[✅ 提交]", "已记下")


def test_what_the_coordinator_makes_an_emergency_is_answered_with_the_number_first(
    town, zhou, wang
):
    zhou.talk("/problem 高永昌 屋顶漏雨", "一般", "[✅ 上报", "个案1")
    wang.talk("/case 1 raise", "有多急", "[紧急]", "🆘 个案1")
    assert wang.text.startswith("☎️ 先打 119 / 120!")
