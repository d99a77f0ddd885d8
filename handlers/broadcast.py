"""A message of a coordinator to many: to whom, the words, a look at it, and only then it goes."""

import re
from dataclasses import replace
from datetime import timedelta

from handlers import broadcast_card, broadcast_text, form
from handlers.broadcast_plan import (
    NAMES,
    TOWN,
    Plan,
    audience,
    audiences,
    message,
    plan_of,
    read_names,
    say_names,
    text_of,
    towns,
)
from handlers.broadcast_text import COUNTED, TEMPLATES, gaps_in
from handlers.morning import Post
from handlers.nudge import write
from handlers.questions import TEXT, Filling, Form, Question, match
from handlers.talk import Button, Reply
from handlers.turn import Turn
from locales import gettext as _
from locales import mark as N_
from locales import ngettext
from models import broadcast
from models.audit import Audit
from models.broadcast import Broadcast
from models.ids import new_id
from models.mailbox import BROADCAST
from models.office_hours import quiet_until
from models.staff import COORDINATOR, LIAISON

RECENT, SHOWN = timedelta(days=14), 6
REF = re.compile(r"[0-9a-f]{12}")


def broadcast_command(turn: Turn, rest: str) -> list[Reply]:
    """/broadcast — write one; /broadcast WORDS — these words; /broadcast REF — its card."""
    ref, _gap, action = rest.partition(" ")
    if rest in ("list", "记录"):
        found = broadcast.recent(turn.session, turn.staff, turn.now - RECENT, SHOWN)
        return [broadcast_card.recent(found, turn.office)]
    if REF.fullmatch(ref):
        one = broadcast.by_ref(turn.session, turn.staff, ref)
        return [_act(turn, one, action) if one else Reply(_("That broadcast is not there."))]
    words = broadcast_text.checked(rest) if rest else ""
    draft = form.start(turn, FORM, "", {}, {})
    if words:
        form.put(Filling(draft, turn), "text", words)
    card = form.card(FORM, Filling(draft, turn))
    past = (Button(_("The last broadcasts"), "/broadcast list"),)
    return [replace(card, rows=(*card.rows, past))]


def _act(turn: Turn, one: Broadcast, action: str) -> Reply:
    if action == "names":
        return broadcast_card.names(turn.session, turn.office, one)
    if action == "stop" and one.stopped_at is None:
        broadcast.stop(turn.session, one, turn.staff, turn.now)
        _audit(turn, "broadcast_stop", one)
    return broadcast_card.progress(turn.session, turn.office, one, turn.now)


def _audit(turn: Turn, action: str, one: Broadcast) -> None:
    turn.session.add(
        Audit(at=turn.now, staff_id=turn.staff.id, action=action, detail=f"{one.ref} {one.count}")
    )


def already_sent(turn: Turn, tag: str) -> Reply | None:
    """The confirm button pressed once more: the card of what it sent, and nothing new."""
    one = broadcast.by_ref(turn.session, turn.staff, tag) if tag else None
    if one is None or turn.staff.role != COORDINATOR:
        return None
    card = broadcast_card.progress(turn.session, turn.office, one, turn.now)
    return replace(card, toast=_("Sent already; nothing goes out twice."))


# The words


def _ask_text(filling: Filling) -> str:
    lines = [
        _("Write the message, or tap a template."),
        _("Filled in for each person: %(gaps)s") % {"gaps": broadcast_text.known()},
    ]
    before = _edited(filling)
    if before:
        now = text_of(before, filling.get("meeting") or "…")
        lines.append(_("Now it reads (copy it and send it changed):\n%(text)s") % {"text": now})
    return "\n".join(lines)


def _edited(filling: Filling) -> str:
    """The text that was there when its question was opened again, if it was."""
    name, before = filling.known("old") or ("", None)
    return before if before and name == "text" and "text" in filling.answers else ""


def _read_text(filling: Filling, text: str) -> str:
    choice = match(TEMPLATES, text)
    return choice.code if choice else broadcast_text.checked(text)


# The look at it


def _title(filling: Filling) -> str:
    return _("Broadcast")


def _review(filling: Filling) -> Reply:
    plan = plan_of(filling)
    warning = _warning(filling, plan)
    lines = [_to_whom(filling, plan), *_left_out(plan), *_held(filling.turn)]
    lines += _without_counts(plan)
    if plan.ready:
        lines += ["", *_preview(filling, plan)]
    return Reply(
        "\n".join([*lines, *warning]), _review_rows(filling, plan, bool(warning)),
        form.card_name(filling),
    )  # fmt: skip


def _to_whom(filling: Filling, plan: Plan) -> str:
    gaps = {"audience": audience(filling), "count": len(plan.ready), "lost": len(plan.unreached)}
    if not plan.ready and plan.unreached:
        return ngettext(
            "Nobody of %(audience)s can be reached (%(lost)d person).",
            "Nobody of %(audience)s can be reached (%(lost)d people).",
            len(plan.unreached),
        ) % gaps  # fmt: skip
    if not plan.ready:
        return _("Nobody to send it to: %(audience)s.") % gaps
    if plan.unreached:
        return ngettext(
            "To %(audience)s: %(count)d person (%(lost)d more cannot be reached)",
            "To %(audience)s: %(count)d people (%(lost)d more cannot be reached)",
            len(plan.ready),
        ) % gaps  # fmt: skip
    return ngettext(
        "To %(audience)s: %(count)d person", "To %(audience)s: %(count)d people", len(plan.ready)
    ) % gaps  # fmt: skip


