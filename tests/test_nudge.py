"""What the bot says by itself, and what it does not."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import event
from sqlmodel import Session
from structlog.testing import capture_logs

from bot import clock
from handlers import nudge
from models.assignment import Assignment
from models.draft import Draft
from models.elder import Elder
from models.mailbox import Outgoing
from models.org import Unit, put_setting
from models.schedule import Leave
from models.staff import Chat, Staff
from models.visit import Promise
from tests.conversation import EIGHT, promises_a_washer, sweep

MOST = 40  # statements of a morning, however many liaisons


def digest_rows(town):
    return town.rows(Outgoing, kind="digest")


def test_the_morning_digest_in_one_message(town, zhou):
    promises_a_washer(zhou)
    assert sweep(town, EIGHT + timedelta(days=1)) == 1
    zhou.look()
    assert zhou.screen.rows[-2:] == [["办了 高永昌"], ["我代去 E0006"]]
    assert "周明,早上好。11月13日 星期五" in zhou.text
    assert "今天建议走访 0 位,逾期 4 位" in zhou.text
    assert "🔴 李*英 79岁 石沟村  逾期,最近没去过" in zhou.text
    assert "答应过 高*昌:换水龙头垫圈" in zhou.text
    assert "李秀英" not in zhou.text
    assert zhou.screen.rows[-3][0] == "改期/不在家…"
    zhou.talk("[走访 李秀英]", "走访 李秀英", f"/kept {town.rows(Promise)[0].ref}", "办了")
    sweep(town, EIGHT + timedelta(days=4))
    assert "答应过" not in zhou.look()[0].text


def test_at_most_one_a_day_whatever_restarts(town, zhou):
    assert [sweep(town, EIGHT + timedelta(minutes=n)) for n in (0, 1, 30, 400)] == [1, 0, 0, 0]
    assert sweep(town, EIGHT - timedelta(hours=3)) == 0  # the clock was set back
    assert sweep(town, EIGHT + timedelta(days=1)) == 1
    assert len(digest_rows(town)) == 2


def test_a_clock_that_ran_ahead_takes_no_day_its_digest(town, zhou, wang):
    sweep(town, EIGHT + timedelta(days=1, hours=9))  # Friday 17:00 on the wrong clock
    went_out(town)
    sweep(town, EIGHT)  # it is Thursday, as before
    assert ["早上好。11月12日" in one.look()[-1].text for one in (zhou, wang)] == [True, True]
    went_out(town)
    sweep(town, EIGHT + timedelta(days=1, hours=9, minutes=1))
    assert "早上好。11月13日" in zhou.look()[-1].text
    assert any("今日小结" in one.text for one in wang.look())


@pytest.mark.parametrize("crowd", [1, 100])
def test_a_hundred_liaisons_take_no_question_each(town, crowd):
    (unit,) = town.rows(Unit, name="石沟村")
    with Session(town.database) as session:
        for n in range(crowd):
            staff = Staff(code=f"L{n:03}", name="联络", unit_id=unit.id)
            elder = Elder(code=f"N{n:03}", name="新人", unit_id=unit.id, visit_wish="先打电话")
            session.add_all([staff, elder])
            session.flush()
            pair = Assignment(elder_id=elder.id, staff_id=staff.id, from_on=date(2026, 1, 1))
            session.add_all([pair, Chat(network="web", address=f"c{n}", staff_id=staff.id)])
        session.commit()
    asked: list[str] = []
    event.listen(town.database, "before_cursor_execute", lambda *what: asked.append(what[2]))
    assert sweep(town, EIGHT) >= crowd
    assert sum("💬 先打电话" in row.text for row in digest_rows(town)) == crowd
    assert sum("SELECT" in one for one in asked) <= MOST


@pytest.mark.parametrize(
    ("at", "count"),
    [("2026-11-12T07:59", 0), ("2026-11-12T08:00", 1), ("2026-11-12T17:29", 1), ("2026-11-12T17:30", 0),
     ("2026-11-14T08:00", 0), ("2026-10-01T08:00", 0), ("2026-11-12T23:00", 0)],
)  # fmt: skip
def test_only_on_workdays_between_eight_and_half_past_five(town, zhou, at, count):
    local = datetime.fromisoformat(at).replace(tzinfo=town.receiver.office.zone)
    assert sweep(town, local.astimezone(UTC)) == count


def test_never_into_an_open_dialogue(town, zhou):
    town.now = EIGHT
    zhou.talk("/visit 高永昌", "怎么")
    assert sweep(town, EIGHT + timedelta(minutes=5)) == 0
    assert sweep(town, EIGHT + timedelta(minutes=11)) == 1


def spoil(town, name):
    """A draft that no digest can show: somebody's hand in the database."""
    (draft,) = town.rows(Draft, staff_id=town.staff[name])
    draft.context = [name]
    town.change(draft)


