"""What Telegram accepts: aiogram's models of the Bot API, and the limits they do not know."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

import aiogram.methods
from aiogram.methods.base import TelegramMethod
from pydantic import BaseModel, ValidationError

METHODS: dict[str, type[TelegramMethod[Any]]] = {
    name[0].lower() + name[1:]: getattr(aiogram.methods, name) for name in aiogram.methods.__all__
}
TEXTS = {"text": 4096, "caption": 1024}


class Wrong(Exception):
    """Telegram would refuse this; the words are for the test that caused it."""


def read(text: str) -> Any:
    """A field of a form: objects and lists come as JSON, all else as text."""
    if text[:1] in ("{", "["):
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def check(method: str, params: dict[str, Any], files: Iterable[str]) -> None:
    """Raises Wrong."""
    shape = METHODS.get(method)
    if shape is None:
        raise Wrong(f"{method} is not a method of the Bot API")
    try:
        model = shape(**params, **{name: f"attach://{name}" for name in files})
    except ValidationError as problem:
        raise Wrong(f"{method}: {problem.errors(include_input=False)}") from None
    for words in (*unknown(model), *texts(method, params), *buttons(params), *others(params)):
        raise Wrong(f"{method}: {words}")


def unknown(model: BaseModel, where: str = "") -> Iterator[str]:
    """aiogram lets fields pass that it does not know."""
    for name in model.model_extra or {}:
        yield f"unknown field {where}{name}"
    for name in model.model_fields_set:
        value = getattr(model, name)
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, BaseModel):
                yield from unknown(inner, f"{where}{name}.")


def texts(method: str, params: dict[str, Any]) -> Iterator[str]:
    for name, limit in TEXTS.items():
        count = len(str(params.get(name, "x")).encode("utf-16-le")) // 2
        if method == "answerCallbackQuery":
            limit = 200
        if not 1 <= count <= limit:
            yield f"{name} has {count} characters"
        if name in params and not str(params[name]).strip():
            yield f"{name} is blank"


def buttons(params: dict[str, Any]) -> Iterator[str]:
    markup = params.get("reply_markup") or {}
    rows = markup.get("inline_keyboard", [])
    if any(not 1 <= len(row) <= 8 for row in rows) or sum(map(len, rows)) > 100:
        yield "too many or too few buttons"
    for button in (button for row in rows for button in row):
        data = button.get("callback_data")
        if data is not None and not 1 <= len(data.encode()) <= 64:
            yield f"callback_data of {len(data.encode())} bytes"
        if len(button.keys() - {"text"}) != 1 or not button["text"].strip():
            yield f"a button does not do exactly one thing: {sorted(button)}"
        if "url" in button and not re.match(r"(https?|tg)://\S+\.\S+", button["url"]):
            yield "a button with an address Telegram does not open"


def others(params: dict[str, Any]) -> Iterator[str]:
    for command in params.get("commands", ()):
        if not re.fullmatch(r"[a-z0-9_]{1,32}", command["command"]):
            yield f"command {command['command']}"
        if not 1 <= len(command["description"]) <= 256:
            yield f"description of command {command['command']}"
    if not re.fullmatch(r"[A-Za-z0-9_-]{0,256}", str(params.get("secret_token", ""))):
        yield "secret_token"
