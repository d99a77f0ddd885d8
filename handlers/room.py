"""The worry-relief room (解忧室): booking a place for an elder, changing it, what became of it."""

import re
from dataclasses import replace
from datetime import date, datetime, timedelta

from handlers import form, room_team
from handlers.brief import one_elder
from handlers.case_tell import renew_everywhere
from handlers.case_ways import may_use
from handlers.digest import weekday
from handlers.pick import pick_elder
from handlers.room_words import MARKS, STATES, all_bookings, note_words, when
from handlers.talk import Button, Reply, Rows
from handlers.turn import Turn, day
from locales import gettext as _
from locales import mark as N_
from models import case_query, lookup, room
from models.case import Case
from models.case_record import note_event
from models.elder import ACTIVE, Elder
from models.room import BOOKED, CAME, MISSED, MORE, OUTCOMES, Booking, Slot
from models.staff import Staff
from models.workdays import differing_days

EVENT = "room"  # in the story of a case
OFFERED = 6  # places at a time
ASKING_BACK = timedelta(days=14)  # days in which an outcome is still asked for
SLOT = re.compile(r"(.*?) ?(\d{4}-\d\d-\d\d) (\d\d):(\d\d)")
Whom = tuple[Elder, Case | None]
TAKEN = N_("Somebody has just taken that place. These are free:")
NONE_FREE = N_("Every place of the next weeks is taken. Please ask the team for %(who)s.")
ONCE_A_DAY = N_("%(who)s has a place on that day already; nothing was booked twice.")


def room_command(turn: Turn, rest: str) -> list[Reply]:
    """/room — the next afternoon; /room NAME or /room #31 — the free places; with a day and an
    hour it is booked; /room @REF — one booking, and what is done with it; /room count 2026-11."""
    first, _gap, tail = rest.partition(" ")
    if not rest:
        return [_afternoon(turn)]
    if first == "new":
        return [pick_elder(turn, "/room", 0)]
    if first == "count":
        return [_count(turn, tail)]
    if first.startswith("@"):
        return _on_booking(turn, first[1:], tail)
    who, slot = _read(rest)
    whom = _whom(turn, who)
    if isinstance(whom, Reply):
        return [whom]
    return _book(turn, whom, slot, f"/room {_key(whom)}") if slot else [_first_card(turn, whom)]


def _read(text: str) -> tuple[str, Slot | None]:
    """E0012 2026-11-17 14:30: whom, and when."""
    found = SLOT.fullmatch(text)
    if found is None:
        return text, None
    who, on, hour, minute = found.groups()
    try:
        return who, Slot(date.fromisoformat(on), int(hour) * 60 + int(minute))
    except ValueError:
        return who, None


def _whom(turn: Turn, who: str) -> Whom | Reply:
    """An elder within reach, or the one of a case that this person may work with."""
    if not who.startswith("#"):
        elder = one_elder(turn, who, "/room")
        return elder if isinstance(elder, Reply) else (elder, None)
    number = who[1:]
    right = number.isdecimal() and len(number) < 10
    found = case_query.by_number(turn.session, int(number)) if right else None
    if found is not None:
        is_ = case_query.standing(turn.session, turn.staff, *found, turn.today)
        if may_use(found[0], is_) and case_query.may_read(found[0], is_):
            return found[1], found[0]
    text = _("There is no case “%(number)s” on your list.") % {"number": number[:12]}
    return Reply(text, ((Button(_("Cases"), "/cases"),),))


def _key(whom: Whom) -> str:
    elder, case = whom
    return f"#{case.number}" if case else elder.code


# Booking


def _first_card(turn: Turn, whom: Whom) -> Reply:
    """The place this elder has already, or the next free ones."""
    held = room.coming_of(turn.session, whom[0].id, turn.today)
    return _card(turn, held, whom[0]) if held else _offer(turn, whom[0], f"/room {_key(whom)}")


def _free(turn: Turn) -> list[Slot]:
    session, now = turn.session, turn.now.astimezone(turn.office.zone)
    return room.free(session, room.hours(session), now, differing_days(session), OFFERED)


