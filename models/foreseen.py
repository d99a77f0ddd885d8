"""What a batch of messages will ask, as far as the messages show it.

Who opens the card of an elder or submits a visit asks the same few questions as the next one
who does: ten of each among a hundred messages made a hundred and twenty statements.
"""

from collections.abc import Iterable
from datetime import date
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from models import ahead
from models.agenda import office_policy
from models.card import KNOWN
from models.case_query import TROUBLED
from models.consent import WITHDRAWN
from models.due_query import read_recent
from models.lookup import LAST_DONE, own_by_code
from models.next_up import read_next_up
from models.record import OPEN_PROMISES


class Foreseen(NamedTuple):
    """A person, the code of an elder, and whether a visit is submitted or its card opened."""

    staff_id: UUID
    code: str
    submits: bool


def read_ahead(session: Session, all_: Iterable[Foreseen], today: date) -> None:
    """Nothing is read for those who are not their liaison: they ask for themselves."""
    wanted = {(one.staff_id, one.code): one.submits for one in all_}
    if len(wanted) < 2:
        return
    elders = own_by_code(session, wanted, today)
    ahead.put(session, {(own_by_code, pair): elder for pair, elder in elders.items()})
    opened = {elder.id for pair, elder in elders.items() if not wanted[pair]}
    submitted = {elder.id for pair, elder in elders.items() if wanted[pair]}
    for question in (LAST_DONE, OPEN_PROMISES):
        ahead.read(session, question, opened)
    for asked_twice in (TROUBLED, WITHDRAWN):
        ahead.read(session, asked_twice, opened | submitted)
    ahead.read(session, KNOWN, submitted)
    if submitted:
        people = {staff_id for (staff_id, _code), submits in wanted.items() if submits}
        after = read_next_up(session, people, today)
        read_recent(session, submitted | after, today, office_policy(session))
