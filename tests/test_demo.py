"""The demo county: the people of its recipe are there, and a seed gives the same rows again."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from sqlmodel import Session, SQLModel, select

from bot.config import Settings
from bot.demo import demo_roster
from locales import speaking
from models import lookup
from models.assignment import BACKUP, PRIMARY, Assignment
from models.calendar import birthdays
from models.demo import County, NotEmpty, write_county
from models.demo_names import TOWNS
from models.elder import ACTIVE, LIXIU, Elder, ElderFlag, age
from models.org import TOWN, VILLAGE, Unit, setting
from models.staff import DUTY, GROUPS, LIAISON, Staff
from models.visit import (
    OBSERVATIONS,
    Promise,
    Visit,
)
from tests.demo_county import TODAY, ZONE


def years(elder: Elder) -> int:
    return age(elder, TODAY) or 0


@pytest.fixture(scope="module")
def county(demo: tuple[Engine, County]) -> County:
    return demo[1]


@pytest.fixture(scope="module")
def session(demo: tuple[Engine, County]) -> Iterator[Session]:
    with Session(demo[0]) as session:
        yield session


@pytest.fixture(scope="module")
def elders(session: Session) -> list[Elder]:
    return list(session.exec(select(Elder).order_by(Elder.code)))


def flagged(session: Session) -> dict[Any, set[str]]:
    found: dict[Any, set[str]] = defaultdict(set)
    for flag in session.exec(select(ElderFlag)):
        found[flag.elder_id].add(flag.flag)
    return found


def everything(session: Session) -> dict[str, list[Any]]:
    tables = SQLModel.metadata.sorted_tables
    return {
        table.name: sorted(session.connection().execute(table.select()).all(), key=repr)
        for table in tables
    }


# The same county every time


def test_both_databases_get_identical_rows_from_one_seed(
    database: Engine, session: Session
) -> None:
    with Session(database) as other:
        write_county(other, 300, today=TODAY, zone=ZONE)
        mine, theirs = everything(session), everything(other)
        assert [name for name, rows in mine.items() if rows != theirs[name]] == []
    assert len(mine["visit"]) > 7000


def test_another_seed_gives_other_people(sqlite_database: Engine, elders: list[Elder]) -> None:
    with Session(sqlite_database) as other:
        write_county(other, 300, seed=2, today=TODAY, zone=ZONE)
        names = set(other.exec(select(Elder.name)))
    assert len(names ^ {elder.name for elder in elders}) > 200


def test_a_longer_history_is_the_same_people(sqlite_database: Engine, elders: list[Elder]) -> None:
    with Session(sqlite_database) as other:
        write_county(other, 300, today=TODAY, zone=ZONE, months=2)
        assert [e.name for e in other.exec(select(Elder).order_by(Elder.code))] == [
            elder.name for elder in elders
        ]


def test_a_county_is_never_mixed_with_elders_who_are_there(database: Engine) -> None:
    with Session(database) as session:
        write_county(session, 10, today=TODAY, zone=ZONE)
        with pytest.raises(NotEmpty):
            write_county(session, 10, today=TODAY, zone=ZONE)


@pytest.mark.parametrize("n", [1, 2, 10, 45])
def test_a_small_county_is_whole(database: Engine, n: int) -> None:
    with Session(database) as session:
        county = write_county(session, n, today=TODAY, zone=ZONE)
        assert len(session.exec(select(Elder)).all()) == n == county.elders
        assert session.get_one(Staff, county.liaison).name == "周明"
        assert session.get_one(Staff, county.backup).name == "李娜"
        assert len(session.exec(select(Assignment)).all()) == 2 * n


def test_a_county_of_three_thousand_is_written(sqlite_database: Engine) -> None:
    with Session(sqlite_database) as session:
        county = write_county(session, 3000, today=TODAY, zone=ZONE, months=1)
        assert county.staff == 310
        assert len(session.exec(select(Elder).where(Elder.state != ACTIVE)).all()) == 20
        assert len(set(session.exec(select(Visit.ref)))) == county.visits


@pytest.mark.parametrize(
    "today",
    [date(2026, 1, 1), date(2026, 1, 16), date(2028, 2, 29), date(2026, 3, 1), date(2025, 12, 31)],
)
def test_any_day_of_the_calendar_will_do(sqlite_database: Engine, today: date) -> None:
    with Session(sqlite_database) as session:
        write_county(session, 60, today=today, zone=ZONE, months=2)
        latest = max(session.exec(select(Visit.visited_on)))
        exact = [age(elder, today) for elder in session.exec(select(Elder).order_by(Elder.code))]
        assert today - timedelta(days=5) <= latest < today
        assert exact[7:11] == [100, 102, 80, 89]


# Places and people


def test_the_office_tree_has_the_county_its_towns_and_villages(session: Session) -> None:
    units = session.exec(select(Unit)).all()
    names = {unit.id: unit.name for unit in units}
    villages: dict[str, set[str]] = defaultdict(set)
    for unit in units:
        if unit.kind == VILLAGE:
            assert unit.parent_id is not None
            villages[names[unit.parent_id]].add(unit.name)
    assert villages == {town: set(below) for town, below in TOWNS.items()}
    assert {"石沟村", "柳泉村", "沙河村"} <= villages["岚桥镇"]


def test_the_people_of_the_stories_are_there(session: Session, county: County) -> None:
    duty = {g: session.get_one(Staff, staff) for g, staff in county.duty.items()}
    assert set(duty) == set(GROUPS)
    assert {one.role for one in duty.values()} == {DUTY}
    assert duty["housekeeping"].name == "刘强"
    assert session.get_one(Staff, county.coordinator).name == "王主任"
    liaison = session.get_one(Staff, county.liaison)
    assert [lookup.find(session, liaison, name, TODAY)[0].name for name in ("廖玉珍", "wds")] == [
        "廖玉珍",
        "王德胜",
    ]


def test_gao_yongchang_is_as_the_stories_tell(session: Session, county: County) -> None:
    liaison = session.get_one(Staff, county.liaison)
    [gao] = lookup.find(session, liaison, "gyc", TODAY)
    village = session.get_one(Unit, gao.unit_id)
    assert (gao.name, years(gao), gao.sex, village.name) == ("高永昌", 81, "m", "柳泉村")
    assert (gao.tier, gao.allergies, gao.initials) == ("B", "青霉素", "gyc")
    assert (gao.keeps_calendar, gao.birth_month, gao.birth_day) == ("lunar", 12, 5)
    last = lookup.last_done(session, gao.id)
    assert last is not None
    assert last.visited_on == date(2026, 10, 29)
    assert [getattr(last, name) for name in OBSERVATIONS] == [
        "good",
        "watch",
        "good",
        "good",
        "watch",
    ]
    promises = session.exec(
        select(Promise).where(Promise.elder_id == gao.id, Promise.made_on == last.visited_on)
    ).all()
    assert [(one.text, one.kept_at) for one in promises] == [("换水龙头垫圈", None)]


def test_namesakes_of_one_town_differ_in_village_or_age(
    session: Session, elders: list[Elder]
) -> None:
    pairs = defaultdict(list)
    for elder in elders:
        village = session.get_one(Unit, elder.unit_id)
        pairs[elder.name, village.parent_id].append((village.name, years(elder)))
    twins = {name: who for (name, _town), who in pairs.items() if len(who) > 1}
    assert {"李秀英", "张桂兰", "陈建国"} <= set(twins)
    assert sorted(twins["李秀英"]) == [("柳泉村", 84), ("石沟村", 79)]
    assert all(len(set(who)) == len(who) for who in twins.values())
    assert len(elders) - len({elder.name for elder in elders}) < 30


def test_names_that_break_encodings_and_tables_are_there(elders: list[Elder]) -> None:
    names = {elder.name for elder in elders}
    assert {len(name) for name in names} == {2, 3, 4}
    assert any(name.startswith("欧阳") for name in names)
    assert any("䶮" in name for name in names)
    assert any("㼆" in name for name in names)
    assert all(elder.pinyin and elder.initials for elder in elders)


def test_ages_follow_the_recipe(elders: list[Elder]) -> None:
    decades = Counter(min(years(elder) // 10 * 10, 90) for elder in elders)
    shares = {decade: count / 300 for decade, count in decades.items()}
    assert shares == pytest.approx({60: 0.45, 70: 0.33, 80: 0.17, 90: 0.05}, abs=0.01)
    assert sorted(years(elder) for elder in elders)[-2:] == [100, 102]
    assert sum(elder.sex == "m" for elder in elders) / 300 == pytest.approx(0.62, abs=0.06)
    assert sum(e.keeps_calendar == "lunar" for e in elders) / 300 == pytest.approx(0.6, abs=0.06)


def test_the_birthdays_that_are_hard_are_there(elders: list[Elder]) -> None:
    by_name = {elder.name: elder for elder in elders}
    in_60_days = TODAY + timedelta(days=60)
    assert [e.name for e in elders if e.born_on == date(1946, 11, 12)] == ["马䶮"]
    assert (age(by_name["李㼆"], in_60_days - timedelta(1)), age(by_name["李㼆"], in_60_days)) == (
        89,
        90,
    )
    assert [e.born_on for e in elders if (e.born_on or TODAY).strftime("%m%d") == "0229"]
    assert [(e.birth_year, e.birth_month) for e in elders if e.birth_leap][:1] == [(1944, 4)]
    new_year_eve = [e for e in elders if (e.birth_calendar, e.birth_month, e.birth_day) ==
                    ("lunar", 12, 30)]  # fmt: skip
    assert new_year_eve
    xu = next(e for e in elders if (e.birth_month, e.birth_day) == (11, 30) and e.name == "许月娥")
    assert birthdays(xu, date(2027, 1, 1), date(2027, 12, 31)) == [
        date(2027, 1, 7),
        date(2027, 12, 27),
    ]


def test_lixiu_cadres_are_at_least_ninety_one(elders: list[Elder]) -> None:
    lixiu = [years(elder) for elder in elders if elder.status == LIXIU]
    assert min(lixiu) >= 91
    assert 4 <= len(lixiu) <= 10


def test_tiers_come_from_the_flags_and_have_the_expected_sizes(
    session: Session, elders: list[Elder], county: County
) -> None:
    flags = flagged(session)
    for elder in elders:
        mine = flags[elder.id]
        is_d = mine & {"long_stay_inpatient", "cancer", "critical"}
        is_c = mine & {"widowed", "bedridden", "lives_alone"}
        expected = "D" if is_d else "C" if is_c else "B" if "mobility_limited" in mine else "A"
        assert elder.tier == expected
    assert {tier: county.tiers[tier] for tier in "ABCD"} == pytest.approx(
        {"A": 207, "B": 15, "C": 57, "D": 21}, abs=15
    )


def test_flags_are_as_frequent_as_in_the_recipe(session: Session) -> None:
    flags = flagged(session)
    count = Counter(flag for mine in flags.values() for flag in mine)
    assert 15 <= count["lives_alone"] <= 31
    assert 3 <= count["cancer"] <= 15
    assert 3 <= count["long_stay_inpatient"] <= 15
    assert all("widowed" in mine for mine in flags.values() if "lives_alone" in mine)
    assert all("mobility_limited" in mine for mine in flags.values() if "bedridden" in mine)


def test_nobody_can_be_called_and_nobody_has_an_id_number(session: Session) -> None:
    people = [*session.exec(select(Elder)), *session.exec(select(Staff))]
    phones = [one.phone for one in people if one.phone]
    phones += [one.contact_phone for one in people if isinstance(one, Elder)]
    assert all(re.fullmatch(r"\+86 000 \d{4} \d{4}", phone) for phone in phones)
    assert len(set(phones)) == len(phones)
    rows = repr(everything(session))
    assert not re.search(r"\d{17}[\dX]", re.sub(r"UUID\('[^']*'\)", "", rows))


def test_every_elder_has_a_liaison_and_a_backup_of_the_own_town(session: Session) -> None:
    staff = {one.id: one for one in session.exec(select(Staff))}
    units = {one.id: one for one in session.exec(select(Unit))}
    pairs: dict[Any, dict[str, Staff]] = defaultdict(dict)
    for row in session.exec(select(Assignment)):
        pairs[row.elder_id][row.role] = staff[row.staff_id]
    for elder in session.exec(select(Elder)):
        mine = pairs[elder.id]
        assert set(mine) == {PRIMARY, BACKUP}
        assert mine[PRIMARY] is not mine[BACKUP]
        town = units[elder.unit_id].parent_id
        assert mine[PRIMARY].unit_id == mine[BACKUP].unit_id == town


def test_scopes_split_the_county_without_gap_or_overlap(session: Session, county: County) -> None:
    liaisons = session.exec(select(Staff).where(Staff.role == LIAISON)).all()
    sizes = [lookup.caseload_size(session, one, TODAY) for one in liaisons]
    alive = len(session.exec(select(Elder).where(Elder.state == ACTIVE)).all())
    assert sum(sizes) == alive == 298
    assert len(liaisons) == 30
    assert min(sizes) >= 4
    coordinator = session.get_one(Staff, county.town_coordinator)
    town = session.get_one(Unit, coordinator.unit_id)
    assert (town.kind, town.name) == (TOWN, "柳泉镇")
    assert 40 < lookup.caseload_size(session, coordinator, TODAY) <= county.towns["柳泉镇"]


def test_the_office_is_marked_as_a_demo(session: Session) -> None:
    assert setting(session, "demo", False) is True


# The command


def test_the_command_writes_once_and_says_what_it_wrote(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(data_dir=tmp_path, database_url=f"sqlite:///{tmp_path}/demo.db")
    with speaking("zh_CN"):
        assert demo_roster(settings, 20, 1, TODAY) == 0
        said = capsys.readouterr().out
        assert all(word in said for word in ("20", "周明", "王主任", "岚桥镇"))
        assert demo_roster(settings, 20, 1, TODAY) == 1
    refused = capsys.readouterr()
    assert refused.out == ""
    assert "LIAISON_DATABASE_URL" in refused.err