def test_one_whose_digest_cannot_be_made_keeps_nobody_else_from_theirs(town, zhou, li, wang):
    zhou.talk("/visit 高永昌", "怎么")
    spoil(town, "周明")
    with capture_logs() as events:
        assert sweep(town, EIGHT + timedelta(days=1)) == 2
    assert "早上好" in li.look()[0].text
    assert "早上好" in wang.look()[0].text
    told = [event for event in events if event["event"] == "not_written"]
    assert [event["kind"] for event in told] == ["digest"]
    assert {type(event.pop("exc_info")) for event in told} == {AttributeError}
    assert "周明" not in str(told)


def test_one_whose_reminder_cannot_be_made_keeps_nobody_else_from_theirs(town, zhou, li):
    town.now = EIGHT + timedelta(hours=2)
    sweep(town)
    for person in (zhou, li):
        person.talk("/visit E0001" if person is zhou else "/visit E0006", "怎么")
    spoil(town, "周明")
    assert sweep(town, town.now + timedelta(hours=1, minutes=1)) == 1
    assert "走访卡还没填完" in li.look()[0].text


def test_nothing_to_somebody_on_leave_but_to_who_stands_in(town, zhou, li):
    town.now = EIGHT - timedelta(hours=1)
    zhou.talk("/leave 3天 李娜", "交给:李娜", "[确认]", "已请假")
    sweep(town, EIGHT)
    assert zhou.look() == []
    assert "逾期 6 位" in "".join(one.text for one in li.look())


def test_the_own_hour_and_the_quiet_hours(town, zhou):
    town.change(
        Staff(**{**town.rows(Staff, name="周明")[0].model_dump(), "digest_at": 9 * 60 + 30})
    )
    assert sweep(town, EIGHT) == 0
    assert sweep(town, EIGHT + timedelta(minutes=90)) == 1
    town.change(Staff(**{**town.rows(Staff, name="周明")[0].model_dump(), "digest_at": 5 * 60}))
    day = EIGHT + timedelta(days=1)
    assert sweep(town, day - timedelta(minutes=31)) == 0
    assert sweep(town, day - timedelta(minutes=30)) == 1


def test_the_coordinator_sees_the_late_ones_by_liaison(town, zhou, wang):
    sweep(town, EIGHT)
    wang.look()
    assert "11月1日–11月15日:应访 6,已访 0。" in wang.text
    assert "🔴 周明:逾期 5(E0001、E0002、E0003、E0004)" in wang.text


def test_a_number_of_the_office_changes_the_digest_at_once(town, zhou):
    with Session(town.database) as session:
        put_setting(session, "digest_at", 10 * 60)
        session.commit()
    assert sweep(town, EIGHT) == 0
    assert sweep(town, EIGHT + timedelta(hours=2)) == 1


def test_an_unfinished_card_is_reminded_once_after_an_hour_and_in_the_next_digest(town, zhou):
    town.now = EIGHT + timedelta(hours=2)
    sweep(town)
    zhou.talk("/visit 高永昌", "怎么", "[上门]", "精神")
    assert sweep(town, town.now + timedelta(minutes=59)) == 0
    assert sweep(town, town.now + timedelta(minutes=2)) == 1
    assert "走访卡还没填完:高永昌" in zhou.look()[0].text
    assert sweep(town, town.now + timedelta(hours=3)) == 0
    sweep(town, EIGHT + timedelta(days=1))
    assert "11月12日没填完:高*昌" in zhou.look()[0].text
    sweep(town, EIGHT + timedelta(days=4))
    assert "没填完" not in zhou.look()[0].text


def test_a_card_left_in_the_evening_is_reminded_in_the_morning_s_digest_alone(town, zhou):
    town.now = datetime(2026, 11, 12, 12, 30, tzinfo=UTC)  # 20:30
    zhou.talk("/visit 高永昌", "怎么")
    assert sweep(town, town.now + timedelta(hours=2)) == 0
    assert sweep(town, EIGHT + timedelta(days=1, minutes=-30)) == 0
    assert sweep(town, EIGHT + timedelta(days=1, minutes=2)) == 1
    assert "11月12日没填完:高*昌" in zhou.look()[-1].text


def renew(town, row):
    with Session(town.database) as session:
        return nudge.renew(session, town.receiver.office, town.now, row)


def test_a_digest_that_waited_is_made_anew_before_it_goes(town, zhou):
    sweep(town, EIGHT)
    (row,) = digest_rows(town)
    assert renew(town, row)[0].text == row.text
    town.now = EIGHT + timedelta(hours=2)
    zhou.talk("走访 高永昌 00000", "核对", "[提交]", "已记下")
    reply, _why = renew(town, row)
    assert "逾期 4 位" in reply.text
    assert "高*昌" not in reply.text


