"""What was promised is asked about at the next visit until it is kept or dropped; and /kept."""

from datetime import timedelta

import pytest

from models.visit import Promise
from tests.conversation import EIGHT, promises_a_washer, sweep


@pytest.fixture
def promised(town, zhou):
    """周明 promised 高永昌 something a fortnight ago."""
    promises_a_washer(zhou)
    town.wait(days=14)
    return zhou


def promise(town):
    (one,) = town.rows(Promise, withdrawn=False)
    return one


def visit_again(person, *answers):
    return person.talk("/visit 高永昌", "11月12日答应过:换水龙头垫圈", "[上门]", "精神", "[✨",
                       "11月12日答应过:换水龙头垫圈。办了吗?", *answers)  # fmt: skip


DONE = ("核对", "[提交]", "已记下")


def test_the_next_visit_asks_whether_it_is_done_and_remembers_by_which_visit(town, promised):
    visit_again(promised)
    assert promised.screen.rows[0] == ["✅ 办了", "⏳ 还没办", "不用了"]
    promised.talk("[办了]", "换水龙头垫圈:✅ 办了", "[提交]", "已记下")
    kept = promise(town)
    assert (kept.kept_at, kept.settled_by) == (town.now, town.staff["周明"])
    assert kept.settled_in == town.visits("高永昌")[-1].id
    promised.talk("/visit 高永昌", "怎么走访的?")
    assert "水龙头" not in promised.text


def test_four_taps_are_enough_then_too_and_who_was_there_may_be_added(town, promised):
    visit_again(promised, "[还没", "核对")
    assert ["＋ 照片", "＋ 在场", "改日期"] in promised.screen.rows
    promised.talk("[＋ 在场]", "谁在场", "[本人和老伴]", "在场:本人和老伴")
    assert "＋ 在场" not in str(promised.screen.rows)
    promised.talk("[提交]", "已记下")
    assert town.visits("高永昌")[-1].present == ["elder", "spouse"]


def test_what_is_not_done_yet_stays_and_is_asked_again(town, promised):
    visit_again(promised, "还没", *DONE)
    assert promise(town).kept_at is None
    town.wait(days=14)
    visit_again(promised)


def test_what_is_not_needed_any_more_is_dropped_with_a_reason(town, promised):
    visit_again(promised, "[不用了]", "什么原因", "儿子修好了",
                "换水龙头垫圈:不用了、儿子修好了", "[提交]", "已记下")  # fmt: skip
    dropped = promise(town)
    assert (dropped.kept_at, dropped.dropped_at) == (None, town.now)
    assert dropped.drop_reason == "儿子修好了"


def test_one_line_leaves_just_that_question(town, promised):
    promised.talk("走访 高永昌 00000", "办了吗?", "1", "核对", "[提交]", "已记下")
    assert promise(town).kept_at is not None


def test_nobody_met_is_not_asked(town, promised):
    promised.talk(
        "/visit 高永昌", "怎么", "[没见到人…]", "情况", "[家中无人]", "核对", "[提交]", "未遇"
    )
    assert promise(town).settled_in is None


def test_a_correction_of_the_answer_carries_it(town, promised):
    visit_again(promised, "[办了]", *DONE).talk(
        "[选错人了/要改]", "哪里", "[内容填错了]", "要改", "[上次的事:✅ 办了]", "办了吗?", "[还没办]", "为什么更正",
        "[点错了]", "核对", "[提交]", "已更正")  # fmt: skip
    assert (promise(town).kept_at, promise(town).settled_in) == (None, None)


def test_a_correction_of_something_else_keeps_it_kept(town, promised):
    visit_again(promised, "[办了]", *DONE).talk(
        "[选错人了/要改]", "哪里", "[内容填错了]", "要改", "[健康", "健康", "[小毛病]", "为什么更正", "[点错了]", "核对",
        "[提交]", "已更正")  # fmt: skip
    assert promise(town).settled_in == town.visits("高永昌")[-1].id


def test_a_correction_of_the_visit_that_promised_keeps_what_became_of_it(town, promised):
    visit_again(promised, "[办了]", *DONE)
    first = town.visits("高永昌")[0]
    promised.talk(f"/fix {first.ref}", "哪里", "[内容填错了]", "要改", "[健康", "健康", "[小毛病]", "为什么更正",
                  "[点错了]", "核对", "[提交]", "已更正")  # fmt: skip
    kept = promise(town)
    assert (kept.visit_id, kept.kept_at) == (town.visits("高永昌")[0].id, town.now)


