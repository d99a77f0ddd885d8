"""What an elder agrees to have kept, told by a liaison or coordinator, and taking it back."""

import re

from handlers import form, tell
from handlers.brief import audit, one_elder
from handlers.card import PURPOSE_NAMES
from handlers.pick import not_on_list
from handlers.questions import Choice, Filling, Form, Question, say_value
from handlers.talk import Button, Reply, Rows
from handlers.turn import Turn, Unclear, day
from locales import gettext as _
from locales import mark as N_
from locales import speaking
from models import consent, lookup, retention
from models.consent import HEALTH, LOCATION, PURPOSES, SHARING, Consent
from models.elder import Elder
from models.mailbox import NUDGE
from models.staff import Chat, Staff

YES, NO = "yes", "no"
FOLLOWS = {
    HEALTH: N_("From now on: no health is kept but whether a doctor is needed. What was noted "
               "before is hidden at once and deleted after %(days)d days. An emergency is still "
               "reported."),
    LOCATION: N_("From now on: it is not kept where the elder stays, and the address is hidden. "
                 "What was noted before is deleted after %(days)d days."),
    SHARING: N_("From now on: problems go to the bureau office only, not to the service groups. "
                "An emergency still goes to everybody who must come, suspected abuse to the legal "
                "group."),
}  # fmt: skip
SAID = re.compile(
    r"(?P<name>[一-鿿]{1,4}?)(?:老人|爷爷|奶奶|老)?(?:说)?(?:不让|不同意|不要|不愿|别)"
    r".{0,6}(?:记|写|说|告诉|登).{0,6}(?:病|健康|身体)"
)


def consent_command(turn: Turn, rest: str) -> list[Reply]:
    """/consent ELDER — what was said; /consent CODE health no — takes it back."""
    words = rest.split()
    purpose = words[1] if len(words) == 3 and words[1] in PURPOSES else ""
    elder = one_elder(turn, words[0] if purpose else rest, "/consent")
    if isinstance(elder, Reply):
        return [elder]
    if purpose and words[2] in (YES, NO):
        return [_ask(turn, elder, purpose, words[2])]
    audit(turn, elder, "consent")
    return [_standing(turn, elder)]


def withdrawal_said(turn: Turn, text: str) -> list[Reply]:
    """「王爷爷不让记病情」: asks whether that is meant, where it can be one of the own list."""
    found = SAID.search(text)
    if found is None:
        return []
    hits = lookup.find(turn.session, turn.staff, found["name"], turn.today)
    if not hits:
        return []
    rows = tuple(
        (Button(turn.label(one), f"/consent {one.code} {HEALTH} {NO}"),) for one in hits[:8]
    )
    return [Reply(_("Whose health shall not be kept any more?"), rows)]


def _standing(turn: Turn, elder: Elder) -> Reply:
    words = consent.standing(turn.session, elder.id)
    lines = [_("What %(who)s agreed to:") % {"who": turn.label(elder)}]
    rows: Rows = ()
    for purpose in PURPOSES:
        word = words.get(purpose)
        lines.append(_line(purpose, word))
        rows = (*rows, _switches(elder, purpose, word))
    lines.append(_("Not asked yet: the office keeps what its duty by law needs."))
    return Reply("\n".join(lines), (*rows, (Button(_("Personal card"), f"/card {elder.code}"),)))


def _line(purpose: str, word: Consent | None) -> str:
    name = _(PURPOSE_NAMES[purpose])
    if word is None:
        return _("• %(purpose)s: not asked yet") % {"purpose": name}
    text = _("• %(purpose)s: agreed") if word.withdrawn_at is None else _("• %(purpose)s: no")
    gaps = {"by": _(SPEAKERS[word.said_by]), "day": day(word.said_on)}
    return text % {"purpose": name} + _(" (%(by)s, %(day)s)") % gaps


def _switches(elder: Elder, purpose: str, word: Consent | None) -> tuple[Button, ...]:
    """Each word that is not the one in force."""
    now = None if word is None else NO if word.withdrawn_at else YES
    labels = {YES: _("%(purpose)s: agrees"), NO: _("%(purpose)s: says no")}
    gaps = {"purpose": _(PURPOSE_NAMES[purpose])}
    return tuple(
        Button(label % gaps, f"/consent {elder.code} {purpose} {says}")
        for says, label in labels.items()
        if says != now
    )


