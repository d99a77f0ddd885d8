"""The personal card: masked, whole with a reason, changed by a proposal or at once."""

import pytest

from models.audit import Audit
from models.card import CardChange, Known
from models.elder import Elder, ElderFlag


@pytest.fixture
def known(town):
    (elder,) = town.rows(Elder, name="高永昌")
    elder.address, elder.contact_name = "示例3号", "高小军"
    elder.contact_phone, elder.conditions = "+86 000 0000 0042", "高血压"
    town.change(elder)
    return elder


def test_the_card_is_masked_until_somebody_says_why(town, zhou, known):
    zhou.talk("个人卡 高永昌", "📇 高永昌 81岁 柳泉村 E0001")
    for hidden in ("0000 0001", "示例3号", "高小军", "高血压"):
        assert hidden not in zhou.text
    assert "电话 860****0001" in zhou.text
    assert "联系人 高*军 860****0042" in zhou.text
    assert "七个清 3/7,缺:家庭情况、爱好、党支部、个性化需求" in zhou.text
    zhou.talk("[看全部]", "原因会记录在案", "[走访前了解]", "住址:示例3号")
    assert "常见病史:高血压" in zhou.text
    assert "高小军" in zhou.text
    assert [a.detail for a in town.rows(Audit, action="card_full")] == ["走访前了解"]


def test_the_whole_card_is_not_shown_on_a_network_of_others(town, known):
    telegram = town.person("周明", "telegram", "4711")
    telegram.talk("/card 高永昌", "📇 高*昌", "[看全部]", "只在本单位自己的网页或服务器上")
    assert "示例3号" not in telegram.text


def test_a_name_or_a_question_is_no_reason_to_see_everything(town, wang, known):
    wang.talk("/card 高永昌", "📇", "[看全部]", "原因会记录在案", "王德胜", "王德胜 90岁 石沟村")
    wang.talk("岚桥镇 还差谁", "岚桥镇 还没去", "/card E0001", "📇", "[看全部]", "原因会记录在案")
    assert town.rows(Audit, action="card_full") == []
    wang.talk("女儿来电话核对", "住址:示例3号")
    assert [a.detail for a in town.rows(Audit, action="card_full")] == ["女儿来电话核对"]


def test_nobody_else_sees_the_card(li, liu, known):
    li.talk("/card 高永昌", "没有「高永昌」", "/card E0001", "没有「E0001」",
            "/card E0001 full", "没有", "/edit E0001 phone", "没有")  # fmt: skip
    liu.talk("/card 高永昌", "没听懂")


def test_a_liaison_proposes_and_the_first_coordinator_decides(town, zhou, wang, known):
    zhou.talk("改资料 高永昌", "改哪一项", "[爱好]", "现在登记的是:(空)", "[下棋打牌]",
              "爱好:(空) → 下棋打牌\n提交后由协调员确认", "[提交]", "已提交")  # fmt: skip
    assert town.rows(Elder, code="E0001")[0].hobbies == ""
    (news,) = wang.look()
    assert "周明提出修改:高*昌 柳泉村 E0001,爱好" in news.text
    assert "下棋" not in news.text
    second = town.person("王主任", "matrix", "@wang")
    wang.talk("[看一下]", "爱好:(空) → 下棋打牌\n周明 11月12日提出:等协调员确认")
    yes, no = wang.find("接受"), wang.find("不接受")
    wang.press(yes)
    assert "王主任已接受" in wang.text
    assert town.rows(Elder, code="E0001")[0].hobbies == "下棋打牌"
    assert "爱好:王主任已接受" in zhou.look()[0].text
    second.press(no)
    assert "已经处理过了" in second.text
    assert "王主任已接受" in second.text
    assert [(c.state, c.new) for c in town.rows(CardChange)] == [("accepted", "下棋打牌")]
    assert [k.item for k in town.rows(Known)] == ["hobbies"]


