"""Every failure has its own words and offers what helps, and nothing that changes nothing."""

import itertools
import string

import pytest

from nimbus.rules.connection_failure import Attempted, Explanation, FailureCode, explain
from nimbus.rules.connection_failure_texts import WORDS
from nimbus.rules.connection_test import DEFAULT_PORTS, Leg, Security
from nimbus.rules.mail_hosts import suggested_host

F = FailureCode


def tried(
    leg: Leg = Leg.SMTP, security: str = "starttls", port: int = 587, host: str = "mail.x.test"
) -> Attempted:
    return Attempted(leg, host, port, Security(security), sender="ava@x.test")


def fixes(explanation: Explanation) -> dict:
    return {fix.key: fix.changes for fix in explanation.fixes}


@pytest.mark.parametrize("code", list(FailureCode))
@pytest.mark.parametrize("leg", list(Leg))
def test_every_failure_is_explained_without_a_gap(code: FailureCode, leg: Leg) -> None:
    explanation = explain(code, tried(leg))

    for text in (explanation.title, explanation.sentence):
        assert text
        assert text[0] in string.ascii_uppercase + "“{m"
        assert "{" not in text
        assert "  " not in text
    assert explanation.sentence.endswith((".", "?"))
    assert len(explanation.title) <= 60


def test_no_words_are_left_without_a_failure() -> None:
    assert {key.partition(".")[0] for key in WORDS} == set(FailureCode)


@pytest.mark.parametrize(
    ("code", "title"),
    [
        (F.AUTH_FAILED, "Authentication failed"),
        (F.TIMEOUT, "Connection timeout"),
        (F.TLS_HANDSHAKE, "TLS handshake failure"),
        (F.REFUSED, "Connection refused"),
        (F.DNS, "Server not found"),
        (F.TLS_CERT, "Certificate problem"),
        (F.TLS_MISMATCH, "Wrong security setting"),
        (F.NO_STARTTLS, "Encryption not offered"),
        (F.SENDER_REFUSED, "Sender not allowed"),
        (F.TEST_REFUSED, "Test message refused"),
        (F.FOLDER, "Folder not found"),
        (F.NO_REPLY_SEEN, "Reply did not arrive"),
        (F.INTERNAL, "Our side failed"),
    ],
)
def test_titles_are_the_ones_people_search_for(code: FailureCode, title: str) -> None:
    assert explain(code, tried()).title == title


def test_timeout_names_host_port_and_seconds() -> None:
    sentence = explain(F.TIMEOUT, tried()).sentence

    assert sentence.startswith("Connection timed out: no answer from mail.x.test:587 within 15 s.")


@pytest.mark.claim("C57", partly=True)
@pytest.mark.parametrize("kind", ["version", "plain", "broken_off"])
def test_handshake_failure_suggests_the_other_encryption_and_tells_of_older_versions(kind: str) -> None:
    explanation = explain(F.TLS_HANDSHAKE, tried(), {"kind": kind})

    assert "STARTTLS" in explanation.advice
    assert "SSL on port 465" in explanation.advice
    assert "older TLS versions, but they are off by default" in explanation.advice
    assert fixes(explanation)["ssl_465"] == {"smtp_security": "ssl", "smtp_port": 465}


def test_older_tls_is_offered_once_and_not_again() -> None:
    again = Attempted(Leg.SMTP, "mail.x.test", 587, Security.STARTTLS, allow_old_tls=True)

    assert fixes(explain(F.TLS_HANDSHAKE, tried(), {"kind": "version"}))["allow_old_tls"] == {
        "allow_old_tls": True
    }
    assert "allow_old_tls" not in fixes(explain(F.TLS_HANDSHAKE, again, {"kind": "version"}))


@pytest.mark.claim("C56", partly=True)
def test_refused_credential_is_wrong_or_needs_an_app_password_and_gmail_says_when() -> None:
    anywhere, gmail = (explain(F.AUTH_FAILED, tried(host=host)) for host in ("mail.x.test", "smtp.gmail.com"))

    for explanation in (anywhere, gmail):
        assert "credential is wrong" in explanation.sentence
        assert "app password" in explanation.sentence
        assert [fix.key for fix in explanation.fixes] == ["change_password", "app_password_help"]
    assert "2-step verification" in gmail.advice


