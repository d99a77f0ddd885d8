"""Taking a person out of the records ([PIPL] 47, 49): one coordinator asks, another decides."""

from collections.abc import Iterable
from dataclasses import replace

from handlers import form, tell
from handlers.brief import audit
from handlers.pick import not_on_list, pick_elder
from handlers.questions import Choice, Filling, Form, Question, say_value
from handlers.talk import Button, Reply, Rows
from handlers.turn import Turn, Unclear, day
from locales import gettext as _
from locales import mark as N_
from locales import speaking
from models import case_query, erasure, lookup
from models.elder import DECEASED, FORGOTTEN, Elder
from models.erasure import ASKED, CALLED_OFF, DONE, Erasure
from models.mailbox import NUDGE
from models.staff import Chat, Staff

RELATIVE, AFTER_DEATH = "relative", "after_death"
WHO = (
    Choice("self", N_("the elder")),
    Choice("guardian", N_("the guardian")),
    Choice(RELATIVE, N_("a near relative")),
    Choice("office", N_("the office itself")),
)
WHY = (
    Choice("withdrawn", N_("Consent withdrawn")),
    Choice("served", N_("No longer served")),
    Choice("unlawful", N_("Wrongly kept")),
    Choice(AFTER_DEATH, N_("After the death")),
)


def forget_command(turn: Turn, rest: str) -> list[Reply]:
    """/forget ELDER — asks for it; /forget REF — its card; /forget REF yes sure|no — decides."""
    first, _gap, word = rest.partition(" ")
    one = erasure.by_ref(turn.session, first) if first else None
    if one is not None:
        return _decide(turn, one, word)
    elder = lookup.by_code(turn.session, turn.staff, rest, turn.today) or _one(turn, rest)
    if isinstance(elder, Reply):
        return [elder]
    waiting = erasure.running(turn.session, elder.id)
    if waiting is not None:
        return [_card(turn, waiting, elder)]
    return [_begin(turn, elder)]


def _one(turn: Turn, rest: str) -> Elder | Reply:
    hits = lookup.find(turn.session, turn.staff, rest, turn.today) if rest else None
    if hits and len(hits) == 1:
        return hits[0]
    return pick_elder(turn, "/forget", 0, hits, rest)


def _begin(turn: Turn, elder: Elder) -> Reply:
    if elder.state == FORGOTTEN:
        return Reply(_("Of this person only counts are left."))
    numbers = [case.number for case in case_query.unresolved_of(turn.session, elder.id)]
    if numbers:
        text = _("Cases are still open: %(numbers)s. Please close them first.")
        rows = ((Button(_("Case %(number)d") % {"number": numbers[0]}, f"/case {numbers[0]}"),),)
        return Reply(text % {"numbers": _(", ").join(map(str, numbers))}, rows)
    context = {"code": elder.code, "who": turn.kept(elder), "state": elder.state}
    draft = form.start(turn, FORGET, elder.code, {}, context)
    draft.context = context
    form.set_answers(draft, turn, {})
    return form.card(FORGET, Filling(draft, turn))


def _who_may(filling: Filling) -> tuple[Choice, ...]:
    """Near relatives act for themselves only after a death."""
    died = filling.known("state") == DECEASED
    return WHO if died else tuple(one for one in WHO if one.code != RELATIVE)


def _why_may(filling: Filling) -> tuple[Choice, ...]:
    died = filling.known("state") == DECEASED
    return WHY if died else tuple(one for one in WHY if one.code != AFTER_DEATH)


def _who_text(filling: Filling) -> str:
    if filling.known("state") == DECEASED:
        return _("Who wants it? Near relatives may, unless the elder had arranged otherwise.")
    return _("Who wants it? (Relatives may ask only after a death.)")


def _title(filling: Filling) -> str:
    return _("Erase %(who)s") % {"who": filling.turn.label_of(filling.known("who"))}


def _what() -> str:
    return _(
        "Goes: name, birth, address, telephone, family, health, notes, pictures, messages.\n"
        "Stays, as the law asks: how many visits and cases there were, without a name; who "
        "decided this; backups until they are replaced; what the office keeps on paper.\n"
        "It cannot be taken back."
    )


def _review(filling: Filling) -> Reply:
    text = _("%(title)s\nAsked for by: %(by)s, reason: %(why)s\n%(what)s\n"
             "A second coordinator has to agree.") % {
        "title": _title(filling),
        "by": say_value(FORGET.by_name["by"], filling, filling.get("by")),
        "why": say_value(FORGET.by_name["why"], filling, filling.get("why")),
        "what": _what(),
    }  # fmt: skip
    return form.last_look(filling, text, _("Ask the second one"))


def _submit(filling: Filling) -> list[Reply]:
    turn, code = filling.turn, filling.known("code")
    elder = lookup.by_code(turn.session, turn.staff, code, turn.today)
    form.drop(filling)
    if elder is None:
        raise Unclear(not_on_list(code))
    one = erasure.running(turn.session, elder.id) or Erasure(
        elder_id=elder.id, asked_for=str(filling.get("by")), reason=str(filling.get("why")),
        proposed_by=turn.staff.id, proposed_at=turn.now,
    )  # fmt: skip
    turn.session.add(one)
    audit(turn, elder, "forget_asked", one.reason)
    told = list(_ask_others(turn, one, elder))
    text = _("✅ Asked. Nothing is erased until a second coordinator agrees.")
    if not told:
        text = _("Noted, but there is no second coordinator to agree. Please have one invited.")
    off = Button(_("Call it off"), f"/forget {one.ref} no")
    return [Reply(text, ((off,),), form.card_name(filling)), *told]


