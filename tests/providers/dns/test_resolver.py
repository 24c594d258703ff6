"""Five ends of a question, each told from the others, and nothing hostile gets through."""

import logging
import socket

import pytest

from nimbus.providers.contract import Secret
from nimbus.providers.dns.resolver import Resolver, system_servers
from nimbus.rules.dns_answers import Answer, Kind, Outcome, Question
from tests.servers.dns import NameServer

ZONE = """
acme.test.      60 IN A     192.0.2.1
acme.test.      60 IN MX    10 mail.acme.test.
acme.test.      60 IN TXT   "v=spf1 " "-all"
null.test.      60 IN MX    0 .
mail.acme.test. 60 IN AAAA  2001:db8::1
www.acme.test.  60 IN CNAME acme.test.
loop.test.      60 IN CNAME loop.test.
dangling.test.  60 IN CNAME nowhere.test.
1.2.0.192.in-addr.arpa. 60 IN PTR Mail.Acme.test.
"""


@pytest.fixture(scope="module")
def server():
    with NameServer(ZONE) as running:
        yield running


@pytest.fixture
def resolver(server):
    yield Resolver([("127.0.0.1", server.port)], patience=0.4, attempt=0.15)
    server.heal()


@pytest.mark.parametrize(
    ("name", "kind", "outcome", "records"),
    [
        ("acme.test", Kind.A, Outcome.FOUND, ("192.0.2.1",)),
        ("ACME.test.", Kind.MX, Outcome.FOUND, ("10 mail.acme.test",)),
        ("acme.test", Kind.TXT, Outcome.FOUND, ("v=spf1 -all",)),
        ("null.test", Kind.MX, Outcome.FOUND, ("0 .",)),
        ("www.acme.test", Kind.A, Outcome.FOUND, ("192.0.2.1",)),
        ("1.2.0.192.in-addr.arpa", Kind.PTR, Outcome.FOUND, ("mail.acme.test",)),
        ("mail.acme.test", Kind.MX, Outcome.NO_DATA, ()),
        ("nobody.test", Kind.A, Outcome.NO_NAME, ()),
        ("loop.test", Kind.A, Outcome.FAILED, ()),
        ("a..b", Kind.A, Outcome.NO_NAME, ()),
        ("x" * 64 + ".test", Kind.A, Outcome.NO_NAME, ()),
        (".".join(["abcdefgh"] * 40), Kind.A, Outcome.NO_NAME, ()),
        ("\x00\n<b>.test", Kind.A, Outcome.NO_NAME, ()),
    ],
)
def test_each_end_of_a_question_is_its_own(resolver, name, kind, outcome, records):
    answer = resolver.ask(Question(name, kind))

    assert (answer.outcome, answer.records) == (outcome, records)


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [("servfail", Outcome.FAILED), ("refused", Outcome.FAILED), ("timeout", Outcome.TIMED_OUT)],
)
def test_a_failing_name_server_is_unknown_and_asked_again_soon(server, resolver, fault, outcome):
    server.fail("acme.test", fault)
    answer = resolver.ask(Question("acme.test", Kind.A))

    assert (answer.outcome, answer.is_unknown, answer.ttl) == (outcome, True, 30)


def test_the_second_name_server_is_asked_where_the_first_is_silent(server):
    with NameServer() as broken:
        broken.fail(".", "servfail")
        both = Resolver([("127.0.0.1", broken.port), ("127.0.0.1", server.port)], patience=1)

        assert both.ask(Question("acme.test", Kind.A)).outcome is Outcome.FOUND


def test_what_is_no_dns_at_all_is_a_failure():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        closed = Resolver([("127.0.0.1", silent.getsockname()[1])], patience=0.1, attempt=0.05)
        assert closed.ask(Question("acme.test", Kind.A)).is_unknown
    assert Resolver([]).ask(Question("acme.test", Kind.A)) == Answer(Outcome.FAILED, ttl=30)


def test_control_characters_and_turned_lines_are_marked(server, resolver):
    server.add('evil.test. 60 IN TXT "<script>\x01\u202ex"')
    (text,) = resolver.ask(Question("evil.test", Kind.TXT)).records

    assert text.startswith("<script>\N{REPLACEMENT CHARACTER}")
    assert all(char.isprintable() for char in text)


def test_a_name_with_control_characters_is_spelt_out(server, resolver):
    server.add("evil.test. 60 IN MX 5 a\\010b\\<i\\>.test.")

    assert all(char.isprintable() for char in resolver.ask(Question("evil.test", Kind.MX)).records[0])


def test_spamhaus_is_asked_with_the_key_and_nobody_is_told(server, caplog):
    server.add("acme.test.sesame.dbl.dq.spamhaus.net. 60 IN A 127.0.1.2")
    keyed = Resolver([("127.0.0.1", server.port)], Secret("sesame"))
    with caplog.at_level(logging.DEBUG):
        answer = keyed.ask(Question("acme.test.dbl.spamhaus.org", Kind.A))
        server.fail("acme.test.sesame.dbl.dq.spamhaus.net", "servfail")
        keyed.ask(Question("acme.test.dbl.spamhaus.org", Kind.A))
    server.heal()

    assert answer.records == ("127.0.1.2",)
    assert "sesame" not in caplog.text + repr(keyed) + repr(answer)


def test_the_machine_s_own_name_servers_are_found():
    assert all(port == 53 and host for host, port in system_servers())
