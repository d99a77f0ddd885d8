"""The fast-track (绿色通道): the hospital is asked for a case, and answers by button."""

from collections.abc import Iterable
from dataclasses import replace

from handlers import form
from handlers.case_card import title
from handlers.case_open import hours_of
from handlers.case_tell import renew_everywhere
from handlers.case_ways import FAST_GROUPS
from handlers.fast_tell import back_to_case, card, concerned, is_hospital, is_user, tell
from handlers.fast_words import ASKS, MARKS, NEEDS, OFFERS, STATES, state_words, times
from handlers.fast_words import when as read_time
from handlers.questions import Choice, Filling, Form, Question, free_text, match
from handlers.talk import Button, Reply
from handlers.turn import Turn, Unclear
from locales import gettext as _
from locales import mark as N_
from models import case_query
from models import fast_track as tracks
from models.case import Case
from models.case_record import note_event
from models.elder import Elder
from models.fast_track import ANSWERS, ARRANGED, ASKED, RUNNING, FastTrack
from models.org import branch, up_from
from models.people import colleagues as staff_found
from models.staff import COORDINATOR, Staff

EVENT = "fast"
SHOWN = 8


def fast_command(turn: Turn, rest: str) -> list[Reply]:
    """/fast — what the hospital has to answer; /fast 31 — asks for case 31; /fast @REF — one
    request, and what is answered."""
    first, _gap, words = rest.partition(" ")
    if not first:
        return [_list(turn)]
    found = _named(turn, first)
    if isinstance(found, Reply):
        return [found]
    track, case, elder = found
    if not first.startswith("@"):
        return _ask(turn, case, elder, track, words)
    assert track is not None
    action, _gap, words = words.partition(" ")
    _drop_draft(turn, first)
    if action in ANSWERS:
        return _answer(turn, track, case, elder, action, words)
    if action == "again":
        return _again(turn, track, case, elder)
    return [card(turn, track, case, elder)]


Found = tuple[FastTrack | None, Case, Elder]


def _named(turn: Turn, first: str) -> Found | Reply:
    """@REF or the number of a case, if this person has to do with it."""
    if first.startswith("@"):
        asked = tracks.by_ref(turn.session, first[1:])
        found: Found | None = asked
    else:
        digits = first.lstrip("#")
        right = digits.isdecimal() and len(digits) < 10
        one = case_query.by_number(turn.session, int(digits)) if right else None
        found = (tracks.latest(turn.session, one[0]), *one) if one else None
    if found and (is_user(turn, *found[1:]) or is_hospital(turn, found[2])):
        return found
    text = _("There is no case “%(number)s” on your list.") % {"number": first[:12]}
    return Reply(text, ((Button(_("Cases"), "/cases"),),))


# Asking


def _ask(turn: Turn, case: Case, elder: Elder, track: FastTrack | None, words: str) -> list[Reply]:
    if track is not None and track.state in (*RUNNING, ARRANGED) and not words:
        return [card(turn, track, case, elder)]
    if not is_user(turn, case, elder) or not _is_medical(case):
        return [
            Reply(_("The fast-track is for open cases of the medical group."), back_to_case(case))
        ]
    hospital = tracks.contacts(turn.session, up_from(turn.session, elder.unit_id))
    if not hospital:
        text = _("No hospital contact is named yet. Please ask the coordinator (/hospital).")
        return [Reply(text, back_to_case(case))]
    if not words:
        return [_ask_needs(turn, case)]
    _drop_draft(turn, str(case.number))
    if track is not None and track.state in RUNNING:
        return [card(turn, track, case, elder, _("The hospital has been asked already."))]
    needs = _worded(NEEDS, words)
    made = tracks.ask(turn.session, case, needs, turn.staff, turn.now, hours_of(turn))
    _note(turn, case, elder, _("Fast-track asked for: %(needs)s") % {"needs": needs})
    tell(turn, made, case, elder, "ask", hospital)
    done = card(turn, made, case, elder, _told(hospital))
    return [replace(done, toast=_("Asked"))]


