"""Vulnerability flags of an elder ([S3] 台账): a visit proposes one, a coordinator confirms it."""

from uuid import UUID

from handlers.documents.roster_columns import FLAG_CHOICES
from handlers.talk import Button, Reply
from handlers.tell import coordinators, where
from handlers.turn import Turn
from locales import gettext as _
from locales import speaking
from models import elder as register
from models import lookup
from models.audit import Audit
from models.elder import Elder
from models.mailbox import NUDGE

FLAG_NAMES = {choice.code: choice.label for choice in FLAG_CHOICES}
OFF = "no"


def propose(turn: Turn, elder: Elder, flag: str) -> list[Reply]:
    """To every coordinator above this elder, unless it stands in the register already."""
    if register.running_flag(turn.session, elder.id, flag):
        return []
    told = coordinators(turn, elder)
    return [_proposal(turn, staff.locale, chat.id, elder, flag) for staff, chat in told]


def _proposal(turn: Turn, locale: str, chat: UUID, elder: Elder, flag: str) -> Reply:
    with speaking(locale or turn.office.locale):
        text = _("%(liaison)s found at the visit: %(who)s %(code)s, %(flag)s. Register it?") % {
            "liaison": turn.staff.name,
            "who": where(turn, elder),
            "code": elder.code,
            "flag": _(FLAG_NAMES[flag]),
        }
        yes = Button(_("Register"), f"/flag {elder.code} {flag}")
        card = Button(_("Card"), f"/brief {elder.code}")
        return Reply(text, ((yes, card),), to=chat, lane=NUDGE)


def flag_command(turn: Turn, rest: str) -> list[Reply]:
    """/flag CODE FLAG — stands in the register from today; /flag CODE FLAG no — no longer."""
    code, flag, off = (*rest.split(), "", "", "")[:3]
    elder = lookup.by_code(turn.session, turn.staff, code, turn.today)
    if elder is None or flag not in FLAG_NAMES:
        return [Reply(_("Please use the button of the report, or ask for help with /help."))]
    register.put_flag(turn.session, elder.id, flag, turn.today, on=off != OFF)
    turn.session.add(Audit(at=turn.now, staff_id=turn.staff.id, elder_id=elder.id,
                           action="flag", detail=f"{flag} {off}".strip()))  # fmt: skip
    gaps = {"who": turn.label(elder), "flag": _(FLAG_NAMES[flag])}
    if off == OFF:
        return [Reply(_("%(who)s is not registered as %(flag)s any more.") % gaps)]
    undo = Button(_("Tapped wrong"), f"/flag {elder.code} {flag} {OFF}")
    return [Reply(_("✅ Registered: %(who)s, %(flag)s.") % gaps, ((undo,),))]
