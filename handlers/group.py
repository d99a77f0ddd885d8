"""A room with more people: figures and codes, and only if a coordinator bound it."""

from collections import Counter
from uuid import UUID

from sqlalchemy import and_
from sqlmodel import col

from handlers.join import refuse_group
from handlers.leak import leaked
from handlers.questions import tidy
from handlers.talk import Reply
from handlers.turn import Newcomer, day, local_date
from locales import gettext as _
from models.agenda import line, office_policy
from models.due import OVERDUE, SATISFIED, SUSPENDED
from models.due_query import due_rows
from models.elder import ACTIVE, Elder
from models.mailbox import Cursor
from models.org import branch
from models.people import who_writes_from
from models.staff import COORDINATOR

BIND, UNBIND, COUNT = ("bind", "绑定"), ("unbind", "解绑"), ("due", "进度", "今天")
CODES = 20  # of those overdue


def in_group(turn: Newcomer) -> list[Reply]:
    """!bind and !unbind by a coordinator, !due by anybody in a bound room; else one polite
    sentence, once. Of what else is said there the bot only notes what should not be."""
    word = tidy(turn.said.text).lstrip("/!").lower()
    bound = turn.session.get(Cursor, f"bound:{turn.chat.id}")
    if word in BIND + UNBIND:
        return _change(turn, word in BIND, bound)
    if bound is None:
        return refuse_group(turn.chat)
    unit_id = UUID(bound.value)
    return [Reply(_figures(turn, unit_id))] if word in COUNT else leaked(turn, unit_id)


def _change(turn: Newcomer, binds: bool, bound: Cursor | None) -> list[Reply]:
    staff = who_writes_from(turn.session, turn.said.network, turn.said.sender)
    if staff is None or staff.role != COORDINATOR or staff.left_on is not None:
        return refuse_group(turn.chat)
    if bound is not None:
        turn.session.delete(bound)
        turn.session.flush()
    if not binds:
        return [Reply(_("This room gets no more figures."))]
    turn.session.add(Cursor(name=f"bound:{turn.chat.id}", value=str(staff.unit_id)))
    told = _("This room gets figures and codes, never names. !due asks for them, !unbind ends it.")
    return [Reply(f"{told}\n\n{_figures(turn, staff.unit_id)}")]


def _figures(turn: Newcomer, unit_id: UUID) -> str:
    today, session = local_date(turn.now, turn.office.zone), turn.session
    here = and_(col(Elder.state) == ACTIVE, col(Elder.unit_id).in_(branch(session, unit_id)))
    lines = [line(row) for row in session.execute(due_rows(today, office_policy(session), here))]
    states = Counter(one.state for one in lines)
    late = sorted(one.elder.code for one in lines if one.state == OVERDUE)
    text = _("%(day)s: %(expected)d to visit, %(done)d visited, %(late)d overdue.") % {
        "day": day(today),
        "expected": len(lines) - states[SUSPENDED],
        "done": states[SATISFIED],
        "late": len(late),
    }
    more = ["…"] if len(late) > CODES else []
    return "\n".join([text, *(["🔴 " + " ".join([*late[:CODES], *more])] if late else [])])
