"""Bytes of a workbook or text file -> sheets of cells, as the person sees them in Excel.

python-calamine also reads the old .xls that many offices still keep, and tells merged cells.
"""

import csv
import io
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING

from handlers.documents.roster_values import Cell, Unclear

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

LARGEST = 30_000_000
UNPACKED = 300_000_000  # a workbook of a few bytes can claim to be any size
TABLES = (".xlsx", ".xlsm", ".xls", ".et", ".csv", ".txt", ".tsv")
DELIMITERS = (",", ";", "\t", "|", "\uff0c", "\uff1b")
_WORKBOOK = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_LOCKED = "EncryptedPackage".encode("utf-16-le")  # of a new workbook inside the old format
_BOMS = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True, slots=True)
class Grid:
    """One sheet; `rows[0]` is row 1 in Excel, blank ones included."""

    name: str
    rows: list[list[Cell]]


def grids(data: bytes, file_name: str, fit: Callable[[list[list[Cell]]], int]) -> list[Grid]:
    """The sheets of a file. `fit` says how well a table is understood: the sign that separates
    the columns of a text file is the one with which it is understood best. Raises Unclear."""
    check_kind(data, file_name)
    if data.startswith(_WORKBOOK):
        return _workbook(data)
    text = _text(data)
    best = max(DELIMITERS, key=lambda sign: fit(_table(text[:4000], sign)))
    return [Grid(PurePath(file_name).stem, _table(text, best))]


def check_kind(data: bytes, file_name: str) -> None:
    """What can be told without reading the file. Raises Unclear."""
    if not data.strip():
        raise Unclear("file_empty")
    if len(data) > LARGEST:
        raise Unclear("file_too_large", most=LARGEST // 1_000_000)
    if not data.startswith(_WORKBOOK):
        if PurePath(file_name).suffix.lower() not in TABLES:
            raise Unclear("file_kind")
        return
    if _LOCKED in data:
        raise Unclear("file_password")
    _check_size(data)


def _workbook(data: bytes) -> list[Grid]:
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetTypeEnum

    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        about = [sheet for sheet in book.sheets_metadata if sheet.typ == SheetTypeEnum.WorkSheet]
        sheets = [_grid(book.get_sheet_by_name(sheet.name)) for sheet in about]
    except PasswordError:
        raise Unclear("file_password") from None
    except (CalamineError, ValueError):
        raise Unclear("file_broken") from None
    if _has_errors(data):
        _put_errors(data, sheets)
    return sheets


def _has_errors(data: bytes) -> bool:
    """Of a workbook in the new format; the old one does not say."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return False
    with zipfile.ZipFile(io.BytesIO(data)) as packed:
        parts = [name for name in packed.namelist() if name.startswith("xl/worksheets/")]
        return any(b't="e"' in packed.read(name) for name in parts if name.endswith(".xml"))


def _put_errors(data: bytes, sheets: list[Grid]) -> None:
    """To python-calamine #N/A is an empty cell, but what a formula did not find must be told."""
    from openpyxl import load_workbook  # the slower one, for such workbooks only

    try:
        book = load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        for grid in sheets:
            for cells, row in zip(book[grid.name].iter_rows(), grid.rows, strict=False):
                for number, cell in enumerate(cells[: len(row)]):
                    if cell.data_type == "e":
                        row[number] = str(cell.value)
    except (KeyError, TypeError, ValueError):
        raise Unclear("file_broken") from None


def _check_size(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            size = sum(part.file_size for part in packed.infolist())
    except zipfile.BadZipFile:
        return  # the old format, or broken: calamine says so
    if size > UNPACKED:
        raise Unclear("file_too_large", most=LARGEST // 1_000_000)


def _grid(sheet: "CalamineSheet") -> Grid:
    """A value merged over several rows (a town beside its people) stands in each of them."""
    rows: list[list[Cell]] = [list(map(_cell, row)) for row in sheet.to_python(False)]
    for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
        if left == right and bottom < len(rows):
            for number in range(top + 1, bottom + 1):
                rows[number][left] = rows[top][left]
    return Grid(sheet.name, rows)


def _cell(value: object) -> Cell:
    """A time of day or a span of time is nothing a roster asks for: it stays as text."""
    return value if isinstance(value, Cell) else str(value)


def _text(data: bytes) -> str:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _decoded(data, encoding)
    if data.count(b"\0") > len(data) // 8:
        even = data[::2].count(b"\0") > data[1::2].count(b"\0")
        return _decoded(data, "utf-16-be" if even else "utf-16-le")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return _decoded(data, "gb18030")


def _decoded(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        raise Unclear("file_encoding") from None


def _table(text: str, sign: str) -> list[list[Cell]]:
    try:
        return [list(row) for row in csv.reader(io.StringIO(text, newline=""), delimiter=sign)]
    except csv.Error:
        raise Unclear("file_broken") from None
