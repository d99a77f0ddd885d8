"""Papers that take long are ordered: nobody waits for them, and none is lost, doubled or leaked."""

import asyncio
import pickle
import signal
import subprocess
import sys
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial

import pytest
from sqlmodel import Session
from structlog.testing import capture_logs

from bot import scribe
from bot.papers import LEASE, TRIES, Desk, Job
from bot.run import House
from handlers import papers
from handlers.talk import Incoming
from models.audit import Audit
from models.mailbox import MAKING, Outgoing
from models.orders import pile
from models.org import Unit
from models.retention import tidy
from models.staff import LIAISON, Staff
from tests.away import away
from tests.conversation import at_once, plain
from tests.outbox import Network, until
from tests.test_report import officer, visited


class Listening(Network):
    async def run(self, receive):
        await asyncio.Event().wait()


@asynccontextmanager
async def running(town, network):
    house = House(town.database, town.receiver.office, {"telegram": network}, lambda: town.now)
    stop, ready = asyncio.Event(), asyncio.Event()

    async def more():
        ready.set()

    task = asyncio.create_task(house.run_until(stop, more))
    await ready.wait()
    try:
        yield house
    finally:
        stop.set()
        await task


def halted(house):
    """The process that makes a paper, stopped before it is ready; None while there is none."""
    child = house.scribe.child
    if child is not None:
        child.send_signal(signal.SIGSTOP)
    return child


def said(address, text):
    return Incoming("telegram", address, f"{address} {text}", text=text)


def texts(network, address):
    return [plain(one.text) for one in network.parcels if one.address == address]


async def test_while_a_paper_is_made_everybody_is_answered_its_asker_too(town):
    town.person("王主任", "telegram", "1")
    town.person("周明", "telegram", "2")
    network = Listening()
    async with running(town, network) as house:
        await house.receive([said("1", "/report 2026-11")])
        await until(lambda: halted(house))
        await house.receive([said("2", "/help")])
        await house.receive([said("1", "/status")])
        await until(lambda: texts(network, "2") and len(texts(network, "1")) == 2)
        assert "正在制作" in texts(network, "1")[0]
        house.scribe.child.send_signal(signal.SIGCONT)
        await until(lambda: len(texts(network, "1")) == 3)
    sent = network.parcels[-1]
    assert sent.file_name.endswith(".xlsx")
    assert sent.file_data.startswith(b"PK")
    assert town.rows(Outgoing, state=MAKING) == []


async def test_stopped_in_the_middle_it_is_made_after_the_next_start_and_once(town, zhou):
    visited(zhou, "高永昌")
    town.person("王主任", "telegram", "1")
    network = Listening()
    async with running(town, network) as house:
        await house.receive([said("1", "/report 2026-11")])
        await until(lambda: halted(house))
        child = house.scribe.child
    assert child.returncode == -signal.SIGKILL
    assert len(town.rows(Outgoing, state=MAKING)) == 1
    async with running(town, network):
        await until(lambda: len(texts(network, "1")) == 2)
    assert len(town.rows(Audit, action="export")) == 1


@asynccontextmanager
async def halfway(town, zhou, monkeypatch):
    """A paper is ordered, and who makes it is stopped before it is ready."""
    monkeypatch.setattr(scribe, "POLL", 0.01)
    visited(zhou, "高永昌")
    town.person("王主任", "telegram", "1")
    network = Listening()
    async with running(town, network) as house:
        await house.receive([said("1", "/report 2026-11")])
        await until(lambda: halted(house))
        yield house.scribe.child, network


async def test_killed_in_the_middle_it_is_made_by_the_next_process(town, zhou, monkeypatch):
    async with halfway(town, zhou, monkeypatch) as (child, network):
        child.kill()
        await until(lambda: len(texts(network, "1")) == 2)
    assert network.parcels[-1].file_data.startswith(b"PK")
    assert len(town.rows(Audit, action="export")) == 1


@pytest.mark.parametrize("kind", ["postgresql"])
async def test_a_paper_for_which_the_database_was_away_is_made_when_it_is_back(
    town, zhou, monkeypatch
):
    async with halfway(town, zhou, monkeypatch) as (child, network):
        with away(town.database.url), capture_logs() as events:
            child.kill()
            await until(lambda: any(one["event"] == "papers_wait" for one in events))
        await until(lambda: len(texts(network, "1")) == 2)
    assert len(town.rows(Audit, action="export")) == 1


def order(town, text="/report 2026-11", address="1"):
    """Asked for, and not made yet."""
    town.receiver.receive([said(address, text)], town.now)
    return Desk(town.database, town.receiver.office)


