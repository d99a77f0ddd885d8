"""A problem becomes a case: opened or joined, told at once, and said so to who reported it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlmodel import Session

from handlers.case_tell import desk, meant, renew_everywhere, tell
from handlers.case_words import CATEGORIES, MARKS
from handlers.concern_words import GROUP_NAMES, SEVERITY_NAMES
from handlers.emergency import call_line
from handlers.turn import Turn
from handlers.visit_concerns import Found
from locales import gettext as _
from models import case_query, case_record, record
from models.case import EMERGENCY, MENTIONED, MOVES, NO_CONTACT, OPEN, OPENED, Case
from models.case_record import Problem
from models.consent import SHARING, withheld
from models.elder import Elder
from models.ladder import AT_ONCE, Hours
from models.office_hours import office_hours
from models.staff import Staff
from models.unreached import HEARD_OF, IN_VAIN
from models.visit import Concern, Visit

OFFICE = "entitlement"  # the bureau office
UNWILLING = "unwilling"  # the follow-up by which the elder wishes no report
STEP = {OPENED: "open", "raise": "raise", "reopen": "reopen", "refer": "refer"}


@dataclass
class Opened:
    """What a problem became: `how` it was opened or joined, and who was written to of those who
    were meant to be."""

    case: Case
    how: str
    meant: list[Staff] = field(default_factory=list)
    told: list[Staff] = field(default_factory=list)


def hours_of(turn: Turn) -> Hours:
    return office_hours(turn.session, turn.office.zone)


def report(turn: Turn, elder: Elder, problem: Problem) -> Opened:
    """Opens or joins the case of this problem and tells who has to know at once."""
    problem = agreed(turn.session, elder, problem)
    case, how = case_record.open_or_join(
        turn.session, elder, problem, turn.staff, turn.now, hours_of(turn)
    )
    return announced(turn, elder, Opened(case, how))


def agreed(session: Session, elder: Elder, problem: Problem) -> Problem:
    """Of an elder who does not want it shared, the office itself sees to it; in an emergency
    whoever must come is told all the same (protection of life). Suspected abuse stays with the
    few who may know of it: the office's staff would be others, and more of them."""
    if problem.severity == EMERGENCY or SHARING not in withheld(session, elder.id):
        return problem
    if problem.restricted:
        return replace(problem, wish=problem.wish or _("nothing shared with service groups"))
    return replace(problem, service_group=OFFICE, also_group="", restricted=True)


def announced(turn: Turn, elder: Elder, one: Opened) -> Opened:
    if one.how in STEP:
        one.meant = meant(turn, one.case, elder, AT_ONCE[one.case.severity])
        one.told = tell(desk(turn), one.case, elder, STEP[one.how], one.meant)
    if one.how != OPENED:
        renew_everywhere(turn, one.case, elder, one.told)
    return one


# From a visit


def problem_of(found: Found, text: str, visit: Visit | None = None) -> Problem:
    category = CATEGORIES[found.category]
    return Problem(
        category=category.code,
        service_group=category.group,
        severity=found.severity,
        text=text,
        also_group=category.also,
        restricted=category.restricted,
        wish=text if category.restricted and found.detail == UNWILLING else "",
        visit_id=visit.id if visit else None,
    )


def words_of(found: Found) -> str:
    """Leaking roof: what the follow-up says, else the answer itself."""
    for detail in found.code.details:
        if detail.code == found.detail:
            return _(detail.label)
    return found.detail or _(found.code.label).partition(" ")[2]


def from_visit(
    turn: Turn,
    elder: Elder,
    visit: Visit,
    raised: Sequence[tuple[Found, Concern]],
    old: Visit | None = None,
    alarmed: Collection[int] = (),
) -> list[Opened]:
    """The cases of the concerns of a visit. What was told before, by the visit that this one
    corrects or while its card was filled in (`alarmed` are numbers of cases), is told again only
    where it is new, and withdrawn where it is not said any more."""
    before = _cases_of(turn, old) if old else {}
    before |= _numbered(turn, alarmed)
    if old is not None:
        _carry(turn, old, visit, before)
        take_back(turn, old, REACHED if visit.outcome in HEARD_OF else "")
    opened = []
    for found, concern in raised:
        one = _report_concern(turn, elder, visit, found, before.pop(found.category, None))
        concern.case_id = one.case.id
        opened.append(one)
    for case in before.values():
        retract(turn, case, elder, visit.change_reason)
    return opened


