"""Mending a stored visit: change an answer, move it to the right elder, or void it."""

from collections.abc import Sequence
from typing import Any

from handlers import case_open, form, unreached
from handlers.brief import visit_line
from handlers.pick import MOST, likely, read_elder, say_elder
from handlers.questions import Choice, Filling, Form, Question
from handlers.talk import Button, Reply
from handlers.turn import Turn, day
from handlers.visit import VISIT, context_of
from handlers.visit_form import WHY_FIX
from handlers.visit_left_open import CARRIED
from locales import gettext as _
from locales import mark as N_
from models import lookup, record
from models.audit import Audit
from models.elder import Elder
from models.staff import COORDINATOR
from models.visit import CURRENT, Promise, Visit

SHOWN = 5
MOVE, VOID = "move", "void"


def fix_command(turn: Turn, rest: str) -> list[Reply]:
    """/fix — the last visits; /fix REF — what to do; /fix REF answers|move|void."""
    ref, _gap, rest = rest.partition(" ")
    if not ref:
        return [_recent(turn)]
    visit = _mine(turn, ref)
    if visit is None:
        return [Reply(_("That record cannot be changed any more. Here are your last ones."), ()),
                _recent(turn)]  # fmt: skip
    action, _gap, rest = rest.partition(" ")
    return {"answers": _answers, MOVE: _move, VOID: _void}.get(action, _menu)(turn, visit, rest)


def _recent(turn: Turn) -> Reply:
    visits = record.recent_by(turn.session, turn.staff.id, SHOWN)
    if not visits:
        return Reply(_("You have not recorded a visit yet."))
    rows = tuple(
        (Button(_label(turn, v, e), f"/fix {v.ref}"),) for v, e in visits if _seen(turn, e)
    )
    return Reply(_("Which record do you want to change?"), rows)


def _label(turn: Turn, visit: Visit, elder: Elder) -> str:
    return _("%(day)s %(who)s") % {"day": day(visit.visited_on), "who": turn.label(elder)}


def _mine(turn: Turn, ref: str) -> Visit | None:
    """The visit if this person may see the elder, and recorded it or coordinates the branch."""
    visit = record.current_by_ref(turn.session, ref)
    if visit is None or visit.state != CURRENT:
        return None
    own = turn.staff.id in (visit.recorded_by, visit.liaison_id)
    elder = turn.session.get_one(Elder, visit.elder_id)
    return visit if (own or turn.staff.role == COORDINATOR) and _seen(turn, elder) else None


def _seen(turn: Turn, elder: Elder) -> bool:
    """A visit may have been moved, or the elder given, to somebody else since."""
    return lookup.may_see(turn.session, turn.staff, elder, turn.today)


def _menu(turn: Turn, visit: Visit, rest: str) -> list[Reply]:
    elder = turn.session.get_one(Elder, visit.elder_id)
    text = _("%(who)s\n%(visit)s\nWhat is wrong with it?") % {
        "who": turn.label(elder),
        "visit": visit_line(turn, visit),
    }
    rows = (
        (Button(_("An answer"), f"/fix {visit.ref} answers"),),
        (Button(_("Wrong person"), f"/fix {visit.ref} move"),),
        (Button(_("Void it"), f"/fix {visit.ref} void"),),
    )
    return [Reply(text, rows)]


def _answers(turn: Turn, visit: Visit, rest: str) -> list[Reply]:
    """The visit's own form again, filled in as it was stored."""
    elder = turn.session.get_one(Elder, visit.elder_id)
    before = form.find_draft(turn, VISIT.name, f"fix {visit.ref}")
    promise = record.promise_of(turn.session, visit.id)
    context = {
        **context_of(turn, elder, visit),
        "fixes": visit.ref,
        "was_on": visit.visited_on.isoformat(),
    }
    answers = {**visit.answers, **_promised(promise)}
    for name in (CARRIED, "fix_reason"):  # stands in the context; was of an earlier correction
        answers.pop(name, None)
    draft = before or form.start(turn, VISIT, f"fix {visit.ref}", answers, context)
    form.touch(draft, turn)
    return form.press(VISIT, Filling(draft, turn), form.EDIT)


def _promised(promise: Promise | None) -> dict[str, Any]:
    return {"promise": promise.text} if promise else {}


def _move(turn: Turn, visit: Visit, rest: str) -> list[Reply]:
    return _mend(turn, visit, MOVE)


def _void(turn: Turn, visit: Visit, rest: str) -> list[Reply]:
    return _mend(turn, visit, VOID)


