"""The bot's device on Matrix: its printed key, its keys in a backup, and what to do without."""

import shutil
from pathlib import Path

import pytest
from mautrix.types import TrustState

from bot import backup as b
from bot.config import Settings
from bot.doctor import look_at_matrix
from bot.matrix_device import FOLDER, KEYS, grouped, read_login
from tests.conversation import Town
from tests.matrix_bot import Bot, hears, meet, talk
from tests.matrix_mautrix import MautrixPhone
from tests.matrix_people import NioPhone


@pytest.fixture
def bot(town: Town, synapse, tmp_path) -> Bot:
    return Bot(town, synapse, tmp_path)


def settings(bot: Bot, folder: Path) -> Settings:
    return Settings(
        _env_file=None, data_dir=folder, matrix_homeserver=bot.server.url, matrix_user=bot.user,
        matrix_password="pw", database_url=bot.town.database.url.render_as_string(False),
    )  # fmt: skip


def findings(bot: Bot) -> list[tuple[str, str]]:
    return [(one.level, one.text) for one in look_at_matrix(settings(bot, bot.folder))]


async def test_a_restored_bot_is_the_same_device_and_reads_on(bot, synapse, tmp_path):
    async with NioPhone(synapse, "zhou") as zhou:
        async with bot:
            await meet(bot, zhou)
            await talk(zhou, "走访 高永昌", "怎么走访的")
            saved = tmp_path / "saved.zip"
            b.backup(bot.town.database, saved, bot.folder / FOLDER)
            key = bot.matrix.client.fingerprint
        shutil.rmtree(bot.folder / FOLDER)
        there = settings(bot, tmp_path / "there").model_copy(update={"database_url": no_url()})
        b.restore(there, saved)
        assert "access_token" not in (read_login(there.data_dir / FOLDER) or {})
        assert (there.data_dir / FOLDER / KEYS).stat().st_mode & 0o077 == 0
        await zhou.say("1")
        bot.folder = there.data_dir
        async with bot:
            await hears(zhou, "怎么样")
            assert bot.matrix.client.fingerprint == key
        assert not zhou.unreadable


def no_url():
    return Settings.model_fields["database_url"].default


async def test_no_client_has_to_warn_of_the_bots_device(bot, synapse):
    """Judged by the other library: the device is signed by the bot's own identity."""
    async with MautrixPhone(synapse, "zhou") as zhou, bot:
        await meet(bot, zhou)
        machine = zhou.mautrix.crypto
        device = await machine.get_or_fetch_device(bot.user, bot.matrix.client.device_id)
        assert grouped(device.signing_key) == bot.matrix.client.fingerprint
        assert await machine.resolve_trust(device) >= TrustState.CROSS_SIGNED_TOFU


async def test_the_doctor_prints_the_key_and_says_what_to_do_without(bot, synapse):
    assert findings(bot)[0][0] == "ok"
    async with bot:
        key = bot.matrix.client.fingerprint
    ((level, text),) = findings(bot)
    assert level == "ok"
    assert key in text
    shutil.rmtree(bot.folder / FOLDER)
    ((level, text),) = findings(bot)
    assert level == "fail"
    assert "备份" in text
    bot.server.kill()
    assert findings(bot)[0][0] == "fail"
