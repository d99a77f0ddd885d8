"""Puts the program together, runs it, and stops it without leaving anything behind."""

import asyncio
import gc
import signal
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import structlog
from sqlalchemy import Engine
from sqlmodel import Session

import handlers
from bot.backup import prepare
from bot.config import Settings
from bot.deliver import Deliver
from bot.fresh import Recheck
from bot.matrix_device import FOLDER
from bot.papers import Desk
from bot.receive import NOTHING, Cursors, Received, Receiver
from bot.scribe import Scribe
from bot.transports import Transport
from handlers.talk import Incoming
from handlers.turn import Office
from locales import speaking
from models import mailbox
from models.mailbox import Cursor

if TYPE_CHECKING:
    from bot.transports.matrix import Matrix
    from bot.transports.telegram import Telegram

T = TypeVar("T")
LATE = 2.0  # seconds after which the rest starts although no network answered yet
TELEGRAM_NAME = "telegram.username"
log = structlog.get_logger()


def run(settings: Settings) -> None:
    """Until SIGTERM or Ctrl-C. Raises Problem with a sentence when it cannot start."""
    if settings.practice:
        from bot.practice import run_practice

        run_practice(settings)
    else:
        asyncio.run(serve(settings))


def now() -> datetime:
    return datetime.now(UTC)


def office_of(settings: Settings) -> Office:
    """Names are masked on networks the office does not host, unless it decided otherwise."""
    hosted = {"web", "matrix"} | ({"telegram"} if settings.telegram_full_names else set())
    return Office(settings.zone, settings.locale, frozenset(hosted))


@dataclass
class House:
    """The running parts, and the one thread in which the database is worked on."""

    engine: Engine
    office: Office
    transports: dict[str, Transport]
    clock: Callable[[], datetime] = now
    deliver: Deliver = field(init=False)
    receiver: Receiver = field(init=False)
    scribe: Scribe = field(init=False)
    _thread: ThreadPoolExecutor = field(init=False)
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="database")
        self.receiver = Receiver(self.engine, self.office)
        self.deliver = Deliver(
            self.engine, self.transports, self.clock, self.run_db, recheck=Recheck(self.office)
        )
        desk = Desk(self.engine, self.office)
        self.scribe = Scribe(desk, self.clock, self.run_db, self.deliver.wake)

    def run_db(self, work: Callable[[], T]) -> Awaitable[T]:
        return asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def receive(self, batch: list[Incoming], cursors: Cursors = NOTHING) -> Received:
        """Returns after the commit: only then may a network be told that it has arrived."""
        work = partial(self.receiver.receive, batch, self.clock(), cursors)
        received = await self.run_db(work)
        if received.replies:
            self.deliver.wake()
        if received.orders:
            self.scribe.wake()
        for network, address, role, locale in received.menus:
            self._later(self._menu(network, address, role, locale))
        return received

    async def _menu(self, network: str, address: str, role: str, locale: str) -> None:
        show = getattr(self.transports[network], "menu", None)
        if show is not None:
            with speaking(locale):
                await show(address, handlers.menu_for(role))

    def _later(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def run_until(self, stop: asyncio.Event, more: Callable[[], Awaitable[None]]) -> None:
        """Listens and sends; `more` is what may start once the networks listen.

        The first part that ends, ends the rest; what is on its way is seen through.
        """
        sending = asyncio.create_task(self.deliver.run())
        parts: list[asyncio.Task[Any]] = [
            asyncio.create_task(t.run(self.receive)) for t in self.transports.values()
        ]
        parts.append(asyncio.create_task(self.scribe.run()))
        parts += [asyncio.create_task(self._after_start(more)), asyncio.create_task(stop.wait())]
        try:
            watched = [*parts, sending]  # a bot that no longer sends must not look alive
            done, _rest = await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            await self._stop(parts, sending)

    async def _after_start(self, more: Callable[[], Awaitable[None]]) -> None:
        deadline = asyncio.get_running_loop().time() + LATE
        while self._starting() and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(0.05)
        await more()
        await asyncio.Event().wait()

    def _starting(self) -> bool:
        return any(getattr(t, "status", "") == "starting" for t in self.transports.values())

    async def _stop(self, parts: list[asyncio.Task[Any]], sending: asyncio.Task[None]) -> None:
        for task in parts:
            task.cancel()
        await asyncio.gather(*parts, return_exceptions=True)
        if not sending.done():
            await self.deliver.drain()
        await asyncio.gather(sending, return_exceptions=True)  # the loop's end cancels it, too
        for transport in self.transports.values():
            await transport.close()
        self._thread.shutdown()
        self.engine.dispose()
        log.info("stopped")


def stop_on_signals() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def serve(settings: Settings) -> None:
    engine = prepare(settings)
    office = office_of(settings)
    telegram, matrix = telegram_of(settings), matrix_of(settings, engine)
    house = House(engine, office, configured(telegram, matrix))
    if telegram is not None:
        telegram.reach = house.deliver.reach
    if matrix is not None:
        matrix.reach, matrix.move = house.deliver.reach, house.deliver.move

    async def more() -> None:
        from bot.clock import start_ticking
        from bot.web import Web

        if telegram is not None:
            await house.run_db(partial(note_links, engine, office, telegram.username))
        start_ticking(house)
        await Web(settings, house).serve()

    settle()
    await house.run_until(stop_on_signals(), more)


def settle() -> None:
    """What is loaded stays: garbage is looked for among the rest only, and less often than by
    default, since what a batch makes is gone without looking."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


def configured(*networks: Transport | None) -> dict[str, Transport]:
    return {network.network: network for network in networks if network is not None}


def telegram_of(settings: Settings) -> "Telegram | None":
    """None when it is not configured: then nothing of it is imported."""
    if not settings.telegram_token.get_secret_value():
        return None
    from bot.transports.telegram import Telegram

    return Telegram(
        settings.telegram_token.get_secret_value(),
        api=settings.telegram_api,
        proxy=settings.telegram_proxy.get_secret_value(),
        webhook_url=settings.telegram_webhook_url,
        webhook_secret=settings.telegram_webhook_secret.get_secret_value(),
    )


def matrix_of(settings: Settings, engine: Engine) -> "Matrix | None":
    """None when it is not configured: then nothing of it is imported."""
    if not settings.matrix_homeserver:
        return None
    from bot.transports.matrix import Matrix

    return Matrix(
        engine,
        settings.matrix_homeserver,
        settings.matrix_user,
        settings.matrix_password.get_secret_value(),
        settings.data_dir / FOLDER,
        clock=now,
    )


def note_links(engine: Engine, office: Office, username: str) -> None:
    """Remembers the bot's name on Telegram, from which invitations make their links."""
    with Session(engine) as session:
        if username:
            mailbox.keep(session, {TELEGRAM_NAME: username})
            session.commit()
        office.links.update(links(session))


def links(session: Session) -> dict[str, str]:
    """Network to the address that opens an invitation there."""
    known = session.get(Cursor, TELEGRAM_NAME)
    return {"telegram": f"https://t.me/{known.value}?start={{code}}"} if known else {}
