"""The story of one elder in one list: visits, days away, cases, relief room, fast-track."""

import re
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple

from sqlalchemy import ColumnElement

from handlers.brief import how, one_elder, visit_line
from handlers.case_card import what
from handlers.case_words import DONE, MARKS
from handlers.concern_words import SEVERITY_NAMES
from handlers.fast_words import MARKS as FAST_MARKS
from handlers.fast_words import STATES as FAST_STATES
from handlers.fast_words import said
from handlers.flags import FLAG_NAMES
from handlers.room_words import MARKS as ROOM_MARKS
from handlers.room_words import STATES as ROOM_STATES
from handlers.room_words import when
from handlers.talk import Button, Reply
from handlers.turn import Turn, day, local_date
from locales import gettext as _
from locales import mark as N_
from models import lookup
from models import timeline as sources
from models.audit import Audit
from models.case import OPENED, Case, CaseEvent
from models.consent import HEALTH, withheld
from models.elder import HEALTH_FLAGS, Absence, Elder, ElderFlag
from models.room import Slot
from models.staff import Staff
from models.visit import Visit

PAGE = 10
MEDICAL = "medical"
LONGEST = 60  # characters of what was said
AWAY = {
    "hospital": N_("In hospital"),
    "away": N_("Away"),
    "with_children": N_("With the children"),
}
OFFSET = re.compile(r"(.*?) ?\+(\d{1,5})")


class Moment(NamedTuple):
    """A line of the story; what has a day only stands at its beginning."""

    at: datetime
    text: str


def timeline_command(turn: Turn, rest: str) -> list[Reply]:
    """/timeline ELDER — the newest first; /timeline ELDER +10 — what is older. Audited."""
    found = OFFSET.fullmatch(rest)
    who, offset = (found[1], int(found[2])) if found else (rest, 0)
    ended = lookup.by_code(turn.session, turn.staff, who, turn.today)  # the story stays readable
    elder = ended or one_elder(turn, who, "/timeline")
    if isinstance(elder, Reply):
        return [elder]
    line = Audit(at=turn.now, staff_id=turn.staff.id, elder_id=elder.id, action="timeline")
    turn.session.add(line)
    return [_page(turn, elder, offset)]


def _page(turn: Turn, elder: Elder, offset: int) -> Reply:
    """Each source gives as many as the page could hold if it were the only one."""
    upto = offset + PAGE
    found = sorted(_moments(turn, elder, upto + 1), key=lambda one: one.at, reverse=True)
    shown = found[offset:upto]
    if not shown:
        text = (
            _("%(who)s: nothing is recorded yet.") if not offset else _("%(who)s: nothing older.")
        )
        return Reply(text % {"who": turn.label(elder)}, _rows(elder, offset, False))
    lines = [_("%(who)s: the story, newest first") % {"who": turn.label(elder)}]
    lines += _by_year(turn, shown)
    return Reply("\n".join(lines), _rows(elder, offset, len(found) > upto))


def _by_year(turn: Turn, shown: Iterable[Moment]) -> Iterator[str]:
    """Days are written without their year: it stands above where it is not this one."""
    for year, moments in groupby(shown, lambda one: local_date(one.at, turn.office.zone).year):
        if year != turn.today.year:
            yield _("— %(year)d —") % {"year": year}
        yield from (one.text for one in moments)


def _rows(elder: Elder, offset: int, more: bool) -> tuple[tuple[Button, ...], ...]:
    turning = []
    if offset:
        newer = max(0, offset - PAGE)
        turning.append(Button(_("‹ Newer"), f"/timeline {elder.code} +{newer}"))
    if more:
        turning.append(Button(_("Older ›"), f"/timeline {elder.code} +{offset + PAGE}"))
    below = (Button(_("Card"), f"/brief {elder.code}"),)
    return (tuple(turning), below) if turning else (below,)


