"""Every step of a coordinator's steering: audited, told to those concerned, and taken back with
one tap as long as its ten minutes run."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from handlers.form import in_rows
from handlers.talk import Button, Reply
from handlers.tell import chats_of, to_each
from handlers.turn import Turn
from locales import gettext as _
from locales import mark as N_
from locales import ngettext, speaking
from models import ahead
from models import step as steps
from models.assignment import BACKUP
from models.audit import Audit
from models.caseload import Move
from models.elder import Elder
from models.mailbox import NUDGE
from models.outbox import withdraw
from models.staff import Staff
from models.step import CHANGED, LATE, USED, Step

ARROW = "→"
NONE = "-"
SHOWN = 5


@dataclass
class Steering:
    """What is being changed: `about` says it in one line, `note` adds what the audit keeps."""

    about: str = ""
    entries: list[list[Any]] = field(default_factory=list)
    told: set[UUID] = field(default_factory=set)
    ref: str = ""

    def note(self, what: str, old: object, new: object, elder: Elder | None = None) -> None:
        self.entries.append([str(elder.id) if elder else None, what, str(old), str(new)])

    def moved(self, moves: Iterable[Move], new: Collection[Elder] = ()) -> None:
        """Of `new` elders, made by this very step, only the code is noted: they may go again."""
        fresh = {elder.id for elder in new}
        for move in moves:
            old = move.old.code if move.old else NONE
            elder = None if move.elder.id in fresh else move.elder
            self.note(f"{move.elder.code} {move.role}", old, move.new.code, elder)

    @property
    def undo(self) -> Button:
        return Button(_("↩ Take back"), f"/undo {self.ref}")


@contextmanager
def steering(turn: Turn, kind: str) -> Iterator[Steering]:
    """What is written meanwhile is one step, with its audit lines."""
    made = Steering()
    with steps.recording(turn.session) as rows:
        yield made
    step = Step(
        staff_id=turn.staff.id,
        at=turn.now,
        kind=kind,
        about=made.about,
        rows=rows,
        entries=made.entries,
        told=sorted(str(one) for one in made.told),
    )
    made.ref = step.ref
    turn.session.add(step)
    _audit(turn, kind, made.entries)


def _audit(turn: Turn, action: str, entries: Iterable[list[Any]]) -> None:
    lines = (
        ahead.new(
            Audit,
            at=turn.now,
            staff_id=turn.staff.id,
            elder_id=UUID(elder_id) if elder_id else None,
            action=action,
            detail=f"{what} {old} {ARROW} {new}",
        )
        for elder_id, what, old, new in entries
    )
    ahead.write(turn.session, *lines)  # a whole roster makes thousands


# Telling those concerned


def tell_moves(turn: Turn, made: Steering, moves: Collection[Move]) -> list[Reply]:
    """Who gets elders and who gives them up: one message each, at a decent hour."""
    people: dict[UUID, Staff] = {}
    gets: dict[UUID, list[Move]] = defaultdict(list)
    gives: dict[UUID, list[Move]] = defaultdict(list)
    for move in moves:
        people[move.new.id] = move.new
        gets[move.new.id].append(move)
        if move.old is not None and move.old.left_on is None:
            people[move.old.id] = move.old
            gives[move.old.id].append(move)
    made.told |= people.keys()
    return [
        reply
        for one in people.values()
        for reply in _tell(turn, one, gets[one.id], gives[one.id])
        if one.id != turn.staff.id
    ]


def _tell(turn: Turn, one: Staff, gets: list[Move], gives: list[Move]) -> Iterator[Reply]:
    for chat in chats_of(turn, one):
        with speaking(one.locale or turn.office.locale):
            lines = [*_gets(turn, gets), *_gives(turn, gives)]
            visits = [m for m in gets if m.role != BACKUP][:1] if len(gets) == 1 else []
            first = [Button(_("Start the visit"), f"/visit {m.elder.code}") for m in visits]
            rows = in_rows([*first, Button(_("Whom to see"), "/due")], 2)
            yield Reply("\n".join(lines), rows, to=chat.id, lane=NUDGE)


def _gets(turn: Turn, moves: list[Move]) -> Iterator[str]:
    as_backup = [move for move in moves if move.role == BACKUP]
    own = [move for move in moves if move.role != BACKUP]
    gaps = {"name": turn.staff.name}
    if own:
        text = _("%(name)s asks you to look after %(who)s. You find them on your list.")
        yield text % (gaps | {"who": who(turn, [move.elder for move in own])})
    if as_backup:
        text = _("%(name)s names you as backup for %(who)s.")
        yield text % (gaps | {"who": who(turn, [move.elder for move in as_backup])})


def _gives(turn: Turn, moves: list[Move]) -> Iterator[str]:
    to: dict[tuple[str, str], list[Elder]] = defaultdict(list)
    for move in moves:
        to[move.role, move.new.name].append(move.elder)
    for (role, name), elders in to.items():
        text = _("From today on %(new)s looks after %(who)s; off your list. (%(name)s)")
        if role == BACKUP:
            text = _("From today on %(new)s is backup for %(who)s in your place. (%(name)s)")
        yield text % {"new": name, "who": who(turn, elders), "name": turn.staff.name}


def who(turn: Turn, elders: Collection[Elder]) -> str:
    """One masked, with the village; several as a number and the first codes."""
    shown = sorted(elders, key=lambda elder: elder.code)[:SHOWN]
    if len(elders) == 1:
        return turn.hidden_label(shown[0])
    codes = _(", ").join(one.code for one in shown)
    more = " …" if len(elders) > SHOWN else ""
    text = ngettext("%(count)d elder (%(codes)s)", "%(count)d elders (%(codes)s)", len(elders))
    return text % {"count": len(elders), "codes": codes + more}


def announce(turn: Turn, made: Steering, people: Iterable[Staff], text: str) -> list[Reply]:
    """The same sentence, with `name` and `about`, to each of these."""
    found = {one.id: one for one in people if one.id != turn.staff.id}
    made.told |= found.keys()
    gaps = {"name": turn.staff.name, "about": made.about}
    return to_each(turn, found.values(), lambda: Reply(_(text) % gaps))


# Taking back


def undo_command(turn: Turn, rest: str) -> list[Reply]:
    """/undo — what can still be taken back; /undo REF — takes it back."""
    if not rest:
        return [_list(turn)]
    step = steps.by_ref(turn.session, turn.staff, rest)
    if step is None:
        return [_list(turn)]
    if step.undone_at is not None:
        return [Reply(_("That is taken back already: %(about)s") % {"about": step.about})]
    why = steps.take_back(turn.session, step, turn.now)
    return [Reply(_(WHY[why]) % {"about": step.about})] if why else _undone(turn, step)


WHY = {
    LATE: N_("That was more than ten minutes ago and stays: %(about)s"),
    CHANGED: N_("It has been changed again since, so it stays: %(about)s"),
    USED: N_("Something was recorded upon it already, so it stays: %(about)s"),
}


def _list(turn: Turn) -> Reply:
    found = steps.of(turn.session, turn.staff, turn.now)
    if not found:
        return Reply(_("There is nothing of the last ten minutes to take back."))
    lines = [f"{place}. {step.about}" for place, step in enumerate(found, start=1)]
    buttons = [
        Button(_("↩ Take back %(place)d") % {"place": place}, f"/undo {step.ref}")
        for place, step in enumerate(found, start=1)
    ]
    head = _("Which of these shall be taken back?")
    return Reply("\n".join([head, *lines]), in_rows(buttons, 2))


def _undone(turn: Turn, step: Step) -> list[Reply]:
    _audit(
        turn,
        f"undo {step.kind}",
        [[elder, what, new, old] for elder, what, old, new in step.entries],
    )
    text = _("↩ Taken back, everything is as before: %(about)s") % {"about": step.about}
    return [Reply(text), *_tell_undone(turn, step)]


def _tell_undone(turn: Turn, step: Step) -> list[Reply]:
    """Not those whose message still waits for the morning: it goes, and they hear nothing."""
    people = turn.session.exec(select(Staff).where(col(Staff.id).in_([UUID(i) for i in step.told])))
    replies = []
    for one in people:
        for chat in chats_of(turn, one) if one.id != turn.staff.id else ():
            if withdraw(turn.session, chat.id, step.at):
                continue
            with speaking(one.locale or turn.office.locale):
                text = _("%(name)s has taken this back: %(about)s") % {
                    "name": turn.staff.name,
                    "about": step.about,
                }
                replies.append(Reply(text, to=chat.id, lane=NUDGE))
    return replies
