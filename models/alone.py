"""What one copy of the bot does at a time: the others pass over it and stay free for people."""

from sqlalchemy import func
from sqlmodel import Session, select

ONE_SWEEPS = 0x7377_6570  # "swep": PostgreSQL's locks of what is done by the clock


def is_alone(session: Session, work: str) -> bool:
    """Whether no other copy is at this work just now; until the transaction ends none begins it.
    A SQLite file has one process."""
    if session.get_bind().dialect.name == "sqlite":
        return True
    lock = func.pg_try_advisory_xact_lock(ONE_SWEEPS, func.hashtext(work))
    return bool(session.exec(select(lock)).one())
