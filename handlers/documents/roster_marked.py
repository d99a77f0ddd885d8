"""The table that somebody sent, once more, with each cell marked that has to be mended.

It is written anew from what its cells say: whatever stood there is text, never a formula.
"""

import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from openpyxl import Workbook
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill
from openpyxl.utils import get_column_letter

from handlers.documents.roster_file import HEADING_WITHIN
from handlers.documents.roster_grid import Grid
from handlers.documents.roster_template import put
from handlers.documents.roster_values import Cell, tidy
from handlers.documents.roster_words import problem_words
from models.roster import Problem

BAD = PatternFill("solid", fgColor="F4B6B6")
TITLE = PatternFill("solid", fgColor="DDE8F4")
WIDTH = 14
Marks = dict[tuple[int, int], list[str]]  # row and column, from 1, to what is wrong there


def marked(
    grids: Sequence[Grid], problems: Iterable[Problem], veiled: Callable[[str], str] = str
) -> bytes:
    """`veiled` hides in a note what this network may not show."""
    by_sheet: dict[str, list[Problem]] = defaultdict(list)
    for problem in problems:
        by_sheet[problem.sheet].append(problem)
    book = Workbook()
    book.remove(book.worksheets[0])
    for grid in grids:
        _sheet(book, grid, _marks(grid, by_sheet[grid.name], veiled))
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def _marks(grid: Grid, problems: Iterable[Problem], veiled: Callable[[str], str]) -> Marks:
    found: Marks = defaultdict(list)
    for problem in problems:
        if problem.row:
            found[problem.row, _column(grid, problem.column)].append(veiled(problem_words(problem)))
    return found


def _column(grid: Grid, title: str) -> int:
    """Where that heading stands; a row without one is marked in its first cell."""
    for row in grid.rows[:HEADING_WITHIN] if title else ():
        for number, cell in enumerate(row, start=1):
            if tidy(cell).replace("\n", "") == title:
                return number
    return 1


def _sheet(book: Workbook, grid: Grid, marks: Marks) -> None:
    sheet = book.create_sheet(grid.name[:31] or "1")
    for number, row in enumerate(grid.rows, start=1):
        for place, value in enumerate(row, start=1):
            if value not in ("", None):
                put(sheet.cell(number, place), _written(value))
    for (number, place), words in marks.items():
        cell = sheet.cell(number, place)
        cell.fill = BAD
        cell.comment = Comment("\n".join(words), "", height=120, width=260)
    for place in range(1, max(map(len, grid.rows), default=0) + 1):
        sheet.column_dimensions[get_column_letter(place)].width = WIDTH
    sheet.freeze_panes = "A2"


def _written(value: Cell) -> Cell:
    """1936.0 is how a table keeps the whole number 1936."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
