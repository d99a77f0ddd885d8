"""What is not needed for ever goes after its time; how much went is counted by day."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import String, UpdateBase, cast, or_
from sqlmodel import Field, Session, SQLModel, col, delete, func, select, update

from models.attachment import Photo, Upload
from models.broadcast import Broadcast
from models.card import CardChange
from models.case import RUNNING, Case, CaseEvent
from models.consent import HEALTH, LOCATION, Consent
from models.draft import Draft
from models.elder import HEALTH_FLAGS, Elder, ElderFlag
from models.erasure import BARE_VISIT, erase, may_go
from models.invitation import Invitation, WrongCode
from models.mailbox import DROPPED, FAILED, SENT, Outgoing, Seen
from models.org import setting
from models.page import PageMessage
from models.step import Step
from models.traces import drop_sent_files
from models.visit import Concern, Visit

SEEN_KEPT = timedelta(days=30)  # Telegram repeats an update for a day at most
CODES_KEPT = timedelta(days=30)
STEPS_KEPT = timedelta(days=1)  # can be taken back for minutes; hold what stood there before
PICTURES_KEPT = timedelta(days=1)  # of a card that was thrown away; tables too
COUNTS_KEPT = timedelta(days=400)
DAYS = {  # of the office; how long each kind is kept
    "messages": 30,
    "visits": 3 * 365,
    "ended": 365,
    "consent": 30,
}
LEAST, MOST = 7, 36500
NIGHT = 3  # the hour from which the daily part may run
PORTION = 50  # people erased in one day's run; the others on the next
DAILY = "daily"


class Tidied(SQLModel, table=True):
    """How many rows of a kind went on a day."""

    day: date = Field(primary_key=True)
    kind: str = Field(primary_key=True)
    count: int = 0


def days(session: Session, name: str) -> int:
    return int(setting(session, key(name), DAYS[name]))


def key(name: str) -> str:
    """The office setting."""
    return f"keep_{name}_days"


def tidy(session: Session, now: datetime) -> dict[str, int]:
    """Deletes old keys, sent messages and codes; how many rows of each went."""
    ended = col(Outgoing.state).in_((SENT, FAILED, DROPPED))
    unused = col(Photo.visit_id).is_(None) & col(Photo.case_id).is_(None)
    nobodys = unused & col(Photo.draft_tag).not_in(select(Draft.tag))
    old = now - timedelta(days=days(session, "messages"))
    gone = {
        "photo": delete(Photo).where(nobodys, col(Photo.received_at) < now - PICTURES_KEPT),
        "upload": delete(Upload).where(
            (col(Upload.received_at) < now - PICTURES_KEPT)
            | col(Upload.draft_tag).not_in(select(Draft.tag))
        ),
        "page_message": delete(PageMessage).where(col(PageMessage.at) < old),
        "step": delete(Step).where(col(Step.at) < now - STEPS_KEPT),
        "seen": delete(Seen).where(col(Seen.at) < now - SEEN_KEPT),
        "outgoing": delete(Outgoing).where(ended, col(Outgoing.made_at) < old),
        "broadcast": delete(Broadcast).where(col(Broadcast.made_at) < old),
        "wrong_code": delete(WrongCode).where(col(WrongCode.at) < now - CODES_KEPT),
        "invitation": delete(Invitation).where(col(Invitation.expires_at) < now - CODES_KEPT),
    }
    drop_sent_files(session)
    return {name: _blindly(session, statement) for name, statement in gone.items()}


def _blindly(session: Session, statement: UpdateBase) -> int:
    """How many rows it changed. None is loaded first, which is what the ORM does to keep its
    objects true: of a county's old visits the ids alone took 200 MB."""
    return session.exec(statement.execution_options(synchronize_session=False)).rowcount


def round_of(session: Session, now: datetime, local: datetime) -> dict[str, int]:
    """All that is due now, counted; `local` is the office's time, for what runs once a night."""
    gone = tidy(session, now)
    today = local.date()
    if local.hour >= NIGHT and session.get(Tidied, (today, DAILY)) is None:
        session.add(Tidied(day=today, kind=DAILY, count=1))
        gone |= {
            "visit": _bare_visits(session, today),
            "person": _persons(session, now, today),
            "consent": _consents(session, now),
        }
        session.exec(delete(Tidied).where(col(Tidied.day) < today - COUNTS_KEPT))
    _count(session, today, gone)
    return gone


