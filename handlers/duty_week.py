"""The duty roster of a week: by day, filled in turn, two days swapped."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from itertools import groupby

from babel.dates import format_date

from handlers.dates import coming_day
from handlers.form import in_rows
from handlers.questions import Choice
from handlers.steering import NONE, announce, steering
from handlers.talk import Button, Reply
from handlers.turn import Turn, Unclear, day
from locales import gettext as _
from locales import language
from locales import mark as N_
from models import duty
from models.case import DUTY_BACKUP, ON_DUTY, Duty
from models.leave import away_ids
from models.org import branch, up_from
from models.staff import Staff

DAY = timedelta(days=1)
AHEAD = 14  # days that can be swapped
Plan = Mapping[date, list[Staff]]


def week(turn: Turn, which: str) -> list[date]:
    """Monday to Sunday."""
    monday = turn.today - turn.today.weekday() * DAY
    first = monday + 7 * DAY if which == "next" else monday
    return [first + n * DAY for n in range(7)]


def whole(turn: Turn, groups: Sequence[Choice], which: str) -> Reply:
    """All groups; neighbouring days with the same people are one line."""
    days = week(turn, which)
    lines = [_("On duty %(first)s to %(last)s:") % {"first": day(days[0]), "last": day(days[-1])}]
    for group in groups:
        named = _plan(turn, group, days, ON_DUTY)
        runs = [
            _("%(days)s %(names)s") % {"days": _days([on for on, _people in run]), "names": who}
            for who, run in groupby(named.items(), key=lambda one: _names(one[1]))
        ]
        told = _("; ").join(runs) if any(named.values()) else _("nobody named, all are told")
        lines.append(_("%(group)s: %(told)s") % {"group": _(group.label), "told": told})
    other = Button(_("This week"), "/duty week")
    if which != "next":
        other = Button(_("Next week"), "/duty next")
    return Reply("\n".join(lines), ((other, Button(_("Today"), "/duty")),))


def _plan(turn: Turn, group: Choice, days: Sequence[date], role: str) -> Plan:
    over = up_from(turn.session, turn.staff.unit_id)
    return duty.plan(turn.session, group.code, over, days, role)


def _names(people: Sequence[Staff]) -> str:
    return _(", ").join(one.name for one in people) or _("everybody")


def _days(days: Sequence[date]) -> str:
    if len(days) == 1:
        return weekday(days[0])
    return _("%(first)s–%(last)s") % {"first": weekday(days[0]), "last": weekday(days[-1])}


def weekday(on: date) -> str:
    """周四, Thu."""
    return str(format_date(on, "EEE", locale=language()))


# One group, day by day


def by_day(turn: Turn, group: Choice, rest: str) -> list[Reply]:
    """/duty GROUP plan [next] — each day is a button that puts somebody there."""
    which = "next" if rest == "next" else "week"
    days = week(turn, which)
    named, reserve = (_plan(turn, group, days, role) for role in (ON_DUTY, DUTY_BACKUP))
    lines = [_("%(group)s: who is on duty when") % {"group": _(group.label)}]
    for on in days:
        line = f"{weekday(on)} {day(on)} {_names(named[on])}"
        behind = _(", ").join(one.name for one in reserve[on])
        lines.append(_("%(line)s, backup %(names)s") % {"line": line, "names": behind}
                     if behind else line)  # fmt: skip
    code = f"/duty {group.code}"
    buttons = [Button(weekday(on), f"{code} on {on:%m-%d}") for on in days if on >= turn.today]
    turns = Button(_("Take turns"), f"{code} turns {which}")
    swap = Button(_("Swap two days"), f"{code} swap")
    other = Button(_("Next week"), f"{code} plan next")
    if which == "next":
        other = Button(_("This week"), f"{code} plan")
    return [Reply("\n".join(lines), (*in_rows(buttons, 4), (turns, swap), (other,)))]


def ask_day(turn: Turn, group: Choice, rest: str) -> list[Reply]:
    """/duty GROUP on 11-19 — who?"""
    on = coming_day(rest, turn.today)
    buttons = [
        Button(one.name, f"/duty {group.code} {one.code} {on:%m-%d}")
        for one in _members(turn, group, on)[:8]
    ]
    text = _("Who is on duty for %(group)s on %(day)s? Tap, or write: duty %(group)s NAME %(date)s")
    gaps = {"group": _(group.label), "day": f"{day(on)} {weekday(on)}", "date": f"{on:%m-%d}"}
    return [Reply(text % gaps, in_rows(buttons, 2))]


def _members(turn: Turn, group: Choice, on: date) -> list[Staff]:
    units = branch(turn.session, turn.staff.unit_id)
    away = away_ids(turn.session, on)
    found = duty.members(turn.session, (group.code,), units)
    return [one for one in found if one.id not in away]


def take_turns(turn: Turn, group: Choice, rest: str) -> list[Reply]:
    """/duty GROUP turns week|next — the members one after the other, a day each."""
    days = [on for on in week(turn, rest) if on >= turn.today]
    people = _members(turn, group, days[0])
    if len(people) < 2:
        raise Unclear(_("Taking turns needs two people of the group; please put one by name."))
    before = _plan(turn, group, [days[0] - DAY], ON_DUTY)[days[0] - DAY]
    last = next((n for n, one in enumerate(people) if before and one.id == before[0].id), -1)
    wanted = {on: people[(last + 1 + n) % len(people)] for n, on in enumerate(days)}
    shown = [f"{weekday(on)} {one.name}" for on, one in wanted.items()]
    about = _("%(group)s in turns: %(days)s") % {
        "group": _(group.label), "days": _(", ").join(shown),
    }  # fmt: skip
    return write(turn, group, wanted, about)


def swap(turn: Turn, group: Choice, rest: str) -> list[Reply]:
    """/duty GROUP swap [11-19 [11-22]] — those two days change their people."""
    chosen = [coming_day(word, turn.today) for word in re.findall(r"\d+-\d+", rest)][:2]
    days = [turn.today + n * DAY for n in range(AHEAD)]
    named = _plan(turn, group, sorted({*days, *chosen}), ON_DUTY)
    if len(chosen) < 2:
        return [_ask_swap(group, named, chosen)]
    first, second = (named[on][:1] for on in chosen)
    if not first or not second or first == second:
        raise Unclear(_("Only two days with different people can be swapped."))
    about = _("%(group)s: %(one)s %(first)s and %(other)s %(second)s swapped") % {
        "group": _(group.label), "one": first[0].name, "first": day(chosen[0]),
        "other": second[0].name, "second": day(chosen[1]),
    }  # fmt: skip
    return write(turn, group, {chosen[0]: second[0], chosen[1]: first[0]}, about)


def _ask_swap(group: Choice, named: Plan, chosen: Sequence[date]) -> Reply:
    taken = [named[on][0].id for on in chosen if named[on]]
    code = f"/duty {group.code} swap " + "".join(f"{on:%m-%d} " for on in chosen)
    buttons = [
        Button(f"{on.day} {weekday(on)} {people[0].name}", f"{code}{on:%m-%d}")
        for on, people in named.items()
        if people and people[0].id not in taken
    ]
    if not buttons:
        return Reply(_("There are no two days with different people in the next two weeks."))
    text = _("Which day shall be swapped?")
    if chosen:
        text = _("%(day)s with which day?") % {"day": day(chosen[0])}
    return Reply(text, in_rows(buttons[:AHEAD], 2))


# It is written


def write(
    turn: Turn, group: Choice, wanted: Mapping[date, Staff], about: str, role: str = ON_DUTY
) -> list[Reply]:
    """One step: these people on these days; they, and whose days they were, are told."""
    before = _plan(turn, group, sorted(wanted), role)
    with steering(turn, "duty") as step:
        step.about = about
        for staff, run in groupby(sorted(wanted.items()), key=lambda one: one[1]):
            days = [on for on, _staff in run]
            turn.session.add(_row(turn, group, staff, days, role))
            old = ",".join(one.code for one in before[days[0]]) or NONE
            step.note(f"{group.code} {role} {days[0]}..{days[-1]}", old, staff.code)
        concerned = [*wanted.values(), *(one for people in before.values() for one in people)]
        told = announce(turn, step, concerned, N_("%(name)s has changed the duty: %(about)s"))
    week_of = Button(_("Plan by days"), f"/duty {group.code} plan")
    return [Reply(f"✅ {about}", ((step.undo, week_of),)), *told]


def _row(turn: Turn, group: Choice, staff: Staff, days: Sequence[date], role: str) -> Duty:
    return Duty(
        service_group=group.code,
        staff_id=staff.id,
        role=role,
        from_on=days[0],
        until_on=days[-1],
        made_by=turn.staff.id,
        made_at=turn.now,
    )


WAYS: Mapping[str, Callable[[Turn, Choice, str], list[Reply]]] = {
    "plan": by_day,
    "on": ask_day,
    "turns": take_turns,
    "swap": swap,
}
