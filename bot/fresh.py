"""Looks at a message nobody asked for again, in the transaction that claims it for sending."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlmodel import Session

from bot.receive import is_out_of_order
from handlers import case_fold, case_tell, escalate, fast_tell, nudge, room_team
from handlers.turn import Office
from models.mailbox import EMERGENCY, FAILED
from models.outbox import Job

Fresh = Job | str | datetime
RENEW = {
    case_tell.KIND: escalate.renew,
    case_fold.KIND: case_fold.renew,
    room_team.KIND: room_team.renew,
    fast_tell.KIND: fast_tell.renew,
}
LOOK_AGAIN = timedelta(minutes=1)
log = structlog.get_logger()


class Recheck:
    """Gives, by seq, the reason why a message is dropped, when it is to be looked at again, or
    the message as it must be now."""

    def __init__(self, office: Office) -> None:
        self.office = office

    def __call__(self, session: Session, jobs: Sequence[Job], now: datetime) -> Mapping[int, Fresh]:
        looked_at = {job.seq: self._apart(session, job, now) for job in jobs if job.kind}
        return {seq: found for seq, found in looked_at.items() if found is not None}

    def _apart(self, session: Session, job: Job, now: datetime) -> Fresh | None:
        """One that cannot be looked at must not hold up all the others: it is dropped, but an
        emergency goes as it was written."""
        try:
            with session.begin_nested():
                return self._now(session, job, now)
        except Exception as problem:  # of whatever writes such a message
            if is_out_of_order(problem):
                raise
            log.error("message_not_renewed", seq=job.seq, kind=job.kind, exc_info=problem)
            return None if job.lane <= EMERGENCY else FAILED

    def _now(self, session: Session, job: Job, now: datetime) -> Fresh | None:
        renew = RENEW.get(job.kind, nudge.renew)
        reply, reason = renew(session, self.office, now, job)
        if reason == nudge.BUSY:
            return now + LOOK_AGAIN
        if reply is None:
            log.info("message_dropped", seq=job.seq, kind=job.kind, why=reason)
            return reason
        if reply.text == job.text:
            return None
        rows = [[[button.label, button.code] for button in row] for row in reply.rows]
        return replace(job, text=reply.text, rows=rows)
