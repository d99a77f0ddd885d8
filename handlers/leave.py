"""Leave of a liaison: the caseload goes to somebody else from–to, and comes back by itself."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from handlers import form
from handlers.ask_office import staff_words
from handlers.dates import coming_day
from handlers.questions import Choice, Filling, Form, Question, tidy
from handlers.steering import NONE, Steering, steering
from handlers.talk import Button, Reply, Rows
from handlers.tell import chats_of, coordinators_of, to_each
from handlers.turn import Turn, Unclear, day
from locales import gettext as _
from locales import mark as N_
from locales import ngettext, speaking
from models import leave as leaves
from models import people
from models.mailbox import NUDGE
from models.org import branch
from models.schedule import Leave
from models.staff import COORDINATOR, LIAISON, Chat, Staff

LONGEST = 180  # days
SAID = re.compile(
    r"(\S{1,8}?) ?请假 ?(\d{1,3} ?天)[,，。 ]*"
    r"(?:由|请|让)?(?:(\S{1,8}?)(?:来)?(?:代|代班|顶班))?。?"
)
ENDING = ("end", "结束", "销假")


@dataclass(frozen=True)
class Granted:
    """A leave, who stands in (None: each elder's backup), and for how many elders nobody does."""

    staff: Staff
    leave: Leave
    cover: Staff | None
    alone: int

    def said(self, arranges: bool) -> tuple[str, Rows]:
        """`arranges`: to somebody who can find a stand-in for those left alone."""
        text = _("%(name)s is on leave %(first)s to %(last)s; standing in: %(cover)s.") % {
            "name": self.staff.name,
            "first": day(self.leave.from_on),
            "last": day(self.leave.until_on),
            "cover": self.cover.name if self.cover else _("each one's backup"),
        }
        if not (self.alone and arranges):
            return text, ()
        return f"{text}\n{_alone(self.alone)}", ((Button(_("Arrange…"), "/assign"),),)


def _alone(count: int) -> str:
    text = _("⚠️ Nobody stands in for %(count)d of them: they have no backup.")
    return text % {"count": count}


def leave_command(turn: Turn, rest: str) -> list[Reply]:
    """/leave — from when, until when, who stands in; /leave 10天 李娜 at once to the review."""
    running = leaves.running_or_coming(turn.session, turn.staff, turn.today)
    if rest in ENDING:
        return _end(turn, turn.staff)
    if running is not None:
        return [_already(running)]
    answers = _from_words(turn, rest)
    draft = form.find_draft(turn, LEAVE.name, "")
    if draft is None:
        draft = form.start(turn, LEAVE, "", {}, {})
    draft.context = {"cover": [[s.code, s.name] for s in _likely(turn)]}
    form.set_answers(draft, turn, answers)
    return [form.card(LEAVE, Filling(draft, turn))]


def _from_words(turn: Turn, rest: str) -> dict[str, Any]:
    """10天 李娜 / 11-20 李娜: from today on. Raises Unclear."""
    words = tidy(rest).split()
    if not words:
        return {}
    answers: dict[str, Any] = {"first": turn.today.isoformat(), "last": _last_day(turn, words[0])}
    if len(words) > 1:
        answers["cover"] = _cover_named(turn, " ".join(words[1:]))
    return answers


def _last_day(turn: Turn, text: str) -> str:
    typed = tidy(text).removesuffix("天").removesuffix("d")
    if typed.isdecimal() and len(typed) <= 3:
        return _check_span(turn.today, turn.today + timedelta(days=max(int(typed), 1) - 1))
    return _check_span(turn.today, coming_day(text, turn.today))


def _check_span(first: date, last: date) -> str:
    if last < first or (last - first).days > LONGEST:
        raise Unclear(
            _("Please write the last day of the leave, such as 11-30, at most %(days)d days on.")
            % {"days": LONGEST}
        )
    return last.isoformat()


def _likely(turn: Turn) -> list[Staff]:
    """Who could stand in: the backups of one's own elders first, then the branch."""
    return leaves.backups_of(turn.session, turn.staff, turn.today)[:5]


def _cover_named(turn: Turn, text: str, absent: Staff | None = None) -> str:
    """The code of the one liaison meant, who is there and not the absent one. Raises Unclear."""
    hits = leaves.liaisons_named(turn.session, absent or turn.staff, tidy(text))
    if len(hits) != 1:
        hits = [one for one in _called(turn, text) if one.id != (absent or turn.staff).id] or hits
    if len(hits) == 1 and leaves.is_away(turn.session, hits[0], turn.today):
        raise Unclear(
            _("%(name)s is on leave too. Please name somebody else.") % {"name": hits[0].name}
        )
    if len(hits) == 1:
        return hits[0].code
    raise Unclear(
        _("There is no one liaison called “%(asked)s”. Please tap, or write the code.")
        % {"asked": text[:20]}
    )


def _cover_choices(filling: Filling) -> tuple[Choice, ...]:
    named = tuple(Choice(code, name) for code, name in filling.known("cover"))
    return (Choice("backups", N_("Each one's backup")), *named)


def _read_cover(filling: Filling, text: str) -> str:
    for choice in _cover_choices(filling):
        if tidy(text) in (_(choice.label), choice.code):
            return choice.code
    return _cover_named(filling.turn, text)


def _read_first(filling: Filling, text: str) -> str:
    given = coming_day(text, filling.turn.today)
    if given < filling.turn.today:
        raise Unclear(_("Leave cannot begin in the past. Please write today or a later day."))
    return given.isoformat()


def _read_last(filling: Filling, text: str) -> str:
    first = date.fromisoformat(filling.get("first"))
    return _check_span(first, coming_day(text, filling.turn.today))


def _first_choices(filling: Filling) -> tuple[Choice, ...]:
    today = filling.turn.today
    return (
        Choice(today.isoformat(), N_("Today")),
        Choice((today + timedelta(days=1)).isoformat(), N_("Tomorrow")),
    )


def _last_choices(filling: Filling) -> tuple[Choice, ...]:
    first = date.fromisoformat(filling.get("first"))
    spans = ((1, N_("One day")), (3, N_("3 days")), (7, N_("7 days")), (10, N_("10 days")))
    return tuple(
        Choice((first + timedelta(days=days - 1)).isoformat(), label) for days, label in spans
    )


def _say_day(filling: Filling, value: str) -> str:
    return day(date.fromisoformat(value))


def _title(filling: Filling) -> str:
    return _("Leave")


def _review(filling: Filling) -> Reply:
    turn = filling.turn
    count = leaves.own_count(turn.session, turn.staff, turn.today)
    text = ngettext(
        "Leave %(first)s to %(last)s.\n%(count)d elder goes to: %(cover)s.\n"
        "It comes back by itself on the day after.",
        "Leave %(first)s to %(last)s.\n%(count)d elders go to: %(cover)s.\n"
        "They come back by themselves on the day after.",
        count,
    ) % {
        "first": _say_day(filling, filling.get("first")),
        "last": _say_day(filling, filling.get("last")),
        "count": count,
        "cover": _cover_name(filling),
    }
    first = date.fromisoformat(filling.get("first"))
    alone = leaves.without_backup(turn.session, turn.staff, first)
    if filling.get("cover") == "backups" and alone:
        text += "\n" + _alone(alone)
    rows = (
        (form.form_button(filling.draft, _("✅ Yes, do it"), form.SUBMIT),),
        (form.form_button(filling.draft, _("‹ Back"), form.BACK),
         form.form_button(filling.draft, _("Discard"), form.REALLY)),
    )  # fmt: skip
    return Reply(text, rows, form.card_name(filling))


def _cover_name(filling: Filling) -> str:
    if filling.get("cover") == "backups":
        return _("each one's backup")
    found = leaves.by_code(filling.turn.session, filling.get("cover"))
    return found.name if found else ""


def _submit(filling: Filling) -> list[Reply]:
    turn = filling.turn
    first, last = (date.fromisoformat(filling.get(name)) for name in ("first", "last"))
    cover = None
    if filling.get("cover") != "backups":
        cover = leaves.by_code(turn.session, filling.get("cover"))
    form.drop(filling)
    text = _("✅ Leave noted, %(first)s to %(last)s. If you are back early, tap below.") % {
        "first": day(first),
        "last": day(last),
    }
    _granted, undo, told = _grant(turn, turn.staff, cover, first, last)
    rows = ((Button(_("Back early"), "/leave end"), undo),)
    return [Reply(text, rows, form.card_name(filling)), *told]


def _grant(
    turn: Turn, staff: Staff, cover: Staff | None, first: date, last: date
) -> tuple[Granted, Button, list[Reply]]:
    with steering(turn, "leave") as step:
        leave = leaves.begin(turn.session, staff, cover, first, last, turn.staff, turn.now)
        alone = 0 if cover else leaves.without_backup(turn.session, staff, first)
        granted = Granted(staff, leave, cover, alone)
        step.about = granted.said(arranges=False)[0]
        step.note(staff.code, NONE, f"{first}..{last}")
        told = _tell(turn, granted, step)
    return granted, step.undo, told


def _tell(turn: Turn, granted: Granted, step: Steering) -> list[Reply]:
    """Who stands in, or each backup; who is sent on leave; the coordinators."""
    staff, first = granted.staff, granted.leave.from_on
    helpers = [granted.cover] if granted.cover else leaves.backups_of(turn.session, staff, first)
    readers = [*_chats(turn, [*helpers, staff]), *coordinators_of(turn, staff.unit_id)]
    replies = []
    for reader, chat in readers:
        if reader.id != turn.staff.id:
            step.told.add(reader.id)
            with speaking(reader.locale or turn.office.locale):
                text, rows = granted.said(arranges=reader.role == COORDINATOR)
                replies.append(Reply(text, rows, to=chat.id, lane=NUDGE))
    return replies


def _chats(turn: Turn, people_: Iterable[Staff]) -> list[tuple[Staff, Chat]]:
    return [(staff, chat) for staff in people_ for chat in chats_of(turn, staff)]


def _already(running: Leave) -> Reply:
    text = _("You are on leave %(first)s to %(last)s. If you are back already, tap below.")
    rows = ((Button(_("I am back"), "/leave end"),),)
    return Reply(text % {"first": day(running.from_on), "last": day(running.until_on)}, rows)


def _end(turn: Turn, staff: Staff) -> list[Reply]:
    running = leaves.running_or_coming(turn.session, staff, turn.today)
    if running is None:
        return [Reply(_("%(name)s is not on leave.") % {"name": staff.name})]
    cover = turn.session.get(Staff, running.cover_id) if running.cover_id else None
    helpers = [cover] if cover else leaves.backups_of(turn.session, staff, turn.today)
    helpers = [one for one in [*helpers, staff] if one.id != turn.staff.id]
    with steering(turn, "leave_end") as step:
        leaves.end_all(turn.session, staff, turn.today, turn.now)
        step.about = _back(staff).text
        step.note(staff.code, f"{running.from_on}..{running.until_on}", NONE)
        step.told |= {one.id for one in helpers}
    told = to_each(turn, helpers, lambda: _back(staff))
    return [replace(_back(staff), rows=((step.undo,),)), *told]


def _back(staff: Staff) -> Reply:
    return Reply(_("✅ %(name)s is back; the list is theirs again.") % {"name": staff.name})


def cover_command(turn: Turn, rest: str) -> list[Reply]:
    """/cover NAME DAYS [COVER] — a coordinator puts somebody on leave: 小周请假10天, 小李代."""
    words = tidy(rest).split()
    if len(words) < 2:
        raise Unclear(_("Please write who, how long and who stands in: cover 周明 10天 李娜"))
    staff = _colleague(turn, words[0])
    if words[1] in ENDING:
        return _end(turn, staff)
    if leaves.running_or_coming(turn.session, staff, turn.today):
        raise Unclear(
            _("%(name)s is on leave already. To end it: cover %(name)s end") % {"name": staff.name}
        )
    last = date.fromisoformat(_last_day(turn, words[1]))
    named = _cover_named(turn, words[2], staff) if len(words) > 2 else ""
    cover = leaves.by_code(turn.session, named) if named else None
    granted, undo, told = _grant(turn, staff, cover, turn.today, last)
    text, rows = granted.said(arranges=True)
    return [Reply(text, (*rows, (undo,))), *told]


def _colleague(turn: Turn, text: str) -> Staff:
    found = people.colleagues(turn.session, turn.staff, text)
    found = found if len(found) == 1 else _called(turn, text) or found
    if len(found) == 1 and found[0].role == LIAISON:
        return found[0]
    raise Unclear(
        _("There is no one liaison called “%(asked)s”. Please tap, or write the code.")
        % {"asked": text[:20]}
    )


def _called(turn: Turn, text: str) -> list[Staff]:
    """The liaisons of the branch whom people call so: 小周, zhou."""
    nearby = people.liaisons_in(turn.session, branch(turn.session, turn.staff.unit_id))
    return [one for one in nearby if tidy(text).lower() in map(str.lower, staff_words(one))]


def cover_said(turn: Turn, text: str) -> list[Reply] | None:
    """小周请假10天，小李代: as one says it."""
    said = SAID.fullmatch(tidy(text))
    if said is None or turn.staff.role not in COVERERS:
        return None
    return cover_command(turn, " ".join(part for part in said.groups() if part))


LEAVE = Form(
    name="leave",
    version=1,
    questions=(
        Question(
            "first", N_("From"), N_("From which day? (tap, or write a date)"),
            choices=_first_choices, check=_read_first, shown=_say_day, resets=("last",),
        ),
        Question(
            "last", N_("Until"), N_("How long, or until which day? (tap, or write a date)"),
            choices=_last_choices, check=_read_last, shown=_say_day,
        ),
        Question(
            "cover", N_("Stands in"), N_("Who stands in? (tap, or write the name)"),
            choices=_cover_choices, check=_read_cover,
        ),
    ),
    title=_title,
    review=_review,
    submit=_submit,
)  # fmt: skip
LEAVERS = (LIAISON,)
COVERERS = (COORDINATOR,)