def test_a_refused_proposal_changes_nothing_and_is_told(town, zhou, wang, known):
    zhou.talk("/edit 高永昌 电话 +86 000 0000 0099", "→ +86 000 0000 0099", "[提交]", "已提交",
              "/edit E0001 电话 +86 000 0000 0099", "→", "[提交]", "这项修改已经提交")  # fmt: skip
    wang.look()
    wang.talk(
        "待确认", "1 项", "[高永昌", "电话", "[不接受]", "王主任未接受", "/change", "没有待确认"
    )
    assert town.rows(Elder, code="E0001")[0].phone == "+86 000 0000 0001"
    assert "未接受" in zhou.look()[-1].text


def test_after_one_proposal_the_next_is_a_tap_away(zhou, wang, known):
    zhou.talk("/edit 高永昌 电话 +86 000 0000 0099", "→", "[提交]", "已提交")
    zhou.talk("/edit 高永昌 爱好 下棋打牌", "→", "[提交]", "已提交")
    wang.look()
    wang.talk("待确认", "2 项", "[高永昌 81岁 柳泉村 · 电话]", "等协调员确认", "[接受]", "已接受")
    wang.talk(
        "[待确认]", "1 项", "[高永昌 81岁 柳泉村 · 爱好]", "等协调员确认", "[不接受]", "未接受"
    )
    assert "待确认" not in wang.screen.buttons


def test_a_coordinators_own_change_counts_at_once_and_leaves_a_revision(town, wang, known):
    wang.talk("/edit 高永昌 address", "现在登记的是:示例3号", "示例8号", "示例3号 → 示例8号\n确认后立即生效",
              "[确认修改]", "已修改")  # fmt: skip
    (change,) = town.rows(CardChange)
    assert (change.old, change.new, change.state) == ("示例3号", "示例8号", "accepted")
    assert [a.detail for a in town.rows(Audit, action="edit")] == ["address"]


def test_what_changed_meanwhile_is_shown_before_it_is_decided(town, zhou, wang, known):
    zhou.talk("/edit 高永昌 address 示例5号", "→", "[提交]", "已提交")
    wang.look()
    accept = wang.say("[看一下]").find("接受")
    wang.talk("/edit 高永昌 address 示例7号", "→", "[确认修改]", "已修改")
    wang.press(accept)
    assert "刚刚有变化" in wang.text
    assert "示例7号 → 示例5号" in wang.text
    wang.talk("[接受]", "已接受")
    assert town.rows(Elder, code="E0001")[0].address == "示例5号"


@pytest.mark.parametrize(
    ("line", "change", "done", "column", "value"),
    [
        (
            "birth 农历1944年腊月初五",
            "1945-01-18 → 农历1944年腊月初五",
            "已修改",
            "birth_calendar",
            "lunar",
        ),
        ("name 高永强", "高永昌 → 高永强", "已修改。高永强", "initials", "gyq"),
        ("sex 女", "男 → 女", "已修改", "sex", "f"),
        ("party_member 是", "(空) → 是", "已修改", "party_member", True),
        ("village 石沟村", "柳泉村 → 石沟村", "已修改。高永昌 81岁 石沟村", "name", "高永昌"),
        ("tier B", "B类 → B类", "本来就是这样", "tier", "B"),
    ],
)
def test_any_field_is_read_as_in_the_roster(town, wang, known, line, change, done, column, value):
    wang.talk(f"/edit E0001 {line}", change, "[确认修改]", done)
    assert getattr(town.rows(Elder, code="E0001")[0], column) == value


def test_a_value_that_cannot_be_is_asked_again(wang, known):
    wang.talk("/edit E0001 phone", "电话", "没有号码了吗", "不是电话号码", "/edit E0001 birth 41年3月",
              "不是日期", "/edit E0001 village 不存在村", "没有这个村")  # fmt: skip


def test_a_register_is_set_and_ended_by_a_proposal(town, zhou, wang, known):
    zhou.talk("/edit 高永昌 独居 是", "独居:否 → 是", "[提交]", "已提交")
    wang.look()
    wang.talk("[看一下]", "独居", "[接受]", "已接受")
    assert [f.flag for f in town.rows(ElderFlag)] == ["lives_alone"]
    wang.talk("/edit 高永昌 独居 否", "是 → 否", "[确认修改]", "已修改")
    assert town.rows(ElderFlag)[0].until is not None
