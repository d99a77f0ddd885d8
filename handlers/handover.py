"""Handing over the list of one liaison: to one person, by village, or to each one's backup."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from handlers import form
from handlers.broadcast_card import more
from handlers.questions import Choice, Filling, Form, Question, match, tidy
from handlers.steering import steering, tell_moves
from handlers.talk import Button, Reply, Rows
from handlers.turn import Turn, Unclear
from locales import gettext as _
from locales import mark as N_
from locales import ngettext
from models import caseload
from models.elder import Elder
from models.org import unit_name
from models.staff import Staff

ONE, VILLAGES, BACKUPS = "one", "villages", "backups"
WAYS = (
    Choice(ONE, N_("To one person")),
    Choice(VILLAGES, N_("By village")),
    Choice(BACKUPS, N_("To each backup")),
)
KEEP = "keep"
OFFERED, PLACES = 8, 12


@dataclass(frozen=True)
class Shares:
    """Who gets whom; `places` are the villages with those who live there, the largest first."""

    holder: Staff
    places: Mapping[UUID, list[Elder]]
    to: Mapping[UUID, Staff | None]  # elder: None stays where it is
    people: Mapping[str, Staff]  # who could take some, by code

    @property
    def counts(self) -> Counter[str]:
        return Counter(one.code for one in self.to.values() if one)

    @property
    def staying(self) -> int:
        return sum(one is None for one in self.to.values())


def handover_command(turn: Turn, rest: str) -> list[Reply]:
    """/handover — whose list, and to whom; /handover 周明 李娜 at once to the look at it."""
    words = tidy(rest).split()
    draft = form.start(turn, FORM, "", {}, {})
    if words:
        filling = Filling(draft, turn)
        form.set_answers(draft, turn, {"from": _read_holder(filling, words[0])})
    if len(words) > 1:
        to = _read_taker(Filling(draft, turn), words[1])
        form.set_answers(draft, turn, {**draft.answers, "way": ONE, "to": to})
    return [form.card(FORM, Filling(draft, turn))]


# Whose list


def _holders(filling: Filling) -> list[tuple[Staff, int]]:
    turn = filling.turn
    return caseload.holders(turn.session, turn.staff, turn.today)


def _holder_choices(filling: Filling) -> tuple[Choice, ...]:
    found = sorted(_holders(filling), key=lambda one: one[0].left_on is None)
    text = _("%(name)s (%(count)d)")
    return tuple(
        Choice(staff.code, text % {"name": staff.name, "count": count})
        for staff, count in found[:OFFERED]
    )


def _read_holder(filling: Filling, text: str) -> str:
    choice = match(_holder_choices(filling), text)
    found = [staff for staff, _count in _holders(filling)]
    return choice.code if choice else _meant(found, text).code


def _meant(people: list[Staff], text: str) -> Staff:
    asked = tidy(text)
    hits = [one for one in people if asked.upper() == one.code]
    hits = hits or [one for one in people if asked and asked in (one.name, one.pinyin)]
    hits = hits or [one for one in people if asked and asked in one.name]
    if len(hits) == 1:
        return hits[0]
    raise Unclear(
        _("There is no one liaison called “%(asked)s” there. Please tap, or write the code.")
        % {"asked": asked[:20]}
    )


def _say_person(filling: Filling, code: str) -> str:
    if code == KEEP:
        return _("stays")
    people = [*_takers(filling), *(staff for staff, _count in _holders(filling))]
    return next((one.name for one in people if one.code == code), code)


# To whom


def _takers(filling: Filling) -> list[Staff]:
    turn = filling.turn
    found = caseload.takers(turn.session, turn.staff, turn.today)
    return [one for one in found if one.code != filling.get("from")]


def _taker_choices(filling: Filling) -> tuple[Choice, ...]:
    """Backups of this list first, then those with the fewest; with how many each has."""
    turn, people = filling.turn, _takers(filling)
    sizes = caseload.sizes(turn.session, people, turn.today)
    backup = Counter(caseload.backups(turn.session, _elders(filling), turn.today).values())
    people.sort(key=lambda one: (-backup[one.id], sizes.get(one.id, 0), one.code))
    text = _("%(name)s (%(count)d)")
    return tuple(
        Choice(one.code, text % {"name": one.name, "count": sizes.get(one.id, 0)})
        for one in people[:OFFERED]
    )


def _village_takers(filling: Filling) -> tuple[Choice, ...]:
    return (*_taker_choices(filling), Choice(KEEP, N_("Stays"), words=("保留", "不变")))


def _read_taker(filling: Filling, text: str) -> str:
    choice = match(_village_takers(filling), text)
    if choice and (choice.code != KEEP or filling.get("way") == VILLAGES):
        return choice.code
    return _meant(_takers(filling), text).code


def _elders(filling: Filling) -> list[Elder]:
    turn, holder = filling.turn, _holder(filling)
    return caseload.caseload_of(turn.session, turn.staff, holder, turn.today) if holder else []


def _holder(filling: Filling) -> Staff | None:
    code = filling.get("from")
    return next((staff for staff, _count in _holders(filling) if staff.code == code), None)


# The look at it


def shares(filling: Filling) -> Shares | None:
    """As of now; None when this list is empty meanwhile."""
    turn, holder = filling.turn, _holder(filling)
    if holder is None:
        return None
    elders = caseload.caseload_of(turn.session, turn.staff, holder, turn.today)
    people = {one.code: one for one in _takers(filling)}
    places = dict(
        sorted(caseload.by_village(elders).items(), key=lambda one: (-len(one[1]), str(one[0])))
    )
    to = _SHARED[filling.get("way")](filling, places, people)
    return Shares(holder, places, to, people)


Places = Mapping[UUID, list[Elder]]
People = Mapping[str, Staff]


def _to_one(filling: Filling, places: Places, people: People) -> dict[UUID, Staff | None]:
    to = people.get(filling.get("to"))
    return {elder.id: to for elders in places.values() for elder in elders}


def _to_backups(filling: Filling, places: Places, people: People) -> dict[UUID, Staff | None]:
    turn, by_id = filling.turn, {one.id: one for one in people.values()}
    elders = [elder for village in places.values() for elder in village]
    backup = caseload.backups(turn.session, elders, turn.today)
    return {elder.id: by_id.get(backup[elder.id]) if elder.id in backup else None
            for elder in elders}  # fmt: skip


def _by_village(filling: Filling, places: Places, people: People) -> dict[UUID, Staff | None]:
    """What was chosen for a village, else whoever is backup of most of its people."""
    turn, by_id = filling.turn, {one.id: one for one in people.values()}
    elders = [elder for village in places.values() for elder in village]
    backup = caseload.backups(turn.session, elders, turn.today)
    chosen = _chosen(filling)
    found: dict[UUID, Staff | None] = {}
    for unit_id, village in places.items():
        code = chosen.get(str(unit_id))
        usual = caseload.usual_backup(village, backup)
        one = people.get(code) if code else by_id.get(usual) if usual else None
        found |= dict.fromkeys((elder.id for elder in village), one)
    return found


_SHARED = {ONE: _to_one, BACKUPS: _to_backups, VILLAGES: _by_village}


def _chosen(filling: Filling) -> dict[str, str]:
    """Village to the code of who takes it."""
    chosen = dict(filling.get("_split") or {})
    village, taker = filling.get("village"), filling.get("taker")
    return chosen | ({village: taker} if village and taker else {})


def _choose_village(filling: Filling, unit_id: str) -> bool:
    """Its button on the card was tapped: who takes it is asked."""
    found = shares(filling)
    if found is None or unit_id not in map(str, found.places):
        return False
    answers = {**filling.answers, "_split": _chosen(filling), "village": unit_id}
    answers.pop("taker", None)
    form.set_answers(filling.draft, filling.turn, {**answers, "taker": form.HOLE})
    filling.draft.context = {**filling.draft.context, "old": ["taker", None]}
    return True


def _ask_taker(filling: Filling) -> str:
    name = unit_name(filling.turn.session, UUID(filling.get("village")))
    return _("Who takes %(village)s? In brackets: how many each has already.") % {"village": name}


def _title(filling: Filling) -> str:
    holder = _holder(filling)
    if holder is None:
        return _("Hand over a list")
    return _("Hand over the list of %(name)s") % {"name": holder.name}


def _review(filling: Filling) -> Reply:
    found = shares(filling)
    if found is None:
        return Reply(_("This list is empty now."), (), form.card_name(filling))
    head = _("%(title)s: %(count)d elders. From today on:") % {
        "title": _title(filling),
        "count": len(found.to),
    }
    lines = [head, *_who_gets(filling.turn, found), *_stays(found)]
    return Reply("\n".join(lines), _review_rows(filling, found), form.card_name(filling))


def _who_gets(turn: Turn, found: Shares) -> list[str]:
    people = [found.people[code] for code in found.counts]
    sizes = caseload.sizes(turn.session, people, turn.today)
    text = _("• %(name)s gets %(count)d (%(before)d → %(after)d)")
    return [
        text
        % {
            "name": one.name,
            "count": found.counts[one.code],
            "before": sizes.get(one.id, 0),
            "after": sizes.get(one.id, 0) + found.counts[one.code],
        }
        for one in sorted(people, key=lambda one: -found.counts[one.code])
    ]


def _stays(found: Shares) -> list[str]:
    if not found.staying:
        return []
    text = _("• %(count)d stay with %(name)s")
    return [text % {"count": found.staying, "name": found.holder.name}]


def _review_rows(filling: Filling, found: Shares) -> Rows:
    def button(label: str, code: str) -> Button:
        return form.form_button(filling.draft, label, code)

    villages: Rows = ()
    if filling.get("way") == VILLAGES:
        buttons = [
            button(_village(filling.turn, found, unit_id), f"t:{unit_id}")
            for unit_id in list(found.places)[:PLACES]
        ]
        villages = form.in_rows(buttons, 2)
    sure = ((button(_("✅ Hand over %(count)d") % {"count": sum(found.counts.values())},
                    form.SUBMIT),),) if found.counts else ()  # fmt: skip
    return (
        *villages,
        *sure,
        (button(_("‹ Another way"), "q:way"), button(_("Later"), form.PARK),
         button(_("Discard"), form.REALLY)),
    )  # fmt: skip


def _village(turn: Turn, found: Shares, unit_id: UUID) -> str:
    to = found.to[found.places[unit_id][0].id]
    return _("%(village)s %(count)d → %(name)s") % {
        "village": unit_name(turn.session, unit_id),
        "count": len(found.places[unit_id]),
        "name": to.name if to else _("stays"),
    }


# It is done


def _submit(filling: Filling) -> list[Reply]:
    turn, found = filling.turn, shares(filling)
    if found is None or not found.counts:
        return [form.card(FORM, filling)]
    with steering(turn, "handover") as step:
        moves = [move for code in found.counts for move in _hand(turn, found, code)]
        step.about = _about(found)
        step.moved(moves)
        told = tell_moves(turn, step, moves)
    form.drop(filling)
    text = ngettext(
        "✅ Handed over: %(about)s. %(count)d person is told.",
        "✅ Handed over: %(about)s. %(count)d people are told.",
        len(step.told),
    ) % {"about": step.about, "count": len(step.told)}
    return [Reply(text, ((step.undo,),), form.card_name(filling)), *told]


def _hand(turn: Turn, found: Shares, code: str) -> list[caseload.Move]:
    by_id = {elder.id: elder for village in found.places.values() for elder in village}
    mine = defaultdict(list)
    for elder_id, one in found.to.items():
        mine[one.code if one else KEEP].append(by_id[elder_id])
    return caseload.hand(turn.session, mine[code], found.people[code], turn.today)


def _about(found: Shares) -> str:
    parts = [f"{found.people[code].name} {count}" for code, count in found.counts.most_common(4)]
    rest = len(found.counts) - len(parts)
    named = _(", ").join(parts)
    text = _("list of %(name)s → %(people)s")
    return text % {"name": found.holder.name, "people": f"{named} {more(rest)}" if rest else named}


def _asks_taker(filling: Filling) -> bool:
    return filling.get("way") == VILLAGES and bool(filling.get("village"))


FORM = Form(
    name="handover",
    version=1,
    questions=(
        Question(
            "from", N_("Whose list"), N_("Whose list is handed over? Tap, or write the name."),
            choices=_holder_choices, check=_read_holder, shown=_say_person,
            resets=("way", "to", "_split", "village", "taker"),
        ),
        Question(
            "way", N_("How"), N_("To whom shall it go?"), choices=WAYS,
            resets=("to", "_split", "village", "taker"),
        ),
        Question(
            "to", N_("To whom"),
            N_("Who takes the list? Tap, or write the name. In brackets: how many each has."),
            choices=_taker_choices, check=_read_taker, shown=_say_person,
            when=lambda filling: filling.get("way") == ONE,
        ),
        Question(
            "taker", N_("To whom"), _ask_taker, choices=_village_takers,
            check=_read_taker, shown=_say_person, when=_asks_taker, optional=True,
        ),
    ),
    title=_title,
    review=_review,
    submit=_submit,
    toggle=_choose_village,
)  # fmt: skip
