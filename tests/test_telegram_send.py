"""What the bot says on Telegram: texts, buttons, cards that change, files, refusals, the menu."""

from typing import Any

import pytest

from bot.transports import Down, Gone, Later, Parcel, Refused
from bot.transports.pieces import length, pieces
from bot.transports.telegram import Telegram
from tests.bot_api_server import BotApi
from tests.on_telegram import CHAT, Office, listening, picture


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
    found = pieces(text, 4096)
    assert "".join(found) == text
    assert all(length(piece) <= 4096 for piece in found)
    assert length("😀") == 2
    assert pieces("a" * 4096, 4096) == ["a" * 4096]


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
