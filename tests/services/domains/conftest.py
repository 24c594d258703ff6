"""acme.test in a name server of the tests, with one inbox, and its checks."""

import pytest

from nimbus.models import (
    DomainHealth,
)
from nimbus.services.check_domain import check_now
from tests.factories import make_domain, make_email_account, reload
from tests.servers.dns import NameServer
from tests.services.domains.zone import GOOD, publish


@pytest.fixture(scope="module")
def server():
    with NameServer() as running:
        yield running


@pytest.fixture
def zone(server):
    publish(server, GOOD)
    yield server
    server.heal()
    for name in [str(record.rname).rstrip(".") for record in list(server._records)]:
        server.remove(name)


@pytest.fixture
def environ(zone):
    return {
        "DNS_RESOLVERS": f"127.0.0.1:{zone.port}",
        "NIMBUS_BLOCKLISTS_OFF": "spamhaus_zrd barracuda spamcop psbl mailspike uceprotect1",
    }


@pytest.fixture
def domain(acme):
    """acme.test, with one inbox of Google's."""
    make_email_account(acme, "ava@acme.test", provider="gmail", legs=())
    return make_domain(acme, "acme.test")


@pytest.fixture
def check(acme, domain, clock):
    """Check acme.test, after so many minutes; gives its row."""

    def run(minutes=0):
        clock.advance(minutes=minutes)
        assert check_now(acme, domain)
        return reload(DomainHealth, domain)

    return run
