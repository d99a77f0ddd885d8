"""A workbook to be printed or filled in: plain tables under a line that says whose it is."""

from collections.abc import Sequence
from dataclasses import dataclass, field

Value = str | int | float | None


@dataclass(frozen=True)
class Sheet:
    """`widths` are in characters; columns without one get the usual. Numbers with a point are
    shares. `above` are lines in large print, `below` lines to be signed on."""

    title: str
    heads: Sequence[str]
    rows: Sequence[Sequence[Value]]
    widths: Sequence[float] = field(default_factory=tuple)
    fixed: int = 1  # columns that stay in sight
    above: Sequence[str] = ()
    below: Sequence[str] = ()
    upright: bool = False


def workbook(mark: str, sheets: Sequence[Sheet]) -> bytes:
    """`mark` stands above each table and under each printed page."""
    from handlers.documents.sheet_book import written  # loaded when one is wanted

    return written(mark, sheets)
