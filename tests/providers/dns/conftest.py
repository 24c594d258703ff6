"""Real name servers with every kind of sending domain, and everything about them asked once."""

import time

import pytest

from nimbus.providers.dns.crew import Crew
from nimbus.providers.dns.memory import Memory, Pace
from nimbus.providers.dns.resolver import Resolver
from nimbus.rules.domain_checks import Asked, check_domain
from nimbus.rules.sending_paths import GOOGLE
from tests.rules.test_blocklists import CODES, NO_LISTING
from tests.servers.availability import require
from tests.servers.name_servers import NameServers
from tests.servers.zones import DOMAINS, FAULTY, zone_text

ANSWERS = sorted({(key, code) for key, code, _ in CODES}) + [("uribl", code) for code in NO_LISTING[:6]]


@pytest.fixture(scope="module")
def name_servers():
    require("dns")
    with NameServers(zone_text(ANSWERS), FAULTY) as servers:
        servers.faulty.fail("servfail.test", "servfail")
        servers.faulty.fail("timeout.test", "timeout")
        servers.faulty.fail("bl.spamcop.net", "refused")
        yield servers


@pytest.fixture(scope="module")
def real(name_servers):
    """A resolver that asks the real one; patient enough for a busy machine, and no more."""
    return Resolver([("127.0.0.1", name_servers.port)], patience=4, attempt=1.5)


@pytest.fixture(scope="module")
def crew(real):
    with Crew(real.ask, Memory(time.monotonic), Pace(time.monotonic, per_list=1e9, in_all=1e9)) as crew:
        yield crew


@pytest.fixture(scope="module")
def found(crew):
    """What each domain's check found, all of them checked at once."""
    asked = (
        (each.name, check_domain(Asked(domain=each.name, registrable=each.name, paths=(GOOGLE,))))
        for each in DOMAINS
    )
    return dict(crew.run(asked))
