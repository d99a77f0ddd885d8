"""The homeserver of the tests, and two kinds of clients that understand each other on it."""

import asyncio

import pytest

from tests.matrix_mautrix import MautrixPhone
from tests.matrix_people import NioPhone, Phone
from tests.synapse import Refused, Synapse

PICTURE = b"\xff\xd8\xff" + bytes(range(256)) * 40


async def meet(one: Phone, other: Phone, encrypted: bool) -> None:
    room = await one.opens_room(other.user, encrypted=encrypted)
    await other.until(lambda: other.invites.get(room) == one.user)
    await other.joins(room)
    await one.until(lambda: one.members[room].get(other.user) == "join")


@pytest.mark.parametrize("encrypted", [True, False], ids=["encrypted", "plain"])
@pytest.mark.parametrize("kinds", [(NioPhone, MautrixPhone), (MautrixPhone, NioPhone)])
async def test_two_kinds_of_clients_understand_each_other(synapse: Synapse, kinds, encrypted):
    async with kinds[0](synapse, "ann") as ann, kinds[1](synapse, "bob") as bob:
        await meet(ann, bob, encrypted)
        said = await ann.say("走访 高永昌")
        heard = await bob.hears("走访")
        assert (heard.id, heard.sender, heard.encrypted) == (said, ann.user, encrypted)
        await bob.react(heard, "1️⃣")
        await ann.until(lambda: (bob.user, "1️⃣") in ann.screen[said].reactions.values())
        await ann.edits(said, "走访 李秀英")
        await bob.until(lambda: bob.screen[said].texts == ["走访 高永昌", "走访 李秀英"])
        picture = await bob.photo(PICTURE)
        assert await ann.file(await ann.hears("photo.jpg")) == PICTURE
        await bob.removes(picture)
        await ann.until(lambda: ann.screen[picture].removed)
        assert not ann.unreadable
        assert not bob.unreadable


async def test_people_go_on_after_the_server_was_killed(synapse: Synapse):
    async with NioPhone(synapse, "ann") as ann, MautrixPhone(synapse, "bob") as bob:
        await meet(ann, bob, encrypted=True)
        await ann.say("一")
        await bob.hears("一")
        await asyncio.to_thread(synapse.kill)
        await asyncio.to_thread(synapse.start)
        await ann.say("二")
        await bob.hears("二")
        await bob.say("三")
        await ann.hears("三")


def test_a_user_may_be_limited_and_set_free(synapse: Synapse):
    ann = synapse.account("ann")
    room = synapse.call(ann["access_token"], "POST", "/createRoom", {})["room_id"]

    def sends(*numbers: int) -> None:
        for number in numbers:
            path = f"/rooms/{room}/send/m.room.message/{number}"
            synapse.call(ann["access_token"], "PUT", path, {"msgtype": "m.text", "body": "-"})

    synapse.limit(ann["user_id"], 1, 1)
    with pytest.raises(Refused, match="M_LIMIT_EXCEEDED"):
        sends(1, 2, 3)
    synapse.limit(ann["user_id"], 0, 0)
    sends(4, 5, 6)


def test_who_has_no_invitation_cannot_register(synapse: Synapse):
    with pytest.raises(Refused, match="Registration has been disabled"):
        synapse.call("", "POST", "/register", {"username": "x", "password": "y"})