def promised_in(turn: Turn, opened: Iterable[Opened], text: str | None) -> None:
    """What was promised where abuse is suspected is read where the case is."""
    for one in opened:
        if text and one.case.restricted:
            words = _("Promised: %(text)s") % {"text": text}
            case_record.note_event(turn.session, one.case, "note", turn.staff, turn.now, words)


def _carry(turn: Turn, old: Visit, visit: Visit, before: dict[str, Case]) -> None:
    """An attempt that stays one goes on being looked into, and is not begun again."""
    for concern in record.concerns_of(turn.session, old.id):
        if concern.category == NO_CONTACT and visit.outcome in IN_VAIN and concern.case_id:
            turn.session.add(record.copied(Concern, concern, visit))
            before.pop(NO_CONTACT, None)


def _cases_of(turn: Turn, visit: Visit) -> dict[str, Case]:
    ids = [one.case_id for one in record.concerns_of(turn.session, visit.id) if one.case_id]
    found = [turn.session.get_one(Case, one) for one in ids]
    return {case.category: case for case in found}


def _numbered(turn: Turn, numbers: Collection[int]) -> dict[str, Case]:
    found = [case_query.by_number(turn.session, one) for one in numbers]
    return {one[0].category: one[0] for one in found if one}


def _report_concern(
    turn: Turn, elder: Elder, visit: Visit, found: Found, before: Case | None
) -> Opened:
    if before is None or before.state not in MOVES["raise"].states:
        return report(turn, elder, problem_of(found, words_of(found), visit))
    before.text = before.text or words_of(found)
    if before.severity == found.severity:
        return Opened(before, MENTIONED)
    case_record.raise_to(turn.session, before, found.severity, turn.staff, turn.now, hours_of(turn))
    return announced(turn, elder, Opened(before, "raise"))


def retract(turn: Turn, case: Case, elder: Elder, reason: str) -> None:
    """Its visit was voided, or says otherwise now: one mention less, and without any it goes."""
    if case.state not in MOVES["retract"].states:
        return
    told: list[Staff] = []
    if case.mentions > 1:
        case.mentions -= 1
        case_record.note_event(turn.session, case, "withdraw", turn.staff, turn.now, reason)
    else:
        case_record.move(
            turn.session, case, MOVES["retract"], turn.staff, turn.now, hours_of(turn), reason
        )
        told = tell_holders(turn, case, elder, "withdraw")
    renew_everywhere(turn, case, elder, told)


def withdraw_all(turn: Turn, visit: Visit, elder: Elder, reason: str) -> None:
    """The visit is void, and with it what it raised, and what it said of older cases."""
    take_back(turn, visit)
    for case in _cases_of(turn, visit).values():
        retract(turn, case, elder, reason)


def move_all(turn: Turn, visit: Visit, to: Elder, reason: str) -> None:
    """The visit was somebody else's: a case that only it opened goes along, with notice to
    those told; from one that others mentioned too it is taken out and reported anew."""
    was = turn.session.get_one(Elder, visit.elder_id)
    take_back(turn, visit)
    concerns = {one.case_id: one for one in record.concerns_of(turn.session, visit.id)}
    for case in _cases_of(turn, visit).values():
        if case.mentions > 1:
            retract(turn, case, was, reason)
            one = concerns[case.id]
            problem = Problem(one.category, one.service_group, one.severity, case.text)
            one.case_id = report(turn, to, problem).case.id
        elif case.state in MOVES["moved"].states:
            _move(turn, case, to, reason)


REACHED = "reached"
TAKEN_BACK = {
    "close": MOVES["unclose"],
    "reopen": MOVES["unreopen"],
    REACHED: MOVES["unreached"],
}


