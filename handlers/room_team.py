"""The team of the worry-relief room: who it is, its list of the day before, what changes later."""

from collections.abc import Iterator
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import Session, col, select

from handlers.digest import weekday
from handlers.morning import Post, as_written, reachable, reader, turn_of
from handlers.room_words import MARKS, STATES, all_bookings, when
from handlers.talk import Button, Reply
from handlers.tell import to_each
from handlers.turn import Office, Turn, local_date
from locales import gettext as _
from locales import ngettext, speaking
from models import duty, lookup, room
from models.elder import ACTIVE, Elder
from models.mailbox import NUDGE, Outgoing
from models.office_hours import quiet
from models.org import branch, up_from
from models.outbox import Job
from models.room import GROUP, Booking, Slot
from models.staff import COORDINATOR, Staff
from models.workdays import differing_days

KIND = "room"
LIST = "list"


def is_of_team(turn: Turn) -> bool:
    coordinates = turn.staff.role == COORDINATOR
    return coordinates or GROUP in duty.groups_of(turn.session, turn.staff, turn.today)


def is_team(turn: Turn, elder: Elder) -> bool:
    return is_of_team(turn) and turn.staff.unit_id in up_from(turn.session, elder.unit_id)


def in_reach(turn: Turn) -> ColumnElement[bool]:
    """Whose bookings this person sees in a list."""
    if is_of_team(turn):
        return col(Elder.unit_id).in_(branch(turn.session, turn.staff.unit_id))
    values = lookup.scope(turn.session, turn.staff, turn.today)
    mine = select(Elder.id).where(lookup.in_scope(turn.staff.role)).params(**values)
    return col(Elder.id).in_(mine)


def team(session: Session, elder: Elder) -> list[Staff]:
    units = up_from(session, elder.unit_id)
    return [*duty.members(session, (GROUP,), units), *duty.coordinators(session, units)]


# The list of the day before


def lists(session: Session, office: Office, now: datetime) -> Iterator[Post]:
    """Once to each of the team who has somebody on it, on the working day before."""
    for on in _listed_now(session, office, now):
        for staff, chat in reachable(session, col(Staff.id).in_(_readers(session, on))):
            with speaking(staff.locale or office.locale):
                reply = the_list(turn_of(session, office, now, staff, chat), on)
            yield Post(chat, reply, KIND, list_key(on, staff.id))


def _listed_now(session: Session, office: Office, now: datetime) -> list[date]:
    """The coming day of the room, if its list is due by now and it has not begun."""
    plan, differing = room.hours(session), differing_days(session)
    local = now.astimezone(office.zone)
    on = next(room.days(plan, local.date(), differing), None)
    if on is None or quiet(session).holds(local.time()):
        return []
    first = Slot(room.list_day(on, differing), plan.list_at).instant(office.zone)
    return [on] if first <= now < Slot(on, plan.opens).instant(office.zone) else []


def _readers(session: Session, on: date) -> set[UUID]:
    booked = room.between(session, on, on)
    return {staff.id for _booking, elder in booked for staff in team(session, elder)}


def list_key(on: date, staff_id: UUID) -> str:
    return f"{KIND}:{LIST}:{on}:{staff_id.hex}"


def the_list(turn: Turn, on: date) -> Reply:
    found = room.between(turn.session, on, on, in_reach(turn))
    lines = [_("Worry-relief room on %(day)s") % {"day": weekday(on)}]
    lines += [_entry(turn, booking, elder) for booking, elder in found]
    count = ngettext("%(count)d person is booked.", "%(count)d people are booked.", len(found))
    lines.insert(1, count % {"count": len(found)})
    return Reply("\n".join(lines), ((all_bookings(),),), lane=NUDGE)


def _entry(turn: Turn, booking: Booking, elder: Elder) -> str:
    clock = Slot(booking.on_day, booking.minute).clock
    return f"{clock:%H:%M} {turn.hidden_label(elder)} {elder.code}"


# What changes after that


def heard(turn: Turn, booking: Booking) -> bool:
    """Whether the team has been sent the list of that day."""
    like = f"{KIND}:{LIST}:{booking.on_day}:%"
    asked = select(Outgoing.seq).where(col(Outgoing.once).like(like)).limit(1)
    return turn.session.exec(asked).first() is not None


def news(turn: Turn, booking: Booking, elder: Elder, was: bool = False) -> list[Reply]:
    """To the team, but for who did it, once they have the list."""
    if not was and not heard(turn, booking):
        return []
    people = [one for one in team(turn.session, elder) if one.id != turn.staff.id]
    return to_each(turn, people, lambda: _changed(turn, booking, elder))


def _changed(turn: Turn, booking: Booking, elder: Elder) -> Reply:
    text = _("Worry-relief room, changed: %(who)s %(code)s, %(when)s: %(state)s") % {
        "who": turn.hidden_label(elder),
        "code": elder.code,
        "when": when(booking),
        "state": _(STATES[booking.state]),
    }
    look = Button(_("Show"), f"/room @{booking.ref}")
    return Reply(f"{MARKS[booking.state]} {text}", ((look,),))


# Places nobody will take


def freed(session: Session, office: Office, now: datetime) -> Iterator[Post]:
    """Frees the places of who has died or moved away, or whose case was withdrawn; tells the
    team and whoever booked."""
    for booking, elder in room.groundless(session, local_date(now, office.zone)):
        if not room.settle(session, booking, room.FREED, None, now):
            continue
        told = {one.id for one in team(session, elder)} | {booking.booked_by}
        for staff, chat in reachable(session, col(Staff.id).in_(told)):
            with speaking(staff.locale or office.locale):
                reply = _freed(turn_of(session, office, now, staff, chat), booking, elder)
            yield Post(chat, reply, KIND, f"{KIND}:freed:{booking.ref}:{staff.id.hex}")


def _freed(turn: Turn, booking: Booking, elder: Elder) -> Reply:
    text = _("Worry-relief room, %(when)s: the place of %(who)s %(code)s is free again.")
    if elder.state != ACTIVE:
        text = _("Worry-relief room, %(when)s: %(who)s %(code)s is off the lists; the place is "
                 "free again.")  # fmt: skip
    gaps = {"when": when(booking), "who": turn.hidden_label(elder), "code": elder.code}
    return Reply(text % gaps, ((all_bookings(),),), lane=NUDGE)


# Just before sending


def renew(session: Session, office: Office, now: datetime, row: Job) -> tuple[Reply | None, str]:
    """The list as it is now; None once the day has come, or for who has left."""
    to = reader(session, row)
    if to is None:
        return None, "left"
    staff, chat = to
    _kind, what, on, *_rest = str(row.once).split(":")
    if what != LIST:
        return as_written(row), ""
    if date.fromisoformat(on) < local_date(now, office.zone):
        return None, "day over"
    with speaking(staff.locale or office.locale):
        return the_list(turn_of(session, office, now, staff, chat), date.fromisoformat(on)), ""
