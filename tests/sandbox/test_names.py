"""DNS of the practice world: what each mail system would publish, over UDP and TCP."""

import dns.nameserver
import dns.resolver
import pytest

from nimbus.sandbox.names import MAIL_HOST, NameServer, Zone
from nimbus.sandbox.world import System
from nimbus.security.outbound_mail_domain import takes_mail
from nimbus.security.outbound_socket import Deadline


@pytest.fixture
def server(world):
    world.add("gus@goo.test", name="Gus", system=System.GOOGLE)
    world.add("mia@micro.test", name="Mia", system=System.MICROSOFT)
    world.add("max@post.test", name="Max", system=System.MAIL)
    with NameServer(Zone(world)) as server:
        yield server


@pytest.fixture(params=[False, True], ids=["udp", "tcp"])
def look_up(server, request):
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers = [dns.nameserver.Do53Nameserver("127.0.0.1", server.port)]

    def ask(name, kind):
        found = resolver.resolve(name, kind, raise_on_no_answer=False, tcp=request.param, search=False)
        return [row.to_text() for row in found.rrset or ()]

    return ask


def test_every_domain_names_its_own_mail_system(look_up):
    assert look_up("goo.test", "MX") == ["10 smtp.google.com."]
    assert look_up("micro.test", "MX") == ["10 micro-test.mail.protection.outlook.com."]
    assert look_up("post.test", "MX") == [f"10 {MAIL_HOST}."]
    for domain in ("goo.test", "micro.test", "post.test"):
        host = look_up(domain, "MX")[0].split()[1]
        assert look_up(host, "A") == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("domain", "selector"), [("goo.test", "google"), ("micro.test", "selector1"), ("post.test", "mail")]
)
def test_every_domain_can_be_authenticated(look_up, domain, selector):
    (spf,), (dmarc,) = look_up(domain, "TXT"), look_up(f"_dmarc.{domain}", "TXT")
    (key,) = look_up(f"{selector}._domainkey.{domain}", "TXT")

    assert spf.startswith('"v=spf1 include:')
    assert look_up(spf.split()[1].removeprefix("include:"), "TXT") == ['"v=spf1 ip4:127.0.0.1 ~all"']
    assert dmarc == f'"v=DMARC1; p=quarantine; rua=mailto:dmarc@{domain}"'
    assert key.startswith('"v=DKIM1; k=rsa; p=MII')


def test_a_domain_with_a_flaw_answers_so(look_up, world):
    world.flaws |= {"goo.test": "no_spf", "micro.test": "no_mx", "post.test": "dmarc_none"}

    assert look_up("goo.test", "TXT") == []
    assert look_up("micro.test", "MX") == ["0 ."]
    assert look_up("_dmarc.post.test", "TXT") == ['"v=DMARC1; p=none; rua=mailto:dmarc@post.test"']
    whole = len(look_up("google._domainkey.goo.test", "TXT")[0])
    world.flaws["goo.test"] = "weak_key"
    assert len(look_up("google._domainkey.goo.test", "TXT")[0]) < whole
    world.flaws |= {"goo.test": "no_dmarc", "micro.test": "silent"}
    with pytest.raises(dns.resolver.NXDOMAIN):
        look_up("_dmarc.goo.test", "TXT")
    with pytest.raises(dns.resolver.NoNameservers):
        look_up("selector1._domainkey.micro.test", "TXT")


def test_blocklists_know_their_own_entries_and_the_domain_that_is_listed(look_up, world):
    world.flaws["goo.test"] = "listed"

    assert look_up("goo.test.dbl.spamhaus.org", "A") == ["127.0.1.2"]
    assert look_up("dbltest.com.dbl.spamhaus.org", "A") == ["127.0.1.2"]
    assert look_up("2.0.0.127.zen.spamhaus.org", "A") == ["127.0.0.2"]
    for name in ("goo.test.multi.surbl.org", "micro.test.dbl.spamhaus.org", "invalid.dbl.spamhaus.org"):
        with pytest.raises(dns.resolver.NXDOMAIN):
            look_up(name, "A")


def test_what_nobody_has_does_not_exist_and_what_has_names_below_it_does(look_up):
    for name in ("nowhere.test", "other._domainkey.goo.test", "www.goo.test"):
        with pytest.raises(dns.resolver.NXDOMAIN):
            look_up(name, "A")
    for name in ("test", "_domainkey.goo.test"):
        assert look_up(name, "A") == []


def test_the_product_finds_that_these_domains_take_mail(server):
    resolvers = [("127.0.0.1", server.port)]

    assert takes_mail("goo.test", resolvers, Deadline(5))
    assert takes_mail("nowhere.test", resolvers, Deadline(5)) is False
