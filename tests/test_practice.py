"""Practice mode without a browser: its county, its clock, and what it never opens."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, col, select

from bot.backup import prepare
from bot.config import Problem, Settings
from bot.practice import SEATS, Practice
from models.elder import Elder
from models.mailbox import WAITING, Outgoing
from models.org import Unit
from models.staff import Chat, Staff
from models.visit import Visit

ZONE = ZoneInfo("Asia/Shanghai")


@pytest.fixture
def practice(sqlite_database: Engine) -> Practice:
    made = Practice(sqlite_database, ZONE, elders=12)
    made.open()
    return made


def reopened(practice: Practice) -> Practice:
    """The same practice after a restart of the bot."""
    again = Practice(practice.engine, ZONE)
    again.open()
    return again


def test_a_new_practice_has_a_county_with_a_past(practice: Practice) -> None:
    with Session(practice.engine) as session:
        assert session.exec(select(Elder.id)).all()
        assert session.exec(select(Visit.id)).all()


def test_three_people_sit_at_the_page(practice: Practice) -> None:
    seats = practice.seats()
    assert [seat.address for seat in seats] == list(SEATS)
    assert [(seat.name, seat.role) for seat in seats] == [
        ("周明", "liaison"),
        ("王主任", "coordinator"),
        ("刘强", "duty"),
    ]


def test_a_seat_whose_person_left_stays_and_is_empty(practice: Practice) -> None:
    with Session(practice.engine) as session:
        chat = session.exec(select(Chat).where(Chat.address == SEATS[0])).one()
        chat.staff_id = None
        session.commit()
    assert [seat.name for seat in practice.seats()] == ["", "王主任", "刘强"]


def test_ten_minutes_are_ten_minutes_and_last(practice: Practice) -> None:
    before = practice.offset
    practice.ten_minutes_on()
    assert practice.offset - before == timedelta(minutes=10)
    again = Practice(practice.engine, practice.zone)
    again.open()
    assert again.offset == practice.offset


def test_the_next_morning_is_eight_o_clock_of_the_next_local_day(practice: Practice) -> None:
    for _day in range(3):
        before = practice.now().astimezone(ZONE)
        practice.next_morning()
        after = practice.now().astimezone(ZONE)
        assert after.date() == before.date() + timedelta(days=1)
        assert (after.hour, after.minute) == (8, 0)


def test_the_clock_goes_on_where_it_was_after_a_restart(practice: Practice) -> None:
    practice.next_morning()
    assert abs(reopened(practice).now() - practice.now()) < timedelta(minutes=5)


def test_a_restart_keeps_what_was_entered(practice: Practice) -> None:
    with Session(practice.engine) as session:
        session.exec(select(Staff)).first().phone = "+86 000 9999 9999"
        session.commit()
    assert reopened(practice).epoch == practice.epoch
    with Session(practice.engine) as session:
        assert session.exec(select(Staff).where(Staff.phone == "+86 000 9999 9999")).one()


def test_starting_over_brings_back_the_same_county_and_today(practice: Practice) -> None:
    epoch, people = practice.epoch, names(practice)
    practice.next_morning()
    with Session(practice.engine) as session:
        session.exec(select(Staff)).first().name = "改过"
        session.commit()
    assert practice.start_over()
    assert practice.epoch != epoch
    assert practice.offset == timedelta()
    assert names(practice) == people
    assert reopened(practice).epoch == practice.epoch


def names(practice: Practice) -> list[str]:
    with Session(practice.engine) as session:
        return list(session.exec(select(Staff.name).order_by(col(Staff.code))).all())


def test_starting_over_waits_for_messages_on_their_way(practice: Practice) -> None:
    with Session(practice.engine) as session:
        chat = session.exec(select(Chat)).first()
        session.add(Outgoing(chat_id=chat.id, state=WAITING, made_at=datetime.now(UTC)))
        session.commit()
    epoch = practice.epoch
    assert not practice.start_over()
    assert practice.epoch == epoch
    assert practice.start_over(force=True)


def test_the_bot_writes_to_all_three_in_the_language_chosen(practice: Practice) -> None:
    practice.speak("en")
    assert {seat.locale for seat in practice.seats()} == {"en"}


def settings(folder: Path, **more: str) -> Settings:
    return Settings(_env_file=None, data_dir=folder, **more)


def test_practice_never_opens_the_office_s_database(tmp_path: Path) -> None:
    real = settings(tmp_path, database_url=f"sqlite:///{tmp_path}/office.db")
    assert real.practice_database != real.database
    office = settings(tmp_path, database_url=real.practice_database)
    engine = prepare(office)
    with Session(engine) as session:
        session.add(Unit(kind="county", name="望岚县"))
        session.commit()
    engine.dispose()
    with pytest.raises(Problem, match="practice|练习|演练"):
        prepare(real, practice=True)


def test_an_office_never_begins_on_invented_people(tmp_path: Path) -> None:
    practice = settings(tmp_path)
    prepare(practice, practice=True).dispose()
    with pytest.raises(Problem):
        prepare(settings(tmp_path, database_url=practice.practice_database))
