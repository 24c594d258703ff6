"""Before an inbox's name is risked on it: does anything take mail for the recipient's domain?"""

import pytest

from nimbus.services.send_messages import serve_inbox
from tests.sending.reading import found
from tests.servers.faults import ScriptedSmtp
from tests.services.posting import make_inbox, queue

ZONE = """
takes.test. 60 IN MX 10 mx.takes.test.
plain.test. 60 IN A 192.0.2.1
six.test. 60 IN AAAA 2001:db8::1
null.test. 60 IN MX 0 .
empty.test. 60 IN TXT "no mail here"
"""


@pytest.fixture
def database_url():
    """Nothing here depends on the database."""


@pytest.fixture(scope="module")
def zone(dns):
    dns.add(ZONE)
    return dns


@pytest.fixture
def environ(zone):
    zone.queries.clear()
    return {"DNS_RESOLVERS": f"127.0.0.1:{zone.port}"}


@pytest.fixture
def smtp():
    with ScriptedSmtp({}) as server:
        yield server


@pytest.fixture
def send(acme, smtp):
    """Send one message to an address; the send as it ended."""
    inbox = make_inbox(acme, smtp.port)

    def one(recipient):
        send_id = queue(acme, inbox, recipient=recipient)
        serve_inbox(acme, inbox)
        return found(send_id)

    return one


@pytest.mark.parametrize("domain", ["takes.test", "plain.test", "six.test"])
def test_a_domain_with_a_mail_server_or_an_address_is_sent_to(send, domain):
    assert send(f"bo@{domain}").state == "sent"


@pytest.mark.parametrize("domain", ["missing.test", "null.test", "empty.test"])
def test_a_domain_without_a_mail_server_ends_the_message_before_any_server_is_told(send, smtp, domain):
    ended = send(f"bo@{domain}")

    assert (ended.state, ended.category) == ("failed", "hard_domain")
    assert ended.reason.startswith(f"No mail server takes mail for bo@{domain}.")
    assert smtp.received == []
    assert ended.day is None


@pytest.mark.parametrize("fault", ["servfail", "refused"])
def test_where_dns_does_not_say_the_mail_server_decides(send, dns, fault):
    dns.fail("unknown.test", fault)
    try:
        assert send("bo@unknown.test").state == "sent"
    finally:
        dns.heal()


def test_the_inboxs_own_domain_is_not_in_doubt(send, dns):
    assert send("eve@acme.test").state == "sent"
    assert dns.queries == []


def test_a_domain_is_asked_about_once_for_many_messages(send, dns):
    for name in ("ann", "bo", "cy"):
        assert send(f"{name}@takes.test").state == "sent"

    assert dns.queries == [("takes.test.", "MX")]