def _ask_others(turn: Turn, one: Erasure, elder: Elder) -> Iterable[Reply]:
    for staff, chat in tell.coordinators(turn, elder):
        if staff.id != turn.staff.id:
            yield _news(turn, staff, chat, one, elder)


def _news(turn: Turn, staff: Staff, chat: Chat, one: Erasure, elder: Elder) -> Reply:
    with speaking(staff.locale or turn.office.locale):
        text = _("🗑 %(by)s asks to erase %(who)s %(code)s. Please decide.") % {
            "by": turn.staff.name, "who": tell.where(turn, elder), "code": elder.code,
        }  # fmt: skip
        look = Button(_("Look at it"), f"/forget {one.ref}")
        return Reply(text, ((look,),), f"forget {one.ref}", to=chat.id, lane=NUDGE)


# The second one decides


def _decide(turn: Turn, one: Erasure, word: str) -> list[Reply]:
    elder = turn.session.get_one(Elder, one.elder_id)
    if not lookup.may_see(turn.session, turn.staff, elder, turn.today):
        return [Reply(not_on_list(one.ref))]
    if word == "no" and one.state == ASKED:
        return [_call_off(turn, one, elder)]
    if one.state != ASKED or not word.startswith("yes"):
        return [_card(turn, one, elder)]
    if one.proposed_by == turn.staff.id:
        return [_card(turn, one, elder, _("Another coordinator has to agree, not the same one."))]
    if word != "yes sure":
        return [_sure(turn, one, elder)]
    return _carry_out(turn, one, elder)


def _card(turn: Turn, one: Erasure, elder: Elder, first: str = "") -> Reply:
    by = turn.session.get_one(Staff, one.proposed_by).name
    text = _("Erase %(who)s\nAsked on %(day)s by %(by)s, for: %(whom)s, reason: %(why)s\n%(state)s")
    gaps = {
        "who": turn.label(elder) if elder.state != FORGOTTEN else elder.code,
        "day": day(one.proposed_at.astimezone(turn.office.zone).date()),
        "by": by,
        "whom": _label(WHO, one.asked_for),
        "why": _label(WHY, one.reason),
        "state": _state(turn, one),
    }
    rows: Rows = ()
    if one.state == ASKED:
        off = Button(_("Call it off"), f"/forget {one.ref} no")
        yes = Button(_("Agree…"), f"/forget {one.ref} yes")
        rows = ((off,),) if one.proposed_by == turn.staff.id else ((yes, off),)
    return Reply(f"{first}\n{text % gaps}".strip(), rows, f"forget {one.ref}")


def _label(choices: tuple[Choice, ...], code: str) -> str:
    return next((_(one.label) for one in choices if one.code == code), code)


def _state(turn: Turn, one: Erasure) -> str:
    if one.decided_by is None:
        return _("Waits for a second coordinator.")
    by = turn.session.get_one(Staff, one.decided_by).name
    text = _("Erased, agreed by %(by)s.") if one.state == DONE else _("Called off by %(by)s.")
    return text % {"by": by}


def _sure(turn: Turn, one: Erasure, elder: Elder) -> Reply:
    text = _("Erase %(who)s for good?\n%(what)s") % {
        "who": turn.label(elder), "what": _what(),
    }  # fmt: skip
    rows = (
        (Button(_("Not yet"), f"/forget {one.ref}"),),
        (Button(_("🗑 Erase for good"), f"/forget {one.ref} yes sure"),),
    )
    return Reply(text, rows, f"forget {one.ref}")


def _call_off(turn: Turn, one: Erasure, elder: Elder) -> Reply:
    erasure.settle(turn.session, one, CALLED_OFF, turn.staff.id, turn.now)
    turn.session.refresh(one)
    audit(turn, elder, "forget_off")
    return _card(turn, one, elder)


def _carry_out(turn: Turn, one: Erasure, elder: Elder) -> list[Reply]:
    if case_query.unresolved_of(turn.session, elder.id):
        return [_begin(turn, elder)]
    if not erasure.settle(turn.session, one, DONE, turn.staff.id, turn.now):
        turn.session.refresh(one)
        return [_card(turn, one, elder)]
    was, by = elder.code, turn.session.get_one(Staff, one.proposed_by)
    erasure.erase(turn.session, elder, turn.now)
    audit(turn, elder, "forgotten")
    told = tell.to_each(turn, [by], lambda: _done(was))
    return [replace(_done(was), card=f"forget {one.ref}"), *told]


def _done(code: str) -> Reply:
    return Reply(_("✅ %(code)s is erased; only counts are left.") % {"code": code})


FORGET = Form(
    name="forget",
    version=1,
    questions=(
        Question("by", N_("Who"), _who_text, choices=_who_may),
        Question("why", N_("Reason"), N_("Why?"), choices=_why_may),
    ),
    title=_title,
    review=_review,
    submit=_submit,
)
