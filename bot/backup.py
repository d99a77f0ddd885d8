"""Opens the office's database for the program, copies it while the bot runs, brings it back.

A backup is one zip file: `liaison.db`, always SQLite whatever the office runs on, and
`manifest.json`. So one format serves both databases, and moves an office from one to the other.
"""

import hashlib
import json
import os
import shutil
import sqlite3
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import (
    URL,
    Connection,
    DateTime,
    Engine,
    MetaData,
    Table,
    event,
    func,
    insert,
    select,
)
from sqlmodel import Session, SQLModel
from sqlmodel import select as select_rows
from sqlmodel.sql.sqltypes import UTCDateTime

from bot import __version__, matrix_device
from bot.config import Problem, Settings
from locales import gettext as _
from models import database as db
from models.org import Unit, put_setting, setting

FORMAT = 1
DATA, MANIFEST = "liaison.db", "manifest.json"
PURPOSE, OFFICE, PRACTICE = "purpose", "office", "practice"
AT_ONCE = 200  # rows: photos are among them

log = structlog.get_logger()


def prepare(settings: Settings, *, practice: bool = False) -> Engine:
    """The database, ready to use: made if it is new, migrated (after a backup) if it is older.

    Raises Problem when it is a later release's, another program's, or of the other purpose.
    """
    engine = db.connect(settings.practice_database if practice else settings.database)
    try:
        private_file(engine.url)
        update(engine, settings)
        check_purpose(engine, PRACTICE if practice else OFFICE)
    except BaseException:  # Ctrl-C, too, leaves no file open
        engine.dispose()
        raise
    return engine


def update(engine: Engine, settings: Settings) -> None:
    state = db.schema_state(engine)
    refuse(state)
    if state == db.BEHIND:
        kept = backup(
            engine,
            default_file(settings, datetime.now(UTC), "before-update"),
            settings.data_dir / matrix_device.FOLDER,
        )
        log.info("backup", rows=sum(kept["rows"].values()))
    if state != db.CURRENT:
        db.upgrade(engine)
        log.info("migrated", revision=db.revisions()[-1])


@contextmanager
def opened(engine: Engine) -> Iterator[Engine]:
    """Closed in the end."""
    try:
        yield engine
    finally:
        engine.dispose()


def refuse(state: str) -> None:
    if state == db.NEWER:
        raise Problem(
            _("This database was made by a later release: install that release or a newer one.")
        )
    if state == db.FOREIGN:
        raise Problem(
            _("This database holds tables of another program: give LIAISON_DATABASE_URL its own.")
        )


def private_file(url: URL) -> None:
    """A new SQLite file can be read by its owner only; so can the two files beside it."""
    if url.get_backend_name() != "sqlite" or Path(str(url.database)).exists():
        return
    private_folder(Path(str(url.database)).parent)
    os.close(os.open(str(url.database), os.O_CREAT | os.O_WRONLY, 0o600))


def private_folder(folder: Path) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def check_purpose(engine: Engine, wanted: str) -> None:
    """Practice never touches an office's data, and an office never starts on invented people."""
    with Session(engine) as session:
        found = purpose(session) or wanted
        if found != wanted:
            raise Problem(refusal(wanted))
        if wanted == PRACTICE and setting(session, PURPOSE, None) is None:
            put_setting(session, PURPOSE, PRACTICE)
            session.commit()


def purpose(session: Session) -> str | None:
    """PRACTICE, OFFICE, or None when nobody has put anything in yet."""
    if marked := setting(session, PURPOSE, None):
        return str(marked)
    return OFFICE if session.exec(select_rows(Unit).limit(1)).first() else None


def refusal(wanted: str) -> str:
    if wanted == OFFICE:
        return _("This is a practice database with invented people: an office needs its own.")
    return _("This is an office's database: practice keeps its own and does not open it.")


def default_file(settings: Settings, now: datetime, why: str = "") -> Path:
    moment = now.astimezone(settings.zone).strftime("%Y%m%d-%H%M%S")
    name = "-".join(filter(None, ("liaison", moment, why)))
    return settings.data_dir / "backups" / f"{name}.zip"


def backup(engine: Engine, file: Path, device: Path | None = None) -> dict[str, Any]:
    """Copies everything as it is at one moment, checks the copy, and returns its manifest.

    1. one consistent copy as a SQLite file; 2. its own integrity check; 3. zip beside the
    target, flushed to the disk, then renamed: a file with the final name is always complete.
    `device` is the folder with the keys of the bot's device on Matrix.
    """
    private_folder(file.parent)
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".backup-") as folder:
        data = Path(folder) / DATA
        copy_out(engine, data)
        manifest = describe(data)
        packed = Path(folder) / "packed.zip"
        pack(data, manifest, packed, device)
        move(packed, file)
    return manifest


