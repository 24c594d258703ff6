"""An account's page says why its score, its stage and its holds are what they are, and what leads out."""

import re
from datetime import timedelta

import pytest

from nimbus.clock import local_day, now
from nimbus.database import transaction
from nimbus.models import HealthDay
from nimbus.services.review_due import review_workspace
from tests.browse import Page
from tests.factories import make_email_account
from tests.services.hearing import hear
from tests.web.reading import words


@pytest.fixture
def judged(app, cast):
    """The page of an inbox after a look at what was heard of it: letters of its last mails, x for a failure."""

    def page(letters, *, stream="production", **values):
        workspace_id = cast.alice.workspace_id
        with app.app_context():
            account_id = make_email_account(workspace_id, **values)
            for letter in letters:
                more = {"x": ["permanent"], "c": ["complaint"], "i": ["placed_inbox"]}.get(letter, [])
                hear(workspace_id, account_id, "sent", *more, stream=stream)
            review_workspace(workspace_id)
        return f"/email-accounts/{account_id}"

    return page


@pytest.mark.claim("C30", partly=True)
def test_a_hold_says_by_which_numbers_it_came_and_what_ends_it(alice, judged):
    page = words(alice.get(judged(54 * "." + "xxxxxx")).text)

    assert "Bounces 7d 10.0 % (6 of 60) campaign mail and replies Critical: as elevated" in page
    assert "Health hold. Ends when bounces are under 2 %" in page
    assert "for its bounces. It lasts until" in page
    assert "At most 40 : Bounce rate 10.0 % (6 of 60) over 7 days" in page
    assert "Until below 2 % on two checks a day apart, then 20 clean sends." in page
    assert "Stage 1 of 5 Held at 1: bounce rate CRITICAL." in page
    assert "Stage changed from 3 to 1. A rate became critical" in page


def test_each_part_of_a_score_has_its_value_its_weight_its_points_and_where_it_comes_from(alice, judged):
    page = words(alice.get(judged(20 * ".")).text)

    assert "Domain Sending domain: no data yet – not counted" in page
    source = "0 of the last 20 attempts met a soft failure, a throttle or no connection"
    assert re.search(rf"Operations {source} 99 \d+ % \d+\.\d", page)
    assert "points, and nothing caps them." in page
    assert "Postmaster Gmail Postmaster: not connected, so nothing is known – not counted" in page
    assert "Bounce 0.0 permanent failures in 20.0 sends of 28 days, older ones weigh less" in page


def test_where_something_happens_to_a_rate_is_said_with_its_numbers(alice, judged):
    page = words(alice.get(judged("..")).text)

    assert "Bounces: elevated from 5.0 % with 3 bounces or more, and surely 2.0 % a health hold" in page
    assert "A hold ends under 0.1 % on two checks a day apart" in page
    assert "Complaints 7d 0.0 % (0 of 2) all mail Fine" in page


@pytest.fixture
def remembered(app, cast, make_page):
    """The page of an inbox whose score is known of these days, counted back from today."""

    def page(scores):
        url = make_page()
        account_id, today = int(url.rpartition("/")[2]), None
        flags = {"was_held": False, "was_cooling": True, "was_domain_paused": False}
        with app.app_context(), transaction() as session:
            today = local_day(now(), "Europe/Paris")
            session.add_all(
                HealthDay(
                    workspace_id=cast.alice.workspace_id,
                    account_id=account_id,
                    day=today - timedelta(days=ago),
                    score=score,
                    reputation=score,
                    stage=3,
                    limit=20,
                    **flags,
                )
                for ago, score in scores.items()
            )
        return url

    return page


def test_the_line_of_thirty_days_has_a_gap_where_no_day_is_known_and_a_table_of_the_same(alice, remembered):
    page = alice.get(remembered({0: 90, 1: 80, 4: 75, 29: 60, 28: 62, 30: 10})).text

    lines = [attrs["points"] for tag, attrs in Page(page).tags if tag == "polyline"]
    assert lines == ["0,40 10,38", "280,20 290,10"]
    assert [(a["cx"], a["cy"]) for tag, a in Page(page).tags if tag == "circle"] == [("250", "25")]
    assert "Score 60 to 90 on 5 of the last 30 days, 90 at the end." in words(page)
    assert words(page).count("cooling down") == 5


@pytest.mark.parametrize(
    ("scores", "said"),
    [
        ({}, "No day is known yet: the first figure comes with the first look."),
        ({0: 80}, "One day is known, with a score of 80: a line needs two."),
    ],
)
def test_fewer_than_two_days_make_no_line_and_the_page_says_so(alice, remembered, scores, said):
    page = alice.get(remembered(scores)).text

    assert said in words(page)
    assert "<polyline" not in page


@pytest.mark.claim("C30", partly=True)
def test_the_ladder_says_what_each_stage_opens_and_what_the_next_one_lacks_with_its_value(alice, judged):
    url = judged(100 * ".", stream="warmup", current_stage=0)
    page = words(alice.get(url).text)

    assert "Stage 1 of 5 Stage 2 needs 10 placement samples, has 0." in page
    assert "Stage 1: Warmup only here" in page
    assert "Stage 2: Nurture next 0 of 10 placement samples Inbox placement not known yet, needs 70 %" in page
    assert "Stage 3: Cold outreach Stage" not in page
    assert "Warmup progress 16 % for display, does not gate sending" in page


def test_what_is_wrong_goes_before_what_is_missing(alice, judged):
    page = words(alice.get(judged(12 * "i", stream="warmup", current_stage=0, cooldown_until=None)).text)

    assert "Stage 0 of 5 Stage 1 needs 20 warmup sends, has 12." in page
    assert "next 12 of 20 warmup sends" in page


def test_an_inbox_that_nothing_has_judged_says_so(alice, ava):
    page = words(alice.get(ava).text)

    assert "Nothing has judged it yet." in page
    assert "Health score not judged yet, counts as 70" in page


def test_looking_again_says_what_changed_and_then_that_nothing_did(browse, app, cast, ava):
    bob = browse("bob")
    with app.app_context():
        hear(cast.alice.workspace_id, int(ava.rpartition("/")[2]), "sent", times=30)

    first = words(bob.post(f"{ava}/look", follow=True).text)
    again = words(bob.post(f"{ava}/look", follow=True).text)

    assert "Looked again. Health score 8" in first
    assert "Bounces 7d 0.0 % (0 of 30)" in first
    assert "Looked again. Nothing changed." in again


def test_an_admin_moves_a_stage_and_the_log_says_who(browse, judged):
    adam, url = browse("adam"), judged(30 * ".")

    adam.post(f"{url}/standing", {"move": "promote"})
    page = words(adam.get(url).text)

    assert "Stage 4 of 5" in page
    assert "Promoted from stage 3 to 4 by Adam" in page


def test_what_cannot_be_done_is_said_on_the_page(alice, judged):
    url = judged("")

    page = words(alice.post(f"{url}/answer", {"move": "fixed"}, follow=True).text)

    assert "It is not held any more." in page


def test_an_operator_reads_who_may_decide_and_finds_no_button(browse, judged):
    page = browse("bob").get(judged("")).text

    assert "Owners and admins can move its stage and end a cooldown." in words(page)
    assert "/standing" not in page
    assert "/answer" not in page
    assert '/rest"' not in page
