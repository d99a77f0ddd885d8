"""Logging a visit: choosing the elder, the card, one-line entry, and what happens on submit."""

from typing import Any
from uuid import UUID

from handlers import case_open, form, tell, unreached
from handlers import visit_follows as follows
from handlers.agreed import as_agreed
from handlers.brief import audit, is_restricted, short_brief
from handlers.case_follow import settle_case
from handlers.case_open import Opened, from_visit, promised_in
from handlers.due import explain
from handlers.flags import propose
from handlers.pick import pick_elder
from handlers.questions import Filling, Form
from handlers.seven import question_after
from handlers.talk import Button, Reply
from handlers.turn import Turn, day
from handlers.visit_alarm import ALARMED, alarm_at_once
from handlers.visit_codes import OBSERVED
from handlers.visit_concerns import Found
from handlers.visit_day import MYSELF, moment, too_old, visited_on, visitors
from handlers.visit_form import (
    QUESTIONS,
    WARNED,
    concerns_of,
    fill_well,
    is_attempt,
    outcome_of,
    shortcuts,
    warning,
)
from handlers.visit_left_open import (
    ASKED,
    CARRIED,
    CASE,
    PROMISE,
    Thing,
    find_left_open,
    settle,
    settle_promise,
)
from handlers.visit_line import Line, read_line
from handlers.visit_review import intro, reports, review, title, toggle, unticked, urgent
from locales import gettext as _
from locales import ngettext
from models import ahead, lookup, record
from models.agenda import office_policy
from models.consent import HEALTH, withheld
from models.due import SATISFIED, next_suggested, status
from models.due_query import recent_of
from models.elder import ACTIVE, Elder
from models.ids import new_id
from models.leave import by_code as staff_by_code
from models.next_up import next_up
from models.visit import DONE, NOT_OBSERVED, OBSERVATIONS, UNTICKED, Concern, Promise, Visit

FORM_NAME = "visit"
KEPT = ("promise", "photo")  # of a card that a whole line replaces
ATTEMPT_MODE = {"no_answer": "phone"}


def visit_command(turn: Turn, rest: str) -> list[Reply]:
    """/visit — the list; /visit NAME — the card; /visit NAME 0 1 0 2 0 words — the review."""
    if not rest:
        return [pick_elder(turn, "/visit", 0)]
    line = read_line(rest, turn.today)
    if line.page is not None:
        return [pick_elder(turn, "/visit", line.page)]
    hits = lookup.find(turn.session, turn.staff, line.who, turn.today)
    if len(hits) != 1:
        return [pick_elder(turn, "/visit", 0, hits, line.who, line.tail)]
    return begin(turn, hits[0], line)


def begin(turn: Turn, elder: Elder, line: Line) -> list[Reply]:
    """Opens the card for this elder, or goes on with the one that is there."""
    existing = form.find_draft(turn, FORM_NAME, elder.code)
    draft = existing or form.start(turn, VISIT, elder.code, {}, context_of(turn, elder))
    form.touch(draft, turn)
    filling = Filling(draft, turn)
    told = bool(line.answers or line.on)
    if not draft.answers:
        audit(turn, elder, "visit_card")  # it shows what a brief shows
    if told or not draft.answers:
        draft.started_at = turn.sent_at  # only looked at before: the visit begins now
    if told:
        kept = {name: draft.answers[name] for name in KEPT if draft.answers.get(name)}
        form.set_answers(draft, turn, {**kept, **as_agreed(filling, line.filled(filling))})
        form.forget_inapplicable(VISIT, filling)
    card = form.card(VISIT, filling)
    if existing and existing.answers and not told:
        again = _("You had begun this; here it is again.")
        return [Reply(f"{again}\n{card.text}", card.rows, card.card)]
    return [card]


