"""七个清: one question after a visit, which may be left alone."""

from datetime import date

import pytest

from models.card import CardChange, Known
from models.elder import Elder

WELL = ("走访 高永昌 00000", "核对", "[提交]", "已记下")


def elder(town):
    return town.rows(Elder, code="E0001")[0]


@pytest.fixture
def almost(town):
    """Of 高永昌 only the hobbies are not known."""
    one = elder(town)
    one.address, one.conditions, one.family = "示例3号", "无慢性病", "与老伴同住"
    one.party_branch, one.needs = "第一党支部", "无"
    town.change(one)


def test_what_is_missing_is_asked_after_the_visit_and_one_tap_fills_it(town, zhou, almost):
    zhou.talk(*WELL)
    assert "老人平时喜欢做什么?" in zhou.text
    zhou.talk("[种花种菜]", "✅ 已记下。爱好:种花种菜(七个清 7/7)")
    assert elder(town).hobbies == "种花种菜"
    assert [(c.field, c.state) for c in town.rows(CardChange)] == [("hobbies", "accepted")]


def test_an_all_well_visit_still_takes_four_taps_and_the_question_none(town, zhou, almost):
    zhou.talk(
        "/visit 高永昌",
        "1/",
        "[上门]",
        "精神",
        "[✨ 都好",
        "在场",
        "[只有本人]",
        "核对",
        "[提交]",
        "已记下",
    )
    assert len(town.visits("高永昌")) == 1


def test_it_may_be_left_and_is_not_asked_again_within_the_month(town, zhou, almost):
    zhou.talk(*WELL, "[这次不问]", "下次再说")
    town.wait(days=8)
    zhou.talk(*WELL)
    assert "喜欢" not in zhou.text
    town.wait(days=25)
    zhou.talk(*WELL)
    assert "喜欢" in zhou.text


def test_it_may_be_written_in_own_words(town, zhou, almost):
    zhou.talk(*WELL, "[打字…]", "喜欢做什么", "拉二胡", "爱好:拉二胡")
    assert elder(town).hobbies == "拉二胡"


def test_what_is_known_is_not_overwritten_by_an_old_button(town, zhou, almost):
    zhou.talk(*WELL)
    garden, read = zhou.find("种花种菜"), zhou.find("下棋打牌")
    zhou.press(garden).press(read)
    assert "爱好已经登记:种花种菜" in zhou.text
    assert elder(town).hobbies == "种花种菜"


def test_only_one_thing_is_asked_and_the_next_another_time(town, zhou):
    asked = []
    for _visit in range(3):
        zhou.talk(*WELL)
        asked.append(next(line for line in zhou.text.splitlines() if line.startswith("📝")))
        town.wait(days=1)
    assert len(set(asked)) == 3


def test_what_was_not_confirmed_for_a_year_is_asked_anew(town, zhou, almost):
    one = elder(town)
    one.hobbies = "下棋"
    town.change(one)
    known = Known(elder_id=one.id, item="address", confirmed_on=date(2025, 10, 1))
    town.change(known)
    zhou.talk(*WELL)
    assert "一年没有核实了:住址,示例3号。还对吗?" in zhou.text
    zhou.talk("[没有变化]", "已核实:家庭住址")
    assert town.rows(Known)[0].confirmed_on == date(2026, 11, 12)


def test_a_visit_that_found_something_asks_nothing_more(zhou, almost):
    zhou.talk("走访 高永昌 00020 屋顶漏雨", "核对", "[提交]", "已记下")
    assert "喜欢" not in zhou.text


def test_nobody_fills_the_card_of_another_town(town, li):
    li.talk("/know E0001 hobbies 1", "没有「E0001」")
    assert elder(town).hobbies == ""


def test_a_visit_typed_where_an_address_is_asked_is_a_visit(town, zhou):
    zhou.talk("/visit 高永昌", "", "[上门]", "", "[✨ 都好", "", "[只有本人]", "", "[✅ 提交]", "住在哪里",
              "[打字…]", "住在哪里", "走访 王德胜 上门 都好", "核对:走访 王德胜", "[✅ 提交]", "已记下")  # fmt: skip
    assert len(town.visits("王德胜")) == 1
    assert not town.rows(CardChange)
