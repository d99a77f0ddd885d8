"""The elders who must be in the demo county: known from the office's stories, or edge cases."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from models.calendar import LUNAR, SOLAR, NoSuchDay, kept_solar, solar_date

DUE, OVERDUE, VISITED = "due", "overdue", "visited"
Born = Callable[[date], date]


@dataclass(frozen=True)
class Role:
    """`liaison` is a place in the list of liaisons, `today` how the elder stands on that day."""

    surname: str
    given: str
    sex: str
    born: Born
    keeps: str = SOLAR
    village: str = ""
    liaison: int | None = None
    flags: tuple[str, ...] = ()
    allergies: str = ""
    today: str = ""
    swapped: bool = False  # a visit here was first logged for the namesake one line above
    last_seen: tuple[tuple[str, str], ...] = ()  # at the last visit; the rest was good
    promised: str = ""  # at the last visit


def turns(years: int, in_days: int) -> Born:
    """Born so that the `years`th birthday falls `in_days` days from today."""

    def born(today: date) -> date:
        day = today + timedelta(days=in_days)
        return kept_solar(day.year - years, day.month, day.day)

    return born


def lunar(month: int, day: int, years: int) -> Born:
    """Born on this lunar day, `years` old or a little older: not every year has a 三十."""

    def born(today: date) -> date:
        latest = kept_solar(today.year - years, today.month, today.day)
        for year in range(latest.year, latest.year - 20, -1):
            try:
                found = solar_date(LUNAR, year, month, day)
            except NoSuchDay:
                continue
            if found <= latest:
                return found
        raise NoSuchDay("no_day", f"No lunar year before {latest.year} has {month}-{day}.")

    return born


def in_leap_april(_today: date) -> date:
    return solar_date(LUNAR, 1944, 4, 10, leap=True)


def on_leap_day(_today: date) -> date:
    return date(1948, 2, 29)


ALONE = ("widowed", "lives_alone")
FRAIL = ("mobility_limited",)
ILL = ("illness",)
VERY_OLD = ("widowed", "mobility_limited")
CAST = (
    Role(
        "高",
        "永昌",
        "m",
        lunar(12, 5, 81),
        LUNAR,
        "柳泉村",
        0,
        FRAIL,
        "青霉素",
        DUE,
        last_seen=(("health", "watch"), ("meals", "watch")),
        promised="换水龙头垫圈",
    ),
    Role("李", "秀英", "f", turns(80, 140), SOLAR, "石沟村", 0, today=VISITED),
    Role("李", "秀英", "f", turns(85, 75), LUNAR, "柳泉村", 0, ("widowed",), today=DUE),
    Role("王", "桂英", "f", turns(73, 200), LUNAR, "石沟村", 0, ALONE, today=OVERDUE),
    Role("廖", "玉珍", "f", turns(77, 100), SOLAR, "沙河村", 0, ILL, today=VISITED),
    Role("王", "德胜", "m", turns(84, 31), LUNAR, "石沟村", 0, ILL, today=DUE),
    Role("李", "秀兰", "f", turns(91, 1), SOLAR, "沙河村", 0, FRAIL, today=DUE),
    Role("欧阳", "玉山", "m", turns(101, 50), LUNAR, flags=VERY_OLD),  # four characters, 100
    Role("王", "英", "f", turns(103, 120), LUNAR, flags=(*VERY_OLD, "bedridden")),  # two, 102
    Role("马", "䶮", "m", turns(80, 0)),  # a rare character; 80 today
    Role("李", "㼆", "m", turns(90, 60)),  # outside GB2312; 90 in sixty days
    Role("梁", "春梅", "f", on_leap_day),
    Role("宋", "保民", "m", in_leap_april, LUNAR),
    Role("冯", "天佑", "m", lunar(12, 30, 76), LUNAR),
    Role("许", "月娥", "f", lunar(11, 30, 78), LUNAR),  # 冬月三十: twice in 2027
    Role("张", "桂兰", "f", turns(71, 90), LUNAR, liaison=3),
    Role("张", "桂兰", "f", turns(76, 160), liaison=3, swapped=True),
    Role("陈", "建国", "m", turns(68, 210), LUNAR, liaison=2),
    Role("陈", "建国", "m", turns(74, 20), LUNAR, liaison=2),
)
