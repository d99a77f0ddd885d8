"""What goes wrong around the bot: disks, locks, bad rows, networks."""

import asyncio
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from bot import deliver
from bot.run import House
from bot.transports import telegram
from models.case import Case
from models.database import connect
from models.draft import Draft
from models.mailbox import Outgoing, Seen
from models.visit import Visit
from tests.bot_api_server import BotApi
from tests.bot_api_world import PATIENCE
from tests.conversation import Person, Town
from tests.matrix_bot import no_more
from tests.on_telegram import CHAT, VISIT, running, talk

LONG_NOTE = "屋顶漏雨" * 200


# The disk and the database


def fill_the_disk(engine: Any) -> Callable[[], None]:
    """SQLite may not take another page; gives what frees the disk again."""

    def checked_out(connection: Any, _record: object, _proxy: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # it makes of it what is in use now

    event.listen(engine, "checkout", checked_out)

    def free() -> None:
        event.remove(engine, "checkout", checked_out)
        with engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1000000")

    return free


@pytest.mark.parametrize("kind", ["sqlite"])
def test_on_a_full_disk_nothing_is_taken_and_later_nothing_is_lost(
    town: Town, zhou: Person
) -> None:
    free = fill_the_disk(town.database)
    batch = [
        zhou.said(f"走访 高永昌 00020 {LONG_NOTE}"),
        *(zhou.said("/help") for _ in range(50)),
    ]
    for _ in range(2):
        with pytest.raises(OperationalError, match="full"):
            town.receive(*batch)
        assert (town.rows(Seen), town.rows(Draft), town.rows(Outgoing)) == ([], [], [])
    free()
    assert town.receive(*batch).replies == len(batch)
    assert len(town.rows(Seen)) == len(batch)
    assert town.failed() == []


FULL = """
CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
CREATE TRIGGER disk_is_full BEFORE INSERT ON outgoing EXECUTE FUNCTION disk_is_full()
"""


@pytest.mark.parametrize("kind", ["postgresql"])
def test_when_the_server_s_disk_is_full_nothing_is_taken_and_later_nothing_is_lost(
    town: Town, zhou: Person
) -> None:
    """The server says so in the middle of the batch, as it does when a table cannot grow."""
    batch = [zhou.said("走访 高永昌 00020 漏雨"), zhou.said("/help")]
    with town.database.begin() as connection:
        connection.exec_driver_sql(FULL)
    for _ in range(2):
        with pytest.raises(OperationalError, match="could not extend"):
            town.receive(*batch)
        assert (town.rows(Seen), town.rows(Draft), town.rows(Outgoing)) == ([], [], [])
    with town.database.begin() as connection:
        connection.exec_driver_sql("DROP FUNCTION disk_is_full() CASCADE")
    assert town.receive(*batch).replies == len(batch)
    assert town.failed() == []


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_with_a_full_disk_the_network_keeps_what_was_said_until_there_is_room(
    town: Town,
) -> None:
    town.person("周明", "telegram", str(CHAT))
    async with BotApi() as api, running(town, api.url) as house:
        await talk(api, ("/visit 高永昌", "怎么走访的"))
        free = fill_the_disk(house.engine)
        for number in range(60):
            api.say(CHAT, f"{number}{LONG_NOTE}")
        await api.until(lambda: api.calls["getUpdates"] > 4)
        assert len(api.updates) == 60, "nothing is confirmed that was not stored"
        free()
        await api.until(lambda: not api.updates)
        await api.until(lambda: not town.rows(Outgoing, state="waiting"))
    assert len(town.rows(Seen)) == 61
    assert town.failed() == []


HOLD = """
import sqlite3, sys, time
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(float(sys.argv[2]))
"""
FOR_EVER = 1000.0


def hold(town: Town, seconds: float) -> Callable[[], Any]:
    """Another process writes for so long; on PostgreSQL a lock that no writer passes."""
    if town.database.dialect.name == "sqlite":
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(town.database.url.database), str(seconds)],
            stdout=subprocess.PIPE,
        )
        assert holder.stdout
        holder.stdout.readline()
        return partial(ended, holder, seconds)
    engine = connect(town.database.url)
    connection = engine.connect()
    connection.exec_driver_sql("LOCK TABLE outgoing, seen, draft IN ACCESS EXCLUSIVE MODE")

    def let_go() -> None:
        connection.close()
        engine.dispose()

    letting_go = threading.Timer(seconds, let_go)
    letting_go.start()
    return letting_go.join


def ended(holder: subprocess.Popen[bytes], seconds: float) -> None:
    if seconds == FOR_EVER:
        holder.kill()
    holder.communicate()


def test_a_locked_database_is_waited_for(town: Town, zhou: Person) -> None:
    done = hold(town, 1.5)
    zhou.talk("/visit 高永昌", "怎么走访的", "[上门]", "精神")
    done()
    assert town.failed() == []


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_database_locked_for_too_long_takes_nothing_and_loses_nothing(
    town: Town, zhou: Person
) -> None:
    with town.database.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 200")  # instead of ten seconds
    done = hold(town, FOR_EVER)
    once = zhou.said("/visit 高永昌")
    with pytest.raises(OperationalError, match="locked"):
        town.receive(once)
    done()
    assert town.receive(once).replies == 1
    assert town.failed() == []


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_file_that_is_no_database_any_more_takes_nothing(town: Town, zhou: Person) -> None:
    once = zhou.said("/visit 高永昌")
    path = str(town.database.url.database)
    with closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    town.database.dispose()
    with open(path, "r+b") as raw:
        raw.seek(4096)
        raw.write(b"\xff" * 60_000)
    with pytest.raises(Exception, match="malformed|not a database"):
        town.receive(once)


