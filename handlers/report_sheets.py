"""The sheets of the monthly report: the summary, by place, by liaison, the visits, the cases."""

from collections.abc import Iterable, Iterator, Sequence
from math import floor
from uuid import UUID

from sqlmodel import Session, col, select

from handlers.asked import Scene
from handlers.case_words import CATEGORIES, STATES
from handlers.concern_words import GROUP_NAMES, SEVERITY_NAMES
from handlers.documents.sheets import Sheet, Value
from handlers.turn import Turn, day, local_date
from handlers.visit_form import ALL_OUTCOMES, HOW
from locales import gettext as _
from locales import mark as N_
from models import progress
from models.case import Case
from models.consent import HEALTH, withholds
from models.elder import Elder
from models.org import under, unit_name
from models.report import Count, ElderCases, Figures, Report, Seen, Span, total

MEASURE_NAMES = {
    "coverage": N_("Coverage"),
    "timeliness": N_("In time"),
    "in_person": N_("In person"),
    "triggers": N_("Triggers in time"),
    "cases": N_("Cases in time"),
    "completeness": N_("Complete"),
}
MEANINGS = {
    "coverage": N_("Elders visited in a half-month of those to be visited, by the due rule."),
    "timeliness": N_("Of them, visited by the suggested day or up to four days later."),
    "in_person": N_("Visits at home or in hospital of all visits."),
    "triggers": N_("What the five and the four musts name, as recorded: somebody came in time."),
    "cases": N_("Cases to be resolved in this time, and resolved by then."),
    "completeness": N_("Visits in person at which all five things were looked at."),
}
SIGNED = N_("Made by: ____________    Checked by: ____________    Date: ____________")
OUTCOMES = {choice.code: choice.label for choice in ALL_OUTCOMES}
MODES = {choice.code: choice.label for choice in HOW}


Row = Sequence[Value]


def share(count: Count) -> float | None:
    """Rounded down to a whole percent, as it is said in chat."""
    return floor(count.done * 100 / count.of) / 100 if count.of else None


def summary(title: str, found: Report) -> Sheet:
    """One page: each window as /status shows it, then what is measured of the whole."""
    heads = (_("Measure"), _("Achieved"), _("Of"), _("Share"), _("Meaning"))
    rows = [_window_row(span, one) for span, one in zip(found.spans, found.windows, strict=True)]
    whole = found.whole
    rows += _measured(found)
    rows += [
        (_("Visits"), whole.visits, None, None, ""),
        (_("In vain"), whole.in_vain, None, None, _("Somebody went and did not meet the elder.")),
        (_("Entered later"), whole.late, None, None,
         _("Written down more than a day after; allowed, and marked.")),
    ]  # fmt: skip
    return Sheet(
        _("Summary"), heads, rows, (24, 9, 9, 9, 68), above=(title,),
        below=(_("Of the elders on the register today."), _(SIGNED)), upright=True,
    )  # fmt: skip


def _measured(found: Report) -> Iterator[tuple[Value, ...]]:
    for name, one in found.whole.shares.items():
        yield (_(MEASURE_NAMES[name]), *one, share(one), _(MEANINGS[name]))
        rest = found.whole.but_for_many
        if name == "triggers" and rest.of < one.of:
            why = _("Those ask for many at once: beside them the others would not be seen.")
            yield (_("But festivals, weather"), *rest, share(rest), why)


def _window_row(span: Span, one: Figures) -> Row:
    first, last = day(span.window.first), day(span.window.last)
    what = _("%(first)s–%(last)s visited") % {"first": first, "last": last}
    stood = {"overdue": one.overdue, "suspended": one.suspended}
    note = _("overdue %(overdue)d, suspended %(suspended)d") % stood
    return (what, one.visited, one.asked, share(Count(one.visited, one.asked)), note)


# By place and by liaison


def tables(turn: Turn, at: Scene, title: str, found: Report) -> Iterator[Sheet]:
    yield _by_place(at, title, found)
    if not at.counts_only:
        yield _by_liaison(turn, title, found)


def _by_place(at: Scene, title: str, found: Report) -> Sheet:
    heads = (_("Area"), *_numbers_heads(), *(_(name) for name in MEASURE_NAMES.values()))
    rows = [_place_row(name, one) for name, one in places(at, found)]
    rows.append(_place_row(_("Total"), found.whole))
    return Sheet(
        _("Figures by place"), heads, rows, (16, *_WIDTHS), above=(title,), below=(_(SIGNED),)
    )


