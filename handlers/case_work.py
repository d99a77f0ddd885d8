"""Working on a case: what a button or a word does to it, who hears of it, and who was first."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from handlers import form, photos
from handlers.case_card import card, card_name, state_line
from handlers.case_open import Opened, announced, hours_of, phones, tell_holders
from handlers.case_tell import desk, meant, renew_everywhere, tell
from handlers.case_ways import may_go_to
from handlers.case_words import button_name
from handlers.concern_words import GROUP_NAMES, SEVERITY_NAMES
from handlers.dates import coming_day
from handlers.emergency import SCENE, call_line, scene
from handlers.questions import PHOTO, Choice, Filling, Form, Question, chosen, match, plain, tidy
from handlers.talk import Button, Reply
from handlers.turn import Turn, Unclear, day, local_date
from locales import gettext as _
from locales import mark as N_
from locales import ngettext
from models import case_query, case_record
from models.case import EMERGENCY, MOVES, URGENT, Case, Move
from models.elder import Elder
from models.ladder import COORDINATOR, LIAISON
from models.staff import Staff

FORM_NAME = "casework"
LONGEST_CAPTION = 200
DAYS = {"1": N_("Tomorrow"), "2": N_("In two days"), "3": N_("In three days"), "7": N_("In a week")}


@dataclass(frozen=True)
class Menu:
    """What is asked before something is done: an answer may be tapped or written."""

    ask: str
    choices: tuple[Choice, ...] = ()


MENUS: Mapping[str, Menu] = {
    "resolve": Menu(
        N_("How was it resolved? (tap or write)"),
        (
            Choice("mended", N_("Solved")),
            Choice("taken", N_("Taken to hospital")),
            Choice("family", N_("Family sees to it")),
            Choice("talked", N_("Talked it over")),
            Choice("unwanted", N_("Not wanted")),
        ),
    ),
    "return": Menu(
        N_("Why do you return it? (tap or write)"),
        (
            Choice("other_group", N_("Not our work")),
            Choice("unclear", N_("Not clear enough")),
            Choice("no_answer", N_("Nobody answers")),
            Choice("no_hands", N_("No hands free")),
        ),
    ),
    "refer": Menu(
        N_("To which group? (tap, or write the group and why)"),
        tuple(Choice(code, label) for code, label in GROUP_NAMES.items()),
    ),
    "close": Menu(
        N_("You asked: is it solved? What was said? (tap or write)"),
        (
            Choice("mended", N_("Solved, content")),
            Choice("better", N_("Better now")),
            Choice("unneeded", N_("Not needed now")),
        ),
    ),
    "reopen": Menu(
        N_("What is still wrong? (tap or write)"),
        (Choice("same", N_("As before")), Choice("worse", N_("Worse"))),
    ),
    "reopen no_contact": Menu(
        N_("How did you try? (tap or write)"),
        (Choice("phone", N_("Nobody answers")), Choice("door", N_("Nobody opens"))),
    ),
    "reached": Menu(
        N_("Who was reached, and how is it? (tap or write)"),
        (
            Choice("well", N_("Well, at home")),
            Choice("phone", N_("Answered by phone")),
            Choice("family", N_("With the family")),
            Choice("hospital", N_("In hospital")),
        ),
    ),
    "withdraw": Menu(
        N_("Why withdraw it? (tap or write)"),
        (Choice("mistake", N_("False alarm")), Choice("solved", N_("Solved already"))),
    ),
    "wish": Menu(
        N_("What does the elder wish? (tap or write)"),
        (
            Choice("quiet", N_("Do not tell family")),
            Choice("agrees", N_("Agrees to a report")),
            Choice("unsaid", N_("Did not say")),
        ),
    ),
    "note": Menu(N_("Please write your note, or send pictures.")),
    "date": Menu(
        N_("When does it go on? (tap, or write a date)"),
        tuple(Choice(code, label) for code, label in DAYS.items()),
    ),
    "raise": Menu(
        N_("How urgent is it?"),
        tuple(Choice(str(level), label) for level, label in SEVERITY_NAMES.items()),
    ),
}


def menu_of(case: Case, action: str) -> Menu:
    return MENUS.get(f"{action} {case.category}", MENUS[action])


def act(turn: Turn, case: Case, elder: Elder, action: str, words: str) -> list[Reply]:
    """One press or word; asks back when more must be known."""
    what = MOVES[action]
    is_ = case_query.standing(turn.session, turn.staff, case, elder, turn.today)
    if not case_query.may(case, what, is_, turn.staff):
        return [refused(turn, case, elder, what, is_)]
    if action in MENUS and not words:
        return [_ask(turn, case, action)]
    drop_draft(turn, case)
    return [_done(turn, case, elder, what, words)]


def refused(turn: Turn, case: Case, elder: Elder, what: Move, is_: frozenset[str]) -> Reply:
    """One sentence on why not, and the card as it stands: somebody may have been first."""
    if case.state in what.states and not set(what.who) & is_:
        sentence = _("That is for others to do: %(who)s.") % {"who": _(_WHO[what.who[0]])}
    elif case.state in what.states:
        sentence = _("You resolved it yourself: somebody else has to ask whether it is solved.")
    else:
        story = case_query.events(turn.session, case.id)
        sentence = _("Nothing was changed. It stands so: %(state)s") % {
            "state": state_line(turn, case, story)
        }
    now = card(turn, case, elder)
    return replace(now, text=f"{sentence}\n\n{now.text}", toast=sentence)


_WHO = {
    "group": N_("the group on duty"),
    "coordinator": N_("the coordinator"),
    "liaison": N_("the liaison"),
    "reporter": N_("whoever reported it"),
}


# Asking back


def _ask(turn: Turn, case: Case, action: str) -> Reply:
    """The card turns into the question; what is written now answers it."""
    drop_draft(turn, case)
    context = {"number": case.number, "action": action}
    form.start(turn, FORM, str(case.number), {}, context)
    return _question(case, action)


def _question(case: Case, action: str, done: str = "") -> Reply:
    menu = menu_of(case, action)
    buttons = [
        Button(_(one.label), f"/case {case.number} {action} {one.code}") for one in menu.choices
    ]
    back = (Button(_("‹ Back to the card"), f"/case {case.number}"),)
    text = _("Case %(number)d · %(what)s\n%(ask)s") % {
        "number": case.number,
        "what": button_name(action, case.category).rstrip("…"),
        "ask": _(menu.ask),
    }
    text = "\n".join(part for part in (done, text) if part)
    return Reply(text, (*form.in_rows(buttons, 2), back), card_name(case))


def drop_draft(turn: Turn, case: Case) -> None:
    draft = form.find_draft(turn, FORM_NAME, str(case.number))
    if draft is not None:
        turn.drafts.remove(draft)


def _menu(filling: Filling) -> Menu:
    return menu_of(_about(filling)[0], filling.known("action"))


def _choices(filling: Filling) -> tuple[Choice, ...]:
    return _menu(filling).choices


def _title(filling: Filling) -> str:
    return _("Case %(number)d") % {"number": filling.known("number")}


def _about(filling: Filling) -> tuple[Case, Elder]:
    found = case_query.by_number(filling.turn.session, filling.known("number"))
    if found is None:
        raise Unclear(_("That case is not there any more."))
    return found


def _check(filling: Filling, text: str) -> str:
    """What cannot be done is asked for again at once. What was written goes on as it is: what it
    means stands beside it later."""
    words = chosen(FORM.by_name["words"], filling, text)
    _meaning(filling.turn, _about(filling)[0], filling.known("action"), words)
    return words if match(_choices(filling), text) is None else text


def _submit(filling: Filling) -> list[Reply]:
    form.drop(filling)
    return act(filling.turn, *_about(filling), filling.known("action"), filling.get("words"))


# Pictures: they are added as they come, since those of one album come one by one


def _pictured(filling: Filling) -> list[Reply]:
    """A note of all pictures sent in this dialogue, and the question once more."""
    turn, (case, elder), note = filling.turn, _about(filling), MOVES["note"]
    is_ = case_query.standing(turn.session, turn.staff, case, elder, turn.today)
    if not case_query.may(case, note, is_, turn.staff):
        return [refused(turn, case, elder, note, is_)]
    photos.give_to_case(turn, filling, case)
    count = len(filling.get("photo"))
    caption = turn.said.text.strip()[:LONGEST_CAPTION] or filling.known("caption") or ""
    pictures = ngettext("%(count)d picture", "%(count)d pictures", count) % {"count": count}
    text = f"{caption} 📷 {pictures}".strip()
    event = case_record.note_once(
        turn.session, case, turn.staff, turn.now, text, filling.known("event")
    )
    filling.draft.context = {**filling.draft.context, "event": str(event.id), "caption": caption}
    renew_everywhere(turn, case, elder)
    return [_question(case, filling.known("action"), _("✅ Added: %(text)s") % {"text": text})]


def _review(filling: Filling) -> Reply:
    """Never shown: the one answer does it at once."""
    return Reply(_title(filling))


FORM = Form(
    name=FORM_NAME,
    version=1,
    questions=(
        Question(
            "words",
            N_("Case"),
            lambda filling: _(_menu(filling).ask),
            choices=_choices,
            free=True,
            check=_check,
        ),
        Question("photo", N_("Photo"), N_("Please send a picture."), kind=PHOTO, optional=True),
    ),
    title=_title,
    review=_review,
    submit=_submit,
    at_once=True,
    pictured=_pictured,
)


# Doing it


def _done(turn: Turn, case: Case, elder: Elder, what: Move, words: str) -> Reply:
    text, values = _meaning(turn, case, what.action, words)
    if what.action == "raise":
        severity = values["severity"]
        case_record.raise_to(turn.session, case, severity, turn.staff, turn.now, hours_of(turn))
        announced(turn, elder, Opened(case, "raise"))
    else:
        case_record.move(
            turn.session, case, what, turn.staff, turn.now, hours_of(turn), text, **values
        )
        told = _tell_others(turn, case, elder, what.action, words)
        renew_everywhere(turn, case, elder, told)
    now = card(turn, case, elder)
    if what.action == "note" and words in SCENE:
        now = _at_the_scene(turn, case, now)
    elif what.action == "raise" and (call := call_line(case.category, case.severity)):
        now = replace(now, text=f"{call}\n{now.text}")
    return replace(now, toast=_("Noted"))


def _at_the_scene(turn: Turn, case: Case, now: Reply) -> Reply:
    """Whoever stands there goes on needing the numbers, and may have better news soon."""
    lines = case_query.deliveries(turn.session, case.id)
    people = {one.staff.id: one.staff for one in lines if one.staff.id != turn.staff.id}
    written = {one.staff.id: one.staff for one in lines if one.notice.once}
    ask, answers = scene(case)
    parts = [call_line(case.category, case.severity), now.text]
    parts += [*phones(people.values(), written.values()), ask]
    return replace(now, text="\n".join(part for part in parts if part), rows=(*answers, *now.rows))


def _meaning(turn: Turn, case: Case, action: str, words: str) -> tuple[str, dict[str, Any]]:
    """The words that are kept and the values they change. Raises Unclear."""
    if action == "refer":
        return _referral(turn, case, words)
    if action == "date":
        on = _next_day(turn, case, words)
        return day(on), {"next_on": on}
    if action == "raise":
        level = _choice(case, action, words)
        if level is None:
            raise Unclear(_("Please tap one of the buttons, or write its number or its words."))
        return "", {"severity": int(level.code)}
    if action == "note" and words in SCENE:
        return _(SCENE[words]), {}
    found = _choice(case, action, words)
    text = _said_as(found, words) if found else words
    return text, {"wish": text} if action == "wish" else {}


def _said_as(found: Choice, words: str) -> str:
    """The label; where only its beginning was written, that, with what was taken from it."""
    label, own = _(found.label), tidy(words)
    begun = plain(label).startswith(own.lower()) and own.lower() != plain(label)
    if not begun or own == found.code or own.isdecimal():
        return label
    return _("%(words)s (taken as: %(label)s)") % {"words": own, "label": label}


def _choice(case: Case, action: str, words: str) -> Choice | None:
    choices = menu_of(case, action).choices if action in MENUS else ()
    return next((one for one in choices if one.code == words), None) or match(choices, words)


def _referral(turn: Turn, case: Case, words: str) -> tuple[str, dict[str, Any]]:
    """Housekeeping, because the tap drips: a group, and perhaps why."""
    first, _gap, why = words.partition(" ")
    found = _choice(case, "refer", first)
    if found is None:
        raise Unclear(_("Please tap a group, or write its name first."))
    if found.code == case.service_group:
        raise Unclear(_("It is with that group already. Please choose another one."))
    if found.code not in may_go_to(turn, case):
        raise Unclear(
            _("This one stays with that group and the coordinator. What another group is to do, "
              "please report as a case of its own.")
        )  # fmt: skip
    name = _(GROUP_NAMES[found.code])
    text = _("to %(group)s: %(why)s") if why else _("to %(group)s")
    return text % {"group": name, "why": why}, {"service_group": found.code, "also_group": ""}


def _next_day(turn: Turn, case: Case, words: str) -> date:
    last = local_date(case.resolve_until, turn.office.zone)
    found = _choice(case, "date", words) if words in DAYS else match(MENUS["date"].choices, words)
    on = turn.today + timedelta(days=int(found.code)) if found else coming_day(words, turn.today)
    if not turn.today <= on <= last:
        raise Unclear(
            _("Please name a day from today to %(last)s, when it is to be resolved.")
            % {"last": day(last)}
        )
    return on


def _tell_others(turn: Turn, case: Case, elder: Elder, action: str, words: str) -> list[Staff]:
    """Who hears of it as news, not only by the card that changes where it stands."""
    if action in ("refer", "reopen"):
        return announced(turn, elder, Opened(case, action)).told
    if action in ("withdraw", "reached"):
        return tell_holders(turn, case, elder, action)
    if action == "note" and words in SCENE:
        return tell_holders(turn, case, elder, "scene")
    people = {one.id: one for one in _news_for(turn, case, elder, action)}
    people.pop(turn.staff.id, None)
    if not people:
        return []
    return tell(desk(turn), case, elder, NEWS[action], people.values())


NEWS = {"ack": "acked", "resolve": "resolved", "return": "return"}


def _news_for(turn: Turn, case: Case, elder: Elder, action: str) -> list[Staff]:
    reporter = turn.session.get_one(Staff, case.reported_by)
    if action == "ack" and case.severity == EMERGENCY:
        return [reporter]
    if action == "return":
        return meant(turn, case, elder, (COORDINATOR,))
    if action == "resolve":
        words = (LIAISON, COORDINATOR) if case.severity <= URGENT else (LIAISON,)
        return [reporter, *meant(turn, case, elder, words)]
    return []
