"""Not today: another day, in hospital, away until …, or the backup goes instead."""

from datetime import date, timedelta

from handlers import form
from handlers.brief import one_elder
from handlers.dates import coming_day
from handlers.due import explain, told_apart
from handlers.pick import not_on_list
from handlers.questions import Choice, Filling, Form, Question, say_value, tidy
from handlers.talk import Button, Reply
from handlers.tell import to_each
from handlers.turn import Turn, Unclear, day
from handlers.unreached import heard_of
from locales import gettext as _
from locales import mark as N_
from models import agenda as plan
from models import leave as leaves
from models import lookup
from models.assignment import BACKUP, COVER, Assignment
from models.audit import Audit
from models.due import Window, status, window
from models.due_query import recent_of
from models.elder import Absence, Elder, begin_absence, end_absences
from models.morning import LAST_CALL
from models.schedule import Postponement
from models.staff import Staff
from models.workdays import differing_days, reminder_day, workdays

AWAY = ("hospital", "away", "with_children")
BACK = "back"
LISTED = 12


def later_command(turn: Turn, rest: str) -> list[Reply]:
    """/later ELDER — another day, in hospital, away until …; /later — one of today's list."""
    if not rest:
        return [_which(turn)]
    elder = one_elder(turn, rest, "/later")
    if isinstance(elder, Reply):
        return [elder]
    context = {"code": elder.code, "name": elder.name, "who": turn.kept(elder)}
    draft = form.find_draft(turn, LATER.name, elder.code)
    if draft is None:
        draft = form.start(turn, LATER, elder.code, {}, context)
    form.set_answers(draft, turn, {})
    return [form.card(LATER, Filling(draft, turn))]


def _which(turn: Turn) -> Reply:
    """Whom the day's list names, first; whoever has nobody there chooses among all."""
    mine = plan.agenda(turn.session, turn.staff, turn.today, plan.office_policy(turn.session))
    named = [*mine.overdue, *mine.today, *mine.calls, *mine.put_off][:LISTED]
    whole = Button(_("Everybody…"), "/later p0")
    if not named:
        found = one_elder(turn, "p0", "/later")
        return found if isinstance(found, Reply) else Reply(_("Whom?"), ((whole,),))
    names = told_apart(turn, named)
    buttons = [
        Button(name, f"/later {one.elder.code}") for name, one in zip(names, named, strict=True)
    ]
    return Reply(_("Who cannot be visited today?"), (*form.in_rows(buttons, 2), (whole,)))


def _this_window(turn: Turn) -> Window:
    return window(turn.today, plan.office_policy(turn.session))


def _title(filling: Filling) -> str:
    return _("Not today: %(who)s") % {"who": filling.turn.label_of(filling.known("who"))}


def _soon(filling: Filling) -> tuple[Choice, ...]:
    """The next days inside this window that are left, those on which the office works first."""
    turn, last = filling.turn, _this_window(filling.turn).last
    left = [turn.today + timedelta(days=n) for n in range(1, (last - turn.today).days + 1)]
    working = workdays(turn.today + timedelta(days=1), last, differing_days(turn.session))
    return tuple(Choice(one.isoformat(), day(one)) for one in (working or left)[:6])


def _what(filling: Filling) -> tuple[Choice, ...]:
    """There is no other day where the window ends today."""
    return WHAT if _soon(filling) else WHAT[1:]


def _ask_what(filling: Filling) -> str:
    if _soon(filling):
        return _("What is it?")
    return _("What is it? Today is the last day for this visit: it cannot be put off any more.")


def _read_day_in_window(filling: Filling, text: str) -> str:
    given = coming_day(text, filling.turn.today)
    last = _this_window(filling.turn).last
    if not filling.turn.today < given <= last:
        raise Unclear(
            _(
                "This visit belongs to the days up to %(last)s. Please choose one of them, "
                "or say that the elder is away."
            )
            % {"last": day(last)}
        )  # fmt: skip
    return given.isoformat()


def _read_return(filling: Filling, text: str) -> str:
    if tidy(text) in (_("Not known"), "?"):
        return "unknown"
    given = coming_day(text, filling.turn.today)
    if given < filling.turn.today:
        raise Unclear(_("That day is over. Please write the last day away, such as 11-30."))
    return given.isoformat()


