"""Reporting a problem at any time: whose, what, a last look; a free sentence proposes the rest."""

from collections.abc import Sequence

from handlers import case_open, form, photos
from handlers.case_words import CATEGORIES, WARNED_OF, Category, category_name
from handlers.concern_words import GROUP_NAMES, SEVERITY_NAMES, SEVERITY_TERMS
from handlers.emergency import REPORTERS, call_line, scene
from handlers.pick import likely, read_elder, say_elder
from handlers.problem_kind import (
    MORE,
    category,
    elder_of,
    guess,
    near,
    severity,
    usual_severity,
    warning,
    words,
)
from handlers.questions import (
    PHOTO,
    TEXT,
    Choice,
    Filling,
    Form,
    Question,
    free_text,
    match,
    say_value,
)
from handlers.talk import Button, Reply, Rows
from handlers.turn import Turn
from locales import gettext as _
from locales import mark as N_
from models import lookup
from models.case import EMERGENCY, PETITION, PROBLEM, URGENT, WALK_IN
from models.case_record import Problem
from models.duty import on_duty
from models.elder import Elder
from models.org import up_from
from models.staff import COORDINATOR

NAME = "problem"
ALONE = "alone"  # of two things in one sentence only the first is reported
SHOWN = 6  # elders as buttons
USUAL = ("repair", "utilities", "medical_acute", "fall", "meals_delivery", "low_mood", "hardship",
         "reimbursement", "fire_gas_co", "life_danger")  # fmt: skip


def problem_command(turn: Turn, rest: str) -> list[Reply]:
    """/problem — begin; /problem NAME words — with what is known already."""
    first, _gap, words = rest.partition(" ")
    hits = lookup.find(turn.session, turn.staff, first, turn.today) if first else []
    if len(hits) == 1:
        return [_begin(turn, hits[0], words.strip())]
    return [_begin(turn, None, rest if not hits else words.strip(), hits)]


def proposed(turn: Turn, text: str) -> list[Reply] | None:
    """What a free sentence proposes, if it names a problem: 高永昌家屋顶漏雨."""
    if turn.staff.role not in REPORTERS or guess(text) is None:
        return None
    named = lookup.named_in(turn.session, turn.staff, text, turn.today)
    return [_begin(turn, named[0] if len(named) == 1 else None, text, named)]


def _nearest(turn: Turn, most: int) -> list[Elder]:
    return [one for one, _on in lookup.caseload(turn.session, turn.staff, turn.today, 0, most)]


def _begin(turn: Turn, elder: Elder | None, text: str, hits: Sequence[Elder] = ()) -> Reply:
    """A card of its own for each elder; begun again, it goes on with what is new."""
    subject = elder.code if elder else ""
    before = form.find_draft(turn, NAME, subject)
    if before is not None:
        turn.drafts.remove(before)
    context = {"likely": [turn.kept(one) for one in hits[:SHOWN]]}
    draft = form.start(turn, FORM, subject, {}, context)
    filling = Filling(draft, turn)
    if elder:
        form.put(filling, "elder", elder.code)
        _know(filling, elder)
    code, _gap, level = text.partition(" ")
    if code in CATEGORIES and level.isdecimal():  # a button that says how grave it is
        form.put(filling, "what", code)
        if level in near(CATEGORIES[code].severity):
            form.put(filling, "severity", level)
    elif text:
        form.put(filling, "what", _read_what(filling, text))
    return form.card(FORM, filling)


def _know(filling: Filling, elder: Elder) -> None:
    about = {"code": elder.code, "name": elder.name, "label": filling.turn.village(elder)}
    filling.draft.context = {**filling.draft.context, **about}


# Whose


def _elders(filling: Filling) -> tuple[Choice, ...]:
    turn = filling.turn
    return likely(filling) or tuple(
        Choice(one.code, turn.label(one)) for one in _nearest(turn, SHOWN)
    )


def _read_elder(filling: Filling, text: str) -> str:
    return read_elder(filling, text, _elders(filling))


# What


def _usual(filling: Filling) -> tuple[Choice, ...]:
    return (*(_choice(code) for code in USUAL), Choice(MORE, N_("Something else…")))


def _choice(code: str) -> Choice:
    return Choice(code, CATEGORIES[code].label)


