"""The Telegram transport against a Bot API server on a real socket."""

import asyncio
import io
import json
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import structlog
from PIL import Image

from bot.config import WrongSettings
from bot.receive import Received
from bot.transports import Down, Gone, Later, Parcel, Refused
from bot.transports import telegram as module
from bot.transports.telegram import CONFLICT, LISTENING, UNREACHABLE, Telegram
from bot.transports.telegram_messages import length, pieces
from bot.transports.telegram_updates import incoming
from handlers.talk import Incoming
from tests.bot_api_server import TOKEN, BotApi

CHAT = 1001
SECRET = "a-secret-word"


@pytest.fixture
async def api() -> AsyncIterator[BotApi]:
    """Fails the test when the bot asked for something Telegram would not understand."""
    async with BotApi() as server:
        yield server
        assert server.problems == []


@pytest.fixture
async def telegram(api: BotApi) -> AsyncIterator[Telegram]:
    transport = Telegram(TOKEN, api=api.url)
    yield transport
    await transport.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "backoff", lambda failures: 0.02)


class Office:
    """Stands where the receiver stands; `raises` is what storing does."""

    def __init__(self) -> None:
        self.batches: list[list[Incoming]] = []
        self.raises: list[Exception] = []
        self.toasts: dict[str, str] = {}

    async def __call__(self, batch: list[Incoming]) -> Received:
        if self.raises:
            raise self.raises.pop()
        self.batches.append(batch)
        return Received(toasts=[(one.press, self.toasts.get(one.choice, "")) for one in batch])

    @property
    def said(self) -> list[Incoming]:
        return [one for batch in self.batches for one in batch]

    @property
    def texts(self) -> list[str]:
        return [one.text for one in self.said]


@asynccontextmanager
async def listening(telegram: Telegram, office: Office) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(telegram.run(office))
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def picture(size: tuple[int, int] = (40, 30)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, "white").save(file, "PNG")
    return file.getvalue()


# --- listening


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
    assert datetime.now(UTC) - said.sent_at < timedelta(seconds=5)


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


def test_a_group_is_not_private() -> None:
    api = BotApi()
    api.say(-5, "/help")
    said = incoming(json.loads(api.updates[0][2]), "123456")
    assert said is not None
    assert not said.private


async def test_edits_and_other_news_are_not_asked_for(api: BotApi, telegram: Telegram) -> None:
    office = Office()
    api.push("edited_message", {"text": "hidden"})
    api.say(CHAT, "shown")
    async with listening(telegram, office):
        await api.until(lambda: office.said)
    assert office.texts == ["shown"]


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


async def test_photos_and_image_files_are_fetched(api: BotApi, telegram: Telegram) -> None:
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
    assert pdf.attachments == ()


async def test_a_picture_over_the_limit_is_not_fetched(api: BotApi) -> None:
    telegram, office = Telegram(TOKEN, api=api.url, picture_limit=10), Office()
    api.photo(CHAT, b"more than ten bytes")
    async with listening(telegram, office):
        await api.until(lambda: office.said)
    await telegram.close()
    assert [a.problem for a in office.said[0].attachments] == ["too_large"]
    assert api.calls["getFile"] == 0


@pytest.mark.parametrize(
    ("method", "how"), [("getFile", 400), ("getFile", 500), ("download", "close")]
)
async def test_a_picture_that_cannot_be_had_is_said_to_be_missing(
    api: BotApi, telegram: Telegram, method: str, how: str | int
) -> None:
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
    monkeypatch.setattr(module, "FETCH_SECONDS", 0.3)
    office = Office()
    api.fail("download", "hang")
    api.say(CHAT, "before")
    api.photo(CHAT, b"slow", "photo")
    api.say(CHAT, "after")
    api.say(CHAT + 1, "other")
    async with listening(telegram, office):
        await api.until(lambda: office.said)
        assert office.texts == ["other"]
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
    assert [line["event"] for line in logs].count("telegram_conflict") == 1


