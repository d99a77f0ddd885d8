"""The personal card ([S0] 老干部个人信息档案卡) on one screen: masked until somebody says why."""

import re
from collections.abc import Iterable

from handlers import form
from handlers.brief import SEX, audit, one_elder
from handlers.card_fields import fields_of, now_words, title
from handlers.flags import FLAG_NAMES
from handlers.questions import Choice, Filling, Form, Question, say_value
from handlers.talk import Button, Reply, Rows
from handlers.turn import Turn, Unclear, month
from locales import gettext as _
from locales import mark as N_
from models import leave, lookup
from models.card import seven_of
from models.consent import HEALTH, PURPOSES, standing, withheld
from models.elder import HEALTH_FLAGS, LIXIU, Elder, masked, running_flags
from models.register import better_tier
from models.staff import COORDINATOR

SEVEN_NAMES = {
    "address": N_("where the elder lives"),
    "contact": N_("how to reach them"),
    "health": N_("health"),
    "family": N_("family"),
    "hobbies": N_("hobbies"),
    "party": N_("Party branch"),
    "needs": N_("wishes and needs"),
}
PURPOSE_NAMES = {
    "health": N_("health"),
    "location": N_("whereabouts"),
    "sharing": N_("sharing with groups"),
}
FULL = (
    "name", "sex", "birth", "status", "work_unit", "party_member", "party_branch", "phone",
    "address", "contact_name", "contact_phone", "residence", "conditions", "allergies", "family",
    "hobbies", "needs", "visit_wish",
)  # fmt: skip
WHY = (
    Choice("visit", N_("Before a visit")),
    Choice("check", N_("Checking the data")),
    Choice("family", N_("The family asks")),
    Choice("help", N_("To see to something")),
)


def card_command(turn: Turn, rest: str) -> list[Reply]:
    """/card ELDER — masked; /card CODE full — asks why, then all of it; /card CODE more."""
    who, _gap, what = rest.rpartition(" ")
    if what not in ("full", "more"):
        who, what = rest, ""
    elder = one_elder(turn, who, "/card")
    if isinstance(elder, Reply):
        return [elder]
    if what == "full":
        return [_ask_why(turn, elder)]
    if what == "more":
        return [Reply(turn.label(elder), _more(turn, elder), _name(elder))]
    audit(turn, elder, "card")
    return [Reply(_masked_text(turn, elder), _rows(turn, elder), _name(elder))]


def _name(elder: Elder) -> str:
    return f"card {elder.code}"


def _masked_text(turn: Turn, elder: Elder) -> str:
    """One screen. What could hurt whoever looks over a shoulder stands behind a press."""
    no = withheld(turn.session, elder.id)
    lines = [
        _("📇 %(who)s %(code)s") % {"who": turn.label(elder), "code": elder.code},
        _basics(elder),
        _registers(turn, elder, hide_health=HEALTH in no),
        _liaisons(turn, elder),
        _reach(elder),
        _health(elder, hidden=HEALTH in no),
        seven_line(turn, elder),
        consent_line(turn, elder),
        _tier_line(turn, elder),
    ]
    return "\n".join(line for line in lines if line)


def _basics(elder: Elder) -> str:
    parts = [_(SEX[elder.sex]) if elder.sex in SEX else ""]
    parts.append(_("lixiu cadre") if elder.status == LIXIU else _("retired cadre"))
    parts.append(_("class %(tier)s") % {"tier": elder.tier})
    return " · ".join(part for part in parts if part)


def _registers(turn: Turn, elder: Elder, hide_health: bool) -> str:
    """Those of health are counted only."""
    flags = running_flags(turn.session, elder.id)
    plain = [
        _("%(flag)s since %(since)s") % {"flag": _(FLAG_NAMES[f.flag]), "since": month(f.since)}
        for f in flags
        if f.flag not in HEALTH_FLAGS
    ]
    ill = 0 if hide_health else len(flags) - len(plain)
    if ill:
        plain.append(_("%(count)d of health") % {"count": ill})
    return _("Registers: %(registers)s") % {"registers": _(", ").join(plain)} if plain else ""


def _liaisons(turn: Turn, elder: Elder) -> str:
    found = leave.liaisons_of(turn.session, elder, turn.today)
    names = _(", ").join(staff.name for staff in found) or _("nobody")
    return _("Liaison: %(names)s") % {"names": names}


def _reach(elder: Elder) -> str:
    parts = [
        _("Phone %(phone)s") % {"phone": masked_phone(elder.phone)} if elder.phone else "",
        _("Address known") if elder.address else "",
        _("Contact %(name)s %(phone)s")
        % {"name": masked(elder.contact_name), "phone": masked_phone(elder.contact_phone)}
        if elder.contact_name
        else "",
    ]
    return " · ".join(part for part in parts if part)


def masked_phone(phone: str) -> str:
    """138****0001: the first three and the last four digits, whatever stands between."""
    digits = re.sub(r"\D", "", phone)
    return f"{digits[:3]}****{digits[-4:]}" if len(digits) > 7 else "****" if digits else ""


def _health(elder: Elder, hidden: bool) -> str:
    if hidden:
        return _("🔒 Health is not kept: the elder does not want it.")
    told = [name for name in ("conditions", "allergies") if getattr(elder, name)]
    return _("Health: recorded, tap “Show everything”") if told else ""


