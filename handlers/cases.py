"""Finding cases again: the list for each role, one case by its number, and words that act."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from handlers.asked import long
from handlers.case_card import card, card_name, line, pictures, story, title
from handlers.case_digest import severities
from handlers.case_words import BUTTONS
from handlers.case_work import act, drop_draft
from handlers.pick import PAGE, page_of, turning
from handlers.talk import Button, Reply, Rows
from handlers.turn import Turn, local_date
from locales import gettext as _
from locales import ngettext
from models import case_query
from models.audit import Audit
from models.case import MOVES, Case
from models.elder import Elder
from models.org import subtree, under
from models.people import names as staff_names
from models.staff import LEADER

MOVE_WORDS = (
    ("ack", ("受理",)),
    ("work", ("处理中", "处理")),
    ("resolve", ("办结",)),
    ("return", ("退回",)),
    ("refer", ("转办",)),
    ("note", ("备注",)),
    ("close", ("销号", "回访")),
    ("reopen", ("没修好", "没办好", "没解决")),
)


def case_command(turn: Turn, rest: str) -> list[Reply]:
    """/case 12 — its card; /case 12 ack … — does something to it."""
    number, _gap, rest = rest.partition(" ")
    if not number:
        return cases_command(turn, "")
    found = _mine(turn, number)
    if found is None:
        text = _("There is no case “%(number)s” on your list.") % {"number": number[:12]}
        return [Reply(text, ((Button(_("Cases"), "/cases"),),))]
    action, _gap, words = rest.partition(" ")
    if action in BUTTONS:
        return act(turn, *found, action, words.strip())
    drop_draft(turn, found[0])
    if action == "photo" and _may_go(turn, *found):
        return _pictures(turn, *found)
    return [_shown(turn, *found, action)]


def _mine(turn: Turn, number: str) -> tuple[Case, Elder] | None:
    """The case with this number if the person may see it; None tells nothing more."""
    digits = number.lstrip("#")
    if not digits.isdecimal() or len(digits) > 9:
        return None
    found = case_query.by_number(turn.session, int(digits))
    if found and case_query.standing(turn.session, turn.staff, *found, turn.today):
        return found
    return None


def _shown(turn: Turn, case: Case, elder: Elder, action: str) -> Reply:
    if action == "story":
        _audit(turn, case, elder, "case_story")
        return story(turn, case, elder)
    if action == "where":
        return _where(turn, case, elder)
    return card(turn, case, elder)


def _pictures(turn: Turn, case: Case, elder: Elder) -> list[Reply]:
    """The pictures of the hazard, for whoever may go there."""
    _audit(turn, case, elder, "case_photo")
    found = case_query.photos(turn.session, case.id)
    return [
        Reply(title(case), file_name=f"case-{case.number}-{place}.jpg", file_data=photo.data)
        for place, photo in enumerate(found, start=1)
    ] or [card(turn, case, elder)]


def _audit(turn: Turn, case: Case, elder: Elder, action: str) -> None:
    turn.session.add(
        Audit(at=turn.now, staff_id=turn.staff.id, elder_id=elder.id, action=action,
              detail=str(case.number))
    )  # fmt: skip


def _where(turn: Turn, case: Case, elder: Elder) -> Reply:
    """Whom to go to and how to get there: read by those who have to; each look is audited."""
    if not _may_go(turn, case, elder):
        return card(turn, case, elder)
    _audit(turn, case, elder, "case_where")
    lines = [
        title(case),
        turn.label(elder),
        _("Address: %(address)s") % {"address": elder.address} if elder.address else "",
        _("Phone: %(phone)s") % {"phone": elder.phone} if elder.phone else "",
    ]
    if elder.contact_name:
        gaps = {"name": turn.shown(elder.contact_name), "phone": elder.contact_phone}
        lines.append(_("In need call: %(name)s %(phone)s") % gaps)
    back = Button(_("‹ Back to the card"), f"/case {case.number}")
    call = (Button(_("📞 Call"), f"tel:{elder.phone.replace(' ', '')}"),) if elder.phone else ()
    text = "\n".join(line for line in lines if line)
    return Reply(text, (*pictures(turn, case), (*call, back)), card_name(case))


def _may_go(turn: Turn, case: Case, elder: Elder) -> bool:
    is_ = case_query.standing(turn.session, turn.staff, case, elder, turn.today)
    return case_query.may_go(case, is_)


# Lists


def cases_command(turn: Turn, rest: str) -> list[Reply]:
    """/cases — what is open, the overdue first; /cases mine; /cases p2; /cases uAb3… of a place.
    A leader sees numbers."""
    words = rest.split()
    place = next((found for word in words if (found := _place(turn, word))), None)
    narrowed = (case_query.in_units(place.units),) if place else ()
    if turn.staff.role == LEADER:
        return [_numbers(turn, *narrowed)]
    only_mine = "mine" in words or "我的" in words
    where = (*narrowed, *((case_query.mine(turn.staff),) if only_mine else ()))
    tail = " ".join([*(["mine"] if only_mine else []), *([place.code] if place else [])])
    return [_page(turn, rest, where, tail, place.name if place else "")]


class Place(NamedTuple):
    """A part of the asker's branch whose cases are asked for."""

    name: str
    units: frozenset[UUID]
    code: str


