"""One batch of incoming messages: what is new is answered, and everything commits together.

1. What the batch needs (seen keys, chats, people, drafts) is read in a few queries.
2. Messages are handled in order, in memory.
3. Answers go to the outbox, keys to `seen`, drafts are flushed: one transaction.
4. Only when a handler raises is the batch rolled back and replayed one by one, so that one
   message that cannot be handled takes nobody else's with it.
"""

import secrets
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Engine, bindparam, insert
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session, col, select

import handlers
from handlers import order
from handlers.foresee import foresee, only_answers
from handlers.talk import Incoming, Reply
from handlers.turn import Newcomer, Office, Turn, local_date
from locales import gettext as _
from locales import speaking
from models import ahead, mailbox
from models.draft import AsRead, OpenDraft, as_read, in_hands, store
from models.foreseen import read_ahead
from models.mailbox import Outgoing, Seen
from models.office_hours import quiet_until
from models.staff import Chat, Staff

log = structlog.get_logger()
TOUCH_AFTER = timedelta(minutes=10)  # how often "last written" of a chat is worth a write
RETRIES = 3
Cursors = Mapping[str, Any]
NOTHING: Cursors = {}
FOR_GOOD = (IntegrityError, DataError, ProgrammingError)


@dataclass
class Received:
    """`toasts` answer button presses (press, words); `replies` counts new outbox rows,
    `orders` those among them for which a paper is to be made;
    `menus` are chats whose list of commands has changed: (network, address, role, locale)."""

    toasts: list[tuple[str, str]] = field(default_factory=list)
    replies: int = 0
    orders: int = 0
    menus: list[tuple[str, str, str, str]] = field(default_factory=list)


@dataclass
class Batch:
    """What one transaction knows and has to say."""

    session: Session
    now: datetime
    chats: dict[tuple[str, str], Chat]
    staff: dict[UUID, Staff]
    drafts: dict[UUID, list[OpenDraft]]
    seen: set[tuple[str, str]]
    before: dict[UUID, AsRead] = field(default_factory=dict)  # the drafts
    rows: list[dict[str, Any]] = field(default_factory=list)
    shown: dict[UUID, mailbox.Menu] = field(default_factory=dict)
    keys: list[dict[str, Any]] = field(default_factory=list)
    result: Received = field(default_factory=Received)

    def staff_of(self, said: Incoming) -> Staff | None:
        chat = self.chats[said.network, said.chat]
        return self.staff.get(chat.staff_id) if chat.staff_id else None


