"""The card of a fast-track request, and who is told: asked, reminded, answered, called off."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from sqlmodel import Session, col

from handlers.case_card import title, what, whose
from handlers.case_tell import desk, held, lane
from handlers.case_ways import may_use
from handlers.fast_words import asked_line, state_words
from handlers.morning import Post, reachable, reader, turn_of
from handlers.nudge import write
from handlers.talk import Button, Reply, Rows
from handlers.turn import Office, Turn
from locales import gettext as _
from locales import speaking
from models import case_query, duty
from models import fast_track as tracks
from models.case import UNRESOLVED, Case
from models.elder import Elder
from models.fast_track import ARRANGED, ASKED, PAPERS, REFUSED, RUNNING, FastTrack
from models.office_hours import office_hours
from models.org import up_from
from models.outbox import Job
from models.staff import Staff

KIND = "fast"
AT_ONCE = 50
LATER = 2  # from this reminder on the coordinator and whoever asked are told too


def is_user(turn: Turn, case: Case, elder: Elder) -> bool:
    is_ = case_query.standing(turn.session, turn.staff, case, elder, turn.today)
    return may_use(case, is_) and case_query.may_read(case, is_)


def is_hospital(turn: Turn, elder: Elder) -> bool:
    above = turn.staff.unit_id in up_from(turn.session, elder.unit_id)
    return above and tracks.is_contact(turn.session, turn.staff)


# What is shown


def card(turn: Turn, track: FastTrack, case: Case, elder: Elder, head: str = "") -> Reply:
    """Masked like the card of its case: it shows on lock screens."""
    is_ = case_query.standing(turn.session, turn.staff, case, elder, turn.today)
    by = turn.session.get_one(Staff, track.asked_by)
    lines = [
        _("Fast-track · %(case)s") % {"case": title(case)},
        head,
        whose(turn, case, elder, is_),
        what(case) if case_query.may_read(case, is_) else "",
        _("Needed: %(needs)s") % {"needs": track.needs},
        asked_line(turn, by.name, by.phone, track),
        state_words(turn, track),
        _next_step(turn, track, case, elder, by),
    ]
    text = "\n".join(line for line in lines if line)
    return Reply(text, _rows(turn, track, case, elder), f"@{track.ref}")


def _next_step(turn: Turn, track: FastTrack, case: Case, elder: Elder, by: Staff) -> str:
    """The card names the elder masked: what the hospital needs beyond that is said by phone."""
    if track.state == PAPERS and is_user(turn, case, elder):
        return _("Once the hospital has them, tap “Papers are there”.")
    if track.state == ASKED and is_hospital(turn, elder) and by.id != turn.staff.id:
        return _("For the name and the papers please ring %(who)s.") % {"who": by.name}
    return ""


def back_to_case(case: Case) -> Rows:
    return ((Button(_("‹ Back to the card"), f"/case {case.number}"),),)


def _rows(turn: Turn, track: FastTrack, case: Case, elder: Elder) -> Rows:
    code, rows = f"/fast @{track.ref}", list[tuple[Button, ...]]()
    if is_hospital(turn, elder) and track.state in (*RUNNING, ARRANGED, REFUSED):
        labels = {
            ARRANGED: _("Arranged…"),
            PAPERS: _("Papers missing…"),
            REFUSED: _("Not possible…"),
        }
        rows.append(tuple(Button(label, f"{code} {state}") for state, label in labels.items()))
    if is_user(turn, case, elder):
        if track.state == PAPERS:
            rows.append((Button(_("Papers are there"), f"{code} again"),))
        if track.state == REFUSED and case.state in UNRESOLVED:
            rows.append((Button(_("Ask once more…"), f"/fast {case.number}"),))
        rows += back_to_case(case)
    return tuple(rows)


# Telling


def concerned(turn: Turn, track: FastTrack, case: Case, elder: Elder) -> list[Staff]:
    """Whoever asked, the elder's liaison, the coordinators."""
    units = up_from(turn.session, elder.unit_id)
    people = [
        turn.session.get_one(Staff, track.asked_by),
        *duty.carers(turn.session, elder.id, turn.today)[:1],
        *duty.coordinators(turn.session, units),
    ]
    return [one for one in people if case_query.may_read(
        case, case_query.standing(turn.session, one, case, elder, turn.today))]  # fmt: skip


def tell(
    turn: Turn, track: FastTrack, case: Case, elder: Elder, name: str, people: Iterable[Staff]
) -> None:
    others = [one.id for one in people if one.id != turn.staff.id]
    turn.session.flush()
    written = _posts(turn.session, turn.office, turn.now, (track, case, elder), name, others)
    write(turn.session, written, turn.now)


def _posts(
    session: Session,
    office: Office,
    now: datetime,
    asked: tracks.Asked,
    name: str,
    people: Iterable[object],
) -> Iterator[Post]:
    track, case, elder = asked
    for staff, chat in reachable(session, col(Staff.id).in_(set(people))):
        with speaking(staff.locale or office.locale):
            turn = turn_of(session, office, now, staff, chat)
            reply = replace(card(turn, track, case, elder, _head(track, name)), lane=lane(case))
        once = f"{KIND}:{track.ref}:{name}:{staff.id.hex}"
        yield Post(chat, reply, KIND, once, held(desk(turn), case), anew=True)


def _head(track: FastTrack, name: str) -> str:
    if name.startswith("remind"):
        return _("🔴 The hospital has not answered yet")
    if name == "off":
        return _("Not needed any more: nothing needs to be done")
    return (
        _("🔔 The hospital is asked") if track.state == ASKED else _("🔔 The hospital has answered")
    )


def reminders(session: Session, office: Office, now: datetime) -> Iterator[Post]:
    """The hospital is reminded as often as the ladder of the case would climb; soon the
    coordinator and whoever asked are told too."""
    hours = office_hours(session, office.zone)
    for track, case, elder in tracks.due(session, now, AT_ONCE):
        if not tracks.reminded(session, track, case, now, hours):
            continue
        units = up_from(session, elder.unit_id)
        people = tracks.contacts(session, units)
        if track.reminders >= LATER or not people:
            people += [*duty.coordinators(session, units), session.get_one(Staff, track.asked_by)]
        name = f"remind{track.round}-{track.reminders}"
        ids = [one.id for one in people]
        yield from _posts(session, office, now, (track, case, elder), name, ids)


def called_off(session: Session, office: Office, now: datetime) -> Iterator[Post]:
    """The case was withdrawn, or the elder has died: the hospital hears of it."""
    for track, case, elder in tracks.groundless(session, now, AT_ONCE):
        if tracks.call_off(session, track):
            people = [one.id for one in tracks.contacts(session, up_from(session, elder.unit_id))]
            yield from _posts(session, office, now, (track, case, elder), "off", people)


def renew(session: Session, office: Office, now: datetime, row: Job) -> tuple[Reply | None, str]:
    """The card as it is now; None where the question was answered meanwhile."""
    _kind, ref, name, _staff = str(row.once).split(":")
    found, to = tracks.by_ref(session, ref), reader(session, row)
    if to is None or found is None:
        return None, "left"
    (staff, chat), (track, case, elder) = to, found
    if name.startswith(("ask", "remind")) and track.state != ASKED:
        return None, "answered"
    with speaking(staff.locale or office.locale):
        turn = turn_of(session, office, now, staff, chat)
        return replace(card(turn, track, case, elder, _head(track, name)), lane=row.lane), ""