def _mend(turn: Turn, visit: Visit, action: str) -> list[Reply]:
    """A small form of its own: to whom, why, and a last look."""
    elder = turn.session.get_one(Elder, visit.elder_id)
    context = {
        "action": action,
        "ref": visit.ref,
        "from": turn.kept(elder),
        "line": visit_line(turn, visit),
        "likely": _likely(turn, elder),
    }
    draft = form.find_draft(turn, MEND.name, visit.ref)
    if draft is None:
        draft = form.start(turn, MEND, visit.ref, {}, context)
    draft.context = context
    form.set_answers(draft, turn, {})
    return [form.card(MEND, Filling(draft, turn))]


def _likely(turn: Turn, elder: Elder) -> list[list[Any]]:
    """Those of the same name, for that is how the wrong one was chosen; else the own list."""
    same = lookup.find(turn.session, turn.staff, elder.name, turn.today)
    mine = lookup.caseload(turn.session, turn.staff, turn.today, 0, SHOWN + 1)
    return _kept(turn, elder.code, same) or _kept(turn, elder.code, [one for one, _on in mine])


def _kept(turn: Turn, but: str, elders: Sequence[Elder]) -> list[list[Any]]:
    return [turn.kept(one) for one in elders if one.code != but][:MOST]


def _from(filling: Filling) -> str:
    return filling.turn.label_of(filling.known("from"))


def _read_elder(filling: Filling, text: str) -> str:
    return read_elder(filling, text, likely(filling), but=filling.known("from")[0])


def _title(filling: Filling) -> str:
    if filling.known("action") == VOID:
        return _("Void the visit to %(who)s") % {"who": _from(filling)}
    return _("Move the visit from %(before)s to %(after)s") % {
        "before": _from(filling),
        "after": say_elder(filling, filling.get("to")) if filling.get("to") else "?",
    }


def _review(filling: Filling) -> Reply:
    text = "\n".join(
        (
            _title(filling),
            filling.known("line"),
            _("The old record stays in the history and no longer counts."),
        )
    )
    return form.last_look(filling, text)


def _submit(filling: Filling) -> list[Reply]:
    turn = filling.turn
    visit = _mine(turn, filling.known("ref"))
    done = _carry_out(filling, visit) if visit else None
    form.drop(filling)
    text = done or _("That record was changed meanwhile. Please look at it again.")
    return [Reply(text, (), form.card_name(filling), toast=_("Done") if done else "")]


def _carry_out(filling: Filling, visit: Visit) -> str | None:
    turn, reason = filling.turn, str(filling.get("why"))
    turn.session.add(
        Audit(at=turn.now, staff_id=turn.staff.id, elder_id=visit.elder_id,
              action=filling.known("action"), detail=visit.ref)
    )  # fmt: skip
    if filling.known("action") == VOID:
        was = turn.session.get_one(Elder, visit.elder_id)
        case_open.withdraw_all(turn, visit, was, why(reason))
        record.void(turn.session, visit, turn.staff, turn.now, reason)
        return _("✅ Voided. The visit to %(who)s no longer counts.") % {"who": _from(filling)}
    elder = lookup.by_code(turn.session, turn.staff, filling.get("to"), turn.today)
    if elder is None:
        return None
    case_open.move_all(turn, visit, elder, why(reason))
    new = record.move(turn.session, visit, elder, turn.staff, turn.now, reason)
    new.seek_at = unreached.when(turn, new, elder, visit)
    unreached.heard_in(turn, elder, new, unreached.sought_for(turn.session, elder))
    return _("✅ Moved. The visit now stands with %(who)s.") % {"who": turn.label(elder)}


def why(reason: str) -> str:
    """The reason in words."""
    choices = MEND.by_name["why"].choices
    known = choices if isinstance(choices, tuple) else ()
    return next((_(one.label) for one in known if one.code == reason), reason)


MEND = Form(
    name="mend",
    version=1,
    questions=(
        Question(
            "to",
            N_("Person"),
            N_("Whose visit was it? Tap, or send the name."),
            choices=likely,
            when=lambda f: f.known("action") == MOVE,
            across=1,
            check=_read_elder,
            shown=say_elder,
        ),
        Question(
            "why",
            N_("Reason"),
            N_("Why? (tap or write)"),
            choices=(Choice("wrong_elder", N_("Wrong person")), *WHY_FIX),
            free=True,
        ),
    ),
    title=_title,
    review=_review,
    submit=_submit,
)
