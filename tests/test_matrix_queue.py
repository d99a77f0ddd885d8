"""Messages that waited while the bot was away: far more than one sync brings.

LIAISON_TEST_QUEUE says how many; a thousand take a minute or two.
"""

import asyncio
import os
import re
from urllib.parse import quote

import pytest

from models.mailbox import SENT, Outgoing
from tests.conversation import Town
from tests.matrix_bot import Bot, meet
from tests.matrix_people import NioPhone, Phone
from tests.synapse import Synapse

MANY = int(os.environ.get("LIAISON_TEST_QUEUE", "250"))
PATIENCE = 900.0  # seconds: a second for twenty on a machine at rest
ASKED = re.compile(r"「第(\d+)句」")


@pytest.fixture
def kind() -> str:
    """One database will do: the others have the same queue."""
    return "sqlite"


def said(phone: Phone) -> None:
    """One after the other, without waiting for anything else."""
    path = f"/rooms/{quote(phone.room)}/send/m.room.message"
    for number in range(MANY):
        body = {"msgtype": "m.text", "body": f"第{number}句"}
        phone.server.call(phone.token, "PUT", f"{path}/q{number}", body)


def answered(phone: Phone) -> list[int]:
    found = (ASKED.search(shown.text) for shown in phone.others)
    return [int(hit[1]) for hit in found if hit]


async def test_what_was_said_during_a_day_offline_is_answered_in_order(
    town: Town, synapse: Synapse, tmp_path
):
    bot = Bot(town, synapse, tmp_path)
    async with NioPhone(synapse, "zhou") as zhou:
        async with bot:
            await meet(bot, zhou, encrypted=False)
        await asyncio.to_thread(said, zhou)
        async with bot:
            await zhou.until(lambda: len(answered(zhou)) >= MANY, PATIENCE)
        assert answered(zhou) == list(range(MANY))
    answers = [row for row in town.rows(Outgoing) if ASKED.search(row.text)]
    assert [row.state for row in answers] == [SENT] * MANY
