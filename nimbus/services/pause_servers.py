"""What a listed address does to the inboxes whose mail server has it. Their domain, and its other inboxes, go on."""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus import queues
from nimbus.after_commit import ring_after_commit
from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import (
    DomainListing,
    EmailAccountHealth,
    EventTone,
    HealthEvent,
    InboxHealthState,
    MailServer,
)
from nimbus.rules.connection_test import Leg
from nimbus.rules.dns_answers import IPAddress
from nimbus.rules.domain_signals import ServerState, judge_server
from nimbus.rules.listings import Listing
from nimbus.services.domain_rows import as_listing
from nimbus.services.record_check import Done


def pause_listed_servers(done: Sequence[Done]) -> None:
    """Pause, or let go on, the inboxes behind the addresses that were just looked up. Doing it twice changes nothing.

    It is a transaction of its own: elsewhere an inbox is locked before its domain.
    """
    hosts = {
        each.domain_id: each.found.hosts
        for each in done
        if each.found is not None and (each.found.hosts or each.asked.last_addresses)
    }
    if not hosts:
        return
    with transaction() as session:
        listings = _listings(session, list(hosts))
        for account, host in session.execute(_inboxes(list(hosts))):
            addresses = hosts[account.domain_id].get((host or "").lower(), ())
            _apply(session, account, judge_server(listings[account.domain_id], _texts(addresses)))


def _texts(addresses: Sequence[IPAddress]) -> list[str]:
    return [str(address) for address in addresses]


def _listings(session: Session, ids: Sequence[int]) -> Mapping[int, list[Listing]]:
    found: dict[int, list[Listing]] = {domain_id: [] for domain_id in ids}
    query = sa.select(DomainListing).where(
        DomainListing.domain_id.in_(ids), DomainListing.cleared_at.is_(None)
    )
    for row in session.scalars(query.order_by(DomainListing.id)):
        found[row.domain_id].append(as_listing(row))
    return found


def _inboxes(ids: Sequence[int]) -> sa.Select[EmailAccountHealth, str | None]:
    account = EmailAccountHealth
    smtp = sa.and_(MailServer.account_id == account.id, MailServer.leg == Leg.SMTP)
    return (
        sa.select(account, MailServer.host)
        .outerjoin(MailServer, smtp)
        .where(account.domain_id.in_(ids), account.removed_at.is_(None))
        .order_by(account.id)
        .with_for_update(key_share=True, of=account)
    )


def _apply(session: Session, account: EmailAccountHealth, state: ServerState) -> None:
    before = ServerState(account.server_listed_on, account.server_pause_reason)
    if state == before:
        return
    account.server_listed_on, account.server_pause_reason = state
    if state.pause_reason != before.pause_reason:
        _tell(session, account, state.pause_reason)
    of_inbox = InboxHealthState.account_id == account.id
    session.execute(sa.update(InboxHealthState).where(of_inbox).values(dirty_at=now()))
    ring_after_commit(session, queues.REVIEW, account.workspace_id)


def _tell(session: Session, account: EmailAccountHealth, reason: str | None) -> None:
    session.add(
        HealthEvent(
            workspace_id=account.workspace_id,
            account_id=account.id,
            at=now(),
            kind="server",
            tone=EventTone.OK if reason is None else EventTone.BAD,
            sentence="Its mail server is off the blocklists; it sends again"
            if reason is None
            else f"It waits: {reason}",
        )
    )
