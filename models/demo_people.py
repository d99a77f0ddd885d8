"""Who lives and works in the demo county: units, staff, elders, and who looks after whom."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import count
from random import Random
from typing import Any
from uuid import UUID

from models.assignment import BACKUP, PRIMARY, Assignment
from models.calendar import LUNAR, SOLAR, kept_solar, lunar_day_of
from models.demo_cast import CAST, Role
from models.demo_names import (
    ALLERGIES,
    BRANCHES,
    CONDITIONS,
    COUNTY_NAME,
    FAMILY,
    GIVEN,
    HOBBIES,
    NEEDS,
    SURNAMES,
    TOWNS,
    WORK_UNITS,
    YOUNGER,
)
from models.elder import LIXIU, RETIRED, Elder, ElderFlag, age
from models.org import COUNTY, TOWN, VILLAGE, Unit
from models.pinyin import sound
from models.staff import COORDINATOR, DUTY, LEADER, LIAISON, Staff

PER_LIAISON = 10
MALE, KEEPS_LUNAR, PARTY_MEMBER = 0.62, 0.60, 0.70
LIXIU_FROM, LIXIU_SHARE = 91, 0.45  # whoever joined by September 1949 at 14 is at least 91
AGES = ((60, 69, 0.45), (70, 79, 0.33), (80, 89, 0.17), (90, 110, 0.05))
OLDEST = 98  # older are only the two of the cast
# Chances by decade of life, from the sixties on.
WIDOWED = (0.06, 0.17, 0.40, 0.62)
LIMITED = (0.015, 0.05, 0.20, 0.40)
EMPTY_NEST = (0.10, 0.18, 0.22, 0.20)
ILLNESS = (0.05, 0.10, 0.18, 0.20)
ALONE_IF_WIDOWED, BEDRIDDEN_IF_LIMITED = 0.38, 0.20
CANCER, INPATIENT, CRITICAL, RELOCATED = 0.03, 0.03, 0.006, 0.04
KNOWN = (
    ("conditions", CONDITIONS, 0.7),
    ("family", FAMILY, 0.8),
    ("hobbies", HOBBIES, 0.6),
    ("party_branch", BRANCHES, 0.9),
)
LIAISONS = (("周", "明"), ("孙", "晓燕"), ("朱", "海波"), ("胡", "志远"))
DEPUTY = ("李", "娜")  # 周明's backup
OFFICERS = (
    ("王", "主任", COORDINATOR, ""),
    ("徐", "丽娜", COORDINATOR, ""),
    ("赵", "建军", LEADER, ""),
    ("陈", "芳", DUTY, "medical"),
    ("林", "静", DUTY, "comfort"),
    ("刘", "强", DUTY, "housekeeping"),
    ("赵", "磊", DUTY, "legal"),
    ("吴", "敏", DUTY, "hardship"),
    ("郑", "平", DUTY, "entitlement"),
    ("马", "涛", DUTY, "emergency"),
)


class Ids:
    """Row ids that grow: random keys would make the indexes of a million rows crawl."""

    def __init__(self, seed: int):
        self._numbers = count(1)
        self._random = Random(f"{seed} ids")

    def __call__(self) -> UUID:
        return UUID(int=next(self._numbers) << 80 | self._random.getrandbits(80), version=4)


@dataclass
class Post:
    """A liaison, the villages walked through, and who stands in."""

    staff: Staff
    villages: list[Unit]
    backup: Staff
    elders: int = 0


@dataclass
class Resident:
    """An elder as the history needs to know one; `place` is the position on the liaison's list."""

    elder: Elder
    flags: list[str]
    post: Post
    place: int
    years: int
    role: Role | None = None


@dataclass
class People:
    units: list[Unit] = field(default_factory=list)
    staff: list[Staff] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    residents: list[Resident] = field(default_factory=list)
    flags: list[ElderFlag] = field(default_factory=list)
    assignments: list[Assignment] = field(default_factory=list)