def _offer(turn: Turn, elder: Elder, code: str, head: str = "", card: str = "") -> Reply:
    """The next free places as buttons that go on with `code`."""
    found = _free(turn)
    text = _("Worry-relief room for %(who)s: which time?") if found else _(NONE_FREE)
    buttons = [
        Button(f"{day(one.on)} {one.clock:%H:%M}", f"{code} {one.on} {one.clock:%H:%M}")
        for one in found
    ]
    lines = [head, text % {"who": turn.label(elder)}]
    text = "\n".join(line for line in lines if line)
    return Reply(text, (*form.in_rows(buttons, 2), (all_bookings(),)), card)


def _refused(turn: Turn, elder: Elder, slot: Slot) -> str:
    """Why this time cannot be had; empty when it can, as far as one sees."""
    plan, differing = room.hours(turn.session), differing_days(turn.session)
    if elder.state != ACTIVE:
        return _("%(who)s is not on the lists any more.") % {"who": turn.label(elder)}
    past = slot.instant(turn.office.zone) <= turn.now
    if past or not room.is_offered(plan, slot, differing):
        return _("The room is not open at that time. Please choose one of these:")
    return ""


def _book(turn: Turn, whom: Whom, slot: Slot, code: str) -> list[Reply]:
    """`code` is what the buttons go on with when this time cannot be had."""
    elder, case = whom
    why_not = _refused(turn, elder, slot)
    if why_not:
        return [_offer(turn, elder, code, why_not)]
    held = room.held_by(turn.session, elder.id, slot.on)
    if held:
        return [_card(turn, held, elder, _(ONCE_A_DAY) % {"who": turn.label(elder)})]
    booking = room.book(turn.session, elder, case, slot, turn.staff, turn.now)
    if booking is None:
        return [_offer(turn, elder, code, _(TAKEN))]
    _note(turn, booking, elder)
    done = _card(turn, booking, elder, _("✅ Booked."))
    return [replace(done, toast=_("Booked")), *room_team.news(turn, booking, elder)]


def _note(turn: Turn, booking: Booking, elder: Elder) -> None:
    """In the story of the case it came from, whose card then says so everywhere."""
    found = turn.session.get(Case, booking.case_id) if booking.case_id else None
    if found is not None:
        text = note_words(booking)
        note_event(turn.session, found, EVENT, turn.staff, turn.now, text)
        renew_everywhere(turn, found, elder)


# One booking


def _on_booking(turn: Turn, ref: str, rest: str) -> list[Reply]:
    found = room.by_ref(turn.session, ref)
    if found is None or not _may_see(turn, *found):
        return [Reply(_("That booking is not on your list."), ((all_bookings(),),))]
    booking, elder = found
    action, _gap, tail = rest.partition(" ")
    if action == "move":
        return _move(turn, booking, elder, tail)
    if action == "cancel":
        return _cancel(turn, booking, elder)
    if action == "again":
        return _again(turn, booking, elder, tail)
    if action in OUTCOMES:
        return _settle(turn, booking, elder, action)
    return [_card(turn, booking, elder)]


def _case(turn: Turn, booking: Booking) -> Case | None:
    """The case behind it, unless that has ended or is not this person's."""
    found = turn.session.get(Case, booking.case_id) if booking.case_id else None
    elder = turn.session.get_one(Elder, booking.elder_id)
    if found is None:
        return None
    is_ = case_query.standing(turn.session, turn.staff, found, elder, turn.today)
    return found if may_use(found, is_) and case_query.may_read(found, is_) else None


def _may_see(turn: Turn, booking: Booking, elder: Elder) -> bool:
    if room_team.is_team(turn, elder) or lookup.may_see(
        turn.session, turn.staff, elder, turn.today
    ):
        return True
    return _case(turn, booking) is not None


def _card(turn: Turn, booking: Booking, elder: Elder, head: str = "") -> Reply:
    lines = [
        head,
        _("Worry-relief room · %(when)s") % {"when": when(booking)},
        f"{turn.hidden_label(elder)} {elder.code}",
        f"{MARKS[booking.state]} {_(STATES[booking.state])}{_by(turn, booking)}",
    ]
    text = "\n".join(line for line in lines if line)
    return Reply(text, _rows(turn, booking, elder), _name(booking))


