"""A broadcast after it was sent: its card counts, stops it, and says once when all has gone."""

from datetime import UTC, date, datetime

import pytest
from sqlmodel import Session

from handlers import nudge
from models.audit import Audit
from models.broadcast import Broadcast
from models.mailbox import DROPPED, FAILED, SENT, Outgoing
from models.staff import Chat, Staff
from tests.broadcasts import put, send, written
from tests.conversation import sweep


def renew(town, row):
    with Session(town.database) as session:
        return nudge.renew(session, town.receiver.office, town.now, row)


def test_the_card_is_current_and_changes_in_place(town, wang, zhou, li):
    send(wang, "联络员")
    put(town, "周明", state=SENT)
    wang.talk("[刷新]", "已送达 1／2 人\n⏳ 等待发送 1 人")
    (made,) = town.rows(Broadcast)
    rows = [row for row in town.rows(Outgoing, card=made.ref) if "群发给" in row.text]
    assert [row.in_place for row in rows] == [True, True]


def test_stopped_in_the_middle_the_rest_does_not_go(town, wang, zhou, li):
    send(wang, "联络员")
    put(town, "周明", state=SENT)
    wang.talk("[⏹ 停止]", "已停止。\n✅ 已送达 1／2 人\n⏹ 未发 1 人")
    assert "停止" not in str(wang.screen.rows)
    rows = written(town)
    assert (rows["周明"].state, rows["李娜"].state) == (SENT, DROPPED)
    assert rows["李娜"].problem == "stopped"
    assert renew(town, rows["李娜"]) == (None, "stopped")  # one that was on its way and came back
    assert len(town.rows(Audit, action="broadcast_stop")) == 1


def test_who_left_or_whose_chat_is_somebody_elses_gets_nothing(town, wang, zhou, li):
    send(wang, "联络员")
    row = written(town)["周明"]
    assert renew(town, row)[0].text == row.text
    (chat,) = town.rows(Chat, address="周明")
    chat.staff_id = town.staff["李娜"]
    town.change(chat)
    assert renew(town, row) == (None, "left")
    (staff,) = town.rows(Staff, name="李娜")
    staff.left_on = date(2026, 11, 12)
    town.change(staff)
    assert renew(town, written(town)["李娜"]) == (None, "left")


@pytest.mark.parametrize(
    ("at", "goes"),
    [
        ("2026-11-12T20:59", None),
        ("2026-11-12T21:00", datetime(2026, 11, 12, 23, 30, tzinfo=UTC)),
        ("2026-11-13T07:29", datetime(2026, 11, 12, 23, 30, tzinfo=UTC)),
        ("2026-11-13T07:30", None),
    ],
)
def test_the_quiet_hours_hold_it(town, wang, zhou, at, goes):
    local = datetime.fromisoformat(at).replace(tzinfo=town.receiver.office.zone)
    town.now = local.astimezone(UTC)
    send(wang, "联络员")
    assert written(town)["周明"].not_before == goes
    assert ("夜间不打扰,11月13日 07:30 起发送" in wang.text) == (goes is not None)


def test_when_all_has_gone_the_card_says_so_once_by_itself(town, wang, zhou, li):
    send(wang, "联络员")
    put(town, "周明", state=SENT)
    town.wait(minutes=1)
    sweep(town)
    assert [one for one in wang.look() if "群发给" in one.text] == []
    put(town, "李娜", state=FAILED, problem="too long")
    sweep(town)
    (card,) = [one for one in wang.look() if "群发给" in one.text]
    assert "已送达 1／2 人\n⚠️ 发送失败 1 人" in card.text
    assert sweep(town) == 0


def test_failed_ones_are_listed_by_name(town, wang, zhou, li):
    send(wang, "联络员")
    put(town, "李娜", state=FAILED, problem="too long")
    wang.talk("[刷新]", "⚠️ 发送失败 1 人", "[名单]", "发送失败,请打电话告知:\n李娜 S02")


def test_an_open_card_stays_open(town, wang, zhou):
    zhou.talk("/visit 高永昌", "怎么走访的?")
    send(wang, "联络员")
    zhou.look()
    zhou.talk("1", "精神")
