"""docs/matrix.md, done as it stands there: each command, on a machine that has nothing yet.

Only what belongs to another machine than this one is changed: the folders, the port, who types
(`sudo`), and what starts a service (`systemctl`).
"""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import nio
import pytest
from sqlmodel import Session

from bot.receive import Receiver
from handlers.turn import Office as Rules
from models.database import connect
from tests.bot_api_server import TOKEN, BotApi
from tests.conftest import migrate
from tests.conversation import ZONE, Town, settle
from tests.matrix_people import PATIENCE, NioPhone
from tests.synapse import Refused, Server, free_port

DOCS = Path(__file__).parents[1] / "docs"
SUDO = '#!/bin/sh\n[ "$1" = -u ] && shift 2\nexec "$@"\n'
NAME = "matrix.office.example"
CHAT = 1001


def blocks(file: str, kind: str = "sh") -> list[str]:
    text = (DOCS / file).read_text()
    return re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)


def block(words: str) -> str:
    """The commands in which these words stand."""
    (found,) = [one for one in blocks("matrix.md") if words in one]
    return found


class Machine:
    """A folder in which the paths of the text lie, and the commands it uses."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        for place in (
            "tools",
            "opt/liaison-bot",
            "etc/synapse",
            "etc/systemd/system",
            "var/lib/synapse",
            "var/backups",
        ):
            (folder / place).mkdir(parents=True)
        for name, script in {"sudo": SUDO, "systemctl": "#!/bin/sh\n"}.items():
            (folder / "tools" / name).write_text(script)
            (folder / "tools" / name).chmod(0o755)

    def here(self, text: str) -> str:
        """The text with this machine's folders and port."""
        text = text.replace("/opt/synapse/bin", str(Path(sys.executable).parent))
        text = text.replace("8008", str(self.port)).replace("-C /", f"-C {self.folder}")
        return re.sub(r"(?<![\w}])/(?=(etc|var|opt/liaison-bot)/)", f"{self.folder}/", text)

    def run(self, words: str) -> str:
        """Types the commands in which these words stand; gives what they print."""
        done = subprocess.run(
            ["sh", "-e", "-c", self.here(block(words))], capture_output=True, text=True,
            cwd=self.folder, env=os.environ | {"PATH": f"{self.folder}/tools:{os.environ['PATH']}"},
        )  # fmt: skip
        assert done.returncode == 0, (done.stdout, done.stderr)
        return done.stdout

    def read(self, place: str) -> str:
        return (self.folder / place.lstrip("/")).read_text()

    def service(self) -> "Office":
        """What the unit of the text starts."""
        unit = self.read("/etc/systemd/system/synapse.service")
        (command,) = re.findall(r"^ExecStart=(.*)$", unit, re.MULTILINE)
        return Office(self, command.split())


class Office(Server):
    """Whose people have the passwords that were made for them."""

    def __init__(self, machine: Machine, command: list[str]) -> None:
        super().__init__(machine.folder, command, machine.port)
        self.machine = machine

    def account(self, name: str) -> dict[str, Any]:
        who = {"type": "m.id.user", "user": name}
        login = {
            "type": "m.login.password",
            "identifier": who,
            "password": password(self.machine, name),
        }
        return self._ask("POST", "/_matrix/client/v3/login", login)


class Room:
    """A room as one of its members uses it, straight through the API."""

    def __init__(self, server: Server, token: str, room: str) -> None:
        self.server, self.token, self.path = server, token, f"/rooms/{room}"
        self.numbers = count()

    def say(self, text: str) -> str:
        place = f"{self.path}/send/m.room.message/{next(self.numbers)}"
        body = {"msgtype": "m.text", "body": text}
        return str(self.server.call(self.token, "PUT", place, body)["event_id"])

    def has(self, event: str) -> bool:
        try:
            return bool(self.server.call(self.token, "GET", f"{self.path}/event/{event}"))
        except Refused:
            return False


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """After steps 2 to 5, its server running."""
    machine = Machine(tmp_path_factory.mktemp("office"))
    machine.run("--generate-keys")
    machine.run("enable --now synapse")
    with machine.service() as machine.server:
        machine.run("-u zhouming")
        yield machine