def test_a_digest_that_waited_still_goes_to_who_has_begun_to_write_elsewhere(town, zhou):
    sweep(town, EIGHT)
    (row,) = digest_rows(town)
    town.now = EIGHT + timedelta(hours=2)
    other = {"network": "matrix", "address": "@zhou:office", "staff_id": town.staff["周明"]}
    town.change(Chat(**other, joined_at=EIGHT, last_at=town.now))
    assert "早上好" in renew(town, row)[0].text


@pytest.mark.parametrize(
    ("later", "why"), [(timedelta(days=1), "day over"), (timedelta(hours=10), "too late")]
)
def test_a_digest_of_another_day_is_dropped_with_the_reason(town, zhou, later, why):
    sweep(town, EIGHT)
    town.now = EIGHT + later
    assert renew(town, digest_rows(town)[0]) == (None, why)


def test_a_digest_for_somebody_who_left_is_dropped(town, zhou):
    sweep(town, EIGHT)
    staff = town.rows(Staff, name="周明")[0]
    staff.left_on = date(2026, 11, 12)
    town.change(staff)
    assert renew(town, digest_rows(town)[0]) == (None, "left")


def test_silence_in_the_morning_raises_an_alarm_by_itself(town, zhou, wang):
    sweep(town, EIGHT)
    assert sweep(town, EIGHT + timedelta(minutes=89)) == 0
    assert sweep(town, EIGHT + timedelta(minutes=90)) == 1
    assert "今早的播报一条也没发出去" in wang.look()[-1].text
    assert sweep(town, EIGHT + timedelta(minutes=95)) == 0


def test_a_morning_in_which_nothing_was_even_written_raises_the_alarm_once(town, zhou, wang):
    evening = EIGHT + timedelta(hours=9, minutes=40)  # the clock was dead until 17:40
    assert [sweep(town, evening), sweep(town, evening + timedelta(minutes=1))] == [2, 0]
    alarm, day = wang.look()
    assert "今早的播报一条也没发出去" in alarm.text
    assert "今日小结" in day.text
    assert zhou.look() == []
    saturday = EIGHT + timedelta(days=2, hours=9)
    assert sweep(town, saturday) == 0


def went_out(town):
    for row in digest_rows(town):
        if row.state == "waiting":
            row.state, row.sent_at = "sent", town.now
            town.change(row)


THURSDAY = EIGHT


@pytest.mark.parametrize(
    ("back", "told"),
    [(timedelta(days=1), None),  # the next morning: nothing fell out
     (timedelta(days=4), "11月13日 星期五"),  # Monday; a weekend is nobody's morning
     (timedelta(days=4, hours=3), "11月13日 星期五"),
     (timedelta(days=5, minutes=-20), "11月13日 星期五、11月16日 星期一")],
)  # fmt: skip
def test_back_after_days_the_coordinator_hears_which_mornings_fell_out(
    town, zhou, wang, back, told
):
    sweep(town, THURSDAY)
    went_out(town)
    sweep(town, THURSDAY + back)
    said = [one.text for one in wang.look() if "早间播报没有发出" in one.text]
    assert [told in text for text in said] == [True] * (told is not None)
    sweep(town, THURSDAY + back + timedelta(minutes=1))
    sweep(town, THURSDAY + back + timedelta(hours=1))
    went_out(town)
    sweep(town, THURSDAY + back + timedelta(hours=2))
    assert not any("早间播报没有发出" in one.text for one in wang.look())


def test_a_morning_that_was_written_and_never_sent_fell_out_too(town, zhou, wang):
    sweep(town, THURSDAY)
    went_out(town)
    sweep(town, THURSDAY + timedelta(days=1))  # and then the power went
    wang.look()
    sweep(town, THURSDAY + timedelta(days=4))
    assert "11月13日 星期五" in wang.look()[0].text


def test_back_at_night_or_on_a_sunday_the_coordinator_is_left_asleep(town, zhou, wang):
    sweep(town, THURSDAY)
    went_out(town)
    wang.look()
    assert sweep(town, THURSDAY + timedelta(days=1, hours=14)) == 0
    assert sweep(town, THURSDAY + timedelta(days=3)) == 0
    sweep(town, THURSDAY + timedelta(days=4, minutes=-30))
    assert "11月13日 星期五" in wang.look()[0].text


