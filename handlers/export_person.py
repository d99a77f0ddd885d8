"""Handing over everything that is kept about one elder, with who asked for it and why."""

from collections.abc import Mapping
from typing import Any

from handlers import form
from handlers.brief import audit
from handlers.forget import WHO
from handlers.order import order
from handlers.pick import not_on_list, pick_elder
from handlers.questions import Choice, Filling, Form, Question, say_value
from handlers.talk import Button, Reply
from handlers.turn import Turn, Unclear
from locales import gettext as _
from locales import mark as N_
from models import lookup
from models.elder import Elder

WHY = (
    Choice("copy", N_("A copy for the elder")),
    Choice("family", N_("A copy for the family")),
    Choice("handover", N_("Handed to another office")),
    Choice("inspection", N_("An inspection")),
)


def export_person_command(turn: Turn, rest: str) -> list[Reply]:
    """/export-person ELDER — asks for whom, then everything as one file; audited."""
    if turn.chat.network not in turn.office.hosted:
        return [Reply(_("Such a file is made only on the office's own page or server."))]
    elder = lookup.by_code(turn.session, turn.staff, rest, turn.today)
    if elder is None:
        hits = lookup.find(turn.session, turn.staff, rest, turn.today) if rest else None
        if not hits or len(hits) != 1:
            return [pick_elder(turn, "/export-person", 0, hits, rest)]
        elder = hits[0]
    context = {"code": elder.code, "who": turn.kept(elder)}
    draft = form.start(turn, EXPORT, elder.code, {}, context)
    form.set_answers(draft, turn, {})
    return [form.card(EXPORT, Filling(draft, turn))]


def _title(filling: Filling) -> str:
    who = filling.turn.label_of(filling.known("who"))
    return _("Everything kept about %(who)s") % {"who": who}


def _submit(filling: Filling) -> list[Reply]:
    turn, code = filling.turn, filling.known("code")
    elder = lookup.by_code(turn.session, turn.staff, code, turn.today)
    if elder is None or turn.chat.network not in turn.office.hosted:
        raise Unclear(not_on_list(code))
    by = say_value(EXPORT.by_name["by"], filling, filling.get("by"))
    why = say_value(EXPORT.by_name["why"], filling, filling.get("why"))
    form.drop(filling)
    audit(turn, elder, "export_person", f"{by}, {why}")
    text = _("✅ Everything kept about %(who)s, for: %(by)s. Hand it over in person, then delete "
             "it from this chat.") % {"who": turn.label(elder), "by": by}  # fmt: skip
    rows = ((Button(_("Personal card"), f"/card {elder.code}"),),)
    file = order(turn, "export_person", code=elder.code, why=f"{by}, {why}")
    return [Reply(text, rows, form.card_name(filling)), file]


def person_paper(turn: Turn, of: Mapping[str, Any]) -> Reply:
    elder = lookup.by_code(turn.session, turn.staff, of["code"], turn.today)
    if elder is None or turn.chat.network not in turn.office.hosted:
        raise Unclear(not_on_list(of["code"]))
    return file_of(turn, elder, of["why"])


def file_of(turn: Turn, elder: Elder, why: str) -> Reply:
    from handlers.documents import dossier  # loaded when one is wanted

    mark = dossier.watermark(elder.code, turn.staff.name, turn.today, why)
    name, data = dossier.dossier(turn.session, elder, mark, turn.office.zone)
    return Reply(_("The file"), file_name=name, file_data=data)


EXPORT = Form(
    name="export_person",
    version=1,
    questions=(
        Question("by", N_("Who"), N_("Who asked for it?"), choices=WHO),
        Question("why", N_("Reason"), N_("What for? (tap or write)"), choices=WHY, free=True),
    ),
    title=_title,
    review=lambda filling: None,
    submit=_submit,
    at_once=True,
)
