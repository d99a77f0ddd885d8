"""Who is on duty for which service group: everybody may look, the coordinator sets it."""

import re
from datetime import date, timedelta
from uuid import UUID

from handlers import duty_week
from handlers.case_work import MENUS
from handlers.concern_words import GROUP_NAMES
from handlers.form import in_rows
from handlers.questions import Choice, match, tidy
from handlers.talk import Button, Reply, Rows
from handlers.turn import Turn, Unclear, day
from locales import gettext as _
from locales import mark as N_
from models import duty, people
from models.case import DUTY_BACKUP, ON_DUTY
from models.org import branch, up_from
from models.staff import COORDINATOR, Staff

SPANS = (
    Choice("today", N_("Today")),
    Choice("week", N_("This week")),
    Choice("next", N_("Next week")),
)
AS = (Choice(ON_DUTY, N_("On duty")), Choice(DUTY_BACKUP, N_("As backup"), words=("后备",)))
GROUP_CHOICES = MENUS["refer"].choices
DAYS = re.compile(r"(\d{1,2})[-/.月](\d{1,2})日?")
LONGEST = timedelta(days=31)


def duty_command(turn: Turn, rest: str) -> list[Reply]:
    """/duty — who is; /duty GROUP — whom to put; /duty GROUP NAME week|11-23..11-29 [backup]."""
    name, _gap, rest = tidy(rest).partition(" ")
    if not name:
        return [_table(turn)]
    span = next((one for one in SPANS[1:] if name in (one.code, _(one.label))), None)
    if span is not None:
        return [duty_week.whole(turn, GROUP_CHOICES, span.code)]
    group = match(GROUP_CHOICES, name) or next((c for c in GROUP_CHOICES if c.code == name), None)
    if group is None:
        raise Unclear(_("Please name a group: %(groups)s.") % {"groups": _all_groups()})
    if turn.staff.role != COORDINATOR:
        raise Unclear(_("Only the coordinator sets who is on duty."))
    who, _gap, rest = rest.partition(" ")
    if who in duty_week.WAYS:
        return duty_week.WAYS[who](turn, group, rest)
    if not who:
        return [_ask_who(turn, group)]
    staff = _one(turn, who)
    return _put(turn, group, staff, rest) if rest else [_ask_when(group, staff)]


def _all_groups() -> str:
    return _(", ").join(_(one.label) for one in GROUP_CHOICES)


def _table(turn: Turn) -> Reply:
    lines = [_("On duty today, %(day)s:") % {"day": day(turn.today)}]
    lines += [_line(turn, code) for code in GROUP_NAMES]
    buttons = [Button(_(one.label), f"/duty {one.code}") for one in GROUP_CHOICES]
    week = (Button(_("This week"), "/duty week"), Button(_("Next week"), "/duty next"))
    groups: Rows = in_rows(buttons, 2) if turn.staff.role == COORDINATOR else ()
    return Reply("\n".join(lines), (week, *groups))


def _line(turn: Turn, group: str) -> str:
    units, over = branch(turn.session, turn.staff.unit_id), above(turn)
    gaps = {
        "group": _(GROUP_NAMES[group]),
        "names": names(duty.named(turn.session, group, over, turn.today)),
        "backup": names(duty.named(turn.session, group, over, turn.today, DUTY_BACKUP)),
        "members": names(duty.members(turn.session, (group,), units)),
    }
    if gaps["names"] and gaps["backup"]:
        return _("%(group)s: %(names)s, backup %(backup)s") % gaps
    if gaps["names"]:
        return _("%(group)s: %(names)s") % gaps
    if gaps["members"]:
        return _("%(group)s: nobody named; all are told: %(members)s") % gaps
    return _("⚠️ %(group)s: nobody; the coordinator is told") % gaps


def above(turn: Turn) -> list[UUID]:
    """Whose word on duty holds here: that of the offices this person works in or under."""
    return up_from(turn.session, turn.staff.unit_id)


def names(found: list[Staff]) -> str:
    return _(", ").join(one.name for one in found)


def _ask_who(turn: Turn, group: Choice) -> Reply:
    units = branch(turn.session, turn.staff.unit_id)
    found = duty.members(turn.session, (group.code,), units)
    buttons = [Button(one.name, f"/duty {group.code} {one.code}") for one in found[:8]]
    text = _("Who is on duty for %(group)s? Tap, or write: duty %(group)s NAME week")
    week = (Button(_("Plan by days"), f"/duty {group.code} plan"),)
    return Reply(text % {"group": _(group.label)}, (*in_rows(buttons, 2), week))


def _one(turn: Turn, who: str) -> Staff:
    found = people.colleagues(turn.session, turn.staff, who)
    if len(found) != 1:
        raise Unclear(
            _("“%(asked)s” fits %(count)d of your staff; please write the code.")
            % {"asked": who[:20], "count": len(found)}
        )
    return found[0]


def _ask_when(group: Choice, staff: Staff) -> Reply:
    def button(span: Choice, as_: Choice) -> Button:
        label = _("%(span)s, backup") if as_.code == DUTY_BACKUP else "%(span)s"
        code = f"/duty {group.code} {staff.code} {span.code} {as_.code}"
        return Button(label % {"span": _(span.label)}, code)

    rows = tuple(tuple(button(span, as_) for span in SPANS) for as_ in AS)
    text = _("%(name)s for %(group)s: when? Tap, or write two dates such as 11-23 11-29.")
    return Reply(text % {"name": staff.name, "group": _(group.label)}, rows)


def _put(turn: Turn, group: Choice, staff: Staff, rest: str) -> list[Reply]:
    """From now on that is so; the last word counts where two overlap."""
    as_ = next((found for word in rest.split() if (found := _as(word))), AS[0])
    first, last = _span(turn, rest)
    text = _("%(name)s, %(group)s, %(as)s: %(first)s to %(last)s")
    if first == last:
        text = _("%(name)s, %(group)s, %(as)s: %(first)s")
    about = text % {
        "name": staff.name,
        "group": _(group.label),
        "as": _(as_.label),
        "first": day(first),
        "last": day(last),
    }
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    return duty_week.write(turn, group, dict.fromkeys(days, staff), about, as_.code)


def _as(word: str) -> Choice | None:
    return next((one for one in AS if one.code == word), None) or match(AS, word)


def _span(turn: Turn, text: str) -> tuple[date, date]:
    """A named span, one day, or the first and the last. Raises Unclear."""
    monday = turn.today - timedelta(days=turn.today.weekday())
    spans = {
        "today": (turn.today, turn.today),
        "week": (turn.today, monday + timedelta(days=6)),
        "next": (monday + timedelta(days=7), monday + timedelta(days=13)),
    }
    for one in SPANS:
        if one.code in text.split() or _(one.label) in text:
            return spans[one.code]
    days = [_coming(turn, int(month), int(number)) for month, number in DAYS.findall(text)]
    if not days or days[-1] < days[0] or days[-1] - days[0] > LONGEST:
        raise Unclear(_("Please write the days such as 11-23 11-29, a month at most."))
    return days[0], days[-1]


def _coming(turn: Turn, month: int, number: int) -> date:
    """The next such day, today included."""
    try:
        found = date(turn.today.year, month, number)
        return found if found >= turn.today else found.replace(year=found.year + 1)
    except ValueError:
        raise Unclear(_("Please write a date such as 2026-11-05 or 11-05.")) from None
