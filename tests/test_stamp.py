"""Whatever is taken away of made-up people says so; of real ones it does not."""

import io

import openpyxl
import pytest
from sqlmodel import Session

from handlers.documents import chart
from models.demo import DEMO
from models.org import put_setting

FILES = ("/report 2026-10", "/scorecard 2026", "/roster all", "/roster 岚桥镇")
PICTURES = ("/status . vk", "/status . vb", "/status . va", "/report 2026-10 picture")


@pytest.fixture
def practice(town):
    with Session(town.database) as session:
        put_setting(session, DEMO, True)
        session.commit()


def taken(person):
    """What came, as a workbook or as a picture still to be drawn."""
    (data,) = [one.image for one in person.news if one.image]
    return data


def first_lines(data):
    book = openpyxl.load_workbook(io.BytesIO(data))
    marks = [" ".join(str(c.value) for row in page["A1:A2"] for c in row) for page in book]
    return [f"{mark} {page.oddFooter.left.text}" for mark, page in zip(marks, book, strict=True)]


@pytest.mark.parametrize("ask", FILES)
def test_each_page_of_a_workbook_says_that_it_is_of_demo_data(wang, practice, ask):
    for mark in first_lines(taken(wang.say(ask))):
        assert mark.count("演示数据") == 2
        assert "王主任" in mark


@pytest.mark.parametrize("ask", PICTURES)
def test_a_picture_has_it_written_across(wang, practice, ask):
    drawn = chart.unpacked(taken(wang.say(ask)))
    assert drawn.stamp == "演示数据"
    assert chart.png(chart.packed(drawn)).startswith(b"\x89PNG")


def test_everything_about_one_person_says_it(wang, practice):
    wang.talk("/export-person 高永昌", "是谁要的", "[本人]", "作什么用", "[交本人]", "请当面移交")
    assert all("演示数据" in mark for mark in first_lines(wang.screen.image))


def test_of_a_real_office_nothing_says_it(town, wang):
    for ask in FILES:
        assert not any("演示" in mark for mark in first_lines(taken(wang.say(ask))))
    for ask in PICTURES:
        assert chart.unpacked(taken(wang.say(ask))).stamp == ""
