"""How a fast-track request is said, and when an appointment is."""

import re
from datetime import datetime, time, timedelta

from handlers.case_card import at
from handlers.dates import coming_day
from handlers.questions import Choice, tidy
from handlers.talk import Button
from handlers.turn import Turn, Unclear, day
from locales import gettext as _
from locales import mark as N_
from models.fast_track import ARRANGED, ASKED, CALLED_OFF, LATEST, PAPERS, REFUSED, FastTrack

STATES = {
    ASKED: N_("Waiting for the hospital"),
    ARRANGED: N_("Arranged"),
    PAPERS: N_("Papers missing"),
    REFUSED: N_("Cannot be arranged"),
    CALLED_OFF: N_("Not needed any more"),
}
MARKS = {ASKED: "🟡", ARRANGED: "🟢", PAPERS: "🟡", REFUSED: "🔴", CALLED_OFF: "–"}
NEEDS = (
    Choice("doctor", N_("See a doctor")),
    Choice("bed", N_("A bed")),
    Choice("tests", N_("Examination")),
    Choice("fetch", N_("Fetch from home")),
)
ASKS = {  # what is asked before an answer is given
    ARRANGED: N_("When? (tap, or write such as 11-18 9:30)"),
    PAPERS: N_("Which papers are missing? (tap or write)"),
    REFUSED: N_("Why not? (tap or write)"),
}
OFFERS = {
    PAPERS: (
        Choice("id", N_("Identity card")),
        Choice("insurance", N_("Insurance card")),
        Choice("records", N_("Medical records")),
        Choice("referral", N_("Referral slip")),
    ),
    REFUSED: (
        Choice("full", N_("No bed free")),
        Choice("booked", N_("Booked out")),
        Choice("elsewhere", N_("Not our field")),
    ),
}
CLOCK = re.compile(r"(.*?)[ ,]*(上午|下午|早上|晚上)? ?(\d{1,2})[:点时](\d{2}|半)?分?")
AFTERNOON = ("下午", "晚上")
MINUTES = {"半": 30}
USUAL = ((0, 15, 0), (1, 9, 0), (1, 14, 30), (2, 9, 0))  # days on, hour, minute


def when(turn: Turn, words: str) -> datetime:
    """11-18 9:30, 明天下午3点. Raises Unclear."""
    found = CLOCK.fullmatch(tidy(words))
    clock = _clock(found) if found else None
    if found is None or clock is None:
        raise Unclear(_("Please write the day and the hour, such as 11-18 9:30."))
    on = coming_day(found[1], turn.today) if found[1] else turn.today
    comes = datetime.combine(on, clock, turn.office.zone)
    if not turn.now < comes <= turn.now + LATEST:
        raise Unclear(_("Please write a day and an hour to come, within three months."))
    return comes


def _clock(found: re.Match[str]) -> time | None:
    """None where there is no such hour."""
    hour, minute = int(found[3]), MINUTES.get(found[4]) or int(found[4] or 0)
    if found[2] in AFTERNOON and hour < 12:
        hour += 12
    return time(hour, minute) if hour < 24 and minute < 60 else None


def times(turn: Turn, code: str) -> list[Button]:
    """The usual hours of the next days that are still to come."""
    found = []
    for days, hour, minute in USUAL:
        on = turn.today + timedelta(days=days)
        if datetime.combine(on, time(hour, minute), turn.office.zone) > turn.now:
            clock = f"{hour:02}:{minute:02}"
            found.append(Button(f"{day(on)} {clock}", f"{code} {on} {clock}"))
    return found


def state_words(turn: Turn, track: FastTrack) -> str:
    """🟢 Arranged: 13 Nov 09:00"""
    gaps = {"state": _(STATES[track.state]), "text": said(turn, track)}
    words = _("%(state)s: %(text)s") % gaps if gaps["text"] else gaps["state"]
    return f"{MARKS[track.state]} {words}"


def said(turn: Turn, track: FastTrack) -> str:
    if track.state == ARRANGED and track.comes_at:
        local = track.comes_at.astimezone(turn.office.zone)
        return f"{day(local.date())} {local:%H:%M}"
    return track.answer if track.state in (PAPERS, REFUSED) else ""


def asked_line(turn: Turn, name: str, phone: str, track: FastTrack) -> str:
    gaps = {"who": name, "phone": phone, "at": at(turn, track.asked_at)}
    return _("Asked by %(who)s %(at)s 📞 %(phone)s") % gaps
