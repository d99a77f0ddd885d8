"""What the tests of cases share: the sweep, and a delivery that looks again before it sends."""

from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from bot.fresh import Recheck
from handlers import escalate
from models.case import WAITING as UNDER_WAY
from models.case import Case, CaseEvent, CaseStep
from models.case_record import Problem, open_or_join
from models.elder import Elder
from models.ladder import Hours
from models.mailbox import DROPPED, FAILED, SENT, WAITING, Outgoing
from models.outbox import Job
from models.staff import Chat, Staff
from models.visit import Visit
from tests.conversation import ZONE


@pytest.fixture
def doctor(town, wang):
    """赵医生 of the medical group, named as hospital contact by the coordinator."""
    town.hire("赵医生", group="medical")
    wang.talk("/hospital", "☐ 赵医生", "[☐ 赵医生", "☑ 赵医生")
    return town.person("赵医生")


@pytest.fixture
def fever(town):
    """高永昌 needs a doctor; 周明 reported it."""
    return opened(town, "medical_acute", "medical", 2)


def opened(town, category: str, group: str, severity: int) -> Case:
    with Session(town.database, expire_on_commit=False) as session:
        elder = session.get_one(Elder, town.elders["高永昌"])
        staff = session.get_one(Staff, town.staff["周明"])
        problem = Problem(category, group, severity, "发烧两天")
        case, _how = open_or_join(session, elder, problem, staff, town.now, Hours(ZONE, {}))
        session.commit()
        return case


def sweep(town) -> int:
    with Session(town.database) as session:
        count = escalate.sweep(session, town.receiver.office, town.now)
        session.commit()
        return count


def send(town, fails=()) -> int:
    """Hands everything that may go now to the network; `fails` are names it refuses."""
    recheck, sent = Recheck(town.receiver.office), 0
    with Session(town.database) as session:
        for row, chat in session.exec(waiting(town)).all():
            news = recheck(session, [job(row, chat)], town.now).get(row.seq)
            row.state, row.problem = (DROPPED, news) if isinstance(news, str) else (SENT, "")
            if isinstance(news, Job):
                row.text, row.rows = news.text, news.rows
            if row.state == SENT and chat.address in fails:
                row.state = FAILED
            row.sent_at = town.now if row.state == SENT else None
            sent += row.state == SENT
        session.commit()
    return sent


def waiting(town):
    due = col(Outgoing.not_before).is_(None) | (col(Outgoing.not_before) <= town.now)
    return (
        select(Outgoing, Chat)
        .join(Chat, col(Chat.id) == Outgoing.chat_id)
        .where(Outgoing.state == WAITING, due)
        .order_by(col(Outgoing.seq))
    )


def job(row, chat) -> Job:
    kept = {name: getattr(row, name) for name in Job.__dataclass_fields__ if hasattr(row, name)}
    return Job(**kept, network=chat.network, address=chat.address, private=chat.private)


def pass_time(town, minutes, fails=()):
    """The clock goes on, from one instant at which something may be due to the next."""
    until = town.now + timedelta(minutes=minutes)
    while town.now < until:
        town.now = min(until, soonest(town))
        sweep(town)
        send(town, fails)


def soonest(town):
    """A minute on while something is under way, else when the next step is due."""
    if town.rows(CaseStep, outcome=UNDER_WAY):
        return town.now + timedelta(minutes=1)
    coming = [one.next_at for one in town.rows(Case) if one.next_at]
    coming += [one.seek_at for one in town.rows(Visit) if one.seek_at and one.seek_at > town.now]
    return max(min(coming, default=town.now + timedelta(days=400)), town.now + timedelta(minutes=1))


def the_case(town, **where) -> Case:
    (found,) = town.rows(Case, **where)
    return found


def steps(town) -> list[str]:
    """The names of the steps that were taken, in order."""
    return [one.name for one in sorted(town.rows(CaseStep), key=lambda one: (one.at, one.name))]


def did(town) -> list[str]:
    """What was done to the cases, in order."""
    found = sorted(town.rows(CaseEvent), key=lambda one: one.at)
    return [one.action for one in found]
