"""The last look before a visit is stored: every answer, what it raises, and what to do about it."""

from uuid import UUID

from handlers import visit_left_open as left_open
from handlers.case_words import CATEGORIES, WARNED_OF, category_name
from handlers.concern_words import (
    GROUP_NAMES,
    SEVERITY_NAMES,
    SEVERITY_TERMS,
    Observation,
)
from handlers.form import (
    DISCARD,
    EDIT,
    MORE,
    PARK,
    SHOW,
    SUBMIT,
    card_name,
    form_button,
    in_rows,
    put,
)
from handlers.problem_kind import guess
from handlers.questions import Filling, say_value
from handlers.talk import Button, Reply, Rows
from handlers.turn import day
from handlers.visit_codes import OBSERVED
from handlers.visit_concerns import Found, call_first
from handlers.visit_day import may_say_who, visited_on
from handlers.visit_form import (
    HOW,
    OUTCOME,
    QUESTIONS,
    concerns_of,
    is_attempt,
    leap_lines,
    title_name,
)
from locales import gettext as _
from models.case import EMERGENCY, URGENT
from models.duty import on_duty
from models.org import up_from

UNTICKED = "_unticked"  # among the answers: categories
BY_NAME = {question.name: question for question in QUESTIONS}


def title(filling: Filling) -> str:
    name = title_name(filling)
    if filling.known("fixes"):
        return _("Correct %(name)s") % {"name": name}
    return _("Visit %(name)s") % {"name": name}


def intro(filling: Filling) -> str:
    """On the first card what one should know before going in; then what was answered so far."""
    before = "" if filling.get("how") else str(filling.known("brief") or "")
    return "\n".join(part for part in (before, " · ".join(_so_far(filling))) if part)


def _so_far(filling: Filling) -> list[str]:
    asked = [BY_NAME[name] for name in ("how", *(s.name for s in OBSERVED))]
    said = [say_value(q, filling, filling.get(q.name)) for q in asked if filling.get(q.name)]
    if photos := filling.get("photo"):
        said.append(_("📷 %(count)d picture(s)") % {"count": len(photos)})
    return [*said, _("📝 a note")] if filling.get("note") else said


def urgent(filling: Filling) -> str:
    call = call_first(filling.answers)
    return _(call) if call else ""


def review(filling: Filling) -> Reply:
    lines = [urgent(filling), _head(filling), *_body(filling)]
    return Reply("\n".join(line for line in lines if line), _rows(filling), card_name(filling))


def _head(filling: Filling) -> str:
    return _("Check: %(title)s · %(day)s · %(how)s") % {
        "title": title(filling),
        "day": _when(filling),
        "how": _how(filling),
    }


def _when(filling: Filling) -> str:
    if filling.get("visited_on") or filling.known("was_on"):
        return day(visited_on(filling))
    began = filling.draft.started_at.astimezone(filling.turn.office.zone)
    return f"{day(began.date())} {began:%H:%M}"


def _how(filling: Filling) -> str:
    table = OUTCOME if is_attempt(filling) else HOW
    given = filling.get("outcome" if is_attempt(filling) else "how")
    return next((_(choice.label) for choice in table if choice.code == given), "")


def _body(filling: Filling) -> list[str]:
    concerns = concerns_of(filling)
    return [
        *(_observed(seen, filling) for seen in OBSERVED if filling.get(seen.name)),
        *left_open.review_lines(filling, BY_NAME),
        *_said(filling),
        *leap_lines(filling),
        *_again(filling),
        *(raised_lines(filling, concerns) or _only_noted(filling)),
    ]


def _again(filling: Filling) -> list[str]:
    """After a lost signal nobody knows whether what was sent before has arrived."""
    on, mode = filling.known("last_was") or ("", "")
    if is_attempt(filling) or filling.known("fixes") or on != visited_on(filling).isoformat():
        return []
    how = next((_(choice.label) for choice in HOW if choice.code == mode), "")
    text = _("⚠️ A visit of that day (%(how)s) is recorded already. Submit if you went again.")
    return [text % {"how": how}]


def _only_noted(filling: Filling) -> list[str]:
    """All is well says the card, and the note names a problem that nobody would hear of."""
    named = guess(filling.get("note") or "")
    if named is None or is_attempt(filling):
        return []
    if any(one.group == named.group for one in concerns_of(filling)):
        return []  # who is told of the answer reads of it
    text = _("⚠️ The note speaks of “%(what)s”. To report it change the answer; else submit.")
    return [text % {"what": _(named.label)}]


def _observed(seen: Observation, filling: Filling) -> str:
    answer = _(seen.by_word[filling.get(seen.name)].label)
    more = filling.get(f"{seen.name}_more")
    if not more:
        return _("%(what)s: %(answer)s") % {"what": _(seen.short), "answer": answer}
    return _("%(what)s: %(answer)s, %(detail)s") % {
        "what": _(seen.short),
        "answer": answer,
        "detail": say_value(BY_NAME[f"{seen.name}_more"], filling, more),
    }


OWN_LINES = {"how", "outcome", "visited_on"} | {
    f"{seen.name}{part}" for seen in OBSERVED for part in ("", "_more", "_level", "_why")
}


