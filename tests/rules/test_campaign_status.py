"""One word, one reason, one action for a campaign."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from nimbus.rules.campaign_state import CampaignState
from nimbus.rules.campaign_status import CampaignAction, CampaignFacts, judge_campaign

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
RUNS = CampaignFacts(
    now=NOW,
    timezone="UTC",
    state=CampaignState.RUNNING,
    throttled_since=None,
    next_at=NOW + timedelta(minutes=15),
    sentence=None,
    contacts=20,
    waiting=3,
)


@pytest.mark.parametrize(
    ("changes", "word", "reason", "action"),
    [
        ({}, "Running", "Next batch at 12:15.", None),
        ({"next_at": NOW}, "Running", "Next batch now.", None),
        ({"next_at": NOW + timedelta(days=1)}, "Running", "Next batch on 3 Mar at 12:00.", None),
        ({"throttled_since": NOW, "sentence": "Why."}, "Throttled", "Why.", CampaignAction.SEE_WHY),
        ({"throttled_since": NOW}, "Throttled", "No inbox may send what is due.", CampaignAction.SEE_WHY),
        (
            {"throttled_since": NOW, "state": CampaignState.PAUSED},
            "Paused",
            "Nothing leaves until somebody resumes it.",
            CampaignAction.RESUME,
        ),
        (
            {"state": CampaignState.DRAFT},
            "Draft",
            "Nothing leaves before it is launched.",
            CampaignAction.GO_ON,
        ),
        (
            {"state": CampaignState.FINISHED},
            "Finished",
            "Ended by hand, with 3 of 20 contacts not through.",
            None,
        ),
        ({"state": CampaignState.FINISHED, "waiting": 0}, "Finished", "Every contact is through.", None),
    ],
)
def test_every_state_has_a_word_a_reason_and_what_can_be_done(changes, word, reason, action):
    status = judge_campaign(replace(RUNS, **changes))

    assert (status.word, status.reason, status.action) == (word, reason, action)
