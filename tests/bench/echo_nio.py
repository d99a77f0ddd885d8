"""A peer of the bench `matrix`: matrix-nio says back what it hears, and keeps nothing but keys.

python -m tests.bench.echo_nio URL USER PASSWORD FOLDER
"""

import asyncio
import sys

from nio import AsyncClient, InviteMemberEvent, MatrixRoom, RoomMessageText


async def main(url: str, user: str, password: str, folder: str) -> None:
    client = AsyncClient(url, user, store_path=folder)
    await client.login(password)

    async def echo(room: MatrixRoom, event: RoomMessageText) -> None:
        if event.sender != client.user_id:
            content = {"msgtype": "m.text", "body": event.body}
            await client.room_send(
                room.room_id, "m.room.message", content, ignore_unverified_devices=True
            )

    async def come(room: MatrixRoom, _event: InviteMemberEvent) -> None:
        await client.join(room.room_id)

    client.add_event_callback(echo, RoomMessageText)
    client.add_event_callback(come, InviteMemberEvent)
    await client.sync_forever(timeout=25_000)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
