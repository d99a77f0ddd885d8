"""Changing one field of a card by chat: a liaison proposes, a coordinator changes it at once."""

from handlers import card_change, form
from handlers.brief import audit, one_elder
from handlers.card_fields import COLUMN, FIELDS, fields_of, now_words, offers, read, title
from handlers.documents.roster_values import squeezed
from handlers.pick import not_on_list
from handlers.questions import Choice, Filling, Form, Question, match, tidy
from handlers.talk import Reply
from handlers.turn import Turn, Unclear
from locales import gettext as _
from locales import mark as N_
from models import card, lookup
from models.card import ACCEPTED, CardChange
from models.elder import FLAGS, Elder
from models.staff import COORDINATOR

REGISTERS = "registers"  # behind this choice stand the flags


def edit_command(turn: Turn, rest: str) -> list[Reply]:
    """/edit ELDER — which field; /edit E0012 phone — that field; /edit E0012 tier C — to this."""
    words = rest.split()
    name = field_named(words[1]) if len(words) > 1 else ""
    elder = one_elder(turn, words[0] if name else rest, "/edit")
    if isinstance(elder, Reply):
        return [elder]
    answers: dict[str, object] = {"field": name} if name else {}
    if name in FLAGS:
        answers = {"field": REGISTERS, "flag": name}
    if len(words) > 2:
        answers["value"] = " ".join(words[2:])
        read(turn, elder, name, str(answers["value"]))
    return [_open(turn, elder, answers)]


def field_named(word: str) -> str:
    """The field a word means: its code, its title, or another heading people use."""
    typed = squeezed(word)
    for name in (*FIELDS, *FLAGS):
        if typed in (squeezed(name), squeezed(title(name)), *map(squeezed, COLUMN[name].names)):
            return name
    return ""


def _open(turn: Turn, elder: Elder, answers: dict[str, object]) -> Reply:
    audit(turn, elder, "edit_card")  # it shows what the card says
    context = {"code": elder.code, "who": turn.kept(elder)}
    draft = form.start(turn, EDIT, elder.code, {}, context)
    draft.context = context
    form.set_answers(draft, turn, dict(answers))
    return form.card(EDIT, Filling(draft, turn))


def _elder(filling: Filling) -> Elder:
    """Raises Unclear when the elder has been given to somebody else meanwhile."""
    turn = filling.turn
    elder = lookup.by_code(turn.session, turn.staff, filling.known("code"), turn.today)
    if elder is None:
        raise Unclear(not_on_list(filling.known("code")))
    return elder


def _field(filling: Filling) -> str:
    return str(filling.get("flag") if filling.get("field") == REGISTERS else filling.get("field"))


def _field_choices(filling: Filling) -> list[Choice]:
    known = set(fields_of(filling.turn, _elder(filling)))
    plain = [Choice(name, COLUMN[name].title) for name in FIELDS if name in known]
    return [*plain, Choice(REGISTERS, N_("Registers…"))]


def _flag_choices(filling: Filling) -> list[Choice]:
    known = set(fields_of(filling.turn, _elder(filling)))
    return [Choice(name, COLUMN[name].title) for name in FLAGS if name in known]


def _read_field(filling: Filling, text: str) -> str:
    choice = match(_field_choices(filling), text)
    name = choice.code if choice else field_named(text)
    if name not in {one.code for one in _field_choices(filling)}:
        raise Unclear(_("Please tap one of the buttons, or write its number or its words."))
    return name


def _value_choices(filling: Filling) -> list[Choice]:
    found = offers(filling.turn, _elder(filling), _field(filling))
    return [Choice(code, label) for code, label in found]


def _value_text(filling: Filling) -> str:
    gaps = {"field": title(_field(filling)),
            "now": now_words(filling.turn, _elder(filling), _field(filling))}  # fmt: skip
    if _value_choices(filling):
        return _("%(field)s is now: %(now)s\nWhat is right? (tap or write)") % gaps
    return _("%(field)s is now: %(now)s\nPlease write what is right.") % gaps


def _read_new(filling: Filling, text: str) -> str:
    choice = match(_value_choices(filling), text)
    given = choice.code if choice else tidy(text)
    read(filling.turn, _elder(filling), _field(filling), given)
    return given


def _new(filling: Filling) -> tuple[str, dict[str, object]]:
    """The new value; a tapped label is kept in the language it was read in."""
    given = str(filling.get("value"))
    labels = {one.code: one.label for one in _value_choices(filling)}
    spoken = _(labels[given]) if labels.get(given) == given else given
    return read(filling.turn, _elder(filling), _field(filling), spoken)


def _title(filling: Filling) -> str:
    return _("Change the card of %(who)s") % {"who": filling.turn.label_of(filling.known("who"))}


def _is_final(filling: Filling) -> bool:
    return filling.turn.staff.role == COORDINATOR


def _review(filling: Filling) -> Reply:
    field = _field(filling)
    after = (
        _("It counts at once.") if _is_final(filling) else _("The coordinator decides about it.")
    )
    text = _("%(title)s\n%(field)s: %(old)s → %(new)s\n%(after)s") % {
        "title": _title(filling),
        "field": title(field),
        "old": now_words(filling.turn, _elder(filling), field),
        "new": _new(filling)[0],
        "after": after,
    }
    yes = _("✅ Change it") if _is_final(filling) else _("✅ Propose it")
    rows = (
        (form.form_button(filling.draft, yes, form.SUBMIT),),
        (form.form_button(filling.draft, _("Leave it as it is"), form.REALLY),),
    )
    return Reply(text, rows, form.card_name(filling))


def _submit(filling: Filling) -> list[Reply]:
    turn, elder, field = filling.turn, _elder(filling), _field(filling)
    old, (new, stored) = now_words(turn, elder, field), _new(filling)
    form.drop(filling)
    name = form.card_name(filling)
    if new == old:
        text = _("%(field)s says that already; nothing was changed.") % {"field": title(field)}
        return [Reply(text, card_change.ways_on(elder), name)]
    change = CardChange(elder_id=elder.id, field=field, old=old, new=new, stored=stored,
                        proposed_by=turn.staff.id, proposed_at=turn.now)  # fmt: skip
    if _is_final(filling):
        return [_at_once(turn, elder, change, name)]
    return card_change.propose(turn, elder, change, name)


def _at_once(turn: Turn, elder: Elder, change: CardChange, name: str) -> Reply:
    change.state, change.decided_by, change.decided_at = ACCEPTED, turn.staff.id, turn.now
    turn.session.add(change)
    card.apply(turn.session, elder, change, turn.today)
    audit(turn, elder, "edit", change.field)
    text = _("✅ Changed. %(who)s, %(field)s: %(new)s") % {
        "who": turn.label(elder), "field": title(change.field), "new": change.new,
    }  # fmt: skip
    return Reply(text, card_change.ways_on(elder), name, toast=_("Changed"))


EDIT = Form(
    name="edit",
    version=1,
    questions=(
        Question(
            "field", N_("Field"), N_("What shall be changed?"),
            choices=_field_choices, across=3, check=_read_field, resets=("flag", "value"),
        ),
        Question(
            "flag", N_("Register"), N_("Which register?"),
            choices=_flag_choices, across=3, when=lambda f: f.get("field") == REGISTERS,
            resets=("value",),
        ),
        Question(
            "value", N_("New"), _value_text,
            choices=_value_choices, across=3, check=_read_new, free=True,
        ),
    ),
    title=_title,
    review=_review,
    submit=_submit,
)  # fmt: skip
