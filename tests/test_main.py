import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import URL
from sqlalchemy.exc import OperationalError
from typer.testing import CliRunner

from bot import __main__ as command_line
from bot.config import Problem, WrongSettings
from locales import speaking
from models.database import connect

COMMANDS = "run import export invite demo-roster backup restore doctor bench"
HOUSE = Path(__file__).parent.parent


def said(problem: BaseException, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """What the operator reads on stderr when a command raises, and its exit code."""

    def command() -> None:
        raise problem

    with speaking("en"):
        code = command_line.guarded(command)
    return code, capsys.readouterr().err


def test_a_problem_is_its_sentence_and_code_1(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(Problem("Do this."), capsys) == (1, "Do this.\n")


def test_wrong_settings_are_a_wrong_way_to_start(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(WrongSettings(["One.", "Two."]), capsys) == (2, "One.\nTwo.\n")


def test_a_file_that_cannot_be_opened_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    problem = PermissionError(13, "Permission denied", "roster.xlsx")
    told = "roster.xlsx: it may not be written or read: give it to the bot's user.\n"
    assert said(problem, capsys) == (1, told)


def test_a_database_that_does_not_answer_gets_advice(capsys: pytest.CaptureFixture[str]) -> None:
    code, err = said(OperationalError(None, None, OSError()), capsys)
    assert (code, "LIAISON_DATABASE_URL" in err) == (1, True)


def test_a_disk_without_room_is_no_fault_of_the_program(
    capsys: pytest.CaptureFixture[str],
) -> None:
    full = sqlite3.connect(":memory:")
    full.execute("pragma max_page_count = 2")
    full.execute("create table visit (note text)")
    with pytest.raises(sqlite3.OperationalError) as problem:
        full.execute("insert into visit values (zeroblob(100000))")
    code, err = said(OperationalError("insert", None, problem.value), capsys)
    assert (code, "disk" in err, "report" in err) == (1, True, False)


def test_a_database_that_goes_away_in_the_middle_gets_the_same_advice(
    server: URL, capsys: pytest.CaptureFixture[str]
) -> None:
    with connect(server).connect() as connection, pytest.raises(OperationalError) as gone:
        connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")
    code, err = said(gone.value, capsys)
    assert (code, "LIAISON_DATABASE_URL" in err) == (1, True)


def test_what_nobody_expected_is_one_line_without_what_people_wrote(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, err = said(KeyError("高永昌"), capsys)
    assert code == 1
    assert "KeyError at test_main.py:" in err
    assert "高永昌" not in err
    assert len(err.splitlines()) == 1


def test_control_c_ends_quietly(capsys: pytest.CaptureFixture[str]) -> None:
    assert said(KeyboardInterrupt(), capsys) == (130, "")


def run(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    env = {name: text for name, text in os.environ.items() if not name.startswith("LIAISON_")}
    return subprocess.run(
        [sys.executable, "-m", "bot", *words],
        cwd=folder,
        env=env | {"PYTHONPATH": str(HOUSE), "LIAISON_LOCALE": "en"} | settings,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_command_that_failed_ends_with_1(tmp_path: Path) -> None:
    done = run(tmp_path, "backup")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "There is no database yet, so there is nothing to back up.\n"


@pytest.mark.parametrize("words", [["import"], ["no-such-command"], ["export"]])
def test_a_command_written_wrongly_ends_with_2(tmp_path: Path, words: list[str]) -> None:
    done = run(tmp_path, *words)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_a_wrong_setting_ends_with_2_and_a_sentence(tmp_path: Path) -> None:
    done = run(tmp_path, "doctor", LIAISON_HTTP="8765")
    assert done.returncode == 2
    assert done.stderr == "LIAISON_HTTP: write host:port, such as 127.0.0.1:8765.\n"


def test_a_mistyped_setting_is_told_and_the_command_goes_on(tmp_path: Path) -> None:
    done = run(tmp_path, "doctor", LIAISON_TIMEZON="Asia/Urumqi")
    assert done.returncode == 0
    assert "did you mean LIAISON_TIMEZONE?" in done.stderr


@pytest.mark.parametrize("command", COMMANDS.split())
def test_every_command_explains_itself(command: str) -> None:
    told = CliRunner().invoke(command_line.app, [command, "--help"])
    assert told.exit_code == 0
    assert f"{command} [OPTIONS]" in told.stdout


def test_help_does_not_load_what_it_does_not_need() -> None:
    code = (
        "import sys; from bot import __main__;"
        "heavy = {'telegram', 'alembic', 'pypinyin', 'xlsxwriter', 'rich', 'starlette'};"
        "print(heavy & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=HOUSE, capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"


def test_the_running_bot_does_not_load_what_nobody_asked_for() -> None:
    """A workbook takes 20 MB, a chart 30, Matrix 40: each is loaded when it is wanted."""
    code = (
        "import sys, bot.run, handlers, bot.transports.telegram;"
        "heavy = {'alembic', 'lunar_python', 'matplotlib', 'nio', 'numpy', 'xlsxwriter', 'PIL',"
        " 'pypinyin', 'chinese_calendar', 'segno', 'python_calamine'};"
        "print(heavy & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=HOUSE, capture_output=True, text=True, check=True
    )
    assert done.stdout == "set()\n"
