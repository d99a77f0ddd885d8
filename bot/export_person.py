"""The command `export-person`: everything kept about one elder as a file to hand over."""

from datetime import UTC, datetime
from pathlib import Path

from sqlmodel import Session, select

from bot.backup import opened, prepare
from bot.config import Problem, Settings
from handlers.documents.dossier import dossier, watermark
from locales import gettext as _
from models.audit import Audit
from models.elder import FORGOTTEN, Elder


def export_person(settings: Settings, code: str, file: Path, why: str) -> int:
    """Writes the workbook, or the zip of it and the pictures, readable by the operator only, and
    the audit line with the reason."""
    now = datetime.now(UTC)
    with opened(prepare(settings)) as engine, Session(engine) as session:
        elder = session.exec(select(Elder).where(Elder.code == code.upper())).first()
        if elder is None or elder.state == FORGOTTEN:
            raise Problem(_("There is no elder with the code %(code)s.") % {"code": code})
        line = watermark(elder.code, _("The operator"), now.astimezone(settings.zone).date(), why)
        name, data = dossier(session, elder, line, settings.zone)
        session.add(Audit(at=now, elder_id=elder.id, action="export_person", detail=why))
        session.commit()
    file = file.with_suffix(Path(name).suffix)
    file.touch(mode=0o600)
    file.write_bytes(data)
    print(_("Written to %(file)s.") % {"file": file})
    return 0