@pytest.mark.parametrize("host", ["smtp.office365.com", "outlook.office365.com", "smtp-mail.outlook.com"])
def test_microsoft_is_connected_the_other_way(host: str) -> None:
    for code in (F.USE_OAUTH, F.AUTH_FAILED):
        assert "connect_microsoft" in fixes(explain(code, tried(host=host)))
    assert "Microsoft" in explain(F.USE_OAUTH, tried(host=host)).sentence


@pytest.mark.parametrize("code", list(FailureCode))
def test_no_fix_repeats_what_was_tried(code: FailureCode) -> None:
    for leg, security in itertools.product(Leg, (Security.SSL, Security.STARTTLS)):
        port = DEFAULT_PORTS[leg][security]
        now = {f"{leg}_security": security.value, f"{leg}_port": port, "imap_folder": "INBOX"}
        for fix in explain(code, tried(leg, security, port), {"folders": "INBOX\nSent"}).fixes:
            assert fix.changes is None or fix.changes == {} or not fix.changes.items() <= now.items()


def test_ssl_on_a_starttls_port_and_the_reverse_offer_the_switch() -> None:
    plain = explain(F.TLS_HANDSHAKE, tried(Leg.IMAP, "ssl", 143), {"kind": "plain"})
    mismatch = explain(F.TLS_MISMATCH, tried(Leg.SMTP, "starttls", 465))

    assert fixes(plain)["starttls_143"] == {"imap_security": "starttls", "imap_port": 143}
    assert fixes(mismatch)["ssl_465"] == {"smtp_security": "ssl", "smtp_port": 465}
    assert mismatch.sentence == "Port 465 talks SSL at once; STARTTLS was chosen."


def test_misspelt_host_is_offered_corrected() -> None:
    explanation = explain(F.DNS, tried(host="smpt.x.test"), {"suggestion": "smtp.x.test"})

    assert "Did you mean smtp.x.test?" in explanation.sentence
    assert fixes(explanation) == {"use_suggestion": {"smtp_host": "smtp.x.test"}}


def test_certificate_for_another_name_offers_that_name() -> None:
    explanation = explain(F.TLS_CERT, tried(), {"kind": "wrong_name", "names": "mail.host.net, host.net"})

    assert explanation.sentence == "The certificate is for mail.host.net, host.net, not for mail.x.test."
    assert fixes(explanation)["use_certificate_name"] == {"smtp_host": "mail.host.net"}
    assert not fixes(explain(F.TLS_CERT, tried(), {"kind": "wrong_name", "names": "*.host.net"}))


def test_missing_folder_lists_those_that_exist() -> None:
    attempted = Attempted(Leg.IMAP, "mail.x.test", 993, Security.SSL, folder="Posteingang")
    explanation = explain(
        F.FOLDER, attempted, {"folders": "\n".join(["INBOX", "Sent", *map(str, range(20))])}
    )

    assert "“Posteingang”" in explanation.sentence
    assert "INBOX, Sent" in explanation.sentence
    assert "10 more" in explanation.sentence
    assert fixes(explanation)["folder_0"] == {"imap_folder": "INBOX"}


def test_gate_gives_no_reason_and_repeats_nothing() -> None:
    explanation = explain(F.NOT_ALLOWED, tried(host="10.0.0.1"))

    assert "10.0.0.1" not in explanation.title + explanation.sentence + explanation.advice


def test_reference_is_named_when_our_side_failed() -> None:
    assert explain(F.INTERNAL, tried(), {"reference": "7F3K"}).sentence.endswith(
        "Nothing was saved. Reference 7F3K."
    )


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("smpt.x.test", "smtp.x.test"),
        ("iamp.x.test", "imap.x.test"),
        ("mial.x.test", "mail.x.test"),
        ("smtp.gmial.com", "smtp.gmail.com"),
        ("smtp.x.test", None),
        ("post.x.test", None),
        ("x", None),
    ],
)
def test_slip_in_a_host_name_is_recognised(typed: str, meant: str | None) -> None:
    assert suggested_host(typed) == meant
