"""What the tests of broadcasts share: writing one, and its rows in the outbox."""

import pytest

from models.mailbox import Outgoing

HELLO = "明天9点到镇里开会"


@pytest.fixture
def zhao(town):
    """赵敏, the coordinator of 岚桥镇 only."""
    town.hire("赵敏", "coordinator", "岚桥镇")
    return town.person("赵敏")


def written(town):
    """Outbox rows of broadcasts by the name of who they are for."""
    names = {str(key): name for name, key in town.staff.items()}
    rows = town.rows(Outgoing, kind="broadcast")
    return {names[row.once.rpartition(":")[2]]: row for row in rows}


def put(town, name, **values):
    row = written(town)[name]
    for key, value in values.items():
        setattr(row, key, value)
    town.change(row)


def send(person, *answers, words=HELLO):
    for line in ("/broadcast", *answers, words, "[✅ 发给"):
        person.say(line)
    return person
