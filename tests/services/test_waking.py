"""Whatever could let a campaign that waits send wakes it at once; its floor and its pool are tried elsewhere."""

from datetime import timedelta

import pytest

from nimbus.clock import now
from nimbus.services.cool_down import cool_until, end_cooldowns
from nimbus.services.move_inbox import move_stage
from nimbus.services.review_due import review_workspace
from nimbus.services.run_batch import BatchDone, run_batch
from nimbus.services.update_account import change_limit
from tests.factories import make_inbox_day
from tests.services.campaigning import make_campaign, make_pool


@pytest.fixture(autouse=True)
def monday_morning(at):
    at("2026-03-02T09:00:01")


@pytest.fixture
def waiting(acme):
    """A campaign that its only inbox, which has these values, cannot serve; both ids."""

    def wait(prepare=lambda inbox: None, **values):
        [inbox] = make_pool(acme, 1, **values)
        prepare(inbox)
        campaign = make_campaign(acme, [inbox], 1)
        assert run_batch(acme, campaign) == BatchDone(0, 1)
        assert run_batch(acme, campaign) is None  # it is not due again yet
        return campaign, inbox

    return wait


def test_a_score_that_rises_wakes_it(acme, waiting):
    campaign, _inbox = waiting(overall_score=40)

    review_workspace(acme)

    assert run_batch(acme, campaign) is not None


def test_a_stage_that_is_raised_wakes_it(asker, acme, waiting):
    campaign, inbox = waiting(current_stage=2)

    move_stage(asker, inbox, up=True)

    assert run_batch(acme, campaign) == BatchDone(1, 0)


def test_a_limit_that_is_raised_wakes_it(asker, acme, waiting):
    campaign, inbox = waiting(lambda inbox: make_inbox_day(acme, inbox, sent=10), daily_send_limit=10)

    change_limit(asker, inbox, 20, seen=10)

    assert run_batch(acme, campaign) == BatchDone(1, 0)


def test_a_cooldown_that_is_ended_wakes_it(asker, acme, waiting):
    campaign, inbox = waiting(lambda inbox: cool_until(asker, inbox, now() + timedelta(hours=5)))

    end_cooldowns(asker, inbox)

    assert run_batch(acme, campaign) == BatchDone(1, 0)
