"""Logging a visit, as conversations."""

from datetime import date

import pytest
from sqlmodel import Session

from models.draft import Draft
from models.visit import Concern, Promise, Visit

ALL_WELL = ("[上门]", "精神", "[都好", "在场", "[只有本人]", "核对", "[提交]", "已记下")


def test_a_visit_where_all_is_well_takes_four_taps(town, zhou):
    zhou.talk("/visit 高永昌", "怎么走访的?", "[上门]", "今天精神怎么样?", "[✨ 都好,一键填]", "谁在场",
              "[只有本人]", "核对:走访 高永昌", "[✅ 提交]", "✅ 已记下。高永昌本月已走访 1 次")  # fmt: skip
    (visit,) = town.visits("高永昌")
    assert (visit.mode, visit.outcome, visit.visited_on) == ("in_person", "done", date(2026, 11, 12))
    assert {visit.spirit, visit.health, visit.family_care, visit.lodging, visit.meals} == {"good"}
    assert visit.one_tap
    assert visit.present == ["elder"]
    assert town.rows(Draft) == []


def test_a_visit_with_one_concern_takes_at_most_nine_taps(town, zhou):
    zhou.talk(
        "/visit 高永昌", "1/7 进",
        "[上门]", "2/7 精神",
        "[有说有笑]", "3/7 健康",
        "[稳定]", "4/7 子女",
        "[基本尽责]", "5/7 住宿",
        "[有隐患]", "哪里有隐患?",
        "[屋顶漏雨]", "6/7 用餐",
        "[三餐正常]", "7/7 在场",
        "[本人和老伴]", "→ 报家政组 · 限期,3天内要上门",
        "[✅ 提交]", "已记下",
    )  # fmt: skip
    (concern,) = town.rows(Concern)
    assert (concern.observation, concern.code, concern.category) == ("lodging", "concern", "repair")
    assert (concern.severity, concern.detail, concern.state) == (3, "leak", "open")
