import json
import shutil
import threading
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import URL, Engine, select, text
from sqlmodel import Session, SQLModel

from bot import backup as b
from bot.config import Problem, Settings
from locales import speaking
from models import database as db
from models.attachment import Photo
from models.elder import Elder
from models.mailbox import Outgoing
from models.org import Unit, put_setting
from models.staff import Chat, Staff

NOON = datetime(2026, 5, 3, 12, tzinfo=UTC)
PICTURE = bytes(range(256)) * 40
KINDS = ["sqlite", "postgresql"]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with speaking("en"):
        yield


@pytest.fixture
def opened() -> Iterator[Callable[[Engine], Engine]]:
    """Closes at the end what a test opened."""
    engines: list[Engine] = []

    def keep(engine: Engine) -> Engine:
        engines.append(engine)
        return engine

    yield keep
    for engine in engines:
        engine.dispose()


@pytest.fixture
def office(database: Engine) -> Engine:
    """A county of three layers, one elder, a photo, a message on its way."""
    with Session(database) as session:
        add_office(session)
        session.commit()
    return database


def add_office(session: Session) -> None:
    village = Unit(kind="village", name="柳泉村")
    town, county = Unit(kind="town", name="柳泉镇"), Unit(kind="county", name="望岚县")
    session.add_all([village, town, county])
    session.flush()
    village.parent_id, town.parent_id = town.id, county.id
    zhou = Staff(code="S01", name="周明", unit_id=town.id)
    session.add_all([zhou, Elder(code="E0012", name="高永昌", unit_id=village.id)])
    chat = Chat(network="web", address="1", joined_at=NOON)
    session.add(chat)
    session.flush()
    session.add(Outgoing(chat_id=chat.id, text="早上好", rows=[[["走访", "/visit"]]], made_at=NOON))
    session.add(
        Photo(
            staff_id=zhou.id,
            draft_tag="t",
            sha256="x",
            mime="image/jpeg",
            width=1,
            height=1,
            received_at=NOON,
            data=PICTURE,
        )
    )


def everything(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    with engine.connect() as connection:
        return {
            table.name: sorted((tuple(r) for r in connection.execute(select(table))), key=str)
            for table in SQLModel.metadata.sorted_tables
        }


def settings_for(url: URL, folder: Path) -> Settings:
    address = url.render_as_string(hide_password=False)
    return Settings(
        _env_file=None, database_url=address, data_dir=folder / "data", telegram_token="1:x"
    )


@pytest.mark.parametrize("target", KINDS)
def test_what_comes_back_is_what_was_saved_on_either_database(
    office: Engine,
    target: str,
    new_database: Callable[[str], URL],
    tmp_path: Path,
    opened: Callable[[Engine], Engine],
) -> None:
    file = tmp_path / "saved.zip"
    b.backup(office, file)
    place = settings_for(new_database(target), tmp_path)
    b.restore(place, file)
    restored = opened(b.prepare(place))
    assert everything(restored) == everything(office)
    with Session(restored) as session:  # numbers go on where they stopped
        (chat,) = session.connection().execute(select(Chat.id)).scalars()
        session.add(Outgoing(chat_id=chat, text="next", made_at=NOON))
        session.commit()


def test_the_manifest_tells_what_is_inside(office: Engine, tmp_path: Path) -> None:
    file = tmp_path / "saved.zip"
    b.backup(office, file)
    with zipfile.ZipFile(file) as archive:
        manifest = json.loads(archive.read(b.MANIFEST))
    assert manifest["rows"]["elder"] == 1
    assert manifest["rows"]["photo"] == 1
    assert manifest["revision"] == db.revisions()[-1]
    assert manifest["purpose"] == b.OFFICE


def test_only_the_owner_can_read_a_backup(sqlite_database: Engine, tmp_path: Path) -> None:
    file = tmp_path / "kept" / "saved.zip"
    b.backup(sqlite_database, file)
    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0
    assert [path.name for path in file.parent.iterdir()] == ["saved.zip"]


def test_a_backup_while_the_bot_writes_is_of_one_moment(office: Engine, tmp_path: Path) -> None:
    """Every transaction adds a unit and a staff member: a copy never has one without the other."""
    enough, writing = threading.Event(), threading.Event()
    writer = threading.Thread(target=write_pairs, args=(office, enough, writing))
    writer.start()
    writing.wait(60)
    try:
        found = [b.backup(office, tmp_path / f"{n}.zip")["rows"] for n in range(3)]
    finally:
        enough.set()
        writer.join()
    units, staff = 3, 1
    assert all(rows["unit"] - units == rows["staff"] - staff for rows in found)
    assert found[-1]["unit"] > found[0]["unit"] > units


def write_pairs(engine: Engine, enough: threading.Event, writing: threading.Event) -> None:
    count = 0
    while not enough.is_set():
        count += 1
        with Session(engine) as session:
            unit = Unit(kind="village", name="新村")
            session.add(unit)
            session.flush()
            session.add(Staff(code=f"W{count}", name="新人", unit_id=unit.id))
            session.commit()
        writing.set()


def test_a_place_that_is_taken_is_left_alone(office: Engine, tmp_path: Path) -> None:
    file = tmp_path / "saved.zip"
    b.backup(office, file)
    before = everything(office)
    with pytest.raises(Problem, match="already"):
        b.restore(settings_for(office.url, tmp_path), file)
    assert everything(office) == before


def spoiled(file: Path, member: str, change: Callable[[bytes], bytes]) -> Path:
    """A copy of the backup with one part changed, and itself a proper zip."""
    other = file.with_name("spoiled.zip")
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, change(data) if name == member else data)
    return other


