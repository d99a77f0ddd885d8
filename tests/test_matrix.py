"""Visits over Matrix, on a real homeserver, in plain and in encrypted rooms."""

from pathlib import Path

import pytest

from tests.conversation import Town
from tests.matrix_bot import Bot
from tests.matrix_people import MautrixPhone, NioPhone, Phone
from tests.synapse import Synapse

WAYS = [(NioPhone, False), (NioPhone, True), (MautrixPhone, True)]


@pytest.fixture
async def bot(town: Town, synapse: Synapse, tmp_path: Path):
    async with Bot(town, synapse, tmp_path) as running:
        yield running


async def meet(bot: Bot, phone: Phone, name: str = "周明", encrypted: bool = True) -> None:
    bot.knows(phone.user, name)
    await phone.opens_with(bot.user, encrypted)
    await phone.hears(name)


@pytest.mark.parametrize(("kind", "encrypted"), WAYS)
async def test_an_all_well_visit_takes_at_most_six_messages(bot, synapse, kind, encrypted):
    async with kind(synapse, "zhou") as zhou:
        await meet(bot, zhou, encrypted=encrypted)
        said = (
            ("走访 高永昌", "1️⃣ 🚪 上门"),
            ("1", "怎么样"),
            ("都好", "谁在场"),
            ("1", "核对"),
            ("1", "已记下"),
        )
        await zhou.talk(*said)
        assert len(said) <= 6
        assert all(one.encrypted == encrypted for one in zhou.others)
        assert not zhou.unreadable
    assert [visit.spirit for visit in bot.town.visits("高永昌")] == ["good"]
