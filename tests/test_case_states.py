"""Whoever presses whatever in whatever order: no case ever stands outside the table of moves.

The examples are the same in every run.
"""

import shutil
from datetime import timedelta
from random import Random

import pytest
from sqlmodel import Session

from bot.receive import Receiver
from models import case_query
from models.case import ENDED, MOVES, STATES, Case, CaseEvent
from models.database import connect
from models.elder import Elder
from models.mailbox import Seen
from models.staff import Staff
from tests.case_office import send, sweep
from tests.conversation import Town, settle
from tests.test_escalate import OFFICE

REPORTS = ("走访 高永昌 00020 漏雨", "走访 高永昌 00400 有伤", "走访 王德胜 03000 胸闷", "上报 高永昌 煤气",
           "上报 李秀英 没人做饭", "走访 王德胜 00000")  # fmt: skip
WORDS = {"resolve": "好了", "return": "人手不够", "refer": "legal", "close": "好了", "reopen": "没好",
         "withdraw": "误报", "note": "看过", "date": "1", "raise": "2", "wish": "不说"}  # fmt: skip


@pytest.fixture
def here(migrated_file, tmp_path):
    """Speed: one database, since nothing here depends on its kind."""
    shutil.copy(migrated_file, tmp_path / "states.db")
    engine = connect(f"sqlite:///{tmp_path}/states.db")
    yield Town(engine, Receiver(engine, OFFICE))
    engine.dispose()


@pytest.mark.parametrize("seed", range(4))
def test_no_sequence_of_presses_leads_outside_the_table(here, seed):
    with Session(here.database) as session:
        settle(session, here)
    here.hire("赵磊", group="legal")
    here.hire("马涛", group="emergency")
    here.hire("赵建军", "leader")
    people = [
        here.person(name) for name in ("周明", "李娜", "王主任", "刘强", "赵磊", "马涛", "赵建军")
    ]
    chance = Random(seed)
    for _step in range(60):
        before = {case.number: case for case in here.rows(Case)}
        number = chance.choice(list(before) or [1])
        who, action = chance.choice(people), chance.choice([*MOVES, *MOVES, "story", "where", ""])
        told = may(here, who, number, action)
        one_step(
            here, chance, people, who, f"/case {number} {action} {WORDS.get(action, '')}".strip()
        )
        holds(here, before, (number, action, told))
    assert here.rows(CaseEvent)


def one_step(town, chance, people, who, press):
    chances = chance.random()
    if chances < 0.2:
        town.wait(minutes=chance.choice([1, 11, 130, 3000]))
        sweep(town)
        send(town)
    elif chances < 0.35:
        liaison = people[0]
        liaison.say(chance.choice(REPORTS))
        for label in ("✅", "🆘 马上上报"):
            if liaison.news and any(label in name for name in liaison.screen.buttons):
                liaison.tap(label)
    else:
        who.say(press)
        assert who.news


def may(town, who, number, action) -> bool:
    """What the table says of this press before it is made."""
    with Session(town.database) as session:
        found = case_query.by_number(session, number)
        staff = session.get(
            Staff, next(key for name, key in town.staff.items() if name == who.address)
        )
        if found is None or action not in MOVES or staff is None:
            return False
        is_ = case_query.standing(session, staff, *found, town.now.date())
        return case_query.may(found[0], MOVES[action], is_, staff)


def holds(town, before, pressed):
    assert not [row for row in town.rows(Seen) if row.error]
    for case in town.rows(Case):
        assert case.state in STATES
        was = before.get(case.number)
        if was is not None and was.state != case.state:
            assert (was.state, case.state) in ways(), (was.state, case.state, pressed)
        assert (case.late_at is None) == (case.state in ENDED)
        assert case.state not in ENDED or case.next_at is None
    events = sorted(town.rows(CaseEvent), key=lambda one: (str(one.case_id), one.place))
    for one in events:
        what = MOVES.get(one.action)
        assert what is None or not what.to or one.state == what.to


def ways() -> set[tuple[str, str]]:
    """Each way the table knows; what two moves of one message do together, too."""
    one = {(state, move.to) for move in MOVES.values() for state in move.states if move.to}
    return one | {(a, d) for a, b in one for c, d in one if b == c}


def test_everybody_may_do_only_what_the_table_allows(here):
    """A press that the table does not allow changes nothing."""
    with Session(here.database) as session:
        settle(session, here)
    zhou, liu, li = (here.person(name) for name in ("周明", "刘强", "李娜"))
    zhou.talk("走访 高永昌 00020 漏雨", "核对", "[✅ 提交]", "已记下")
    for who in (zhou, liu, li):
        for action in MOVES:
            allowed = may(here, who, 1, action)
            (before,) = here.rows(Case)
            who.say(f"/case 1 {action} {WORDS.get(action, '')}".strip())
            (after,) = here.rows(Case)
            changed = (before.state, before.rev) != (after.state, after.rev)
            assert changed == allowed, (who.address, action, before.state, after.state)
            here.now += timedelta(seconds=1)
    assert {elder.name for elder in here.rows(Elder)}
