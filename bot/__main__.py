"""The command line: each command loads only what it needs."""

import errno
import gc
import os
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, NoReturn

if __name__ == "__main__":
    gc.disable()  # until main: loading modules makes no garbage, and looking takes a sixth of it

import typer

from bot import __version__
from bot.config import Problem, Settings, advice, read_settings, said
from locales import DEFAULT, speaking
from locales import gettext as _

# By SQLite's names of errors, and PostgreSQL's classes: connection, room, operator, system.
MACHINE = ("SQLITE_FULL", "SQLITE_IOERR", "SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_BUSY",
           "08", "53", "57P", "58")  # fmt: skip

app = typer.Typer(
    name="liaison-bot",
    help="A chat bot for the people who visit old people at home.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    add_completion=False,
    no_args_is_help=True,
)


def read(log_level: str = "") -> Settings:
    """The settings, with what is probably not meant told on stderr; logging is on afterwards."""
    from bot import logs

    settings = read_settings()
    logs.start(log_level or settings.log_level, settings.secrets)
    for sentence in advice(settings, said()):
        print(sentence, file=sys.stderr)
    return settings


def quiet() -> Settings:
    """For commands a person waits for: only warnings are logged."""
    return read("WARNING")


@app.command()
def run() -> None:
    """Run the bot; with no chat network configured, the practice page in your browser."""
    gc.disable()  # until bot.run.settle: there is more to load
    from bot.run import run as run_bot

    run_bot(read())


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="The roster: an .xlsx or .csv file.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change; write nothing.")
    ] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Import the good rows although others are bad.")
    ] = False,
) -> None:
    """Import the roster: office, staff, elders and who visits whom."""
    from bot.roster import import_file

    leave(import_file(quiet(), file, dry_run, skip_bad))


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("roster.xlsx"),
    template: Annotated[
        bool, typer.Option("--template", help="The empty workbook, each column explained.")
    ] = False,
) -> None:
    """Write the empty roster workbook to fill in (with --template)."""
    if not template:
        raise typer.BadParameter("Write --template: the empty workbook is what can be exported.")
    from bot.roster import write_template

    quiet()
    write_template(file)
    print(_("Written to %(file)s.") % {"file": file})


@app.command("export-person")
def export_person(
    code: Annotated[str, typer.Argument(help="The elder's code, such as E0012.")],
    file: Annotated[Path, typer.Argument(help="Where to write it (.xlsx; .zip with pictures).")],
    why: Annotated[str, typer.Option(help="Who asked for it and what for; it is written down.")],
) -> None:
    """Write everything kept about one elder into a workbook to hand over."""
    from bot.export_person import export_person as write

    leave(write(quiet(), code, file, why))


@app.command()
def invite(
    who: Annotated[str, typer.Argument(help="Name or code of the person, as in the roster.")],
) -> None:
    """Make a one-time invitation: a code, a link and a QR picture."""
    from bot.invite import invite as make_invitation

    leave(make_invitation(quiet(), who))


@app.command("demo-roster")
def demo_roster(
    n: Annotated[int, typer.Argument(metavar="N", min=1, help="How many elders.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same county.")] = 1,
    today: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day it ends on.")
    ] = None,
) -> None:
    """Invent a county with a year of visits, for training and measuring."""
    from bot.demo import demo_roster as invent

    settings = quiet()
    day = today or datetime.now(settings.zone)
    leave(invent(settings, n, seed, day.date()))


@app.command()
def backup(
    file: Annotated[
        Path | None, typer.Argument(help="Where to write it; else DATA_DIR/backups.")
    ] = None,
) -> None:
    """Save everything into one file, also while the bot runs."""
    from bot.backup import run_backup

    leave(run_backup(quiet(), file))


@app.command()
def restore(file: Annotated[Path, typer.Argument(help="A file made by backup.")]) -> None:
    """Bring a backup back into an empty place, and check it."""
    from bot.backup import run_restore

    leave(run_restore(quiet(), file))


@app.command()
def doctor() -> None:
    """Check settings, database, networks, clock and disk: a line each, with what to do."""
    from bot.doctor import doctor as examine

    leave(examine(quiet(), said()))


@app.command()
def bench(
    name: Annotated[str, typer.Argument(help="Which one; `list` names them.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Measure; needs a checkout of the source."""
    from bot.bench import bench as measure

    leave(measure(name, as_json))


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)


def leave(code: int) -> None:
    if code:
        raise typer.Exit(code)


def main() -> NoReturn:
    """Runs one command; whatever goes wrong ends in one sentence on stderr."""
    gc.freeze()
    gc.enable()
    with speaking(said().get("LIAISON_LOCALE", DEFAULT)):
        sys.exit(guarded(app))


def guarded(command: Callable[[], object]) -> int:
    try:
        command()
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else 1
    except Problem as problem:
        return complain(str(problem), problem.exit_code)
    except KeyboardInterrupt:
        return 130
    except OSError as problem:
        return complain(file_trouble(problem))
    except Exception as problem:  # nobody is shown a traceback
        return complain(unexpected(problem))
    return 0


def is_the_machine(problem: object) -> bool:
    """No fault of the program: a full or broken disk, a server that was stopped."""
    code = getattr(problem, "sqlite_errorname", None) or getattr(problem, "sqlstate", None)
    return str(code).startswith(MACHINE)


def complain(sentence: str, code: int = 1) -> int:
    print(sentence, file=sys.stderr)
    return code


def file_trouble(problem: OSError) -> str:
    name = problem.filename if isinstance(problem.filename, str | os.PathLike) else ""
    why = reason(problem.errno) or problem.strerror or type(problem).__name__
    words = {"file": os.fspath(name), "why": why}
    return _("%(file)s: %(why)s.") % words if name else _("%(why)s.") % words


def reason(number: int | None) -> str:
    """What an operator can mend, with how; the rest is said as the system says it."""
    match number:
        case errno.EACCES | errno.EPERM | errno.EROFS:
            return _("it may not be written or read: give it to the bot's user")
        case errno.ENOSPC | errno.EDQUOT:
            return _("the disk is full: make room")
        case errno.ENOENT | errno.ENOTDIR:
            return _("there is no such folder or file: look at the path")
    return ""


def unexpected(problem: Exception) -> str:
    from sqlalchemy.exc import DBAPIError

    from bot.logs import place

    if isinstance(problem, DBAPIError) and (
        not problem.statement or problem.connection_invalidated
    ):
        return _("The database cannot be reached: look at LIAISON_DATABASE_URL and the disk.")
    if isinstance(problem, DBAPIError) and is_the_machine(problem.orig):
        return _("The database cannot be written: look whether the disk is full, or run doctor.")
    kind, where = type(problem).__name__, ", ".join(place(problem))
    return _("Something went wrong that should not (%(kind)s at %(where)s). Please report it.") % {
        "kind": kind,
        "where": where,
    }


if __name__ == "__main__":
    main()
