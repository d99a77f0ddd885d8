"""From what the words mean to the command that answers, and the label that says what was
understood."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from handlers.ask_office import (
    ELDER,
    FLAG,
    LIST,
    MONTH,
    PERSON,
    PLACE,
    TIER,
    TOPIC,
    WINDOW,
    Meaning,
)
from handlers.ask_words import (
    CASES,
    HISTORY,
    LIST_NAMES,
    PAST,
    PHONE,
    PICTURE,
    REPORT,
    STATUS,
    TOPIC_NAMES,
    WHY,
    WINDOW_NAMES,
)
from handlers.asked import CHARTS, Asked, long
from handlers.flags import FLAG_NAMES
from handlers.turn import Turn
from locales import gettext as _
from models.staff import LEADER

OF_AN_ELDER = {HISTORY: "/history", PHONE: "/phone", WHY: "/why", STATUS: "/brief",
               CASES: "/timeline"}  # fmt: skip
ORDER = (PLACE, PERSON, ELDER, WINDOW, MONTH, TIER, FLAG, LIST, TOPIC)


@dataclass(frozen=True)
class Slots:
    """One meaning for each kind of word there was."""

    of_kind: dict[str, Meaning] = field(default_factory=dict)

    @classmethod
    def of(cls, meanings: Iterable[Meaning]) -> "Slots | None":
        """None where two words of one kind contradict each other."""
        found: dict[str, Meaning] = {}
        for one in meanings:
            if found.setdefault(one.slot, one) != one:
                return None
        return cls(found)

    def get(self, slot: str) -> str:
        return self.of_kind[slot].value if slot in self.of_kind else ""

    def only(self, *slots: str) -> bool:
        return set(self.of_kind) <= set(slots)


def command_for(turn: Turn, slots: Slots) -> str:
    """Empty where the words make no sense together."""
    topic = slots.get(TOPIC)
    if slots.get(ELDER):
        return _of_an_elder(slots, topic)
    if topic == REPORT:
        return _report(turn, slots) if slots.only(PLACE, MONTH, TOPIC) else ""
    if slots.get(MONTH) not in ("", "0"):
        return ""
    if topic == CASES:
        return _cases(slots) if slots.only(PLACE, TOPIC) else ""
    if topic in (HISTORY, PHONE, WHY):
        return ""
    return _status(turn, slots, topic)


def _of_an_elder(slots: Slots, topic: str) -> str:
    usual = "/why" if slots.get(LIST) else "/who"
    command = OF_AN_ELDER.get(topic, "" if topic else usual)
    return f"{command} {slots.get(ELDER)}" if command and slots.only(ELDER, TOPIC, LIST) else ""


def _report(turn: Turn, slots: Slots) -> str:
    """Of the month that was named, else of the last one; a month to come was last year's."""
    said = int(slots.get(MONTH) or -1)
    year, month = turn.today.year, turn.today.month
    if said > 0:
        year, month = year - (said > month), said
    elif said < 0:
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    place = f" u{slots.get(PLACE)}" if slots.get(PLACE) else ""
    return f"/report {year}-{month:02}{place}"


def _cases(slots: Slots) -> str:
    return f"/cases u{slots.get(PLACE)}" if slots.get(PLACE) else "/cases"


def _status(turn: Turn, slots: Slots, topic: str) -> str:
    which = "" if turn.staff.role == LEADER else slots.get(LIST)
    view = CHARTS if topic == PICTURE else ""
    asked = Asked(
        _unit(slots), slots.get(PERSON), slots.get(FLAG), slots.get(TIER), which, view,
        past=slots.get(WINDOW) == PAST,
    )  # fmt: skip
    return asked.code()


def _unit(slots: Slots) -> UUID | None:
    return long(slots.get(PLACE)) if slots.get(PLACE) else None


def label_of(slots: Slots) -> str:
    """岚桥镇 独居 还没去"""
    return " ".join(_word(slots.of_kind[slot]) for slot in ORDER if slot in slots.of_kind)


def _word(one: Meaning) -> str:
    if one.slot == TIER:
        return _("class %(tier)s") % {"tier": one.value}
    if one.slot == MONTH:
        return _month(int(one.value))
    tables = {LIST: LIST_NAMES, TOPIC: TOPIC_NAMES, WINDOW: WINDOW_NAMES, FLAG: FLAG_NAMES}
    return _(tables[one.slot][one.value]) if one.slot in tables else one.shown


def _month(number: int) -> str:
    if number > 0:
        return _("month %(number)d") % {"number": number}
    return _("last month") if number else _("this month")
