"""Everything on one elder as a workbook the office can hand over, with the pictures beside it."""

import io
from collections.abc import Iterator
from datetime import date, datetime
from zipfile import ZIP_STORED, ZipFile
from zoneinfo import ZoneInfo

from sqlmodel import Session

from handlers.audit_search import DID
from handlers.card import PURPOSE_NAMES
from handlers.card_fields import FIELDS, title
from handlers.case_words import DONE, STATES, category_name
from handlers.consents import SPEAKERS
from handlers.documents.dossier_more import also
from handlers.documents.roster_report import value_words
from handlers.documents.sheets import Sheet, Value, workbook
from handlers.flags import FLAG_NAMES
from handlers.stamp import stamped
from handlers.visit_codes import OBSERVED
from handlers.visit_form import ALL_OUTCOMES, HOW
from locales import gettext as _
from models.dossier import Dossier, Picture, everything, picture_bytes
from models.elder import Elder
from models.org import unit_name
from models.roster_elders import known_birth
from models.visit import DONE as VISITED
from models.visit import Visit

PICTURES = "pictures"  # the folder


def dossier(session: Session, elder: Elder, mark: str, zone: ZoneInfo) -> tuple[str, bytes]:
    """The name of the file and what is in it: the workbook, or a zip of it and the pictures.
    `mark` says who had it made, when and for whom; it stands on each page."""
    kept = everything(session, elder)
    book = workbook(stamped(session, mark), _sheets(session, elder, kept, zone))
    if not kept.pictures:
        return f"{elder.code}.xlsx", book
    data, names = io.BytesIO(), _picture_names(kept, zone)
    with ZipFile(data, "w", ZIP_STORED) as packed:  # pictures cannot be made smaller
        packed.writestr(f"{elder.code}.xlsx", book)
        for one, picture in picture_bytes(session, kept.pictures):
            packed.writestr(names[one], picture)
    return f"{elder.code}.zip", data.getvalue()


def _sheets(session: Session, elder: Elder, kept: Dossier, zone: ZoneInfo) -> list[Sheet]:
    wide = (18, 60)
    return [
        Sheet(_("Card"), (_("Field"), _("Value")), list(_card(session, elder)), wide),
        Sheet(_("Registers"), (_("Register"), _("Since"), _("Until")), _flags(kept)),
        Sheet(
            _("Visits"),
            (_("Day"), _("By"), _("How"), *(_(seen.short) for seen in OBSERVED), _("Note")),
            [_visit(kept, one) for one in kept.visits], (12, 10, 12, 14, 14, 14, 14, 14, 40),
        ),
        Sheet(
            _("Cases"), (_("Number"), _("When"), _("By"), _("What"), _("Text")),
            list(_cases(kept, zone)), (8, 17, 10, 20, 50),
        ),
        Sheet(
            _("Also kept"), (_("What"), _("Day"), _("By"), _("Text")), list(also(kept, zone)),
            (20, 24, 12, 60),
        ),
        *([_pictures(kept, zone)] if kept.pictures else []),
        Sheet(
            _("Messages"), (_("When"), _("Who"), _("Way"), _("What names this person")),
            _messages(kept, zone), (17, 10, 16, 80),
        ),
        Sheet(
            _("Consent"), (_("For what"), _("Word"), _("Said by"), _("Day")), _consents(kept),
        ),
        Sheet(
            _("Changes"), (_("When"), _("By"), _("Field"), _("Before"), _("After"), _("State")),
            _changes(kept, zone), (17, 10, 16, 30, 30, 10),
        ),
        Sheet(
            _("Who looked"), (_("When"), _("Who"), _("What"), _("Reason")), _looks(kept, zone),
            (17, 10, 24, 40),
        ),
    ]  # fmt: skip


def watermark(code: str, by: str, on: date, why: str) -> str:
    """The line above each table and under each page."""
    text = _("Confidential. %(code)s, made by %(by)s on %(day)s, for: %(why)s")
    return text % {"code": code, "by": by, "day": on, "why": why}


