"""Domains of Alice's workspace: in every state as rows, and acme.test with two inboxes in a name server of the tests."""

from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import (
    AuditEvent,
    DomainCheck,
    DomainEvent,
    DomainHealth,
    DomainListing,
    EmailAccountHealth,
    HealthEvent,
)
from nimbus.models.base import table_of
from nimbus.rules.roles import Role
from nimbus.services.asker import Asker
from tests.domain_states import make_domains
from tests.factories import make_email_account
from tests.servers.dns import NameServer
from tests.services.domains.zone import GOOD, publish

TABLES = [
    table_of(each)
    for each in (
        *(DomainHealth, EmailAccountHealth, DomainCheck, DomainListing),
        *(DomainEvent, HealthEvent, AuditEvent),
    )
]


@pytest.fixture(scope="module")
def server():
    with NameServer() as running:
        yield running


@pytest.fixture
def zone(server):
    publish(server, GOOD)
    yield server
    server.heal()
    for name in {str(record.rname).rstrip(".") for record in server._records}:
        server.remove(name)


@pytest.fixture
def environ(zone):
    return {
        "DNS_RESOLVERS": f"127.0.0.1:{zone.port}",
        "NIMBUS_BLOCKLISTS_OFF": "spamhaus_zrd barracuda spamcop psbl mailspike uceprotect1",
    }


@pytest.fixture(scope="session")
def made():
    """What make_domains() wrote for the first test: the moment, and the rows of each table."""
    return {}


@pytest.fixture
def states(app, cast, clock, made):
    """A domain in each state: healthy.example, warned.example and so on. Judged once, and written again for each test."""
    alice = cast.alice
    with app.app_context():
        if made:
            clock.offset = made["at"] - datetime.now(UTC)
            with transaction() as session:
                for table, rows in made["rows"]:
                    session.execute(sa.insert(table), rows)
            return
        owner = Asker(alice.workspace_id, alice.user_id, "Alice", Role.OWNER, "127.0.0.1")
        make_domains(alice.workspace_id, owner)
        made["at"] = clock.now()
        found = ((table, db.session.execute(sa.select(table)).mappings().all()) for table in TABLES)
        made["rows"] = [(table, [dict(row) for row in rows]) for table, rows in found if rows]


@pytest.fixture
def inboxes(app, cast):
    """The pages of two inboxes of Google's at acme.test, and of one elsewhere."""
    with app.app_context():
        ids = [
            make_email_account(cast.alice.workspace_id, email, provider="gmail", legs=())
            for email in ("ava@acme.test", "bob@acme.test", "cy@other.test")
        ]
    return [f"/email-accounts/{account_id}" for account_id in ids]


@pytest.fixture
def check(alice, clock, run_jobs):
    """Press “Check again” on the page of acme.test, after so many minutes, and read the page once a worker was there."""

    def press(minutes=0):
        clock.advance(minutes=minutes)
        assert alice.post("/domains/acme.test/check").location == "/domains/acme.test"
        run_jobs()
        return alice.get("/domains/acme.test").text

    return press
