"""The HTTP server of a running bot, over a real socket: health, figures, webhook, and its doors."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from zoneinfo import ZoneInfo

import httpx
import pytest
from sqlalchemy import Engine
from sqlmodel import Session

from bot.chat_page import LARGEST_POST, ChatPage
from bot.config import Problem, Settings
from bot.practice import Desk, Practice
from bot.run import House, now
from bot.transports import Parcel, Receive, Transport
from bot.transports.webchat import WebChat
from bot.web import Web, listen
from handlers.talk import Incoming
from handlers.turn import Office
from models.database import connect
from models.demo import write_county
from models.staff import Chat
from tests.outbox import PATIENCE

ZONE = ZoneInfo("Asia/Shanghai")
SECRET = "X-Telegram-Bot-Api-Secret-Token"
OURS = {"X-Liaison": "zh_CN"}


class Posted:
    """A network that is posted to, as Telegram's webhook is."""

    network = "telegram"
    webhook_url = "https://office.example/telegram/webhook"
    status = "listening"

    def __init__(self) -> None:
        self.bodies: list[bytes] = []

    async def webhook(self, body: bytes, secret: str) -> int:
        if secret != "right":
            return 401
        self.bodies.append(body)
        return 200

    async def run(self, receive: Receive) -> None:
        await asyncio.Event().wait()

    async def send(self, parcel: Parcel) -> str:
        return "1"

    async def close(self) -> None: ...


def settings(tmp_path: Path, http: str = "127.0.0.1:0") -> Settings:
    return Settings(_env_file=None, data_dir=tmp_path, http=http)


@asynccontextmanager
async def running(
    tmp_path: Path, engine: Engine, transport: Transport
) -> AsyncIterator[tuple[httpx.AsyncClient, House]]:
    """The bot as `run` puts it together, stopped in order at the end."""
    house = House(engine, Office(ZONE), {transport.network: transport})
    routes = ChatPage(desk(house, transport)).routes() if isinstance(transport, WebChat) else ()
    web = Web(settings(tmp_path), house, routes)
    stop, up = asyncio.Event(), asyncio.Event()

    async def more() -> None:
        up.set()
        await web.serve()

    running = asyncio.create_task(house.run_until(stop, more))
    await up.wait()
    try:
        async with httpx.AsyncClient(
            base_url=web.address, trust_env=False, timeout=PATIENCE
        ) as client:
            yield client, house
    finally:
        stop.set()
        await running


def desk(house: House, chat: WebChat) -> Desk:
    practice = Practice(house.engine, ZONE, elders=12)
    practice.open()
    chat.clock, chat.run_db, house.clock = practice.now, house.run_db, practice.now
    return Desk(house, chat, practice)


@asynccontextmanager
async def page(tmp_path: Path, engine: Engine) -> AsyncIterator[tuple[httpx.AsyncClient, str]]:
    async with running(tmp_path, engine, WebChat(engine, now)) as (client, _house):
        epoch = (await client.get("/api/page")).json()["epoch"]
        yield client, epoch


async def test_a_healthy_bot_says_so(tmp_path: Path, database: Engine) -> None:
    async with running(tmp_path, database, Posted()) as (client, _house):
        answer = await client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "version": answer.json()["version"],
        "database": "ok",
        "networks": {"telegram": "listening"},
        "waiting": {"messages": 0, "oldest_seconds": 0},
    }


async def test_a_network_that_does_not_answer_is_told(
    tmp_path: Path, sqlite_database: Engine
) -> None:
    network = Posted()
    network.status = "conflict"
    async with running(tmp_path, sqlite_database, network) as (client, _house):
        answer = await client.get("/healthz")
    assert (answer.status_code, answer.json()["networks"]) == (503, {"telegram": "conflict"})


async def test_a_database_out_of_reach_is_told(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}/nowhere/liaison.db")
    async with running(tmp_path, engine, Posted()) as (client, _house):
        health, metrics = await client.get("/healthz"), await client.get("/metrics")
    assert (health.status_code, health.json()["database"]) == (503, "unreachable")
    assert metrics.status_code == 503


