"""What people set for themselves, as conversations."""

from sqlmodel import Session

from handlers.morning import reachable
from models.staff import Staff


def written_to(town, name: str = "周明") -> str:
    """The network on which this person hears what nobody asked for."""
    with Session(town.database) as session:
        ((_staff, chat),) = reachable(session, Staff.id == town.staff[name])
        return chat.network


def test_what_comes_unasked_goes_where_the_person_wrote_last_or_has_chosen(town):
    on_telegram = town.person("周明", network="telegram", address="1001")
    on_matrix = town.person("周明", network="matrix", address="@zhou:hs.test")
    on_telegram.say("帮助")
    town.wait(hours=1)
    on_matrix.say("帮助")
    assert written_to(town) == "matrix"
    on_telegram.talk("设置", "哪种语言", "[Telegram]", "以后发到 Telegram")
    town.wait(hours=1)
    on_matrix.say("帮助")
    assert written_to(town) == "telegram"
    on_matrix.talk("设置", "哪种语言", "最近用的", "最近用的那个")
    assert written_to(town) == "matrix"


def test_who_is_on_one_network_is_not_asked(zhou):
    zhou.talk("设置", "哪种语言")
    assert "Matrix" not in zhou.screen.buttons


def test_a_network_never_joined_cannot_be_chosen(zhou):
    zhou.talk("/settings to telegram", "还没有在那里加入")
