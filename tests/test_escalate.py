"""The ladder through simulated time: each step once, to the right people, and not a step too many."""

import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from sqlmodel import Session

from handlers import escalate
from handlers.turn import Office
from models import outbox
from models.case import CaseEvent, CaseNotice, CaseStep
from models.mailbox import EMERGENCY, SENT, Outgoing
from models.org import put_setting
from models.outbox import Job, Outcome
from tests.case_office import did, pass_time, send, steps, sweep, the_case
from tests.conversation import ZONE, at_once

GAS = "走访 高永昌 00040 有煤气味"
LEAK = "走访 高永昌 00020 屋顶漏雨"
OFFICE = Office(zone=ZONE)
NIGHT = datetime(2026, 11, 12, 15, 0, tzinfo=UTC)  # 23:00


def report(zhou, line):
    return zhou.talk(line, "核对", "[✅ 提交]", "已记下")


@pytest.fixture
def office(town):
    """The emergency group and the leader too."""
    town.hire("马涛", group="emergency")
    town.hire("赵建军", "leader")
    return {name: town.person(name) for name in ("马涛", "赵建军")}


def test_an_emergency_reaches_everybody_at_once_even_at_night(town, zhou, li, liu, wang, office):
    town.now = NIGHT
    report(zhou, GAS)
    assert zhou.text.startswith("☎️ 先打 119 / 120!")
    assert "已通知" in zhou.text
    assert "📞 刘强 +86 000 0000 0104" in zhou.text
    for person in (liu, li, wang, office["马涛"]):
        assert "🆘 个案1 · 紧急 · 应急、家政组" in person.look()[0].text
    assert office["赵建军"].look() == []
    rows = [row for row in town.rows(Outgoing) if row.kind == "case"]
    assert {row.lane for row in rows} == {EMERGENCY}
    assert {row.not_before for row in rows} == {None}


def test_nobody_answers_and_it_climbs_to_the_leader_and_stops_at_the_cap(
    town, zhou, liu, wang, office
):
    report(zhou, GAS)
    pass_time(town, 9)
    assert steps(town) == ["open"]
    pass_time(town, 1)
    assert "🔴 还没有人受理" in wang.look()[-1].text
    assert office["赵建军"].look() == []
    pass_time(town, 10)
    assert "🔴 还没有人受理" in office["赵建军"].look()[-1].text
    pass_time(town, 5 * 24 * 60)
    rounds = [name for name in steps(town) if name.startswith("ack")]
    assert rounds == ["ack1", "ack2", "ack3", "ack4", "ack5"]
    assert town.rows(CaseEvent, action="told_nobody") == []
    assert the_case(town).next_at is None


def test_acknowledged_in_time_nothing_climbs_until_the_term(town, zhou, liu, wang, office):
    report(zhou, GAS)
    pass_time(town, 4)
    liu.talk("受理 1", "已受理 刘强 09:04")
    assert "已受理" in zhou.look()[-1].text
    pass_time(town, 55)
    assert [name.rstrip("0123456789") for name in steps(town)] == ["open", "acked"]
    pass_time(town, 2)
    assert "act1" in steps(town)
    assert "🔴 还没有人上门" in liu.look()[-1].text


def test_acknowledged_late_stops_the_climbing(town, zhou, liu, wang, office):
    report(zhou, GAS)
    pass_time(town, 25)
    liu.talk("受理 1", "已受理 刘强")
    before = steps(town)
    pass_time(town, 20)
    assert steps(town) == before
    assert [name for name in before if name.startswith("ack")][:2] == ["ack1", "ack2"]


def test_acknowledged_and_forgotten_climbs_again(town, zhou, liu, wang, office):
    report(zhou, "走访 高永昌 00030 塌了半边")
    liu.talk("受理 1", "已受理")
    pass_time(town, 24 * 60 + 1)
    pass_time(town, 10)
    assert "🔴 还没有人上门" in liu.look()[-1].text
    pass_time(town, 5 * 60)
    taken = [one.name for one in town.rows(CaseStep, case_id=the_case(town, number=1).id)]
    assert {"act1", "act2", "act3"} <= set(taken)
    assert office["赵建军"].look() != []