def _read_what(filling: Filling, text: str) -> str:
    """A category, or words that may name one."""
    if text in CATEGORIES:
        return text
    choice = match(tuple(_choice(code) for code in CATEGORIES), text)
    return choice.code if choice else free_text(text)


def _all(filling: Filling) -> tuple[Choice, ...]:
    return tuple(_choice(code) for code in CATEGORIES if code not in USUAL)


def _unguessed(filling: Filling) -> bool:
    what = filling.get("what")
    if not what:
        return False
    return (
        what == MORE
        or "category" in filling.answers
        or (what not in CATEGORIES and guess(what) is None)
    )


def _second(filling: Filling) -> Category | None:
    """What else the words ask for, of another group; not beside what is urgent or restricted,
    whose words are not for others."""
    first, said = category(filling), words(filling)
    if first is None or first.restricted or severity(filling) == EMERGENCY:
        return None
    others = (
        one
        for one in CATEGORIES.values()
        if one.group != first.group and not one.restricted and one.severity != EMERGENCY
    )
    return next((one for one in others if one.is_named_in(said)), None)


def _toggle(filling: Filling, code: str) -> bool:
    """Whether the second is reported too."""
    found = _second(filling)
    if found is None or found.code != code:
        return False
    filling.draft.context = {**filling.draft.context, ALONE: not filling.known(ALONE)}
    form.touch(filling.draft, filling.turn)
    return True


def _levels(filling: Filling) -> tuple[Choice, ...]:
    """An emergency is not made any smaller, and one step is the most that is moved."""
    levels = near(usual_severity(filling))
    return tuple(Choice(level, SEVERITY_NAMES[int(level)]) for level in levels)


def _asks_wish(filling: Filling) -> bool:
    found = category(filling)
    return "wish" in filling.answers or bool(found and found.restricted)


def _is_coordinator(filling: Filling) -> bool:
    return filling.turn.staff.role == COORDINATOR


# The look at it


def title(filling: Filling) -> str:
    elder = elder_of(filling)
    if elder is None:
        return _("Report a problem")
    return _("Report: %(name)s") % {"name": filling.turn.shown(elder.name)}


def urgent(filling: Filling) -> str:
    found = category(filling)
    return call_line(found.code, severity(filling)) if found else ""


def review(filling: Filling) -> Reply:
    elder, found = elder_of(filling), category(filling)
    if elder is None or found is None:
        return Reply(_("That elder is not on your list any more."), (), form.card_name(filling))
    lines = [urgent(filling), _("Check: %(who)s") % {"who": filling.turn.label(elder)}]
    lines += [_what(filling, found), *_more(filling), _to_whom(filling, elder, found)]
    if (kind := warning(filling)) and severity(filling) == URGENT:
        lines.append(_(WARNED_OF[kind]))
    second = _second(filling)
    if second and not filling.known(ALONE):
        gaps = {"what": category_name(second.code), "group": _(GROUP_NAMES[second.group])}
        lines.append(_("→ %(group)s: %(what)s, as a case of its own") % gaps)
    return Reply("\n".join(line for line in lines if line), _rows(filling), form.card_name(filling))


def _what(filling: Filling, found: Category) -> str:
    said = words(filling)
    name = category_name(found.code)
    return _("%(what)s: %(detail)s") % {"what": name, "detail": said} if said else name


def _more(filling: Filling) -> list[str]:
    return [
        _("%(what)s: %(answer)s")
        % {"what": _(FORM.by_name[name].step),
           "answer": say_value(FORM.by_name[name], filling, filling.get(name))}
        for name in ("wish", "source", "photo")
        if filling.get(name)
    ]  # fmt: skip


def _to_whom(filling: Filling, elder: Elder, found: Category) -> str:
    turn = filling.turn
    units = up_from(turn.session, elder.unit_id)
    names = [one.name for one in on_duty(turn.session, found.group, units, turn.today)[:2]]
    gaps = {
        "group": _(GROUP_NAMES[found.group]),
        "names": _(", ").join(names),
        "what": category_name(found.code),
        "severity": _(SEVERITY_NAMES[severity(filling)]),
        "term": _(SEVERITY_TERMS[severity(filling)]),
    }
    if names:
        return _("→ %(group)s (%(names)s): %(what)s, %(severity)s, %(term)s") % gaps
    return _("→ %(group)s: %(what)s, %(severity)s, %(term)s") % gaps


