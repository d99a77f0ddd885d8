"""What came in (so that nothing is handled twice) and what goes out (so that nothing is lost)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import JSON, Column, Index, LargeBinary, bindparam, update
from sqlmodel import Field, Session, SQLModel, col, select

from models.upsert import inserting

REPLY, EMERGENCY, NUDGE, BROADCAST = 0, 1, 2, 3  # lanes: the lower goes first
WAITING, SENDING, SENT, FAILED, DROPPED = "waiting", "sending", "sent", "failed", "dropped"
MAKING = "making"  # an order for a paper: not sent itself, see models.orders
TELL = "tell"  # the kind of what goes to somebody who did not ask


class Seen(SQLModel, table=True):
    """An event of a network that was handled; `error` is the code its writer was given."""

    network: str = Field(primary_key=True)
    key: str = Field(primary_key=True)
    at: datetime
    error: str = ""

    __table_args__ = ({"sqlite_with_rowid": False},)  # the key is all there is: one tree, not two


class Outgoing(SQLModel, table=True):
    """A message to be sent. `seq` gives the order in which a chat must see them.

    `rows` are the buttons: a list of rows, a row a list of [label, code]. `card` names a
    message that may be shown again (a form): with `in_place` the one already shown is edited,
    otherwise a new one is sent and the old one taken away. `pressed` is the native id of the
    message a button was tapped on: the answer shows there, should it be another one. `once`
    makes a row unique for good: kind, subject, day, recipient and stage in one word.
    """

    seq: int = Field(default=None, primary_key=True)
    chat_id: UUID = Field(foreign_key="chat.id")
    lane: int = REPLY
    text: str = ""
    rows: list[list[list[str]]] = Field(
        default_factory=list, sa_column=Column(JSON, nullable=False)
    )
    card: str = ""
    in_place: bool = False
    pressed: str = ""
    file_name: str = ""
    file_data: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    once: str | None = Field(default=None, unique=True)
    kind: str = ""  # "digest", "broadcast" …: looked at again just before it is sent
    state: str = WAITING
    made_at: datetime
    not_before: datetime | None = None
    claimed_until: datetime | None = None
    attempts: int = 0
    sent_at: datetime | None = None
    native_id: str = ""
    problem: str = ""

    __table_args__ = (
        Index("ix_outgoing_state_lane", "state", "lane", "seq"),
        Index("ix_outgoing_chat", "chat_id", "seq"),
        {"sqlite_autoincrement": True},  # never the same number twice: it tells a repeat
    )


class Card(SQLModel, table=True):
    """Where a card was last shown: the network's own id of the message, by chat and card."""

    chat_id: UUID = Field(foreign_key="chat.id", primary_key=True)
    name: str = Field(primary_key=True)
    native_id: str


class Cursor(SQLModel, table=True):
    """A transport's place in its network's stream; also small counters of our own."""

    name: str = Field(primary_key=True)
    value: Any = Field(default=None, sa_column=Column(JSON))


CURSOR = SQLModel.metadata.tables[str(Cursor.__tablename__)]
MOVE = update(CURSOR).where(CURSOR.c.name == bindparam("of")).values(value=bindparam("is"))


def keep(session: Session, cursors: Mapping[str, Any]) -> None:
    """Remembers these, by name, also when another copy of the bot notes the same for the first
    time at this moment."""
    connection = session.connection()
    for name, value in cursors.items():
        if not connection.execute(MOVE, {"of": name, "is": value}).rowcount:
            new = inserting(session, CURSOR).values(name=name, value=value)
            there = {"value": new.excluded.value}
            connection.execute(new.on_conflict_do_update(index_elements=["name"], set_=there))


class Menu(NamedTuple):
    """The buttons of a message; `card` and `kind` are those of its row."""

    rows: list[list[list[str]]]
    card: str = ""
    kind: str = ""


MENU = select(Outgoing.rows, Outgoing.card, Outgoing.kind).where(
    Outgoing.chat_id == bindparam("chat")
)
LAST = MENU.where(Outgoing.made_at <= bindparam("before")).order_by(col(Outgoing.seq).desc())
UNDER = MENU.where(Outgoing.native_id == bindparam("under")).order_by(col(Outgoing.seq).desc())
TRIED = MENU.where(col(Outgoing.state).in_((WAITING, SENDING)), Outgoing.attempts > 0).order_by(
    col(Outgoing.seq).desc()
)


def last_menu(session: Session, chat_id: UUID, before: datetime) -> Menu | None:
    """The buttons of the last message this chat was sent until then, whoever spoke first."""
    found = session.exec(LAST.limit(1), params={"chat": chat_id, "before": before}).first()
    return Menu(list(found[0]), found[1], found[2]) if found else None


def menu_under(session: Session, chat_id: UUID, native_id: str) -> Menu | None:
    """The buttons that stand under a message of the bot's now."""
    found = session.exec(UNDER.limit(1), params={"chat": chat_id, "under": native_id}).first()
    return Menu(list(found[0]), found[1], found[2]) if found else None


def menu_tried(session: Session, chat_id: UUID) -> Menu | None:
    """The buttons of the message that this chat may have been shown, as far as is known."""
    found = session.exec(TRIED.limit(1), params={"chat": chat_id}).first()
    return Menu(list(found[0]), found[1], found[2]) if found else None


def row(chat_id: UUID, text: str, lane: int, now: datetime, **more: Any) -> dict[str, Any]:
    """The values of a new outbox row, for inserting many at once."""
    return {
        "chat_id": chat_id,
        "lane": lane,
        "text": text,
        "rows": [],
        "card": "",
        "in_place": False,
        "pressed": "",
        "file_name": "",
        "file_data": None,
        "once": None,
        "kind": "",
        "state": WAITING,
        "made_at": now,
        "attempts": 0,
        "native_id": "",
        "problem": "",
        **more,
    }
