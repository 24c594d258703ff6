"""Today's number on an inbox's page, what makes it less, and who else writes from the mailbox; and whether it can send now."""

import pytest

from nimbus.models import AuditEvent, EmailAccountHealth, HealthEvent
from tests.factories import make_inbox_day
from tests.web.reading import words


def fields_of(read):
    account = read(EmailAccountHealth)[0]
    return account.daily_send_limit, account.limit_mode, account.is_personal


def test_every_reason_that_shapes_todays_number_is_told_step_by_step(alice, make_page):
    url = make_page(overall_score=65.0, hold_state="probation", daily_send_limit=500, limit_mode="manual")
    page = words(alice.get(url).text)

    steps = (
        "The daily limit: 500 The provider&#39;s ceiling leaves 450 a day: 450 "
        "Its score of 65 is under 70: 60 % of it: 270 On probation: a quarter of it, 5 at least: 67"
    )
    assert f"0 of 67 resets 00:00 Europe/Paris {steps} In any 24 hours 450 at most" in page


def test_the_limit_says_how_it_moves(alice, make_page):
    assert "It grows by itself on healthy days, up to 28 at stage 3." in words(alice.get(make_page()).text)

    url = make_page("ben@acme.test", daily_send_limit=40, limit_mode="manual")
    page = words(alice.get(url).text)
    assert "40 a day, set by hand provider cap 450" in page
    assert "More than the 28 a day that its stage is meant for" in page


def test_a_typed_limit_is_given_back_to_the_rules_once(browse, read, make_page):
    bob, url = browse("bob"), make_page(daily_send_limit=40, limit_mode="manual")

    page = words(bob.post(f"{url}/limit/automatic", follow=True).text)
    bob.post(f"{url}/limit/automatic")

    assert "Its limit moves by itself again, from 28 on." in page
    assert "28 a day, automatic" in page
    assert "Back to automatic" not in page
    assert fields_of(read)[:2] == (28, "automatic")
    [event] = read(HealthEvent)
    assert (event.before, event.after, event.actor) == ("40", "28", "Bob")
    assert [each.details for each in read(AuditEvent) if each.action == "account_changed"] == [
        {"daily_limit": "automatic, from 40 to 28"}
    ]


@pytest.mark.claim("C66")
@pytest.mark.parametrize(
    ("email", "provider", "personal", "cap"),
    [
        ("ava@gmail.com", "gmail", False, 450),
        ("ava@outlook.com", "microsoft", False, 270),
        ("ava@acme.test", "gmail", True, 250),
        ("ava@acme.test", "microsoft", True, 150),
        ("ava@acme.test", "smtp_imap", True, 150),
    ],
)
def test_a_personal_mailbox_is_capped_at_its_ceiling_whatever_is_typed(
    alice, read, make_page, email, provider, personal, cap
):
    url = make_page(email, provider=provider, is_personal=personal)

    refused = alice.post(f"{url}/limit", {"daily_send_limit": str(cap + 1)})
    assert refused.status_code == 422
    assert f"are capped at {cap} mails a day. Enter {cap} or less." in words(refused.text)
    assert fields_of(read)[0] == 20

    alice.post(f"{url}/limit", {"daily_send_limit": str(cap)})
    assert fields_of(read)[0] == cap


@pytest.mark.claim("C66")
def test_saying_that_a_person_writes_too_caps_a_limit_that_was_typed_before(browse, read, make_page):
    bob, url = browse("bob"), make_page(daily_send_limit=400, limit_mode="manual")

    page = words(bob.post(f"{url}/personal", {"is_personal": "yes"}, follow=True).text)
    assert "Saved. It sends 150 mails in 24 hours at most." in page
    assert "In any 24 hours 150 at most a person also writes from it" in page
    assert (
        "A person also writes from it: at most 150 mails a day, so its daily limit goes from 400 to 150"
        in page
    )
    assert fields_of(read) == (150, "manual", True)

    bob.post(f"{url}/personal", {"is_personal": "yes"})
    assert len(read(HealthEvent)) == 1
    bob.post(f"{url}/personal")
    assert fields_of(read) == (150, "manual", False)
    assert [each.details for each in read(AuditEvent) if each.action == "account_changed"] == [
        {"a_person_writes_too": "yes", "daily_limit": "150"},
        {"a_person_writes_too": "no", "daily_limit": "150"},
    ]


