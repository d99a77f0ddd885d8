"""Honest numbers: questions to the coordinator, a draw of visits to phone back, no accusation."""

import hashlib
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import pytest

from models.attachment import Photo
from models.audit import Audit
from models.honest import CallBack
from models.visit import Visit

GENTLE = ("造假", "作弊", "虚假", "可疑", "违规")


def record(town, name, at, logged=None, note="", liaison="周明", **seen):
    answers = dict.fromkeys(("spirit", "health", "family_care", "lodging", "meals"), "good") | seen
    root = uuid4()
    visit = Visit(
        id=root, ref=root.hex[:8], root_id=root, elder_id=town.elders[name], mode="in_person",
        liaison_id=town.staff[liaison], recorded_by=town.staff[liaison], visited_at=at,
        visited_on=at.date(), logged_at=logged or at, note=note, **answers,
    )  # fmt: skip
    town.change(visit)
    return visit.root_id


@pytest.fixture
def day(town) -> datetime:
    return town.now - timedelta(days=4)


def test_nothing_stands_out_where_nothing_does(town, wang, day):
    record(town, "高永昌", day, health="watch")
    wang.talk("/check", "没有需要特别了解的情况")


def test_what_is_known_no_more_of_somebody_erased_is_asked_of_nobody(town, wang, day):
    record(town, "高永昌", day, spirit=None, health=None)
    wang.talk("/check", "没有需要特别了解的情况")


def test_twenty_visits_in_six_minutes_are_a_question(town, wang, zhou, day):
    for number in range(20):
        at = day + timedelta(seconds=18 * number)
        record(town, "高永昌", day, at, health="watch" if number % 2 else "good")
    wang.talk("/check", "周明:10分钟内录入了20次走访")
    assert not [word for word in GENTLE if word in wang.text]
    assert zhou.look() == []


def test_all_well_every_time_is_asked_beside_the_others(town, wang, day):
    for number in range(12):
        record(town, "高永昌", day - timedelta(days=number))
        record(town, "欧阳建国", day - timedelta(days=number), liaison="李娜", meals="watch")
    wang.talk("/check", "周明:12次走访中12次各项都正常(全辖区50%)")
    assert "李娜" not in wang.text


def test_the_same_note_with_four_elders(town, wang, day):
    for number, name in enumerate(("高永昌", "王德胜", "廖玉珍", "欧阳建国")):
        at = day - timedelta(days=number)
        record(town, name, at, note="老人在院子里晒太阳", health="watch")
        record(town, "李秀英", at, note="都好", health="watch")
    wang.talk("/check", "周明:4位老人的备注一字不差")


def test_the_same_picture_twice(town, wang, day):
    first = record(town, "高永昌", day, health="watch")
    second = record(town, "王德胜", day, health="watch")
    for visit in (first, second):
        town.change(
            Photo(staff_id=town.staff["周明"], draft_tag="x", visit_id=visit, sha256="a" * 64,
                  mime="image/jpeg", width=1, height=1, received_at=day, data=b"x")
        )  # fmt: skip
    wang.talk("/check", "周明:有1张照片")


def test_entered_days_later_is_allowed_and_asked_about(town, wang, day):
    for number in range(3):
        at = day - timedelta(days=number)
        record(town, "高永昌", at, at + timedelta(days=3), health="watch")
    wang.talk("/check", "周明:有3次走访隔了2天以上才录入", "/check", "允许补记")


def test_only_the_own_branch(town, day):
    for number in range(12):
        record(town, "高永昌", day - timedelta(days=number))
    town.hire("何芳", "coordinator", "沙河镇")
    he = town.person("何芳")
    he.talk("/check", "没有需要特别了解的情况", "/check draw", "没有可抽的走访")


def drawn(town):
    return {row.root_id for row in town.rows(CallBack)}


def test_the_draw_can_be_repeated_by_anybody_who_knows_the_seed(town, wang, day):
    roots = [record(town, "高永昌", day - timedelta(days=n), health="watch") for n in range(9)]
    wang.talk("/check", "没有需要", "[抽5次回访", "请电话回访5次走访")
    (seed,) = {row.seed for row in town.rows(CallBack)}
    assert seed in wang.text

    def lot(root: UUID) -> str:
        return hashlib.sha256(f"{seed}:{root}".encode()).hexdigest()

    assert drawn(town) == set(sorted(roots, key=lot)[:5])


def test_a_second_tap_draws_nobody_else(town, wang, day):
    for number in range(12):
        record(town, "高永昌", day - timedelta(days=number), health="watch")
    wang.talk(
        "/check draw",
        "请电话回访5次走访",
        "/check draw",
        "请电话回访5次走访",
        "[再抽5次",
        "请电话回访10次走访",
    )
    wang.talk("[再抽5次", "请电话回访12次走访", "[再抽5次", "没有可抽的走访")
    assert len(drawn(town)) == 12


def test_what_came_of_it_is_noted_by_a_button(town, wang, zhou, day):
    for name in ("高永昌", "王德胜", "廖玉珍"):
        record(town, name, day, health="watch")
    wang.talk("/check draw", "请电话回访3次走访", "[E0001]", "高永昌", "[✅ 属实]", "属实,已记下")
    wang.talk(
        "[E0004]",
        "📞 王德胜 90岁 石沟村:+86",
        "/check calls",
        "请电话回访2次",
        "[E0004]",
        "先问候",
        "[有出入]",
        "先听联络员",
        "[E0005]",
        "廖玉珍",
        "[没打通]",
        "都已回访",
    )
    assert "属实1,有出入1,没打通1,待回访0" in wang.text
    assert sorted(row.result for row in town.rows(CallBack)) == [
        "confirmed", "differs", "not_reached",
    ]  # fmt: skip
    assert zhou.look() == []
    assert town.rows(Audit, action="check", elder_id=town.elders["高永昌"])
    assert town.rows(Audit, action="phone", elder_id=town.elders["高永昌"])


def test_a_call_of_another_branch_is_as_if_it_were_not(town, wang, zhou, day):
    record(town, "高永昌", day)
    wang.say("/check draw")
    town.hire("何芳", "coordinator", "沙河镇")
    he = town.person("何芳")
    (call,) = town.rows(CallBack)
    for code in (f"/check {call.tag}", f"/check {call.tag} confirmed", "/check nothing"):
        he.press(code)
        assert "不在您的名单里" in he.text
    zhou.talk("/check", "没听懂")
    assert town.rows(CallBack)[0].result == ""


def test_on_a_network_of_others_names_stay_masked(town, day):
    record(town, "高永昌", day)
    wang = town.person("王主任", "telegram", "77")
    wang.talk("/check draw", "高*昌", "[E0001]", "高*昌")
    assert "高永昌" not in wang.text
