"""What the bot hears on Telegram, the pictures it fetches, and a network that fails."""

import asyncio
import io
import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog

from bot.config import WrongSettings
from bot.transports import Down, Parcel
from bot.transports import telegram as module
from bot.transports.telegram import CONFLICT, LISTENING, UNREACHABLE, Telegram
from bot.transports.telegram_updates import incoming, parsed
from tests.bot_api_server import TOKEN, BotApi
from tests.bot_api_world import PATIENCE
from tests.on_telegram import CHAT, Office, listening, post


async def test_a_message_arrives_as_plain_data(api: BotApi, telegram: Telegram) -> None:
    office = Office()
    number = api.say(CHAT, "走访 高永昌")
    async with listening(telegram, office):
        await api.until(lambda: office.said)
        assert (telegram.status, telegram.username) == (LISTENING, "liaison_test_bot")
    (said,) = office.said
    assert (said.network, said.chat, said.key) == ("telegram", "1001", f"123456:{number}")
    assert (said.text, said.choice, said.private, said.language) == (
        "走访 高永昌", "", True, "zh-hans",
    )  # fmt: skip
    assert said.sent_at is not None
    assert datetime.now(UTC) - said.sent_at < timedelta(seconds=60)


async def test_a_press_names_its_card_and_is_answered_at_once(
    api: BotApi, telegram: Telegram
) -> None:
    office = Office()
    office.toasts = {"f.1": "Saved."}
    card = await telegram.send(Parcel("1001", "How?", ((("Yes", "f.1"), ("No", "f.2")),)))
    async with listening(telegram, office):
        api.press(CHAT, "Yes")
        api.press(CHAT, "f.2")
        await api.until(lambda: len(api.room(CHAT).toasts) == 2)
    assert [(one.choice, one.card, one.text) for one in office.said] == [
        ("f.1", card, ""),
        ("f.2", card, ""),
    ]
    assert sorted(api.room(CHAT).toasts) == ["", "Saved."]


async def test_nothing_is_confirmed_before_it_was_stored(
    api: BotApi, telegram: Telegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "STORE_PAUSE", 0.05)
    office = Office()
    office.raises = [OSError("disk full"), OSError("disk full")]
    api.say(CHAT, "one")
    api.say(CHAT, "two")
    async with listening(telegram, office):
        await api.until(lambda: len(office.raises) == 1)
        assert len(api.updates) == 2
        await api.until(lambda: office.texts == ["one", "two"])
        await api.until(lambda: not api.updates)


async def test_a_thousand_messages_at_once_come_in_batches_of_a_hundred(
    api: BotApi, telegram: Telegram
) -> None:
    office = Office()
    for number in range(1000):
        api.say(CHAT + number % 50, str(number))
    async with listening(telegram, office):
        await api.until(lambda: len(office.said) == 1000)
    assert [len(batch) for batch in office.batches] == [100] * 10
    assert office.texts == [str(number) for number in range(1000)]


async def test_a_lost_answer_brings_the_same_updates_again_with_the_same_keys(
    api: BotApi, telegram: Telegram
) -> None:
    office = Office()
    api.fail("getUpdates", "close")
    api.fail("getUpdates", 502)
    api.say(CHAT, "hello")
    async with listening(telegram, office):
        await api.until(lambda: office.texts == ["hello"])


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ({"voice": {"file_id": "v", "file_unique_id": "v", "duration": 1}}, ""),
        ({"sticker": {"file_id": "s"}}, ""),
        ({"location": {"latitude": 0.0, "longitude": 0.0}}, ""),
        ({"text": "/due@liaison_test_bot now"}, "/due now"),
        ({"text": "/start ABCDEFGHJK"}, "/start ABCDEFGHJK"),
    ],
)
def test_what_cannot_be_read_is_handed_on_empty(content: dict[str, Any], text: str) -> None:
    api = BotApi()
    api._from_person(CHAT, "", content)
    said = incoming(json.loads(api.updates[0][2]), "123456")
    assert said is not None
    assert (said.text, said.attachments) == (text, ())


@pytest.mark.parametrize(
    "content", [{"pinned_message": {}}, {"new_chat_title": "x"}, {"left_chat_member": {}}]
)
def test_events_of_the_chat_itself_are_not_messages(content: dict[str, Any]) -> None:
    api = BotApi()
    api._from_person(CHAT, "", content)
    assert incoming(json.loads(api.updates[0][2]), "123456") is None


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("message", {}),
        ("message", {"chat": None, "text": "x"}),
        ("message", {"chat": {"id": 1}, "text": ["x"], "date": "soon"}),
        ("message", {"chat": {"id": 1, "type": "private"}, "text": "x", "date": 10**30}),
        ("message", {"chat": {"id": 1, "type": "private"}, "photo": [{}], "date": 1}),
        ("callback_query", {"data": "x", "message": {"chat": {}}}),
        ("my_chat_member", {"chat": {"type": "private"}}),
        ("something_new", {}),
    ],
)
async def test_an_update_nobody_can_read_does_not_stop_those_after_it(
    api: BotApi,
    telegram: Telegram,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    content: dict[str, Any],
) -> None:
    office = Office()
    api.push(kind, content)
    api.push("message", json.loads(post(1))["message"])
    monkeypatch.setattr(module, "WANTED", [])
    async with listening(telegram, office):
        await api.until(lambda: office.texts == ["hello"] and not api.updates)


