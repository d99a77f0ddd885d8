"""A real Matrix homeserver for the tests: Synapse on loopback, with a folder of its own.

It says itself when it is ready (as to systemd) and may be stopped, killed and started again in
the middle of a test: the port and what it knows stay.
"""

import hashlib
import hmac
import json
import os
import secrets
import socket
import subprocess
import sys
from pathlib import Path
from random import SystemRandom
from typing import Any, Self
from urllib.parse import quote

import httpx

NAME = "hs.test"
PATIENCE = 180.0  # seconds until a start has failed: the machine may be busy
SEEN_THROUGH = 5.0  # seconds for what is on its way; then it is ended, as systemd does
OUT_OF_THE_WAY = range(12_000, 32_000)  # of the ports that outgoing connections are given
NO_LIMIT = {"per_second": 1e5, "burst_count": 100_000}
UNLIMITED = {
    "rc_message": NO_LIMIT,
    "rc_registration": NO_LIMIT,
    "rc_login": {"address": NO_LIMIT, "account": NO_LIMIT, "failed_attempts": NO_LIMIT},
    "rc_joins": {"local": NO_LIMIT, "remote": NO_LIMIT},
    "rc_joins_per_room": NO_LIMIT,
    "rc_invites": {"per_room": NO_LIMIT, "per_user": NO_LIMIT, "per_issuer": NO_LIMIT},
    "rc_room_creation": NO_LIMIT,
    "rc_admin_redaction": NO_LIMIT,
    "rc_media_create": NO_LIMIT,
    "rc_delayed_event_mgmt": NO_LIMIT,
}
LOG = {
    "version": 1,
    "formatters": {"line": {"format": "%(asctime)s %(name)s %(levelname)s %(message)s"}},
    "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"level": "WARNING", "handlers": ["out"]},
    "disable_existing_loggers": False,
}


class Refused(Exception):
    """The server's answer was an error."""


class Server:
    """Synapse as a process, with a configuration that lies there already."""

    def __init__(self, folder: Path, command: list[str], port: int) -> None:
        self.folder, self.command = folder, command
        self.url = f"http://127.0.0.1:{port}"
        self._http = httpx.Client(base_url=self.url, timeout=PATIENCE, trust_env=False)
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._http.close()

    def start(self) -> None:
        """Returns when it answers, at once if it runs. Raises RuntimeError with its last words
        when it does not come up."""
        if self._process and self._process.poll() is None:
            return
        place = str(self.folder / "ready")
        Path(place).unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ready:
            ready.bind(place)
            ready.settimeout(0.5)
            with (self.folder / "log").open("ab") as log:
                self._process = subprocess.Popen(
                    self.command, cwd=self.folder, stdout=log, stderr=log,
                    env=os.environ | {"NOTIFY_SOCKET": place},
                )  # fmt: skip
            self._wait(ready)

    def _wait(self, ready: socket.socket) -> None:
        assert self._process
        for _ in range(int(2 * PATIENCE)):
            try:
                assert b"READY=1" in ready.recv(100)
                return
            except TimeoutError:
                if self._process.poll() is not None:
                    break
        self.kill()
        raise RuntimeError((self.folder / "log").read_text()[-2000:])

    def stop(self) -> None:
        """As on SIGTERM: what it is doing is seen through."""
        if self._process:
            self._process.terminate()
            try:
                self._process.wait(SEEN_THROUGH)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()

    def call(self, token: str, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """The client API, below `/_matrix/client/v3`."""
        return self._ask(method, f"/_matrix/client/v3{path}", body, token)

    def _ask(self, method: str, path: str, body: Any = None, token: str = "") -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = self._http.request(method, path, json=body, headers=headers)
        if answer.status_code != 200:
            raise Refused(answer.status_code, answer.text)
        return dict(answer.json())


class Synapse(Server):
    """`more` are lines of its configuration that differ from the ones below."""

    def __init__(self, folder: Path, **more: Any) -> None:
        file, self.port = folder / "homeserver.yaml", free_port()
        command = [sys.executable, "-m", "synapse.app.homeserver", "-c", str(file)]
        super().__init__(folder, command, self.port)
        self.secret = secrets.token_hex(16)
        self._warden = ""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "log.yaml").write_text(json.dumps(LOG))
        file.write_text(json.dumps(self._config() | more))  # JSON is YAML

    def _config(self) -> dict[str, Any]:
        listener = {"type": "http", "port": self.port, "bind_addresses": ["127.0.0.1"]}
        names = [{"names": ["client"]}]
        return UNLIMITED | {
            "server_name": NAME,
            "public_baseurl": self.url,
            "listeners": [listener | {"resources": names}],
            "database": {"name": "sqlite3", "args": {"database": str(self.folder / "hs.db")}},
            "media_store_path": str(self.folder / "media"),
            "log_config": str(self.folder / "log.yaml"),
            "signing_key": f"ed25519 a_1 {'A' * 43}",
            "registration_shared_secret": self.secret,
            "macaroon_secret_key": self.secret,
            "form_secret": self.secret,
            "bcrypt_rounds": 4,
            "report_stats": False,
            "trusted_key_servers": [],
            "federation_domain_whitelist": [],
            "url_preview_enabled": False,
            "presence": {"enabled": False},
        }

    def register(self, name: str, password: str = "", *, admin: bool = False) -> dict[str, Any]:
        """A new account: `user_id`, `access_token` and `device_id`."""
        password = password or f"pw-{name}"
        nonce = self._ask("GET", "/_synapse/admin/v1/register")["nonce"]
        kind = "admin" if admin else "notadmin"
        signed = "\0".join([nonce, name, password, kind]).encode()
        mac = hmac.new(self.secret.encode(), signed, hashlib.sha1).hexdigest()
        who = {"username": name, "password": password, "admin": admin}
        return self._ask("POST", "/_synapse/admin/v1/register", who | {"nonce": nonce, "mac": mac})

    def account(self, name: str) -> dict[str, Any]:
        """As after logging in on a new device; the account is made where there is none."""
        who = {"type": "m.id.user", "user": name}
        login = {"type": "m.login.password", "identifier": who, "password": f"pw-{name}"}
        try:
            return self._ask("POST", "/_matrix/client/v3/login", login)
        except Refused:
            return self.register(name)

    def limit(self, user: str, per_second: int, burst: int) -> None:
        """What this one user may send; 0 and 0: without limit, wherever the server has one."""
        path = f"/_synapse/admin/v1/users/{quote(user)}/override_ratelimit"
        self.admin("POST", path, {"messages_per_second": per_second, "burst_count": burst})

    def admin(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        if not self._warden:
            self._warden = self._admin()["access_token"]
        return self._ask(method, path, body, self._warden)

    def _admin(self) -> dict[str, Any]:
        try:
            return self.register("warden", admin=True)
        except Refused:  # made when this folder was used before
            return self.account("warden")


def free_port() -> int:
    """Not one of those that the system gives to outgoing connections: while the server is down
    another program's connection could sit on it."""
    while True:
        port = SystemRandom().choice(OUT_OF_THE_WAY)
        with socket.socket() as attempt:
            try:
                attempt.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
