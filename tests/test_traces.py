"""No table may hold something of a person that erasing has not been told of."""

import json
from datetime import UTC, date, datetime
from uuid import uuid4

import pytest
from sqlalchemy import JSON, Boolean, Date, Integer, LargeBinary, String, Uuid
from sqlmodel import AutoString, Session, SQLModel, select

from models import traces
from models.draft import Draft
from models.elder import Elder
from models.erasure import (
    BLANK_ELDER,
    BLANKED,
    EMPTIED,
    GONE,
    OF_NO_ELDER,
    STAYS,
    erase,
)
from models.mailbox import DROPPED, SENT, WAITING, Outgoing

TABLES = SQLModel.metadata.tables
WORDS = (String, AutoString, JSON, LargeBinary)
TOLD = "高永昌说的话"  # stands wherever somebody could have written something
VALUES = {
    Uuid: uuid4, Boolean: lambda: False, Integer: lambda: 77, Date: lambda: date(2026, 11, 1),
    LargeBinary: TOLD.encode, JSON: lambda: [TOLD], String: lambda: TOLD, AutoString: lambda: TOLD,
}  # fmt: skip


def of_an_elder():
    """Every table from which keys lead to an elder, however many steps it takes."""
    found = {"elder"}
    while more := {
        name for name, table in TABLES.items()
        if name not in found and any(key.column.table.name in found for key in table.foreign_keys)
    }:  # fmt: skip
        found |= more
    return found


def wordy(table):
    """The columns in which words could stand."""
    return {
        one.name for one in table.columns
        if isinstance(one.type, WORDS) and not one.foreign_keys
    }  # fmt: skip


def codes(name):
    if name in OF_NO_ELDER:
        return wordy(TABLES[name])
    return set((EMPTIED | {one: kept for one, (_why, kept) in STAYS.items()}).get(name, "").split())


def blanked():
    return {"elder": set(BLANK_ELDER)} | {
        str(table.__tablename__): set(values) for table, values in BLANKED.items()
    }


def test_of_every_table_it_is_said_what_becomes_of_it():
    fates = [GONE, EMPTIED, OF_NO_ELDER, STAYS]
    assert sorted(name for fate in fates for name in fate) == sorted(TABLES), "once each"
    assert all(why for why, _codes in STAYS.values())


def test_no_table_that_leads_to_an_elder_is_said_to_be_of_none():
    assert not of_an_elder() & OF_NO_ELDER
    assert of_an_elder() <= GONE | STAYS.keys()


@pytest.mark.parametrize("name", sorted(STAYS))
def test_of_a_row_that_stays_every_text_is_emptied_or_a_code(name):
    by_hand = {"case_event": {"text"}, "fast_track": {"needs", "answer"}}
    gone = blanked().get(name, set()) | by_hand.get(name, set())
    assert wordy(TABLES[name]) <= gone | codes(name), "say what becomes of these"
    assert not gone & codes(name)


def test_what_is_written_into_every_table_is_found_in_none_afterwards(town):
    with Session(town.database) as session:
        elder = session.get_one(Elder, town.elders["高永昌"])
        fill(session, town, elder)
        assert all(TOLD in held(session, name) for name in told(session)), "the test writes them"
        assert set(told(session)) == {name for name in TABLES if words_of(name)} - {"elder"}
        erase(session, elder, town.now)
        assert told(session) == []
        assert "高永昌" not in "".join(held(session, name) for name in TABLES)


def words_of(name):
    """The columns of this table that are filled with words here."""
    return {one for one in wordy(TABLES[name]) if not is_code(TABLES[name].columns[one])}


def fill(session, town, elder):
    """One row in each table that leads to an elder or may speak of one."""
    keys = {"elder": elder.id, "staff": town.staff["周明"], "unit": elder.unit_id}
    session.flush()
    town_chat = TABLES["chat"]
    for table in SQLModel.metadata.sorted_tables:
        if table.name in keys or table.name in OF_NO_ELDER - {"chat"}:
            continue
        values = {one.name: value(one, keys) for one in table.columns}
        if table is town_chat:
            values |= {"unreachable_at": None, "unreachable_why": ""}
        session.connection().execute(table.insert().values(**values))
        keys[table.name] = values.get("id")


def value(column, keys):
    for key in column.foreign_keys:
        return keys[key.column.table.name]
    kind = next((one for one in VALUES if isinstance(column.type, one)), None)
    if kind is None:
        return datetime(2026, 11, 1, tzinfo=UTC)
    if is_code(column) and kind in WORDS:
        return [] if kind is JSON else uuid4().hex[:8]
    return VALUES[kind]()


def is_code(column):
    name = column.table.name
    return bool(column.unique or column.foreign_keys) or column.name in codes(name)


def held(session, name):
    """Every row of a table as one text."""
    rows = session.connection().execute(TABLES[name].select())
    return "\n".join(as_text(one) for row in rows for one in row)


def as_text(one):
    if isinstance(one, bytes):
        return one.decode(errors="replace")
    return json.dumps(one, ensure_ascii=False, default=str)


def told(session):
    return [name for name in TABLES if TOLD in held(session, name)]


# People of the same name


def test_what_is_still_to_be_done_for_somebody_of_the_same_name_stays(town, zhou):
    zhou.say("/visit E0003")
    with Session(town.database) as session:
        one, other = (
            session.get_one(Elder, town.elders[f"李秀英 {v}村"]) for v in ("石沟", "柳泉")
        )
        session.add_all([message(town, session, WAITING, f"李秀英 {other.code}"),
                         message(town, session, WAITING, f"李秀英 {one.code}"),
                         message(town, session, SENT, "李秀英 来电")])  # fmt: skip
        session.flush()
        assert traces.words(session, one).sure.isdisjoint({"李秀英", "李*英"})
        erase(session, one, town.now)
        rows = written(session)
        assert [row.state for row in rows] == [WAITING, DROPPED, SENT]
        assert [row.text for row in rows] == [f"李秀英 {other.code}", "***", "***"]
        assert len(session.exec(select(Draft)).all()) == 1


def test_a_longer_code_is_somebody_elses(town):
    with Session(town.database) as session:
        elder = session.get_one(Elder, town.elders["高永昌"])
        session.add_all([message(town, session, WAITING, text)
                         for text in ("E00011 来电", "走访E0001", "AE0001")])  # fmt: skip
        session.flush()
        erase(session, elder, town.now)
        rows = written(session)
        assert [row.state for row in rows] == [WAITING, DROPPED, WAITING]


def written(session):
    return session.exec(
        select(Outgoing).where(Outgoing.kind == "test").order_by(Outgoing.seq)
    ).all()


def message(town, session, state, text):
    chat = session.connection().execute(TABLES["chat"].select()).first()
    if chat is None:
        session.connection().execute(TABLES["chat"].insert().values(
            id=uuid4(), network="web", address="x", private=True, unreachable_why="",
            wrong_codes=0))  # fmt: skip
        chat = session.connection().execute(TABLES["chat"].select()).first()
    return Outgoing(chat_id=chat.id, text=text, state=state, made_at=town.now, kind="test")


def test_a_file_that_was_sent_is_not_kept(town):
    with Session(town.database) as session:
        sent, waits = (message(town, session, state, "表") for state in (SENT, WAITING))
        sent.file_data = waits.file_data = b"PK"
        session.add_all([sent, waits])
        session.flush()
        assert traces.drop_sent_files(session) == 1
        session.expire_all()
        assert (sent.file_data, waits.file_data) == (None, b"PK")
