"""The roster dropped into the chat: looked at, confirmed, and only within one's own branch."""

import io
import struct
import zipfile
from collections.abc import Sequence

import openpyxl
import pytest
from sqlmodel import SQLModel

from handlers.talk import Attachment
from models.assignment import PRIMARY, Assignment
from models.attachment import Upload
from models.audit import Audit
from models.elder import Elder, ElderFlag
from models.mailbox import MAKING, Outgoing
from models.org import Unit
from models.staff import Staff
from tests.bot_api_server import BotApi
from tests.conversation import Person, Town
from tests.on_telegram import CHAT, running, talk

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEAD = ("编号", "姓名", "出生日期", "乡镇", "村", "联络员", "电话", "药物过敏")
GAO = ("E0001", "高永昌", "1945-01-18", "岚桥镇", "柳泉村", "周明", "+86 000 0000 0099", "青霉素")
SUN = ("", "孙桂兰", "1944-04-04", "岚桥镇", "石沟村", "周明", "", "")
LI = ("", "李秀英", "1947-03-02", "岚桥镇", "石沟村", "李娜", "", "")
OUYANG = ("E0006", "欧阳建国", "1950-10-01", "沙河镇", "沙河村", "李娜", "+86 000 0000 0066", "")
BAD = ("", "钱大爷", "38-1-1", "岚桥镇", "柳泉村", "周明", "儿子的电话", "")


def table(*rows: Sequence[object], sheet: str = "名册", head: Sequence[str] = HEAD) -> bytes:
    book = openpyxl.Workbook()
    page = book.worksheets[0]
    page.title = sheet
    for row in (head, *rows):
        page.append(list(row))
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def drop(person: Person, data: bytes, name: str = "名册.xlsx", mime: str = XLSX) -> Person:
    return person.send(attachments=(Attachment(name, mime, data),))


def locked() -> bytes:
    """The outside of a workbook with a password: a compound file around an encrypted package."""
    end, free, fat, none = 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFD, 0xFFFFFFFF
    head = struct.pack(
        "<8s16x5H6x10I", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", 0x3E, 3, 0xFFFE, 9, 6,
        0, 1, 1, 0, 4096, end, 0, end, 0, 0,
    )  # fmt: skip
    chain = [fat, end, *range(3, 10), end]

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        wide = name.encode("utf-16-le")
        return struct.pack(
            "<64sHBBIII16xI16xIQ", wide, len(wide) + 2, kind, 1, none, none, child, 0, start, size
        )

    folder = entry("Root Entry", 5, 1, end, 0) + entry("EncryptedPackage", 2, none, 2, 4096)
    sectors = struct.pack("<128I", *chain, *[free] * (128 - len(chain)))
    return head + b"\xff" * 432 + sectors + folder.ljust(512, b"\0") + b"x" * 4096


KEPT = (Elder, ElderFlag, Staff, Unit, Assignment)


def everything(town: Town) -> dict[str, list[SQLModel]]:
    return {table.__name__: sorted(town.rows(table), key=lambda row: str(row.id)) for table in KEPT}


def test_a_table_is_looked_at_then_confirmed_and_taken_back(town, wang, zhou, li):
    before = everything(town)
    drop(wang, table(GAO, SUN, LI))
    assert "还没有写入" in wang.text
    assert "新增 1 人,更改 1 人,不变 1 人" in wang.text
    assert "药物过敏:(空) → 青霉素" in wang.text
    assert "新增老干部:1 人(E0007 孙桂兰)" in wang.text
    assert "系统里有、表里没有的老干部(未改动):4 人" in wang.text
    assert everything(town) == before
    wang.talk("[✅ 确认导入]", "✅ 已导入。名册:新增 1 位,变更 1 位")
    (sun,) = town.rows(Elder, name="孙桂兰")
    assert (sun.code, sun.tier) == ("E0007", "B")
    assert town.rows(Elder, code="E0001")[0].allergies == "青霉素"
    assert "王主任请您负责走访 孙*兰 82岁 石沟村" in zhou.look()[-1].text
    assert "李*英 79岁 石沟村 由李娜负责" in zhou.text
    assert "李*英 79岁 石沟村" in li.look()[-1].text
    assert town.rows(Upload) == []
    details = [a.detail for a in town.rows(Audit, action="import", elder_id=town.elders["高永昌"])]
    assert details == ["allergies, phone"]  # what changed, without the words themselves
    wang.talk("[↩ 撤回]", "↩ 已撤回,恢复原样:名册:新增 1 位")
    assert everything(town) == before


def test_what_hangs_on_an_import_keeps_it(town, wang, zhou):
    drop(wang, table(SUN)).talk("[✅ 确认导入]", "✅ 已导入")
    undo = wang.find("↩ 撤回")
    zhou.talk("走访 孙桂兰 00000", "核对", "[提交]", "已记下")
    assert "已有记录用到它,不能撤回" in wang.press(undo).text
    assert len(town.rows(Elder)) == 7


