"""The card of a case: one text for everybody who has it, with the buttons that each may press.

It is masked on every network, since it shows on lock screens; where to go is one tap further.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby

from handlers.case_ways import may_go_to, ways
from handlers.case_words import BUTTONS, DONE, MARKS, STATES, button_name, category_name
from handlers.concern_words import GROUP_NAMES, SEVERITY_NAMES
from handlers.talk import Button, Reply, Rows
from handlers.turn import Turn, day
from handlers.veil import veil
from locales import gettext as _
from locales import mark as N_
from models import case_query
from models.case import (
    ACKNOWLEDGED,
    ENDED,
    IN_PROGRESS,
    OPEN,
    RESOLVED,
    RETURNED,
    URGENT,
    Case,
    CaseEvent,
    CaseHolder,
    CaseStep,
)
from models.case_delivery import note_arrivals
from models.case_query import Line
from models.elder import DECEASED, MOVED, Elder
from models.staff import Staff

REMARKS = ("note", "raise", "refer", "moved", "room", "fast")
NOTES = 2  # of the latest that are shown
LONGEST = 200  # characters of what was said
ACROSS = 3


def card_name(case: Case) -> str:
    return f"case {case.number}"


def card(turn: Turn, case: Case, elder: Elder, head: str = "") -> Reply:
    """As this person may see it; `head` says why it comes now."""
    is_ = case_query.standing(turn.session, turn.staff, case, elder, turn.today)
    hold(turn, case)
    first, *rest = _lines(turn, case, elder, is_)
    text = "\n".join(line for line in (first, head, *rest) if line)
    return Reply(veil(text, [elder.name]), _rows(turn, case, is_), card_name(case))


def hold(turn: Turn, case: Case) -> None:
    """From now on this chat's copy of the card is kept current."""
    turn.session.merge(CaseHolder(case_id=case.id, chat_id=turn.chat.id))


def title(case: Case) -> str:
    """🆘 Case 31 · Emergency · emergency duty, housekeeping group"""
    groups = [_(GROUP_NAMES[one]) for one in (case.service_group, case.also_group) if one]
    return _("%(mark)s Case %(number)d · %(severity)s · %(groups)s") % {
        "mark": MARKS[case.severity],
        "number": case.number,
        "severity": _(SEVERITY_NAMES[case.severity]),
        "groups": _(", ").join(groups),
    }


def what(case: Case) -> str:
    """Repair: leaking roof — in one line."""
    words = " ".join(case.text.split())[:LONGEST]
    name = category_name(case.category)
    return _("%(what)s: %(detail)s") % {"what": name, "detail": words} if words else name


def short_line(turn: Turn, case: Case, elder: Elder) -> str:
    """In a brief: what is not done yet, who has it, and how far it is."""
    is_ = case_query.standing(turn.session, turn.staff, case, elder, turn.today)
    gaps = {
        "number": case.number,
        "what": veil(what(case), [elder.name])[:40],
        "group": _(GROUP_NAMES[case.service_group]),
        "severity": _(SEVERITY_NAMES[case.severity]),
        "state": _(STATES[case.state]),
    }
    if not case_query.may_read(case, is_):
        return _("Still open: case %(number)d (%(severity)s)") % gaps
    return _("Still open: %(what)s (case %(number)d, %(group)s, %(state)s)") % gaps


def whose(turn: Turn, case: Case, elder: Elder, is_: Collection[str]) -> str:
    """Whom it is about: of a restricted case others see the code alone."""
    if not case_query.may_read(case, is_):
        return elder.code
    return f"{turn.hidden_label(elder)} {elder.code}{_gone(elder)}"


def _gone(elder: Elder) -> str:
    return f" · {_(GONE[elder.state])}" if elder.state in GONE else ""


GONE = {DECEASED: N_("has died"), MOVED: N_("has moved away")}


def line(turn: Turn, case: Case, elder: Elder) -> str:
    """🔴 31 Repair · 高*昌 柳泉村 · Acknowledged"""
    is_ = case_query.standing(turn.session, turn.staff, case, elder, turn.today)
    return line_of(turn, case, elder, case_query.may_read(case, is_))


