"""An account's page says why its score, its stage and today's limit are what they are, and what leads out."""

import pytest

from nimbus.services.count_events import count_events
from nimbus.services.review_inboxes import review_inboxes
from tests.factories import make_email_account
from tests.services.hearing import hear
from tests.web.reading import words


@pytest.fixture
def judged(app, cast):
    """The page of an inbox after a look at what was heard of it: letters of its last mails, x for a failure."""

    def page(letters, **values):
        workspace_id = cast.alice.workspace_id
        with app.app_context():
            account_id = make_email_account(workspace_id, **values)
            for letter in letters:
                hear(
                    workspace_id,
                    account_id,
                    "sent",
                    *{"x": ["permanent"], "c": ["complaint"]}.get(letter, []),
                )
            count_events(workspace_id)
            review_inboxes(workspace_id)
        return f"/email-accounts/{account_id}"

    return page


@pytest.mark.claim("C30", partly=True)
def test_a_hold_says_by_which_numbers_it_came_and_what_ends_it(alice, judged):
    page = words(alice.get(judged(54 * "." + "xxxxxx")).text)

    assert "Bounces 7d 10.0 % (6 of 60) campaign mail and replies" in page
    assert "Health hold. Ends when bounces are under 2 %" in page
    assert "At most 40 Bounce rate 10.0 % (6 of 60) over 7 days" in page
    assert "Until below 2 % on two checks a day apart, then 20 clean sends" in page
    assert "Held at 1: bounce rate CRITICAL." in page
    assert "Stage changed from 3 to 1. A rate became critical" in page


def test_each_part_of_a_score_has_its_value_its_points_and_where_it_comes_from(alice, judged):
    page = words(alice.get(judged(20 * ".")).text)

    assert "Domain – not counted Sending domain: no data yet" in page
    assert "0 of the last 20 attempts met a soft failure, a throttle or no connection" in page
    assert page.count(" points ") == 3  # reputation, operations, and what is not known


def test_a_cooldown_says_why_since_when_and_for_how_long(alice, judged):
    page = words(alice.get(judged(30 * "." + "c")).text)

    assert "After a complaint: 1 d left (" in page
    assert "Why Cooldown after a complaint about its mail step 1 within 30 days, 1 event behind it" in page


def test_what_makes_todays_number_smaller_is_named_beside_it(alice, judged):
    page = words(alice.get(judged(54 * "." + "xxxxxx")).text)

    assert "Its score of 40 is under 70: 60 % of it: 12" in page
    assert "Daily limit 20 a day" in page


def test_an_admin_moves_a_stage_and_ends_a_cooldown_and_the_log_says_who(browse, judged):
    adam, url = browse("adam"), judged(30 * "." + "c")

    adam.post(f"{url}/standing", {"move": "promote"})
    adam.post(f"{url}/standing", {"move": "end_cooldown"})
    page = words(adam.get(url).text)

    assert "Stage 4 of 5" in page
    assert "Promoted from stage 3 to 4 by Adam" in page
    assert "Cooldown after a complaint ended early by Adam" in page
    assert "End the cooldown now" not in page


def test_what_cannot_be_done_is_said_on_the_page(alice, judged):
    url = judged("")

    page = words(alice.post(f"{url}/answer", {"move": "fixed"}, follow=True).text)

    assert "It is not held any more." in page


def test_an_operator_reads_who_may_decide_and_finds_no_button(browse, judged):
    page = browse("bob").get(judged("")).text

    assert "Owners and admins can move its stage and end a cooldown." in words(page)
    assert "/standing" not in page
    assert "/answer" not in page
