"""The words of the funnel: what each rule asks, what fails it, and the one sentence above."""

from dataclasses import replace

import pytest

from nimbus.rules.campaign_types import CampaignType
from nimbus.rules.campaign_why import examples_of, headline, title_of
from nimbus.rules.deferral import Judged
from nimbus.rules.eligibility import Code, Wanted, check
from tests.rules.test_eligibility import AVA, COLD

NURTURE = Wanted(CampaignType.NURTURE, 60)


def judged(*changes):
    inboxes = [replace(AVA, **each) for each in changes]
    return [Judged(each, check(each, COLD)) for each in inboxes]


def test_every_rule_is_what_an_inbox_has_to_have_for_this_campaign():
    assert title_of(Code.BELOW_SCORE, NURTURE) == "Health 60 or more"
    assert title_of(Code.STAGE_TOO_LOW, NURTURE) == "Stage 2 or more (nurture)"
    assert len({title_of(code, NURTURE) for code in Code}) == len(Code)


def test_scores_below_the_floor_are_named_nearest_first_each_once_and_five_at_most():
    pool = judged(*({"score": score} for score in (61, 69, 68, 69, 40, 50, 55)))

    assert examples_of(Code.BELOW_SCORE, pool) == "69, 68, 61, 55, 50 …"
    assert examples_of(Code.STAGE_TOO_LOW, pool) == ""


def test_an_inbox_is_an_example_only_of_the_first_rule_that_it_fails():
    pool = judged({"score": 61, "stage": 1}, {"stage": 2})

    assert examples_of(Code.STAGE_TOO_LOW, pool) == "stage 2"


SLOT = {"next_slot_at": AVA.resets_at}


@pytest.mark.parametrize(
    ("pool", "said"),
    [
        ((), "The sending pool has no inbox."),
        (({}, {"score": 61}), "1 of 2 inboxes may send right now."),
        ((SLOT, {"score": 61}), "1 of 2 inboxes may send, and each waits for its next slot."),
        (({"score": 61},), "No inbox of the pool may send right now: 1 inbox, and each has a reason."),
    ],
)
def test_the_headline_is_one_sentence(pool, said):
    assert headline(judged(*pool)) == said