async def test_two_real_pollers_conflict(api: BotApi, telegram: Telegram) -> None:
    other = Telegram(TOKEN, api=api.url)
    async with listening(telegram, Office()), listening(other, Office()):
        await api.until(lambda: CONFLICT in (telegram.status, other.status))
    await other.close()


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
    async with listening(lost, Office()), asyncio.timeout(5):
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


# --- sending


async def test_text_is_sent_as_it_is(api: BotApi, telegram: Telegram) -> None:
    text = "*not* _bold_ <b>[x](y)</b> \\ & 高永昌 😀"
    native_id = await telegram.send(Parcel("1001", text))
    (shown,) = api.sees(CHAT)
    assert (shown.text, str(shown.id)) == (text, native_id)


async def test_buttons_keep_their_rows_and_numbers_to_call_are_left_out(
    api: BotApi, telegram: Telegram
) -> None:
    rows = (
        (("Visit", "/visit E0012"), ("Call", "tel:+8600000000001")),
        (("Call", "tel:120"),),
        (("Open", "https://example.org/x"),),
    )
    await telegram.send(Parcel("1001", "Choose", rows))
    (shown,) = api.sees(CHAT)
    assert shown.markup["inline_keyboard"] == [
        [{"text": "Visit", "callback_data": "/visit E0012"}],
        [{"text": "Open", "url": "https://example.org/x"}],
    ]


async def test_callback_data_of_64_bytes_passes(api: BotApi, telegram: Telegram) -> None:
    await telegram.send(Parcel("1001", "x", ((("a", "走" * 21 + "a"),),)))
    assert len(api.sees(CHAT)[0].buttons[0][1].encode()) == 64


async def test_a_long_text_is_cut_at_line_ends_with_the_buttons_below(
    api: BotApi, telegram: Telegram
) -> None:
    lines = [f"{number} 望岚县柳泉镇" + "。" * 50 for number in range(200)]
    native_id = await telegram.send(Parcel("1001", "\n".join(lines), ((("Ok", "ok"),),)))
    shown = api.sees(CHAT)
    assert len(shown) > 2
    assert "\n".join(one.text for one in shown).split("\n") == lines
    assert [bool(one.buttons) for one in shown] == [False] * (len(shown) - 1) + [True]
    assert str(shown[-1].id) == native_id


def test_emoji_count_twice_and_are_never_cut_in_half() -> None:
    text = "😀" * 5000
    found = pieces(text)
    assert "".join(found) == text
    assert all(length(piece) <= 4096 for piece in found)
    assert length("😀") == 2
    assert pieces("a" * 4096) == ["a" * 4096]


async def test_a_piece_that_must_wait_does_not_repeat_those_before(
    api: BotApi, telegram: Telegram
) -> None:
    sent: list[str] = []

    def notice(chat: int, shown: Any) -> None:
        sent.append(shown.text)
        if len(sent) == 1:
            api.fail("sendMessage", 429, retry_after=1)

    api.on_message = notice
    await telegram.send(Parcel("1001", "a" * 4096 + "b" * 10))
    assert [text[:1] for text in sent] == ["a", "b"]


async def test_a_card_changes_in_place(api: BotApi, telegram: Telegram) -> None:
    first = await telegram.send(Parcel("1001", "1/6", ((("Yes", "f.1"),),)))
    second = await telegram.send(Parcel("1001", "2/6", edit=first))
    (shown,) = api.sees(CHAT)
    assert (shown.text, shown.buttons, second) == ("2/6", [], first)


async def test_the_same_card_again_is_a_success(api: BotApi, telegram: Telegram) -> None:
    parcel = Parcel("1001", "1/6", ((("Yes", "f.1"),),))
    first = await telegram.send(parcel)
    again = Parcel("1001", "1/6", parcel.rows, edit=first)
    assert await telegram.send(again) == first
    assert len(api.sees(CHAT)) == 1


async def test_a_card_that_is_gone_is_sent_anew(api: BotApi, telegram: Telegram) -> None:
    native_id = await telegram.send(Parcel("1001", "2/6", edit="999"))
    assert [str(shown.id) for shown in api.sees(CHAT)] == [native_id]