def _said(filling: Filling) -> list[str]:
    """Every other answer; what was left open has lines of its own, too."""
    asked = [q for q in QUESTIONS if q.name not in OWN_LINES and not q.name.startswith("left_")]
    return [
        _("%(what)s: %(answer)s")
        % {"what": _(question.step), "answer": say_value(question, filling, given)}
        for question in asked
        if (given := filling.get(question.name))
    ]


def raised_lines(filling: Filling, concerns: list[Found]) -> list[str]:
    """→ housekeeping group (刘强), Soon, someone there within 3 days."""
    return [*(_raised_line(filling, one) for one in concerns), *_warned_lines(filling, concerns)]


def _warned_lines(filling: Filling, concerns: list[Found]) -> list[str]:
    """Why it is more urgent than on another day."""
    told = (one for one in concerns if one.category not in unticked(filling))
    kinds = dict.fromkeys(one.warning for one in told if one.warning and one.severity <= URGENT)
    return [_(WARNED_OF[kind]) for kind in kinds]


def _raised_line(filling: Filling, one: Found) -> str:
    gaps = {
        "group": _(GROUP_NAMES[one.group]),
        "names": _(", ").join(_on_duty(filling, one)),
        "what": category_name(one.category),
        "severity": _(SEVERITY_NAMES[one.severity]),
        "term": _(SEVERITY_TERMS[one.severity]),
    }
    if one.category in unticked(filling):
        return _("☐ Not reported: %(what)s") % gaps
    if not gaps["names"]:
        return _("→ %(group)s: %(what)s, %(severity)s, %(term)s") % gaps
    return _("→ %(group)s (%(names)s): %(what)s, %(severity)s, %(term)s") % gaps


def _on_duty(filling: Filling, one: Found) -> list[str]:
    """Who will be told first."""
    turn = filling.turn
    units = up_from(turn.session, UUID(filling.known("unit")))
    groups = [group for group in (one.group, CATEGORIES[one.category].also) if group]
    found = [on_duty(turn.session, group, units, turn.today) for group in groups]
    return list(dict.fromkeys(staff.name for people in found for staff in people[:2]))


def unticked(filling: Filling) -> list[str]:
    """The categories that this visit does not report; an emergency always is."""
    return list(filling.get(UNTICKED) or ())


def toggle(filling: Filling, category: str) -> bool:
    raised = {one.category for one in concerns_of(filling) if _may_untick(one)}
    if category not in raised:
        return False
    without = unticked(filling)
    changed = [one for one in without if one != category]
    put(filling, UNTICKED, changed if category in without else [*without, category])
    return True


def _may_untick(one: Found) -> bool:
    return one.severity > EMERGENCY


def _rows(filling: Filling) -> Rows:
    """Three rows below the way on, the likeliest first: it is read on a phone, outdoors."""
    submit = _("✅ Yes, that is right: submit") if leap_lines(filling) else _("✅ Submit")
    adding = [(_("Change…"), EDIT), (_("＋ Note"), "q:note")]
    if not is_attempt(filling):
        adding += [(_("＋ Promise"), "q:promise"), (_("＋ Photo"), "q:photo")]
        adding += [] if filling.get("present") else [(_("＋ Present"), "q:present")]
    adding.append((_("Other day"), "q:visited_on"))
    if may_say_who(filling) and not filling.get("went"):
        adding.append((_("＋ Visitor"), "q:went"))
    if _report_buttons(filling):
        adding.append((_("Reports…"), MORE))
    buttons = [form_button(filling.draft, *one) for one in adding]
    leaving = ((_("Later"), PARK), (_("Discard"), DISCARD))
    return (
        (form_button(filling.draft, submit, SUBMIT),),
        *in_rows(buttons, 3),
        tuple(form_button(filling.draft, *one) for one in leaving),
    )


def reports(filling: Filling) -> Reply:
    """What is reported, and how urgent it is: each can be left out or moved one step."""
    concerns = concerns_of(filling)
    ask = _("What shall be reported, and how urgent is it?")
    lines = [title(filling), *raised_lines(filling, concerns), ask]
    back = form_button(filling.draft, _("‹ Back to the card"), SHOW)
    rows = (*in_rows(_report_buttons(filling), 2), (back,))
    return Reply("\n".join(lines), rows, card_name(filling))


def _report_buttons(filling: Filling) -> list[Button]:
    return [*_ticks(filling), *_levels(filling)]


def _levels(filling: Filling) -> list[Button]:
    concerns = concerns_of(filling)
    movable = {c.observation.name: c.observation for c in concerns if c.default_severity > 1}
    return [
        form_button(
            filling.draft,
            _("%(what)s: how urgent") % {"what": _(seen.short)},
            f"q:{name}_level",
        )
        for name, seen in movable.items()
    ]


def _ticks(filling: Filling) -> list[Button]:
    """One button for each case that would be opened, to leave it out or take it in again."""
    concerns = concerns_of(filling)
    without = unticked(filling)
    labels = {one.category: category_name(one.category) for one in concerns if _may_untick(one)}
    return [
        form_button(filling.draft, _tick_label(name, category in without), f"t:{category}")
        for category, name in labels.items()
    ]


def _tick_label(name: str, left_out: bool) -> str:
    return (_("☐ %(what)s") if left_out else _("☑ %(what)s")) % {"what": name}
