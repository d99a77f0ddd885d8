"""How clearly the elders are known (七个清), by place: a sheet of the report, and in chat."""

from collections.abc import Iterable
from uuid import UUID

from handlers.asked import Asked, Scene, scene
from handlers.card import SEVEN_NAMES
from handlers.documents.sheets import Sheet, Value
from handlers.report_sheets import SIGNED, share
from handlers.talk import Button, Reply
from handlers.turn import Turn
from locales import gettext as _
from models.card import SEVEN, SevenOf, seven_by_unit
from models.org import under
from models.report import Count


def seven_sheet(turn: Turn, at: Scene, title: str) -> Sheet:
    heads = (_("Area"), _("Elders"), _("All seven"), _("Share"), _("Of seven, on average"),
             *(_(SEVEN_NAMES[item]) for item in SEVEN), _("Not confirmed for a year"))  # fmt: skip
    found = places(turn, at)
    rows = [_row(name, one) for name, one in found]
    rows.append(_row(_("Total"), _total(one for _name, one in found)))
    return Sheet(
        _("Seven knowns"), heads, rows, (16, *(10,) * 12), above=(title,),
        below=(_("As of today: how many of each are known. Of the elders on the register today."),
               _(SIGNED)),
    )  # fmt: skip


def _row(name: str, one: SevenOf) -> tuple[Value, ...]:
    known = (share(Count(one.known[item], one.elders)) for item in SEVEN)
    full = share(Count(one.full, one.elders))
    return (name, one.elders, one.full, full, f"{one.average:.1f}", *known, one.stale)


def places(turn: Turn, at: Scene) -> list[tuple[str, SevenOf]]:
    """The places below, and what lies at the place itself, that have elders."""
    found = seven_by_unit(turn.session, at.here, turn.today)
    rows = [(unit.name, _in(found, under(at.units, unit.id))) for unit in at.below]
    rows.append((at.place.name, _in(found, {at.place.id})))
    return [(name, one) for name, one in rows if one.elders]


def _in(found: dict[UUID, SevenOf], units: Iterable[UUID]) -> SevenOf:
    return _total(found[unit] for unit in units if unit in found)


def _total(parts: Iterable[SevenOf]) -> SevenOf:
    whole = SevenOf()
    for one in parts:
        whole.add(one)
    return whole


def seven_by_place(turn: Turn) -> Reply:
    """Whoever is known least, first."""
    at = scene(turn, Asked())
    found = sorted(places(turn, at), key=lambda pair: pair[1].average) if at else []
    lines = [_line(name, one) for name, one in found]
    back = (Button(_("Who exactly"), "/register seven"), Button(_("All registers"), "/register"))
    return Reply("\n".join([_("Seven knowns by place, the least known first:"), *lines]), (back,))


def _line(name: str, one: SevenOf) -> str:
    text = _("%(place)s: %(average)s of 7 on average, all seven of %(full)d of %(all)d")
    gaps = {"place": name, "average": f"{one.average:.1f}", "full": one.full, "all": one.elders}
    return text % gaps