def test_two_processes_do_not_hand_in_the_same(town, zhou):
    visited(zhou, "高永昌")
    wang = town.person("王主任", "telegram", "1")
    desk = order(town)
    first = desk.take(town.now)
    assert desk.take(town.now) is None
    town.now += LEASE + timedelta(seconds=1)
    second = desk.take(town.now)
    made = desk.make(second, town.now)
    assert not desk.hand_in(first, desk.make(first, town.now), town.now)
    assert town.rows(Audit, action="export") == []
    assert desk.hand_in(second, made, town.now)
    assert len([one for one in wang.look() if one.image]) == 1
    assert len(town.rows(Audit, action="export")) == 1


def change(town, name, **values):
    with Session(town.database) as session:
        staff = session.get_one(Staff, town.staff[name])
        for key, value in values.items():
            setattr(staff, key, value)
        session.commit()


@pytest.mark.parametrize("what", ["left", "other work"])
def test_who_left_or_does_other_work_meanwhile_gets_a_sentence(town, what):
    wang = town.person("王主任", "telegram", "1")
    order(town)
    now_so = {"left_on": town.now.date()} if what == "left" else {"role": LIAISON}
    change(town, "王主任", **now_so)
    town.make_papers()
    wang.look()
    assert "不再属于您可以查看的范围" in wang.text
    assert not [one for one in wang.news if one.image]


@pytest.mark.parametrize("text", ["/report 2026-11", "/scorecard", "/roster all"])
def test_who_has_another_town_meanwhile_does_not_get_the_old_one(town, text):
    officer(town, "何芳", "沙河镇")
    he = town.person("何芳", "telegram", "3")
    order(town, text, address="3")
    (other,) = town.rows(Unit, name="岚桥镇")
    change(town, "何芳", unit_id=other.id)
    town.make_papers()
    he.look()
    assert "没有查到" in he.text
    assert not [one for one in he.news if one.image]


def test_what_cannot_be_made_is_answered_with_a_sentence(town, wang, monkeypatch):
    def broken(turn, of):
        raise RuntimeError

    monkeypatch.setitem(papers.PAPERS, "scorecard", papers.Paper(broken, ("coordinator",)))
    wang.talk("/scorecard", "没能做出来", "/status", "应访")


def test_a_paper_that_ends_the_program_is_given_up(town):
    wang = town.person("王主任", "telegram", "1")
    desk = order(town)
    for _crash in range(TRIES):
        assert desk.take(town.now)
        town.now += LEASE + timedelta(seconds=1)
    town.make_papers()
    wang.look()
    assert "没能做出来" in wang.text


def test_an_order_outlives_the_tidying_of_the_hour(town):
    """It is no file that was sent."""
    wang = town.person("王主任", "telegram", "1")
    order(town)
    with Session(town.database) as session:
        tidy(session, town.now)
        session.commit()
    town.make_papers()
    assert [one for one in wang.look() if one.image]


def test_an_order_that_cannot_be_read_is_answered_and_holds_nobody_up(town):
    wang = town.person("王主任", "telegram", "1")
    order(town)
    (row,) = town.rows(Outgoing, state=MAKING)
    row.file_data = b""
    town.change(row)
    order(town, "/scorecard")
    town.make_papers()
    assert "没能做出来" in str([one.text for one in wang.look()])
    assert [one for one in wang.news if one.image]


def test_tapped_twice_it_is_made_once(town):
    wang = town.person("王主任", "telegram", "1")
    order(town)
    town.receiver.receive([Incoming("telegram", "1", "again", text="/report 2026-11")], town.now)
    town.make_papers()
    wang.look()
    assert "已在制作" in wang.text
    assert len([one for one in wang.news if one.image]) == 1
    assert len(town.rows(Audit, action="order")) == 1


def test_a_process_whose_program_has_gone_makes_nothing(town):
    town.person("王主任", "telegram", "1")
    desk = order(town)
    job = Job(town.database.url, desk.office, desk.take(town.now), town.now)
    done = subprocess.run(
        [sys.executable, "-m", "bot.workshop"], input=pickle.dumps(job), capture_output=True
    )
    assert (done.returncode, done.stdout) == (1, b"")


def test_two_processes_make_each_order_once(town):
    """Both ask for work at one moment, again and again until there is none."""
    for address in "123456":
        town.person("王主任", "telegram", address)
    desks = [order(town, address=address) for address in "123456"][:2]
    handed = []

    def work(desk):
        while taken := desk.take(town.now):
            handed.append((taken.seq, desk.hand_in(taken, desk.make(taken, town.now), town.now)))

    assert at_once(*(partial(work, desk) for desk in desks)) == []
    assert sorted(handed) == sorted({(seq, True) for seq, _whose in handed})
    assert len(handed) == 6
    assert town.rows(Outgoing, state=MAKING) == []
    assert len([one for one in town.rows(Outgoing) if one.file_name.endswith(".xlsx")]) == 6


def test_what_is_ordered_and_not_made_is_counted(town):
    town.person("王主任", "telegram", "1")
    with Session(town.database) as session:
        assert pile(session) == (0, None)
    order(town)
    with Session(town.database) as session:
        assert pile(session) == (1, town.now)
