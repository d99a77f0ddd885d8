"""Matching the staff of a file with the staff that is known, and finding a liaison by name."""

import re
from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from models.org import Unit
from models.pinyin import sound
from models.roster_types import FRESH, STAFF, Change, Plan, Refused, Row
from models.roster_units import Places, nearest
from models.staff import LIAISON, Staff

PLAIN = ("name", "role", "service_group", "phone", "locale")
_ASIDE = re.compile(r"[(（\[【].*?[)）\]】]|[A-Za-z]+-?\d+|[+\d][\d\s-]{4,}")


def bare_name(text: str) -> str:
    """周 明(岚桥镇) and 周明 S03 are 周明."""
    name = _ASIDE.sub("", text).strip()
    return name if name.isascii() else "".join(name.split())


class NoLiaison(Exception):
    """A name in a liaison column stands for nobody, or for more than one."""

    def __init__(self, code: str, **gaps: Any):
        super().__init__(code)
        self.code = code
        self.gaps = gaps


class Codes:
    """Gives the next free public code: S01, S02 … or E0001 …"""

    def __init__(self, letter: str, width: int, taken: Iterable[str]):
        self.letter, self.width = letter, width
        pattern = re.compile(rf"{letter}(\d{{1,9}})")
        numbers = [int(found[1]) for code in taken if (found := pattern.fullmatch(code))]
        self.last = max(numbers, default=0)

    def next(self) -> str:
        self.last += 1
        return f"{self.letter}{self.last:0{self.width}}"