@pytest.mark.parametrize(
    ("member", "change"),
    [
        (b.DATA, lambda data: data[:-4096]),
        (b.DATA, lambda data: data.replace("高永昌".encode(), "高永盛".encode())),
        (b.DATA, lambda data: b"not a database"),
        (b.DATA, lambda data: b""),
        (b.MANIFEST, lambda data: data.replace(b'"elder": 1', b'"elder": 2')),
        (b.MANIFEST, lambda data: b"{"),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
def test_a_changed_backup_is_refused_and_nothing_is_left_behind(
    kind: str,
    member: str,
    change: Callable[[bytes], bytes],
    sqlite_database: Engine,
    new_database: Callable[[str], URL],
    tmp_path: Path,
    opened: Callable[[Engine], Engine],
) -> None:
    with Session(sqlite_database) as session:
        add_office(session)
        session.commit()
    b.backup(sqlite_database, tmp_path / "saved.zip")
    url = new_database(kind)
    with pytest.raises(Problem):
        b.restore(settings_for(url, tmp_path), spoiled(tmp_path / "saved.zip", member, change))
    assert kind == "postgresql" or not Path(str(url.database)).exists()
    assert kind == "sqlite" or db.schema_state(opened(db.connect(url))) == db.EMPTY


@pytest.mark.parametrize("words", [b"", b"PK\x03\x04 but no more", None])
def test_something_else_than_a_backup_gets_a_sentence(
    words: bytes | None, new_database: Callable[[str], URL], tmp_path: Path
) -> None:
    file = tmp_path / "photo.jpg"
    if words is not None:
        file.write_bytes(words)
    with pytest.raises(Problem, match=r"photo\.jpg"):
        b.restore(settings_for(new_database("sqlite"), tmp_path), file)


def test_invented_people_are_never_restored_as_an_office(
    sqlite_database: Engine, new_database: Callable[[str], URL], tmp_path: Path
) -> None:
    b.check_purpose(sqlite_database, b.PRACTICE)
    b.backup(sqlite_database, tmp_path / "saved.zip")
    with pytest.raises(Problem, match="practice"):
        b.restore(settings_for(new_database("sqlite"), tmp_path), tmp_path / "saved.zip")


def test_a_practice_database_is_refused_as_an_office(database: Engine, tmp_path: Path) -> None:
    b.check_purpose(database, b.PRACTICE)
    with pytest.raises(Problem, match="invented people"):
        b.prepare(settings_for(database.url, tmp_path))


def test_practice_refuses_an_office_s_database(tmp_path: Path, office: Engine) -> None:
    with pytest.raises(Problem, match="office's database"):
        b.check_purpose(office, b.PRACTICE)


def test_practice_has_a_database_of_its_own(
    tmp_path: Path, opened: Callable[[Engine], Engine]
) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path)
    practice = opened(b.prepare(settings, practice=True))
    office = opened(b.prepare(settings))
    assert practice.url != office.url
    assert Path(str(practice.url.database)).parent == tmp_path / "practice"
    assert opened(b.prepare(settings, practice=True)).url == practice.url


def test_a_new_database_is_made_for_its_owner_only(
    tmp_path: Path, opened: Callable[[Engine], Engine]
) -> None:
    engine = opened(b.prepare(Settings(_env_file=None, data_dir=tmp_path / "data")))
    file = Path(str(engine.url.database))
    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0


def test_an_older_database_is_saved_and_then_updated(
    office: Engine,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    opened: Callable[[Engine], Engine],
) -> None:
    """Seen from a release that has one migration more."""
    release = tmp_path / "migrations"
    last = db.revisions()[-1]
    later_release(release)
    settings = settings_for(office.url, tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(db, "MIGRATIONS", release)
        before = everything(office)
        try:
            b.prepare(settings).dispose()
            with office.connect() as connection:
                assert connection.execute(text("SELECT count(*) FROM recipe")).scalar() == 0
        finally:
            undo(office, last)
    (saved,) = (tmp_path / "data" / "backups").glob("*-before-update.zip")
    place = settings_for(db.tidy_url(f"sqlite:///{tmp_path}/again.db"), tmp_path)
    b.restore(place, saved)
    assert everything(opened(db.connect(place.database))) == before


def later_release(folder: Path) -> None:
    last = db.revisions()[-1]
    shutil.copytree(db.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / f"{int(last) + 1:04d}_recipes.py").write_text(
        "from alembic import op\nimport sqlalchemy as sa\n"
        f"revision = '{int(last) + 1:04d}'\ndown_revision = '{last}'\n"
        "def upgrade():\n    op.create_table('recipe', sa.Column('id', sa.Integer()))\n"
    )


def undo(engine: Engine, revision: str) -> None:
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS recipe"))
        connection.execute(text("UPDATE alembic_version SET version_num = :n"), {"n": revision})


def test_a_database_of_a_later_release_is_refused(
    database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "revisions", lambda: ["0000"])
    with pytest.raises(Problem, match="later release"):
        b.prepare(settings_for(database.url, tmp_path))


def test_another_program_s_database_is_refused(
    kind: str,
    new_database: Callable[[str], URL],
    tmp_path: Path,
    opened: Callable[[Engine], Engine],
) -> None:
    engine = opened(db.connect(new_database(kind)))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE recipe (id INTEGER)"))
    with pytest.raises(Problem, match="another program"):
        b.prepare(settings_for(engine.url, tmp_path))


def test_a_backup_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="nothing to back up"):
        b.run_backup(Settings(_env_file=None, data_dir=tmp_path), None)


def test_the_commands_tell_what_they_did(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], opened: Callable[[Engine], Engine]
) -> None:
    settings = Settings(_env_file=None, data_dir=tmp_path / "a")
    with Session(opened(b.prepare(settings))) as session:
        add_office(session)
        put_setting(session, "visits_per_month", 2)
        session.commit()
    capsys.readouterr()
    b.run_backup(settings, tmp_path / "saved.zip")
    b.run_restore(Settings(_env_file=None, data_dir=tmp_path / "b"), tmp_path / "saved.zip")
    saved, restored = capsys.readouterr().out.splitlines()
    assert saved.endswith("saved.zip. Elders: 1, staff: 1, visits: 0.")
    assert restored.startswith("Restored from ")
    assert restored.endswith("saved.zip. Elders: 1, staff: 1, visits: 0.")


def test_a_tree_of_units_is_copied_from_the_top(office: Engine) -> None:
    table = SQLModel.metadata.tables["unit"]
    with office.connect() as connection, connection.execute(select(table)) as rows:
        parts = list(b.parents_first(table, rows.mappings()))
    assert [[row["kind"] for row in part] for part in parts] == [["county"], ["town"], ["village"]]
