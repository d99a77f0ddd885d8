"""A warning of heat, cold or storm: a coordinator calls it, each liaison gets whom to ring, and
how far it is stands in one place ([S3] 夏季送清凉, 冬季送温暖)."""

from datetime import date, timedelta
from uuid import UUID

from handlers import form
from handlers.questions import Choice, Filling, Form, Question
from handlers.talk import Button, Reply, Rows
from handlers.tell import chats_of
from handlers.turn import Turn, day
from locales import gettext as _
from locales import mark as N_
from locales import ngettext, speaking
from models import weather
from models.audit import Audit
from models.broadcast import towns_of
from models.elder import Elder
from models.mailbox import NUDGE
from models.org import branch, unit_name
from models.people import liaisons_in
from models.staff import COORDINATOR, Staff
from models.weather import COLD, HEAT, STORM, WeatherAlert

SHOWN = 6
KIND_NAMES = {HEAT: N_("🌡 Heat"), COLD: N_("❄️ Cold wave"), STORM: N_("⛈ Storm")}
LOOK_AT = {
    HEAT: N_("Ask for: fan or air conditioning, water, a cool room, medicine; nobody out at noon."),
    COLD: N_("Ask for: heating, carbon monoxide from stoves, quilts, ice on the steps, food."),
    STORM: N_("Ask for: roof and walls, wiring, water and food; nobody on the road."),
}
SAID = {"高温": HEAT, "寒潮": COLD, "低温": COLD, "大雪": COLD, "暴雨": STORM, "大风": STORM}
SPANS = {"0": N_("Today"), "1": N_("Until tomorrow"), "2": N_("Three days"), "6": N_("A week")}


def weather_command(turn: Turn, rest: str) -> list[Reply]:
    """/weather — what is in force; /weather new [KIND]; /weather REF [lift]."""
    first, _gap, what = rest.partition(" ")
    if turn.staff.role == COORDINATOR and first in ("new", *weather.KINDS):
        return [_begin(turn, what or first)]
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
    return [_begin(turn, kind)] if kind and _calls(turn) else None


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
        "kind": _(KIND_NAMES[alert.kind]),
        "place": unit_name(turn.session, alert.unit_id),
        "day": day(alert.until_on),
    }
    return _("%(kind)s · %(place)s · until %(day)s") % gaps


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
    return Reply("\n".join(lines), rows, card=f"weather {alert.ref}")


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
    again = Button(_("New warning…"), "/weather new")
    return [Reply(_("✅ Lifted: %(what)s") % {"what": _name(turn, alert)}, ((again,),))]


# Calling it


def _begin(turn: Turn, kind: str) -> Reply:
    towns = [[unit.id.hex, unit.name] for unit in towns_of(turn.session, turn.staff)]
    own = [turn.staff.unit_id.hex, unit_name(turn.session, turn.staff.unit_id)]
    before = form.find_draft(turn, WEATHER.name, "")
    if before is not None:
        turn.drafts.remove(before)
    draft = form.start(turn, WEATHER, "", {}, {"places": [own, *towns]})
    if kind in weather.KINDS:
        form.put(Filling(draft, turn), "kind", kind)
    return form.card(WEATHER, Filling(draft, turn))


def _places(filling: Filling) -> tuple[Choice, ...]:
    return tuple(Choice(id_, name) for id_, name in filling.known("places"))


def _several(filling: Filling) -> bool:
    return len(filling.known("places")) > 1


def _title(filling: Filling) -> str:
    kind = filling.get("kind")
    return _(KIND_NAMES[kind]) if kind else _("Weather warning")


def _alert(filling: Filling) -> WeatherAlert:
    turn = filling.turn
    return WeatherAlert(
        ref=filling.draft.tag,
        kind=str(filling.get("kind")),
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
        "Their liaisons are told now, to ring or visit them within a day.",
        "%(what)s\n%(count)d elders are at risk (classes B to D, alone, bedridden, from 80 on). "
        "Their liaisons are told now, to ring or visit them within a day.",
        count,
    )
    gaps = {"what": _name(turn, alert), "count": count}
    return form.last_look(filling, text % gaps, _("✅ Call it"))


def _submit(filling: Filling) -> list[Reply]:
    turn, alert = filling.turn, _alert(filling)
    form.drop(filling)
    turn.session.add(alert)
    turn.session.add(Audit(at=turn.now, staff_id=turn.staff.id, action="weather",
                           detail=f"{alert.kind} {alert.ref}"))  # fmt: skip
    turn.session.flush()
    return [_card(turn, alert), *_tell(turn, alert)]


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
        return Reply(text % gaps, rows, f"weather {alert.ref}", to=chat, lane=NUDGE)


WEATHER = Form(
    name="weather",
    version=1,
    questions=(
        Question("kind", N_("Warning"), N_("Which warning?"),
                 choices=tuple(Choice(code, label) for code, label in KIND_NAMES.items())),
        Question("place", N_("Place"), N_("For which place?"), choices=_places, when=_several),
        Question("span", N_("How long"), N_("How long is it in force?"),
                 choices=tuple(Choice(code, label) for code, label in SPANS.items())),
    ),
    title=_title,
    review=_review,
    submit=_submit,
)  # fmt: skip
