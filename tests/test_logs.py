import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from bot import logs

TOKEN = "1234567890:AAH" + "x" * 32


@pytest.fixture(autouse=True)
def quiet_again() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(False)
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_one_event_is_one_json_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.start()
    structlog.get_logger().info("batch", size=3, note="a\nb")
    (event,) = lines(capsys)
    assert (event["event"], event["level"], event["size"]) == ("batch", "info", 3)


def test_tokens_and_configured_secrets_are_hidden(capsys: pytest.CaptureFixture[str]) -> None:
    logs.start(secrets=["open-sesame"])
    structlog.get_logger().info("x", url=f"https://a/bot{TOKEN}/getMe", word="open-sesame")
    err = capsys.readouterr().err
    assert TOKEN not in err
    assert "open-sesame" not in err
    assert err.count(logs.HIDDEN) == 2


def test_an_exception_leaves_its_kind_and_place_but_not_its_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.start()
    try:
        raise ValueError("高永昌 +86 000 0000 0001")
    except ValueError:
        structlog.get_logger().exception("failed")
    (event,) = lines(capsys)
    assert event["error"] == "ValueError"
    assert event["at"][0].startswith("test_logs.py:")
    assert "高永昌" not in str(event)


def test_a_library_s_line_comes_without_the_values_in_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    logs.start()
    logging.getLogger("some.library").error("cannot read %s", "高永昌")
    logging.getLogger("some.library").error("cannot read 高永昌 at all")
    first, second = lines(capsys)
    assert first["text"] == "cannot read %s"
    assert "高永昌" not in str(second)
    assert second["place"].startswith("test_logs:")


def test_the_http_client_does_not_tell_where_it_went(capsys: pytest.CaptureFixture[str]) -> None:
    logs.start("DEBUG")
    logging.getLogger("httpx").info("HTTP Request: POST %s", f"https://a/bot{TOKEN}/getMe")
    assert lines(capsys) == []


def test_less_important_events_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    logs.start("WARNING")
    structlog.get_logger().info("batch")
    assert lines(capsys) == []


def test_an_object_is_only_named_by_its_kind(capsys: pytest.CaptureFixture[str]) -> None:
    logs.start()
    structlog.get_logger().info("x", what=ValueError("高永昌"))
    assert lines(capsys)[0]["what"] == "ValueError"