class Receiver:
    """Turns incoming messages into committed facts and outbox rows. Thread-safe per engine."""

    def __init__(self, engine: Engine, office: Office) -> None:
        self.engine = engine
        self.office = office

    def receive(
        self, messages: Sequence[Incoming], now: datetime, cursors: Cursors = NOTHING
    ) -> Received:
        """Handles the batch; returns after the commit. Raises only when the database fails.
        `cursors`, a network's place in its stream, are stored with what they brought."""
        messages = [storable(said) for said in messages]
        try:
            return self._together(messages, now, cursors)
        except Exception as error:  # if a handler raised, the next lines find out which
            if is_out_of_order(error):
                raise
            log.info("batch_replayed", why=type(error).__name__, size=len(messages))
        total = self._one_by_one(messages, now)
        self._together((), now, cursors)
        return total

    def _together(
        self, messages: Sequence[Incoming], now: datetime, cursors: Cursors = NOTHING
    ) -> Received:
        with Session(self.engine, expire_on_commit=False) as session:
            batch = read_batch(session, messages, now)
            foreseen = self._read_ahead(batch, messages)
            for said in messages:
                if said.key not in foreseen and not only_answers(said):
                    ahead.forget_all(session)
                self._handle(batch, said)
            write_batch(batch)
            mailbox.keep(session, cursors)
            session.commit()
            return batch.result

    def _read_ahead(self, batch: Batch, messages: Iterable[Incoming]) -> set[str]:
        """The keys of the messages for which it was done; any other may change what was read, and
        reads for itself."""
        found = {}
        for said in messages:
            staff = batch.staff_of(said)
            one = foresee(said, staff, batch.drafts.get(staff.id, ())) if staff else None
            if one:
                found[said.key] = one
        ahead.begin(batch.session)
        read_ahead(batch.session, found.values(), local_date(batch.now, self.office.zone))
        return set(found)

    def _one_by_one(self, messages: Sequence[Incoming], now: datetime) -> Received:
        total = Received()
        for said in messages:
            one = self._alone(said, now)
            total.toasts += one.toasts
            total.replies += one.replies
            total.orders += one.orders
            total.menus += one.menus
        return total

    def _alone(self, said: Incoming, now: datetime) -> Received:
        """One message in its own transaction; if it cannot be handled its writer is told."""
        for _attempt in range(RETRIES):
            try:
                return self._together([said], now)
            except (StaleDataError, IntegrityError) as error:
                problem: Exception = error  # another worker was first: read again and see
            except Exception as error:  # the handler's: its writer gets an apology
                if is_out_of_order(error):
                    raise
                return self._apologise(said, now, error)
        return self._apologise(said, now, problem)

    def _handle(self, batch: Batch, said: Incoming) -> None:
        identity = (said.network, said.key)
        if identity in batch.seen:
            return
        batch.seen.add(identity)
        batch.keys.append({"network": said.network, "key": said.key, "at": batch.now, "error": ""})
        chat = batch.chats[said.network, said.chat]
        staff = batch.staff_of(said)
        with speaking(self._language(staff, said)):
            replies = self._answer(batch, said, chat, staff)
        self._post(batch, said, chat, replies)

    def _language(self, staff: Staff | None, said: Incoming) -> str:
        if staff is not None:
            return staff.locale or self.office.locale
        if said.language:
            return "zh_CN" if said.language.startswith("zh") else "en"
        return self.office.locale

    def _answer(self, batch: Batch, said: Incoming, chat: Chat, staff: Staff | None) -> list[Reply]:
        touch(chat, batch.now)
        if not said.private:
            room = Newcomer(batch.session, self.office, batch.now, said, chat)
            replies = handlers.in_group(room)
            chat.joined_at = chat.joined_at or batch.now
            return replies
        if staff is None or staff.left_on is not None:
            new = Newcomer(batch.session, self.office, batch.now, said, chat)
            new.menu = batch.shown.get(chat.id)
            replies = handlers.stranger(new)
            after = new.joined
        else:
            drafts = batch.drafts.setdefault(staff.id, [])
            turn = Turn(batch.session, self.office, batch.now, said, chat, staff, drafts)
            turn.menu = batch.shown.get(chat.id)
            replies = handlers.answer(turn)
            after = staff if chat.staff_id else None
        self._note_identity(batch, said, staff, after)
        return replies

    def _note_identity(
        self, batch: Batch, said: Incoming, before: Staff | None, after: Staff | None
    ) -> None:
        """Who writes from here may have changed: joined, left, or another language."""
        if after is not None and after is not before:
            batch.staff[after.id] = after
            load_drafts(batch, [after.id])
        if after is not before or "/settings" in (said.choice + said.text):
            role = after.role if after else ""
            locale = self._language(after, said)
            batch.result.menus.append((said.network, said.chat, role, locale))

    def _post(self, batch: Batch, said: Incoming, chat: Chat, replies: Iterable[Reply]) -> None:
        replies = list(replies)
        for reply in replies:
            if reply.text or reply.file_data:
                row = outbox_row(batch.session, said, chat, reply, batch.now, self.office)
                batch.rows.append(row)
                batch.result.orders += row["state"] == mailbox.MAKING
                batch.shown[row["chat_id"]] = mailbox.Menu(row["rows"], row["card"], row["kind"])
        if said.press:
            batch.result.toasts.append((said.press, next((r.toast for r in replies), "")))

    def failed(self, said: Incoming, error: Exception) -> None:
        """A message could not be handled: for whoever counts that."""

    def _apologise(self, said: Incoming, now: datetime, error: Exception) -> Received:
        """Keeps the key with an error code, logs the code, and tells the writer."""
        self.failed(said, error)
        code = secrets.token_hex(2).upper()
        log.error("message_failed", code=code, network=said.network, kind=type(error).__name__,
                  where=where(error))  # fmt: skip
        with Session(self.engine, expire_on_commit=False) as session:
            batch = read_batch(session, [said], now)
            if (said.network, said.key) in batch.seen:
                return batch.result
            chat = batch.chats[said.network, said.chat]
            staff = batch.staff_of(said)
            with speaking(self._language(staff, said)):
                text = _(
                    "Sorry, that went wrong on our side (code %(code)s). Nothing you entered "
                    "before is lost. Please try once more; if it happens again, tell the office."
                ) % {"code": code}
            self._post(batch, said, chat, [Reply(text)])
            batch.keys.append({"network": said.network, "key": said.key, "at": now, "error": code})
            write_batch(batch)
            session.commit()
            return batch.result


def is_out_of_order(error: Exception) -> bool:
    """Whether the database is to blame (locked, full, away) and trying again may help. Of what
    it refuses for good the writer is told: tried for ever, it would hold everybody else up."""
    if not isinstance(error, DBAPIError) or isinstance(error, FOR_GOOD):
        return False
    refused = getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_ERROR
    beyond_limits = str(getattr(error.orig, "sqlstate", "")).startswith("54")
    return not (refused or beyond_limits)


