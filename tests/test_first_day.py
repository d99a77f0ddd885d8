"""The first day of an office: a roster with mistakes, an invitation, and the first visit over the
Bot API, each by the command line as README tells it."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from models.assignment import Assignment
from models.elder import Elder
from models.staff import Staff
from models.visit import Concern, Visit
from tests.bot_api_server import TOKEN, BotApi
from tests.desk import Desk, mend, spoilt

CHAT = 1001
SAID = "胸闷 女儿能陪她去县医院"


@pytest.fixture
def desk(sqlite_database: Engine, tmp_path: Path) -> Desk:
    return Desk(sqlite_database, tmp_path)


def settings(desk: Desk, **more: str) -> dict[str, str]:
    url = desk.database.url.render_as_string(hide_password=False)
    own = {"LIAISON_DATA_DIR": str(desk.folder / "data"), "LIAISON_DATABASE_URL": url}
    return {**os.environ, **own, "LIAISON_HTTP": "127.0.0.1:0", **more}


async def command(desk: Desk, *words: str) -> tuple[int, str]:
    """Exit code and what was printed, in English."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", *words, env=settings(desk, LIAISON_LOCALE="en"),
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    out, _err = await process.communicate()
    return int(process.returncode or 0), out.decode()


@asynccontextmanager
async def running(desk: Desk, api: BotApi) -> AsyncIterator[None]:
    env = settings(desk, LIAISON_TELEGRAM_TOKEN=TOKEN, LIAISON_TELEGRAM_API=api.url,
                   LIAISON_LOG_LEVEL="DEBUG")  # fmt: skip
    with (desk.folder / "bot.log").open("w") as log:
        bot = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot", "run", env=env, stdout=log, stderr=log
        )
    try:
        await api.until(lambda: api.calls["getUpdates"])
        yield
    finally:
        bot.terminate()
        assert await bot.wait() == 0


async def talk(api: BotApi, *lines: str) -> None:
    for said, expected in zip(lines[::2], lines[1::2], strict=True):
        api.press(CHAT, said.strip("[]")) if said.startswith("[") else api.say(CHAT, said)
        await api.hears(CHAT, expected)


def somebody_of(desk: Desk, liaison: str) -> Elder:
    with Session(desk.database) as session:
        theirs = select(Elder).join(Assignment).join(Staff, col(Staff.id) == Assignment.staff_id)
        mine = theirs.where(Staff.name == liaison, Assignment.role == "primary")
        return session.exec(mine.order_by(Elder.code)).first()


def nothing_about_people(desk: Desk, code: str) -> None:
    """In all that the bot logged of this day, at its most talkative."""
    written = (desk.folder / "bot.log").read_text("utf-8")
    assert "telegram_listening" in written
    assert "telegram_conflict" in written
    people = [*desk.rows(Elder), *desk.rows(Staff)]
    about = {word for one in people for word in (one.name, one.phone) if word}
    told = {*about, *SAID.split(), "漏雨", "精神", code, code.replace("-", ""), TOKEN, TOKEN[7:]}
    assert [word for word in told if word in written] == []


async def test_a_spoilt_workbook_is_mended_a_liaison_invited_and_her_visit_received(
    desk: Desk,
) -> None:
    path = desk.folder / "roster.xlsx"
    right = spoilt(path)
    code, said = await command(desk, "import", str(path))
    assert (code, len(right)) == (1, 10)
    assert desk.rows(Elder) == []
    mend(path, said, right)
    assert right == {}
    code, said = await command(desk, "import", str(path))
    assert code == 0, said
    assert len(desk.rows(Elder)) == 300

    code, said = await command(desk, "invite", "周娜")
    assert code == 0, said
    invitation = re.search(r"^  ([A-Z0-9]{5}-[A-Z0-9]{5})$", said, re.MULTILINE)
    assert invitation
    elder = somebody_of(desk, "周娜")
    async with BotApi() as api, running(desk, api):
        await talk(
            api,
            "/start",
            "邀请码",
            invitation[1],
            "是您本人吗",
            "[是我",
            "欢迎",
            elder.name,
            "对得上",
            elder.code,
            "岁",
        )
        await talk(api, "[记走访]", "怎么走访", "[上门]", "精神", "[有说有笑]", "健康", "[稳定]", "子女", "[基本尽责]", "住宿",
                   "[有隐患]", "哪里有隐患", "[屋顶漏雨]", "用餐", "[三餐正常]", "在场", "[只有本人]", "核对", "[提交]",
                   "已记下")  # fmt: skip
        api.fail("getUpdates", 409)
        api.fail("sendMessage", 500, words=elder.name)
        await talk(api, f"走访 {elder.code} 03000 {SAID}", "胸闷", "[放弃]", "要放弃", "[放弃]", "没有留下",
                   "/fix", "哪一条", f"/phone {elder.code}", "岁")  # fmt: skip
        assert not any(elder.name in shown.text for shown in api.sees(CHAT) if shown.by_bot)
    nothing_about_people(desk, invitation[1])
    (visit,) = desk.rows(Visit)
    assert (visit.elder_id, visit.lodging, visit.mode) == (elder.id, "concern", "in_person")
    assert [one.detail for one in desk.rows(Concern)] == ["leak"]