class Settlers:
    """Fills a county with people; one instance makes one county."""

    def __init__(self, today: date, since: date, ids: Ids, rng: Random):
        self.today, self.since, self.ids, self.rng = today, since, ids, rng
        self.people = People()
        self._phones = (f"+86 000 {n // 10000:04} {n % 10000:04}" for n in count(1))
        self._taken: set[str] = {role.surname + role.given for role in CAST}

    def settle(self, n: int) -> People:
        """`n` elders, about a tenth as many liaisons, and the office."""
        towns = self._units()
        for surname, given, role, group in OFFICERS:
            self._staff(surname, given, role, self.people.units[0], group)
        self.people.staff[1].unit_id = towns[1][0].id  # the second coordinator answers for a town
        self.people.posts = self._posts(max(2, round(n / PER_LIAISON)), towns)
        self._elders(n, self.people.posts)
        return self.people

    def _units(self) -> list[list[Unit]]:
        """Each town with its villages, the town first."""
        county = self._unit(None, COUNTY, COUNTY_NAME)
        towns = []
        for name, villages in TOWNS.items():
            town = self._unit(county, TOWN, name)
            towns.append([town, *(self._unit(town, VILLAGE, village) for village in villages)])
        return towns

    def _unit(self, parent: Unit | None, kind: str, name: str) -> Unit:
        above, said = parent.id if parent else None, sound(name)[0]
        unit = Unit(id=self.ids(), parent_id=above, kind=kind, name=name, pinyin=said)
        self.people.units.append(unit)
        return unit

    def _staff(self, surname: str, given: str, role: str, unit: Unit, group: str = "") -> Staff:
        pinyin, initials = sound(surname + given)
        staff = Staff(
            id=self.ids(),
            code=f"S{len(self.people.staff) + 1:02}",
            name=surname + given,
            pinyin=pinyin,
            initials=initials,
            role=role,
            unit_id=unit.id,
            service_group=group,
            phone=next(self._phones),
        )
        self.people.staff.append(staff)
        return staff

    def _posts(self, how_many: int, towns: list[list[Unit]]) -> list[Post]:
        """Two liaisons at least in each town that has any, so that each has a colleague."""
        used = max(1, min(len(towns), how_many // 2))
        staff = []
        for number in range(how_many):
            surname, given = self._liaison_name(number, used)
            staff.append(self._staff(surname, given, LIAISON, towns[number % used][0]))
        return [
            Post(
                staff[number],
                _round(towns[number % used][1:], number // used),
                staff[number + used] if number + used < how_many else staff[number % used],
            )
            for number in range(how_many)
        ]

    def _liaison_name(self, number: int, towns: int) -> tuple[str, str]:
        if number == towns:
            return DEPUTY
        if number < min(len(LIAISONS), towns):
            return LIAISONS[number]
        return self.rng.choice(SURNAMES), self.rng.choice(YOUNGER)

    def _elders(self, n: int, posts: list[Post]) -> None:
        slots = self._slots(n, len(posts))
        for role in CAST[:n]:
            number = slots.pop() if role.liaison is None else role.liaison % len(posts)
            self._resident(posts[number], role.born(self.today), role)
        known = [each.years for each in self.people.residents]
        for years, number in zip(_ages(n, known, self.rng), slots, strict=True):
            self._resident(posts[number], self._born(years))

    def _slots(self, n: int, posts: int) -> list[int]:
        """Which liaison takes the next elder: nearly even, as lists in an office are."""
        slots = [
            i % posts if self.rng.random() < 0.8 else self.rng.randrange(posts) for i in range(n)
        ]
        self.rng.shuffle(slots)
        for role in CAST[:n]:
            if role.liaison is not None:
                mine = role.liaison % posts
                slots.remove(mine if mine in slots else slots[0])
        return slots

    def _born(self, years: int) -> date:
        """Some day that makes the person `years` old today."""
        latest = kept_solar(self.today.year - years, self.today.month, self.today.day)
        return latest - timedelta(days=self.rng.randrange(365))

    def _resident(self, post: Post, born: date, role: Role | None = None) -> None:
        sex = role.sex if role else "m" if self.rng.random() < MALE else "f"
        surname, given = (role.surname, role.given) if role else self._name(sex)
        village = self._village(post, role)
        elder = Elder(
            id=self.ids(),
            code=f"E{len(self.people.residents) + 1:04}",
            name=surname + given,
            sex=sex,
            unit_id=village.id,
            **_sounds(surname + given),
            **_birth(born, role.keeps if role else self._keeps()),
        )
        self._register(elder, village, role)
        flags = self._flags(elder, role)
        elder.tier = tier_of(flags)
        years = age(elder, self.today) or 0
        resident = Resident(elder, flags, post, post.elders, years, role)
        post.elders += 1
        self.people.residents.append(resident)
        self._assign(resident)

    def _name(self, sex: str) -> tuple[str, str]:
        """Commoner surnames come oftener; most namesakes are drawn again, some stay."""
        for _ in range(4):
            surname = SURNAMES[int(len(SURNAMES) * self.rng.random() ** 1.5)]
            given = self.rng.choice(GIVEN[sex])
            if surname + given not in self._taken:
                break
        self._taken.add(surname + given)
        return surname, given

    def _keeps(self) -> str:
        return LUNAR if self.rng.random() < KEEPS_LUNAR else SOLAR

    def _village(self, post: Post, role: Role | None) -> Unit:
        named = [unit for unit in post.villages if role and unit.name == role.village]
        return named[0] if named else self.rng.choice(post.villages)

    def _register(self, elder: Elder, village: Unit, role: Role | None) -> None:
        """The rest of the basic register ([S3] 基本信息台账)."""
        rng, years = self.rng, age(elder, self.today) or 0
        lixiu = years >= LIXIU_FROM and rng.random() < LIXIU_SHARE
        elder.status = LIXIU if lixiu else RETIRED
        elder.party_member = lixiu or rng.random() < PARTY_MEMBER
        elder.work_unit = rng.choice(WORK_UNITS)
        elder.allergies = rng.choice(ALLERGIES) if rng.random() < 0.08 else ""
        elder.needs = rng.choice(NEEDS) if rng.random() < 0.15 else ""
        self._known(elder)
        elder.phone = next(self._phones) if rng.random() < 0.95 else ""
        elder.contact_name = (
            elder.name[0] if elder.sex == "m" else rng.choice(SURNAMES)
        ) + rng.choice(YOUNGER)
        elder.contact_phone = next(self._phones)
        relocated = role is None and rng.random() < RELOCATED
        elder.residence = "relocated" if relocated else "local"
        elder.address = (
            "外地(随子女居住)" if relocated else f"{village.name}示例{rng.randint(1, 90)}号"
        )
        if role:
            elder.allergies = role.allergies

    def _known(self, elder: Elder) -> None:
        """What a county knows of some and not of others ([S0] 七个清); drawn apart, so that the
        rest of the county stays as it was."""
        rng = Random(f"known {elder.code}")
        for name, words, share in KNOWN:
            setattr(elder, name, rng.choice(words) if rng.random() < share else "")
        if not elder.party_member:
            elder.party_branch = ""

    def _flags(self, elder: Elder, role: Role | None) -> list[str]:
        flags = list(role.flags) if role else self._drawn_flags(age(elder, self.today) or 0)
        if "long_stay_inpatient" in flags:
            elder.residence = "local"
        for flag in flags:
            since = self.since - timedelta(days=self.rng.randint(30, 2500))
            self.people.flags.append(
                ElderFlag(id=self.ids(), elder_id=elder.id, flag=flag, since=since)
            )
        return flags

    def _drawn_flags(self, years: int) -> list[str]:
        decade = max(0, min(3, years // 10 - 6))
        chances = {
            "widowed": WIDOWED[decade],
            "mobility_limited": LIMITED[decade],
            "empty_nest": EMPTY_NEST[decade],
            "illness": ILLNESS[decade],
            "cancer": CANCER,
            "long_stay_inpatient": INPATIENT,
            "critical": CRITICAL,
        }
        flags = [flag for flag, chance in chances.items() if self.rng.random() < chance]
        if "widowed" in flags and self.rng.random() < ALONE_IF_WIDOWED:
            flags.append("lives_alone")
        if "mobility_limited" in flags and self.rng.random() < BEDRIDDEN_IF_LIMITED:
            flags += ["bedridden", "disabled"]
        return flags

    def _assign(self, resident: Resident) -> None:
        for role, staff in ((PRIMARY, resident.post.staff), (BACKUP, resident.post.backup)):
            self.people.assignments.append(
                Assignment(
                    id=self.ids(),
                    elder_id=resident.elder.id,
                    staff_id=staff.id,
                    role=role,
                    from_on=self.since,
                )
            )


def tier_of(flags: list[str]) -> str:
    """[S3] 分层分类: D long in hospital, cancer; C bereaved, bedridden, alone; B walks badly."""
    has = set(flags).intersection
    if has(("long_stay_inpatient", "cancer", "critical")):
        return "D"
    if has(("widowed", "bedridden", "lives_alone")):
        return "C"
    return "B" if has(("mobility_limited",)) else "A"


def _round(villages: list[Unit], number: int) -> list[Unit]:
    """Three neighbouring villages; the next liaison of the town begins one further on."""
    return [villages[(number + step) % len(villages)] for step in range(3)]


def _ages(n: int, known: list[int], rng: Random) -> list[int]:
    """Ages of those still to come, so that all `n` have the shares of `AGES`."""
    wanted: list[int] = []
    for low, high, share in AGES:
        there = sum(low <= years <= high for years in known)
        wanted += [_one_age(low, high, rng) for _ in range(round(n * share) - there)]
    rng.shuffle(wanted)
    wanted += [rng.randint(60, 69) for _ in range(n)]  # shares do not add up when n is small
    return wanted[: n - len(known)]


def _one_age(low: int, high: int, rng: Random) -> int:
    """Evenly within a decade; of those past ninety there are fewer each year."""
    return rng.randint(low, high) if low < 90 else min(OLDEST, 90 + int(rng.expovariate(0.4)))


def _sounds(name: str) -> dict[str, Any]:
    pinyin, initials = sound(name)
    return {"pinyin": pinyin, "initials": initials}


def _birth(born: date, keeps: str) -> dict[str, Any]:
    """The birth date in the calendar that the family goes by, and the solar day."""
    day = lunar_day_of(born) if keeps == LUNAR else (born.year, born.month, born.day, False)
    names = ("birth_year", "birth_month", "birth_day", "birth_leap")
    return {
        "born_on": born,
        "birth_calendar": keeps,
        "keeps_calendar": keeps,
        **dict(zip(names, day, strict=True)),
    }
