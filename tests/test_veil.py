"""Names on a network the office does not host: masked when they are shown, wherever they come from."""

import pytest
from sqlmodel import Session, select

from models.elder import Elder
from models.mailbox import Outgoing
from models.staff import Chat
from tests.conversation import ELDERS

NAMES = {name for name, *_rest in ELDERS}


def sent_to(town, network):
    with Session(town.database) as session:
        rows = session.exec(select(Outgoing).join(Chat).where(Chat.network == network)).all()
        return "\n".join(f"{row.text}{row.rows}" for row in rows)


@pytest.fixture
def telegram(town, zhou):
    """周明's other chat."""
    return town.person("周明", "telegram", "4711")


def test_what_began_on_the_offices_own_page_is_masked_when_it_goes_on_elsewhere(
    town, zhou, telegram
):
    zhou.talk("走访 李秀英 柳泉 00000", "核对", "李秀英说腿疼", "备注", "[＋ 答应的事]", "答应", "给李秀英买药", "核对",
              "[提交]", "已记下", "[选错人了/要改]", "哪里不对", "[选错人了]", "其实走访的是谁", "[李秀英 79岁", "什么原因",
              "[先放着]", "先放着")  # fmt: skip
    zhou.talk(
        "/later 高永昌",
        "是什么情况",
        "[先放着]",
        "先放着",
        "/visit 廖玉珍",
        "怎么",
        "[上门]",
        "精神",
        "[先放着]",
        "放着",
    )
    for code in telegram.say("/go").screen.buttons.values():
        telegram.press(code)
    telegram.talk("/go", "没填完的", "[改人:李*英 84岁 柳泉村", "什么原因", "[记错了]", "李*英说腿疼", "[确认]",
                  "李*英 79岁 石沟村 名下")  # fmt: skip
    assert not [name for name in NAMES if name in sent_to(town, "telegram")]


def test_a_long_conversation_shows_no_name_in_full(town, zhou, telegram, wang):
    office = town.person("王主任", "telegram", "4712")
    telegram.talk("走访 李秀英", "「李*英」对得上 2 位", "走方 李秀英", "没听懂", "[走访 李*英]", "对得上 2 位", "1", "怎么", "[上门]", "精神", "[低落孤单]",
                  "怎么看", "李秀英的老伴走了", "健康", "[其余都好]", "在场", "[只有本人]", "老伴走了", "[＋ 答应的事]", "答应",
                  "陪李秀英去医院", "陪李*英", "[修改…]", "要改", "[‹ 回到", "核对", "[提交]", "已记下", "[选错人了/要改]", "哪里",
                  "[整条作废]", "什么原因", "记成李秀英了", "作废", "[不改了]", "没有")  # fmt: skip
    telegram.talk("/visit", "走访谁", "/due all", "应访", "/brief 李秀英 石沟", "陪李*英去医院", "/history 李秀英 石沟", "李*英",
                  "/kept", "陪李*英", "[办了", "已记", "/why 高永昌", "高*昌", "/later 高永昌", "是什么情况", "[住院,到…]", "到哪一天",
                  "[不清楚]", "住院", "[确认]", "已记下", "/visit 王德胜", "怎么", "[没见到人…]", "情况", "[已逝世]", "核对",
                  "[提交]", "确认后停止")  # fmt: skip
    office.look()
    office.talk(
        "[确认逝世]",
        "确认 王*胜",
        "[确认]",
        "不在任何名单上",
        "欧阳建国",
        "欧**国",
        "/brief 欧阳建国",
        "欧**国",
    )
    said = sent_to(town, "telegram")
    assert not [name for name in NAMES if name in said]
    assert "高*昌" in said
    assert len(town.rows(Elder)) == len(ELDERS)
