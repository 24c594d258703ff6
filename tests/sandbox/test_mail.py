"""The mail system: real protocols with real encryption, mail from everybody to everybody, and what goes wrong."""

import imaplib
import smtplib
from contextlib import contextmanager

import pytest

from nimbus.sandbox.mail import MESSAGE_FAULTS
from nimbus.sandbox.world import System
from tests.sandbox.signing_in import (
    EVERYBODY,
    by_google,
    by_microsoft,
    by_smtp,
    smtp,
    trusting,
    written,
)
from tests.servers.processes import wait_until


@pytest.fixture
def environ(practice):
    """The product of these tests lives in the practice world."""
    return practice.environ


@pytest.fixture(autouse=True)
def everybody(practice):
    systems = (System.GOOGLE, System.MICROSOFT, System.MAIL)
    for address, system in zip(EVERYBODY, systems, strict=True):
        practice.rehearsal.world.add(address, name=address.partition("@")[0].title(), system=system)


@pytest.fixture
def max_(practice):
    return practice.rehearsal.world.mailboxes["max@post.test"]


@contextmanager
def imap(practice, password="practice", user="max@post.test"):
    port = practice.rehearsal.mail_ports["imaps"]
    with imaplib.IMAP4_SSL("127.0.0.1", port, ssl_context=trusting(practice), timeout=10) as client:
        client.login(user, password)
        yield client


def subjects(practice, folder="INBOX"):
    with imap(practice) as client:
        client.select(folder)
        _, (numbers,) = client.search(None, "ALL")
        rows = [client.fetch(n, "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1][0][1] for n in numbers.split()]
        return [row.decode().partition(":")[2].strip() for row in rows]


@pytest.mark.parametrize("send", [by_google, by_microsoft], ids=["google", "microsoft"])
def test_mail_by_a_providers_api_arrives_in_all_three_systems(app, context, practice, send):
    sender = {by_google: "gus@goo.test", by_microsoft: "mia@micro.test"}[send]

    send(practice, written(sender))

    mailboxes = practice.rehearsal.world.mailboxes
    for address in EVERYBODY:
        arrived = [each for each in mailboxes[address].messages if "INBOX" in each.labels]
        assert [each.headers["Subject"] for each in arrived] == ["Round and round"]
    wait_until(lambda: subjects(practice) == ["Round and round"], within=5, what="the message over IMAP")


def test_mail_by_smtp_arrives_in_all_three_systems(practice):
    assert by_smtp(practice, written("max@post.test")) == {}

    mailboxes = practice.rehearsal.world.mailboxes
    assert [[each.headers["Subject"] for each in mailboxes[to].messages] for to in EVERYBODY] == [
        ["Round and round"]
    ] * 3
    wait_until(lambda: subjects(practice) == ["Round and round"], within=5, what="the message over IMAP")


def test_clear_text_gets_as_far_as_starttls(practice):
    with smtplib.SMTP("127.0.0.1", practice.rehearsal.mail_ports["smtp"], timeout=10) as client:
        client.ehlo()
        assert not client.has_extn("auth")
        client.starttls(context=trusting(practice))
        client.login("max@post.test", "practice")
        assert client.sendmail("max@post.test", ["gus@goo.test"], written("max@post.test")) == {}


def test_nobody_sends_without_signing_in_or_with_a_wrong_password(practice):
    with smtp(practice) as client, pytest.raises(smtplib.SMTPSenderRefused, match="530"):
        client.sendmail("max@post.test", ["gus@goo.test"], b"Subject: hi\r\n\r\n")
    for user, password in (("max@post.test", "guessed"), ("gus@goo.test", "practice")):
        with pytest.raises(smtplib.SMTPAuthenticationError):
            by_smtp(practice, b"", sender=user, password=password)
        with pytest.raises(imaplib.IMAP4.error, match="AUTHENTICATIONFAILED"), imap(practice, password, user):
            pass


def test_an_unknown_user_of_its_own_is_refused_and_one_elsewhere_comes_back_as_a_bounce(practice, max_):
    to = ["nobody@post.test", "nobody@goo.test"]
    refused = by_smtp(practice, written("max@post.test", to), recipients=to)

    assert list(refused) == ["nobody@post.test"]
    assert refused["nobody@post.test"][0] == 550
    (bounce,) = max_.messages
    assert bounce.headers.get_content_type() == "multipart/report"
    assert b"Final-Recipient: rfc822; nobody@goo.test" in bounce.raw


@pytest.mark.parametrize("name", [name for name in MESSAGE_FAULTS if name != "wrong_json"])
def test_a_fault_of_sending_is_answered_in_the_words_of_a_mail_server(practice, max_, name):
    max_.faults.set(name, times=1)

    with pytest.raises(smtplib.SMTPSenderRefused) as refused:
        by_smtp(practice, written("max@post.test"))

    assert f"{refused.value.smtp_code} {refused.value.smtp_error.decode()}" == MESSAGE_FAULTS[name]
    assert by_smtp(practice, written("max@post.test")) == {}


def test_a_connection_cut_after_acceptance_leaves_the_message_delivered(practice, max_):
    max_.faults.set("cut_after_acceptance", times=1)

    with pytest.raises(smtplib.SMTPServerDisconnected):
        by_smtp(practice, written("max@post.test"))

    assert len(max_.messages) == 1


def test_a_changed_password_keeps_everybody_out_who_has_the_old_one(practice, max_):
    max_.faults.set("revoked")

    with pytest.raises(smtplib.SMTPAuthenticationError):
        by_smtp(practice, written("max@post.test"))

    assert by_smtp(practice, written("max@post.test"), password=max_.password) == {}
    with imap(practice, max_.password) as client:
        assert client.state == "AUTH"


def test_hanging_ends_when_the_world_closes(practice, max_):
    max_.faults.set("hang", seconds=60)
    practice.rehearsal.world.closing.set()

    with pytest.raises(smtplib.SMTPServerDisconnected):
        by_smtp(practice, written("max@post.test"))


def test_misplaced_mail_lies_in_the_junk_folder(practice, max_):
    max_.faults.set("placement", times=1)
    by_smtp(practice, written("max@post.test"))

    assert (subjects(practice), subjects(practice, "Junk")) == ([], ["Round and round"])


def test_a_copy_kept_by_imap_is_found_again(practice):
    with imap(practice) as client:
        client.append("Sent", None, None, written("max@post.test", subject="Kept"))

    assert subjects(practice, "Sent") == ["Kept"]


def test_mail_that_comes_in_is_told_to_whoever_waits(practice):
    with imap(practice) as client:
        client.select("INBOX")
        by_smtp(practice, written("max@post.test"))
        wait_until(lambda: client.noop() and client.response("EXISTS")[1][-1] == b"1", within=5, what="news")


def test_a_reset_empties_the_folders(practice):
    by_smtp(practice, written("max@post.test"))
    assert subjects(practice) == ["Round and round"]

    practice.rehearsal.reset()

    wait_until(lambda: subjects(practice) == [], within=5, what="empty folders")
