"""Several copies of the bot at one database, each a process of its own."""

import signal
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import URL, Engine
from sqlmodel import Session, col, insert, select

from models.database import connect, upgrade
from models.mailbox import REPLY, SENT, Outgoing
from models.staff import Chat
from tests.bot_api_server import TOKEN, BotApi
from tests.kill_office import let_claims_run_out
from tests.lives import Lives
from tests.outbox import now

CHATS = range(5001, 5151)


def messages_wait(engine: Engine) -> None:
    """One to each of 150 people."""
    with Session(engine) as session:
        chats = [Chat(network="telegram", address=str(chat)) for chat in CHATS]
        session.add_all(chats)
        session.flush()
        rows = [
            {"chat_id": chat.id, "text": chat.address, "lane": REPLY, "made_at": now(), "rows": []}
            for chat in chats
        ]
        session.execute(insert(Outgoing), rows)
        session.commit()


def sent(engine: Engine) -> int:
    with Session(engine) as session:
        return len(session.exec(select(Outgoing.seq).where(col(Outgoing.state) == SENT)).all())


@pytest.mark.parametrize("kind", ["postgresql"])  # a SQLite file has one process
async def test_two_copies_keep_to_thirty_a_second_also_when_one_is_killed(
    new_database: Callable[[str], URL], tmp_path: Path, kind: str
) -> None:
    engine = connect(new_database(kind))
    upgrade(engine)
    messages_wait(engine)
    async with BotApi(overall=30) as api:
        env = {
            "LIAISON_TELEGRAM_TOKEN": TOKEN,
            "LIAISON_TELEGRAM_API": api.url,
            "LIAISON_TELEGRAM_WEBHOOK_URL": "https://bot.example.org/telegram/webhook",
            "LIAISON_TELEGRAM_WEBHOOK_SECRET": "a-secret-word",
            "LIAISON_DATABASE_URL": engine.url.render_as_string(hide_password=False),
            "LIAISON_DATA_DIR": str(tmp_path / "data"),
            "LIAISON_HTTP": "127.0.0.1:0",
        }
        api.post_updates = False
        shown: Counter[int] = Counter()
        api.on_message = lambda chat, _shown: shown.update([chat])
        async with Lives(tmp_path, env) as lives:
            copies = [await lives.fork(), await lives.fork()]
            await api.until(lambda: shown.total() > 60)
            assert await copies[0].end(signal.SIGKILL) == -signal.SIGKILL
            let_claims_run_out(engine)
            await api.until(lambda: sent(engine) == len(CHATS))
            assert await copies[1].end(signal.SIGTERM) == 0
        assert api.refused == []
    assert shown.keys() == set(CHATS)
    engine.dispose()
