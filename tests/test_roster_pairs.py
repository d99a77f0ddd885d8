"""Pairings that a file begins and ends."""

from datetime import date, timedelta

import pytest

from tests.desk import HEAD, ONE_SHEET, TODAY


def test_a_new_liaison_ends_the_old_pairing_and_keeps_it(desk):
    desk.take(ONE_SHEET)
    desk.today += timedelta(days=30)
    desk.take(HEAD + "高永昌,1941-03-05,岚桥镇,石沟村,李娜,,,")
    assert desk.pairs("高永昌") == [
        ("周明", "primary", TODAY, desk.today - timedelta(days=1)),
        ("李娜", "primary", desk.today, None),
        ("李娜", "backup", TODAY, desk.today - timedelta(days=1)),
    ]


PAIRED = "老干部,联络员,角色,村,开始日期\n"


def test_a_sheet_of_assignments_pairs_people_who_are_known(desk):
    desk.take(ONE_SHEET)
    desk.take(PAIRED + "王 德胜,李 娜,后备,,2026-10-01\n王德胜,周明,后备,,\nE0001,刘强,主要,,\n")
    assert {(name, role) for name, role, *_ in desk.pairs("王德胜")} == {
        ("刘强", "primary"),
        ("李娜", "backup"),
        ("周明", "backup"),
    }
    assert ("李娜", "backup", date(2026, 10, 1), None) in desk.pairs("王德胜")
    assert ("刘强", "primary", TODAY, None) in desk.pairs("高永昌")


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ("王得胜,周明,,,", (2, "老干部", "elder_unknown")),
        ("李秀英,周明,,,", (2, "老干部", "elder_ambiguous")),
        ("王德胜,周朋,,,", (2, "联络员", "liaison_unknown")),
        ("王德胜,刘强,后备,,", (2, "", "backup_is_primary")),
        ("王德胜,周明,,,\n王德胜,李娜,,,", (3, "联络员", "two_primaries")),
        ("王德胜,周明,后备,,2026-12-01", (2, "开始日期", "from_future")),
        ("王德胜,周明,副手,,", (2, "角色", "choice_unknown")),
    ],
)
def test_an_assignment_that_cannot_be_right_is_told(local, rows, problem):
    local.take(ONE_SHEET)
    assert local.problems(PAIRED + rows) == [problem]
    assert not local.problems(PAIRED + "李秀英,周明,,柳树,")