def _count(session: Session, today: date, gone: Mapping[str, int]) -> None:
    for kind, count in gone.items():
        if count:
            row = session.get(Tidied, (today, kind)) or Tidied(day=today, kind=kind)
            row.count += count
            session.add(row)


def counts(session: Session, since: date) -> dict[str, int]:
    """What went since that day, by kind."""
    statement = select(Tidied.kind, func.sum(Tidied.count)).where(
        Tidied.day >= since, Tidied.kind != DAILY
    )
    return {kind: int(count) for kind, count in session.exec(statement.group_by(Tidied.kind))}


def last_run(session: Session) -> date | None:
    return session.exec(select(func.max(Tidied.day)).where(Tidied.kind == DAILY)).one()


# What is kept of old visits, of those who left, and against somebody's will


def _bare_visits(session: Session, today: date) -> int:
    """After their time only that there was a visit, when and how."""
    told = or_(
        col(Visit.note) != "", col(Visit.place) != "", col(Visit.spirit).is_not(None),
        col(Visit.late_reason) != "", col(Visit.change_reason) != "",
        func.length(cast(Visit.answers, String)) > len("{}"),
    )  # fmt: skip
    old = col(Visit.visited_on) < today - timedelta(days=days(session, "visits"))
    gone = _blindly(session, update(Visit).where(old, told).values(**BARE_VISIT))
    ids = select(Visit.id).where(old)
    _blindly(session, delete(Photo).where(col(Photo.visit_id).in_(ids)))
    words = col(Concern.visit_id).in_(ids), col(Concern.detail) != ""
    _blindly(session, update(Concern).where(*words).values(detail="", severity_reason=""))
    return gone


def _persons(session: Session, now: datetime, today: date) -> int:
    before = today - timedelta(days=days(session, "ended"))
    found = may_go(session, before, PORTION)
    for elder in found:
        erase(session, elder, now)
    return len(found)


def _consents(session: Session, now: datetime) -> int:
    """What was hidden when somebody said no is deleted."""
    due = now - timedelta(days=days(session, "consent"))
    words = session.exec(
        select(Consent).where(
            col(Consent.withdrawn_at) < due, col(Consent.superseded_at).is_(None),
            col(Consent.purged_at).is_(None),
        )
    ).all()  # fmt: skip
    for word in words:
        PURGES.get(word.purpose, _nothing)(session, word)
        word.purged_at = now
    return len(words)


def _nothing(session: Session, word: Consent) -> None:
    """Sharing leaves nothing behind."""


def _purge_health(session: Session, word: Consent) -> None:
    elder = session.get_one(Elder, word.elder_id)
    elder.conditions = elder.allergies = ""
    mine = {"elder_id": word.elder_id}
    session.exec(delete(ElderFlag).filter_by(**mine).where(col(ElderFlag.flag).in_(HEALTH_FLAGS)))
    fields = ("conditions", "allergies", *HEALTH_FLAGS)
    session.exec(delete(CardChange).filter_by(**mine).where(col(CardChange.field).in_(fields)))
    health = {"observation": "health", **mine}
    session.exec(update(Concern).filter_by(**health).values(detail="", severity_reason=""))
    closed = (col(Case.elder_id) == word.elder_id, col(Case.service_group) == "medical",
              col(Case.state).not_in(RUNNING))  # fmt: skip
    ids = select(Case.id).where(*closed)
    session.exec(update(CaseEvent).where(col(CaseEvent.case_id).in_(ids)).values(text=""))
    session.exec(delete(Photo).where(col(Photo.case_id).in_(ids)))
    session.exec(update(Case).where(*closed).values(text="", plan={}))
    before = select(Visit).filter_by(**mine).where(col(Visit.logged_at) <= word.withdrawn_at)
    for visit in session.exec(before).all():
        visit.health, visit.note = None, ""
        visit.answers = {k: v for k, v in visit.answers.items() if not _tells_health(k)}


def _tells_health(name: str) -> bool:
    return name.startswith("health") or name in ("note", "hospital", "until")


def _purge_place(session: Session, word: Consent) -> None:
    visits: Any = update(Visit).where(col(Visit.elder_id) == word.elder_id)
    session.exec(visits.values(place=""))


PURGES = {HEALTH: _purge_health, LOCATION: _purge_place}
