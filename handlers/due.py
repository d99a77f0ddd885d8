"""Whom to see and when: /due, /why, and putting a visit off or saying why it cannot be."""

from datetime import date, timedelta
from typing import Any

from handlers import form
from handlers.brief import one_elder
from handlers.pick import ago
from handlers.questions import Choice, Filling, Form, Question, say_value, tidy, written_date
from handlers.talk import Button, Reply, Rows
from handlers.tell import chats_of
from handlers.turn import Turn, Unclear, day
from locales import gettext as _
from locales import mark as N_
from locales import ngettext, speaking
from models import agenda as plan
from models import leave as leaves
from models import lookup
from models.assignment import BACKUP, COVER, Assignment
from models.audit import Audit
from models.due import OVERDUE, Status, status, window
from models.due_query import recent_of
from models.elder import Absence, Elder, end_absences
from models.mailbox import NUDGE
from models.schedule import Postponement
from models.staff import Staff

SHOWN = 8
AWAY = ("hospital", "away", "with_children")
BACK = "back"
SOON = {"今天": 0, "today": 0, "明天": 1, "tomorrow": 1, "后天": 2, "大后天": 3}
FAR_AHEAD = timedelta(days=183)


def due_command(turn: Turn, rest: str) -> list[Reply]:
    """/due — today; /due all — the rest of the window too."""
    policy = plan.office_policy(turn.session)
    mine = plan.agenda(turn.session, turn.staff, turn.today, policy)
    lines = [_head(mine), *due_lines(turn, mine)]
    if rest in ("all", "全部"):
        lines += _later_lines(turn, mine)
    return [Reply("\n".join(lines), due_rows(turn, mine, rest in ("all", "全部")))]


def _head(mine: plan.Agenda) -> str:
    return _(
        "%(first)s–%(last)s: %(done)d of %(expected)d visited, %(overdue)d overdue, "
        "%(suspended)d suspended"
    ) % {
        "first": day(mine.window.first),
        "last": day(mine.window.last),
        "done": len(mine.satisfied),
        "expected": mine.expected,
        "overdue": len(mine.overdue),
        "suspended": len(mine.suspended),
    }


def due_lines(turn: Turn, mine: plan.Agenda, hide: bool = False) -> list[str]:
    """🔴 overdue, 🟡 today, 📞 a call; capped, and saying how many more there are.

    `hide` masks the names, for what shows on a lock screen.
    """
    marked = [("🔴", one) for one in mine.overdue] + [("🟡", one) for one in mine.today]
    marked += [("📞", one) for one in mine.calls]
    if not marked:
        return [_("🟢 Nobody needs you today.")]
    lines = [f"{mark} {_line(turn, mine, one, hide)}" for mark, one in marked[:SHOWN]]
    return lines + _more(len(marked) - SHOWN)


def _more(count: int) -> list[str]:
    if count <= 0:
        return []
    return [ngettext("… and %(count)d more", "… and %(count)d more", count) % {"count": count}]


def _later_lines(turn: Turn, mine: plan.Agenda) -> list[str]:
    lines = [
        _("%(day)s: %(who)s") % {"day": day(one.suggested), "who": turn.label(one.elder)}
        for one in mine.later[: SHOWN * 3]
    ]
    return (
        [_("Later in this window:"), *lines, *_more(len(mine.later) - SHOWN * 3)] if lines else []
    )


def _line(turn: Turn, mine: plan.Agenda, one: plan.Line, hide: bool) -> str:
    who = turn.hidden_label(one.elder) if hide else turn.label(one.elder)
    return _("%(who)s  %(when)s") % {"who": who, "when": _when(turn, mine, one)}


def _when(turn: Turn, mine: plan.Agenda, one: plan.Line) -> str:
    if one.state == OVERDUE:
        late = (turn.today - _missed_since(one, mine)).days
        return ngettext("%(days)d day overdue", "%(days)d days overdue", late) % {"days": late}
    if one.last_on is None:
        return _("not visited lately")
    return _("last time %(ago)s") % {"ago": ago(turn, one.last_on)}