def context_of(turn: Turn, elder: Elder, mending: Visit | None = None) -> dict[str, Any]:
    """What the card needs to know, read once: the dialogue itself asks the database nothing."""
    last = lookup.last_done(turn.session, elder.id, mending.root_id if mending else None)
    seen = {name: getattr(last, name) for name in OBSERVATIONS} if last else {}
    seen = {name: None if is_restricted(name, word) else word for name, word in seen.items()}
    no = withheld(turn.session, elder.id)
    if HEALTH in no:
        seen["health"] = None
    things = find_left_open(turn, elder)
    return {
        "code": elder.code,
        "name": elder.name,
        "label": turn.village(elder),
        "unit": elder.unit_id.hex,
        "last": seen,
        "last_was": [last.visited_on.isoformat(), last.mode] if last else [],
        "brief": short_brief(turn, elder, last, things),
        "withheld": sorted(no),
        "visitors": visitors(turn, elder),
        "left_open": _asked(things) if mending is None else mending.answers.get(CARRIED),
    }


def _asked(things: list[Thing]) -> list[Any]:
    """As JSON gives it back; a correction instead asks just what the visit itself was asked."""
    return [list(thing) for thing in things[:ASKED]]


# Submitting


def submit(filling: Filling) -> list[Reply]:
    """Stores the visit or attempt, ends the draft, says what happens now."""
    turn = filling.turn
    elder = _elder_still_mine(filling)
    if elder is None:
        return _gone(filling)
    if filling.known("fixes") and _fixed_visit(filling) is None:
        return _changed(filling)
    if too_old(filling) and not filling.get("visited_on") and not filling.known("fixes"):
        return [form.card(VISIT, filling)]
    concerns = concerns_of(filling)
    visit, sought = _row(filling, elder), unreached.sought_for(turn.session, elder)
    old = _fixed_visit(filling)
    raised = _store(filling, elder, visit, old, concerns)
    told = [one for one in raised if one[1].state != UNTICKED]
    opened = from_visit(turn, elder, visit, told, old, filling.known(ALARMED) or ())
    ahead.write(turn.session, *(concern for _found, concern in raised))
    unreached.heard_in(turn, elder, visit, sought)
    if old is None:
        promised_in(turn, opened, filling.get("promise"))
    form.drop(filling)
    others = tell.about(turn, visit, elder)
    flags = propose(turn, elder, "empty_nest") if follows.newly_alone(filling, visit) else []
    return [_done_reply(filling, visit, elder, opened, others), *others, *flags]


def _elder_still_mine(filling: Filling) -> Elder | None:
    turn = filling.turn
    code = filling.known("code")
    return lookup.by_code(turn.session, turn.staff, code, turn.today)


def _gone(filling: Filling) -> list[Reply]:
    text = _(
        "%(name)s is no longer on your list. Please ask the coordinator; "
        "your answers are kept until you discard them."
    )
    filling.draft.rev += 1
    filling.draft.parked = True  # what is written next is about somebody else
    rows = ((form.form_button(filling.draft, _("Discard"), form.DISCARD),),)
    name = filling.turn.shown(filling.known("name"))
    return [Reply(text % {"name": name}, rows, form.card_name(filling))]


def _changed(filling: Filling) -> list[Reply]:
    """A correction of what is not in force any more would bring back what somebody took away."""
    form.drop(filling)
    text = _("That record was changed meanwhile. Please look at it again.")
    again = Button(_("Change a record"), "/fix")
    return [Reply(text, ((again,),), form.card_name(filling))]


def _row(filling: Filling, elder: Elder) -> Visit:
    turn, answers = filling.turn, filling.answers
    outcome, new = outcome_of(answers), new_id()
    return ahead.new(
        Visit,
        id=new,
        ref=filling.draft.tag,
        root_id=new,
        elder_id=elder.id,
        liaison_id=_who_went(filling),
        recorded_by=turn.staff.id,
        mode=ATTEMPT_MODE.get(outcome, "in_person") if is_attempt(filling) else answers["how"],
        outcome=outcome,
        visited_at=moment(filling),
        visited_on=visited_on(filling),
        logged_at=turn.now,
        late_reason=str(answers.get("late_reason") or ""),
        present=str(answers.get("present") or "").split("+") if answers.get("present") else [],
        one_tap=len(answers.get("_well") or ()) >= 4,
        note=str(answers.get("note") or ""),
        draft_tag=filling.draft.tag,
        answers=_kept_answers(filling),
        **_observations(filling),
    )


