"""What is not needed for ever goes after its time; visits are not touched here."""

from datetime import datetime, timedelta

from sqlmodel import Session, col, delete, select

from models.attachment import Photo, Upload
from models.broadcast import Broadcast
from models.draft import Draft
from models.invitation import Invitation, WrongCode
from models.mailbox import DROPPED, FAILED, SENT, Outgoing, Seen
from models.org import setting
from models.step import Step

SEEN_KEPT = timedelta(days=30)  # Telegram repeats an update for a day at most
MESSAGES_KEPT = timedelta(days=30)
CODES_KEPT = timedelta(days=30)
STEPS_KEPT = timedelta(days=1)  # can be taken back for minutes; hold what stood there before
PICTURES_KEPT = timedelta(days=1)  # of a card that was thrown away; tables too


DAYS = {  # of the office; how long each kind is kept
    "messages": 30,
    "visits": 3 * 365,
    "ended": 365,
    "consent": 30,
}


def days(session: Session, name: str) -> int:
    return int(setting(session, f"keep_{name}_days", DAYS[name]))


def tidy(session: Session, now: datetime) -> dict[str, int]:
    """Deletes old keys, sent messages and codes; how many rows of each went."""
    ended = col(Outgoing.state).in_((SENT, FAILED, DROPPED))
    unused = col(Photo.visit_id).is_(None) & col(Photo.case_id).is_(None)
    nobodys = unused & col(Photo.draft_tag).not_in(select(Draft.tag))
    gone = {
        "photo": delete(Photo).where(nobodys, col(Photo.received_at) < now - PICTURES_KEPT),
        "upload": delete(Upload).where(
            (col(Upload.received_at) < now - PICTURES_KEPT)
            | col(Upload.draft_tag).not_in(select(Draft.tag))
        ),
        "step": delete(Step).where(col(Step.at) < now - STEPS_KEPT),
        "seen": delete(Seen).where(col(Seen.at) < now - SEEN_KEPT),
        "outgoing": delete(Outgoing).where(ended, col(Outgoing.made_at) < now - MESSAGES_KEPT),
        "broadcast": delete(Broadcast).where(col(Broadcast.made_at) < now - MESSAGES_KEPT),
        "wrong_code": delete(WrongCode).where(col(WrongCode.at) < now - CODES_KEPT),
        "invitation": delete(Invitation).where(col(Invitation.expires_at) < now - CODES_KEPT),
    }
    return {name: session.exec(statement).rowcount for name, statement in gone.items()}
