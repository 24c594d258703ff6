"""Pausing a sending domain with all its inboxes, and letting it go on. No inbox's own switch is ever touched."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus import queues
from nimbus.after_commit import ring_after_commit
from nimbus.clock import now
from nimbus.database import transaction
from nimbus.errors import NimbusError
from nimbus.models import (
    DomainEvent,
    DomainHealth,
    EmailAccountHealth,
    EventTone,
    HealthEvent,
    InboxHealthState,
)
from nimbus.rules.audit import Action
from nimbus.rules.domain_pause import OVERRIDE, REASONS, PauseCode, Reason, pausing
from nimbus.services import audit
from nimbus.services.asker import Asker
from nimbus.services.domain_rows import as_memory, read_reasons


class NoSuchDomain(NimbusError):
    """There is no sending domain of that name in the workspace."""


class CannotOverride(NimbusError):
    """The pause cannot be set aside."""


def apply_reasons(
    session: Session, domain: DomainHealth, reasons: Sequence[Reason], *, listed_on: str | None
) -> None:
    """Pause or resume a domain, as its reasons are now; nothing is written where nothing changes."""
    moment = now()
    codes = pausing(reasons, overridden_until=domain.override_until, now=moment)
    domain.pause_memory = as_memory(reasons)
    before = list(domain.pause_codes or ())
    domain.pause_codes = [code.value for code in codes]
    if before == domain.pause_codes:
        return
    reason = _in_words(codes[0], listed_on) if codes else None
    was = domain.pause_reason
    domain.paused_at = (domain.paused_at or moment) if codes else None
    domain.pause_reason = reason
    if reason is None:
        domain.resumed_at = moment
        tell(session, domain, "resume", "Its inboxes send again", tone=EventTone.OK)
        _tell_inboxes(session, domain, f"{domain.name} sends again", tone=EventTone.OK, moment=moment)
    elif reason != was:
        tell(session, domain, "pause", f"Paused with all its inboxes: {reason}", tone=EventTone.BAD)
        _tell_inboxes(
            session, domain, f"{domain.name} is paused: {reason}", tone=EventTone.BAD, moment=moment
        )
    look_again(session, domain)


def _in_words(code: PauseCode, listed_on: str | None) -> str:
    return f"Listed on {listed_on}" if code is PauseCode.LISTED_CRITICAL and listed_on else REASONS[code]


def look_again(session: Session, domain: DomainHealth) -> None:
    """Have the inboxes of a domain judged anew: their scores and limits are read from what it shares with them."""
    ids = sa.select(EmailAccountHealth.id).where(EmailAccountHealth.domain_id == domain.id)
    state = InboxHealthState
    session.execute(sa.update(state).where(state.account_id.in_(ids)).values(dirty_at=now()))
    ring_after_commit(session, queues.REVIEW, domain.workspace_id)


def tell(
    session: Session,
    domain: DomainHealth,
    kind: str,
    sentence: str,
    *,
    tone: EventTone = EventTone.PLAIN,
    actor: str | None = None,
) -> None:
    """Add a line to a domain's history."""
    session.add(
        DomainEvent(
            workspace_id=domain.workspace_id,
            domain_id=domain.id,
            at=now(),
            kind=kind,
            tone=tone,
            sentence=sentence,
            actor=actor,
        )
    )


def _tell_inboxes(
    session: Session, domain: DomainHealth, sentence: str, *, tone: EventTone, moment: datetime
) -> None:
    ids = session.scalars(
        sa.select(EmailAccountHealth.id).where(
            EmailAccountHealth.domain_id == domain.id, EmailAccountHealth.removed_at.is_(None)
        )
    )
    session.add_all(
        HealthEvent(
            workspace_id=domain.workspace_id,
            account_id=account_id,
            at=moment,
            kind="domain",
            tone=tone,
            sentence=sentence,
        )
        for account_id in ids
    )


def resume_anyway(asker: Asker, name: str) -> None:
    """Set a domain's pause aside for a day. Raises NoSuchDomain; CannotOverride for a blocklist, or without a pause."""
    with transaction() as session:
        domain = find_domain(session, asker.workspace_id, name)
        if domain.pause_reason is None:
            raise CannotOverride(f"{name} is not paused.")
        if PauseCode.LISTED_CRITICAL in (domain.pause_codes or ()):
            raise CannotOverride(f"{name} is on a blocklist: whatever it sends now makes that last longer.")
        moment = now()
        reason = domain.pause_reason
        domain.override_until, domain.override_by = moment + OVERRIDE, asker.name
        domain.next_check_at = min(domain.next_check_at or moment, domain.override_until)
        apply_reasons(session, domain, read_reasons(domain.pause_memory), listed_on=domain.listed_on)
        tell(session, domain, "override", f"Sends anyway for a day, in spite of: {reason}", actor=asker.name)
        _audit(session, Action.DOMAIN_RESUMED, asker, domain, reason=reason)


def end_override(asker: Asker, name: str) -> None:
    """Let a domain's pause hold again before the day is over; nothing happens where none is set aside."""
    with transaction() as session:
        domain = find_domain(session, asker.workspace_id, name)
        if domain.override_until is None:
            return
        domain.override_until = domain.override_by = None
        tell(session, domain, "override", "Its pause is not set aside any more", actor=asker.name)
        apply_reasons(session, domain, read_reasons(domain.pause_memory), listed_on=domain.listed_on)
        _audit(session, Action.DOMAIN_PAUSE_RESTORED, asker, domain)


def find_domain(session: Session, workspace_id: int, name: str) -> DomainHealth:
    """A workspace's domain by its name, locked for whoever changes it; raises NoSuchDomain."""
    query = sa.select(DomainHealth).where(
        DomainHealth.workspace_id == workspace_id, DomainHealth.name == name
    )
    domain = session.scalar(query.with_for_update(key_share=True))
    if domain is None:
        raise NoSuchDomain("There is no sending domain of this name.")
    return domain


def _audit(session: Session, action: Action, asker: Asker, domain: DomainHealth, **details: str) -> None:
    on = audit.Object("domain", domain.id, domain.name)
    audit.record(session, action, workspace_id=asker.workspace_id, asker=asker, on=on, **details)
