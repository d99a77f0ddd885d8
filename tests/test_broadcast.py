"""A coordinator writes to many: to whom it goes, what each reads, and that it goes once."""

from datetime import timedelta

import pytest
from sqlalchemy import event
from sqlmodel import Session

from models.audit import Audit
from models.broadcast import Broadcast
from models.mailbox import BROADCAST, DROPPED, WAITING, Outgoing
from models.org import Unit
from models.staff import Chat, Staff
from tests.broadcasts import HELLO, send, written


def test_to_whom_the_words_a_look_and_only_then_it_goes(town, wang, zhou, li):
    wang.talk(
        "群发", "发给谁?",
        "[联络员]", "请写通知内容",
        HELLO, "发给 联络员:2 人\n\n周明收到的是:",
    )  # fmt: skip
    assert "📢 望岚县 王主任 通知:\n明天9点到镇里开会" in wang.text
    assert written(town) == {}
    wang.talk("[✅ 发给 2 人]", "已送达 0／2 人\n⏳ 等待发送 2 人")
    assert {name: row.lane for name, row in written(town).items()} == {
        "周明": BROADCAST,
        "李娜": BROADCAST,
    }
    assert zhou.look()[0].text == "📢 望岚县 王主任 通知:\n明天9点到镇里开会"
    (made,) = town.rows(Broadcast)
    assert (made.made_by, made.count, made.text) == (town.staff["王主任"], 2, HELLO)
    assert [line.detail for line in town.rows(Audit, action="broadcast")] == [f"{made.ref} 2"]


@pytest.mark.parametrize(
    ("answers", "names"),
    [
        (["所有人"], {"周明", "李娜", "刘强", "赵敏"}),
        (["联络员"], {"周明", "李娜"}),
        (["协调员"], {"赵敏"}),
        (["值班员"], {"刘强"}),
        (["某个乡镇", "岚桥镇"], {"周明", "赵敏"}),
        (["点名", "李娜、s04"], {"李娜", "刘强"}),
        (["有逾期的"], {"周明"}),
        (["没走访完的"], {"周明", "李娜"}),
    ],
)
def test_whom_it_can_go_to(town, wang, zhou, li, zhao, answers, names):
    town.person("刘强")
    town.now += timedelta(days=4)
    li.talk("走访 欧阳建国 00000", "核对", "[提交]", "已记下")
    town.now -= timedelta(days=4)
    if answers == ["有逾期的"]:
        li.talk("走访 欧阳建国 00000", "核对", "[提交]", "已记下")
    send(wang, *answers)
    assert set(written(town)) == names


def test_a_town_coordinator_reaches_nobody_of_another_town_nor_learns_of_them(
    town, zhao, zhou, li, wang
):
    zhao.talk("/broadcast", "发给谁?")
    assert "某个乡镇…" not in str(zhao.screen.rows)
    zhao.talk("点名", "姓名或工号", "周明 李娜", "工作人员里没有「李娜」")
    unknown = zhao.text.replace("李娜", "谁")
    zhao.say("周明 没有的人")
    assert zhao.text.replace("没有的人", "谁") == unknown
    zhao.say("S02")
    assert "工作人员里没有「S02」" in zhao.text
    zhao.talk("取消", "要放弃", "[放弃]", "已放弃")
    send(zhao, "所有人")
    assert set(written(town)) == {"周明"}


def test_a_forged_button_of_another_town_changes_nothing(town, zhao, zhou, li):
    zhao.say("/broadcast")
    code = zhao.find("联络员")
    (unit,) = town.rows(Unit, name="沙河镇")
    zhao.press(code.replace("a:liaison", "a:town"))
    assert zhao.toast
    zhao.press(code.replace("a:liaison", f"a:{unit.id}"))
    assert zhao.toast
    assert "1/2 对象" in zhao.text


def test_a_liaison_cannot_write_to_many(town, zhou):
    zhou.talk("/broadcast", "没听懂", "/undelivered", "没听懂")
    assert town.rows(Broadcast) == []


