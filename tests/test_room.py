"""The worry-relief room, as its liaisons and its team talk about it; it is Thursday, 12 November."""

import threading
from datetime import date, timedelta
from functools import partial

import pytest
from sqlmodel import Session

from bot.clock import KINDS
from bot.receive import Receiver
from handlers import nudge, room_team
from models import room
from models.case import Case, CaseEvent
from models.case_record import Problem, open_or_join
from models.elder import DECEASED, Elder
from models.ladder import Hours
from models.mailbox import Outgoing
from models.org import put_setting
from models.room import Booking
from models.staff import Staff
from tests.conversation import MORNING, ZONE, Town, at_once

TUESDAY = date(2026, 11, 17)
AT_HALF_PAST_TWO = "/room E0001 2026-11-17 14:30"


@pytest.fixture
def lin(town: Town):
    """林静 of the comfort group: the team of the room."""
    town.hire("林静", group="comfort")
    return town.person("林静")


def sweep(town: Town) -> list[Outgoing]:
    """What the room's sweeps write now."""
    before = {row.seq for row in town.rows(Outgoing)}
    with Session(town.database) as session:
        for kind in (room_team.freed, room_team.lists):
            nudge.say(kind, town.receiver.office, town.now, session)
        session.commit()
    return [row for row in town.rows(Outgoing) if row.seq not in before]


def lonely(town: Town, by: str = "周明", **what: object) -> Case:
    """A case of 高永昌 that the comfort group has."""
    with Session(town.database, expire_on_commit=False) as session:
        elder, staff = (session.get_one(t, one) for t, one in
                        ((Elder, town.elders["高永昌"]), (Staff, town.staff[by])))  # fmt: skip
        problem = Problem("loneliness", "comfort", 4, "想有人说话", **what)
        case, _how = open_or_join(session, elder, problem, staff, town.now, Hours(ZONE, {}))
        session.commit()
        return case


def settings(town: Town, **values: int) -> None:
    with Session(town.database) as session:
        for name, value in values.items():
            put_setting(session, f"room.{name}", value)
        session.commit()


def test_a_liaison_books_a_place_for_her_elder_in_two_taps(zhou):
    zhou.talk(
        "解忧室 高永昌", "哪个时间",
        "[11月17日 14:30", "✅ 已预约",
        "/room", "14:30 高*昌",
    )  # fmt: skip


def test_the_free_places_are_those_of_the_next_tuesdays(zhou):
    zhou.say("/room 高永昌")
    assert list(zhou.screen.buttons)[:6] == [
        *(f"11月17日 {clock}" for clock in ("14:30", "15:00", "15:30", "16:00", "16:30")),
        "11月24日 14:30",
    ]


def test_a_holiday_is_skipped_and_the_hours_are_the_office_s(town, zhou):
    settings(town, weekday=4, opens=9 * 60, closes=10 * 60, minutes=60)
    with Session(town.database) as session:
        put_setting(session, "workdays", {"2026-11-19": False})
        session.commit()
    town.wait(hours=1)
    zhou.say("/room 高永昌")
    assert next(iter(zhou.screen.buttons)) == "11月26日 09:00"
    zhou.talk("/room E0001 2026-11-19 09:00", "那个时间不开放")


def test_the_same_elder_has_one_place_a_day(town, zhou):
    zhou.talk(
        AT_HALF_PAST_TWO, "✅ 已预约",
        "/room E0001 2026-11-17 15:00", "没有重复预约",
        "/room 高永昌", "14:30",
    )  # fmt: skip
    assert len(town.rows(Booking)) == 1


def test_the_place_can_be_changed_and_given_up(town, zhou):
    zhou.talk(AT_HALF_PAST_TWO, "✅ 已预约", "[改时间", "哪个时间", "[11月24日 15:00", "✅ 已改",
              "[取消", "已取消", "/room E0003 2026-11-24 15:00", "✅ 已预约")  # fmt: skip
    mine, other = town.rows(Booking)
    assert {mine.state, other.state} == {"cancelled", "booked"}


def test_a_taken_place_is_said_in_one_sentence_with_the_next_free_ones(zhou, li):
    zhou.say(AT_HALF_PAST_TWO)
    li.talk("/room E0006 2026-11-17 14:30", "刚被别人约走")
    assert next(iter(li.screen.buttons)) == "11月17日 15:00"
    li.talk("[11月17日 15:00", "✅ 已预约")


def test_a_liaison_books_for_her_own_elders_only(town, li):
    li.talk("/room 高永昌", "没有", AT_HALF_PAST_TWO, "没有")
    assert not town.rows(Booking)


def test_of_two_who_book_the_last_place_at_once_one_has_it(town, zhou, li):
    settings(town, opens=14 * 60 + 30, closes=15 * 60)
    workers = [Receiver(town.database, town.receiver.office) for _ in range(2)]
    wanted = [
        zhou.said(choice="/room E0001 2026-11-17 14:30"),
        li.said(choice="/room E0006 2026-11-17 14:30"),
    ]
    assert not at_once(
        *(partial(w.receive, [one], town.now) for w, one in zip(workers, wanted, strict=True))
    )
    held = [one for one in town.rows(Booking) if one.seat]
    assert len(held) == 1
    zhou.look()
    li.look()
    texts = sorted([zhou.text, li.text], key=lambda text: "✅" in text)
    assert "刚被别人约走" in texts[0]
    assert "✅ 已预约" in texts[1]


