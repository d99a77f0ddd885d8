"""How the window stands: /status, and the way down from the county to town, liaison and elder.

Counts and codes are shown at once; names only when asked for, and each look is audited.
"""

from collections import defaultdict
from uuid import UUID

from handlers import ask_charts, ask_lists, form
from handlers.ask_words import LIST_NAMES, STATE_MARKS
from handlers.asked import AGES, BARS, CALENDAR, CHARTS, PLACES, STAFF, Asked, Scene, decoded, scene
from handlers.case_digest import open_line
from handlers.flags import FLAG_NAMES
from handlers.talk import Button, Reply, Rows
from handlers.turn import Turn, day
from locales import gettext as _
from models import case_query, progress
from models import leave as leaves
from models.due import OVERDUE, SATISFIED, SUSPENDED
from models.org import TOWN, Unit, under, unit_name
from models.progress import NOT_MET, TO_GO, Progress

CODES, ROWS = 6, 12  # elders named by code, places in one overview
SHARE = 100


def status_command(turn: Turn, rest: str) -> list[Reply]:
    """/status — how the window stands; /status WORDS — of a place, a liaison or a register."""
    found = scene(turn, decoded(rest) or Asked())
    if found is None:
        return [not_yours()]
    if found.counts_only and found.asked.view in (STAFF, ask_lists.NAMES):
        return [not_yours()]
    return [VIEWS.get(found.asked.view, overview)(turn, found)]


def not_yours() -> Reply:
    """The same whether it does not exist or is somebody else's to know."""
    text = _("There is nothing like that in your area. Please ask again, by name.")
    return Reply(text, ((Button(_("How we stand"), "/status"),),))


def heading(turn: Turn, at: Scene) -> str:
    """What was understood: the place, the person, the register, the window."""
    parts = [place_of(turn, at), at.staff.name if at.staff else ""]
    if at.asked.flag:
        parts.append(_(FLAG_NAMES[at.asked.flag]))
    if at.asked.tier:
        parts.append(_("class %(tier)s") % {"tier": at.asked.tier})
    if at.asked.which:
        parts.append(_(LIST_NAMES[at.asked.which]))
    return _("%(what)s · %(first)s–%(last)s") % {
        "what": " ".join(part for part in parts if part),
        "first": day(at.window.first),
        "last": day(at.window.last),
    }


def place_of(turn: Turn, at: Scene) -> str:
    """Of a person who was asked about without a place, where they work."""
    if at.staff and at.asked.unit is None:
        return unit_name(turn.session, at.staff.unit_id)
    return at.place.name


def overview(turn: Turn, at: Scene) -> Reply:
    counted = progress.by_unit(turn.session, at.part, at.today, at.policy)
    whole = progress.total(counted.values())
    lines = [heading(turn, at), *_leave_line(turn, at), *sums(whole)]
    if not at.asked.past:
        lines += _past_line(whole) + _case_lines(turn, at)
    if _shows_places(at) and not at.asked.which:
        lines += _place_lines(at, counted)
    else:
        lines += _code_lines(turn, at)
    return Reply("\n".join(lines), (*_lists(at, whole), *_ways_down(at, counted)))


def _leave_line(turn: Turn, at: Scene) -> list[str]:
    leave = leaves.running_or_coming(turn.session, at.staff, at.today) if at.staff else None
    if leave is None or leave.from_on > at.today:
        return []
    return [_("⏸ On leave until %(day)s") % {"day": day(leave.until_on)}]


def sums(whole: Progress) -> list[str]:
    """The window in three lines."""
    gaps = {"expected": whole.expected, "done": whole.satisfied, "share": share(whole),
            "suspended": whole.suspended}  # fmt: skip
    lines = [
        _("To visit %(expected)d · visited %(done)d (%(share)s) · suspended %(suspended)d") % gaps,
        _("🔴 Overdue %(overdue)d · 🟡 due now %(due)d · later %(later)d")
        % {"overdue": whole.overdue, "due": whole.due, "later": whole.not_yet},
    ]
    if whole.unmet:
        lines.append(_("🚪 Tried and not met: %(count)d") % {"count": whole.unmet})
    return lines


def share(whole: Progress) -> str:
    """81%, and a dash where nobody was to be visited."""
    return percent(whole.satisfied, whole.expected)


def percent(done: int, of: int) -> str:
    return f"{done * SHARE // of}%" if of else "–"


def _past_line(whole: Progress) -> list[str]:
    if not whole.past:
        return []
    text = _("The window before: %(done)d of %(all)d (%(share)s)")
    gaps = {"done": whole.past_done, "all": whole.past}
    return [text % {**gaps, "share": percent(whole.past_done, whole.past)}]


def _case_lines(turn: Turn, at: Scene) -> list[str]:
    """Open cases by severity; of a person or a register they are not counted."""
    if at.staff or at.asked.flag or at.asked.tier:
        return []
    where = case_query.in_units(at.here)
    found = case_query.piles(turn.session, turn.staff, turn.now, turn.today, where)
    return [open_line(found)]


