"""What can be changed on an account's page, with htmx and without a script."""

import pytest

from nimbus.models import ConnectionTest, EmailAccountHealth, HealthEvent, MailServer
from tests.web.reading import hidden_fields, same_part, words


@pytest.fixture
def stored(read):
    """The only account's row as it is now."""

    def row():
        [account] = read(EmailAccountHealth)
        return account

    return row


def log(read):
    return [(event.sentence, event.actor) for event in read(HealthEvent)]


@pytest.mark.claim("C11")
def test_daily_limit_is_changed_in_place_with_htmx(alice, ava, stored, read):
    form = alice.get(f"{ava}/edit?field=limit", htmx=True).text
    response = alice.post(f"{ava}/limit", hidden_fields(form) | {"daily_send_limit": "35"}, htmx=True)

    assert response.status_code == 200
    assert response.text.lstrip().startswith('<div class="fact" id="limit">')
    assert "Daily limit 35 a day" in words(response.text)
    assert stored().daily_send_limit == 35
    assert log(read) == [("Daily limit changed from 20 to 35", "Alice")]
    assert same_part(response.text, alice.get(ava).text)


@pytest.mark.claim("C11")
def test_daily_limit_is_changed_without_a_script(alice, ava, stored):
    form = alice.get(f"{ava}/edit?field=limit").text
    answer = alice.post(f"{ava}/limit", hidden_fields(form) | {"daily_send_limit": " 35 "})
    assert (answer.status_code, answer.location) == (303, ava)

    page = words(alice.get(ava).text)
    assert "Saved." in page
    assert "Daily limit 35 a day" in page
    assert "Sent today 0 of 35" in page
    assert stored().daily_send_limit == 35


@pytest.mark.claim("C66", partly=True)
@pytest.mark.parametrize(
    ("domain", "cap"), [("acme.test", "450"), ("gmail.com", "450"), ("outlook.com", "270")]
)
def test_limit_above_the_cap_is_refused_beside_the_field_and_stays_typed(
    alice, make_page, stored, domain, cap
):
    response = alice.post(f"{make_page(f'ava@{domain}')}/limit", {"daily_send_limit": "1000"}, htmx=True)

    assert response.status_code == 422
    assert f"Mailboxes at {domain} are capped at {cap} mails a day. Enter {cap} or less." in words(
        response.text
    )
    assert 'value="1000"' in response.text
    assert 'aria-invalid="true"' in response.text
    assert stored().daily_send_limit == 20


def test_a_limit_that_is_no_whole_number_is_refused_and_stays_typed(alice, ava, stored):
    for typed in ("", " ", "-1", "1.5", "1e2", "abc", "٣", "99999999999", "100001", "20; drop"):
        response = alice.post(f"{ava}/limit", {"daily_send_limit": typed}, htmx=True)

        assert response.status_code == 422, typed
        assert "Enter a whole number, 0 or more." in words(response.text), typed
        assert f'value="{typed}"' in response.text, typed
    assert stored().daily_send_limit == 20


def test_a_refused_limit_without_a_script_is_a_page_of_its_own(alice, ava):
    response = alice.post(f"{ava}/limit", {"daily_send_limit": "abc"})

    assert response.status_code == 422
    assert "<title>Error: Change ava@acme.test – NimbusOS</title>" in response.text


def test_somebody_who_saved_first_is_noticed_and_can_be_replaced(alice, browse, ava, stored):
    mine = hidden_fields(alice.get(f"{ava}/edit?field=limit", htmx=True).text)
    browse("bob").post(f"{ava}/limit", {"daily_send_limit": "30"})

    refused = alice.post(f"{ava}/limit", mine | {"daily_send_limit": "35"}, htmx=True)
    assert refused.status_code == 409
    assert "Somebody changed this to 30 meanwhile. Save again to replace it." in words(refused.text)
    assert 'value="35"' in refused.text
    assert stored().daily_send_limit == 30

    again = hidden_fields(refused.text) | {"daily_send_limit": "35"}
    assert alice.post(f"{ava}/limit", again, htmx=True).status_code == 200
    assert stored().daily_send_limit == 35


