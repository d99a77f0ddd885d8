"""Who looked at, or changed, what of an elder, when and why: for the coordinators above."""

from handlers.brief import audit, one_elder
from handlers.card import PURPOSE_NAMES
from handlers.card_fields import COLUMN, title
from handlers.flags import FLAG_NAMES
from handlers.pick import page_of, turning
from handlers.talk import Button, Reply
from handlers.turn import Turn, day
from locales import gettext as _
from locales import mark as N_
from models import audit as trail
from models import lookup
from models.assignment import BACKUP, COVER, PRIMARY
from models.audit import Audit
from models.elder import Elder
from models.staff import Staff

PAGE = 12
DID = {
    "brief": N_("read the brief"),
    "visit_card": N_("opened a visit"),
    "history": N_("read the last visits"),
    "timeline": N_("read the whole story"),
    "phone": N_("looked up the telephone"),
    "card": N_("looked at the masked card"),
    "card_full": N_("read the whole card"),
    "edit_card": N_("opened the card to change it"),
    "change": N_("looked at a proposal"),
    "propose": N_("proposed a change"),
    "edit": N_("changed the card"),
    "fill": N_("filled in the card"),
    "confirm": N_("confirmed the card"),
    "refuse": N_("refused a change"),
    "register": N_("saw in a register"),
    "flag": N_("set a register"),
    "consent": N_("read the consent"),
    "consent_no": N_("recorded a no"),
    "consent_yes": N_("recorded a yes"),
    "audit": N_("read this list"),
    "export_person": N_("exported everything"),
    "forget_asked": N_("asked for erasure"),
    "forget_off": N_("called the erasure off"),
    "forgotten": N_("erased the person"),
    "case_story": N_("read a case"),
    "case_photo": N_("saw pictures of a case"),
    "case_where": N_("looked up the address for a case"),
    "import": N_("imported the roster"),
    "list": N_("saw in a list"),
    "export": N_("took away in a table"),
    "check": N_("asked about a visit by telephone"),
    "assign": N_("named who looks after"),
    "handover": N_("handed the list over"),
    "undo assign": N_("took back who looks after"),
    "undo handover": N_("took back the handing over"),
    "undo import": N_("took back the import"),
    "instead": N_("went as backup"),
    "later_day": N_("put the visit off"),
    "later_hospital": N_("noted a stay in hospital"),
    "later_away": N_("noted an absence"),
    "later_with_children": N_("noted an absence"),
    "later_back": N_("noted the coming back"),
    "later_backup": N_("asked the backup to go"),
    "later_instead": N_("went as backup"),
    "move": N_("moved a visit"),
    "void": N_("voided a visit"),
    "deceased": N_("confirmed the death"),
    "condolence": N_("saw the family"),
    "moved": N_("confirmed the moving away"),
    "back": N_("brought back on the lists"),
}


def audit_command(turn: Turn, rest: str) -> list[Reply]:
    """/audit ELDER — who looked, when, why; /audit E0012 p2. This look leaves its line, too."""
    who, _gap, last = rest.rpartition(" ")
    if not (who and last[:1] == "p" and last[1:].isdecimal()):
        who = rest
    elder = lookup.by_code(turn.session, turn.staff, who, turn.today)  # of those ended, too
    found = elder or one_elder(turn, who, "/audit")
    if isinstance(found, Reply):
        return [found]
    audit(turn, found, "audit")
    turn.session.flush()
    return [_page(turn, found, rest)]


def _page(turn: Turn, elder: Elder, rest: str) -> Reply:
    total = trail.count_about(turn.session, elder.id)
    number = page_of(rest, total, PAGE)
    lines = [_("🔎 %(who)s: who looked, the latest first (%(count)d)") % {
        "who": turn.label(elder), "count": total,
    }]  # fmt: skip
    found = trail.about(turn.session, elder.id, number * PAGE, PAGE)
    lines += [_line(turn, one, staff) for one, staff in found]
    back = (Button(_("Personal card"), f"/card {elder.code}"),)
    return Reply("\n".join(lines), (*turning(f"/audit {elder.code}", number, total, PAGE), back))


def _line(turn: Turn, one: Audit, staff: Staff | None) -> str:
    local = one.at.astimezone(turn.office.zone)
    did = DID.get(one.action)
    parts = [f"{day(local.date())} {local:%H:%M}", staff.name if staff else _("The bot"),
             _(did) if did else one.action, _why(one)]  # fmt: skip
    return "• " + " ".join(part for part in parts if part).replace(" （", "（")


ROLES = {PRIMARY: N_("liaison"), BACKUP: N_("backup"), COVER: N_("standing in")}


def _roles(detail: str) -> str:
    """E0001 primary S01 → S02, in words."""
    return " ".join(_(ROLES[word]) if word in ROLES else word for word in detail.split(" "))


def _why(one: Audit) -> str:
    """The reason that was given, or what it was about, in words."""
    if one.detail in COLUMN:
        return title(one.detail)
    names = {**FLAG_NAMES, **PURPOSE_NAMES}
    first, _gap, rest = one.detail.partition(" ")
    text = " ".join((_(names[first]), rest)) if first in names else _roles(one.detail)
    return _("(%(why)s)") % {"why": text.strip()[:60]} if text else ""
