"""Choices as numbered lines, and what a number means."""

from bot.transports.matrix_memory import Memory
from handlers.lines import cap
from models.mailbox import TELL, Outgoing
from models.staff import Chat
from tests.conversation import Person, Town


def zhou_on_matrix(town: Town) -> Person:
    return town.person("周明", "matrix", "@zhou:hs.test")


def test_a_number_answers_the_card_shown_last(town):
    zhou_on_matrix(town).talk("走访 高永昌", "怎么走访的?", "1", "怎么样")


def dies_while_sending(town: Town) -> None:
    """Before it wrote down how the sending of the last answer went."""
    last = max(town.rows(Outgoing), key=lambda row: row.seq)
    last.attempts = 1
    town.change(last)


def test_a_reply_to_a_card_whose_id_was_lost_in_a_crash_answers_it_too(town):
    zhou = zhou_on_matrix(town)
    zhou.talk("走访 高永昌", "怎么走访的?")
    dies_while_sending(town)
    zhou.send(text="1", card="$shown-but-not-marked")
    assert "上门" in zhou.text
    assert "怎么样" in zhou.text


def test_what_waits_behind_that_card_is_not_answered_by_it(town):
    zhou = zhou_on_matrix(town)
    zhou.talk("走访 高永昌", "怎么走访的?")
    dies_while_sending(town)
    notice_to(town, zhou)
    zhou.send(text="1", card="$shown-but-not-marked")
    assert "怎么样" in zhou.text


def test_a_number_under_an_unknown_message_is_not_taken_for_an_answer_to_a_notice(town):
    zhou = zhou_on_matrix(town)
    zhou.talk("走访 高永昌", "怎么走访的?")
    notice_to(town, zhou)
    zhou.send(text="1", card="$nobody-knows")
    assert "又来了一条别的消息" in zhou.text


def notice_to(town: Town, person: Person) -> None:
    """Something that nobody asked for and that can be answered, too."""
    (chat,) = town.rows(Chat, address=person.address)
    rows = [[["备注", "case.note:2"]]]
    notice = Outgoing(chat_id=chat.id, text="个案2", rows=rows, card="case 2", kind=TELL,
                      made_at=town.now)  # fmt: skip
    town.change(notice)


async def test_a_tap_on_that_card_counts_too(town):
    zhou = zhou_on_matrix(town)
    zhou.talk("走访 高永昌", "怎么走访的?")
    dies_while_sending(town)
    code = await Memory(town.database).pressed(zhou.address, "$shown-but-not-marked", cap("1"))
    assert code == zhou.find("上门")
