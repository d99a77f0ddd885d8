"""Who looked at whom, when and why; and everything about one person as a file."""

import io
import re
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import openpyxl
import pytest
from PIL import Image

from bot.config import Problem, Settings
from bot.export_person import export_person
from handlers.audit_search import DID
from handlers.later import WHAT
from handlers.talk import Attachment
from models.audit import Audit
from models.dossier import HANDED_OVER, LEFT_OUT
from tests.conversation import plain
from tests.test_traces import of_an_elder


def test_a_coordinator_sees_who_looked_when_and_why(town, zhou, wang):
    zhou.talk("/brief 高永昌", "高永昌", "/card 高永昌 full", "为什么", "女儿打电话来问", "📇")
    town.wait(hours=1)
    wang.talk("/audit 高永昌", "• 11月12日 09:00 周明 看完整资料(女儿打电话来问)")
    assert "周明 看简报" in wang.text
    assert wang.text.splitlines()[1] == "• 11月12日 10:00 王主任 看本记录"


OF_NOBODY = {"order", "report", "invite", "join", "quit", "left", "revoke", "setting", "duty", "leave",
             "leave_end", "retention", "weather"}  # fmt: skip


def test_every_look_has_its_words():
    code = "\n".join(file.read_text() for file in Path("handlers").glob("*.py"))
    said = set(re.findall(r'(?:action=|_?audit\(turn, [\w., ]+, )"(\w+)"', code))
    said |= set(re.findall(r'steering\(turn, "(\w+)"', code))
    assert said - OF_NOBODY <= DID.keys()
    assert {f"later_{way.code}" for way in WHAT} <= DID.keys()


def test_everything_about_one_person_is_a_workbook_with_who_when_and_why(town, zhou, wang):
    zhou.talk("走访 高永昌 01000 =1+1", "核对", "[提交]", "已记下")
    wang.talk("/export-person 高永昌", "是谁要的", "[本人]", "作什么用", "[交本人]", "请当面移交")
    book = openpyxl.load_workbook(io.BytesIO(wang.screen.image))
    assert book.sheetnames == [
        "信息卡",
        "台账",
        "走访",
        "个案清单",
        "其他记录",
        "消息",
        "本人意愿",
        "修改记录",
        "谁看过",
    ]
    card = {row[0].value: row[1].value for row in book["信息卡"].iter_rows(min_row=3)}
    assert (card["姓名"], card["村"]) == ("高永昌", "柳泉村")
    mark = plain(str(book["走访"]["A1"].value))
    assert "王主任 2026-11-12 导出,用途:本人, 交本人" in mark
    note = book["走访"]["I3"]
    assert (note.value, note.data_type) == ("=1+1", "s")
    assert [a.detail for a in town.rows(Audit, action="export_person")] == ["本人, 交本人"]


def test_unsent_cards_and_messages_are_in_it_and_nobody_else(town, zhou, wang):
    zhou.talk("走访 高永昌 00000", "核对", "[提交]", "已记下")
    zhou.talk("/visit 高永昌", "怎么", "[电话]", "精神")
    wang.talk(
        "安排 高永昌 李娜",
        "✅",
        "/export-person 高永昌",
        "是谁要的",
        "[本人]",
        "作什么用",
        "[交本人]",
        "请当面",
    )
    book = openpyxl.load_workbook(io.BytesIO(wang.screen.image))
    more = [[cell.value for cell in row] for row in book["其他记录"].iter_rows(min_row=3)]
    assert ["未提交的卡片", "2026-11-12", "周明", "进: 📞 电话"] in more
    said = [[cell.value for cell in row] for row in book["消息"].iter_rows(min_row=3)]
    assert any("高永昌" in row[3] and row[1:3] == ["周明", "发给"] for row in said)
    for row in said:
        assert not any(name in row[3] for name in ("王德胜", "李秀英", "廖玉珍", "E0004"))


def test_no_such_file_is_made_on_a_network_of_others(town):
    town.person("王主任", "telegram", "4712").talk("/export-person 高永昌", "只在本单位自己的网页")


def test_the_command_line_writes_the_same_file_and_an_audit_line(town, tmp_path, capsys):
    settings = Settings(
        _env_file=None,
        data_dir=tmp_path,
        database_url=town.database.url.render_as_string(hide_password=False),
    )
    file = tmp_path / "person.xlsx"
    assert export_person(settings, "e0001", file, "本人要求") == 0
    assert "信息卡" in openpyxl.load_workbook(file).sheetnames
    assert [a.detail for a in town.rows(Audit, action="export_person")] == ["本人要求"]
    with pytest.raises(Problem):
        export_person(settings, "E9999", file, "")


def test_the_pictures_lie_beside_the_workbook_and_are_listed_with_day_and_hash(town, zhou, wang):
    zhou.talk("走访 高永昌 00020 屋顶漏雨", "核对")
    sent = picture()
    zhou.say("", attachments=(Attachment("a.png", "image/png", sent),))
    zhou.talk("[提交]", "已记下")
    wang.talk("/export-person 高永昌", "是谁要的", "[本人]", "作什么用", "[交本人]", "请当面移交")
    with ZipFile(io.BytesIO(wang.screen.image)) as packed:
        assert packed.namelist() == ["E0001.xlsx", "pictures/001-2026-11-12.jpg"]
        assert packed.read("pictures/001-2026-11-12.jpg").startswith(b"\xff\xd8")
        book = openpyxl.load_workbook(io.BytesIO(packed.read("E0001.xlsx")))
    assert [one.value for one in book["照片"][3]][:3] == [
        "pictures/001-2026-11-12.jpg", "2026-11-12 09:00", "周明",
    ]  # fmt: skip
    assert book["照片"]["E3"].value == sha256(sent).hexdigest()
    more = [[cell.value for cell in row] for row in book["其他记录"].iter_rows(min_row=3)]
    assert ["联络员", "2025-01-01 – ", "周明"] in [row[:3] for row in more]
    assert any(row[3] and "屋顶漏雨" in row[3] for row in more)


def picture():
    data = io.BytesIO()
    Image.new("RGB", (20, 20), "red").save(data, "PNG")
    return data.getvalue()


def test_of_every_table_that_leads_to_an_elder_the_file_says_something_or_why_not():
    named = HANDED_OVER | LEFT_OUT.keys()
    assert of_an_elder() == named
    assert not HANDED_OVER & LEFT_OUT.keys()
    assert all(LEFT_OUT.values())
