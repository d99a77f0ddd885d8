"""Who acts on what, and in what time, written down a second time: a change must be meant."""

import pytest

from handlers.case_words import CATEGORIES, ENGLISH
from models.ladder import DEFAULTS, MINUTES, WORKDAYS

HOUR, DAY = 60, 24 * 60
GROUPS = {
    "medical": ("medical_acute", "medical_chronic", "medication", "fall", "nutrition",
                "checkup_followup", "discharge", "confusion"),
    "comfort": ("loneliness", "low_mood", "bereavement"),
    "housekeeping": ("repair", "utilities", "fire_risk", "heating_cooling", "cleaning",
                     "transport", "meals_delivery"),
    "legal": ("neglect", "abuse", "exploitation", "family_dispute", "property_will", "fraud"),
    "hardship": ("hardship",),
    "entitlement": ("reimbursement", "allowance", "pension", "policy_question"),
    "emergency": ("life_danger", "suicide_risk", "missing", "fire_gas_co", "no_contact"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("code", "group"), [(code, group) for group, codes in GROUPS.items() for code in codes]
)
def test_each_category_goes_to_its_group(code, group):
    assert CATEGORIES[code].group == group


@pytest.mark.parametrize(
    ("severity", "ack", "act", "resolve"),
    [
        (1, (10, MINUTES), (HOUR, MINUTES), (DAY, MINUTES)),
        (2, (2 * HOUR, MINUTES), (DAY, MINUTES), (3 * DAY, MINUTES)),
        (3, (1, WORKDAYS), (3 * DAY, MINUTES), (7 * DAY, MINUTES)),
        (4, (2, WORKDAYS), (7 * DAY, MINUTES), (30 * DAY, MINUTES)),
    ],
)
def test_the_usual_terms_are_as_written_here(severity, ack, act, resolve):
    terms = DEFAULTS[severity]
    assert (terms.ack, terms.act, terms.resolve) == (ack, act, resolve)


def test_danger_to_life_is_an_emergency_and_abuse_is_restricted():
    assert {one.code for one in CATEGORIES.values() if one.severity == 1} == {
        "life_danger", "suicide_risk", "missing", "fire_gas_co"}  # fmt: skip
    assert {one.code for one in CATEGORIES.values() if one.restricted} == {"abuse", "exploitation"}


def test_every_category_has_words_in_both_languages():
    assert set(ENGLISH) == set(CATEGORIES)
    assert all(one.words and ENGLISH[code] for code, one in CATEGORIES.items())
