"""The sweep of the ladder: takes the steps that are due, and looks whether they reached anybody.

A step is claimed by the UPDATE of its case, so that of several processes one takes it; what it
says is looked at once more just before it goes out.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import ColumnElement
from sqlalchemy.exc import OperationalError
from sqlmodel import Session, col, select, update

from handlers.case_card import card, phase_of
from handlers.case_fold import Fold
from handlers.case_tell import Desk, head, tell
from handlers.morning import reader, turn_of
from handlers.talk import Reply
from handlers.turn import Office, local_date
from handlers.unreached import alarm, seek
from locales import speaking
from models import case_query, duty, ladder
from models.case import (
    ABSENT,
    ESCALATED,
    MOOT,
    NOBODY,
    REACHED,
    RUNNING,
    TOLD_NOBODY,
    URGENT,
    WAITING,
    Case,
    CaseNotice,
    CaseStep,
)
from models.case_delivery import note_arrivals
from models.case_record import note_event
from models.elder import Elder
from models.ladder import Hours, Rung
from models.mailbox import FAILED, SENT
from models.office_hours import office_hours
from models.outbox import Job
from models.staff import Staff

AT_ONCE = 20  # cases in one transaction
FOLDED = 60  # of those that are not urgent: they cost less
GRACE = {1: timedelta(minutes=2), 2: timedelta(minutes=10)}  # until a step should have arrived
HELP = (ladder.COORDINATOR, ladder.LEADER)
log = structlog.get_logger()


def sweep(session: Session, office: Office, now: datetime) -> int:
    """Takes what is due at `now`; how many steps and alarms that were."""
    at = Desk(session, office, now)
    note_arrivals(session)
    return alarms(at) + seek(at) + climb(at)


# Climbing


def climb(at: Desk) -> int:
    """What is urgent first, a message for each; of the rest a message for each person."""
    hours, fold = office_hours(at.session, at.office.zone), Fold()
    found = _due(at, col(Case.severity) <= URGENT, AT_ONCE)
    found = found or _due(at, col(Case.severity) > URGENT, FOLDED)
    taken = sum(_apart(at, case, elder, hours, fold) for case, elder in found)
    fold.write(at)
    return taken


def _due(at: Desk, which: ColumnElement[bool], most: int) -> list[tuple[Case, Elder]]:
    statement = (
        select(Case, Elder)
        .join(Elder, col(Elder.id) == Case.elder_id)
        .where(col(Case.next_at) <= at.now, col(Case.state).in_(RUNNING), which)
        .order_by(col(Case.severity), col(Case.next_at), col(Case.number))
        .limit(most)
    )
    return list(at.session.exec(statement).all())


def _apart(at: Desk, case: Case, elder: Elder, hours: Hours, fold: Fold) -> bool:
    """One case that stumbles must not keep the others from climbing."""
    number = case.number
    try:
        with at.session.begin_nested():
            return _step(at, case, elder, hours, fold)
    except OperationalError:  # locked or away: the whole transaction is tried again
        raise
    except Exception as problem:  # of whatever this case holds
        log.error("case_not_climbed", case=number, exc_info=problem)
        return False


def _step(at: Desk, case: Case, elder: Elder, hours: Hours, fold: Fold) -> bool:
    rung = ladder.due(case, at.now, hours)
    if not _claim(at, case, hours):
        return False
    if rung is not None:
        _take(at, case, elder, rung, fold)
    return True


def _claim(at: Desk, case: Case, hours: Hours) -> bool:
    """Whoever gets the row past this rung has the step; the ladder goes on from here."""
    after = Case(**case.model_dump())
    after.climbed_at = at.now
    found = at.session.exec(
        update(Case)
        .where(col(Case.id) == case.id, col(Case.rev) == case.rev)
        .values(climbed_at=at.now, next_at=ladder.next_at(after, hours), rev=case.rev + 1)
        .execution_options(synchronize_session=False)
    )
    at.session.expire(case)
    return found.rowcount == 1


def _take(at: Desk, case: Case, elder: Elder, rung: Rung, fold: Fold) -> None:
    people = duty.told(at.session, case, elder, rung.to, local_date(at.now, at.office.zone))
    if rung.phase == ladder.EVENING:
        alarm(at, case, elder)
    else:
        note_event(at.session, case, ESCALATED, None, at.now)
        say = tell if case.severity <= URGENT else fold.add
        say(at, case, elder, rung.name, people)
    log.info("case_step_taken", case=case.number, step=rung.name, people=len(people))


# What arrived


def alarms(at: Desk) -> int:
    """A step that reached nobody is itself told to the coordinator and the leader."""
    statement = (
        select(CaseStep, Case, Elder)
        .join(Case, col(Case.id) == CaseStep.case_id)
        .join(Elder, col(Elder.id) == Case.elder_id)
        .where(CaseStep.outcome == WAITING)
        .order_by(col(CaseStep.at), col(CaseStep.id))
        .limit(AT_ONCE * 5)
    )
    at.session.flush()
    found = 0
    for step, case, elder in at.session.exec(statement).all():
        step.outcome = _outcome(at, step, case)
        if step.outcome == NOBODY and phase_of(step.name) in ALARMING:
            _alarm(at, case, elder, step)
            found += 1
    return found


ALARMING = {*ladder.PHASES, "open", "raise", "reopen", "refer", "return", "restored"}


def _outcome(at: Desk, step: CaseStep, case: Case) -> str:
    asked = select(CaseNotice.state).where(CaseNotice.step_id == step.id)
    states = set(at.session.exec(asked))
    if SENT in states:
        return REACHED
    if states <= {FAILED, ABSENT}:
        return NOBODY
    if WAITING not in states:
        return MOOT
    grace = GRACE.get(case.severity)
    late = grace is not None and at.now - step.at > grace
    return NOBODY if late else WAITING


def _alarm(at: Desk, case: Case, elder: Elder, step: CaseStep) -> None:
    today = local_date(at.now, at.office.zone)
    people = duty.told(at.session, case, elder, HELP, today)
    reporter = at.session.get_one(Staff, case.reported_by)
    note_event(at.session, case, TOLD_NOBODY, None, at.now)
    tell(
        at,
        case,
        elder,
        f"nobody:{step.name}",
        {one.id: one for one in (*people, reporter)}.values(),
    )
    log.error("case_reached_nobody", case=case.number, step=step.name)


# Just before sending


def renew(session: Session, office: Office, now: datetime, row: Job) -> tuple[Reply | None, str]:
    """The card as it is now, or None with the reason why this message is not sent any more."""
    _kind, number, round_, name, *_rest = str(row.once).split(":")
    found, to = case_query.by_number(session, int(number)), reader(session, row)
    if to is None or found is None:
        return None, "left"
    (staff, chat), (case, elder) = to, found
    states = ladder.PHASES.get(phase_of(name))
    if states and (case.state not in states or case.round != int(round_)):
        return None, "moved on"
    with speaking(staff.locale or office.locale):
        turn = turn_of(session, office, now, staff, chat)
        if not case_query.standing(session, staff, case, elder, turn.today):
            return None, "not theirs any more"
        return card(turn, case, elder, head(case, name)), ""
