"""What did not arrive: who, why, and what to do."""

from datetime import UTC, datetime, timedelta

from models.mailbox import FAILED, SENT
from models.staff import Chat
from tests.broadcasts import HELLO, put, send


def test_everything_arrived(town, wang, zhou, li):
    send(wang, "联络员")
    for name in ("周明", "李娜"):
        put(town, name, state=SENT)
    wang.talk("/undelivered", "最近三天的消息都已送达")


def test_a_town_learns_whom_of_its_own_the_county_did_not_reach(town, wang, zhao, zhou, li):
    town.hire("孙萍", "liaison", "岚桥镇")
    send(wang, "所有人")
    zhao.talk("/undelivered", "孙萍")
    assert "刘强" not in zhao.text


def test_undelivered_tells_who_why_and_what_to_do_without_the_words(town, wang, zhao, zhou, li):
    send(wang, "所有人")
    put(town, "周明", state=FAILED, problem="too long")
    put(town, "李娜", problem="network", attempts=3)
    put(town, "赵敏", state=FAILED, problem="blocked")
    (chat,) = town.rows(Chat, address="赵敏")
    chat.unreachable_at = town.now
    town.change(chat)
    town.wait(minutes=11)
    wang.talk("未送达", "还没加入,请发邀请:\n• 刘强 S04:群发 1 条,11月12日起")
    assert "发送失败,请打电话告知:\n• 周明 S01:群发 1 条,11月12日起" in wang.text
    assert "网络不通,恢复后自动补发:\n• 李娜 S02:群发 1 条,11月12日起" in wang.text
    assert "联系不上,请本人打开对话发句话:\n• 赵敏 S05:群发 1 条,11月12日起" in wang.text
    assert HELLO not in wang.text
    assert wang.screen.rows == [["邀请 刘强"]]


def test_undelivered_is_of_the_own_branch_and_of_the_last_days(town, wang, zhao, zhou, li):
    send(wang, "联络员")
    for name in ("周明", "李娜"):
        put(town, name, state=FAILED, problem="too long")
    zhao.say("/undelivered")
    assert "周明" in zhao.text
    assert "李娜" not in zhao.text
    assert "刘强" not in zhao.text
    town.wait(days=3, minutes=1)
    put(town, "周明", made_at=town.now - timedelta(days=3, minutes=1))
    zhao.say("/undelivered")
    assert "周明" not in zhao.text


def test_what_is_held_for_the_morning_is_not_late(town, wang, zhou):
    town.now = datetime(2026, 11, 12, 14, 0, tzinfo=UTC)  # 22:00
    send(wang, "联络员")
    town.wait(hours=2)
    wang.say("/undelivered")
    assert "周明" not in wang.text
    town.wait(hours=8)
    wang.talk(
        "/undelivered", "还在排队,会自动发出;久等不到请找信息员:\n• 周明 S01:群发 1 条,11月12日起"
    )
