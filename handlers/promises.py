"""What a liaison promised, outside a visit: /kept says that it is done."""

from collections.abc import Iterable

from handlers import form
from handlers.talk import Button, Reply, Rows
from handlers.turn import Turn, day, local_date
from handlers.visit_left_open import PROMISE, Thing, words_of
from locales import gettext as _
from models import lookup, record
from models.elder import Elder
from models.visit import Promise

MOST = 8
UNDO = "undo"


def kept_command(turn: Turn, rest: str) -> list[Reply]:
    """/kept — the open promises; /kept REF — it is done; /kept REF undo — that was a mistake."""
    if not rest:
        return [_open_ones(turn)]
    ref, _gap, action = rest.partition(" ")
    promise = record.promise_by_ref(turn.session, ref)
    elder = turn.session.get(Elder, promise.elder_id) if promise else None
    if not (promise and elder and lookup.may_see(turn.session, turn.staff, elder, turn.today)):
        again = Button(_("Open promises"), "/kept")
        return [Reply(_("That promise is not on your list any more."), ((again,),))]
    act = _reopen if action == UNDO else _keep
    return [act(turn, promise, elder)]


def _keep(turn: Turn, promise: Promise, elder: Elder) -> Reply:
    if not record.settle_promise(turn.session, elder.id, promise.ref, turn.staff, turn.now, None):
        return Reply(_settled_text(turn, promise, elder))  # however often it is pressed
    text = _("✅ Done for %(name)s: %(text)s. I shall not ask about it again.")
    undo = Button(_("Tapped wrong"), f"/kept {promise.ref} {UNDO}")
    return Reply(text % _gaps(turn, promise, elder), ((undo,),), toast=_("Noted"))


def _gaps(turn: Turn, promise: Promise, elder: Elder) -> dict[str, str]:
    return {"name": turn.shown(elder.name), "text": words_of(promise, turn.staff)[:100]}


def _settled_text(turn: Turn, promise: Promise, elder: Elder) -> str:
    at = promise.kept_at or promise.dropped_at or turn.now
    gaps = _gaps(turn, promise, elder) | {"day": day(local_date(at, turn.office.zone))}
    if promise.dropped_at:
        return _("For %(name)s: “%(text)s” was dropped on %(day)s already.") % gaps
    return _("For %(name)s: “%(text)s” was done on %(day)s already.") % gaps


def _reopen(turn: Turn, promise: Promise, elder: Elder) -> Reply:
    record.reopen_promise(turn.session, elder.id, promise.ref)
    text = _("It stays open for %(name)s: %(text)s. The next visit asks about it.")
    return Reply(text % _gaps(turn, promise, elder))


def _open_ones(turn: Turn) -> Reply:
    found = lookup.open_promises(turn.session, turn.staff, turn.today, MOST)
    if not found:
        return Reply(_("Nothing that was promised is open."))
    lines = [
        _("%(name)s, %(day)s: %(text)s")
        % {
            "name": turn.shown(name),
            "day": day(one.made_on),
            "text": words_of(one, turn.staff)[:60],
        }
        for one, name in found
    ]
    buttons = [kept_button(turn.shown(name), one.ref) for one, name in found]
    head = _("What is open? Tap what has been done.")
    return Reply("\n".join([head, *lines]), form.in_rows(buttons, 2))


def kept_button(what: str, ref: str) -> Button:
    return Button(_("Done: %(what)s") % {"what": what[:5]}, f"/kept {ref}")


def kept_rows(things: Iterable[Thing]) -> Rows:
    """Below a brief: what may have been done meanwhile."""
    mine = [kept_button(one.text, one.ref) for one in things if one.kind == PROMISE.name]
    return form.in_rows(mine[:4], 2)
