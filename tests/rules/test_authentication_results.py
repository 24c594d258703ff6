"""Reading what a receiver wrote about a message, and only what the mailbox's own provider wrote."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nimbus.rules.authentication_results import read_at, read_results

GOOGLE = """mx.google.com;
 dkim=pass header.i=@acme.test header.s=google header.b=abc;
 spf=pass (google.com: domain of ann@acme.test designates 192.0.2.1 (really)) smtp.mailfrom=ann@acme.test;
 dmarc=fail (p=REJECT sp=REJECT dis=NONE) header.from=acme.test"""
MICROSOFT = (
    "spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=acme.test; dkim=pass (signature was verified) "
    "header.d=acme.test;dmarc=pass action=none header.from=acme.test;compauth=pass reason=100"
)


def test_google_s_header_is_read():
    found = read_results(GOOGLE, "mx.google.com")

    assert (found.dmarc, found.spf, found.header_from) == ("fail", "pass", "acme.test")
    assert (found.dkim_domains, found.selectors) == (("acme.test",), ("google",))


def test_microsoft_s_header_names_no_server_and_is_read_as_such():
    found = read_results(MICROSOFT, None)

    assert (found.dmarc, found.spf, found.dkim_domains) == ("pass", "pass", ("acme.test",))


@pytest.mark.parametrize(
    ("header", "server"),
    [
        (GOOGLE, "mx.other.test"),
        (GOOGLE, None),
        (MICROSOFT, "mx.google.com"),
        ("mx.google.com; none", "mx.google.com"),
        ("", None),
        ("mx.google.com; dmarc=pass" + " " * 9000, "mx.google.com"),
    ],
)
def test_what_another_server_wrote_says_nothing(header, server):
    assert read_results(header, server) is None


def test_a_signature_that_failed_vouches_for_nobody():
    found = read_results(
        "mx.google.com; dkim=fail header.d=acme.test header.s=x; dmarc=pass", "mx.google.com"
    )

    assert (found.dkim_domains, found.selectors, found.spf) == ((), (), "none")


@given(st.text('dmkispf=();@."\\ \n\x00é', max_size=60))
def test_no_header_breaks_the_reader(text):
    found = read_results(f"mx.google.com; {text}", "mx.google.com")

    assert found is None or found.dmarc


@pytest.mark.parametrize(
    ("host", "header", "dmarc"),
    [
        ("imap.gmail.com", "mx.google.com; spf=fail; dmarc=fail header.from=acme.test", "fail"),
        ("imap.gmail.com", "mx.google.com; dkim=none; dmarc=none header.from=acme.test", None),
        ("imap.gmail.com", "spf=pass; dmarc=pass header.from=acme.test", None),
        ("outlook.office365.com", "spf=pass smtp.mailfrom=a; dmarc=pass action=none header.from=a", "pass"),
        ("mail.acme.test", "mail.acme.test; dmarc=fail header.from=acme.test", None),
    ],
)
def test_only_a_provider_whose_headers_are_known_is_a_judge(host, header, dmarc):
    seen = read_at(header, host)

    assert (seen and seen.dmarc) == dmarc
