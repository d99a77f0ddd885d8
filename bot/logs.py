"""Logs as one line an event, without names, phones, chat texts or tokens.

Events of ours carry only what is passed by name. What libraries log is cut down to the text
they were written with, and an exception to its kind and place: the values in both can be
anything a person wrote.
"""

import logging
import re
import sys
import traceback
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

TOKEN = re.compile(r"\d{4,}:[\w-]{20,}|/bot\d+:[\w-]+")
HIDDEN = "[hidden]"
NOISY = ("alembic", "httpx", "httpcore", "telegram", "apscheduler", "uvicorn", "nio", "matplotlib")
FRAMES = 4
HOUSE = Path(__file__).parent.parent
ROOMS = ("bot", "handlers", "models", "locales")


def start(level: str = "INFO", secrets: Iterable[str] = ()) -> None:
    """Sends every log line to stderr: JSON, or key=value when a person is watching."""
    to_text: Processor = structlog.processors.JSONRenderer(ensure_ascii=False, default=plain)
    if sys.stderr.isatty():
        to_text = structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"])
    processors: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        place_of_error,
        to_text,
        Redact(secrets),
    ]
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    listen_to_libraries(level)


def plain(value: object) -> str:
    """Values JSON does not know; an object of unknown contents is only named by its kind."""
    return str(value) if isinstance(value, UUID | datetime | date) else type(value).__name__


def listen_to_libraries(level: str) -> None:
    logging.basicConfig(handlers=[Libraries()], level=level, force=True)
    logging.captureWarnings(True)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.WARNING)


class Libraries(logging.Handler):
    """Hands what a library logs to structlog, without the values it put into the text."""

    def emit(self, record: logging.LogRecord) -> None:
        words = str(record.msg).splitlines() if record.args else []
        problem = record.exc_info[1] if record.exc_info else None
        structlog.get_logger().log(
            record.levelno,
            "library",
            logger=record.name,
            text=words[0] if words else "",
            place=f"{record.module}:{record.lineno}",
            exc_info=problem,
        )


def place_of_error(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The kind of the exception and where it came from; its text may repeat what was written."""
    problem = event.pop("exc_info", None)
    if problem is True:
        problem = sys.exc_info()[1]
    if isinstance(problem, BaseException):
        event["error"] = type(problem).__name__
        event["at"] = place(problem)
    return event


def place(problem: BaseException) -> list[str]:
    """Where it was raised, and through which of our own lines, the innermost first."""
    frames = traceback.extract_tb(problem.__traceback__)[::-1]
    told = frames[:1] + [frame for frame in frames[1:] if is_ours(Path(frame.filename))]
    return [f"{Path(frame.filename).name}:{frame.lineno}" for frame in told[:FRAMES]]


def is_ours(file: Path) -> bool:
    return file.is_relative_to(HOUSE) and file.relative_to(HOUSE).parts[0] in ROOMS


class Redact:
    """The last line of defence: hides tokens and the configured secrets in the finished line."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        longest_first = sorted((re.escape(word) for word in secrets), key=len, reverse=True)
        self.secret = re.compile("|".join([*longest_first, TOKEN.pattern]))

    def __call__(self, _logger: WrappedLogger, _method: str, line: Any) -> Any:
        return self.secret.sub(HIDDEN, line)
