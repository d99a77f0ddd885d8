"""Telling people of a case: a step of the ladder, or news of it, with a delivery line for each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlmodel import Session, col, select

from handlers.case_card import card, phase_of
from handlers.morning import Post, reachable, turn_of
from handlers.nudge import write
from handlers.turn import Office, Turn, local_date
from locales import gettext as _
from locales import mark as N_
from locales import speaking
from models import ahead, case_query, duty
from models.case import (
    ABSENT,
    OPEN,
    URGENT,
    Case,
    CaseNotice,
    CaseStep,
)
from models.elder import Elder
from models.mailbox import EMERGENCY, NUDGE
from models.office_hours import quiet_until
from models.staff import Chat, Staff

KIND = "case"
HEADS = {  # why the card comes now, by the phase of the step
    "open": N_("🔔 New case"),
    "raise": N_("🔔 More urgent now"),
    "reopen": N_("🔔 Not solved: begins anew"),
    "refer": N_("🔔 Referred to you"),
    "ack": N_("🔴 Nobody has acknowledged it"),
    "act": N_("🔴 Nobody has begun yet"),
    "back": N_("🔴 Returned, and nobody has decided"),
    "resolve": N_("🔴 Not resolved in time"),
    "follow_up": N_("🟡 Please follow up: ask whether it is solved"),
    "acked": N_("Acknowledged"),
    "resolved": N_("🟢 Resolved; you will ask whether it is solved"),
    "return": N_("↩️ Returned: please decide who takes it on"),
    "withdraw": N_("Withdrawn: nothing needs to be done any more"),
    "scene": N_("🆘 From the scene"),
    "reached": N_("🟢 Reached: nobody needs to look any more"),
    "evening": N_("🆘 Not reached by evening: please have somebody open the door; 110"),
    "gone": N_("ℹ️ The elder is gone; please settle it with the family"),
    "restored": N_("🔔 Open again: it was withdrawn by mistake"),
    "moved": N_("↪️ Correction: it concerns somebody else"),
    "nobody": N_("⚠️ None of the people to be told was reached: please ring them"),
}


def head(case: Case, name: str) -> str:
    """Why the card comes; what nobody has taken on is not said to be merely unfinished."""
    phase = phase_of(name)
    if case.state == OPEN and phase in ("act", "resolve"):
        phase = "ack"
    return _(HEADS[phase]) if phase in HEADS else ""


def step_key(case: Case, name: str) -> str:
    """The place in the story is part of it: returned twice, a case climbs twice by one rung."""
    return f"{case.number}:{case.round}:{name}:{case.events}"


@dataclass(frozen=True)
class Desk:
    """Where and when somebody is told."""

    session: Session
    office: Office
    now: datetime


def desk(turn: Turn) -> Desk:
    return Desk(turn.session, turn.office, turn.now)


def tell(at: Desk, case: Case, elder: Elder, name: str, people: Iterable[Staff]) -> list[Staff]:
    """Writes one step: a card to each of these people but for who is on leave, and a delivery
    line; who can be written to."""
    session, now = at.session, at.now
    step = write_step(at, case, name)
    away = duty.away(session, local_date(now, at.office.zone))
    wanted = {staff.id: staff for staff in people if staff.id not in away}
    found = reachable(session, col(Staff.id).in_(wanted)) if wanted else []
    posts = [post(at, case, elder, step, one) for one in found]
    write(session, posts, now)
    lines = {staff.id: one.once for (staff, _chat), one in zip(found, posts, strict=True)}
    ahead.write(session, *(notice(step, staff_id, lines.get(staff_id)) for staff_id in wanted))
    return [staff for staff, _chat in found]


def write_step(at: Desk, case: Case, name: str) -> CaseStep:
    key = step_key(case, name)
    step = ahead.new(CaseStep, case_id=case.id, key=key, name=name, at=at.now)
    ahead.write(at.session, step)
    return step


def notice(step: CaseStep, staff_id: UUID, once: str | None) -> CaseNotice:
    state = "waiting" if once else ABSENT
    values = {"step_id": step.id, "staff_id": staff_id, "once": once, "state": state}
    return ahead.new(CaseNotice, **values, at=step.at)


def post(at: Desk, case: Case, elder: Elder, step: CaseStep, to: tuple[Staff, Chat]) -> Post:
    staff, chat = to
    once = f"{KIND}:{step.key}:{staff.id.hex}"
    with speaking(staff.locale or at.office.locale):
        theirs = turn_of(at.session, at.office, at.now, staff, chat)
        reply = card(theirs, case, elder, head(case, step.name))
    return Post(chat, replace(reply, lane=lane(case)), KIND, once, held(at, case), anew=True)


def lane(case: Case) -> int:
    return EMERGENCY if case.severity <= URGENT else NUDGE


def held(at: Desk, case: Case) -> datetime | None:
    """Quiet hours hold what is not urgent."""
    return None if case.severity <= URGENT else quiet_until(at.session, at.now, at.office.zone)


def renew_everywhere(turn: Turn, case: Case, elder: Elder, but: Iterable[Staff] = ()) -> None:
    """The card as it is now, for every other chat that has it; `but` were sent it just now."""
    turn.session.flush()
    told = {staff.id for staff in but}
    ids = [one for one in case_query.holders(turn.session, case.id) if one != turn.chat.id]
    posts = []
    for staff, chat in _readers(turn.session, ids):
        is_ = case_query.standing(turn.session, staff, case, elder, turn.today)
        if staff.id in told or not is_:
            continue
        theirs = turn_of(turn.session, turn.office, turn.now, staff, chat)
        with speaking(staff.locale or turn.office.locale):
            reply = card(theirs, case, elder)
        once = f"{KIND}:{case.number}:{case.round}:rev{case.rev}:{staff.id.hex}"
        posts.append(
            Post(
                chat, replace(reply, lane=lane(case)), KIND, once, not_before=held(desk(turn), case)
            )
        )
    write(turn.session, posts, turn.now)


def _readers(session: Session, chats: Sequence[UUID]) -> list[tuple[Staff, Chat]]:
    statement = (
        select(Staff, Chat)
        .join(Chat, col(Chat.staff_id) == Staff.id)
        .where(
            col(Chat.id).in_(chats),
            col(Staff.left_on).is_(None),
            col(Chat.unreachable_at).is_(None),
        )
    )
    return list(session.exec(statement).all()) if chats else []


def meant(turn: Turn, case: Case, elder: Elder, words: Iterable[str]) -> list[Staff]:
    """Whom these words mean, but for the person who speaks."""
    found = duty.told(turn.session, case, elder, words, turn.today)
    return [staff for staff in found if staff.id != turn.staff.id]
