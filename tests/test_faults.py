"""What goes wrong around the bot: disks, locks, bad rows, networks, two workers at once."""

import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import date
from itertools import count
from random import Random
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from sqlmodel import Session
from structlog.testing import capture_logs

from bot import deliver
from bot.receive import Receiver
from bot.transports import telegram
from handlers.talk import Incoming
from models.assignment import Assignment
from models.case import Case
from models.database import connect
from models.draft import Draft
from models.elder import Elder
from models.mailbox import Outgoing, Seen
from models.staff import Chat, Staff
from models.visit import Concern, Visit
from tests.bot_api_server import BotApi
from tests.conversation import Person, Town
from tests.test_telegram_flow import CHAT, VISIT, running, talk

KEYS = count(1)
LONG_NOTE = "屋顶漏雨" * 200


def said(person: Person, text: str = "", choice: str = "", key: str = "") -> Incoming:
    key = key or f"fault{next(KEYS)}"
    return Incoming(person.network, person.address, key, text=text, choice=choice)


def failed(town: Town) -> list[str]:
    return [row.error for row in town.rows(Seen) if row.error]


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
        said(zhou, f"走访 高永昌 00020 {LONG_NOTE}"),
        *(said(zhou, "/help") for _ in range(50)),
    ]
    for _ in range(2):
        with pytest.raises(OperationalError, match="full"):
            town.receive(*batch)
        assert (town.rows(Seen), town.rows(Draft), town.rows(Outgoing)) == ([], [], [])
    free()
    assert town.receive(*batch).replies == len(batch)
    assert len(town.rows(Seen)) == len(batch)
    assert failed(town) == []


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
        await api.until(lambda: api.calls["getUpdates"] > 4, 10)
        assert len(api.updates) == 60, "nothing is confirmed that was not stored"
        free()
        await api.until(lambda: not api.updates, 20)
        await api.until(lambda: not town.rows(Outgoing, state="waiting"), 90)
    assert len(town.rows(Seen)) == 61
    assert failed(town) == []


HOLD = """
import sqlite3, sys, time
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN IMMEDIATE")
print("held", flush=True)
time.sleep(float(sys.argv[2]))
"""


def hold(town: Town, seconds: float) -> Callable[[], Any]:
    """Another process writes for so long; on PostgreSQL a lock that no writer passes."""
    if town.database.dialect.name == "sqlite":
        holder = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(town.database.url.database), str(seconds)],
            stdout=subprocess.PIPE,
        )
        assert holder.stdout
        holder.stdout.readline()
        return holder.communicate
    engine = connect(town.database.url)
    connection = engine.connect()
    connection.exec_driver_sql("LOCK TABLE outgoing, seen, draft IN ACCESS EXCLUSIVE MODE")

    def let_go() -> None:
        connection.close()
        engine.dispose()

    letting_go = threading.Timer(seconds, let_go)
    letting_go.start()
    return letting_go.join


def test_a_locked_database_is_waited_for(town: Town, zhou: Person) -> None:
    done = hold(town, 1.5)
    zhou.talk("/visit 高永昌", "怎么走访的", "[上门]", "精神")
    done()
    assert failed(town) == []


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_database_locked_for_too_long_takes_nothing_and_loses_nothing(
    town: Town, zhou: Person
) -> None:
    with town.database.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout = 200")  # instead of ten seconds
    done = hold(town, 1.0)
    once = said(zhou, "/visit 高永昌")
    with pytest.raises(OperationalError, match="locked"):
        town.receive(once)
    done()
    assert town.receive(once).replies == 1
    assert failed(town) == []


@pytest.mark.parametrize("kind", ["sqlite"])
def test_a_file_that_is_no_database_any_more_takes_nothing(town: Town, zhou: Person) -> None:
    once = said(zhou, "/visit 高永昌")
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
        said(li, "/visit 欧阳建国"),
        said(zhou, "/brief 高永昌"),
        said(zhou, "/visit 王德胜"),
        said(li, "1"),
    ]
    with capture_logs() as events:
        town.receive(*batch)
    texts = [screen.text for screen in zhou.look()]
    (code,) = failed(town)
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
    town.receive(said(zhou, "毒"), said(li, "/visit 欧阳建国"))
    assert "系统出错了" in zhou.look()[0].text
    assert "走访 欧阳建国" in li.look()[0].text


