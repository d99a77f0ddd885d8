"""Joining, leaving and being shut out, as conversations."""

import pytest

from models.audit import Audit
from models.invitation import Invitation
from models.staff import Chat, Staff


@pytest.fixture
def code(wang):
    """An invitation for 周明, made by the coordinator."""
    wang.talk("/invite 周明", "邀请码,只能用一次,24小时内有效")
    return wang.news[0].text.splitlines()[1]


def test_a_liaison_joins_within_three_messages(town, code):
    new = town.stranger("77", "telegram")
    new.talk(
        "/start",
        "请发邀请码",
        code,
        "周明 · 岚桥镇联络员\n是您本人吗?",
        "[是我,开始使用]",
        "周明,欢迎",
        "[记走访]",
        "走访谁?",
    )
    (chat,) = town.rows(Chat, address="77")
    assert chat.staff_id == town.staff["周明"]


@pytest.mark.parametrize("form", ["/start {}", "!join {}", "/join {}", " {} ", "/start@a_bot {}"])
def test_a_code_is_taken_however_it_is_sent(town, code, form):
    new = town.stranger("77")
    new.talk(form.format(code.lower().replace("-", "")), "周明 · 岚桥镇联络员")


def test_an_invitation_comes_as_code_link_and_picture(wang):
    wang.talk("/invite 周明", "https://t.me/liaison_test_bot?start=")
    assert wang.screen.image.startswith(b"\x89PNG")


def test_the_code_is_kept_only_as_a_hash(town, code):
    (row,) = town.rows(Invitation)
    assert code.replace("-", "") not in str(row.model_dump())


def test_a_code_works_once(town, code):
    town.stranger("77").talk(code, "周明", "[是我,开始使用]", "欢迎")
    town.stranger("78").talk(code, "邀请码不对或已失效")


def test_a_code_ends_after_a_day(town, code):
    town.wait(hours=25)
    town.stranger("77").talk(code, "邀请码不对或已失效")


def test_a_new_code_ends_the_one_before(town, wang, code):
    wang.talk("/invite 周明", "只能用一次")
    town.stranger("77").talk(code, "邀请码不对或已失效")


def test_the_wrong_person_burns_the_code(town, code):
    town.stranger("77").talk(code, "周明", "[不是我]", "这个邀请码已作废", code, "不对或已失效")


def test_a_stranger_learns_nothing(town):
    told = town.stranger("77")
    for line in ("你好", "/visit 高永昌", "/help", "E0001", "王主任在吗", "/brief E0001", "[x" * 9):
        told.send(text=line)
        assert told.text == "您好!请发邀请码。邀请码请向邀请您的人要。"


def test_a_stranger_is_spoken_to_in_their_own_language(town):
    told = town.stranger("77", "telegram")
    told.send(text="hello", language="en-GB")
    assert told.text.startswith("Hello. Please send your invitation code.")


def test_guessing_is_slowed_per_chat_and_grows(town, code):
    guesser = town.stranger("77")
    for _ in range(4):
        guesser.talk("ABCDEFGHJK", "不对或已失效")
    guesser.talk("ABCDEFGHJK", "不对或已失效", code, "请 16 分钟后再试")
    town.wait(minutes=16)
    guesser.talk(*("ABCDEFGHJK", "不对或已失效") * 5, code, "请 31 分钟后再试")
    town.wait(minutes=31)
    guesser.talk(code, "周明")


def test_guessing_is_slowed_over_all_chats(town, code):
    for number in range(100):
        town.stranger(f"g{number}").send(text="ABCDEFGHJK")
    town.stranger("77").talk(code, "现在暂停加入。您的邀请码仍然有效")
    town.wait(hours=1, seconds=1)
    town.stranger("77").talk(code, "周明")


def test_one_person_joins_on_a_second_network_and_stays_on_the_first(town, wang, zhou):
    wang.talk("/invite 周明", "邀请码")
    other = town.stranger("4711", "telegram")
    other.talk(wang.news[0].text.splitlines()[1], "周明", "[是我,开始使用]", "欢迎")
    zhou.talk("/help", "我帮您记走访")


def test_a_new_phone_on_the_same_network_takes_the_place_of_the_old(town, wang, zhou):
    wang.talk("/invite 周明", "邀请码")
    town.stranger("new phone").talk(
        wang.news[0].text.splitlines()[1], "周明", "[是我,开始使用]", "欢迎"
    )
    zhou.talk("/help", "请发邀请码")


def test_quitting_keeps_the_records(town, zhou):
    zhou.talk(
        "走访 高永昌 00000",
        "核对",
        "[提交]",
        "已记下",
        "/quit",
        "要退出吗",
        "[退出]",
        "您已退出",
        "/visit",
        "请发邀请码",
    )
    assert len(town.visits("高永昌")) == 1


def test_a_coordinator_shuts_a_lost_phone_out(town, zhou, wang):
    wang.talk("/revoke 周明", "要停用 周明 S01 联络员 吗", "[手机丢了]", "已停用(1 个聊天)")
    zhou.talk("/visit", "请发邀请码")
    assert [a.action for a in town.rows(Audit, action="revoke")] == ["revoke"]


def test_whoever_has_left_for_good_is_on_no_list_until_taken_back(town, zhou, wang):
    wang.talk(
        "/revoke 周明",
        "要停用",
        "[已离岗]",
        "周明 S01 联络员 已离岗,不再列入名单。现有 5 位老人没人负责",
    )
    undo = wang.find("撤回")
    assert [one.left_on for one in town.rows(Staff, name="周明")] == [town.now.date()]
    zhou.talk("/visit", "请发邀请码")
    wang.talk(
        "/invite 周明",
        "没有「周明」",
        "/revoke 周明 left",
        "没有「周明」",
        "/revoke E9 back",
        "没有可恢复的人",
    )
    wang.press(undo)
    zhou.talk("/due", "应访 5")  # the chat too
    wang.talk("/revoke 周明 left", "已离岗", "/revoke S01 back", "重新", "[重新邀请]", "邀请码")
    said = [(a.action, a.detail) for a in town.rows(Audit)]
    assert [action for action, _detail in said] == ["left", "undo left", "left", "back", "invite"]
    assert said[0] == ("left", "S01 - → 2026-11-12")


def test_only_coordinators_invite_and_only_within_their_branch(town, zhou, wang):
    zhou.talk("/invite 周明", "没听懂")
    wang.talk("/invite 张三", "没有「张三」", "/invite", "是谁?")


def test_a_group_gets_one_polite_refusal(town):
    room = town.stranger("-100", "telegram")
    room.send(text="大家好", private=False)
    assert "只在单独聊天里工作" in room.text
    room.send(text="/visit 高永昌", private=False)
    assert room.news == []


def test_a_known_person_who_sends_a_code_is_told_who_they_are(zhou):
    zhou.talk(
        "/start ABCDEFGHJK", "周明,您好!我帮您记走访", "/join ABCDE", "您已经以「周明」的身份加入了"
    )
