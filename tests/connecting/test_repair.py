"""After a failure one change is enough: what was typed is kept, passwords sealed for a quarter of an hour."""

import pytest

from nimbus.models import ConnectionTest, EmailAccountHealth, MailServer
from tests.browse import Page
from tests.connecting.form import FORM, filled
from tests.connecting.reading import Reading
from tests.connecting.relay import Relay
from tests.servers import faults
from tests.servers.certificates import self_signed

PASSWORD_FIELDS = ("smtp_password", "imap_password")


@pytest.fixture
def failed(connect, last_test, last_url):
    """A test that failed because nothing listened on the SMTP port; the address of its page."""

    def fail(**changes):
        with faults.refused() as server:
            connect(**{"smtp_port": server.port} | changes)
        assert last_test().state == "failed"
        return last_url()

    return fail


@pytest.fixture
def edited(alice):
    """The form that "Edit and test again" leads to."""
    return lambda url: alice.get(Reading(alice.get(url).text).links["Edit and test again"])


def test_form_is_filled_in_again_except_for_the_passwords(failed, edited, last_test):
    html = edited(failed(display_name='Ann "A" <Able>', imap_folder="Entwürfe")).text

    form = Page(html)
    shown = {name: form.field(name).get("value") for name in filled() if "security" not in name}
    typed = last_test().settings
    assert shown == {name: str(typed.get(name, "")) for name in shown}
    assert shown["display_name"] == 'Ann "A" <Able>'
    assert Reading(html).text.count("Kept until") == 2
    assert "Leave empty to use it." in html


def test_kept_passwords_serve_the_next_test(failed, edited, post, run_jobs, alice, last_test, read):
    url = failed()
    from_test = Page(edited(url).text).field("from_test")["value"]

    again = post(smtp_password="", imap_password="", from_test=from_test)
    run_jobs()

    assert "Linked to domain alpha.test" in alice.get(again).text
    assert len(read(EmailAccountHealth)) == 1


def test_password_is_asked_for_again_after_a_quarter_of_an_hour(
    failed, edited, alice, typed, clock, sweeps, last_test
):
    url = failed()
    from_test = str(last_test().id)
    clock.advance(minutes=15, seconds=1)

    form = edited(url)
    refused = alice.post(FORM, typed(smtp_password="", imap_password="", from_test=from_test))
    page = Reading(alice.get(url).text)
    sweeps()

    assert "Kept until" not in Reading(form.text)
    assert refused.status_code == 422
    assert "Enter the password." in Reading(refused.text)
    assert "passwords sealed" not in page
    assert page.fixes == {}
    assert (last_test().sealed_smtp_password, last_test().sealed_imap_password) == (None, None)


def test_sealed_passwords_stay_for_a_quarter_of_an_hour(failed, clock, sweeps, last_test):
    failed()
    clock.advance(minutes=14, seconds=50)

    sweeps()

    assert last_test().sealed_smtp_password is not None


def test_fix_pressed_too_late_says_that_the_passwords_are_gone(failed, press, clock, read):
    url = failed()
    clock.advance(minutes=15, seconds=1)

    page = Reading(press(url, "ssl_465"))

    assert "The passwords were kept for 15 minutes and are gone. Edit and enter them again." in page
    assert len(read(ConnectionTest)) == 1


@pytest.mark.claim("C57")
def test_one_click_changes_security_and_port(failed, press, last_test):
    url = failed(smtp_security="starttls")
    before = last_test().settings

    press(url, "ssl_465")

    assert last_test().settings == before | {"smtp_security": "ssl", "smtp_port": 465}


@pytest.mark.claim("C57")
@pytest.mark.parametrize("kind", ["smtp", "imap"])
def test_one_click_on_the_offered_encryption_connects(connect, press, last_url, mail_stack, read, kind):
    port = {"smtp": mail_stack.smtp_starttls, "imap": mail_stack.imap_starttls}[kind]
    connect(**{f"{kind}_port": port})

    page = press(last_url(), f"starttls_{port}")

    assert "Linked to domain alpha.test" in page
    assert {server.leg: server.security for server in read(MailServer)}[kind] == "starttls"


