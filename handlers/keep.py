"""How long things are kept, what went, and changing it: for the coordinator of the whole office."""

from dataclasses import replace
from datetime import timedelta

from handlers.form import in_rows
from handlers.steering import steering
from handlers.talk import Button, Reply
from handlers.turn import Turn, Unclear, day
from locales import gettext as _
from locales import mark as N_
from locales import ngettext
from models import retention
from models.org import Unit, put_setting

KINDS = {
    "messages": N_("messages and broadcasts"),
    "visits": N_("what was found at visits"),
    "ended": N_("who died or moved away"),
    "consent": N_("what was hidden after a no"),
}
SHORT = {
    "messages": N_("Messages kept"),
    "visits": N_("Visits kept"),
    "ended": N_("The dead kept"),
    "consent": N_("After a no kept"),
}
OFFERS = {"messages": (30, 60, 90), "visits": (730, 1095, 1825), "ended": (180, 365, 730),
          "consent": (7, 30, 60)}  # fmt: skip
WENT = {
    "photo": N_("pictures never used"),
    "upload": N_("tables never used"),
    "step": N_("steps that can be undone"),
    "page_message": N_("messages on the page"),
    "seen": N_("keys of messages"),
    "outgoing": N_("messages"),
    "broadcast": N_("broadcasts"),
    "wrong_code": N_("wrong codes"),
    "invitation": N_("invitations"),
    "visit": N_("visits made bare"),
    "person": N_("people erased"),
    "consent": N_("withdrawals carried out"),
}
SINCE = timedelta(days=30)
SURE = "yes"


def retention_command(turn: Turn, rest: str) -> list[Reply]:
    """/retention — the times and what went; /retention visits 730 — asks; … yes — sets it."""
    if not rest:
        return [_overview(turn)]
    kind = next((code for code, name in KINDS.items() if rest.startswith((code, _(name)))), "")
    days, sure = (*rest.removeprefix(kind).removeprefix(_(KINDS.get(kind, ""))).split(), "", "")[:2]
    if not kind:
        return [_overview(turn)]
    if not days.isdecimal():
        return [_ask_days(turn, kind)]
    if not retention.LEAST <= int(days) <= retention.MOST:
        raise Unclear(_("Please write from %(least)d to %(most)d days.") % {
            "least": retention.LEAST, "most": retention.MOST,
        })  # fmt: skip
    return [_set(turn, kind, int(days)) if sure == SURE else _ask(turn, kind, int(days))]


def _overview(turn: Turn) -> Reply:
    lines = [_("How long things are kept:")]
    for kind, name in KINDS.items():
        gaps = {"what": _(name), "days": retention.days(turn.session, kind)}
        lines.append(_("• %(what)s: %(days)d days") % gaps)
    gone = retention.counts(turn.session, turn.today - SINCE)
    lines.append(_("Deleted in the last 30 days:") if gone else _("Nothing was deleted lately."))
    for kind, count in gone.items():
        what = _(WENT[kind]) if kind in WENT else kind
        lines.append(_("• %(what)s: %(count)d") % {"what": what, "count": count})
    last = retention.last_run(turn.session)
    if last:
        lines.append(_("Last daily run: %(day)s") % {"day": day(last)})
    lines.append(_("To change one, tap it."))
    buttons = [Button(_(name), f"/retention {kind}") for kind, name in SHORT.items()]
    return Reply("\n".join(lines), in_rows(buttons, 2))


def _ask_days(turn: Turn, kind: str) -> Reply:
    gaps = {"what": _(KINDS[kind]), "now": retention.days(turn.session, kind)}
    text = _("Keep %(what)s for how many days? Now: %(now)d. Tap, or write: retention %(what)s 365")
    buttons = [
        Button(ngettext("%(count)d day", "%(count)d days", one) % {"count": one},
               f"/retention {kind} {one}")
        for one in OFFERS[kind] if one != gaps["now"]
    ]  # fmt: skip
    return Reply(text % gaps, in_rows(buttons, 3))


def _ask(turn: Turn, kind: str, days: int) -> Reply:
    text = _("Keep %(what)s %(days)d days instead of %(now)d? What is older goes tonight and does "
             "not come back.") % {
        "what": _(KINDS[kind]), "days": days, "now": retention.days(turn.session, kind),
    }  # fmt: skip
    rows = (
        (Button(_("✅ Yes, do it"), f"/retention {kind} {days} {SURE}"),),
        (Button(_("Leave it as it is"), "/retention"),),
    )
    return Reply(text, rows)


def _set(turn: Turn, kind: str, days: int) -> Reply:
    unit = turn.session.get_one(Unit, turn.staff.unit_id)
    if unit.parent_id is not None:
        raise Unclear(_("Only a coordinator of the whole office sets this."))
    old = retention.days(turn.session, kind)
    with steering(turn, "retention") as step:
        put_setting(turn.session, retention.key(kind), days)
        step.about = _("%(what)s: kept %(old)d → %(new)d days") % {
            "what": _(KINDS[kind]), "old": old, "new": days,
        }  # fmt: skip
        step.note(kind, old, days)
    told = _overview(turn)
    return replace(told, text=f"✅ {step.about}\n{told.text}", rows=((step.undo,), *told.rows))