def test_a_day_on_which_nobody_was_there_did_not_fall_out(town, zhou, wang):
    sweep(town, THURSDAY)
    went_out(town)
    friday = date(2026, 11, 13)
    for name in ("周明", "王主任"):
        away = {"staff_id": town.staff[name], "made_by": town.staff[name], "made_at": town.now}
        town.change(Leave(**away, from_on=friday, until_on=friday))
    sweep(town, THURSDAY + timedelta(days=4))
    assert not any("早间播报没有发出" in one.text for one in wang.look())


def test_back_after_an_hour_the_digests_go_out_late_and_there_is_no_alarm(town, zhou, wang):
    assert sweep(town, EIGHT + timedelta(hours=2)) == 2
    assert "早上好" in wang.look()[-1].text


def test_where_the_digests_fail_the_alarm_still_comes(town, zhou, wang, monkeypatch):
    def digests(session, office, now):
        raise KeyError("a fault of ours")

    async def run_db(work):
        return work()

    now = EIGHT + timedelta(hours=2)
    house = SimpleNamespace(engine=town.database, office=town.receiver.office, run_db=run_db,
                            clock=lambda: now, deliver=SimpleNamespace(wake=lambda: None))  # fmt: skip
    kinds = tuple(digests if one is nudge.digests else one for one in clock.KINDS)
    monkeypatch.setattr(clock, "KINDS", kinds)
    asyncio.run(clock.speak_up(house))
    assert "今早的播报一条也没发出去" in wang.look()[-1].text


def test_no_alarm_when_something_went_out(town, zhou, wang):
    sweep(town, EIGHT)
    row = digest_rows(town)[0]
    row.state = "sent"
    town.change(row)
    assert sweep(town, EIGHT + timedelta(hours=3)) == 0


def test_a_day_before_the_window_ends_the_backup_is_told(town, zhou, li):
    town.now = datetime(2026, 11, 27, 1, 0, tzinfo=UTC)  # a Friday; the window ends on Monday
    zhou.talk(*("走访 高永昌 00000", "核对", "[提交]", "已记下"))
    sweep(town, datetime(2026, 11, 30, 0, 0, tzinfo=UTC))
    told = li.look()[0]
    assert "⏳ 您是后备,11月30日前还没人走访:E0002 石沟村、E0003 柳泉村、E0004 石沟村" in told.text
    assert "李*英" not in told.text  # not in her care until she says so
    assert "⏳ 今天是11月30日前最后一个工作日,还有 4 位没走访。" in zhou.look()[0].text
    li.talk("[我代去 E0004]", "✅ 王德胜 90岁 石沟村 已列入您的名单,到 11月30日为止")
    assert "李娜代您走访 王*胜 90岁 石沟村,11月30日前。" in zhou.look()[0].text
    li.talk("[开始走访]", "走访 王德胜")


def test_the_last_reminder_comes_on_the_last_workday_where_the_window_ends_on_a_weekend(
    town, zhou, li
):
    sweep(town, datetime(2026, 11, 12, 0, 0, tzinfo=UTC))  # a Thursday; the 15th is a Sunday
    assert "⏳ 到11月15日还剩 2 个工作日,还有 5 位没走访。" in zhou.look()[0].text
    assert "您是后备" not in li.look()[0].text
    li.talk("/instead E0004", "现在还不用代去", "/instead E0006", "名单里没有「E0006」")
    sweep(town, datetime(2026, 11, 13, 0, 0, tzinfo=UTC))
    assert "⏳ 今天是11月15日前最后一个工作日" in zhou.look()[0].text
    assert "您是后备,11月15日前还没人走访:E0001" in li.look()[0].text


def test_who_died_since_a_minute_is_in_no_digest_that_is_just_going_out(town, zhou, wang):
    sweep(town, EIGHT)
    row = next(row for row in digest_rows(town) if "周明" in row.text)
    town.now = EIGHT + timedelta(seconds=20)
    wang.talk("/ended E0001 deceased yes", "不在任何名单上")
    assert "高*昌" in row.text
    assert "高*昌" not in renew(town, row)[0].text


def test_a_notice_to_somebody_who_did_not_ask_waits_for_the_morning(town, zhou, li):
    town.now = EIGHT + timedelta(hours=14)  # 22:00
    zhou.talk("/later 高永昌", "是什么情况", "[请后备代去]", "请后备", "[确认]", "已请李娜")
    told = next(row for row in town.rows(Outgoing) if "周明请您代走访" in row.text)
    assert told.not_before == EIGHT + timedelta(days=1, minutes=-30)
    town.now = EIGHT + timedelta(days=1, hours=2)
    zhou.talk("/later E0002", "是什么情况", "[请后备代去]", "请后备", "[确认]", "已请李娜")
    assert [row.not_before for row in town.rows(Outgoing) if "代走访 李" in row.text] == [None]