def test_a_refused_case_climbs_at_the_coordinator(town, zhou, liu, wang, office):
    report(zhou, GAS)
    liu.talk("退回 1 人手不够", "等协调员定")
    pass_time(town, 11)
    assert "back1" in steps(town)
    assert "🔴 退回后还没有人定" in wang.look()[-1].text
    wang.talk("受理 1", "已受理 王主任")
    pass_time(town, 30)
    assert [name for name in steps(town) if name.startswith("back")] == ["back1"]


def test_a_case_that_is_returned_twice_climbs_twice(town, zhou, liu, wang, office):
    report(zhou, GAS)
    for _time in range(2):
        liu.talk("退回 1 人手不够", "等协调员定")
        pass_time(town, 11)
        wang.talk("受理 1", "已受理 王主任")
    assert [name for name in steps(town) if name.startswith("back")] == ["back1", "back1"]
    pass_time(town, 75)
    liu.talk("退回 1 人手不够", "等协调员定")
    wang.talk("受理 1", "已受理 王主任")
    pass_time(town, 15)
    assert [name for name in steps(town) if name == "act1"] == ["act1", "act1"]


def test_a_case_that_cannot_be_climbed_keeps_no_other_from_climbing(town, zhou, wang, office):
    report(zhou, "走访 王德胜 00040 有煤气味")
    report(zhou, GAS)
    first = the_case(town, number=1)
    first.plan = {**first.plan, "rungs": [["ack", "ack1", 0, ["nobody we know"]]]}
    town.change(first)
    town.wait(minutes=11)
    sweep(town)
    assert [one.key[:9] for one in town.rows(CaseStep, name="ack1")] == ["2:1:ack1:"]


def test_an_alarm_that_waits_is_not_edited_away_by_a_note(town, zhou, liu, wang, office):
    """The same card, changed silently while the alarm waits: the alarm is heard first."""
    report(zhou, GAS)
    send(town)
    town.wait(minutes=11)
    sweep(town)
    liu.talk("备注 1 在路上", "在路上")
    assert [job.in_place for job in taken(town) if job.address == "王主任"] == [False, True]


def taken(town) -> list[Job]:
    """What the real queue gives out, one after the other."""
    jobs = []
    with Session(town.database) as session:
        while found := outbox.claim(session, town.now, town.now + timedelta(minutes=1), Open()):
            outbox.mark(session, [Outcome(job, SENT, native_id=str(job.seq)) for job in found],
                        town.now)  # fmt: skip
            jobs += found
    return jobs


class Open:
    """A gate that lets everything through."""

    def closed(self, lane: int) -> bool:
        return False

    def admit(self, row: object) -> bool:
        return True


def test_a_referred_case_has_a_ladder_of_its_own(town, zhou, liu, wang, office):
    town.hire("陈芳", group="medical")
    chen = town.person("陈芳")
    report(zhou, "走访 高永昌 00030 塌了半边")
    liu.talk("转办 1 医疗组 先看伤", "待受理")
    assert "🔔 转到本组" in chen.look()[0].text
    assert "刘强 09:00:转医疗组:先看伤" in chen.text
    pass_time(town, 121)
    case = the_case(town, number=1)
    assert case.round == 2
    assert {one.key for one in town.rows(CaseStep, case_id=case.id)} >= {
        "1:1:open:1",
        "1:2:refer:2",
        "1:2:ack1:3",
    }


def test_a_duty_officer_who_cannot_be_reached_is_an_alarm_to_the_coordinator(town, zhou, liu, wang):
    report(zhou, LEAK)
    send(town, fails=("刘强",))
    town.wait(minutes=1)
    sweep(town)
    (screen,) = wang.look()
    assert "⚠️ 该通知的人一个都没收到,请打电话" in screen.text
    assert "该通知的人" in zhou.look()[-1].text
    assert did(town)[-1] == "told_nobody"
    assert {one.state for one in town.rows(CaseNotice, staff_id=town.staff["刘强"])} == {"failed"}
    pass_time(town, 30)
    assert [name for name in steps(town) if name.startswith("nobody")] == ["nobody:open"]


