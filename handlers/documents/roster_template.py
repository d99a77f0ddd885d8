"""The roster workbook to fill in: headings, drop-down lists, an example, explanations."""

import io
from collections.abc import Mapping, Sequence
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from handlers.documents.roster_columns import (
    CHOICE,
    DATE,
    EXPLANATION,
    PEOPLE,
    SHEETS,
    YES_NO,
    Column,
    offered,
)
from locales import gettext as _
from models.roster_types import ELDERS, STAFF, UNITS

KINDS = (ELDERS, STAFF, UNITS)
LAST_ROW = 5000  # as far down as the lists reach
_HEADING = PatternFill("solid", fgColor="DDE8F4")
_NEEDED = PatternFill("solid", fgColor="F9D9C6")
_EXAMPLE = Font(italic=True, color="808080")
_TEXT = "@"


def template(rows: Mapping[str, Sequence[Mapping[str, Any]]] | None = None) -> bytes:
    """The workbook in the language being spoken. `rows` (kind of sheet -> field -> what to
    write) are put below the example."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for kind in KINDS:
        _sheet(book, kind, (rows or {}).get(kind, ()))
    _explanation(book)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def put(cell: Cell, text: Any) -> None:
    """Writes what a person typed: `=1+1` stays the text it is and never becomes a formula."""
    cell.value = text
    if isinstance(text, str):
        cell.data_type = "s"
        cell.quotePrefix = text[:1] in ("=", "+", "-", "@", "\t", "\r")


def _sheet(book: Workbook, kind: str, rows: Sequence[Mapping[str, Any]]) -> None:
    sheet = book.create_sheet(_(SHEETS[kind][0]))
    columns = offered(kind)
    for number, column in enumerate(columns, start=1):
        _heading(sheet, number, column)
        _list(sheet, number, column)
    _example(sheet, columns)
    for number, row in enumerate(rows, start=3):
        for place, column in enumerate(columns, start=1):
            if row.get(column.field) not in (None, ""):
                put(_cell(sheet, number, place), row[column.field])
    sheet.freeze_panes = "C2" if kind == ELDERS else "A2"


def _cell(sheet: Worksheet, row: int, column: int) -> Cell:
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)
    cell.number_format = _TEXT
    return cell


def _heading(sheet: Worksheet, number: int, column: Column) -> None:
    """The whole column is text: Excel then leaves dates, codes and telephones as typed."""
    cell = _cell(sheet, 1, number)
    put(cell, _(column.title))
    cell.font = Font(bold=True)
    cell.fill = _NEEDED if column.required else _HEADING
    cell.alignment = Alignment(vertical="center", wrap_text=True)
    cell.comment = Comment(_about(column), "", height=120, width=260)
    shape = sheet.column_dimensions[get_column_letter(number)]
    shape.width = column.width
    shape.number_format = _TEXT


def _about(column: Column) -> str:
    return "\n".join(part for part in (_need(column), _allowed(column), _hint(column)) if part)


def _need(column: Column) -> str:
    return _("must be filled in") if column.required else _("may stay blank")


def _hint(column: Column) -> str:
    return _(column.hint) if column.hint else ""


def words(column: Column) -> list[str]:
    """What the drop-down list of a coded column offers."""
    if column.kind == YES_NO:
        return [_("yes"), _("no")]
    return [_(choice.label) for choice in column.choices] if column.kind == CHOICE else []


def _allowed(column: Column) -> str:
    if column.kind == DATE:
        return _("a date")
    return _(", ").join(words(column)) or _("text")


def _list(sheet: Worksheet, number: int, column: Column) -> None:
    """Coded columns take nothing else; names of liaisons are offered, others only warned of."""
    offers = words(column)
    if column.kind == PEOPLE:
        rule = DataValidation("list", formula1=_staff_names(), allow_blank=True)
        rule.showErrorMessage = False  # several names, or a code, are right as well
    elif offers:
        rule = DataValidation("list", formula1='"' + ",".join(offers) + '"', allow_blank=True)
        rule.showErrorMessage = True
        rule.error = _("Choose one of the list.")
    else:
        return
    letter = get_column_letter(number)
    rule.add(f"{letter}2:{letter}{LAST_ROW}")
    sheet.add_data_validation(rule)


def _staff_names() -> str:
    place = [column.field for column in offered(STAFF)].index("name") + 1
    letter = get_column_letter(place)
    return f"'{_(SHEETS[STAFF][0])}'!${letter}$3:${letter}$1000"


def _example(sheet: Worksheet, columns: Sequence[Column]) -> None:
    """Row 2, marked in its first cell: an import leaves such a row out."""
    for number, column in enumerate(columns, start=1):
        text = _(column.example) if column.example else ""
        if number == 1:
            text = _("Example: %(text)s") % {"text": text} if text else _("Example")
        cell = _cell(sheet, 2, number)
        cell.font = _EXAMPLE
        if text:
            put(cell, text)


def _explanation(book: Workbook) -> None:
    sheet = book.create_sheet(_(EXPLANATION[0]))
    for line in _advice():
        sheet.append([line])
    sheet.append([])
    heads = (_("Sheet"), _("Column"), _("Required"), _("What may stand there"), _("Meaning"))
    sheet.append([*heads, _("For example")])
    for cell in sheet[sheet.max_row]:
        cell.font = Font(bold=True)
        cell.fill = _HEADING
    for kind in KINDS:
        for column in offered(kind):
            _explain(sheet, kind, column)
    for letter, width in zip("ABCDEF", (12, 16, 12, 40, 60, 24), strict=True):
        sheet.column_dimensions[letter].width = width


def _explain(sheet: Worksheet, kind: str, column: Column) -> None:
    example = _(column.example) if column.example else ""
    line = (_(SHEETS[kind][0]), _(column.title), _need(column), _allowed(column), _hint(column))
    row = sheet.max_row + 1
    for number, text in enumerate((*line, example), start=1):
        put(_cell(sheet, row, number), text)
        sheet.cell(row, number).alignment = Alignment(vertical="top", wrap_text=number > 3)


def _advice() -> list[str]:
    return [
        _("One row is one person. The grey row is an example and is not imported."),
        _("A blank cell leaves what is stored as it is; “-” empties it."),
        _("Nobody is deleted by leaving a row out."),
        _("Two people of one name are told apart by birth date and village, or by their codes."),
        _("The town and the village may be filled in on Elders alone; Units lists all of them."),
        _("Identity numbers do not belong here."),
    ]
