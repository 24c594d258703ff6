"""What is known of a sending domain before it is checked: its inboxes' ways out, and what receivers said of its mail."""

import ipaddress
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

import sqlalchemy as sa
from flask import current_app
from publicsuffixlist import PublicSuffixList
from sqlalchemy.orm import Session

from nimbus.models import (
    DomainHealth,
    DomainObservation,
    EmailAccountHealth,
    InboxEvent,
    MailServer,
    Send,
)
from nimbus.rules.alignment import LOOKED_AT, Observation, weigh
from nimbus.rules.authentication_refusals import refuses_domain
from nimbus.rules.connection_test import Leg
from nimbus.rules.domain_checks import Asked
from nimbus.rules.domain_pause import REFUSED_WITHIN, PauseCode
from nimbus.rules.health_hold import HoldState
from nimbus.rules.inbox_events import EventKind
from nimbus.rules.providers import Provider
from nimbus.rules.send_answer_kinds import Category
from nimbus.rules.sending_paths import is_own_host, path_of
from nimbus.rules.verdicts import CheckResult
from nimbus.services.domain_rows import fresh_ptr, read_reasons

_Way = tuple[str, str | None]
CRITICAL_BELOW = 40  # overall_score; rules/overall_score.py calls that critical
_SUFFIXES = "nimbus.public_suffixes"
_REFUSED_AS = {EventKind.PERMANENT: Category.BLOCK_AUTH, EventKind.THROTTLE: Category.THROTTLE}


def read_asked(
    session: Session, domains: Sequence[DomainHealth], now: datetime, *, anew: bool
) -> dict[int, Asked]:
    """Everything that the checks of these domains go by, by the domain's id; as many queries for a hundred as for one.

    anew: nothing is taken over from an earlier look, because somebody watches.
    """
    ids = [domain.id for domain in domains]
    ways, observed = _ways(session, ids), _observed(session, ids)
    known = [domain.id for domain in domains if domain.own_addresses and not anew]
    ptr = fresh_ptr(session, known, now) if known else {}
    owned = _owned(session, {domain.workspace_id for domain in domains}, ways)
    return {
        domain.id: _asked(
            domain,
            ways[domain.id],
            observed[domain.id],
            owned=owned[domain.workspace_id],
            last_ptr=ptr.get(domain.id),
        )
        for domain in domains
    }


def _asked(
    domain: DomainHealth,
    ways: list[_Way],
    observed: list[DomainObservation],
    *,
    owned: set[str],
    last_ptr: CheckResult | None,
) -> Asked:
    registrable = registrable_name(domain.name)
    paths = [path_of(Provider(provider), host) for provider, host in ways]
    hosts = [host.lower() for provider, host in ways if host and provider == Provider.SMTP_IMAP]
    own = [
        host
        for host in hosts
        if registrable_name(host) in owned or is_own_host(host, domain.name, registrable)
    ]
    selectors = [row.selector for row in observed if row.selector]
    # While the domain is paused for alignment, older mail says nothing about the end of that.
    reasons = {reason.code: reason for reason in read_reasons(domain.pause_memory)}
    since = reasons[PauseCode.DMARC_ALIGNMENT].paused_at
    return Asked(
        domain=domain.name,
        registrable=registrable,
        paths=tuple(dict.fromkeys(path for path in paths if path is not None)),
        own_hosts=tuple(dict.fromkeys(own)),
        observed_selectors=tuple(dict.fromkeys(selectors)),
        evidence=weigh([_as_observation(row) for row in observed], since=since),
        last_addresses=tuple(ipaddress.ip_address(each) for each in domain.own_addresses or ()),
        last_ptr=last_ptr,
        lists=current_app.extensions["nimbus.blocklists"],
    )


def registrable_name(domain: str) -> str:
    """What somebody bought to have this domain: lists go by that name."""
    suffixes = current_app.extensions.get(_SUFFIXES)
    if suffixes is None:
        suffixes = current_app.extensions[_SUFFIXES] = PublicSuffixList()
    return str(suffixes.privatesuffix(domain) or domain)


