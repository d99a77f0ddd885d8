"""What did not arrive within a coordinator's branch: by person, why, and what to do about it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from sqlmodel import col

from handlers.broadcast_card import more
from handlers.talk import Button, Reply
from handlers.turn import Turn, day, local_date
from locales import gettext as _
from locales import mark as N_
from models import broadcast
from models.broadcast import Lost
from models.mailbox import FAILED
from models.outbox import NETWORK, UNREACHABLE
from models.staff import Staff

LOOK_BACK = timedelta(days=3)
SHOWN, INVITED = 15, 4
KINDS = {
    "digest": N_("digest"),
    "draft": N_("reminder"),
    "broadcast": N_("broadcast"),
    "": N_("answer or notice"),
}
ABSENT, REFUSED, LATE = "absent", "refused", "late"
WHY = {
    ABSENT: N_("Not joined yet; please invite them:"),
    UNREACHABLE: N_("Cannot be reached; please ask them to open the chat and write a word:"),
    REFUSED: N_("Not taken by the network; please tell them by telephone:"),
    NETWORK: N_("The network does not answer; it goes out by itself when it is back:"),
    LATE: N_("Still waiting; it goes out by itself. If that takes long, tell the office's IT:"),
}


@dataclass
class Missed:
    """What one person did not get; `why` is the gravest of the reasons, a key of WHY."""

    staff: Staff
    kinds: Counter[str] = field(default_factory=Counter)
    since: datetime | None = None
    whys: set[str] = field(default_factory=set)

    @property
    def why(self) -> str:
        return next(why for why in WHY if why in self.whys)

    def add(self, kind: str, why: str, at: datetime) -> None:
        self.kinds[kind if kind in KINDS else ""] += 1
        self.whys.add(why)
        self.since = min(self.since or at, at)


def undelivered_command(turn: Turn, rest: str) -> list[Reply]:
    """/undelivered — messages of the last days that failed or wait unusually long."""
    found = missed(turn)
    if not found:
        return [Reply(_("Everything of the last three days has arrived."))]
    lines = [_("Not delivered in the last three days:")]
    for why, people in groupby(found[:SHOWN], key=lambda one: one.why):
        lines += ["", _(WHY[why]), *(_line(turn, one) for one in people)]
    if len(found) > SHOWN:
        lines.append(more(len(found) - SHOWN))
    return [Reply("\n".join(lines), _rows(found))]


def missed(turn: Turn) -> list[Missed]:
    """By person, those first with whom something can be done."""
    since, found = turn.now - LOOK_BACK, dict[UUID, Missed]()
    for lost in broadcast.undelivered(turn.session, turn.staff, since, turn.now):
        one = found.setdefault(lost.staff.id, Missed(lost.staff))
        one.add(lost.kind, _why(lost), lost.made_at)
    for staff, why, at in _without_chat(turn, since):
        found.setdefault(staff.id, Missed(staff)).add(broadcast.KIND, why, at)
    order = list(WHY)
    return sorted(found.values(), key=lambda one: (order.index(one.why), one.staff.code))


def _why(lost: Lost) -> str:
    if lost.chat.unreachable_at is not None:
        return UNREACHABLE
    if lost.state == FAILED:
        return REFUSED
    return NETWORK if lost.problem == NETWORK else LATE


def _without_chat(turn: Turn, since: datetime) -> Iterable[tuple[Staff, str, datetime]]:
    """Whom a broadcast was meant for and who had no chat it could be written to."""
    made = broadcast.made_since(turn.session, since)
    wanted = {UUID(one) for each in made for one in each.unreached}
    if not wanted:
        return
    people = broadcast.staff_of(turn.session, turn.staff, col(Staff.id).in_(wanted))
    joined = broadcast.with_chat(turn.session, wanted)
    known = {str(staff.id): staff for staff in people}
    for each in made:
        for staff in (known[one] for one in each.unreached if one in known):
            yield staff, UNREACHABLE if staff.id in joined else ABSENT, each.made_at


def _line(turn: Turn, one: Missed) -> str:
    kinds = _(", ").join(
        _("%(kind)s × %(count)d") % {"kind": _(KINDS[kind]), "count": count}
        for kind, count in one.kinds.items()
    )
    return _("• %(who)s: %(kinds)s, since %(day)s") % {
        "who": f"{one.staff.name} {one.staff.code}",
        "kinds": kinds,
        "day": day(local_date(one.since or turn.now, turn.office.zone)),
    }


def _rows(found: list[Missed]) -> tuple[tuple[Button, ...], ...]:
    absent = [one.staff for one in found if one.why == ABSENT][:INVITED]
    return tuple(
        (Button(_("Invite %(name)s") % {"name": staff.name}, f"/invite {staff.code}"),)
        for staff in absent
    )
