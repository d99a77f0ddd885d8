"""An office at its computer, for the tests of the roster."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlmodel import Session, SQLModel, col, select

from bot.config import Settings
from handlers.documents.roster_file import read
from handlers.documents.roster_words import problem_words
from models.assignment import Assignment
from models.elder import Elder
from models.roster import Plan, apply, plan
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