def _told(hospital: Iterable[Staff]) -> str:
    names = _(", ").join(one.name for one in hospital)
    return _("✅ The hospital is asked: %(names)s") % {"names": names}


def _is_medical(case: Case) -> bool:
    return bool({case.service_group, case.also_group}.intersection(FAST_GROUPS))


def _worded(choices: tuple[Choice, ...], words: str) -> str:
    """A button's code or what was written."""
    found = next((one for one in choices if one.code == words), None) or match(choices, words)
    return _(found.label) if found else free_text(words)[:200]


def _ask_needs(turn: Turn, case: Case) -> Reply:
    text = _("Fast-track for case %(number)d: what is needed? (tap or write)")
    buttons = [Button(_(one.label), f"/fast {case.number} {one.code}") for one in NEEDS]
    _open_draft(turn, str(case.number), "")
    return Reply(text % {"number": case.number}, (*form.in_rows(buttons, 2), *back_to_case(case)))


# Answering


def _answer(
    turn: Turn, track: FastTrack, case: Case, elder: Elder, state: str, words: str
) -> list[Reply]:
    if not is_hospital(turn, elder):
        return [card(turn, track, case, elder, _("The hospital contact answers this."))]
    if not words:
        return [_ask_answer(turn, track, case, state)]
    comes_at = read_time(turn, words) if state == ARRANGED else None
    text = words if state == ARRANGED else _worded(OFFERS[state], words)
    if not tracks.answer(turn.session, track, state, turn.staff, turn.now, text, comes_at):
        return [card(turn, track, case, elder, _("Nothing was changed. This is how it stands:"))]
    _note(turn, case, elder, _("Fast-track: %(state)s") % {"state": state_words(turn, track)})
    people = concerned(turn, track, case, elder)
    tell(turn, track, case, elder, f"answer{case.events}", people)
    return [replace(card(turn, track, case, elder, _heard(turn, people)), toast=_("Noted"))]


def _heard(turn: Turn, people: Iterable[Staff]) -> str:
    names = dict.fromkeys(one.name for one in people if one.id != turn.staff.id)
    return _("✅ Answered, and told: %(names)s") % {"names": _(", ").join(names)} if names else ""


def _ask_answer(turn: Turn, track: FastTrack, case: Case, state: str) -> Reply:
    code = f"/fast @{track.ref} {state}"
    buttons = times(turn, code) if state == ARRANGED else [
        Button(_(one.label), f"{code} {one.code}") for one in OFFERS[state]
    ]  # fmt: skip
    _open_draft(turn, f"@{track.ref}", state)
    back = (Button(_("‹ Back to the card"), f"/fast @{track.ref}"),)
    text = f"{title(case)}\n{_(STATES[state])}\n{_(ASKS[state])}"
    return Reply(text, (*form.in_rows(buttons, 2), back), f"@{track.ref}")


def _again(turn: Turn, track: FastTrack, case: Case, elder: Elder) -> list[Reply]:
    """The papers are there."""
    mine = is_user(turn, case, elder)
    if not mine or not tracks.again(turn.session, track, case, turn.now, hours_of(turn)):
        return [card(turn, track, case, elder, _("Nothing was changed. This is how it stands:"))]
    hospital = tracks.contacts(turn.session, up_from(turn.session, elder.unit_id))
    _note(turn, case, elder, _("Fast-track: the papers were handed in"))
    tell(turn, track, case, elder, f"ask{track.round}", hospital)
    return [card(turn, track, case, elder, _told(hospital))]


def _note(turn: Turn, case: Case, elder: Elder, text: str) -> None:
    note_event(turn.session, case, EVENT, turn.staff, turn.now, text)
    renew_everywhere(turn, case, elder)


# What is written: typed in answer to the last question


