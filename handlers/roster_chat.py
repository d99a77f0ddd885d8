"""The roster as a file in the chat: read and checked as by `import`, looked at, then confirmed."""

import hashlib
from pathlib import PurePath
from uuid import UUID

from sqlmodel import col, delete

from handlers import form
from handlers.documents import roster_values
from handlers.documents.roster_file import Reading, read
from handlers.documents.roster_report import report
from handlers.documents.roster_words import file_words, problem_lines
from handlers.photos import check_arrived
from handlers.questions import Filling, Form
from handlers.steering import Steering, steering, tell_moves
from handlers.talk import Attachment, Button, Reply
from handlers.turn import Turn, Unclear
from handlers.veil import veil
from locales import gettext as _
from locales import ngettext
from models.assignment import PRIMARY
from models.attachment import Upload
from models.caseload import Move
from models.elder import Elder
from models.roster import Plan, apply, plan
from models.roster_types import ELDERS
from models.staff import Staff

SHOWN = 12  # lines of problems; the marked table has them all


def is_table(sent: Attachment) -> bool:
    """Anything that is no picture: whether it can be read is told when it is."""
    return not sent.mime.startswith("image/")


def take(turn: Turn) -> list[Reply]:
    """A file was dropped into the chat: what it would change. Nothing is written yet."""
    sent = next(one for one in turn.said.attachments if is_table(one))
    check_arrived(sent)
    _read(sent.data, sent.name)  # what is no table takes no other table's place
    old = form.find_draft(turn, FORM.name, "")
    if old is not None:
        form.drop(Filling(old, turn))
    turn.session.exec(delete(Upload).where(col(Upload.staff_id) == turn.staff.id))
    draft = form.start(turn, FORM, "", {}, {})
    upload = Upload(
        staff_id=turn.staff.id,
        draft_tag=draft.tag,
        name=sent.name[:100],
        received_at=turn.now,
        data=sent.data,
    )
    turn.session.add(upload)
    draft.context = {"upload": str(upload.id), "name": upload.name}
    filling = Filling(draft, turn)
    found = _planned(filling)
    return [_card(filling, found), *_marked(turn, found, upload.name)]


def _read(data: bytes, name: str) -> Reading:
    try:
        return read(data, name)
    except roster_values.Unclear as error:
        raise Unclear(file_words(error.code, error.gaps)) from None


Found = tuple[Reading, Plan]


def _planned(filling: Filling) -> Found | None:
    """What the file says of today's register; None when the file is no longer kept."""
    turn = filling.turn
    upload = turn.session.get(Upload, UUID(filling.known("upload")))
    if upload is None:
        return None
    reading = _read(upload.data, upload.name)
    within = turn.staff.unit_id
    with turn.session.no_autoflush:
        planned = plan(turn.session, reading.rows, turn.today, _("Our county"), within)
    planned.problems[:0] = reading.problems
    return reading, planned


# The look at it


def _title(filling: Filling) -> str:
    return _("Roster %(file)s") % {"file": filling.known("name")}


def _review(filling: Filling) -> Reply:
    return _card(filling, _planned(filling))


def _card(filling: Filling, found: Found | None) -> Reply:
    if found is None:
        form.drop(filling)
        text = _("This table is not kept any longer. Please send the file again.")
        return Reply(text, (), form.card_name(filling))
    reading, planned = found
    lines = _lines(filling, reading, planned)
    seen = _seen(planned)
    if filling.known("seen") != seen:
        filling.draft.context = {**filling.draft.context, "seen": seen}
        form.touch(filling.draft, filling.turn)
    return Reply("\n".join(lines), _rows(filling, reading, planned), form.card_name(filling))


def _lines(filling: Filling, reading: Reading, planned: Plan) -> list[str]:
    turn = filling.turn
    hosted = turn.chat.network in turn.office.hosted
    lines = [_("%(title)s: nothing is written yet.") % {"title": _title(filling)}]
    lines += report(planned, reading.notices, values=hosted)
    lines += _problems(planned)
    if planned.empty and not planned.problems:
        lines.append(_("Nothing to change."))
    if not hosted:
        lines.append(_("⚠️ This network is not your office's own: delete the file here afterwards."))
        hide(turn, reading, planned)
    return lines


def hide(turn: Turn, reading: Reading, planned: Plan) -> None:
    """The names of all elders that may be spoken of."""
    for name in _names(reading, planned):
        turn.shown(name)


def _names(reading: Reading, planned: Plan) -> set[str]:
    known = [*planned.elders, *planned.missing_elders, *planned.without_liaison]
    changed = [one.thing for one in planned.changes if isinstance(one.thing, Elder)]
    written = {str(row.get("name") or "") for row in reading.rows if row.kind == ELDERS}
    said = {str(row.get("elder") or "") for row in reading.rows}
    return {one.name for one in (*known, *changed)} | (written | said) - {""}


