"""The commands `import` and `export --template`: files on disk, words on the terminal."""

import sys
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path

from sqlmodel import Session

from bot.backup import opened, prepare
from bot.config import Problem, Settings
from handlers.documents.roster_file import Reading, read
from handlers.documents.roster_report import report
from handlers.documents.roster_values import Unclear
from handlers.documents.roster_words import file_words, problem_lines
from locales import gettext as _
from locales import ngettext
from models.roster import Plan, apply, plan


def import_file(settings: Settings, path: Path, dry_run: bool, skip_bad: bool) -> int:
    """Reads, plans and writes in one transaction; 1 when problems kept the file out."""
    reading = _read(path)
    now = datetime.now(UTC)
    with opened(prepare(settings)) as engine, Session(engine) as session:
        planned = _planned(session, reading, now.astimezone(settings.zone).date())
        refused = bool(planned.problems) and not skip_bad
        if not dry_run and not refused:
            apply(session, planned, now)
            session.commit()
        _tell(reading, planned, refused, dry_run)
    return _end(planned, refused, dry_run)


def _planned(session: Session, reading: Reading, today: date) -> Plan:
    planned = plan(session, reading.rows, today, county_name=_("Our county"))
    planned.problems[:0] = reading.problems
    return planned


def _read(path: Path) -> Reading:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise Problem(_("There is no file %(file)s: check the name.") % {"file": path}) from None
    try:
        return read(data, path.name)
    except Unclear as error:
        raise Problem(file_words(error.code, error.gaps)) from None


def _tell(reading: Reading, planned: Plan, refused: bool, dry_run: bool) -> None:
    if dry_run:
        _show([_("This is a trial: nothing is written.")])
    if refused:
        good = len(reading.rows) - planned.bad_rows
        _show([_("Rows: %(good)d good, %(bad)d to mend") % {"good": good, "bad": planned.bad_rows}])
    if dry_run or not refused:
        _show(report(planned, reading.notices))
    _show(problem_lines(planned.problems))


def _end(planned: Plan, refused: bool, dry_run: bool) -> int:
    count = sum(not problem.follows for problem in planned.problems)
    if refused:
        text = ngettext(
            "%(count)d problem, nothing was written. Mend the file and import it again, "
            "or import only the good rows with --skip-bad.",
            "%(count)d problems, nothing was written. Mend the file and import it again, "
            "or import only the good rows with --skip-bad.",
            count,
        )
        print(text % {"count": count}, file=sys.stderr)
        return 1
    if count and not dry_run:
        _show([_("Imported; %(bad)d rows were left out.") % {"bad": planned.bad_rows}])
    elif not dry_run:
        _show([_("Nothing to change.") if planned.empty else _("Imported.")])
    return 0


def _show(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)


def write_template(path: Path) -> None:
    """The empty workbook; an existing file is not overwritten: it may be half filled in."""
    from handlers.documents.roster_template import template

    try:
        with path.open("xb") as file:
            file.write(template())
    except FileExistsError:
        raise Problem(_("%(file)s is there already: name another file.") % {"file": path}) from None
