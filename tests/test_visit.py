"""Logging a visit, as conversations."""

from datetime import date

import pytest
from sqlmodel import Session

from models.assignment import Assignment
from models.draft import Draft
from models.elder import Elder
from models.org import Unit
from models.visit import Concern

ALL_WELL = ("[上门]", "精神", "[都好", "在场", "[只有本人]", "核对", "[提交]", "已记下")


def test_a_visit_where_all_is_well_takes_four_taps(town, zhou):
    zhou.talk("/visit 高永昌", "怎么走访的?", "[上门]", "今天精神怎么样?", "[✨ 都好,一键填]", "谁在场",
              "[只有本人]", "核对:走访 高永昌", "[✅ 提交]", "✅ 已记下。高永昌本月已走访 1 次,下次 11月27日前后")  # fmt: skip
    (visit,) = town.visits("高永昌")
    assert (visit.mode, visit.outcome, visit.visited_on) == (
        "in_person",
        "done",
        date(2026, 11, 12),
    )
    assert {visit.spirit, visit.health, visit.family_care, visit.lodging, visit.meals} == {"good"}
    assert visit.one_tap
    assert visit.present == ["elder"]
    assert town.rows(Draft) == []


def test_a_visit_with_one_concern_takes_at_most_nine_taps(town, zhou):
    zhou.talk(
        "/visit 高永昌", "1/7 进",
        "[上门]", "2/7 精神",
        "[有说有笑]", "3/7 健康",
        "[稳定]", "4/7 子女",
        "[基本尽责]", "5/7 住宿",
        "[有隐患]", "哪里有隐患?",
        "[屋顶漏雨]", "6/7 用餐",
        "[三餐正常]", "7/7 在场",
        "[本人和老伴]", "→ 报家政组(刘强):维修,限期,3天内要上门",
        "[✅ 提交]", "已记下",
    )  # fmt: skip
    (concern,) = town.rows(Concern)
    assert (concern.observation, concern.code, concern.category) == ("lodging", "concern", "repair")
    assert (concern.severity, concern.detail, concern.state) == (3, "leak", "open")


def test_same_names_are_never_guessed(town, zhou):
    zhou.talk("走访 李秀英", "「李秀英」对得上 2 位")
    assert zhou.screen.rows[:2] == [["李秀英 79岁 石沟村"], ["李秀英 84岁 柳泉村"]]
    zhou.talk("[84岁", "走访 李秀英", "[上门]", "精神")
    (draft,) = town.rows(Draft)
    assert draft.subject == "E0003"


@pytest.mark.parametrize("typed", ["gyc", "gaoyong", "永昌", "E0001", "e0001", "柳泉 高", "高*昌"])
def test_an_elder_is_found_by_part_of_the_name_sound_initials_code_or_village(zhou, typed):
    zhou.talk(f"/visit {typed}", "走访 高永昌")


def test_the_own_list_shows_the_longest_unvisited_first(town, zhou):
    zhou.talk(
        "/visit 高永昌",
        "怎么走访",
        *ALL_WELL,
        "/visit",
        "走访谁?(第 1–5 位,共 5 位,最久没去的在前)",
    )
    assert zhou.screen.rows[-1] == ["高永昌 81岁 柳泉村 · 今天"]


def test_a_long_list_is_paged(town, zhou):
    with Session(town.database) as session:
        unit = session.get_one(Elder, town.elders["高永昌"]).unit_id
        for number in range(4):
            elder = Elder(code=f"E1{number:03d}", name=f"老{number}", unit_id=unit)
            session.add(elder)
            session.flush()
            session.add(
                Assignment(elder_id=elder.id, staff_id=town.staff["周明"], from_on=date(2025, 1, 1))
            )
        session.commit()
    zhou.talk("/visit", "第 1–6 位,共 9 位", "[下一页", "第 7–9 位,共 9 位")
    last = [row[0] for row in zhou.screen.rows[:3]]
    zhou.talk("[上一页]", "第 1–6 位,共 9 位")
    assert not {row[0] for row in zhou.screen.rows} & set(last)


