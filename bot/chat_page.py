"""The practice page over HTTP: what the browser may ask for, and what it may not.

There is no login, since everybody in the data is invented; but no other web site that is open
in the same browser may use the page: see `Guard`.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from mimetypes import guess_type
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from starlette.datastructures import FormData, Headers, MutableHeaders, UploadFile
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import handlers
from bot.page_words import words
from bot.practice import SEATS, Desk, Seat
from bot.transports import Later
from bot.transports.webchat import NETWORK, Said
from handlers.concern_words import GROUP_NAMES
from handlers.join import ROLE_NAMES
from handlers.talk import Attachment, Incoming
from locales import LANGUAGES, speaking
from locales import gettext as _
from models.page import PageMessage

PAGE = Path(__file__).parent / "page"
LONGEST_TEXT = 4096  # characters, as on Telegram
LONGEST_CHOICE = 64  # bytes
LARGEST_FILE = 10 * 1024 * 1024
LARGEST_POST = LARGEST_FILE + 64 * 1024
LONGEST_AGO = timedelta(days=3)  # how long a message may have waited on the phone
PING = 15.0  # seconds of silence after which the stream shows that it lives
KEY = re.compile(r"[A-Za-z0-9-]{8,64}")
SHOWN = {"image/png", "image/jpeg", "image/webp", "image/gif"}
MARK = "x-liaison"  # only our own script can send it; its value is the language of the page
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}


class ChatPage:
    def __init__(self, desk: Desk) -> None:
        self.desk, self.chat, self.practice = desk, desk.chat, desk.practice
        self.office = desk.house.office

    def routes(self) -> Sequence[BaseRoute]:
        inside = [
            Route("/", self.index),
            Mount("/page", StaticFiles(directory=PAGE)),
            Route("/api/page", self.state),
            Route("/api/events", self.events),
            Route("/api/{seat}/say", self.say, methods=["POST"]),
            Route("/api/{seat}/file/{number:int}", self.file),
            Route("/api/later", self.later, methods=["POST"]),
            Route("/api/morning", self.morning, methods=["POST"]),
            Route("/api/restart", self.restart, methods=["POST"]),
            Route("/api/language", self.language, methods=["POST"]),
        ]
        return [Mount("/", routes=inside, middleware=[Middleware(Guard)])]

    async def index(self, _request: Request) -> Response:
        return FileResponse(PAGE / "index.html")

    async def state(self, _request: Request) -> Response:
        """Everything around the messages: who sits where, the clock, the words."""
        seats = await asyncio.to_thread(self.practice.seats)
        locale = next((seat.locale for seat in seats if seat.locale), self.office.locale)
        with speaking(locale):
            return JSONResponse(
                {
                    "epoch": self.practice.epoch,
                    "language": locale,
                    "words": words(),
                    "zone": str(self.office.zone),
                    "now": self.practice.now().isoformat(),
                    "seats": [seat_facts(seat) for seat in seats],
                }
            )

    async def events(self, request: Request) -> Response:
        """A stream of Server-Sent Events; the id of each is the version the page then knows."""
        last = request.headers.get("last-event-id") or request.query_params.get("after", "")
        after = int(last) if last.isdecimal() and len(last) < 16 else 0
        stream = self._stream(request.query_params.get("epoch", ""), after)
        return StreamingResponse(
            stream, media_type="text/event-stream", headers={"X-Accel-Buffering": "no"}
        )

    async def _stream(self, epoch: str, after: int) -> AsyncIterator[str]:
        offset = None
        async for portion in self.chat.changes(after, PING):
            if epoch != self.practice.epoch:
                yield event("fresh", {"epoch": self.practice.epoch})
                return
            if offset != self.practice.offset:
                offset = self.practice.offset
                yield event("clock", {"now": self.practice.now().isoformat()})
            if portion:
                shown = [message_facts(message) for message in portion]
                yield event("messages", shown, portion[-1].version)
            else:
                yield event("ping", {})

    async def say(self, request: Request) -> Response:
        """200 once the answer to it is stored; until then the page keeps it and tries again."""
        seat = known_seat(request)
        async with request.form(max_files=1, max_fields=10, max_part_size=65536) as form:
            if form.get("epoch") != self.practice.epoch:
                raise HTTPException(410, _("This practice was started over meanwhile."))
            said = await read_said(form, seat, self.practice.now())
        try:
            return JSONResponse({"toast": await self.chat.say(said)})
        except Later:
            raise HTTPException(503, _("The bot is just starting or stopping.")) from None

    async def file(self, request: Request) -> Response:
        found = await self.chat.file(known_seat(request), request.path_params["number"])
        if found is None:
            raise HTTPException(404, _("This file is not there any more."))
        mime = mime_of(found.file_name)
        disposition = "inline" if mime in SHOWN else "attachment"
        name = quote(found.file_name, safe="")
        headers = {
            "Content-Disposition": f"{disposition}; filename*=UTF-8''{name}",
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private, max-age=3600",
        }
        return Response(found.file_data or b"", media_type=mime, headers=headers)

    async def later(self, _request: Request) -> Response:
        await self.desk.move_on(self.practice.ten_minutes_on)
        return JSONResponse({"now": self.practice.now().isoformat()})

    async def morning(self, _request: Request) -> Response:
        await self.desk.move_on(self.practice.next_morning)
        return JSONResponse({"now": self.practice.now().isoformat()})

    async def restart(self, _request: Request) -> Response:
        await self.desk.start_over()
        return JSONResponse({"epoch": self.practice.epoch})

    async def language(self, request: Request) -> Response:
        async with request.form(max_files=0, max_fields=2) as form:
            locale = str(form.get("language", ""))
        if locale not in LANGUAGES:
            raise HTTPException(400, _("This language is not there."))
        await self.desk.speak(locale)
        return JSONResponse({"language": locale})


def known_seat(request: Request) -> str:
    seat = str(request.path_params["seat"])
    if seat not in SEATS:
        raise HTTPException(404, _("There is no such seat."))
    return seat


# What the page is told


def event(name: str, facts: object, number: int | None = None) -> str:
    line = f"id: {number}\n" if number is not None else ""
    return f"event: {name}\n{line}data: {json.dumps(facts, ensure_ascii=False)}\n\n"


def seat_facts(seat: Seat) -> dict[str, Any]:
    return {
        "seat": seat.address,
        "name": seat.name,
        "role": role_line(seat),
        "commands": handlers.menu_for(seat.role),
    }


def role_line(seat: Seat) -> str:
    """联络员 · 岚桥镇, 值班员 · 家政组."""
    where = _(GROUP_NAMES[seat.service_group]) if seat.service_group else seat.place
    parts = [_(ROLE_NAMES[seat.role])] if seat.role else []
    return " · ".join([*parts, *([where] if where else [])])


def message_facts(message: PageMessage) -> dict[str, Any]:
    facts: dict[str, Any] = {"id": message.id, "seat": message.seat, "removed": message.removed}
    if message.removed:
        return facts
    return facts | {
        "key": message.key.removeprefix("in:") if message.mine else "",
        "mine": message.mine,
        "text": message.text,
        "rows": message.rows,
        "file": file_facts(message) if message.file_name else None,
        "at": message.at.isoformat(),
    }


def file_facts(message: PageMessage) -> dict[str, Any]:
    return {
        "name": message.file_name,
        "image": mime_of(message.file_name) in SHOWN,
        "url": f"/api/{message.seat}/file/{message.id}",
    }


def mime_of(name: str) -> str:
    return guess_type(name)[0] or "application/octet-stream"


# What the page says


async def read_said(form: FormData, seat: str, now: datetime) -> Said:
    key, choice = word(form, "key"), word(form, "choice")
    text = "" if choice else word(form, "text").strip()
    if not KEY.fullmatch(key) or len(choice.encode()) > LONGEST_CHOICE:
        raise HTTPException(400, _("The page is out of date: please load it again."))
    if len(text) > LONGEST_TEXT:
        longest = {"count": LONGEST_TEXT}
        raise HTTPException(413, _("A message holds at most %(count)d characters.") % longest)
    pictures = () if choice else await read_pictures(form)
    if not (text or choice or pictures):
        raise HTTPException(400, _("This message is empty."))
    sent_at = now - min(ago(word(form, "ago")), LONGEST_AGO)
    incoming = Incoming(
        network=NETWORK,
        chat=seat,
        key=key,
        text=text,
        choice=choice,
        card=word(form, "card"),
        press=key if choice else "",
        attachments=pictures,
        sent_at=sent_at,
    )
    return Said(incoming, sent_at)


def word(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def ago(seconds: str) -> timedelta:
    """How long the message waited on the phone, by the phone's own clock."""
    return timedelta(seconds=int(seconds)) if re.fullmatch(r"\d{1,6}", seconds) else timedelta()


