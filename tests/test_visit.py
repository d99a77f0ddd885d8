"""Logging a visit, as conversations."""

from datetime import date

import pytest
from sqlmodel import Session

from models.draft import Draft
from models.visit import Concern, Promise

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


def test_the_severity_moves_one_step_with_a_reason(town, zhou):
    zhou.talk("走访 高永昌 0 1 0 2 0 屋顶漏雨", "→ 报家政组(刘强):维修,限期", "[上报…]", "要上报哪些", "[住宿:改轻重]", "要说原因", "[急办]", "什么原因",
              "老人怕塌", "→ 报家政组(刘强):维修,急办,24小时内", "[提交]", "已记下")  # fmt: skip
    (concern,) = town.rows(Concern)
    assert (concern.severity, concern.default_severity) == (2, 3)
    assert (concern.severity_reason, concern.detail) == ("老人怕塌", "屋顶漏雨")


@pytest.mark.parametrize(
    "line",
    ["走访 高永昌 0 1 0 2 0 屋顶漏雨", "/visit E0001 01020 屋顶漏雨", "走访 高永昌 上门 01020 屋顶漏雨",
     "走访 高永昌 01020 屋顶漏雨"],
)  # fmt: skip
def test_one_line_logs_a_whole_visit(town, zhou, line):
    zhou.talk(line, "住宿:⚠️ 有隐患,屋顶漏雨", "[提交]", "已记下")
    (visit,) = town.visits("高永昌")
    assert (visit.health, visit.lodging, visit.mode) == ("watch", "concern", "in_person")


def test_the_last_look_has_few_rows_and_short_labels(zhou):
    zhou.talk("走访 高永昌 1 2 3 2 2 都不太好", "核对")
    assert zhou.screen.rows == [
        ["✅ 提交"], ["修改…", "＋ 备注", "＋ 答应的事"], ["＋ 照片", "改日期", "上报…"], ["先放着", "放弃"]]  # fmt: skip
    zhou.talk(
        "[上报…]",
        "→ 报",
        "[‹ 回到卡片]",
        "核对",
        "/visit 廖玉珍",
        "怎么",
        "[没见到人…]",
        "情况",
        "[谢绝]",
        "核对",
    )
    assert zhou.screen.rows == [["✅ 提交"], ["修改…", "＋ 备注", "改日期"], ["先放着", "放弃"]]


def test_a_remark_that_is_too_long_says_how_much_room_is_left(zhou):
    zhou.talk(
        "走访 高永昌 00000",
        "核对",
        "好" * 990,
        "备注",
        "今天聊到孙子考上大学",
        "备注还能写 9 个字,请写短些。",
    )
    assert "今天聊到" not in zhou.text
    zhou.talk("好" * 1001, "控制在 1000", "孙子来了", "孙子来了")


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


def test_a_change_of_two_steps_asks_whether_it_is_right(zhou):
    zhou.talk("走访 高永昌 00000", "核对", "[提交]", "已记下")
    zhou.talk("/visit 高永昌", "怎么", "[上门]", "上次:😀 有说有笑", "[低落孤单]",
              "精神变化大:上次😀 有说有笑,这次😟 低落孤单。没点错吧?", "[没人陪]", "健康", "[其余都好]", "在场",
              "[只有本人]", "精神变化大", "[✅ 属实,提交]", "已记下")  # fmt: skip


def test_back_takes_the_last_answer_out_and_the_one_tap_as_a_whole(zhou):
    zhou.talk("/visit 高永昌", "怎么", "[上门]", "2/7 精神", "[有说有笑]", "3/7 健康", "[‹ 上一步]", "2/7 精神",
              "[都好", "谁在场", "[‹ 上一步]", "2/7 精神", "[‹ 上一步]", "1/7 进")  # fmt: skip


def test_any_answer_can_be_changed_at_the_review(town, zhou):
    zhou.talk(
        "走访 高永昌 01020 屋顶漏雨",
        "核对",
        "[修改…]",
        "要改哪一项",
        "[住宿:⚠️",
        "5/7 住宿",
        "[整洁安全]",
        "核对",
    )
    assert "家政组" not in zhou.text
    zhou.talk(
        "[修改…]", "要改", "[健康", "3/7 健康", "[‹ 不改了]", "健康:🤧 小毛病", "[提交]", "已记下"
    )
    assert town.rows(Concern) == []


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


def test_a_second_submit_of_the_same_card_does_nothing_new(town, zhou):
    zhou.talk("走访 高永昌 00000", "核对")
    submit = zhou.find("提交")
    zhou.press(submit)
    zhou.press(submit)
    assert "没有重复记录" in zhou.text
    assert zhou.toast == "已记过"
    assert len(town.visits("高永昌")) == 1


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