def _by_liaison(turn: Turn, title: str, found: Report) -> Sheet:
    staff = progress.staff_of(turn.session, found.by_staff)
    heads = (_("Liaison"), _("Code"), *_numbers_heads(), *(_(MEASURE_NAMES[name]) for name in OWN))
    rows: list[Row] = []
    for one in staff:
        figures = found.by_staff[one.id]
        shares = (share(figures.shares[name]) for name in OWN)
        rows.append((one.name, one.code, *_numbers(figures), *shares))
    widths = (14, 8, *_WIDTHS)
    title_of = _("Figures by liaison")
    return Sheet(title_of, heads, rows, widths, 2, above=(title,), below=(_(SIGNED),))


_WIDTHS = (10.5,) * 13
OWN = ("coverage", "timeliness", "in_person", "completeness")  # a liaison answers for these alone


def _numbers_heads() -> tuple[str, ...]:
    before = (_("To be visited"), _("Visited"), _("Overdue"), _("Suspended"))
    return (*before, _("Visits"), _("In vain"), _("Entered later"))


def _place_row(name: str, one: Figures) -> Row:
    return (name, *_numbers(one), *(share(each) for each in one.shares.values()))


def _numbers(one: Figures) -> tuple[int, ...]:
    return (one.asked, one.visited, one.overdue, one.suspended, one.visits, one.in_vain, one.late)


def places(at: Scene, found: Report) -> list[tuple[str, Figures]]:
    """The places below, and what lies at the place itself, that have elders or visits."""
    rows = [(unit.name, in_place(found, under(at.units, unit.id))) for unit in at.below]
    own = found.by_unit.get(at.place.id)
    rows += [(at.place.name, own)] if own else []
    return [(name, one) for name, one in rows if one.asked or one.visits or one.cases]


def in_place(found: Report, units: Iterable[UUID]) -> Figures:
    return total(found.by_unit[unit] for unit in units if unit in found.by_unit)


# The lists


def lists(
    turn: Turn, at: Scene, title: str, visits: Iterable[Seen], cases: ElderCases
) -> list[Sheet]:
    return [_visits(turn, title, visits), _cases(turn, at, title, cases)]


def _visits(turn: Turn, title: str, visits: Iterable[Seen]) -> Sheet:
    heads = (_("Date"), _("Code"), _("Name"), _("Place"), _("Liaison"), _("Way"), _("All five"),
             _("Entered later"))  # fmt: skip
    rows = [_visit_row(turn, one) for one in visits]
    widths = (12, 9, 12, 16, 12, 16, 10, 10)
    return Sheet(_("List of visits"), heads, rows, widths, 3, above=(title,), below=(_(SIGNED),))


def _cases(turn: Turn, at: Scene, title: str, cases: ElderCases) -> Sheet:
    heads = (_("Number"), _("Urgency"), _("Code"), _("Name"), _("Place"), _("Kind"), _("Group"),
             _("State"), _("Opened"), _("Resolve by"), _("Resolved"))  # fmt: skip
    silent = _silent(turn.session, at)
    rows = [_case_row(turn, case, elder, elder.id in silent) for case, elder in cases]
    widths = (8, 9, 9, 12, 16, 14, 12, 10, 12, 12, 12)
    return Sheet(_("Cases"), heads, rows, widths, 2, above=(title,), below=(_(SIGNED),))


def _visit_row(turn: Turn, one: Seen) -> Row:
    how = MODES[one.mode] if one.done else OUTCOMES[one.outcome]
    place = unit_name(turn.session, one.unit_id)
    complete = "✓" if one.done and one.complete else ""
    late = _("later") if one.late else ""
    name = turn.shown(one.name)
    return (str(one.on), one.code, name, place, one.staff, printed(how), complete, late)


def printed(label: str) -> str:
    """Without the sign that stands before it on a button."""
    sign, _blank, words = _(label).partition(" ")
    return words if words and not sign.isalnum() else _(label)


def _silent(session: Session, at: Scene) -> set[UUID]:
    """Whose health the office does not tell."""
    here = col(Elder.unit_id).in_(at.here)
    return set(session.exec(select(Elder.id).where(here, withholds(HEALTH))))


def _case_row(turn: Turn, case: Case, elder: Elder, silent: bool) -> Row:
    """Of a restricted case nothing but its number and how urgent it is."""
    urgency = _(SEVERITY_NAMES[case.severity])
    if case.restricted:
        return (case.number, urgency, _("restricted"), *[None] * 8)
    hosted = turn.chat.network in turn.office.hosted and not silent
    zone = turn.office.zone
    return (
        case.number, urgency, elder.code, turn.shown(elder.name),
        unit_name(turn.session, elder.unit_id),
        _(CATEGORIES[case.category].label) if hosted else None,
        _(GROUP_NAMES[case.service_group]) if hosted else None,
        _(STATES[case.state]), str(local_date(case.opened_at, zone)),
        str(local_date(case.resolve_until, zone)),
        str(local_date(case.resolved_at, zone)) if case.resolved_at else None,
    )  # fmt: skip