# A row that cannot be handled


def poison(town: Town) -> None:
    """A case of a group that never was: somebody's hand in the database. Whoever looks at this
    elder makes a handler raise."""
    (case,) = town.rows(Case)
    case.service_group = "nobody"
    town.change(case)


def test_only_the_writer_of_what_cannot_be_handled_gets_an_apology(
    town: Town, zhou: Person, li: Person
) -> None:
    zhou.talk("走访 高永昌 0 0 0 2 0 屋顶漏雨", "核对", "[提交]", "已记下")
    poison(town)
    batch = [
        li.said("/visit 欧阳建国"),
        zhou.said("/brief 高永昌"),
        zhou.said("/visit 王德胜"),
        li.said("1"),
    ]
    with capture_logs() as events:
        town.receive(*batch)
    texts = [screen.text for screen in zhou.look()]
    (code,) = town.failed()
    assert f"系统出错了(编号 {code})" in texts[0]
    assert "走访 王德胜" in texts[1]
    assert [screen.text.split(" ")[0] for screen in li.look()] == ["走访", "走访"]
    assert "精神" in li.screen.text
    (told,) = [event for event in events if event["event"] == "message_failed"]
    assert (told["code"], told["kind"]) == (code, "KeyError")
    assert "高永昌" not in str(events)
    assert town.receive(*batch).replies == 0, "it is not tried again"


def test_a_statement_the_database_refuses_holds_nobody_up(
    town: Town, zhou: Person, li: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Put into the real handler, for no message is known any more that makes such a one."""
    import handlers

    real = handlers.answer

    def asks_too_much(turn: Any) -> Any:
        if turn.said.text == "毒":
            turn.session.connection().exec_driver_sql("SELECT " + "(" * 20_000 + "1" + ")" * 20_000)
        return real(turn)

    monkeypatch.setattr(handlers, "answer", asks_too_much)
    town.receive(zhou.said("毒"), li.said("/visit 欧阳建国"))
    assert "系统出错了" in zhou.look()[0].text
    assert "走访 欧阳建国" in li.look()[0].text


@pytest.mark.parametrize(
    "text",
    ["ﷺ" * 4096, "a " * 2048, "高 " * 2048, "/brief " + "a " * 2000, "走访 " + "9" * 4000 + "天前",
     "\0", "a\0b", "\ud83d", "9" * 5000, "p" + "9" * 5000],
)  # fmt: skip
def test_no_text_is_too_much(town: Town, zhou: Person, text: str) -> None:
    """Each of these stopped the whole bot, or drew an apology, once."""
    town.receive(zhou.said(text))
    zhou.talk("/visit 高永昌", "怎么走访的")
    town.receive(zhou.said(text), zhou.said(choice=text))
    assert town.failed() == []


# The network


METHODS = ("getUpdates", "sendMessage", "editMessageText", "answerCallbackQuery")


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("how", [500, "close", "lost", "cut", "hang", "stall"])
async def test_a_network_that_keeps_failing_gets_the_visit_through_once(
    town: Town, how: str | int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of each request fail before one passes, all the way through; the pauses are short."""
    monkeypatch.setattr(telegram, "POLL_SECONDS", 1)
    monkeypatch.setattr(telegram, "SILENCE", 0.3)
    monkeypatch.setattr(deliver, "backoff", lambda attempts: 0.05)
    monkeypatch.setattr(telegram, "backoff", lambda failures: 0.05)
    town.person("周明", "telegram", str(CHAT))
    async with BotApi() as api, running(town, api.url):
        for line, expected in VISIT:
            for method in METHODS:
                api.fail(method, how, times=2)
            if line.startswith("["):
                api.press(CHAT, line.strip("[]"))
            else:
                api.say(CHAT, line)
            await api.hears(CHAT, expected)
            api.faults.clear()
        await api.until(lambda: not api.updates)
    assert len(town.rows(Visit)) == 1
    assert len(town.rows(Seen)) == len(VISIT)
    assert town.failed() == []


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_message_that_hangs_holds_up_its_own_chat_only(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(telegram, "SILENCE", PATIENCE)
    monkeypatch.setattr(deliver, "SEND_LIMIT", PATIENCE)
    for number, name in enumerate(("周明", "李娜")):
        town.person(name, "telegram", str(CHAT + number))
    async with BotApi() as api, running(town, api.url):
        api.fail("sendMessage", "late", chat=CHAT)
        api.say(CHAT, "/visit 高永昌")
        api.say(CHAT + 1, "/visit 欧阳建国")
        await api.hears(CHAT + 1, "怎么走访的")
        api.late.set()
        await api.hears(CHAT, "怎么走访的")
    assert town.failed() == []


async def test_a_bot_that_can_send_no_more_ends_instead_of_looking_alive(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(_deliver: deliver.Deliver) -> float:
        raise LookupError

    monkeypatch.setattr(deliver.Deliver, "_cycle", breaks)
    house = House(town.database, town.receiver.office, {})
    with pytest.raises(LookupError):
        async with asyncio.timeout(PATIENCE):
            await house.run_until(asyncio.Event(), no_more)
