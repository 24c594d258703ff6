"""The real mail system: sign-in on every port, delivery, and the exceptions a test can ask for."""

from __future__ import annotations

import imaplib
import smtplib
import ssl
from base64 import b64encode

import pytest

from tests.servers.availability import require
from tests.servers.mail import MailStack

pytestmark = pytest.mark.servers

PASSWORD = "correct horse"
PLAIN_MESSAGE = b"From: ann@alpha.test\r\nSubject: %s\r\n\r\nHello\r\n"
SMTP_PORTS = ["smtp_ssl", "smtp_starttls", "smtp_plain"]
IMAP_PORTS = ["imap_ssl", "imap_starttls", "imap_plain"]


def smtp(stack: MailStack, port: str) -> smtplib.SMTP:
    number = getattr(stack, port)
    if port == "smtp_ssl":
        return smtplib.SMTP_SSL("127.0.0.1", number, context=stack.client_context(), timeout=5)
    client = smtplib.SMTP("127.0.0.1", number, timeout=5)
    if port == "smtp_starttls":
        client.starttls(context=stack.client_context())
    return client


def imap(stack: MailStack, port: str) -> imaplib.IMAP4:
    number = getattr(stack, port)
    if port == "imap_ssl":
        return imaplib.IMAP4_SSL("127.0.0.1", number, ssl_context=stack.client_context(), timeout=5)
    client = imaplib.IMAP4("127.0.0.1", number, timeout=5)
    if port == "imap_starttls":
        client.starttls(ssl_context=stack.client_context())
    return client


def plain(user: str, password: str) -> str:
    return b64encode(f"\0{user}\0{password}".encode()).decode()


def send(stack: MailStack, recipient: str, subject: bytes) -> None:
    with smtp(stack, "smtp_plain") as client:
        client.login("ann@alpha.test", PASSWORD)
        client.sendmail("ann@alpha.test", [recipient], PLAIN_MESSAGE % subject)


@pytest.mark.parametrize("port", SMTP_PORTS)
def test_smtp_takes_the_right_password_and_refuses_the_wrong_one(mail_stack, port):
    with smtp(mail_stack, port) as client:
        client.ehlo()

        assert client.docmd("AUTH", f"PLAIN {plain('ann@alpha.test', 'wrong')}")[0] == 535
        assert client.docmd("AUTH", f"PLAIN {plain('ann@alpha.test', PASSWORD)}")[0] == 235


@pytest.mark.parametrize("port", IMAP_PORTS)
def test_imap_takes_the_right_password_and_refuses_the_wrong_one(mail_stack, port):
    with imap(mail_stack, port) as client:
        with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"):
            client.login("ann@alpha.test", "wrong")

        assert client.login("ann@alpha.test", PASSWORD)[0] == "OK"


def test_an_unknown_user_is_refused_like_a_wrong_password(mail_stack):
    with (
        imap(mail_stack, "imap_ssl") as client,
        pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"),
    ):
        client.login("nobody@alpha.test", "wrong")


def test_the_plain_port_offers_no_starttls(mail_stack):
    with smtp(mail_stack, "smtp_plain") as client, pytest.raises(smtplib.SMTPNotSupportedError):
        client.starttls()


def test_the_starttls_port_takes_a_password_only_after_tls(mail_stack):
    with smtplib.SMTP("127.0.0.1", mail_stack.smtp_starttls, timeout=5) as client:
        client.ehlo()

        assert (client.has_extn("starttls"), client.has_extn("auth")) == (True, False)


def test_users_and_passwords_outside_ascii_sign_in(mail_stack):
    mail_stack.add_users({"zoë@alpha.test": "Grüße: 密码"})

    for user, password in (("zoë@alpha.test", "Grüße: 密码"), ("änn", PASSWORD)):
        with smtp(mail_stack, "smtp_ssl") as client:
            client.ehlo()
            assert client.docmd("AUTH", f"PLAIN {plain(user, password)}")[0] == 235


def test_a_user_added_while_running_signs_in_at_once_and_gets_mail(mail_stack):
    mail_stack.add_users({"late@beta.test": "fresh"})

    with imap(mail_stack, "imap_plain") as client:
        assert client.login("late@beta.test", "fresh")[0] == "OK"
    mail_stack.deliver("late@beta.test", PLAIN_MESSAGE % b"Welcome")
    assert [m["Subject"] for m in mail_stack.messages("late@beta.test")] == ["Welcome"]


