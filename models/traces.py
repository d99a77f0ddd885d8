"""Where else a person is spoken of: drafts, messages, cards, steps that can be taken back, tables
that wait. What is still to be said of somebody of the same name is left alone."""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, String, cast, literal, or_
from sqlmodel import Session, and_, col, delete, select, update

from models.attachment import Photo, Upload
from models.audit import Audit
from models.broadcast import Broadcast
from models.case import Case
from models.draft import Draft
from models.elder import Elder, masked
from models.fast_track import FastTrack
from models.mailbox import DROPPED, FAILED, SENDING, SENT, WAITING, Card, Outgoing
from models.page import PageMessage
from models.staff import Chat
from models.step import Step
from models.visit import Visit

NOBODY = "***"  # in place of what was said
BARE: dict[str, Any] = {"text": NOBODY, "rows": [], "file_name": "", "file_data": None}
AT_ONCE = 500  # ids in one statement


class Words(NamedTuple):
    """`sure` can mean nobody else: only they take away what is still to be done or said. `all`
    may mean a namesake too, and are enough for what was said already."""

    sure: Collection[str]
    all: Collection[str]


def words(session: Session, elder: Elder) -> Words:
    """Code, name, the name as it is masked, and the row's own id."""
    own = {elder.code, str(elder.id), elder.id.hex}
    names = {elder.name, masked(elder.name)}
    others = session.exec(select(Elder.name).where(Elder.id != elder.id)).all()
    shared = {one for one in names for other in others if one in other or one == masked(other)}
    return Words(own | names - shared, own | names)


def wipe(session: Session, elder: Elder) -> None:
    """Rows go, or nothing is left in them but that something was said."""
    sure, every = words(session, elder)
    _drafts(session, elder)
    waits = col(Outgoing.state).in_((WAITING, SENDING))
    told = (Outgoing, ("text", "rows", "file_name", "card"))
    _blank(session, *told, sure, BARE | {"state": DROPPED, "problem": "forgotten"}, waits)
    _blank(session, *told, every, BARE, ~waits)
    _blank(session, PageMessage, ("text", "rows", "file_name"), every, BARE)
    _blank(session, Broadcast, ("text",), sure, {"text": NOBODY})
    _blank(session, Audit, ("detail",), sure, {"detail": ""})
    _delete(session, Step, _speaking(session, Step, ("about", "rows", "entries"), sure))
    _delete(session, Card, _speaking(session, Card, ("name",), sure))
    drop_sent_files(session)
    session.exec(delete(Upload))  # a roster that waits would bring the person back


def drop_sent_files(session: Session) -> int:
    """What is inside a workbook cannot be searched; once it has gone out nobody needs it here.
    Not the data of an order: its paper is still to be made."""
    ended = col(Outgoing.state).in_((SENT, FAILED, DROPPED))
    sent = and_(ended, col(Outgoing.file_data).is_not(None))
    return session.exec(update(Outgoing).where(sent).values(file_data=None)).rowcount


def _drafts(session: Session, elder: Elder) -> None:
    """With their pictures."""
    ids = _draft_ids(session, elder)
    for some in _portions(ids):
        tags = select(Draft.tag).where(col(Draft.id).in_(some))
        loose = and_(col(Photo.visit_id).is_(None), col(Photo.case_id).is_(None))
        session.exec(delete(Photo).where(loose, col(Photo.draft_tag).in_(tags)))
    _delete(session, Draft, ids)


def _draft_ids(session: Session, elder: Elder) -> set[Any]:
    """Begun for this elder, a visit or a case of theirs, or speaking of them."""
    sure, _every = words(session, elder)
    subjects = _subjects(session, elder)
    named = select(Draft.id, Draft.subject).where(col(Draft.subject) != "")
    ids: set[Any] = {id_ for id_, subject in session.exec(named) if subject in subjects}
    return ids | set(_speaking(session, Draft, ("subject", "answers", "context"), sure))


def _subjects(session: Session, elder: Elder) -> set[str]:
    visits = session.exec(select(Visit.ref).where(Visit.elder_id == elder.id)).all()
    cases = session.exec(select(Case.number).where(Case.elder_id == elder.id)).all()
    own = select(Case.id).where(Case.elder_id == elder.id)
    tracks = session.exec(select(FastTrack.ref).where(col(FastTrack.case_id).in_(own))).all()
    return {
        elder.code, *visits, *(f"fix {ref}" for ref in visits), *map(str, cases),
        *(f"@{ref}" for ref in tracks),
    }  # fmt: skip


# Handing over


