"""A workbook as it is written: what people typed is text and never becomes a formula, a look is
told once however many cells have it, and nothing lies on a disk meanwhile."""

import io
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple  # for pages: their methods do not tell their types

from xlsxwriter import Workbook
from xlsxwriter.format import Format

from handlers.documents.roster_values import Cell

TEXT, SHARE, DAY = "@", "0%", "yyyy-mm-dd"
RISKY = ("=", "+", "-", "@", "\t", "\r")  # what a formula may begin with
FORBIDDEN = str.maketrans("[]:*?/\\'", "________")  # in the name of a page
LONGEST_NAME = 31


class Look(NamedTuple):
    """How a cell looks; `font` and `lined` as in `MADE_OF`, `form` is its number format."""

    form: str = "General"
    bold: bool = False
    faint: bool = False
    size: float = 11
    fill: str = ""
    lined: bool = False
    across: str = ""
    down: str = ""
    wrapped: bool = False
    quoted: bool = False

    def properties(self) -> dict[str, Any]:
        made = {"num_format": self.form, "bold": self.bold, "font_size": self.size,
                "text_wrap": self.wrapped, "quote_prefix": self.quoted}  # fmt: skip
        if self.faint:
            made |= {"italic": True, "font_color": "#808080"}
        if self.fill:
            made["bg_color"] = self.fill
        if self.lined:
            made |= {"border": 7, "border_color": "#808080"}  # a hair line
        if self.across:
            made["align"] = self.across
        if self.down:
            made["valign"] = self.down
        return made


PLAIN, WORDS = Look(), Look(TEXT)
HEADING = Look(TEXT, bold=True, fill="#DDE8F4")


class Book:
    def __init__(self) -> None:
        self.data = io.BytesIO()
        self.book = Workbook(self.data, {"in_memory": True})
        self.formats: dict[Look, Format] = {}

    def page(self, name: str) -> Any:
        """The next one; its name is made such as the program that opens it will have."""
        told, taken = name.translate(FORBIDDEN)[:LONGEST_NAME] or "1", self._names()
        number = 1
        while told.lower() in taken:
            number += 1
            told = f"{name.translate(FORBIDDEN)[: LONGEST_NAME - 4]} {number}"
        return self.book.add_worksheet(told)

    def _names(self) -> set[str]:
        return {page.name.lower() for page in self.book.worksheets()}

    def format(self, look: Look) -> Format:
        if look not in self.formats:
            self.formats[look] = self.book.add_format(look.properties())
        return self.formats[look]

    def put(self, page: Any, row: int, column: int, value: Cell, look: Look = PLAIN) -> None:
        """Rows and columns are counted from 0."""
        if isinstance(value, str) and value:
            quoted = look._replace(quoted=True) if value.startswith(RISKY) else look
            page.write_string(row, column, value, self.format(quoted))
        elif value in ("", None):
            page.write_blank(row, column, None, self.format(look))
        elif isinstance(value, bool):
            page.write_boolean(row, column, value, self.format(look))
        elif isinstance(value, date):
            page.write_datetime(row, column, value, self.format(look._replace(form=DAY)))
        else:
            page.write_number(row, column, value, self.format(look))

    def put_row(self, page: Any, row: int, values: Sequence[Cell], look: Look = PLAIN) -> None:
        for column, value in enumerate(values):
            self.put(page, row, column, value, look)

    def done(self) -> bytes:
        self.book.close()
        return self.data.getvalue()
