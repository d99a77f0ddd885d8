"""What the practice page has shown: unlike other networks, this one keeps its messages here."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import JSON, Column, LargeBinary, func
from sqlalchemy.orm import defer
from sqlmodel import Field, Session, SQLModel, col, select


class PageMessage(SQLModel, table=True):
    """A bubble on the page. Every change gives it the next `version`, so that a reader who
    knows one version number can ask for all that is newer and miss nothing.

    `key` is the sender's own id of it; what comes twice with one key is shown once.
    """

    __tablename__ = "page_message"

    id: int = Field(default=None, primary_key=True)
    version: int = Field(default=0, unique=True)
    seat: str
    key: str = Field(unique=True)
    mine: bool = False  # the person wrote it, not the bot
    text: str = ""
    rows: list[list[list[str]]] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False)
    )
    file_name: str = ""
    file_data: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    at: datetime
    removed: bool = False

    __table_args__ = {"sqlite_autoincrement": True}


def next_version(session: Session) -> int:
    """Only inside a transaction that writes, and with one writer at a time."""
    return (session.exec(select(func.max(PageMessage.version))).one() or 0) + 1


def by_key(session: Session, key: str) -> PageMessage | None:
    return session.exec(select(PageMessage).where(PageMessage.key == key)).first()


def add(session: Session, message: PageMessage) -> PageMessage:
    """Adds the message, or gives the one that came with the same key before."""
    known = by_key(session, message.key)
    if known is not None:
        return known
    message.version = next_version(session)
    session.add(message)
    session.flush()
    return message


def change(session: Session, message: PageMessage, **values: object) -> None:
    for name, value in values.items():
        setattr(message, name, value)
    message.version = next_version(session)
    session.add(message)
    session.flush()


def newer(session: Session, version: int) -> Sequence[PageMessage]:
    """All that changed after `version`, oldest change first; files are not read."""
    return session.exec(
        select(PageMessage)
        .where(PageMessage.version > version)
        .order_by(col(PageMessage.version))
        .options(defer(PageMessage.file_data, raiseload=True))  # type: ignore[arg-type]  # a column
    ).all()


def start_of_last(session: Session, count: int) -> int:
    """The version after which the last `count` changes came."""
    versions = select(PageMessage.version).order_by(col(PageMessage.version).desc())
    return session.exec(versions.offset(count).limit(1)).first() or 0


def seats_with_messages(session: Session) -> set[str]:
    return set(session.exec(select(PageMessage.seat).distinct()).all())
