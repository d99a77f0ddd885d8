"""Honest numbers: what one may ask a liaison about, and visits drawn to be phoned back.

Only the coordinator sees it, as questions; nothing of it is told to the liaison by the bot.
"""

from datetime import timedelta

from handlers.brief import audit, call_button, phone_lines
from handlers.form import in_rows
from handlers.report_sheets import printed
from handlers.talk import Button, Reply, Rows
from handlers.turn import Turn, day
from handlers.visit_form import HOW
from locales import gettext as _
from locales import mark as N_
from locales import ngettext
from models import honest
from models.honest import (
    BURST,
    CONFIRMED,
    COPIED,
    DIFFERS,
    FAR,
    NOT_REACHED,
    PHOTO,
    WELL,
    Called,
    Wonder,
)
from models.org import branch

DAYS = timedelta(days=30)  # that are looked at
DRAWN = 5
SHOWN = 12
ASK = {
    BURST: N_("%(name)s: %(number)d visits were entered within %(of)d minutes. All noted on "
              "paper first?"),
    WELL: N_("%(name)s: %(number)d of %(of)d visits found everything well (whole area "
             "%(usual)d%%). Is it as calm as that?"),
    COPIED: N_("%(name)s: the same note stands with %(number)d elders. Is there a word to add "
               "for each?"),
    PHOTO: N_("%(name)s: %(number)d pictures came with two visits. Sent once more by mistake?"),
    FAR: N_("%(name)s: %(number)d visits were entered %(of)d days later or more. Is the signal "
            "poor there?"),
}  # fmt: skip
RESULT_NAMES = {
    CONFIRMED: N_("✅ Confirmed"),
    DIFFERS: N_("Differs"),
    NOT_REACHED: N_("Not reached"),
}
MODES = {choice.code: choice.label for choice in HOW}


def check_command(turn: Turn, rest: str) -> list[Reply]:
    """/check — what to ask about; /check draw; /check calls; /check <tag> [result]."""
    words = rest.split()
    if not words:
        return [_questions(turn)]
    if words[0] in ("draw", "抽查"):
        return [_draw(turn, more="more" in words)]
    if words[0] == "calls":
        return [_calls(turn)]
    found = honest.called(turn.session, branch(turn.session, turn.staff.unit_id), words[0])
    if found is None:
        return [Reply(_("That call is not on your list."), (_ways(turn),))]
    if words[1:] and words[1] in RESULT_NAMES:
        return [_noted(turn, found, words[1])]
    return [_card(turn, found)]


# Questions


def _questions(turn: Turn) -> Reply:
    units = branch(turn.session, turn.staff.unit_id)
    first = turn.today - DAYS
    found = honest.wonders(turn.session, units, first, turn.today)
    span = {"first": day(first), "last": day(turn.today)}
    head = _("%(first)s–%(last)s: worth a phone call?") % span
    text = _("Mostly there is a plain reason. Ask kindly; entering late is allowed.")
    if not found:
        text = _("🟢 Nothing stands out.")
    lines = [head, text, *(f"• {_ask(one)}" for one in found[:SHOWN])]
    if len(found) > SHOWN:
        rest = len(found) - SHOWN
        lines.append(
            ngettext("… and %(count)d more", "… and %(count)d more", rest) % {"count": rest}
        )
    return Reply("\n".join([*lines, *_results(turn)]), (_ways(turn),))


def _ask(one: Wonder) -> str:
    gaps = {"name": one.staff, "number": one.number, "of": one.of, "usual": one.usual}
    return _(ASK[one.kind]) % gaps


def _results(turn: Turn) -> list[str]:
    units = branch(turn.session, turn.staff.unit_id)
    count = honest.results(turn.session, units, turn.now - DAYS)
    if not count:
        return []
    gaps = {name: count[name] for name in RESULT_NAMES}
    text = _("Phoned back in 30 days: confirmed %(confirmed)d, differs %(differs)d, not reached "
             "%(not_reached)d, still to call %(open)d.")  # fmt: skip
    return [text % {**gaps, "open": count[""]}]


