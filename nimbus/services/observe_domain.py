"""Keeping what a receiver said of a sending domain's mail: the evidence that DNS cannot give."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus import queues
from nimbus.after_commit import ring_after_commit
from nimbus.database import dialect_of, insert_or
from nimbus.models import DomainHealth, DomainObservation
from nimbus.rules.alignment import are_aligned
from nimbus.rules.authentication_results import ReadResults


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
        session.execute(sa.update(DomainHealth).where(DomainHealth.id == domain.id).values(next_check_at=at))
        ring_after_commit(session, queues.CHECK_DUE_DOMAINS)
    return is_new
