"""Help: one screen for each role, and nothing that is not one tap further."""

import pytest

from handlers import COMMANDS, menu_for
from handlers.help import TOPICS
from models.draft import Draft

LINES = 14


@pytest.mark.parametrize("name", ["周明", "王主任", "刘强"])
def test_help_is_one_screen_and_all_of_it_is_one_tap_away(town, name):
    somebody = town.person(name)
    role = {"周明": "liaison", "王主任": "coordinator", "刘强": "duty"}[name]
    somebody.say("/help")
    assert len(somebody.text.splitlines()) <= LINES
    seen = somebody.text
    for code in [one for one in somebody.screen.buttons.values() if one.startswith("/help ")]:
        somebody.press(code)
        assert len(somebody.text.splitlines()) <= LINES
        seen += somebody.text
    assert [command for command, _words in menu_for(role) if f"/{command} " not in seen] == []


def test_the_coordinator_finds_what_is_rare_under_its_topic(wang):
    wang.talk("/help", "我管着本单位的走访记录", "[个人信息]", "/forget 删除个人资料", "[人员安排]", "/handover 移交名单",
              "[‹ 帮助]", "也可以直接问")  # fmt: skip


def test_a_liaison_is_not_told_of_what_only_a_coordinator_may_do(zhou):
    zhou.say("/help staff")
    assert "/invite" not in zhou.text
    zhou.talk("/help nonsense", "我帮您记走访")
    assert "个人信息" not in zhou.screen.buttons


def test_each_command_stands_under_one_topic():
    named = [name for _title, names in TOPICS.values() for name in names]
    assert sorted(named) == sorted({one.name for one in COMMANDS if one.listed})


@pytest.mark.parametrize(
    ("said", "offered"),
    [("高永章 都好", "走访 高永昌"), ("高水昌今天精神挺好", "走访 高永昌"), ("王德勝 都好", "走访 王德胜"), ("歐陽建國", ""), ("李秀荣 都好", ""),
     ("张三 都好", ""), ("高大山 都好", "")],
)  # fmt: skip
def test_a_mistyped_name_is_offered_and_never_taken(town, zhou, said, offered):
    zhou.talk(said, "没听懂")
    assert [label for label in zhou.screen.buttons if label.startswith("走访 ")] == [offered] * bool(offered)  # fmt: skip
    assert town.rows(Draft) == []


def test_what_was_said_behind_a_mistyped_name_is_not_said_again(zhou):
    zhou.talk("高永章 都好", "没听懂", "[走访 高永昌]", "核对:走访 高永昌")


def test_where_names_are_hidden_a_mistyped_one_is_not_shown_in_full(town):
    zhou = town.person("周明", "telegram")
    zhou.talk("高永章 都好", "没听懂")
    assert "走访 高*昌" in zhou.screen.buttons


def test_a_greeting_and_thanks_are_answered_as_such(zhou, liu):
    zhou.talk("你好!", "周明,您好", "谢谢", "不客气", "刚才记错了", "没听懂", "[更正", "走访记录")
    liu.talk("收到", "不客气")


def test_a_label_that_is_typed_is_its_button(zhou, liu):
    liu.talk("个案清单", "没有未办结")
    zhou.talk("记走访", "走访谁", "今天走访谁", "应访")