# Down: places


def _shows_places(at: Scene) -> bool:
    """Where there are towns below, they are what one looks at."""
    return not at.staff and (at.counts_only or any(unit.kind == TOWN for unit in at.below))


def _place_lines(at: Scene, counted: dict[UUID, Progress]) -> list[str]:
    """Each place below with its share, the one that is furthest behind first."""
    found = [ask_lists.counts_line(unit.name, one) for unit, one in _places(at, counted)]
    rest = len(found) - ROWS
    more = [_("… and %(count)d places more") % {"count": rest}] if rest > 0 else []
    return ["", *found[:ROWS], *more] if found else []


def _places(at: Scene, counted: dict[UUID, Progress]) -> list[tuple[Unit, Progress]]:
    """The places below that have elders; what lies at the place itself is one of them."""
    found = [(unit, progress_in(at, counted, unit)) for unit in at.below]
    own = counted.get(at.place.id)
    found += [(at.place, own)] if own and found else []
    kept = [(unit, one) for unit, one in found if one.expected or one.suspended]
    return sorted(kept, key=lambda pair: (-pair[1].overdue, -pair[1].to_go, pair[0].name))


def progress_in(at: Scene, counted: dict[UUID, Progress], unit: Unit) -> Progress:
    inside = under(at.units, unit.id)
    return progress.total(one for id_, one in counted.items() if id_ in inside)


def _by_place(turn: Turn, at: Scene) -> Reply:
    counted = progress.by_unit(turn.session, at.part, at.today, at.policy)
    lines = [heading(turn, at), *_place_lines(at, counted)]
    rows = form.in_rows(_place_buttons(at, counted), 3)
    return Reply("\n".join(lines), (*rows, _back(at)))


def _place_buttons(at: Scene, counted: dict[UUID, Progress]) -> list[Button]:
    below = [unit for unit, _one in _places(at, counted) if unit is not at.place]
    return [
        Button(unit.name, at.asked.code(unit=unit.id, view="", which="")) for unit in below[:ROWS]
    ]


def _back(at: Scene) -> tuple[Button, ...]:
    return (Button(_("‹ Overview"), at.asked.code(view="", which="")),)


# Down: elders, by code


def _code_lines(turn: Turn, at: Scene) -> list[str]:
    """The first who are wanted, by code and village: no name before it is asked for."""
    if at.counts_only:
        return []
    which = at.asked.which or TO_GO
    first = progress.listed(turn.session, at.part, which, at.today, at.policy, 0, CODES + 1)
    named: dict[str, list[str]] = defaultdict(list)
    for one in list(first.values())[:CODES]:
        place = unit_name(turn.session, one.elder.unit_id)
        named[STATE_MARKS[one.state]].append(f"{one.elder.code} {place}")
    lines = [f"{mark} {_(', ').join(codes)}" for mark, codes in named.items()]
    if len(first) > CODES:
        lines[-1] += " …"
    return lines


def _lists(at: Scene, whole: Progress) -> Rows:
    if at.counts_only:
        return ()
    counts = ((TO_GO, whole.to_go), (OVERDUE, whole.overdue), (NOT_MET, whole.unmet),
              (SATISFIED, whole.satisfied), (SUSPENDED, whole.suspended))  # fmt: skip
    buttons = [
        Button(
            _("%(list)s %(count)d") % {"list": _(LIST_NAMES[which]), "count": count},
            at.asked.code(which=which, view=ask_lists.NAMES),
        )
        for which, count in counts
        if count
    ]
    return form.in_rows(buttons, 3)


def _ways_down(at: Scene, counted: dict[UUID, Progress]) -> Rows:
    towns = _place_buttons(at, counted) if _shows_places(at) else []
    ways = []
    if not at.staff and not at.counts_only:
        ways.append(Button(_("By liaison"), at.asked.code(view=STAFF)))
    if at.below and not towns:
        ways.append(Button(_("By village"), at.asked.code(view=PLACES)))
    ways.append(Button(_("Pictures"), at.asked.code(view=CHARTS)))
    up = _up(at)
    return (*form.in_rows(towns, 3), tuple(ways), *((up,) if up else ()))


def _up(at: Scene) -> tuple[Button, ...]:
    """From a person to where one looked from; else the place above, within the asker's branch."""
    if at.staff:
        back = at.asked.code(staff="", unit=at.place.id)
        return (Button(_("‹ %(place)s") % {"place": at.place.name}, back),)
    above = next((unit for unit in at.units if unit.id == at.place.parent_id), None)
    if above is None:
        return ()
    return (Button(_("‹ %(place)s") % {"place": above.name}, at.asked.code(unit=above.id)),)


VIEWS = {
    PLACES: _by_place,
    STAFF: ask_lists.by_staff,
    ask_lists.NAMES: ask_lists.names,
    CHARTS: ask_charts.menu,
    CALENDAR: ask_charts.calendar,
    BARS: ask_charts.bars,
    AGES: ask_charts.ages,
}
