"""How a booking of the worry-relief room is said."""

from handlers.digest import weekday
from handlers.talk import Button
from locales import gettext as _
from locales import mark as N_
from models.room import BOOKED, CAME, CANCELLED, FREED, MISSED, MORE, Booking, Slot

STATES = {
    BOOKED: N_("Booked"),
    CAME: N_("Came"),
    MISSED: N_("Did not come"),
    MORE: N_("Came, wants more"),
    CANCELLED: N_("Cancelled"),
    FREED: N_("Place freed"),
}
MARKS = {BOOKED: "🟡", CAME: "🟢", MORE: "🟢", MISSED: "⚪", CANCELLED: "–", FREED: "–"}


def when(booking: Booking) -> str:
    """11月17日 星期二 14:30"""
    return f"{weekday(booking.on_day)} {Slot(booking.on_day, booking.minute).clock:%H:%M}"


def note_words(booking: Booking) -> str:
    """In the story of a case."""
    return _("Relief room %(when)s: %(state)s") % {
        "when": when(booking),
        "state": _(STATES[booking.state]),
    }


def all_bookings() -> Button:
    return Button(_("All bookings"), "/room")