def _ways(turn: Turn) -> tuple[Button, ...]:
    left = len(honest.waiting(turn.session, branch(turn.session, turn.staff.unit_id)))
    if left:
        return (Button(_("To call %(count)d") % {"count": left}, "/check calls"),)
    return (Button(_("Draw %(count)d to call") % {"count": DRAWN}, "/check draw"),)


# Phoning back


def _draw(turn: Turn, more: bool) -> Reply:
    """Those drawn before come first: a second tap draws no second five."""
    units = branch(turn.session, turn.staff.unit_id)
    if honest.waiting(turn.session, units) and not more:
        return _calls(turn)
    number = honest.draws(turn.session, turn.staff, turn.now - timedelta(days=1)) + 1
    seed = f"{turn.today}/{turn.staff.code}/{number}"
    first = turn.today - DAYS
    if not honest.draw(turn.session, units, first, turn.today, seed, DRAWN, turn.staff, turn.now):
        return Reply(_("There is no visit of the last 30 days left to draw."))
    return _calls(turn)


def _calls(turn: Turn) -> Reply:
    found = honest.waiting(turn.session, branch(turn.session, turn.staff.unit_id))
    again = Button(_("Draw %(count)d more") % {"count": DRAWN}, "/check draw more")
    back = Button(_("‹ Overview"), "/check")
    if not found:
        return Reply("\n".join([_("🟢 All called."), *_results(turn)]), ((again, back),))
    seeds = _(", ").join(dict.fromkeys(one.call.seed for one in found))
    head = ngettext(
        "%(count)d visit to phone back, drawn by lot (%(seeds)s):",
        "%(count)d visits to phone back, drawn by lot (%(seeds)s):",
        len(found),
    )
    lines = [head % {"count": len(found), "seeds": seeds}, *(_line(turn, one) for one in found)]
    buttons = [Button(one.elder.code, f"/check {one.call.tag}") for one in found]
    return Reply("\n".join(lines), (*in_rows(buttons, 3), (again, back)))


def _line(turn: Turn, one: Called) -> str:
    audit(turn, one.elder, "check")
    gaps = {"who": turn.label(one.elder), "code": one.elder.code, "day": day(one.visit.visited_on)}
    return _("%(code)s %(who)s, %(day)s") % gaps


def _card(turn: Turn, one: Called) -> Reply:
    audit(turn, one.elder, "phone", "check")
    gaps = {
        "who": turn.label(one.elder),
        "day": day(one.visit.visited_on),
        "how": printed(MODES[one.visit.mode]),
        "name": one.liaison,
    }
    lines = [
        _("%(who)s\n%(day)s · %(how)s · %(name)s") % gaps,
        *phone_lines(turn, one.elder),
        _("Ask how they are first, then whether somebody came by that day."),
    ]
    if one.call.result:
        lines.append(_("Noted: %(result)s") % {"result": _(RESULT_NAMES[one.call.result])})
    return Reply("\n".join(lines), _result_rows(one))


def _result_rows(one: Called) -> Rows:
    tag = one.call.tag
    ways = tuple(Button(_(name), f"/check {tag} {code}") for code, name in RESULT_NAMES.items())
    return (ways, (*call_button(one.elder), Button(_("‹ List"), "/check calls")))


def _noted(turn: Turn, one: Called, result: str) -> Reply:
    one.call.result, one.call.noted_by, one.call.noted_at = result, turn.staff.id, turn.now
    turn.session.add(one.call)
    audit(turn, one.elder, "check", result)
    turn.session.flush()
    text = _("%(who)s: %(result)s, noted.") % {
        "who": turn.label(one.elder),
        "result": printed(RESULT_NAMES[result]),
    }
    lines = [text]
    if result == DIFFERS:
        lines.append(_("Hear the liaison first: a wrong day or a mix-up is likely. A record is "
                       "put right with “fix”."))  # fmt: skip
    left = _calls(turn)
    return Reply("\n".join([*lines, "", left.text]), left.rows)
