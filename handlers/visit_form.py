"""The questions of one visit ([S3] 一进两看三查): how, the five observations, who was there."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from handlers import visit_left_open as left_open
from handlers.agreed import keeps_no_health, offered
from handlers.concern_words import SEVERITY_NAMES, Observation
from handlers.questions import (
    PHOTO,
    TEXT,
    Choice,
    Filling,
    Question,
)
from handlers.visit_codes import BY_NAME, OBSERVED
from handlers.visit_concerns import DOWN, SAME, UP, Found, code_of, found, leaps, moved
from handlers.visit_day import QUESTIONS as DAY_QUESTIONS
from handlers.visit_day import visited_on
from handlers.visit_follows import UNTIL
from locales import gettext as _
from locales import mark as N_
from models import weather
from models.case import ROUTINE
from models.visit import CONDOLENCE, DONE, EMERGENCY, GOOD, NOT_OBSERVED

NOBODY = "none"

HOW = (
    Choice("in_person", N_("🚪 In person")),
    Choice("phone", N_("📞 Phone")),
    Choice("video", N_("📹 Video")),
    Choice("hospital", N_("🏥 In hospital ward")),
    Choice("proxy", N_("🤝 Someone went for me")),
    Choice(NOBODY, N_("🚫 Met nobody…")),
)
OUTCOME = (
    Choice("not_at_home", N_("Nobody home")),
    Choice("no_answer", N_("No answer on phone")),
    Choice("refused", N_("Did not want a visit")),
    Choice("in_hospital", N_("In hospital")),
    Choice("moved", N_("Moved away")),
    Choice("wrong_address", N_("Wrong address")),
    Choice("deceased", N_("Has died")),
)
ALL_OUTCOMES = (*OUTCOME, Choice(CONDOLENCE, N_("🕯 Saw the family")))
PRESENT = (
    Choice("elder", N_("The elder alone")),
    Choice("elder+spouse", N_("With spouse")),
    Choice("elder+child", N_("With a child")),
    Choice("elder+carer", N_("With a carer")),
    Choice("elder+neighbour", N_("With a neighbour")),
    Choice("elder+village_cadre", N_("With village cadre")),
)
SPOKE_WITH = (
    Choice("elder", N_("The elder")),
    Choice("child", N_("A child")),
    Choice("spouse", N_("The spouse")),
    Choice("carer", N_("A carer")),
)
WHY_LEVEL = (
    Choice("worse", N_("Worse than it sounds")),
    Choice("handled", N_("Already seen to")),
    Choice("wish", N_("The elder's wish")),
)
WHY_FIX = (
    Choice("mistap", N_("Tapped wrong")),
    Choice("remembered", N_("Remembered better")),
    Choice("added", N_("Something to add")),
)


def is_attempt(filling: Filling) -> bool:
    return bool(filling.get("how") == NOBODY)


def is_visit(filling: Filling) -> bool:
    return not is_attempt(filling)


def last_seen(filling: Filling) -> Mapping[str, Any]:
    """The observations of the visit before this one: name to word."""
    return filling.known("last") or {}


WARNED = "_weather"  # among the answers of a visit: the warning it was made under


def concerns_of(filling: Filling) -> list[Found]:
    """What the answers raise, the gravest first."""
    return found(filling.answers, last_seen(filling), warning(filling))


def warning(filling: Filling) -> str:
    """The heat or cold wave for which a hazard in this home is urgent; empty where there is
    neither. A correction goes by what held when the visit was entered."""
    codes = (code_of(filling.answers, seen) for seen in OBSERVED)
    if not any(code and code.warned < ROUTINE for code in codes):
        return ""
    if kept := filling.get(WARNED):
        return str(kept)
    turn, on = filling.turn, visited_on(filling)
    until = on if filling.known("fixes") else turn.today
    return weather.warned_of(turn.session, UUID(filling.known("unit")), on, until)


def _asked(observation: Observation, filling: Filling) -> bool:
    """Over the phone nobody can see the rooms."""
    if observation.name == "lodging" and filling.get("how") == "phone":
        return bool(filling.get("lodging"))  # somebody was told of a danger
    return is_visit(filling)


def _observe(observation: Observation) -> tuple[Question, ...]:
    name = observation.name
    return (
        Question(
            name,
            observation.step,
            lambda f: _observe_text(observation, f),
            choices=lambda f: offered(observation, f),
            when=lambda f: _asked(observation, f),
            resets=(f"{name}_more", f"{name}_level", f"{name}_why"),
        ),
        Question(
            f"{name}_more",
            observation.step,
            lambda f: _more_text(observation, f),
            choices=lambda f: _details(observation, f),
            when=lambda f: _wants_more(observation, f) and _asked(observation, f),
            after=name,
            free=True,
        ),
        Question(
            f"{name}_level",
            observation.step,
            N_("How urgent is it? One step up or down, with a reason."),
            choices=lambda f: _levels(observation, f),
            when=lambda f: bool(_levels(observation, f)),
            optional=True,
        ),
        Question(
            f"{name}_why",
            observation.step,
            N_("Why? (tap or write)"),
            choices=WHY_LEVEL,
            when=lambda f: f.get(f"{name}_level") in (UP, DOWN),
            after=f"{name}_level",
            free=True,
        ),
    )


def _observe_text(observation: Observation, filling: Filling) -> str:
    asked = _(observation.question)
    if observation.name == "health" and keeps_no_health(filling):
        return _("🔒 The elder wants no health kept. Only this: is a doctor needed?")
    before = observation.by_word.get(last_seen(filling).get(observation.name, ""))
    if before is None or before.word == NOT_OBSERVED:
        return asked
    return _("%(question)s Last time: %(answer)s") % {
        "question": asked,
        "answer": _(before.label),
    }


def _wants_more(observation: Observation, filling: Filling) -> bool:
    code = code_of(filling.answers, observation)
    if observation.name == "health" and keeps_no_health(filling):
        return code is not None and code.word == EMERGENCY
    return code is not None and bool(code.ask)


def _more_text(observation: Observation, filling: Filling) -> str:
    code = code_of(filling.answers, observation)
    if code is None:
        return ""
    ask = _("%(answer)s. %(ask)s (tap or write)") % {"answer": _(code.label), "ask": _(code.ask)}
    return "\n".join([*leap_lines(filling, [observation]), ask])


def leap_lines(filling: Filling, only: Sequence[Observation] = OBSERVED) -> list[str]:
    """One line for each answer two steps away from last time, for the person to confirm."""
    return [
        _("⚠️ %(what)s changed much: last time %(before)s, now %(now)s. Is that right?")
        % {
            "what": _(seen.short),
            "before": _(seen.by_word[before].label),
            "now": _(seen.by_word[filling.get(seen.name)].label),
        }
        for seen, before in leaps(filling.answers, last_seen(filling))
        if seen in only
    ]


def _details(observation: Observation, filling: Filling) -> tuple[Choice, ...]:
    code = code_of(filling.answers, observation)
    return tuple(Choice(d.code, d.label) for d in code.details) if code else ()


def concern_of(observation: Observation, filling: Filling) -> Found | None:
    """The gravest concern this observation raises."""
    return next(
        (concern for concern in concerns_of(filling) if concern.observation is observation), None
    )


def _levels(observation: Observation, filling: Filling) -> tuple[Choice, ...]:
    concern = concern_of(observation, filling)
    if concern is None or concern.default_severity == 1:
        return ()
    level = concern.default_severity
    ways = {SAME: level, UP: moved(level, UP), DOWN: moved(level, DOWN)}
    return tuple(
        Choice(way, SEVERITY_NAMES[to]) for way, to in ways.items() if way == SAME or to != level
    )


def title_name(filling: Filling) -> str:
    return filling.turn.shown(filling.known("name"))


def _present_choices(filling: Filling) -> tuple[Choice, ...]:
    return SPOKE_WITH if filling.get("how") in ("phone", "video") else PRESENT


def _present_text(filling: Filling) -> str:
    if filling.get("how") in ("phone", "video"):
        return _("Whom did you speak with?")
    return _("Who was there? (tap or write)")


def _asks_present(filling: Filling) -> bool:
    """Where something left open is asked about, this is left to the last look: a visit at which
    all is well takes four taps then, too."""
    return is_visit(filling) and (not filling.known("left_open") or "present" in filling.answers)


def _say_photos(filling: Filling, value: Any) -> str:
    return _("%(count)d picture(s)") % {"count": len(value)}


QUESTIONS = (
    Question(
        "how",
        N_("Enter"),
        N_("How did you visit?"),
        choices=HOW,
        resets=("present", "lodging", "lodging_more", "lodging_level", "lodging_why"),
    ),
    Question(
        "outcome",
        N_("Not met"),
        N_("What happened?"),
        choices=OUTCOME,
        when=is_attempt,
    ),
    Question(
        "hospital",
        N_("Hospital"),
        N_("Which hospital, which ward? (tap or write)"),
        choices=(
            Choice("county_hospital", N_("County hospital")),
            Choice("city_hospital", N_("City hospital")),
            Choice("unknown", N_("Not known")),
        ),
        when=lambda f: is_attempt(f) and f.get("outcome") == "in_hospital",
        after="outcome",
        free=True,
    ),
    *(question for observation in OBSERVED for question in _observe(observation)),
    UNTIL,
    *left_open.questions(is_visit),
    Question(
        "present",
        N_("Present"),
        _present_text,
        choices=_present_choices,
        when=_asks_present,
        free=True,
    ),
    *DAY_QUESTIONS,
    Question(
        "fix_reason",
        N_("Reason"),
        N_("Why is the record changed? (tap or write)"),
        choices=WHY_FIX,
        when=lambda f: bool(f.known("fixes")),
        free=True,
    ),
    Question(
        "promise",
        N_("Promise"),
        N_("What did you promise? I shall remind you of it."),
        kind=TEXT,
        optional=True,
    ),
    Question("note", N_("Note"), N_("Please write your note."), kind=TEXT, optional=True),
    Question(
        "photo",
        N_("Photo"),
        N_("Please send a picture of the hazard. No faces, please."),
        kind=PHOTO,
        optional=True,
        shown=_say_photos,
    ),
)


def shortcuts(filling: Filling, question: Question) -> tuple[Choice, ...]:
    """「五项都好」: one tap for everything still open, offered at each observation."""
    if question.name not in BY_NAME or question.name in filling.answers:
        return ()
    fresh = not any(filling.get(name) for name in BY_NAME)
    label = N_("✨ All well, fill in one tap") if fresh else N_("✨ All the rest is well")
    return (Choice("well", label),)


def fill_well(filling: Filling, code: str) -> dict[str, Any]:
    """The answers that the one tap gives; `_well` lets one step back take them out together."""
    open_ = [s.name for s in OBSERVED if _asked(s, filling) and not filling.get(s.name)]
    return {**dict.fromkeys(open_, GOOD), "_well": open_}


def outcome_of(answers: Mapping[str, Any]) -> str:
    return str(answers.get("outcome") or DONE)
