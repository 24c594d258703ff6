"""What checking a thousand sending domains costs one worker, against a bare loop of dnspython over the same look-ups.

Both have twenty look-ups under way at a time and real name servers on loopback. The manners are left out: no pace for
lists and name servers, which would be all that is measured.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress

import dns.exception
import dns.resolver
import sqlalchemy as sa
from flask import current_app

from nimbus.database import transaction
from nimbus.models import DomainHealth
from nimbus.providers.dns.crew import AT_ONCE
from nimbus.providers.dns.memory import Memory, Pace
from nimbus.providers.dns.resolver import Resolver
from nimbus.rules.dns_answers import Answer, Question
from nimbus.services import check_domain
from tests.bench.connection_test import application
from tests.bench.measure import alternate, milliseconds, report
from tests.factories import make_email_account, make_workspace
from tests.servers.name_servers import NameServers
from tests.servers.zones import GOOD, Domain, zone_text

DOMAINS, TIMES, LIMIT = 1000, 3, 1.5


def run() -> bool:
    """A round over all domains, look-ups and rows, against the look-ups alone."""
    names = [f"d{number}.test" for number in range(DOMAINS)]
    records = zone_text([], [Domain(name, GOOD, {}) for name in names])
    with (
        NameServers(records, ()) as servers,
        application(DNS_RESOLVERS=f"127.0.0.1:{servers.port}") as app,
        app.app_context(),
        _asking() as asked,
    ):
        _fill(names)
        _round()
        questions = list(asked)
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], servers.port
        ours, floor = alternate(
            lambda: milliseconds(_round),
            lambda: milliseconds(lambda: _bare(resolver, questions)),
            times=TIMES,
        )
    return report("domain_checks", ours, floor, unit="ms", limit=LIMIT)


@contextmanager
def _asking() -> Iterator[list[Question]]:
    """Notes what goes out to the name servers."""
    asked: list[Question] = []
    ask = Resolver.ask

    def noting(resolver: Resolver, question: Question) -> Answer:
        asked.append(question)
        return ask(resolver, question)

    Resolver.ask = noting
    try:
        yield asked
    finally:
        Resolver.ask = ask


def _fill(names: list[str]) -> None:
    workspace_id = make_workspace(timezone="UTC")
    for name in names:
        make_email_account(workspace_id, f"ava@{name}", provider="gmail", legs=())


def _round() -> None:
    with transaction() as session:
        session.execute(sa.update(DomainHealth).values(next_check_at=None))
    fastest = Pace(time.monotonic, per_list=float("inf"), in_all=float("inf"))
    current_app.extensions["nimbus.dns_memory"] = Memory(time.monotonic), fastest
    checked = check_domain.check_due(time.monotonic() + 600)
    assert checked == DOMAINS, checked


def _bare(resolver: dns.resolver.Resolver, questions: list[Question]) -> None:
    def ask(question: Question) -> None:
        with suppress(dns.exception.DNSException):
            resolver.resolve(question.name, question.kind.value, raise_on_no_answer=False, search=False)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(ask, questions))
