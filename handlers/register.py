"""The registers ([S3] 台账): who stands in them and since when, within the asker's branch."""

from handlers.brief import audit
from handlers.card_fields import COLUMN
from handlers.documents.roster_columns import codes
from handlers.documents.roster_values import squeezed
from handlers.flags import FLAG_NAMES
from handlers.form import in_rows
from handlers.pick import page_of, turning
from handlers.report_seven import seven_by_place
from handlers.talk import Button, Reply
from handlers.turn import Turn
from locales import gettext as _
from locales import ngettext
from models import register
from models.card import SEVEN
from models.elder import FLAGS
from models.staff import COORDINATOR

PAGE = 8
BY_PLACE = "places"
SEVEN_WORDS, TIER_WORDS = ("seven", "七个清", "七清"), ("tier", "分类", "类别")


def register_command(turn: Turn, rest: str) -> list[Reply]:
    """/register — the registers with counts; /register 独居 p2 — who stands in one."""
    word = next((w for w in rest.split() if w[:1] != "p" or not w[1:].isdecimal()), "")
    if word in SEVEN_WORDS:
        by_place = BY_PLACE in rest.split() and turn.staff.role == COORDINATOR
        return [seven_by_place(turn) if by_place else _seven(turn, rest)]
    if word in TIER_WORDS and turn.staff.role == COORDINATOR:
        return [_tiers(turn, rest)]
    flag = codes(COLUMN["flags"]).get(squeezed(word))
    return [_page(turn, flag, rest) if flag else _all(turn)]


def _all(turn: Turn) -> Reply:
    count = register.counts(turn.session, turn.staff, turn.today)
    buttons = [
        Button(_("%(flag)s %(count)d") % {"flag": _(FLAG_NAMES[flag]), "count": count[flag]},
               f"/register {flag}")
        for flag in FLAGS if count.get(flag)
    ]  # fmt: skip
    more = [Button(_("Seven knowns"), "/register seven")]
    if turn.staff.role == COORDINATOR:
        doubts = len(register.tier_doubts(turn.session, turn.staff, turn.today))
        more.append(Button(_("Tier to check %(count)d") % {"count": doubts}, "/register tier"))
    text = _("Registers, with how many stand in each. Tap one.")
    if not buttons:
        text = _("Nobody stands in a register yet.")
    return Reply(text, (*in_rows(buttons, 3), tuple(more)))


def _page(turn: Turn, flag: str, rest: str) -> Reply:
    total = register.counts(turn.session, turn.staff, turn.today).get(flag, 0)
    back = Button(_("All registers"), "/register")
    if not total:
        text = _("Nobody stands in the register “%(flag)s”.") % {"flag": _(FLAG_NAMES[flag])}
        return Reply(text, ((back,),))
    number = page_of(rest, total, PAGE)
    found = register.page(turn.session, turn.staff, turn.today, flag, number * PAGE, PAGE)
    head = ngettext(
        "Register “%(flag)s”: %(count)d person", "Register “%(flag)s”: %(count)d people", total
    ) % {"flag": _(FLAG_NAMES[flag]), "count": total}
    lines = [head, *(_line(turn, one) for one in found)]
    for one in found:
        audit(turn, one.elder, "register", flag)
    buttons = [Button(one.elder.code, f"/card {one.elder.code}") for one in found]
    pages = turning(f"/register {flag}", number, total, PAGE)
    return Reply("\n".join(lines), (*in_rows(buttons, 4), *pages, (back,)))


def _line(turn: Turn, one: register.Standing) -> str:
    gaps = {
        "code": one.elder.code,
        "who": turn.label(one.elder),
        "since": f"{one.since.year}.{one.since.month}",
    }
    return _("%(code)s %(who)s since %(since)s") % gaps


def _seven(turn: Turn, rest: str) -> Reply:
    count = register.seven_counts(turn.session, turn.staff, turn.today)
    everybody, full = sum(count.values()), count.get(len(SEVEN), 0)
    back: tuple[Button, ...] = (Button(_("All registers"), "/register"),)
    if turn.staff.role == COORDINATOR:
        back = (Button(_("Place by place"), f"/register seven {BY_PLACE}"), *back)
    text = _("Seven things known clearly: all seven of %(full)d of %(all)d people.") % {
        "full": full, "all": everybody,
    }  # fmt: skip
    if full == everybody:
        return Reply(text, (back,))
    number = page_of(rest, everybody - full, PAGE)
    found = register.least_known(turn.session, turn.staff, turn.today, number * PAGE, PAGE)
    lines = [text, _("The least known first:")]
    lines += [
        _("%(known)d/7 %(code)s %(who)s")
        % {"known": known, "code": elder.code, "who": turn.label(elder)}
        for elder, known in found
    ]
    buttons = [Button(elder.code, f"/card {elder.code}") for elder, _known in found]
    pages = turning("/register seven", number, everybody - full, PAGE)
    return Reply("\n".join(lines), (*in_rows(buttons, 4), *pages, back))


def _tiers(turn: Turn, rest: str) -> Reply:
    """A suggestion only: a person confirms each."""
    doubts = register.tier_doubts(turn.session, turn.staff, turn.today)
    back = (Button(_("All registers"), "/register"),)
    if not doubts:
        return Reply(_("🟢 Every tier agrees with age and registers."), (back,))
    number = page_of(rest, len(doubts), PAGE)
    found = doubts[number * PAGE : (number + 1) * PAGE]
    head = _("Tiers to check: %(count)d. Nothing changes until you confirm each.")
    lines = [head % {"count": len(doubts)}]
    for elder, tier in found:
        audit(turn, elder, "register", "tier")
        gaps = {"code": elder.code, "who": turn.label(elder), "now": elder.tier, "better": tier}
        lines.append(_("%(code)s %(who)s: %(now)s → %(better)s?") % gaps)
    buttons = [
        Button(_("%(code)s → %(tier)s") % {"code": elder.code, "tier": tier},
               f"/edit {elder.code} tier {tier}")
        for elder, tier in found
    ]  # fmt: skip
    pages = turning("/register tier", number, len(doubts), PAGE)
    return Reply("\n".join(lines), (*in_rows(buttons, 3), *pages, back))
