"""What a liaison proposed for a card: shown to the coordinators, decided by the first of them."""

from collections.abc import Iterable
from dataclasses import replace

from handlers import tell
from handlers.brief import audit
from handlers.card_fields import now_words, title
from handlers.form import in_rows
from handlers.pick import PAGE, page_of, turning
from handlers.talk import Button, Reply, Rows
from handlers.turn import Turn, day
from locales import gettext as _
from locales import ngettext, speaking
from models import card, lookup
from models.card import ACCEPTED, PROPOSED, REFUSED, CardChange
from models.elder import Elder
from models.mailbox import NUDGE
from models.staff import COORDINATOR, Chat, Staff

WORDS = {"yes": ACCEPTED, "no": REFUSED}


def ways_on(elder: Elder) -> Rows:
    return (
        (Button(_("Personal card"), f"/card {elder.code}"),
         Button(_("Change more"), f"/edit {elder.code}")),
    )  # fmt: skip


def propose(turn: Turn, elder: Elder, change: CardChange, name: str) -> list[Reply]:
    """Keeps it for the coordinators and tells them; the same once more is one."""
    waiting = card.same_proposed(turn.session, elder.id, change.field, change.new)
    if waiting is not None:
        text = _("That was proposed already and waits for the coordinator.")
        return [Reply(text, ways_on(elder), name)]
    turn.session.add(change)
    audit(turn, elder, "propose", change.field)
    told = [_news(turn, staff, chat, elder, change)
            for staff, chat in tell.coordinators(turn, elder)]  # fmt: skip
    text = _("✅ Proposed: %(who)s, %(field)s. You will hear what the coordinator says.")
    if not told:
        text = _("✅ Proposed: %(who)s, %(field)s. No coordinator can be reached in chat: "
                 "please ring.")  # fmt: skip
    gaps = {"who": turn.label(elder), "field": title(change.field)}
    return [Reply(text % gaps, ways_on(elder), name, toast=_("Proposed")), *told]


def _news(turn: Turn, staff: Staff, chat: Chat, elder: Elder, change: CardChange) -> Reply:
    """Without the values: it shows on a lock screen."""
    with speaking(staff.locale or turn.office.locale):
        text = _("📝 %(by)s proposes a change: %(who)s %(code)s, %(field)s.") % {
            "by": turn.staff.name, "who": tell.where(turn, elder), "code": elder.code,
            "field": title(change.field),
        }  # fmt: skip
        look = Button(_("Look at it"), f"/change {change.ref}")
        return Reply(text, ((look,),), f"change {change.ref}", to=chat.id, lane=NUDGE)


def change_command(turn: Turn, rest: str) -> list[Reply]:
    """/change — what waits; /change REF — its card; /change REF yes|no — decides."""
    ref, _gap, word = rest.partition(" ")
    if not ref or ref[:1] == "p" and ref[1:].isdecimal():
        return [_waiting(turn, rest)]
    change = card.by_ref(turn.session, ref)
    elder = turn.session.get_one(Elder, change.elder_id) if change else None
    if change is None or elder is None or not _may_see(turn, change, elder):
        return [Reply(_("There is no such proposal on your list."), _all_of_them())]
    if word in WORDS and turn.staff.role == COORDINATOR:
        return _decide(turn, change, elder, WORDS[word])
    audit(turn, elder, "change", change.field)
    return [_card(turn, change, elder)]


def _may_see(turn: Turn, change: CardChange, elder: Elder) -> bool:
    mine = turn.staff.role == COORDINATOR or change.proposed_by == turn.staff.id
    return mine and lookup.may_see(turn.session, turn.staff, elder, turn.today)


def _all_of_them() -> Rows:
    return ((Button(_("What waits"), "/change"),),)


def _card(turn: Turn, change: CardChange, elder: Elder, first: str = "") -> Reply:
    text = _("%(who)s %(code)s\n%(field)s: %(old)s → %(new)s\n%(by)s, %(day)s: %(state)s") % {
        "who": turn.label(elder),
        "code": elder.code,
        "field": title(change.field),
        "old": change.old,
        "new": change.new,
        "by": _name(turn, change),
        "day": day(change.proposed_at.astimezone(turn.office.zone).date()),
        "state": _state(turn, change),
    }
    rows: Rows = ((Button(_("Personal card"), f"/card {elder.code}"),),)
    if change.state == PROPOSED and turn.staff.role == COORDINATOR:
        rows = (
            (Button(_("✅ Accept"), f"/change {change.ref} yes"),
             Button(_("Refuse"), f"/change {change.ref} no")),
            *rows,
        )  # fmt: skip
    return Reply(f"{first}\n{text}".strip(), rows, f"change {change.ref}", toast=first)


def _name(turn: Turn, change: CardChange) -> str:
    return turn.session.get_one(Staff, change.proposed_by).name


def _state(turn: Turn, change: CardChange) -> str:
    if change.decided_by is None:
        return _("waits for the coordinator")
    by = turn.session.get_one(Staff, change.decided_by).name
    said = _("accepted by %(by)s") if change.state == ACCEPTED else _("refused by %(by)s")
    return said % {"by": by}


def _decide(turn: Turn, change: CardChange, elder: Elder, state: str) -> list[Reply]:
    """The first wins. What was changed meanwhile is shown anew before anybody decides."""
    now = now_words(turn, elder, change.field)
    if change.state == PROPOSED and now != change.old:
        change.old = now
        text = _("The card says something else by now. Please look again.")
        return [_card(turn, change, elder, text)]
    first = card.decide(turn.session, change.ref, state, turn.staff.id, turn.now)
    turn.session.refresh(change)
    if not first:
        return [_card(turn, change, elder, _("That is decided already."))]
    if state == ACCEPTED:
        card.apply(turn.session, elder, change, turn.today)
    audit(turn, elder, "edit" if state == ACCEPTED else "refuse", change.field)
    done = _card(turn, change, elder)
    if card.waiting(turn.session, turn.staff, turn.today):
        done = replace(done, rows=(*_all_of_them(), *done.rows))
    return [done, *_tell(turn, change, elder)]


def _tell(turn: Turn, change: CardChange, elder: Elder) -> Iterable[Reply]:
    """Who proposed it, and the other coordinators who were shown it."""
    by = turn.session.get_one(Staff, change.proposed_by)
    readers = [(by, chat) for chat in tell.chats_of(turn, by)]
    readers += [one for one in tell.coordinators(turn, elder) if one[0].id != turn.staff.id]
    for staff, chat in readers:
        with speaking(staff.locale or turn.office.locale):
            text = _("📝 %(who)s %(code)s, %(field)s: %(state)s") % {
                "who": tell.where(turn, elder), "code": elder.code,
                "field": title(change.field), "state": _state(turn, change),
            }  # fmt: skip
            look = Button(_("Look at it"), f"/change {change.ref}")
            yield Reply(text, ((look,),), f"change {change.ref}", to=chat.id, lane=NUDGE)


def _waiting(turn: Turn, rest: str) -> Reply:
    found = card.waiting(turn.session, turn.staff, turn.today)
    if not found:
        return Reply(_("🟢 No change of a card waits."))
    number = page_of(rest, len(found))
    text = ngettext("%(count)d change waits:", "%(count)d changes wait:", len(found))
    buttons = [
        Button(f"{turn.label(elder)} · {title(change.field)}", f"/change {change.ref}")
        for change, elder in found[number * PAGE : (number + 1) * PAGE]
    ]
    rows = (*in_rows(buttons, 1), *turning("/change", number, len(found)))
    return Reply(text % {"count": len(found)}, rows)
