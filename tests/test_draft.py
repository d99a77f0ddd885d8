"""Drafts are written all at once, and never over what another worker wrote meanwhile."""

from datetime import timedelta

import pytest
from sqlalchemy.orm.exc import StaleDataError
from sqlmodel import Session

from models.draft import Draft, as_read, store
from tests.conversation import MORNING

DAY = timedelta(days=1)


@pytest.fixture
def drafts(town, zhou):
    """Two open cards, as a worker read them."""
    zhou.say("/visit 高永昌").say("/visit 廖玉珍")
    return town.rows(Draft)


def write(town, drafts, now):
    with Session(town.database) as session:
        store(session, {draft.id: as_read(draft) for draft in drafts}, now)
        session.commit()


def changed(draft, **answers):
    return Draft(**dict(draft) | {"rev": draft.rev + 1, "answers": answers})


def test_what_was_added_changed_and_taken_away_is_written(town, drafts):
    first, second = drafts
    new = Draft(staff_id=first.staff_id, form="visit", subject="E0004", started_at=MORNING,
                updated_at=MORNING)  # fmt: skip
    write(town, drafts, [changed(first, how="phone"), new])
    found = {draft.id: draft.answers for draft in town.rows(Draft)}
    assert found == {first.id: {"how": "phone"}, new.id: {}}


@pytest.mark.parametrize(
    "what", [{"context": {"name": "高永昌"}}, {"parked": True}, {"started_at": MORNING - DAY}]
)
def test_what_a_dialogue_seldom_changes_is_written_when_it_does(town, drafts, what):
    first, second = drafts
    write(town, drafts, [Draft(**dict(first) | {"rev": first.rev + 1} | what), second])
    (found,) = town.rows(Draft, id=first.id)
    assert dict(found) == dict(first) | {"rev": first.rev + 1} | what


def test_of_two_workers_who_changed_one_draft_the_second_is_refused(town, drafts):
    write(town, drafts, [changed(drafts[0], how="phone"), drafts[1]])
    with pytest.raises(StaleDataError):
        write(town, drafts, [changed(drafts[0], how="video"), drafts[1]])
    assert [draft.answers for draft in town.rows(Draft, id=drafts[0].id)] == [{"how": "phone"}]


def test_a_draft_that_another_worker_changed_is_not_taken_away(town, drafts):
    write(town, drafts, [changed(drafts[0], how="phone"), drafts[1]])
    with pytest.raises(StaleDataError):
        write(town, drafts, [])
    assert len(town.rows(Draft)) == 2


def test_what_nobody_touched_is_not_written(town, drafts):
    write(town, drafts, drafts)
    assert {d.id: d.rev for d in town.rows(Draft)} == {d.id: d.rev for d in drafts}
