"""The log of an account: every decision and change, with its reason, as its page shows it."""

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from nimbus.models.base import Base, OfWorkspace, goes_with_account, one_of


class EventTone(StrEnum):
    """How an event is meant: good news, a warning, a failure, or plain record."""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"
    PLAIN = "plain"


class HealthEvent(OfWorkspace, Base):
    """One thing that happened to an account. `kind` is stable for programs, `sentence` is for people.

    A decision of the rules has what was `before` and `after` it, its `cause`, and the `counters` it was read from.
    """

    __tablename__ = "health_event"
    __table_args__ = (
        goes_with_account(),
        sa.Index("ix_health_event_account", "account_id", "id"),
        one_of("tone", EventTone),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int]
    at: Mapped[datetime]
    kind: Mapped[str]
    tone: Mapped[str]
    sentence: Mapped[str] = mapped_column(sa.Text)
    actor: Mapped[str | None]  # the person's name at that time; None: the system
    before: Mapped[str | None]
    after: Mapped[str | None]
    cause: Mapped[str | None] = mapped_column(sa.Text)
    counters: Mapped[dict[str, Any] | None]
