"""Loads the message catalogues and keeps the language of the message being handled."""

import gettext as _gettext
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from pathlib import Path

LANGUAGES = ("zh_CN", "en")
DEFAULT = "zh_CN"
_language: ContextVar[str] = ContextVar("language", default=DEFAULT)


@lru_cache
def _catalogue(language: str) -> _gettext.NullTranslations:
    return _gettext.translation("messages", Path(__file__).parent, [language])


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Everything translated inside is in `language`; an unknown one means the default."""
    token = _language.set(language if language in LANGUAGES else DEFAULT)
    try:
        yield
    finally:
        _language.reset(token)


def language() -> str:
    return _language.get()


def gettext(message: str) -> str:
    return _translated(_language.get(), message)


@lru_cache(10_000)  # more than there are: a card asks for twenty
def _translated(language: str, message: str) -> str:
    return _catalogue(language).gettext(message)


def ngettext(one: str, many: str, count: int) -> str:
    return _catalogue(_language.get()).ngettext(one, many, count)


def mark(message: str) -> str:
    """Marks a text for the catalogues where it is declared; it is translated when shown."""
    return message
