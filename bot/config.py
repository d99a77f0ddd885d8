"""What the operator decided: read from `LIAISON_*` in the environment and `.env`, checked once."""

import os
import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cached_property
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from dotenv import dotenv_values
from pydantic import SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from locales import LANGUAGES
from locales import gettext as _
from models.database import WrongUrl, tidy_url

PREFIX = "LIAISON_"
TEST_PREFIX = "LIAISON_TEST_"
TELEGRAM_API = "https://api.telegram.org"
LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
MATRIX_PARTS = ("HOMESERVER", "USER", "PASSWORD")
PROXIES = ("socks5", "socks5h", "http", "https")
SHORTEST_SECRET = 6  # hiding a shorter word would tear holes into every line
NOTHING = SecretStr("")


class Problem(Exception):
    """Ends a command: one sentence for the operator that says what happened and what to do."""

    exit_code = 1


class WrongSettings(Problem):
    """One sentence for each setting that cannot be used."""

    exit_code = 2

    def __init__(self, sentences: list[str]) -> None:
        super().__init__("\n".join(sentences))
        self.sentences = sentences


class Settings(BaseSettings):
    """All settings; `practice` when no chat network is named. Secrets never print themselves."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_ignore_empty=True, extra="ignore", frozen=True
    )

    telegram_token: SecretStr = NOTHING
    telegram_api: str = TELEGRAM_API
    telegram_proxy: SecretStr = NOTHING
    telegram_webhook_url: str = ""
    telegram_webhook_secret: SecretStr = NOTHING
    telegram_full_names: bool = False
    matrix_homeserver: str = ""
    matrix_user: str = ""
    matrix_password: SecretStr = NOTHING
    database_url: SecretStr = NOTHING
    data_dir: Path = Path("data")
    http: str = "127.0.0.1:8765"
    timezone: str = "Asia/Shanghai"
    locale: str = "zh_CN"
    log_level: str = "INFO"

    @field_validator("telegram_token")
    @classmethod
    def looks_like_a_token(cls, token: SecretStr) -> SecretStr:
        if token.get_secret_value() and not re.fullmatch(
            r"\d+:[\w-]+", token.get_secret_value(), re.ASCII
        ):
            raise ValueError(_("it is not what @BotFather gave: digits, a colon and letters"))
        return token

    @field_validator("telegram_api", "telegram_webhook_url", "matrix_homeserver")
    @classmethod
    def is_a_web_address(cls, url: str) -> str:
        parts = urlsplit(url)
        if url and (parts.scheme not in ("http", "https") or not parts.hostname):
            raise ValueError(_("write an address that begins with https:// or http://"))
        return url.rstrip("/")

    @field_validator("telegram_webhook_url")
    @classmethod
    def is_one_telegram_writes_to(cls, url: str) -> str:
        if url and not url.startswith("https://"):
            raise ValueError(_("write an address that begins with https://"))
        return url

    @field_validator("telegram_proxy")
    @classmethod
    def is_a_proxy(cls, proxy: SecretStr) -> SecretStr:
        parts = urlsplit(proxy.get_secret_value())
        known = parts.scheme in PROXIES and parts.hostname
        if proxy.get_secret_value() and not known:
            raise ValueError(_("write socks5://host:port or http://host:port"))
        return proxy

    @field_validator("telegram_webhook_secret")
    @classmethod
    def is_allowed_by_telegram(cls, secret: SecretStr) -> SecretStr:
        if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", secret.get_secret_value()):
            raise ValueError(_("use only letters A-Z, digits, _ and -, at most 256"))
        return secret

    @field_validator("database_url")
    @classmethod
    def is_a_database(cls, url: SecretStr) -> SecretStr:
        if url.get_secret_value():
            try:
                tidy_url(url.get_secret_value())
            except WrongUrl:
                raise ValueError(
                    _("write sqlite:////path/liaison.db or postgresql://user:password@host/name")
                ) from None
        return url

    @field_validator("http")
    @classmethod
    def is_host_and_port(cls, http: str) -> str:
        host, _colon, port = http.rpartition(":")
        if not host or not port.isdigit() or int(port) > 65535:
            raise ValueError(_("write host:port, such as 127.0.0.1:8765"))
        return http

    @field_validator("timezone")
    @classmethod
    def is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ValueError, OSError, KeyError):
            raise ValueError(_("this zone is not known: write one such as Asia/Shanghai")) from None
        return name

    @field_validator("locale")
    @classmethod
    def is_a_language(cls, locale: str) -> str:
        if locale not in LANGUAGES:
            raise ValueError(_("write one of: %(choices)s") % {"choices": ", ".join(LANGUAGES)})
        return locale

    @field_validator("log_level")
    @classmethod
    def is_a_level(cls, level: str) -> str:
        if level.upper() not in LEVELS:
            raise ValueError(_("write one of: %(choices)s") % {"choices": ", ".join(LEVELS)})
        return level.upper()

    @model_validator(mode="after")
    def is_complete(self) -> "Settings":
        matrix = (self.matrix_homeserver, self.matrix_user, self.matrix_password.get_secret_value())
        if any(matrix) and not all(matrix):
            names = ", ".join(PREFIX + "MATRIX_" + part for part in MATRIX_PARTS)
            raise ValueError(_("Matrix needs all three of %(names)s.") % {"names": names})
        if self.telegram_webhook_url and not self.telegram_webhook_secret.get_secret_value():
            raise ValueError(_("A webhook needs LIAISON_TELEGRAM_WEBHOOK_SECRET: any long word."))
        return self

    @property
    def practice(self) -> bool:
        """No network is configured: the demo county, in a database of its own."""
        return not self.telegram_token.get_secret_value() and not self.matrix_homeserver

    @cached_property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def host(self) -> str:
        return self.http.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.http.rpartition(":")[2])

    @property
    def database(self) -> str:
        """The address of the office's database; holds a password on PostgreSQL."""
        file = self.data_dir.absolute() / "liaison.db"
        return self.database_url.get_secret_value() or f"sqlite:///{file}"

    @property
    def practice_database(self) -> str:
        return f"sqlite:///{self.data_dir.absolute() / 'practice' / 'practice.db'}"

    @property
    def secrets(self) -> list[str]:
        """What must never stand in a log."""
        values = (value for value in dict(self).values() if isinstance(value, SecretStr))
        words = [value.get_secret_value() for value in values]
        words.append(tidy_url(self.database).password or "")
        return [word for word in words if len(word) >= SHORTEST_SECRET]