def _who_went(filling: Filling) -> UUID:
    """Whoever enters it, unless a coordinator said who it was."""
    went = filling.get("went") or MYSELF
    other = None if went == MYSELF else staff_by_code(filling.turn.session, went)
    return other.id if other else filling.turn.staff.id


def _kept_answers(filling: Filling) -> dict[str, Any]:
    kept = {name: given for name, given in filling.answers.items() if given is not None}
    beside = {CARRIED: filling.known("left_open"), WARNED: warning(filling)}
    return {**kept, **{name: given for name, given in beside.items() if given}}


def _observations(filling: Filling) -> dict[str, Any]:
    """Words per observation; what was not asked on a real visit counts as not observed."""
    if is_attempt(filling):
        return dict.fromkeys(OBSERVATIONS)
    return {seen.name: filling.get(seen.name) or NOT_OBSERVED for seen in OBSERVED}


def _store(
    filling: Filling, elder: Elder, visit: Visit, old: Visit | None, concerns: list[Found]
) -> list[tuple[Found, Concern]]:
    """Writes the visit; gives what it raises, to be written when the cases are known."""
    turn = filling.turn
    if old is not None:
        visit.liaison_id, visit.kind = old.liaison_id, old.kind
        if not filling.get("visited_on"):
            visit.visited_on, visit.visited_at = old.visited_on, old.visited_at
        visit.change_reason = str(filling.get("fix_reason") or "")
    visit.place = follows.place_of(filling, visit)
    visit.seek_at = unreached.when(turn, visit, elder, old)
    promise, absence = _promise(filling, visit, old), follows.keep_absence(filling, visit, old)
    if old is not None:
        record.revise(turn.session, old, visit, turn.staff, turn.now)
    raised = [(one, _concern(filling, visit, one)) for one in concerns]
    record.record(turn.session, visit, promise)
    follows.settle_absence(filling, visit, absence)
    settle(filling, visit, SETTLED)
    return raised


def _fixed_visit(filling: Filling) -> Visit | None:
    """The visit that is being corrected, unless somebody has changed it meanwhile."""
    ref = filling.known("fixes")
    visit = record.current_by_ref(filling.turn.session, ref) if ref else None
    return visit if visit and visit.ref == ref else None


def _concern(filling: Filling, visit: Visit, one: Found) -> Concern:
    return ahead.new(
        Concern,
        visit_id=visit.id,
        elder_id=visit.elder_id,
        observation=one.observation.name,
        code=one.code.word,
        category=one.category,
        service_group=one.group,
        severity=one.severity,
        default_severity=one.default_severity,
        severity_reason=one.reason,
        detail=one.detail,
        state=UNTICKED if one.category in unticked(filling) else "open",
        raised_at=filling.turn.now,
    )


def _promise(filling: Filling, visit: Visit, old: Visit | None) -> Promise | None:
    """A correction that leaves the words as they were leaves what became of them, too."""
    text = filling.get("promise")
    if not text:
        return None
    before = record.promise_of(filling.turn.session, old.id) if old else None
    restricted = is_restricted("family_care", visit.family_care)
    if before and before.text == text:
        return record.copied(Promise, before, visit, restricted=restricted)
    return Promise(
        visit_id=visit.id,
        elder_id=visit.elder_id,
        staff_id=visit.liaison_id,
        text=text,
        made_on=visit.visited_on,
        restricted=restricted,
    )


