"""The sheet of what called for somebody to come (五必到, 四必访), each kind by itself."""

from collections.abc import Iterator

from handlers.documents.sheets import Sheet, Value
from handlers.report_sheets import SIGNED, share
from handlers.trigger_words import KIND_NAMES, LIST_NAMES, TOLD, within
from handlers.turn import Turn
from locales import gettext as _
from models.report import Count, Report
from models.trigger import KINDS, days_for


def by_kind(turn: Turn, title: str, found: Report) -> Sheet:
    heads = (_("What happened"), _("Asked for by"), _("Within"), _("Achieved"), _("Of"),
             _("Share"), _("Counted from"))  # fmt: skip
    rows = [_row(turn, name, found.triggers.get(name, Count(0, 0))) for name in KINDS]
    whole = found.whole.shares["triggers"]
    rows.append((_("Total"), None, None, *whole, share(whole), None))
    rest = found.whole.but_for_many
    rows.append((_("But festivals, weather"), None, None, *rest, share(rest), None))
    return Sheet(
        _("Must-visit"), heads, rows, (16, 22, 13, 10, 10, 10, 78), above=(title,),
        below=tuple(_notes()),
    )  # fmt: skip


def _row(turn: Turn, name: str, count: Count) -> tuple[Value, ...]:
    days = days_for(turn.session, name)
    lists = _(", ").join(_(LIST_NAMES[one]) for one in KINDS[name].lists)
    return (_(KIND_NAMES[name]), lists, within(days), *count, share(count), _(TOLD[name]))


def _notes() -> Iterator[str]:
    yield _("What is not met counts only once its time is up; one visit may meet several. In "
            "person, unless the elder lives elsewhere.")  # fmt: skip
    yield _(SIGNED)
