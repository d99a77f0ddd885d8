"""The form engine: which question is open, the card that shows it, and what a tap or text does.

A draft keeps the answers in the order they were given; where the person stands is derived.
Buttons read `f.<tag>.<rev>.<code>`: a press whose `rev` is not the draft's changes nothing.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from handlers.lines import cap
from handlers.questions import (
    CHOICE,
    LONGEST,
    Choice,
    Filling,
    Form,
    Question,
    answered,
    applicable,
    open_question,
    read,
    say_value,
)
from handlers.talk import Button, Reply, Rows
from handlers.turn import Turn, Unclear
from locales import gettext as _
from models.draft import Draft, OpenDraft
from models.mailbox import last_menu

BACK, DISCARD, REALLY, PARK, EDIT, SUBMIT, SHOW, MORE = "<", "x", "xx", "p", "e", "s", "v", "m"
HOLE = None  # an answer that was taken out, or an optional question that was opened
INSTANT = timedelta(microseconds=1)


def start(
    turn: Turn, form: Form, subject: str, answers: dict[str, Any], context: dict[str, Any]
) -> OpenDraft:
    """A new draft, or the one this person already has for this form and subject."""
    draft = find_draft(turn, form.name, subject)
    if draft is None:
        draft = OpenDraft(
            staff_id=turn.staff.id,
            form=form.name,
            subject=subject,
            form_version=form.version,
            answers=answers,
            context=context,
            started_at=turn.sent_at,
            updated_at=turn.now,
        )
        turn.drafts.append(draft)
    touch(draft, turn)
    return draft


def find_draft(turn: Turn, form: str, subject: str) -> OpenDraft | None:
    return next((d for d in turn.drafts if (d.form, d.subject) == (form, subject)), None)


def touch(draft: OpenDraft, turn: Turn) -> None:
    """Makes the draft the one the person is in, also when several were touched at one instant:
    all messages of a batch have the same `now`."""
    others = [one.updated_at for one in turn.drafts if one is not draft]
    if draft.parked:
        draft.parked = False
    draft.updated_at = max([turn.now, *(at + INSTANT for at in others)])
    draft.rev += 1


def set_answers(draft: OpenDraft, turn: Turn, answers: dict[str, Any]) -> None:
    draft.answers = answers
    touch(draft, turn)


def put(filling: Filling, name: str, value: Any, resets: Sequence[str] = ()) -> None:
    """Stores an answer as the latest and takes out those it `resets`."""
    kept = {k: v for k, v in filling.answers.items() if k != name and k not in resets}
    set_answers(filling.draft, filling.turn, kept | {name: value})


def give(form: Form, filling: Filling, question: Question, value: Any) -> None:
    """Stores an answer, and takes out answers to questions that no longer apply."""
    put(filling, question.name, value, question.resets)
    forget_inapplicable(form, filling)


def forget_inapplicable(form: Form, filling: Filling) -> None:
    asked = {question.name for question in applicable(form, filling)}
    gone = [name for name in filling.answers if name in form.by_name and name not in asked]
    if gone:
        kept = {k: v for k, v in filling.answers.items() if k not in gone}
        filling.draft.answers = kept


def type_text(form: Form, filling: Filling, text: str, is_command: bool = False) -> list[Reply]:
    """A typed answer to the open question; at the review, a remark. Raises Unclear.

    With `is_command` the text reads like a command too: an answer to the question goes first,
    but where anything may be written, only a question for free text takes it.
    """
    question = open_question(form, filling)
    if is_command and (question is None or question.free):
        raise Unclear(_("Please tap one of the buttons on the card."))
    if question is None:
        return add_remark(form, filling, text)
    value = read(question, filling, text)
    give(form, filling, question, value)
    return _onward(form, filling)


def add_remark(form: Form, filling: Filling, text: str) -> list[Reply]:
    """Adds to the form's free remark without touching the open question."""
    question = form.by_name.get(form.loose_text)
    if question is None:
        raise Unclear(_("Please tap one of the buttons on the card."))
    added, before = read(question, filling, text), filling.get(question.name)
    whole = f"{before}\n{added}" if before else added
    if len(whole) > LONGEST:
        raise Unclear(
            _("The note has room for %(left)d more characters; please write less.")
            % {"left": max(LONGEST - len(before) - 1, 0)}
        )
    put(filling, question.name, whole)
    return [card(form, filling)]


def press(form: Form, filling: Filling, code: str) -> list[Reply]:
    """A tap on a card that is up to date."""
    name, _colon, rest = code.partition(":")
    if name == "a":
        return _choose(form, filling, rest)
    if name == "q":
        return _open(form, filling, rest)
    if name == "k":
        return _shortcut(form, filling, rest)
    if name == "t" and form.toggle is not None:
        return [card(form, filling) if form.toggle(filling, rest) else stale(form, filling)]
    action = ACTIONS.get(code)
    return action(form, filling) if action else [stale(form, filling)]


