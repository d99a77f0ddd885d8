"""The fields of the personal card: what they are called, hold, and may be changed to.

The same columns as the roster's, so that a value is read here as it is in a workbook.
"""

from typing import Any
from uuid import UUID

from sqlmodel import col, select

from handlers.documents.roster_columns import (
    ELDER_COLUMNS,
    YES_NO,
    Column,
)
from handlers.documents.roster_read import read_value
from handlers.documents.roster_report import value_words
from handlers.documents.roster_values import Unclear as UnclearCell
from handlers.documents.roster_words import file_words, listed
from handlers.turn import Turn, Unclear
from locales import gettext as _
from locales import mark as N_
from models.consent import HEALTH, LOCATION, withheld
from models.elder import FLAGS, HEALTH_FLAGS, Elder, running_flag
from models.org import VILLAGE, Unit, branch, up_from
from models.pinyin import sound
from models.roster_elders import birth_columns, known_birth

COLUMN: dict[str, Column] = {column.field: column for column in ELDER_COLUMNS}
FIELDS = (  # the likeliest to change first
    "phone", "address", "contact_name", "contact_phone", "family", "hobbies", "party_branch",
    "conditions", "allergies", "needs", "visit_wish", "village", "residence", "work_unit",
    "party_member", "birth", "keeps_calendar", "name", "sex", "status", "tier",
)  # fmt: skip
HEALTH_FIELDS = {"conditions", "allergies", *HEALTH_FLAGS}
OFFERED: dict[str, tuple[str, ...]] = {  # besides what the person writes
    "hobbies": (N_("chess and cards"), N_("singing, dancing"), N_("gardening"), N_("reading"),
                N_("square dance"), N_("walking")),
    "family": (N_("with the spouse"), N_("with children"), N_("children nearby"),
               N_("children far away"), N_("alone, no children")),
    "needs": (N_("nothing at present"), N_("going to the doctor"), N_("repairs at home"),
              N_("company")),
    "visit_wish": (N_("once a month"), N_("by phone only"), N_("ring before coming")),
    "conditions": (N_("no chronic illness"), N_("high blood pressure"), N_("diabetes"),
                   N_("heart trouble"), N_("joints")),
    "allergies": (N_("none known"), N_("penicillin")),
}  # fmt: skip
MOST_VILLAGES = 12


def title(field: str) -> str:
    return _(COLUMN[field].title)


def fields_of(turn: Turn, elder: Elder) -> list[str]:
    """Without what the elder does not want kept."""
    no = withheld(turn.session, elder.id)
    hidden = (HEALTH_FIELDS if HEALTH in no else set()) | ({"address"} if LOCATION in no else set())
    return [name for name in (*FIELDS, *FLAGS) if name not in hidden]


def now_words(turn: Turn, elder: Elder, field: str) -> str:
    """What the card says today."""
    return value_words(_value(turn, elder, field), {})


def _value(turn: Turn, elder: Elder, field: str) -> Any:
    if field in FLAGS:
        return running_flag(turn.session, elder.id, field) is not None
    if field == "village":
        return turn.village(elder)
    return known_birth(elder) if field == "birth" else getattr(elder, field)


def read(turn: Turn, elder: Elder, field: str, text: str) -> tuple[str, dict[str, Any]]:
    """What was written as people read it, and as the columns to write. Raises Unclear."""
    if field == "village":
        return _read_village(turn, elder, text)
    try:
        value = read_value(COLUMN[field], text)
    except UnclearCell as unclear:
        raise Unclear(_unclear_words(field, unclear)) from None
    if field == "name" and not value:
        raise Unclear(_("The name is missing."))
    return value_words(value, {}), _stored(field, value)


def _unclear_words(field: str, unclear: UnclearCell) -> str:
    gaps = dict(unclear.gaps)
    if unclear.code == "choice_unknown":
        gaps["allowed"] = listed(_(choice.label) for choice in COLUMN[field].choices)
    return file_words(unclear.code, gaps)


def _stored(field: str, value: Any) -> dict[str, Any]:
    """As JSON keeps it; `models.card.apply` makes columns of it again."""
    if field == "name":
        pinyin, initials = sound(value)
        return {"name": value, "pinyin": pinyin, "initials": initials}
    if field == "birth":
        return {**birth_columns(value), "born_on": value.on.isoformat()}
    return {field: value}


def _read_village(turn: Turn, elder: Elder, text: str) -> tuple[str, dict[str, Any]]:
    """By its name, within the same county; of several of one name the nearest."""
    found = turn.session.exec(
        select(Unit).where(Unit.name == text.strip(), col(Unit.id).in_(_reach(turn, elder)))
    ).all()
    if not found:
        raise Unclear(_("There is no place of that name. Please tap one, or write its whole name."))
    near = next((unit for unit in found if unit.parent_id in up_from(turn.session, elder.unit_id)),
                found[0])  # fmt: skip
    if len(found) > 1 and near.parent_id not in up_from(turn.session, elder.unit_id):
        raise Unclear(_("Several places have that name; the coordinator's roster can tell them."))
    return near.name, {"unit_id": str(near.id)}


def _reach(turn: Turn, elder: Elder) -> set[UUID]:
    return branch(turn.session, up_from(turn.session, elder.unit_id)[-1])


def offers(turn: Turn, elder: Elder, field: str) -> list[tuple[str, str]]:
    """(code, label) of what may be tapped: coded answers, or what is often said."""
    column = COLUMN.get(field)
    if field == "village":
        return [(name, name) for name in _neighbours(turn, elder)]
    if column is not None and column.kind == YES_NO:
        return [("yes", N_("yes")), ("no", N_("no"))]
    if column is not None and column.choices:
        return [(choice.code, choice.label) for choice in column.choices]
    return [(label, label) for label in OFFERED.get(field, ())]


def _neighbours(turn: Turn, elder: Elder) -> list[str]:
    """The other villages of the town."""
    town = turn.session.get_one(Unit, elder.unit_id).parent_id
    statement = select(Unit.name).where(
        Unit.parent_id == town, Unit.kind == VILLAGE, Unit.id != elder.unit_id
    )
    return list(turn.session.exec(statement.order_by(Unit.name).limit(MOST_VILLAGES)).all())