def line_of(turn: Turn, case: Case, elder: Elder, readable: bool) -> str:
    late = case.late_at is not None and case.late_at < turn.now
    gaps = {
        "mark": ("🔴" if late else "") + MARKS[case.severity],
        "number": case.number,
        "what": category_name(case.category) if readable else "—",
        "who": f"{turn.hidden_label(elder)} {elder.code}{_gone(elder)}" if readable else elder.code,
        "state": _(STATES[case.state]),
    }
    return _("%(mark)s %(number)d %(what)s · %(who)s · %(state)s") % gaps


def _lines(turn: Turn, case: Case, elder: Elder, is_: Collection[str]) -> list[str]:
    story = case_query.events(turn.session, case.id)
    lines = [title(case), whose(turn, case, elder, is_)]
    if not case_query.may_read(case, is_):
        return [*lines, state_line(turn, case, story, hidden=True)]
    lines += [what(case), _reported(turn, case, story), _wish(case)]
    lines.append(state_line(turn, case, story))
    if case.next_on and case.state in (ACKNOWLEDGED, IN_PROGRESS):
        lines.append(_("Goes on: %(day)s") % {"day": day(case.next_on)})
    return [*lines, *_notes(turn, story)]


def _reported(turn: Turn, case: Case, story: Sequence[tuple[CaseEvent, Staff | None]]) -> str:
    first, by = story[0]
    who = by.name if by else _("The bot")
    gaps = {"who": who, "at": at(turn, first.at), "times": case.mentions}
    if case.mentions > 1:
        return _("Reported by %(who)s %(at)s, mentioned %(times)d times") % gaps
    return _("Reported by %(who)s %(at)s") % gaps


def _wish(case: Case) -> str:
    return _("The elder's wish: %(wish)s") % {"wish": case.wish} if case.wish else ""


def at(turn: Turn, instant: datetime) -> str:
    """15:32 today, else with the day."""
    local = instant.astimezone(turn.office.zone)
    clock = f"{local:%H:%M}"
    return clock if local.date() == turn.today else f"{day(local.date())} {clock}"


def state_line(
    turn: Turn,
    case: Case,
    story: Sequence[tuple[CaseEvent, Staff | None]],
    hidden: bool = False,
) -> str:
    """🔴 Acknowledged: 刘强 15:32 · someone there by 15 Nov 15:20"""
    reached = [one for one in story if one[0].state == case.state and one[0].action not in QUIET]
    event, by = reached[-1] if reached else story[0]
    late = "🔴 " if case.late_at and case.late_at < turn.now else ""
    who = "" if case.state == OPEN else f"{by.name if by else ''} {at(turn, event.at)}".strip()
    first = f"{late}{_(STATES[case.state])} {who}".strip()
    if event.text and case.state in SAYS and not hidden:
        first = _("%(what)s: %(detail)s") % {"what": first, "detail": event.text}
    return " · ".join(part for part in (first, _term(turn, case)) if part)


QUIET = ("note", "date", "raise", "wish", "moved", "mentioned", "escalated", "told_nobody",
         "room", "fast")  # fmt: skip
SAYS = (RETURNED, RESOLVED, *ENDED)


def _term(turn: Turn, case: Case) -> str:
    if case.state == OPEN:
        return _("to be acknowledged by %(at)s") % {"at": at(turn, case.ack_until)}
    if case.state == ACKNOWLEDGED:
        return _("someone there by %(at)s") % {"at": at(turn, case.act_until)}
    if case.state == IN_PROGRESS:
        return _("to be resolved by %(at)s") % {"at": at(turn, case.resolve_until)}
    if case.state == RETURNED:
        return _("the coordinator decides")
    if case.state == RESOLVED:
        return _("to be followed up") if case.severity > URGENT else _("somebody else follows up")
    return ""


def _notes(turn: Turn, story: Sequence[tuple[CaseEvent, Staff | None]]) -> list[str]:
    found = [(event, by) for event, by in story if event.action in REMARKS and event.text]
    return [
        _("%(who)s %(at)s: %(text)s")
        % {"who": by.name if by else "", "at": at(turn, event.at), "text": event.text[:LONGEST]}
        for event, by in found[-NOTES:]
    ]


