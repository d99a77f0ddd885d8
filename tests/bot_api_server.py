"""A small Bot API server on a real socket, for tests and measurements.

It keeps what Telegram keeps (updates until they are confirmed, messages, files), shows each
chat as its person sees it, checks every request against aiogram's models of the Bot API and
the limits aiogram does not know, and can be told to fail in the ways networks do.

    python tests/bot_api_server.py --port 8081 --strict-limits

    async with BotApi() as api:                   # api.url is LIAISON_TELEGRAM_API
        api.say(1001, "/start")
        shown = await api.hears(1001)             # the next thing the bot shows there
        api.press(1001, "上门")                    # a button by its label or its data
"""

import argparse
import asyncio
import sys
import time
from collections import Counter, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, NoReturn

from aiohttp import ClientError, ClientSession, ClientTimeout, web

sys.path.insert(0, str(Path(__file__).parent.parent))  # when run as a program
from tests.bot_api_rules import Wrong, check, read
from tests.bot_api_world import DONE, SHOWN, Files, Problem, Room, World

TOKEN = "123456:TEST-token-of-nobody-at-all-0000000"
PACED = ("sendMessage", "sendPhoto", "sendDocument", "editMessageText")


@dataclass
class Fault:
    """What goes wrong with the next `times` requests to `method` ("" is any).

    `how`: "hang" answers never; "late" waits for `BotApi.late` first; "close" drops the
    connection before doing anything, "lost" after doing it, "cut" in the middle of the answer;
    "stall" goes silent there; a number is answered as that error.
    """

    method: str
    how: str | int
    times: int = 1
    words: str = "Injected"
    retry_after: int = 0
    chat: int | None = None


def must_wait(sent: deque[float], most: int, now: float) -> float:
    """At most `most` in any second; the seconds to wait, 0 for go on."""
    while sent and sent[0] <= now - 1:
        sent.popleft()
    return sent[0] + 1 - now if len(sent) >= most else 0.0


