"""A campaign in one word, with the reason that belongs to it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nimbus.rules.campaign_moment import MomentFacts, judge_moment
from nimbus.rules.campaign_state import CampaignState

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SENDS = MomentFacts(
    state=CampaignState.RUNNING,
    zone="Europe/Paris",
    throttled_since=None,
    put_off=0,
    due=12,
    opens_at=None,
    next_at=NOW + timedelta(minutes=15),
    contacts=20,
    waiting=3,
)
STUCK = {"throttled_since": NOW, "put_off": 3}
SAID = "Since 10:00 on 2 Mar no inbox may take what is due: 3 messages wait for the next try."


@pytest.mark.parametrize(
    ("facts", "word", "reason"),
    [
        ({}, "Running", "12 messages leave as inboxes have room and their next slot comes."),
        ({"due": 1}, "Running", "1 message leaves as inboxes have room and their next slot comes."),
        ({"due": 0}, "Running", "Nobody is due before 10:15 on 2 Mar."),
        (STUCK, "Throttled", SAID),
        (STUCK | {"put_off": 1}, "Throttled", SAID.replace("3 messages wait", "1 message waits")),
    ],
)
def test_one_that_runs_says_what_it_waits_for_and_may_be_asked_for_a_batch(facts, word, reason):
    found = judge_moment(replace(SENDS, **facts))

    assert (found.word, found.reason) == (word, reason)
    assert found.may_begin


@pytest.mark.parametrize(
    ("facts", "word", "reason"),
    [
        ({"opens_at": NOW}, "Running", "These are not its hours: they open at 10:00 on 2 Mar."),
        (STUCK | {"opens_at": NOW}, "Throttled", SAID),
        (STUCK | {"state": CampaignState.PAUSED}, "Paused", "Nothing leaves until somebody resumes it."),
        (STUCK | {"state": CampaignState.DRAFT}, "Draft", "Nothing leaves before it is launched."),
        (
            STUCK | {"state": CampaignState.FINISHED},
            "Finished",
            "Ended by hand, with 3 of 20 contacts not through.",
        ),
    ],
)
def test_one_that_stands_still_says_why_and_no_batch_begins(facts, word, reason):
    found = judge_moment(replace(SENDS, **facts))

    assert (found.word, found.reason) == (word, reason)
    assert not found.may_begin