def storable(said: Incoming) -> Incoming:
    """Without what databases refuse: NUL, and the half of a character that a cut left behind."""
    text, choice = whole(said.text), whole(said.choice)
    if (text, choice) == (said.text, said.choice):
        return said
    return said._replace(text=text, choice=choice)


def whole(text: str) -> str:
    if text.isprintable():  # neither of them is: most texts need no copy
        return text
    return text.replace("\0", "").encode(errors="replace").decode()


def where(error: Exception) -> str:
    """File and line of the failure: enough to find it, and no content of the message."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return (
        f"{trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}" if trace else ""
    )


# Reading and writing a batch


def read_batch(session: Session, messages: Sequence[Incoming], now: datetime) -> Batch:
    """Everything the batch needs, in three queries."""
    chats, staff = load_chats(session, messages)
    batch = Batch(session, now, chats, staff, {}, load_seen(session, messages))
    load_drafts(batch, staff)
    return batch


SEEN = select(Seen.network, Seen.key).where(
    col(Seen.network).in_(bindparam("networks", expanding=True)),
    col(Seen.key).in_(bindparam("keys", expanding=True)),
)


def load_seen(session: Session, messages: Sequence[Incoming]) -> set[tuple[str, str]]:
    networks, keys = {said.network for said in messages}, [said.key for said in messages]
    asked = session.connection().execute(SEEN, {"networks": networks, "keys": keys})
    return {(network, key) for network, key in asked}


CHATS = (
    select(Chat, Staff)
    .outerjoin(Staff, col(Staff.id) == Chat.staff_id)
    .where(
        col(Chat.network).in_(bindparam("networks", expanding=True)),
        col(Chat.address).in_(bindparam("addresses", expanding=True)),
    )
    .order_by(col(Chat.id))
    .with_for_update(of=Chat, key_share=True)  # others may write to these chats meanwhile
)


def load_chats(
    session: Session, messages: Sequence[Incoming]
) -> tuple[dict[tuple[str, str], Chat], dict[UUID, Staff]]:
    """The chats written from, locked in one order, and whose they are; new ones are made."""
    private = {(said.network, said.chat): said.private for said in messages}
    networks, addresses = ({pair[at] for pair in private} for at in (0, 1))
    found = session.exec(CHATS, params={"networks": networks, "addresses": addresses}).all()
    chats = {(chat.network, chat.address): chat for chat, _staff in found}
    for network, address in private.keys() - chats.keys():
        chat = Chat(network=network, address=address, private=private[network, address])
        session.add(chat)
        chats[network, address] = chat
    return chats, {staff.id: staff for _chat, staff in found if staff}


def load_drafts(batch: Batch, staff_ids: Iterable[UUID]) -> None:
    wanted = [one for one in staff_ids if one not in batch.drafts]
    batch.drafts |= {one: [] for one in wanted}
    for draft in in_hands(batch.session, wanted):
        batch.drafts[draft.staff_id].append(draft)
        batch.before[draft.id] = as_read(draft)


def touch(chat: Chat, now: datetime) -> None:
    """Notes that this chat is alive; whoever writes can be reached again."""
    if chat.last_at is None or now - chat.last_at > TOUCH_AFTER:
        chat.last_at = now
    if chat.unreachable_at is not None:
        chat.unreachable_at, chat.unreachable_why = None, ""


def outbox_row(
    session: Session, said: Incoming, chat: Chat, reply: Reply, now: datetime, office: Office
) -> dict[str, Any]:
    """A notice to somebody who did not ask waits for the end of the quiet hours."""
    held = reply.to is not None and reply.lane == mailbox.NUDGE
    return mailbox.row(
        reply.to or chat.id,
        reply.text,
        reply.lane,
        now,
        rows=[[[button.label, button.code] for button in row] for row in reply.rows],
        card=reply.card,
        in_place=bool(reply.card and reply.card in said.choice),
        pressed=said.card if reply.card and reply.card in said.choice else "",
        kind=mailbox.TELL if reply.to else "",
        file_name=reply.file_name,
        file_data=reply.file_data,
        state=mailbox.MAKING if reply.file_name.endswith(order.SUFFIX) else mailbox.WAITING,
        not_before=quiet_until(session, now, office.zone) if held else None,
    )


def write_batch(batch: Batch) -> None:
    """Facts first, then what is to be said about them."""
    ahead.write_out(batch.session)
    batch.session.flush()
    store(batch.session, batch.before, chain.from_iterable(batch.drafts.values()))
    connection = batch.session.connection()
    if batch.keys:
        connection.execute(insert(Seen), batch.keys)
    if batch.rows:
        connection.execute(insert(Outgoing), batch.rows)
    batch.result.replies += len(batch.rows)
