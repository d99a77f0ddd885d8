"""The yearly scorecard: of units and work, weighed as the office set it, never of people."""

from datetime import UTC, datetime

import pytest
from sqlmodel import Session

from models.org import put_setting
from models.staff import LEADER
from tests.test_report import NAMES, everything, officer, table, visited, workbook
from tests.test_trigger import musts


@pytest.fixture
def busy(town, zhou, li):
    """October and November: 高永昌 in each window, once 欧阳建国."""
    for when in ((10, 5), (10, 20), (11, 5)):
        town.now = datetime(2026, *when, 2, tzinfo=UTC)
        visited(zhou, "高永昌")
    visited(li, "欧阳建国")
    town.now = datetime(2026, 11, 12, 1, tzinfo=UTC)
    return town


def card(person):
    book = workbook(person)
    heads, rows = table(book, "年度考核")
    return book, {row[0]: dict(zip(heads, row, strict=True)) for row in rows}


def test_towns_are_weighed_by_what_was_done(busy, wang):
    wang.talk("考核", "望岚县2026年度考核", "/scorecard 2026", "岚桥镇")
    book, rows = card(wang)
    assert set(rows) == {"岚桥镇", "沙河镇", "合计"}
    windows = 21  # of January to the first of November
    assert rows["岚桥镇"]["走访率"] == int(3 / (5 * windows) * 100) / 100
    assert rows["沙河镇"]["走访率"] == int(1 / windows * 100) / 100
    assert book["年度考核"].print_title_rows == "$1:$3"


def test_nobody_stands_in_it(busy, wang):
    wang.say("/scorecard 2026")
    words = everything(card(wang)[0])
    assert not [name for name in (*NAMES, "E0001", "S01") if name in words]


def test_the_weights_are_the_office_s(busy, wang):
    with Session(busy.database) as session:
        for name in ("timeliness", "triggers", "cases", "completeness", "coverage"):
            put_setting(session, f"score.{name}", 0)
        put_setting(session, "score.in_person", 40)
        session.commit()
    wang.say("/scorecard 2026")
    _book, rows = card(wang)
    assert "权重40" in rows["岚桥镇"]
    assert {rows[name]["得分"] for name in ("岚桥镇", "沙河镇", "合计")} == {"100.0"}


def test_only_the_own_branch_and_only_for_the_desk(busy, zhou):
    officer(busy, "何芳", "沙河镇").talk("/scorecard", "沙河镇2026年度考核")
    officer(busy, "赵局长", "望岚县", LEADER).talk("/scorecard 2026", "望岚县2026年度考核")
    zhou.talk("/scorecard", "没听懂")


def test_a_year_that_is_none(wang):
    wang.talk("/scorecard 2027", "还没", "/scorecard 明年", "请写年份")


def test_a_weight_is_changed_by_chat(busy, wang):
    wang.talk(
        "/office", "", "[考核权重]", "上门率:15", "[上门率]", "", "40", "考核", "[✅", "15 → 40"
    )
    wang.say("/scorecard 2026")
    assert "权重40" in card(wang)[1]["岚桥镇"]


def test_a_festival_weighs_nothing_beside_who_came_when_somebody_fell_ill(town, zhou, wang):
    town.now = datetime(2026, 10, 10, 2, tzinfo=UTC)
    zhou.talk("上报 高永昌 发烧", "", "[✅ 上报]", "个案1")
    visited(zhou, "高永昌")
    town.now = datetime(2026, 11, 12, 1, tzinfo=UTC)
    wang.say("/scorecard 2026")
    _book, rows = card(wang)
    assert rows["岚桥镇"]["必访按时率"] == int(1 / 6 * 100) / 100  # five are new, and one was ill
    assert musts(wang, "2026-10")["节日"] == (0, 3)