def take_back(turn: Turn, visit: Visit, but: str = "") -> None:
    """What this visit said of cases holds no more, unless more has happened; `but` one thing that
    its correction says too."""
    for event in case_query.said_in(turn.session, visit.root_id):
        if event.action == but:
            continue
        case = turn.session.get_one(Case, event.case_id)
        last = case_query.last_event(turn.session, case.id, *MOVES)
        what = TAKEN_BACK.get(event.action)
        if what and last and last.id == event.id and case.state in what.states:
            elder = turn.session.get_one(Elder, case.elder_id)
            case_record.move(
                turn.session,
                case,
                what,
                turn.staff,
                turn.now,
                hours_of(turn),
                **_resolver(turn, case),
            )
            _begun_again(turn, case, elder)


def _begun_again(turn: Turn, case: Case, elder: Elder) -> None:
    """Whoever was said to be reached is to be looked for: those who stopped must hear of it."""
    if case.state == OPEN:
        announced(turn, elder, Opened(case, "reopen"))
    else:
        renew_everywhere(turn, case, elder)


def _resolver(turn: Turn, case: Case) -> dict[str, Any]:
    """Whose work it was: not of who takes an answer back."""
    event = case_query.last_event(turn.session, case.id, "resolve")
    by = event.staff_id if event else None
    return {"resolved_by": by, "owner_id": case.owner_id or by}


def _move(turn: Turn, case: Case, to: Elder, reason: str) -> None:
    # not of whom: the case is read by those who do not look after that one
    text = _("%(reason)s: it was noted of somebody else") % {"reason": reason}
    case_record.move(
        turn.session, case, MOVES["moved"], turn.staff, turn.now, hours_of(turn), text,
        elder_id=to.id,
    )  # fmt: skip
    renew_everywhere(turn, case, to, tell_holders(turn, case, to, "moved"))


def tell_holders(turn: Turn, case: Case, elder: Elder, name: str) -> list[Staff]:
    """Everybody who was told of a case hears of its end."""
    people = {line.staff.id: line.staff for line in case_query.deliveries(turn.session, case.id)}
    people.pop(turn.staff.id, None)
    return tell(desk(turn), case, elder, name, people.values())


# What is said to who reported it


def number_first(opened: Iterable[Opened]) -> str:
    """☎️ What to call, where one of them is an emergency, or has become one by this mention."""
    calls = (call_line(one.case.category, one.case.severity) for one in opened)
    return next(filter(None, calls), "")


def lines(opened: Iterable[Opened]) -> list[str]:
    return [line for one in opened for line in _lines(one)]


def _lines(one: Opened) -> list[str]:
    case = one.case
    gaps = {
        "number": case.number,
        "mark": MARKS[case.severity],
        "severity": _(SEVERITY_NAMES[case.severity]),
        "group": _(GROUP_NAMES[case.service_group]),
        "names": _(", ").join(staff.name for staff in one.told),
        "times": case.mentions,
    }
    if one.how == MENTIONED:
        if case.mentions == 1:
            return [_("%(mark)s Case %(number)d (%(group)s): reported already.") % gaps]
        return [_("%(mark)s Added to case %(number)d (mentioned %(times)d times).") % gaps]
    if not one.meant:
        return [_("⚠️ Case %(number)d (%(group)s, %(severity)s): there is nobody to tell in that "
                  "group; the coordinator hears of it.") % gaps]  # fmt: skip
    if not one.told:
        first = _("⚠️ Case %(number)d (%(group)s, %(severity)s): nobody can be reached in chat; "
                  "please ring.") % gaps  # fmt: skip
        return [first, *phones(one.meant, one.told)]
    text = _("%(mark)s Case %(number)d (%(group)s, %(severity)s): told %(names)s.") % gaps
    return [text, *(phones(one.meant, one.told) if case.severity == EMERGENCY else [])]


def phones(people: Iterable[Staff], told: Iterable[Staff]) -> list[str]:
    """📞 刘强 +86 000 …: who can be rung; first those who must be, since no chat reaches them."""
    written = {staff.id for staff in told}
    found = sorted((staff for staff in people if staff.phone), key=lambda one: one.id in written)
    return [_phone(staff, staff.id in written) for staff in found]


def _phone(staff: Staff, written: bool) -> str:
    text = _("📞 %(name)s %(phone)s")
    if not written:
        text = _("📞 %(name)s %(phone)s, not in chat: please ring")
    return text % {"name": staff.name, "phone": staff.phone}