@pytest.mark.parametrize(
    "text",
    ["ﷺ" * 4096, "a " * 2048, "高 " * 2048, "/brief " + "a " * 2000, "走访 " + "9" * 4000 + "天前",
     "\0", "a\0b", "\ud83d", "9" * 5000, "p" + "9" * 5000],
)  # fmt: skip
def test_no_text_is_too_much(town: Town, zhou: Person, text: str) -> None:
    """Each of these stopped the whole bot, or drew an apology, once."""
    town.receive(said(zhou, text))
    zhou.talk("/visit 高永昌", "怎么走访的")
    town.receive(said(zhou, text), said(zhou, choice=text))
    assert failed(town) == []


# Twice, out of order, a thousand at once


def test_a_submit_pressed_many_times_is_one_visit(town: Town, zhou: Person) -> None:
    zhou.talk("走访 高永昌 00020 漏雨", "核对")
    submit = zhou.find("提交")
    town.receive(*(said(zhou, choice=submit) for _ in range(5)))
    town.receive(said(zhou, choice=submit), said(zhou, "/visit 王德胜"), said(zhou, choice=submit))
    texts = [screen.text for screen in zhou.look()]
    assert sum("已记下" in text for text in texts) == 1
    assert (
        sum("已经记过了" in text or "记录过" in text or "没有重复" in text for text in texts) == 6
    )
    assert len(town.rows(Visit)) == 1
    assert len(town.rows(Concern)) == 1


def test_what_comes_late_and_again_changes_nothing(town: Town, zhou: Person) -> None:
    zhou.talk("/visit 高永昌", "怎么走访的")
    how = [said(zhou, choice=zhou.find(label)) for label in ("上门", "电话")]
    zhou.send(choice=how[0].choice)
    good, low = (said(zhou, choice=zhou.find(label)) for label in ("有说有笑", "话少"))
    town.receive(low, how[1], good, how[0], low)
    town.receive(good, how[1], low)
    (draft,) = town.rows(Draft)
    assert draft.answers == {"how": "in_person", "spirit": "watch"}
    assert failed(town) == []


def crowd(town: Town, size: int) -> list[Person]:
    """So many liaisons with one elder each, on chats of their own."""
    with Session(town.database) as session:
        some = session.get_one(Elder, town.elders["高永昌"])
        for number in range(size):
            staff = Staff(code=f"C{number:03d}", name=f"众{number}", unit_id=some.unit_id)
            elder = Elder(code=f"E1{number:03d}", name=f"老{number}", unit_id=some.unit_id)
            session.add_all([staff, elder])
            session.flush()
            session.add(Assignment(elder_id=elder.id, staff_id=staff.id, from_on=date(2025, 1, 1)))
            session.add(Chat(network="web", address=staff.code, staff_id=staff.id))
        session.commit()
    return [Person(town, "web", f"C{number:03d}") for number in range(size)]


def shuffled(queues: dict[str, list[Incoming]]) -> list[Incoming]:
    """Everybody's own order is kept, all else is chance."""
    chance, batch = Random(7), []  # noqa: S311
    while queues:
        name = chance.choice(list(queues))
        batch.append(queues[name].pop(0))
        queues = {one: left for one, left in queues.items() if left}
    return batch


def test_a_thousand_messages_of_three_hundred_people_keep_each_ones_order(town: Town) -> None:
    *people, slow = crowd(town, 301)
    lines = ("1", "2", "没人陪", "0", "0")
    for line in ("/visit E1300", *lines):
        slow.say(line)
    told = {p.address: [f"/visit E1{n:03d}", *lines[: 2 + (n < 100)]] for n, p in enumerate(people)}
    batch = shuffled({p.address: [said(p, line) for line in told[p.address]] for p in people})
    assert len(batch) == 1000
    assert town.receive(*batch).replies == 1000
    codes = {staff.id: staff.code for staff in town.rows(Staff)}
    drafts = {codes[draft.staff_id]: list(draft.answers.items()) for draft in town.rows(Draft)}
    one_by_one = drafts.pop("C300")
    assert drafts == {name: one_by_one[: len(texts) - 1] for name, texts in told.items()}
    assert town.receive(*batch).replies == 0
    assert failed(town) == []


# Two workers at once


