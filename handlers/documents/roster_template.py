"""The roster workbook to fill in: headings, drop-down lists, an example, explanations."""

from collections.abc import Mapping, Sequence
from typing import Any

from xlsxwriter.utility import xl_col_to_name

from handlers.documents.book import HEADING, WORDS, Book
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
NEEDED = HEADING._replace(fill="#F9D9C6")
EXAMPLE = WORDS._replace(faint=True)
NOTE = {"height": 120, "width": 260}  # dots


def template(rows: Mapping[str, Sequence[Mapping[str, Any]]] | None = None) -> bytes:
    """The workbook in the language being spoken. `rows` (kind of sheet -> field -> what to
    write) are put below the example."""
    book = Book()
    for kind in KINDS:
        _sheet(book, kind, (rows or {}).get(kind, ()))
    _explanation(book)
    return book.done()


def _sheet(book: Book, kind: str, rows: Sequence[Mapping[str, Any]]) -> None:
    page, columns = book.page(_(SHEETS[kind][0])), offered(kind)
    for number, column in enumerate(columns):
        _heading(book, page, number, column)
        if rule := _rule(column):
            page.data_validation(1, number, LAST_ROW - 1, number, rule)
    book.put_row(page, 1, _example(columns), EXAMPLE)
    for number, row in enumerate(rows, start=2):
        for place, column in enumerate(columns):
            if row.get(column.field) not in (None, ""):
                book.put(page, number, place, row[column.field], WORDS)
    page.freeze_panes(1, 2 if kind == ELDERS else 0)


def _heading(book: Book, page: Any, number: int, column: Column) -> None:
    """The whole column is text: Excel then leaves dates, codes and telephones as typed."""
    look = NEEDED if column.required else HEADING
    book.put(page, 0, number, _(column.title), look._replace(down="vcenter", wrapped=True))
    page.write_comment(0, number, _about(column), NOTE)
    page.set_column(number, number, column.width, book.format(WORDS))


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


def _rule(column: Column) -> dict[str, Any] | None:
    """Coded columns take nothing else; names of liaisons are offered, others only warned of."""
    if column.kind == PEOPLE:  # several names, or a code, are right as well
        return {"validate": "list", "source": _staff_names(), "show_error": False}
    if offers := words(column):
        return {"validate": "list", "source": offers, "error_message": _("Choose one of the list.")}
    return None


def _staff_names() -> str:
    letter = xl_col_to_name([column.field for column in offered(STAFF)].index("name"))
    return f"='{_(SHEETS[STAFF][0])}'!${letter}$3:${letter}$1000"


def _example(columns: Sequence[Column]) -> list[str]:
    """Row 2, marked in its first cell: an import leaves such a row out."""
    first, *others = (_(column.example) if column.example else "" for column in columns)
    return [_("Example: %(text)s") % {"text": first} if first else _("Example"), *others]


def _explanation(book: Book) -> None:
    page, lines = book.page(_(EXPLANATION[0])), _advice()
    for row, line in enumerate(lines):
        book.put(page, row, 0, line)
    heads = (_("Sheet"), _("Column"), _("Required"), _("What may stand there"), _("Meaning"))
    book.put_row(page, len(lines) + 1, [*heads, _("For example")], HEADING)
    explained = [_explained(kind, column) for kind in KINDS for column in offered(kind)]
    for row, cells in enumerate(explained, start=len(lines) + 2):
        for place, text in enumerate(cells):
            book.put(page, row, place, text, WORDS._replace(down="top", wrapped=place > 2))
    for place, width in enumerate((12, 16, 12, 40, 60, 24)):
        page.set_column(place, place, width)


def _explained(kind: str, column: Column) -> tuple[str, ...]:
    example = _(column.example) if column.example else ""
    of = (_need(column), _allowed(column), _hint(column), example)
    return (_(SHEETS[kind][0]), _(column.title), *of)


def _advice() -> list[str]:
    return [
        _("One row is one person. The grey row is an example and is not imported."),
        _("A blank cell leaves what is stored as it is; “-” empties it."),
        _("Nobody is deleted by leaving a row out."),
        _("Two people of one name are told apart by birth date and village, or by their codes."),
        _("The town and the village may be filled in on Elders alone; Units lists all of them."),
        _("Identity numbers do not belong here."),
    ]