def password(machine: Machine, name: str) -> str:
    return machine.read(f"/etc/synapse/{name}.password").strip()


async def logged_in(machine: Machine, name: str) -> nio.AsyncClient:
    client = nio.AsyncClient(machine.server.url, f"@{name}:{NAME}")
    done = await client.login(password(machine, name))
    assert isinstance(done, nio.LoginResponse), done
    return client


async def test_the_bots_user_logs_in_on_the_server_of_the_text(machine: Machine):
    client = await logged_in(machine, "bot")
    assert client.user_id == f"@bot:{NAME}"
    await client.close()


async def test_a_visit_begun_on_telegram_is_finished_in_an_encrypted_room(machine: Machine):
    """The program itself, with the `.env` of the text; somebody joins by an invitation."""
    machine.run("LIAISON_MATRIX_PASSWORD")
    place = machine.folder / "opt/liaison-bot"
    settle_office(f"sqlite:///{place}/data/liaison.db")
    async with BotApi() as api:
        environment = os.environ | {
            "LIAISON_TELEGRAM_TOKEN": TOKEN, "LIAISON_TELEGRAM_API": api.url,
            "LIAISON_HTTP": "127.0.0.1:0", "PYTHONPATH": str(DOCS.parent),
        }  # fmt: skip
        command = [sys.executable, "-m", "bot"]
        invited = subprocess.run(
            [*command, "invite", "周明"], cwd=place, env=environment, capture_output=True, text=True
        )
        code = next(line for line in invited.stdout.splitlines() if line.startswith("  ")).strip()
        with (place / "log").open("wb") as log:
            bot = subprocess.Popen([*command, "run"], cwd=place, env=environment, stderr=log)
        try:
            api.say(CHAT, "走访 高永昌")
            await api.hears(CHAT, "怎么走访")
            api.press(CHAT, "上门")
            await api.hears(CHAT, "精神")
            async with NioPhone(machine.server, "", "zhouming") as zhou:
                await zhou.opens_with(f"@bot:{NAME}")
                await zhou.talk((f"!join {code}", "是您本人吗"), ("1", "周明"))
                await zhou.talk(("走访 高永昌", "🚪 上门"), ("都好", "在场"), ("1", "核对"))
                await zhou.talk(("1", "已记下"))
                assert all(one.encrypted for one in zhou.others)
                assert not zhou.unreadable
        finally:
            bot.terminate()
            bot.wait()
    assert "高永昌" not in (place / "log").read_text()


def settle_office(url: str) -> None:
    Path(url.removeprefix("sqlite:///")).parent.mkdir()
    migrate(url)
    engine = connect(url)
    town = Town(engine, Receiver(engine, Rules(ZONE)))
    with Session(engine) as session:
        settle(session, town)
    town.person("周明", "telegram", str(CHAT))
    engine.dispose()


async def test_a_direct_chat_is_encrypted_although_the_client_forgot(machine: Machine):
    client = await logged_in(machine, "zhouming")
    made = await client.room_create(
        is_direct=True, preset=nio.RoomPreset.trusted_private_chat, invite=[f"@bot:{NAME}"]
    )
    found = await client.room_get_state_event(made.room_id, "m.room.encryption")
    assert found.content == {"algorithm": "m.megolm.v1.aes-sha2"}
    await client.close()


def test_nobody_registers_alone_and_no_server_is_spoken_to(machine: Machine):
    ask = httpx.Client(base_url=machine.server.url, trust_env=False)
    with ask:
        who = {"username": "eve", "password": "something-long"}
        assert ask.post("/_matrix/client/v3/register", json=who).status_code == 403
        for other in ("/_matrix/federation/v1/version", "/_matrix/key/v2/server"):
            assert ask.get(other).status_code == 404


