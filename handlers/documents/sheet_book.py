"""Writes the tables of `sheets` as a workbook, each page ready to be printed."""

from collections.abc import Sequence
from math import ceil
from typing import Any

from handlers.documents.book import HEADING, SHARE, TEXT, WORDS, Book, Look
from handlers.documents.sheets import Sheet, Value

LARGE, MARK = Look(TEXT, bold=True, size=14), Look(TEXT, faint=True, size=9)
TO_SIGN = Look(TEXT, size=12)
HEAD = HEADING._replace(down="vcenter", wrapped=True)
LINE, BOLD, MOST_LINED = 16, 1.2, 1000
READABLE = 190  # characters across a page
A4 = 9
FOOT, MOST_IN_FOOT = "&L{mark}&R&P / &N", 240  # characters; the limit of the format is 255


def written(mark: str, sheets: Sequence[Sheet]) -> bytes:
    book = Book()
    for sheet in sheets:
        _sheet(book, sheet, mark)
    return book.done()


def _sheet(book: Book, sheet: Sheet, mark: str) -> None:
    page = book.page(sheet.title)
    top = len(sheet.above) + 1  # the line with the headings
    widths = [*sheet.widths, *[12.0] * len(sheet.heads)][: len(sheet.heads)]
    _paper(page, mark, sheet, top, sum(widths))
    for column, width in enumerate(widths):
        page.set_column(column, column, width)
    page.freeze_panes(top + 1, sheet.fixed)
    for row, text in enumerate(sheet.above):
        book.put(page, row, 0, text, LARGE)
    book.put(page, top - 1, 0, mark, MARK)
    page.set_row(top, LINE * _lines(sheet.heads, widths))
    for column, (head, middle) in enumerate(zip(sheet.heads, _middles(sheet), strict=True)):
        book.put(page, top, column, head, HEAD._replace(across="center" if middle else ""))
    _table(book, page, sheet, top + 1)
    for number, text in enumerate(sheet.below, start=1):
        book.put(page, top + len(sheet.rows) + 2 * number, 0, text, TO_SIGN)


def _lines(heads: Sequence[str], widths: Sequence[float]) -> int:
    """How many the longest heading takes; a Chinese character is as wide as two letters."""
    long = (sum(1 + (char > "\u2e80") for char in head) * BOLD for head in heads)
    return max(ceil(each / wide) for each, wide in zip(long, widths, strict=True))


def _table(book: Book, page: Any, sheet: Sheet, first: int) -> None:
    """With a line around each cell, but for long lists: that would take seconds."""
    lined = len(sheet.rows) <= MOST_LINED
    for row, values in enumerate(sheet.rows, start=first):
        for column, value in enumerate(values):
            if lined or value not in ("", None):
                book.put(page, row, column, value, LOOKS[_kind(value), lined])


WHOLE, PART, DIGITS, OTHER = "whole", "part", "digits", "other"
FORMS = {WHOLE: Look(across="center"), PART: Look(SHARE, across="center"),
         DIGITS: Look(TEXT, across="center"), OTHER: WORDS}  # fmt: skip
LOOKS = {
    (kind, lined): look._replace(lined=lined)
    for kind, look in FORMS.items()
    for lined in (True, False)
}


def _kind(value: Value) -> str:
    if isinstance(value, str):
        return DIGITS if value.replace(".", "", 1).isdecimal() else OTHER
    if value is None:
        return OTHER
    return PART if isinstance(value, float) else WHOLE


def _middles(sheet: Sheet) -> list[bool]:
    """Which columns hold numbers: those stand in the middle, under their headings."""
    return [
        any(number < len(row) and _kind(row[number]) != OTHER for row in sheet.rows[:50])
        for number in range(len(sheet.heads))
    ]


def on_paper(page: Any, wide: float, top: int, upright: bool = False) -> None:
    """As few pages across as can be read; the lines down to `top` stand on each."""
    if not upright:
        page.set_landscape()
    page.set_paper(A4)
    page.fit_to_pages(ceil(wide / READABLE), 0)
    page.repeat_rows(0, top)


def _paper(page: Any, mark: str, sheet: Sheet, top: int, wide: float) -> None:
    """A4, as many pages long as it takes, and wide enough to be read; the headings on each."""
    on_paper(page, wide, top, upright=sheet.upright)
    page.repeat_columns(0, sheet.fixed - 1)
    told = mark.replace("&", "＆")  # the sign itself would be an instruction there
    page.set_footer(FOOT.format(mark=told[:MOST_IN_FOOT]))