def test_a_typed_remark_at_the_review_becomes_the_note(town, zhou):
    zhou.talk(
        "走访 高永昌 00000",
        "核对",
        "今天聊到孙子考上大学",
        "备注:今天聊到孙子考上大学",
        "心情很好",
        "心情很好",
        "[提交]",
        "已记下",
    )
    (visit,) = town.visits("高永昌")
    assert visit.note == "今天聊到孙子考上大学\n心情很好"


def test_a_promise_is_kept_and_shown_next_time(town, zhou):
    zhou.talk(
        "走访 高永昌 00000",
        "核对",
        "[＋ 答应的事]",
        "答应了老人什么",
        "换水龙头垫圈",
        "答应的事:换水龙头垫圈",
        "[提交]",
        "已记下",
    )
    assert [p.text for p in town.rows(Promise)] == ["换水龙头垫圈"]
    zhou.talk("/visit 高永昌", "11月12日答应过:换水龙头垫圈")


def test_the_time_of_a_visit_is_when_its_card_was_opened_by_the_phone(town, zhou):
    sent = town.now
    town.wait(hours=5)
    zhou.send(text="/visit 高永昌", sent_at=sent)
    zhou.talk(*ALL_WELL)
    (visit,) = town.visits("高永昌")
    assert (visit.visited_at, visit.logged_at) == (sent, town.now)


def test_back_dating_needs_a_reason_and_ends_after_three_days(town, zhou):
    zhou.talk("走访 高永昌 00000", "核对", "[改日期]", "哪天走访的", "11-05", "补记最多 3 天", "11-10", "为什么补记",
              "[那里没信号]", "核对:走访 高永昌 · 11月10日", "[提交]", "已记下")  # fmt: skip
    (visit,) = town.visits("高永昌")
    assert (visit.visited_on, visit.late_reason) == (date(2026, 11, 10), "no_signal")


def test_a_card_left_lying_for_days_asks_for_the_day(town, zhou):
    zhou.talk("走访 高永昌 00000", "核对")
    town.wait(days=4)
    zhou.talk(
        "/go",
        "没填完",
        "[走访",
        "哪天走访的",
        "[昨天]",
        "为什么补记",
        "[忘了记]",
        "11月15日",
        "[提交]",
        "已记下",
    )


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


def test_a_visit_of_an_elder_taken_off_the_list_meanwhile_is_not_lost(town, zhou):
    zhou.talk("走访 高永昌 00000", "核对")
    with Session(town.database) as session:
        from sqlmodel import select

        from models.assignment import Assignment

        for row in session.exec(
            select(Assignment).where(Assignment.elder_id == town.elders["高永昌"])
        ):
            row.until_on = date(2026, 11, 1)
        session.commit()
    zhou.talk("[提交]", "已不在您的名单上,请问协调员")
    assert len(town.rows(Draft)) == 1


def test_names_are_masked_where_the_office_is_not_the_host(town):
    telegram = town.person("周明", "telegram", "4711")
    telegram.talk("/visit", "走访谁?", "/visit 高永昌", "走访 高*昌", "走访 李秀英", "是哪一位")
    assert telegram.screen.rows[1] == ["李*英 84岁 柳泉村"]
    assert "高永昌" not in telegram.text


def test_a_danger_told_over_the_phone_is_not_dropped(town, zhou):
    zhou.talk("走访 高永昌 电话 00040 煤气味", "☎️ 先打 119 / 120!", "[提交]", "☎️")
    (visit,) = town.visits("高永昌")
    assert (visit.mode, visit.lodging) == ("phone", "emergency")


def test_a_severity_raised_to_an_emergency_puts_a_number_first(zhou):
    zhou.talk(
        "走访 高永昌 03000 胸闷",
        "急办",
        "[上报…]",
        "要上报哪些",
        "[健康:改轻重]",
        "按多急办",
        "[紧急]",
        "什么原因",
        "[比看上去严重]",
        "☎️ 先打 120!",
    )


def test_a_card_that_was_only_looked_at_begins_when_it_is_used(town, zhou):
    zhou.talk("/visit 高永昌", "怎么", "[先放着]", "已填的都在")
    town.wait(days=2)
    zhou.talk("/visit 高永昌", "怎么", *ALL_WELL)
    (visit,) = town.visits("高永昌")
    assert visit.visited_on == date(2026, 11, 14)


def test_another_name_at_a_finished_card_is_no_remark(town, zhou):
    zhou.talk(
        "走访 高永昌 00000",
        "核对",
        "廖玉珍",
        "廖玉珍 77岁 石沟村",
        "/go",
        "没填完",
        "[走访 高永昌]",
        "核对",
    )
    assert "备注" not in zhou.text


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