def test_a_town_coordinator_does_not_see_the_card_of_the_county(town, wang, zhao, zhou):
    send(wang, "联络员")
    (made,) = town.rows(Broadcast)
    zhao.talk(f"/broadcast {made.ref} stop", "没有这条群发", "/broadcast list", "没有群发过")
    assert written(town)["周明"].state == WAITING


def test_the_county_may_stop_what_a_town_sent(town, wang, zhao, zhou):
    send(zhao, "联络员")
    wang.talk("/broadcast list", "最近的群发", "[联络员]", "群发给 联络员", "[⏹ 停止]", "已停止")
    assert written(town)["周明"].state == DROPPED


# The words


def test_gaps_are_filled_for_each_person(town, wang, zhou, li):
    words = "{姓名}({ 单位 })：未访{未访}，逾期｛逾期｝，{until}截止"
    send(wang, "联络员", words=words)
    assert zhou.look()[0].text.endswith("周明(岚桥镇):未访5,逾期5,11月15日截止")
    assert li.look()[0].text.endswith("李娜(沙河镇):未访1,逾期1,11月15日截止")


def test_a_gap_that_does_not_exist_is_told_with_those_that_do(town, wang, zhou):
    wang.talk(
        "/broadcast", "发给谁?",
        "联络员", "内容",
        "你好{电话}", "没有{电话}这个填空,可用的有:{姓名} {单位} {未访} {逾期} {截止}。",
        "{姓名}" * 21, "填空太多",
        "长" * 1001, "1000",
        "你好", "周明收到的是",
    )  # fmt: skip


def test_a_message_that_begins_like_a_command_is_a_message(town, wang, zhou):
    send(wang, "联络员", words="今天 下午3点开会")
    assert zhou.look()[0].text.endswith("今天 下午3点开会")


def test_a_template_is_chosen_and_changed(town, wang, zhou):
    wang.talk("/broadcast", "发给谁?", "联络员", "模板", "[走访期将满]", "您还有5位没走访")
    wang.talk("[改内容]", "现在的内容(可复制,改好后发给我):\n{姓名},本期走访到{截止}截止")
    wang.talk("[‹ 不改了]", "您还有5位没走访", "[改内容]", "现在的内容")
    wang.talk(
        "{姓名},还剩{未访}位", "周明,还剩5位", "[改对象]", "发给谁?", "[所有人]", "发给 所有人"
    )


def test_a_meeting_asks_when_and_where(town, wang, zhou):
    wang.talk("/broadcast", "发给谁?", "联络员", "模板", "[开会通知]", "什么时间")
    wang.talk("11月15日9:00镇政府", "周明,请参加会议:11月15日9:00镇政府。", "[✅ 发给", "等待")
    assert "请参加会议:11月15日9:00镇政府" in zhou.look()[0].text


def test_words_behind_the_command_are_the_message(town, wang, zhou):
    wang.talk(f"通知 {HELLO}", "发给谁?", "联络员", f"王主任 通知:\n{HELLO}")


def test_it_is_told_when_numbers_mean_nothing_to_some(town, wang, zhou, zhao):
    wang.talk("/broadcast", "发给谁?", "所有人", "内容", "还有{未访}位", "不是联络员的,数字填 0")


# Who gets it, and once


def test_the_unreachable_are_counted_and_listed_by_name(town, wang, zhou, li):
    (chat,) = town.rows(Chat, address="李娜")
    chat.unreachable_at = town.now
    town.change(chat)
    wang.talk("/broadcast", "发给谁?", "所有人", "内容", HELLO, "1 人(另有 2 人联系不上)")
    wang.talk("[✅ 发给 1 人]", "📵 联系不上 2 人")
    wang.talk("[名单]", "李娜 S02、刘强 S04", "[‹ 回到卡片]", "等待发送 1 人")


def test_nobody_to_send_to_has_no_button_to_send(town, wang):
    wang.talk("/broadcast", "发给谁?", "协调员", "内容", HELLO, "没有能发到的人")
    assert "✅" not in str(wang.screen.rows)
    wang.talk("[改对象]", "发给谁?")


