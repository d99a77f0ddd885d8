"""The words of what calls for somebody to come soon (五必到, 四必访)."""

from locales import gettext as _
from locales import mark as N_
from locales import ngettext
from models.trigger import FIVE, FOUR

KIND_NAMES = {
    "illness": N_("Illness"),
    "hospital": N_("In hospital"),
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
    "carer_lost": N_("Carer lost"),
    "discharge": N_("Out of hospital"),
    "weather": N_("Weather warning"),
    "new": N_("New on the list"),
}
LIST_NAMES = {FIVE: N_("five musts"), FOUR: N_("four musts")}
TOLD = {
    "illness": N_("Seen at a visit or reported; whoever is of class C or D within a day."),
    "hospital": N_("From the day it became known."),
    "critical": N_("Entered in the register."),
    "death": N_("Somebody was there when it was told of, or saw the family."),
    "remarriage": N_("Reported."),
    "birthday": N_("Before or after; up to 79 a call will do, but for round ages."),
    "accident": N_("A fall, danger, fire or gas, missing: reported, not found at a visit."),
    "hardship": N_("Reported, not found at a visit."),
    "festival": N_("Spring Festival all, Double Ninth from 80 on, 1 July Party members; in the "
                   "week before."),
    "family_event": N_("Reported."),
    "mood": N_("Seen at a visit or reported."),
    "widowed": N_("Entered in the register or reported."),
    "carer_lost": N_("Reported."),
    "discharge": N_("From the day after the last one there."),
    "weather": N_("Classes B to D, alone, bedridden, from 80 on; a call will do."),
    "new": N_("From the day on which somebody was named to look after them."),
}  # fmt: skip


def within(days: int) -> str:
    if not days:
        return _("the same day")
    return ngettext("%(count)d day", "%(count)d days", days) % {"count": days}
