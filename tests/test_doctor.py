import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlmodel import Session

from bot import doctor as d
from bot.backup import prepare
from bot.config import Settings
from locales import speaking
from models.database import connect
from models.mailbox import FAILED, MAKING, Outgoing
from models.org import Unit
from models.staff import Chat, Staff

TOKEN = "12345:" + "x" * 35
NOW = datetime(2026, 5, 3, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    with speaking("en"):
        yield


class Telegram(BaseHTTPRequestHandler):
    """Answers getMe as told by the server's attributes."""

    def do_GET(self) -> None:
        self.server.asked = self.path
        code, body, date_header = self.server.answer
        self.send_response_only(code)
        self.send_header("Date", date_header)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        pass


@pytest.fixture
def telegram() -> Iterator[HTTPServer]:
    server = HTTPServer(("127.0.0.1", 0), Telegram)
    answer(server)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def answer(
    server: HTTPServer,
    code: int = 200,
    body: bytes = b'{"ok":true,"result":{"username":"liaison_bot"}}',
    skew: timedelta = timedelta(),
) -> None:
    server.answer = (code, body, format_datetime(datetime.now(UTC) + skew, usegmt=True))


def settings(folder: Path, **values: object) -> Settings:
    return Settings(_env_file=None, data_dir=folder, **values)


def asking(server: HTTPServer, folder: Path) -> list[d.Finding]:
    api = f"http://127.0.0.1:{server.server_port}"
    return list(d.look_at_telegram(settings(folder, telegram_api=api, telegram_token=TOKEN)))


def levels(findings: Iterator[d.Finding]) -> list[str]:
    return [finding.level for finding in findings]


def test_telegram_is_asked_at_the_configured_address(telegram: HTTPServer, tmp_path: Path) -> None:
    found = asking(telegram, tmp_path)
    assert telegram.asked == f"/bot{TOKEN}/getMe"
    assert [f.level for f in found] == [d.OK, d.OK]
    assert "@liaison_bot" in found[0].text


@pytest.mark.parametrize(
    ("code", "body", "word"),
    [
        (401, b'{"ok":false}', "@BotFather"),
        (404, b'{"ok":false}', "@BotFather"),
        (500, b"oops", "500"),
        (200, b"<html>", "200"),
        (200, b"[]", "200"),
    ],
)
def test_every_other_answer_of_telegram_is_a_failure_with_advice(
    telegram: HTTPServer, tmp_path: Path, code: int, body: bytes, word: str
) -> None:
    answer(telegram, code, body)
    found = asking(telegram, tmp_path)[0]
    assert found.level == d.FAIL
    assert word in found.text


def test_a_clock_that_is_off_is_a_failure(telegram: HTTPServer, tmp_path: Path) -> None:
    answer(telegram, skew=timedelta(minutes=5))
    found = asking(telegram, tmp_path)[1]
    assert found.level == d.FAIL
    assert "clock" in found.text


def test_no_network_is_a_failure_and_the_token_is_never_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nobody = settings(tmp_path, telegram_api="http://127.0.0.1:1", telegram_token=TOKEN)
    assert d.doctor(nobody, {}) == 1
    shown = capsys.readouterr()
    assert "cannot be reached" in shown.out
    assert TOKEN not in shown.out + shown.err


def test_a_fresh_checkout_is_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fresh = settings(tmp_path / "data")
    assert d.doctor(fresh, {}) == 0
    assert {line[:5] for line in capsys.readouterr().out.splitlines()} <= {"ok   ", "warn "}
    found = d.examine(fresh, {}, datetime(2026, 11, 12, 4, tzinfo=UTC))  # of a year that is known
    assert set(levels(found)) == {d.OK}


def test_people_who_cannot_be_reached_are_told_by_code_and_not_by_name(database: Engine) -> None:
    with Session(database) as session:
        assert d.chats(session).level == d.OK
        chat_of(session, unreachable_at=NOW)
        found = d.chats(session)
    assert (found.level, "S01" in found.text, "周明" in found.text) == (d.WARN, True, False)


def chat_of(session: Session, unreachable_at: datetime | None = None) -> Chat:
    unit = Unit(kind="town", name="柳泉镇")
    session.add(unit)
    session.flush()
    zhou = Staff(code="S01", name="周明", unit_id=unit.id)
    session.add(zhou)
    session.flush()
    chat = Chat(network="web", address="1", staff_id=zhou.id, unreachable_at=unreachable_at)
    session.add(chat)
    session.flush()
    return chat


def test_messages_that_wait_too_long_or_failed_are_counted(database: Engine) -> None:
    with Session(database) as session:
        chat = chat_of(session)
        add_message(session, chat, minutes_ago=1)
        assert levels(d.outbox(session, NOW)) == [d.OK]
        add_message(session, chat, minutes_ago=20)
        add_message(session, chat, minutes_ago=20, state=FAILED)
        assert levels(d.outbox(session, NOW)) == [d.WARN, d.WARN]


def test_papers_that_are_not_made_are_counted(database: Engine) -> None:
    with Session(database) as session:
        chat = chat_of(session)
        add_message(session, chat, minutes_ago=1, state=MAKING)
        assert levels(d.papers(session, NOW)) == []
        add_message(session, chat, minutes_ago=20, state=MAKING)
        assert levels(d.papers(session, NOW)) == [d.WARN]


def add_message(session: Session, chat: Chat, minutes_ago: int, state: str = "waiting") -> None:
    made_at = NOW - timedelta(minutes=minutes_ago)
    session.add(Outgoing(chat_id=chat.id, text="早上好", made_at=made_at, state=state))
    session.flush()


def looked_at(folder: Path) -> list[d.Finding]:
    return list(d.look_at_database(settings(folder, telegram_token=TOKEN), NOW))


def test_the_database_is_told_apart_missing_current_and_of_another(tmp_path: Path) -> None:
    assert "no database yet" in looked_at(tmp_path)[0].text
    prepare(settings(tmp_path)).dispose()
    assert "up to date" in looked_at(tmp_path)[0].text
    change(tmp_path, "UPDATE alembic_version SET version_num = '9999'")
    assert "later release" in looked_at(tmp_path)[0].text
    change(tmp_path, "DROP TABLE alembic_version")
    assert "another program" in looked_at(tmp_path)[0].text


def test_an_office_without_a_network_is_told_that_run_is_practice(tmp_path: Path) -> None:
    prepare(settings(tmp_path)).dispose()
    practice = [f for f in d.look_at_database(settings(tmp_path), NOW) if f.level == d.WARN]
    assert ["LIAISON_TELEGRAM_TOKEN" in found.text for found in practice] == [True]
    assert d.WARN not in [found.level for found in looked_at(tmp_path)]


def change(folder: Path, statement: str) -> None:
    engine = connect(f"sqlite:///{folder}/liaison.db")
    with engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()


def test_a_file_that_is_no_database_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "liaison.db").write_bytes(b"not a database at all" * 100)
    assert [f.level for f in looked_at(tmp_path)] == [d.FAIL]


def test_a_server_that_does_not_answer_is_a_failure(tmp_path: Path) -> None:
    away = settings(tmp_path, database_url="postgresql://bot:open-sesame@127.0.0.1:1/liaison")
    (found,) = d.look_at_database(away, NOW)
    assert found.level == d.FAIL
    assert "open-sesame" not in found.text


def test_a_folder_others_can_look_into_is_a_warning(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert levels(d.look_at_folder(settings(tmp_path))) == [d.WARN, d.OK]
    tmp_path.chmod(0o700)
    assert levels(d.look_at_folder(settings(tmp_path))) == [d.OK]


def test_a_full_disk_is_a_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(d, "LITTLE_ROOM", 1 << 60)
    assert levels(d.look_at_folder(settings(tmp_path)))[-1] == d.FAIL


def test_a_year_without_known_holidays_is_a_warning() -> None:
    assert levels(d.look_at_calendar(date(2026, 5, 3))) == [d.OK]
    assert levels(d.look_at_calendar(date(2099, 5, 3))) == [d.WARN]


def test_the_office_s_own_time_is_told(tmp_path: Path) -> None:
    (found,) = d.look_at_zone(settings(tmp_path), NOW)
    assert found.text == "In the office (Asia/Shanghai) it is 12:00."
