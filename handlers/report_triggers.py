"""The sheet of what called for somebody to come (五必到, 四必访), each kind by itself."""

from collections.abc import Iterator

from handlers.documents.sheets import Sheet, Value
from handlers.report_sheets import SIGNED, share
from handlers.turn import Turn
from locales import gettext as _
from locales import mark as N_
from locales import ngettext
from models.org import setting
from models.report import Count, Report
from models.trigger import FIVE, FOUR, KINDS, SETTING

KIND_NAMES = {
    "illness": N_("Illness"),
    "hospital": N_("Hospital"),
    "critical": N_("Critically ill"),
    "death": N_("Death"),
    "remarriage": N_("Remarriage"),
    "birthday": N_("Birthday"),
    "accident": N_("Accident"),
    "hardship": N_("Hardship"),
    "festival": N_("Festival"),
    "family_event": N_("Family event"),
    "mood": N_("Low mood"),
    "widowed": N_("New widowhood"),
    "discharge": N_("Out of hospital"),
    "new": N_("New on the list"),
}
LIST_NAMES = {FIVE: N_("five musts"), FOUR: N_("four musts")}
TOLD = {
    "illness": N_("Seen at a visit or reported; whoever is of class C or D within a day."),
    "hospital": N_("From the day it became known."),
    "critical": N_("Entered in the register."),
    "death": N_("Somebody was there when it was told of; a later visit is not recorded."),
    "remarriage": N_("Reported."),
    "birthday": N_("Before or after; up to 79 a call will do, but for round ages."),
    "accident": N_("A fall, danger, fire or gas, missing: reported, not found at a visit."),
    "hardship": N_("Reported, not found at a visit."),
    "festival": N_("Spring Festival all, Double Ninth from 80 on, 1 July Party members; in the "
                   "week before."),
    "family_event": N_("Reported."),
    "mood": N_("Seen at a visit or reported."),
    "widowed": N_("Entered in the register or reported."),
    "discharge": N_("From the day after the last one there."),
    "new": N_("From the day on which somebody was named to look after them."),
}  # fmt: skip


def by_kind(turn: Turn, title: str, found: Report) -> Sheet:
    heads = (_("What happened"), _("Asked for by"), _("Within"), _("In time"), _("Of"),
             _("Share"), _("Counted from"))  # fmt: skip
    rows = [_row(turn, name, found.triggers.get(name, Count(0, 0))) for name in KINDS]
    whole = found.whole.shares["triggers"]
    rows.append((_("Total"), None, None, *whole, share(whole), None))
    return Sheet(
        _("Must-visit"), heads, rows, (16, 18, 12, 10, 10, 10, 60), above=(title,),
        below=tuple(_notes()),
    )  # fmt: skip


def _row(turn: Turn, name: str, count: Count) -> tuple[Value, ...]:
    lists = _(", ").join(_(LIST_NAMES[one]) for one in KINDS[name].lists)
    return (_(KIND_NAMES[name]), lists, _within(turn, name), *count, share(count), _(TOLD[name]))


def _within(turn: Turn, name: str) -> str:
    days = int(setting(turn.session, SETTING.format(name=name), KINDS[name].within))
    if not days:
        return _("the same day")
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}


def _notes() -> Iterator[str]:
    yield _("What is not met counts only once its time is up; one visit may meet several. In "
            "person, unless the elder lives elsewhere.")  # fmt: skip
    yield _(SIGNED)
