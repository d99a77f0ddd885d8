"""What should not stand in a room with more people is asked back, and never repeated."""

import pytest

from models.mailbox import Outgoing
from models.staff import Staff

ASKED_BACK = "请撤回"
ID_NUMBER = "11010119000101123X"  # nobody's: its check character is wrong
MOBILE = "13000000000"


class Room:
    """A room in which one of the office and others write."""

    def __init__(self, town, who="王主任"):
        self.room = town.stranger("!room:example.org", "matrix")
        self.who = town.person(who, "matrix", "@desk:example.org").address

    def write(self, text):
        self.room.send(text=text, private=False, sender=self.who)
        return self.room.text if self.room.news else ""


@pytest.fixture
def room(town):
    here = Room(town)
    assert "应访" in here.write("!bind")
    return here


@pytest.mark.parametrize(
    "text",
    [f"身份证 {ID_NUMBER}", f"号码{ID_NUMBER.lower()}，请登记", "１１０１０１１９０００１０１１２３４",
     "110101 19000101 1234", f"电话{MOBILE}", "130-0000-0000", "+86 130 0000 0000",
     "座机 0391-0000000", "高永昌住院了", "听说欧阳建国得了癌症"],
)  # fmt: skip
def test_a_number_or_a_name_with_an_illness_is_asked_back(room, text):
    said = room.write(text)
    assert ASKED_BACK in said
    assert "单独" in said
    assert not any(word in said for word in ("高永昌", "欧阳", "住院", "癌", "130", "1101"))


@pytest.mark.parametrize(
    "text",
    ["大家好", "高永昌家的灯换了", "最近流感，注意生病", "2026-11-12 09:00 开会", "E0001 已走访", "个案 123456789",
     "第 12 批，共 350 人", "示例人住院了"],
)  # fmt: skip
def test_everything_else_is_none_of_the_bots_business(room, text):
    assert room.write(text) == ""


def test_who_pastes_a_list_is_told_once(town, room):
    assert ASKED_BACK in room.write(MOBILE)
    assert room.write(f"{MOBILE}，下一位") == ""
    town.wait(minutes=11)
    assert ASKED_BACK in room.write(MOBILE)


def test_nothing_of_it_is_kept(town, room):
    room.write(f"高永昌住院了 {MOBILE}")
    assert not [row for row in town.rows(Outgoing) if MOBILE in row.text or "住院" in row.text]


def test_a_room_that_is_not_bound_gets_one_sentence_and_no_more(town):
    room = Room(town)
    assert "单独" in room.write("大家好")
    assert room.write(MOBILE) == ""


def test_an_elder_of_another_town_is_not_known_in_the_room(town):
    desk = town.rows(Staff, name="李娜")[0]
    desk.role = "coordinator"
    town.change(desk)
    room = Room(town, "李娜")
    room.write("!bind")
    assert room.write("高永昌住院了") == ""
    assert ASKED_BACK in room.write("欧阳建国住院了")
