"""A whole visit in one line, however it is written."""

from datetime import date

import pytest

from models.draft import Draft
from models.visit import OBSERVATIONS, Visit


@pytest.mark.parametrize(
    "line",
    ["走访 高永昌 0 1 0 2 0 屋顶漏雨", "/visit E0001 01020 屋顶漏雨", "走访 高永昌 上门 01020 屋顶漏雨",
     "走访 高永昌 01020 屋顶漏雨"],
)  # fmt: skip
def test_one_line_logs_a_whole_visit(town, zhou, line):
    zhou.talk(line, "住宿:⚠️ 有隐患,屋顶漏雨", "[提交]", "已记下")
    (visit,) = town.visits("高永昌")
    assert (visit.health, visit.lodging, visit.mode) == ("watch", "concern", "in_person")


@pytest.mark.parametrize(
    "line",
    ["高永昌0 1 0 2 0屋顶漏雨", "走访高永昌 ０１０２０ 屋顶漏雨", "高永昌 0,1,0,2,0 屋顶漏雨", "走访 高永昌 0、1、0、2、0 屋顶漏雨",
     "gyc 01020 屋顶漏雨", "高永昌 今天 0 1 0 2 0 屋顶漏雨", "E0001 01020屋顶漏雨"],
)  # fmt: skip
def test_a_line_is_understood_however_it_is_written(town, zhou, line):
    zhou.talk(line, "住宿:⚠️ 有隐患,屋顶漏雨", "[提交]", "已记下")
    assert town.visits("高永昌")[0].health == "watch"


@pytest.mark.parametrize(
    "line",
    [
        "走访高永昌 一切都好",
        "高永昌 都好",
        "高永昌一切正常。",
        "走访 高永昌,挺好",
        "高永昌 all well",
    ],
)
def test_all_is_well_may_be_said_in_words(town, zhou, line):
    zhou.talk(line, "用餐:🍚 三餐正常", "[提交]", "已记下")
    (visit,) = town.visits("高永昌")
    assert (visit.spirit, visit.lodging, visit.one_tap) == ("good", "good", True)


def test_a_call_a_day_and_more_words_fit_in_one_line(town, zhou):
    zhou.talk(
        "高永昌 昨天 电话 都好 孙子来了",
        "为什么补记",
        "[忘了记]",
        "11月11日 📞 电话",
        "[提交]",
        "已记下",
    )
    (visit,) = town.visits("高永昌")
    assert (visit.mode, visit.lodging, visit.note) == ("phone", "not_observed", "孙子来了")
    assert visit.visited_on == date(2026, 11, 11)
    zhou.talk("走访 廖玉珍 周二", "怎么走访的", "[上门]", "精神", "[✨", "在场", "[只有", "为什么补记", "[忘了记]", "11月10日",
              "走访 廖玉珍 上周二 都好", "补记最多 3 天", "走访 廖玉珍 明天 都好", "那天还没到")  # fmt: skip


@pytest.mark.parametrize(
    ("line", "outcome"),
    [("高永昌 住院了", "in_hospital"), ("高永昌住院了", "in_hospital"), ("走访 高永昌 不在家", "not_at_home"),
     ("高永昌没接电话", "no_answer"), ("高永昌昨晚走了", "deceased"), ("高永昌 搬走了", "moved")],
)  # fmt: skip
def test_why_nobody_was_met_may_be_said_in_words(town, zhou, line, outcome):
    zhou.say(line)
    (draft,) = town.rows(Draft)
    assert draft.answers["outcome"] == outcome


def test_where_it_was_and_other_elders_are_understood_at_a_finished_card(town, zhou):
    zhou.talk("高永昌 住院了 县医院三楼", "到什么时候", "[一周]", "医院:县医院三楼", "廖玉珍 都好", "核对:走访 廖玉珍", "欧阳家也好",
              "备注:欧阳家也好", "王德胜 0 1 0", "请按 精神、健康、子女、住宿、用餐 写五个代码")  # fmt: skip
    assert len(town.rows(Draft)) == 2