def _say_day(filling: Filling, value: str) -> str:
    return _("not known") if value == "unknown" else day(date.fromisoformat(value))


def _label(what: str) -> str:
    return next(choice.label for choice in WHAT if choice.code == what)


def _review(filling: Filling) -> Reply:
    parts = [_title(filling), _(_label(filling.get("what")))]
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
        begin_absence(
            turn.session, Absence(elder_id=elder.id, kind=what, from_on=turn.today, until_on=last)
        )
        heard_of(turn, elder, _(_label(what)))
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
    turn, name = filling.turn, form.card_name(filling)
    backup = leaves.backup_of(turn.session, elder, turn.today)
    if backup is None:
        return [Reply(_("This elder has no backup. Please ask the coordinator."), (), name)]
    last = _lend(turn, elder, backup)
    _audit(turn, elder, BACKUP)
    text = _("✅ %(backup)s has been asked to visit %(who)s by %(last)s.")
    gaps = {"backup": backup.name, "who": turn.label(elder), "last": day(last)}
    told = to_each(turn, [backup], lambda: _please_go(turn, elder, last))
    return [Reply(text % gaps, (), name), *told]


def _lend(turn: Turn, elder: Elder, to: Staff) -> date:
    """The backup may see and visit this elder until the window ends, which is the day given."""
    last = _this_window(turn).last
    turn.session.add(
        Assignment(elder_id=elder.id, staff_id=to.id, role=COVER, from_on=turn.today, until_on=last)
    )
    return last


def _please_go(turn: Turn, elder: Elder, last: date) -> Reply:
    text = _("%(name)s asks you to visit %(who)s by %(last)s.")
    gaps = {"name": turn.staff.name, "who": turn.hidden_label(elder), "last": day(last)}
    go = Button(_("Start the visit"), f"/visit {elder.code}")
    return Reply(text % gaps, ((go,),))


def _audit(turn: Turn, elder: Elder, what: str) -> None:
    action = f"later_{what}"
    line = Audit(at=turn.now, staff_id=turn.staff.id, elder_id=elder.id, action=action)
    turn.session.add(line)


def _put_off(turn: Turn, elder: Elder, to: date, reason: str) -> None:
    first = _this_window(turn).first
    turn.session.merge(
        Postponement(elder_id=elder.id, window_first=first, until_on=to, reason=reason,
                     staff_id=turn.staff.id, made_at=turn.now)
    )  # fmt: skip


# The backup goes without being asked


def instead_command(turn: Turn, rest: str) -> list[Reply]:
    """/instead CODE — at the end of a window a backup takes over what nobody has visited yet."""
    found = leaves.backed_by(turn.session, turn.staff, rest, turn.today)
    if found is None:
        return [Reply(not_on_list(rest))]
    elder, last = found, _this_window(turn).last
    if lookup.may_see(turn.session, turn.staff, elder, turn.today):
        return [_yours(turn, elder, last)]
    if turn.today < reminder_day(last, LAST_CALL, differing_days(turn.session)):
        return [Reply(_("It is not that late yet: please let the liaison ask you."))]
    _lend(turn, elder, turn.staff)
    _audit(turn, elder, "instead")
    liaisons = leaves.liaisons_of(turn.session, elder, turn.today)
    told = to_each(turn, liaisons, lambda: _goes_for_you(turn, elder, last))
    return [_yours(turn, elder, last), *told]


def _yours(turn: Turn, elder: Elder, last: date) -> Reply:
    text = _("✅ %(who)s is on your list until %(last)s; the liaison has been told.")
    go = Button(_("Start the visit"), f"/visit {elder.code}")
    return Reply(text % {"who": turn.label(elder), "last": day(last)}, ((go,),))


def _goes_for_you(turn: Turn, elder: Elder, last: date) -> Reply:
    text = _("%(name)s visits %(who)s for you, by %(last)s.")
    gaps = {"name": turn.staff.name, "who": turn.hidden_label(elder), "last": day(last)}
    return Reply(text % gaps)


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
            "what", N_("What"), _ask_what, choices=_what, resets=("day", "until", "reason"),
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