def _owned(
    session: Session, workspace_ids: Collection[int], ways: Mapping[int, list[_Way]]
) -> dict[int, set[str]]:
    """Which of the mail servers' domains each workspace sends from itself: that server's addresses are its own, too."""
    named = {
        registrable_name(host.lower())
        for found in ways.values()
        for provider, host in found
        if host and provider == Provider.SMTP_IMAP
    }
    owned: dict[int, set[str]] = defaultdict(set)
    if named:
        query = sa.select(DomainHealth.workspace_id, DomainHealth.name).where(
            DomainHealth.workspace_id.in_(workspace_ids),
            DomainHealth.name.in_(named),
            DomainHealth.is_public_provider.is_(False),
        )
        for workspace_id, name in session.execute(query):
            owned[workspace_id].add(name)
    return owned


def _ways(session: Session, ids: Sequence[int]) -> dict[int, list[_Way]]:
    """The providers of each domain's inboxes with their SMTP hosts, each pair once."""
    account = EmailAccountHealth
    smtp = sa.and_(MailServer.account_id == account.id, MailServer.leg == Leg.SMTP)
    query = (
        sa.select(account.domain_id, account.provider, MailServer.host)
        .outerjoin(MailServer, smtp)
        .where(account.domain_id.in_(ids), account.removed_at.is_(None))
        .distinct()
        .order_by(account.provider, MailServer.host)
    )
    ways: dict[int, list[_Way]] = defaultdict(list)
    for domain_id, provider, host in session.execute(query):
        ways[domain_id].append((provider, host))
    return ways


def _observed(session: Session, ids: Sequence[int]) -> dict[int, list[DomainObservation]]:
    """The last direct observations of each domain, newest first."""
    newest = sa.func.row_number().over(
        partition_by=DomainObservation.domain_id,
        order_by=[DomainObservation.at.desc(), DomainObservation.id.desc()],
    )
    ranked = (
        sa.select(DomainObservation.id, newest.label("place"))
        .where(DomainObservation.domain_id.in_(ids), DomainObservation.is_direct.is_(True))
        .subquery()
    )
    query = (
        sa.select(DomainObservation)
        .join(ranked, ranked.c.id == DomainObservation.id)
        .where(ranked.c.place <= LOOKED_AT)
        .order_by(ranked.c.place)
    )
    observed: dict[int, list[DomainObservation]] = defaultdict(list)
    for row in session.scalars(query):
        observed[row.domain_id].append(row)
    return observed


def _as_observation(row: DomainObservation) -> Observation:
    return Observation(
        at=row.at, dmarc=row.dmarc, has_aligned_dkim=row.has_aligned_dkim, is_direct=row.is_direct
    )


def refusals(session: Session, ids: Sequence[int], now: datetime) -> dict[int, list[tuple[str, datetime]]]:
    """Who refused mail of each domain's inboxes for missing authentication within a day, for good or for now, and when."""
    event = InboxEvent
    query = (
        sa.select(EmailAccountHealth.domain_id, Send.recipient, event.heard_at, event.kind, event.detail)
        .join(event, event.account_id == EmailAccountHealth.id)
        .join(Send, Send.id == event.send_id)
        .where(
            EmailAccountHealth.domain_id.in_(ids),
            event.heard_at >= now - REFUSED_WITHIN,
            sa.or_(
                sa.and_(event.kind == EventKind.PERMANENT, Send.category == Category.BLOCK_AUTH),
                event.kind == EventKind.THROTTLE,
            ),
        )
    )
    refused: dict[int, list[tuple[str, datetime]]] = defaultdict(list)
    for domain_id, recipient, at, kind, line in session.execute(query):
        if refuses_domain(_REFUSED_AS[EventKind(kind)], line or ""):
            refused[domain_id].append((recipient, at))
    return refused


def is_troubled(hold_state: str, score: float | None) -> bool:
    """Whether an inbox is held, on probation or critical."""
    return hold_state != HoldState.NONE or (score is not None and score < CRITICAL_BELOW)


def count_troubled(session: Session, ids: Sequence[int]) -> dict[int, tuple[int, int]]:
    """How many inboxes of each domain are held, on probation or critical, and how many it has."""
    account = EmailAccountHealth
    is_bad = sa.or_(account.hold_state != HoldState.NONE, account.overall_score < CRITICAL_BELOW)
    query = (
        sa.select(account.domain_id, sa.func.sum(sa.case((is_bad, 1), else_=0)), sa.func.count())
        .where(account.domain_id.in_(ids), account.removed_at.is_(None))
        .group_by(account.domain_id)
    )
    return {domain_id: (int(bad), inboxes) for domain_id, bad, inboxes in session.execute(query)}