def _choose(form: Form, filling: Filling, code: str) -> list[Reply]:
    question = open_question(form, filling)
    known = {choice.code for choice in question.offers(filling)} if question else set()
    if question is None or code not in known:
        return [stale(form, filling)]
    give(form, filling, question, code)
    return _onward(form, filling)


def _onward(form: Form, filling: Filling) -> list[Reply]:
    """The next question, or the review; where one answer is all that is asked, it is done."""
    if form.at_once and open_question(form, filling) is None:
        return _submit(form, filling)
    said: Sequence[Reply] = form.answered(filling)
    return [*said, card(form, filling)]


def _open(form: Form, filling: Filling, name: str) -> list[Reply]:
    """Edit: takes one answer out, so that its question is the open one."""
    if name not in form.by_name:
        return [stale(form, filling)]
    answers = {k: v for k, v in filling.answers.items() if v is not HOLE}
    before = answers.pop(name, None)
    set_answers(filling.draft, filling.turn, answers | {name: HOLE})
    _remember_old(filling, name, before)
    return [card(form, filling)]


def _remember_old(filling: Filling, name: str, before: Any) -> None:
    """What an edited answer was, so that leaving the question without a new one restores it."""
    filling.draft.context = {**filling.draft.context, "old": [name, before]}


def _shortcut(form: Form, filling: Filling, code: str) -> list[Reply]:
    question = open_question(form, filling)
    offered = {c.code for c in form.shortcuts(filling, question)} if question else set()
    if code not in offered or form.shortcut is None:
        return [stale(form, filling)]
    filled = form.shortcut(filling, code)
    set_answers(filling.draft, filling.turn, {**filling.answers, **filled})
    return [card(form, filling)]


def _back(form: Form, filling: Filling) -> list[Reply]:
    """Leaves an edit as it was, or takes the last answer out (a shortcut's answers together)."""
    answers = dict(filling.answers)
    hole = next((name for name, value in answers.items() if value is HOLE), None)
    if hole is not None:
        _leave_hole(filling, answers, hole)
    elif last := _last_given(form, answers):
        value = answers.pop(last)
        for name in value if isinstance(value, list) and last.startswith("_") else ():
            answers.pop(name, None)
    set_answers(filling.draft, filling.turn, answers)
    return [card(form, filling)]


def _last_given(form: Form, answers: Iterable[str]) -> str | None:
    """The answer that led here; remarks and pictures were added beside the questions."""
    beside = {q.name for q in form.questions if q.optional and q.kind != CHOICE}
    return next((name for name in reversed(list(answers)) if name not in beside), None)


def _leave_hole(filling: Filling, answers: dict[str, Any], hole: str) -> None:
    answers.pop(hole)
    name, before = filling.known("old") or (None, None)
    if name == hole and before is not None:
        answers[hole] = before


def _ask_discard(form: Form, filling: Filling) -> list[Reply]:
    text = _("%(title)s\nThrow this draft away? What was answered will be lost.") % {
        "title": form.title(filling)
    }
    rows = ((_button(filling, _("Keep it"), SHOW),), (_button(filling, _("Throw away"), REALLY),))
    return [Reply(text, rows, card=card_name(filling))]


TO_DISCARDING = {
    **dict.fromkeys(("是", "是的", "对", "好", "确定", "放弃", "yes", "ok", "discard"), REALLY),
    **dict.fromkeys(("不", "不是", "不要", "不放弃", "否", "接着填", "no", "keep"), SHOW),
}


def asks_to_discard(filling: Filling) -> bool:
    """Whether that is what this chat was asked last."""
    turn = filling.turn
    menu = turn.menu or last_menu(turn.session, turn.chat.id, turn.sent_at)
    asked = [code for row in menu.rows for _label, code in row] if menu else []
    return asked == [form_button(filling.draft, "", code).code for code in (SHOW, REALLY)]


def _discard(form: Form, filling: Filling) -> list[Reply]:
    title = form.title(filling)
    drop(filling)
    text = _("%(title)s: thrown away, nothing was recorded.") % {"title": title}
    return [Reply(text, card=card_name(filling))]


def drop(filling: Filling) -> None:
    """Ends a dialogue: the draft goes."""
    filling.turn.drafts.remove(filling.draft)


def _park(form: Form, filling: Filling) -> list[Reply]:
    filling.draft.rev += 1
    filling.draft.parked = True
    text = _("%(title)s: put aside. Nothing is lost; come back whenever you like.") % {
        "title": form.title(filling)
    }
    again = Button(_("Go on"), resume_code(filling.draft))
    return [Reply(text, ((again,),), card=card_name(filling))]


