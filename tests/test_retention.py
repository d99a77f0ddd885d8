"""What has had its time goes, and nothing else."""

from sqlmodel import Session

from models import retention
from models.broadcast import Broadcast
from models.mailbox import Outgoing


def tidy(town):
    with Session(town.database) as session:
        gone = retention.tidy(session, town.now)
        session.commit()
        return gone


def test_a_broadcast_and_its_messages_go_together_after_thirty_days(town, zhou, wang):
    wang.talk("/broadcast 明天开会", "发给谁", "[联络员]", "发给", "[✅", "📢")
    town.wait(days=29)
    assert tidy(town)["broadcast"] == 0
    assert town.rows(Outgoing, kind="broadcast")
    for row in town.rows(Outgoing):
        row.state = "sent"
        town.change(row)
    town.wait(days=2)
    assert tidy(town)["broadcast"] == 1
    assert town.rows(Broadcast) == town.rows(Outgoing, kind="broadcast") == []
    wang.talk("/broadcast list", "没有群发")
