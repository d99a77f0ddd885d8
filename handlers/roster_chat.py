"""The roster as a file in the chat: read and checked as by `import`, looked at, then confirmed."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePath
from typing import Any
from uuid import UUID

from sqlmodel import col, delete

from handlers import form
from handlers.documents import roster_values
from handlers.documents.roster_file import Reading, read
from handlers.documents.roster_grid import check_kind
from handlers.documents.roster_report import report
from handlers.documents.roster_words import file_words, problem_lines
from handlers.order import order
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
from models.draft import in_hands
from models.elder import Elder
from models.roster import Plan, apply, plan
from models.roster_types import ELDERS
from models.staff import Staff

SHOWN = 12  # lines of problems; the marked table has them all


def is_table(sent: Attachment) -> bool:
    """Anything that is no picture: whether it can be read is told when it is."""
    return not sent.mime.startswith("image/")


def take(turn: Turn) -> list[Reply]:
    """A file was dropped into the chat. What it would change is found out beside the steps, since
    a county's roster takes seconds to read. Nothing is written yet."""
    sent = next(one for one in turn.said.attachments if is_table(one))
    check_arrived(sent)
    with _told():
        check_kind(sent.data, sent.name)  # what is no table takes no other table's place
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
    return [_reading(Filling(draft, turn)), order(turn, "roster_look", upload=upload.id.hex)]


def look_paper(turn: Turn, of: Mapping[str, Any]) -> list[Reply]:
    """What a table would change, and where it has to be mended. Nothing where it was discarded."""
    upload = turn.session.get(Upload, UUID(of["upload"]))
    drafts = in_hands(turn.session, [turn.staff.id])
    draft = next((one for one in drafts if upload and one.tag == upload.draft_tag), None)
    if upload is None or draft is None:
        return []
    filling = Filling(draft, turn)
    try:
        found = _planned(turn, upload)
    except Unclear as unclear:
        upload.looked = {"text": str(unclear), "seen": "", "sure": "", "hosted": True}
        return [_card(filling, upload)]
    _look(filling, upload, found)
    return [_card(filling, upload), *_marked(turn, found, upload.name)]


@contextmanager
def _told() -> Iterator[None]:
    """What a file is not, in a sentence."""
    try:
        yield
    except roster_values.Unclear as error:
        raise Unclear(file_words(error.code, error.gaps)) from None


Found = tuple[Reading, Plan]


def _planned(turn: Turn, upload: Upload) -> Found:
    """What the file says of today's register. Raises Unclear."""
    with _told():
        reading = read(upload.data, upload.name)
    within = turn.staff.unit_id
    with turn.session.no_autoflush:
        planned = plan(turn.session, reading.rows, turn.today, _("Our county"), within)
        planned.problems[:0] = reading.problems
    return reading, planned


def _upload(filling: Filling) -> Upload | None:
    return filling.turn.session.get(Upload, UUID(filling.known("upload")))


# The look at it


def _title(filling: Filling) -> str:
    return _("Roster %(file)s") % {"file": filling.known("name")}


def _reading(filling: Filling) -> Reply:
    text = _("%(title)s: I am reading it; what it would change comes here in a moment.")
    rows = _rows(filling, "")
    return Reply(text % {"title": _title(filling)}, rows, form.card_name(filling))


def _review(filling: Filling) -> Reply:
    """What was shown of it: reading it again would keep everybody waiting."""
    upload = _upload(filling)
    if upload is None:
        form.drop(filling)
        text = _("This table is not kept any longer. Please send the file again.")
        return Reply(text, (), form.card_name(filling))
    return _card(filling, upload) if upload.looked else _reading(filling)


def _look(filling: Filling, upload: Upload, found: Found) -> None:
    """Keeps what is shown, so that what is confirmed is what was looked at."""
    reading, planned = found
    text = "\n".join(_lines(filling, reading, planned))
    upload.looked = {
        "text": veil(text, filling.turn.masked),
        "seen": _seen(planned),
        "sure": _sure(reading, planned),
        "hosted": _hosted(filling),
    }


def _card(filling: Filling, upload: Upload) -> Reply:
    looked = upload.looked or {}
    name = form.card_name(filling)
    if looked["hosted"] and looked["seen"] and not _hosted(filling):
        text = _("%(title)s was looked at on the office's own network: go on there, or send the "
                 "file here once more.")  # fmt: skip
        return Reply(text % {"title": _title(filling)}, _rows(filling, ""), name)
    return Reply(looked["text"], _rows(filling, looked["sure"]), name)


def _hosted(filling: Filling) -> bool:
    return filling.turn.chat.network in filling.turn.office.hosted


def _lines(filling: Filling, reading: Reading, planned: Plan) -> list[str]:
    turn, hosted = filling.turn, _hosted(filling)
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


def _sure(reading: Reading, planned: Plan) -> str:
    """The label of the button that imports it; empty where there is nothing to import."""
    if planned.empty:
        return ""
    if planned.problems:
        good = len(reading.rows) - planned.bad_rows
        return _("Import the %(good)d good rows") % {"good": good}
    return _("✅ Import it")


def _rows(filling: Filling, sure: str) -> tuple[tuple[Button, ...], ...]:
    def button(label: str, code: str) -> Button:
        return form.form_button(filling.draft, label, code)

    first = ((button(sure, form.SUBMIT),),) if sure else ()
    return (*first, (button(_("Later"), form.PARK), button(_("Discard"), form.REALLY)))


def _marked(turn: Turn, found: Found, name: str) -> list[Reply]:
    if not any(problem.row for problem in found[1].problems):
        return []
    from handlers.documents.roster_marked import marked

    text = _("The same table: red cells have to be mended, a note on each says how.")
    file_name = _("%(file)s to mend.xlsx") % {"file": PurePath(name).stem[:40]}
    data = marked(found[0].grids, found[1].problems, lambda words: veil(words, turn.masked))
    return [Reply(text, file_name=file_name, file_data=data)]


# It is written


def _submit(filling: Filling) -> list[Reply]:
    turn, upload = filling.turn, _upload(filling)
    looked = upload.looked if upload else None
    if upload is None or not looked or not looked["sure"]:
        return [_review(filling)]
    found = reading, planned = _planned(turn, upload)
    if _seen(planned) != looked["seen"]:
        _look(filling, upload, found)
        form.touch(filling.draft, turn)
        card = _card(filling, upload)
        note = _("Something has changed meanwhile. This is how it would be now:")
        return [Reply(f"{note}\n{card.text}", card.rows, card.card)]
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