def _card(session: Session, elder: Elder) -> Iterator[tuple[Value, ...]]:
    yield (_("Code"), elder.code)
    for name in FIELDS:
        if name == "village":
            value: object = unit_name(session, elder.unit_id)
        else:
            value = known_birth(elder) if name == "birth" else getattr(elder, name)
        yield (title(name), value_words(value, {}))


def _picture_names(kept: Dossier, zone: ZoneInfo) -> dict[Picture, str]:
    """001-2026-11-12.jpg, by the day it came."""
    return {
        one: f"{PICTURES}/{place:03}-{one.received_at.astimezone(zone):%Y-%m-%d}.jpg"
        for place, one in enumerate(kept.pictures, start=1)
    }


def _pictures(kept: Dossier, zone: ZoneInfo) -> Sheet:
    rows = [
        (name, _clock(one.received_at, zone), kept.staff.get(one.staff_id, ""),
         one.case or "", one.sha256)
        for one, name in _picture_names(kept, zone).items()
    ]  # fmt: skip
    heads = (_("File"), _("When"), _("By"), _("Case no."), _("SHA-256 as sent"))
    return Sheet(_("Photos"), heads, rows, (30, 17, 10, 10, 68))


def _flags(kept: Dossier) -> list[tuple[Value, ...]]:
    return [(_(FLAG_NAMES[f.flag]), str(f.since), str(f.until or "")) for f in kept.flags]


def _visit(kept: Dossier, one: Visit) -> tuple[Value, ...]:
    table, code = (HOW, one.mode) if one.outcome == VISITED else (ALL_OUTCOMES, one.outcome)
    how = next((_(choice.label) for choice in table if choice.code == code), code)
    words = [getattr(one, seen.name) for seen in OBSERVED]
    said = [
        _(seen.by_word[word].label) if word in seen.by_word else ""
        for seen, word in zip(OBSERVED, words, strict=True)
    ]
    return (str(one.visited_on), kept.staff.get(one.liaison_id, ""), how, *said, one.note)


def _cases(kept: Dossier, zone: ZoneInfo) -> Iterator[tuple[Value, ...]]:
    named = {case.number: case for case in kept.cases}
    for number, event in kept.events:
        case = named[number]
        did = _(DONE[event.action]) if event.action in DONE else event.action
        what = f"{category_name(case.category)} · {did} · {_(STATES[event.state])}"
        by = kept.staff.get(event.staff_id, "")
        yield (number, _clock(event.at, zone), by, what, event.text or case.text)


def _consents(kept: Dossier) -> list[tuple[Value, ...]]:
    return [
        (_(PURPOSE_NAMES[one.purpose]), _("no") if one.withdrawn_at else _("yes"),
         _(SPEAKERS[one.said_by]), str(one.said_on))
        for one in kept.consents
    ]  # fmt: skip


def _changes(kept: Dossier, zone: ZoneInfo) -> list[tuple[Value, ...]]:
    return [
        (_clock(one.proposed_at, zone), kept.staff.get(one.proposed_by, ""), title(one.field),
         one.old, one.new, one.state)
        for one in kept.changes
    ]  # fmt: skip


def _looks(kept: Dossier, zone: ZoneInfo) -> list[tuple[Value, ...]]:
    return [
        (_clock(one.at, zone), kept.staff.get(one.staff_id, ""),
         _(DID[one.action]) if one.action in DID else one.action, one.detail)
        for one in kept.looks
    ]  # fmt: skip


def _messages(kept: Dossier, zone: ZoneInfo) -> list[tuple[Value, ...]]:
    return [
        (_clock(one.at, zone), kept.staff.get(one.staff_id, ""),
         _("written by them") if one.written else _("sent to them"), one.text)
        for one in kept.said
    ]  # fmt: skip


def _clock(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}"
