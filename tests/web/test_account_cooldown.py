"""The clock of a cooldown on its inbox's page: what it began with, how long it runs, who may end it or start one."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from nimbus.models import AuditEvent, CooldownRow, EmailAccountHealth
from nimbus.services.review_due import review_workspace
from tests.factories import make_email_account, make_send
from tests.services.hearing import hear
from tests.web.reading import links, words

PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
def complained(app, cast):
    """The page of an inbox about whose message, the second of these, somebody complained so many times."""

    def page(times=1, **values):
        workspace_id = cast.alice.workspace_id
        with app.app_context():
            account_id = make_email_account(workspace_id, **values)
            for number in range(times):
                send_id = make_send(
                    workspace_id, account_id, state="sent", recipient=f"eve{number}@example.com"
                )
                about = {"send_id": send_id, "cause": f"send:{send_id}"}
                hear(workspace_id, account_id, "sent", "complaint", **about, detail="It is spam.")
                review_workspace(workspace_id)
        return f"/email-accounts/{account_id}", send_id

    return page


@pytest.mark.claim("C41")
def test_the_clock_says_why_since_when_until_when_and_for_how_long(alice, complained):
    url, send_id = complained()
    page = alice.get(url).text

    assert "Cooldown Why After a complaint Cooldown after a complaint about its mail step 1" in words(page)
    assert "step 1 within 30 days; another one would last 3 d" in words(page)
    assert "Began with Complaint just now It is spam." in words(page)
    assert f"/messages/{send_id}" in links(page)
    assert words(page).count("Europe/Paris") >= 3
    assert "UTC Ends" in words(page)
    assert "1 d left Meanwhile Campaigns and messages wait, warmup goes on" in words(page)
    assert 'data-left="86' in page


@pytest.mark.claim("C41")
def test_the_clock_goes_when_its_time_is_over_and_stays_in_the_history(alice, clock, complained):
    url, _ = complained()
    clock.advance(hours=25)
    page = words(alice.get(url).text)

    assert "It does not cool down." in page
    assert "Earlier cooldowns 1 d ago After a complaint" in page
    assert "ended by itself" in page


def test_the_log_says_what_a_cooldown_began_with_in_words(browse, complained):
    adam = browse("adam")
    url, send_id = complained()
    adam.post(f"{url}/rest", {"hours": "168"})
    log = words(adam.get(f"{url}/log").text)

    assert f"After a complaint Cause message {send_id} Counted step 1, until" in log
    assert "UTC" in log
    assert "person:" not in log


def test_an_admin_ends_the_first_complaints_clock_and_nobody_the_second(browse, complained):
    adam = browse("adam")
    url, _ = complained()
    ended = words(adam.post(f"{url}/standing", {"move": "end_cooldown"}, follow=True).text)
    assert "The cooldown was ended." in ended
    assert "ended early by Adam" in ended
    assert "It does not cool down." in ended

    url, _ = complained(2, email="ben@acme.test")
    page = adam.get(url).text
    assert "A second complaint within 30 days has to be sat out." in words(page)
    assert "End the cooldown now" not in page
    refused = words(adam.post(f"{url}/standing", {"move": "end_cooldown"}, follow=True).text)
    assert "A second complaint within 30 days has to be sat out." in refused
    assert "The cooldown was ended." not in refused


def test_a_third_complaint_waits_for_an_owner_and_the_page_says_it(alice, clock, complained):
    url, _ = complained(3)
    clock.advance(days=8)
    page = words(alice.get(url).text)

    assert "Ends An owner has to look at its complaints first" in page
    assert "Its complaints were looked at" in page


@pytest.mark.parametrize(("hours", "left"), [("1", "1 h"), ("24", "1 d"), ("168", "7 d")])
def test_an_admin_lets_an_inbox_rest_for_a_while(browse, read, ava, hours, left):
    adam = browse("adam")
    page = words(adam.post(f"{ava}/rest", {"hours": hours}, follow=True).text)

    assert "It rests until" in page
    assert "decision Adam let it rest" in page
    assert f"{left} left" in page
    assert read(CooldownRow)[0].kind == "manual"
    assert [each.action for each in read(AuditEvent)][-1] == "account_changed"


def test_a_moment_of_the_workspaces_clock_goes_before_a_length(alice, read, ava, clock):
    local = (clock.now() + timedelta(hours=50)).astimezone(PARIS).strftime("%Y-%m-%dT%H:%M")

    alice.post(f"{ava}/rest", {"hours": "1", "until": local})

    assert f"{read(EmailAccountHealth)[0].cooldown_until.astimezone(PARIS):%Y-%m-%dT%H:%M}" == local


@pytest.mark.parametrize("htmx", [False, True])
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"until": "tomorrow"}, "Choose a day and a time."),
        ({"until": "2020-01-01T10:00"}, "Choose a moment within the next 30 days."),
        ({"until": "9999-12-31T23:59"}, "Choose a moment within the next 30 days."),
        ({"until": "0001-01-01T00:00"}, "Choose a moment within the next 30 days."),
        ({"hours": "5"}, "Not a valid choice."),
    ],
)
def test_what_is_no_rest_is_said_beside_its_field_and_nothing_rests(alice, read, ava, typed, said, htmx):
    answer = alice.post(f"{ava}/rest", {"hours": "1"} | typed, htmx=htmx)

    assert answer.status_code == 422
    assert said in words(answer.text)
    assert typed.get("until", "") in answer.text
    assert read(CooldownRow) == []


def test_an_operator_can_neither_start_nor_end_one(browse, read, complained):
    bob = browse("bob")
    url, _ = complained()
    page = bob.get(url).text

    assert "Owners and admins can end it early." in words(page)
    assert bob.post(f"{url}/rest", {"hours": "1"}).status_code == 403
    assert [row.kind for row in read(CooldownRow)] == ["complaint"]