def _edit_menu(form: Form, filling: Filling) -> list[Reply]:
    """Every answer as a button; tapping one asks that question again."""
    given = [q for q in applicable(form, filling) if answered(q, filling)]
    buttons = [_button(filling, _edit_label(filling, q), f"q:{q.name}") for q in given]
    rows = (*in_rows(buttons, 2), (_button(filling, _("‹ Back to the card"), SHOW),))
    text = _("%(title)s\nWhich answer do you want to change?") % {"title": form.title(filling)}
    return [Reply(text, rows, card=card_name(filling))]


def _edit_label(filling: Filling, question: Question) -> str:
    words = say_value(question, filling, filling.get(question.name))
    return _("%(what)s: %(answer)s") % {"what": _(question.step), "answer": words[:8]}


def _submit(form: Form, filling: Filling) -> list[Reply]:
    if open_question(form, filling) is not None:
        return [stale(form, filling)]
    replies: list[Reply] = form.submit(filling)
    return replies


def _more(form: Form, filling: Filling) -> list[Reply]:
    if form.more is None or open_question(form, filling) is not None:
        return [stale(form, filling)]
    second: Reply = form.more(filling)
    return [second]


def _show(form: Form, filling: Filling) -> list[Reply]:
    return [card(form, filling)]


ACTIONS = {
    BACK: _back,
    DISCARD: _ask_discard,
    REALLY: _discard,
    PARK: _park,
    EDIT: _edit_menu,
    SUBMIT: _submit,
    SHOW: _show,
    MORE: _more,
}


# What is shown


def card(form: Form, filling: Filling) -> Reply:
    """The draft as it stands: the open question, or the review."""
    question = open_question(form, filling)
    if question is None:
        review: Reply = form.review(filling)
        return review
    return Reply(
        _ask_text(form, filling, question), _ask_rows(form, filling, question), card_name(filling)
    )


def stale(form: Form, filling: Filling) -> Reply:
    """Nothing was changed by that tap: says so and shows where the person really is."""
    now, sentence = card(form, filling), _("That card is out of date. Here is the current one.")
    text = f"{sentence}\n\n{now.text}" if filling.turn.lined else now.text
    return Reply(text, now.rows, now.card, toast=sentence)


def progress(form: Form, filling: Filling, question: Question) -> tuple[int, int]:
    asked = applicable(form, filling)
    steps = list(dict.fromkeys(one.step for one in asked if not one.optional))
    if question.step not in steps:
        return len(steps), len(steps)
    return steps.index(question.step) + 1, len(steps)


def _ask_text(form: Form, filling: Filling, question: Question) -> str:
    place, total = progress(form, filling, question)
    head = _("%(title)s · %(place)d/%(total)d %(step)s") % {
        "title": form.title(filling),
        "place": place,
        "total": total,
        "step": _(question.step),
    }
    parts = [form.urgent(filling), head, form.intro(filling), question.ask(filling)]
    return "\n".join(part for part in parts if part)


def _ask_rows(form: Form, filling: Filling, question: Question) -> Rows:
    choices = [
        _button(filling, _label(filling, c), f"a:{c.code}") for c in question.offers(filling)
    ]
    quick = [_button(filling, _(c.label), f"k:{c.code}") for c in form.shortcuts(filling, question)]
    return (
        *in_rows(choices, question.across),
        *((b,) for b in quick),
        _ways_out(form, filling, question),
    )


def _label(filling: Filling, choice: Choice) -> str:
    """With its own number where people write numbers: the one it has in a line of codes, too."""
    own = filling.turn.lined and choice.number.isdecimal()
    return f"{cap(choice.number)} {_(choice.label)}" if own else _(choice.label)


def _ways_out(form: Form, filling: Filling, question: Question) -> tuple[Button, ...]:
    if question.name not in filling.answers and _last_given(form, filling.answers) is None:
        return (_button(filling, _("Later"), PARK), _button(filling, _("Discard"), DISCARD))
    label = _("‹ Leave as it is") if question.name in filling.answers else _("‹ Back")
    return (_button(filling, label, BACK), _button(filling, _("Later"), PARK))


def in_rows(buttons: Sequence[Button], across: int) -> Rows:
    return tuple(tuple(buttons[i : i + across]) for i in range(0, len(buttons), across))


def _button(filling: Filling, label: str, code: str) -> Button:
    return form_button(filling.draft, label, code)


def form_button(draft: OpenDraft, label: str, code: str) -> Button:
    return Button(label, f"f.{draft.tag}.{draft.rev}.{code}")


def last_look(filling: Filling, text: str, yes: str = "") -> Reply:
    """For a step that is hard to take back: the likelier button first, the other apart."""
    rows = (
        (_button(filling, yes or _("✅ Yes, do it"), SUBMIT),),
        (_button(filling, _("Leave it as it is"), REALLY),),
    )
    return Reply(text, rows, card_name(filling))


def card_name(filling: Filling) -> str:
    return filling.draft.tag


def resume_code(draft: OpenDraft | Draft) -> str:
    return f"/go {draft.tag}"