async def test_an_old_card_is_taken_away(api: BotApi, telegram: Telegram) -> None:
    old = await telegram.send(Parcel("1001", "1/6"))
    new = await telegram.send(Parcel("1001", "2/6", remove=old))
    await api.until(lambda: [str(shown.id) for shown in api.sees(CHAT)] == [new])


async def test_an_old_card_that_cannot_be_deleted_loses_its_buttons(
    api: BotApi, telegram: Telegram
) -> None:
    old = await telegram.send(Parcel("1001", "1/6", ((("Yes", "f.1"),),)))
    api.fail("deleteMessage", 400, words="Bad Request: message can't be deleted")
    await telegram.send(Parcel("1001", "2/6", remove=old))
    await api.until(lambda: api.sees(CHAT)[0].buttons == [])
    assert len(api.sees(CHAT)) == 2


async def test_a_card_on_its_way_out_is_not_the_one_that_is_changed(
    api: BotApi, telegram: Telegram
) -> None:
    """A tap on it may still come: without care the person would be left with no card at all."""
    old = await telegram.send(Parcel("1001", "1/6"))
    api.fail("deleteMessage", "late")
    new = await telegram.send(Parcel("1001", "1/6", remove=old))
    await telegram.send(Parcel("1001", "2/6", edit=old, remove=new))
    api.late.set()
    await telegram.close()
    assert [shown.text for shown in api.sees(CHAT)] == ["2/6"]


async def test_a_picture_goes_as_a_photo_with_its_caption_and_buttons(
    api: BotApi, telegram: Telegram
) -> None:
    data, rows = picture(), ((("Ok", "ok"),),)
    await telegram.send(Parcel("1001", "Chart", rows, file_name="chart.png", file_data=data))
    (shown,) = api.sees(CHAT)
    assert (shown.kind, shown.text, shown.file) == ("photo", "Chart", data)
    assert shown.buttons == [("Ok", "ok")]


async def test_another_file_goes_as_a_document_with_its_name(
    api: BotApi, telegram: Telegram
) -> None:
    await telegram.send(Parcel("1001", "", file_name="月报.xlsx", file_data=b"book"))
    (shown,) = api.sees(CHAT)
    assert (shown.kind, shown.file_name, shown.file) == ("document", "月报.xlsx", b"book")


async def test_a_picture_telegram_refuses_goes_as_a_document(
    api: BotApi, telegram: Telegram
) -> None:
    api.fail("sendPhoto", 400, words="Bad Request: PHOTO_INVALID_DIMENSIONS")
    await telegram.send(Parcel("1001", "Long", file_name="long.png", file_data=picture((1, 99))))
    assert [shown.kind for shown in api.sees(CHAT)] == ["document"]


async def test_a_long_caption_follows_as_a_text(api: BotApi, telegram: Telegram) -> None:
    parcel = Parcel("1001", "x" * 1025, ((("Ok", "ok"),),), file_name="a.png", file_data=picture())
    native_id = await telegram.send(parcel)
    photo, text = api.sees(CHAT)
    assert (photo.text, photo.buttons) == ("", [])
    assert (len(text.text), text.buttons, str(text.id)) == (1025, [("Ok", "ok")], native_id)


async def test_a_person_who_blocked_the_bot_is_gone(api: BotApi, telegram: Telegram) -> None:
    api.block(CHAT)
    with pytest.raises(Gone, match="blocked"):
        await telegram.send(Parcel("1001", "hello"))


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("Bad Request: chat not found", Gone),
        ("Forbidden: user is deactivated", Gone),
        ("Bad Request: BUTTON_DATA_INVALID", Refused),
        ("Bad Request: message is too long", Refused),
    ],
)
async def test_a_refusal_says_whether_it_is_the_chat_or_the_message(
    api: BotApi, telegram: Telegram, words: str, expected: type[Exception]
) -> None:
    api.fail("sendMessage", 400, words=words)
    with pytest.raises(expected):
        await telegram.send(Parcel("1001", "hello"))


