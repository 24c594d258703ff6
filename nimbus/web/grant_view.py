"""The sign-in of an account at its provider, as its page shows it: whether it works, since when not, and why that may be."""

from datetime import datetime

import sqlalchemy as sa

from nimbus.clock import now
from nimbus.extensions import db
from nimbus.models import OAuthGrant
from nimbus.rules.oauth import in_words
from nimbus.rules.oauth_answers import GrantEnding, sentence
from nimbus.rules.providers import Provider
from nimbus.rules.sign_in_ends import SignIn, reasons
from nimbus.services.provider_apps import known_app
from nimbus.web.oauth_view import provider_name


class GrantView:
    """What templates know of a sign-in; no token is among it."""

    def __init__(self, grant: OAuthGrant, audience: str) -> None:
        provider, detail = Provider(grant.provider), grant.failure_detail
        self.name = provider_name(provider)
        self.may = in_words(sorted(grant.scopes.split()))
        self.granted_at, self.renewed_at = grant.granted_at, grant.refreshed_at
        self.failed_at = grant.failed_at
        self.line = detail.get("line", "")
        self.reasons: tuple[str, ...] = ()
        self.problem, self.asked_again_at = None, _later(grant.refresh_at)
        ending = grant.failure_code or (detail.get("ending") if grant.refusals else None)
        if ending is not None:
            self.problem = sentence(GrantEnding(ending), provider, code=detail.get("code", ""))
        if grant.failed_at is not None:
            over = SignIn(provider, grant.granted_at, grant.refreshed_at, grant.failed_at, audience)
            self.reasons = reasons(over, GrantEnding(grant.failure_code or GrantEnding.REVOKED))


def grant_of(workspace_id: int, account_id: int) -> GrantView | None:
    """The sign-in of an account; None where it signs in at mail servers, or nobody has signed in."""
    found = (OAuthGrant.workspace_id == workspace_id, OAuthGrant.account_id == account_id)
    grant = db.session.scalar(sa.select(OAuthGrant).where(*found))
    if grant is None:
        return None
    app = known_app(db.session(), workspace_id, Provider(grant.provider))
    return GrantView(grant, app.audience if app and app.client_id == grant.client_id else "")


def _later(moment: datetime | None) -> datetime | None:
    return moment if moment and moment > now() else None
