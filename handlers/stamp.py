"""What stands on everything that is taken away: who took it and when, and that demo data are."""

from dataclasses import replace

from sqlmodel import Session

from handlers.documents.chart import Chart, packed
from handlers.turn import Turn
from locales import gettext as _
from models.org import DEMO, setting


def demo(session: Session) -> str:
    """Empty in an office that is one."""
    return _("Demo data") if setting(session, DEMO, False) else ""


def stamped(session: Session, mark: str) -> str:
    said = demo(session)
    return _("%(demo)s · %(mark)s") % {"demo": said, "mark": mark} if said else mark


def watermark(turn: Turn, what: str) -> str:
    """The line above each table and under each page."""
    at = turn.now.astimezone(turn.office.zone)
    gaps = {"what": what, "name": turn.staff.name, "at": f"{at:%Y-%m-%d %H:%M}"}
    mark = _("%(what)s · taken by %(name)s, %(at)s · for official use only, not to be passed on")
    return stamped(turn.session, mark % gaps)


def picture(turn: Turn, drawn: Chart) -> bytes:
    return packed(replace(drawn, stamp=demo(turn.session)))