async def test_too_many_requests_says_how_long_to_wait(api: BotApi, telegram: Telegram) -> None:
    api.fail("sendMessage", 429, retry_after=17)
    with pytest.raises(Later) as refused:
        await telegram.send(Parcel("1001", "hello"))
    assert refused.value.seconds == 17


@pytest.mark.parametrize("how", [500, 502, "close", "lost"])
async def test_a_server_that_fails_is_down(api: BotApi, telegram: Telegram, how: str | int) -> None:
    api.fail("sendMessage", how)
    with pytest.raises(Down):
        await telegram.send(Parcel("1001", "hello"))
    assert len(api.sees(CHAT)) == (how == "lost")


# --- the menu of commands


async def test_each_chat_is_offered_its_own_commands_and_strangers_two(
    api: BotApi, telegram: Telegram
) -> None:
    async with listening(telegram, Office()):
        await telegram.menu("1001", [("visit", "走访"), ("help", "帮助")])
        await api.until(lambda: {"1001", "default", "defaultzh"} <= api.commands.keys())
        assert [one["command"] for one in api.commands["1001"]] == ["visit", "help"]
        assert [one["command"] for one in api.commands["default"]] == ["start", "help"]
        await telegram.menu("1001", [])
        await api.until(lambda: api.commands["1001"] == [])


# --- webhook


def post(number: int, text: str = "hello") -> bytes:
    message = {
        "message_id": number,
        "date": 1_760_000_000,
        "chat": {"id": CHAT, "type": "private"},
        "from": {"id": CHAT, "is_bot": False, "first_name": "P"},
        "text": text,
    }
    return json.dumps({"update_id": number, "message": message}).encode()


@pytest.fixture
async def hooked(api: BotApi) -> AsyncIterator[Telegram]:
    transport = Telegram(
        TOKEN, api=api.url, webhook_url="https://bot.example.org/hook", webhook_secret=SECRET
    )
    api.post_updates = False
    yield transport
    await transport.close()


async def test_the_webhook_is_set_with_its_secret_and_polling_removes_it(
    api: BotApi, hooked: Telegram
) -> None:
    async with listening(hooked, Office()):
        await api.until(lambda: hooked.status == LISTENING)
    assert api.webhook["url"] == "https://bot.example.org/hook"
    assert api.webhook["secret_token"] == SECRET
    assert api.calls["getUpdates"] == 0
    polling = Telegram(TOKEN, api=api.url)
    async with listening(polling, Office()):
        await api.until(lambda: polling.status == LISTENING)
    await polling.close()
    assert not api.webhook.get("url")


async def test_a_post_is_answered_after_it_was_stored(hooked: Telegram) -> None:
    office = Office()
    async with listening(hooked, office):
        assert await hooked.webhook(post(1), SECRET) == 200
        assert office.texts == ["hello"]


async def test_a_post_that_was_not_stored_is_to_come_again(hooked: Telegram) -> None:
    office = Office()
    office.raises = [OSError()]
    async with listening(hooked, office):
        assert await hooked.webhook(post(1), SECRET) == 503
        assert await hooked.webhook(post(1), SECRET) == 200


@pytest.mark.parametrize(
    ("body", "secret", "status"),
    [
        (post(1), "", 401),
        (post(1), "a-secret-wore", 401),
        (post(1), "ключ", 401),
        (b"{", SECRET, 400),
        (b"[]", SECRET, 400),
        (b'{"update_id": "x"}', SECRET, 400),
    ],
)
async def test_a_forged_or_broken_post_does_nothing(
    hooked: Telegram, body: bytes, secret: str, status: int
) -> None:
    office = Office()
    async with listening(hooked, office):
        assert await hooked.webhook(body, secret) == status
    assert office.batches == []


async def test_posts_that_come_together_are_stored_together_and_in_order(
    hooked: Telegram,
) -> None:
    office = Office()
    task: Awaitable[list[int]] = asyncio.gather(
        *(hooked.webhook(post(number, str(number)), SECRET) for number in (3, 1, 2))
    )
    await asyncio.sleep(0)
    async with listening(hooked, office):
        assert await task == [200, 200, 200]
    assert [[one.text for one in batch] for batch in office.batches] == [["1", "2", "3"]]