async def test_the_figures_count_and_name_nobody(tmp_path: Path, database: Engine) -> None:
    async with running(tmp_path, database, Posted()) as (client, house):
        with Session(database) as session:
            county = write_county(session, 12, today=now().date(), zone=ZONE)
            chat = Chat(network="telegram", address="1", staff_id=county.liaison)
            session.add(chat)
            session.commit()
        await house.receive([Incoming("telegram", "1", "k1", text="高永昌")])
        figures = (await client.get("/metrics")).text
    assert 'liaison_messages_received_total{network="telegram"} 1.0' in figures
    assert "liaison_receive_seconds_count 1.0" in figures
    assert 'liaison_network_up{network="telegram"} 1.0' in figures
    assert "高永昌" not in figures


async def test_a_post_of_the_network_reaches_it_with_its_secret(
    tmp_path: Path, sqlite_database: Engine
) -> None:
    network = Posted()
    async with running(tmp_path, sqlite_database, network) as (client, _house):
        path, right = "/telegram/webhook", {SECRET: "right"}
        good = await client.post(path, content=b"{}", headers=right)
        wrong = await client.post(path, content=b"{}")
        large = await client.post(path, content=b"x" * 1_000_001, headers=right)
    assert (good.status_code, wrong.status_code, large.status_code) == (200, 401, 413)
    assert network.bodies == [b"{}"]


async def test_an_office_has_no_practice_page(tmp_path: Path, sqlite_database: Engine) -> None:
    async with running(tmp_path, sqlite_database, Posted()) as (client, _house):
        for path in ("/", "/page/chat.js", "/api/page", "/api/events"):
            assert (await client.get(path)).status_code == 404


def test_a_port_that_is_taken_is_told_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = f"127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(Problem) as problem:
            listen(settings(tmp_path, taken))
    assert taken in str(problem.value)
    assert "LIAISON_HTTP=127.0.0.1:" in str(problem.value)


def test_an_address_of_another_machine_is_told(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="LIAISON_HTTP"):
        listen(settings(tmp_path, "192.0.2.1:8765"))


# The doors of the practice page


async def test_a_name_somebody_else_owns_opens_nothing(
    tmp_path: Path, sqlite_database: Engine
) -> None:
    doors = {
        "evil.example.com": 421,
        "127.0.0.1.evil.example": 421,
        "": 421,
        "localhost": 200,
        "192.168.1.20:8765": 200,
        "[::1]:8765": 200,
        "office-pc": 200,
    }
    async with page(tmp_path, sqlite_database) as (client, _epoch):
        for path in ("/", "/api/page", "/page/chat.js"):
            answers = {host: await client.get(path, headers={"Host": host}) for host in doors}
            assert {host: one.status_code for host, one in answers.items()} == doors


async def test_another_web_site_changes_nothing(tmp_path: Path, sqlite_database: Engine) -> None:
    foreign = ({}, OURS | {"Origin": "https://evil.example"}, OURS | {"Origin": "null"})
    async with page(tmp_path, sqlite_database) as (client, epoch):
        for path in (
            "/api/seat-1/say",
            "/api/morning",
            "/api/later",
            "/api/restart",
            "/api/language",
        ):
            for headers in foreign:
                answer = await client.post(path, data={"epoch": epoch}, headers=headers)
                assert answer.status_code == 403
        assert (await client.get("/api/page")).json()["epoch"] == epoch


async def test_the_page_loads_nothing_from_outside_and_runs_no_foreign_script(
    tmp_path: Path, sqlite_database: Engine
) -> None:
    async with page(tmp_path, sqlite_database) as (client, _epoch):
        for path in ("/", "/page/chat.js", "/api/page"):
            answer = await client.get(path)
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "http" not in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert "access-control-allow-origin" not in answer.headers


