"""One person's message on its way through the handlers: who, when, where, in whose office."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from handlers.talk import Incoming
from locales import gettext as _
from locales import language
from models.draft import OpenDraft
from models.elder import Elder, Who, age, masked
from models.mailbox import Menu
from models.org import unit_name
from models.staff import Chat, Staff


class Unclear(Exception):
    """What was written cannot be used; the message says what to do, in one sentence."""


@dataclass(frozen=True)
class Office:
    """What the operator set. `hosted` are the networks that show names in full; `links` give
    the address a network opens an invitation with, as a text with one `{code}`. `lined` are
    those without buttons, where a choice is written as its number."""

    zone: ZoneInfo
    locale: str = "zh_CN"
    hosted: frozenset[str] = frozenset({"web", "matrix"})
    lined: frozenset[str] = frozenset({"matrix"})
    links: dict[str, str] = field(default_factory=dict)


@dataclass
class Newcomer:
    """A message from a chat that belongs to nobody yet; `joined` is set once it does."""

    session: Session
    office: Office
    now: datetime
    said: Incoming
    chat: Chat
    joined: Staff | None = None
    menu: Menu | None = None


@dataclass
class Turn:
    """A known person's message. `drafts` are all of this person's; handlers add and remove."""

    session: Session
    office: Office
    now: datetime
    said: Incoming
    chat: Chat
    staff: Staff
    drafts: list[OpenDraft]
    menu: Menu | None = None  # buttons shown in this batch, not stored yet
    masked: set[str] = field(default_factory=set)  # names that may not leave in full

    @cached_property
    def today(self) -> date:
        return local_date(self.now, self.office.zone)

    @cached_property
    def lined(self) -> bool:
        """This network has no buttons: choices are numbered lines."""
        return self.chat.network in self.office.lined

    @cached_property
    def hosted(self) -> bool:
        return self.chat.network in self.office.hosted

    @property
    def sent_at(self) -> datetime:
        """When the person pressed send; a phone without signal delivers much later."""
        sent = self.said.sent_at
        return sent if sent and sent < self.now else self.now

    def open_draft(self) -> OpenDraft | None:
        """The dialogue the person is in: the one touched last, unless it was put aside."""
        open_ = [draft for draft in self.drafts if not draft.parked]
        return max(open_, key=lambda draft: draft.updated_at, default=None)

    def shown(self, name: str) -> str:
        """A name as this network may show it: masked where the office is not the host."""
        if self.hosted:
            return name
        self.masked.add(name)
        return masked(name)

    def label(self, elder: Elder | Who) -> str:
        """高永昌 81岁 柳泉村: enough to tell two people of one name apart."""
        return person_line(self.shown(elder.name), age(elder, self.today), self.village(elder))

    def kept(self, elder: Elder | Who) -> list[Any]:
        """What a draft remembers of an elder: it may be resumed where names are masked."""
        return [elder.code, elder.name, age(elder, self.today), self.village(elder)]

    def label_of(self, kept: Sequence[Any]) -> str:
        """The label of what `kept` gave, as this network may show it."""
        _code, name, years, village = kept
        return person_line(self.shown(name), years, village)

    def hidden_label(self, elder: Elder | Who) -> str:
        """高*昌 81岁 柳泉村: for what shows on a lock screen, whatever the network."""
        return person_line(masked(elder.name), age(elder, self.today), self.village(elder))

    def village(self, elder: Elder | Who) -> str:
        return unit_name(self.session, elder.unit_id)


def person_line(name: str, years: int | None, village: str) -> str:
    if years is None:
        return _("%(name)s, %(village)s") % {"name": name, "village": village}
    return _("%(name)s, %(years)d, %(village)s") % {
        "name": name,
        "years": years,
        "village": village,
    }


def end_of(today: date, zone: ZoneInfo) -> datetime:
    """The midnight with which a day of the office is over."""
    return datetime.combine(today + timedelta(days=1), time(), zone).astimezone(UTC)


def local_date(instant: datetime, zone: ZoneInfo) -> date:
    return instant.astimezone(zone).date()


def day(value: date) -> str:
    """10月29日, Oct 29."""
    return _written(value, "MMMd", language())


def month(value: date) -> str:
    """2025年10月, Oct 2025."""
    return _written(value, "yMMM", language())


@lru_cache(maxsize=2000)
def _written(value: date, parts: str, locale: str) -> str:
    from babel.dates import format_skeleton

    return format_skeleton(parts, value, locale=locale)