# Writing it down


SPEAKERS = {
    "self": N_("the elder"),
    "guardian": N_("the guardian"),
    "relative": N_("a near relative"),
}


def _ask(turn: Turn, elder: Elder, purpose: str, says: str) -> Reply:
    context = {"code": elder.code, "who": turn.kept(elder), "purpose": purpose, "says": says}
    draft = form.start(turn, CONSENT, elder.code, {}, context)
    draft.context = context
    form.set_answers(draft, turn, {})
    return form.card(CONSENT, Filling(draft, turn))


def _title(filling: Filling) -> str:
    text = _("%(who)s says no: %(purpose)s")
    if filling.known("says") == YES:
        text = _("%(who)s agrees: %(purpose)s")
    return text % {
        "who": filling.turn.label_of(filling.known("who")),
        "purpose": _(PURPOSE_NAMES[filling.known("purpose")]),
    }


def _what_follows(filling: Filling) -> str:
    if filling.known("says") == YES:
        return _("From now on it is kept again.")
    days = retention.days(filling.turn.session, "consent")
    return _(FOLLOWS[filling.known("purpose")]) % {"days": days}


def _review(filling: Filling) -> Reply:
    by = say_value(CONSENT.by_name["by"], filling, filling.get("by"))
    text = _("%(title)s\nSaid by: %(by)s, today\n%(follows)s") % {
        "title": _title(filling), "by": by, "follows": _what_follows(filling),
    }  # fmt: skip
    return form.last_look(filling, text, _("✅ Write it down"))


def _submit(filling: Filling) -> list[Reply]:
    turn, code = filling.turn, filling.known("code")
    elder = lookup.by_code(turn.session, turn.staff, code, turn.today)
    if elder is None:
        raise Unclear(not_on_list(code))
    purpose, no = filling.known("purpose"), filling.known("says") == NO
    consent.note(turn.session, Consent(
        elder_id=elder.id, purpose=purpose, said_on=turn.today, said_by=str(filling.get("by")),
        withdrawn_at=turn.now if no else None, recorded_by=turn.staff.id, recorded_at=turn.now,
    ))  # fmt: skip
    audit(turn, elder, "consent_no" if no else "consent_yes", purpose)
    text = _("✅ Written down. %(title)s.\n%(follows)s") % {
        "title": _title(filling), "follows": _what_follows(filling),
    }  # fmt: skip
    form.drop(filling)
    rows = ((_wish_button(elder), Button(_("Personal card"), f"/card {elder.code}")),)
    desk = [one for one in tell.coordinators(turn, elder) if one[0].id != turn.staff.id]
    told = [_news(turn, staff, chat, elder, purpose, no) for staff, chat in desk]
    return [Reply(text, rows, form.card_name(filling), toast=_("Recorded")), *told]


def _wish_button(elder: Elder) -> Button:
    """How often somebody may come is a wish on which the coordinator decides."""
    return Button(_("A wish about visits…"), f"/edit {elder.code} visit_wish")


def _news(turn: Turn, staff: Staff, chat: Chat, elder: Elder, purpose: str, no: bool) -> Reply:
    with speaking(staff.locale or turn.office.locale):
        text = _("🔒 %(who)s %(code)s no longer agrees: %(purpose)s (told by %(by)s).")
        if not no:
            text = _("🔓 %(who)s %(code)s agrees again: %(purpose)s (told by %(by)s).")
        gaps = {"who": tell.where(turn, elder), "code": elder.code, "by": turn.staff.name,
                "purpose": _(PURPOSE_NAMES[purpose])}  # fmt: skip
        look = Button(_("Look at it"), f"/consent {elder.code}")
        return Reply(text % gaps, ((look,),), to=chat.id, lane=NUDGE)


CONSENT = Form(
    name="consent",
    version=1,
    questions=(
        Question(
            "by", N_("Said by"), N_("Who said so?"),
            choices=tuple(Choice(code, label) for code, label in SPEAKERS.items()),
        ),
    ),
    title=_title,
    review=_review,
    submit=_submit,
)  # fmt: skip
