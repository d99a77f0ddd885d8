"""A coordinator moves people and work; every step is told, audited and can be taken back."""

from datetime import UTC, date, datetime

import pytest
from sqlmodel import Session

from models.assignment import BACKUP, PRIMARY, Assignment
from models.audit import Audit
from models.elder import Elder
from models.mailbox import DROPPED, SENT, Outgoing
from models.staff import Staff


def running(town, role=PRIMARY):
    """Elder's code to the liaison's name, as it is today."""
    staff = {row.id: row.name for row in town.rows(Staff)}
    elders = {row.id: row.code for row in town.rows(Elder)}
    return {
        elders[pair.elder_id]: staff[pair.staff_id]
        for pair in town.rows(Assignment, role=role)
        if pair.until_on is None or pair.until_on >= town.now.date()
    }


def sent(town):
    """What waits in the outbox goes out."""
    for row in town.rows(Outgoing):
        row.state = SENT
        town.change(row)


AT_FIRST = {f"E000{n}": "周明" for n in range(1, 6)} | {"E0006": "李娜"}


@pytest.fixture
def fang(town):
    """吴芳, a second liaison of 岚桥镇."""
    town.hire("吴芳", "liaison", "岚桥镇")


def test_another_liaison_for_one_elder_is_told_to_both_and_taken_back(town, wang, zhou, li):
    wang.talk(
        "/assign 高永昌", "联络员:周明\n后备:李娜\n换成谁负责?",
        "[李娜(1)]", "✅ 高永昌 81岁 柳泉村:联络员 周明 → 李娜,今天起生效。",
    )  # fmt: skip
    assert running(town) == AT_FIRST | {"E0001": "李娜"}
    assert "E0001" not in running(town, BACKUP)  # who is liaison now is backup no longer
    assert "王主任请您负责走访 高*昌 81岁 柳泉村" in li.look()[-1].text
    assert "今天起 高*昌 81岁 柳泉村 由李娜负责" in zhou.look()[-1].text
    sent(town)
    wang.talk("[↩ 撤回]", "↩ 已撤回,恢复原样:高*昌 81岁 柳泉村 交给李娜")
    assert running(town) == AT_FIRST
    assert running(town, BACKUP)["E0001"] == "李娜"
    assert "王主任已撤回" in li.look()[-1].text
    said = [(a.action, a.detail) for a in town.rows(Audit, elder_id=town.elders["高永昌"])]
    assert said[-2:] == [("assign", "E0001 primary S01 → S02"),
                         ("undo assign", "E0001 primary S02 → S01")]  # fmt: skip


def test_at_night_those_concerned_hear_nothing_of_what_was_taken_back(town, wang, zhou, li):
    town.now = datetime(2026, 11, 12, 14, 30, tzinfo=UTC)  # half past ten in the evening
    wang.talk("/assign E0001 李娜", "周明 → 李娜")
    town.wait(minutes=2)
    wang.talk("/undo", "撤回哪一项?\n1. 高*昌 81岁 柳泉村 交给李娜", "[↩ 撤回 1]", "↩ 已撤回")
    waiting = [row for row in town.rows(Outgoing, kind="tell") if row.state != DROPPED]
    assert waiting == []


def test_another_backup_but_not_the_liaison_himself(town, wang, fang):
    wang.talk(
        "/assign E0001 后备 周明", "周明已是联络员,请另选后备",
        "/assign E0001", "后备:李娜", "[换后备…]", "由谁任后备?", "[吴芳(0)]", "后备 李娜 → 吴芳",
        "/assign E0001 后备 吴芳", "本来就是吴芳",
    )  # fmt: skip
    assert running(town, BACKUP)["E0001"] == "吴芳"


def test_two_of_one_name_are_told_apart_before_anything_moves(town, wang):
    wang.talk("/assign 李秀英", "「李秀英」对得上 2 位", "[李秀英 84岁 柳泉村", "联络员:周明")


def test_a_whole_list_goes_to_one_person_after_a_look_at_it(town, wang, zhou, li):
    wang.talk(
        "/handover", "移交谁的名单?", "[周明(5)]", "交给谁?", "[交给一个人]", "由谁接手?",
        "[李娜(1)]", "移交周明的名单,共 5 位。今天起:\n• 李娜 接 5 位(1 → 6)",
    )  # fmt: skip
    assert running(town) == AT_FIRST  # nothing is written before it is confirmed
    wang.talk("[✅ 移交 5 位]", "✅ 已移交:周明的名单 → 李娜 5。会通知有关的 2 人。")
    assert set(running(town).values()) == {"李娜"}
    assert "5 位老同志(E0001、E0002" in li.look()[-1].text
    assert "由李娜负责,已从您的名单移出" in zhou.look()[-1].text
    zhou.talk("/due", "应访 0")
    li.talk("/due", "应访 6")
    wang.talk("[↩ 撤回]", "↩ 已撤回")
    assert running(town) == AT_FIRST
    assert len(town.rows(Audit, action="handover")) == 5


