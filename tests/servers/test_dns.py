"""The name server of the tests answers like one on the internet, or fails as it is told."""

from __future__ import annotations

import dns.message
import dns.query
import dns.resolver
import pytest

from tests.servers.dns import NameServer

ZONE = """
acme.test.      60 IN A     192.0.2.1
acme.test.      60 IN MX    10 mail.acme.test.
acme.test.      60 IN TXT   "v=spf1 " "-all"
mail.acme.test. 60 IN AAAA  2001:db8::1
www.acme.test.  60 IN CNAME acme.test.
"""


@pytest.fixture
def server():
    with NameServer(ZONE) as running:
        yield running


def ask(server, name, kind, *, tcp=False):
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port, resolver.lifetime = ["127.0.0.1"], server.port, 0.3
    return [str(answer) for answer in resolver.resolve(name, kind, tcp=tcp)]


@pytest.mark.parametrize("tcp", [False, True])
@pytest.mark.parametrize(
    ("name", "kind", "answer"),
    [
        ("acme.test", "A", "192.0.2.1"),
        ("ACME.test", "MX", "10 mail.acme.test."),
        ("acme.test", "TXT", '"v=spf1 " "-all"'),
        ("mail.acme.test", "AAAA", "2001:db8::1"),
        ("www.acme.test", "A", "192.0.2.1"),
    ],
)
def test_a_question_gets_the_zone_s_answer(server, name, kind, answer, tcp):
    assert ask(server, name, kind, tcp=tcp) == [answer]


def test_a_name_without_the_type_is_told_from_a_name_that_does_not_exist(server):
    with pytest.raises(dns.resolver.NoAnswer):
        ask(server, "mail.acme.test", "MX")
    with pytest.raises(dns.resolver.NXDOMAIN):
        ask(server, "nobody.acme.test", "A")
    with pytest.raises(dns.resolver.NoAnswer):
        ask(server, "test", "A")


def test_questions_are_recorded_in_order(server):
    ask(server, "acme.test", "A")
    ask(server, "acme.test", "TXT")

    assert server.queries == [("acme.test.", "A"), ("acme.test.", "TXT")]


def test_records_can_come_and_go_while_it_runs(server):
    server.add("new.test. 60 IN A 192.0.2.9")
    assert ask(server, "new.test", "A") == ["192.0.2.9"]

    server.remove("new.test")
    with pytest.raises(dns.resolver.NXDOMAIN):
        ask(server, "new.test", "A")


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        ("timeout", dns.resolver.LifetimeTimeout, "timed out"),
        ("servfail", dns.resolver.NoNameservers, "SERVFAIL"),
        ("refused", dns.resolver.NoNameservers, "REFUSED"),
    ],
)
def test_a_name_and_those_below_it_fail_as_told_until_healed(server, fault, error, words):
    server.add("other.test. 60 IN A 192.0.2.9")
    server.fail("acme.test", fault)

    with pytest.raises(error, match=words):
        ask(server, "mail.acme.test", "AAAA")
    assert ask(server, "other.test", "A") == ["192.0.2.9"]
    server.heal()
    assert ask(server, "mail.acme.test", "AAAA") == ["2001:db8::1"]


def test_every_name_can_fail_at_once(server):
    server.fail(".", "servfail")

    with pytest.raises(dns.resolver.NoNameservers):
        ask(server, "acme.test", "A")


def test_a_long_answer_is_cut_over_udp_and_whole_over_tcp(server):
    server.add("\n".join(f'long.test. 60 IN TXT "{n:0200}"' for n in range(10)))
    question = dns.message.make_query("long.test", "TXT")

    with pytest.raises(dns.message.Truncated):
        dns.query.udp(question, "127.0.0.1", port=server.port, timeout=1, raise_on_truncation=True)
    whole = dns.query.tcp(question, "127.0.0.1", port=server.port, timeout=1)

    assert len(whole.answer[0]) == 10
