"""The visit to the family after a death ([S3] 病故必到): it is no visit to the elder and keeps
nobody due, but somebody came."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from handlers import form
from handlers.brief import audit
from handlers.dates import past_day
from handlers.pick import not_on_list
from handlers.questions import Choice, Filling, Form, Question, say_value, tidy
from handlers.report_sheets import printed
from handlers.talk import Button, Reply
from handlers.tell import to_liaisons, where
from handlers.trigger_words import within
from handlers.turn import Turn, Unclear, day
from locales import gettext as _
from locales import mark as N_
from models import ahead, lookup, record
from models import leave as leaves
from models.elder import DECEASED, Elder
from models.ids import new_id
from models.staff import COORDINATOR
from models.trigger import days_for
from models.visit import CONDOLENCE, Visit

SHOWN = 10
NOTHING = "nothing"
HOW = (
    Choice("in_person", N_("🚪 Went there")),
    Choice("phone", N_("📞 Rang")),
)


def condolence_command(turn: Turn, rest: str) -> list[Reply]:
    """/condolence — who died lately; /condolence CODE or NAME — the card."""
    died = [
        elder
        for elder in lookup.ended_lately(turn.session, turn.staff, turn.today, 50)
        if elder.state == DECEASED
    ]
    meant = [elder for elder in died if rest and rest in (elder.code, elder.name)]
    if len(meant) == 1:
        return [_begin(turn, meant[0])]
    if not died:
        return [Reply(_("Of your elders nobody has died lately."))]
    if rest and not meant:
        raise Unclear(not_on_list(rest))
    rows = tuple((button(turn, elder),) for elder in (meant or died)[:SHOWN])
    return [Reply(_("Whose family was visited?"), rows)]


def button(turn: Turn, elder: Elder) -> Button:
    return Button(turn.label(elder), f"/condolence {elder.code}")


def to_record(elder: Elder) -> Button:
    return Button(_("🕯 Saw the family…"), f"/condolence {elder.code}")


def _begin(turn: Turn, elder: Elder) -> Reply:
    people = [turn.staff, *leaves.liaisons_of(turn.session, elder, turn.today)]
    context = {
        "code": elder.code,
        "who": turn.kept(elder),
        "ended": (elder.ended_on or turn.today).isoformat(),
        "people": list({one.id.hex: [one.id.hex, one.name] for one in people}.values()),
    }
    draft = form.find_draft(turn, CONDOLE.name, elder.code)
    draft = draft or form.start(turn, CONDOLE, elder.code, {}, context)
    form.touch(draft, turn)
    return form.card(CONDOLE, Filling(draft, turn))


def _title(filling: Filling) -> str:
    who = filling.turn.label_of(filling.known("who"))
    return _("Condolence: %(who)s") % {"who": who}


def _people(filling: Filling) -> tuple[Choice, ...]:
    return tuple(Choice(id_, name) for id_, name in filling.known("people"))


def _at_the_desk(filling: Filling) -> bool:
    return filling.turn.staff.role == COORDINATOR and len(filling.known("people")) > 1


def _days(filling: Filling) -> tuple[Choice, ...]:
    """Not before the death."""
    today, ended = filling.turn.today, date.fromisoformat(filling.known("ended"))
    labels = (N_("Today"), N_("Yesterday"), N_("Two days ago"), N_("Three days ago"))
    days = [today - timedelta(days=n) for n in range(len(labels))]
    return tuple(
        Choice(on.isoformat(), label)
        for on, label in zip(days, labels, strict=True)
        if on >= ended or on == today
    )


def _read_day(filling: Filling, text: str) -> str:
    choice = next((one for one in _days(filling) if _(one.label) == tidy(text)), None)
    on = date.fromisoformat(choice.code) if choice else past_day(text, filling.turn.today)
    if on > filling.turn.today:
        raise Unclear(_("That day is still to come. Please write today or an earlier day."))
    if on < date.fromisoformat(filling.known("ended")):
        raise Unclear(_("That was before the death. Please write a day from then on."))
    return on.isoformat()


def _say_day(filling: Filling, value: str) -> str:
    return day(date.fromisoformat(value))


def _say_person(filling: Filling, value: str) -> str:
    return next((name for id_, name in filling.known("people") if id_ == value), "")


def _review(filling: Filling) -> Reply:
    said = {
        one.name: say_value(one, filling, filling.get(one.name)) if filling.get(one.name) else ""
        for one in CONDOLE.questions
    }
    text = _("%(title)s\n%(on)s · %(how)s · %(by)s\nFor the family: %(note)s")
    by = said["by"] or filling.turn.staff.name
    gaps = {**said, "by": by, "title": _title(filling), "how": printed(str(said["how"]))}
    return form.last_look(filling, text % gaps, _("✅ Write it down"))


def _submit(filling: Filling) -> list[Reply]:
    turn, code = filling.turn, filling.known("code")
    elder = lookup.by_code(turn.session, turn.staff, code, turn.today)
    form.drop(filling)
    if elder is None or elder.state != DECEASED:
        raise Unclear(not_on_list(code))
    visit = record.record(turn.session, _row(filling, elder), None)
    audit(turn, elder, CONDOLENCE)
    text = _("✅ Written down. %(who)s: the family was seen on %(day)s.")
    gaps = {"who": turn.label(elder), "day": day(visit.visited_on)}
    wrong = Button(_("Void it"), f"/fix {visit.ref} void")
    story = Button(_("The whole story"), f"/timeline {elder.code}")
    return [Reply(text % gaps, ((story, wrong),), form.card_name(filling), toast=_("Recorded"))]


def _row(filling: Filling, elder: Elder) -> Visit:
    turn, new = filling.turn, new_id()
    on, by = date.fromisoformat(filling.get("on")), filling.get("by")
    noon = datetime.combine(on, time(12), turn.office.zone).astimezone(UTC)
    return ahead.new(
        Visit,
        id=new,
        ref=filling.draft.tag,
        root_id=new,
        elder_id=elder.id,
        liaison_id=UUID(by) if by else turn.staff.id,
        recorded_by=turn.staff.id,
        mode=filling.get("how"),
        outcome=CONDOLENCE,
        visited_at=min(noon, turn.now),
        visited_on=on,
        logged_at=turn.now,
        note="" if filling.get("note") == NOTHING else str(filling.get("note")),
        draft_tag=filling.draft.tag,
    )


CONDOLE = Form(
    name="condolence",
    version=1,
    questions=(
        Question("by", N_("Who"), N_("Who went?"), choices=_people, when=_at_the_desk,
                 shown=_say_person),
        Question("how", N_("How"), N_("How was the family met?"), choices=HOW),
        Question("on", N_("Date"), N_("Which day was it? (tap, or write a date)"),
                 choices=_days, check=_read_day, shown=_say_day),
        Question("note", N_("The family"), N_("What does the family need? (tap or write)"),
                 choices=(Choice(NOTHING, N_("Nothing just now")),), free=True),
    ),
    title=_title,
    review=_review,
    submit=_submit,
)  # fmt: skip


# Whoever looked after the elder hears that it is over, and what is left to do


def tell_liaisons(turn: Turn, elder: Elder) -> list[Reply]:
    return to_liaisons(turn, elder, lambda: _has_died(turn, elder))


def _has_died(turn: Turn, elder: Elder) -> Reply:
    text = _(
        "%(who)s has died; visits and greetings have stopped. Please see the family: %(within)s."
    )
    gaps = {"who": where(turn, elder), "within": within(days_for(turn.session, "death"))}
    return Reply(text % gaps, ((to_record(elder),),))