def test_a_group_without_anybody_is_an_alarm_too(town, zhou, wang):
    zhou.talk("走访 高永昌 20000 老伴不在了", "核对", "[✅ 提交]", "这个组没有可通知的人")
    pass_time(town, 1)
    assert "该通知的人一个都没收到" in wang.look()[0].text


def test_a_network_that_hangs_is_an_alarm_after_two_minutes(town, zhou, liu, wang, office):
    report(zhou, GAS)
    town.wait(minutes=3)
    sweep(town)
    assert "nobody:open" in steps(town)


def test_routine_waits_for_working_hours_and_over_a_holiday(town, zhou, liu, wang):
    town.now = datetime(2026, 9, 30, 12, 0, tzinfo=UTC)  # 20:00 before National Day
    report(zhou, LEAK)
    pass_time(town, 60)
    assert liu.look()[0].text.startswith("⚠️ 个案1")
    case = the_case(town)
    assert case.ack_until == datetime(2026, 10, 9, 0, 0, tzinfo=UTC)  # Friday, 08:00
    pass_time(town, 10 * 24 * 60)  # to Saturday, a make-up day
    assert [name for name in steps(town) if name != "open"] == ["ack1"]


def test_quiet_hours_hold_what_is_not_urgent(town, zhou, liu):
    town.now = NIGHT
    report(zhou, LEAK)
    assert send(town) > 0
    assert [row.not_before for row in town.rows(Outgoing, kind="case")] == [
        datetime(2026, 11, 12, 23, 30, tzinfo=UTC)
    ]


def test_the_bot_was_down_for_six_hours_and_speaks_once(town, zhou, liu, wang, office):
    report(zhou, GAS)
    send(town)
    for person in (liu, wang, office["赵建军"]):
        person.look()
    town.wait(hours=6)
    assert [sweep(town) for _again in range(3)] == [1, 0, 0]
    send(town)
    for person in (liu, wang, office["赵建军"]):
        assert len(person.look()) == 1
    pass_time(town, 9)
    assert len(wang.look()) == 0


def test_a_step_that_was_written_is_not_sent_when_it_is_answered_meanwhile(
    town, zhou, liu, wang, office
):
    report(zhou, GAS)
    send(town)
    town.wait(minutes=11)
    sweep(town)
    liu.talk("受理 1", "已受理")
    send(town)
    rows = [row for row in town.rows(Outgoing) if ":ack1:" in str(row.once)]
    assert {row.state for row in rows} == {"dropped"}
    assert {row.problem for row in rows} == {"moved on"}


def test_the_numbers_of_the_office_count_for_cases_opened_from_then_on(
    town, zhou, liu, wang, office
):
    report(zhou, GAS)
    with Session(town.database) as session:
        put_setting(session, "case.s1.ack", 30)
        session.commit()
    report(zhou, "走访 王德胜 00040 有煤气味")
    pass_time(town, 12)
    assert [one.key for one in town.rows(CaseStep) if ":ack" in one.key] == ["1:1:ack1:2"]
    pass_time(town, 20)
    assert "2:1:ack1:2" in [one.key for one in town.rows(CaseStep)]


def test_a_follow_up_that_nobody_makes_is_asked_for(town, zhou, liu, wang, office):
    report(zhou, "走访 高永昌 00030 塌了半边")
    liu.talk("办结 1 已安置", "待他人回访")
    pass_time(town, 25 * 60)
    assert "follow_up1" in steps(town)
    assert "🟡 请回访:问问好了没有" in "".join(one.text for one in zhou.look())
    zhou.talk("销号 1 好了", "已销号")
    before = steps(town)
    pass_time(town, 3 * 24 * 60)
    assert [one for one in steps(town) if one.startswith("follow")] == ["follow_up1"]
    assert before