def copy_out(engine: Engine, data: Path) -> None:
    if engine.dialect.name == "sqlite":
        with closing(sqlite3.connect(str(engine.url.database), timeout=30)) as source:
            source.execute("VACUUM INTO ?", [str(data)])
        return
    target = db.connect(f"sqlite:///{data}", foreign_keys=False)
    snapshot = engine.execution_options(isolation_level="REPEATABLE READ")
    with snapshot.connect() as source, target.begin() as copy:
        db.migrate(copy, str(db.revision(source)))
        copy_rows(source, copy, tables_of(source))
    target.dispose()
    with closing(sqlite3.connect(data)) as alone:
        alone.execute("PRAGMA journal_mode = DELETE")  # one file, without two more beside it


def tables_of(connection: Connection) -> list[Table]:
    """The tables as they are there: an older release's, when a backup precedes an update."""
    found = MetaData()

    def neutral(_inspector: object, _table: Table, column: Any) -> None:
        column["type"] = column["type"].as_generic()
        if isinstance(column["type"], DateTime):
            column["type"] = UTCDateTime()

    event.listen(found, "column_reflect", neutral)
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def copy_rows(source: Connection, target: Connection, tables: Sequence[Table]) -> None:
    for table in tables:
        with source.execute(select(table).execution_options(yield_per=AT_ONCE)) as rows:
            for part in parents_first(table, rows.mappings()):
                target.execute(insert(table), part)
        skip_used_numbers(target, table)


def parents_first(table: Table, rows: Any) -> Iterator[list[dict[str, Any]]]:
    """The rows in parts; of a tree, its layers from the top: PostgreSQL looks at each part."""
    ours = [key for key in table.foreign_keys if key.column.table is table]
    if not ours:
        for part in rows.partitions(AT_ONCE):
            yield [dict(row) for row in part]
        return
    parent, id_ = ours[0].parent.name, ours[0].column.name
    waiting, placed = [dict(row) for row in rows], {None}
    while layer := [row for row in waiting if row[parent] in placed]:
        yield layer
        placed |= {row[id_] for row in layer}
        waiting = [row for row in waiting if row[id_] not in placed]


def skip_used_numbers(target: Connection, table: Table) -> None:
    """PostgreSQL counts on from where its counter stands, not from the highest number there is."""
    column = table.autoincrement_column
    if target.dialect.name != "postgresql" or column is None:
        return
    highest = target.execute(select(func.max(column))).scalar()
    if highest is not None:
        counter = func.pg_get_serial_sequence(table.name, column.name)
        target.execute(select(func.setval(counter, highest)))


def describe(data: Path) -> dict[str, Any]:
    """What the manifest says of a data file; raises Problem when the file is damaged."""
    try:
        with closing(sqlite3.connect(f"{data.absolute().as_uri()}?mode=ro", uri=True)) as copy:
            if copy.execute("PRAGMA integrity_check").fetchone() != ("ok",):
                raise sqlite3.DatabaseError
            return {
                "format": FORMAT,
                "program": __version__,
                "revision": copy.execute("SELECT version_num FROM alembic_version").fetchone()[0],
                "purpose": purpose_in(copy),
                "rows": count_rows(copy),
                "sha256": checksum(data),
            }
    except sqlite3.DatabaseError:
        raise Problem(_("The database is damaged: restore the last good backup.")) from None


def purpose_in(copy: sqlite3.Connection) -> str:
    found = copy.execute("SELECT value FROM office_setting WHERE key = ?", [PURPOSE]).fetchone()
    return str(json.loads(found[0])) if found else OFFICE


def count_rows(copy: sqlite3.Connection) -> dict[str, int]:
    tables = copy.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    names = [name for (name,) in tables if not name.startswith(("sqlite_", "alembic_"))]
    return {name: copy.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}


