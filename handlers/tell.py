"""Telling the coordinators at once what cannot wait: emergencies, urgent findings, a death."""

from uuid import UUID

from sqlmodel import col, select

from handlers.concern_words import GROUP_NAMES, SEVERITY_NAMES
from handlers.talk import Button, Reply, Rows
from handlers.turn import Office, Turn
from handlers.visit_concerns import Found
from locales import gettext as _
from locales import speaking
from models.elder import Elder, masked
from models.mailbox import EMERGENCY
from models.org import Unit, branch
from models.staff import COORDINATOR, Chat, Staff
from models.visit import Visit

ASK_COORDINATOR = ("deceased", "moved", "wrong_address")
MARKS = {1: "🆘", 2: "⚠️"}
TELL_FROM = 2  # severities 1 and 2 are told at once


def about(turn: Turn, visit: Visit, elder: Elder, concerns: list[Found]) -> list[Reply]:
    """Messages to every coordinator above this elder; masked, since they show on a lock screen."""
    grave = [one for one in concerns if one.severity <= TELL_FROM]
    if not grave and visit.outcome not in ASK_COORDINATOR:
        return []
    return [
        _message(turn, staff, chat, visit, elder, grave)
        for staff, chat in coordinators(turn, elder)
        if staff.id != turn.staff.id or not grave  # a death is confirmed also by who reports it
    ]


def withdrawn(turn: Turn, severity: int, was: Elder, now: Elder | None) -> list[Reply]:
    """An urgent record was moved to somebody else, or voided: help may be on its wrong way."""
    replies = []
    for staff, chat in coordinators(turn, was):
        if staff.id == turn.staff.id:
            continue
        with speaking(staff.locale or turn.office.locale):
            replies.append(
                Reply(_withdrawn_text(turn, severity, was, now), to=chat.id, lane=EMERGENCY)
            )
    return replies


def _withdrawn_text(turn: Turn, severity: int, was: Elder, now: Elder | None) -> str:
    gaps = {
        "liaison": turn.staff.name,
        "severity": _(SEVERITY_NAMES[severity]),
        "was": _where(turn, was),
    }
    if now is None:
        return _("Correction: what %(liaison)s reported (%(severity)s) is void: %(was)s.") % gaps
    return _("Correction: what %(liaison)s reported (%(severity)s) is not %(was)s but %(now)s.") % {
        **gaps,
        "now": _where(turn, now),
    }


def coordinators(turn: Turn, elder: Elder) -> list[tuple[Staff, Chat]]:
    """Who answers for this elder's branch and can be reached."""
    return coordinators_of(turn, elder.unit_id)


def coordinators_of(turn: Turn, unit_id: UUID) -> list[tuple[Staff, Chat]]:
    """The coordinators above one unit, by each of their chats."""
    statement = (
        select(Staff, Chat)
        .join(Chat, col(Chat.staff_id) == Staff.id)
        .where(Staff.role == COORDINATOR, col(Staff.left_on).is_(None), Chat.private)
    )
    found = turn.session.exec(statement).all()
    return [(s, chat) for s, chat in found if unit_id in branch(turn.session, s.unit_id)]


def chats_of(turn: Turn, staff: Staff) -> list[Chat]:
    """Where this person can be reached, the network used last first; the rest is not written to."""
    statement = select(Chat).where(Chat.staff_id == staff.id, col(Chat.unreachable_at).is_(None))
    return list(turn.session.exec(statement.order_by(col(Chat.last_at).desc())).all())[:1]


def _message(
    turn: Turn, staff: Staff, chat: Chat, visit: Visit, elder: Elder, grave: list[Found]
) -> Reply:
    with speaking(staff.locale or turn.office.locale):
        text = _grave_text(turn, elder, grave) if grave else _outcome_text(turn, elder, visit)
        return Reply(text, _rows(turn.office, elder, visit), to=chat.id, lane=EMERGENCY)


def _grave_text(turn: Turn, elder: Elder, grave: list[Found]) -> str:
    first = grave[0]
    groups = _(", ").join(dict.fromkeys(_(GROUP_NAMES[one.group]) for one in grave))
    return _("%(mark)s %(severity)s · %(groups)s · %(who)s %(code)s\nReported by %(liaison)s.") % {
        "mark": MARKS[first.severity],
        "severity": _(SEVERITY_NAMES[first.severity]),
        "groups": groups,
        "who": _where(turn, elder),
        "code": elder.code,
        "liaison": turn.staff.name,
    }


def _outcome_text(turn: Turn, elder: Elder, visit: Visit) -> str:
    gaps = {"who": _where(turn, elder), "code": elder.code, "liaison": turn.staff.name}
    if visit.outcome == "deceased":
        return _("%(liaison)s reports that %(who)s %(code)s has died. Please confirm.") % gaps
    return _("%(liaison)s did not find %(who)s %(code)s at the address. Please check it.") % gaps


def _where(turn: Turn, elder: Elder) -> str:
    unit = turn.session.get(Unit, elder.unit_id)
    return f"{masked(elder.name)} {unit.name if unit else ''}".strip()


def _rows(office: Office, elder: Elder, visit: Visit) -> Rows:
    look = Button(_("Card"), f"/brief {elder.code}")
    if visit.outcome == "deceased":
        return ((Button(_("Confirm the death"), f"/ended {elder.code} deceased"), look),)
    if visit.outcome == "moved":
        return ((Button(_("Has moved away"), f"/ended {elder.code} moved"), look),)
    return ((look, Button(_("History"), f"/history {elder.code}")),)