def _name(booking: Booking) -> str:
    return f"@{booking.ref}"


def _code(booking: Booking, action: str) -> str:
    return f"/room @{booking.ref} {action}"


def _by(turn: Turn, booking: Booking) -> str:
    """Who said so, and when."""
    staff_id, at = booking.settled_by or booking.booked_by, booking.settled_at or booking.booked_at
    if booking.state == room.FREED:
        return ""
    by = turn.session.get_one(Staff, staff_id)
    return f" · {by.name} {at.astimezone(turn.office.zone):%m-%d %H:%M}"


def _rows(turn: Turn, booking: Booking, elder: Elder) -> Rows:
    """What became of it, for the team once it has begun; before that, another time or none."""
    rows, past = list[tuple[Button, ...]](), _is_past(turn, booking)
    happened = booking.state in OUTCOMES or booking.state == BOOKED and past
    if happened and room_team.is_team(turn, elder):
        outcomes = {CAME: _("🟢 Came"), MISSED: _("Did not come"), MORE: _("Wants more")}
        outcomes.pop(booking.state, None)
        rows.append(tuple(Button(label, _code(booking, one)) for one, label in outcomes.items()))
    elif not happened and booking.state == BOOKED:
        ways = {"move": _("Other time"), "cancel": _("Cancel")}
        rows.append(tuple(Button(label, _code(booking, one)) for one, label in ways.items()))
    if booking.state != BOOKED:
        rows.append((Button(_("Book again"), _code(booking, "again")),))
    return (*rows, (all_bookings(),))


def _is_past(turn: Turn, booking: Booking) -> bool:
    return Slot(booking.on_day, booking.minute).instant(turn.office.zone) <= turn.now


def _move(turn: Turn, booking: Booking, elder: Elder, words: str) -> list[Reply]:
    code, slot = _code(booking, "move"), _read(words)[1]
    if booking.state != BOOKED or _is_past(turn, booking):
        return [_unchanged(turn, booking, elder)]
    why_not = _refused(turn, elder, slot) if slot else ""
    if slot is None or why_not:
        return [_offer(turn, elder, code, why_not, _name(booking))]
    if slot == (booking.on_day, booking.minute):
        return [_unchanged(turn, booking, elder)]
    held = room.held_by(turn.session, elder.id, slot.on)
    if held and held.id != booking.id:
        return [_card(turn, held, elder, _(ONCE_A_DAY) % {"who": turn.label(elder)})]
    was = room_team.heard(turn, booking)
    if not room.move(turn.session, booking, slot):
        return [_offer(turn, elder, code, _(TAKEN), _name(booking))]
    _note(turn, booking, elder)
    moved = replace(_card(turn, booking, elder, _("✅ Moved.")), toast=_("Noted"))
    return [moved, *room_team.news(turn, booking, elder, was)]


def _unchanged(turn: Turn, booking: Booking, elder: Elder) -> Reply:
    sentence = _("Nothing was changed. This is how it stands:")
    return replace(_card(turn, booking, elder, sentence), toast=sentence)


def _cancel(turn: Turn, booking: Booking, elder: Elder) -> list[Reply]:
    past = _is_past(turn, booking)
    if past or not room.settle(turn.session, booking, room.CANCELLED, turn.staff, turn.now):
        return [_unchanged(turn, booking, elder)]
    _note(turn, booking, elder)
    done = replace(_card(turn, booking, elder), toast=_("Noted"))
    return [done, *room_team.news(turn, booking, elder)]