def _done_reply(
    filling: Filling, visit: Visit, elder: Elder, opened: list[Opened], others: list[Reply]
) -> Reply:
    call = urgent(filling) or case_open.number_first(opened)
    lines = [call, _headline(filling, visit, elder), *case_open.lines(opened)]
    if visit.outcome != DONE:
        lines += unreached.advice(filling.turn, visit, elder) or [_advice(visit.outcome)]
    lines.append(follows.pause_line(filling, visit))
    lines.append(_told_line(visit, others))
    ask, answers = _one_more(filling, visit, elder, opened)
    lines.append(ask)
    rows = (*answers, *unreached.ways(visit, elder), (_change(visit),), *_next_row(filling, elder))
    text = "\n".join(line for line in lines if line)
    return Reply(text, rows, form.card_name(filling), toast=_("Recorded"))


def _change(visit: Visit) -> Button:
    return Button(_("Wrong person / change"), f"/fix {visit.ref}")


def _one_more(
    filling: Filling, visit: Visit, elder: Elder, opened: list[Opened]
) -> tuple[str, tuple[tuple[Button, ...], ...]]:
    """Only where the visit itself left nothing to think about."""
    asked_enough = opened or filling.known("fixes") or urgent(filling)
    if visit.outcome != DONE or elder.state != ACTIVE or asked_enough:
        return "", ()
    return question_after(filling.turn, elder, filling.known("withheld") or [])


def _told_line(visit: Visit, others: list[Reply]) -> str:
    """What was really sent; when it should have been and was not, whom to ring."""
    if others:
        return _("The coordinator has been told.")
    if visit.outcome in tell.ASK_COORDINATOR:
        return _("⚠️ No coordinator can be reached in chat: please ring the office.")
    return ""


def _headline(filling: Filling, visit: Visit, elder: Elder) -> str:
    turn = filling.turn
    name = turn.shown(elder.name)
    if filling.known("fixes"):
        return _("✅ Corrected: %(name)s. The earlier version is kept.") % {"name": name}
    if visit.outcome == "deceased":
        return _("✅ Noted: %(name)s has died.") % {"name": name}
    if visit.outcome != DONE:
        return _("✅ Noted: %(name)s was not met. It does not count as a visit.") % {"name": name}
    policy = office_policy(turn.session)
    facts = recent_of(turn.session, elder, turn.today, policy)
    said = status(facts, turn.today, policy)
    if said.state != SATISFIED:
        return _("✅ Recorded: %(name)s. %(why)s") % {"name": name, "why": explain(turn, said)}
    month = visit.visited_on.replace(day=1)
    count = sum(on.replace(day=1) == month for on, _mode in facts.visits)
    return ngettext(
        "✅ Recorded. %(name)s: %(count)d visit this month, next around %(day)s.",
        "✅ Recorded. %(name)s: %(count)d visits this month, next around %(day)s.",
        count,
    ) % {"name": name, "count": count, "day": day(next_suggested(visit.visited_on, policy))}


def _advice(outcome: str) -> str:
    return {
        "not_at_home": _("Please ring, then ask a neighbour; try again within 3 days."),
        "no_answer": _("Please try again today, then go by or ask a neighbour."),
        "refused": _("Please try again another day; write down the elder's wish as a note."),
        "in_hospital": _("Please go to the bedside within 24 hours."),
        "deceased": _("Once the coordinator confirms, reminders stop."),
    }.get(outcome, "")


def _next_row(filling: Filling, elder: Elder) -> tuple[tuple[Button, ...], ...]:
    """The next on the list, so that a round of visits needs no typing."""
    turn = filling.turn
    following = next_up(turn.session, turn.staff.id, elder.id, turn.today)
    if following is None:
        return ()
    label = _("Next: %(name)s") % {"name": turn.shown(following.name)}
    return ((Button(label, f"/visit {following.code}"),),)


SETTLED = {PROMISE.name: settle_promise, CASE.name: settle_case}
VISIT = Form(
    name=FORM_NAME,
    version=1,
    questions=QUESTIONS,
    title=title,
    review=review,
    submit=submit,
    intro=intro,
    urgent=urgent,
    shortcuts=shortcuts,
    shortcut=fill_well,
    loose_text="note",
    toggle=toggle,
    answered=alarm_at_once,
    more=reports,
)
