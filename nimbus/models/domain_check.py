"""What was found of a sending domain: its checks, its listings, what receivers said of its mail, and its history."""

from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from nimbus.models.base import Base, OfWorkspace, one_of
from nimbus.models.health_event import EventTone
from nimbus.rules.verdicts import Check, Verdict


def _goes_with_domain() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["workspace_id", "domain_id"],
        ["domain_health.workspace_id", "domain_health.id"],
        ondelete="CASCADE",
    )


class DomainCheck(OfWorkspace, Base):
    """The verdict of one check that counts now. It is from `found_at`; `is_silent`: the last look, at `checked_at`, got none."""

    __tablename__ = "domain_check"
    __table_args__ = (_goes_with_domain(), one_of("kind", Check), one_of("verdict", Verdict))

    domain_id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    verdict: Mapped[str] = mapped_column(sa.String(12))
    code: Mapped[str] = mapped_column(sa.String(40))
    sentence: Mapped[str] = mapped_column(sa.Text)
    expected: Mapped[str] = mapped_column(sa.Text)
    found: Mapped[list[Any]]  # texts that others published
    paste_name: Mapped[str | None]
    paste_kind: Mapped[str | None]
    paste_value: Mapped[str | None] = mapped_column(sa.Text)
    applies: Mapped[bool]
    is_silent: Mapped[bool]
    found_at: Mapped[datetime]
    checked_at: Mapped[datetime]


class DomainListing(OfWorkspace, Base):
    """A blocklist's entry about a domain, or about an address of its mail server; rules/listings.py says when it counts."""

    __tablename__ = "domain_listing"
    __table_args__ = (_goes_with_domain(), sa.UniqueConstraint("domain_id", "list_key", "subject"))

    id: Mapped[int] = mapped_column(primary_key=True)
    domain_id: Mapped[int]
    list_key: Mapped[str] = mapped_column(sa.String(40))
    subject: Mapped[str]
    severity: Mapped[int]
    words: Mapped[str]
    raw: Mapped[list[Any]]  # the answer, as it came
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    clean_since: Mapped[datetime | None]
    cleared_at: Mapped[datetime | None]


class DomainObservation(OfWorkspace, Base):
    """What a receiver said of one message of the domain. `cause` makes hearing it twice harmless."""

    __tablename__ = "domain_observation"
    __table_args__ = (
        _goes_with_domain(),
        sa.UniqueConstraint("domain_id", "cause"),
        sa.Index("ix_domain_observation_at", "domain_id", "at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    domain_id: Mapped[int]
    cause: Mapped[str] = mapped_column(sa.String(200))
    at: Mapped[datetime]
    dmarc: Mapped[str] = mapped_column(sa.String(20))
    spf: Mapped[str] = mapped_column(sa.String(20))
    has_aligned_dkim: Mapped[bool]
    selector: Mapped[str | None]  # that the domain's own signature was made with
    is_direct: Mapped[bool]


class DomainSpamDay(OfWorkspace, Base):
    """The share of a domain's mail that people at Gmail called spam on a day, as Google's Postmaster Tools report it."""

    __tablename__ = "domain_spam_day"
    __table_args__ = (_goes_with_domain(), sa.CheckConstraint("rate BETWEEN 0 AND 1", name="rate"))

    domain_id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    rate: Mapped[float]


class DomainEvent(OfWorkspace, Base):
    """One thing that happened to a domain. `kind` is stable for programs, `sentence` is for people."""

    __tablename__ = "domain_event"
    __table_args__ = (
        _goes_with_domain(),
        sa.Index("ix_domain_event_domain", "domain_id", "id"),
        one_of("tone", EventTone),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    domain_id: Mapped[int]
    at: Mapped[datetime]
    kind: Mapped[str]
    tone: Mapped[str]
    sentence: Mapped[str] = mapped_column(sa.Text)
    actor: Mapped[str | None]  # the person's name at that time; None: the system
