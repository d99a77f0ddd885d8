"""The morning digest: one message a person and day, with a way to act on each line."""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from itertools import chain

from babel.dates import format_date

from handlers import form
from handlers.broadcast_card import more
from handlers.case_digest import MOST as CASES
from handlers.case_digest import case_lines, pressing_buttons, pressing_lines
from handlers.due import due_lines, due_rows
from handlers.promises import kept_button
from handlers.talk import Button, Reply, Rows
from handlers.turn import Turn, day, end_of
from handlers.veil import veil
from locales import gettext as _
from locales import language, ngettext
from locales import mark as N_
from models import case_query
from models.agenda import office_policy
from models.case import Case
from models.draft import PROBLEM, VISIT, Draft
from models.due import window
from models.elder import Elder, masked
from models.mailbox import NUDGE
from models.morning import Morning, Owed
from models.org import unit_name
from models.tally import CODES, Tally
from models.workdays import differing_days, reminder_day

PROMISES, DRAFTS, BACKING = 3, 3, 4
NEAR_END = 3  # days before a window ends its number of open visits is said


def liaison_digest(turn: Turn, morning: Morning) -> Reply:
    """Names are masked: it shows on a lock screen; the buttons below do not."""
    lines = [_greeting(turn), _sum(morning), *_ending(turn, morning), ""]
    lines += due_lines(turn, morning.agenda, hide=True)
    lines += pressing_lines(turn, _cases(morning), len(morning.cases))
    lines += _promise_lines(morning) + _draft_lines(turn, morning.drafts)
    lines += _backing_lines(turn, morning)
    return Reply("\n".join(lines).rstrip(), _rows(turn, morning), lane=NUDGE)


def _greeting(turn: Turn) -> str:
    return _("Good morning, %(name)s. %(day)s") % {
        "name": turn.staff.name,
        "day": weekday(turn.today),
    }


def weekday(value: date) -> str:
    """11月12日 星期四"""
    return f"{day(value)} {_weekday(value, language())}"


@lru_cache(maxsize=100)
def _weekday(value: date, locale: str) -> str:
    return format_date(value, "EEEE", locale=locale)


def _sum(morning: Morning) -> str:
    mine = morning.agenda
    text = _("Suggested today: %(today)d visits; overdue: %(overdue)d.")
    if mine.calls:
        text = _("Suggested today: %(today)d visits; overdue: %(overdue)d; calls: %(calls)d.")
    gaps = {"today": len(mine.today), "overdue": len(mine.overdue), "calls": len(mine.calls)}
    return text % gaps


def _ending(turn: Turn, morning: Morning) -> list[str]:
    """Window −3 and −1: how many are still open when it nears its end."""
    mine, differing = morning.agenda, differing_days(turn.session)
    last, open_ = mine.window.last, len(mine.still_open)
    if turn.today < reminder_day(last, NEAR_END, differing) or not open_:
        return []
    text = _("⏳ %(left)d working days left until %(last)s: %(open)d still to visit.")
    if mine.left <= 1:
        text = _("⏳ Today is the last working day before %(last)s: %(open)d still to visit.")
    return [text % {"left": mine.left, "last": day(last), "open": open_}]


def _promise_lines(morning: Morning) -> list[str]:
    return [
        _("Promised %(name)s: %(text)s") % {"name": masked(owed.name), "text": _promised(owed)}
        for owed in morning.promises[:PROMISES]
    ]


def _promised(owed: Owed) -> str:
    return _("see the case") if owed.restricted else veil(owed.text[:30], [owed.name])


UNFINISHED = {
    VISIT: N_("Unfinished since %(day)s: %(name)s"),
    PROBLEM: N_("Problem not reported yet, begun %(day)s: %(name)s"),
}
GOING_ON = {VISIT: N_("Go on: %(name)s"), PROBLEM: N_("Report: %(name)s")}


def _draft_lines(turn: Turn, drafts: Sequence[Draft]) -> list[str]:
    return [
        _(UNFINISHED[draft.form])
        % {"day": day(draft.started_at.astimezone(turn.office.zone).date()),
           "name": masked(str(draft.context.get("name", ""))) or _("nobody chosen yet")}
        for draft in drafts[:DRAFTS]
    ]  # fmt: skip


def _going_on(turn: Turn, drafts: Sequence[Draft]) -> list[Button]:
    return [
        Button((_(GOING_ON[draft.form]) % {"name": name}).rstrip(), form.resume_code(draft))
        for draft in drafts[:DRAFTS]
        for name in [turn.shown(str(draft.context.get("name", "")))]
    ]


