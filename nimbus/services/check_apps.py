"""Whether the sign-in apps at Google and Microsoft are accepted, as the inboxes find that live on them.

An app that is not accepted marks no inbox: none of them did anything wrong, and all of them go on once it is repaired.
"""

from typing import NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from nimbus.extensions import db
from nimbus.models import EmailAccountHealth, OAuthGrant
from nimbus.rules.installation_health import Health
from nimbus.rules.oauth_answers import GrantEnding
from nimbus.rules.providers import PROVIDER_NAMES, Provider
from nimbus.services.check import Check


class RefusedApp(NamedTuple):
    """An application that a provider does not accept: how many inboxes wait for it, and what the provider said last."""

    workspace_id: int
    provider: Provider
    client_id: str
    inboxes: int
    line: str


def refused_apps(session: Session, workspace_id: int | None = None) -> list[RefusedApp]:
    """The applications that renewals are refused for, of one workspace or of all."""
    said = OAuthGrant.failure_detail
    waiting = (
        sa.select(
            OAuthGrant.workspace_id,
            OAuthGrant.provider,
            OAuthGrant.client_id,
            sa.func.count(),
            sa.func.max(said["line"].as_string()),
        )
        .join(EmailAccountHealth, EmailAccountHealth.id == OAuthGrant.account_id)
        .where(
            OAuthGrant.refusals > 0,
            OAuthGrant.failure_code.is_(None),
            said["ending"].as_string() == GrantEnding.APP_WRONG,
            EmailAccountHealth.removed_at.is_(None),
        )
        .group_by(OAuthGrant.workspace_id, OAuthGrant.provider, OAuthGrant.client_id)
        .order_by(OAuthGrant.workspace_id, OAuthGrant.provider)
    )
    if workspace_id is not None:
        waiting = waiting.where(OAuthGrant.workspace_id == workspace_id)
    return [
        RefusedApp(workspace, Provider(provider), client_id, inboxes, line or "")
        for workspace, provider, client_id, inboxes, line in session.execute(waiting)
    ]


def app_checks(because: str | None) -> list[Check]:
    """A line for each application that is refused, and none while all are well or `because` says why nobody knows."""
    if because:
        return []
    try:
        return [_line(app) for app in refused_apps(db.session())]
    finally:
        db.session.remove()


def _line(app: RefusedApp) -> Check:
    name = PROVIDER_NAMES[app.provider]
    inboxes = "1 inbox waits" if app.inboxes == 1 else f"{app.inboxes:,} inboxes wait"
    said = f" It said: {app.line}" if app.line else ""
    return Check(
        f"app_{app.provider}_{app.workspace_id}",
        Health.FAIL,
        f"{name} app",
        f"It is not accepted, and {inboxes} for it in workspace {app.workspace_id}.{said}",
        advice="Check the app under Integrations: its client ID, its secret, and when the secret ends.",
    )
