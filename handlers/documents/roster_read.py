"""One cell of a column -> the value it stands for: of a workbook, or what was written in chat."""

from collections.abc import Mapping
from typing import Any

from handlers.documents.roster_columns import (
    CHOICE,
    CODE,
    DATE,
    NAME,
    NO,
    PEOPLE,
    PHONE,
    TEXT,
    WORDS,
    YES,
    YES_NO,
    Column,
    codes,
)
from handlers.documents.roster_values import (
    Cell,
    read_birth,
    read_choice,
    read_code,
    read_name,
    read_people,
    read_phone,
    read_text,
    read_words,
    read_yes,
    told_none,
)


def read_value(column: Column, cell: Cell, calendar: str | None = None) -> Any:
    """What was written, as the value it stands for; raises roster_values.Unclear."""
    if column.kind == DATE:
        birth = read_birth(cell, calendar)
        return birth if column.field == "birth" else birth.on
    if column.kind in (CHOICE, WORDS):
        reader = read_choice if column.kind == CHOICE else read_words
        return reader(cell, codes(column))
    if column.kind == YES_NO:
        return read_yes(cell, YES, NO)
    text = _READERS[column.kind](cell)
    clears = column.kind in (TEXT, NAME) and column.field not in TOLD_NONE
    return "" if clears and told_none(str(text)) else text


TOLD_NONE = ("allergies", "conditions")  # where "none" is something to know
_READERS: Mapping[str, Any] = {
    TEXT: read_text,
    NAME: read_name,
    CODE: read_code,
    PHONE: read_phone,
    PEOPLE: read_people,
}
