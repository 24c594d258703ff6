"""Inboxes that somebody has signed in at the practice world's providers. All need an application context."""

import sqlalchemy as sa

from nimbus.clock import now
from nimbus.database import transaction
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth, HealthEvent, OAuthGrant
from nimbus.providers import oauth
from nimbus.rules.providers import Provider
from nimbus.sandbox.world import System
from nimbus.services.oauth_tokens import save_grant
from tests.factories import make_email_account, reload
from tests.providers.signing_in import app_at, hosts_of, sign_in

ANN, BOB = "ann@alpha.test", "bob@alpha.test"  # of one domain, so that no DNS is asked about it
SYSTEMS = {Provider.GMAIL: System.GOOGLE, Provider.MICROSOFT: System.MICROSOFT}
TALLIES = {Provider.GMAIL: "google refresh", Provider.MICROSOFT: "microsoft refresh"}


def make_signed_in(sandbox, workspace_id, provider, address=ANN, **overrides) -> int:
    """An account whose owner has just allowed everything at its provider; gives its id."""
    if address not in sandbox.world.mailboxes:
        sandbox.world.add(address, name="Ann Alpha", system=SYSTEMS[provider])
    account_id = make_email_account(workspace_id, address, legs=(), provider=provider, **overrides)
    keep_grant(sandbox, workspace_id, account_id, provider, sign_in(sandbox, provider, address))
    return account_id


def keep_grant(sandbox, workspace_id, account_id, provider, tokens) -> None:
    """Store what a sign-in has brought, as connecting does."""
    subject = oauth.identify(hosts_of(sandbox), provider, tokens.access).subject
    with transaction() as session:
        save_grant(
            session,
            workspace_id=workspace_id,
            account_id=account_id,
            app=app_at(sandbox, provider),
            subject=subject,
            tokens=tokens,
        )


def age(account_id) -> None:
    """Let the access token be as good as over."""
    with transaction() as session:
        of_account = OAuthGrant.account_id == account_id
        session.execute(sa.update(OAuthGrant).where(of_account).values(access_until=now(), refresh_at=now()))


def grant_of(account_id) -> OAuthGrant:
    """The grant as the database has it now."""
    return reload(OAuthGrant, account_id)


def state_of(account_id) -> str:
    """The state of the account's connection."""
    return reload(EmailAccountHealth, account_id).connection_state


def refreshes(sandbox, provider, address=ANN) -> int:
    """How often the provider was asked for new tokens of this person."""
    return sandbox.world.tally[TALLIES[provider], address]


def events(account_id) -> list[str]:
    """The kinds of what the account's log says, oldest first."""
    db.session.rollback()
    kinds = sa.select(HealthEvent.kind).where(HealthEvent.account_id == account_id).order_by(HealthEvent.id)
    return list(db.session.scalars(kinds))
