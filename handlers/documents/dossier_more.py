"""What else is kept of an elder, a line each: who looks after them, what was promised, put off,
booked, asked of a doctor or asked about by telephone."""

from collections.abc import Iterator
from uuid import UUID
from zoneinfo import ZoneInfo

from handlers.case_words import category_name
from handlers.check import RESULT_NAMES
from handlers.concern_words import SEVERITY_NAMES
from handlers.documents.sheets import Value
from handlers.fast_words import STATES as TRACKED
from handlers.questions import Question
from handlers.room_words import note_words
from handlers.timeline import AWAY
from locales import gettext as _
from models.assignment import BACKUP
from models.dossier import Dossier

Row = tuple[Value, ...]


def also(kept: Dossier, zone: ZoneInfo) -> Iterator[Row]:
    yield from _carers(kept)
    yield from _away(kept)
    yield from _promises(kept)
    yield from _concerns(kept, zone)
    yield from _put_off(kept)
    yield from _tracks(kept, zone)
    yield from _drafts(kept, zone)
    for one in kept.bookings:
        yield _("Relief room"), str(one.on_day), _by(kept, one.booked_by), note_words(one)
    for call in kept.calls:
        on = str((call.noted_at or call.drawn_at).astimezone(zone).date())
        result = _(RESULT_NAMES[call.result]) if call.result in RESULT_NAMES else ""
        yield _("Visit asked about"), on, _by(kept, call.noted_by), result


def _carers(kept: Dossier) -> Iterator[Row]:
    for one in kept.carers:
        what = _("backup") if one.role == BACKUP else _("liaison")
        yield what, f"{one.from_on} – {one.until_on or ''}", _by(kept, one.staff_id), ""


def _away(kept: Dossier) -> Iterator[Row]:
    for one in kept.absences:
        what = _(AWAY[one.kind]) if one.kind in AWAY else one.kind
        yield what, f"{one.from_on} – {one.until_on or ''}", "", one.note


def _promises(kept: Dossier) -> Iterator[Row]:
    for one in kept.promises:
        said = " · ".join(part for part in (one.text, one.drop_reason or "") if part)
        yield _("Promised"), str(one.made_on), _by(kept, one.staff_id), said


def _concerns(kept: Dossier, zone: ZoneInfo) -> Iterator[Row]:
    for one in kept.concerns:
        words = (_(SEVERITY_NAMES[one.severity]), one.detail, one.severity_reason)
        said = " · ".join(part for part in words if part)
        yield category_name(one.category), str(one.raised_at.astimezone(zone).date()), "", said


def _put_off(kept: Dossier) -> Iterator[Row]:
    for one in kept.put_off:
        yield _("Visit put off"), str(one.until_on), _by(kept, one.staff_id), one.reason


def _tracks(kept: Dossier, zone: ZoneInfo) -> Iterator[Row]:
    for one in kept.tracks:
        on = str(one.asked_at.astimezone(zone).date())
        words = (_(TRACKED[one.state]), one.needs, one.answer)
        yield _("Hospital"), on, _by(kept, one.asked_by), " · ".join(w for w in words if w)


def _drafts(kept: Dossier, zone: ZoneInfo) -> Iterator[Row]:
    """What was begun and is not sent yet, in the words of its form."""
    from handlers import FORMS  # which imports everything, this file too

    for one in kept.drafts:
        asked = {question.name: question for question in FORMS[one.form].questions}
        said = [
            f"{_(asked[name].step)}: {_answer(asked[name], value)}"
            for name, value in one.answers.items()
            if name in asked
        ]
        on = str(one.started_at.astimezone(zone).date())
        yield _("Unfinished card"), on, _by(kept, one.staff_id), " · ".join(said)


def _answer(question: Question, value: object) -> str:
    choices = question.choices if isinstance(question.choices, tuple) else ()
    return next((_(one.label) for one in choices if one.code == value), str(value))


def _by(kept: Dossier, staff_id: UUID | None) -> str:
    return kept.staff.get(staff_id, "")
