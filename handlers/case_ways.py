"""Where a case may lead besides its group: the worry-relief room and the hospital's fast-track."""

from collections.abc import Collection

from handlers.talk import Button
from locales import gettext as _
from models.case import COORDINATOR, GROUP, LIAISON, RESOLVED, UNRESOLVED, Case

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
