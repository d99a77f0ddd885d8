"""The office in which the bot dies: liaisons with many elders of their own, and what to ask of
its database afterwards."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Engine, text
from sqlmodel import Session, col, select, update

from models.assignment import Assignment
from models.elder import Elder
from models.mailbox import SENDING, Outgoing
from models.org import Unit
from models.staff import Chat, Staff
from models.visit import Concern

ELDERS = 60  # of each


def settle(engine: Engine, network: str, addresses: Sequence[str]) -> None:
    """A liaison for each address, joined already."""
    with Session(engine) as session:
        unit = Unit(name="岚桥镇", kind="town")
        session.add(unit)
        session.flush()
        for person, address in enumerate(addresses):
            staff = Staff(code=f"S{person}", name=f"联络员{person}", unit_id=unit.id)
            session.add(staff)
            session.flush()
            session.add(Chat(network=network, address=address, staff_id=staff.id))
            for code in elders_of(person):
                elder = Elder(code=code, name=f"老人{code}", unit_id=unit.id)
                session.add(elder)
                session.flush()
                start = date(2025, 1, 1)
                session.add(Assignment(elder_id=elder.id, staff_id=staff.id, from_on=start))
        session.commit()


def elders_of(person: int) -> list[str]:
    return [f"E{person:02d}{number:02d}" for number in range(ELDERS)]


def evening() -> str:
    """A zone where it is seven in the evening: too late for digests, and not quiet yet."""
    hours = (datetime.now(UTC).hour - 19) % 24
    return f"Etc/GMT+{hours}" if hours <= 12 else f"Etc/GMT-{24 - hours}"


def rows(engine: Engine, statement: Any) -> list[Any]:
    with Session(engine) as session:
        return list(session.exec(statement).all())


def others_connected(engine: Engine) -> int:
    """What a dead client asked last is still done, and its COMMIT too."""
    count = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with engine.connect() as connection:
        return int(connection.execute(text(count)).scalar_one())


def let_claims_run_out(engine: Engine) -> None:
    """On SQLite, which one process has for itself, a new one takes over at once; elsewhere it
    would wait half a minute for what the dead one had in hand."""
    if engine.dialect.name != "sqlite":
        with Session(engine) as session:
            lapsed = update(Outgoing).where(col(Outgoing.state) == SENDING)
            session.exec(lapsed.values(claimed_until=datetime.now(UTC)))
            session.commit()


def check_database(engine: Engine) -> None:
    """Sound, and no concern twice for one observation of a visit."""
    concerns = rows(engine, select(Concern.visit_id, Concern.observation, Concern.category))
    assert len(concerns) == len(set(concerns))
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []
