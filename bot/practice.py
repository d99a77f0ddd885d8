"""Practice mode: an invented county, three seats to play, and a clock one may push on.

It has a database of its own, marked as practice; an office's database is never opened.
"""

import asyncio
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sqlalchemy import Engine, delete
from sqlmodel import Session, SQLModel, col, select

from bot.backup import PRACTICE, PURPOSE, prepare
from bot.clock import start_ticking, tick
from bot.config import Settings
from bot.run import House, office_of, settle, stop_on_signals
from bot.transports.webchat import NETWORK, WebChat
from bot.web import Web, listen
from handlers.talk import Incoming
from locales import gettext as _
from models import mailbox
from models.demo import SEED, County, write_county
from models.mailbox import SENDING, WAITING, Cursor, Outgoing
from models.org import Unit, put_setting
from models.staff import Chat, Staff

SEATS = ("seat-1", "seat-2", "seat-3")
ELDERS = 300
MORNING = time(8, 0)
STATE = "practice"  # the cursor that keeps the clock's offset, the epoch and the county's size
QUIET_FOR = 3.0  # seconds "start over" waits for messages on their way


@dataclass(frozen=True)
class Seat:
    """One of the phones on the page and the person who holds it."""

    address: str
    name: str
    role: str
    service_group: str
    place: str
    locale: str


class Practice:
    """The practice county. `epoch` changes when it is built anew: what a page knew is void."""

    def __init__(self, engine: Engine, zone: ZoneInfo, elders: int = ELDERS) -> None:
        self.engine, self.zone, self.elders = engine, zone, elders
        self.offset = timedelta()
        self.epoch = ""

    def now(self) -> datetime:
        """The practice clock: the real one, pushed on as far as was asked for."""
        return datetime.now(UTC) + self.offset

    def open(self) -> None:
        """Reads where practice stood; a new database gets its county, which takes seconds."""
        with Session(self.engine) as session:
            kept = session.get(Cursor, STATE)
            if kept is None:
                self._build(session)
            else:
                self.offset = timedelta(seconds=kept.value["offset"])
                self.epoch, self.elders = kept.value["epoch"], kept.value["elders"]

    def _build(self, session: Session) -> None:
        """Everything away, the county anew, today as the day it is: one transaction."""
        for table in reversed(SQLModel.metadata.sorted_tables):
            session.execute(delete(table))
        put_setting(session, PURPOSE, PRACTICE)
        now = datetime.now(UTC)
        today = now.astimezone(self.zone).date()
        county = write_county(session, self.elders, SEED, today=today, zone=self.zone)
        session.add_all(seats(county, now))
        self._keep(session, timedelta(), secrets.token_hex(4))

    def _keep(self, session: Session, offset: timedelta, epoch: str) -> None:
        value = {"offset": offset.total_seconds(), "epoch": epoch, "elders": self.elders}
        mailbox.keep(session, {STATE: value})
        session.commit()
        self.offset, self.epoch = offset, epoch

    def next_morning(self) -> None:
        """Moves the clock to eight o'clock of the next local day."""
        now = self.now()
        tomorrow = now.astimezone(self.zone).date() + timedelta(days=1)
        morning = datetime.combine(tomorrow, MORNING, self.zone)
        with Session(self.engine) as session:
            self._keep(session, self.offset + (morning - now), self.epoch)

    def ten_minutes_on(self) -> None:
        """So that one can watch how an emergency climbs that nobody answers."""
        with Session(self.engine) as session:
            self._keep(session, self.offset + timedelta(minutes=10), self.epoch)

    def start_over(self, *, force: bool = False) -> bool:
        """Builds the county anew; False while messages are on their way and not `force`.

        The outbox counts from one again, so nobody may still hold a row of the old one.
        """
        on_their_way = select(Outgoing.seq).where(col(Outgoing.state).in_((WAITING, SENDING)))
        with Session(self.engine) as session:
            if not force and session.exec(on_their_way.limit(1)).first():
                return False
            self._build(session)
            return True

    def seats(self) -> list[Seat]:
        """All three, also one whose person has left the chat."""
        with Session(self.engine.execution_options(readonly=True)) as session:
            found = session.exec(
                select(Chat.address, Staff, Unit.name)
                .outerjoin(Staff, col(Staff.id) == Chat.staff_id)
                .outerjoin(Unit, col(Unit.id) == Staff.unit_id)
                .where(col(Chat.network) == NETWORK, col(Chat.address).in_(SEATS))
                .order_by(col(Chat.address))
            )
            return [seat_of(*row) for row in found]

    def speak(self, locale: str) -> None:
        """The language in which the bot writes to all three."""
        with Session(self.engine) as session:
            on_seats = select(Chat.staff_id).where(Chat.network == NETWORK)
            for staff in session.exec(select(Staff).where(col(Staff.id).in_(on_seats))):
                staff.locale = locale
            session.commit()

    def greetings(self) -> Sequence[Incoming]:
        return [Incoming(NETWORK, seat, f"{self.epoch}-{seat}", text="/start") for seat in SEATS]


def seat_of(address: str, staff: Staff | None, place: str | None) -> Seat:
    if staff is None:
        return Seat(address, "", "", "", "", "")
    return Seat(address, staff.name, staff.role, staff.service_group, place or "", staff.locale)


def seats(county: County, now: datetime) -> list[Chat]:
    """A liaison, the county's coordinator, and the housekeeping group's duty officer."""
    people = (county.liaison, county.coordinator, county.duty["housekeeping"])
    return [
        Chat(network=NETWORK, address=seat, staff_id=person, joined_at=now)
        for seat, person in zip(SEATS, people, strict=True)
    ]


def run_practice(settings: Settings) -> None:
    """Until SIGTERM or Ctrl-C. Raises Problem with a sentence when it cannot start."""
    asyncio.run(serve(settings))


async def serve(settings: Settings) -> None:
    settle()
    socket = listen(settings)
    engine = prepare(settings, practice=True)
    practice = Practice(engine, settings.zone)
    print(_("Preparing the practice county ..."), flush=True)
    practice.open()
    chat = WebChat(engine, practice.now, greet=practice.greetings)
    house = House(engine, office_of(settings), {NETWORK: chat}, practice.now)
    chat.run_db = house.run_db
    desk = Desk(house, chat, practice)

    async def more() -> None:
        from bot.chat_page import ChatPage

        start_ticking(house)
        web = Web(settings, house, ChatPage(desk).routes(), socket)
        print(_("Practice page: open %(address)s in your browser.") % {"address": web.address})
        print(_("Everybody in it is invented. Stop it with Ctrl-C."), flush=True)
        await web.serve()

    await house.run_until(stop_on_signals(), more)


@dataclass
class Desk:
    """What the page may ask of practice, beside talking."""

    house: House
    chat: WebChat
    practice: Practice

    async def move_on(self, clock: Callable[[], None]) -> None:
        await self.house.run_db(clock)
        await tick(self.house)
        self.house.deliver.wake()
        await self.chat.notify()

    async def start_over(self) -> None:
        deadline = asyncio.get_running_loop().time() + QUIET_FOR
        while not await self.house.run_db(self.practice.start_over):
            if asyncio.get_running_loop().time() > deadline:
                await self.house.run_db(partial(self.practice.start_over, force=True))
                break
            await asyncio.sleep(0.05)
        await self.chat.welcome()
        await self.chat.notify()

    async def speak(self, locale: str) -> None:
        await self.house.run_db(partial(self.practice.speak, locale))
        await self.chat.notify()
