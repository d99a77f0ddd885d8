"""What the Matrix transport asks of the database: its place in the stream, who is known."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Engine
from sqlmodel import Session, col, select

from bot.reading import read
from handlers.lines import chosen
from models.invitation import Invitation
from models.mailbox import Card, Cursor, Menu, Seen, menu_tried, menu_under
from models.staff import COORDINATOR, Chat, Staff

NETWORK = "matrix"
SINCE, ROOM = "matrix.since", "matrix.room:"
T = TypeVar("T")


class Memory:
    """Reads beside the thread that writes; what is to be kept goes with the next batch."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    async def read(self, work: Callable[[Session], T]) -> T:
        return await read(self.engine, work)

    async def cursors(self) -> dict[str, Any]:
        """All that was kept under the transport's names."""
        ours = select(Cursor.name, Cursor.value).where(col(Cursor.name).startswith("matrix."))
        return dict(await self.read(lambda session: list(session.exec(ours).all())))

    async def seen(self, keys: list[str]) -> set[str]:
        """Those of these events that were handled already."""
        ours = select(Seen.key).where(Seen.network == NETWORK, col(Seen.key).in_(keys))
        return await self.read(lambda session: set(session.exec(ours)))

    async def role(self, address: str) -> str:
        """Of the person who writes from there; empty for somebody unknown."""
        statement = (
            select(Staff.role)
            .join(Chat, col(Chat.staff_id) == Staff.id)
            .where(Chat.network == NETWORK, Chat.address == address)
            .where(col(Staff.left_on).is_(None))
        )
        return await self.read(lambda session: session.exec(statement).first() or "")

    async def somebody_is_expected(self, now: datetime) -> bool:
        """Whether an invitation waits to be used."""
        statement = select(Invitation.code_hash).where(
            col(Invitation.used_at).is_(None), Invitation.expires_at > now
        )
        return await self.read(lambda session: session.exec(statement.limit(1)).first() is not None)

    async def pressed(self, address: str, card: str, key: str) -> str:
        """The code of the choice a reaction means; empty on anything but a card's last place."""

        def ask(session: Session) -> str:
            mine = select(Chat).where(Chat.network == NETWORK, Chat.address == address)
            chat = session.exec(mine).first()
            menu = standing(session, chat.id, card) if chat else None
            return chosen(menu.rows, key) if menu else ""

        return await self.read(ask)

    async def coordinates(self, address: str) -> bool:
        return await self.role(address) == COORDINATOR


def standing(session: Session, chat_id: UUID, native_id: str) -> Menu | None:
    """The choices under a message, unless its card stands elsewhere by now. What was shown just
    before a crash is not known by its id yet."""
    menu = menu_under(session, chat_id, native_id)
    if menu is None:
        return menu_tried(session, chat_id)
    stands = session.get(Card, (chat_id, menu.card)) if menu.card else None
    return None if stands and stands.native_id != native_id else menu
