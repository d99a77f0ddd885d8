"""七个清 [S0]: after a visit one short question about what is not known yet; it may be left."""

from handlers import form
from handlers.brief import audit
from handlers.card import SEVEN_NAMES
from handlers.card_fields import now_words, offers, read, title
from handlers.pick import not_on_list
from handlers.questions import Choice, Filling, Form, Question, match, tidy
from handlers.talk import Button, Reply, Rows
from handlers.turn import Turn, Unclear
from locales import gettext as _
from locales import mark as N_
from models import card, lookup
from models.card import ACCEPTED, SEVEN, CardChange
from models.consent import HEALTH
from models.elder import Elder

SHOWN = 4  # answers to tap
OTHER, LATER, SAME = "?", "-", "="
ASK = {
    "address": N_("Where exactly does the elder live?"),
    "contact": N_("On which number can the elder be reached?"),
    "health": N_("Any chronic illness?"),
    "family": N_("How does the family live?"),
    "hobbies": N_("What does the elder like to do?"),
    "party": N_("Which Party branch does the elder belong to?"),
    "needs": N_("Is there anything the elder wishes or needs?"),
}


def question_after(turn: Turn, elder: Elder, withheld: list[str]) -> tuple[str, Rows]:
    """A line and its buttons under what was said about the visit; empty where all is known."""
    but = {"health"} if HEALTH in withheld else set()
    item = card.ask_next(turn.session, elder, turn.today, but)
    if item is None:
        return "", ()
    start = f"/know {elder.code} {item}"
    if card.is_known(elder, item):
        return _still_right(turn, elder, item, start)
    said = offers(turn, elder, _field(item))[:SHOWN]
    buttons = [Button(_(label), f"{start} {place}") for place, (_code, label) in enumerate(said)]
    buttons += [
        Button(_("Write it…"), f"{start} {OTHER}"),
        Button(_("Not now"), f"{start} {LATER}"),
    ]
    text = _("📝 One more, if you know it: %(question)s") % {"question": _(ASK[item])}
    return text, form.in_rows(buttons, 3)


def _still_right(turn: Turn, elder: Elder, item: str, start: str) -> tuple[str, Rows]:
    field = _field(item)
    text = _("📝 Not confirmed for a year: %(field)s, %(now)s. Still right?") % {
        "field": title(field), "now": now_words(turn, elder, field),
    }  # fmt: skip
    return text, (
        (Button(_("Still right"), f"{start} {SAME}"),
         Button(_("Changed…"), f"/edit {elder.code} {field}"),
         Button(_("Not now"), f"{start} {LATER}")),
    )  # fmt: skip


def _field(item: str) -> str:
    """What is asked for where an item has several fields: the first."""
    return SEVEN[item][0]


def know_command(turn: Turn, rest: str) -> list[Reply]:
    """/know CODE ITEM ANSWER — an answer of the card; ? to write it; - not now; = still right."""
    code, item, answer = (*rest.split(), "", "", "")[:3]
    elder = lookup.by_code(turn.session, turn.staff, code, turn.today)
    if elder is None or item not in SEVEN:
        return [Reply(not_on_list(code), ((Button(_("My list"), "/card"),),))]
    if answer == LATER:
        return [Reply(_("All right, another time."), ())]
    if answer == SAME:
        return [_confirmed(turn, elder, item)]
    said = offers(turn, elder, _field(item))
    if answer.isdecimal() and int(answer) < len(said):
        return [_keep(turn, elder, item, _(said[int(answer)][1]))]
    return [_ask(turn, elder, item)]


def _confirmed(turn: Turn, elder: Elder, item: str) -> Reply:
    card.note_known(turn.session, elder.id, item, confirmed_on=turn.today)
    audit(turn, elder, "confirm", item)
    return Reply(_("✅ Confirmed: %(item)s.") % {"item": _(SEVEN_NAMES[item])})


def _keep(turn: Turn, elder: Elder, item: str, text: str, name: str = "") -> Reply:
    """What was blank is filled at once; what says something already is changed by a proposal."""
    field = _field(item)
    if getattr(elder, field):
        words = _("%(field)s is known by now: %(now)s") % {
            "field": title(field), "now": now_words(turn, elder, field),
        }  # fmt: skip
        return Reply(words, ((Button(_("Change"), f"/edit {elder.code} {field}"),),), name)
    new, stored = read(turn, elder, field, text)
    change = CardChange(
        elder_id=elder.id, field=field, old=now_words(turn, elder, field), new=new, stored=stored,
        state=ACCEPTED, proposed_by=turn.staff.id, proposed_at=turn.now,
        decided_by=turn.staff.id, decided_at=turn.now,
    )  # fmt: skip
    turn.session.add(change)
    card.apply(turn.session, elder, change, turn.today)
    audit(turn, elder, "fill", field)
    score = card.seven_of(turn.session, elder, turn.today).score
    words = _("✅ Noted. %(field)s: %(new)s (seven knowns %(score)d/7)")
    gaps = {"field": title(field), "new": new, "score": score}
    return Reply(words % gaps, (), name, toast=_("Recorded"))


def _ask(turn: Turn, elder: Elder, item: str) -> Reply:
    context = {"code": elder.code, "who": turn.kept(elder), "item": item}
    draft = form.start(turn, KNOW, elder.code, {}, context)
    draft.context = context
    form.set_answers(draft, turn, {})
    return form.card(KNOW, Filling(draft, turn))


def _elder(filling: Filling) -> Elder:
    turn, code = filling.turn, filling.known("code")
    elder = lookup.by_code(turn.session, turn.staff, code, turn.today)
    if elder is None:
        raise Unclear(not_on_list(code))
    return elder


def _choices(filling: Filling) -> list[Choice]:
    found = offers(filling.turn, _elder(filling), _field(filling.known("item")))
    return [Choice(label, label) for _code, label in found]


def _read(filling: Filling, text: str) -> str:
    choice = match(_choices(filling), text)
    given = choice.code if choice else tidy(text)
    read(filling.turn, _elder(filling), _field(filling.known("item")), given)
    return given


def _submit(filling: Filling) -> list[Reply]:
    turn, elder, item = filling.turn, _elder(filling), filling.known("item")
    given = str(filling.get("value"))
    labels = {one.code for one in _choices(filling)}
    form.drop(filling)
    text = _(given) if given in labels else given
    return [_keep(turn, elder, item, text, form.card_name(filling))]


def _title(filling: Filling) -> str:
    return filling.turn.label_of(filling.known("who"))


KNOW = Form(
    name="know",
    version=1,
    questions=(
        Question(
            "value", N_("Seven knowns"), lambda f: _(ASK[f.known("item")]),
            choices=_choices, across=3, check=_read, free=True,
        ),
    ),
    title=_title,
    review=lambda filling: None,
    submit=_submit,
    at_once=True,
)  # fmt: skip