def test_bad_rows_are_told_and_marked_in_the_same_table(town, wang):
    drop(wang, table(GAO, BAD))
    assert "🔴 有 1 行要改:" in wang.text
    assert "第 3 行“出生日期”" in wang.text
    (file,) = [one for one in wang.news if one.image]
    page = openpyxl.load_workbook(io.BytesIO(file.image))["名册"]
    assert page["B3"].value == "钱大爷"
    assert "四位" in page["C3"].comment.text
    assert page["C3"].fill.fgColor.rgb == page["G3"].fill.fgColor.rgb == "FFF4B6B6"
    assert page["B3"].comment is None
    assert (page.page_setup.orientation, page.print_title_rows) == ("landscape", "$1:$1")
    assert page.sheet_properties.pageSetUpPr.fitToPage
    wang.talk("[只导入 1 行]", "有 1 行没有导入")
    assert town.rows(Elder, name="钱大爷") == []
    assert town.rows(Elder, code="E0001")[0].allergies == "青霉素"


def test_a_village_that_is_new_is_named_so_that_a_slip_is_seen(wang):
    drop(wang, table((*GAO[:4], "柳全村", *GAO[5:])))
    assert "新增单位:村 1 个(柳全村)" in wang.text


def test_a_cell_of_the_marked_table_is_never_a_formula(wang):
    drop(wang, table(("", "钱大爷", "38-1-1", "岚桥镇", "柳泉村", "周明", "=1+1", "")))
    drop(wang, "姓名,出生日期,乡镇,村,需求\n钱大爷,38-1-1,岚桥镇,柳泉村,=1+1\n".encode(), "a.csv")
    (file,) = [one for one in wang.news if one.image]
    page = openpyxl.load_workbook(io.BytesIO(file.image)).worksheets[0]
    assert (page["E2"].value, page["E2"].data_type) == ("=1+1", "s")


def test_the_same_table_again_changes_nothing(town, wang):
    drop(wang, table(GAO)).talk("[✅ 确认导入]", "✅ 已导入")
    drop(wang, table(GAO))
    assert "没有需要更改的" in wang.text
    assert "✅ 确认导入" not in wang.screen.buttons


def test_what_changed_since_the_look_is_shown_before_it_is_written(town, wang):
    drop(wang, table(GAO))
    sure = wang.find("✅ 确认导入")
    row = town.rows(Elder, code="E0001")[0]
    row.allergies = "青霉素"
    town.change(row)
    assert "期间数据有变化" in wang.press(sure).text
    assert "药物过敏" not in wang.text
    wang.talk("[✅ 确认导入]", "✅ 已导入")


def test_a_newer_table_takes_the_place_of_the_one_that_waits(town, wang):
    drop(wang, table(GAO))
    old = wang.find("✅ 确认导入")
    drop(wang, table(SUN))
    assert "已经填完或放弃了" in wang.press(old).text
    assert town.rows(Elder, code="E0001")[0].allergies == ""
    drop(wang, b"%PDF-1.7", "a.pdf", "application/pdf")
    assert "这不是表格" in wang.text
    assert "新增 1" in wang.text  # the one that waits is still there


@pytest.mark.parametrize(
    ("data", "name", "answer"),
    [
        (b"", "a.xlsx", "空的"),
        (b"%PDF-1.7", "a.pdf", "这不是表格"),
        (b"x" * 10_500_000, "a.csv", "文件太大"),
    ],
)
def test_what_is_no_roster_is_refused_with_one_sentence(town, wang, data, name, answer):
    drop(wang, data, name)
    assert answer in wang.text
    assert len(wang.text.splitlines()) == 1
    assert town.rows(Upload) == []


@pytest.mark.parametrize(
    ("data", "answer"),
    [(b"PK\x03\x04 broken", "读不出来"), (table(("x",), head=("甲",)), "没有找到表头")],
)
def test_what_turns_out_to_be_no_roster_is_told_so(wang, data, answer):
    drop(wang, data)
    assert "正在读取" in wang.news[0].text
    assert answer in wang.screen.text
    assert len(wang.screen.text.splitlines()) == 1
    assert "确认导入" not in str(wang.screen.buttons)
    wang.talk("[放弃]", "已放弃", "/status", "应访")


def arrived(town: Town, wang: Person) -> Person:
    """A table was dropped, and nobody has read it yet."""
    sent = (Attachment("名册.xlsx", XLSX, table(GAO, SUN)),)
    town.receiver.receive([wang.said(attachments=sent)], town.now)
    wang.look()
    return wang


