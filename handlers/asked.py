"""What a coordinator asks about, as plain data small enough for a button: `/status . uAb3… wo`."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from handlers.turn import Turn
from models import people
from models.agenda import office_policy
from models.due import DUE, OVERDUE, SATISFIED, SUSPENDED, Policy, Window, before, window
from models.elder import FLAGS, TIERS
from models.org import Unit, subtree, under
from models.progress import ALL, NOT_MET, TO_GO, Part
from models.staff import LEADER, Staff

CODED = "."
LIST_OF = {"a": ALL, "g": TO_GO, "o": OVERDUE, "d": DUE, "v": SATISFIED, "s": SUSPENDED,
           "n": NOT_MET}  # fmt: skip
LETTER_OF = {name: letter for letter, name in LIST_OF.items()}
PLACES, STAFF, CHARTS = "p", "s", "c"  # views, beside the overview and a list
CALENDAR, BARS, AGES = "k", "b", "a"  # views that are pictures


@dataclass(frozen=True)
class Asked:
    """`unit` None is the asker's whole branch; `which` is one of LISTS; `past` means the window
    before, as it ended."""

    unit: UUID | None = None
    staff: str = ""  # a code
    flag: str = ""
    tier: str = ""
    which: str = ""
    view: str = ""
    page: int = 0
    past: bool = False

    def code(self, **changed: Any) -> str:
        """The command that asks this, or this with something changed: from its first page."""
        one = replace(self, **{"page": 0, **changed})
        return " ".join(["/status", CODED, *one._parts()])

    def _parts(self) -> list[str]:
        parts = [
            f"u{short(self.unit)}" if self.unit else "",
            f"s{self.staff}" if self.staff else "",
            f"f{FLAGS.index(self.flag)}" if self.flag else "",
            f"t{self.tier}" if self.tier else "",
            f"w{LETTER_OF[self.which]}" if self.which else "",
            f"v{self.view}" if self.view else "",
            f"p{self.page}" if self.page else "",
            "b" if self.past else "",
        ]
        return [part for part in parts if part]


def short(unit: UUID) -> str:
    """22 characters, where the hex digits are 32."""
    return urlsafe_b64encode(unit.bytes).decode().rstrip("=")


def long(text: str) -> UUID | None:
    try:
        return UUID(bytes=urlsafe_b64decode(f"{text}=="))
    except (ValueError, binascii.Error):
        return None


def decoded(rest: str) -> Asked | None:
    """From behind `/status`; None when no button of ours says that."""
    first, *parts = rest.split() or [""]
    if first != CODED:
        return None
    found = {part[0]: part[1:] for part in parts}
    flag, page = found.get("f", ""), found.get("p", "0")
    unit = long(found["u"]) if "u" in found else None
    if not _is_number(page) or (flag and not _is_number(flag, len(FLAGS))):
        return None
    if found.get("w", "a") not in LIST_OF or found.get("t", "A") not in TIERS:
        return None
    if "u" in found and unit is None:
        return None
    return Asked(
        unit, found.get("s", ""), FLAGS[int(flag)] if flag else "", found.get("t", ""),
        LIST_OF.get(found.get("w", ""), ""), found.get("v", ""), int(page), "b" in found,
    )  # fmt: skip


def _is_number(word: str, below: int = 100_000) -> bool:
    return word.isdecimal() and len(word) < 6 and int(word) < below


@dataclass(frozen=True)
class Scene:
    """A question within the asker's branch: the places it is about, and on which day."""

    asked: Asked
    units: tuple[Unit, ...]  # of the branch, from above to below
    place: Unit
    staff: Staff | None
    today: date
    policy: Policy
    counts_only: bool  # for who sees nobody's name or code

    @property
    def window(self) -> Window:
        return window(self.today, self.policy)

    @property
    def here(self) -> frozenset[UUID]:
        return under(self.units, self.place.id)

    @property
    def part(self) -> Part:
        staff = self.staff.id if self.staff else None
        return Part(self.here, staff, self.asked.flag, self.asked.tier)

    @property
    def below(self) -> list[Unit]:
        return [unit for unit in self.units if unit.parent_id == self.place.id]


def scene(turn: Turn, asked: Asked) -> Scene | None:
    """None when it is about somebody or some place that is not the asker's to ask about."""
    units = tuple(subtree(turn.session, turn.staff.unit_id))
    place = next((unit for unit in units if asked.unit in (None, unit.id)), None)
    if place is None:
        return None
    staff = people.askable(turn.session, {unit.id for unit in units}, asked.staff, turn.today)
    counts_only = turn.staff.role == LEADER
    if asked.staff and (staff is None or counts_only):
        return None
    policy = office_policy(turn.session)
    day = before(window(turn.today, policy), policy).last if asked.past else turn.today
    return Scene(asked, units, place, staff, day, policy, counts_only)
