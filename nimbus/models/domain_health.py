"""The health of a sending domain, shared by all inboxes on it."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from nimbus.models.base import Base, OfWorkspace


class DomainHealth(OfWorkspace, Base):
    """One row per workspace and sending domain. `name` is the part after @, in lower case and ASCII form.

    `paused_at` with `pause_reason` (a sentence) holds every inbox of the domain until it is cleared. A check is taken by
    setting `check_lease_until`, and only who still holds that lease writes what it found.
    """

    __tablename__ = "domain_health"
    __table_args__ = (
        sa.UniqueConstraint("workspace_id", "name"),
        sa.UniqueConstraint("workspace_id", "id"),
        sa.CheckConstraint("score BETWEEN 0 AND 100", name="score"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    created_at: Mapped[datetime]
    paused_at: Mapped[datetime | None]
    pause_reason: Mapped[str | None]

    is_public_provider: Mapped[bool] = mapped_column(default=False)  # anybody's: never checked, never paused
    organisation: Mapped[str | None]  # the organisational domain, by DMARC's tree walk
    score: Mapped[int | None]  # None: nothing is known yet
    has_both: Mapped[bool | None]  # SPF and DKIM pass; False: only one of them does
    has_dmarc: Mapped[bool | None]
    listed_on: Mapped[str | None]  # a list of high severity that has it, or an address of its mail server
    own_addresses: Mapped[list[Any] | None]  # of mail servers within the domain, as text
    pause_codes: Mapped[list[Any] | None]  # rules/domain_pause.py, those that pause now, worst first
    pause_memory: Mapped[
        dict[str, Any] | None
    ]  # of each reason, since when it looks bad, pauses, looks good again
    resumed_at: Mapped[datetime | None]  # when its last pause ended: its inboxes begin slowly on that day
    override_until: Mapped[datetime | None]  # a person lets it send in spite of its reasons
    override_by: Mapped[str | None]
    has_troubled_inboxes: Mapped[bool] = mapped_column(default=False)

    checked_at: Mapped[datetime | None]
    next_check_at: Mapped[datetime | None] = mapped_column(index=True)  # None: at once
    check_lease_until: Mapped[datetime | None]
    check_progress: Mapped[list[Any] | None]  # the checks that have their answers; None: none is under way
