"""The gate: hosts that mean this machine or the private network are refused alike, however they are spelled."""

import socket
from contextlib import closing

import pytest

from nimbus.models import EmailAccountHealth
from tests.connecting.form import FORM, filled
from tests.connecting.reading import Reading

NOT_ALLOWED = "Sending (SMTP): Connection not allowed Connections to this server and port are not allowed."
NO_HOST = (
    "This is not a host name.",
    "A host name has no blanks",
    "Enter the host alone",
    "Enter the port in its",
)
SPELLINGS = """
127.0.0.1 127.0.0.2 127.255.255.254 127.1 127.0.1 2130706433 0x7f000001 0x7f.0.0.1 0x7f.1 0177.0.0.1
017700000001 0 0.0.0.0 127.0.0.1. 00000177.0.0.1 localhost LOCALHOST localhost. a.localhost ①②⑦.⓪.⓪.①
１２７.０.０.１ 127。0。0。1 [::1] ::1 0:0:0:0:0:0:0:1 :: ::ffff:127.0.0.1 ::ffff:7f00:1 ::127.0.0.1
64:ff9b::7f00:1 2002:7f00:1:: fe80::1 fd00::1 ff02::1 10.0.0.1 10.255.255.255 172.16.0.1 192.168.1.1
169.254.169.254 100.64.0.1 192.0.2.1 198.18.0.1 224.0.0.1 255.255.255.255 240.0.0.1 2001:db8::1
2001:0:7f00:1:: fe80::1%lo private.test mixed.test mapped.test linklocal.test
""".split()  # noqa: SIM905 - forty quoted lines would hide what is in them
ZONE = """
private.test. 60 IN A 10.1.2.3
mixed.test. 60 IN A 8.8.8.8
mixed.test. 60 IN A 127.0.0.1
mapped.test. 60 IN AAAA ::ffff:7f00:1
linklocal.test. 60 IN AAAA fe80::1
"""


@pytest.fixture
def listener():
    """A server on every address of this machine that nobody may reach."""
    with closing(socket.create_server(("::", 0), family=socket.AF_INET6, dualstack_ipv6=True)) as server:
        server.setblocking(False)
        yield server


@pytest.fixture
def environ(dns, listener):
    """The operator allows no network; the listener's port counts as a mail port, so only the address protects it."""
    dns.add(ZONE)
    yield {
        "NIMBUS_OUTBOUND_ALLOW": str(listener.getsockname()[1]),
        "DNS_RESOLVERS": f"127.0.0.1:{dns.port}",
    }
    for line in ZONE.split("\n"):
        dns.remove(line.partition(" ")[0])


@pytest.fixture
def outcome(alice, run_jobs):
    """What a host leads to: the words of the failure, or of the form that refuses it."""

    def attempt(**changes):
        response = alice.post(FORM, filled(**changes))
        if response.status_code == 422:
            return next(words for words in NO_HOST if words in Reading(response.text))
        run_jobs()
        text = Reading(alice.get(response.location).text).text
        return text[text.index("Sending (SMTP): ") : text.index("Edit and test again")]

    return attempt


def test_spellings_are_fifty():
    assert len(set(SPELLINGS)) >= 50


def test_hidden_spellings_are_refused_with_the_same_words_and_nothing_connects(outcome, listener, read):
    port = listener.getsockname()[1]

    outcomes = {host: outcome(smtp_host=host, smtp_port=port, smtp_security="none") for host in SPELLINGS}

    at_the_gate = {words for words in outcomes.values() if words not in NO_HOST}
    assert len(at_the_gate) == 1, outcomes
    assert NOT_ALLOWED in at_the_gate.pop()
    assert sum(words not in NO_HOST for words in outcomes.values()) >= 40, outcomes
    with pytest.raises(BlockingIOError):
        listener.accept()
    assert read(EmailAccountHealth) == []


def test_unusual_port_of_a_public_host_is_refused_with_the_same_words(outcome):
    words = {
        outcome(smtp_host=host, smtp_port=port)
        for host, port in (("8.8.8.8", 22), ("8.8.8.8", 993), ("127.0.0.1", 465))
    }

    assert len(words) == 1
    assert NOT_ALLOWED in words.pop()
