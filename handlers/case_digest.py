"""What a morning's digest says of cases: how many are new, late, waiting; never whose."""

from collections.abc import Iterable
from datetime import timedelta

from handlers.concern_words import SEVERITY_NAMES
from handlers.turn import Turn
from locales import gettext as _
from models import case_query

NEW = timedelta(days=1)


def case_lines(turn: Turn) -> list[str]:
    """One or two lines for a coordinator's digest; none when there is nothing open."""
    found = case_query.counts(turn.session, turn.staff, turn.now, turn.today, turn.now - NEW)
    if not found.all:
        return []
    gaps = {
        "all": found.all,
        "late": found.late,
        "fresh": found.fresh,
        "waiting": found.unacknowledged,
        "asked": found.to_follow_up,
    }
    lines = [
        _("Cases: %(all)d open, %(fresh)d new since yesterday, %(asked)d to follow up.") % gaps
    ]
    if found.late:
        lines.append(_("🔴 Cases overdue: %(late)d; not acknowledged: %(waiting)d.") % gaps)
    return lines


def open_line(found: Iterable[case_query.Pile]) -> str:
    """Open cases by severity, in one line."""
    found = list(found)
    if not found:
        return _("🟢 No open cases.")
    by_severity = [
        _("%(severity)s %(count)d") % {"severity": _(name), "count": count}
        for level, name in SEVERITY_NAMES.items()
        if (count := sum(pile.number for pile in found if pile.severity == level))
    ]
    gaps = {"all": sum(pile.number for pile in found), "which": _(", ").join(by_severity),
            "late": sum(pile.number for pile in found if pile.late)}  # fmt: skip
    return _("⚠️ Open cases: %(all)d (%(which)s), overdue %(late)d") % gaps