async def read_pictures(form: FormData) -> tuple[Attachment, ...]:
    sent = form.get("photo")
    if not isinstance(sent, UploadFile):
        return ()
    data = await sent.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise HTTPException(413, too_large())
    name = Path(sent.filename or "").name[:100] or "photo.jpg"
    return (Attachment(name, sent.content_type or mime_of(name), data),)


def too_large() -> str:
    return _("This file is larger than 10 MB. Please choose a smaller one.")


# Who may ask


@dataclass
class Guard:
    """Keeps other web sites away from the page.

    1. The host of the address must be a number, "localhost" or a name without a dot: a name on
       the Internet can be made to point here by whoever owns it (DNS rebinding).
    2. What changes something needs a header that no form or picture on another site can send,
       and no foreign origin.
    3. Nothing is read that is larger than a picture may be.
    """

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        language = headers.get(MARK, "")
        with speaking(language):
            problem = refusal(scope["method"], headers)
            if problem is not None:
                await problem(scope, receive, with_headers(send))
                return
            await self.app(scope, receive, with_headers(send))


def with_headers(send: Send) -> Send:
    """Adds the security headers that the answer has not set itself."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
        await send(message)

    return sending


def refusal(method: str, headers: Headers) -> Response | None:
    if not is_here(headers.get("host", "")):
        return JSONResponse({"error": _("Open the page by its number, as printed.")}, 421)
    if method in ("GET", "HEAD"):
        return None
    origin = headers.get("origin", "")
    if MARK not in headers or (origin and urlsplit(origin).netloc != headers.get("host")):
        return JSONResponse({"error": _("This came from another web site.")}, 403)
    length = headers.get("content-length", "")
    if not length.isdecimal() or int(length) > LARGEST_POST:
        return JSONResponse({"error": too_large()}, 413)
    return None


def is_here(host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    if name and "." not in name and ":" not in name:
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
