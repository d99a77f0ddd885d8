"""The story of one elder, as a liaison and others read it."""

from datetime import date, timedelta

import pytest
from sqlalchemy import event
from sqlmodel import Session

from models.audit import Audit
from models.elder import Absence, Elder, ElderFlag
from models.visit import Visit
from tests.case_office import opened
from tests.test_room import lonely


def visits(town, count):
    """So many visits to 高永昌, one each ten days back from yesterday."""
    with Session(town.database) as session:
        for number in range(count):
            at = town.now - timedelta(days=1 + 10 * number)
            visit = Visit(ref=f"r{number}", root_id=town.elders["高永昌"], mode="in_person",
                          elder_id=town.elders["高永昌"], liaison_id=town.staff["周明"],
                          recorded_by=town.staff["周明"], visited_at=at, visited_on=at.date(),
                          logged_at=at, spirit="good", draft_tag=f"t{number}")  # fmt: skip
            visit.root_id = visit.id
            session.add(visit)
        session.commit()


def test_it_mixes_what_happened_the_newest_first(town, zhou, doctor, fever):
    visits(town, 2)
    town.change(Absence(elder_id=town.elders["高永昌"], kind="hospital",
                        from_on=date(2026, 11, 5), until_on=date(2026, 11, 8)))  # fmt: skip
    town.change(
        ElderFlag(elder_id=town.elders["高永昌"], flag="lives_alone", since=date(2026, 10, 1))
    )
    town.wait(minutes=10)
    zhou.say(f"/fast {fever.number} bed")
    zhou.say("/room E0001 2026-11-17 14:30")
    zhou.say("时间线 高永昌")
    marks = [line[:1] for line in zhou.text.split("\n")[1:]]
    assert marks == ["🟡", "🟡", "⚠", "🚪", "⏸", "🚪", "🏷"]
    for words in ("14:30:已预约", "住院床位", "周明 上报", "住院,至11月8日", "台账:"):
        assert words in zhou.text, words


def test_it_is_paged_and_says_the_year(town, zhou):
    visits(town, 43)
    zhou.talk("/timeline 高永昌", "11月11日", "[较早", "8月", "[较早", "4月", "[较早", "— 2025 年 —",
              "[较早", "9月")  # fmt: skip
    assert "较早 ›" not in zhou.screen.buttons
    zhou.talk("[‹ 较新", "12月")


def test_of_a_restricted_case_a_liaison_reads_the_code_and_how_grave_it_is(town, zhou, wang):
    case = lonely(town, restricted=True)
    wang.say(f"/room #{case.number} 2026-11-17 14:30")
    zhou.say("/timeline 高永昌")
    assert f"个案{case.number}" in zhou.text
    assert "一般" in zhou.text
    assert "孤独" not in zhou.text
    assert "解忧室" not in zhou.text
    wang.talk("/timeline 高永昌", "孤独")
    assert "解忧室" in wang.text


def test_what_was_written_beside_suspected_abuse_is_read_by_the_coordinator_only(town, zhou, wang):
    town.hire("赵磊", group="legal")
    town.person("赵磊")
    zhou.talk("/visit 高永昌", "怎么", "[上门]", "精神", "[有说有笑]", "健康", "[稳定]", "子女", "[疑似",
              "", "[有伤", "", "[其余都好]", "在场", "[只有本人]", "核对", "手腕有青紫", "手腕有青紫", "[✅ 提交]", "已记下")  # fmt: skip
    for words in ("/history 高永昌", "/timeline 高永昌", "/brief 高永昌", "/visit 高永昌", "/fix"):
        zhou.say(words)
        assert "青紫" not in zhou.text, words
    wang.talk("/history 高永昌", "青紫", "/timeline 高永昌", "青紫")


def test_a_look_is_audited_and_nobody_else_s_elder_is_shown(town, zhou, li):
    zhou.talk("/timeline 高永昌", "还没有记录")
    li.talk("/timeline 高永昌", "没有")
    assert [one.action for one in town.rows(Audit, elder_id=town.elders["高永昌"])] == ["timeline"]


def test_the_story_of_who_has_died_stays_readable(town, zhou):
    visits(town, 1)
    elder = town.rows(Elder, code="E0001")[0]
    elder.state, elder.ended_on = "deceased", date(2026, 11, 12)
    town.change(elder)
    zhou.talk("/timeline E0001", "已不在名单", "/timeline E0001", "11月11日")


@pytest.mark.parametrize("count", [1, 30])
def test_the_number_of_statements_does_not_grow_with_the_story(town, zhou, count):
    visits(town, count)
    opened(town, "medical_acute", "medical", 2)
    asked = []
    event.listen(town.database, "before_cursor_execute", lambda *what: asked.append(what[2]))
    zhou.say("/timeline E0001")
    assert sum("SELECT" in one for one in asked) <= 24


def test_the_card_leads_to_it(zhou):
    zhou.talk("/brief 高永昌", "柳泉村", "[时间线", "还没有记录")
