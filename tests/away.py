"""A PostgreSQL that is away for a moment, for one database of it."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import URL

from tests.conftest import order

THROW_OUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '%s'"


@contextmanager
def away(url: URL) -> Iterator[None]:
    """Nobody gets in, and whoever is in is thrown out, as when the server is restarted."""
    server, name = url.set(database="postgres"), url.database
    order(server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false", THROW_OUT % name)
    try:
        yield
    finally:
        order(server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