NAMES = tuple(PREFIX + name.upper() for name in Settings.model_fields)


def said(env_file: Path = Path(".env")) -> dict[str, str]:
    """Every LIAISON_* the operator wrote; the environment wins over the file."""
    everything: Mapping[str, str | None] = {**dotenv_values(env_file), **os.environ}
    return {
        name.upper(): value
        for name, value in everything.items()
        if value and name.upper().startswith(PREFIX) and not name.upper().startswith(TEST_PREFIX)
    }


def read_settings(env_file: Path = Path(".env")) -> Settings:
    """Raises WrongSettings with a sentence for each setting that cannot be used."""
    try:
        return Settings(_env_file=env_file)  # type: ignore[call-arg]  # pydantic-settings' own
    except ValidationError as problem:
        raise WrongSettings([sentence(dict(error)) for error in problem.errors()]) from None


def sentence(error: dict[str, object]) -> str:
    """Never repeats what was written: it may be a secret."""
    context = error.get("ctx")
    ours = context.get("error") if isinstance(context, dict) else None
    where = error["loc"]
    if not isinstance(where, tuple) or not where:
        return str(ours)
    why = str(ours) if ours else _("write true or false")  # no other kind is read by pydantic
    return _("%(name)s: %(why)s.") % {"name": PREFIX + str(where[0]).upper(), "why": why}


def advice(settings: Settings, written: Mapping[str, str]) -> Iterator[str]:
    """What works but is probably not meant: unknown names, doors that stand open."""
    for name in sorted(set(written) - set(NAMES)):
        near = get_close_matches(name, NAMES, n=1)
        if near:
            words = {"name": name, "near": near[0]}
            yield _("%(name)s is not a setting: did you mean %(near)s?") % words
        else:
            yield _("%(name)s is not a setting and is ignored.") % {"name": name}
    if not is_loopback(settings.host):
        yield _(
            "LIAISON_HTTP listens to other machines: put a web server with https in front of it, "
            "or write 127.0.0.1."
        )
    if settings.telegram_full_names:
        yield _("LIAISON_TELEGRAM_FULL_NAMES sends elders' full names to Telegram's servers.")


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