def test_a_message_sent_is_found_on_disk_and_over_imap(mail_stack):
    mail_stack.add_users({"bill@beta.test": PASSWORD})  # other tests write to the others
    send(mail_stack, "bill@beta.test", b"On its way")

    [message] = mail_stack.await_messages("bill@beta.test")

    with imap(mail_stack, "imap_ssl") as client:
        client.login("bill@beta.test", PASSWORD)
        client.select(readonly=True)
        assert client.search(None, "SUBJECT", '"On its way"') == ("OK", [b"1"])
    assert (message["Subject"], message.get_content().strip()) == ("On its way", "Hello")


def test_mail_for_a_filed_address_lies_in_its_folder_however_it_came(mail_stack):
    before = len(mail_stack.messages("junked@alpha.test", "Junk"))
    send(mail_stack, "junked@alpha.test", b"Signed in")
    mail_stack.deliver("junked@alpha.test", PLAIN_MESSAGE % b"From outside")

    filed = mail_stack.await_messages("junked@alpha.test", "Junk", count=before + 2)

    assert {message["Subject"] for message in filed} >= {"Signed in", "From outside"}
    assert mail_stack.messages("junked@alpha.test") == []


def test_mail_for_a_dropped_address_is_accepted_and_never_arrives(mail_stack):
    mail_stack.add_users({"marker@alpha.test": "x"})
    with smtp(mail_stack, "smtp_plain") as client:
        client.login("ann@alpha.test", PASSWORD)
        refused = client.sendmail(
            "ann@alpha.test", ["dropped@alpha.test", "marker@alpha.test"], PLAIN_MESSAGE % b"Lost"
        )

    mail_stack.await_messages("marker@alpha.test")

    assert refused == {}
    assert mail_stack.messages("dropped@alpha.test") == []


@pytest.mark.parametrize(
    ("recipient", "code", "words"),
    [
        ("later@alpha.test", 451, b"4.7.1"),
        ("never@alpha.test", 550, b"5.1.1"),
        ("someone@example.com", 550, b"no way out"),
    ],
)
def test_a_recipient_is_refused_with_the_configured_answer(mail_stack, recipient, code, words):
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
        send(mail_stack, recipient, b"Refused")

    assert refusal.value.recipients[recipient][0] == code
    assert words in refusal.value.recipients[recipient][1]


def test_several_stacks_run_side_by_side_each_with_its_own_options():
    require("mail")
    folders = {"Gesendete Elemente": "\\Sent", "Entwürfe": "\\Drafts", "Kunden": None}
    with (
        MailStack(users={"ann@alpha.test": "x"}, mailboxes=folders) as localized,
        MailStack(
            users={"ann@gamma.test": "y"}, domains=["gamma.test"], require_tls=True, tls_min="TLSv1.3"
        ) as strict,
    ):
        with imap(localized, "imap_plain") as client:
            client.login("ann@alpha.test", "x")
            listed = b"\n".join(client.list()[1])
        with smtp(strict, "smtp_starttls") as client:
            assert client.login("ann@gamma.test", "y")[0] == 235
            assert client.sock.version() == "TLSv1.3"
        with smtplib.SMTP("127.0.0.1", strict.smtp_starttls, timeout=5) as client:
            client.ehlo()
            assert client.mail("ann@gamma.test")[0] == 530
    assert b'(\\HasNoChildren \\Sent) "/" "Gesendete Elemente"' in listed
    assert b'(\\HasNoChildren) "/" Kunden' in listed


def test_an_old_stack_speaks_tls_1_0_to_those_who_ask_for_it():
    require("mail")
    with MailStack(tls_min="TLSv1") as stack:
        context = stack.client_context()
        context.set_ciphers("DEFAULT:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSv1"):
            context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1
        with imaplib.IMAP4_SSL("127.0.0.1", stack.imap_ssl, ssl_context=context) as client:
            assert client.sock.version() == "TLSv1"
        with smtplib.SMTP_SSL("127.0.0.1", stack.smtp_ssl, context=context) as client:
            assert client.sock.version() == "TLSv1"


def test_a_stopped_stack_leaves_no_port_open_and_no_file():
    require("mail")
    with MailStack() as stack:
        pass

    with pytest.raises(ConnectionRefusedError):
        smtplib.SMTP("127.0.0.1", stack.smtp_plain)
    assert not stack.directory.exists()
