"""Warning at once when many inboxes of a domain are in trouble; it never pauses (`deliverability.md` 9.3, INBOX_RATIO)."""

from collections.abc import Collection

import sqlalchemy as sa

from nimbus.database import transaction
from nimbus.models import DomainHealth, EventTone
from nimbus.rules.domain_pause import inboxes_in_trouble
from nimbus.services.domain_facts import count_troubled
from nimbus.services.pause_domain import tell


def warn_of_inboxes(domain_ids: Collection[int]) -> None:
    """Count the inboxes of these domains anew, and say where a warning begins or ends."""
    with transaction() as session:
        query = sa.select(DomainHealth).where(
            DomainHealth.id.in_(domain_ids), DomainHealth.is_public_provider.is_(False)
        )
        domains = session.scalars(query.order_by(DomainHealth.id).with_for_update(key_share=True)).all()
        counts = count_troubled(session, [domain.id for domain in domains])
        for domain in domains:
            troubled, inboxes = counts.get(domain.id, (0, 0))
            was = domain.has_troubled_inboxes
            domain.has_troubled_inboxes = inboxes_in_trouble(troubled, inboxes, is_warned=was)
            if domain.has_troubled_inboxes and not was:
                said = f"{troubled} of its {inboxes} inboxes are held, on probation or critical"
                tell(session, domain, "inboxes", said, tone=EventTone.WARN)