class Said(NamedTuple):
    """A message: to, or `written` by, somebody of the office."""

    at: datetime
    staff_id: UUID | None
    written: bool
    text: str


def drafts_of(session: Session, elder: Elder) -> list[Draft]:
    """The oldest first."""
    found = session.exec(select(Draft).where(col(Draft.id).in_(_draft_ids(session, elder))))
    return sorted(found, key=lambda one: one.started_at)


def said_of(session: Session, elder: Elder) -> list[Said]:
    """What was said of this person and nobody else: of a longer message the lines that name
    them, with the names and codes of others hidden. The oldest first."""
    sure, _every = words(session, elder)
    told = (
        select(Outgoing.made_at, Chat.staff_id, literal(False), Outgoing.text)
        .join(Chat, col(Chat.id) == Outgoing.chat_id)
        .where(_named(session, Outgoing, sure))
    )
    typed = (
        select(PageMessage.at, Chat.staff_id, literal(True), PageMessage.text)
        .outerjoin(Chat, and_(Chat.network == "web", Chat.address == PageMessage.seat))
        .where(_named(session, PageMessage, sure), col(PageMessage.mine))
    )
    own, others = _spelt(sure), _others(session, elder)
    rows = [Said(*row) for one in (told, typed) for row in session.exec(one)]
    kept = (one._replace(text=_about(one.text, own, others)) for one in rows)
    return sorted(kept, key=lambda one: one.at)


def _named(session: Session, table: Any, said: Collection[str]) -> ColumnElement[bool]:
    found: ColumnElement[bool] = _key(table).in_(_speaking(session, table, ("text",), said))
    return found


def _others(session: Session, elder: Elder) -> set[str]:
    rows = session.exec(select(Elder.name, Elder.code).where(Elder.id != elder.id)).all()
    return {word for name, code in rows for word in (name, masked(name), code)} - {elder.name}


def _spelt(said: Collection[str]) -> re.Pattern[str]:
    longest_first = sorted(said, key=len, reverse=True)
    return re.compile("|".join(map(_whole, longest_first)) or r"(?!)")


def _about(text: str, own: re.Pattern[str], others: Collection[str]) -> str:
    lines = [line for line in text.splitlines() if own.search(line)]
    beside = _spelt([one for one in others if any(one in line for line in lines)])
    return "\n".join(beside.sub(NOBODY, line) for line in lines)


# Finding


def _blank(
    session: Session, table: Any, columns: Iterable[str], said: Collection[str],
    values: Mapping[str, Any], *where: ColumnElement[bool],
) -> None:  # fmt: skip
    key = _key(table)
    for some in _portions(_speaking(session, table, columns, said, *where)):
        session.exec(update(table).where(key.in_(some)).values(**values))


def _delete(session: Session, table: Any, ids: Collection[Any]) -> None:
    for some in _portions(ids):
        session.exec(delete(table).where(_key(table).in_(some)))


def _key(table: Any) -> Any:
    """Of a chat's cards the name: it tells one card wherever it is shown."""
    return col(table.name) if table is Card else next(iter(table.__table__.primary_key.columns))


def _portions(ids: Collection[Any]) -> Iterable[list[Any]]:
    found = list(ids)
    return (found[at : at + AT_ONCE] for at in range(0, len(found), AT_ONCE))


def _speaking(
    session: Session, table: Any, columns: Iterable[str], said: Collection[str],
    *where: ColumnElement[bool],
) -> list[UUID | int | str]:  # fmt: skip
    """The keys of the rows that hold one of the words as a whole: E0004 is not in E00041."""
    texts = [cast(getattr(table, name), String).label(f"of_{name}") for name in columns]
    forms = {form for word in said for form in (word, _escaped(word))}
    likely = [text.like(f"%{_plain(form)}%", escape="!") for text in texts for form in forms]
    whole = re.compile("|".join(_whole(form) for form in forms))
    rows = session.execute(select(_key(table), *texts).where(or_(*likely), *where))
    return [key for key, *held in rows if any(whole.search(one or "") for one in held)]


def _whole(word: str) -> str:
    """Chinese has no gaps between words; before a code may stand the end of an escaped one."""
    if not word.replace("-", "").isalnum() or not word.isascii():
        return re.escape(word)
    return rf"(?:(?<![0-9A-Za-z])|(?<=\\u[0-9a-f]{{4}})){word}(?![0-9A-Za-z])"


def _plain(word: str) -> str:
    return word.replace("!", "!!").replace("%", "!%").replace("_", "!_")


def _escaped(name: str) -> str:
    """As JSON may hold it: 高 is \\u9ad8 there."""
    return name.encode("ascii", "backslashreplace").decode()