@pytest.mark.parametrize(
    "line", ["来了 3 个人", "张三 住院了", "都好", "住院了", "0 0 0 0 0", "高永昌 怎么样"]
)
def test_what_is_no_line_gets_one_sentence(town, zhou, line):
    zhou.talk(line, "没听懂")
    assert town.rows(Draft) == []


def test_a_line_with_a_wrong_code_says_which(town, zhou):
    zhou.talk(
        "走访 高永昌 0 7 0 2 0",
        "健康没有代码 7",
        "走访 高永昌 0 1 0",
        "请按 精神、健康、子女、住宿、用餐 写五个代码",
    )
    assert town.rows(Draft) == []


def test_a_new_line_replaces_what_the_card_held(zhou):
    zhou.talk(
        "/visit 高永昌",
        "怎么",
        "[上门]",
        "精神",
        "[低落孤单]",
        "怎么看",
        "[没人陪]",
        "健康",
        "走访 高永昌 3 0 0 0 0",
        "突然的还是慢慢的",
    )


def test_words_need_no_blank_behind_the_command(zhou):
    zhou.talk("走访高永昌", "走访 高永昌 · 1/7", "／走访 高永昌", "走访 高永昌")


def test_several_visits_in_one_message_get_a_card_each(town, zhou):
    zhou.talk("走访 高永昌 00000\n/visit E0004 0 1 0 0 0", "核对:走访 高永昌")
    assert "核对:走访 王德胜" in zhou.text
    zhou.talk(
        "[提交]", "已记下。王德胜", "/go", "没填完", "[走访 高永昌", "核对", "[提交]", "已记下"
    )
    assert [len(town.visits(name)) for name in ("高永昌", "王德胜")] == [1, 1]
    zhou.talk("高永昌 都好,廖玉珍 家中无人", "走访 廖玉珍", "[提交]", "已记录未遇")
    zhou.talk("\n".join(["高永昌 都好"] * 11), "最多 10 位")


def test_more_codes_than_there_are_questions_are_not_cut_off(zhou):
    zhou.talk("走访 高永昌 0 0 0 0 0 0 0", "写五个代码")


@pytest.mark.parametrize(
    ("said", "expected"),
    [("下雨,给高永昌打了电话,挺好", "📞 电话\n精神:😀"), ("今天走访了高永昌,一切都好", "🚪 上门\n精神:😀"),
     ("高永昌今天挺好的", "🚪 上门\n精神:😀"), ("跟高永昌视频了", "📹 视频\n今天精神怎么样"),
     ("到高永昌家敲门没人应", "核对:走访 高永昌 · 11月12日 09:00 家中无人"), ("高永昌 没人开门", "家中无人"),
     ("昨天给高永昌打了电话,都好", "为什么补记"), ("给高永昌打过电话,他说不太好", "📞 电话\n今天精神怎么样"),
     ("去看了高永昌", "没听懂"), ("李秀英今天挺好的", "对得上 2 位")],
)  # fmt: skip
def test_a_visit_may_be_told_in_a_sentence(town, zhou, said, expected):
    zhou.talk(said, expected)
    assert town.rows(Visit) == []


def test_a_sentence_that_only_names_somebody_offers_the_visit(zhou):
    zhou.talk("去看了高永昌", "没听懂", "[走访 高永昌]", "怎么走访")


def test_a_sentence_names_nobody_of_another_liaison(zhou, li):
    zhou.talk("给欧阳建国打了电话,挺好", "没听懂")
    li.talk("给欧阳建国打了电话,挺好", "核对:走访 欧阳建国")


def test_a_note_that_names_a_problem_is_not_passed_over(town, zhou):
    zhou.talk("走访 高永昌 都好 但是屋顶漏雨", "备注说到", "[修改…]", "要改哪", "[住宿", "住得怎么样", "[有隐患]",
              "哪里有隐患", "[屋顶漏雨]", "→ 报家政组")  # fmt: skip
    assert "备注说到" not in zhou.text
    zhou.talk("走访 高永昌 都好 今天聊到孙子", "备注:今天聊到孙子")
    assert "备注说到" not in zhou.text