def test_the_leader_sees_numbers(town, zhou, liu, office):
    report(zhou, GAS)
    office["赵建军"].talk("/cases", "未办结1件:逾期0件,待受理1件,待回访0件。")


def test_two_processes_that_climb_the_same_ladder_take_each_step_once(
    town, zhou, liu, wang, office
):
    """Real sessions in threads; on SQLite the file's lock, on PostgreSQL the row's decides."""
    report(zhou, GAS)
    send(town)
    for _round in range(5):
        town.wait(minutes=10)
        at_once(*[partial(tries, town)] * 4)  # what lost a lock tries again at the next tick
        send(town)
    keys = [one.key for one in town.rows(CaseStep)]
    assert sorted(keys) == sorted(set(keys))
    onces = [row.once for row in town.rows(Outgoing) if row.once]
    assert len(onces) == len(set(onces))
    assert [name for name in steps(town) if name.startswith("ack")] == [
        "ack1",
        "ack2",
        "ack3",
        "ack4",
        "ack5",
    ]


def tries(town):
    with Session(town.database) as session:
        escalate.sweep(session, town.receiver.office, town.now)
        session.commit()


@pytest.mark.parametrize(("who", "says"), [("zhou", "withdraw 误报"), ("liu", "resolve 关了阀门")])
def test_what_is_withdrawn_or_done_climbs_no_more(
    town, request, zhou, liu, wang, office, who, says
):
    report(zhou, GAS)
    pass_time(town, 10)
    request.getfixturevalue(who).say(f"/case 1 {says}")
    wang.look()
    pass_time(town, 20 * 60)
    assert [name for name in steps(town) if name.startswith(("ack", "act", "resolve"))] == [
        "ack1", *(["resolved"] if who == "liu" else [])]  # fmt: skip
    assert not [one for one in wang.look() if "🔴" in one.text]


CLIMB = """
import sys
from datetime import datetime
import structlog
from sqlalchemy.exc import OperationalError
from sqlmodel import Session
from handlers import escalate
from models.database import connect
from tests.test_escalate import OFFICE

structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
engine = connect(sys.argv[1])
print("ready", flush=True)
for line in sys.stdin:
    try:
        with Session(engine) as session:
            taken = escalate.sweep(session, OFFICE, datetime.fromisoformat(line.strip()))
            session.commit()
    except OperationalError:  # locked: what lost tries again at the next tick
        taken = -1
    print(taken, flush=True)
"""


@contextmanager
def another_bot(url):
    """A process of its own that climbs at the instants it is told."""
    address = url.render_as_string(hide_password=False)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", CLIMB, address], **pipes) as bot:
        assert bot.stdout.readline() == "ready\n"
        yield bot
        bot.stdin.close()


def test_two_bots_on_one_database_climb_a_ladder_and_send_each_step_once(
    town, zhou, liu, wang, office
):
    report(zhou, GAS)
    send(town)
    with another_bot(town.database.url) as one, another_bot(town.database.url) as other:
        for _round in range(6):
            town.wait(minutes=10)
            for bot in (one, other):
                print(town.now.isoformat(), file=bot.stdin, flush=True)
            taken = [int(bot.stdout.readline()) for bot in (one, other)]
            assert max(taken) >= 0
            send(town)
    climbed = [name for name in steps(town) if name.startswith(("ack", "act"))]
    assert len(climbed) == len(set(climbed))
    assert climbed[:5] == [f"ack{place}" for place in range(1, 6)]
    onces = [row.once for row in town.rows(Outgoing) if row.once]
    assert len(onces) == len(set(onces))


def test_the_next_look_at_a_case_is_when_its_next_step_is_due(town, zhou, liu):
    report(zhou, LEAK)
    assert sweep(town) == 0
    assert the_case(town).next_at - town.now > timedelta(hours=20)
