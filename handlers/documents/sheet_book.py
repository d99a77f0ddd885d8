"""Writes the tables of `sheets` as a workbook. What people typed is written as text and never
becomes a formula."""

import io
from collections.abc import Sequence
from math import ceil
from typing import Any  # for pages that are only written: their types are not told

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from handlers.documents.roster_template import put
from handlers.documents.sheets import Sheet, Value

HEADING = PatternFill("solid", fgColor="DDE8F4")
LARGE = Font(bold=True, size=14)
HAIR = Side("hair", "808080")
AROUND = Border(HAIR, HAIR, HAIR, HAIR)
LINE, BOLD, MOST_LINED = 16, 1.2, 1000
READABLE = 190  # characters across a page
MIDDLE = Alignment(horizontal="center")
MARK = Font(italic=True, color="808080", size=9)


def written(mark: str, sheets: Sequence[Sheet]) -> bytes:
    book = Workbook(write_only=True)
    for sheet in sheets:
        _sheet(book, sheet, mark)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def _sheet(book: Workbook, sheet: Sheet, mark: str) -> None:
    page: Any = book.create_sheet(sheet.title[:31])
    top = len(sheet.above) + 2  # the line with the headings
    widths = [*sheet.widths, *[12.0] * len(sheet.heads)][: len(sheet.heads)]
    _paper(page, mark, sheet, top, sum(widths))
    for number in range(len(sheet.heads)):
        page.column_dimensions[get_column_letter(number + 1)].width = widths[number]
    page.freeze_panes = f"{get_column_letter(sheet.fixed + 1)}{top + 1}"
    for text in sheet.above:
        page.append([_styled(page, text, LARGE)])
    page.append([_styled(page, mark, MARK)])
    middle = _middles(sheet)
    heads = zip(sheet.heads, middle, strict=True)
    page.row_dimensions[top].height = LINE * _lines(sheet.heads, widths)
    page.append([_heading(page, head, centred) for head, centred in heads])
    lined = len(sheet.rows) <= MOST_LINED
    for row in sheet.rows:
        page.append([_table_cell(page, value, lined) for value in row])
    for text in sheet.below:
        page.append([])
        page.append([_styled(page, text, Font(size=12))])


def _lines(heads: Sequence[str], widths: Sequence[float]) -> int:
    """How many the longest heading takes; a Chinese character is as wide as two letters."""
    long = (sum(1 + (char > "\u2e80") for char in head) * BOLD for head in heads)
    return max(ceil(each / wide) for each, wide in zip(long, widths, strict=True))


def _table_cell(page: Any, value: Value, lined: bool) -> Any:
    """With a line around it, but for long lists: that would take seconds."""
    if value in ("", None) and not lined:
        return None
    cell = _cell(page, value if value != "" else None)
    if lined:
        cell.border = AROUND
    return cell


def _middles(sheet: Sheet) -> list[bool]:
    """Which columns hold numbers: those stand in the middle, under their headings."""
    return [
        any(number < len(row) and _is_number(row[number]) for row in sheet.rows[:50])
        for number in range(len(sheet.heads))
    ]


def _is_number(value: Value) -> bool:
    if isinstance(value, str):
        return value.replace(".", "", 1).isdecimal()
    return value is not None


def _paper(page: Any, mark: str, sheet: Sheet, top: int, wide: float) -> None:
    """A4, as many pages long as it takes, and wide enough to be read; the headings on each."""
    page.page_setup.orientation = "portrait" if sheet.upright else "landscape"
    page.page_setup.paperSize = 9
    page.page_setup.fitToHeight = 0
    page.page_setup.fitToWidth = ceil(wide / READABLE)
    page.print_title_cols = f"A:{get_column_letter(sheet.fixed)}"
    page.sheet_properties.pageSetUpPr.fitToPage = True
    page.print_title_rows = f"1:{top}"
    page.oddFooter.left.text = mark.replace("&", "&&")
    page.oddFooter.right.text = "&P / &N"


def _cell(page: Any, value: Value) -> Any:
    cell = WriteOnlyCell(page)
    put(cell, value)
    if isinstance(value, str):
        cell.number_format = "@"
    if isinstance(value, float):
        cell.number_format = "0%"
    if _is_number(value):
        cell.alignment = MIDDLE
    return cell


def _styled(page: Any, text: str, font: Font) -> Any:
    cell = _cell(page, text)
    cell.font = font
    return cell


def _heading(page: Any, text: str, centred: bool) -> Any:
    cell = _cell(page, text)
    cell.font, cell.fill = Font(bold=True), HEADING
    across = "center" if centred else None
    cell.alignment = Alignment(vertical="center", horizontal=across, wrap_text=True)
    return cell