def at_once(*work: Callable[[], Any]) -> None:
    """Starts all of it at one moment, each in a thread; what one raises is raised here."""
    start = threading.Barrier(len(work))
    problems: list[BaseException] = []

    def one(task: Callable[[], Any]) -> None:
        start.wait()
        try:
            task()
        except BaseException as problem:
            problems.append(problem)

    threads = [threading.Thread(target=one, args=(task,)) for task in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


@pytest.fixture
def second(town: Town) -> Any:
    """Another receiver on the same database, as another process has one."""
    engine = connect(town.database.url)
    yield Receiver(engine, town.receiver.office)
    engine.dispose()


def test_the_same_messages_at_two_workers_are_answered_once_and_in_order(
    town: Town, zhou: Person, second: Receiver
) -> None:
    lines = ["/visit 高永昌", "1", "0", "0", "0", "0", "0", "1"]
    batch = [said(zhou, line) for line in lines]
    at_once(lambda: town.receive(*batch), lambda: second.receive(batch, town.now))
    assert len(zhou.look()) == len(lines)
    assert "核对" in zhou.screen.text
    assert failed(town) == []


def test_a_chat_that_is_new_to_two_workers_at_once_is_one_chat(
    town: Town, second: Receiver
) -> None:
    for number in range(10):
        stranger = town.stranger(f"new{number}")
        first, other = said(stranger, "hello"), said(stranger, "hello?")
        at_once(lambda: town.receive(first), lambda: second.receive([other], town.now))  # noqa: B023
        assert len(stranger.look()) == 2
    assert failed(town) == []


def test_of_two_taps_on_one_card_at_two_workers_one_wins(
    town: Town, zhou: Person, second: Receiver
) -> None:
    """The same person on two networks: no chat is shared, so nothing but the draft's revision
    keeps the two apart."""
    elsewhere = town.person("周明", network="matrix", address="@zhou:example.org")
    replays = 0
    for _ in range(12):
        zhou.talk("/visit 高永昌", "怎么走访的")
        taps = said(zhou, choice=zhou.find("上门")), said(elsewhere, choice=zhou.find("电话"))
        with capture_logs() as events:
            at_once(lambda: town.receive(taps[0]), lambda: second.receive([taps[1]], town.now))  # noqa: B023
        replays += sum(one["event"] == "batch_replayed" for one in events)
        (draft,) = town.rows(Draft)
        assert draft.answers in ({"how": "in_person"}, {"how": "phone"})
        current = {
            code.split(".")[2] for code in (zhou.look() + elsewhere.look())[-1].buttons.values()
        }
        assert current == {str(draft.rev)}
        zhou.press(f"f.{draft.tag}.{draft.rev}.xx")
    assert failed(town) == []
    assert replays or town.database.dialect.name == "sqlite", "they never met"


def test_two_words_at_two_workers_are_both_kept(town: Town, zhou: Person, second: Receiver) -> None:
    elsewhere = town.person("周明", network="matrix", address="@zhou:example.org")
    for number in range(8):
        zhou.talk("走访 高永昌 00000", "核对")
        words = said(zhou, f"甲{number}"), said(elsewhere, f"乙{number}")
        at_once(lambda: town.receive(words[0]), lambda: second.receive([words[1]], town.now))  # noqa: B023
        (draft,) = town.rows(Draft)
        assert sorted(draft.answers["note"].split("\n")) == sorted([f"甲{number}", f"乙{number}"])
        zhou.press(f"f.{draft.tag}.{draft.rev}.xx")
    assert failed(town) == []


# The network


METHODS = ("getUpdates", "sendMessage", "editMessageText", "answerCallbackQuery")


@pytest.mark.parametrize("kind", ["sqlite"])
@pytest.mark.parametrize("how", [500, "close", "lost", "cut"])
async def test_a_network_that_keeps_failing_gets_the_visit_through_once(
    town: Town, how: str | int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of each request fail before one passes, all the way through; the pauses are short."""
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
            await api.hears(CHAT, expected, seconds=30)
            api.faults.clear()
        await api.until(lambda: not api.updates)
    assert len(town.rows(Visit)) == 1
    assert len(town.rows(Seen)) == len(VISIT)
    assert failed(town) == []


@pytest.mark.parametrize("kind", ["sqlite"])
async def test_a_message_that_hangs_holds_up_its_own_chat_only(town: Town) -> None:
    for number, name in enumerate(("周明", "李娜")):
        town.person(name, "telegram", str(CHAT + number))
    async with BotApi() as api, running(town, api.url):
        api.fail("sendMessage", "hang", chat=CHAT)
        api.say(CHAT, "/visit 高永昌")
        api.say(CHAT + 1, "/visit 欧阳建国")
        await api.hears(CHAT + 1, "怎么走访的", seconds=3)
        await api.hears(CHAT, "怎么走访的", seconds=30)
    assert failed(town) == []
