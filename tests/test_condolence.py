"""The family is seen after a death: in time for the report, and no visit to the elder."""

import pytest

from models.audit import Audit
from models.visit import CONDOLENCE
from tests.test_report import table, workbook
from tests.test_trigger import at, musts


@pytest.fixture
def died(town, zhou, wang):
    """王德胜 on 3 November, known to the office by telephone."""
    at(town, 11, 3)
    wang.talk("/ended E0004 deceased", "已逝世吗?", "[确认]", "不在任何名单上")
    return wang


def test_the_liaison_is_told_and_records_the_visit_to_the_family(town, zhou, died):
    zhou.look()
    assert "王*胜 石沟村 已逝世,走访和问候都已停止。请慰问家属,时限:1 天。" in zhou.text
    at(town, 11, 4)
    zhou.talk("[🕯 慰问家属", "怎么慰问的", "[上门", "哪一天", "[今天]", "家属需要什么", "帮着办丧葬费手续",
              "慰问家属:王德胜 90岁 石沟村\n11月4日 · 上门 · 周明\n家属:帮着办丧葬费手续", "[✅", "已记下")  # fmt: skip
    (visit,) = town.visits("王德胜")
    assert (visit.outcome, visit.mode, visit.spirit) == (CONDOLENCE, "in_person", None)
    zhou.talk("[全部经过]", "慰问家属 · 帮着办丧葬费手续")
    assert len(town.rows(Audit, action="condolence")) == 1


def test_nobody_is_due_for_it_and_it_is_neither_a_visit_nor_in_vain(town, zhou, died):
    zhou.talk("/condolence 王德胜", "怎么慰问的", "[上门", "哪一天", "[今天]", "家属", "[暂时没有]", "暂时没有", "[✅", "已记下",
              "/due", "高永昌")  # fmt: skip
    assert "王德胜" not in zhou.text
    zhou.talk("走访 王德胜 00000", "没有")
    died.talk("/status 王德胜", "")
    assert "王德胜" not in died.text
    _heads, rows = table(workbook(died.say("/report 2026-11")), "汇总")
    assert {row[0]: row[1] for row in rows if row[0] in ("走访", "未遇")} == {"走访": 0, "未遇": 0}


@pytest.mark.parametrize(("days", "met"), [(1, (1, 1)), (2, (0, 1))])
def test_the_coordinator_says_who_went_and_when_and_it_counts_in_time(town, died, days, met):
    at(town, 11, 3 + days)
    died.talk("/condolence", "谁的家属", "[王德胜", "谁去的", "[周明]", "怎么慰问的", "[上门", "哪一天", "10-30", "去世之前",
              "今天", "家属", "[暂时没有]", "周明", "[✅", "已记下")  # fmt: skip
    assert town.visits("王德胜")[0].liaison_id == town.staff["周明"]
    at(town, 11, 9)
    assert musts(died)["病故"] == met


def test_a_call_to_the_family_is_kept_and_does_not_count_as_being_there(town, died):
    died.talk("/condolence E0004", "谁去的", "[王主任]", "怎么慰问的", "[打电话]", "哪一天", "[今天]", "家属", "[暂时没有]", "",
              "[✅", "已记下")  # fmt: skip
    at(town, 11, 9)
    assert musts(died)["病故"] == (0, 1)


def test_written_down_by_mistake_it_is_voided(town, zhou, died):
    zhou.talk("/condolence 王德胜", "怎么", "[上门", "哪一天", "[今天]", "家属", "[暂时没有]", "", "[✅", "已记下",
              "[整条作废]", "什么原因", "[点错了]", "作废", "[确认]", "已作废")  # fmt: skip
    assert town.visits("王德胜") == []


def test_where_nobody_died_and_of_another_town_there_is_nothing_to_record(town, zhou, li, died):
    li.talk("/condolence E0004", "近期没有老人逝世", "/condolence", "近期没有老人逝世")
    zhou.talk("/condolence 高永昌", "您的名单里没有")
