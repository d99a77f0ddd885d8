"""Before going in: who this is, how it was last time, what is still open ([S0] 熟悉、熟记)."""

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from handlers.case_card import short_line
from handlers.concern_words import Observation
from handlers.pick import ago, pick_elder
from handlers.promises import kept_rows
from handlers.talk import Button, Reply
from handlers.turn import Turn, day
from handlers.visit_codes import OBSERVED
from handlers.visit_follows import place_line
from handlers.visit_form import ALL_OUTCOMES, HOW
from handlers.visit_left_open import Thing, brief_lines, find_left_open
from locales import gettext as _
from locales import mark as N_
from models import ahead, case_query, lookup
from models.audit import Audit
from models.calendar import birthdays
from models.consent import HEALTH, LOCATION, withdrawn_at, withheld
from models.elder import LIXIU, Elder
from models.staff import COORDINATOR
from models.visit import DONE, EMERGENCY, GOOD, NOT_OBSERVED, Visit

SEX = {"m": N_("male"), "f": N_("female")}
BIRTHDAY_SOON = timedelta(days=15)
SHOWN = 5


def brief_command(turn: Turn, rest: str) -> list[Reply]:
    """/brief ELDER — one screen; each look is audited."""
    elder = one_elder(turn, rest, "/brief")
    if isinstance(elder, Reply):
        return [elder]
    audit(turn, elder, "brief")
    things = find_left_open(turn, elder)
    return [Reply(_full(turn, elder, things), (*_ways_on(elder), *kept_rows(things)))]


def history_command(turn: Turn, rest: str) -> list[Reply]:
    """/history ELDER — the last visits and attempts, with what was found."""
    elder = one_elder(turn, rest, "/history")
    if isinstance(elder, Reply):
        return [elder]
    audit(turn, elder, "history")
    visits = lookup.last_visits(turn.session, elder.id, SHOWN * 2)
    if not visits:
        text = _("%(who)s has not been visited yet.") % {"who": turn.label(elder)}
        return [Reply(text, _ways_on(elder))]
    lines = [turn.label(elder), *(visit_line(turn, visit) for visit in visits)]
    return [Reply("\n".join(lines), _ways_on(elder))]


def phone_command(turn: Turn, rest: str) -> list[Reply]:
    """/phone ELDER — the numbers, once somebody has asked for them; audited."""
    elder = one_elder(turn, rest, "/phone")
    if isinstance(elder, Reply):
        return [elder]
    audit(turn, elder, "phone")
    back = Button(_("Start the visit"), f"/visit {elder.code}")
    return [Reply("\n".join(phone_lines(turn, elder)), ((*call_button(elder), back),))]


def phone_lines(turn: Turn, elder: Elder) -> list[str]:
    lines = [_("📞 %(who)s: %(phone)s") % {"who": turn.label(elder), "phone": elder.phone}]
    if not elder.phone:
        lines = [_("There is no telephone number for %(who)s.") % {"who": turn.label(elder)}]
    if elder.contact_name:
        lines.append(_("In need call: %(name)s %(phone)s") % _contact(turn, elder))
    return lines


def call_button(elder: Elder) -> tuple[Button, ...]:
    number = elder.phone.replace(" ", "")
    return (Button(_("📞 Call"), f"tel:{number}"),) if number else ()


def one_elder(turn: Turn, rest: str, command: str) -> Elder | Reply:
    if not rest or rest.startswith("p") and rest[1:].isdecimal():
        return pick_elder(turn, command, int(rest[1:] or 0) if rest else 0)
    hits = lookup.find(turn.session, turn.staff, rest, turn.today)
    return hits[0] if len(hits) == 1 else pick_elder(turn, command, 0, hits, rest)


def audit(turn: Turn, elder: Elder, action: str, detail: str = "") -> None:
    audit_of(turn, elder.id, action, detail)


def audit_of(turn: Turn, elder_id: UUID, action: str, detail: str = "") -> None:
    who = {"staff_id": turn.staff.id, "elder_id": elder_id}
    ahead.write(turn.session, ahead.new(Audit, at=turn.now, action=action, detail=detail, **who))


def _ways_on(elder: Elder) -> tuple[tuple[Button, ...], ...]:
    call = (Button(_("📞 Call"), f"/phone {elder.code}"),) if elder.phone else ()
    return (
        (Button(_("Start the visit"), f"/visit {elder.code}"), *call),
        (
            Button(_("Card"), f"/brief {elder.code}"),
            Button(_("History"), f"/history {elder.code}"),
            Button(_("Timeline"), f"/timeline {elder.code}"),
        ),
    )


def short_brief(turn: Turn, elder: Elder, last: Visit | None, left_open: Sequence[Thing]) -> str:
    """Two or three lines for the first card of a visit."""
    lines = [_last_line(turn, last), *_place(turn, last), *_open_lines(turn, elder, left_open)]
    lines += _wish(elder) + _birthday_line(turn, elder)
    return "\n".join(lines)


