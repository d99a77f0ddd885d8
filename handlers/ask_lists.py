"""Who it is: the liaisons of a place with their counts, and elders by name, each look audited."""

from handlers import form
from handlers.ask_words import LIST_NAMES, STATE_MARKS
from handlers.asked import Scene
from handlers.brief import audit_of
from handlers.due import told_apart
from handlers.pick import ago
from handlers.talk import Button, Reply
from handlers.turn import Turn, day
from locales import gettext as _
from locales import ngettext
from models import progress
from models.agenda import Line
from models.due import OVERDUE, SUSPENDED, window
from models.progress import ALL, Progress, Who

NAMES = "n"
PAGE, STAFF_PAGE = 8, 12


def by_staff(turn: Turn, at: Scene) -> Reply:
    """Each liaison's counts, who is furthest behind first."""
    counted = progress.by_staff(turn.session, at.part, at.today, at.policy)
    people = progress.staff_of(turn.session, counted)
    order = sorted(people, key=lambda one: _behind(counted[one.id], one))
    start = at.asked.page * STAFF_PAGE
    shown = order[start : start + STAFF_PAGE]
    lines = [counts_line(one.name, counted[one.id]) for one in shown]
    head = _("%(place)s, by liaison (%(first)d–%(last)d of %(all)d):") % {
        "place": at.place.name,
        "first": start + 1 if shown else 0,
        "last": start + len(shown),
        "all": len(order),
    }
    buttons = [Button(one.name, at.asked.code(staff=one.code, view="")) for one in shown]
    turning = _turning(at, start + STAFF_PAGE < len(order))
    return Reply("\n".join([head, *lines]), (*form.in_rows(buttons, 3), turning))


def _behind(one: Progress, staff: Who) -> tuple[int, int, str]:
    return -one.overdue, -one.to_go, staff.code


def counts_line(name: str, one: Progress) -> str:
    """🔴 岚桥镇 35/43, of a place or of a person."""
    mark = "🔴" if one.overdue else "🟡" if one.to_go else "🟢"
    gaps = {"mark": mark, "name": name, "done": one.satisfied, "expected": one.expected}
    if one.overdue:
        text = _("%(mark)s %(name)s %(done)d/%(expected)d, overdue %(late)d")
        return text % {**gaps, "late": one.overdue}
    return _("%(mark)s %(name)s %(done)d/%(expected)d") % gaps


def names(turn: Turn, at: Scene) -> Reply:
    """A page of elders by name. Who looked at whom is written down."""
    which, start = at.asked.which or ALL, at.asked.page * PAGE
    found = progress.listed(
        turn.session, at.part, which, at.today, at.policy, start, PAGE + 1
    )  # one more tells whether there are more
    shown, more = list(found.values())[:PAGE], len(found) > PAGE
    whole = _whole(turn, at, which) if more or start else len(shown)
    if at.counts_only or not shown:
        return _nobody(at, which)
    for elder_id in list(found)[:PAGE]:
        audit_of(turn, elder_id, "list")
    lines = [_head(at, which, start, len(shown), whole)]
    lines += [_line(turn, at, one) for one in shown]
    buttons = [
        Button(name, f"/brief {one.elder.code}")
        for one, name in zip(shown, told_apart(turn, shown), strict=True)
    ]
    return Reply("\n".join(lines), (*form.in_rows(buttons, 2), _turning(at, more)))


def _nobody(at: Scene, which: str) -> Reply:
    text = _("🟢 %(what)s: nobody.") % {"what": _(LIST_NAMES[which])}
    return Reply(text, (_turning(at, more=False),))


def _head(at: Scene, which: str, start: int, count: int, whole: int) -> str:
    who = [at.place.name, at.staff.name if at.staff else "", _(LIST_NAMES[which])]
    gaps = {"what": " ".join(part for part in who if part), "first": start + 1,
            "last": start + count, "all": whole}  # fmt: skip
    if count == whole:
        return ngettext("%(what)s (%(all)d person):", "%(what)s (%(all)d people):", whole) % gaps
    return _("%(what)s (%(first)d–%(last)d of %(all)d):") % gaps


def _whole(turn: Turn, at: Scene, which: str) -> int:
    counted = progress.by_unit(turn.session, at.part, at.today, at.policy)
    return progress.total(counted.values()).standing(which)


def _line(turn: Turn, at: Scene, one: Line) -> str:
    """🔴 高永昌 81岁 柳泉村 · 14天前"""
    return _("%(mark)s %(who)s · %(when)s") % {
        "mark": STATE_MARKS[one.state],
        "who": turn.label(one.elder),
        "when": _when(turn, at, one),
    }


def _when(turn: Turn, at: Scene, one: Line) -> str:
    if one.state == SUSPENDED:
        return _("in hospital or away")
    if one.last_on is None:
        return _("not visited lately")
    if one.state == OVERDUE:
        return _("overdue, last time %(ago)s") % {"ago": ago(turn, one.last_on)}
    if window(at.today, at.policy).holds(one.last_on):
        return _("visited %(day)s") % {"day": day(one.last_on)}
    return _("last time %(ago)s") % {"ago": ago(turn, one.last_on)}


def _turning(at: Scene, more: bool) -> tuple[Button, ...]:
    page = at.asked.page
    turning = [Button(_("‹ Overview"), at.asked.code(view="", which=""))]
    if page:
        turning.append(Button(_("‹ Earlier page"), at.asked.code(page=page - 1)))
    if more:
        turning.append(Button(_("Next page ›"), at.asked.code(page=page + 1)))
    return tuple(turning)
