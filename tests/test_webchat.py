"""The network of the practice page, without a browser: its messages, its stream, its memory."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, select

from bot.receive import Received
from bot.transports import Later, Parcel
from bot.transports.webchat import Said, WebChat
from handlers.talk import Attachment, Incoming
from models.page import PageMessage
from tests.outbox import PATIENCE

NOW = datetime(2026, 11, 12, 1, 0, tzinfo=UTC)
SEAT = "seat-1"


class Listener:
    """Stands for the core: remembers what it was given, and answers presses with a toast."""

    def __init__(self) -> None:
        self.heard: list[Incoming] = []

    async def __call__(self, batch: list[Incoming]) -> Received:
        self.heard += batch
        return Received(toasts=[(one.press, "已记下") for one in batch if one.press])


@pytest.fixture
def chat(database: Engine) -> WebChat:
    return WebChat(database, lambda: NOW)


def messages(chat: WebChat) -> Sequence[PageMessage]:
    with Session(chat.engine) as session:
        return session.exec(select(PageMessage).order_by(PageMessage.id)).all()


async def news(chat: WebChat, after: int = 0) -> Sequence[PageMessage]:
    """What a page that knows version `after` is told at once."""
    stream = chat.changes(after, pause=0)
    try:
        return await anext(stream)
    finally:
        await stream.aclose()


def said(text: str = "", key: str = "key-0001", **more: object) -> Said:
    return Said(Incoming("web", SEAT, key, text=text, **more), NOW)


async def listening(chat: WebChat, core: Callable[..., object]) -> asyncio.Task[None]:
    task = asyncio.create_task(chat.run(core))
    await asyncio.sleep(0)
    while chat._receive is None:
        await asyncio.sleep(0.01)
    return task


async def stop(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def test_a_message_sent_again_after_a_crash_is_shown_once(chat: WebChat) -> None:
    parcel = Parcel(SEAT, "您好", key="7")
    assert await chat.send(parcel) == await chat.send(parcel)
    assert [one.text for one in messages(chat)] == ["您好"]


async def test_a_card_changes_where_it_stands(chat: WebChat) -> None:
    card = await chat.send(Parcel(SEAT, "1/7", key="1", rows=((("上门", "a"),),)))
    await chat.send(Parcel(SEAT, "其他", key="2"))
    assert await chat.send(Parcel(SEAT, "2/7", key="3", edit=card)) == card
    assert [one.text for one in messages(chat)] == ["2/7", "其他"]


async def test_a_repeated_change_is_no_news(chat: WebChat) -> None:
    card = await chat.send(Parcel(SEAT, "1/7", key="1"))
    await chat.send(Parcel(SEAT, "2/7", key="2", edit=card))
    version = (await news(chat))[-1].version
    await chat.send(Parcel(SEAT, "2/7", key="2", edit=card))
    assert await news(chat, version) == []


async def test_a_card_sent_anew_takes_the_old_one_away(chat: WebChat) -> None:
    old = await chat.send(Parcel(SEAT, "1/7", key="1"))
    await chat.send(Parcel(SEAT, "2/7", key="2", remove=old))
    assert [(one.text, one.removed) for one in messages(chat)] == [("1/7", True), ("2/7", False)]


@pytest.mark.parametrize("native_id", ["99", "x", "-1", "²"])
async def test_what_cannot_be_changed_is_sent_anew(chat: WebChat, native_id: str) -> None:
    await chat.send(Parcel(SEAT, "2/7", key="2", edit=native_id, remove=native_id))
    assert [one.text for one in messages(chat)] == ["2/7"]


async def test_a_card_of_another_seat_is_never_changed(chat: WebChat) -> None:
    other = await chat.send(Parcel("seat-2", "别人的", key="1"))
    await chat.send(Parcel(SEAT, "我的", key="2", edit=other, remove=other))
    assert [(one.text, one.removed) for one in messages(chat)] == [
        ("别人的", False),
        ("我的", False),
    ]


async def test_a_page_is_told_all_it_missed_and_nothing_twice(chat: WebChat) -> None:
    card = await chat.send(Parcel(SEAT, "1/7", key="1"))
    known = (await news(chat))[-1].version
    await chat.send(Parcel(SEAT, "2/7", key="2", edit=card))
    await chat.send(Parcel(SEAT, "好", key="3"))
    missed = await news(chat, known)
    assert [one.text for one in missed] == ["2/7", "好"]
    assert await news(chat, missed[-1].version) == []


async def test_a_page_that_waits_is_told_at_once(chat: WebChat) -> None:
    stream = chat.changes(0, pause=600)
    assert await anext(stream) == []
    waiting = asyncio.ensure_future(anext(stream))
    await asyncio.sleep(0.05)
    await chat.send(Parcel(SEAT, "早上好", key="1"))
    portion = await asyncio.wait_for(waiting, PATIENCE)
    assert [one.text for one in portion] == ["早上好"]
    await stream.aclose()


async def test_what_a_person_says_is_shown_and_handed_on(chat: WebChat) -> None:
    core = Listener()
    task = await listening(chat, core)
    await chat.say(said("高永昌"))
    assert [(one.text, one.mine) for one in messages(chat)] == [("高永昌", True)]
    assert [one.text for one in core.heard] == ["高永昌"]
    await stop(task)


async def test_what_is_said_twice_with_one_key_is_shown_once(chat: WebChat) -> None:
    task = await listening(chat, Listener())
    await chat.say(said("高永昌"))
    await chat.say(said("高永昌"))
    assert len(messages(chat)) == 1
    await stop(task)


async def test_a_press_leaves_no_bubble_but_a_toast(chat: WebChat) -> None:
    task = await listening(chat, Listener())
    assert await chat.say(said(choice="/visit", press="key-0001")) == "已记下"
    assert messages(chat) == []
    await stop(task)


async def test_a_picture_is_shown_to_the_one_who_sent_it_and_nobody_else(chat: WebChat) -> None:
    task = await listening(chat, Listener())
    await chat.say(said(attachments=(Attachment("a.jpg", "image/jpeg", b"\xff\xd8"),)))
    number = messages(chat)[0].id
    own, other = await chat.file(SEAT, number), await chat.file("seat-2", number)
    assert own is not None
    assert own.file_data == b"\xff\xd8"
    assert other is None
    await stop(task)


async def test_nothing_is_accepted_before_the_bot_listens(chat: WebChat) -> None:
    with pytest.raises(Later):
        await chat.say(said("高永昌"))
    assert messages(chat) == []


async def test_the_bot_speaks_first_and_only_once(chat: WebChat) -> None:
    chat.greet = lambda: [Incoming("web", SEAT, "hello", text="/start")]
    core = Listener()
    task = await listening(chat, core)
    while not core.heard:
        await asyncio.sleep(0.01)
    await chat.send(Parcel(SEAT, "您好", key="1"))
    await chat.welcome()
    assert len(core.heard) == 1
    await stop(task)
