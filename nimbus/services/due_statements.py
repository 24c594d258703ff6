"""Finding an inbox's oldest due message, with everything that decides whether it may leave."""

from typing import Any

import sqlalchemy as sa

from nimbus.models import (
    Campaign,
    CampaignContact,
    DomainHealth,
    EmailAccountHealth,
    InboxDay,
    InboxHour,
    Send,
    Suppression,
    Workspace,
)
from nimbus.models.base import table_of
from nimbus.rules.send_state import SendState
from nimbus.services.todays_limit import SHAPE_THE_LIMIT

SEND, ACCOUNT = table_of(Send), table_of(EmailAccountHealth)
_DAY, _HOUR, _SUPPRESSED = table_of(InboxDay), table_of(InboxHour), table_of(Suppression)
_DOMAIN, _WORKSPACE = table_of(DomainHealth), table_of(Workspace)
_CAMPAIGN, _CONTACT = table_of(Campaign), table_of(CampaignContact)


def in_window(account: sa.ColumnElement[Any]) -> sa.ColumnElement[bool]:
    return sa.and_(_HOUR.c.account_id == account, _HOUR.c.hour >= sa.bindparam("since"))


def in_24_hours() -> sa.ScalarSelect[Any]:
    return (
        sa.select(sa.func.coalesce(sa.func.sum(_HOUR.c.used), 0))
        .where(in_window(sa.bindparam("of_account")))
        .scalar_subquery()
    )


def next_due() -> sa.Select[Any]:
    """The inbox's oldest due send with everything that the gate asks; one that another worker is taking is passed by.

    Of equal moments any may come first: sorting thousands of them for each claim would cost more than the claim.
    """
    days = table_of(InboxDay).alias("days")
    newest = sa.select(sa.func.max(days.c.day)).where(days.c.account_id == SEND.c.account_id).correlate(SEND)
    return (
        sa.select(*_asked())
        .select_from(SEND)
        .join(ACCOUNT, ACCOUNT.c.id == SEND.c.account_id)
        .join(_DOMAIN, _DOMAIN.c.id == ACCOUNT.c.domain_id)
        .join(_WORKSPACE, _WORKSPACE.c.id == SEND.c.workspace_id)
        .outerjoin(
            _DAY, sa.and_(_DAY.c.account_id == SEND.c.account_id, _DAY.c.day == newest.scalar_subquery())
        )
        .outerjoin(_SUPPRESSED, is_suppressed())
        .outerjoin(_CAMPAIGN, _CAMPAIGN.c.id == SEND.c.campaign_id)
        .outerjoin(
            _CONTACT,
            sa.and_(_CONTACT.c.campaign_id == SEND.c.campaign_id, _CONTACT.c.contact_id == SEND.c.contact_id),
        )
        .where(DUE)
        .order_by(SEND.c.due_at)
        .limit(1)
        .with_for_update(of=SEND, skip_locked=True)
    )


def _asked() -> list[sa.ColumnElement[Any]]:
    """What the claim and its gates read of a message, its inbox and its campaign."""
    return [
        *(SEND.c[name] for name in ("id", "kind", "recipient", "subject", "body", "attempts")),
        *(SEND.c[name] for name in ("message", "message_id", "dated_at", "headers", "html")),
        *(ACCOUNT.c[name] for name in ("email", "is_active", "connection_state", "removed_at")),
        *(ACCOUNT.c[name] for name in ("cooldown_until", "needs_acknowledgement", "server_pause_reason")),
        *(ACCOUNT.c[name] for name in SHAPE_THE_LIMIT if name != "overall_score"),
        sa.cast(ACCOUNT.c.overall_score, sa.Integer).label("overall_score"),
        _DOMAIN.c.name.label("domain"),
        _DOMAIN.c.pause_reason,
        _DOMAIN.c.resumed_at,
        _WORKSPACE.c.timezone,
        _DAY.c.day.label("last_used_day"),
        (_DAY.c.sent + _DAY.c.reserved).label("used"),
        _SUPPRESSED.c.reason.label("suppressed_for"),
        in_24_hours().label("in_24_hours"),
        SEND.c.campaign_id,
        *(ACCOUNT.c[name] for name in ("restriction", "current_stage", "stage_sentence")),
        *(_CAMPAIGN.c[name] for name in ("campaign_type", "min_health_score")),
        _CAMPAIGN.c.state.label("campaign_state"),
        _CONTACT.c.state.label("contact_state"),
        _CONTACT.c.problem,
    ]


DUE = sa.and_(
    SEND.c.workspace_id == sa.bindparam("of_workspace"),
    SEND.c.account_id == sa.bindparam("of_account"),
    SEND.c.state == SendState.QUEUED,
    SEND.c.due_at <= sa.bindparam("at_moment"),
)


def is_suppressed() -> sa.ColumnElement[bool]:
    return sa.and_(
        _SUPPRESSED.c.workspace_id == SEND.c.workspace_id,
        _SUPPRESSED.c.email == sa.func.lower(SEND.c.recipient),
    )
