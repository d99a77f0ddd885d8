"""The bot's identity on Matrix: keys that vouch for its device, so that no client warns of it.

nio knows nothing of cross-signing, so it is done here, in three steps: a master key, a key that
signs devices and is signed by the master, and its signature under the device.
"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from nio import Api
from nio.crypto import OlmAccount

from bot.matrix_device import OWNER, write_private
from bot.transports import Down

if TYPE_CHECKING:
    from bot.transports.matrix_client import Client

log = structlog.get_logger()
Json = dict[str, Any]


class Owner:
    """`master` and `signer` are used for their signatures only."""

    def __init__(self, user: str, master: Any, signer: Any) -> None:
        self.user, self.master, self.signer = user, master, signer

    @property
    def master_key(self) -> Json:
        return {"user_id": self.user, "usage": ["master"], "keys": named(self.master)}

    @property
    def signing_key(self) -> Json:
        key = {"user_id": self.user, "usage": ["self_signing"], "keys": named(self.signer)}
        return signed(key, self.user, self.master)


def public(account: Any) -> str:
    return str(account.identity_keys["ed25519"])


def named(account: Any) -> dict[str, str]:
    return {f"ed25519:{public(account)}": public(account)}


def signed(what: Json, user: str, account: Any) -> Json:
    """With this key's signature instead of any other."""
    bare = {k: v for k, v in what.items() if k not in ("signatures", "unsigned")}
    signature = account.sign(Api.to_canonical_json(bare))
    return {**bare, "signatures": {user: {f"ed25519:{public(account)}": signature}}}


def owner_of(folder: Path, user: str) -> Owner:
    """The kept keys, or new ones."""
    file = folder / OWNER
    if not file.exists():
        fresh = {name: OlmAccount().pickle().decode() for name in ("master", "signer")}
        write_private(file, json.dumps(fresh))
    kept = json.loads(file.read_text("utf-8"))
    master, signer = (OlmAccount.from_pickle(kept[name].encode()) for name in ("master", "signer"))
    return Owner(user, master, signer)


async def vouch(client: "Client", password: str) -> None:
    """Makes the homeserver show the bot's device as signed by the bot's identity."""
    me, device = str(client.user_id), str(client.device_id)
    owner = owner_of(client.folder, me)
    _status, shown = await client.ask("/keys/query", {"device_keys": {me: []}})
    mine = shown["device_keys"][me][device]
    if public(owner.master) not in str(shown.get("master_keys", {}).get(me)):
        await publish(client, owner, password)
    elif f"ed25519:{public(owner.signer)}" in mine["signatures"][me]:
        return
    body = {me: {device: signed(mine, me, owner.signer)}}
    status, answer = await client.ask("/keys/signatures/upload", body)
    if status != 200 or answer.get("failures"):
        raise Down
    log.info("matrix_device_signed", device=device)


async def publish(client: "Client", owner: Owner, password: str) -> None:
    """The homeserver may ask for the password first."""
    keys = {"master_key": owner.master_key, "self_signing_key": owner.signing_key}
    status, answer = await client.ask("/keys/device_signing/upload", keys)
    if status == 401 and "session" in answer:
        who = {"type": "m.id.user", "user": owner.user}
        auth = {"type": "m.login.password", "identifier": who, "password": password}
        auth["session"] = answer["session"]
        status, answer = await client.ask("/keys/device_signing/upload", keys | {"auth": auth})
    if status != 200:
        raise Down
