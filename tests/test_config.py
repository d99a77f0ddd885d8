from pathlib import Path

import pytest

from bot.config import NAMES, Settings, WrongSettings, advice, read_settings, said
from locales import speaking

TOKEN = "12345:" + "x" * 35


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in said():
        monkeypatch.delenv(name)


def settings(tmp_path: Path, *lines: str) -> Settings:
    file = tmp_path / "settings"
    file.write_text("\n".join(lines), "utf-8")
    with speaking("en"):
        return read_settings(file)


def refused(tmp_path: Path, *lines: str) -> list[str]:
    with pytest.raises(WrongSettings) as problem:
        settings(tmp_path, *lines)
    return problem.value.sentences


def advised(tmp_path: Path, *lines: str) -> list[str]:
    with speaking("en"):
        return list(advice(settings(tmp_path, *lines), said(tmp_path / "settings")))


def test_without_any_setting_it_is_practice_on_this_machine_only(tmp_path: Path) -> None:
    found = settings(tmp_path)
    assert found.practice
    assert (found.host, found.port, found.timezone, found.locale) == (
        "127.0.0.1",
        8765,
        "Asia/Shanghai",
        "zh_CN",
    )
    assert advised(tmp_path) == []


def test_a_token_ends_practice_and_never_prints_itself(tmp_path: Path) -> None:
    found = settings(tmp_path, f"LIAISON_TELEGRAM_TOKEN={TOKEN}")
    assert not found.practice
    assert TOKEN not in repr(found)
    assert found.secrets == [TOKEN]


def test_the_password_of_the_database_is_a_secret(tmp_path: Path) -> None:
    found = settings(tmp_path, "LIAISON_DATABASE_URL=postgresql://bot:open-sesame@db/liaison")
    assert "open-sesame" in found.secrets
    assert "open-sesame" not in repr(found)


def test_the_environment_wins_over_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LIAISON_HTTP", "127.0.0.1:9000")
    assert settings(tmp_path, "LIAISON_HTTP=127.0.0.1:1").port == 9000


def test_an_empty_value_is_no_value(tmp_path: Path) -> None:
    assert settings(tmp_path, "LIAISON_TELEGRAM_TOKEN=", "LIAISON_HTTP=").practice


@pytest.mark.parametrize(
    "line",
    [
        "LIAISON_TELEGRAM_TOKEN=secret-word",
        "LIAISON_TELEGRAM_TOKEN=1:secret-word…",
        "LIAISON_TELEGRAM_API=secret-word",
        "LIAISON_TELEGRAM_PROXY=secret-word",
        "LIAISON_TELEGRAM_PROXY=ftp://secret-word:80",
        "LIAISON_TELEGRAM_WEBHOOK_URL=http://secret-word",
        "LIAISON_TELEGRAM_WEBHOOK_SECRET=secret-word!",
        "LIAISON_DATABASE_URL=mysql://u:secret-word@h/n",
        "LIAISON_HTTP=secret-word",
        "LIAISON_HTTP=127.0.0.1:99999",
        "LIAISON_TIMEZONE=Asia/Secret-word",
        "LIAISON_TIMEZONE=../secret-word",
        "LIAISON_LOCALE=secret-word",
        "LIAISON_LOG_LEVEL=secret-word",
        "LIAISON_TELEGRAM_FULL_NAMES=secret-word",
    ],
)
def test_each_wrong_value_gets_a_sentence_that_names_the_setting_and_not_the_value(
    tmp_path: Path, line: str
) -> None:
    (sentence,) = refused(tmp_path, line)
    assert sentence.startswith(line.split("=")[0] + ": ")
    assert sentence.endswith(".")
    assert "secret-word" not in sentence.lower()


def test_what_is_to_be_typed_is_shown_with_the_signs_it_is_typed_with(tmp_path: Path) -> None:
    """A colon of the Chinese keyboard makes no address."""
    file = tmp_path / "settings"
    file.write_text("LIAISON_HTTP=x\nLIAISON_DATABASE_URL=x\nLIAISON_TELEGRAM_PROXY=x", "utf-8")
    with speaking("zh_CN"), pytest.raises(WrongSettings) as problem:
        read_settings(file)
    shown = [sentence.partition("：")[2] for sentence in problem.value.sentences]
    assert len(shown) == 3
    assert not [sentence for sentence in shown if "：" in sentence]


def test_all_wrong_settings_are_told_at_once(tmp_path: Path) -> None:
    assert len(refused(tmp_path, "LIAISON_HTTP=x", "LIAISON_LOCALE=x", "LIAISON_TIMEZONE=x")) == 3


def test_half_a_matrix_account_is_refused(tmp_path: Path) -> None:
    (sentence,) = refused(tmp_path, "LIAISON_MATRIX_HOMESERVER=https://chat.example")
    assert "LIAISON_MATRIX_PASSWORD" in sentence


def test_a_webhook_without_a_secret_is_refused(tmp_path: Path) -> None:
    (sentence,) = refused(tmp_path, "LIAISON_TELEGRAM_WEBHOOK_URL=https://bot.example/hook")
    assert "LIAISON_TELEGRAM_WEBHOOK_SECRET" in sentence


def test_a_mistyped_name_is_told_with_the_nearest_one(tmp_path: Path) -> None:
    assert advised(tmp_path, "LIAISON_TELEGRAM_TOKN=1:x") == [
        "LIAISON_TELEGRAM_TOKN is not a setting: did you mean LIAISON_TELEGRAM_TOKEN?"
    ]


@pytest.mark.parametrize("http", ["0.0.0.0:80", "[::]:80", "office.example:80"])
def test_a_door_open_to_other_machines_is_told(tmp_path: Path, http: str) -> None:
    assert len(advised(tmp_path, f"LIAISON_HTTP={http}")) == 1


@pytest.mark.parametrize("http", ["127.0.0.2:80", "[::1]:80", "localhost:80"])
def test_this_machine_alone_is_no_open_door(tmp_path: Path, http: str) -> None:
    assert advised(tmp_path, f"LIAISON_HTTP={http}") == []


def test_every_name_that_operators_rely_on_is_a_setting() -> None:
    names = (
        "TELEGRAM_TOKEN TELEGRAM_API TELEGRAM_PROXY TELEGRAM_WEBHOOK_URL TELEGRAM_WEBHOOK_SECRET "
        "MATRIX_HOMESERVER MATRIX_USER MATRIX_PASSWORD DATABASE_URL DATA_DIR HTTP TIMEZONE LOCALE "
        "LOG_LEVEL"
    )
    assert {f"LIAISON_{name}" for name in names.split()} <= set(NAMES)