def _problems(planned: Plan) -> list[str]:
    if not planned.problems:
        return []
    head = ngettext(
        "🔴 %(count)d row has to be mended:",
        "🔴 %(count)d rows have to be mended:",
        planned.bad_rows,
    ) % {"count": planned.bad_rows}
    lines = list(problem_lines(planned.problems))
    rest = len(lines) - SHOWN
    more = [_("… and %(count)d more lines in the marked table") % {"count": rest}]
    return [head, *lines[:SHOWN], *(more if rest > 0 else [])]


def _seen(planned: Plan) -> str:
    """The same for the same plan: what is confirmed is what was looked at."""
    said = "\n".join([*report(planned), *problem_lines(planned.problems)])
    return hashlib.sha256(said.encode()).hexdigest()[:12]


def _rows(filling: Filling, reading: Reading, planned: Plan) -> tuple[tuple[Button, ...], ...]:
    def button(label: str, code: str) -> Button:
        return form.form_button(filling.draft, label, code)

    label = _("✅ Import it")
    if planned.problems:
        good = len(reading.rows) - planned.bad_rows
        label = _("Import the %(good)d good rows") % {"good": good}
    sure = () if planned.empty else ((button(label, form.SUBMIT),),)
    return (*sure, (button(_("Later"), form.PARK), button(_("Discard"), form.REALLY)))


def _marked(turn: Turn, found: Found | None, name: str) -> list[Reply]:
    if found is None or not any(problem.row for problem in found[1].problems):
        return []
    from handlers.documents.roster_marked import marked

    text = _("The same table: red cells have to be mended, a note on each says how.")
    file_name = _("%(file)s to mend.xlsx") % {"file": PurePath(name).stem[:40]}
    data = marked(found[0].grids, found[1].problems, lambda words: veil(words, turn.masked))
    return [Reply(text, file_name=file_name, file_data=data)]


# It is written


def _submit(filling: Filling) -> list[Reply]:
    turn, found = filling.turn, _planned(filling)
    if found is None or _seen(found[1]) != filling.known("seen") or found[1].empty:
        card = _card(filling, found)
        note = _("Something has changed meanwhile. This is how it would be now:")
        return [Reply(f"{note}\n{card.text}", card.rows, card.card)]
    reading, planned = found
    with steering(turn, "import") as step:
        moves = _moves(turn, planned)
        step.about = _about(planned)
        step.note(_detail(planned), "-", str(filling.known("name")))
        step.moved(moves, planned.elders)
        apply(turn.session, planned, turn.now, turn.staff.id)
        told = tell_moves(turn, step, moves)
    turn.session.exec(delete(Upload).where(col(Upload.staff_id) == turn.staff.id))
    form.drop(filling)
    return [_done(filling, planned, step), *told]


def _detail(planned: Plan) -> str:
    return (
        f"elders +{len(planned.elders)} ~{len(planned.changed(ELDERS))} staff +{len(planned.staff)}"
    )


def _about(planned: Plan) -> str:
    gaps = {"new": len(planned.elders), "changed": len(planned.changed(ELDERS))}
    return _("roster: %(new)d elders new, %(changed)d changed") % gaps


def _done(filling: Filling, planned: Plan, step: Steering) -> Reply:
    text = _("✅ Imported. %(about)s") % {"about": step.about}
    if planned.bad_rows:
        text += "\n" + _("%(count)d rows were left out: mend them and send the table again.") % {
            "count": planned.bad_rows
        }
    rows = [step.undo]
    if planned.staff:
        rows.insert(0, Button(_("Invite staff"), "/invite"))
    if planned.without_liaison:
        rows.insert(0, Button(_("Find somebody"), "/assign"))
    return Reply(text, form.in_rows(rows, 2), form.card_name(filling))


def _moves(turn: Turn, planned: Plan) -> list[Move]:
    """Who gets whom and from whom; the audit and those concerned are told."""
    with turn.session.no_autoflush:
        elders = {one.id: one for one in planned.elders}
        people = {one.id: one for one in planned.staff}
        ended = {(p.elder_id, p.role): p.staff_id for p in planned.ended_assignments}
        return [
            Move(
                elders.get(pair.elder_id) or turn.session.get_one(Elder, pair.elder_id),
                pair.role,
                _old(turn, ended.get((pair.elder_id, pair.role))),
                people.get(pair.staff_id) or turn.session.get_one(Staff, pair.staff_id),
            )
            for pair in sorted(planned.assignments, key=lambda one: one.role != PRIMARY)
        ]


def _old(turn: Turn, staff_id: UUID | None) -> Staff | None:
    return turn.session.get(Staff, staff_id) if staff_id else None


FORM = Form(
    name="roster",
    version=1,
    questions=(),
    title=_title,
    review=_review,
    submit=_submit,
)