def test_the_bot_may_write_as_fast_as_it_can(machine: Machine):
    assert machine.run("override_ratelimit").startswith("{'messages_per_second': 0")


LINES = {
    "c.retention.retention_enabled": "True",
    "c.retention.retention_default_max_lifetime // 86_400_000": "180",
    "len(c.retention.retention_purge_jobs)": "1",
    "c.media.media_retention_local_media_lifetime_ms // 86_400_000": "180",
    "c.server.redaction_retention_period // 86_400_000": "7",
    "c.server.user_ips_max_age // 86_400_000": "28",
    "c.registration.enable_registration": "False",
    "c.registration.allow_guest_access": "False",
    "c.auth.password_policy['minimum_length']": "10",
    "c.federation.federation_domain_whitelist": "{}",
    "c.key.key_servers": "[]",
    "c.media.url_preview_enabled": "False",
    "c.media.max_upload_size": str(20 << 20),
    "c.push.push_include_content": "False",
    "c.userdirectory.user_directory_search_all_users": "True",
    "c.server.presence_enabled": "False",
}


def test_the_server_takes_every_line_as_it_is_meant(machine: Machine):
    """What Synapse does not know it passes over without a word."""
    read = "from synapse.config.homeserver import HomeServerConfig as C; c = C.load_config"
    file = machine.here("/etc/synapse/homeserver.yaml")
    told = ", ".join(LINES)
    done = subprocess.run(
        [sys.executable, "-c", f"{read}('', ['-c', '{file}']); print({told}, sep='\\n')"],
        capture_output=True, text=True,
    )  # fmt: skip
    assert dict(zip(LINES, done.stdout.splitlines(), strict=True)) == LINES


async def test_the_copy_of_a_night_is_put_back(machine: Machine):
    client = await logged_in(machine, "zhouming")
    made = await client.room_create(name="办公室")
    await client.close()
    machine.server.stop()
    machine.run("tar -czf")
    for place in ("etc/synapse", "var/lib/synapse"):
        (machine.folder / place).rename(machine.folder / "away")
        shutil.rmtree(machine.folder / "away")
    machine.run("tar -xzf")
    machine.server.start()
    rooms = machine.server.call(client.access_token, "GET", "/joined_rooms")
    assert made.room_id in rooms["joined_rooms"]


CONFIGURATION = "etc/synapse/homeserver.yaml"
SOONER = {"min_lifetime: 1d": "min_lifetime: 1s", "max_lifetime: 180d": "max_lifetime: 3s",
          "interval: 1d": "interval: 1s"}  # fmt: skip


@pytest.fixture
def sooner(machine: Machine) -> Iterator[None]:
    """Seconds stand where days stand in the text."""
    text = changed = machine.read(CONFIGURATION)
    for days, seconds in SOONER.items():
        assert days in text
        changed = changed.replace(days, seconds)
    started_with(machine, changed)
    yield
    started_with(machine, text)


def started_with(machine: Machine, text: str) -> None:
    machine.server.stop()
    (machine.folder / CONFIGURATION).write_text(text)
    machine.server.start()


async def test_what_is_too_old_is_deleted_from_the_server_and_the_room_goes_on(
    machine: Machine, sooner: None
):
    client = await logged_in(machine, "zhouming")
    made = await client.room_create()
    await client.close()
    room = Room(machine.server, client.access_token, made.room_id)
    old = room.say("0")
    async with asyncio.timeout(PATIENCE):
        while room.has(old):
            room.say("-")
            await asyncio.sleep(0.5)
        while not room.has(room.say("-")):  # it lives for seconds only, too
            pass


def test_both_languages_say_the_same_commands():
    for kind in ("sh", "nginx", "ini"):
        assert blocks("matrix.md", kind) == blocks("matrix.zh-CN.md", kind)