def _moments(turn: Turn, elder: Elder, most: int) -> Iterator[Moment]:
    may_read = sources.readable(turn.session, turn.staff, elder, turn.today)
    for visit in lookup.last_visits(turn.session, elder.id, most):
        yield Moment(visit.visited_at, _visit_line(turn, visit))
    for absence in sources.absences(turn.session, elder.id, most):
        yield Moment(_start(turn, absence.from_on), _absence_line(absence))
    hidden = HEALTH in withheld(turn.session, elder.id)
    for flag in sources.flags(turn.session, elder.id, most):
        if hidden and flag.flag in HEALTH_FLAGS:
            continue
        yield Moment(_start(turn, flag.since), _flag_line(flag))
    for event, case, staff, may in sources.case_events(turn.session, elder.id, may_read, most):
        may = may and not (hidden and case.service_group == MEDICAL)
        yield Moment(event.at, _case_line(turn, event, case, staff, may))
    yield from _helped(turn, elder, may_read, most)
    if elder.ended_on:
        text = _("– %(day)s · Off the lists") % {"day": day(elder.ended_on)}
        yield Moment(_start(turn, elder.ended_on), text)


def _helped(turn: Turn, elder: Elder, may_read: ColumnElement[bool], most: int) -> Iterator[Moment]:
    """The relief room and the fast-track."""
    zone = turn.office.zone
    for booking in sources.bookings(turn.session, elder.id, may_read, most):
        state = _(ROOM_STATES[booking.state])
        text = _("Relief room %(when)s: %(state)s") % {"when": when(booking), "state": state}
        at = Slot(booking.on_day, booking.minute).instant(zone)
        yield Moment(at, f"{ROOM_MARKS[booking.state]} {text}")
    for track, case in sources.fast_tracks(turn.session, elder.id, may_read, most):
        at = track.answered_at or track.asked_at
        number, state = _("Case %(number)d") % {"number": case.number}, _(FAST_STATES[track.state])
        what_for = " ".join((_("Fast-track"), track.needs))
        parts = (_clock(turn, at), number, what_for, state, said(turn, track))
        line = " · ".join(part for part in parts if part)
        yield Moment(at, f"{FAST_MARKS[track.state]} {line}")


def _visit_line(turn: Turn, visit: Visit) -> str:
    """🚪 11月12日 · 上门 · 都好: the icon stands first, as on every line."""
    icon, _gap, words = how(visit).partition(" ")
    return f"{icon} {visit_line(turn, visit).replace(how(visit), words, 1)}"


def _start(turn: Turn, on: date) -> datetime:
    return datetime.combine(on, datetime.min.time(), turn.office.zone)


def _clock(turn: Turn, at: datetime) -> str:
    local = at.astimezone(turn.office.zone)
    return f"{day(local.date())} {local:%H:%M}"


def _absence_line(absence: Absence) -> str:
    gaps = {
        "kind": _(AWAY.get(absence.kind, absence.kind)),
        "from": day(absence.from_on),
        "until": day(absence.until_on) if absence.until_on else "",
    }
    text = (
        _("⏸ %(from)s · %(kind)s until %(until)s") if gaps["until"] else _("⏸ %(from)s · %(kind)s")
    )
    return text % gaps


def _flag_line(flag: ElderFlag) -> str:
    gaps = {"day": day(flag.since), "flag": _(FLAG_NAMES[flag.flag])}
    if flag.until is None:
        return _("🏷 %(day)s · Register: %(flag)s") % gaps
    return _("🏷 %(day)s · Register: %(flag)s, until %(until)s") % {**gaps, "until": day(flag.until)}


def _case_line(turn: Turn, event: CaseEvent, case: Case, by: Staff | None, may_read: bool) -> str:
    """🆘 11月12日 15:32 · 个案31 · 刘强 受理; of a restricted one the code and how grave it is."""
    number = _("Case %(number)d") % {"number": case.number}
    if not may_read:
        parts = [_clock(turn, event.at), number, _(SEVERITY_NAMES[case.severity])]
        return f"{MARKS[case.severity]} {' · '.join(parts)}"
    did = " ".join((by.name if by else _("The bot"), _(DONE.get(event.action, event.action))))
    words = what(case) if event.action == OPENED else event.text
    parts = [_clock(turn, event.at), number, did, " ".join(words.split())[:LONGEST]]
    return f"{MARKS[case.severity]} {' · '.join(part for part in parts if part)}"