def _backing_lines(turn: Turn, morning: Morning) -> list[str]:
    """Window −1, for the backup: whom somebody else has not reached yet. No names: these are
    not in the backup's care until the button is pressed."""
    if not morning.backing:
        return []
    named = [
        f"{who.code} {unit_name(turn.session, who.unit_id)}" for who in morning.backing[:BACKING]
    ]
    rest = len(morning.backing) - BACKING
    text = _("⏳ You are backup; not visited yet by %(last)s: %(who)s")
    gaps = {"last": day(morning.agenda.window.last), "who": _(", ").join(named)}
    return [text % gaps, *([more(rest)] if rest > 0 else [])]


def _rows(turn: Turn, morning: Morning) -> Rows:
    going_on = _going_on(turn, morning.drafts)
    done = [kept_button(turn.shown(one.name), one.ref) for one in morning.promises[:PROMISES]]
    instead = [
        Button(_("I go: %(code)s") % {"code": who.code}, f"/instead {who.code}")
        for who in morning.backing[:BACKING]
    ]
    cases = pressing_buttons(_cases(morning))
    rows = (form.in_rows(one, 2) for one in (cases, going_on, done, instead))
    return (*due_rows(turn, morning.agenda), *chain.from_iterable(rows))


def _cases(morning: Morning) -> list[tuple[Case, Elder]]:
    return [(one.case, one.elder) for one in morning.cases]


def duty_digest(turn: Turn) -> Reply | None:
    """What presses in the officer's groups today; None where nothing does."""
    by_tonight = case_query.late_by(end_of(turn.today, turn.office.zone))
    mine = (turn.session, turn.staff, turn.now, turn.today)
    found = case_query.listed(*mine, 0, CASES, by_tonight)
    if not found.all:
        return None
    count = case_query.counts(*mine, turn.now)
    gaps = {"all": count.all, "late": count.late, "waiting": count.unacknowledged}
    head = _("Cases: %(all)d open, %(late)d overdue, %(waiting)d to be acknowledged.") % gaps
    lines = [_greeting(turn), head, ""]
    lines += pressing_lines(turn, found.found, found.all, restricted=True)
    buttons = [*pressing_buttons(found.found), Button(_("Cases"), "/cases")]
    return Reply("\n".join(lines), form.in_rows(buttons, 2), lane=NUDGE)


def coordinator_digest(
    turn: Turn, found: Tally, unreachable: int, drafts: Sequence[Draft] = ()
) -> Reply:
    """Counts by liaison, the overdue first; whom nobody looks after; who cannot be reached."""
    lines = [_greeting(turn), _so_far(turn, found), "", *_late_lines(found)]
    if found.put_off:
        lines.append(_("⏸ Put off: %(count)d") % {"count": found.put_off})
    lines += _alone_lines(found)
    if unreachable:
        lines.append(_("⚠️ Staff who cannot be reached: %(count)d") % {"count": unreachable})
    of_cases = case_lines(turn)
    lines += [*of_cases, *_draft_lines(turn, drafts)]
    ways = [
        (len(of_cases), Button(_("Cases"), "/cases")),
        (found.all_late, Button(_("Write to them"), "/broadcast")),
        (found.all_alone, Button(_("Arrange…"), "/assign")),
        (unreachable, Button(_("Who is it?"), "/unreachable")),
    ]
    buttons = [*(button for count, button in ways if count), *_going_on(turn, drafts)]
    return Reply("\n".join(lines).rstrip(), form.in_rows(buttons, 2), lane=NUDGE)


def _so_far(turn: Turn, found: Tally) -> str:
    one = window(turn.today, office_policy(turn.session))
    return _("%(first)s–%(last)s: %(done)d of %(expected)d visited.") % {
        "first": day(one.first),
        "last": day(one.last),
        "done": found.done,
        "expected": found.expected,
    }


def _alone_lines(found: Tally) -> list[str]:
    if not found.alone:
        return []
    codes = _(", ").join(one.elder.code for one in found.alone)
    text = ngettext(
        "⚠️ Nobody looks after %(count)d elder: %(codes)s",
        "⚠️ Nobody looks after %(count)d elders: %(codes)s",
        found.all_alone,
    ) % {"count": found.all_alone, "codes": codes}
    return [f"{text} …" if found.all_alone > CODES else text]


def _late_lines(found: Tally) -> list[str]:
    if not found.late:
        return [_("🟢 Nobody is overdue.")]
    lines = [
        _("🔴 %(name)s: %(count)d overdue (%(codes)s)")
        % {"name": one.name, "count": one.overdue, "codes": _(", ").join(one.codes)}
        for one in found.late
    ]
    rest = found.all_late - len(found.late)
    return lines + ([_("… and %(count)d liaisons more") % {"count": rest}] if rest > 0 else [])
