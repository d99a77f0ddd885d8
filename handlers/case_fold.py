"""Steps that are not urgent and fall together: one message to a person, not one for each case."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session, col

from handlers import form
from handlers.case_card import line, phase_of
from handlers.case_tell import Desk, head, held, notice, post, write_step
from handlers.morning import Post, reachable, reader, turn_of
from handlers.nudge import write
from handlers.talk import Button, Reply
from handlers.turn import Office, Turn
from locales import gettext as _
from locales import ngettext, speaking
from models import ahead, case_query, ladder
from models.case import Case, CaseStep
from models.elder import Elder
from models.mailbox import NUDGE
from models.outbox import Job
from models.staff import Chat, Staff

KIND = "cases"
SHOWN = 9


class Told(NamedTuple):
    """A step of a case that somebody is to be told of."""

    step: CaseStep
    case: Case
    elder: Elder


@dataclass
class Fold:
    """What one portion of the sweep has to say, by person."""

    told: dict[UUID, list[Told]] = field(default_factory=lambda: defaultdict(list))

    def add(self, at: Desk, case: Case, elder: Elder, name: str, people: Iterable[Staff]) -> None:
        step = write_step(at, case, name)
        for staff in people:
            self.told[staff.id].append(Told(step, case, elder))

    def write(self, at: Desk) -> None:
        """The messages, and the delivery line of each step."""
        there = reachable(at.session, col(Staff.id).in_(self.told)) if self.told else []
        posts = {staff.id: _post(at, self.told[staff.id], (staff, chat)) for staff, chat in there}
        write(at.session, posts.values(), at.now)
        for staff_id, told in self.told.items():
            once = posts[staff_id].once if staff_id in posts else None
            ahead.write(at.session, *(notice(one.step, staff_id, once) for one in told))


def _post(at: Desk, told: Sequence[Told], to: tuple[Staff, Chat]) -> Post:
    """The card itself where it is only one."""
    if len(told) == 1:
        return post(at, told[0].case, told[0].elder, told[0].step, to)
    staff, chat = to
    once = f"{KIND}:{told[0].step.id.hex}:{staff.id.hex}"
    with speaking(staff.locale or at.office.locale):
        reply = listed(turn_of(at.session, at.office, at.now, staff, chat), told)
    return Post(chat, reply, KIND, once, held(at, told[0].case))


def listed(turn: Turn, told: Sequence[Told]) -> Reply:
    """Why they come, and under it which, the gravest and oldest first."""
    told = sorted(told, key=lambda one: (one.step.name, one.case.severity, one.case.number))
    text = ngettext("%(count)d case needs you:", "%(count)d cases need you:", len(told))
    lines, why = [text % {"count": len(told)}], ""
    for one in told[:SHOWN]:
        lines += [because] if (because := head(one.case, one.step.name)) != why else []
        lines.append(line(turn, one.case, one.elder))
        why = because
    buttons = [
        Button(_("Case %(number)d") % {"number": one.case.number}, f"/case {one.case.number}")
        for one in told[:SHOWN]
    ]
    below = ((Button(_("Cases"), "/cases"),),) if len(told) > SHOWN else ()
    return Reply("\n".join(lines), (*form.in_rows(buttons, 3), *below), lane=NUDGE)


def renew(session: Session, office: Office, now: datetime, row: Job) -> tuple[Reply | None, str]:
    """Those that still want something of this person."""
    to = reader(session, row)
    if to is None:
        return None, "left"
    staff, chat = to
    with speaking(staff.locale or office.locale):
        turn = turn_of(session, office, now, staff, chat)
        told = [Told(*one) for one in case_query.told_by(session, str(row.once))]
        left = [one for one in told if counts(one.step, one.case) and _concerns(turn, one)]
        return (listed(turn, left), "") if left else (None, "moved on")


def counts(step: CaseStep, case: Case) -> bool:
    """Whether the case still stands in the phase, and the round, that the step belongs to."""
    states = ladder.PHASES.get(phase_of(step.name))
    same_round = step.key.startswith(f"{case.number}:{case.round}:")
    return states is None or (case.state in states and same_round)


def _concerns(turn: Turn, one: Told) -> bool:
    return bool(case_query.standing(turn.session, turn.staff, one.case, one.elder, turn.today))
