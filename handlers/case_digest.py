"""What a morning's digest says of cases: how many are new, late, waiting; never whose."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from handlers.case_card import line_of
from handlers.concern_words import SEVERITY_NAMES
from handlers.talk import Button
from handlers.turn import Turn
from locales import gettext as _
from locales import ngettext
from models import case_query, unreached
from models.case import RESOLVED, Case
from models.elder import Elder
from models.org import branch

NEW = timedelta(days=1)


def case_lines(turn: Turn) -> list[str]:
    """One or two lines for a coordinator's digest; none when there is nothing open."""
    found = case_query.counts(turn.session, turn.staff, turn.now, turn.today, turn.now - NEW)
    if not found.all:
        return sought_lines(turn)
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
    return lines + sought_lines(turn)


def sought_lines(turn: Turn) -> list[str]:
    """🔎 Who is looked for in one's branch, and who will be: codes and places, never a name."""
    units = branch(turn.session, turn.staff.unit_id)
    found = [_at(turn, elder) for elder in unreached.sought(turn.session, units)]
    for visit, elder in unreached.waiting(turn.session, turn.now, turn.today, units):
        if visit.seek_at and _at(turn, elder) not in found:
            until = f"{visit.seek_at.astimezone(turn.office.zone):%H:%M}"
            found.append(_("%(who)s (until %(at)s)") % {"who": _at(turn, elder), "at": until})
    if not found:
        return []
    said = _("🔎 Not reached: %(who)s") % {"who": _(", ").join(found[:MOST])}
    return [f"{said} …" if len(found) > MOST else said]


def _at(turn: Turn, elder: Elder) -> str:
    return f"{elder.code} {turn.village(elder)}"


MOST = 4  # of the cases named to one person
Pressed = Sequence[tuple[Case, Elder]]


def pressing_lines(turn: Turn, found: Pressed, all_: int, restricted: bool = False) -> list[str]:
    """🔴 late, 🟡 due today or to be followed up; masked as on every card. Of a restricted one
    only its group reads more than the code."""
    lines = [_pressing(turn, case, elder, restricted) for case, elder in found[:MOST]]
    return lines + ([_more(all_ - MOST)] if all_ > MOST else [])


def _more(count: int) -> str:
    text = ngettext("… and %(count)d more case", "… and %(count)d more cases", count)
    return text % {"count": count}


def _pressing(turn: Turn, case: Case, elder: Elder, restricted: bool) -> str:
    words = line_of(turn, case, elder, restricted or not case.restricted)
    if case.state == RESOLVED and not case.restricted:
        words = _("%(case)s: please ask whether it is solved") % {"case": words}
    return words if case.late_at and case.late_at < turn.now else f"🟡{words}"


def pressing_buttons(found: Pressed) -> list[Button]:
    return [
        Button(_("Case %(number)d") % {"number": case.number}, f"/case {case.number}")
        for case, _elder in found[:MOST]
    ]


def open_line(found: Iterable[case_query.Pile]) -> str:
    """Open cases in one line: how many, how grave, how many overdue."""
    found = list(found)
    if not found:
        return _("🟢 No open cases.")
    gaps = {"all": sum(pile.number for pile in found), "which": severities(found),
            "late": sum(pile.number for pile in found if pile.late)}  # fmt: skip
    return _("⚠️ Open cases: %(all)d (%(which)s), overdue %(late)d") % gaps


def severities(found: Iterable[case_query.Pile]) -> str:
    """急办 1、一般 2"""
    each = Counter[int]()
    for pile in found:
        each[pile.severity] += pile.number
    return said(each)


def said(each: Mapping[int, int]) -> str:
    """Numbers by severity in words, the gravest first."""
    return _(", ").join(
        _("%(severity)s %(count)d") % {"severity": _(name), "count": each[level]}
        for level, name in SEVERITY_NAMES.items()
        if each.get(level)
    )
