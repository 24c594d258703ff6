"""The domains of the fleet, checked by the product itself against the DNS of the practice world."""

import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.models import DomainHealth, DomainListing
from nimbus.rules.blocklists import Severity
from nimbus.rules.domain_pause import PauseCode
from nimbus.sandbox import flaws
from nimbus.sandbox.fleet import FLAWED, SET_ASIDE
from nimbus.services.asker import Asker
from nimbus.services.check_domain import check_due
from nimbus.services.pause_domain import CannotOverride, resume_anyway

_EARLIER = timedelta(minutes=15)  # when these were seen for the first time: the second look pauses
_SECONDS = 30.0


def judge_domains(asker: Asker, control: Callable[..., None]) -> None:
    """Break some domains, have all of them checked, and set one pause aside."""
    for name, flaw in FLAWED.items():
        control(f"/domains/{name}/flaw", flaw=flaw)
    earlier = now() - _EARLIER
    with transaction() as session:
        of_workspace = sa.select(DomainHealth).where(DomainHealth.workspace_id == asker.workspace_id)
        for domain in session.scalars(of_workspace):
            if FLAWED.get(domain.name) == flaws.NO_MX:
                domain.pause_memory = {PauseCode.MX_DEAD.value: [earlier.isoformat(), None, None]}
            elif FLAWED.get(domain.name) == flaws.LISTED:
                session.add(
                    DomainListing(
                        workspace_id=asker.workspace_id,
                        domain_id=domain.id,
                        list_key="spamhaus_dbl",
                        subject=domain.name,
                        severity=Severity.CRITICAL,
                        words="a spam domain",
                        raw=["127.0.1.2"],
                        first_at=earlier,
                        last_at=earlier,
                    )
                )
    check_due(time.monotonic() + _SECONDS)
    with suppress(CannotOverride):  # a machine too busy to ask in time has paused nothing
        resume_anyway(asker, SET_ASIDE)