def test_one_click_on_a_folder_connects(connect, press, last_url, read):
    page = Reading(connect(imap_folder="Inbox2"))
    [use_inbox] = [key for key, label in page.fixes.items() if label == "Use “INBOX”"]

    press(last_url(), use_inbox)

    assert [server.folder for server in read(MailServer)] == ["INBOX", None]


def test_one_click_accepts_a_certificate_that_nobody_vouches_for(connect, press, last_url, mail_stack, read):
    with Relay(mail_stack, "ann@alpha.test", implicit_tls=self_signed()) as relay:
        connect(smtp_port=relay.port)
        page = press(last_url(), "allow_unverified")

    assert "Linked to domain alpha.test" in page
    assert {server.allow_unverified for server in read(MailServer)} == {True}


def test_replies_can_be_tested_although_sending_fails(
    failed, press, edited, last_test, saved_nothing, mail_stack, last_url
):
    sent_before = len(mail_stack.messages("ann@alpha.test"))
    page = Reading(press(failed(), "probe_replies"))

    assert "Reading replies works Signing in and opening the folder works. Sending still has to." in page
    assert (last_test().purpose, last_test().state) == ("probe", "passed")
    assert saved_nothing()
    assert len(mail_stack.messages("ann@alpha.test")) == sent_before
    assert Reading(edited(last_url()).text).text.count("Kept until") == 2


def test_replies_alone_can_fail_as_well(failed, press, saved_nothing):
    page = Reading(press(failed(imap_folder="Nowhere"), "probe_replies"))

    assert "Replies (IMAP): Folder not found" in page
    assert "Sending (SMTP)" in page
    assert "Not part of this test." in page
    assert saved_nothing()


def test_test_again_repeats_a_test_with_nothing_retyped(connect, press, last_test, mail_stack, read):
    with faults.closing_at("smtp", "EHLO") as server:
        connect(smtp_port=server.port, smtp_security="none")
        first = last_test()
        page = press(f"/email-accounts/connect/tests/{first.id}", "try_again")

    assert "Connection closed" in page
    assert (last_test().id, last_test().settings) == (first.id + 1, first.settings)


@pytest.mark.parametrize("fix", ["ssl_993", "allow_old_tls", "no such fix", "", "wait_more"])
def test_fix_that_was_not_offered_changes_nothing(failed, alice, read, fix):
    url = failed()

    response = alice.post(f"{url}/fix", {"fix": fix})

    assert response.status_code in ({303} if fix == "wait_more" else {400})
    assert len(read(ConnectionTest)) == 1
    assert read(ConnectionTest)[0].state == "failed"


def test_test_that_is_under_way_offers_no_second_one(post, alice, read):
    url = post()

    assert alice.post(f"{url}/fix", {"fix": "try_again"}).status_code == 400
    assert len(read(ConnectionTest)) == 1


def test_colleague_sees_the_failure_but_nothing_that_was_typed(failed, browse, typed, last_test):
    url = failed()
    bob = browse("bob")

    page = Reading(bob.get(url).text)
    form = bob.get(f"{FORM}?from_test={last_test().id}")
    empty = dict.fromkeys(PASSWORD_FIELDS, "")
    refused = bob.post(FORM, typed(**empty, from_test=str(last_test().id)))

    assert "Sending (SMTP): Connection refused" in page
    assert (page.fixes, "passwords sealed" in page) == ({}, False)
    assert Page(form.text).field("email").get("value", "") == ""
    assert "Kept until" not in Reading(form.text)
    assert (refused.status_code, "Enter the password." in refused.text) == (422, True)


def test_colleague_cannot_use_the_kept_passwords(failed, browse, read):
    url = failed()

    for fix in ("ssl_465", "probe_replies", "wait_more"):
        assert browse("bob").post(f"{url}/fix", {"fix": fix}).location == url

    assert [test.state for test in read(ConnectionTest)] == ["failed"]
