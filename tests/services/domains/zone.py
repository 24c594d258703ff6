"""A sending domain in a name server with lists that can be believed, and what is read of its row."""

import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import (
    DomainCheck,
    DomainEvent,
    DomainHealth,
)
from nimbus.rules.authentication_results import ReadResults
from nimbus.rules.blocklists import LISTS
from nimbus.services.observe_domain import observe
from tests.servers.zones import TEST_ANSWERS, rsa_key

_KEY = rsa_key(2048)
GOOD = {
    "acme.test": ["MX 10 mx.acme.test.", 'TXT "v=spf1 include:_spf.google.com -all"'],
    "mx.acme.test": ["A 192.0.2.25"],
    "_dmarc.acme.test": ['TXT "v=DMARC1; p=reject; rua=mailto:d@acme.test"'],
    "google._domainkey.acme.test": [f'TXT "{_KEY[:250]}" "{_KEY[250:]}"'],
    "_spf.google.com": ['TXT "v=spf1 ip4:192.0.2.0/24 -all"'],
} | {f"{each.listed}.{each.zone}": [f"A {TEST_ANSWERS.get(each.key, '127.0.0.2')}"] for each in LISTS}


def publish(server, records):
    """Put these records in place of those that their names had; names without any cease to exist."""
    for name, lines in records.items():
        server.remove(name)
        for line in lines:
            server.add(f"{name}. 0 IN {line}")


def verdicts(domain):
    rows = db.session.scalars(sa.select(DomainCheck).where(DomainCheck.domain_id == domain))
    return {row.kind: (row.verdict, row.code) for row in rows}


def kinds(domain):
    query = sa.select(DomainEvent.kind).where(DomainEvent.domain_id == domain).order_by(DomainEvent.id)
    return list(db.session.scalars(query))


def seen(dmarc, *, aligned=False):
    return ReadResults(
        dmarc=dmarc, dkim_domains=("acme.test",) if aligned else (), selectors=("google",) if aligned else ()
    )


def hear(domain, *results, first=1):
    with transaction() as session:
        row = session.get_one(DomainHealth, domain)
        for number, result in enumerate(results, first):
            observe(session, row, result, cause=f"message:{number}", at=now(), is_direct=True)
