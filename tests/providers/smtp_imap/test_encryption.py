"""Faults of encryption: what is refused, what the account may allow, and what is never believed."""

import pytest

from nimbus.rules.connection_failure import FailureCode as F
from nimbus.rules.connection_test import Leg, Step
from nimbus.security.outbound import OutboundPolicy
from tests.providers.smtp_imap.mailbox import Mailbox
from tests.servers import certificates, faults
from tests.servers.certificates import Authority
from tests.servers.faults import ScriptedImap

KINDS = pytest.mark.parametrize("kind", ["smtp", "imap"])


@KINDS
@pytest.mark.parametrize("security", ["ssl", "starttls"])
def test_server_of_old_tls_only_is_refused_unless_the_account_allows_it(
    mailbox: Mailbox, authority: Authority, kind: faults.Kind, security: str
) -> None:
    with faults.old_tls(kind, authority.issue(), starttls=security == "starttls") as server:
        error = mailbox.fails(kind, server.port, security)
        mailbox.allow_old_tls = True
        getattr(mailbox, kind)(server.port, security)

    assert (error.code, error.step, error.detail["kind"]) == (F.TLS_HANDSHAKE, Step.ENCRYPT, "version")
    assert mailbox.notebook.details[Leg(kind), Step.ENCRYPT] == "TLS 1.0"


@KINDS
@pytest.mark.parametrize("security", ["ssl", "starttls"])
@pytest.mark.parametrize("flaw", ["expired", "wrong_name", "self_signed", "unknown_issuer"])
def test_bad_certificate_is_refused_by_its_kind_and_taken_only_where_the_account_says_so(
    mailbox: Mailbox, authority: Authority, kind: faults.Kind, security: str, flaw: str
) -> None:
    certificate = {
        "expired": authority.expired,
        "wrong_name": authority.wrong_name,
        "self_signed": certificates.self_signed,
        "unknown_issuer": Authority().issue,
    }[flaw]()
    with faults.with_certificate(kind, certificate, starttls=security == "starttls") as server:
        error = mailbox.fails(kind, server.port, security)
        mailbox.allow_unverified = True
        getattr(mailbox, kind)(server.port, security)

    assert (error.code, error.step, error.detail["kind"]) == (F.TLS_CERT, Step.ENCRYPT, flaw)
    assert error.detail.get("names") == ("somebody-else.test" if flaw == "wrong_name" else None)


@KINDS
def test_starttls_required_and_not_offered(mailbox: Mailbox, kind: faults.Kind) -> None:
    with faults.without_starttls(kind) as server:
        error = mailbox.fails(kind, server.port, "starttls")

    assert (error.code, error.step) == (F.NO_STARTTLS, Step.ENCRYPT)
    assert not any(b"AUTH" in line or b"LOGIN" in line for line in server.received)


@KINDS
def test_words_sent_ahead_of_encryption_are_not_believed(
    mailbox: Mailbox, authority: Authority, kind: faults.Kind
) -> None:
    with faults.injecting(kind, authority.issue()) as server:
        getattr(mailbox, kind)(server.port, "starttls")

    after = mailbox.dialogue.text().partition("encrypted:")[2]
    assert after
    assert "injected" not in after


def test_preauthenticated_greeting_proves_no_password(mailbox: Mailbox) -> None:
    with faults.preauthenticated() as server:
        for security in ("none", "starttls"):
            assert mailbox.fails("imap", server.port, security).code == F.PREAUTH


def test_login_switched_off_is_not_tried(mailbox: Mailbox) -> None:
    with faults.login_disabled() as server:
        assert mailbox.fails("imap", server.port).code == F.LOGIN_DISABLED

    assert not any(b"LOGIN" in line.split(b" ")[1:2] for line in server.received)


def test_login_switched_off_until_encrypted_asks_for_encryption(mailbox: Mailbox) -> None:
    answer = b"* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\nTAG OK Done"
    with ScriptedImap({"CAPABILITY": answer}) as server:
        assert mailbox.fails("imap", server.port).code == F.STARTTLS_REQUIRED


def test_password_is_never_sent_in_clear_to_a_public_address(mailbox: Mailbox) -> None:
    mailbox.host = "8.8.8.8"
    mailbox.policy = OutboundPolicy.parse("0.0.0.0/0")

    for kind in ("smtp", "imap"):
        error = mailbox.fails(kind, 25 if kind == "smtp" else 143, "none")
        assert (error.code, error.step) == (F.CLEAR_TEXT_REFUSED, Step.CONNECT)
    assert mailbox.dialogue.text() == "" or "connected" not in mailbox.dialogue.text()


def test_what_is_offered_is_asked_again_once_encrypted(mailbox: Mailbox, authority: Authority) -> None:
    in_clear = b"* CAPABILITY IMAP4rev1 LOGINDISABLED\nTAG OK Go ahead"
    with ScriptedImap({"STARTTLS": in_clear}, starttls=authority.issue()) as server:
        mailbox.imap(server.port, "starttls")

    commands = [line.split()[1] for line in server.received if len(line.split()) > 1]
    assert commands[:4] == [b"CAPABILITY", b"STARTTLS", b"CAPABILITY", b"AUTHENTICATE"]
