"""A planned import in words: totals first, then what is worth knowing, then what changes."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from handlers.documents.roster_columns import ELDER_COLUMNS, label
from handlers.documents.roster_words import listed, problem_words
from locales import gettext as _
from locales import mark as N_
from models.calendar import LUNAR, lunar_words
from models.elder import TIERS, Elder
from models.org import COUNTY, TOWN, VILLAGE
from models.roster import Plan, Problem
from models.roster_types import ELDERS, STAFF, Birth, Change
from models.staff import Staff

SHOWN = 20
TITLES = {
    **{column.field: column.title for column in ELDER_COLUMNS},
    "role": N_("Role"),
    "service_group": N_("Service group"),
    "locale": N_("Language spoken"),
    "unit": N_("Place"),
}
KINDS = {
    COUNTY: N_("counties %(count)d"),
    TOWN: N_("towns %(count)d"),
    VILLAGE: N_("villages %(count)d"),
}


def report(plan: Plan, notices: Iterable[Problem] = (), values: bool = True) -> list[str]:
    """Everything about a plan but its problems, a line each. Without `values` it tells which
    facts change, not what they are: for a network that is not the office's own."""
    return [
        *_totals(plan),
        *_new(plan),
        *_gaps(plan),
        *map(problem_words, (*notices, *plan.notices)),
        *_changes(plan, values),
        *_missing(plan),
    ]


def _totals(plan: Plan) -> Iterator[str]:
    kinds = ((ELDERS, _("Elders"), plan.elders), (STAFF, _("Staff"), plan.staff))
    for kind, title, new in kinds:
        gaps = {
            "kind": title,
            "new": len(new),
            "changed": len(plan.changed(kind)),
            "same": plan.unchanged[kind],
        }
        if sum(count for count in gaps.values() if isinstance(count, int)) or kind == ELDERS:
            yield _("%(kind)s: %(new)d new, %(changed)d changed, %(same)d unchanged") % gaps
    if plan.units:
        counts = Counter(unit.kind for unit in plan.units)
        kinds_made = (_(KINDS[kind]) % {"count": counts[kind]} for kind in KINDS if counts[kind])
        yield _("New places: %(places)s (%(names)s)") % {
            "places": listed(kinds_made),
            "names": _first([unit.name for unit in plan.units]),
        }
    if plan.assignments or plan.ended_assignments:
        gaps = {"new": len(plan.assignments), "ended": len(plan.ended_assignments)}
        yield _("Assignments: %(new)d begin, %(ended)d end") % gaps


def _new(plan: Plan) -> Iterator[str]:
    """By name: a slip of the pen makes a second person of one who is there already."""
    if plan.elders:
        yield _("New elders: %(people)s") % {"people": _people(plan.elders)}
    if plan.staff:
        yield _("New staff: %(people)s") % {"people": _people(plan.staff)}


def _gaps(plan: Plan) -> Iterator[str]:
    """What was guessed and what is lacking: worth a look by the office."""
    if plan.suggested_tiers:
        tiers = (f"{tier} {plan.suggested_tiers[tier]}" for tier in TIERS)
        yield _("Tiers worked out from age and flags: %(tiers)s") % {"tiers": listed(tiers)}
    if plan.without_liaison:
        yield _("Without a liaison: %(people)s") % {"people": _people(plan.without_liaison)}
    if plan.without_birth:
        yield _("Without a birth date: %(people)s") % {"people": _people(plan.without_birth)}
    if plan.from_columns:
        names = {person.code: person.name for person in plan.staff}
        made = [
            _("%(code)s %(name)s: %(count)d elders")
            % {"code": code, "name": names[code], "count": count}
            for code, count in plan.from_columns.items()
        ]
        yield _("New liaisons, taken from the column of liaisons: %(people)s") % {
            "people": _some(made)
        }


def _missing(plan: Plan) -> Iterator[str]:
    if plan.missing_elders:
        people = _people(plan.missing_elders)
        yield _("In the database, not in the file (left as they are): %(people)s") % {
            "people": people
        }
    if plan.missing_staff:
        people = _people(plan.missing_staff)
        yield _("Staff in the database, not in the file (left as they are): %(people)s") % {
            "people": people
        }


def _people(people: Sequence[Elder] | Sequence[Staff]) -> str:
    return _some([f"{person.code} {person.name}" for person in people])


def _some(words: Sequence[str]) -> str:
    """The first of them, and how many there are in all."""
    return _("%(count)d (%(which)s)") % {"count": len(words), "which": _first(words)}


def _first(words: Sequence[str]) -> str:
    shown = listed(words[:SHOWN])
    return _("%(some)s …") % {"some": shown} if len(words) > SHOWN else shown


def _changes(plan: Plan, values: bool) -> Iterator[str]:
    lines = [_change(plan, change, values) for change in plan.changes]
    if not lines:
        return
    yield _("Changes:")
    yield from ("  " + line for line in islice(lines, SHOWN))
    if len(lines) > SHOWN:
        yield "  " + _("… and %(count)d more changes") % {"count": len(lines) - SHOWN}


def _change(plan: Plan, change: Change, values: bool) -> str:
    told = _("%(field)s %(old)s → %(new)s") if values else "%(field)s"
    fields = (
        told
        % {
            "field": _(TITLES[name]),
            "old": value_words(old, plan.unit_names),
            "new": value_words(new, plan.unit_names),
        }
        for name, (old, new) in change.shown.items()
    )
    code = getattr(change.thing, "code", "")
    what = _("; ").join(fields)
    return f"{code} {change.thing.name}  {what}".strip()


def value_words(value: Any, units: Mapping[UUID, str]) -> str:
    if value in (None, "", []):
        return _("(blank)")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, Birth):
        return birth_words(value)
    if isinstance(value, UUID):
        return units[value]
    if isinstance(value, list):
        return listed(value)
    return _(label(str(value)))


def birth_words(birth: Birth) -> str:
    if birth.calendar != LUNAR:
        return str(birth.on)
    words = lunar_words(birth.month, birth.day, birth.leap)
    return _("lunar %(year)d %(day)s") % {"year": birth.year, "day": words}
