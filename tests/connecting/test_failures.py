"""Every way in which a connection test fails: its own sentence, the leg and the step, and nothing saved."""

import pytest

from tests.connecting.legs import BOTH_LEGS, OTHER_PORTS, SSL_PORT
from tests.servers import faults
from tests.servers.certificates import self_signed

pytestmark = [
    pytest.mark.claim("C20", partly=True),
    pytest.mark.claim("C22"),
    pytest.mark.claim("C23"),
]


@BOTH_LEGS
@pytest.mark.claim("C56")
def test_wrong_password_is_an_authentication_failure(fails_at, mail_stack, kind):
    ports = {"smtp": mail_stack.smtp_ssl, "imap": mail_stack.imap_ssl}
    page = fails_at(
        kind,
        ports[kind],
        "ssl",
        title="Authentication failed",
        step="Signing in",
        **{f"{kind}_username": "ann@alpha.test"},
    )

    assert "The credential is wrong, or the mailbox needs an app password instead" in page
    assert "The server said:" in page
    assert {"smtp": "535 5.7.8", "imap": "[AUTHENTICATIONFAILED]"}[kind] in page
    assert page.links["How to make an app password"] == "/help/app-passwords"
    assert ("Test replies anyway" in page) == (kind == "smtp")


@BOTH_LEGS
def test_unknown_user_is_an_authentication_failure(fails_at, mail_stack, kind):
    ports = {"smtp": mail_stack.smtp_ssl, "imap": mail_stack.imap_ssl}

    fails_at(
        kind,
        ports[kind],
        "ssl",
        title="Authentication failed",
        step="Signing in",
        **{f"{kind}_username": "nobody@alpha.test"},
    )


@BOTH_LEGS
def test_refused_port_says_that_nothing_listens_there(fails_at, kind):
    with faults.refused() as server:
        page = fails_at(kind, server.port, title="Connection refused", step="Connecting")

    assert f"Connection refused: 127.0.0.1 is there, but nothing listens on port {server.port}." in page
    assert OTHER_PORTS[kind] <= set(page.fixes.values())


@BOTH_LEGS
@pytest.mark.parametrize("security", ["ssl", "starttls"])
@pytest.mark.claim("C57")
def test_server_that_only_speaks_tls_1_0_is_a_handshake_failure(fails_at, mail_stack, kind, security):
    certificate = mail_stack.authority.issue()
    with faults.old_tls(kind, certificate, starttls=security == "starttls") as server:
        page = fails_at(kind, server.port, security, title="TLS handshake failure", step="Encrypting")

    assert f"Try switching between STARTTLS and SSL on port {SSL_PORT[kind]}." in page
    assert "NimbusOS supports older TLS versions, but they are off by default." in page
    assert OTHER_PORTS[kind] | {"Allow older TLS for this account"} <= set(page.fixes.values())


@BOTH_LEGS
@pytest.mark.claim("C57")
def test_ssl_on_a_port_without_it_is_a_handshake_failure(fails_at, mail_stack, kind):
    port = {"smtp": mail_stack.smtp_starttls, "imap": mail_stack.imap_starttls}[kind]

    page = fails_at(kind, port, "ssl", title="TLS handshake failure", step="Encrypting")

    assert "so this port expects STARTTLS, not SSL." in page
    assert f"Try STARTTLS on {port}" in page.fixes.values()


@BOTH_LEGS
def test_encryption_that_is_not_offered_is_not_done_without(fails_at, kind):
    with faults.without_starttls(kind) as server:
        page = fails_at(kind, server.port, "starttls", title="Encryption not offered", step="Encrypting")

    assert f"127.0.0.1:{server.port} does not offer STARTTLS." in page
    assert f"Try SSL on {SSL_PORT[kind]}" in page.fixes.values()
    assert not any(b"AUTH" in line or b"LOGIN" in line for line in server.received)


def test_sign_in_without_the_encryption_that_the_server_wants_is_not_tried(fails_at, mail_stack):
    port = mail_stack.smtp_starttls

    page = fails_at("smtp", port, title="Encryption needed", step="Signing in")

    assert "wants an encrypted connection before anybody signs in." in page
    assert page.fixes[f"starttls_{port}"] == f"Try STARTTLS on {port}"
    assert "C: AUTH" not in page


@BOTH_LEGS
def test_password_of_10000_characters_ends_in_a_sentence(fails_at, mail_stack, kind):
    port = {"smtp": mail_stack.smtp_ssl, "imap": mail_stack.imap_ssl}[kind]

    page = fails_at(kind, port, "ssl", title="", step="Signing in", **{f"{kind}_password": "é" * 10_000})

    assert "Our side failed" not in page
    assert "é" * 10 not in page.html


@BOTH_LEGS
@pytest.mark.parametrize("security", ["ssl", "starttls"])
@pytest.mark.parametrize(
    ("flaw", "sentence", "fix"),
    [
        ("expired", "The certificate of 127.0.0.1 has expired.", None),
        (
            "wrong_name",
            "The certificate is for somebody-else.test, not for 127.0.0.1.",
            "Use somebody-else.test",
        ),
        (
            "self_signed",
            "127.0.0.1 signed its certificate itself",
            "Accept this server's certificate unverified",
        ),
    ],
)
def test_bad_certificate_is_named(fails_at, mail_stack, kind, security, flaw, sentence, fix):
    authority = mail_stack.authority
    make = {"expired": authority.expired, "wrong_name": authority.wrong_name, "self_signed": self_signed}
    with faults.with_certificate(kind, make[flaw](), starttls=security == "starttls") as server:
        page = fails_at(kind, server.port, security, title="Certificate problem", step="Encrypting")

    assert sentence in page
    assert [label for label in page.fixes.values() if label != "Test replies anyway"] == (
        [fix] if fix else []
    )


@pytest.mark.parametrize(
    ("email", "title", "said"),
    [
        ("later@alpha.test", "Test message refused for now", "451 4.7.1"),
        ("never@alpha.test", "Test message refused", "550 5.1.1"),
    ],
)
def test_refusal_at_the_recipient_shows_the_servers_words(fails_at, mail_stack, email, title, said):
    page = fails_at(
        "smtp",
        mail_stack.smtp_ssl,
        "ssl",
        title=title,
        step="Handing the test message over",
        email=email,
    )

    assert "The server said:" in page
    assert said in page


@pytest.mark.claim("C61", partly=True)
def test_misspelt_folder_lists_those_that_exist(fails_at, mail_stack):
    page = fails_at(
        "imap",
        mail_stack.imap_ssl,
        "ssl",
        title="Folder not found",
        step="Opening the folder",
        imap_folder="Inbux",
    )

    assert "There is no folder called “Inbux” in this mailbox." in page
    assert "Folders found: INBOX" in page
    assert all(name in page for name in ("Archive", "Drafts", "Junk", "Sent", "Trash"))
    assert next(iter(page.fixes.values())) == "Use “INBOX”"


def test_dialogue_can_be_copied_for_the_hosts_support(fails_at, mail_stack):
    page = fails_at(
        "imap",
        mail_stack.imap_ssl,
        "ssl",
        title="Folder not found",
        step="Opening the folder",
        imap_folder="Nowhere",
    )

    assert "The whole dialogue" in page
    for words in (
        "C: AUTH PLAIN ••••",
        "S: 235 2.7.0",
        "C: MAIL FROM:<canary@alpha.test>",
        "encrypted: TLSv1.3",
    ):
        assert words in page, page
