"""Whom to see and when: /due, and why somebody is or is not due: /why."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from handlers import form
from handlers.brief import one_elder
from handlers.pick import ago
from handlers.talk import Button, Reply, Rows
from handlers.turn import Turn, day
from handlers.veil import veil
from locales import gettext as _
from locales import mark as N_
from locales import ngettext
from models import agenda as plan
from models.due import OVERDUE, Status, after, before, status, window
from models.due_query import recent_of
from models.elder import age
from models.workdays import differing_days, is_workday

SHOWN = 6
WISH = 20  # characters
WHOLE = ("all", "全部")


def due_command(turn: Turn, rest: str) -> list[Reply]:
    """/due — today; /due all — the rest of the window too."""
    policy = plan.office_policy(turn.session)
    mine = plan.agenda(turn.session, turn.staff, turn.today, policy)
    whole = rest in WHOLE
    lines = [_head(mine), *due_lines(turn, mine)]
    if whole:
        lines += _later_lines(turn, mine)
    return [Reply("\n".join(lines), due_rows(turn, mine, whole))]


def _head(mine: plan.Agenda) -> str:
    return _(
        "%(first)s–%(last)s: %(done)d of %(expected)d visited, %(overdue)d overdue, "
        "%(suspended)d suspended"
    ) % {
        "first": day(mine.window.first),
        "last": day(mine.window.last),
        "done": len(mine.satisfied),
        "expected": len(mine.wanted),
        "overdue": len(mine.overdue),
        "suspended": len(mine.suspended),
    }


def _to_act_on(mine: plan.Agenda) -> list[tuple[str, plan.Line]]:
    """🔴 overdue, 🟡 today, 📞 a call: the lines of the day, each with its button."""
    return [
        *(("🔴", one) for one in mine.overdue),
        *(("🟡", one) for one in mine.today),
        *(("📞", one) for one in mine.calls),
    ]


def due_lines(turn: Turn, mine: plan.Agenda, hide: bool = False) -> list[str]:
    """The day, capped, and saying how many more there are; ⏸ those who were put off.

    `hide` masks the names, for what shows on a lock screen.
    """
    marked, waiting = _to_act_on(mine), [("⏸", one) for one in mine.put_off]

    def told(some: list[tuple[str, plan.Line]]) -> list[str]:
        lines = [f"{mark} {_line(turn, mine, one, hide)}{_wish(one)}" for mark, one in some[:SHOWN]]
        return [*lines, *_more(len(some) - SHOWN)]

    return [*(told(marked) or [_("🟢 Nobody needs you today.")]), *told(waiting)]


def _wish(one: plan.Line) -> str:
    """What the elder asked for, and the office agreed to, so that nobody goes against it."""
    wish = one.elder.visit_wish
    return f" 💬 {veil(wish[:WISH], [one.elder.name])}" if wish else ""


def _more(count: int) -> list[str]:
    if count <= 0:
        return []
    return [ngettext("… and %(count)d more", "… and %(count)d more", count) % {"count": count}]


def _later_lines(turn: Turn, mine: plan.Agenda) -> list[str]:
    lines = [
        _("%(day)s: %(who)s") % {"day": day(one.suggested), "who": turn.label(one.elder)}
        for one in mine.later[: SHOWN * 4]
    ]
    return (
        [
            _("Later, until %(last)s:") % {"last": day(mine.window.last)},
            *lines,
            *_more(len(mine.later) - SHOWN * 4),
        ]
        if lines
        else []
    )


def _line(turn: Turn, mine: plan.Agenda, one: plan.Line, hide: bool) -> str:
    who = turn.hidden_label(one.elder) if hide else turn.label(one.elder)
    return _("%(who)s  %(when)s") % {"who": who, "when": _when(turn, mine, one)}


def _when(turn: Turn, mine: plan.Agenda, one: plan.Line) -> str:
    if one.reason == plan.PUT_OFF:
        working = is_workday(one.suggested, differing_days(turn.session))
        text = _("put off, you hear of it on %(day)s") if working else _("put off to %(day)s")
        return text % {"day": day(one.suggested)}
    if one.state == OVERDUE:
        return _how_late(turn, mine, one)
    if one.last_on is None:
        return _("not visited lately")
    return _("last time %(ago)s") % {"ago": ago(turn, one.last_on)}


def _how_late(turn: Turn, mine: plan.Agenda, one: plan.Line) -> str:
    """Counted from the end of the first window in which nobody came. The rule looks back two
    windows: of who was not visited in these it does not know how long it has been."""
    if one.last_on is None:
        return _("overdue, not visited lately")
    missed = after(window(one.last_on, mine.policy), mine.policy)
    late = (turn.today - min(missed.last, mine.window.first - timedelta(days=1))).days
    return ngettext("%(days)d day overdue", "%(days)d days overdue", late) % {"days": late}


def due_rows(turn: Turn, mine: plan.Agenda, whole: bool = False) -> Rows:
    """A button for each line, and the way to put one off."""
    named = _to_act_on(mine)[:SHOWN]
    names = told_apart(turn, [one for _mark, one in named])
    buttons = [_button(mark, one, name) for (mark, one), name in zip(named, names, strict=True)]
    ways = (Button(_("Not today…"), "/later"),) if buttons or mine.put_off else ()
    more = () if whole or not mine.later else (Button(_("Whole list"), "/due all"),)
    last = (*ways, *more)
    return (*form.in_rows(buttons, 2), last) if last else form.in_rows(buttons, 2)


def _button(mark: str, one: plan.Line, name: str) -> Button:
    if mark == "📞":
        return Button(_("📞 %(name)s") % {"name": name}, f"/visit {one.elder.code} phone")
    return Button(_("Visit %(name)s") % {"name": name}, f"/visit {one.elder.code}")


def told_apart(turn: Turn, lines: Sequence[plan.Line]) -> list[str]:
    """Names for buttons; where two are the same, the age stands with them, or else the code."""
    named = [(turn.shown(one.elder.name), age(one.elder, turn.today)) for one in lines]
    names = [name for name, _years in named]
    return [
        name if names.count(name) == 1 else _with_more(name, years, named.count((name, years)), one)
        for (name, years), one in zip(named, lines, strict=True)
    ]


def _with_more(name: str, years: int | None, same: int, one: plan.Line) -> str:
    if years is None or same > 1:
        return f"{name} {one.elder.code}"
    return _("%(name)s, %(years)d") % {"name": name, "years": years}


# Why


def why_command(turn: Turn, rest: str) -> list[Reply]:
    """/why ELDER — one sentence on why somebody is or is not due."""
    elder = one_elder(turn, rest, "/why")
    if isinstance(elder, Reply):
        return [elder]
    policy = plan.office_policy(turn.session)
    said = status(recent_of(turn.session, elder, turn.today, policy), turn.today, policy)
    start = Button(_("Start the visit"), f"/visit {elder.code}")
    rows = ((start, Button(_("Not today…"), f"/later {elder.code}")),)
    return [Reply(f"{turn.label(elder)}\n{explain(turn, said)}", rows)]


def explain(turn: Turn, said: Status) -> str:
    policy = plan.office_policy(turn.session)
    missed = before(said.window, policy)
    gaps: dict[str, Any] = {
        "first": day(said.window.first),
        "last": day(said.window.last),
        "missed_first": day(missed.first),
        "missed_last": day(missed.last),
        "suggested": day(said.suggested),
        "visited": day(said.last_on) if said.last_on else "",
        "left": (said.window.last - turn.today).days,
        "gap": policy.shortest_gap,
    }
    reason = said.reason
    if reason == plan.PUT_OFF and not is_workday(said.suggested, differing_days(turn.session)):
        reason = DAY_OFF
    if reason == EARLY and plan.may_go(said, turn.today, policy):
        reason = EARLY_BUT_COUNTS
    return _(REASONS[said.state, reason]) % gaps


DAY_OFF = "put_off_to_a_day_off"  # on which no digest is sent
EARLY, EARLY_BUT_COUNTS = "early", "early_but_counts"  # the day's list may name it already
REASONS = {
    ("satisfied", "visited"): N_("🟢 Visited on %(visited)s: that counts for %(first)s–%(last)s."),
    ("overdue", "missed"): N_(
        "🔴 Overdue: nobody came from %(missed_first)s to %(missed_last)s. Please go soon."
    ),
    ("overdue", "only_phone"): N_(
        "🔴 Overdue: the call on %(visited)s does not count here; please go in person soon."
    ),
    ("overdue", "too_soon"): N_(
        "🔴 Overdue: %(visited)s does not count, it was within %(gap)d days of the visit before; "
        "please go again soon."
    ),
    ("not_yet", EARLY): N_("Not yet: last visit %(visited)s, the next around %(suggested)s."),
    ("not_yet", EARLY_BUT_COUNTS): N_(
        "No hurry: last visit %(visited)s, the next around %(suggested)s; a visit today counts "
        "already, since the list spreads them evenly."
    ),
    ("not_yet", "put_off"): N_("⏸ Put off to %(suggested)s; you are reminded on that day."),
    ("not_yet", DAY_OFF): N_(
        "⏸ Put off to %(suggested)s: the office does not work that day, no reminder comes. Please "
        "note it down."
    ),
    ("due", "time"): N_("🟡 Due: a visit belongs to %(first)s–%(last)s, %(left)d days are left."),
    ("due", "only_phone"): N_(
        "🟡 Due: the call on %(visited)s does not count here; please go in person by %(last)s."
    ),
    ("due", "too_soon"): N_(
        "🟡 Due: %(visited)s does not count, it was within %(gap)d days of the visit before; "
        "please go again by %(last)s."
    ),
    ("suspended", "away"): N_("⏸ Suspended: in hospital or away; it goes on by itself afterwards."),
    ("suspended", "deceased"): N_("⏸ No more visits: has died."),
    ("suspended", "moved"): N_("⏸ No more visits: has moved away."),
}  # fmt: skip
