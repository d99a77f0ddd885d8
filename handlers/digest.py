"""The morning digest: one message a person and day, with a way to act on each line."""

from datetime import date
from functools import lru_cache

from babel.dates import format_date

from handlers import form
from handlers.due import due_lines, due_rows
from handlers.promises import kept_button
from handlers.talk import Button, Reply, Rows
from handlers.turn import Turn, day
from handlers.veil import veil
from locales import gettext as _
from locales import language
from models.elder import masked
from models.mailbox import NUDGE
from models.morning import Morning, Tally

PROMISES, DRAFTS = 3, 3
NEAR_END = 3  # days before a window ends its number of open visits is said


def liaison_digest(turn: Turn, morning: Morning) -> Reply:
    """Names are masked: it shows on a lock screen; the buttons below do not."""
    lines = [_greeting(turn), _sum(morning), *_ending(turn, morning), ""]
    lines += due_lines(turn, morning.agenda, hide=True)
    lines += _promise_lines(morning) + _draft_lines(turn, morning) + _backing_lines(morning)
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
    return _("Suggested today: %(today)d visits; overdue: %(overdue)d; calls: %(calls)d.") % {
        "today": len(mine.today),
        "overdue": len(mine.overdue),
        "calls": len(mine.calls),
    }


def _ending(turn: Turn, morning: Morning) -> list[str]:
    """Window −3 and −1: how many are still open when it nears its end."""
    mine = morning.agenda
    left = (mine.window.last - turn.today).days
    open_ = len(mine.overdue) + len(mine.today) + len(mine.later)
    if left > NEAR_END or not open_:
        return []
    return [
        _("⏳ %(left)d days left until %(last)s, %(open)d still to visit.")
        % {"left": left, "last": day(mine.window.last), "open": open_}
    ]


def _promise_lines(morning: Morning) -> list[str]:
    return [
        _("Promised %(name)s: %(text)s")
        % {"name": masked(owed.name), "text": veil(owed.text[:30], [owed.name])}
        for owed in morning.promises[:PROMISES]
    ]


def _draft_lines(turn: Turn, morning: Morning) -> list[str]:
    return [
        _("Unfinished since %(day)s: %(name)s")
        % {"day": day(draft.started_at.astimezone(turn.office.zone).date()),
           "name": masked(str(draft.context.get("name", "")))}
        for draft in morning.drafts[:DRAFTS]
        if draft.form == "visit"
    ]  # fmt: skip


def _backing_lines(morning: Morning) -> list[str]:
    """Window −1, for the backup: whom somebody else has not reached yet."""
    if not morning.backing:
        return []
    codes = _(", ").join(morning.backing[:6])
    return [_("⏳ As backup: one day left, not visited yet: %(codes)s") % {"codes": codes}]


def _rows(turn: Turn, morning: Morning) -> Rows:
    going_on = [
        Button(_("Go on: %(name)s") % {"name": turn.shown(str(draft.context.get("name", "")))},
               form.resume_code(draft))
        for draft in morning.drafts[:DRAFTS]
        if draft.form == "visit"
    ]  # fmt: skip
    done = [kept_button(turn.shown(one.name), one.ref) for one in morning.promises[:PROMISES]]
    rows = (*form.in_rows(going_on, 2), *form.in_rows(done, 2))
    return (*due_rows(turn, morning.agenda), *rows)


def coordinator_digest(turn: Turn, found: Tally, unassigned: int, unreachable: int) -> Reply:
    """Counts by liaison, the overdue first; what nobody looks after; who cannot be reached."""
    lines = [
        _greeting(turn),
        _("This half-month: %(done)d of %(expected)d visited.")
        % {"done": found.done, "expected": found.expected},
        "",
        *_late_lines(found),
    ]
    if unassigned:
        lines.append(_("⚠️ Without a liaison: %(count)d") % {"count": unassigned})
    if unreachable:
        lines.append(_("⚠️ Cannot be reached: %(count)d, see /unreachable") % {"count": unreachable})
    return Reply("\n".join(lines).rstrip(), (), lane=NUDGE)


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