def test_a_number_picks_from_the_list_just_shown(zhou):
    zhou.talk("走访 李秀英", "对得上 2 位", "2", "走访 李秀英")


def test_an_elder_of_another_liaison_is_not_there(zhou, wang):
    zhou.talk("/visit 欧阳建国", "您的名单里没有「欧阳建国」", "/visit E0006", "没有「E0006」")
    wang.talk("/brief 欧阳建国", "欧阳建国 76岁 沙河村")


def test_nobody_home_is_an_attempt_not_a_visit(town, zhou):
    zhou.talk(
        "/visit 高永昌", "怎么走访的?",
        "[没见到人…]", "是什么情况?",
        "家中无人", "核对",
        "[提交]", "已记录未遇:高永昌。不算一次走访",
    )  # fmt: skip
    (attempt,) = town.visits("高永昌")
    assert (attempt.outcome, attempt.spirit, attempt.meals) == ("not_at_home", None, None)
    zhou.talk("/visit", "走访谁?")
    assert zhou.screen.rows[0] == ["高永昌 81岁 柳泉村 · 还没去过"]


def test_a_phone_visit_leaves_the_lodging_unseen(town, zhou):
    zhou.talk(
        "/visit 高永昌",
        "怎么",
        "[电话]",
        "2/6 精神",
        "[都好",
        "跟谁通的话",
        "[本人]",
        "核对",
        "[提交]",
        "已记下",
    )
    (visit,) = town.visits("高永昌")
    assert (visit.mode, visit.lodging, visit.meals) == ("phone", "not_observed", "good")


def test_an_emergency_puts_the_number_to_call_first(town, zhou, wang):
    zhou.talk("/visit 高永昌", "怎么", "[上门]", "精神", "[没看到]", "健康", "[稳定]", "子女",
              "[周到孝顺]", "住宿", "[有险情]", "☎️ 先打 119 / 120!")  # fmt: skip
    assert all(screen.text.startswith("☎️ 先打 119 / 120!") for screen in zhou.news)
    assert "已通知王主任" in zhou.text  # before anything else is asked
    zhou.talk(
        "[还有人在里面]",
        "☎️",
        "[其余都好]",
        "☎️",
        "[只有本人]",
        "→ 报应急",
        "[提交]",
        "☎️ 先打 119",
    )
    assert "个案1(应急):已上报" in zhou.text
    wang.look()
    assert wang.screen.text.startswith("🆘 个案1 · 紧急 · 应急、家政组")
    (concern,) = town.rows(Concern)
    assert (concern.severity, concern.category) == (1, "fire_gas_co")


def test_an_emergency_cannot_be_made_smaller(zhou):
    zhou.talk("/visit 高永昌", "怎么", "[上门]", "精神", "[流露轻生]", "先打 120 或 110", "[只有我]", "☎️",
              "[其余都好]", "在场", "[只有本人]", "→ 报应急")  # fmt: skip
    assert not any("改轻重" in label for row in zhou.screen.rows for label in row)


def test_back_takes_the_last_answer_out_and_the_one_tap_as_a_whole(zhou):
    zhou.talk("/visit 高永昌", "怎么", "[上门]", "2/7 精神", "[有说有笑]", "3/7 健康", "[‹ 上一步]", "2/7 精神",
              "[都好", "谁在场", "[‹ 上一步]", "2/7 精神", "[‹ 上一步]", "1/7 进")  # fmt: skip


def test_a_draft_waits_for_its_person_on_every_network(town, zhou):
    zhou.talk(
        "/visit 高永昌", "怎么", "[上门]", "精神", "[有说有笑]", "健康", "[先放着]", "已填的都在"
    )
    telegram = town.person("周明", "telegram", "4711")
    town.wait(days=1)
    telegram.talk("/go", "没填完的卡片", "[走访 高*昌]", "走访 高*昌 · 3/7 健康", "1", "4/7 子女")
    zhou.talk("/visit 高永昌", "这张您填过一半,接着填。")


