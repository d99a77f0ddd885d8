"""Where a case may lead besides its group: the relief room, the fast-track, another group."""

from collections.abc import Collection

from handlers.case_words import CATEGORIES
from handlers.concern_words import GROUP_NAMES
from handlers.talk import Button
from handlers.turn import Turn
from locales import gettext as _
from models.case import COORDINATOR, EMERGENCY, GROUP, LIAISON, RESOLVED, UNRESOLVED, Case
from models.consent import SHARING, withheld

ROOM_GROUPS, FAST_GROUPS = ("comfort", "legal"), ("medical",)
USERS = frozenset((LIAISON, COORDINATOR, GROUP))


def may_use(case: Case, is_: Collection[str]) -> bool:
    return bool(USERS & set(is_)) and case.state in (*UNRESOLVED, RESOLVED)


def ways(case: Case, is_: Collection[str]) -> list[Button]:
    """The buttons below the card of a case, for who may read it."""
    groups, found = {case.service_group, case.also_group}, list[Button]()
    if not may_use(case, is_):
        return found
    if groups.intersection(ROOM_GROUPS):
        found.append(Button(_("Relief room"), f"/room #{case.number}"))
    if groups.intersection(FAST_GROUPS):
        found.append(Button(_("Fast-track"), f"/fast {case.number}"))
    return found


def may_go_to(turn: Turn, case: Case) -> Collection[str]:
    """The groups it may be referred to: suspected abuse is for the legal group alone, and what an
    elder does not want to be shared for nobody besides who has it; but where life is in danger,
    whoever must come."""
    usual = CATEGORIES[case.category]
    if not case.restricted or case.severity == EMERGENCY:
        groups = set(GROUP_NAMES)
    elif usual.restricted:
        groups = {usual.group}
    else:
        groups = set() if SHARING in withheld(turn.session, case.elder_id) else set(GROUP_NAMES)
    return groups - {case.service_group}
