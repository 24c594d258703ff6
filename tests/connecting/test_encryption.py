"""Older TLS and unverified certificates: supported, off by default, chosen for one account."""

import ssl

import pytest

from nimbus.models import MailServer
from tests.connecting.reading import Reading
from tests.connecting.relay import Relay
from tests.servers.mail import MailStack
from tests.servers.scripted import ScriptedSmtp

OPT_INS = ("allow_old_tls", "allow_unverified")


@pytest.fixture(scope="module")
def old_stack(mail_stack):
    """Postfix and Dovecot as they were set up long ago. It signs with an authority of its own."""
    with MailStack(users={"ann@alpha.test": "correct horse"}, tls_min="TLSv1") as stack:
        yield stack


@pytest.fixture
def old_relay(mail_stack):
    certificate = mail_stack.authority.issue()
    version = ssl.TLSVersion.TLSv1
    with Relay(mail_stack, "ann@alpha.test", implicit_tls=certificate, tls_version=version) as relay:
        yield relay


@pytest.mark.claim("C57")
def test_account_that_allows_older_tls_connects_to_a_server_of_tls_1_0(connect, old_relay, read):
    page = Reading(connect(smtp_port=old_relay.port, allow_old_tls="y"))

    assert "Linked to domain alpha.test" in page
    assert "Done: Encrypted TLS 1.0" in page
    assert {(server.allow_old_tls, server.allow_unverified) for server in read(MailServer)} == {(True, False)}


@pytest.mark.claim("C57")
def test_one_click_allows_older_tls(connect, press, old_relay, last_url):
    refused = Reading(connect(smtp_port=old_relay.port))
    assert "TLS handshake failure" in refused

    page = press(last_url(), "allow_old_tls")

    assert "Linked to domain alpha.test" in page


def test_old_mail_system_of_unknown_authority_connects_with_both_opt_ins(connect, old_stack, read):
    ports = {"smtp_port": old_stack.smtp_ssl, "imap_port": old_stack.imap_ssl}
    refused = Reading(connect(**ports))

    page = Reading(connect(**ports, **dict.fromkeys(OPT_INS, "y")))

    assert "Sending (SMTP): Certificate problem" in refused
    assert "issued by an authority that is not trusted here." in refused
    assert "Linked to domain alpha.test" in page
    assert len(old_stack.messages("ann@alpha.test")) == 1
    assert {(server.allow_old_tls, server.allow_unverified) for server in read(MailServer)} == {(True, True)}


def test_older_tls_that_is_allowed_already_is_not_offered_again(connect, mail_stack):
    with ScriptedSmtp(implicit_tls=mail_stack.authority.issue()) as server:
        server._context.set_ciphers("NULL-SHA256:@SECLEVEL=0")
        server._context.maximum_version = ssl.TLSVersion.TLSv1_2
        page = Reading(connect(smtp_port=server.port, allow_old_tls="y"))

    assert "TLS handshake failure" in page
    assert "allow_old_tls" not in page.fixes
