"""The yearly scorecard (考核, [S0] 年终绩效考评): a sheet by town, weighed as the office wants it.

It is about units and their work: no liaison, elder or family stands in it.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from handlers import ask
from handlers.asked import Asked, Scene, scene
from handlers.documents.sheets import Sheet, Value, workbook
from handlers.order import ordered
from handlers.report import days_of
from handlers.report_sheets import MEASURE_NAMES, SIGNED, places, share
from handlers.stamp import watermark
from handlers.talk import Button, Reply
from handlers.turn import Turn, Unclear
from locales import gettext as _
from models.audit import Audit
from models.org import setting
from models.report import WEIGHT, WEIGHTS, Count, Figures, report

Places = Sequence[tuple[str, Figures]]


def scorecard_command(turn: Turn, rest: str) -> list[Reply]:
    """/scorecard — this year so far; /scorecard 2025 — that year."""
    told = re.fullmatch(r"(\d{4})年?", rest)
    if rest and not told:
        raise Unclear(_("Please write the year, such as scorecard 2026."))
    year = int(told[1]) if told else turn.today.year
    if not 2000 <= year <= turn.today.year:
        raise Unclear(_("That year has not begun yet, or is too long ago."))
    found = scene(turn, Asked())
    if found is None:
        return [ask.not_yours()]
    return ordered(turn, "scorecard", _title(found, year), unit=found.place.id.hex, year=year)


def scorecard_paper(turn: Turn, of: Mapping[str, Any]) -> Reply:
    found = scene(turn, Asked(unit=UUID(of["unit"])))
    return _scorecard(turn, found, of["year"]) if found else ask.not_yours()


def _title(at: Scene, year: int) -> str:
    return _("%(place)s, %(year)d: scorecard") % {"place": at.place.name, "year": year}


def weights(turn: Turn) -> dict[str, int]:
    return {
        name: int(setting(turn.session, WEIGHT.format(name=name), usual))
        for name, usual in WEIGHTS.items()
    }


def measured(figures: Figures) -> dict[str, Count]:
    """What is weighed: a festival or a warning of the weather asks for hundreds in one day, and
    is a matter of its own, not of who came when somebody fell ill."""
    return {**figures.shares, "triggers": figures.but_for_many}


def points(figures: Figures, weighed: Mapping[str, int]) -> float | None:
    """Of a hundred; what did not occur takes its weight with it."""
    counted = {name: one for name, one in measured(figures).items() if one.of and weighed[name]}
    most = sum(weighed[name] for name in counted)
    got = sum(weighed[name] * one.done / one.of for name, one in counted.items())
    return round(100 * got / most, 1) if most else None


def _scorecard(turn: Turn, at: Scene, year: int) -> Reply:
    days, weighed = days_of(turn, date(year, 1, 1), 12), weights(turn)
    found = report(turn.session, at.here, days, turn.today, at.policy, by_staff=False)
    by_place = places(at, found)
    title = _title(at, year)
    turn.session.add(Audit(at=turn.now, staff_id=turn.staff.id, action="report", detail=title))
    lines = [title, *(_line(name, one, weighed) for name, one in by_place)]
    lines.append(_("It weighs the work of units, never elders or families."))
    rows = ((Button(_("Monthly report"), "/report"),),)
    name = _("%(place)s scorecard %(year)d") % {"place": at.place.name, "year": year}
    data = workbook(watermark(turn, title), [_sheet(title, by_place, found.whole, weighed)])
    return Reply("\n".join(lines), rows, file_name=f"{name}.xlsx", file_data=data)


def _line(name: str, one: Figures, weighed: Mapping[str, int]) -> str:
    of = points(one, weighed)
    return _("%(place)s: %(points)s of 100") % {"place": name, "points": "–" if of is None else of}


def _sheet(title: str, by_place: Places, whole: Figures, weighed: Mapping[str, int]) -> Sheet:
    heads = [_("Area")]
    for name, label in MEASURE_NAMES.items():
        heads += [_(label), _("weighs %(weight)d") % {"weight": weighed[name]}]
    heads += [_("Points"), _("All well (for information)")]
    rows = [_row(name, one, weighed) for name, one in by_place]
    rows.append(_row(_("Total"), whole, weighed))
    notes = (
        _("It weighs the work of units, never elders or families."),
        _("Of the elders on the register today."),
        _("Triggers: without festivals and weather warnings, which stand in the report."),
        _(SIGNED),
    )
    widths = (16, *(10, 8) * len(MEASURE_NAMES), 10, 12)
    return Sheet(_("Scorecard"), heads, rows, widths, above=(title,), below=notes)


def _row(name: str, one: Figures, weighed: Mapping[str, int]) -> tuple[Value, ...]:
    cells: list[Value] = [name]
    for measure, count in measured(one).items():
        of = count.done * weighed[measure] / count.of if count.of else None
        cells += [share(count), None if of is None else f"{of:.1f}"]
    of_all = points(one, weighed)
    return (
        *cells,
        None if of_all is None else f"{of_all:.1f}",
        share(Count(one.all_well, one.visits)),
    )