def test_a_table_is_read_beside_the_steps(town, wang):
    arrived(town, wang).talk("/status", "应访")
    town.make_papers()
    wang.look()
    assert "新增 1 人,更改 1 人" in wang.text
    wang.talk("[✅ 确认导入]", "✅ 已导入")


def test_discarded_before_it_is_read_nothing_comes(town, wang):
    arrived(town, wang).press(wang.find("放弃"))
    town.make_papers()
    assert wang.look() == []
    assert town.rows(Outgoing, state=MAKING) == []


def test_put_aside_it_is_shown_again_without_being_read_again(town, wang):
    drop(wang, table(GAO, SUN))
    shown = wang.screen.text
    wang.talk("[先放着]", "先放着", "[接着填]", shown, "[✅ 确认导入]", "✅ 已导入")


def test_what_was_looked_at_in_the_office_is_not_shown_elsewhere(town, wang):
    drop(wang, table(GAO, SUN)).say("[先放着]")
    again = wang.find("接着填")
    phone = town.person("王主任", "telegram", "77").press(again)
    assert "单位自己的网络" in phone.text
    assert "高" not in phone.text
    assert "确认导入" not in str(phone.screen.buttons)


def test_a_file_that_unpacks_to_gigabytes_is_not_unpacked(wang):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bomb:
        bomb.writestr("xl/worksheets/sheet1.xml", b"0" * 301_000_000)
    drop(wang, packed.getvalue())
    assert "文件超过 30 MB" in wang.text


def test_a_file_with_a_password_is_told_so(wang):
    drop(wang, locked())
    assert "文件有密码" in wang.text


def test_only_coordinators_bring_a_roster(town, zhou):
    drop(zhou, table(GAO))
    assert "只能收照片" in zhou.text
    assert town.rows(Upload) == []


def test_a_town_coordinators_table_touches_no_other_town(town, zhao):
    before = everything(town)
    staff = ("S02", "李娜", "联络员", "沙河镇")
    book = openpyxl.load_workbook(io.BytesIO(table(OUYANG, sheet="老干部")))
    page = book.create_sheet("工作人员")
    for row in (("编号", "姓名", "角色", "乡镇"), staff, ("S01", "周明", "联络员", "沙河镇")):
        page.append(list(row))
    page = book.create_sheet("单位")
    for row in (("县", "乡镇", "村"), ("望岚县", "新镇", ""), ("别县", "别镇", "")):
        page.append(list(row))
    data = io.BytesIO()
    book.save(data)
    drop(zhao, data.getvalue())
    assert "不属于您的辖区" in zhao.text
    assert "确认导入" not in str(zhao.screen.buttons) + str(zhao.news[0].buttons)
    assert everything(town) == before


def test_a_table_tells_a_town_nothing_of_who_is_elsewhere(town, zhao):
    """The code of somebody of another town is answered as one that nobody has."""
    texts = []
    for code in ("E0006", "E7777"):
        drop(zhao, table((code, "欧阳建国", "1950-10-01", "岚桥镇", "石沟村", "周明", "", "")))
        texts.append(zhao.text.replace(code, "E…"))
    assert texts[0] == texts[1]
    assert "不是您辖区的编号" in texts[0]
    drop(zhao, table(("", "欧阳建国", "1950-10-01", "岚桥镇", "石沟村", "周明", "", "")))
    assert "新增 1" in zhao.text  # a namesake: two people
    assert "E0006" not in zhao.text
    drop(zhao, table(("E0002", "李秀英", "1947-03-02", "岚桥镇", "石沟村", "李娜", "", "")))
    assert "在别的单位工作" in zhao.text
    (kept,) = town.rows(Assignment, elder_id=town.elders["李秀英 石沟村"], role=PRIMARY)
    assert kept.staff_id == town.staff["周明"]


def test_where_the_office_is_not_the_host_names_and_values_stay_hidden(town):
    wang = town.person("王主任", "telegram", "77")
    drop(wang, table(GAO, BAD))
    assert "高*昌" in wang.text
    assert "药物过敏" in wang.text
    for hidden in ("高永昌", "青霉素", "0099"):
        assert hidden not in wang.text
    assert "请在聊天里删除该文件" in wang.text


async def test_a_workbook_comes_in_through_telegram(town: Town, api: BotApi) -> None:
    town.person("王主任", "telegram", str(CHAT))
    async with running(town, api.url):
        api.document(CHAT, table(GAO, SUN), "名册.xlsx", XLSX)
        shown = await api.hears(CHAT, "新增 1")
        assert "高永昌" not in shown.text
        await talk(api, ("[✅ 确认导入", "已导入"))
        api.document(CHAT, b"%PDF-1.7", "a.pdf", "application/pdf")
        await api.hears(CHAT, "这不是表格")
    assert len(town.rows(Elder, name="孙桂兰")) == 1
