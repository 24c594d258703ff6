"""Every sending domain of the tests, and every answer of every list, through the job: from real name servers to the rows."""

import time
from collections import defaultdict

import pytest
import sqlalchemy as sa

from jobs.domains import check_due
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import DomainCheck, DomainHealth, DomainListing, MailServer
from nimbus.providers.dns.memory import Memory, Pace
from nimbus.rules.blocklists import Severity
from tests.factories import make_email_account
from tests.providers.dns.conftest import ANSWERS
from tests.rules.test_blocklists import CODES
from tests.servers.availability import require
from tests.servers.name_servers import NameServers
from tests.servers.zones import DOMAINS, FAULTY, listed_name, zone_text

pytestmark = pytest.mark.servers
NOT_ASKED = {"spamhaus_zrd", "spamcop", "psbl"}  # only with a key; and two that FAULTY takes away


@pytest.fixture(scope="module")
def name_servers():
    require("dns")
    with NameServers(zone_text(ANSWERS), FAULTY) as servers:
        servers.faulty.fail("servfail.test", "servfail")
        servers.faulty.fail("timeout.test", "timeout")
        servers.faulty.fail("bl.spamcop.net", "refused")
        yield servers


@pytest.fixture
def environ(name_servers):
    return {"DNS_RESOLVERS": f"127.0.0.1:{name_servers.port}"}


@pytest.fixture
def check_all(app, acme):
    """Check every domain that has an inbox, as the timetable does, only without sparing the lists."""

    def run():
        fast = Pace(time.monotonic, per_list=1e9, in_all=1e9)
        app.extensions["nimbus.dns_memory"] = Memory(time.monotonic), fast
        while db.session.scalar(sa.select(sa.exists().where(DomainHealth.checked_at.is_(None)))):
            db.session.remove()
            check_due()

    return run


def test_every_domain_gets_its_verdicts(acme, check_all):
    for domain in DOMAINS:
        make_email_account(acme, f"ava@{domain.name}", provider="gmail", legs=())
    check_all()
    found = defaultdict(dict)
    rows = sa.select(DomainHealth.name, DomainCheck).join(
        DomainHealth, DomainHealth.id == DomainCheck.domain_id
    )
    for name, row in db.session.execute(rows):
        found[name][row.kind] = f"{row.verdict} {row.code}"

    assert {
        domain.name: {check: found[domain.name][check] for check in domain.verdicts} for domain in DOMAINS
    } == {domain.name: domain.verdicts for domain in DOMAINS}
    assert set(db.session.scalars(sa.select(DomainHealth.pause_reason))) == {None}  # after one look


def test_every_answer_of_every_list_is_kept_with_what_it_means(acme, check_all):
    names = {listed_name(code) for _, code in ANSWERS}
    for name in names:
        account = make_email_account(acme, f"ava@{name}")
        with transaction() as session:
            mine = MailServer.account_id == account
            session.execute(sa.update(MailServer).where(mine).values(host=f"smtp.{name}"))
    check_all()
    rows = sa.select(DomainHealth.name, DomainListing).join(
        DomainHealth, DomainHealth.id == DomainListing.domain_id
    )
    found = {
        (name, row.list_key): (Severity(row.severity).word, row.raw) for name, row in db.session.execute(rows)
    }

    assert found == {
        (listed_name(code), key): (word, [code]) for key, code, word in CODES if key not in NOT_ASKED
    }