def test_whether_it_can_send_is_answered_for_each_campaign_type_with_every_check(alice, app, cast, make_page):
    url = make_page(
        current_stage=2, overall_score=92.0, stage_sentence="Stage 3 needs 200 warmup sends, has 90."
    )
    with app.app_context():
        make_inbox_day(cast.alice.workspace_id, int(url.rpartition("/")[2]), sent=7)
    page = words(alice.get(url).text)

    said = "ava@acme.test is at stage 2; cold outreach needs 3. Stage 3 needs 200 warmup sends, has 90."
    assert f"Can it send now? Cold outreach: no {said} Nurture: yes Written by hand: yes" in page
    assert "default floor of 70" in page
    order = [
        "Used for any campaign",
        "Rotation in rotation",
        "Connection connected",
        "Sending domain not paused",
    ]
    order += ["Health score 92 passes from 70", "Budget 7 of 20 today", "Kept for warmup 0 of the 13 left"]
    order += ["Stage stage 2 fails from 3 passes from 2", "Cooldown none", "Spacing free now"]
    places = [page.index(each) for each in order]
    assert places == sorted(places)


@pytest.mark.claim("C27")
@pytest.mark.parametrize(
    ("score", "told"),
    [
        (68.0, "ava@acme.test scores 68, the campaign needs 70."),
        (70.0, "ava@acme.test has used 20 of 20 today"),
    ],
)
def test_the_score_is_read_before_everything_else_that_is_about_health(
    alice, app, cast, make_page, score, told
):
    url = make_page(overall_score=score, limit_mode="manual", current_stage=0, needs_acknowledgement=True)
    with app.app_context():
        make_inbox_day(cast.alice.workspace_id, int(url.rpartition("/")[2]), sent=20)

    page = words(alice.get(url).text)

    assert f"Cold outreach: no {told}" in page
    assert f"Nurture: no {told}" in page


@pytest.mark.claim("C58", partly=True)
def test_an_inbox_that_looks_healthy_and_does_not_send_shows_its_score_beside_the_floor(alice, make_page):
    page = words(alice.get(make_page(overall_score=68.0, current_stage=5)).text)

    assert "Ready Health 68; campaigns ask for 70 unless they say otherwise" in page
    assert "Cold outreach: no ava@acme.test scores 68, the campaign needs 70." in page
    assert "Health score 68 fails from 70 fails from 70" in page


@pytest.mark.claim("C34", partly=True)
def test_out_of_rotation_no_campaign_passes_and_its_figures_are_still_there(browse, make_page):
    bob, url = browse("bob"), make_page(bounce_count=1, bounce_of=60, rates_basis="production")

    head = words(bob.post(f"{url}/rotation", {"is_active": "no"}, htmx=True).text)
    page = words(bob.get(url).text)

    assert "Cold outreach: no ava@acme.test was taken out of rotation by a user." in head
    assert "Written by hand: yes" in head
    assert "Bounces 7d 1.7 % (1 of 60)" in page


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"connection_state": "auth_revoked"}, "must be reconnected"),
        ({"needs_acknowledgement": True}, "waits for an owner to look at its complaints."),
    ],
)
def test_what_stops_everything_stops_what_is_written_by_hand(alice, make_page, state, said):
    page = words(alice.get(make_page(**state)).text)

    assert "Written by hand: no" in page
    assert said in page.partition("Written by hand: no")[2]