def _missed_since(one: plan.Line, mine: plan.Agenda) -> date:
    """The last day of the first window in which nobody came, as far back as is known."""
    if one.last_on is None:
        return mine.window.first - timedelta(days=1)
    missed = window(window(one.last_on).last + timedelta(days=1))
    return min(missed.last, mine.window.first - timedelta(days=1))


def due_rows(turn: Turn, mine: plan.Agenda, all_: bool = False) -> Rows:
    """A button for each of the first, and the way to put one off."""
    first = [*mine.overdue, *mine.today][:6]
    visits = [
        Button(
            _("Visit %(name)s") % {"name": turn.shown(one.elder.name)}, f"/visit {one.elder.code}"
        )
        for one in first
    ]
    ways = (Button(_("Not today…"), "/later"),) if first else ()
    more = () if all_ or not mine.later else (Button(_("Whole list"), "/due all"),)
    return (*form.in_rows(visits, 2), (*ways, *more)) if ways or more else form.in_rows(visits, 2)


# Why


def why_command(turn: Turn, rest: str) -> list[Reply]:
    """/why ELDER — one sentence on why somebody is or is not due."""
    elder = one_elder(turn, rest, "/why")
    if isinstance(elder, Reply):
        return [elder]
    policy = plan.office_policy(turn.session)
    said = status(recent_of(turn.session, elder, turn.today, policy), turn.today, policy)
    rows = ((Button(_("Start the visit"), f"/visit {elder.code}"),),)
    return [Reply(f"{turn.label(elder)}\n{explain(turn, said)}", rows)]


def explain(turn: Turn, said: Status) -> str:
    gaps: dict[str, Any] = {
        "first": day(said.window.first),
        "last": day(said.window.last),
        "suggested": day(said.suggested),
        "visited": day(said.last_on) if said.last_on else "",
        "left": (said.window.last - turn.today).days,
    }
    return _(REASONS[said.state, said.reason]) % gaps


REASONS = {
    ("satisfied", "visited"): N_("🟢 Visited on %(visited)s: that counts for %(first)s–%(last)s."),
    ("overdue", "missed"): N_("🔴 Overdue: nobody came in the half-month before %(first)s."),
    ("not_yet", "early"): N_("Not yet: last visit %(visited)s, the next around %(suggested)s."),
    ("not_yet", "put_off"): N_("Not yet: put off to %(suggested)s."),
    ("due", "time"): N_("🟡 Due: a visit belongs to %(first)s–%(last)s, %(left)d days are left."),
    ("due", "only_phone"): N_(
        "🟡 Due: the call on %(visited)s does not count; please go in person by %(last)s."
    ),
    ("due", "too_soon"): N_(
        "🟡 Due: %(visited)s was too soon after the visit before; please go again by %(last)s."
    ),
    ("suspended", "away"): N_("⏸ Suspended: in hospital or away; it goes on by itself afterwards."),
    ("suspended", "deceased"): N_("⏸ No more visits: has died."),
    ("suspended", "moved"): N_("⏸ No more visits: has moved away."),
}  # fmt: skip


# Not today


def later_command(turn: Turn, rest: str) -> list[Reply]:
    """/later ELDER — another day, in hospital, away until …"""
    elder = one_elder(turn, rest, "/later")
    if isinstance(elder, Reply):
        return [elder]
    context = {"code": elder.code, "name": elder.name, "who": turn.kept(elder)}
    draft = form.find_draft(turn, LATER.name, elder.code)
    if draft is None:
        draft = form.start(turn, LATER, elder.code, {}, context)
    form.set_answers(draft, turn, {})
    return [form.card(LATER, Filling(draft, turn))]


