"""How long things are kept, what went, and changing it: for the coordinator of the whole office."""

from datetime import timedelta

from handlers.talk import Button, Reply
from handlers.turn import Turn, Unclear, day
from locales import gettext as _
from locales import mark as N_
from models import retention
from models.audit import Audit
from models.org import Unit, put_setting

KINDS = {
    "messages": N_("messages and broadcasts"),
    "visits": N_("what was found at visits"),
    "ended": N_("who died or moved away"),
    "consent": N_("what was hidden after a no"),
}
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
    words = rest.split()
    if not words:
        return [_overview(turn)]
    kind, days, sure = (*words, "", "")[:3]
    if kind not in KINDS or not days.isdecimal():
        raise Unclear(_("Write for example: retention visits 1095 (days)."))
    if not retention.LEAST <= int(days) <= retention.MOST:
        raise Unclear(_("Please write from %(least)d to %(most)d days.") % {
            "least": retention.LEAST, "most": retention.MOST,
        })  # fmt: skip
    return [_set(turn, kind, int(days)) if sure == SURE else _ask(turn, kind, int(days))]


def _overview(turn: Turn) -> Reply:
    lines = [_("How long things are kept:")]
    for kind, name in KINDS.items():
        gaps = {"what": _(name), "days": retention.days(turn.session, kind), "kind": kind}
        lines.append(_("• %(what)s: %(days)d days (%(kind)s)") % gaps)
    gone = retention.counts(turn.session, turn.today - SINCE)
    lines.append(_("Deleted in the last 30 days:") if gone else _("Nothing was deleted lately."))
    for kind, count in gone.items():
        what = _(WENT[kind]) if kind in WENT else kind
        lines.append(_("• %(what)s: %(count)d") % {"what": what, "count": count})
    last = retention.last_run(turn.session)
    if last:
        lines.append(_("Last daily run: %(day)s") % {"day": day(last)})
    lines.append(_("To change one: retention visits 1095"))
    return Reply("\n".join(lines))


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
    put_setting(turn.session, retention.key(kind), days)
    turn.session.add(Audit(at=turn.now, staff_id=turn.staff.id, action="retention",
                           detail=f"{kind} {days}"))  # fmt: skip
    return _overview(turn)