def test_voiding_the_visit_opens_it_again(town, promised):
    visit_again(promised, "[办了]", *DONE).talk(
        "[选错人了/要改]", "哪里", "[整条作废]", "什么原因", "[点错了]", "作废", "[确认]", "已作废")  # fmt: skip
    assert (promise(town).kept_at, promise(town).settled_by) == (None, None)
    visit_again(promised)


def test_a_promise_that_moves_to_somebody_else_is_open_there(town, promised):
    visit_again(promised, "[办了]", *DONE)
    first = town.visits("高永昌")[0]
    promised.talk(f"/fix {first.ref} move", "其实走访的是谁", "廖玉珍", "什么原因", "[记错了]", "改人", "[确认]", "已改到",
                  "/visit 廖玉珍", "答应过:换水龙头垫圈")  # fmt: skip
    assert promise(town).kept_at is None


def test_it_can_be_marked_outside_a_visit_once_and_taken_back(town, promised):
    promised.talk(
        "/brief 高永昌",
        "答应过:换水龙头垫圈",
        "[办了 换水龙头]",
        "✅ 已记:高永昌的「换水龙头垫圈」办了",
    )
    undo = promised.find("点错了")
    promised.talk(f"/kept {promise(town).ref}", "11月26日已记为办了")
    assert (promise(town).kept_at, promise(town).settled_in) == (town.now, None)
    promised.press(undo)
    assert "已改回没办" in promised.text
    assert promise(town).kept_at is None


def test_all_open_promises_are_listed(town, promised, wang):
    promised.talk(
        "/kept",
        "高永昌,11月12日:换水龙头垫圈",
        "[办了 高永昌]",
        "✅ 已记",
        "办了",
        "答应过的事都办了",
    )


@pytest.mark.parametrize("rest", ["deadbeef", "undo", "x y z", "'" * 60])
def test_a_wrong_word_behind_it_is_answered_kindly(zhou, rest):
    zhou.talk(f"/kept {rest}", "已不在您的名单上", "[没办的事]", "都办了")


def test_only_who_may_open_the_elder_may_mark_it(town, promised, li, wang):
    li.talk(f"/kept {promise(town).ref}", "已不在您的名单上", "/kept", "都办了")
    wang.talk(f"/kept {promise(town).ref}", "办了")


def test_of_many_promises_three_are_asked_about(town, zhou):
    for number in range(1, 5):
        zhou.talk("走访 高永昌 00000", "?" if number > 1 else "核对")
        for _asked in range(min(number - 1, 3)):
            zhou.say("还没")
        zhou.talk("[＋ 答应的事]", "答应", f"第{number}件", "核对", "[提交]", "已记下")
    zhou.talk(
        "走访 高永昌 00000",
        "第1件。办了吗?",
        "1",
        "第2件。办了",
        "1",
        "第3件。办了",
        "1",
        "核对",
        "[提交]",
        "已记下",
    )
    assert [one.text for one in town.rows(Promise) if not one.kept_at] == ["第4件"]


def test_what_was_promised_where_abuse_is_suspected_is_read_where_its_case_is(town, zhou, li, wang):
    town.hire("赵磊", group="legal")
    zhao = town.person("赵磊")
    zhou.talk("/visit 高永昌", "怎么", "[上门]", "精神", "[有说有笑]", "健康", "[稳定]", "子女", "[疑似",
              "", "[有伤", "", "[其余都好]", "在场", "[只有本人]", "核对", "[＋ 答应的事]", "答应了老人什么", "陪她去报警",
              "核对", "[✅ 提交]", "已记下")  # fmt: skip
    for words in ("/brief 高永昌", "/visit 高永昌", "/kept", "/timeline 高永昌", "/history 高永昌"):
        zhou.say(words)
        assert "报警" not in zhou.text, words
    zhou.talk("/kept", "见个案")
    sweep(town, EIGHT + timedelta(days=1))
    assert "报警" not in str([one.text for one in (*zhou.look(), *li.look())])
    wang.talk("/kept", "陪她去报警")
    zhao.talk("/case 1", "答应:陪她去报警")
