"""What calls for somebody to come soon: each kind that is recorded is counted in the report, and
met by who came in time."""

from datetime import UTC, date, datetime

import pytest
from sqlmodel import Session

from models.assignment import Assignment
from models.elder import Elder
from tests.test_report import table, visited, workbook


def at(town, month, day, hour=2):
    town.now = datetime(2026, month, day, hour, tzinfo=UTC)


def musts(wang, month="2026-11"):
    """By kind: how many were met, of how many."""
    _heads, rows = table(workbook(wang.say(f"/report {month}")), "必到必访")
    return {row[0]: tuple(row[3:5]) for row in rows if row[4]}


def change(town, name, **what):
    with Session(town.database) as session:
        for column, value in what.items():
            setattr(session.get_one(Elder, town.elders[name]), column, value)
        session.commit()


@pytest.mark.parametrize(
    ("said", "kind", "days"),
    [
        ("上报 高永昌 摔倒了", "意外", 1),
        ("上报 高永昌 发烧", "患病", 2),
        ("上报 王德胜 发烧", "患病", 1),
        ("上报 高永昌 生活困难", "生活困难", 3),
        ("上报 高永昌 再婚", "再婚", 7),
        ("上报 高永昌 家里出事", "家中大事", 3),
        ("上报 高永昌 闷闷不乐", "情绪低落", 3),
        ("上报 高永昌 丧偶", "新近丧偶", 3),
        ("上报 高永昌 家里保姆走了", "没人照料", 3),
    ],
)
def test_what_is_reported_is_met_on_the_last_day_and_not_after_it(
    town, zhou, wang, said, kind, days
):
    at(town, 11, 3)
    zhou.say(said).talk("[✅ 上报]", "个案1")
    at(town, 11, 3 + days)
    if days > 1:
        assert kind not in musts(wang)
    name = said.split()[1]
    visited(zhou, name)
    assert musts(wang)[kind] == (1, 1)
    visit = town.visits(name)[-1]
    zhou.talk(f"/fix {visit.ref} void", "什么原因", "没去成", "作废", "[确认]", "已作废")
    assert kind not in musts(wang)
    at(town, 11, 3 + days + 1)
    assert musts(wang)[kind] == (0, 1)


def test_a_call_is_not_being_there(town, zhou, wang):
    at(town, 11, 3)
    zhou.say("上报 高永昌 摔倒了").talk("[✅ 上报]", "个案1")
    zhou.say("走访 高永昌 电话 00090").talk("[提交]", "已记下")
    at(town, 11, 5)
    assert musts(wang)["意外"] == (0, 1)


def test_that_the_group_set_to_work_will_do(town, zhou, wang):
    at(town, 11, 3)
    zhou.say("上报 高永昌 生活困难").talk("[✅ 上报]", "个案1")
    wang.talk("/case 1 work", "处理中")
    town.wait(hours=1)
    assert musts(wang)["生活困难"] == (1, 1)


def test_what_was_found_at_the_door_asks_for_nobody_else(town, zhou, wang):
    at(town, 11, 3)
    zhou.talk("走访 高永昌 02000 昨天摔倒了", "核对", "[✅ 提交]", "已记下")
    at(town, 11, 12)
    assert "意外" not in musts(wang)


def test_a_stay_in_hospital_asks_for_the_bedside_and_for_the_week_after(town, zhou, wang):
    at(town, 11, 3)
    zhou.talk(
        "/later 高永昌", "是什么情况", "[住院,到…]", "到哪一天", "11-05", "住院", "[确认]", "⏸"
    )
    at(town, 11, 4)
    zhou.say("走访 高永昌 医院 00090").talk("[提交]", "已记下")
    at(town, 11, 20)
    counted = musts(wang)
    assert {kind: counted[kind] for kind in ("住院", "出院")} == {"住院": (1, 1), "出院": (0, 1)}


def test_a_birthday_is_kept_at_the_door_from_eighty_on(town, zhou, li, wang):
    """高永昌 will be 82 on 18 January; 欧阳建国 76, and 80 four years later."""
    change(town, "欧阳建国", born_on=date(1950, 1, 18))
    town.now = datetime(2027, 1, 19, 2, tzinfo=UTC)
    zhou.say("走访 高永昌 电话 00090").talk("[提交]", "已记下")
    li.say("走访 欧阳建国 电话 00090").talk("[提交]", "已记下")
    town.wait(days=5)
    assert musts(wang, "2027-01")["生日"] == (1, 2)


def test_double_ninth_asks_for_those_of_eighty_and_july_for_party_members(town, zhou, wang):
    change(town, "廖玉珍", party_member=True)
    at(town, 10, 12)
    visited(zhou, "高永昌")
    at(town, 10, 20)
    assert musts(wang, "2026-10")["节日"] == (1, 3)
    zhou.say("上报 高永昌 摔倒了").talk("[✅ 上报]", "个案1")
    at(town, 10, 22)
    met, of = musts(wang, "2026-10")["合计"]
    assert musts(wang, "2026-10")["除节日、天气"] == (met - 1, of - 3) == (0, 2)
    _heads, rows = table(workbook(wang.say("/report 2026-10")), "汇总")
    assert [row[:4] for row in rows if row[0] == "除节日、天气"] == [["除节日、天气", 0, 2, 0]]
    assert musts(wang, "2026-07")["节日"] == (0, 1)


def test_a_death_is_met_by_who_was_there_to_tell(town, zhou, wang):
    at(town, 11, 3)
    zhou.say("/visit 王德胜").talk("[没见到人…]", "情况", "[已逝世]", "核对", "[提交]", "停止提醒")
    wang.look()
    wang.talk("[确认逝世]", "已逝世吗?", "[确认]", "不在任何名单上")
    town.wait(days=3)
    assert musts(wang)["病故"] == (1, 1)


def test_who_is_new_on_the_list_and_whom_the_office_began_with(town, zhou, wang):
    with Session(town.database) as session:
        was = session.get_one(Elder, town.elders["高永昌"])
        new = Elder(code="E0099", name="孙福林", unit_id=was.unit_id)
        session.add(new)
        session.flush()
        session.add(
            Assignment(elder_id=new.id, staff_id=town.staff["周明"], from_on=date(2026, 11, 2))
        )
        session.commit()
    at(town, 11, 12)
    visited(zhou, "孙福林")
    assert musts(wang)["新进名册"] == (1, 1)


def test_the_office_sets_its_own_time_limits(town, zhou, wang):
    at(town, 11, 3)
    zhou.say("上报 高永昌 摔倒了").talk("[✅ 上报]", "个案1")
    at(town, 11, 5)
    visited(zhou, "高永昌")
    assert musts(wang)["意外"] == (0, 1)
    wang.talk("/office", "", "[必到必访时限]", "意外:1 天", "[意外]", "改成多少", "2天",
              "以后的报表都按这个时限算", "[✅", "✅ 意外:1 天 → 2 天")  # fmt: skip
    assert musts(wang)["意外"] == (1, 1)