def _left_out(plan: Plan) -> list[str]:
    if not plan.away:
        return []
    return [_("⏸ On leave and left out: %(count)d") % {"count": plan.away}]


def _without_counts(plan: Plan) -> list[str]:
    others = any(staff.role != LIAISON for staff, _chat in plan.ready)
    if not others or not COUNTED & gaps_in(plan.text):
        return []
    return [_("The numbers are 0 for whoever is not a liaison.")]


def _held(turn: Turn) -> list[str]:
    start = quiet_until(turn.session, turn.now, turn.office.zone)
    if start is None:
        return []
    return [broadcast_card.held_until(turn.office, start)]


def _preview(filling: Filling, plan: Plan) -> list[str]:
    staff, _chat = plan.ready[0]
    head = _("%(name)s will read:") % {"name": staff.name}
    return [head, "┄┄┄┄┄┄", message(filling.turn, plan, staff), "┄┄┄┄┄┄"]


def _warning(filling: Filling, plan: Plan) -> list[str]:
    """Asks whether the very same text is meant to go out again, and remembers that it asked."""
    found = _same(filling, plan)
    if found is None:
        return []
    one, count = found
    if filling.known("asked") != one.ref:
        filling.draft.context = {**filling.draft.context, "asked": one.ref}
        form.touch(filling.draft, filling.turn)
    return [
        ngettext(
            "⚠️ %(ago)s the same text went to %(count)d of them. Send it once more?",
            "⚠️ %(ago)s the same text went to %(count)d of them. Send it once more?",
            count,
        )
        % {"ago": _ago(filling.turn.now - one.made_at), "count": count}
    ]


def _same(filling: Filling, plan: Plan) -> tuple[Broadcast, int] | None:
    turn = filling.turn
    return broadcast.same_before(
        turn.session, plan.text, [staff.id for staff, _chat in plan.ready], turn.now
    )


def _ago(span: timedelta) -> str:
    minutes = int(span.total_seconds() // 60)
    if minutes < 1:
        return _("just now")
    if minutes < 60:
        return ngettext("%(count)d minute ago", "%(count)d minutes ago", minutes) % {
            "count": minutes
        }
    hours = minutes // 60
    return ngettext("%(count)d hour ago", "%(count)d hours ago", hours) % {"count": hours}


def _review_rows(filling: Filling, plan: Plan, again: bool) -> tuple[tuple[Button, ...], ...]:
    def button(label: str, code: str) -> Button:
        return form.form_button(filling.draft, label, code)

    label = _("Yes, send again") if again else _("✅ Send to %(count)d")
    send = ((button(label % {"count": len(plan.ready)}, form.SUBMIT),),) if plan.ready else ()
    return (
        *send,
        (button(_("Change text"), "q:text"), button(_("Change whom"), "q:audience")),
        (button(_("Later"), form.PARK), button(_("Discard"), form.DISCARD)),
    )


# It goes


def _submit(filling: Filling) -> list[Reply]:
    turn, plan = filling.turn, plan_of(filling)
    same = _same(filling, plan)
    if not plan.ready or (same and filling.known("asked") != same[0].ref):
        return [form.card(FORM, filling)]
    one = _store(filling, plan)
    start = quiet_until(turn.session, turn.now, turn.office.zone)
    posts = [
        Post(chat, Reply(message(turn, plan, staff), lane=BROADCAST), broadcast.KIND,
             broadcast.key(one.id, staff.id), start)
        for staff, chat in plan.ready
    ]  # fmt: skip
    write(turn.session, posts, turn.now)
    form.drop(filling)
    return [broadcast_card.progress(turn.session, turn.office, one, turn.now)]


def _store(filling: Filling, plan: Plan) -> Broadcast:
    turn = filling.turn
    one = Broadcast(
        id=new_id(),
        ref=filling.draft.tag,
        made_by=turn.staff.id,
        made_at=turn.now,
        chat_id=turn.chat.id,
        text=plan.text,
        audience=audience(filling),
        count=len(plan.ready),
        unreached=[str(staff.id) for staff in plan.unreached],
    )
    turn.session.add(one)
    _audit(turn, "broadcast", one)
    return one


FORM = Form(
    name="broadcast",
    version=1,
    questions=(
        Question(
            "audience", N_("Whom"), N_("Who shall get it?"), choices=audiences,
            resets=("town", "names"),
        ),
        Question(
            "town", N_("Whom"), N_("Which town?"), choices=towns,
            when=lambda filling: filling.get("audience") == TOWN,
        ),
        Question(
            "names", N_("Whom"), N_("Write their names or codes, with blanks between them."),
            kind=TEXT, check=read_names, shown=say_names,
            when=lambda filling: filling.get("audience") == NAMES,
        ),
        Question(
            "text", N_("Text"), _ask_text, kind=TEXT, choices=TEMPLATES, across=1,
            check=_read_text, resets=("meeting",),
        ),
        Question(
            "meeting", N_("Text"),
            N_("When and where? For example: 15 Nov 9:00, town hall, room 2"),
            kind=TEXT, check=lambda _filling, text: broadcast_text.checked(text),
            when=lambda filling: filling.get("text") == "t.meeting",
        ),
    ),
    title=_title,
    review=_review,
    submit=_submit,
)  # fmt: skip
