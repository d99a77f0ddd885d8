"""Pictures: what they show is what the words say, and they arrive drawn, or as words."""

import asyncio
import io
from collections import Counter
from dataclasses import replace
from datetime import date

import pytest
from PIL import Image
from sqlmodel import Session, select

from bot import draw
from bot.draw import Pencil
from bot.transports import Parcel
from handlers.documents import chart
from handlers.documents.chart import Bars, Month, NoFont, packed, png, unpacked
from models.case import RUNNING, Case
from models.elder import Elder
from models.org import Unit
from models.visit import CURRENT, DONE, Visit
from tests.conversation import plain
from tests.outbox import Network, Outbox, delivering, done, until

BARS = Bars("岚桥镇 · 完成情况", "单位:人", [("已访", chart.GREEN), ("逾期", chart.RED)],
            [("石沟村", [3, 1], "3/4"), ("李㼆", [0, 0], "0/0")])  # fmt: skip


@pytest.fixture
def asked(town, zhou, wang):
    """The desk, after some visits and a problem."""
    for name, code in (("高永昌", "00010 水龙头漏水"), ("王德胜", "00000"), ("廖玉珍", "00000")):
        zhou.say(f"走访 {name} {code}").talk("[提交]", "已记下")
    return wang


def shown(person):
    return unpacked(person.screen.image)


def test_the_calendar_shows_each_day_of_this_window_and_the_one_before(town, asked):
    asked.talk("图", "看哪张图", "[走访日历]", "本期已走访3次")
    month = shown(asked)
    assert isinstance(month, Month)
    assert month.days[0][0] == "2026-10-16"
    assert month.days[-1][0] == "2026-11-15"
    with Session(town.database) as session:
        done = select(Visit.visited_on).where(Visit.state == CURRENT, Visit.outcome == DONE)
        raw = Counter(session.exec(done))
    assert {date.fromisoformat(on): n for on, n in month.days if n} == raw
    assert "2026-11-07" in month.rest
    assert "2026-10-19" not in month.rest
    assert month.today == "2026-11-12"


def test_completion_is_by_town_and_below_that_by_village(town, asked):
    asked.talk("图", "看哪张图", "[各地完成]", "已访3/应访6,逾期3")
    assert [(row[0], row[2]) for row in shown(asked).rows] == [("岚桥镇", "3/5"), ("沙河镇", "0/1")]
    asked.talk("岚桥镇 图", "看哪张图", "[各地完成]", "已访3/应访5")
    with Session(town.database) as session:
        home = select(Unit.name).join(Elder, Elder.unit_id == Unit.id)
        here = Counter(session.exec(home.where(Elder.code != "E0006")))
    assert {row[0]: int(row[2].split("/")[1]) for row in shown(asked).rows} == here


def test_cases_stand_by_age_and_severity(town, asked):
    town.wait(days=5)
    asked.talk("图", "看哪张图", "[个案时长]", "未办结1件")
    with Session(town.database) as session:
        (case,) = session.exec(select(Case).where(Case.state.in_(RUNNING)))
    rows = {row[0]: row[1] for row in shown(asked).rows}
    assert rows["4–7天"][case.severity - 1] == sum(sum(values) for values in rows.values()) == 1


def test_there_is_nobody_in_a_picture(asked):
    for name in ("[走访日历]", "[各地完成]", "[个案时长]"):
        asked.talk("图", "看哪张图", name, "望岚县")
        words = plain(asked.screen.image.decode())
        assert not any(each in words for each in ("高永昌", "王德胜", "E000", "周明"))


@pytest.mark.parametrize("number", range(3))
def test_a_picture_is_as_wide_as_a_phone_and_every_sign_is_in_the_font(asked, number):
    asked.talk("图", "看哪张图", ("[走访日历]", "[各地完成]", "[个案时长]")[number], "望岚县")
    picture = Image.open(io.BytesIO(png(asked.screen.image)))
    assert picture.format == "PNG"
    assert picture.width == 1080
    assert 400 < picture.height < 1900
    assert len(picture.getcolors(1_000_000)) > 20


async def test_it_is_drawn_when_it_is_sent(box: Outbox):
    network = Network()
    box.put(box.chat("1001"), "岚桥镇", file_name="bars-1112.chart", file_data=packed(BARS))
    async with delivering(box, network):
        await done(box)
    (sent,) = network.parcels
    assert (sent.text, sent.file_name) == ("岚桥镇", "bars-1112.png")
    assert sent.file_data.startswith(b"\x89PNG")


@pytest.fixture
async def pencil(monkeypatch):
    monkeypatch.setattr(draw, "LONGEST", 60.0)  # the machine may be busy
    pencil = Pencil()
    yield pencil
    await pencil.close()


async def test_what_cannot_be_drawn_goes_as_its_words_and_the_next_is_drawn(pencil):
    sent = await pencil.drawn(Parcel("1", "已访3/应访6", file_name="a.chart", file_data=b"[]"))
    assert sent.file_data is None
    assert plain(sent.text).startswith("已访3/应访6\n图没能画出来")
    whole = Parcel("1", "已访3/应访6", file_name="a.chart", file_data=packed(BARS))
    assert (await pencil.drawn(whole)).file_data.startswith(b"\x89PNG")


async def test_after_it_was_killed_the_next_picture_is_drawn(pencil):
    whole = Parcel("1", "已访3/应访6", file_name="a.chart", file_data=packed(BARS))
    await pencil.drawn(whole)
    pencil.child.kill()
    first = await pencil.drawn(whole)
    assert first.file_data is None or first.file_data.startswith(b"\x89PNG")
    assert (await pencil.drawn(whole)).file_data.startswith(b"\x89PNG")


async def test_who_does_not_wait_any_more_leaves_the_next_their_own_picture(pencil):
    one, other = (packed(replace(BARS, rows=BARS.rows[:count])) for count in (1, 2))
    given_up = asyncio.create_task(
        pencil.drawn(Parcel("1", "", file_name="a.chart", file_data=one))
    )
    await until(lambda: pencil.child)
    given_up.cancel()
    got = await pencil.drawn(Parcel("1", "", file_name="a.chart", file_data=other))
    assert got.file_data == png(other)


async def test_with_nobody_asking_its_process_ends(pencil, monkeypatch):
    monkeypatch.setattr(draw, "IDLE", 0.01)
    await pencil.drawn(Parcel("1", "", file_name="a.chart", file_data=packed(BARS)))
    child = pencil.child
    assert child is None or await child.wait() == 0
    assert pencil.child is None


def test_without_a_chinese_font_nothing_is_drawn(monkeypatch):
    monkeypatch.setattr(chart, "PACKED", ("no_such_package", ""))
    monkeypatch.setattr(chart, "FAMILIES", ())
    chart.font.cache_clear()
    try:
        with pytest.raises(NoFont):
            png(packed(BARS))
    finally:
        chart.font.cache_clear()


def test_a_font_of_the_machine_will_do(monkeypatch):
    monkeypatch.setattr(chart, "PACKED", ("no_such_package", ""))
    chart.font.cache_clear()
    try:
        assert png(packed(replace(BARS, rows=BARS.rows[:1]))).startswith(b"\x89PNG")
    finally:
        chart.font.cache_clear()
