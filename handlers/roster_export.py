"""The roster, one town or one register as a workbook: it can be mended and dropped in again.

It says who took it and when, and each elder in it gets an audit line. Where the office is not
the host of the network names are masked, and what is sensitive is left out.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from handlers import ask
from handlers.documents.roster_columns import COLUMNS, SHEETS, codes, label, offered
from handlers.documents.roster_values import squeezed
from handlers.documents.sheets import Sheet, workbook
from handlers.flags import FLAG_NAMES
from handlers.form import in_rows
from handlers.order import ordered
from handlers.stamp import watermark
from handlers.talk import Button, Reply
from handlers.turn import Turn, Unclear
from locales import gettext as _
from locales import ngettext
from models import lookup, roster_out
from models.assignment import BACKUP, PRIMARY
from models.audit import Audit
from models.calendar import LUNAR, lunar_words
from models.elder import FLAGS, HEALTH_FLAGS, Elder, age
from models.org import COUNTY, TOWN, VILLAGE, Unit, branch, unit_name
from models.roster_out import Listed
from models.roster_types import ELDERS, STAFF, UNITS
from models.staff import Staff

TOWNS = 12
HEALTH = frozenset({"allergies", "conditions", *HEALTH_FLAGS})
SENSITIVE = frozenset(
    {"address", "phone", "contact_name", "contact_phone", "work_unit", "family", "hobbies",
     "needs", "allergies", "conditions", *FLAGS}
)  # fmt: skip


def roster_command(turn: Turn, rest: str) -> list[Reply]:
    """/roster — which table; /roster all; /roster 岚桥镇; /roster 独居; /roster template."""
    if not rest:
        return [_choose(turn)]
    if rest in ("template", "空表", "模板"):
        from handlers.documents.roster_template import template  # loaded when one is wanted

        text = _("The empty table. Fill it in and send it here: you see first what would change.")
        name = _("%(what)s.xlsx") % {"what": _("Roster")}
        return [Reply(text, file_name=name, file_data=template())]
    flag = codes(next(c for c in COLUMNS[ELDERS] if c.field == "flags")).get(squeezed(rest))
    if flag:
        return ordered(turn, "roster", _register_title(flag), flag=flag)
    whole = rest in ("all", "全部")
    unit = turn.session.get_one(Unit, turn.staff.unit_id) if whole else _town(turn, rest)
    return ordered(turn, "roster", _whole_title(unit), unit=unit.id.hex)


def roster_paper(turn: Turn, of: Mapping[str, Any]) -> Reply:
    if "flag" in of:
        return _register(turn, of["flag"])
    unit = turn.session.get(Unit, UUID(of["unit"]))
    if unit is None or unit.id not in branch(turn.session, turn.staff.unit_id):
        return ask.not_yours()
    return _whole(turn, unit)


def _choose(turn: Turn) -> Reply:
    count = lookup.caseload_size(turn.session, turn.staff, turn.today)
    towns = roster_out.towns(turn.session, turn.staff)
    few = towns[:TOWNS] if len(towns) > 1 else []
    text = _(
        "Roster of %(place)s: %(count)d elders. Which table do you want?\n"
        "To import one, send the file (.xlsx or .csv) here: nothing is written before you "
        "confirm.\n"
        "A register as a table: roster and its name, such as roster 独居."
    ) % {"place": unit_name(turn.session, turn.staff.unit_id), "count": count}
    rows = in_rows([Button(town.name, f"/roster {town.name}") for town in few], 3)
    whole = Button(_("All %(count)d") % {"count": count}, "/roster all")
    return Reply(text, ((whole, Button(_("Empty table"), "/roster template")), *rows))


def _town(turn: Turn, name: str) -> Unit:
    found = [unit for unit in roster_out.towns(turn.session, turn.staff) if name in unit.name]
    if len(found) == 1:
        return found[0]
    raise Unclear(
        _("There is no town or register “%(asked)s” in your branch.") % {"asked": name[:20]}
    )


# The workbooks


def _whole(turn: Turn, unit: Unit) -> Reply:
    found = _listed(turn, unit.id)
    sheets = [_elders(turn, found), _staff(turn), _units(turn)]
    return _reply(turn, _whole_title(unit), found, sheets)


def _whole_title(unit: Unit) -> str:
    return _("Roster %(what)s") % {"what": unit.name}


def _register_title(flag: str) -> str:
    return _("Register %(what)s") % {"what": _(FLAG_NAMES[flag])}


def _listed(turn: Turn, unit_id: UUID | None) -> list[Listed]:
    return roster_out.listed(turn.session, turn.staff, turn.today, unit_id)


def _register(turn: Turn, flag: str) -> Reply:
    found = [
        one for one in _listed(turn, None)
        if flag in one.flags and (one.open_health or flag not in HEALTH_FLAGS)
    ]  # fmt: skip
    heads = (_("Code"), _("Name"), _("Age"), _("Town"), _("Village"), _("Since"), _("Liaison"))
    rows = [
        (
            one.elder.code,
            turn.shown(one.elder.name),
            age(one.elder, turn.today),
            one.place.get(TOWN),
            one.place.get(VILLAGE),
            str(one.flags[flag]),
            _people(one, PRIMARY),
        )
        for one in found
    ]
    sheet = Sheet(_(FLAG_NAMES[flag]), heads, rows, (9, 12, 7, 14, 14, 12, 18), fixed=2)
    return _reply(turn, _register_title(flag), found, [sheet])


def _reply(turn: Turn, what: str, found: Sequence[Listed], sheets: Sequence[Sheet]) -> Reply:
    _audit(turn, what, found)
    text = ngettext(
        "%(what)s: %(count)d person. Your name and the time stand on every page.",
        "%(what)s: %(count)d people. Your name and the time stand on every page.",
        len(found),
    ) % {"what": what, "count": len(found)}
    if not _hosted(turn):
        text += "\n" + _(
            "⚠️ This network is not your office's own: names are masked, details left out."
        )
    name = _("%(what)s.xlsx") % {"what": f"{what} {turn.today}"}
    return Reply(text, file_name=name, file_data=workbook(watermark(turn, what), sheets))


def _audit(turn: Turn, what: str, found: Iterable[Listed]) -> None:
    turn.session.add_all(
        Audit(at=turn.now, staff_id=turn.staff.id, elder_id=one.elder.id, action="export",
              detail=what)
        for one in found
    )  # fmt: skip


def _hosted(turn: Turn) -> bool:
    return turn.chat.network in turn.office.hosted


# The rows, so that an import reads them as they are


def _elders(turn: Turn, found: Iterable[Listed]) -> Sheet:
    columns = offered(ELDERS)
    rows = [[_cell(turn, one, column.field) for column in columns] for one in found]
    heads = [_(column.title) for column in columns]
    return Sheet(_(SHEETS[ELDERS][0]), heads, rows, [column.width for column in columns], fixed=2)


def _cell(turn: Turn, one: Listed, name: str) -> str | None:
    if name in SENSITIVE and not _hosted(turn):
        return None
    if name in HEALTH and not one.open_health:
        return None
    if name in FLAGS:
        return _("yes") if name in one.flags else None
    if name in (COUNTY, TOWN, VILLAGE):
        return one.place.get(name)
    if name == "name":
        return turn.shown(one.elder.name)
    return SPECIAL[name](one) if name in SPECIAL else _said(getattr(one.elder, name, None))


def _said(value: Any) -> str | None:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return _(label(value)) if value else None


def birth_text(elder: Elder) -> str | None:
    """As an import reads it: 1941-03-05, 农历1941年闰六月初五."""
    if elder.birth_calendar == LUNAR and elder.birth_month and elder.birth_day:
        day = lunar_words(elder.birth_month, elder.birth_day, elder.birth_leap)
        return f"农历{elder.birth_year}年{day}"
    return str(elder.born_on) if elder.born_on else None


def _people(one: Listed, role: str) -> str | None:
    return "、".join(f"{staff.name} {staff.code}" for staff in one.people[role]) or None


SPECIAL: Mapping[str, Callable[[Listed], str | None]] = {
    "birth": lambda one: birth_text(one.elder),
    "birth_calendar": lambda one: None,  # the date says it
    PRIMARY: lambda one: _people(one, PRIMARY),
    BACKUP: lambda one: _people(one, BACKUP),
}


def _staff(turn: Turn) -> Sheet:
    people = list(roster_out.colleagues(turn.session, turn.staff))
    places = roster_out.paths(turn.session, {one.unit_id for one in people})
    columns = offered(STAFF)
    rows = [
        [_staff_cell(turn, one, places[one.unit_id], column.field) for column in columns]
        for one in people
    ]
    heads, widths = ([_(column.title) for column in columns], [column.width for column in columns])
    return Sheet(_(SHEETS[STAFF][0]), heads, rows, widths)


def _staff_cell(turn: Turn, one: Staff, place: Mapping[str, str], name: str) -> str | None:
    if name in (COUNTY, TOWN, VILLAGE):
        return place.get(name)
    if name == "phone" and not _hosted(turn):
        return None
    return _said(getattr(one, name, None))


def _units(turn: Turn) -> Sheet:
    inside = branch(turn.session, turn.staff.unit_id)
    places = roster_out.paths(turn.session, inside).values()
    rows = sorted([p.get(COUNTY, ""), p.get(TOWN, ""), p.get(VILLAGE, "")] for p in places)
    return Sheet(_(SHEETS[UNITS][0]), [_("County"), _("Town"), _("Village")], rows)