def seven_line(turn: Turn, elder: Elder) -> str:
    found = seven_of(turn.session, elder, turn.today)
    text = _("Seven knowns %(score)d/7") % {"score": found.score}
    if found.missing:
        names = _(", ").join(_(SEVEN_NAMES[item]) for item in found.missing)
        text += _("; missing: %(names)s") % {"names": names}
    if found.stale:
        names = _(", ").join(_(SEVEN_NAMES[item]) for item in found.stale)
        text += _("; not confirmed for a year: %(names)s") % {"names": names}
    return text


def consent_line(turn: Turn, elder: Elder) -> str:
    """健康 ✓ · 行踪 ✗ · 与服务组共享 未问"""
    words = standing(turn.session, elder.id)
    parts = []
    for purpose in PURPOSES:
        word = words.get(purpose)
        mark = _("not asked") if word is None else "✗" if word.withdrawn_at else "✓"
        parts.append(f"{_(PURPOSE_NAMES[purpose])} {mark}")
    return _("Consent: %(words)s") % {"words": " · ".join(parts)}


def _tier_line(turn: Turn, elder: Elder) -> str:
    better = better_tier(turn.session, elder, turn.today)
    if better == elder.tier:
        return ""
    return _("Suggested tier: %(tier)s (a person confirms it)") % {"tier": better}


def _rows(turn: Turn, elder: Elder) -> Rows:
    better = better_tier(turn.session, elder, turn.today)
    tier = Button(
        _("Change to tier %(tier)s") % {"tier": better}, f"/edit {elder.code} tier {better}"
    )
    return (
        (Button(_("Show everything"), f"/card {elder.code} full"),
         Button(_("Change"), f"/edit {elder.code}")),
        (Button(_("Log a visit"), f"/visit {elder.code}"),
         Button(_("Brief"), f"/brief {elder.code}")),
        *(((tier,),) if better != elder.tier else ()),
        (Button(_("More…"), f"/card {elder.code} more"),),
    )  # fmt: skip


def _more(turn: Turn, elder: Elder) -> Rows:
    """What is seldom wanted; what only coordinators may do stands apart."""
    rows: Rows = (
        (Button(_("Timeline"), f"/timeline {elder.code}"),
         Button(_("History"), f"/history {elder.code}")),
        (Button(_("The elder's consent"), f"/consent {elder.code}"),),
    )  # fmt: skip
    desk = turn.staff.role == COORDINATOR
    only: Rows = (
        (Button(_("Who looked"), f"/audit {elder.code}"),
         Button(_("Hand over a file"), f"/export-person {elder.code}")),
        (Button(_("🗑 Erase…"), f"/forget {elder.code}"),),
    )  # fmt: skip
    back = (Button(_("‹ Back to the card"), f"/card {elder.code}"),)
    return (*rows, *(only if desk else ()), back)


# The whole card


def _ask_why(turn: Turn, elder: Elder) -> Reply:
    if turn.chat.network not in turn.office.hosted:
        text = _("The whole card is shown only on the office's own page or server.")
        return Reply(text, ((Button(_("‹ Back to the card"), f"/card {elder.code}"),),))
    context = {"code": elder.code, "who": turn.kept(elder)}
    draft = form.start(turn, LOOK, elder.code, {}, context)
    form.set_answers(draft, turn, {})
    return form.card(LOOK, Filling(draft, turn))


def _title(filling: Filling) -> str:
    return _("Whole card of %(who)s") % {"who": filling.turn.label_of(filling.known("who"))}


def _show(filling: Filling) -> list[Reply]:
    turn = filling.turn
    elder = lookup.by_code(turn.session, turn.staff, filling.known("code"), turn.today)
    why = say_value(LOOK.by_name["why"], filling, filling.get("why"))
    form.drop(filling)
    if elder is None or turn.chat.network not in turn.office.hosted:
        raise Unclear(_("This card is not on your list any more."))
    audit(turn, elder, "card_full", why)
    back = ((Button(_("Change"), f"/edit {elder.code}"),
             Button(_("‹ Back to the card"), f"/card {elder.code}")),)  # fmt: skip
    return [Reply("\n".join(_full_lines(turn, elder)), back, form.card_name(filling))]


def _full_lines(turn: Turn, elder: Elder) -> Iterable[str]:
    no = withheld(turn.session, elder.id)
    shown = set(fields_of(turn, elder))
    yield _("📇 %(who)s %(code)s") % {"who": turn.label(elder), "code": elder.code}
    for name in FULL:
        if name in shown and getattr(elder, "born_on" if name == "birth" else name) not in (
            "",
            None,
        ):
            yield _("%(field)s: %(value)s") % {
                "field": title(name), "value": now_words(turn, elder, name),
            }  # fmt: skip
    for flag in running_flags(turn.session, elder.id):
        if flag.flag in shown:
            gaps = {"flag": _(FLAG_NAMES[flag.flag]), "since": month(flag.since)}
            yield _("🏷 %(flag)s since %(since)s") % gaps
    if HEALTH in no:
        yield _("🔒 Health is not kept: the elder does not want it.")
    yield seven_line(turn, elder)


LOOK = Form(
    name="look",
    version=1,
    questions=(
        Question(
            "why", N_("Reason"), N_("Why all of it? The reason is written down. (tap or write)"),
            choices=WHY, free=True,
        ),
    ),
    title=_title,
    review=lambda filling: None,
    submit=_show,
    at_once=True,
)  # fmt: skip
