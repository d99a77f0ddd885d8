"""Alembic runs this file for each upgrade; the connection is handed in by `models.database`."""

from alembic import context
from sqlmodel import SQLModel

from models.migrations.__main__ import plain_type

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_item=plain_type,
    render_as_batch=True,  # SQLite cannot alter a column: the table is rebuilt
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