def _place(turn: Turn, word: str) -> Place | None:
    id_ = long(word[1:]) if word[:1] == "u" and len(word) > 20 else None
    if id_ is None:
        return None
    units = subtree(turn.session, turn.staff.unit_id)
    names = [unit.name for unit in units if unit.id == id_]
    return Place(names[0], under(units, id_), word) if names else None


def _page(turn: Turn, rest: str, where: Sequence[Any], tail: str, place: str) -> Reply:
    asked = page_of(rest, case_query.MANY)
    here = case_query.listed(turn.session, turn.staff, turn.now, turn.today, asked, PAGE, *where)
    if not here.all:
        return Reply(_("🟢 No open cases."), _switch(only_mine=bool(tail)))
    first = here.page * PAGE
    head = _("Open cases: %(all)s, overdue: %(late)s (%(first)d–%(last)d)") % {
        "all": many(here.all),
        "late": many(here.late),
        "first": first + 1,
        "last": first + len(here.found),
    }
    names = staff_names(turn.session, [case.owner_id for case, _elder in here.found])
    lines = [f"{place} {head}".strip(), *([severities(here.piles)] if here.piles else [])]
    lines += [aged(turn, case, elder, names) for case, elder in here.found]
    buttons = [
        Button(_("Case %(number)d") % {"number": case.number}, f"/case {case.number}")
        for case, _elder in here.found
    ]
    rows = tuple(tuple(buttons[i : i + 3]) for i in range(0, len(buttons), 3))
    more = turning(f"/cases {tail}".strip(), here.page, here.all)
    return Reply("\n".join(lines), (*rows, *more, *_switch(only_mine=bool(tail))))


def many(count: int) -> str:
    """Nobody reads a list of a thousand: how long it is exactly, nobody asks."""
    return str(count) if count < case_query.MANY else f"{case_query.MANY - 1}+"


def aged(turn: Turn, case: Case, elder: Elder, names: Mapping[UUID, str]) -> str:
    """The line of a case with its age, and who works on it."""
    days = (turn.today - local_date(case.opened_at, turn.office.zone)).days
    age = ngettext("%(days)d day", "%(days)d days", days) % {"days": days} if days else _("today")
    owner = names.get(case.owner_id, "") if case.owner_id else ""
    return " · ".join(part for part in (line(turn, case, elder), age, owner) if part)


def _numbers(turn: Turn, *where: Any) -> Reply:
    count = case_query.counts(turn.session, turn.staff, turn.now, turn.today, turn.now, *where)
    text = _(
        "Open cases: %(all)d, overdue: %(late)d, to be acknowledged: %(waiting)d, "
        "to follow up: %(asked)d."
    )
    gaps = {"all": count.all, "late": count.late, "waiting": count.unacknowledged,
            "asked": count.to_follow_up}  # fmt: skip
    return Reply(text % gaps)


def _switch(only_mine: bool) -> Rows:
    if only_mine:
        return ((Button(_("All cases"), "/cases"),),)
    return ((Button(_("Only mine"), "/cases mine"),),)


# Words


def by_word(action: str) -> Callable[[Turn, str], list[Reply]]:
    """受理 31 — a move by its word; without a number, of the one case it can mean."""
    return partial(_by_word, action)


def _by_word(action: str, turn: Turn, rest: str) -> list[Reply]:
    number, _gap, words = rest.partition(" ")
    if number.lstrip("#").isdecimal():
        return case_command(turn, f"{number} {action} {words}".strip())
    found = [
        (case, elder)
        for case, elder in case_query.listed(
            turn.session, turn.staff, turn.now, turn.today, 0, 30
        ).found
        if case_query.may(
            case, MOVES[action],
            case_query.standing(turn.session, turn.staff, case, elder, turn.today), turn.staff,
        )
    ]  # fmt: skip
    if len(found) == 1:
        return act(turn, *found[0], action, rest)
    if not found:
        return [Reply(_("There is no case you could do that to."), _switch(only_mine=True))]
    rows = tuple(
        (Button(line(turn, case, elder)[:40], f"/case {case.number} {action}"),)
        for case, elder in found[:PAGE]
    )
    return [Reply(_("Which case?"), rows)]
