"""A warning of heat, cold or storm: a coordinator calls it, each liaison gets whom to ring, and
how far it is stands in one place ([S3] 夏季送清凉, 冬季送温暖)."""

import re
from datetime import date, timedelta
from uuid import UUID

from handlers import case_open, form
from handlers.broadcast_card import held_until
from handlers.case_open import Opened
from handlers.case_words import HAZARDS
from handlers.questions import Choice, Filling, Form, Question
from handlers.talk import Button, Reply, Rows
from handlers.tell import chats_of
from handlers.turn import Turn, day
from locales import gettext as _
from locales import mark as N_
from locales import ngettext, speaking
from models import case_record, weather
from models.audit import Audit
from models.broadcast import towns_of
from models.case import URGENT, Case
from models.elder import Elder
from models.mailbox import EMERGENCY, NUDGE
from models.office_hours import quiet_until
from models.org import branch, unit_name
from models.people import liaisons_in
from models.staff import COORDINATOR, Staff
from models.weather import (
    BLUE,
    COLD,
    HEAT,
    LEVELS,
    ORANGE,
    RED,
    STORM,
    YELLOW,
    WeatherAlert,
)

SHOWN = 6
KIND_NAMES = {HEAT: N_("🌡 Heat"), COLD: N_("❄️ Cold wave"), STORM: N_("⛈ Storm")}
LOOK_AT = {
    HEAT: N_("Ask for: fan or air conditioning, water, a cool room, medicine; nobody out at noon."),
    COLD: N_("Ask for: heating, carbon monoxide from stoves, quilts, ice on the steps, food."),
    STORM: N_("Ask for: roof and walls, wiring, water and food; nobody on the road."),
}
LEVEL_NAMES = {BLUE: N_("Blue"), YELLOW: N_("Yellow"), ORANGE: N_("Orange"), RED: N_("Red")}
SAID = {"高温": HEAT, "寒潮": COLD, "低温": COLD, "大雪": COLD, "暴雪": COLD, "暴雨": STORM,
        "大风": STORM, "台风": STORM}  # fmt: skip
COLOURS = dict(zip("蓝黄橙红", LEVELS, strict=True))
COLOUR = "([蓝黄橙红])色?"
WHOLE = re.compile(rf"({'|'.join(SAID)})({COLOUR})?(?:预警)?(?:信号)?(?:来?了)?")
SPANS = {"0": N_("Today"), "1": N_("Until tomorrow"), "2": N_("Three days"), "6": N_("A week")}


def weather_command(turn: Turn, rest: str) -> list[Reply]:
    """/weather — what is in force; /weather new [KIND [LEVEL]]; /weather REF [lift]."""
    first, _gap, what = rest.partition(" ")
    if turn.staff.role == COORDINATOR and first in ("new", *weather.KINDS):
        kind, _gap, level = (what or first).partition(" ")
        return [_begin(turn, kind, level)]
    alert = weather.by_ref(turn.session, first) if first else None
    if alert is not None and _in_reach(turn, alert):
        return _lift(turn, alert) if what == "lift" else [_card(turn, alert)]
    found = [one for one in weather.running(turn.session, turn.today) if _in_reach(turn, one)]
    if len(found) == 1:
        return [_card(turn, found[0])]
    new = ((Button(_("New warning…"), "/weather new"),),) if _calls(turn) else ()
    rows = tuple((Button(_name(turn, one), f"/weather {one.ref}"),) for one in found)
    text = _("Which warning?") if found else _("No weather warning is in force.")
    return [Reply(text, (*rows, *new))]


def weather_said(turn: Turn, text: str) -> list[Reply] | None:
    """高温橙色: as a coordinator says it."""
    kind = next((kind for word, kind in SAID.items() if text.strip().startswith(word)), None)
    if kind is None or not _calls(turn):
        return None
    colour = re.search(COLOUR, text)
    return [_begin(turn, kind, COLOURS[colour[1]] if colour else "")]


def weather_called(turn: Turn, text: str) -> list[Reply] | None:
    """Where these words are that and nothing else: no question can mean them, and it cannot wait
    until some card is done."""
    said = WHOLE.fullmatch(text)
    return weather_said(turn, text) if said and said[0] != said[1] else None


def _calls(turn: Turn) -> bool:
    return turn.staff.role == COORDINATOR


def _in_reach(turn: Turn, alert: WeatherAlert) -> bool:
    """Below or above a coordinator's own place; for a liaison where one of theirs is at risk."""
    if _calls(turn):
        own = turn.staff.unit_id
        below = alert.unit_id in branch(turn.session, own)
        return below or own in branch(turn.session, alert.unit_id)
    return bool(weather.of(turn.session, turn.staff, alert, turn.today))


