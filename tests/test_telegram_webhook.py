"""Updates that Telegram posts, and a server that answers only for what was stored."""

import asyncio
from collections.abc import Awaitable

import pytest

from bot.transports.telegram import LISTENING, Telegram
from tests.bot_api_server import TOKEN, BotApi
from tests.on_telegram import SECRET, Office, listening, post


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
