"""An office whose people are on Matrix, and the bot that works for it."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from subprocess import Popen
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, update

from models.database import connect
from models.org import put_setting
from models.staff import Chat
from tests.bench.measure import folder
from tests.bench.office import Size, chat_of, made
from tests.bench.telegram import free_port, program
from tests.synapse import Synapse

Running = Popen[bytes]


@contextmanager
def ours(
    place: Path,
    server: Synapse,
    database: Path,
    zone: str,
    bot: str = "bot",
    data: Path | None = None,
) -> Iterator[Running]:
    """`data` holds its device, where that is to stay the same."""
    environment = {
        "LIAISON_MATRIX_HOMESERVER": server.url,
        "LIAISON_MATRIX_USER": f"@{bot}:hs.test",
        "LIAISON_MATRIX_PASSWORD": f"pw-{bot}",
        "LIAISON_DATABASE_URL": f"sqlite:///{database}",
        "LIAISON_DATA_DIR": str(data or place / "data"),
        "LIAISON_HTTP": f"127.0.0.1:{free_port()}",
        "LIAISON_TIMEZONE": zone,
    }
    with program(place, "bot", "run", **environment) as running:
        yield running


def office(place: Path, size: Size, users: Sequence[str]) -> Path:
    """A fresh copy of an office whose people are on Matrix; each day is a working day."""
    database = Path(shutil.copy(made(folder(), size), place))
    engine = connect(f"sqlite:///{database}")
    today = datetime.now(ZoneInfo("UTC")).date()
    days = {(today + n * timedelta(days=1)).isoformat(): True for n in range(-2, 3)}
    with Session(engine) as session:
        for number, user in enumerate(users):
            hers = update(Chat).where(col(Chat.address) == str(chat_of(number)))
            session.exec(hers.values(network="matrix", address=user))
        put_setting(session, "workdays", days)
        session.commit()
    engine.dispose()
    return database
