"""A well-kept library, asked about the same domains on the same name servers, finds the same records valid."""

import dns.resolver
import pytest

from nimbus.rules.verdicts import Check, Verdict
from tests.servers.zones import DOMAINS

pytestmark = pytest.mark.servers
# It judges the syntax: a record that lets everybody send is a valid one. And it takes "v=spf1" in small letters only,
# although RFC 7208 means either.
DIFFERENT = {Check.SPF: {"plus-all.test", "bare-all.test", "upper.test"}, Check.DMARC: set()}
# Silence is no opinion.
ASKED = [each.name for each in DOMAINS if not any(part in each.name for part in ("servfail", "timeout"))]


@pytest.mark.parametrize("check", [Check.SPF, Check.DMARC])
def test_a_second_opinion_agrees(found, name_servers, check):
    # Loading it takes half a second of every process that collects the tests, and one of them runs this.
    from checkdmarc.dmarc import check_dmarc
    from checkdmarc.spf import check_spf

    ask = {Check.SPF: check_spf, Check.DMARC: check_dmarc}[check]
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], name_servers.port
    theirs = {name: ask(name, resolver=resolver, retries=0)["valid"] for name in ASKED}
    ours = {name: found[name].results[check].verdict is not Verdict.FAIL for name in ASKED}

    assert len(ASKED) >= 60
    assert {name for name in ASKED if ours[name] != theirs[name]} == DIFFERENT[check]
