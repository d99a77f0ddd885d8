"""The office's settings by chat: one is chosen, its effect is shown, and only then it holds."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlmodel import col, func, select

from handlers import form
from handlers.concern_words import SEVERITY_NAMES
from handlers.digest import weekday
from handlers.office_values import BY_KEY, GROUPS, MUSTS, SPANS, Office, clock_text
from handlers.questions import Choice, Filling, Form, Question, match, tidy
from handlers.steering import announce, steering
from handlers.talk import Button, Reply
from handlers.turn import Turn, Unclear
from locales import gettext as _
from locales import mark as N_
from locales import ngettext
from models import office_hours, room, unreached
from models.agenda import PREFIX, lines_for, office_policy
from models.case import RUNNING, Case
from models.due import DUE, OVERDUE, Policy
from models.elder import ACTIVE, DECEASED, MOVED, Elder
from models.org import COUNTY, Unit, put_setting, setting
from models.staff import COORDINATOR, Staff
from models.workdays import differing_days

GROUP_CHOICES = (
    Choice("visits", N_("How often to visit")),
    Choice("times", N_("Hours")),
    Choice("room", N_("Worry-relief room")),
    *(Choice(f"s{level}", name) for level, name in SEVERITY_NAMES.items()),
    Choice("musts", N_("Must-visit terms")),
    Choice("unreached", N_("Cannot be reached")),
    Choice("score", N_("Weights of the year")),
)


def office_command(turn: Turn, rest: str) -> list[Reply]:
    """/office — the settings of the whole office; only its own coordinator changes them."""
    if not may_set(turn):
        return [Reply("\n".join([_("The county office sets these:"), *_all_lines(turn)]))]
    draft = form.find_draft(turn, FORM.name, "") or form.start(turn, FORM, "", {}, {})
    form.set_answers(draft, turn, {})
    return [form.card(FORM, Filling(draft, turn))]


def may_set(turn: Turn) -> bool:
    """What holds for everybody is set where nobody is outside."""
    unit = turn.session.get_one(Unit, turn.staff.unit_id)
    others = select(func.count(col(Unit.id))).where(col(Unit.parent_id).is_(None))
    return unit.kind == COUNTY and turn.session.exec(others).one() == 1


def now_is(turn: Turn, one: Office) -> Any:
    return setting(turn.session, one.key, one.usual)


def _line(turn: Turn, one: Office) -> str:
    value = now_is(turn, one)
    text = _("%(what)s: %(value)s")
    if value != one.usual:
        text = _("%(what)s: %(value)s (usually %(usual)s)")
    return text % {
        "what": one.name, "value": one.kind.told(value), "usual": one.kind.told(one.usual),
    }  # fmt: skip


def _all_lines(turn: Turn) -> list[str]:
    return [
        line
        for choice in GROUP_CHOICES
        for line in (f"\n{_(choice.label)}", *(_line(turn, one) for one in GROUPS[choice.code]))
    ]


# Choosing


def _group(filling: Filling) -> Sequence[Office]:
    return GROUPS[filling.get("group")]


def _ask_which(filling: Filling) -> str:
    lines = [f"{place}. {_line(filling.turn, one)}" for place, one in
             enumerate(_group(filling), start=1)]  # fmt: skip
    return "\n".join([*lines, _("Which one will you change?")])


def _which(filling: Filling) -> tuple[Choice, ...]:
    return tuple(Choice(one.key, one.name) for one in _group(filling))


def _one(filling: Filling) -> Office:
    return BY_KEY[filling.get("key")]


def _ask_value(filling: Filling) -> str:
    one = _one(filling)
    text = _("%(line)s\nWhat shall it be? Tap, or write it.")
    return text % {"line": _line(filling.turn, one)}


def _values(filling: Filling) -> tuple[Choice, ...]:
    one = _one(filling)
    now = now_is(filling.turn, one)
    return tuple(
        Choice(_coded(value), one.kind.told(value)) for value in one.offers if value != now
    )


def _coded(value: Any) -> str:
    return str(value) or "none"


def _read_value(filling: Filling, text: str) -> str:
    """A label first: 1 may be a value, not a place in the list."""
    one, typed = _one(filling), tidy(text)
    for choice in _values(filling):
        if typed == choice.label:
            return choice.code
    return _coded(one.kind.read(typed))


def _value(filling: Filling) -> Any:
    one, coded = _one(filling), filling.get("value")
    if isinstance(one.usual, int):
        return int(coded)
    return "" if coded == "none" else coded


def _say_value(filling: Filling, _coded_value: str) -> str:
    return _one(filling).kind.told(_value(filling))


# What it would do


def _title(filling: Filling) -> str:
    return _("Office settings")


def _review(filling: Filling) -> Reply:
    one, turn = _one(filling), filling.turn
    lines = [
        _("%(what)s: %(old)s → %(new)s")
        % {"what": one.name, "old": one.kind.told(now_is(turn, one)),
           "new": one.kind.told(_value(filling))},
        *effect(turn, one, _value(filling)),
    ]  # fmt: skip

    def button(label: str, code: str) -> Button:
        return form.form_button(filling.draft, label, code)

    rows = (
        (button(_("✅ Change it"), form.SUBMIT),),
        (button(_("‹ Another value"), "q:value"), button(_("Discard"), form.REALLY)),
    )
    return Reply("\n".join(lines), rows, form.card_name(filling))


def effect(turn: Turn, one: Office, value: Any) -> list[str]:
    """In sentences, computed by the very rules that will hold."""
    if one.key.startswith(PREFIX):
        now = office_policy(turn.session)
        return _on_visits(turn, now, replace(now, **{one.key.removeprefix(PREFIX): value}))
    if one.key.startswith("case."):
        return _on_cases(turn, int(one.key.partition(".s")[2][:1]))
    if one.key.startswith("score."):
        return [_("The scorecard weighs it so from now on, for months gone by too.")]
    if one in MUSTS:
        return [_("Reports count by this term from now on, for months gone by too.")]
    prefix = f"{one.key.partition('.')[0]}."
    return _OF.get(prefix, _on_hours)(turn, one, value)


def _on_visits(turn: Turn, now: Policy, then: Policy) -> list[str]:
    """The one due rule, asked twice."""
    before, after = (_states(turn, policy) for policy in (now, then))
    lines = [
        _change(before[name], after[name], title)
        for name, title in ((DUE, _("due today")), (OVERDUE, _("overdue")), ("call", _("to call")))
    ]
    return [_("From this moment on, of your %(count)d elders:") % {"count": before["all"]}, *lines]


def _states(turn: Turn, policy: Policy) -> Counter[str]:
    lines = lines_for(turn.session, turn.staff, turn.today, policy)
    found = Counter(line.state for line in lines)
    found["call"] = sum(line.contact_due for line in lines)
    found["all"] = sum(line.reason not in (DECEASED, MOVED) for line in lines)
    return found


def _change(before: int, after: int, title: str) -> str:
    gaps = {"title": title, "before": before, "after": after, "count": abs(after - before)}
    if after > before:
        return _("• %(title)s: %(count)d more (%(before)d → %(after)d)") % gaps
    if after < before:
        return _("• %(title)s: %(count)d fewer (%(before)d → %(after)d)") % gaps
    return _("• %(title)s: as before (%(before)d)") % gaps


def _on_cases(turn: Turn, severity: int) -> list[str]:
    """A case keeps the terms it was opened with."""
    open_ = select(func.count(col(Case.id))).where(
        Case.severity == severity, col(Case.state).in_(RUNNING)
    )
    count = turn.session.exec(open_).one()
    text = ngettext(
        "%(count)d open case of this kind keeps its terms; new ones get this one.",
        "%(count)d open cases of this kind keep their terms; new ones get this one.",
        count,
    )
    return [text % {"count": count}]


def _on_hours(turn: Turn, one: Office, value: int) -> list[str]:
    times = {key: office_hours.minutes(turn.session, key) for key in office_hours.CLOCKS}
    times[one.key] = value
    told = {key.replace(".", "_"): clock_text(minutes) for key, minutes in times.items()}
    if one.key == office_hours.EVENING:
        return [_("The coordinators' evening digest comes at %(evening_at)s.") % told]
    if one.key == office_hours.DIGEST:
        own = select(func.count(col(Staff.id))).where(
            col(Staff.digest_at).is_not(None), col(Staff.left_on).is_(None)
        )
        gaps = {"at": told[one.key], "count": turn.session.exec(own).one()}
        return [_("Digests come at %(at)s; %(count)d people keep the hour of their own.") % gaps]
    if one.key in (office_hours.QUIET_FROM, office_hours.QUIET_UNTIL):
        return [_("From %(quiet_from)s to %(quiet_until)s nobody is written to unasked, but for "
                  "urgent cases.") % told]  # fmt: skip
    return [_("Terms in working days and reminders count from %(office_opens)s to "
              "%(office_closes)s, for open cases too.") % told]  # fmt: skip


def _on_unreached(turn: Turn, one: Office, value: Any) -> list[str]:
    """Whom it is for, and the day of one of them."""
    rules = {key: setting(turn.session, unreached.PREFIX + key, usual)
             for key, usual in unreached.DEFAULTS.items()}  # fmt: skip
    rules[one.key.removeprefix(unreached.PREFIX)] = value
    who = select(func.count(col(Elder.id))).where(
        Elder.state == ACTIVE, col(Elder.tier).in_(list(rules[unreached.TIERS]))
    )
    gaps = {"count": turn.session.exec(who).one(),
            "after": SPANS.told(rules[unreached.AFTER]),
            "evening": clock_text(rules[unreached.EVENING])}  # fmt: skip
    return [_("Of %(count)d elders: not met and not reached for %(after)s, an urgent case; from "
              "%(evening)s an emergency. Holds for attempts from now on.") % gaps]  # fmt: skip


def _room_with(turn: Turn, one: Office, value: int) -> room.Hours:
    return replace(room.hours(turn.session), **{one.key.removeprefix(room.SETTING): value})


def _on_room(turn: Turn, one: Office, value: int) -> list[str]:
    """The next place, and whom the change would leave without one."""
    plan, local = _room_with(turn, one, value), turn.now.astimezone(turn.office.zone)
    coming = room.free(turn.session, plan, local, differing_days(turn.session), 1)
    lines = [_("Places in a session: %(count)d") % {
        "count": len(plan.minutes_of_day()) * plan.capacity}]  # fmt: skip
    for slot in coming:
        gaps = {"day": weekday(slot.on), "at": f"{slot.clock:%H:%M}"}
        lines.append(_("Next free place: %(day)s %(at)s") % gaps)
    count = room.displaced(turn.session, plan, local)
    if count:
        lines.append(ngettext(
            "⚠️ %(count)d person is booked at another hour: the booking stays; please move it.",
            "⚠️ %(count)d people are booked at another hour: the bookings stay; please move them.",
            count) % {"count": count})  # fmt: skip
    return lines


_OF = {room.SETTING: _on_room, unreached.PREFIX: _on_unreached}


def _check(turn: Turn, one: Office, value: Any) -> None:
    """Raises Unclear for what would leave no hour to speak in, or no place in the room."""
    if one.key.startswith(room.SETTING) and not _room_with(turn, one, value).minutes_of_day():
        raise Unclear(_("Nobody would have time to come: please choose another hour."))
    times = {key: office_hours.minutes(turn.session, key) for key in office_hours.CLOCKS}
    if one.key not in times:
        return
    times[one.key] = value
    quiet_ok = times[office_hours.QUIET_UNTIL] < times[office_hours.QUIET_FROM]
    if not quiet_ok or times[office_hours.WORK_UNTIL] - times[office_hours.WORK_FROM] < 60:
        raise Unclear(_("The end must come after the beginning: please choose another hour."))
    if not times[office_hours.QUIET_UNTIL] <= times[office_hours.DIGEST] < 17 * 60 + 30:
        raise Unclear(_("The digest must come after the quiet hours and before 17:30."))
    if not 12 * 60 <= times[office_hours.EVENING] < 20 * 60:
        raise Unclear(_("The evening digest must come between 12:00 and 20:00."))


# It is done


def _submit(filling: Filling) -> list[Reply]:
    turn, one, value = filling.turn, _one(filling), _value(filling)
    if not may_set(turn):
        raise Unclear(_("Only the county office changes this."))
    _check(turn, one, value)
    old = now_is(turn, one)
    with steering(turn, "setting") as step:
        put_setting(turn.session, one.key, value)
        step.about = _("%(what)s: %(old)s → %(new)s") % {
            "what": one.name, "old": one.kind.told(old), "new": one.kind.told(value),
        }  # fmt: skip
        step.note(one.key, old, value)
        text = N_("%(name)s has changed the office's settings. %(about)s")
        told = announce(turn, step, _others(turn), text)
    form.drop(filling)
    rows = ((step.undo, Button(_("Office settings"), "/office")),)
    return [Reply(f"✅ {step.about}", rows, form.card_name(filling)), *told]


def _others(turn: Turn) -> Sequence[Staff]:
    return turn.session.exec(
        select(Staff).where(Staff.role == COORDINATOR, col(Staff.left_on).is_(None))
    ).all()


def _read_key(filling: Filling, text: str) -> str:
    choice = match(_which(filling), text)
    if choice is None:
        raise Unclear(_("Please tap one of the buttons, or write its number or its words."))
    return choice.code


FORM = Form(
    name="office",
    version=1,
    questions=(
        Question(
            "group", N_("Office"), N_("Which settings of the office?"), choices=GROUP_CHOICES,
            resets=("key", "value"),
        ),
        Question(
            "key", N_("Which"), _ask_which, choices=_which, check=_read_key, across=2,
            resets=("value",),
        ),
        Question(
            "value", N_("New value"), _ask_value, choices=_values, check=_read_value,
            shown=_say_value,
        ),
    ),
    title=_title,
    review=_review,
    submit=_submit,
)  # fmt: skip
