import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import partial
from uuid import uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import URL, Engine, event, text
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlmodel import Session, SQLModel

from models import database as db
from models.org import Unit, put_setting, setting
from tests.conversation import at_once


@pytest.fixture
def empty(kind: str, new_database: Callable[[str], URL]) -> Iterator[Engine]:
    engine = db.connect(new_database(kind))
    yield engine
    engine.dispose()


def version(engine: Engine, number: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :n"), {"n": number})


def test_the_migrations_build_exactly_the_tables_of_the_models(database: Engine) -> None:
    with database.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_a_new_database_is_empty_and_then_current(empty: Engine) -> None:
    assert db.schema_state(empty) == db.EMPTY
    db.upgrade(empty)
    assert db.schema_state(empty) == db.CURRENT


def test_upgrading_twice_changes_nothing(database: Engine) -> None:
    db.upgrade(database)
    assert db.schema_state(database) == db.CURRENT


def test_two_programs_that_start_together_migrate_once(empty: Engine) -> None:
    assert not at_once(*[partial(db.upgrade, empty)] * 3)
    assert db.schema_state(empty) == db.CURRENT


def test_tables_that_another_copy_makes_meanwhile_are_not_taken_for_a_strangers(
    empty: Engine,
) -> None:
    empty.connect().close()  # what it asks of a database it does not know yet
    event.listen(empty, "after_cursor_execute", lambda *_: db.upgrade(empty), once=True)
    assert db.schema_state(empty) != db.FOREIGN
    assert db.schema_state(empty) == db.CURRENT


def test_a_database_of_a_later_release_is_seen_as_newer(database: Engine) -> None:
    version(database, "9999")
    try:
        assert db.schema_state(database) == db.NEWER
    finally:
        version(database, db.revisions()[-1])


def test_another_program_s_tables_are_not_taken_for_ours(empty: Engine) -> None:
    with empty.begin() as connection:
        connection.execute(text("CREATE TABLE recipe (id INTEGER)"))
    assert db.schema_state(empty) == db.FOREIGN


def test_migration_numbers_follow_each_other() -> None:
    assert db.revisions() == [f"{n:04d}" for n in range(1, len(db.revisions()) + 1)]


def test_a_reference_to_nothing_is_refused(database: Engine) -> None:
    with Session(database) as session:
        session.add(Unit(kind="town", name="岚桥镇", parent_id=uuid4()))
        with pytest.raises(IntegrityError):
            session.flush()


def test_chinese_in_json_is_readable_in_the_database_itself(database: Engine) -> None:
    with Session(database) as session:
        put_setting(session, "motto", {"text": "走访"})
        session.commit()
        raw = session.connection().execute(text("SELECT value FROM office_setting")).scalar()
        assert setting(session, "motto", None) == {"text": "走访"}
    assert "走访" in str(raw)


def test_a_reader_does_not_wait_for_a_writer(sqlite_database: Engine) -> None:
    reading = sqlite_database.execution_options(readonly=True)
    with Session(sqlite_database) as writer, Session(reading) as reader:
        writer.add(Unit(kind="county", name="望岚县"))
        writer.flush()
        assert reader.connection().execute(text("SELECT count(*) FROM unit")).scalar() == 0


def test_a_second_writer_waits_at_its_first_word_and_not_in_the_middle(
    sqlite_database: Engine,
) -> None:
    other = db.connect(sqlite_database.url)
    with Session(sqlite_database) as first, Session(other) as second:
        db.event.listen(other, "connect", lambda c, _: c.execute("PRAGMA busy_timeout = 1"))
        first.connection()
        with pytest.raises(OperationalError, match="locked"):
            second.connection()
    other.dispose()


def test_sqlite_keeps_what_was_committed_when_the_power_fails(sqlite_database: Engine) -> None:
    engine = db.connect(sqlite_database.url)
    with engine.connect() as connection:
        pragma = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    engine.dispose()
    full = 2
    assert pragma == {
        "journal_mode": "wal",
        "synchronous": full,
        "foreign_keys": 1,
        "busy_timeout": 10000,
    }


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
def test_every_way_to_write_postgresql_uses_the_same_driver(scheme: str) -> None:
    assert db.tidy_url(f"{scheme}://u:p@h/n").drivername == "postgresql+psycopg"


@pytest.mark.parametrize("url", ["mysql://u:pass-word@h/n", "u:pass-word@h", "sqlite://", ""])
def test_a_wrong_address_gets_one_sentence_without_the_password(url: str) -> None:
    with pytest.raises(db.WrongUrl) as problem:
        db.connect(url)
    assert str(problem.value).endswith(".")
    assert "pass-word" not in str(problem.value)


def test_a_server_that_says_nothing_is_not_waited_for_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(db.PATIENCE, "connect_timeout", 2)  # instead of ten seconds
    with socket.create_server(("127.0.0.1", 0)) as mute:
        engine = db.connect(f"postgresql://bot@127.0.0.1:{mute.getsockname()[1]}/liaison")
        with pytest.raises(OperationalError, match="timeout"):
            engine.connect()


def test_asking_for_the_state_does_not_import_alembic(tmp_path: object) -> None:
    code = (
        "import sys; from models import database as d;"
        f"d.schema_state(d.connect('sqlite:///{tmp_path}/x.db'));"
        "sys.exit('alembic' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
