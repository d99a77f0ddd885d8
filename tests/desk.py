"""An office at its computer, for the tests of the roster."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import Engine
from sqlmodel import Session, SQLModel, col, select

from bot.config import Settings
from handlers.documents.roster_columns import offered
from handlers.documents.roster_file import read
from handlers.documents.roster_template import template
from handlers.documents.roster_words import problem_words
from locales import speaking
from models.assignment import Assignment
from models.elder import Elder
from models.roster import Plan, apply, plan
from models.roster_types import ELDERS, STAFF, UNITS
from models.staff import Staff

TODAY = date(2026, 11, 12)
NOW = datetime(2026, 11, 12, 1, 0, tzinfo=UTC)
HEAD = "姓名,出生日期,乡镇,村,联络员,后备联络员,电话,编号\n"
ONE_SHEET = HEAD + (
    "高永昌,1941-03-05,岚桥镇,石沟村,周明,李娜,+86 000 0000 0001,\n"
    "李秀英,农历1941年闰六月初五,岚桥镇,柳树村,周明,,,\n"
    "李秀英,1947-03-09,岚桥镇,石沟村,周明,,,\n"
    "王德胜,1938-12-30,沙河镇,,刘强,,,\n"
)


@dataclass
class Desk:
    """The office at its computer: every import in a session of its own."""

    database: Engine
    folder: Path
    today: date = TODAY

    def plan(self, text: str) -> Plan:
        with Session(self.database) as session:
            return self._plan(session, text)

    def _plan(self, session: Session, text: str) -> Plan:
        return plan(session, read(text.encode(), "名册.csv").rows, self.today)

    def take(self, text: str) -> Plan:
        """Imports the good rows."""
        with Session(self.database, expire_on_commit=False) as session:
            planned = self._plan(session, text)
            apply(session, planned, NOW)
            session.commit()
            return planned

    def problems(self, text: str) -> list[tuple[int, str, str]]:
        found = self.plan(text).problems
        assert all(problem_words(problem) for problem in found)
        return [(problem.row, problem.column, problem.code) for problem in found]

    def rows(self, table: type[SQLModel], **where: object) -> list[Any]:
        with Session(self.database) as session:
            return list(session.exec(select(table).filter_by(**where)).all())

    def elder(self, name: str) -> Elder:
        (found,) = self.rows(Elder, name=name)
        return found

    def pairs(self, name: str) -> list[tuple[str, str, date, date | None]]:
        with Session(self.database) as session:
            found = session.exec(
                select(Staff.name, Assignment.role, Assignment.from_on, Assignment.until_on)
                .join(Staff, col(Staff.id) == Assignment.staff_id)
                .where(Assignment.elder_id == self.elder(name).id)
                .order_by(col(Assignment.role).desc(), col(Assignment.from_on))
            )
            return [tuple(row) for row in found]

    @property
    def settings(self) -> Settings:
        url = self.database.url.render_as_string(hide_password=False)
        return Settings(_env_file=None, data_dir=self.folder, database_url=url)


@pytest.fixture
def desk(database: Engine, tmp_path: Path) -> Desk:
    return Desk(database, tmp_path)


@pytest.fixture
def local(sqlite_database: Engine, tmp_path: Path) -> Desk:
    """For what is decided before any database is asked."""
    return Desk(sqlite_database, tmp_path)


# A workbook of a county, and one with mistakes


TOWNS = ("岚桥镇", "柳泉镇", "沙河镇", "枫岭镇", "云台街道")
VILLAGES = ("石沟村", "柳树村", "东坡村", "河湾村")


def key(table: str, field: str) -> int:
    return [column.field for column in offered(table)].index(field) + 1


def county() -> bytes:
    """A workbook of three hundred elders, thirty liaisons and the units they belong to."""
    villages = [(town, village) for town in TOWNS for village in VILLAGES]
    staff = [f"{family}{given}" for family in "周吴郑王冯陈" for given in "明强娜芳勇"]
    surnames, given_names = "高李王张刘陈杨赵黄孙", ("永昌", "秀英", "桂兰", "建国", "玉珍", "德胜")
    elders = []
    for number in range(300):
        town, village = villages[number % 20]
        elders.append(
            {
                "name": surnames[number % 10] + given_names[number % 6],
                "sex": ("male", "female")[number % 2],
                "birth": str(date(1930, 1, 1) + timedelta(days=40 * number)),
                "town": town,
                "village": village,
                "phone": f"+86 000 0000 {number:04}",
                "primary": staff[number % 20 % 5],
                "backup": staff[5 + number % 20 % 5],
                "status": "retired cadre",
            }
        )
    people = [
        {"name": name, "role": "liaison", "town": TOWNS[number % 5]}
        for number, name in enumerate(staff)
    ]
    units = [{"county": "望岚县", "town": town, "village": village} for town, village in villages]
    with speaking("en"):
        return template({ELDERS: elders, STAFF: people, UNITS: units})


MISTAKES = {
    ("Elders", 7, "birth"): "38-1-1",
    ("Elders", 19, "birth"): "农历1941年闰五月初五",
    ("Elders", 33, "birth"): "2031-05-05",
    ("Elders", 48, "town"): "岚乔镇",
    ("Elders", 77, "primary"): "周朋",
    ("Elders", 101, "phone"): "儿子的电话",
    ("Elders", 150, "name"): None,
    ("Elders", 202, "status"): "退伍",
    ("Elders", 248, "backup"): "周明",
    ("Staff", 9, "role"): "司机",
}


def spoilt(path: Path) -> dict[tuple[str, int, str], Any]:
    """Writes the county with ten mistakes; what should stand in those cells."""
    path.write_bytes(county())
    book = openpyxl.load_workbook(path)
    right = {}
    for (sheet, row, field), wrong in MISTAKES.items():
        cell = book[sheet].cell(row, key(STAFF if sheet == "Staff" else ELDERS, field))
        right[sheet, row, str(book[sheet].cell(1, cell.column).value)] = cell.value
        cell.value = wrong
    book.save(path)
    return right


def mend(path: Path, said: str, right: dict[tuple[str, int, str], Any]) -> None:
    """Puts right just those cells that the messages name, and takes them out of `right`."""
    book = openpyxl.load_workbook(path)
    for place in places(said):
        if place in right:
            sheet, row, title = place
            book[sheet].cell(row, column_of(book[sheet], title)).value = right.pop(place)
    book.save(path)


def places(out: str) -> Iterator[tuple[str, int, str]]:
    """Sheet, row and column of every message."""
    sheet = ""
    for line in out.splitlines():
        if found := re.match(r"Sheet “(.+)”:", line):
            sheet = found[1]
        elif found := re.match(r"  Rows? ([\d, ]+), “(.+?)”: ", line):
            yield from ((sheet, int(row), found[2]) for row in found[1].split(", "))


def column_of(sheet: Worksheet, title: str) -> int:
    return next(cell.column for cell in sheet[1] if cell.value == title)