def test_discarding_asks_first(town, zhou):
    zhou.talk(
        "/visit 高永昌",
        "怎么",
        "[放弃]",
        "要放弃这张卡片吗?",
        "[接着填]",
        "怎么走访",
        "取消",
        "要放弃",
        "[放弃]",
        "没有留下记录",
    )
    assert town.rows(Draft) == []


def test_a_press_on_an_old_card_changes_nothing_and_shows_the_current_one(zhou):
    zhou.talk("/visit 高永昌", "怎么")
    old = zhou.find("上门")
    zhou.talk("[电话]", "2/6 精神")
    zhou.press(old)
    assert zhou.toast == "那张卡片已过期,请用这张。"
    assert "2/6 精神" in zhou.text


def test_another_persons_button_does_nothing(town, zhou, li):
    zhou.talk("/visit 高永昌", "怎么")
    li.press(zhou.find("上门"))
    assert "填完或放弃" in li.text
    zhou.talk("[上门]", "2/7 精神")


def test_the_time_of_a_visit_is_when_its_card_was_opened_by_the_phone(town, zhou):
    sent = town.now
    town.wait(hours=5)
    zhou.send(text="/visit 高永昌", sent_at=sent)
    zhou.talk(*ALL_WELL)
    (visit,) = town.visits("高永昌")
    assert (visit.visited_at, visit.logged_at) == (sent, town.now)


def test_a_wrong_word_is_answered_in_one_sentence_and_the_question_stands(zhou):
    zhou.talk(
        "/visit 高永昌", "怎么", "[上门]", "精神", "嗯嗯啊", "请点按钮,或者回复它的数字、文字。"
    )
    assert "2/7 精神" in zhou.text
    zhou.talk("低落", "怎么看出来的", "老伴上月走了", "3/7 健康")


def test_commands_work_in_the_middle_of_a_card(zhou):
    zhou.talk(
        "/visit 高永昌",
        "怎么",
        "/help",
        "我帮您记走访",
        "[回到没填完的卡片]",
        "怎么走访",
        "帮助",
        "我帮您记走访",
    )


def test_a_died_elder_is_reported_and_leaves_the_lists_once_confirmed(town, zhou, wang):
    zhou.talk(
        "/visit 王德胜",
        "怎么",
        "[没见到人…]",
        "什么情况",
        "[已逝世]",
        "核对",
        "[提交]",
        "协调员确认后停止提醒",
    )
    wang.look()
    assert "周明 报告 王*胜 石沟村 E0004 已逝世,请核实确认。" in wang.text
    wang.talk("[确认逝世]", "确认 王德胜 90岁 石沟村 已逝世吗?", "[确认]", "不在任何名单上")
    zhou.talk("/visit 王德胜", "没有「王德胜」")


def test_names_are_masked_where_the_office_is_not_the_host(town):
    telegram = town.person("周明", "telegram", "4711")
    telegram.talk("/visit", "走访谁?", "/visit 高永昌", "走访 高*昌", "走访 李秀英", "是哪一位")
    assert telegram.screen.rows[1] == ["李*英 84岁 柳泉村"]
    assert "高永昌" not in telegram.text


def test_a_danger_told_over_the_phone_is_not_dropped(town, zhou):
    zhou.talk("走访 高永昌 电话 00040 煤气味", "☎️ 先打 119 / 120!", "[提交]", "☎️")
    (visit,) = town.visits("高永昌")
    assert (visit.mode, visit.lodging) == ("phone", "emergency")


def test_a_card_that_was_only_looked_at_begins_when_it_is_used(town, zhou):
    zhou.talk("/visit 高永昌", "怎么", "[先放着]", "已填的都在")
    town.wait(days=2)
    zhou.talk("/visit 高永昌", "怎么", *ALL_WELL)
    (visit,) = town.visits("高永昌")
    assert visit.visited_on == date(2026, 11, 14)


