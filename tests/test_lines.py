"""Choices as numbered lines, and what a number means."""

from tests.conversation import Person, Town


def zhou_on_matrix(town: Town) -> Person:
    return town.person("周明", "matrix", "@zhou:hs.test")


def test_a_number_answers_the_card_shown_last(town):
    zhou_on_matrix(town).talk("走访 高永昌", "怎么走访的?", "1", "怎么样")


def test_a_reply_to_a_card_whose_id_was_lost_in_a_crash_answers_it_too(town):
    zhou = zhou_on_matrix(town)
    zhou.talk("走访 高永昌", "怎么走访的?")
    zhou.send(text="1", card="$shown-but-not-marked")
    assert "上门" in zhou.text
    assert "怎么样" in zhou.text