def test_who_is_on_leave_is_left_out_but_not_when_named(town, wang, zhou, li):
    zhou.talk("/leave 3天 李娜", "交给", "[确认]", "已请假")
    wang.talk(
        "/broadcast", "发给谁?", "联络员", "内容", HELLO, "发给 联络员:1 人\n⏸ 请假的 1 人不发"
    )
    wang.talk("[改对象]", "发给谁?", "点名", "姓名或工号", "周明", "发给 周明:1 人", "[✅", "等待")
    assert set(written(town)) == {"周明"}


def test_several_chats_get_one_message_in_the_one_last_used(town, wang, zhou):
    phone = town.person("周明", network="telegram", address="1001")
    town.wait(minutes=30)
    phone.say("/due")
    send(wang, "联络员")
    assert len(town.rows(Outgoing, kind="broadcast")) == 1
    assert phone.look()[-1].text.endswith(HELLO)


def test_two_presses_give_one_broadcast(town, wang, zhou):
    for line in ("/broadcast", "联络员", HELLO):
        wang.say(line)
    code = wang.find("✅ 发给")
    wang.press(code)
    wang.press(code)
    assert "不会重复发送" in wang.toast
    assert "等待发送 1 人" in wang.text
    assert len(town.rows(Broadcast)) == len(town.rows(Outgoing, kind="broadcast")) == 1


def test_the_same_text_to_the_same_people_within_hours_is_asked_about(town, wang, zhao, zhou, li):
    send(wang, "联络员")
    town.wait(hours=2)
    zhao.talk(
        "/broadcast",
        "发给谁?",
        "联络员",
        "内容",
        HELLO,
        "⚠️ 2小时前发过同样的内容给其中 1 人,还要再发吗?",
    )
    zhao.talk("[仍要再发]", "等待发送 1 人")
    town.wait(hours=11)
    zhao.talk("/broadcast", "发给谁?", "联络员", "内容", HELLO, "11小时前发过")
    town.wait(hours=2)
    zhao.talk("[改对象]", "发给谁?", "联络员", "发给 联络员:1 人")
    assert "同样的内容" not in zhao.text
    wang.talk("/broadcast", "发给谁?", "点名", "姓名", "李娜", "内容", "别的内容", "发给 李娜")
    assert "同样的内容" not in wang.text


def test_what_somebody_else_sent_meanwhile_is_asked_about_at_the_press(town, wang, zhao, zhou):
    for line in ("/broadcast", "联络员", HELLO):
        zhao.say(line)
    send(wang, "联络员")
    town.wait(minutes=3)
    zhao.talk("[✅ 发给 1 人]", "3分钟前发过同样的内容", "[仍要再发]", "等待发送 1 人")


def test_a_stopped_one_does_not_count_as_sent(town, wang, zhou):
    send(wang, "联络员").say("[⏹ 停止]")
    wang.talk("/broadcast", "发给谁?", "联络员", "内容", HELLO, "发给 联络员")
    assert "同样的内容" not in wang.text


# Many


def test_a_thousand_people_take_no_question_per_person(town, wang):
    (unit,) = town.rows(Unit, name="石沟村")
    with Session(town.database) as session:
        crowd = [Staff(code=f"L{n:04d}", name=f"联络{n}", unit_id=unit.id) for n in range(1000)]
        session.add_all(crowd)
        session.flush()
        session.add_all(Chat(network="web", address=one.code, staff_id=one.id) for one in crowd)
        session.commit()
    for line in ("/broadcast", "联络员", "{姓名}{单位}:{未访}"):
        wang.say(line)
    assert "发给 联络员:1000 人(另有 2 人联系不上)" in wang.text
    asked: list[str] = []

    def count(*args):
        asked.append(args[2])

    event.listen(town.database, "before_cursor_execute", count)
    wang.say("[✅ 发给 1000 人]")
    event.remove(town.database, "before_cursor_execute", count)
    assert "等待发送 1000 人" in wang.text
    assert len(town.rows(Outgoing, kind="broadcast")) == 1000
    assert len(asked) < 60
