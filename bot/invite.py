"""Invitations made by the operator on the command line."""

from datetime import UTC, datetime
from pathlib import Path

from sqlmodel import Session, col, or_, select

from bot.backup import opened, prepare
from bot.config import Problem, Settings
from bot.run import links
from handlers.documents.qr import qr_lines, qr_png
from handlers.join import ROLE_NAMES
from handlers.staff_desk import pretty
from locales import gettext as _
from models import people
from models.audit import Audit
from models.org import Unit
from models.staff import Staff


def invite(settings: Settings, who: str) -> int:
    """Prints code, link and QR picture of a new invitation, good once and for 24 hours."""
    with opened(prepare(settings)) as engine, Session(engine) as session:
        staff = only_one(session, who)
        at = datetime.now(UTC)
        code = people.invite(session, staff, None, at)
        session.add(Audit(at=at, action="invite", detail=staff.code))
        session.commit()
        show(session, settings, staff, code)
    return 0


def only_one(session: Session, who: str) -> Staff:
    """The one person meant by a name or code. Raises Problem naming those it could be."""
    fits = or_(col(Staff.name) == who, col(Staff.code) == who.upper())
    found = session.exec(select(Staff).where(fits, col(Staff.left_on).is_(None))).all()
    if not found:
        raise Problem(
            _("Nobody among the staff is called %(who)s: import the roster, or write the code.")
            % {"who": who}
        )
    if len(found) > 1:
        codes = ", ".join(described(session, staff) for staff in found)
        raise Problem(
            _("Several people are called %(who)s; write the code: %(codes)s.")
            % {"who": who, "codes": codes}
        )
    return found[0]


def described(session: Session, staff: Staff) -> str:
    unit = session.get(Unit, staff.unit_id)
    return f"{staff.code} ({unit.name if unit else ''})"


def show(session: Session, settings: Settings, staff: Staff, code: str) -> None:
    known = links(session)
    target = known["telegram"].format(code=code) if known else code
    print(_("Invitation for %(name)s (%(role)s), once, valid 24 hours:")
          % {"name": staff.name, "role": _(ROLE_NAMES[staff.role])})  # fmt: skip
    print(f"\n  {pretty(code)}\n")
    if known:
        print(f"  {target}\n")
    print(qr_lines(target))
    print(_("QR picture: %(file)s") % {"file": keep(settings.data_dir, staff.code, target)})


def keep(folder: Path, name: str, target: str) -> Path:
    """A picture of the invitation that only the operator can read."""
    folder.mkdir(parents=True, exist_ok=True)  # with a database elsewhere it may be new
    file = folder / f"invitation-{name}.png"
    file.touch(mode=0o600)
    file.write_bytes(qr_png(target))
    return file