def _name(turn: Turn, alert: WeatherAlert) -> str:
    gaps = {
        "kind": _kind(alert.kind, alert.level),
        "place": unit_name(turn.session, alert.unit_id),
        "day": day(alert.until_on),
    }
    return _("%(kind)s · %(place)s · until %(day)s") % gaps


def _kind(kind: str, level: str) -> str:
    if not level:
        return _(KIND_NAMES[kind])
    return _("%(kind)s, %(level)s") % {"kind": _(KIND_NAMES[kind]), "level": _(LEVEL_NAMES[level])}


# How far it is


def _card(turn: Turn, alert: WeatherAlert) -> Reply:
    found = weather.of(turn.session, turn.staff, alert, turn.today)
    left = [elder for elder, reached in found if not reached]
    done = _("At risk %(all)d · reached %(done)d · to reach %(left)d")
    gaps = {"all": len(found), "done": len(found) - len(left), "left": len(left)}
    lines = [_name(turn, alert), done % gaps, _(LOOK_AT[alert.kind])]
    if left and _calls(turn):
        lines.append(_(", ").join(elder.code for elder in left[: SHOWN * 2]))
    if len(left) > SHOWN:
        more = len(left) - SHOWN * (1 + _calls(turn))
        lines += [_("… and %(count)d more") % {"count": more}] if more > 0 else []
    ended = alert.lifted_at is not None or alert.until_on < turn.today
    rows = () if ended else _desk_rows(alert) if _calls(turn) else _people_rows(turn, left)
    return Reply("\n".join(lines), rows, card=weather.card_of(alert.ref))


def _people_rows(turn: Turn, left: list[Elder]) -> Rows:
    return tuple(
        (Button(_("Visit %(name)s") % {"name": turn.shown(one.name)}, f"/visit {one.code}"),
         Button(_("📞 Number"), f"/phone {one.code}"))
        for one in left[:SHOWN]
    )  # fmt: skip


def _desk_rows(alert: WeatherAlert) -> Rows:
    return (
        (Button(_("New warning…"), "/weather new"),),
        (Button(_("Lift it"), f"/weather {alert.ref} lift"),),
    )


def _lift(turn: Turn, alert: WeatherAlert) -> list[Reply]:
    if not _calls(turn) or alert.unit_id not in branch(turn.session, turn.staff.unit_id):
        return [Reply(_("Whoever called it, or the county, lifts it."))]
    alert.lifted_at = alert.lifted_at or turn.now
    turn.session.add(alert)
    weather.withdraw(turn.session, alert.ref)
    again = Button(_("New warning…"), "/weather new")
    return [Reply(_("✅ Lifted: %(what)s") % {"what": _name(turn, alert)}, ((again,),))]


# Calling it


def _begin(turn: Turn, kind: str, level: str) -> Reply:
    towns = [[unit.id.hex, unit.name] for unit in towns_of(turn.session, turn.staff)]
    own = [turn.staff.unit_id.hex, unit_name(turn.session, turn.staff.unit_id)]
    before = form.find_draft(turn, WEATHER.name, "")
    if before is not None:
        turn.drafts.remove(before)
    draft = form.start(turn, WEATHER, "", {}, {"places": [own, *towns]})
    if kind in weather.KINDS:
        form.put(Filling(draft, turn), "kind", kind)
        if level in weather.LEVELS:
            form.put(Filling(draft, turn), "level", level)
    return form.card(WEATHER, Filling(draft, turn))


def _places(filling: Filling) -> tuple[Choice, ...]:
    return tuple(Choice(id_, name) for id_, name in filling.known("places"))


def _several(filling: Filling) -> bool:
    return len(filling.known("places")) > 1


def _title(filling: Filling) -> str:
    kind = filling.get("kind")
    return _kind(kind, filling.get("level") or "") if kind else _("Weather warning")


def _alert(filling: Filling) -> WeatherAlert:
    turn = filling.turn
    return WeatherAlert(
        ref=filling.draft.tag,
        kind=str(filling.get("kind")),
        level=str(filling.get("level")),
        unit_id=UUID(filling.get("place")) if filling.get("place") else turn.staff.unit_id,
        made_by=turn.staff.id,
        made_at=turn.now,
        made_on=turn.today,
        until_on=_until(filling),
    )


def _until(filling: Filling) -> date:
    return filling.turn.today + timedelta(days=int(filling.get("span")))


