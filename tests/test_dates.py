"""Days as people write them."""

from datetime import date

import pytest

from handlers.dates import coming_day, days, past_day
from handlers.turn import Unclear

TODAY = date(2026, 11, 12)  # a Thursday


@pytest.mark.parametrize(
    ("text", "day"),
    [("今天", "2026-11-12"), ("昨天", "2026-11-11"), ("大前天", "2026-11-09"), ("3天前", "2026-11-09"), ("两天前", "2026-11-10"),
     ("３天前", "2026-11-09"), ("1周前", "2026-11-05"), ("周五", "2026-11-06"), ("星期四", "2026-11-12"), ("上周五", "2026-11-06"),
     ("上周一", "2026-11-02"), ("这周一", "2026-11-09"), ("10号", "2026-11-10"), ("１４号", "2026-10-14"), ("31日", "2026-10-31"),
     ("11-10", "2026-11-10"), ("12-31", "2025-12-31"), ("11月10日", "2026-11-10"), ("2026.11.5", "2026-11-05"),
     ("2026年11月5日。", "2026-11-05"), ("2 days ago", "2026-11-10"), ("last Friday", "2026-11-06"), ("明天", "2026-11-13")],
)  # fmt: skip
def test_a_day_that_is_over(text, day):
    assert past_day(text, TODAY).isoformat() == day


@pytest.mark.parametrize(
    ("text", "day"),
    [("明天", "2026-11-13"), ("后天", "2026-11-14"), ("3天后", "2026-11-15"), ("两周后", "2026-11-26"), ("周五", "2026-11-13"),
     ("周四", "2026-11-12"), ("下周三", "2026-11-18"), ("下个星期天", "2026-11-22"), ("14号", "2026-11-14"), ("5号", "2026-12-05"),
     ("28", "2026-11-28"), ("1-5", "2027-01-05"), ("in 3 days", "2026-11-15"), ("next Monday", "2026-11-16"), ("昨天", "2026-11-11"), ("2026-1-1", "2026-01-01")],
)  # fmt: skip
def test_a_day_to_come(text, day):
    assert coming_day(text, TODAY).isoformat() == day


@pytest.mark.parametrize(
    "text", ["", "高永昌", "99号", "2-30", "周八", "0天", "12345", "3月", "3天", "屋顶漏雨3处"]
)
def test_what_is_no_day_is_answered_in_one_sentence(text):
    assert days(text, TODAY) == []
    with pytest.raises(Unclear):
        past_day(text, TODAY)
    with pytest.raises(Unclear):
        coming_day(text, TODAY)


def test_a_day_without_a_year_is_never_far_ahead():
    with pytest.raises(Unclear):
        coming_day("11-1", TODAY)
    assert past_day("29日", date(2027, 3, 5)) == date(2027, 1, 29)
