"""Questions to the database beside the thread that works on it: a reader waits for nobody."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import Engine
from sqlmodel import Session

T = TypeVar("T")


async def read(engine: Engine, work: Callable[[Session], T]) -> T:
    """Whoever is cancelled meanwhile still waits for the answer: the database is closed next, and
    a connection in use would stay open."""

    def ask() -> T:
        with Session(engine.execution_options(readonly=True)) as session:
            return work(session)

    asked = asyncio.ensure_future(asyncio.to_thread(ask))
    try:
        return await asyncio.shield(asked)
    except asyncio.CancelledError:
        await asyncio.wait([asked])
        raise
