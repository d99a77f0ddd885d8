"""What is wrong with a roster file and what to write instead, in words."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from handlers.documents.roster_columns import label
from locales import gettext as _
from locales import mark as N_
from locales import ngettext
from models.elder import DECEASED, MOVED
from models.roster import Problem

ROWS_SHOWN = 12

PROBLEMS: Mapping[str, str] = {
    # the file
    "file_empty": N_("The file is empty."),
    "file_too_large": N_("The file is larger than %(most)s MB."),
    "file_password": N_("The file has a password: save it without one and import it again."),
    "file_broken": N_("The file cannot be read: save it as .xlsx or .csv and import it again."),
    "file_encoding": N_("The text of the file cannot be read: save it as .xlsx or as CSV UTF-8."),
    "file_no_rows": N_("The file has headings but no row is filled in."),
    "file_no_headings": N_(
        "No row of headings was found: one row must hold headings such as Name, Birth date, Town."
    ),
    "file_kind": N_("That is no table: save it as .xlsx, .xls or .csv and send it again."),
    # one cell
    "formula_error": N_("“%(value)s” is an error of a formula: write the value itself."),
    "broken_character": N_("“%(value)s” holds a character that got lost: type it again."),
    "too_long": N_("The text is longer than %(most)s characters: shorten it."),
    "name_missing": N_("The name is missing."),
    "name_masked": N_("“%(value)s” is masked: write the whole name."),
    "name_digits": N_("“%(value)s” holds digits: write the name only."),
    "code_unclear": N_(
        "“%(value)s” is not a code: write letters and digits such as E0012, or leave it blank."
    ),
    "phone_unclear": N_("“%(value)s” is not a telephone number: write the digits, or “none”."),
    "choice_unknown": N_("“%(value)s” is not known: write one of %(allowed)s."),
    "yes_or_no": N_("“%(value)s” is neither yes nor no: write yes or no."),
    "two_digit_year": N_("“%(value)s”: write the year with four digits, such as 1941-03-05."),
    "year_last": N_("“%(value)s”: write the year first, such as 1941-03-05."),
    "day_missing": N_("“%(value)s” has no day: write year, month and day, such as 1941-03-05."),
    "date_unclear": N_(
        "“%(value)s” is not a date: write it as 1941-03-05 or 农历1941年闰六月初五."
    ),
    "which_calendar": N_("“%(value)s” may be lunar or solar: write 农历 or 公历 in front of it."),
    "two_calendars": N_("“%(value)s”: the column of calendars says something else."),
    "year_range": N_("There was no such year: %(year)s. Write a date such as 1941-03-05."),
    "no_month": N_("There is no month %(month)s."),
    "no_day": N_("There is no day %(day)s."),
    "no_leap_month": N_("The lunar year %(year)s has no leap month %(month)s: check the month."),
    "short_month": N_(
        "Month %(month)s of %(calendar)s year %(year)s has only %(days)s days: check the day."
    ),
    "birth_future": N_("%(value)s lies in the future: check the year."),
    "too_old": N_("Born %(value)s means %(years)s years old: check the year."),
    "too_young": N_("Born %(value)s means only %(years)s years old: check the year."),
    # where
    "unit_missing": N_("Write a county or a town in this row."),
    "county_missing": N_("Which county? There are several: write it."),
    "county_unknown": N_("There is no county “%(value)s”%(near)s. A new one belongs on Units."),
    "places_swapped": N_(
        "“%(value)s” is a village: the columns of towns and villages seem to be swapped."
    ),
    "town_missing": N_("The town of “%(value)s” is missing: write it."),
    "town_unknown": N_("There is no town “%(value)s”%(near)s. A new one belongs on Units."),
    "other_branch": N_("“%(value)s” does not belong to your branch: its own office imports it."),
    # who
    "code_elsewhere": N_("%(value)s is no code of your branch: leave it blank for somebody new."),
    "code_twice": N_("The same code stands in row %(other)s: each code belongs to one person."),
    "row_twice": N_("The same person stands in row %(other)s: delete one of the two rows."),
    "same_name_no_birth": N_(
        "Row %(other)s has the same name in the same village: write both birth dates, or codes."
    ),
    "same_person_twice": N_("Row %(other)s already is this person: delete one, or check the code."),
    "code_other_person": N_("%(code)s is “%(known)s” in the database: check code and name."),
    "same_person_other_code": N_("This person is known as %(code)s: write that code."),
    "ambiguous": N_("Several people fit: %(choices)s. Write the code of the right one."),
    "looks_like": N_(
        "Is it %(choices)s? If so write that code, otherwise write “new” as the code."
    ),
    # liaisons
    "liaison_unknown": N_("There is no liaison “%(value)s”%(near)s. A new one belongs on Staff."),
    "liaison_ambiguous": N_("Several liaisons are called that: write one of %(choices)s."),
    "liaison_left": N_("“%(value)s” no longer works here: write another liaison."),
    "liaison_in_bad_row": N_("“%(value)s” cannot be assigned: mend row %(other)s of Staff first."),
    "liaison_elsewhere": N_(
        "“%(value)s” works for another office: write somebody of your branch, or ask the county."
    ),
    "liaison_towns": N_(
        "“%(value)s” stands in %(towns)s: one person or two? Write the staff on the sheet Staff."
    ),
    "one_primary": N_("Only one liaison: %(names)s. The others belong in Backup liaison."),
    "backup_is_primary": N_("“%(value)s” is already the liaison: name another backup."),
    "two_primaries": N_("Another row names “%(other)s” as liaison: keep one, or write backup."),
    "from_future": N_("%(value)s lies in the future: assignments begin on the day of the import."),
    "elder_unknown": N_("There is no elder “%(value)s”%(near)s."),
    "elder_ambiguous": N_("Several elders fit: %(choices)s. Write the code."),
    "elder_in_bad_row": N_("“%(value)s” cannot be assigned: mend row %(other)s of Elders first."),
}
NOTICES: Mapping[str, str] = {
    "sheet_ignored": N_("The sheet “%(sheet)s” has no known headings and was left out."),
    "columns_ignored": N_("Columns left out on “%(sheet)s”: %(columns)s."),
    "id_ignored": N_("“%(column)s” was left out: identity numbers are not stored."),
    "town_lookalike": N_(
        "“%(value)s” has only %(count)s and reads like “%(near)s”: is it the same town?"
    ),
    "elder_ended": N_("Row %(row)s “%(value)s” is marked %(state)s and was not changed."),
}
STATES = {DECEASED: N_("deceased"), MOVED: N_("moved away")}


def file_words(code: str, gaps: Mapping[str, Any]) -> str:
    """Why a file cannot be read at all."""
    return _(PROBLEMS[code]) % gaps


def problem_words(problem: Problem) -> str:
    """What is wrong and what to write, without the place."""
    text = PROBLEMS.get(problem.code) or NOTICES[problem.code]
    place = {"sheet": problem.sheet, "row": problem.row, "column": problem.column}
    return _(text) % (place | {name: _gap(name, gap) for name, gap in problem.gaps.items()})


def _gap(name: str, gap: Any) -> str:
    if name == "near":
        return _near([gap] if isinstance(gap, str) else gap)
    if name == "state":
        return _(STATES[gap])
    if name in ("allowed", "calendar"):
        return listed(_(label(word)) for word in ([gap] if isinstance(gap, str) else gap))
    return str(gap) if isinstance(gap, (str, int, date)) else listed(gap)


def _near(names: Sequence[str]) -> str:
    return _(" (known: %(names)s)") % {"names": listed(names)} if names else ""


def listed(words: Iterable[str]) -> str:
    return _(", ").join(words)


def problem_lines(problems: Sequence[Problem]) -> Iterator[str]:
    """Every problem with its place, sheet by sheet; what is wrong in many rows is said once.

    What only follows from another row comes last: it goes away by itself.
    """
    yield from _by_sheet(problem for problem in problems if not problem.follows)
    follow = [problem for problem in problems if problem.follows]
    if follow:
        yield _("These wait for a row above:")
        yield from _by_sheet(follow)


def _by_sheet(problems: Iterable[Problem]) -> Iterator[str]:
    sheets: dict[str, dict[tuple[str, str], list[int]]] = defaultdict(lambda: defaultdict(list))
    for problem in problems:
        sheets[problem.sheet][problem.column, problem_words(problem)].append(problem.row)
    for sheet, groups in sheets.items():
        yield _("Sheet “%(sheet)s”:") % {"sheet": sheet}
        for (column, what), rows in groups.items():
            yield "  " + _placed(rows, column, what)


def _placed(rows: Sequence[int], column: str, what: str) -> str:
    gaps = {"rows": _row_list(rows), "column": column, "what": what}
    if column:
        return (
            ngettext(
                "Row %(rows)s, “%(column)s”: %(what)s",
                "Rows %(rows)s, “%(column)s”: %(what)s",
                len(rows),
            )
            % gaps
        )
    return ngettext("Row %(rows)s: %(what)s", "Rows %(rows)s: %(what)s", len(rows)) % gaps


def _row_list(rows: Sequence[int]) -> str:
    listed_rows = listed(map(str, rows[:ROWS_SHOWN]))
    if len(rows) <= ROWS_SHOWN:
        return listed_rows
    more = len(rows) - ROWS_SHOWN
    return _("%(rows)s and %(more)d more") % {"rows": listed_rows, "more": more}
