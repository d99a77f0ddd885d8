"""The demo county of 300, made once for all tests that read it."""

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from models.database import connect
from models.demo import County, write_county

TODAY = date(2026, 11, 12)
ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture(scope="session")
def demo(
    migrated_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Engine, County]]:
    """A SQLite file that nobody writes to any more."""
    path = tmp_path_factory.mktemp("demo") / "liaison.db"
    shutil.copy(migrated_file, path)
    engine = connect(f"sqlite:///{path}")
    with Session(engine) as session:
        county = write_county(session, 300, today=TODAY, zone=ZONE)
        session.commit()
    yield engine.execution_options(readonly=True), county
    engine.dispose()
