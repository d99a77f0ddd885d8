"""What a form is made of: a question is a declaration, an answer one of its choices or a text."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from handlers.turn import Turn, Unclear
from locales import gettext as _
from models.draft import OpenDraft

CHOICE, TEXT, PHOTO = "choice", "text", "photo"
LONGEST = 1000  # characters of one free answer


@dataclass
class Filling:
    """A draft together with the person who fills it in."""

    draft: OpenDraft
    turn: Turn
    asked: "tuple[Mapping[str, Any], Sequence[Question]] | None" = None  # kept by `applicable`

    @property
    def answers(self) -> Mapping[str, Any]:
        return self.draft.answers

    def get(self, name: str) -> Any:
        return self.draft.answers.get(name)

    def known(self, name: str) -> Any:
        """Something that was true when the draft began."""
        return self.draft.context.get(name)


@dataclass(frozen=True)
class Choice:
    """`number` is what may be typed instead; empty means its place in the list."""

    code: str
    label: str
    number: str = ""
    words: tuple[str, ...] = ()


def always(filling: Filling) -> bool:
    return True


@dataclass(frozen=True)
class Question:
    """`optional` ones are asked only when the person opens them. `free` choices take text too.

    One that comes `after` another cannot apply while that one is open: then nobody asks `when`.
    `text` and `choices` are given as they are, or made for the filling by a function.
    `step` is the short title in the progress line; questions of one step count once.
    `check` turns a text into the value that is kept, or raises Unclear. `resets` are answers
    that a new answer here makes meaningless.
    """

    name: str
    step: str
    text: str | Callable[[Filling], str]
    kind: str = CHOICE
    choices: tuple[Choice, ...] | Callable[[Filling], Sequence[Choice]] = ()
    when: Callable[[Filling], bool] = always
    after: str = ""
    optional: bool = False
    free: bool = False
    across: int = 2
    check: Callable[[Filling, str], Any] | None = None
    shown: Callable[[Filling, Any], str] | None = None
    resets: tuple[str, ...] = ()

    def ask(self, filling: Filling) -> str:
        return _(self.text) if isinstance(self.text, str) else self.text(filling)

    def offers(self, filling: Filling) -> Sequence[Choice]:
        return self.choices if isinstance(self.choices, tuple) else self.choices(filling)


@dataclass(frozen=True)
class Form:
    """A conversation as data: `title` and `review` make texts, `submit` does what was asked;
    `toggle` switches a tick of the review on or off, and tells whether there is such a tick;
    `more` is a second card of the review, for what is seldom wanted; `answered` does what an
    answer asks for at once, and says so before the next card; `pictured` does with pictures what
    does not wait for the end, and shows what comes next in place of the card."""

    name: str
    version: int
    questions: tuple[Question, ...]
    title: Callable[[Filling], str]
    review: Callable[[Filling], Any]
    submit: Callable[[Filling], Any]
    intro: Callable[[Filling], str] = lambda filling: ""
    urgent: Callable[[Filling], str] = lambda filling: ""
    shortcuts: Callable[[Filling, Question], Sequence[Choice]] = lambda filling, question: ()
    shortcut: Callable[[Filling, str], dict[str, Any]] | None = None
    toggle: Callable[[Filling, str], bool] | None = None
    more: Callable[[Filling], Any] | None = None
    at_once: bool = False  # without a review
    answered: Callable[[Filling], Sequence[Any]] = lambda filling: ()
    pictured: Callable[[Filling], list[Any]] = lambda filling: []
    loose_text: str = ""  # the optional question that takes what is typed at the review
    by_name: dict[str, Question] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_name.update({question.name: question for question in self.questions})


def open_question(form: Form, filling: Filling) -> Question | None:
    """The first applicable question without an answer; None means ready for review."""
    given = filling.answers
    return next((q for q in _asked(form, filling) if given.get(q.name) is None), None)


def applicable(form: Form, filling: Filling) -> Sequence[Question]:
    """The questions that these answers call for: worked out once, until there are other ones."""
    if filling.asked is None or filling.asked[0] is not filling.answers:
        filling.asked = (filling.answers, list(_asked(form, filling)))
    return filling.asked[1]


def _asked(form: Form, filling: Filling) -> Iterable[Question]:
    """`applicable`, one by one where nobody has asked for all of them."""
    given = filling.answers
    if filling.asked is not None and filling.asked[0] is given:
        return filling.asked[1]
    return (
        q
        for q in form.questions
        if (not q.optional or q.name in given)
        and (not q.after or given.get(q.after) is not None)
        and (q.when is always or q.when(filling))
    )


def answered(question: Question, filling: Filling) -> bool:
    return filling.get(question.name) is not None


CLOSING = ".。,;! "  # after NFKC, which makes the full-width ones plain


def tidy(text: str) -> str:
    """Full-width digits and letters as plain ones, no stray blanks or closing full stop."""
    return unicodedata.normalize("NFKC", text).strip().rstrip(CLOSING).strip()


TOO_LITTLE = ("不", "没", "有", "是", "no", "not")  # begin many an answer, and are one


def match(choices: Sequence[Choice], text: str) -> Choice | None:
    """A number, a label, one of the other words, or the beginning of exactly one label."""
    typed = tidy(text).lower()
    for place, choice in enumerate(choices, start=1):
        if typed == (choice.number.lower() or str(place)):
            return choice
    for choice in choices:
        if typed in (plain(_(choice.label)), *choice.words):
            return choice
    if typed in TOO_LITTLE:
        return None
    begun = [c for c in choices if typed and plain(_(c.label)).startswith(typed)]
    return begun[0] if len(begun) == 1 else None


def plain(label: str) -> str:
    """A label as a person would type it: without its icon."""
    first, _gap, rest = label.partition(" ")
    return (rest if rest and not first.isalnum() else label).strip().lower()


def read(question: Question, filling: Filling, text: str) -> Any:
    """The value that a typed answer stands for; raises Unclear with what to write instead."""
    if question.check is not None:
        return question.check(filling, text)
    if question.kind == TEXT:
        return free_text(text)
    if question.kind == PHOTO:
        raise Unclear(_("Please send a picture, or go one step back."))
    return chosen(question, filling, text)


def chosen(question: Question, filling: Filling, text: str) -> str:
    choice = match(question.offers(filling), text)
    if choice is not None:
        return choice.code
    if question.free:
        return free_text(text)
    raise Unclear(_("Please tap one of the buttons, or write its number or its words."))


def free_text(text: str) -> str:
    kept = "".join(c for c in text if c in "\n\t" or unicodedata.category(c) != "Cc").strip()
    if not kept:
        raise Unclear(_("Please write a few words."))
    if len(kept) > LONGEST:
        raise Unclear(
            _("That is %(length)d characters; please write at most %(most)d.")
            % {"length": len(kept), "most": LONGEST}
        )
    return kept


def say_value(question: Question, filling: Filling, value: Any) -> str:
    """An answer in words."""
    if question.shown is not None:
        return question.shown(filling, value)
    for choice in question.offers(filling):
        if choice.code == value:
            return _(choice.label)
    return str(value)
