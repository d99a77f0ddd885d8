import asyncio
import threading

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from bot.reading import read
from models.staff import Chat


async def test_who_is_stopped_while_asking_leaves_no_connection_open(database: Engine) -> None:
    asking, go_on = threading.Event(), threading.Event()

    def work(session: Session) -> None:
        session.exec(select(Chat)).all()
        asking.set()
        go_on.wait()

    task = asyncio.create_task(read(database, work))
    await asyncio.to_thread(asking.wait)
    task.cancel()
    await asyncio.wait([task], timeout=0.05)
    assert not task.done()
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert database.pool.checkedout() == 0