def test_who_has_looked_before_the_other_s_place_was_committed_is_refused_by_the_database(
    town, zhou, li
):
    settings(town, opens=14 * 60 + 30, closes=15 * 60)
    other = threading.Thread(target=li.say, args=("/room E0006 2026-11-17 14:30",))
    with Session(town.database) as first:
        elder, staff = (first.get_one(t, one) for t, one in
                        ((Elder, town.elders["高永昌"]), (Staff, town.staff["周明"])))  # fmt: skip
        assert room.book(first, elder, None, room.Slot(TUESDAY, 14 * 60 + 30), staff, town.now)
        other.start()
        other.join(0.3)  # on PostgreSQL it has looked by now and waits at the seat
        first.commit()
    other.join()
    assert "刚被别人约走" in li.text
    assert [one.elder_id for one in town.rows(Booking)] == [town.elders["高永昌"]]


def test_from_a_case_it_is_booked_and_stands_in_its_story(town, zhou, lin):
    case = lonely(town)
    zhou.talk(f"/case {case.number}", "孤独", "[解忧室", "哪个时间", "[11月17日 15:00", "✅ 已预约",
              f"/case {case.number}", "解忧室 11月17日")  # fmt: skip
    [booking] = town.rows(Booking)
    assert booking.case_id == case.id
    town.wait(days=5, hours=8)
    lin.talk(f"/room @{booking.ref} came", "到了")
    said = [one for one in town.rows(CaseEvent, case_id=case.id) if one.action == "room"]
    assert [one.staff_id for one in said] == [town.staff["周明"], town.staff["林静"]]


def test_a_restricted_case_leads_a_liaison_nowhere(town, zhou):
    case = lonely(town, restricted=True)
    zhou.say(f"/case {case.number}")
    assert "解忧室" not in zhou.screen.buttons
    zhou.talk(f"/room #{case.number}", "没有")


def test_the_team_has_its_list_the_day_before_once(town, zhou, lin, wang):
    zhou.say(AT_HALF_PAST_TWO)
    town.now = MORNING + timedelta(days=4, hours=6)  # Monday 15:00
    assert sweep(town) == []
    town.wait(hours=1)
    assert len(sweep(town)) == 2
    assert sweep(town) == []
    [screen] = lin.look()
    assert "14:30 高*昌" in screen.text
    assert "高永昌" not in screen.text
    assert "14:30 高*昌" in wang.look()[0].text


def test_after_a_holiday_the_list_comes_on_the_working_day_before(town, zhou, lin):
    with Session(town.database) as session:
        put_setting(session, "workdays", {"2026-11-16": False})
        session.commit()
    zhou.say(AT_HALF_PAST_TWO)
    town.now = MORNING + timedelta(days=1, hours=7)  # Friday 16:00
    assert sweep(town)
    assert "14:30" in lin.look()[0].text


def test_what_changes_after_the_list_is_told_to_the_team(town, zhou, lin):
    zhou.say(AT_HALF_PAST_TWO)
    town.now = MORNING + timedelta(days=4, hours=7)
    sweep(town)
    lin.look()
    zhou.talk("/room 高永昌", "14:30", "[取消", "已取消")
    assert "已取消" in lin.look()[0].text


def test_the_team_says_what_became_of_it_and_the_month_is_counted(town, zhou, lin):
    zhou.say(AT_HALF_PAST_TWO)
    zhou.say("/room E0003 2026-11-17 15:00")
    lin.talk("/room", "15:00 李*英")
    assert "到了" not in str(lin.screen.buttons)
    town.now = MORNING + timedelta(days=5, hours=8)
    lin.talk("/room", "情况如何", "[14:30 高永昌", "高*昌", "[还想再来", "哪个时间",
             "[11月24日 14:30", "✅ 已预约", "/room", "李*英", "[15:00 李秀英", "李*英", "[未到", "未到",
             "/room count", "共预约 3")  # fmt: skip
    found = {(one.on_day.day, one.minute): one for one in town.rows(Booking)}
    assert found[17, 14 * 60 + 30].state == "more"
    assert found[17, 15 * 60].settled_by == town.staff["林静"]


def test_only_the_team_says_what_became_of_it(town, zhou):
    zhou.say(AT_HALF_PAST_TWO)
    [booking] = town.rows(Booking)
    town.now = MORNING + timedelta(days=5, hours=8)
    zhou.talk(f"/room @{booking.ref} came", "没有改动")
    town.hire("张工", group="housekeeping")
    town.person("张工").talk(f"/room @{booking.ref}", "不在您的名单")


def test_whoever_has_died_gives_the_place_free_and_the_team_is_told(town, zhou, lin):
    zhou.say(AT_HALF_PAST_TWO)
    elder = town.rows(Elder, code="E0001")[0]
    elder.state = DECEASED
    town.change(elder)
    assert len(sweep(town)) == 2
    assert sweep(town) == []
    assert "已空出" in lin.look()[0].text
    assert "已空出" in zhou.look()[0].text
    zhou.talk("/room E0003 2026-11-17 14:30", "✅ 已预约")


def test_a_withdrawn_case_gives_the_place_free(town, zhou):
    case = lonely(town)
    zhou.say(f"/room #{case.number} 2026-11-17 14:30")
    zhou.say(f"/case {case.number} withdraw 误报")
    sweep(town)
    assert [one.state for one in town.rows(Booking)] == ["freed"]


def test_the_room_s_sweeps_are_among_those_of_every_minute():
    assert {room_team.freed, room_team.lists} <= set(KINDS)


def test_on_telegram_names_are_masked(town):
    phone = town.person("周明", network="telegram", address="4711")
    phone.say("/room 高永昌")
    assert "高*昌" in phone.text
    assert "高永昌" not in phone.text
