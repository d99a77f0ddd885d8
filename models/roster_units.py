"""Finding and making counties, towns and villages while a roster is planned."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from functools import lru_cache
from uuid import UUID

from models.org import COUNTY, TOWN, VILLAGE, Unit
from models.pinyin import sound
from models.roster_types import ELDERS, UNITS, Change, Plan, Problem, Refused, Row

UNNAMED = ("本县", "Our county")  # stands for the county until a file names it
ENDINGS = {
    COUNTY: ("县", "市", "区"),
    TOWN: ("街道办事处", "街道办", "街道", "镇", "乡", "办"),
    VILLAGE: ("村民委员会", "居民委员会", "村委会", "居委会", "社区", "村"),
}


@lru_cache(maxsize=10_000)
def stem(kind: str, name: str) -> str:
    """石沟村 and 石沟村委会 are 石沟; a name that is nothing but an ending stays."""
    for ending in ENDINGS[kind]:
        if name.endswith(ending) and len(name) > len(ending) + 1:
            return name.removesuffix(ending)
    return name


def swapped(town: str | None, village: str | None) -> bool:
    """石沟村 among the towns and 岚桥镇 among the villages."""
    return (town or "").endswith(ENDINGS[VILLAGE]) and (village or "").endswith(ENDINGS[TOWN])


def nearest(name: str, known: Iterable[str], most: int = 3) -> list[str]:
    """Names one may have meant: the closest in writing, the best first."""
    return get_close_matches(name, sorted(set(known)), n=most, cutoff=0.5)


class Places:
    """The tree as it will be. A unit made here is only written when a good row stands on it.
    With a `root` nothing outside its branch is a place for a row."""

    def __init__(
        self, stored: Iterable[Unit], rows: list[Row], county_name: str, root: UUID | None = None
    ):
        self.root = root
        self.units: dict[UUID, Unit] = {}
        self.below: dict[UUID | None, list[Unit]] = defaultdict(list)
        self.made: dict[UUID, Unit] = {}
        self.renamed: dict[UUID, str] = {}
        self.county_name = county_name or UNNAMED[0]
        for unit in stored:
            self._keep(unit)
        self.towns_known = any(row.get("town") for row in rows) or any(self.of_kind(TOWN))

    def _keep(self, unit: Unit) -> Unit:
        self.units[unit.id] = unit
        self.below[unit.parent_id].append(unit)
        return unit

    def of_kind(self, kind: str) -> Iterator[Unit]:
        return (unit for unit in self.units.values() if unit.kind == kind)

    def make(self, kind: str, name: str, above: Unit | None) -> Unit:
        parent = above.id if above else None
        unit = Unit(kind=kind, name=name, pinyin=sound(name)[0], parent_id=parent)
        self.made[unit.id] = unit
        return self._keep(unit)

    def name(self, unit: Unit) -> str:
        return self.renamed.get(unit.id, unit.name)

    def names(self, kind: str) -> list[str]:
        return [self.name(unit) for unit in self.of_kind(kind)]

    def alike(self, kind: str, name: str, above: Unit | None) -> list[Unit]:
        """Units of this name, written with or without their ending."""
        inside = self.below[above.id] if above else list(self.of_kind(kind))
        same_kind = [unit for unit in inside if unit.kind == kind]
        exact = [unit for unit in same_kind if self.name(unit) == name]
        bare = stem(kind, name)
        return exact or [
            unit
            for unit in same_kind
            if stem(kind, self.name(unit)) == bare and bare in (name, self.name(unit))
        ]

    def county(self, row: Row, may_make: bool) -> Unit:
        name = row.get("county")
        known = list(self.of_kind(COUNTY))
        if name:
            return self._named_county(row, name, known, may_make)
        if len(known) > 1:
            raise Refused(row.problem("county", "county_missing"))
        return known[0] if known else self.make(COUNTY, self.county_name, None)

    def _named_county(self, row: Row, name: str, known: list[Unit], may_make: bool) -> Unit:
        found = self.alike(COUNTY, name, None)
        if found:
            return found[0]
        if len(known) == 1 and self.name(known[0]) in UNNAMED and self.holds(known[0]):
            self.renamed[known[0].id] = name
            return known[0]
        if known and not may_make:
            names = self.names(COUNTY)
            near = nearest(name, names) or names[:3]
            raise Refused(row.problem("county", "county_unknown", value=name, near=near))
        return self.make(COUNTY, name, None)

    def place(self, row: Row, may_make: bool = False) -> Unit:
        """Where a row belongs: its village, else its town, else the county.

        Raises Refused. Villages are made as they come; towns and counties only by the sheet
        of units (`may_make`), or while none is known at all.
        """
        unit = self._place(row, may_make)
        if not self.holds(unit):
            raise Refused(row.problem("town", "other_branch", value=self.name(unit)))
        return unit

    def holds(self, unit: Unit) -> bool:
        return self.root is None or self.root in {step.id for step in self.path(unit)}

    @property
    def partial(self) -> bool:
        """Whether there are people whom the reader of this file knows nothing of."""
        return self.root is not None and self.units[self.root].parent_id is not None

    def _place(self, row: Row, may_make: bool) -> Unit:
        town_name, village_name = row.get("town"), row.get("village")
        if swapped(town_name, village_name):
            raise Refused(row.problem("town", "places_swapped", value=town_name))
        if not town_name:
            if row.kind == ELDERS and "town" in row.titles:
                raise Refused(row.problem("town", "town_missing", value=row.get("name") or ""))
            if village_name:
                return self._lone_village(row, village_name)
            return self.county(row, may_make)
        town = self._town(row, town_name, may_make)
        if not village_name or village_name == self.name(town):
            return town
        return self._village(town, village_name)

    def _town(self, row: Row, name: str, may_make: bool) -> Unit:
        county = self.county(row, may_make) if row.get("county") or may_make else None
        found = self.alike(TOWN, name, county)
        if len(found) > 1:
            raise Refused(row.problem("county", "county_missing"))
        if found:
            return found[0]
        if self.towns_known and not may_make:
            near = nearest(name, self.names(TOWN))
            raise Refused(row.problem("town", "town_unknown", value=name, near=near))
        return self.make(TOWN, name, county or self.county(row, may_make))

    def _village(self, town: Unit, name: str) -> Unit:
        found = self.alike(VILLAGE, name, town)
        return found[0] if found else self.make(VILLAGE, name, town)

    def _lone_village(self, row: Row, name: str) -> Unit:
        """A village without its town is enough when there is only one of that name."""
        found = self.alike(VILLAGE, name, None)
        if len(found) == 1:
            return found[0]
        raise Refused(row.problem("town", "town_missing", value=name))

    def path(self, unit: Unit) -> list[Unit]:
        """The unit and what is above it, from the county down."""
        steps = [unit]
        while steps[0].parent_id:
            steps.insert(0, self.units[steps[0].parent_id])
        return steps

    def town_of(self, unit: Unit) -> Unit:
        """The town a unit lies in; a county is its own."""
        return self.path(unit)[:2][-1]

    def needed(self, used: Iterable[UUID]) -> list[Unit]:
        """The made units that are stood on, parents first."""
        wanted = {step.id for unit_id in set(used) for step in self.path(self.units[unit_id])}
        return [unit for unit in self.made.values() if unit.id in wanted]


def plan_units(plan: Plan, places: Places, rows: list[Row], used: set[UUID]) -> None:
    """Reads the sheet of units: each row names a county, a town in it, a village in that."""
    for row in rows:
        try:
            unit = _unit(places, row)
        except Refused as refused:
            plan.problems.extend(refused.problems)
            plan.bad_rows += 1
            continue
        plan.unchanged[UNITS] += unit.id not in places.made and unit.id not in used
        used.add(unit.id)


def _unit(places: Places, row: Row) -> Unit:
    if row.problems:
        raise Refused
    if row.get("village") and not row.get("town"):
        raise Refused(row.problem("town", "town_missing", value=row.get("village")))
    if not row.get("town") and not row.get("county"):
        raise Refused(row.problem("county", "unit_missing"))
    return places.place(row, may_make=True)


def name_counties(plan: Plan, places: Places) -> None:
    """The first file that names the county names the one that had to be made without."""
    for unit_id, name in places.renamed.items():
        unit = places.units[unit_id]
        if unit_id in places.made:
            unit.name, unit.pinyin = name, sound(name)[0]
        else:
            stored = {"name": name, "pinyin": sound(name)[0]}
            plan.changes.append(Change(UNITS, unit, {"name": (unit.name, name)}, stored))


def mistyped_towns(plan: Plan, places: Places, homes: Counter[UUID]) -> None:
    """Towns taken from a column: one that few live in and that reads like a big one is told."""
    towns: Counter[UUID] = Counter()
    for unit_id, count in homes.items():
        towns[places.town_of(places.units[unit_id]).id] += count
    new = {places.units[town].name: count for town, count in towns.items() if town in places.made}
    for name, count in new.items():
        big = [other for other, people in new.items() if people >= 10 * count]
        near = nearest(name, big, most=1)
        if near:
            plan.notices.append(
                Problem("town_lookalike", gaps={"value": name, "count": count, "near": near[0]})
            )
