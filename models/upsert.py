"""An INSERT that looks whether the row is there: each database has a statement of its own."""

from sqlalchemy import Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session


def inserting(session: Session, table: Table) -> sqlite.Insert | postgresql.Insert:
    """To be ended with `on_conflict_do_nothing` or `on_conflict_do_update`."""
    if session.get_bind().dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)
