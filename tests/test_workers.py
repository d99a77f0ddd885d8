"""Messages that come twice, late or a thousand at once, and two workers at once."""

from datetime import date
from functools import partial
from random import Random
from typing import Any

import pytest
from sqlmodel import Session
from structlog.testing import capture_logs

from bot.receive import Receiver
from handlers.talk import Incoming
from models.assignment import Assignment
from models.database import connect
from models.draft import Draft
from models.elder import Elder
from models.mailbox import Cursor, keep
from models.staff import Chat, Staff
from models.visit import Concern, Visit
from tests.conversation import Person, Town, at_once

# Twice, out of order, a thousand at once


def test_a_submit_pressed_many_times_is_one_visit(town: Town, zhou: Person) -> None:
    zhou.talk("走访 高永昌 00020 漏雨", "核对")
    submit = zhou.find("提交")
    town.receive(*(zhou.said(choice=submit) for _ in range(5)))
    town.receive(zhou.said(choice=submit), zhou.said("/visit 王德胜"), zhou.said(choice=submit))
    texts = [screen.text for screen in zhou.look()]
    assert sum("已记下" in text for text in texts) == 1
    assert (
        sum("已经记过了" in text or "记录过" in text or "没有重复" in text for text in texts) == 6
    )
    assert len(town.rows(Visit)) == 1
    assert len(town.rows(Concern)) == 1


def test_what_comes_late_and_again_changes_nothing(town: Town, zhou: Person) -> None:
    zhou.talk("/visit 高永昌", "怎么走访的")
    how = [zhou.said(choice=zhou.find(label)) for label in ("上门", "电话")]
    zhou.send(choice=how[0].choice)
    good, low = (zhou.said(choice=zhou.find(label)) for label in ("有说有笑", "话少"))
    town.receive(low, how[1], good, how[0], low)
    town.receive(good, how[1], low)
    (draft,) = town.rows(Draft)
    assert draft.answers == {"how": "in_person", "spirit": "watch"}
    assert town.failed() == []


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
    chance, batch = Random(7), []
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
    batch = shuffled({p.address: [p.said(line) for line in told[p.address]] for p in people})
    assert len(batch) == 1000
    assert town.receive(*batch).replies == 1000
    codes = {staff.id: staff.code for staff in town.rows(Staff)}
    drafts = {codes[draft.staff_id]: list(draft.answers.items()) for draft in town.rows(Draft)}
    one_by_one = drafts.pop("C300")
    assert drafts == {name: one_by_one[: len(texts) - 1] for name, texts in told.items()}
    assert town.receive(*batch).replies == 0
    assert town.failed() == []


# Two workers at once


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
    batch = [zhou.said(line) for line in lines]
    assert not at_once(partial(town.receive, *batch), partial(second.receive, batch, town.now))
    assert len(zhou.look()) == len(lines)
    assert "核对" in zhou.screen.text
    assert town.failed() == []


def test_a_chat_that_is_new_to_two_workers_at_once_is_one_chat(
    town: Town, second: Receiver
) -> None:
    for number in range(10):
        stranger = town.stranger(f"new{number}")
        first, other = stranger.said("hello"), stranger.said("hello?")
        assert not at_once(partial(town.receive, first), partial(second.receive, [other], town.now))
        assert len(stranger.look()) == 2
    assert town.failed() == []


def test_two_copies_that_start_at_once_both_note_what_they_learn(
    town: Town, second: Receiver
) -> None:
    def note(receiver: Receiver, name: str) -> None:
        with Session(receiver.engine) as session:
            keep(session, {name: "known"})
            session.commit()

    for name in (f"new{number}" for number in range(20)):
        assert not at_once(*(partial(note, one, name) for one in (town.receiver, second)))
    assert len(town.rows(Cursor)) == 20


def test_of_two_taps_on_one_card_at_two_workers_one_wins(
    town: Town, zhou: Person, second: Receiver
) -> None:
    """The same person on two networks: no chat is shared, so nothing but the draft's revision
    keeps the two apart."""
    elsewhere = town.person("周明", network="matrix", address="@zhou:example.org")
    replays = 0
    for _ in range(12):
        zhou.talk("/visit 高永昌", "怎么走访的")
        taps = zhou.said(choice=zhou.find("上门")), elsewhere.said(choice=zhou.find("电话"))
        with capture_logs() as events:
            assert not at_once(
                partial(town.receive, taps[0]), partial(second.receive, [taps[1]], town.now)
            )
        replays += sum(one["event"] == "batch_replayed" for one in events)
        (draft,) = town.rows(Draft)
        assert draft.answers in ({"how": "in_person"}, {"how": "phone"})
        current = {
            code.split(".")[2] for code in (zhou.look() + elsewhere.look())[-1].buttons.values()
        }
        assert current == {str(draft.rev)}
        zhou.press(f"f.{draft.tag}.{draft.rev}.xx")
    assert town.failed() == []
    assert replays or town.database.dialect.name == "sqlite", "they never met"


def test_two_words_at_two_workers_are_both_kept(town: Town, zhou: Person, second: Receiver) -> None:
    elsewhere = town.person("周明", network="matrix", address="@zhou:example.org")
    for number in range(8):
        zhou.talk("走访 高永昌 00000", "核对")
        words = zhou.said(f"甲{number}"), elsewhere.said(f"乙{number}")
        assert not at_once(
            partial(town.receive, words[0]), partial(second.receive, [words[1]], town.now)
        )
        (draft,) = town.rows(Draft)
        assert sorted(draft.answers["note"].split("\n")) == sorted([f"甲{number}", f"乙{number}"])
        zhou.press(f"f.{draft.tag}.{draft.rev}.xx")
    assert town.failed() == []