def _rows(filling: Filling) -> Rows:
    def button(label: str, code: str) -> Button:
        return form.form_button(filling.draft, label, code)

    grave = severity(filling) == EMERGENCY
    submit = _("🆘 Report and tell at once") if grave else _("✅ Report it")
    more = [button(_("＋ A word"), "q:text"), button(_("＋ Photo"), "q:photo")]
    if _levels(filling):
        more.append(button(_("How urgent…"), "q:severity"))
    more.append(button(_("Another kind"), "q:category"))
    if _is_coordinator(filling):
        more.append(button(_("Letter or visit"), "q:source"))
    second = _second(filling)
    tick = _("☐ %(what)s") if filling.known(ALONE) else _("☑ %(what)s")
    also = [button(tick % {"what": category_name(one.code)}, f"t:{one.code}")
            for one in (second,) if one]  # fmt: skip
    return (
        (button(submit, form.SUBMIT),),
        *form.in_rows(also, 1),
        *form.in_rows(more, 2),
        (button(_("Later"), form.PARK), button(_("Discard"), form.DISCARD)),
    )


def submit(filling: Filling) -> list[Reply]:
    """Opens or joins the case, and says who was told."""
    turn, elder, found = filling.turn, elder_of(filling), category(filling)
    if elder is None or found is None:
        return [form.stale(FORM, filling)]
    second = None if filling.known(ALONE) else _second(filling)
    problems = [_problem(filling, found, severity(filling))]
    problems += [_problem(filling, second, second.severity)] if second else []
    form.drop(filling)
    opened = [case_open.report(turn, elder, one) for one in problems]
    photos.give_to_case(turn, filling, opened[0].case)
    lines = [case_open.number_first(opened), *case_open.lines(opened)]
    cards = tuple(
        Button(_("Case %(number)d") % {"number": one.case.number}, f"/case {one.case.number}")
        for one in opened
    )
    ask, answers = scene(opened[0].case)
    text = "\n".join(line for line in (*lines, ask) if line)
    return [Reply(text, (*answers, cards), form.card_name(filling), toast=_("Reported"))]


def _problem(filling: Filling, found: Category, how_urgent: int) -> Problem:
    return Problem(
        category=found.code,
        service_group=found.group,
        severity=how_urgent,
        text=words(filling),
        also_group=found.also,
        restricted=found.restricted,
        wish=_wish(filling),
        source=str(filling.get("source") or PROBLEM),
    )


def _wish(filling: Filling) -> str:
    given = filling.get("wish")
    return say_value(FORM.by_name["wish"], filling, given) if given else ""


FORM = Form(
    name=NAME,
    version=1,
    questions=(
        Question(
            "elder", N_("Person"), N_("Whose problem is it? Tap, or send the name."),
            choices=_elders, across=1, check=_read_elder, shown=say_elder,
        ),
        Question(
            "what", N_("Problem"), N_("What is it? Tap, or say it in a few words."),
            choices=_usual, check=_read_what, resets=("category", "severity", "wish"),
        ),
        Question(
            "category", N_("Problem"), N_("Which of these is it?"),
            choices=_all, when=_unguessed, across=3, resets=("severity",),
        ),
        Question(
            "wish", N_("Elder's wish"), N_("What does the elder wish? (tap or write)"),
            choices=(
                Choice("quiet", N_("Do not tell family")),
                Choice("agrees", N_("Agrees to a report")),
                Choice("unsaid", N_("Did not say")),
            ),
            when=_asks_wish, free=True,
        ),
        Question(
            "severity", N_("How urgent"), N_("How urgent is it?"), choices=_levels,
            when=lambda filling: "severity" in filling.answers, optional=True,
        ),
        Question(
            "source", N_("Came by"), N_("How did it come?"),
            choices=(
                Choice(PETITION, N_("Letter, petition")), Choice(WALK_IN, N_("Came in person")),
            ),
            when=_is_coordinator, optional=True,
        ),
        Question(
            "text", N_("Words"), N_("Please say it in a few words."), kind=TEXT, optional=True
        ),
        Question(
            "photo", N_("Photo"),
            N_("Please send a picture of the hazard. No faces, please."),
            kind=PHOTO, optional=True, shown=lambda filling, value: _("%(count)d picture(s)")
            % {"count": len(value)},
        ),
    ),
    title=title,
    review=review,
    submit=submit,
    urgent=urgent,
    loose_text="text",
    toggle=_toggle,
)  # fmt: skip