def _rows(turn: Turn, case: Case, is_: Collection[str]) -> Rows:
    """What this person may do now, then where to read more."""
    may = {one.action for one in case_query.allowed(case, is_, turn.staff)}
    if not case.restricted:
        may.discard("wish")
    elif not may_go_to(turn, case):
        may.discard("refer")
    doing = [
        Button(button_name(name, case.category), _code(case, name))
        for name in BUTTONS
        if name in may
    ]
    rows = [tuple(doing[i : i + ACROSS]) for i in range(0, len(doing), ACROSS)]
    more = [Button(_("Story"), _code(case, "story"))]
    if case_query.may_go(case, is_):
        more = [Button(_("Where to go"), _code(case, "where")), *more, *ways(case, is_)]
        rows += pictures(turn, case)
    return (*rows, tuple(more))


def pictures(turn: Turn, case: Case) -> Rows:
    """The way to the pictures, where there are some."""
    count = case_query.count_photos(turn.session, case.id)
    label = _("Pictures: %(count)d") % {"count": count}
    return ((Button(label, _code(case, "photo")),),) if count else ()


def _code(case: Case, action: str) -> str:
    return f"/case {case.number} {action}"


def story(turn: Turn, case: Case, elder: Elder) -> Reply:
    """Everything that was done, and who was told: for whoever may read it."""
    is_ = case_query.standing(turn.session, turn.staff, case, elder, turn.today)
    readable = case_query.may_read(case, is_)
    lines = [title(case), whose(turn, case, elder, is_), what(case) if readable else ""]
    for event, by in case_query.events(turn.session, case.id):
        lines.append(_told_of(turn, event, by, readable))
    back = Button(_("‹ Back to the card"), f"/case {case.number}")
    lines += ["", *_delivery_lines(turn, case)]
    text = "\n".join(lines).strip()
    return Reply(veil(text, [elder.name]), ((back,),), card_name(case))


def _told_of(turn: Turn, event: CaseEvent, by: Staff | None, readable: bool) -> str:
    line = _("%(at)s %(who)s %(did)s") % {
        "at": at(turn, event.at),
        "who": by.name if by else _("The bot"),
        "did": _(DONE.get(event.action, event.action)),
    }
    if not event.text or not readable:
        return line
    return _("%(what)s: %(detail)s") % {"what": line, "detail": event.text}


STEPS = {  # why people were told, in the story
    "open": N_("new"),
    "raise": N_("more urgent"),
    "reopen": N_("begins anew"),
    "refer": N_("referred"),
    "ack": N_("nobody acknowledged"),
    "act": N_("nobody there yet"),
    "back": N_("nobody decided"),
    "resolve": N_("not resolved in time"),
    "follow_up": N_("follow-up wanted"),
    "acked": N_("acknowledged"),
    "resolved": N_("resolved"),
    "return": N_("returned"),
    "withdraw": N_("withdrawn"),
    "reached": N_("reached"),
    "scene": N_("from the scene"),
    "evening": N_("not reached by evening"),
    "gone": N_("the elder is gone"),
    "restored": N_("open again"),
    "moved": N_("moved"),
    "nobody": N_("nobody reached"),
}
ARRIVED = {"sent": "✓", "waiting": "⏳", "failed": "✗", "absent": "✗", "dropped": "–"}


def _delivery_lines(turn: Turn, case: Case) -> list[str]:
    """One line for each step: when, why, and whom it reached."""
    note_arrivals(turn.session)
    lines = [
        _("%(at)s %(why)s: %(names)s")
        % {
            "at": at(turn, step.at),
            "why": _(STEPS.get(phase_of(step.name), "")) or step.name,
            "names": _(", ").join(f"{ARRIVED[one.notice.state]}{one.staff.name}" for one in told),
        }
        for step, told in _by_step(case_query.deliveries(turn.session, case.id))
    ]
    return [_("Told (✓ arrived, ⏳ waiting, ✗ not delivered):"), *lines] if lines else []


def _by_step(found: Iterable[Line]) -> Iterator[tuple[CaseStep, list[Line]]]:
    for _key, lines in groupby(found, key=lambda one: one.step.id):
        told = list(lines)
        yield told[0].step, told


def phase_of(name: str) -> str:
    """ack2 → ack, nobody:ack2 → nobody"""
    return name.partition(":")[0].rstrip("0123456789")