def test_half_of_a_character_that_a_cut_left_behind_is_read() -> None:
    assert parsed(b'{"text": "\\ud83d"}') == {"text": "\ud83d"}


def test_a_group_is_not_private() -> None:
    api = BotApi()
    api.say(-5, "/help")
    said = incoming(json.loads(api.updates[0][2]), "123456")
    assert said is not None
    assert not said.private


async def test_other_news_are_not_asked_for(api: BotApi, telegram: Telegram) -> None:
    office = Office()
    api.push("channel_post", {"text": "hidden"})
    api.say(CHAT, "shown")
    async with listening(telegram, office):
        await api.until(lambda: office.said)
    assert office.texts == ["shown"]


async def test_of_an_edited_message_only_that_it_was_edited_is_handed_on(
    api: BotApi, telegram: Telegram
) -> None:
    office = Office()
    chat = {"id": CHAT, "type": "private"}
    api.push("edited_message", {"message_id": 1, "chat": chat, "text": "走访 高永昌 00040"})
    api.push("edited_message", {"message_id": 2, "chat": chat, "location": {"latitude": 1.0}})
    api.say(CHAT, "shown")
    async with listening(telegram, office):
        await api.until(lambda: len(office.said) == 2)
    assert [(one.text, one.problem) for one in office.said] == [("", "edited"), ("shown", "")]


async def test_a_person_who_stops_the_bot_and_comes_back_is_noted(
    api: BotApi, telegram: Telegram
) -> None:
    noted = []

    async def reach(*what: str) -> None:
        noted.append(what)

    telegram.reach = reach
    async with listening(telegram, Office()):
        api.block(CHAT)
        api.block(CHAT, False)
        await api.until(lambda: len(noted) == 2)
    assert noted == [("telegram", "1001", "blocked"), ("telegram", "1001", "")]


# --- pictures


async def test_photos_and_files_are_fetched(api: BotApi, telegram: Telegram) -> None:
    office = Office()
    api.photo(CHAT, b"a photo", "leak")
    api.document(CHAT, b"a png", "roof.png", "image/png")
    api.document(CHAT, b"a pdf", "a.pdf", "application/pdf")
    async with listening(telegram, office):
        await api.until(lambda: len(office.said) == 3)
    photo, image, pdf = office.said
    assert photo.text == "leak"
    assert [(a.name, a.mime, a.data, a.problem) for a in photo.attachments] == [
        ("photo.jpg", "image/jpeg", b"a photo", "")
    ]
    assert [(a.name, a.mime, a.data) for a in image.attachments] == [
        ("roof.png", "image/png", b"a png")
    ]
    assert [(a.name, a.mime) for a in pdf.attachments] == [("a.pdf", "application/pdf")]


async def test_a_picture_over_the_limit_is_not_fetched(api: BotApi) -> None:
    telegram, office = Telegram(TOKEN, api=api.url, picture_limit=10), Office()
    api.photo(CHAT, b"more than ten bytes")
    async with listening(telegram, office):
        await api.until(lambda: office.said)
    await telegram.close()
    assert [a.problem for a in office.said[0].attachments] == ["too_large"]
    assert api.calls["getFile"] == 0


@pytest.mark.parametrize(
    ("method", "how"),
    [("getFile", 400), ("getFile", 500), ("download", "close"), ("download", "hang")],
)
async def test_a_picture_that_cannot_be_had_is_said_to_be_missing(
    api: BotApi, telegram: Telegram, monkeypatch: pytest.MonkeyPatch, method: str, how: str | int
) -> None:
    monkeypatch.setattr(module, "FETCH_SECONDS", 0.3)
    office = Office()
    api.fail(method, how)
    api.photo(CHAT, b"lost", "leak")
    async with listening(telegram, office):
        await api.until(lambda: office.said)
    assert office.texts == ["leak"]
    assert [(a.data, a.problem) for a in office.said[0].attachments] == [(b"", "unavailable")]


