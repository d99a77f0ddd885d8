"""A roster file -> rows for models.roster: finds the headings and reads every cell."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from handlers.documents.roster_columns import (
    COLUMNS,
    DATE,
    EXPLANATION,
    ID_NUMBERS,
    SERIAL,
    SHEETS,
    Column,
    codes,
    headings,
)
from handlers.documents.roster_grid import Grid, grids
from handlers.documents.roster_read import read_value
from handlers.documents.roster_values import (
    Cell,
    Unclear,
    blank,
    squeezed,
    tidy,
)
from models.calendar import LUNAR, SOLAR
from models.elder import FLAGS, TIERS
from models.roster import Problem, Row
from models.roster_types import ELDERS, PAIRS, STAFF, UNITS

HEADING_WITHIN = 20  # a title, a date and a remark may stand above the headings
NEEDED: Mapping[str, tuple[set[str], ...]] = {
    ELDERS: ({"name"},),
    STAFF: ({"name"},),
    UNITS: ({"town"}, {"county"}),
    PAIRS: ({"elder", "liaison"}, {"code", "liaison"}),
}
_EXAMPLE = ("示例", "例如", "样例", "example")
_FOOTER = ("合计", "总计", "小计", "共计", "填表", "制表", "审核", "备注", "注", "说明")
_CALENDAR_WORDS = {"农历": LUNAR, "阴历": LUNAR, "公历": SOLAR, "阳历": SOLAR}
_PLACES = {"county", "town", "village"}


@dataclass(frozen=True, slots=True)
class Heading:
    """A column of the file that is understood; `calendar` is what its heading says of dates."""

    column: Column
    index: int
    title: str
    calendar: str | None


@dataclass(slots=True)
class Sheet:
    kind: str
    name: str
    first: int  # the row number of the headings, from 1
    headings: list[Heading]
    ignored: list[str]


@dataclass(slots=True)
class Reading:
    rows: list[Row] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)
    grids: list[Grid] = field(default_factory=list)  # as they came


def read(data: bytes, file_name: str) -> Reading:
    """Everything the file says. Raises Unclear when it is no table at all."""
    reading, understood = Reading(), False
    for grid in grids(data, file_name, lambda rows: _best(Grid(file_name, rows))[0]):
        if all(blank(cell) for row in grid.rows for cell in row) or _is_explanation(grid.name):
            continue
        reading.grids.append(grid)
        sheet = _sheet(grid)
        if sheet is None:
            reading.notices.append(Problem("sheet_ignored", grid.name))
            continue
        understood = True
        reading.rows.extend(_rows(sheet, grid))
        reading.notices.extend(_notices(sheet))
    if not reading.rows:
        raise Unclear("file_no_rows" if understood else "file_no_headings")
    return reading


def _is_explanation(name: str) -> bool:
    return squeezed(name) in map(squeezed, EXPLANATION)


def _notices(sheet: Sheet) -> Iterator[Problem]:
    numbers = [name for name in sheet.ignored if any(word in name.lower() for word in ID_NUMBERS)]
    others = [name for name in sheet.ignored if name not in numbers]
    if numbers:
        yield Problem("id_ignored", sheet.name, column=numbers[0])
    if others:
        yield Problem("columns_ignored", sheet.name, gaps={"columns": others})


# --- which sheet is it, and where are its headings?


def _sheet(grid: Grid) -> Sheet | None:
    score, kind, number = _best(grid)
    if score < 2:
        return None
    found, ignored = _headings(kind, grid.rows[number])
    return Sheet(kind, grid.name, number + 1, found, ignored)


def _best(grid: Grid) -> tuple[int, str, int]:
    """The most headings understood in one row: how many, of which kind of sheet, which row."""
    tries = [
        (_score(kind, grid.name, row), kind, number)
        for number, row in enumerate(grid.rows[:HEADING_WITHIN])
        for kind in COLUMNS
    ]
    return max(tries, key=lambda found: found[0], default=(0, "", 0))


def _score(kind: str, sheet_name: str, row: list[Cell]) -> int:
    fields = {heading.column.field for heading in _headings(kind, row)[0]}
    if not any(needed <= fields for needed in NEEDED[kind]):
        return 0
    named = any(squeezed(word) in squeezed(sheet_name) for word in SHEETS[kind])
    return 2 * len(fields) + named


def _headings(kind: str, row: list[Cell]) -> tuple[list[Heading], list[str]]:
    found: dict[str, Heading] = {}
    ignored: list[str] = []
    for index, cell in enumerate(row):
        title = tidy(cell).replace("\n", "") if isinstance(cell, str) else ""
        if not title or squeezed(title) in SERIAL:
            continue
        column, calendar = _column(kind, title)
        if column is None or column.field in found:
            ignored.append(title)
        else:
            found[column.field] = Heading(column, index, title, calendar)
    return list(found.values()), ignored


def _column(kind: str, title: str) -> tuple[Column | None, str | None]:
    """出生日期(农历) and 农历生日 are birth dates of the lunar calendar."""
    known = headings(kind)
    exact = known.get(squeezed(title))
    if exact:
        return exact, None
    calendar = next((code for word, code in _CALENDAR_WORDS.items() if word in title), None)
    bare = re.sub(r"[(\[【].*?[)\]】]", "", title)
    for word in _CALENDAR_WORDS if calendar else ():
        bare = bare.replace(word, "")
    return known.get(squeezed(bare)), calendar


# --- rows


def _rows(sheet: Sheet, grid: Grid) -> Iterator[Row]:
    titles = {heading.column.field: heading.title for heading in sheet.headings}
    for number, cells in enumerate(grid.rows[sheet.first :], start=sheet.first + 1):
        filled = {
            heading.column.field: (heading, cells[heading.index])
            for heading in sheet.headings
            if heading.index < len(cells) and not blank(cells[heading.index])
        }
        if _is_row(sheet, filled, cells):
            values, problems = _values(sheet, number, filled)
            yield Row(sheet.kind, sheet.name, number, values, titles, tuple(problems))


def _is_row(sheet: Sheet, filled: Mapping[str, tuple[Heading, Cell]], cells: list[Cell]) -> bool:
    """Not a blank row, not the example of the template, not a line of totals or a signature."""
    if not filled or (sheet.kind in (ELDERS, STAFF) and not filled.keys() - _PLACES):
        return False
    first = next(squeezed(tidy(cell)) for cell in cells if not blank(cell))
    if first.startswith(_EXAMPLE):
        return False
    return len(filled) > 3 or not first.startswith(_FOOTER)


def _values(
    sheet: Sheet, number: int, filled: Mapping[str, tuple[Heading, Cell]]
) -> tuple[dict[str, Any], list[Problem]]:
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, (heading, cell) in filled.items():
        try:
            value = _value(heading, cell, filled)
        except Unclear as error:
            gaps = dict(error.gaps)
            if error.code == "choice_unknown":
                gaps["allowed"] = [choice.label for choice in heading.column.choices]
            problems.append(Problem(error.code, sheet.name, number, heading.title, gaps))
            continue
        if value is not None:
            values[name] = value
    _spread(values)
    return values, problems


def _value(heading: Heading, cell: Cell, filled: Mapping[str, tuple[Heading, Cell]]) -> Any:
    column = heading.column
    calendar = heading.calendar or _neighbour(filled) if column.kind == DATE else None
    return read_value(column, cell, calendar)


def _neighbour(filled: Mapping[str, tuple[Heading, Cell]]) -> str | None:
    """What the column of calendars says; a word it does not know is told there, not here."""
    if "birth_calendar" not in filled:
        return None
    heading, cell = filled["birth_calendar"]
    return codes(heading.column).get(squeezed(tidy(cell)))


def _spread(values: dict[str, Any]) -> None:
    """A column 类别 may hold a tier, a status and flags in one cell: each goes to its field."""
    values.pop("birth_calendar", None)
    for word in values.pop("category", ()):
        if word in FLAGS:
            values.setdefault("more_flags", []).append(word)
        else:
            values.setdefault("tier" if word in TIERS else "status", word)
