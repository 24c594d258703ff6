"""When sending domains are checked: when they are new, by their own clock, and whenever somebody asks."""

import time

import sqlalchemy as sa

from nimbus import queues
from nimbus.after_commit import ring_after_commit
from nimbus.clock import now
from nimbus.database import transaction
from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.models import DomainHealth
from nimbus.models.domain_queries import has_inboxes, is_due
from nimbus.rules.audit import Action
from nimbus.services import audit
from nimbus.services.asker import Asker
from nimbus.services.pause_domain import find_domain

_WORKS_FOR = 20.0  # seconds of a job; what is left waits for the next, and other work is not kept waiting


class NothingToCheck(NimbusError):
    """A public provider's domain is never checked."""


def ask_check(asker: Asker, name: str) -> int:
    """Have a domain checked at once, and give its id. Raises NoSuchDomain, NothingToCheck."""
    with transaction() as session:
        domain = find_domain(session, asker.workspace_id, name)
        if domain.is_public_provider:
            raise NothingToCheck(f"{name} belongs to a public provider, so there is nothing to check.")
        domain.next_check_at = now()  # should the queue be away, the timetable finds it
        ring_after_commit(session, queues.CHECK_DOMAIN, asker.workspace_id, domain.id)
        on = audit.Object("domain", domain.id, domain.name)
        audit.record(session, Action.DOMAIN_CHECK_ASKED, workspace_id=asker.workspace_id, asker=asker, on=on)
        return domain.id


def ask_all(asker: Asker) -> int:
    """Have all domains of a workspace that have inboxes checked soon; how many there are."""
    with transaction() as session:
        own = sa.and_(
            DomainHealth.workspace_id == asker.workspace_id,
            DomainHealth.is_public_provider.is_(False),
            has_inboxes(),
        )
        changed = session.execute(sa.update(DomainHealth).where(own).values(next_check_at=now()))
        ring_after_commit(session, queues.CHECK_DUE_DOMAINS)
        asked = int(changed.rowcount)  # type: ignore[attr-defined]
        workspace = asker.workspace_id
        audit.record(session, Action.DOMAIN_CHECKS_ASKED, workspace_id=workspace, asker=asker, domains=asked)
        return asked


def check_what_is_due() -> None:
    """Check the domains whose time has come, unless another worker is at it; asked for each minute."""
    from nimbus.services.check_domain import check_due

    moment = now()
    at_work = sa.exists().where(DomainHealth.check_lease_until > moment)
    if db.session.scalar(sa.select(sa.and_(sa.exists().where(is_due(moment)), ~at_work))):
        check_due(time.monotonic() + _WORKS_FOR)
