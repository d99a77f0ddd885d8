"""The card of a broadcast: how far it is, who was not reached, and the way to stop it."""

from collections.abc import Sequence
from datetime import datetime

from sqlmodel import Session

from handlers.talk import Button, Reply, Rows
from handlers.turn import Office, day
from locales import gettext as _
from locales import ngettext
from models import broadcast
from models.broadcast import Broadcast, Tally
from models.mailbox import NUDGE
from models.staff import Staff

NAMES = 30


def progress(session: Session, office: Office, one: Broadcast, now: datetime) -> Reply:
    """The card as of now; it takes the place of the one shown before."""
    found = broadcast.tally(session, one)
    lines = [_head(office, one), f"“{_first_words(one.text)}”", *_counts(one, found)]
    if found.held and found.held > now and not found.sent:
        lines.append(held_until(office, found.held))
    lines.append(_("As of %(at)s") % {"at": f"{now.astimezone(office.zone):%H:%M}"})
    return Reply("\n".join(lines), _rows(one, found), one.ref)


def held_until(office: Office, start: datetime) -> str:
    return _("🌙 Quiet hours: goes out from %(at)s on.") % {"at": _at(office, start)}


def _head(office: Office, one: Broadcast) -> str:
    return _("📢 Broadcast of %(at)s to %(audience)s") % {
        "at": _at(office, one.made_at),
        "audience": one.audience,
    }


def _at(office: Office, instant: datetime) -> str:
    local = instant.astimezone(office.zone)
    return f"{day(local.date())} {local:%H:%M}"


def _first_words(text: str) -> str:
    line = text.splitlines()[0]
    return f"{line[:30]}…" if len(line) > 30 or "\n" in text else line


def _counts(one: Broadcast, found: Tally) -> list[str]:
    others = (
        (_("⏳ Waiting: %(count)d"), found.waiting),
        (_("⚠️ Failed: %(count)d"), found.failed),
        (_("📵 Cannot be reached: %(count)d"), found.unreached),
        (_("⏹ Not sent: %(count)d"), found.dropped),
    )
    return [
        *([_("Stopped.")] if one.stopped_at else []),
        _("✅ Sent: %(sent)d of %(count)d") % {"sent": found.sent, "count": one.count},
        *(text % {"count": count} for text, count in others if count),
    ]


def _rows(one: Broadcast, found: Tally) -> Rows:
    buttons = [Button(_("Refresh"), f"/broadcast {one.ref}")]
    if found.waiting and not one.stopped_at:
        buttons.append(Button(_("⏹ Stop"), f"/broadcast {one.ref} stop"))
    if found.failed or found.unreached:
        buttons.append(Button(_("Names"), f"/broadcast {one.ref} names"))
    return (tuple(buttons),)


def names(session: Session, office: Office, one: Broadcast) -> Reply:
    """By name: to whom sending failed, and who cannot be reached, with what to do."""
    failed, unreached = broadcast.not_reached(session, one)
    lines = [_head(office, one)]
    if failed:
        lines += ["", _("⚠️ Sending failed; please tell them by telephone:"), _listed(failed)]
    if unreached:
        lines += ["", _("📵 Cannot be reached; please ask them to write to the bot:")]
        lines.append(_listed(unreached))
    if not failed and not unreached:
        lines.append(_("Nobody was missed."))
    back = Button(_("‹ Back to the card"), f"/broadcast {one.ref}")
    return Reply("\n".join(lines), ((back,),), one.ref)


def _listed(people: Sequence[Staff]) -> str:
    names = _(", ").join(f"{staff.name} {staff.code}" for staff in people[:NAMES])
    rest = len(people) - NAMES
    return f"{names} {more(rest)}" if rest > 0 else names


def more(count: int) -> str:
    return ngettext("… and %(count)d more", "… and %(count)d more", count) % {"count": count}


def recent(found: Sequence[Broadcast], office: Office) -> Reply:
    if not found:
        return Reply(_("There was no broadcast in the last two weeks."), (_write(),))
    rows = tuple((Button(f"{_at(office, one.made_at)} {one.audience}", f"/broadcast {one.ref}"),)
                 for one in found)  # fmt: skip
    return Reply(_("The last broadcasts:"), (*rows, _write()))


def _write() -> tuple[Button, ...]:
    return (Button(_("Write one"), "/broadcast"),)


def last_state(session: Session, office: Office, one: Broadcast, now: datetime) -> Reply:
    """The card once more by itself, when nothing waits any longer."""
    card = progress(session, office, one, now)
    return Reply(card.text, card.rows, card.card, lane=NUDGE)