class BotApi(World):
    """`problems`, requests Telegram would not understand, must be none at the end."""

    def __init__(
        self, *, token: str = TOKEN, overall: int = 0, per_chat: int = 0, anyone: bool = True
    ) -> None:
        """`overall` and `per_chat` are messages a second, 0 for no limit; `anyone`: chats
        need not have written before."""
        super().__init__()
        self.token, self.overall, self.per_chat, self.anyone = token, overall, per_chat, anyone
        self.problems: list[str] = []
        self.calls: Counter[str] = Counter()
        self.given: Counter[int] = Counter()  # how often each update was handed out
        self.refused: list[tuple[float, str]] = []  # 429s
        self.faults: list[Fault] = []
        self.late = asyncio.Event()
        self.webhook: dict[str, Any] = {}
        self.post_updates = True
        self.posted: Counter[int] = Counter()  # answers of the webhook, by status
        self.url = ""
        self._sent: deque[float] = deque()
        self._polling = 0
        self._posting: asyncio.Task[None] | None = None

    # --- the server

    async def __aenter__(self) -> "BotApi":
        await self.start()
        return self

    async def __aexit__(self, problem: object, *_: object) -> None:
        await self.stop()
        assert problem or self.problems == []

    def fail(self, method: str, how: str | int, times: int = 1, **more: Any) -> Fault:
        self.faults.append(Fault(method, how, times, **more))
        return self.faults[-1]

    async def start(self, port: int = 0) -> str:
        app = web.Application(client_max_size=60_000_000)
        app.router.add_get("/file/bot{token}/{path:.*}", self._download)
        app.router.add_route("*", "/bot{token}/{method}", self._call)
        app.router.add_post("/test/push", self._pushed)
        app.router.add_get("/test/chat/{chat}", self._looked)
        app.router.add_get("/test/stats", self._counted)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", port)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self.url

    async def stop(self) -> None:
        if self._posting:
            self._posting.cancel()
        await self._runner.cleanup()

    async def _call(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self.calls[method] += 1
        try:
            if request.match_info["token"] != self.token:
                raise Problem(401, "Unauthorized")
            params, files = await fields(request)
            after = await self._fault(method, params, request)
            response = await self._answer_to(method, params, files)
            if after:
                await break_off(request, response, after)
        except Problem as problem:
            return self._refuse(method, problem)
        return response

    async def _answer_to(self, method: str, params: dict[str, Any], files: Files) -> web.Response:
        if method == "getUpdates":
            return await self._get_updates(params)
        self._check(method, params, files)
        return answer({"ok": True, "result": self._do(method, params, files)})

    def _refuse(self, method: str, problem: Problem) -> web.Response:
        if problem.code == 429:
            self.refused.append((time.monotonic(), method))
        content = {"ok": False, "error_code": problem.code, "description": problem.words}
        if problem.parameters:
            content["parameters"] = problem.parameters
        return answer(content, problem.code)

    async def _fault(self, method: str, params: dict[str, Any], request: web.Request) -> str:
        """What is to happen to the answer, if anything, after doing what was asked."""
        for fault in self.faults:
            chat = fault.chat is None or str(fault.chat) == str(params.get("chat_id"))
            if fault.times > 0 and fault.method in ("", method) and chat:
                fault.times -= 1
                break
        else:
            return ""
        if fault.how == "hang":
            await asyncio.sleep(3600)
        if fault.how == "late":
            await self.late.wait()
        if fault.how == "close":
            drop(request)
        if isinstance(fault.how, int):
            more = {"retry_after": fault.retry_after} if fault.retry_after else {}
            raise Problem(fault.how, fault.words, **more)
        return fault.how if fault.how in ("lost", "cut", "stall") else ""

    # --- updates

    async def _get_updates(self, params: dict[str, Any]) -> web.Response:
        if self.webhook.get("url"):
            raise Problem(409, "Conflict: can't use getUpdates method while webhook is active")
        self._check("getUpdates", params, {})
        self._polling += 1
        mine = self._polling
        offset = int(params.get("offset", 0))
        while self.updates and self.updates[0][0] < offset:
            self.updates.popleft()
        wanted = params.get("allowed_updates") or []
        if not self.updates:
            await self._wait_for_news(float(params.get("timeout", 0)), mine)
        found = {
            number: text
            for number, kind, text in islice(self.updates, int(params.get("limit", 100)))
            if not wanted or kind in wanted
        }
        self.given.update(found.keys())
        body = '{"ok":true,"result":[' + ",".join(found.values()) + "]}"
        return web.Response(text=body, content_type="application/json")

    async def _wait_for_news(self, seconds: float, mine: int) -> None:
        until = time.monotonic() + seconds
        while not self.updates and (left := until - time.monotonic()) > 0:
            self.news.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self.news.wait(), min(left, 0.2))
            if self._polling != mine:
                words = "Conflict: terminated by other getUpdates request"
                raise Problem(409, words)

    async def _post_updates(self) -> None:
        """The webhook: several at once, each again until it is answered with 2xx."""
        posting: set[int] = set()
        free = asyncio.Semaphore(int(self.webhook.get("max_connections", 40)))
        async with ClientSession(timeout=ClientTimeout(60)) as client, asyncio.TaskGroup() as tasks:
            while True:
                self.news.clear()
                for update in [one for one in self.updates if one[0] not in posting]:
                    await free.acquire()
                    posting.add(update[0])
                    tasks.create_task(self._post(client, update, posting, free))
                await self.news.wait()

    async def _post(
        self,
        client: ClientSession,
        update: tuple[int, str, str],
        posting: set[int],
        free: asyncio.Semaphore,
    ) -> None:
        headers = {
            "X-Telegram-Bot-Api-Secret-Token": self.webhook.get("secret_token", ""),
            "Content-Type": "application/json",
        }
        status = 0
        with suppress(ClientError, TimeoutError):
            body = update[2].encode()
            async with client.post(self.webhook["url"], data=body, headers=headers) as got:
                status = got.status
        self.posted[status] += 1
        free.release()
        if 200 <= status < 300:
            self.updates.remove(update)
        else:
            await asyncio.sleep(0.05)
        posting.discard(update[0])
        self.news.set()

    # --- what the bot does

    def _check(self, method: str, params: dict[str, Any], files: Files) -> None:
        try:
            check(method, params, files)
        except Wrong as wrong:
            self.problems.append(str(wrong))
            raise Problem(400, f"Bad Request: {wrong}") from None

    def _do(self, method: str, params: dict[str, Any], files: Files) -> Any:
        if method.endswith("Webhook"):
            return self._set_webhook(params)
        if method in DONE:
            return DONE[method](self, params)
        room = self._open_room(params)
        if method in PACED:
            self._pace(room)
        return SHOWN[method](self, room, params, files)

    def _open_room(self, params: dict[str, Any]) -> Room:
        chat = int(params["chat_id"])
        if not self.anyone and chat not in self.rooms:
            raise Problem(400, "Bad Request: chat not found")
        room = self.room(chat)
        if room.blocked:
            raise Problem(403, "Forbidden: bot was blocked by the user")
        return room

    def _pace(self, room: Room) -> None:
        now = time.monotonic()
        limits = [(self._sent, self.overall)] * bool(self.overall)
        limits += [(room.sent, self.per_chat)] * bool(self.per_chat)
        wait = max((must_wait(sent, most, now) for sent, most in limits), default=0.0)
        if wait:
            seconds = max(1, round(wait + 0.5))
            raise Problem(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
        for sent, _most in limits:
            sent.append(now)

    def _set_webhook(self, params: dict[str, Any]) -> bool:
        if self._posting:
            self._posting.cancel()
        self.webhook, self._posting = params, None
        if params.get("url") and self.post_updates:
            self._posting = asyncio.create_task(self._post_updates())
        return True

    async def _download(self, request: web.Request) -> web.StreamResponse:
        path = request.match_info["path"]
        self.calls["download"] += 1
        if request.match_info["token"] != self.token or path not in self.files:
            return web.Response(status=404)
        await self._fault("download", {}, request)
        return web.Response(body=self.files[path])

    # --- from another process

    async def _pushed(self, request: web.Request) -> web.Response:
        """[["say", 1001, "/start"], ["press", 1001, "上门"], …] -> the updates' ids."""
        known: dict[str, Callable[..., int]] = {
            "say": self.say,
            "press": self.press,
            "block": self.block,
            "push": self.push,
        }
        orders = await request.json()
        return answer([known[name](*words) for name, *words in orders])

    async def _looked(self, request: web.Request) -> web.Response:
        shown = self.sees(int(request.match_info["chat"]))
        return answer([{"id": s.id, "text": s.text, "buttons": s.buttons} for s in shown])

    async def _counted(self, request: web.Request) -> web.Response:
        counted = {"calls": self.calls, "refused": len(self.refused), "problems": self.problems}
        return answer(counted | {"waiting": len(self.updates)})


def answer(content: Any, status: int = 200) -> web.Response:
    return web.json_response(content, status=status)


def drop(request: web.Request) -> NoReturn:
    """Closes the connection without an answer."""
    if request.transport:
        request.transport.abort()
    raise ConnectionResetError


async def break_off(request: web.Request, response: web.Response, how: str) -> NoReturn:
    """Closes the connection before the answer, or in the middle of it, or says no more there."""
    if how in ("cut", "stall") and isinstance(response.body, bytes):
        half = web.StreamResponse(headers={"Content-Length": str(len(response.body))})
        await half.prepare(request)
        await half.write(response.body[: len(response.body) // 2])
    if how == "stall":
        await asyncio.sleep(3600)
    drop(request)


async def fields(request: web.Request) -> tuple[dict[str, Any], Files]:
    params: dict[str, Any] = {}
    files: Files = {}
    for name, value in (await request.post()).items():
        if isinstance(value, web.FileField):
            files[name] = (value.filename, value.file.read())
        else:
            params[name] = value if name in ("text", "caption") else read(str(value))
    return params, files


def main() -> None:
    options = argparse.ArgumentParser(description="A Bot API server for tests.")
    options.add_argument("--port", type=int, default=0)
    options.add_argument("--strict-limits", action="store_true", help="30/s overall, 1/s a chat")
    chosen = options.parse_args()
    asyncio.run(serve(chosen.port, chosen.strict_limits))


async def serve(port: int, strict: bool) -> None:
    api = BotApi(overall=30 * strict, per_chat=1 * strict)
    print(await api.start(port), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    main()
