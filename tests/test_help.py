"""Help: one screen for each role, and nothing that is not one tap further."""

import pytest

from handlers import COMMANDS, menu_for
from handlers.help import TOPICS

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
