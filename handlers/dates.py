"""Days as people write them: 昨天, 周五, 上周五, 14号, 3天前, 两天后, 11-12, 2026年11月12日."""

import re
from collections.abc import Callable, Iterator
from datetime import date, timedelta

from handlers.questions import tidy
from handlers.turn import Unclear
from locales import gettext as _

FAR_AHEAD = timedelta(days=183)  # a day without a year is meant to come within half a year
NAMED = {
    "今天": 0, "今日": 0, "today": 0, "昨天": -1, "昨晚": -1, "今早": 0, "昨日": -1,
    "yesterday": -1, "前天": -2,
    "大前天": -3, "明天": 1, "明日": 1, "tomorrow": 1, "后天": 2, "大后天": 3,
}  # fmt: skip
NUMBERS = {word: number for number, word in enumerate("一二三四五六七八九十", 1)} | {"两": 2}
WEEKDAYS = {word: number for number, word in enumerate("一二三四五六日")} | {"天": 6}
WEEKDAYS |= {
    word: number for number, word in enumerate(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))
}
WEEKS = {
    "上上": -2,
    "上": -1,
    "last ": -1,
    "本": 0,
    "这": 0,
    "this ": 0,
    "下": 1,
    "next ": 1,
    "下下": 2,
}
COUNT = r"(\d{1,3}|[一二两三四五六七八九十])"
UNIT = r"(天|日|周|个?星期|个?礼拜|days?|weeks?)"
AWAY = re.compile(COUNT + " ?" + UNIT + r" ?([之以]?前|[之以]?后|ago|later)")
WEEKDAY = re.compile(
    r"(上上|上|本|这|下下|下)?个?(?:周|星期|礼拜)([一二三四五六日天])"
    r"|(last |this |next )?(mon|tue|wed|thu|fri|sat|sun)(?:day|sday|nesday|rsday|urday)?"
)
DAY = re.compile(r"(\d{1,2}) ?[日号]?")
MONTH_DAY = re.compile(r"(\d{1,2}) ?[-./月 ] ?(\d{1,2}) ?[日号]?")
WHOLE = re.compile(r"(\d{4}) ?[-./年 ] ?(\d{1,2}) ?[-./月 ] ?(\d{1,2}) ?[日号]?")


def past_day(text: str, today: date) -> date:
    """The latest such day up to today; one to come only where that was written. Raises Unclear."""
    found = days(text, today)
    if not found:
        raise Unclear(_("Please write a date such as 2026-11-05, 11-05, yesterday or Friday."))
    return max((one for one in found if one <= today), default=found[0])


def coming_day(text: str, today: date) -> date:
    """The next such day from today on; one gone by only where that was written. Raises Unclear."""
    found = days(text, today)
    ahead = [one for one in found if today <= one <= today + FAR_AHEAD]
    if not ahead and len(found) != 1:
        raise Unclear(_("Please write a day to come, such as 11-30, Friday or in 3 days."))
    return min(ahead, default=found[0] if found else today)


def days(text: str, today: date) -> list[date]:
    """Every day these words may mean; none when they are no day."""
    typed = " ".join(tidy(text).lower().split())
    if typed in NAMED:
        return [today + timedelta(days=NAMED[typed])]
    if typed.startswith("in "):
        typed = f"{typed[3:]} later"
    for pattern, read in PATTERNS:
        if found := pattern.fullmatch(typed):
            return list(read(found, today))
    return []


def _away(found: re.Match[str], today: date) -> Iterator[date]:
    count, unit, way = found.groups()
    number = int(count) if count.isdecimal() else NUMBERS[count]
    span = timedelta(days=number * (1 if unit[0] in "天日d" else 7))
    yield today - span if way.endswith("前") or way == "ago" else today + span


def _weekday(found: re.Match[str], today: date) -> Iterator[date]:
    which, word = found[1] or found[3], found[2] or found[4]
    that = today - timedelta(days=today.weekday()) + timedelta(days=WEEKDAYS[word])
    weeks = (-1, 0, 1) if which is None else (WEEKS[which],)
    yield from (that + timedelta(weeks=week) for week in weeks)


def _day_of_month(found: re.Match[str], today: date) -> Iterator[date]:
    for month in range(today.month - 3, today.month + 2):  # counted from 0: two each way
        yield from _valid(today.year + month // 12, month % 12 + 1, int(found[1]))


def _day_of_year(found: re.Match[str], today: date) -> Iterator[date]:
    for year in (today.year - 1, today.year, today.year + 1):
        yield from _valid(year, int(found[1]), int(found[2]))


def _whole(found: re.Match[str], today: date) -> Iterator[date]:
    yield from _valid(int(found[1]), int(found[2]), int(found[3]))


def _valid(year: int, month: int, number: int) -> Iterator[date]:
    try:
        yield date(year, month, number)
    except ValueError:
        return


PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], Iterator[date]]], ...] = (
    (AWAY, _away),
    (WEEKDAY, _weekday),
    (WHOLE, _whole),
    (MONTH_DAY, _day_of_year),
    (DAY, _day_of_month),
)
