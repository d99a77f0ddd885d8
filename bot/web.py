"""The one HTTP server: health, metrics, Telegram's webhook, and in practice the chat page.

Loaded only once the networks listen: it takes a quarter of a second to import.
"""

import asyncio
import errno
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, cast

import uvicorn
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlmodel import Session
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from bot import __version__
from bot.config import Problem, Settings
from bot.metrics import Figures, MeasuredReceiver
from locales import gettext as _
from models.outbox import Depth, depth

if TYPE_CHECKING:
    from bot.run import House

ILL = ("conflict", "unreachable")
PATIENCE = 5.0  # seconds the database may take to answer a health check
LARGEST_UPDATE = 1_000_000  # bytes; Telegram's updates are a few kilobytes
GRACE = 5  # seconds an answer under way has when the bot stops
SECRET = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 (the name of the header)


class Web:
    """`routes` are the chat page's, `door` a socket that listens already."""

    def __init__(
        self,
        settings: Settings,
        house: "House",
        routes: Sequence[BaseRoute] = (),
        door: socket.socket | None = None,
    ) -> None:
        self.house = house
        self.door = door or listen(settings)
        self.figures = Figures(house)
        house.receiver = MeasuredReceiver(house, self.figures)
        self.app = Starlette(
            routes=[*self._routes(), *routes], exception_handlers={HTTPException: sentence}
        )

    @property
    def address(self) -> str:
        host, port = self.door.getsockname()[:2]
        return f"http://{f'[{host}]' if ':' in host else host}:{port}/"

    async def serve(self) -> None:
        """Until cancelled; answers under way are finished first."""
        server = Server(
            uvicorn.Config(
                self.app,
                log_config=None,
                access_log=False,
                lifespan="off",
                ws="none",
                server_header=False,
                timeout_graceful_shutdown=GRACE,
            )
        )
        serving = asyncio.create_task(server.serve([self.door]))
        try:
            await asyncio.shield(serving)
        finally:
            server.should_exit = True
            await serving

    def _routes(self) -> list[BaseRoute]:
        routes: list[BaseRoute] = [
            Route("/healthz", self._health),
            Route("/metrics", self._metrics),
        ]
        if getattr(self.house.transports.get("telegram"), "webhook_url", ""):
            routes.append(Route("/telegram/webhook", self._webhook, methods=["POST"]))
        return routes

    async def _health(self, _request: Request) -> Response:
        facts = await health(self.house.engine, self.house.clock, self._networks())
        return JSONResponse(facts, 200 if facts["status"] == "ok" else 503)

    def _networks(self) -> dict[str, str]:
        down = self.house.deliver.outages()
        return {
            name: "unreachable" if name in down else getattr(transport, "status", "listening")
            for name, transport in self.house.transports.items()
        }

    async def _metrics(self, _request: Request) -> Response:
        try:
            text = await asyncio.to_thread(self.figures.text)
        except (SQLAlchemyError, OSError):
            return PlainTextResponse("The database cannot be reached.\n", 503)
        return Response(text, media_type="text/plain; version=0.0.4")

    async def _webhook(self, request: Request) -> Response:
        if not 0 < int(request.headers.get("content-length", "0")) <= LARGEST_UPDATE:
            return Response(status_code=413)
        telegram = cast(Webhook, self.house.transports["telegram"])
        status = await telegram.webhook(await request.body(), request.headers.get(SECRET, ""))
        return Response(status_code=status)


async def sentence(_request: Request, problem: Exception) -> Response:
    """A refusal as the page shows it."""
    refused = cast(HTTPException, problem)
    return JSONResponse({"error": refused.detail}, refused.status_code)


class Webhook(Protocol):
    async def webhook(self, body: bytes, secret: str) -> int: ...


class Server(uvicorn.Server):
    """Leaves the signals to the program it is a part of."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def health(
    engine: Engine, clock: Callable[[], datetime], networks: Mapping[str, str]
) -> dict[str, Any]:
    """Whether it works, in words and numbers that tell nothing about anybody."""
    waiting = await look(engine, clock())
    well = waiting is not None and not any(status in ILL for status in networks.values())
    facts: dict[str, Any] = {
        "status": "ok" if well else "failing",
        "version": __version__,
        "database": "ok" if waiting is not None else "unreachable",
        "networks": dict(networks),
    }
    if waiting is not None:
        facts["waiting"] = queue_facts(waiting, clock())
    return facts


def queue_facts(waiting: Sequence[Depth], now: datetime) -> dict[str, float]:
    oldest = min((one.oldest for one in waiting), default=now)
    return {
        "messages": sum(one.rows for one in waiting),
        "oldest_seconds": round((now - oldest).total_seconds(), 1),
    }


async def look(engine: Engine, now: datetime) -> list[Depth] | None:
    """What waits in the outbox; None when the database does not answer."""

    def ask() -> list[Depth]:
        with Session(engine.execution_options(readonly=True)) as session:
            return depth(session, now)

    try:
        async with asyncio.timeout(PATIENCE):
            return await asyncio.to_thread(ask)
    except (SQLAlchemyError, OSError):  # TimeoutError is an OSError
        return None


def listen(settings: Settings) -> socket.socket:
    """Takes the port before anything else is begun. Raises Problem when it cannot be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    door = socket.socket(family, socket.SOCK_STREAM)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((settings.host, settings.port))
        door.listen(128)
    except OSError as problem:
        door.close()
        raise Problem(no_port(settings, problem)) from None
    door.setblocking(False)
    return door


def no_port(settings: Settings, problem: OSError) -> str:
    if problem.errno == errno.EADDRINUSE:
        return _(
            "Another program already uses %(address)s, perhaps this bot in another window: stop "
            "it, or choose another port with LIAISON_HTTP=%(other)s."
        ) % {"address": settings.http, "other": f"{settings.host}:{settings.port % 65535 + 1}"}
    return _("Cannot listen on %(address)s: give LIAISON_HTTP an address of this machine.") % {
        "address": settings.http
    }
