"""Servers by their names: looked up once, judged, and named in the advice."""

import pytest

from nimbus.models import DomainHealth, EmailAccountHealth, MailServer
from tests.connecting.relay import Relay
from tests.servers.scripted import ScriptedImap, ScriptedSmtp

ZONE = """
xn--bcher-kva.test. 60 IN A 127.0.0.1
mail.alpha.test. 60 IN A 127.0.0.1
smtp.alpha.test. 60 IN A 127.0.0.1
smtp.gmail.com. 60 IN A 127.0.0.1
outlook.office365.com. 60 IN A 127.0.0.1
public.test. 60 IN A 8.8.8.8
"""


@pytest.fixture
def environ(mail_stack, dns):
    dns.add(ZONE)
    yield {"NIMBUS_CA_FILE": str(mail_stack.ca_file), "DNS_RESOLVERS": f"127.0.0.1:{dns.port}"}
    dns.heal()
    for line in ZONE.split("\n"):
        dns.remove(line.partition(" ")[0])


@pytest.mark.parametrize("typed_host", ["bücher.test", "BÜCHER.test.", "xn--bcher-kva.test"])
def test_host_with_an_international_name_is_reached_and_verified(connect, mail_stack, read, typed_host):
    certificate = mail_stack.authority.issue(["xn--bcher-kva.test"], [])
    with Relay(mail_stack, "ann@alpha.test", implicit_tls=certificate) as relay:
        page = connect(smtp_host=typed_host, smtp_port=relay.port)

    assert "Linked to domain alpha.test" in page
    assert "xn--bcher-kva.test" in [server.host for server in read(MailServer)]


@pytest.mark.claim("C51")
def test_international_domain_of_an_address_has_one_row_whatever_its_spelling(connect, mail_stack, read):
    with Relay(mail_stack, "ann@alpha.test") as relay:
        for email in ("ann@BÜCHER.test", "bea@xn--bcher-kva.test"):
            connect(email=email, smtp_port=relay.port, smtp_security="none")

    assert [domain.name for domain in read(DomainHealth)] == ["xn--bcher-kva.test"]
    emails = [account.email for account in read(EmailAccountHealth)]
    assert emails == ["ann@xn--bcher-kva.test", "bea@xn--bcher-kva.test"]


@pytest.mark.parametrize("kind", ["smtp", "imap"])
def test_unknown_host_is_not_found(fails, kind):
    page = fails(**{f"{kind}_host": "nowhere.test"})

    assert "Server not found There is no server called “nowhere.test”." in page
    assert "Failed: Looking for the server" in page


def test_name_servers_that_do_not_answer_are_no_spelling_mistake(fails, dns):
    dns.fail("broken.test", "servfail")

    page = fails(smtp_host="mail.broken.test")

    assert "“mail.broken.test” could not be looked up: its name servers gave no answer." in page
    assert page.fixes["try_again"] == "Test again"


def test_misspelt_host_is_corrected_with_one_click(fails, press, last_test, last_url):
    page = fails(smtp_host="smpt.alpha.test")
    assert "Did you mean smtp.alpha.test?" in page
    assert page.fixes["use_suggestion"] == "Use smtp.alpha.test"

    press(last_url(), "use_suggestion")

    assert last_test().settings["smtp_host"] == "smtp.alpha.test"


@pytest.mark.parametrize(("kind", "port"), [("smtp", 25), ("imap", 143)])
def test_password_never_goes_in_clear_to_a_public_address(fails, kind, port):
    page = fails(**{f"{kind}_host": "public.test", f"{kind}_port": port, f"{kind}_security": "none"})

    assert f"public.test:{port} is on the public internet, and NimbusOS never sends a password there" in page
    assert "Failed: Connecting" in page
    assert "connected to public.test" not in page


@pytest.mark.claim("C56")
@pytest.mark.parametrize(
    "answer",
    [
        b"534-5.7.9 Application-specific password required. For more information, go to\n534 5.7.9 support.google.com",
        b"535-5.7.8 Username and Password not accepted. For more information, go to\n535 5.7.8 support.google.com",
    ],
)
def test_gmail_is_told_to_need_an_app_password(fails, answer):
    with ScriptedSmtp({"AUTH": answer}) as server:
        page = fails(smtp_host="smtp.gmail.com", smtp_port=server.port, smtp_security="none")

    assert "Sending (SMTP): Authentication failed" in page
    assert "Gmail with 2-step verification takes only an app password" in page
    assert page.links["How to make an app password"] == "/help/app-passwords"


@pytest.mark.claim("C56")
def test_microsoft_is_told_to_take_no_password_and_leads_to_its_own_path(fails, alice):
    with ScriptedImap(dict.fromkeys(("LOGIN", "AUTHENTICATE"), b"TAG NO AUTHENTICATE failed.")) as server:
        page = fails(imap_host="outlook.office365.com", imap_port=server.port, imap_security="none")

    assert "Microsoft has switched password sign-in off for this mailbox." in page
    assert alice.get(page.links["Connect with Microsoft instead"]).status_code == 200


def test_host_is_looked_up_once_for_each_leg(connect, dns, mail_stack):
    dns.queries.clear()
    plain = {"smtp_security": "none", "imap_security": "none"}

    connect(
        smtp_host="mail.alpha.test",
        imap_host="mail.alpha.test",
        smtp_port=mail_stack.smtp_plain,
        imap_port=mail_stack.imap_plain,
        **plain,
    )

    assert dns.queries == [("mail.alpha.test.", kind) for kind in ("A", "AAAA", "A", "AAAA")]
