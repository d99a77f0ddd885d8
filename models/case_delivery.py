"""Whether what people were told of a case has arrived: from the outbox into the delivery lines."""

from sqlmodel import Session, col, select

from models.case import WAITING, CaseNotice
from models.mailbox import DROPPED, FAILED, SENT, Outgoing
from models.outbox import SUPERSEDED


def note_arrivals(session: Session) -> None:
    """What the outbox knows of the messages that were on their way."""
    statement = (
        select(CaseNotice, Outgoing)
        .join(Outgoing, col(Outgoing.once) == CaseNotice.once)
        .where(CaseNotice.state == WAITING, col(Outgoing.state).in_((SENT, FAILED, DROPPED)))
    )
    for notice, row in session.exec(statement):
        last = _later(session, row) if row.problem == SUPERSEDED else row
        if last is not None:
            notice.state, notice.arrived_at = last.state, last.sent_at


def _later(session: Session, row: Outgoing) -> Outgoing | None:
    """The later copy of the same card that took its place in the same chat."""
    statement = select(Outgoing).where(
        Outgoing.chat_id == row.chat_id,
        Outgoing.card == row.card,
        col(Outgoing.seq) > row.seq,
        col(Outgoing.state).in_((SENT, FAILED)),
    )
    return session.exec(statement.order_by(col(Outgoing.seq)).limit(1)).first()
