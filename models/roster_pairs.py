"""Who looks after whom, as a file says it: a change ends the old pairing and begins a new one."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from uuid import UUID

from models.assignment import BACKUP, PRIMARY, Assignment
from models.elder import ACTIVE, Elder
from models.org import Unit
from models.roster_elders import Named, Register
from models.roster_staff import NoLiaison, People, bare_name
from models.roster_types import PAIRS, Change, Plan, Problem, Refused, Row
from models.roster_units import nearest
from models.staff import Staff

ROLES = (PRIMARY, BACKUP)


class Liaisons:
    """Reads the liaison columns of the sheet of elders."""

    def __init__(self, people: People):
        self.people = people

    def named(self, row: Row, home: Unit) -> tuple[Named, list[Problem]]:
        """The staff that the row names by role (a role it does not speak of is left out)."""
        named: Named = {}
        problems: list[Problem] = []
        if len(row.get(PRIMARY) or []) > 1:
            return {}, [row.problem(PRIMARY, "one_primary", names=row.get(PRIMARY))]
        for role in ROLES:
            texts = row.get(role)
            if texts is None:
                continue
            try:
                named[role] = [self._one(row, role, text, home) for text in texts]
            except NoLiaison as error:
                follows = error.code == "liaison_in_bad_row"
                problems.append(row.problem(role, error.code, follows, **error.gaps))
        return named, problems + self._unfit(row, named)

    def _one(self, row: Row, role: str, text: str, home: Unit) -> Staff:
        phone = row.get("primary_phone") if role == PRIMARY else ""
        return self.people.liaison_from_column(text, phone or "", home)

    def _unfit(self, row: Row, named: Named) -> list[Problem]:
        primary = named.get(PRIMARY) or []
        both = [person for person in named.get(BACKUP) or [] if person in primary]
        return [row.problem(BACKUP, "backup_is_primary", value=both[0].name)] if both else []


@dataclass(slots=True)
class Wanted:
    """What the file says about one elder, and where it says so."""

    row: Row
    elder: Elder
    named: Named = field(default_factory=dict)
    from_on: dict[UUID, date] = field(default_factory=dict)


class Pairs:
    def __init__(
        self, plan: Plan, people: People, register: Register, stored: Iterable[Assignment]
    ):
        self.plan, self.people, self.register = plan, people, register
        self.running: dict[tuple[UUID, str], list[Assignment]] = defaultdict(list)
        for pair in stored:
            self.running[pair.elder_id, pair.role].append(pair)
        self.staff = {person.id: person for person in people.all}
        self.wanted = {
            elder.id: Wanted(row, elder, dict(named)) for row, elder, named in register.good
        }
        self.known = [e for e in register.stored if e.state == ACTIVE] + plan.elders

    def read(self, rows: list[Row]) -> None:
        for row in rows:
            try:
                if row.problems:
                    raise Refused
                self._read_row(row)
            except Refused as refused:
                self.plan.problems.extend(refused.problems)
                self.plan.bad_rows += 1
        for wanted in self.wanted.values():
            self._settle(wanted)

    # --- the sheet of assignments

    def _read_row(self, row: Row) -> None:
        elder = self._elder(row)
        if row.get("from_on") and row.get("from_on") > self.plan.today:
            day = str(row.get("from_on"))
            raise Refused(row.problem("from_on", "from_future", value=day))
        try:
            person = self.people.liaison(row.get("liaison") or "")
        except NoLiaison as error:
            follows = error.code == "liaison_in_bad_row"
            raise Refused(row.problem("liaison", error.code, follows, **error.gaps)) from None
        role = row.get("pair_role") or PRIMARY
        wanted = self.wanted.setdefault(elder.id, Wanted(row, elder))
        named = wanted.named.setdefault(role, [])
        if role == PRIMARY and named and named != [person]:
            raise Refused(row.problem("liaison", "two_primaries", other=named[0].name))
        if person not in named:
            named.append(person)
        wanted.row = row
        if row.get("from_on"):
            wanted.from_on[person.id] = row.get("from_on")

    def _elder(self, row: Row) -> Elder:
        text = row.get("elder") or row.get("code") or ""
        code = row.get("code") or text.upper()
        found = [elder for elder in self.known if elder.code == code]
        name = bare_name(text)
        found = found or [elder for elder in self.known if elder.name == name]
        if len(found) > 1 and row.get("village"):
            found = [e for e in found if self._home(e).startswith(row.get("village"))]
        if len(found) == 1:
            return found[0]
        raise Refused(self._no_elder(row, text, found))

    def _home(self, elder: Elder) -> str:
        places = self.register.places
        return places.name(places.units[self.register.homes[elder.id]])

    def _no_elder(self, row: Row, text: str, found: list[Elder]) -> Problem:
        if found:
            choices = [f"{elder.code} {elder.name} {self._home(elder)}" for elder in found]
            return row.problem("elder", "elder_ambiguous", value=text, choices=choices)
        if text in self.register.bad:
            other = self.register.bad[text][0].number
            return row.problem("elder", "elder_in_bad_row", True, value=text, other=other)
        near = nearest(text, (elder.name for elder in self.known))
        return row.problem("elder", "elder_unknown", value=text, near=near)

    # --- what is written

    def _settle(self, wanted: Wanted) -> None:
        """Whoever becomes primary stops being the backup; the other way round is a mistake."""
        elder_id = wanted.elder.id
        now = {role: self._people(elder_id, role) for role in ROLES}
        will = now | wanted.named
        both = [person for person in will[BACKUP] if person in will[PRIMARY]]
        if both and BACKUP in wanted.named:
            row = wanted.row
            self.plan.problems.append(row.problem(BACKUP, "backup_is_primary", value=both[0].name))
            return
        away = [one for role in ROLES for one in will[role] if self._elsewhere(one, now[role])]
        if away:
            problem = wanted.row.problem(PRIMARY, "liaison_elsewhere", value=away[0].name)
            self.plan.problems.append(problem)
            return
        will[BACKUP] = [person for person in will[BACKUP] if person not in both]
        for role in ROLES:
            self._change(wanted, role, will[role])
        self._tell(wanted, now, will)

    def _elsewhere(self, person: Staff, now: list[Staff]) -> bool:
        """Of another branch, and not somebody who stands there already."""
        places = self.register.places
        home = places.units[self.people.units[person.id]]
        return person not in now and not places.holds(home)

    def _people(self, elder_id: UUID, role: str) -> list[Staff]:
        return [self.staff[pair.staff_id] for pair in self.running.get((elder_id, role), [])]

    def _change(self, wanted: Wanted, role: str, will: list[Staff]) -> None:
        """Who follows somebody begins today; only a first pairing may have begun earlier."""
        pairs = self.running.get((wanted.elder.id, role), [])
        staying = {person.id for person in will}
        self.plan.ended_assignments += [pair for pair in pairs if pair.staff_id not in staying]
        standing = {pair.staff_id for pair in pairs}
        self.plan.assignments += [
            Assignment(
                elder_id=wanted.elder.id,
                staff_id=person.id,
                role=role,
                from_on=self.plan.today
                if pairs
                else wanted.from_on.get(person.id, self.plan.today),
            )
            for person in will
            if person.id not in standing
        ]

    def _tell(self, wanted: Wanted, now: Named, will: Named) -> None:
        if not will[PRIMARY]:
            self.plan.without_liaison.append(wanted.elder)
        shown = {
            role: ([p.name for p in now[role]], [p.name for p in will[role]])
            for role in ROLES
            if {p.id for p in now[role]} != {p.id for p in will[role]}
        }
        if shown and wanted.elder.id not in self.register.made:
            self.plan.changes.append(Change(PAIRS, wanted.elder, shown, {}))


def last_day(today: date) -> date:
    """The last day of a pairing that a file of `today` replaces."""
    return today - timedelta(days=1)