def test_a_note_in_a_line_is_no_longer_than_any_other(zhou):
    zhou.talk("走访 高永昌 00000 " + "长" * 1001, "控制在 1000 个字以内")


def test_another_name_is_a_wish_to_go_on_where_only_buttons_answer(town, zhou):
    zhou.talk("/visit 高永昌", "怎么", "[上门]", "精神", "王德胜", "王德胜 90岁", "李秀英", "对得上 2 位",
              "王德胜 都好", "核对:走访 王德胜", "[提交]", "已记下")  # fmt: skip
    zhou.talk("/go", "没填完", "[走访 高永昌]", "2/7 精神")


def test_a_sentence_without_signs_is_the_visit_it_tells(town, zhou):
    zhou.talk(
        "今天去看了高永昌精神挺好吃饭也好家里漏雨",
        "身体怎么样",
        "[其余都好]",
        "住宿:⚠️ 有隐患,屋顶漏雨",
    )
    assert "→ 报家政组" in zhou.text
    assert "备注说到" not in zhou.text
    zhou.talk("[提交]", "已记下")
    (visit,) = town.visits("高永昌")
    assert (visit.spirit, visit.lodging, visit.meals) == ("good", "concern", "good")
    assert visit.note == "今天去看了高永昌精神挺好吃饭也好家里漏雨"


@pytest.mark.parametrize(
    ("said", "told"),
    [("高永昌精神挺好", {"spirit": "good"}),
     ("昨天给高永昌打了电话,精神不错,吃饭香,女儿很孝顺", {"spirit": "good", "meals": "good", "family_care": "good"}),
     ("高永昌精神挺好就是身体不太好", {"spirit": "good"}),
     ("去看了高永昌精神好家里水龙头坏了", {"spirit": "good", "lodging": "watch"}),
     ("去看了高永昌精神好屋顶漏雨修好了", {"spirit": "good"}),
     ("去看了高永昌精神好身体没问题", {"spirit": "good", "health": "good"}),
     ("去看了高永昌精神好精神又差了身体好", {"health": "good"})],
)  # fmt: skip
def test_only_what_a_sentence_praises_is_well_and_the_rest_is_asked(town, zhou, said, told):
    zhou.say(said)
    (draft,) = town.rows(Draft)
    assert {name: draft.answers[name] for name in OBSERVATIONS if name in draft.answers} == told


@pytest.mark.parametrize(
    "said",
    [
        "高永昌精神好吗",
        "明天去看高永昌看看精神好不好",
        "祝高永昌身体健康",
        "高永昌精神不好",
        "张三精神很好",
    ],
)
def test_a_question_a_wish_and_a_plan_are_no_visit(town, zhou, said):
    zhou.talk(said, "没听懂")
    assert town.rows(Draft) == []


def test_a_sentence_about_several_is_a_card_for_each(town, zhou):
    zhou.say("今天走访了高永昌王德胜廖玉珍都好")
    assert len(zhou.news) == 3
    zhou.talk("李秀英精神挺好", "对得上 2 位", "[李秀英 84岁", "精神")
    zhou.say("高永昌精神好身体也好王德胜吃饭正常")
    drafts = {one.subject: one.answers for one in town.rows(Draft)}
    assert "meals" not in drafts["E0001"]
    assert (drafts["E0001"]["health"], drafts["E0004"]["meals"]) == ("good", "good")


@pytest.mark.parametrize("before", ["高永昌 都好", "走访高永昌 上门"])
def test_what_is_told_of_the_next_elder_is_no_remark_about_this_one(town, zhou, before):
    zhou.say(before)
    zhou.talk("王德胜精神很好吃饭也好", "走访 王德胜")
    drafts = {one.subject: one.answers for one in town.rows(Draft)}
    assert drafts["E0004"]["meals"] == "good"
    assert "note" not in drafts["E0001"]