def _full(turn: Turn, elder: Elder, left_open: Sequence[Thing]) -> str:
    last = lookup.last_done(turn.session, elder.id)
    lines = [_who(turn, elder), _last_line(turn, last), *_place(turn, last)]
    lines += _open_lines(turn, elder, left_open) + _birthday_line(turn, elder, always=True)
    no = withheld(turn.session, elder.id)
    if elder.allergies and HEALTH not in no:
        lines.append(_("Allergic to: %(what)s") % {"what": elder.allergies})
    lines += _wish(elder)
    if elder.address and LOCATION not in no:
        lines.append(_("Address: %(address)s") % {"address": elder.address})
    if elder.contact_name:
        lines.append(_("In need call: %(name)s %(phone)s") % _contact(turn, elder))
    return "\n".join(lines)


def _wish(elder: Elder) -> list[str]:
    wish = elder.visit_wish
    return [_("Wish about visits: %(wish)s") % {"wish": wish}] if wish else []


def _place(turn: Turn, last: Visit | None) -> list[str]:
    if last is None or LOCATION in withheld(turn.session, last.elder_id):
        return []
    return place_line(last)


def _contact(turn: Turn, elder: Elder) -> dict[str, str]:
    return {"name": turn.shown(elder.contact_name), "phone": elder.contact_phone}


def _who(turn: Turn, elder: Elder) -> str:
    parts = [turn.label(elder), _(SEX[elder.sex]) if elder.sex in SEX else ""]
    parts.append(_("class %(tier)s") % {"tier": elder.tier})
    parts.append(_("lixiu cadre") if elder.status == LIXIU else "")
    parts.append(elder.code)
    return " · ".join(part for part in parts if part)


def _last_line(turn: Turn, last: Visit | None) -> str:
    if last is None:
        return _("Not visited yet.")
    return _("Last time %(day)s (%(ago)s), %(how)s: %(found)s") % {
        "day": day(last.visited_on),
        "ago": ago(turn, last.visited_on),
        "how": how(last),
        "found": found_words(turn, last),
    }


def how(visit: Visit) -> str:
    table, value = (HOW, visit.mode) if visit.outcome == DONE else (ALL_OUTCOMES, visit.outcome)
    return next((_(choice.label) for choice in table if choice.code == value), value)


def found_words(turn: Turn, visit: Visit) -> str:
    """What was not good, or that all was well; suspected abuse is not written out."""
    no = withheld(turn.session, visit.elder_id)
    odd = [
        f"{_(seen.short)} {_said(turn, seen, word)}"
        for seen in OBSERVED
        if (word := getattr(visit, seen.name)) not in (None, GOOD, NOT_OBSERVED)
        and word in seen.by_word
        and not (seen.name == HEALTH and HEALTH in no)
    ]
    return _(", ").join(odd) if odd else _("all well")


def _said(turn: Turn, seen: Observation, word: str) -> str:
    hidden = is_restricted(seen.name, word) and turn.staff.role != COORDINATOR
    return _("see the case") if hidden else _(seen.by_word[word].label)


def is_restricted(observation: str, word: str | None) -> bool:
    """Only the legal group and the coordinator read that it was suspected."""
    return (observation, word) == ("family_care", EMERGENCY)


def visit_line(turn: Turn, visit: Visit) -> str:
    """What was written beside suspected abuse is read by the same few as the case itself."""
    found = found_words(turn, visit) if visit.outcome == DONE else ""
    hidden = is_restricted("family_care", visit.family_care) and turn.staff.role != COORDINATOR
    note = "" if hidden or _noted_before(turn, visit) else visit.note[:40]
    return " · ".join(part for part in (day(visit.visited_on), how(visit), found, note) if part)


def _noted_before(turn: Turn, visit: Visit) -> bool:
    """Whether the elder has since said that no health is to be kept: a note may tell of it."""
    said = withdrawn_at(turn.session, visit.elder_id, HEALTH)
    return said is not None and visit.logged_at <= said


def _open_lines(turn: Turn, elder: Elder, left_open: Sequence[Thing]) -> list[str]:
    cases = case_query.unresolved_of(turn.session, elder.id)
    lines = [short_line(turn, case, elder) for case in cases[:SHOWN]]
    return lines + brief_lines(left_open[:SHOWN])


def _birthday_line(turn: Turn, elder: Elder, always: bool = False) -> list[str]:
    if elder.birth_month is None:
        return []
    until = timedelta(days=400) if always else BIRTHDAY_SOON
    coming = birthdays(elder, turn.today, turn.today + until)
    return [_birthday(turn, elder, coming[0])] if coming else []


def _birthday(turn: Turn, elder: Elder, on: date) -> str:
    if on == turn.today:
        return _("🎂 Birthday today!")
    years = round((on - elder.born_on).days / 365.2425) if elder.born_on else 0  # lunar days drift
    return _("🎂 Birthday %(day)s, turns %(years)d") % {"day": day(on), "years": years}
