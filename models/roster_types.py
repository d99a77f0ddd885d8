"""The words of an import: rows as they were read, problems, and the plan made from them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from models.assignment import Assignment
from models.elder import Elder, ElderFlag
from models.org import Unit
from models.staff import Staff

UNITS, STAFF, ELDERS, PAIRS = "units", "staff", "elders", "assignments"
FRESH = "new"  # in the code column: a new person, although somebody known looks alike


@dataclass(frozen=True, slots=True)
class Birth:
    """A birth date as it was written; `on` is the solar day."""

    calendar: str
    year: int
    month: int
    day: int
    leap: bool
    on: date


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong where; `sheet`, `row` and `column` are what the person sees in the file.

    Words are made of `code` and `gaps` by whoever shows it. `follows` marks a problem that
    only exists because another row has one; `row` 0 means the sheet as a whole.
    """

    code: str
    sheet: str = ""
    row: int = 0
    column: str = ""
    gaps: Mapping[str, Any] = field(default_factory=dict)
    follows: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the file. A field is missing from `values` when its cell was blank, and empty
    when the person wrote that there is none. `titles` are the column headings in the file."""

    kind: str
    sheet: str
    number: int
    values: Mapping[str, Any]
    titles: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    @property
    def place(self) -> tuple[str, int]:
        return self.sheet, self.number

    def get(self, name: str) -> Any:
        return self.values.get(name)

    def problem(self, column: str, code: str, follows: bool = False, /, **gaps: Any) -> Problem:
        title = self.titles.get(column, "")
        return Problem(code, self.sheet, self.number, title, gaps, follows)


class Refused(Exception):
    """The row is not taken: `problems` say why (none when they were told already)."""

    def __init__(self, *problems: Problem):
        super().__init__(*(problem.code for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Change:
    """A person or unit whose stored facts differ from the file: field -> (old, new).

    `shown` is for people, `stored` are the columns to write.
    """

    kind: str
    thing: Unit | Staff | Elder
    shown: Mapping[str, tuple[Any, Any]]
    stored: Mapping[str, Any]


@dataclass(slots=True)
class Plan:
    """What an import would write, and everything worth telling about it. Nothing is written yet.

    Problem rows are never part of what would be written.
    """

    today: date
    problems: list[Problem] = field(default_factory=list)
    notices: list[Problem] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    staff: list[Staff] = field(default_factory=list)
    elders: list[Elder] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    flags: list[ElderFlag] = field(default_factory=list)
    ended_flags: list[ElderFlag] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)
    ended_assignments: list[Assignment] = field(default_factory=list)
    unchanged: Counter[str] = field(default_factory=Counter)
    from_columns: Counter[str] = field(default_factory=Counter)  # code of a liaison -> elders
    suggested_tiers: Counter[str] = field(default_factory=Counter)
    without_liaison: list[Elder] = field(default_factory=list)
    without_birth: list[Elder] = field(default_factory=list)
    missing_elders: list[Elder] = field(default_factory=list)
    missing_staff: list[Staff] = field(default_factory=list)
    unit_names: Mapping[UUID, str] = field(default_factory=dict)
    bad_rows: int = 0

    def changed(self, kind: str) -> list[Change]:
        return [change for change in self.changes if change.kind == kind]

    @property
    def empty(self) -> bool:
        """Whether applying it would leave the database as it is."""
        written: tuple[Iterable[object], ...] = (
            self.units,
            self.staff,
            self.elders,
            self.changes,
            self.flags,
            self.ended_flags,
            self.assignments,
            self.ended_assignments,
        )
        return not any(written)
