"""Opens the database and keeps its tables at the version this code was written for.

Alembic takes about a second to import, so the question "is there anything to do?" is asked
without it.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import URL, Connection, Engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError
from sqlmodel import create_engine

import models  # noqa: F401  (registers every table)

MIGRATIONS = Path(__file__).parent / "migrations"
CURRENT, BEHIND, NEWER, EMPTY, FOREIGN = "current", "behind", "newer", "empty", "foreign"
ONE_AT_A_TIME = 0x6C69_6169_736F_6E  # "liaison": the PostgreSQL lock two upgrades meet at
PRAGMAS = (
    "busy_timeout = 10000",  # first: the next line may already have to wait
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
    "cache_size = -4000",  # kilobytes, of each connection: the way into a million visits fits
)
PATIENCE = {  # seconds with a server that says nothing; without, two hours and more
    "connect_timeout": 10,
    "keepalives_idle": 15,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # milliseconds
}


class WrongUrl(ValueError):
    """An address of a database that cannot be used; the text says what to write."""


def tidy_url(url: str) -> URL:
    """The address as SQLAlchemy wants it; `postgres://` and `postgresql://` use psycopg 3.

    Raises WrongUrl with a sentence that does not repeat the address: it may hold a password.
    """
    try:
        found = make_url(url)
    except ArgumentError:
        raise WrongUrl(
            "The database address cannot be read: write sqlite:////path/to/liaison.db "
            "or postgresql://user:password@host/name."
        ) from None
    if found.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        return found.set(drivername="postgresql+psycopg")
    if found.drivername != "sqlite":
        raise WrongUrl(
            f"Databases of the kind {found.drivername} are not supported: use sqlite or postgresql."
        )
    if found.database in (None, "", ":memory:"):
        raise WrongUrl("The database address names no file: write sqlite:////path/to/liaison.db.")
    return found


def connect(url: str | URL, *, foreign_keys: bool = True) -> Engine:
    """An engine whose sessions write at once (SQLite: `BEGIN IMMEDIATE`).

    A session that only reads takes `engine.execution_options(readonly=True)`: on SQLite it
    then never waits for a writer. Nothing is opened yet. Raises WrongUrl.
    """
    found = tidy_url(url) if isinstance(url, str) else url
    options: dict[str, Any] = {"json_serializer": written, "json_deserializer": read_json}
    options["hide_parameters"] = True  # the text of an error must not repeat what people wrote
    if found.get_backend_name() == "sqlite":
        engine = create_engine(found, **options)
        prepare_sqlite(engine, foreign_keys)
        return engine
    patience = {name: most for name, most in PATIENCE.items() if name not in found.query}
    told = {"options": "-c timezone=UTC", **patience}
    return create_engine(found, pool_pre_ping=True, connect_args=told, **options)


def written(value: Any) -> str:
    return orjson.dumps(value).decode()


def read_json(value: Any) -> Any:
    """SQLite gives a lone number back as a number."""
    return orjson.loads(value) if isinstance(value, (str, bytes)) else value


def prepare_sqlite(engine: Engine, foreign_keys: bool) -> None:
    """Takes the transactions out of pysqlite's hands and sets the pragmas.

    pysqlite begins a transaction late, at the first write: two sessions that both read before
    they write would then collide without waiting.
    """
    pragmas = PRAGMAS if foreign_keys else (*PRAGMAS, "foreign_keys = OFF")

    def opened(connection: Any, _record: object) -> None:
        connection.isolation_level = None
        for pragma in pragmas:
            connection.execute(f"PRAGMA {pragma}")

    event.listen(engine, "connect", opened)
    event.listen(engine, "begin", begin)


def begin(connection: Connection) -> None:
    only_read = connection.get_execution_options().get("readonly", False)
    connection.exec_driver_sql("BEGIN" if only_read else "BEGIN IMMEDIATE")


def revisions() -> list[str]:
    """The migrations this code knows, oldest first: the number each file name begins with."""
    files = (MIGRATIONS / "versions").glob("*.py")
    return sorted(found[0] for path in files if (found := re.match(r"\d{4}", path.name)))


def revision(connection: Connection) -> str | None:
    """The migration that a database with tables of ours stands at."""
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def schema_state(engine: Engine) -> str:
    """One of CURRENT, BEHIND, NEWER, EMPTY (nothing in it) or FOREIGN (somebody else's tables)."""
    known = revisions()
    with engine.execution_options(readonly=True).connect() as connection:
        tables = inspect(connection).get_table_names()  # one look: another copy may make them now
        if "alembic_version" not in tables:
            return FOREIGN if tables else EMPTY
        found = revision(connection)
    if found not in known:
        return NEWER
    return CURRENT if found == known[-1] else BEHIND


def upgrade(engine: Engine, to: str = "head") -> None:
    """Brings the tables to this code's version, all or nothing; harmless when two do it at once."""
    migrating = connect(engine.url, foreign_keys=False)
    try:
        with migrating.begin() as connection:
            migrate(connection, to)
    finally:
        migrating.dispose()


def migrate(connection: Connection, to: str = "head") -> None:
    """`upgrade` inside the caller's transaction; on SQLite foreign keys must be off."""
    from alembic import command

    wait_for_others(connection)
    command.upgrade(alembic_config({"connection": connection}), to)
    check_references(connection)


def alembic_config(attributes: Mapping[str, Any]) -> Any:
    from alembic.config import Config

    config = Config(attributes=dict(attributes))
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    return config


def wait_for_others(connection: Connection) -> None:
    """Several copies may start at once; on SQLite BEGIN IMMEDIATE already made them queue."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})


def check_references(connection: Connection) -> None:
    """A migration on SQLite rebuilds tables with foreign keys off: look that none was broken."""
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken:
            raise RuntimeError(f"The migration broke a reference in table {broken[0]}.")
