"""Checking sending domains: taken by a lease, looked up without a connection to the database, recorded in one write."""

import time
import zlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from flask import current_app

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import DomainHealth
from nimbus.models.domain_queries import is_due
from nimbus.providers.contract import Secret
from nimbus.providers.dns.crew import Crew
from nimbus.providers.dns.memory import Memory, Pace
from nimbus.providers.dns.resolver import Resolver, system_servers
from nimbus.rules.domain_checks import Asked, check_domain
from nimbus.rules.public_providers import is_public_provider
from nimbus.rules.verdicts import Check
from nimbus.security.outbound import OutboundPolicy
from nimbus.services.domain_facts import read_asked
from nimbus.services.pause_servers import pause_listed_servers
from nimbus.services.record_check import Done, record_checks
from nimbus.settings import current_settings

LEASE = timedelta(minutes=3)  # longer than it takes where every name server is silent
_AT_A_TIME = 40  # domains taken at once
_WRITTEN_TOGETHER = 20
_ROOM = "nimbus.dns_memory"


class Taken(NamedTuple):
    """A domain that this process checks now, and the lease that it holds."""

    domain_id: int
    lease_until: datetime
    asked: Asked


def check_now(workspace_id: int, domain_id: int) -> bool:
    """Check one domain while somebody watches, with fresh answers; False when somebody else is at it."""
    wanted = sa.and_(DomainHealth.workspace_id == workspace_id, DomainHealth.id == domain_id)
    taken = _take(wanted, most=1, anew=True)
    memory, pace = Memory(time.monotonic), _room()[1]
    return _check(taken, memory, pace, shows_progress=True) > 0


def check_due(stop_at: float) -> int:
    """Check what is due, some at a time, until `stop_at` (monotonic seconds); how many were checked."""
    memory, pace = _room()
    checked = 0
    while time.monotonic() < stop_at and (taken := _take(is_due(now()), most=_AT_A_TIME, anew=False)):
        checked += _check(taken, memory, pace, shows_progress=False)
    return checked


def _take(wanted: sa.ColumnElement[bool], *, most: int, anew: bool) -> list[Taken]:
    """Take domains that nobody else checks, and read what their checks go by."""
    moment = now()
    lease = moment + LEASE
    is_free = sa.or_(DomainHealth.check_lease_until.is_(None), DomainHealth.check_lease_until <= moment)
    with transaction() as session:
        found = session.scalars(
            sa.select(DomainHealth)
            .where(wanted, is_free)
            .order_by(DomainHealth.next_check_at.nulls_first(), DomainHealth.id)
            .limit(most)
            .with_for_update(key_share=True, skip_locked=True)
        ).all()
        own = []
        for domain in found:
            if is_public_provider(domain.name):
                domain.is_public_provider = True  # it was here before anybody asked
            else:
                domain.check_lease_until, domain.check_progress = lease, []
                own.append(domain)
        known = read_asked(session, own, moment, anew=anew)
        return [Taken(domain_id, lease, asked) for domain_id, asked in known.items()]


def _check(taken: Sequence[Taken], memory: Memory, pace: Pace, *, shows_progress: bool) -> int:
    db.session.remove()  # nothing is held while name servers are waited for
    checked = 0
    done: list[Done] = []
    with Crew(_resolver().ask, memory, pace) as crew:
        checks = ((each, check_domain(each.asked, _teller(each, shows=shows_progress))) for each in taken)
        for each, found in crew.run(checks):
            done.append(Done(*each, found, _spread(each)))
            if len(done) == _WRITTEN_TOGETHER:
                checked += _keep(done)
                done = []
    return checked + (_keep(done) if done else 0)


def _keep(done: Sequence[Done]) -> int:
    checked = record_checks(done)
    pause_listed_servers(done)
    return checked


def _teller(taken: Taken, *, shows: bool) -> Callable[[Check], None]:
    """What writes down each check that has its answers, for a page that is being watched."""
    finished: list[str] = []

    def tell(check: Check) -> None:
        finished.append(check)
        with transaction() as session:
            held = sa.and_(
                DomainHealth.id == taken.domain_id, DomainHealth.check_lease_until == taken.lease_until
            )
            session.execute(sa.update(DomainHealth).where(held).values(check_progress=list(finished)))

    return tell if shows else lambda _check: None


def _resolver() -> Resolver:
    policy: OutboundPolicy = current_app.extensions["nimbus.outbound"]
    key = current_settings().spamhaus_key
    return Resolver(policy.resolvers or system_servers(), Secret(key) if key else None)


def _room() -> tuple[Memory, Pace]:
    """What this process remembers of DNS, from one check to the next."""
    if _ROOM not in current_app.extensions:
        current_app.extensions[_ROOM] = Memory(time.monotonic), Pace(time.monotonic)
    room: tuple[Memory, Pace] = current_app.extensions[_ROOM]
    return room


def _spread(taken: Taken) -> float:
    """A number from 0 to 1 that is the domain's own and stays the same."""
    return zlib.crc32(str(taken.domain_id).encode()) / 0xFFFFFFFF
