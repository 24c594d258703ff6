"""Why a campaign does not send, found and repaired in a browser: operator tasks 8, 9 and 10."""

import pytest
from playwright.sync_api import expect

from nimbus.models import Campaign
from tests.e2e.campaigns import make_stopped, make_stuck, make_two
from tests.e2e.operator import Operator
from tests.factories import PASSWORD, reload

SENDER, RECIPIENT = "keeper@alpha.test", "friend@alpha.test"


@pytest.fixture
def stuck(app, owner):
    with app.app_context():
        return make_stuck(owner.workspace_id)


@pytest.mark.claim("C58", partly=True)
@pytest.mark.parametrize("keyboard", [False, True], ids=["pointer", "keyboard"])
def test_an_inbox_that_looks_healthy_and_sends_nothing_is_understood_and_repaired_in_three_clicks(
    app, owner, open_page, stuck, keyboard
):
    operator = Operator(open_page(owner), keyboard=keyboard)
    operator.open(f"/email-accounts/{stuck['low']}")
    operator.sees("Acme cold UK: not now", "lou@stuck-acme.test scores 68, the campaign needs 70.")

    operator.press("Acme cold UK", then="Acme cold UK")
    operator.sees("Throttled", "Near the floor of 70: lou@stuck-acme.test (68)")
    operator.press("Show", then="What would another floor change?")
    operator.sees("With a floor of 68, 1 inbox more could send now")
    with app.app_context():
        assert reload(Campaign, stuck["campaign"]).min_health_score == 70
    operator.press("Set the floor to 68", then="Acme cold UK")

    assert operator.clicks <= 3
    operator.sees("The floor is 68 now.", "Running", "1 message given to inboxes")
    expect(operator.page.get_by_text("Throttled", exact=True)).to_have_count(0)


@pytest.mark.claim("C44", partly=True)
@pytest.mark.parametrize(
    "options", [{}, {"phone": True}, {"script": False}], ids=["desk", "phone", "no script"]
)
def test_what_is_stuck_why_and_when_it_is_tried_again_is_read_in_two_clicks(owner, open_page, stuck, options):
    operator = Operator(open_page(owner, **options))
    operator.open("/")

    operator.press("1 campaign is throttled", then="Deliverability")

    assert operator.clicks <= 2
    operator.sees("Acme cold UK", "1 of 2 inboxes", "Next try")
    operator.press("See why", then="Acme cold UK")
    operator.sees("No inbox of the pool may send right now")


@pytest.mark.claim("C53", partly=True)
@pytest.mark.parametrize("phone", [False, True], ids=["desk", "phone"])
def test_from_what_a_paused_domain_holds_up_a_link_leads_to_the_record_that_fails(
    app, owner, open_page, phone
):
    with app.app_context():
        campaign = make_stopped(owner.workspace_id)
    operator = Operator(open_page(owner, phone=phone))
    operator.open("/")

    operator.press("1 campaign is throttled", then="Deliverability")
    operator.sees("Orbit nurture", "2 of 2 inboxes on a paused domain", "No reply can arrive (MX)")
    operator.press("Fix go-orbit.example", then="go-orbit.example")

    assert operator.clicks <= 2
    row = operator.page.locator("#check-mx")
    expect(row).to_be_in_viewport()
    for words in ("Fails", "Expected", "Found", "10 gone.example"):
        expect(row).to_contain_text(words)
    operator.open(f"/campaigns/{campaign}")
    operator.press("Fix go-orbit.example", then="go-orbit.example")
    expect(row).to_be_in_viewport()


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_the_next_batch_is_asked_for_and_followed_to_its_end(owner, open_page, stuck, script):
    operator = Operator(open_page(owner, script=script))
    operator.open(f"/campaigns/{stuck['campaign']}")

    operator.press("Run the next batch now", then="Acme cold UK")

    operator.sees("0 messages given to inboxes, 1 put off of 1 due, asked for by Dana")
    expect(operator.page.get_by_role("button", name="Run the next batch now")).to_be_visible()


@pytest.fixture
def two(app, owner, mail_stack, mail_host):
    mail_stack.add_users({SENDER: PASSWORD, RECIPIENT: PASSWORD})
    with app.app_context():
        return make_two(owner.workspace_id, SENDER, RECIPIENT)


@pytest.mark.claim("C54")
@pytest.mark.claim("C55")
@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_an_inbox_kept_for_nurture_in_five_clicks_sends_nothing_cold_and_goes_on_with_nurture(
    owner, open_page, two, script
):
    operator = Operator(open_page(owner, script=script))
    page = operator.page
    operator.open("/domains/alpha.test")

    operator.press(SENDER, then=SENDER)
    operator.tick("Nurture only")
    page.locator("#restrictions").get_by_role("button", name="Save").click()
    operator.sees("Acme cold_outreach: not now", f"{SENDER} is reserved for nurture")
    operator.press("Acme cold_outreach", then="Acme cold_outreach")
    operator.press("Run the next batch now", then="Acme cold_outreach")

    assert operator.clicks + 1 <= 5  # with that on the button which saves
    operator.sees("The only inbox cannot take this cold outreach message: 1 reserved for other campaigns.")
    operator.open(f"/campaigns/{two['nurture']}")
    operator.press("Run the next batch now", then="Acme nurture")
    operator.sees("1 sent to 1 contact")
