"""What a morning's digest says of cases: how many are new, late, waiting; never whose."""

from datetime import timedelta

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