async def test_a_slow_picture_makes_nobody_else_wait_and_keeps_its_chats_order(
    api: BotApi, telegram: Telegram, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FETCH_SECONDS", PATIENCE)
    monkeypatch.setattr(module, "SILENCE", PATIENCE)
    office = Office()
    api.fail("download", "late")
    api.say(CHAT, "before")
    api.photo(CHAT, b"slow", "photo")
    api.say(CHAT, "after")
    api.say(CHAT + 1, "other")
    async with listening(telegram, office):
        await api.until(lambda: office.said)
        assert office.texts == ["other"]
        api.late.set()
        await api.until(lambda: len(office.said) == 4)
    assert office.texts == ["other", "before", "photo", "after"]


# --- when the network fails


async def test_another_copy_is_noticed_and_listening_goes_on_when_it_stops(
    api: BotApi, telegram: Telegram
) -> None:
    office = Office()
    conflict = api.fail("getUpdates", 409, times=10**6)
    with structlog.testing.capture_logs() as logs:
        async with listening(telegram, office):
            await api.until(lambda: telegram.status == CONFLICT)
            await asyncio.sleep(0.2)
            conflict.times = 0
            api.say(CHAT, "hello")
            await api.until(lambda: office.texts == ["hello"])
            assert telegram.status == LISTENING
    (told,) = [line for line in logs if line["event"] == "telegram_conflict"]
    assert told["do"].startswith("Another copy runs")


async def test_two_real_pollers_conflict(api: BotApi, telegram: Telegram) -> None:
    other = Telegram(TOKEN, api=api.url)
    async with listening(telegram, Office()), listening(other, Office()):
        await api.until(lambda: CONFLICT in (telegram.status, other.status))
    await other.close()


@pytest.mark.parametrize("how", ["hang", "stall", "cut", "close", 500])
async def test_a_poll_that_gets_no_whole_answer_is_given_up_and_asked_again(
    api: BotApi, quick: None, monkeypatch: pytest.MonkeyPatch, how: str | int
) -> None:
    """A hanging one after the time it may wait; what was handed out in it comes again."""
    monkeypatch.setattr(module, "POLL_SECONDS", 1)
    monkeypatch.setattr(module, "SILENCE", 0.5)
    telegram, office = Telegram(TOKEN, api=api.url), Office()
    fault = api.fail("getUpdates", how, times=10**6)
    api.say(CHAT, "hello")
    async with listening(telegram, office):
        await api.until(lambda: telegram.status == UNREACHABLE)
        assert (office.said, len(api.updates)) == ([], 1)
        fault.times = 0
        await api.until(lambda: office.texts == ["hello"] and not api.updates)
        assert telegram.status == LISTENING
    await telegram.close()


async def test_a_network_that_is_away_at_the_start_is_waited_for(
    api: BotApi, telegram: Telegram
) -> None:
    office = Office()
    fault = api.fail("", "close", times=10**6)
    api.say(CHAT, "hello")
    async with listening(telegram, office):
        await api.until(lambda: telegram.status == UNREACHABLE)
        fault.times = 0
        await api.until(lambda: office.texts == ["hello"])


@pytest.mark.parametrize("answer", [b"<html>", b"[]", b"{}", b"\xff"])
async def test_an_answer_that_is_not_telegrams_is_an_outage(
    telegram: Telegram, answer: bytes
) -> None:
    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        length = str(len(answer)).encode()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: " + length + b"\r\n\r\n" + answer)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(nonsense, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    lost = Telegram(TOKEN, api=f"http://127.0.0.1:{port}")
    async with listening(lost, Office()), asyncio.timeout(PATIENCE):
        while lost.status != UNREACHABLE:
            await asyncio.sleep(0.01)
        with pytest.raises(Down):
            await lost.send(Parcel("1001", "hello"))
    await lost.close()
    server.close()


async def test_a_wrong_token_stops_with_a_sentence(api: BotApi) -> None:
    telegram = Telegram("123456:wrong", api=api.url)
    with pytest.raises(WrongSettings, match="LIAISON_TELEGRAM_TOKEN"):
        await telegram.run(Office())
    await telegram.close()


@pytest.fixture
def everything_logged() -> Iterator[Callable[[], str]]:
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    with structlog.testing.capture_logs() as events:
        yield lambda: stream.getvalue() + str(events)
    root.removeHandler(handler)
    root.setLevel(before)


async def test_neither_token_nor_text_is_ever_logged(
    api: BotApi, telegram: Telegram, everything_logged: Callable[[], str]
) -> None:
    office = Office()
    office.raises = [ValueError("走访 高永昌")]
    api.fail("getUpdates", "close")
    api.fail("getUpdates", 500)
    api.fail("getUpdates", 409)
    api.fail("sendMessage", 500, words="高永昌")
    api.say(CHAT, "走访 高永昌")
    async with listening(telegram, office):
        await api.until(lambda: telegram.status == LISTENING)
        with pytest.raises(Down):
            await telegram.send(Parcel("1001", "高永昌"))
        await telegram.send(Parcel("1001", "高永昌"))
        await api.until(lambda: office.said)
    written = everything_logged()
    assert "telegram_listening" in written
    assert TOKEN not in written
    assert TOKEN.partition(":")[2] not in written
    assert "高永昌" not in written