async def test_what_cannot_be_taken_is_refused_with_a_sentence(
    tmp_path: Path, sqlite_database: Engine
) -> None:
    wrong = (
        ({"text": "你" * 4097}, 413),
        ({"text": "   "}, 400),
        ({}, 400),
        ({"choice": "/" + "x" * 64}, 400),
        ({"text": "好", "key": "short"}, 400),
        ({"text": "好", "key": "a b c d e f g h"}, 400),
        ({"text": "好", "epoch": "0"}, 410),
    )
    async with page(tmp_path, sqlite_database) as (client, epoch):
        for fields, status in wrong:
            data = {"epoch": epoch, "key": "0123456789"} | fields
            answer = await client.post("/api/seat-1/say", data=data, headers=OURS)
            assert answer.status_code == status
            assert answer.json()["error"][-1] in ".。"


async def test_a_picture_that_is_too_large_is_refused_before_it_is_read(
    tmp_path: Path, sqlite_database: Engine
) -> None:
    async with page(tmp_path, sqlite_database) as (client, epoch):
        answer = await client.post(
            "/api/seat-1/say",
            data={"epoch": epoch, "key": "0123456789"},
            files={"photo": ("a.jpg", b"x" * (LARGEST_POST + 1), "image/jpeg")},
            headers=OURS,
        )
    assert answer.status_code == 413
    assert "10 MB" in answer.json()["error"]


async def test_a_broken_form_is_refused(tmp_path: Path, sqlite_database: Engine) -> None:
    multipart = "multipart/form-data"
    broken = ((b"--x", f"{multipart}; boundary=y"), (b"--", multipart), (b"{", "text/x"))
    async with page(tmp_path, sqlite_database) as (client, _epoch):
        for content, kind in broken:
            headers = OURS | {"Content-Type": kind}
            answer = await client.post("/api/seat-1/say", content=content, headers=headers)
            assert 400 <= answer.status_code < 500


async def test_there_are_three_seats_and_no_others(tmp_path: Path, sqlite_database: Engine) -> None:
    async with page(tmp_path, sqlite_database) as (client, epoch):
        data = {"epoch": epoch, "key": "0123456789", "text": "好"}
        for seat in ("seat-9", "S03", "..%2f..", "seat-1%00"):
            said = await client.post(f"/api/{seat}/say", data=data, headers=OURS)
            file = await client.get(f"/api/{seat}/file/1")
            assert (said.status_code, file.status_code) == (404, 404)


async def test_the_same_key_twice_has_one_effect(tmp_path: Path, sqlite_database: Engine) -> None:
    async with page(tmp_path, sqlite_database) as (client, epoch):
        data = {"epoch": epoch, "key": "0123456789", "text": "/help"}
        for _again in range(3):
            answer = await client.post("/api/seat-1/say", data=data, headers=OURS)
            assert answer.status_code == 200
        shown = await told(client, epoch, until="mine")
    assert "".join(shown).count('"text": "/help"') == 1


async def told(client: httpx.AsyncClient, epoch: str, until: str) -> list[str]:
    """The lines of the event stream up to the first that holds these words."""
    lines: list[str] = []
    async with client.stream("GET", f"/api/events?epoch={epoch}") as stream:
        async for line in stream.aiter_lines():
            lines.append(line)
            if until in line:
                return lines
    raise AssertionError("the stream ended")


async def test_a_page_of_an_earlier_practice_is_told_to_begin_anew(
    tmp_path: Path, sqlite_database: Engine
) -> None:
    async with page(tmp_path, sqlite_database) as (client, _epoch):
        assert "event: fresh" in await told(client, "earlier", until="fresh")


async def test_an_open_stream_does_not_hold_up_the_stop(
    tmp_path: Path, sqlite_database: Engine
) -> None:
    async with (
        asyncio.timeout(PATIENCE),
        httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as reader,
    ):
        async with page(tmp_path, sqlite_database) as (client, epoch):
            reader.base_url = client.base_url
            request = reader.build_request("GET", f"/api/events?epoch={epoch}")
            stream = await reader.send(request, stream=True)
        assert stream.is_success
        await stream.aclose()