class People:
    """The staff as it will be."""

    def __init__(self, plan: Plan, places: Places, stored: Iterable[Staff], rows: list[Row]):
        self.plan, self.places = plan, places
        self.stored = list(stored)
        self.known_ids = {person.id for person in self.stored}
        self.all: list[Staff] = list(self.stored)
        self.units = {person.id: person.unit_id for person in self.stored}
        self.bad: dict[str, int] = {}  # name in a row with a problem -> that row
        self.met: dict[Any, Row] = {}
        self.matched: dict[UUID, Row] = {}
        self.codes = Codes("S", 2, [s.code for s in stored] + [r.get("code") or "" for r in rows])
        at_work = [s for s in self.stored if s.role == LIAISON and s.left_on is None]
        self.may_make = not rows and not at_work
        self.made: dict[UUID, Staff] = {}  # from the liaison column of the elders
        self.by_code = {person.code: person for person in self.all}
        self.by_name: dict[str, list[Staff]] = defaultdict(list)
        for person in self.all:
            self.by_name[person.name].append(person)

    @property
    def own(self) -> list[Staff]:
        """Who is known in the branch this file is about."""
        units = self.places.units
        return [one for one in self.stored if self.places.holds(units[one.unit_id])]

    # --- the sheet of staff

    def read(self, rows: list[Row]) -> None:
        for row in rows:
            try:
                unit = self._checked(row)
                known = self._known(row, unit)
                if known:
                    self._take(row, known)
                else:
                    self._make(row, unit)
            except Refused as refused:
                self.plan.problems.extend(refused.problems)
                self.plan.bad_rows += 1
                self.bad.setdefault(row.get("name") or "", row.number)

    def _checked(self, row: Row) -> Unit:
        problems = [] if row.get("name") or row.problems else [row.problem("name", "name_missing")]
        unit = self.places.place(row)
        code = row.get("code")
        named = code not in (None, FRESH)
        key = code if named else (row.get("name"), row.get("phone"), unit.id)
        earlier = self.met.setdefault(key, row)
        if earlier is not row and row.get("name"):
            column, twice = ("code", "code_twice") if named else ("name", "row_twice")
            problems.append(row.problem(column, twice, other=earlier.number))
        if problems or row.problems:
            raise Refused(*problems)
        return unit

    def _known(self, row: Row, unit: Unit) -> Staff | None:
        """The person this row is about, None for somebody new."""
        code, phone = row.get("code"), row.get("phone")
        if code in self.by_code and self.by_code[code].id in self.known_ids:
            return self._with_code(row, self._own(row, self.by_code[code]))
        known = [p for p in self.by_name[row.get("name")] if p.id in self.known_ids]
        fits = [p for p in known if (p.phone == phone if phone else p.unit_id == unit.id)]
        fits = [p for p in fits if p.unit_id == unit.id] or fits
        if code not in (None, FRESH):
            if fits and phone:
                raise Refused(row.problem("code", "same_person_other_code", code=fits[0].code))
            return None
        if len(fits) > 1:
            raise Refused(row.problem("name", "ambiguous", choices=self._codes(fits)))
        return self._own(row, fits[0]) if fits else self._near(row, unit, known)

    def _own(self, row: Row, person: Staff) -> Staff:
        """Raises Refused for somebody of another branch."""
        home = self.places.units[person.unit_id]
        if not self.places.holds(home):
            raise Refused(row.problem("code", "other_branch", value=self.places.name(home)))
        return person

    def _near(self, row: Row, unit: Unit, known: list[Staff]) -> Staff | None:
        """Same name and unit, another telephone: a namesake or a new number? Only people know."""
        near = [person for person in known if person.unit_id == unit.id]
        if len(near) == 1 and not near[0].phone:
            return near[0]
        if near and row.get("code") != FRESH:
            raise Refused(row.problem("name", "looks_like", choices=self._codes(near)))
        return None

    def _with_code(self, row: Row, person: Staff) -> Staff:
        phone = row.get("phone")
        if person.name != row.get("name") and (not phone or phone != person.phone):
            raise Refused(
                row.problem("code", "code_other_person", code=person.code, known=person.name)
            )
        return person

    def _take(self, row: Row, person: Staff) -> None:
        earlier = self.matched.setdefault(person.id, row)
        if earlier is not row:
            raise Refused(row.problem("name", "same_person_twice", other=earlier.number))
        self._compare(row, person)

    def _codes(self, people: list[Staff]) -> list[str]:
        return [f"{person.code} {person.name} {person.phone}".strip() for person in people]

    def _make(self, row: Row, unit: Unit) -> None:
        code = self.codes.next() if row.get("code") in (None, FRESH) else row.get("code")
        values = {name: row.get(name) for name in PLAIN if row.get(name)}
        person = self.new(unit, code=code, **values)
        self.plan.staff.append(person)

    def new(self, unit: Unit, **values: Any) -> Staff:
        pinyin, initials = sound(values["name"])
        person = Staff(unit_id=unit.id, pinyin=pinyin, initials=initials, **values)
        self.all.append(person)
        self.units[person.id] = unit.id
        self.by_code[person.code] = person
        self.by_name[person.name].append(person)
        return person

    def _compare(self, row: Row, person: Staff) -> None:
        unit = self.places.place(row)
        shown = {
            name: (getattr(person, name), row.get(name))
            for name in PLAIN
            if name in row.values and row.get(name) != getattr(person, name)
        }
        stored = {name: new for name, (_, new) in shown.items()}
        if "name" in stored:
            stored["pinyin"], stored["initials"] = sound(stored["name"])
        if unit.id != person.unit_id and (row.get("town") or row.get("village")):
            shown["unit"] = (person.unit_id, unit.id)
            stored["unit_id"] = self.units[person.id] = unit.id
        self.plan.unchanged[STAFF] += not stored
        if stored:
            self.plan.changes.append(Change(STAFF, person, shown, stored))

    # --- liaisons named in other sheets

    def label(self, person: Staff) -> str:
        """周明(岚桥镇) where that is enough, else the code."""
        same = [other for other in self.by_name[person.name] if other is not person]
        if any(self.units[other.id] == self.units[person.id] for other in same):
            return person.code
        unit = self.places.units[self.units[person.id]]
        return f"{person.name}({self.places.name(unit)})"

    def liaison(self, text: str) -> Staff:
        """Who `周明`, `S03`, `周明 S03` or `周明(岚桥镇)` is; raises NoLiaison."""
        for word in re.findall(r"[A-Za-z]+-?\d+", text):
            if word.upper() in self.by_code:
                return self._at_work(self.by_code[word.upper()], text)
        name = bare_name(text)
        found = [person for person in self.by_name.get(name, []) if person.left_on is None]
        if len(found) > 1 and name != text:
            found = [p for p in found if self._fits_aside(p, text.replace(name, "", 1))] or found
        if len(found) == 1:
            return found[0]
        raise self._nobody(text, name, found)

    def _at_work(self, person: Staff, text: str) -> Staff:
        if person.left_on is not None:
            raise NoLiaison("liaison_left", value=text)
        return person

    def _fits_aside(self, person: Staff, aside: str) -> bool:
        units = self.places.path(self.places.units[self.units[person.id]])
        names = [self.places.name(unit) for unit in units]
        digits = re.sub(r"\D", "", person.phone)
        return any(name in aside for name in names[-2:]) or bool(
            digits and digits in re.sub(r"\D", "", aside)
        )

    def _nobody(self, text: str, name: str, found: list[Staff]) -> NoLiaison:
        if found:
            choices = [self.label(person) for person in found]
            return NoLiaison("liaison_ambiguous", value=text, choices=choices)
        if name in self.bad:
            return NoLiaison("liaison_in_bad_row", value=name, other=self.bad[name])
        if self.by_name.get(name):
            return NoLiaison("liaison_left", value=name)
        near = nearest(name, (person.name for person in self.all if person.left_on is None))
        return NoLiaison("liaison_unknown", value=name, near=near)

    def liaison_from_column(self, text: str, phone: str, home: Unit) -> Staff:
        """As `liaison`; while no staff is known at all, a name in the column makes a person."""
        if not self.may_make:
            return self.liaison(text)
        name = bare_name(text) or text
        fits = [p for p in self.by_name[name] if not phone or p.phone in ("", phone)]
        if len(fits) > 1:
            raise self._nobody(text, name, fits)
        town = self.places.town_of(home)
        if not fits:
            return self._make_liaison(name, phone, town)
        if fits[0].unit_id != town.id and not (phone and fits[0].phone):
            known = self.places.units[fits[0].unit_id]
            towns = [self.places.name(known), self.places.name(town)]
            raise NoLiaison("liaison_towns", value=name, towns=towns)
        if fits[0].id in self.made:
            fits[0].phone = fits[0].phone or phone
        return fits[0]

    def _make_liaison(self, name: str, phone: str, town: Unit) -> Staff:
        person = self.new(town, code=self.codes.next(), name=name, phone=phone)
        self.made[person.id] = person
        return person
