"""What receiving promises: once, in order, all or nothing, and never silence."""

from handlers.talk import Incoming
from models.draft import Draft
from models.mailbox import Outgoing, Seen
from models.visit import Visit


def said(person, text="", key="", **more):
    return Incoming(person.network, person.address, key or text, text=text, **more)


def test_an_event_that_comes_twice_is_handled_once(town, zhou):
    once = said(zhou, "走访 高永昌 00000", "17")
    assert town.receive(once).replies == 1
    assert town.receive(once).replies == 0
    assert town.receive(once, once).replies == 0
    assert len(town.rows(Outgoing)) == 1


def test_a_batch_keeps_the_order_of_each_chat(town, zhou, li):
    town.receive(said(zhou, "/visit 高永昌"), said(li, "/visit 欧阳建国"), said(zhou, "1"), said(li, "2", "l2"),
                 said(zhou, "0", "z0"))  # fmt: skip
    drafts = {d.staff_id: d.answers for d in town.rows(Draft)}
    assert drafts[town.staff["周明"]] == {"how": "in_person", "spirit": "good"}
    assert drafts[town.staff["李娜"]] == {"how": "phone"}


def test_a_whole_visit_in_one_batch_is_one_visit(town, zhou):
    lines = ("/visit 高永昌", "1", "2", "没人陪", "0", "0", "0", "0")
    town.receive(*(said(zhou, line, f"k{n}") for n, line in enumerate(lines)))
    zhou.look()
    zhou.talk("1", "核对", "[提交]", "已记下")
    assert [v.spirit for v in town.rows(Visit)] == ["concern"]


def test_answers_and_facts_are_committed_together(town, zhou):
    town.receive(said(zhou, "/visit 高永昌", "a"))
    assert [row.key for row in town.rows(Seen)] == ["a"]
    assert [row.state for row in town.rows(Outgoing)] == ["waiting"]


def test_one_message_that_cannot_be_handled_takes_no_other_with_it(town, zhou, li, monkeypatch):
    """The failure is put into a real handler: no input is known that makes one raise."""
    import handlers

    real = handlers.answer

    def broken(turn):
        if turn.said.text == "毒":
            raise ZeroDivisionError
        return real(turn)

    monkeypatch.setattr(handlers, "answer", broken)
    town.receive(said(zhou, "/visit 高永昌"), said(zhou, "毒"), said(li, "/visit 欧阳建国"))
    assert "走访 高永昌" in zhou.look()[0].text
    assert "系统出错了(编号" in zhou.screen.text
    assert "走访 欧阳建国" in li.look()[0].text
    assert len([row for row in town.rows(Seen) if row.error]) == 1
    zhou.talk("1", "2/7 精神")


def test_a_chat_that_was_unreachable_is_reachable_when_it_writes(town, zhou, wang):
    from models.staff import Chat

    (chat,) = town.rows(Chat, address="周明")
    chat.unreachable_at, chat.unreachable_why = town.now, "blocked"
    town.change(chat)
    wang.talk("/unreachable", "周明 S01 联络员 web 从11月12日起")
    zhou.say("/help")
    wang.talk("/unreachable", "所有人都联系得上")


def pressed(person, code, key):
    return Incoming(person.network, person.address, key, choice=code)


def test_what_was_read_for_the_whole_batch_is_not_told_after_it_changed(town, zhou, li):
    zhou.talk("走访 高永昌 0 0 0 2 0 屋顶漏雨", "核对")
    town.receive(
        pressed(li, "/visit E0006", "li"),
        pressed(zhou, zhou.find("提交"), "submit"),
        pressed(zhou, "/visit E0001", "again"),
        said(zhou, "0", "answer"),
        pressed(zhou, "/visit E0001", "and again"),
    )
    shown = [one.text for one in zhou.look()]
    assert "已记下" in shown[0]
    assert "(今天)" in shown[1]
    assert "没办完" in shown[1]
    assert "走访 欧阳建国" in li.look()[0].text
