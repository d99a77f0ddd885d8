"""Ordering a paper that takes long: the answer says at once what comes, and nobody's step waits
for its making."""

from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

from handlers.talk import Reply
from handlers.turn import Turn
from locales import gettext as _
from models.audit import Audit
from models.orders import is_ordered

SUFFIX = ".order"  # of a reply whose file is still to be made


@dataclass(frozen=True)
class Order:
    """`paper` is a name in `handlers.papers`, `staff` the hex id of who asked."""

    paper: str
    staff: str
    of: dict[str, Any] = field(default_factory=dict)


def packed(order: Order) -> bytes:
    return orjson.dumps(asdict(order))


def unpacked(data: bytes) -> Order:
    return Order(**orjson.loads(data))


def order(turn: Turn, paper: str, **of: Any) -> Reply:
    """Nothing to read yet; `of` are plain values, checked already."""
    data = packed(Order(paper, turn.staff.id.hex, of))
    return Reply(file_name=f"{paper}{SUFFIX}", file_data=data)


def ordered(turn: Turn, paper: str, what: str, **of: Any) -> list[Reply]:
    """What comes, in words. That it was asked for is noted now; who stands in it, when made."""
    one = order(turn, paper, **of)
    if is_ordered(turn.session, turn.chat.id, one.file_data or b""):
        return [Reply(_("%(what)s is being made already; please wait a moment.") % {"what": what})]
    turn.session.add(Audit(at=turn.now, staff_id=turn.staff.id, action="order", detail=what))
    text = _("%(what)s is being made; it will be here within a minute.")
    return [Reply(text % {"what": what}), one]