def _open_draft(turn: Turn, subject: str, state: str) -> None:
    _drop_draft(turn, subject)
    form.start(turn, FORM, subject, {}, {"state": state, "subject": subject})


def _drop_draft(turn: Turn, subject: str) -> None:
    draft = form.find_draft(turn, FORM.name, subject)
    if draft is not None:
        turn.drafts.remove(draft)


def _question(filling: Filling) -> str:
    state = filling.known("state")
    return _(ASKS[state]) if state else _("What is needed from the hospital?")


def _check(filling: Filling, text: str) -> str:
    """A time is read at once, so that one that cannot be is asked for again."""
    if filling.known("state") == ARRANGED:
        read_time(filling.turn, text)
    return free_text(text)


def _submit(filling: Filling) -> list[Reply]:
    form.drop(filling)
    parts = (filling.known("subject"), filling.known("state"), filling.get("words"))
    return fast_command(filling.turn, " ".join(part for part in parts if part))


FORM = Form(
    name="fasttrack",
    version=1,
    questions=(Question("words", N_("Fast-track"), _question, free=True, check=_check),),
    title=lambda filling: _("Fast-track"),
    review=lambda filling: Reply(_("Fast-track")),
    submit=_submit,
    at_once=True,
)


# Lists


def _list(turn: Turn) -> Reply:
    """What waits for the hospital, and how many it were this year."""
    units = branch(turn.session, turn.staff.unit_id)
    if not (tracks.is_contact(turn.session, turn.staff) or turn.staff.role == COORDINATOR):
        text = _("The fast-track begins at the card of a medical case: open it and tap Fast-track.")
        return Reply(text, ((Button(_("Cases"), "/cases"),),))
    found = tracks.unanswered(turn.session, units)
    lines = [_("Waiting for the hospital: %(count)d") % {"count": len(found)}]
    lines += [f"{MARKS[ASKED]} {title(case)} · {track.needs}" for track, case, _e in found[:SHOWN]]
    local = turn.now.astimezone(turn.office.zone)
    since = local.replace(month=1, day=1, hour=0, minute=0, second=0, microsecond=0)
    counted = tracks.tally(turn.session, units, since)
    gaps = {"count": sum(counted.values()), "arranged": counted.get(ARRANGED, 0)}
    lines.append(_("This year: %(count)d, arranged: %(arranged)d") % gaps)
    buttons = [Button(_("Case %(number)d") % {"number": case.number}, f"/fast @{track.ref}")
               for track, case, _elder in found[:SHOWN]]  # fmt: skip
    return Reply("\n".join(lines), form.in_rows(buttons, 3))


# The hospital's people


def hospital_command(turn: Turn, rest: str) -> list[Reply]:
    """/hospital — who answers for a hospital; /hospital S05 on or off; a name finds anybody."""
    who, _gap, switch = rest.partition(" ")
    found = staff_found(turn.session, turn.staff, who) if who else []
    if len(found) == 1:
        on = switch != "off"
        tracks.put_contact(turn.session, found[0], turn.staff, turn.now, on)
        turn.session.flush()
    elif who:
        text = _("“%(asked)s” fits %(count)d of your staff; please write the code.")
        raise Unclear(text % {"asked": who[:20], "count": len(found)})
    return [_contacts(turn)]


def _contacts(turn: Turn) -> Reply:
    people = tracks.officers(turn.session, branch(turn.session, turn.staff.unit_id))
    if not people:
        text = _("Nobody answers for a hospital yet. Please send the name: hospital contact NAME")
        return Reply(text)
    lines = [_("Who answers for the hospital? Tap to change it.")]
    buttons = []
    for one, is_ in people:
        tick, switch = ("☑", "off") if is_ else ("☐", "on")
        lines.append(f"{tick} {one.name} {one.code}")
        buttons.append(Button(f"{tick} {one.name}", f"/hospital {one.code} {switch}"))
    return Reply("\n".join(lines), form.in_rows(buttons, 2))
