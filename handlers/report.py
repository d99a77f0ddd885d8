"""The month as a workbook to be printed and signed, and as one page for the leader.

The figures are those of `models.report`; nothing but the lists holds a name, and a leader gets
neither lists nor anything by person.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from handlers import ask
from handlers.asked import Asked, Scene, long, scene, short
from handlers.documents import chart
from handlers.documents.chart import Page
from handlers.documents.sheets import workbook
from handlers.form import in_rows
from handlers.order import ordered
from handlers.report_seven import seven_sheet
from handlers.report_sheets import MEASURE_NAMES, lists, places, summary, tables
from handlers.report_triggers import by_kind
from handlers.stamp import picture, watermark
from handlers.talk import Button, Reply
from handlers.turn import Turn, Unclear, day, month
from locales import gettext as _
from models.audit import Audit
from models.report import ElderCases, Figures, Report, Seen, listed_cases, report, seen
from models.trigger import Days

MONTHS = 6  # offered to choose from
PICTURE = "picture"
MOST_PLACES = 12  # on the page for the leader


def report_command(turn: Turn, rest: str) -> list[Reply]:
    """/report — which month; /report 2026-11 — its workbook; … picture; … u<place> a part."""
    words = rest.split()
    first = _month_in(turn, words)
    if first is None:
        return [_choose(turn)]
    place = next((long(word[1:]) for word in words if word[:1] == "u" and len(word) > 20), None)
    found = scene(turn, Asked(unit=place))
    if found is None:
        return [ask.not_yours()]
    if first > turn.today:
        raise Unclear(_("That month has not begun yet."))
    of = {"unit": found.place.id.hex, "month": str(first), "picture": PICTURE in words}
    return ordered(turn, "report", _title(found, first), **of)


def report_paper(turn: Turn, of: Mapping[str, Any]) -> Reply:
    """The workbook or the picture of a month that was asked for."""
    first, at = date.fromisoformat(of["month"]), scene(turn, Asked(unit=UUID(of["unit"])))
    if at is None:
        return ask.not_yours()
    found = report(turn.session, at.here, days_of(turn, first, 1), turn.today, at.policy)
    return (_picture if of["picture"] else _workbook)(turn, at, first, found)


def _title(at: Scene, first: date) -> str:
    gaps = {"place": at.place.name, "month": month(first)}
    return _("%(place)s, %(month)s: home visits") % gaps


def _month_in(turn: Turn, words: Iterable[str]) -> date | None:
    for word in words:
        if word in ("本月", "这个月", "this"):
            return turn.today.replace(day=1)
        if word in ("上月", "上个月", "last"):
            return (turn.today.replace(day=1) - timedelta(days=1)).replace(day=1)
        told = re.fullmatch(r"(\d{4})[-年./](\d{1,2})月?", word)
        if told and 1 <= int(told[2]) <= 12 and int(told[1]) > 0:
            return date(int(told[1]), int(told[2]), 1)
    return None


def _choose(turn: Turn) -> Reply:
    """Last month is what is asked for most."""
    first, months = turn.today.replace(day=1), list[date]()
    while len(months) < MONTHS:
        months.append(first)
        first = (first - timedelta(days=1)).replace(day=1)
    months[:2] = reversed(months[:2])
    buttons = [Button(month(one), f"/report {one:%Y-%m}") for one in months]
    text = _("The report of which month? You may also write: report 2026-11.")
    return Reply(text, in_rows(buttons, 2))


def days_of(turn: Turn, first: date, months: int) -> Days:
    """From the first day of a month to the last of so many months, or today."""
    number = first.year * 12 + first.month - 1 + months
    after = date(number // 12, number % 12 + 1, 1)
    since, until = (datetime.combine(on, time(), turn.office.zone) for on in (first, after))
    return Days(first, min(after - timedelta(days=1), turn.today), since, min(until, turn.now))


# The workbook


def _workbook(turn: Turn, at: Scene, first: date, found: Report) -> Reply:
    title = _title(at, first)
    made = [summary(title, found), *tables(turn, at, title, found)]
    made += [by_kind(turn, title, found), seven_sheet(turn, at, title)]
    if not at.counts_only:
        days = days_of(turn, first, 1)
        visits = list(seen(turn.session, at.here, days))
        cases = listed_cases(turn.session, at.here, days)
        made += lists(turn, at, title, visits, cases)
        _audit_names(turn, visits, cases, title)
    turn.session.add(Audit(at=turn.now, staff_id=turn.staff.id, action="report", detail=title))
    lines = [title, *_lines(found), _("Your name and the time stand on every page.")]
    if turn.chat.network not in turn.office.hosted:
        lines.append(_("⚠️ This network is not your office's own: names are masked."))
    name = _("%(place)s report %(month)s") % {"place": at.place.name, "month": f"{first:%Y-%m}"}
    mark = watermark(turn, title)
    rows = _buttons(at, first, f" {PICTURE}", _("For the leader"))
    data = workbook(mark, made)
    return Reply("\n".join(lines), rows, file_name=f"{name}.xlsx", file_data=data)


def _audit_names(turn: Turn, visits: Iterable[Seen], cases: ElderCases, title: str) -> None:
    """A line for each elder who stands in a list."""
    named = {elder.id for case, elder in cases if not case.restricted}
    turn.session.add_all(
        Audit(at=turn.now, staff_id=turn.staff.id, elder_id=one, action="export", detail=title)
        for one in named | {visit.elder_id for visit in visits}
    )


def _lines(found: Report) -> list[str]:
    """What remains where no file can be shown."""
    shares = found.whole.shares
    return [
        *(window_line(span.window.first, span.window.last, one)
          for span, one in zip(found.spans, found.windows, strict=True)),
        _(", ").join(
            f"{_(MEASURE_NAMES[name])} {ask.percent(*shares[name])}"
            for name in ("timeliness", "in_person", "cases")
        ),
    ]  # fmt: skip


def window_line(first: date, last: date, one: Figures) -> str:
    text = _("%(first)s–%(last)s: visited %(done)d of %(all)d (%(share)s)")
    return text % {
        "first": day(first),
        "last": day(last),
        "done": one.visited,
        "all": one.asked,
        "share": ask.percent(one.visited, one.asked),
    }


def _buttons(at: Scene, first: date, other: str, label: str) -> tuple[tuple[Button, ...], ...]:
    """The same month of the same place in the other shape."""
    place = f" u{short(at.place.id)}"
    same = Button(label, f"/report {first:%Y-%m}{other}{place}")
    return ((same, Button(_("Another month"), "/report")),)


# The page for the leader


def _picture(turn: Turn, at: Scene, first: date, found: Report) -> Reply:
    """Counts only: not even a code."""
    title, whole = _title(at, first), found.whole
    drawn = Page(
        title=title,
        note=_("Visits %(count)d, in vain %(vain)d; written down later %(late)d")
        % {"count": whole.visits, "vain": whole.in_vain, "late": whole.late},
        tiles=[
            (_(MEASURE_NAMES[name]), ask.percent(*share), f"{share.done}/{share.of}")
            for name, share in whole.shares.items()
        ],
        head=_("Visited, by place (elders and windows)"),
        rows=[(name, one.visited, one.asked) for name, one in places(at, found)][:MOST_PLACES],
        foot=_("Counts only, as of %(day)s") % {"day": day(turn.today)},
    )
    turn.session.add(Audit(at=turn.now, staff_id=turn.staff.id, action="report", detail=title))
    rows = _buttons(at, first, "", _("Workbook"))
    lines = [title, *_lines(found)]
    name = f"{first:%Y-%m}{chart.SUFFIX}"
    return Reply("\n".join(lines), rows, file_name=name, file_data=picture(turn, drawn))