def checksum(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def pack(data: Path, manifest: dict[str, Any], packed: Path, device: Path | None) -> None:
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
        archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
        archive.write(data, DATA)
        if device is not None:
            matrix_device.pack(device, archive, packed.with_name("keys.db"))
    packed.chmod(0o600)
    flush(packed)


def move(file: Path, target: Path) -> None:
    """A rename that is still there after the power failed."""
    file.replace(target)
    flush(target.parent)


def flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def restore(settings: Settings, file: Path) -> dict[str, Any]:
    """Puts a backup into an empty place and returns its manifest; checks before and after.

    The place is untouched until everything has been checked, and then filled in one step.
    """
    with opened(db.connect(settings.database)) as engine:
        folder = settings.data_dir
        if engine.dialect.name == "sqlite":
            folder = Path(str(engine.url.database)).parent
        private_folder(folder)
        refuse_to_overwrite(engine)
        with tempfile.TemporaryDirectory(dir=folder, prefix=".restore-") as temporary:
            data = Path(temporary) / DATA
            manifest = unpack(file, data)
            bring_up_to_date(data)
            place(data, engine)
            with zipfile.ZipFile(file) as archive:
                matrix_device.unpack(archive, settings.data_dir / matrix_device.FOLDER)
    return manifest


def refuse_to_overwrite(engine: Engine) -> None:
    if engine.dialect.name == "sqlite" and not Path(str(engine.url.database)).exists():
        return
    if db.schema_state(engine) != db.EMPTY:
        raise Problem(
            _("There is a database already: move it away, or name an empty one, and try again.")
        )


def unpack(file: Path, data: Path) -> dict[str, Any]:
    """Writes the data file of a backup and compares it with its manifest."""
    try:
        with zipfile.ZipFile(file) as archive:
            manifest: dict[str, Any] = json.loads(archive.read(MANIFEST))
            with archive.open(DATA) as packed, data.open("xb") as out:
                shutil.copyfileobj(packed, out)
    except FileNotFoundError:
        raise Problem(_("There is no file %(file)s.") % {"file": file}) from None
    except (zipfile.BadZipFile, zlib.error, KeyError, ValueError):
        raise Problem(
            _("%(file)s is not a complete backup: use another.") % {"file": file}
        ) from None
    found = describe(data)
    if any(found[key] != manifest.get(key) for key in ("sha256", "rows", "revision", "purpose")):
        raise Problem(_("%(file)s was changed after it was made: use another.") % {"file": file})
    if found["purpose"] != OFFICE:
        raise Problem(refusal(OFFICE))
    return manifest


def bring_up_to_date(data: Path) -> None:
    with opened(db.connect(f"sqlite:///{data}")) as copy:
        state = db.schema_state(copy)
        refuse(state)
        if state == db.BEHIND:
            db.upgrade(copy)


def place(data: Path, engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        engine.dispose()  # takes the files beside an empty database away
        data.chmod(0o600)
        flush(data)
        move(data, Path(str(engine.url.database)))
        return
    with (
        opened(db.connect(f"sqlite:///{data}")) as copy,
        copy.connect() as source,
        engine.begin() as target,
    ):
        db.migrate(target)
        copy_rows(source, target, SQLModel.metadata.sorted_tables)
        compare(source, target)


def compare(source: Connection, target: Connection) -> None:
    """Before the last step: as many rows in each table as in the backup."""
    for table in SQLModel.metadata.sorted_tables:
        here, there = (
            c.execute(select(func.count()).select_from(table)).scalar() for c in (target, source)
        )
        if here != there:
            raise Problem(_("Not everything arrived; nothing was changed. Please try again."))


def run_backup(settings: Settings, file: Path | None) -> int:
    """The command: copies the office's database while the bot may be running."""
    with opened(db.connect(settings.database)) as engine:
        missing = engine.dialect.name == "sqlite" and not Path(str(engine.url.database)).exists()
        if missing or db.schema_state(engine) == db.EMPTY:
            raise Problem(_("There is no database yet, so there is nothing to back up."))
        refuse(db.schema_state(engine))
        file = file or default_file(settings, datetime.now(UTC))
        words = {"file": file} | figures(
            backup(engine, file, settings.data_dir / matrix_device.FOLDER)
        )
    print(_("Saved to %(file)s. Elders: %(elders)d, staff: %(staff)d, visits: %(visits)d.") % words)
    return 0


def run_restore(settings: Settings, file: Path) -> int:
    words = {"file": file} | figures(restore(settings, file))
    print(
        _("Restored from %(file)s. Elders: %(elders)d, staff: %(staff)d, visits: %(visits)d.")
        % words
    )
    return 0


def figures(manifest: dict[str, Any]) -> dict[str, Any]:
    """The numbers by which an operator recognises his office."""
    rows = manifest["rows"]
    tables = {"elders": "elder", "staff": "staff", "visits": "visit"}
    return {word: rows.get(table, 0) for word, table in tables.items()}