def test_a_call_that_does_not_count_says_so(zhou):
    zhou.talk("走访 高永昌 电话 00090", "核对", "[提交]", "✅ 已记下:高永昌。🔴 逾期")


def test_two_messages_at_once_mean_the_list_they_saw(town, zhou):
    zhou.talk("/visit", "走访谁")
    from handlers.talk import Incoming

    town.receive(
        *(Incoming("web", "周明", f"at once {text}", text=text) for text in ("走访 李秀英", "2"))
    )
    assert "走访 李秀英" in zhou.look()[-1].text
    (draft,) = town.rows(Draft)
    assert draft.subject == "E0003"


LONG = "阿卜杜热依木·买买提明·吐尔逊江·伊布拉音·艾合买提·卡德尔江·萨比尔"


@pytest.mark.parametrize(
    ("name", "shown"), [(LONG, "阿***尔"), ("𠮷䶮", "𠮷*"), ("欧阳建国", "欧**国")]
)
def test_rare_and_very_long_names_are_shown_short_and_found_by_what_was_shown(town, name, shown):
    (wang_desheng,) = town.rows(Elder, name="王德胜")
    wang_desheng.name = name
    town.change(wang_desheng)
    telegram = town.person("周明", "telegram", "4711")
    telegram.talk(
        shown,
        f"{shown} 90岁 石沟村",
        f"走访 {name} 00000",
        f"核对:走访 {shown} ·",
        "[提交]",
        "已记下",
    )
    assert len(town.visits("王德胜")) == 1


@pytest.mark.parametrize(
    ("word", "then"), [("不", "4/7 子女"), ("是", "没有留下记录"), ("放弃", "没有留下记录")]
)
def test_whether_to_discard_is_answered_in_words_too(town, zhou, word, then):
    zhou.talk("/visit 高永昌", "怎么", "[上门]", "精神", "0", "健康", "0", "子女",
              "取消", "要放弃这张卡片吗", word, then)  # fmt: skip
    assert len(town.rows(Draft)) == (1 if word == "不" else 0)


@pytest.mark.parametrize("word", ["不", "没", "有", "是"])
def test_a_word_that_says_yes_or_no_is_not_the_beginning_of_an_answer(zhou, word):
    zhou.talk("/visit 高永昌", "怎么", "[上门]", "精神", "0", "健康", "0", "子女", "0", "住得怎么样",
              word, "请点按钮", "要小", "要修什么")  # fmt: skip


def test_who_cannot_be_told_apart_is_shown_with_the_code(town, zhou):
    (first,) = town.rows(Elder, code="E0002")
    (second,) = town.rows(Elder, code="E0003")
    second.born_on, second.unit_id = first.born_on, first.unit_id
    town.change(second)
    zhou.talk("走访 李秀英", "对得上 2 位")
    assert zhou.screen.rows[:2] == [["李秀英 79岁 石沟村 · E0002"], ["李秀英 79岁 石沟村 · E0003"]]
    zhou.talk("/visit", "走访谁?", "E0003", "李秀英 79岁")
    assert list(zhou.screen.buttons.values())[0] == "/visit E0003"


def test_more_people_than_can_be_listed_are_not_counted_short(town, zhou):
    (village,) = town.rows(Unit, name="石沟村")
    with Session(town.database) as session:
        for number in range(60):
            elder = Elder(code=f"E1{number:03}", name="王秀英", pinyin="wangxiuying", initials="wxy",
                          sex="f", unit_id=village.id)  # fmt: skip
            session.add(elder)
            session.flush()
            start = date(2025, 1, 1)
            session.add(Assignment(elder_id=elder.id, staff_id=town.staff["周明"], from_on=start))
        session.commit()
    zhou.talk("王秀英", "对得上的人太多", "[王秀英 石沟村 · E1000]", "王秀英 石沟村")
    assert zhou.screen.buttons["记走访"] == "/visit E1000"