def _settle(turn: Turn, booking: Booking, elder: Elder, outcome: str) -> list[Reply]:
    """Who wants more is offered the next places at once."""
    if not (room_team.is_team(turn, elder) and _is_past(turn, booking)):
        return [_unchanged(turn, booking, elder)]
    if not room.settle(turn.session, booking, outcome, turn.staff, turn.now):
        return [_unchanged(turn, booking, elder)]
    _note(turn, booking, elder)
    if outcome != MORE or elder.state != ACTIVE:
        return [replace(_card(turn, booking, elder), toast=_("Noted"))]
    head = _("🟢 Noted: came, and wants to come again.")
    more = _offer(turn, elder, _code(booking, "again"), head, _name(booking))
    return [replace(more, toast=_("Noted"))]


def _again(turn: Turn, booking: Booking, elder: Elder, words: str) -> list[Reply]:
    """One more place for the same elder, by whoever may see this one."""
    code, slot = _code(booking, "again"), _read(words)[1]
    if slot is None:
        return [_offer(turn, elder, code)]
    return _book(turn, (elder, _case(turn, booking)), slot, code)


# Lists


def _afternoon(turn: Turn) -> Reply:
    """The next day the room is open, place by place, and what is still to be said of the last."""
    plan, differing = room.hours(turn.session), differing_days(turn.session)
    on = next(room.days(plan, turn.today, differing), None)
    since, reach = turn.today - ASKING_BACK, room_team.in_reach(turn)
    found = room.between(turn.session, since, on or turn.today, reach)
    asks = room_team.is_of_team(turn)
    unsaid = [one for one in found if asks and _is_unsaid(turn, one[0])]
    coming = [one for one in found if one[0].on_day == on and one not in unsaid]
    lines = [_head(on, plan), *(_line(turn, *one) for one in coming)]
    if on and not coming and not unsaid:
        lines.append(_("Nobody is booked yet."))
    if unsaid:
        lines += [_("How did it go?"), *(_line(turn, *one) for one in unsaid)]
    buttons = [_button(turn, *one) for one in (*unsaid, *coming)]
    return Reply("\n".join(lines), (*form.in_rows(buttons, 2), _below()))


def _is_unsaid(turn: Turn, booking: Booking) -> bool:
    return booking.state == BOOKED and _is_past(turn, booking)


def _below() -> tuple[Button, ...]:
    return Button(_("Book a place"), "/room new"), Button(_("This month"), "/room count")


def _head(on: date | None, plan: room.Hours) -> str:
    if on is None:
        return _("The worry-relief room is not open in the next weeks.")
    first, last = Slot(on, plan.opens).clock, Slot(on, plan.closes).clock
    return _("Worry-relief room · %(day)s %(from)s–%(until)s") % {
        "day": weekday(on),
        "from": f"{first:%H:%M}",
        "until": f"{last:%H:%M}",
    }


def _line(turn: Turn, booking: Booking, elder: Elder) -> str:
    clock = Slot(booking.on_day, booking.minute).clock
    start = f"{clock:%H:%M}" if booking.on_day >= turn.today else when(booking)
    mark = MARKS[booking.state]
    return f"{mark} {start} {turn.hidden_label(elder)} {elder.code}"


def _button(turn: Turn, booking: Booking, elder: Elder) -> Button:
    clock = Slot(booking.on_day, booking.minute).clock
    return Button(f"{clock:%H:%M} {turn.shown(elder.name)}", f"/room {_name(booking)}")


def _count(turn: Turn, words: str) -> Reply:
    """/room count 2026-11 — how many, by what became of them."""
    first = _month(words, turn.today)
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    found = room.tally(turn.session, first, last, room_team.in_reach(turn))
    head = _("Worry-relief room in %(month)s: %(count)d booked") % {
        "month": f"{first:%Y-%m}",
        "count": sum(found.values()),
    }
    lines = [
        f"{MARKS[state]} {_(STATES[state])} {found[state]}" for state in STATES if state in found
    ]
    before = (first - timedelta(days=1)).strftime("%Y-%m")
    rows = ((Button(before, f"/room count {before}"), all_bookings()),)
    return Reply("\n".join([head, *lines]), rows)


def _month(words: str, today: date) -> date:
    try:
        return datetime.strptime(words, "%Y-%m").date()  # noqa: DTZ007  (a month has no zone)
    except ValueError:
        return today.replace(day=1)
