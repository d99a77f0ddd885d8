"""To whom a broadcast goes and what each of them reads: one look at the staff of the branch.

Who is on leave is left out, unless named by name: nobody is written to in their holidays for
a reminder that is not meant for them.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from handlers import broadcast_text
from handlers.broadcast_text import COUNTED, filled, gaps_in
from handlers.morning import reachable
from handlers.questions import Choice, Filling, tidy
from handlers.turn import Turn, Unclear, day
from locales import gettext as _
from locales import mark as N_
from locales import speaking
from models import broadcast
from models.agenda import office_policy
from models.broadcast import Counts
from models.due import window
from models.leave import away_ids
from models.org import Unit, branch
from models.staff import COORDINATOR, DUTY, LIAISON, Chat, Staff

MOST_NAMES = 50
ALL, TOWN, OVERDUE, OPEN, NAMES = "all", "town", "overdue", "open", "names"
AUDIENCES = (
    Choice(ALL, N_("Everybody")),
    Choice(LIAISON, N_("Liaisons")),
    Choice(COORDINATOR, N_("Coordinators")),
    Choice(DUTY, N_("Duty officers")),
    Choice(OVERDUE, N_("With overdue visits")),
    Choice(OPEN, N_("Not finished yet")),
    Choice(TOWN, N_("One town…")),
    Choice(NAMES, N_("By name…")),
)


@dataclass
class Plan:
    """What would happen if it were sent now. `away` are on leave and left out; `place` is where
    the sender works, `until` the last day of this window."""

    text: str
    place: str
    until: date
    ready: list[tuple[Staff, Chat]]
    unreached: list[Staff]
    away: int
    counts: dict[UUID, Counts] = field(default_factory=dict)
    units: dict[UUID, str] = field(default_factory=dict)


def audiences(filling: Filling) -> tuple[Choice, ...]:
    turn = filling.turn
    towns = broadcast.towns_of(turn.session, turn.staff)
    return tuple(choice for choice in AUDIENCES if choice.code != TOWN or towns)


def towns(filling: Filling) -> tuple[Choice, ...]:
    turn = filling.turn
    return tuple(
        Choice(str(unit.id), unit.name) for unit in broadcast.towns_of(turn.session, turn.staff)
    )


def read_names(filling: Filling, text: str) -> list[str]:
    """The codes of staff of one's own branch. Raises Unclear; whoever belongs to another branch
    is as unknown as somebody who does not exist."""
    words = tidy(text).replace("、", " ").replace(",", " ").replace(";", " ").split()
    if len(words) > MOST_NAMES:
        raise Unclear(_("Please write at most %(most)d names.") % {"most": MOST_NAMES})
    turn = filling.turn
    colleagues = broadcast.staff_of(turn.session, turn.staff)
    return list(dict.fromkeys(_named(colleagues, word) for word in words))


def _named(colleagues: list[Staff], word: str) -> str:
    hits = [one for one in colleagues if word in (one.name, one.pinyin, one.initials)]
    hits = [one for one in colleagues if one.code == word.upper()] or hits
    if not hits:
        raise Unclear(
            _("There is no “%(asked)s” among your staff. Please check the name.")
            % {"asked": word[:40]}
        )
    if len(hits) > 1:
        raise Unclear(
            _("“%(asked)s” fits several people: please write one of the codes %(codes)s.")
            % {"asked": word[:40], "codes": _(", ").join(one.code for one in hits[:8])}
        )
    return hits[0].code


def say_names(filling: Filling, codes: list[str]) -> str:
    turn = filling.turn
    found = broadcast.staff_of(turn.session, turn.staff, col(Staff.code).in_(codes))
    names = _(", ").join(one.name for one in found[:3])
    if len(found) <= 3:
        return names
    return _("%(names)s and %(count)d more") % {"names": names, "count": len(found) - 3}


def audience(filling: Filling) -> str:
    """To whom, in words."""
    kind = filling.get("audience")
    if kind == TOWN:
        return next((c.label for c in towns(filling) if c.code == filling.get("town")), "")
    if kind == NAMES:
        return say_names(filling, filling.get("names"))
    return _(next(choice.label for choice in AUDIENCES if choice.code == kind))


def _where(filling: Filling) -> tuple[Any, ...]:
    """Conditions beside those of the own branch."""
    kind = filling.get("audience")
    if kind == TOWN:
        units = branch(filling.turn.session, UUID(filling.get("town")))
        return (col(Staff.unit_id).in_(units),)
    if kind == NAMES:
        return (col(Staff.code).in_(filling.get("names")),)
    if kind == ALL:
        return ()
    return (Staff.role == (LIAISON if kind in (OVERDUE, OPEN) else kind),)


def plan_of(filling: Filling) -> Plan:
    """A handful of statements, however many people it is."""
    turn, kind, where = filling.turn, filling.get("audience"), _where(filling)
    people, text = broadcast.staff_of(turn.session, turn.staff, *where), wording(filling)
    counts = _counts(turn, people, kind, text)
    if kind in (OVERDUE, OPEN):
        people = [one for one in people if getattr(counts[one.id], kind)]
    away = away_ids(turn.session, turn.today) if kind != NAMES else set()
    there = [one for one in people if one.id not in away]
    inside = broadcast.inside(turn.session, turn.staff)
    chats = {s.id: chat for s, chat in reachable(turn.session, *inside, *where)}
    return Plan(
        text,
        turn.session.get_one(Unit, turn.staff.unit_id).name,
        window(turn.today, office_policy(turn.session)).last,
        [(one, chats[one.id]) for one in there if one.id in chats],
        [one for one in there if one.id not in chats],
        len(people) - len(there),
        counts,
        _units(turn, people) if "unit" in gaps_in(text) else {},
    )


def _counts(turn: Turn, people: list[Staff], kind: str, text: str) -> dict[UUID, Counts]:
    if kind not in (OVERDUE, OPEN) and not COUNTED & gaps_in(text):
        return {}
    return broadcast.counts(turn.session, people, turn.today, office_policy(turn.session))


def _units(turn: Turn, people: list[Staff]) -> dict[UUID, str]:
    wanted = {one.unit_id for one in people}
    found = turn.session.exec(select(Unit).where(col(Unit.id).in_(wanted)))
    return {unit.id: unit.name for unit in found}


def text_of(answer: str, meeting: str) -> str:
    return broadcast_text.template(answer, meeting) if answer.startswith("t.") else answer


def wording(filling: Filling) -> str:
    return text_of(filling.get("text"), filling.get("meeting") or "")


def message(turn: Turn, plan: Plan, staff: Staff) -> str:
    """The whole message as this person gets it, in their language."""
    with speaking(staff.locale or turn.office.locale):
        mine = plan.counts.get(staff.id, Counts())
        values = {
            "name": staff.name,
            "unit": plan.units.get(staff.unit_id, ""),
            "open": str(mine.open),
            "overdue": str(mine.overdue),
            "until": day(plan.until),
        }
        return _("📢 %(name)s (%(unit)s):\n%(text)s") % {
            "name": turn.staff.name,
            "unit": plan.place,
            "text": filled(plan.text, values),
        }
