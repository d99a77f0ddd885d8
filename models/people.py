"""Staff and their chats: invitations, who writes from where, who may not any more."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import union
from sqlmodel import Session, and_, col, func, or_, select, update

from models.care import care
from models.elder import Elder
from models.invitation import VALID_FOR, Invitation, WrongCode, hashed, new_code, tidy_code
from models.org import branch
from models.staff import LIAISON, Chat, Staff

WRONG_PER_CHAT = 5  # then this chat waits
WAIT = timedelta(minutes=15)
WRONG_PER_HOUR = 100  # over all chats together


def invite(session: Session, staff: Staff, by: Staff | None, now: datetime) -> str:
    """A new code for this person; earlier unused ones stop working. Returned once, kept hashed."""
    burn(session, staff.id, now)
    code = new_code()
    session.add(
        Invitation(
            code_hash=hashed(code),
            staff_id=staff.id,
            made_by=by.id if by else None,
            made_at=now,
            expires_at=now + VALID_FOR,
        )
    )
    return code


def burn(session: Session, staff_id: UUID, now: datetime) -> None:
    """Unused invitations of this person stop working."""
    unused = and_(col(Invitation.staff_id) == staff_id, col(Invitation.used_at).is_(None))
    session.exec(update(Invitation).where(unused).values(used_at=now))


def invitation_for(session: Session, code: str, now: datetime) -> Invitation | None:
    """The invitation this code opens, if it is unused and in time."""
    return session.exec(
        select(Invitation).where(
            Invitation.code_hash == hashed(tidy_code(code)),
            col(Invitation.used_at).is_(None),
            Invitation.expires_at > now,
        )
    ).first()


def who_writes_from(session: Session, network: str, address: str) -> Staff | None:
    """The person whose own chat this is."""
    mine = select(Staff).join(Chat, col(Chat.staff_id) == Staff.id)
    return session.exec(mine.where(Chat.network == network, Chat.address == address)).first()


def note_wrong(session: Session, chat: Chat, now: datetime) -> None:
    """Counts a wrong code; after five the chat waits, twice as long each time."""
    session.add(WrongCode(at=now, chat_id=chat.id))
    chat.wrong_codes += 1
    if chat.wrong_codes % WRONG_PER_CHAT == 0:
        rounds = min(chat.wrong_codes // WRONG_PER_CHAT, 8)
        chat.wait_until = now + WAIT * 2 ** (rounds - 1)


def guessing(session: Session, now: datetime) -> bool:
    """Whether so many codes were wrong in the last hour that all trying must pause."""
    recent = select(func.count(col(WrongCode.id))).where(WrongCode.at > now - timedelta(hours=1))
    return session.exec(recent).one() >= WRONG_PER_HOUR


def join(session: Session, invitation: Invitation, chat: Chat, now: datetime) -> Staff:
    """Binds the chat to the invited person; an older chat on the same network is let go."""
    invitation.used_at = now
    same = and_(col(Chat.staff_id) == invitation.staff_id, col(Chat.network) == chat.network)
    session.exec(update(Chat).where(same).values(staff_id=None))
    chat.staff_id, chat.joined_at = invitation.staff_id, now
    chat.wrong_codes, chat.wait_until = 0, None
    chat.unreachable_at, chat.unreachable_why = None, ""
    return session.get_one(Staff, invitation.staff_id)


def leave_for_good(session: Session, staff: Staff, today: date, now: datetime) -> int:
    """No longer works here: on no list, not to be invited; the elders wait for somebody else."""
    staff.left_on = today
    return revoke(session, staff, now)


def take_back(session: Session, asker: Staff, code: str) -> Staff | None:
    """Undoes a leaving that was a mistake."""
    staff = session.exec(select(Staff).where(Staff.code == code.upper())).first()
    if not staff or not staff.left_on or staff.unit_id not in branch(session, asker.unit_id):
        return None
    staff.left_on = None
    return staff


def revoke(session: Session, staff: Staff, now: datetime) -> int:
    """Lets go of all chats and invitations of this person; the number of chats it was."""
    burn(session, staff.id, now)
    chats = session.exec(select(Chat).where(Chat.staff_id == staff.id)).all()
    for chat in chats:
        chat.staff_id = None
    return len(chats)


def colleagues(session: Session, asker: Staff, text: str, most: int = 20) -> list[Staff]:
    """Staff within the asker's branch whose name, code, pinyin or initials fit; all for ''."""
    like = text.strip().replace("%", "").replace("_", "")
    statement = select(Staff).where(
        col(Staff.unit_id).in_(branch(session, asker.unit_id)), col(Staff.left_on).is_(None)
    )
    if like:
        statement = statement.where(
            or_(
                col(Staff.code) == like.upper(),
                col(Staff.name).like(f"%{like}%"),
                col(Staff.pinyin).like(f"{like.lower()}%"),
                col(Staff.initials).like(f"{like.lower()}%"),
            )
        )
    return list(session.exec(statement.order_by(Staff.code).limit(most)).all())


def unreachable(session: Session, asker: Staff) -> list[tuple[Staff, Chat]]:
    """Chats within the asker's branch that the network refused to deliver to."""
    statement = (
        select(Staff, Chat)
        .join(Chat, col(Chat.staff_id) == Staff.id)
        .where(
            col(Chat.unreachable_at).is_not(None),
            col(Staff.unit_id).in_(branch(session, asker.unit_id)),
        )
        .order_by(Staff.code)
    )
    return list(session.exec(statement).all())


def askable(session: Session, units: Collection[UUID], code: str, today: date) -> Staff | None:
    """Who has this code, works in one of these places, or looks after somebody who lives there."""
    found = session.exec(select(Staff).where(Staff.code == code)).first() if code else None
    if found is None or found.unit_id in units or _looks_after(session, found, units, today):
        return found
    return None


def _looks_after(session: Session, staff: Staff, units: Collection[UUID], today: date) -> bool:
    """Whether somebody who lives in one of these places is in this person's care."""
    here = select(Elder.id).where(col(Elder.unit_id).in_(units))
    ways = care(lambda who: col(who) == staff.id, today)
    theirs = union(*(way.where(way.selected_columns[0].in_(here)) for way in ways))
    return session.execute(theirs.limit(1)).first() is not None


def liaisons_in(session: Session, units: Collection[UUID]) -> list[Staff]:
    """Who works as a liaison in these places."""
    statement = select(Staff).where(
        Staff.role == LIAISON, col(Staff.left_on).is_(None), col(Staff.unit_id).in_(units)
    )
    return list(session.exec(statement.order_by(col(Staff.code))).all())


def names(session: Session, ids: Collection[UUID | None]) -> dict[UUID, str]:
    """What these people are called."""
    found = session.exec(select(Staff.id, Staff.name).where(col(Staff.id).in_(ids)))
    return {row[0]: row[1] for row in found}