def test_a_list_is_split_by_village_and_one_village_may_stay(town, wang, fang):
    wang.talk("/移交 周明", "交给谁?", "[按村分]", "• 李娜 接 5 位")
    wang.talk("[石沟村 3 → 李娜]", "石沟村由谁接?", "[吴芳(0)]", "• 吴芳 接 3 位(0 → 3)")
    assert "• 李娜 接 2 位" in wang.text
    wang.talk("[柳泉村 2 → 李娜]", "柳泉村由谁接?", "不动", "• 2 位仍由周明负责")
    wang.talk("[✅ 移交 3 位]", "周明的名单 → 吴芳 3")
    assert sorted(code for code, name in running(town).items() if name == "吴芳") == [
        "E0002", "E0004", "E0005"]  # fmt: skip


def test_each_ones_backup_takes_over(town, wang):
    wang.talk(
        "/handover 周明", "交给谁?", "[交给各自后备]", "• 李娜 接 5 位", "[✅ 移交 5 位]", "已移交"
    )
    assert set(running(town).values()) == {"李娜"}


def test_whoever_leaves_hands_the_list_over(town, wang, zhou):
    wang.talk("/revoke 周明 left", "现有 5 位老人没人负责", "[移交名单]", "交给谁?", "[交给一个人]",
              "由谁接手?", "李娜", "李娜 接 5 位", "[✅ 移交 5 位]", "会通知有关的 1 人")  # fmt: skip
    wang.talk("/assign", "都有人负责")


def test_a_town_coordinator_moves_only_elders_and_liaisons_of_the_town(town, fang, zhao, zhou, li):
    zhao.talk("/assign 欧阳建国", "没有「欧阳建国」", "/assign E0006", "没有「E0006」")
    zhao.talk("/assign E0001 李娜", "没有唯一的「李娜」", "/assign E0001 S02", "没有唯一")
    zhao.talk("/handover 李娜", "没有唯一的联络员「李娜」")
    with Session(town.database) as session:  # 周明 also looks after somebody of the other town
        for pair in town.rows(Assignment, elder_id=town.elders["欧阳建国"], role=PRIMARY):
            session.merge(pair).staff_id = town.staff["周明"]
        session.commit()
    zhao.talk("/handover 周明 吴芳", "共 5 位", "[✅ 移交 5 位]", "已移交")
    assert running(town)["E0006"] == "周明"


def test_taking_back_is_refused_when_time_is_up_or_something_hangs_on_it(town, wang, zhou, li):
    wang.talk("/assign E0001 李娜", "周明 → 李娜")
    first = wang.find("↩ 撤回")
    town.wait(minutes=1)
    wang.talk("/assign E0001 周明", "李娜 → 周明")
    assert "之后又有改动,不能撤回:高*昌" in wang.press(first).text
    wang.talk("/undo", "1. 高*昌 81岁 柳泉村 交给周明\n2. 高*昌 81岁 柳泉村 交给李娜",
              "[↩ 撤回 1]", "↩ 已撤回", "/undo", "撤回哪一项")  # fmt: skip
    assert "↩ 已撤回" in wang.press(first).text  # the later one is gone, so this one can go
    assert "已经撤回过了" in wang.press(first).text
    assert running(town) == AT_FIRST
    wang.talk("/assign E0002 李娜", "周明 → 李娜")
    late = wang.find("↩ 撤回")
    town.wait(minutes=11)
    assert "已超过十分钟" in wang.press(late).text
    wang.talk("/undo", "最近十分钟没有可撤回的操作")


def test_an_invitation_is_taken_back_until_it_was_used(town, wang):
    wang.talk("/invite 周明", "邀请码", "[↩ 撤回]", "↩ 已撤回,恢复原样:周明的邀请码")
    wang.talk("/invite 周明", "邀请码")
    undo = wang.find("↩ 撤回")
    code = wang.news[0].text.splitlines()[1].replace("-", "")
    town.stranger("phone").talk(f"/start {code}", "是您本人吗", "[是我", "周明")
    assert "之后又有改动" in wang.press(undo).text


def test_a_lost_phone_stays_shut_once_the_new_one_is_in(town, wang, zhou):
    wang.talk("/revoke 周明 yes", "已停用(1 个聊天)")
    undo = wang.find("↩ 撤回")
    wang.talk("/invite 周明", "邀请码")
    code = wang.news[0].text.splitlines()[1].replace("-", "")
    town.stranger("phone").talk(f"/start {code}", "是您本人吗", "[是我", "周明")
    assert "之后又有改动" in wang.press(undo).text
    zhou.talk("/due", "请发邀请码")


def test_nobody_takes_back_what_another_did(town, wang, fang, zhao):
    wang.talk("/assign E0001 吴芳", "周明 → 吴芳")
    undo = wang.find("↩ 撤回")
    assert "没有可撤回的操作" in zhao.press(undo).text
    assert running(town)["E0001"] == "吴芳"
    assert [row.from_on for row in town.rows(Assignment, staff_id=town.staff["吴芳"])] == [
        date(2026, 11, 12)]  # fmt: skip