def _title(filling: Filling) -> str:
    return _("Not today: %(who)s") % {"who": filling.turn.label_of(filling.known("who"))}


def _soon(filling: Filling) -> tuple[Choice, ...]:
    """The next days inside this window that are left."""
    today = filling.turn.today
    last = window(today, plan.office_policy(filling.turn.session)).last
    left = [today + timedelta(days=n) for n in range(1, (last - today).days + 1)]
    return tuple(Choice(one.isoformat(), day(one)) for one in left[:6])


def _read_day_in_window(filling: Filling, text: str) -> str:
    chosen = coming_date(text, filling.turn.today)
    last = window(filling.turn.today, plan.office_policy(filling.turn.session)).last
    if not filling.turn.today < chosen <= last:
        raise Unclear(
            _(
                "This visit belongs to the days up to %(last)s. Please choose one of them, "
                "or say that the elder is away."
            )
            % {"last": day(last)}
        )  # fmt: skip
    return chosen.isoformat()


def _read_return(filling: Filling, text: str) -> str:
    if tidy(text) in (_("Not known"), "?"):
        return "unknown"
    chosen = coming_date(text, filling.turn.today)
    if chosen < filling.turn.today:
        raise Unclear(_("That day is over. Please write the last day away, such as 11-30."))
    return chosen.isoformat()


def coming_date(text: str, today: date) -> date:
    """A date without a year is the next such day, not the last one. Raises Unclear."""
    typed = tidy(text).lower()
    if typed in SOON:
        return today + timedelta(days=SOON[typed])
    numbers = [int(n) for n in "".join(c if c.isdecimal() else " " for c in typed).split()]
    if len(numbers) == 1 and typed.rstrip("日号").isdecimal():
        numbers = [today.month, *numbers]
    if len(numbers) != 2:
        return written_date(text, today)
    return _next_such_day(numbers[0], numbers[1], today)


def _next_such_day(month: int, number: int, today: date) -> date:
    """This year's day, or next year's where that is not half a year off. Raises Unclear."""
    for year in (today.year, today.year + 1):
        try:
            found = date(year, month, number)
        except ValueError:
            continue
        if timedelta(0) <= found - today <= FAR_AHEAD:
            return found
    raise Unclear(_("Please write a day to come, such as 11-30."))


def _say_day(filling: Filling, value: str) -> str:
    return _("not known") if value == "unknown" else day(date.fromisoformat(value))


def _review(filling: Filling) -> Reply:
    what = next(c for c in WHAT if c.code == filling.get("what"))
    parts = [_title(filling), _(what.label)]
    parts += [_say_day(filling, filling.get(n)) for n in ("day", "until") if filling.get(n)]
    reason = LATER.by_name["reason"]
    parts += [say_value(reason, filling, filling.get("reason"))] if filling.get("reason") else []
    rows = (
        (form.form_button(filling.draft, _("✅ Yes, do it"), form.SUBMIT),),
        (form.form_button(filling.draft, _("‹ Back"), form.BACK),),
    )
    return Reply("\n".join(parts), rows, form.card_name(filling))


def _submit(filling: Filling) -> list[Reply]:
    turn = filling.turn
    elder = lookup.by_code(turn.session, turn.staff, filling.known("code"), turn.today)
    form.drop(filling)
    if elder is None:
        return [Reply(_("That elder is no longer on your list."), (), form.card_name(filling))]
    what, until = filling.get("what"), filling.get("until")
    if what == BACKUP:
        return _ask_backup(filling, elder)
    end_absences(turn.session, elder.id, turn.today)
    if what == "day":
        _put_off(turn, elder, date.fromisoformat(filling.get("day")), str(filling.get("reason")))
    elif what != BACK:
        last = None if until == "unknown" else date.fromisoformat(until)
        turn.session.add(Absence(elder_id=elder.id, kind=what, from_on=turn.today, until_on=last))
    _audit(turn, elder, what)
    turn.session.flush()
    policy = plan.office_policy(turn.session)
    said = status(recent_of(turn.session, elder, turn.today, policy), turn.today, policy)
    text = _("✅ Noted. %(who)s\n%(why)s") % {
        "who": turn.label(elder),
        "why": explain(turn, said),
    }
    return [Reply(text, ((Button(_("Today's list"), "/due"),),), form.card_name(filling))]


