"""The fast-track: the hospital is asked for a case, answers, is reminded."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlmodel import Session

from bot.clock import KINDS
from bot.fresh import RENEW
from handlers import fast_tell, nudge
from models import case_query
from models.case import MOVES, CaseEvent
from models.case_record import move
from models.elder import DECEASED
from models.fast_track import FastTrack
from models.ladder import Hours
from models.mailbox import Outgoing
from models.staff import Chat
from tests.case_office import job, opened
from tests.conversation import ZONE, Town


def sweep(town: Town) -> int:
    with Session(town.database) as session:
        count = sum(
            nudge.say(kind, town.receiver.office, town.now, session)
            for kind in (fast_tell.called_off, fast_tell.reminders)
        )
        session.commit()
        return count


def track(town: Town) -> FastTrack:
    [found] = town.rows(FastTrack)
    return found


def test_the_hospital_is_asked_and_its_answer_comes_back_to_all(town, zhou, wang, doctor, fever):
    zhou.talk(f"/case {fever.number}", "发烧", "[绿色通道", "需要什么",
              "[住院床位", "✅ 已通知医院联系人:赵医生")  # fmt: skip
    [asked] = [one for one in doctor.look() if "绿色通道请求" in one.text]
    assert "高*昌" in asked.text
    assert "高永昌" not in asked.text
    assert "住院床位" in asked.text
    doctor.talk("[已安排", "什么时间", "[11月13日 09:00", "🟢 已安排:11月13日 09:00")
    assert any("医院已答复" in one.text for one in zhou.look())
    assert any("11月13日 09:00" in one.text for one in wang.look())
    zhou.talk(f"/case {fever.number}", "绿色通道:🟢 已安排:11月13日 09:00")
    assert track(town).comes_at == datetime(2026, 11, 13, 1, 0, tzinfo=UTC)
    assert track(town).answered_by == town.staff["赵医生"]


@pytest.mark.parametrize(
    ("words", "at"),
    [
        ("11-18 9:30", "11-18 09:30"),
        ("明天下午3点", "11-13 15:00"),
        ("明天上午9点半", "11-13 09:30"),
        ("15:20", "11-12 15:20"),
    ],
)
def test_the_time_may_be_written_as_people_write_it(town, zhou, doctor, fever, words, at):
    zhou.say(f"/fast {fever.number} bed")
    doctor.look()
    doctor.talk(
        "[已安排", "什么时间", "哪天都行", "请写日期", "昨天 9:00", "请写三个月", words, "已安排:"
    )
    assert f"{track(town).comes_at.astimezone(ZONE):%m-%d %H:%M}" == at


def test_what_is_needed_may_be_written(town, zhou, doctor, fever):
    zhou.talk(f"/fast {fever.number}", "需要什么", "做心电图,下午能去", "已通知")
    assert track(town).needs == "做心电图,下午能去"


def test_anybody_of_the_staff_may_be_named_as_hospital_contact(town, wang, fever):
    town.hire("孙护士", role="liaison")
    sun = town.person("孙护士")
    wang.talk("医院联系人 孙护士", "☑ 孙护士", "医院联系人 没这人", "对得上0位")
    wang.talk(f"/fast {fever.number} bed", "孙护士")
    assert "绿色通道" in sun.look()[-1].text
    wang.talk("医院联系人 孙护士 off", "请发姓名")


def test_missing_papers_come_back_and_then_the_hospital_is_asked_again(town, zhou, doctor, fever):
    zhou.say(f"/fast {fever.number} doctor")
    doctor.look()
    doctor.talk("[需补材料", "缺什么", "[医保卡", "需补材料:医保卡")
    zhou.look()
    zhou.talk(f"/fast {fever.number}", "需补材料:医保卡", "[材料已交", "已通知医院联系人")
    assert any("绿色通道请求" in one.text for one in doctor.look())
    doctor.talk("[无法安排", "为什么", "[没有床位", "无法安排:没有床位")
    assert [one.text for one in town.rows(CaseEvent, case_id=fever.id) if one.action == "fast"][-1]


def test_only_the_hospital_answers_and_only_a_medical_case_may_ask(town, zhou, li, doctor, fever):
    zhou.say(f"/fast {fever.number} bed")
    ref = track(town).ref
    zhou.talk(f"/fast @{ref} arranged", "由医院联系人答复")
    li.talk(f"/fast @{ref}", "没有", f"/fast {fever.number}", "没有")
    repair = opened(town, "repair", "housekeeping", 4)
    zhou.talk(f"/fast {repair.number}", "只用于医疗组")
    assert "绿色通道" not in zhou.say(f"/case {repair.number}").screen.buttons


def test_it_is_asked_once_at_a_time(town, zhou, wang, doctor, fever):
    zhou.say(f"/fast {fever.number} bed")
    wang.talk(f"/fast {fever.number} doctor", "已经请求过")
    assert len(town.rows(FastTrack)) == 1


def test_without_a_hospital_contact_it_says_whom_to_ask(zhou, fever):
    zhou.talk(f"/fast {fever.number}", "还没有指定医院联系人")


def test_unanswered_it_is_reminded_as_the_case_s_ladder_climbs(town, zhou, wang, doctor, fever):
    zhou.say(f"/fast {fever.number} bed")
    doctor.look()
    wang.look()
    told = []
    for _quarter in range(4 * 24):
        town.wait(minutes=15)
        sweep(town)
        told += [
            (town.now, "还没有答复" in one.text) for one in doctor.look() if "绿色" in one.text
        ]
        if len(told) == 1:
            assert not any("还没有答复" in one.text for one in wang.look())
    assert [(at - track(town).asked_at) / timedelta(hours=1) for at, _late in told] == [2, 4, 6, 8]
    assert all(late for _at, late in told)
    assert any("还没有答复" in one.text for one in wang.look())


def test_two_processes_remind_once(town, zhou, doctor, fever):
    zhou.say(f"/fast {fever.number} bed")
    town.wait(hours=2, minutes=1)
    assert (sweep(town), sweep(town)) == (1, 0)


def test_a_reminder_that_was_answered_meanwhile_is_not_sent(town, zhou, doctor, fever):
    zhou.say(f"/fast {fever.number} bed")
    town.wait(hours=3)
    sweep(town)
    doctor.look()
    doctor.talk("[已安排", "什么时间", "[11月13日 09:00", "已安排")
    with Session(town.database) as session:
        rows = [one for one in town.rows(Outgoing, kind="fast") if ":remind" in str(one.once)]
        [row] = rows
        found = RENEW["fast"](session, town.receiver.office, town.now,
                              job(row, session.get_one(Chat, row.chat_id)))  # fmt: skip
    assert found == (None, "answered")


@pytest.mark.parametrize("why", ["withdrawn", "deceased"])
def test_what_is_not_needed_any_more_is_called_off(town, zhou, doctor, fever, why):
    zhou.say(f"/fast {fever.number} bed")
    doctor.look()
    with Session(town.database) as session:
        case, elder = case_query.by_number(session, fever.number)
        if why == "deceased":
            elder.state = DECEASED
        else:
            move(session, case, MOVES["withdraw"], None, town.now, Hours(ZONE, {}))
        session.commit()
    assert sweep(town) == 1
    assert sweep(town) == 0
    assert "不再需要" in doctor.look()[0].text


def test_the_list_shows_what_waits_and_counts_the_year(town, zhou, wang, doctor, fever):
    zhou.say(f"/fast {fever.number} bed")
    doctor.talk("绿色通道", "等医院答复:1 件", "/fast", "今年共 1 件")
    wang.talk("/fast", "今年共 1 件,已安排 0 件")
    zhou.talk("/fast", "从医疗类问题的卡片发起")


def test_the_sweeps_are_among_those_of_every_minute():
    assert {fast_tell.called_off, fast_tell.reminders} <= set(KINDS)


def test_each_card_of_the_fast_track_says_what_comes_next(town, zhou, doctor, fever):
    zhou.talk(f"/fast {fever.number} bed", "等医院答复")
    doctor.look()
    assert "姓名、证件等请打电话问周明" in doctor.text
    doctor.talk("[需补材料", "缺什么", "[医保卡", "✅ 已答复,已通知周明")
    zhou.look()
    assert "材料交到医院后,请点“材料已交”" in zhou.text
    town.now += timedelta(minutes=5)
    zhou.say("[材料已交")
    doctor.look()
    doctor.talk("[无法安排", "为什么", "[没有床位", "已通知")
    zhou.look()
    zhou.talk("[再次请求", "需要什么", "[门诊", "✅ 已通知医院联系人")


def test_a_second_answer_within_the_same_second_reaches_everybody_too(
    town, zhou, wang, doctor, fever
):
    zhou.talk(f"/fast {fever.number} 住院床位", "✅ 已通知医院联系人")
    doctor.look()
    ref = track(town).ref
    doctor.talk(f"/fast @{ref} arranged 11-13 09:00", "🟢 已安排:11月13日 09:00")
    zhou.look()
    doctor.talk(f"/fast @{ref} arranged 11-14 10:00", "🟢 已安排:11月14日 10:00")
    assert any("11月14日 10:00" in one.text for one in zhou.look())
    assert any("11月14日 10:00" in one.text for one in wang.look())
    answers = [row.once for row in town.rows(Outgoing) if ":answer" in (row.once or "")]
    assert len(answers) == 4
