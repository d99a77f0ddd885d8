"""What a reported problem is: of whom, of which kind, and how urgent."""

from handlers.case_words import CATEGORIES, HAZARDS, Category
from handlers.emergency import danger_in
from handlers.questions import Filling
from models import lookup
from models.case import EMERGENCY, ROUTINE, SEVERITIES, URGENT
from models.elder import Elder
from models.weather import warned_of

MORE = "more"  # the button for all other kinds


def elder_of(filling: Filling) -> Elder | None:
    turn, code = filling.turn, filling.get("elder")
    return lookup.by_code(turn.session, turn.staff, code, turn.today) if code else None


def guess(text: str) -> Category | None:
    """The category whose words stand in it; danger before everything else, then what is not for
    everybody's eyes."""
    found = danger_in(text)
    if found is not None:
        return found
    milder = (one for one in CATEGORIES.values() if one.severity != EMERGENCY)
    fits = (one for one in milder if one.is_named_in(text))
    return min(fits, key=lambda one: not one.restricted, default=None)


def category(filling: Filling) -> Category | None:
    """What was chosen, or what the words propose."""
    chosen = filling.get("category") or filling.get("what")
    if not chosen:
        return None
    return CATEGORIES.get(chosen) or guess(str(filling.get("what")))


def words(filling: Filling) -> str:
    """What was written, beside the category."""
    what = filling.get("what") or ""
    written = "" if what in CATEGORIES or what == MORE else what
    return "\n".join(part for part in (written, filling.get("text") or "") if part)


def severity(filling: Filling) -> int:
    return int(filling.get("severity") or usual_severity(filling))


def usual_severity(filling: Filling) -> int:
    """Of this kind of problem; no hazard of the home can wait in a heat or a cold wave."""
    found = category(filling)
    if found is None:
        return ROUTINE
    return min(found.severity, URGENT) if warning(filling) else found.severity


def warning(filling: Filling) -> str:
    """The heat or cold wave that makes it urgent; else empty."""
    found, turn = category(filling), filling.turn
    if found is None or found.code not in HAZARDS:
        return ""
    elder = elder_of(filling)
    return warned_of(turn.session, elder.unit_id, turn.today, turn.today) if elder else ""


def near(usual: int) -> tuple[str, ...]:
    if usual == EMERGENCY:
        return ()
    return tuple(str(level) for level in SEVERITIES if abs(level - usual) <= 1)
