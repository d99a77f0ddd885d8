"""What a person wrote in one cell, as the value it stands for.

Each reader returns the value or raises Unclear with what is wrong with it.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from models.calendar import LUNAR, SOLAR, NoSuchDay, solar_date
from models.roster_types import FRESH, Birth

Cell = str | int | float | bool | date | datetime | None
NONE_WORDS = ("无", "没有", "-", "--", "—", "——", "/", "none")
LONGEST = 200
SEPARATORS = re.compile(r"[、,;/|\n]+|\s{2,}")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad\u200e\u200f"))
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: " ", 0xA0: " "}
_FORMULA_ERROR = re.compile(r"#(N/A|REF!|VALUE!|NAME\?|DIV/0!|NUM!|NULL!|SPILL!)")
_HAN = r"[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff·]"


class Unclear(ValueError):
    """A cell that cannot be read: `code` and `gaps` as in models.roster.Problem."""

    def __init__(self, code: str, **gaps: Any):
        super().__init__(code)
        self.code = code
        self.gaps = gaps


def tidy(cell: Cell) -> str:
    """The cell as text: half-width letters and digits, no stray or invisible blanks."""
    if cell is None or isinstance(cell, bool):
        return {None: "", True: "是", False: "否"}[cell]
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    if isinstance(cell, datetime):
        cell = cell.date()
    text = str(cell).translate(_INVISIBLE).translate(_FULL_WIDTH)
    return re.sub(r"[^\S\n]+", " ", unicodedata.normalize("NFC", text)).strip()


def squeezed(text: str) -> str:
    """For comparing headings and coded words: no blanks, small letters, no stars or colons."""
    return re.sub(r"[\s*:_]", "", tidy(text).translate({0xFF1A: None})).casefold()


def blank(cell: Cell) -> bool:
    return tidy(cell) == ""


def told_none(text: str) -> bool:
    return squeezed(text) in NONE_WORDS


def read_text(cell: Cell) -> str:
    text = tidy(cell).replace("\n", " ")
    if _FORMULA_ERROR.fullmatch(text):
        raise Unclear("formula_error", value=text)
    if "\ufffd" in text or any("\ue000" <= char <= "\uf8ff" for char in text):
        raise Unclear("broken_character", value=text)
    if len(text) > LONGEST:
        raise Unclear("too_long", most=LONGEST)
    return text


def read_name(cell: Cell) -> str:
    """王 英 -> 王英; the dots people use inside a name become one."""
    text = re.sub(r"[•・.·∙]", "·", read_text(cell)) if not _latin(cell) else read_text(cell)
    text = re.sub(rf"(?<={_HAN})\s+(?={_HAN})", "", text)
    if re.search(r"\d", text):
        raise Unclear("name_digits", value=text)
    if "*" in text:
        raise Unclear("name_masked", value=text)
    if len(text) > 40:
        raise Unclear("too_long", most=40)
    return text


def _latin(cell: Cell) -> bool:
    return tidy(cell).isascii()


def read_code(cell: Cell) -> str | None:
    """A public code; a bare number is taken for a running number and not for a code."""
    text = read_text(cell).upper().replace(" ", "")
    if text.isdecimal():
        return None
    if squeezed(text) in ("新", "新增", "新人", "new"):
        return FRESH
    if not re.fullmatch(r"[A-Z][A-Z0-9-]{0,15}", text) or not re.search(r"\d", text):
        raise Unclear("code_unclear", value=text)
    return text


def read_phone(cell: Cell) -> str:
    """Kept as it was written: the office knows its own numbers."""
    text = read_text(cell)
    if told_none(text):
        return ""
    digits = re.sub(r"\D", "", text)
    if len(digits) < 3 or not re.fullmatch(r"[\d+\-()\s、,;/转#]*", text):
        raise Unclear("phone_unclear", value=text)
    return text


def read_choice(cell: Cell, words: Mapping[str, str]) -> str:
    text = read_text(cell)
    code = words.get(squeezed(text))
    if code is None:
        raise Unclear("choice_unknown", value=text)
    return code


def read_words(cell: Cell, words: Mapping[str, str]) -> list[str]:
    """Several coded words in one cell: 独居、丧偶."""
    text = read_text(cell)
    if told_none(text):
        return []
    parts = [part for part in SEPARATORS.split(text) if part.strip()]
    if any(squeezed(part) not in words for part in parts):
        parts = [half for part in parts for half in part.split() or [part]]
    return [read_choice(part, words) for part in parts]


def read_yes(cell: Cell, yes: tuple[str, ...], no: tuple[str, ...]) -> bool:
    text = squeezed(read_text(cell))
    if text in yes:
        return True
    if text in no or told_none(text):
        return False
    raise Unclear("yes_or_no", value=read_text(cell))


def read_people(cell: Cell) -> list[str]:
    """Names or codes of staff; several are separated by 、 or a comma."""
    text = read_text(cell)
    if told_none(text):
        return []
    parts = re.split(r"[、,;/|]+", text)
    return [
        re.sub(rf"(?<={_HAN})\s+(?={_HAN})", "", part).strip() for part in parts if part.strip()
    ]


# --- dates

_DIGITS = {char: str(n) for n, char in enumerate("〇一二三四五六七八九")} | {"零": "0", "○": "0"}


def _count(number: int) -> str:
    """1 to 31 as they are written: 一, 十, 十五, 二十, 三十一."""
    tens, ones = divmod(number, 10)
    digit = " 一二三四五六七八九"
    return (("" if tens < 2 else digit[tens]) + "十" if tens else "") + digit[ones].strip()


_COUNTS = {_count(number): number for number in range(1, 32)}
_MONTHS = {word: n for word, n in _COUNTS.items() if n <= 12}
_MONTHS |= {"正": 1, "元": 1, "冬": 11, "腊": 12, "臘": 12}
_DAYS = _COUNTS | {"初" + word: n for word, n in _COUNTS.items() if n <= 10}
_DAYS |= {"廿" + word: 20 + n for word, n in _COUNTS.items() if n <= 9}
_DAYS |= {"廿": 20, "卅": 30, "卅一": 31}
_LUNAR_WORD = re.compile(r"农历|農曆|阴历|陰曆|旧历|夏历|lunar", re.IGNORECASE)
_SOLAR_WORD = re.compile(r"公历|阳历|新历|西历|solar", re.IGNORECASE)
_TIME = re.compile(r"[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?Z?$")
_NUMERIC = re.compile(
    r"(?P<year>\d+)\s*[-./年—–]\s*(?P<leap>闰)?(?P<month>\d{1,2})\s*[-./月—–]\s*(?P<day>\d{1,2})\s*[日号]?"
)
_SPACED = re.compile(r"(?P<year>\d{4}) (?P<leap>闰)?(?P<month>\d{1,2}) (?P<day>\d{1,2})")
_WRITTEN = re.compile(
    r"(?P<year>\d+|[〇零○一二三四五六七八九]+)\s*[年-]\s*(?P<leap>闰)?"
    r"(?P<month>[正冬腊臘元一二三四五六七八九十]{1,2}|\d{1,2})月"
    r"(?P<day>[初一二三四五六七八九十廿卅]{1,3}|\d{1,2})(?P<end>[日号]?)"
)


def read_birth(cell: Cell, calendar: str | None) -> Birth:
    """A birth date in any usual form; `calendar` is what another column says of it."""
    if isinstance(cell, date):
        return _birth(calendar or SOLAR, cell.year, cell.month, cell.day, False)
    text = read_text(cell)
    told, bare = _told_calendar(text, calendar)
    found = _eight_digits(bare) or _NUMERIC.fullmatch(bare) or _SPACED.fullmatch(bare)
    if found:
        parts = found.groupdict()
        year, month, day = (int(parts[name]) for name in ("year", "month", "day"))
        _four_digits(text, parts["year"])
        leap = bool(parts.get("leap"))
        return _birth(LUNAR if leap else told or SOLAR, year, month, day, leap)
    return _written(text, bare, told)


def _told_calendar(text: str, calendar: str | None) -> tuple[str | None, str]:
    """The calendar the cell or its neighbour names, and the cell without that word."""
    lunar, solar = _LUNAR_WORD.search(text), _SOLAR_WORD.search(text)
    bare = _SOLAR_WORD.sub("", _LUNAR_WORD.sub("", text))
    bare = _TIME.sub("", re.sub(r"[()\[\]]", "", bare).strip())
    here = LUNAR if lunar else SOLAR if solar else None
    if here and calendar and here != calendar:
        raise Unclear("two_calendars", value=text)
    return here or calendar, bare.strip()


def _eight_digits(text: str) -> re.Match[str] | None:
    return re.fullmatch(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})", text)


def _four_digits(text: str, year: str) -> None:
    if len(year) == 4:
        return
    raise Unclear("two_digit_year" if len(year) == 2 else "date_unclear", value=text)


def _written(text: str, bare: str, told: str | None) -> Birth:
    found = _WRITTEN.fullmatch(bare.replace(" ", ""))
    if not found:
        raise _unclear_date(text, bare)
    parts = found.groupdict()
    year = "".join(_DIGITS.get(char, char) for char in parts["year"])
    _four_digits(text, year)
    calendar = told or _implied(parts)
    if calendar is None:
        raise Unclear("which_calendar", value=text)
    month, day = _number(parts["month"], _MONTHS), _number(parts["day"], _DAYS)
    if month is None or day is None:
        raise Unclear("date_unclear", value=text)
    return _birth(calendar, int(year), month, day, bool(parts["leap"]))


def _number(text: str, words: Mapping[str, int]) -> int | None:
    return int(text) if text.isdecimal() else words.get(text)


def _implied(parts: Mapping[str, str | None]) -> str | None:
    """初五, 腊月, 闰六月 are lunar; 三月十五日 is solar; 三月十五 may be either."""
    month, day = parts["month"] or "", parts["day"] or ""
    if parts["leap"] or month in tuple("正冬腊臘") or day[0] in "初廿卅":
        return LUNAR
    return SOLAR if parts["end"] or day.isdecimal() else None


def _unclear_date(text: str, bare: str) -> Unclear:
    if re.fullmatch(r"\d{1,2}[-./]\d{1,2}[-./]\d{4}", bare):
        return Unclear("year_last", value=text)
    if re.fullmatch(r"\d{6}", bare):
        return Unclear("two_digit_year", value=text)
    if re.fullmatch(r"\d{4}[-./年]?(\d{1,2}月?)?", bare):
        return Unclear("day_missing", value=text)
    return Unclear("date_unclear", value=text)


def _birth(calendar: str, year: int, month: int, day: int, leap: bool) -> Birth:
    try:
        on = solar_date(calendar, year, month, day, leap)
    except NoSuchDay as error:
        raise Unclear(
            error.reason,
            year=year,
            month=f"闰{month}" if leap and error.reason == "short_month" else month,
            day=day,
            days=error.days,
            calendar=calendar,
        ) from None
    return Birth(calendar, year, month, day, leap, on)
