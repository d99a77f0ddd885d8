"""The table that somebody sent, once more, with each cell marked that has to be mended.

It is written anew from what its cells say: whatever stood there is text, never a formula.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence

from handlers.documents.book import PLAIN, Book, Look
from handlers.documents.roster_file import HEADING_WITHIN
from handlers.documents.roster_grid import Grid
from handlers.documents.roster_template import NOTE
from handlers.documents.roster_values import Cell, tidy
from handlers.documents.roster_words import problem_words
from handlers.documents.sheet_book import on_paper
from models.roster import Problem

BAD = Look(fill="#F4B6B6")
WIDTH = 14
Marks = dict[tuple[int, int], list[str]]  # row and column, from 1, to what is wrong there


def marked(
    grids: Sequence[Grid], problems: Iterable[Problem], veiled: Callable[[str], str] = str
) -> bytes:
    """`veiled` hides in a note what this network may not show."""
    by_sheet: dict[str, list[Problem]] = defaultdict(list)
    for problem in problems:
        by_sheet[problem.sheet].append(problem)
    book = Book()
    for grid in grids:
        _sheet(book, grid, _marks(grid, by_sheet[grid.name], veiled))
    return book.done()


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


def _sheet(book: Book, grid: Grid, marks: Marks) -> None:
    page = book.page(grid.name)
    for number, row in enumerate(grid.rows, start=1):
        for place, value in enumerate(row, start=1):
            if value not in ("", None) and (number, place) not in marks:
                book.put(page, number - 1, place - 1, _written(value), PLAIN)
    for (number, place), words in marks.items():
        book.put(page, number - 1, place - 1, _written(_at(grid, number, place)), BAD)
        page.write_comment(number - 1, place - 1, "\n".join(words), NOTE)
    across = max(map(len, grid.rows), default=1)
    page.set_column(0, across - 1, WIDTH)
    top = _heading_row(grid)
    on_paper(page, across * WIDTH, top)
    page.freeze_panes(top + 1, 0)


def _heading_row(grid: Grid) -> int:
    """The first that fills the most columns, of those where headings may stand."""
    rows = grid.rows[:HEADING_WITHIN]
    filled = [sum(value not in ("", None) for value in row) for row in rows]
    return filled.index(max(filled)) if filled else 0


def _at(grid: Grid, number: int, place: int) -> Cell:
    """None where the row is shorter."""
    return next(iter(grid.rows[number - 1][place - 1 :]), None)


def _written(value: Cell) -> Cell:
    """1936.0 is how a table keeps the whole number 1936."""
    return int(value) if isinstance(value, float) and value.is_integer() else value
