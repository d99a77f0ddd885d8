"""Matching the elders of a file with the register: by code, else name, birth date and village.

Two people of one name are never merged: where it is not certain who is meant, the row is a
problem and the person who made the file decides.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any
from uuid import UUID

from models.calendar import LUNAR, SOLAR, full_years, lunar_day_of
from models.elder import ACTIVE, FLAGS, TIERS, Elder, ElderFlag, age
from models.org import Unit
from models.pinyin import sound
from models.roster_staff import Codes
from models.roster_types import ELDERS, FRESH, Birth, Change, Plan, Problem, Refused, Row
from models.roster_units import Places
from models.staff import Staff

PLAIN = (
    "name",
    "sex",
    "status",
    "work_unit",
    "party_member",
    "address",
    "phone",
    "contact_name",
    "contact_phone",
    "residence",
    "tier",
    "allergies",
    "conditions",
    "family",
    "hobbies",
    "party_branch",
    "needs",
    "visit_wish",
)
Named = dict[str, list[Staff]]  # role of an assignment -> the people named for it
YOUNGEST, OLDEST = 45, 120
_D = {"long_stay_inpatient", "cancer", "critical"}
_C = {"widowed", "bedridden", "lives_alone"}
_B = {"mobility_limited", "disabled"}


def suggested_tier(flags: Iterable[str], years: int | None) -> str:
    """The tier the flags and the age speak for; a person confirms it ([S3] 分层分类)."""
    known = set(flags)
    for tier, signs in (("D", _D), ("C", _C), ("B", _B)):
        if known & signs:
            return tier
    return "B" if years is not None and years >= 80 else TIERS[0]


def born(row: Row) -> date | None:
    birth = row.get("birth")
    return birth.on if birth else None


class Register:
    """The elders as they will be."""

    def __init__(
        self,
        plan: Plan,
        places: Places,
        stored: Iterable[Elder],
        codes: Iterable[str],
        flags: Iterable[ElderFlag],
        rows: list[Row],
        liaisons: Callable[[Row, Unit], tuple[Named, list[Problem]]],
    ):
        self.plan, self.places, self.rows, self.liaisons = plan, places, rows, liaisons
        self.stored = list(stored)
        self.by_code = {elder.code: elder for elder in self.stored}
        self.by_name: dict[str, list[Elder]] = defaultdict(list)
        for elder in self.stored:
            self.by_name[elder.name].append(elder)
        self.flags: dict[UUID, list[ElderFlag]] = defaultdict(list)
        for flag in flags:
            self.flags[flag.elder_id].append(flag)
        self.codes = Codes("E", 4, [*codes, *(row.get("code") or "" for row in rows)])
        self.met: dict[Any, Row] = {}
        self.taken: dict[UUID, Row] = {}
        self.made: set[UUID] = set()
        self.named: dict[tuple[str, int], Named] = {}
        self.good: list[tuple[Row, Elder, Named]] = []  # the rows that are written
        self.bad: dict[str, list[Row]] = defaultdict(list)  # name or code -> rows with problems
        self.homes: dict[UUID, UUID] = {elder.id: elder.unit_id for elder in self.stored}

    def read(self) -> None:
        """Certain matches first: whoever is matched cannot be mistaken for somebody else."""
        unsure: list[tuple[Row, Unit]] = []
        for row in self.rows:
            try:
                unit = self._checked(row)
                known = self._certain(row, unit)
                if known:
                    self._take(row, known, unit)
                else:
                    unsure.append((row, unit))
            except Refused as refused:
                self._refuse(row, refused)
        for row, unit in unsure:
            try:
                self._not_somebody_known(row, unit)
                self._add(row, unit)
            except Refused as refused:
                self._refuse(row, refused)

    def met_in_file(self, elder: Elder) -> bool:
        """Also true when somebody of the name or code stands in a row with a problem."""
        return elder.id in self.taken or elder.name in self.bad or elder.code in self.bad

    def _refuse(self, row: Row, refused: Refused) -> None:
        self.plan.problems.extend(refused.problems)
        self.plan.bad_rows += 1
        for key in (row.get("name"), row.get("code")):
            if key:
                self.bad[key].append(row)

    def _checked(self, row: Row) -> Unit:
        """All that is wrong with a row by itself, told at once; the unit when nothing is."""
        problems = [*_lacking(row), *_unlikely(row, self.plan.today)]
        try:
            unit = self.places.place(row)
        except Refused as error:
            raise Refused(*problems, *error.problems) from None
        problems += self._twice(row, unit)
        self.named[row.place], liaison_problems = self.liaisons(row, unit)
        problems += liaison_problems
        if row.problems or any(not problem.follows for problem in problems):
            raise Refused(*problems)
        self.plan.problems.extend(problems)
        return unit

    def _twice(self, row: Row, unit: Unit) -> list[Problem]:
        code, name = row.get("code"), row.get("name")
        if not name:
            return []
        if code not in (None, FRESH):
            earlier = self.met.setdefault(code, row)
            if earlier is not row:
                return [row.problem("code", "code_twice", other=earlier.number)]
        earlier = self.met.setdefault((name, born(row), unit.id), row)
        if earlier is row or (
            code not in (None, FRESH) and earlier.get("code") not in (None, FRESH)
        ):
            return []
        problem = "row_twice" if born(row) else "same_name_no_birth"
        return [row.problem("name", problem, other=earlier.number)]

    # --- who is it?

    def _certain(self, row: Row, unit: Unit) -> Elder | None:
        code, name = row.get("code"), row.get("name")
        if code in self.by_code:
            return self._by_code(row, self.by_code[code])
        same = [
            elder
            for elder in self.by_name.get(name, [])
            if elder.born_on == born(row) and elder.unit_id == unit.id
        ]
        if same and code not in (None, FRESH):
            raise Refused(row.problem("code", "same_person_other_code", code=same[0].code))
        if len(same) > 1:
            raise Refused(row.problem("name", "ambiguous", choices=self._choices(same)))
        return same[0] if same else None

    def _by_code(self, row: Row, elder: Elder) -> Elder:
        """A code with another name and another birth date was put on the wrong row."""
        if elder.name != row.get("name") and (not born(row) or elder.born_on != born(row)):
            raise Refused(
                row.problem("code", "code_other_person", code=elder.code, known=elder.name)
            )
        return elder

    def _not_somebody_known(self, row: Row, unit: Unit) -> None:
        if self.places.partial and row.get("code") not in (None, FRESH):
            raise Refused(row.problem("code", "code_elsewhere", value=row.get("code")))
        if row.get("code"):
            return
        near = [
            elder
            for elder in self.by_name.get(row.get("name"), [])
            if elder.id not in self.taken
            and (elder.unit_id == unit.id or (born(row) and elder.born_on == born(row)))
        ]
        if near:
            raise Refused(row.problem("name", "looks_like", choices=self._choices(near)))

    def _choices(self, elders: list[Elder]) -> list[str]:
        return [
            " ".join(
                [elder.code, elder.name, str(elder.born_on or "—")]
                + [self.places.name(self.places.units[elder.unit_id])]
            )
            for elder in elders
        ]

    # --- what is written

    def _add(self, row: Row, unit: Unit) -> None:
        values = {name: row.get(name) for name in PLAIN if row.get(name) not in (None, "")}
        code = row.get("code")
        elder = Elder(
            code=self.codes.next() if code in (None, FRESH) else code,
            unit_id=unit.id,
            **values,
            **_said(row.get("name")),
            **_birth(row),
        )
        if not row.get("tier"):
            elder.tier = suggested_tier(_told_flags(row), age(elder, self.plan.today))
            self.plan.suggested_tiers[elder.tier] += 1
        self.plan.elders.append(elder)
        self.made.add(elder.id)
        self._flags(row, elder)
        self._keep(row, elder, unit)

    def _take(self, row: Row, elder: Elder, unit: Unit) -> None:
        earlier = self.taken.setdefault(elder.id, row)
        if earlier is not row:
            raise Refused(row.problem("name", "same_person_twice", other=earlier.number))
        if elder.state != ACTIVE:
            self.plan.notices.append(
                row.problem("name", "elder_ended", value=elder.name, state=elder.state)
            )
            self.plan.unchanged[ELDERS] += 1
            return
        self._compare(row, elder, unit)
        self._keep(row, elder, unit)

    def _keep(self, row: Row, elder: Elder, unit: Unit) -> None:
        self.homes[elder.id] = unit.id
        self.good.append((row, elder, self.named[row.place]))
        if elder.born_on is None and not row.get("birth"):
            self.plan.without_birth.append(elder)

    def _compare(self, row: Row, elder: Elder, unit: Unit) -> None:
        shown = {
            name: (getattr(elder, name), row.get(name))
            for name in PLAIN
            if name in row.values and row.get(name) != getattr(elder, name)
        }
        stored = {name: new for name, (_, new) in shown.items()}
        if "name" in stored:
            stored |= _said(stored["name"])
        _compare_birth(row, elder, shown, stored)
        if unit.id != elder.unit_id and (row.get("town") or row.get("village")):
            shown["unit"] = (elder.unit_id, unit.id)
            stored["unit_id"] = unit.id
        shown |= self._flags(row, elder)
        self.plan.unchanged[ELDERS] += not shown
        if shown:
            self.plan.changes.append(Change(ELDERS, elder, shown, stored))

    def _flags(self, row: Row, elder: Elder) -> dict[str, tuple[bool, bool]]:
        """Flags begin and end on the day of the import; what a visit found only ends by 否."""
        shown: dict[str, tuple[bool, bool]] = {}
        standing = {flag.flag: flag for flag in self.flags[elder.id] if flag.until is None}
        for name, wanted in _wanted_flags(row, standing).items():
            if wanted and name not in standing:
                self.plan.flags.append(
                    ElderFlag(elder_id=elder.id, flag=name, since=self.plan.today)
                )
                shown[name] = (False, True)
            elif not wanted and name in standing:
                self.plan.ended_flags.append(standing[name])
                shown[name] = (True, False)
        return shown


def _lacking(row: Row) -> list[Problem]:
    told = {problem.column for problem in row.problems}
    if row.get("name") or row.titles.get("name", "") in told:
        return []
    return [row.problem("name", "name_missing")]


def _unlikely(row: Row, today: date) -> list[Problem]:
    day = born(row)
    if day is None:
        return []
    if day > today:
        return [row.problem("birth", "birth_future", value=str(day))]
    years = full_years(day, today)
    if years > OLDEST:
        return [row.problem("birth", "too_old", value=str(day), years=years)]
    if years < YOUNGEST:
        return [row.problem("birth", "too_young", value=str(day), years=years)]
    return []


def _said(name: str) -> dict[str, Any]:
    pinyin, initials = sound(name)
    return {"pinyin": pinyin, "initials": initials}


def _birth(row: Row) -> dict[str, Any]:
    """The columns that hold the birth date and the birthday the family keeps."""
    birth: Birth | None = row.get("birth")
    stored = birth_columns(birth) if birth else {}
    if row.get("keeps_calendar"):
        stored["keeps_calendar"] = row.get("keeps_calendar")
    return stored


def birth_columns(birth: Birth) -> dict[str, Any]:
    return {
        "born_on": birth.on,
        "birth_calendar": birth.calendar,
        "birth_year": birth.year,
        "birth_month": birth.month,
        "birth_day": birth.day,
        "birth_leap": birth.leap,
        "keeps_calendar": birth.calendar,
    }


def _compare_birth(
    row: Row, elder: Elder, shown: dict[str, tuple[Any, Any]], stored: dict[str, Any]
) -> None:
    """A solar date that is the day of a lunar one already known tells nothing new."""
    new = _birth(row)
    birth: Birth | None = row.get("birth")
    if birth and birth.calendar == SOLAR and birth.on == elder.born_on:
        new = {name: value for name, value in new.items() if name == "keeps_calendar"}
    if not row.get("keeps_calendar") and elder.born_on is not None:
        new.pop("keeps_calendar", None)
    different = {name: value for name, value in new.items() if getattr(elder, name) != value}
    if different.keys() - {"keeps_calendar"}:
        shown["birth"] = (known_birth(elder), birth)
    if "keeps_calendar" in different:
        shown["keeps_calendar"] = (elder.keeps_calendar, different["keeps_calendar"])
    stored |= different


def known_birth(elder: Elder) -> Birth | None:
    on = elder.born_on
    if on is None:
        return None
    if elder.birth_calendar == LUNAR and elder.birth_month and elder.birth_day:
        year = elder.birth_year or lunar_day_of(on).year
        return Birth(LUNAR, year, elder.birth_month, elder.birth_day, elder.birth_leap, on)
    return Birth(SOLAR, on.year, on.month, on.day, False, on)


def _told_flags(row: Row) -> set[str]:
    return {name for name, wanted in _wanted_flags(row, {}).items() if wanted}


def _wanted_flags(row: Row, standing: Mapping[str, ElderFlag]) -> dict[str, bool]:
    """What the row says of each flag: a column of its own, one list of all, or words among
    others (which only add). A flag that a row does not speak of is not named here."""
    wanted: dict[str, bool] = {}
    listed = row.get("flags")
    if listed is not None:
        from_visits = {name for name, flag in standing.items() if flag.visit_id}
        wanted = {name: name in listed for name in FLAGS if name not in from_visits - set(listed)}
    wanted |= dict.fromkeys(row.get("more_flags") or (), True)
    return wanted | {name: row.get(name) for name in FLAGS if isinstance(row.get(name), bool)}
