"""The test message: one line, marked as automatic, carrying its token and nothing else of use."""

from datetime import UTC, datetime
from email import policy
from email.parser import BytesParser

import pytest

from nimbus.providers.contract import UnsafeTextError
from nimbus.providers.smtp_imap.probe import Probe, probe_message

SENT_AT = datetime(2026, 10, 1, 12, 0, tzinfo=UTC)


def probe(sender: str = "ann@acme.test") -> Probe:
    return Probe(token="nonce123.signature-_456", sender=sender, recipient="bob@acme.test", sent_at=SENT_AT)


def test_message_is_one_line_with_the_headers_that_find_it_again() -> None:
    raw = probe_message(probe())
    read = BytesParser(policy=policy.default).parsebytes(raw)

    assert read["X-NimbusOS-Test"] == "nonce123.signature-_456"
    assert read["Message-ID"] == "<nonce123@acme.test>"
    assert read["Subject"] == "NimbusOS connection test"
    assert (read["From"], read["To"]) == ("ann@acme.test", "bob@acme.test")
    assert read["Auto-Submitted"] == "auto-generated"
    assert read["Date"].datetime == SENT_AT
    assert len(read.get_content().splitlines()) == 1


def test_every_line_of_the_message_ends_as_mail_lines_do() -> None:
    raw = probe_message(probe())

    assert raw.count(b"\n") == raw.count(b"\r\n") > 5
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    assert b"\r\n\r\nThis is a NimbusOS connection test." in raw


def test_domain_beyond_ascii_travels_in_ascii() -> None:
    message = BytesParser(policy=policy.default).parsebytes(probe_message(probe("ann@bücher.test")))

    assert message["From"] == "ann@xn--bcher-kva.test"
    assert message["Message-ID"].endswith("@xn--bcher-kva.test>")


@pytest.mark.parametrize("field", ["token", "sender", "recipient"])
def test_line_break_in_any_part_is_refused(field: str) -> None:
    values = {"token": "n.s", "sender": "a@b.test", "recipient": "a@b.test"}

    with pytest.raises(UnsafeTextError):
        Probe(**(values | {field: "x@y.test\r\nBcc: z@z.test"}), sent_at=SENT_AT)