def _ask_backup(filling: Filling, elder: Elder) -> list[Reply]:
    """The backup may see and visit this elder until the window ends, and is told at once."""
    turn, name = filling.turn, form.card_name(filling)
    backup = leaves.backup_of(turn.session, elder, turn.today)
    if backup is None:
        return [Reply(_("This elder has no backup. Please ask the coordinator."), (), name)]
    last = window(turn.today, plan.office_policy(turn.session)).last
    turn.session.add(
        Assignment(elder_id=elder.id, staff_id=backup.id, role=COVER, from_on=turn.today,
                   until_on=last)
    )  # fmt: skip
    _audit(turn, elder, BACKUP)
    text = _("✅ %(backup)s has been asked to visit %(who)s by %(last)s.")
    gaps = {"backup": backup.name, "who": turn.label(elder), "last": day(last)}
    return [Reply(text % gaps, (), name), *_tell_backup(turn, backup, elder, last)]


def _tell_backup(turn: Turn, backup: Staff, elder: Elder, last: date) -> list[Reply]:
    replies = []
    for chat in chats_of(turn, backup):
        with speaking(backup.locale or turn.office.locale):
            text = _("%(name)s asks you to visit %(who)s by %(last)s.") % {
                "name": turn.staff.name,
                "who": turn.hidden_label(elder),
                "last": day(last),
            }
            go = Button(_("Start the visit"), f"/visit {elder.code}")
            replies.append(Reply(text, ((go,),), to=chat.id, lane=NUDGE))
    return replies


def _audit(turn: Turn, elder: Elder, what: str) -> None:
    action = f"later_{what}"
    line = Audit(at=turn.now, staff_id=turn.staff.id, elder_id=elder.id, action=action)
    turn.session.add(line)


def _put_off(turn: Turn, elder: Elder, to: date, reason: str) -> None:
    first = window(turn.today, plan.office_policy(turn.session)).first
    turn.session.merge(
        Postponement(elder_id=elder.id, window_first=first, until_on=to, reason=reason,
                     staff_id=turn.staff.id, made_at=turn.now)
    )  # fmt: skip


WHAT = (
    Choice("day", N_("Another day")),
    Choice("hospital", N_("In hospital until…")),
    Choice("away", N_("Away until…")),
    Choice("with_children", N_("With children until…")),
    Choice(BACKUP, N_("Ask the backup")),
    Choice(BACK, N_("Is back home")),
)
LATER = Form(
    name="later",
    version=1,
    questions=(
        Question(
            "what", N_("What"), N_("What is it?"), choices=WHAT, resets=("day", "until", "reason"),
        ),
        Question(
            "day", N_("Day"), N_("On which day will you go? (tap, or write a date)"),
            choices=_soon, when=lambda f: f.get("what") == "day", across=3,
            check=_read_day_in_window, shown=_say_day,
        ),
        Question(
            "reason", N_("Reason"), N_("Why? (tap or write)"),
            choices=(Choice("busy", N_("I have no time")), Choice("wish", N_("The elder's wish")),
                     Choice("weather", N_("The weather"))),
            when=lambda f: f.get("what") == "day", free=True,
        ),
        Question(
            "until", N_("Until"), N_("Until which day? Write it, such as 11-30."),
            choices=(Choice("unknown", N_("Not known")),),
            when=lambda f: f.get("what") in AWAY, check=_read_return, shown=_say_day,
        ),
    ),
    title=_title,
    review=_review,
    submit=_submit,
)  # fmt: skip
