"""What is known of a sending domain before it is checked: its inboxes' ways out, and what receivers said of its mail."""

from datetime import datetime

import sqlalchemy as sa
from flask import current_app
from publicsuffixlist import PublicSuffixList
from sqlalchemy.orm import Session

from nimbus.models import DomainHealth, DomainObservation, EmailAccountHealth, MailServer, Send
from nimbus.rules.alignment import LOOKED_AT, Observation, weigh
from nimbus.rules.connection_test import Leg
from nimbus.rules.domain_checks import Asked
from nimbus.rules.domain_pause import REFUSED_WITHIN
from nimbus.rules.health_hold import HoldState
from nimbus.rules.providers import Provider
from nimbus.rules.send_answer_kinds import Category
from nimbus.rules.sending_paths import is_own_host, path_of

CRITICAL_BELOW = 40  # overall_score; rules/overall_score.py calls that critical
_SUFFIXES = "nimbus.public_suffixes"


def read_asked(session: Session, domain: DomainHealth, *, aligned_since: datetime | None) -> Asked:
    """Everything that a check goes by. aligned_since: of a pause for alignment, whose evidence must be younger."""
    registrable = registrable_name(domain.name)
    ways = _ways(session, domain.id)
    paths = [path_of(Provider(provider), host) for provider, host in ways]
    own = [
        host
        for provider, host in ways
        if host and provider == Provider.SMTP_IMAP and is_own_host(host.lower(), domain.name, registrable)
    ]
    observed = _observed(session, domain.id)
    selectors = [row.selector for row in observed if row.selector]
    return Asked(
        domain=domain.name,
        registrable=registrable,
        paths=tuple(dict.fromkeys(path for path in paths if path is not None)),
        own_hosts=tuple(dict.fromkeys(host.lower() for host in own)),
        observed_selectors=tuple(dict.fromkeys(selectors)),
        evidence=weigh([_as_observation(row) for row in observed], since=aligned_since),
        lists=current_app.extensions["nimbus.blocklists"],
    )


def registrable_name(domain: str) -> str:
    """What somebody bought to have this domain: lists go by that name."""
    suffixes = current_app.extensions.get(_SUFFIXES)
    if suffixes is None:
        suffixes = current_app.extensions[_SUFFIXES] = PublicSuffixList()
    return str(suffixes.privatesuffix(domain) or domain)


def _ways(session: Session, domain_id: int) -> list[tuple[str, str | None]]:
    """The providers of a domain's inboxes with their SMTP hosts, each pair once."""
    smtp = sa.and_(MailServer.account_id == EmailAccountHealth.id, MailServer.leg == Leg.SMTP)
    query = (
        sa.select(EmailAccountHealth.provider, MailServer.host)
        .outerjoin(MailServer, smtp)
        .where(EmailAccountHealth.domain_id == domain_id, EmailAccountHealth.removed_at.is_(None))
        .distinct()
        .order_by(EmailAccountHealth.provider, MailServer.host)
    )
    return [(provider, host) for provider, host in session.execute(query)]


def _observed(session: Session, domain_id: int) -> list[DomainObservation]:
    query = (
        sa.select(DomainObservation)
        .where(DomainObservation.domain_id == domain_id, DomainObservation.is_direct.is_(True))
        .order_by(DomainObservation.at.desc(), DomainObservation.id.desc())
        .limit(LOOKED_AT)
    )
    return list(session.scalars(query))


def _as_observation(row: DomainObservation) -> Observation:
    return Observation(
        at=row.at, dmarc=row.dmarc, has_aligned_dkim=row.has_aligned_dkim, is_direct=row.is_direct
    )


def refusals(session: Session, domain_id: int, now: datetime) -> list[tuple[str, datetime]]:
    """Who refused mail of a domain's inboxes for missing authentication, and when."""
    query = (
        sa.select(Send.recipient, Send.finished_at)
        .join(EmailAccountHealth, EmailAccountHealth.id == Send.account_id)
        .where(
            EmailAccountHealth.domain_id == domain_id,
            Send.category == Category.BLOCK_AUTH,
            Send.finished_at >= now - REFUSED_WITHIN,
        )
    )
    return [(recipient, at) for recipient, at in session.execute(query) if at is not None]


def count_troubled(session: Session, domain_id: int) -> tuple[int, int]:
    """How many of a domain's inboxes are held, on probation or critical, and how many there are."""
    account = EmailAccountHealth
    is_bad = sa.or_(account.hold_state != HoldState.NONE, account.overall_score < CRITICAL_BELOW)
    query = sa.select(sa.func.coalesce(sa.func.sum(sa.case((is_bad, 1), else_=0)), 0), sa.func.count()).where(
        account.domain_id == domain_id, account.removed_at.is_(None)
    )
    troubled, inboxes = session.execute(query).one()
    return int(troubled), int(inboxes)