def test_priority_is_changed_within_its_bounds(alice, ava, stored):
    assert alice.post(f"{ava}/priority", {"rotation_priority": "1"}).status_code == 303
    assert stored().rotation_priority == 1

    for typed in ("0", "1001", "", "high"):
        response = alice.post(f"{ava}/priority", {"rotation_priority": typed}, htmx=True)
        assert response.status_code == 422
        assert "Enter a number from 1 to 1000; lower goes first." in words(response.text)
        assert f'value="{typed}"' in response.text
    assert stored().rotation_priority == 1


@pytest.mark.claim("C54")
@pytest.mark.parametrize("htmx", [True, False])
def test_an_inbox_is_restricted_to_a_campaign_type_and_freed_again(alice, make_page, stored, htmx):
    url = make_page()
    for value, reason in (
        ("nurture", "Reserved for nurture"),
        ("cold_outreach", "Reserved for cold outreach"),
        ("any", "Sends cold and nurture"),
    ):
        response = alice.post(f"{url}/restrictions", {"restriction": value}, htmx=htmx, follow=not htmx)
        assert "Saved" in words(response.text)
        page = alice.get(url).text
        assert f"Ready {reason}" in words(page)
        assert stored().restriction == value
        [chosen] = [part for part in page.split("<input") if "checked" in part.partition(">")[0]]
        assert f'value="{value}"' in chosen


def test_a_restriction_that_does_not_exist_changes_nothing(alice, ava, stored):
    for wrong in ({}, {"restriction": ""}, {"restriction": "both"}):
        assert alice.post(f"{ava}/restrictions", wrong).status_code == 400
    assert stored().restriction == "any"


@pytest.mark.claim("C34", partly=True)
@pytest.mark.claim("C64")
@pytest.mark.parametrize("htmx", [True, False])
def test_an_inbox_is_taken_out_and_put_back_with_its_history_and_without_signing_in(alice, ava, read, htmx):
    servers = [vars(server) for server in read(MailServer)]
    out = alice.post(f"{ava}/rotation", {"is_active": "no"}, htmx=htmx, follow=not htmx)
    assert "Out of rotation by Alice" in words(out.text)
    assert "Put back into rotation" in words(out.text)

    back = alice.post(f"{ava}/rotation", {"is_active": "yes"}, htmx=htmx, follow=not htmx)
    assert "Warming" in words(back.text)
    assert "Take out of rotation" in words(back.text)
    assert log(read) == [("Taken out of rotation", "Alice"), ("Put back into rotation", "Alice")]
    page = words(alice.get(ava).text)
    assert "Put back into rotation by Alice" in page
    assert "Taken out of rotation by Alice" in page
    assert [vars(server) | {"_sa_instance_state": 0} for server in read(MailServer)] == [
        server | {"_sa_instance_state": 0} for server in servers
    ]
    assert read(ConnectionTest) == []


def test_a_switch_that_says_neither_yes_nor_no_changes_nothing(alice, ava, stored):
    for wrong in ({}, {"is_active": ""}, {"is_active": "true"}):
        assert alice.post(f"{ava}/rotation", wrong).status_code == 400
    assert stored().is_active


@pytest.mark.claim("C61", partly=True)
def test_the_replies_folder_is_shown_and_a_new_one_is_checked_before_it_is_kept(alice, ava, read):
    assert "Replies folder INBOX" in words(alice.get(ava).text)
    assert 'value="INBOX"' in alice.get(f"{ava}/edit?field=folder", htmx=True).text

    answer = alice.post(f"{ava}/folder", {"imap_folder": " INBOX.Eingang "})
    [test] = read(ConnectionTest)
    assert (answer.status_code, answer.location) == (303, f"/email-accounts/connect/tests/{test.id}")
    assert (test.purpose, test.settings["imap_folder"]) == ("folder", "INBOX.Eingang")
    assert "Replies folder INBOX " in words(alice.get(ava).text)


def test_a_folder_without_a_name_is_refused(alice, ava, read):
    for typed in ("", "  ", "a\r\nb", "x" * 201):
        assert alice.post(f"{ava}/folder", {"imap_folder": typed}, htmx=True).status_code == 422
    assert read(ConnectionTest) == []


def test_test_again_tries_the_settings_that_the_account_has(alice, ava, read):
    answer = alice.post(f"{ava}/test", htmx=True)

    [test] = read(ConnectionTest)
    assert answer.headers["HX-Redirect"] == f"/email-accounts/connect/tests/{test.id}"
    assert (test.purpose, test.settings["smtp_host"]) == ("retest", "smtp.acme.test")
