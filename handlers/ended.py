"""An elder has died or moved away: confirmed by a coordinator, and taken back if it was wrong."""

from dataclasses import replace

from sqlmodel import col, delete

from handlers import form
from handlers.case_ended import restore, withdraw_with
from handlers.condolence import tell_liaisons, to_record
from handlers.questions import Choice, Filling, Form, Question, say_value
from handlers.talk import Button, Reply
from handlers.tell import to_liaisons, where
from handlers.turn import Turn, day
from handlers.unreached import heard_of
from locales import gettext as _
from locales import mark as N_
from models import lookup
from models.audit import Audit
from models.draft import Draft
from models.elder import ACTIVE, DECEASED, FORGOTTEN, MOVED, Elder

ENDED = {"deceased": DECEASED, "moved": MOVED}
WHY = {"deceased": N_("The elder has died"), "moved": N_("The elder has moved away")}
UNDO = "undo"


def ended_command(turn: Turn, rest: str) -> list[Reply]:
    """/ended — those ended lately; /ended CODE deceased|moved|undo — sets or takes back."""
    code, what, sure = (*rest.split(), "", "", "")[:3]
    if not code:
        return [_lately(turn)]
    elder = lookup.by_code(turn.session, turn.staff, code, turn.today)
    if elder is None or elder.state == FORGOTTEN or what not in (*ENDED, UNDO):
        return [Reply(_("Please use the button of the report, or ask for help with /help."))]
    if what == UNDO:
        return [_ask_undo(turn, elder)]
    if elder.state != ACTIVE:
        return [_off(turn, elder)]
    return _end(turn, elder, what) if sure == "yes" else [_ask(turn, elder, what)]


def _ask(turn: Turn, elder: Elder, what: str) -> Reply:
    text = _("Has %(who)s died? All visits and greetings stop with this.")
    if what == "moved":
        text = _("Has %(who)s moved away for good? All visits stop with this.")
    rows = (
        (Button(_("Yes, confirmed"), f"/ended {elder.code} {what} yes"),),
        (Button(_("Not yet"), "/help"),),
    )
    return Reply(text % {"who": turn.label(elder)}, rows)


def _end(turn: Turn, elder: Elder, what: str) -> list[Reply]:
    attempts = lookup.last_visits(turn.session, elder.id, 5)
    reported = next((v.visited_on for v in attempts if v.outcome == what), turn.today)
    elder.state, elder.ended_on = ENDED[what], reported
    turn.session.exec(delete(Draft).where(col(Draft.subject) == elder.code))
    turn.session.add(Audit(at=turn.now, staff_id=turn.staff.id, elder_id=elder.id, action=what))
    heard_of(turn, elder, _("Off the lists"))
    told = tell_liaisons(turn, elder) if elder.state == DECEASED else []
    off = _off(turn, elder)
    text = "\n".join([off.text, *withdraw_with(turn, elder, _(WHY[what]))])
    return [replace(off, text=text), *told]


def _off(turn: Turn, elder: Elder) -> Reply:
    text = _("%(who)s is off every list since %(day)s. The records stay.")
    gaps = {"who": turn.label(elder), "day": day(elder.ended_on or turn.today)}
    undo = Button(_("That was wrong…"), f"/ended {elder.code} {UNDO}")
    family = ((to_record(elder),),) if elder.state == DECEASED else ()
    return Reply(text % gaps, (*family, (undo,)))


def _lately(turn: Turn) -> Reply:
    found = lookup.ended_lately(turn.session, turn.staff, turn.today, 10)
    if not found:
        return Reply(_("Nobody has left the lists lately."))
    rows = tuple((Button(_lately_label(turn, e), f"/ended {e.code} {UNDO}"),) for e in found)
    return Reply(_("Off the lists lately. Tap whom to bring back, if that was wrong."), rows)


def _lately_label(turn: Turn, elder: Elder) -> str:
    gaps = {"day": day(elder.ended_on or turn.today), "who": turn.label(elder)}
    return _("%(day)s %(who)s") % gaps


# Back again


def _ask_undo(turn: Turn, elder: Elder) -> Reply:
    if elder.state == ACTIVE:
        return Reply(_("%(who)s is on the lists.") % {"who": turn.label(elder)})
    context = {
        "code": elder.code,
        "name": elder.name,
        "who": turn.kept(elder),
        "state": elder.state,
    }
    draft = form.start(turn, BACK, elder.code, {}, context)
    return form.card(BACK, Filling(draft, turn))


def _title(filling: Filling) -> str:
    return _("Back on the lists: %(who)s") % {"who": filling.turn.label_of(filling.known("who"))}


def _review(filling: Filling) -> Reply:
    why = say_value(BACK.by_name["why"], filling, filling.get("why"))
    text = _("%(title)s\nReason: %(why)s\nVisits, reminders and greetings go on with this.") % {
        "title": _title(filling),
        "why": why,
    }
    return form.last_look(filling, text)


def _submit(filling: Filling) -> list[Reply]:
    turn = filling.turn
    elder = lookup.by_code(turn.session, turn.staff, filling.known("code"), turn.today)
    form.drop(filling)
    if elder is None or elder.state == ACTIVE:
        text = _("Nothing to do: %(who)s is on the lists.")
        who = turn.label_of(filling.known("who"))
        return [Reply(text % {"who": who}, (), form.card_name(filling))]
    elder.state, elder.ended_on = ACTIVE, None
    turn.session.add(Audit(at=turn.now, staff_id=turn.staff.id, elder_id=elder.id,
                           action="back", detail=str(filling.get("why"))))  # fmt: skip
    restore(turn, elder)
    told = to_liaisons(turn, elder, lambda: _is_back(turn, elder))
    return [_back_reply(filling, elder), *told]


def _back_reply(filling: Filling, elder: Elder) -> Reply:
    """The wrong report itself can be voided, too."""
    turn = filling.turn
    text = _("✅ %(who)s is back on the lists; visits and reminders go on.")
    attempts = lookup.last_visits(turn.session, elder.id, 5)
    wrong = next((v.ref for v in attempts if ENDED.get(v.outcome)), "")
    rows = ((Button(_("Void the report"), f"/fix {wrong} void"),),) if wrong else ()
    return Reply(text % {"who": turn.label(elder)}, rows, form.card_name(filling))


def _is_back(turn: Turn, elder: Elder) -> Reply:
    """To the liaison, who had been told that it was over."""
    text = _("%(who)s is back on your list: the report was wrong.")
    return Reply(text % {"who": where(turn, elder)})


BACK = Form(
    name="back",
    version=1,
    questions=(
        Question(
            "why", N_("Reason"), N_("Why was it wrong? (tap or write)"),
            choices=(Choice("wrong_person", N_("Wrong person")),
                     Choice("false_report", N_("Not true")),
                     Choice("returned", N_("Came back"))),
            free=True,
        ),
    ),
    title=_title,
    review=_review,
    submit=_submit,
)  # fmt: skip
