"""What a morning's digest says when a window nears its end, and of what was left unfinished."""

from datetime import timedelta

from sqlmodel import Session

from models.org import put_setting
from models.workdays import SETTING
from tests.conversation import EIGHT, sweep

DAY = timedelta(days=1)
NAMES = ("高永昌", "李秀英 石沟村", "李秀英 柳泉村", "王德胜", "廖玉珍")


def lines(person, mark="⏳"):
    return [line for one in person.look() for line in one.text.splitlines() if line[:1] == mark]


def test_three_days_before_the_window_ends_the_liaison_hears_how_many_are_left(town, zhou, li):
    """Window −3: 1–15 November ends on a Sunday; said from Thursday on, one day a time."""
    sweep(town, EIGHT - DAY)
    assert lines(zhou) == []
    sweep(town, EIGHT)
    assert lines(zhou) == ["⏳ 到11月15日还剩 2 个工作日,还有 5 位没走访。"]
    assert lines(li) == ["⏳ 到11月15日还剩 2 个工作日,还有 1 位没走访。"]
    town.wait(hours=1)
    zhou.talk("走访 高永昌 00000", "核对", "[✅ 提交]", "已记下")
    sweep(town, EIGHT + DAY)
    assert lines(zhou)[0] == "⏳ 今天是11月15日前最后一个工作日,还有 4 位没走访。"
    sweep(town, EIGHT + 4 * DAY)
    assert lines(zhou) == []


def test_whoever_has_visited_everybody_is_not_reminded(town, zhou):
    town.now = EIGHT - DAY + timedelta(hours=2)
    for name in NAMES:
        zhou.talk(f"走访 {name} 00000", "核对", "[✅ 提交]", "已记下")
    zhou.look()
    sweep(town, EIGHT)
    assert lines(zhou) == []


def test_where_a_holiday_ends_the_window_the_reminder_comes_before_it(town, zhou):
    """The last three days before 11月15日 are off: said on the last working day before them."""
    with Session(town.database) as session:
        put_setting(session, SETTING, {f"2026-11-{one}": False for one in (12, 13)})
        session.commit()
    sweep(town, EIGHT - DAY)
    assert lines(zhou)[0] == "⏳ 今天是11月15日前最后一个工作日,还有 5 位没走访。"
    assert sweep(town, EIGHT) == 0


def test_a_problem_that_was_begun_and_not_sent_is_not_forgotten(town, zhou):
    town.now = EIGHT + timedelta(hours=2)
    sweep(town)
    zhou.look()
    zhou.talk("/problem 高永昌", "什么问题", "[维修]", "核对", "[先放着]", "")
    assert sweep(town, town.now + timedelta(minutes=61)) == 1
    (told,) = zhou.look()
    assert told.text == "问题还没上报:高永昌。已写的都在。"
    sweep(town, EIGHT + DAY)
    assert "11月12日的问题还没上报:高*昌" in zhou.look()[0].text
    again = zhou.find("上报 高永昌")
    sweep(town, EIGHT + 4 * DAY)
    assert "还没上报" not in "".join(one.text for one in zhou.look())
    zhou.press(again)
    assert "核对:高永昌" in zhou.text


def test_a_coordinator_s_unfinished_letter_stands_in_her_digest_once(town, wang):
    town.now = EIGHT + timedelta(hours=2)
    sweep(town)
    wang.talk("/problem 高永昌 医药费报销", "核对", "[先放着]", "")
    sweep(town, EIGHT + DAY)
    assert [one.text.splitlines()[-1] for one in wang.look() if "早上好" in one.text] == [
        "11月12日的问题还没上报:高*昌"
    ]
    sweep(town, EIGHT + 4 * DAY)
    assert "还没上报" not in "".join(one.text for one in wang.look())


def test_whom_a_backup_looks_after_already_is_not_offered_once_more(town, zhou, li):
    zhou.talk("/leave 10天", "谁", "[各自的后备]", "交给", "[✅ 确认]", "已请假")
    li.look()
    sweep(town, EIGHT + DAY)
    assert not [one for one in lines(li) if "后备" in one]
