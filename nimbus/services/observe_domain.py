"""Keeping what a receiver said of a sending domain's mail: the evidence that DNS cannot give."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus import queues
from nimbus.after_commit import ring_after_commit
from nimbus.clock import now
from nimbus.database import dialect_of, insert_or, transaction
from nimbus.models import DomainHealth, DomainObservation, EmailAccountHealth
from nimbus.rules.alignment import are_aligned
from nimbus.rules.authentication_results import ReadResults, read_at
from nimbus.rules.mail_settings import MailSettings


def observe(
    session: Session, domain: DomainHealth, seen: ReadResults, *, cause: str, at: datetime, is_direct: bool
) -> bool:
    """Keep what was seen of one message, once, within the caller's transaction; whether it was new.

    cause: what names the message, such as its Message-ID. A failure has the domain checked soon.
    """
    organisation = domain.organisation or domain.name
    own = [
        signer
        for signer in zip(
            seen.dkim_domains, [*seen.selectors, *[None] * len(seen.dkim_domains)], strict=False
        )
        if are_aligned(signer[0], domain.name, organisation=organisation)
    ]
    put = insert_or(DomainObservation, dialect_of(session)).values(
        workspace_id=domain.workspace_id,
        domain_id=domain.id,
        cause=cause[:200],
        at=at,
        dmarc=seen.dmarc[:20],
        spf=seen.spf[:20],
        has_aligned_dkim=bool(own),
        selector=own[0][1] if own else None,
        is_direct=is_direct,
    )
    added = session.execute(put.on_conflict_do_nothing(index_elements=["domain_id", "cause"]))
    is_new = bool(added.rowcount)  # type: ignore[attr-defined]
    if is_new and is_direct and (seen.dmarc == "fail" or domain.pause_reason is not None):
        check_soon(session, domain.id)
    return is_new


def observe_test(
    session: Session, account_id: int, settings: MailSettings, *, header: str, cause: str
) -> None:
    """Keep what the provider of a mailbox wrote above its own test message, if that tells anything of its domain."""
    seen = read_at(header, settings.imap_host)
    if seen is None or seen.header_from != settings.domain:
        return
    of_inbox = sa.select(EmailAccountHealth.domain_id).where(EmailAccountHealth.id == account_id)
    domain = session.scalars(sa.select(DomainHealth).where(DomainHealth.id.in_(of_inbox))).one()
    if not domain.is_public_provider:
        observe(session, domain, seen, cause=cause, at=now(), is_direct=True)


def check_soon(session: Session, domain_id: int) -> None:
    """Have a domain checked next, within the caller's transaction: something was heard that its check decides about."""
    session.execute(sa.update(DomainHealth).where(DomainHealth.id == domain_id).values(next_check_at=now()))
    ring_after_commit(session, queues.CHECK_DUE_DOMAINS)


def doubt_domain(workspace_id: int, account_id: int) -> None:
    """Have an inbox's domain checked next: a receiver has refused its mail because nothing vouched for it."""
    with transaction() as session:
        account = EmailAccountHealth
        of_inbox = sa.and_(account.workspace_id == workspace_id, account.id == account_id)
        check_soon(session, session.scalars(sa.select(account.domain_id).where(of_inbox)).one())