def _review(filling: Filling) -> Reply:
    turn, alert = filling.turn, _alert(filling)
    count = len(weather.of(turn.session, turn.staff, alert, turn.today))
    text = ngettext(
        "%(what)s\n%(count)d elder is at risk (classes B to D, alone, bedridden, from 80 on). "
        "Their liaisons are told to ring or visit them within a day.",
        "%(what)s\n%(count)d elders are at risk (classes B to D, alone, bedridden, from 80 on). "
        "Their liaisons are told to ring or visit them within a day.",
        count,
    )
    lines = [text % {"what": _name(turn, alert), "count": count}]
    lines += [*_hazards_line(turn, alert), *_night_line(turn, alert)]
    return form.last_look(filling, "\n".join(lines), _("✅ Call it"))


def _hazards_line(turn: Turn, alert: WeatherAlert) -> list[str]:
    count = len(_hazards(turn, alert))
    text = ngettext(
        "⚠️ %(count)d open hazard in a home becomes urgent.",
        "⚠️ %(count)d open hazards in homes become urgent.",
        count,
    )
    return [text % {"count": count}] if count else []


def _night_line(turn: Turn, alert: WeatherAlert) -> list[str]:
    """When people hear of it who are asleep."""
    start = quiet_until(turn.session, turn.now, turn.office.zone)
    if start is None:
        return []
    return [_("🔴 It is red: they are told now, by night, too.") if alert.level == RED
            else held_until(turn.office, start)]  # fmt: skip


def _submit(filling: Filling) -> list[Reply]:
    turn, alert = filling.turn, _alert(filling)
    form.drop(filling)
    turn.session.add(alert)
    turn.session.add(Audit(at=turn.now, staff_id=turn.staff.id, action="weather",
                           detail=f"{alert.kind} {alert.ref}"))  # fmt: skip
    turn.session.flush()
    for case, elder in _hazards(turn, alert):
        _make_urgent(turn, alert, case, elder)
    return [_card(turn, alert), *_tell(turn, alert)]


def _hazards(turn: Turn, alert: WeatherAlert) -> list[tuple[Case, Elder]]:
    """What could wait on another day, and cannot in a heat or a cold wave."""
    if alert.kind not in weather.HARSH:
        return []
    categories = ("repair", *HAZARDS)
    return weather.waiting_cases(turn.session, categories, branch(turn.session, alert.unit_id))


def _make_urgent(turn: Turn, alert: WeatherAlert, case: Case, elder: Elder) -> None:
    hours, why = case_open.hours_of(turn), _name(turn, alert)
    case_record.raise_to(turn.session, case, URGENT, turn.staff, turn.now, hours, why)
    case_open.announced(turn, elder, Opened(case, "raise"))


def _tell(turn: Turn, alert: WeatherAlert) -> list[Reply]:
    """Each with the number of their own."""
    told = []
    for liaison in liaisons_in(turn.session, branch(turn.session, alert.unit_id)):
        count = len(weather.of(turn.session, liaison, alert, turn.today))
        told += [_told(turn, alert, liaison, count, chat.id)
                 for chat in (chats_of(turn, liaison) if count else ())]  # fmt: skip
    return told


def _told(turn: Turn, alert: WeatherAlert, liaison: Staff, count: int, chat: UUID) -> Reply:
    with speaking(liaison.locale or turn.office.locale):
        text = ngettext(
            "%(what)s\nPlease ring or visit %(count)d of your elders within a day; go where "
            "nobody answers.\n%(look)s",
            "%(what)s\nPlease ring or visit %(count)d of your elders within a day; go where "
            "nobody answers.\n%(look)s",
            count,
        )
        gaps = {"what": _name(turn, alert), "count": count, "look": _(LOOK_AT[alert.kind])}
        rows = ((Button(_("The list"), f"/weather {alert.ref}"),),)
        lane = EMERGENCY if alert.level == RED else NUDGE  # the one passes the quiet hours
        return Reply(text % gaps, rows, weather.card_of(alert.ref), to=chat, lane=lane)


WEATHER = Form(
    name="weather",
    version=1,
    questions=(
        Question("kind", N_("Warning"), N_("Which warning?"),
                 choices=tuple(Choice(code, label) for code, label in KIND_NAMES.items())),
        Question("level", N_("Level"), N_("Which level?"),
                 choices=tuple(Choice(code, label) for code, label in LEVEL_NAMES.items())),
        Question("place", N_("Place"), N_("For which place?"), choices=_places, when=_several),
        Question("span", N_("How long"), N_("How long is it in force?"),
                 choices=tuple(Choice(code, label) for code, label in SPANS.items())),
    ),
    title=_title,
    review=_review,
    submit=_submit,
)  # fmt: skip
