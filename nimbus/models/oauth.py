"""Signing in at a provider: the application that asks, a return from there, and the grant that an account lives on."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from nimbus.models.base import Base, OfWorkspace, goes_with_account, one_of
from nimbus.rules.oauth import OAuthPurpose
from nimbus.rules.providers import Provider


class ProviderApp(OfWorkspace, Base):
    """A workspace's own application at Google or Microsoft; without one that of the settings serves.

    `audience` is what its maker says of a Google app: internal, testing or production. `check` is the last check,
    [step, passed, sentence] in order.
    """

    __tablename__ = "provider_app"
    __table_args__ = (
        sa.PrimaryKeyConstraint("workspace_id", "provider"),
        one_of("provider", Provider),
    )

    provider: Mapped[str]
    client_id: Mapped[str]
    sealed_client_secret: Mapped[str] = mapped_column(sa.Text)
    tenant: Mapped[str | None]  # Microsoft only
    audience: Mapped[str | None]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str]
    checked_at: Mapped[datetime | None]
    check: Mapped[list[Any]] = mapped_column(default=list)

    @property
    def vault_owner(self) -> str:
        """The identity that the vault binds the secret to."""
        return app_vault_owner(self.workspace_id, self.provider)


class OAuthAttempt(OfWorkspace, Base):
    """Somebody who came back from a provider. The row is what makes the state of a way there good for once only.

    `outcome` says how it ended, in the words of services; `detail` holds what its page shows, and no secret.
    """

    __tablename__ = "oauth_attempt"
    __table_args__ = (
        sa.UniqueConstraint("state_hash"),
        goes_with_account(),
        one_of("provider", Provider),
        one_of("purpose", OAuthPurpose),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    provider: Mapped[str]
    purpose: Mapped[str]
    account_id: Mapped[int | None] = mapped_column(
        index=True
    )  # the account to repair, then the one that was made
    state_hash: Mapped[str] = mapped_column(sa.String(64))
    returned_at: Mapped[datetime] = mapped_column(index=True)
    outcome: Mapped[str | None] = mapped_column(sa.String(40))
    detail: Mapped[dict[str, Any]] = mapped_column(default=dict)


class OAuthGrant(OfWorkspace, Base):
    """What a person allowed at a provider, for one account: the tokens, until when, and how the last refresh went.

    `version` counts the tokens: an answer is stored only while the version it was asked for still stands, so an older
    token never replaces a newer one. `owner` and `lease_until` fence whoever refreshes. `refusals` counts failures in
    a row that prove nothing; `failure_code` is set by those that end the grant, and cleared by signing in again.
    """

    __tablename__ = "oauth_grant"
    __table_args__ = (goes_with_account(), one_of("provider", Provider))

    account_id: Mapped[int] = mapped_column(primary_key=True)
    provider: Mapped[str]
    client_id: Mapped[str]  # only the application that got the grant can refresh it
    subject: Mapped[str]  # the provider's own id of the person
    scopes: Mapped[str] = mapped_column(sa.Text)  # as rules/oauth.py spells them, blanks between
    sealed_access_token: Mapped[str | None] = mapped_column(sa.Text)
    sealed_refresh_token: Mapped[str | None] = mapped_column(sa.Text)
    access_until: Mapped[datetime]
    granted_at: Mapped[datetime]
    refreshed_at: Mapped[datetime]
    refresh_at: Mapped[datetime | None] = mapped_column(index=True)  # None: nothing to refresh any more
    version: Mapped[int] = mapped_column(default=1)
    owner: Mapped[str | None] = mapped_column(sa.String(32))
    lease_until: Mapped[datetime | None]
    refusals: Mapped[int] = mapped_column(default=0)
    failure_code: Mapped[str | None] = mapped_column(sa.String(40))
    failure_detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    failed_at: Mapped[datetime | None]

    @property
    def vault_owner(self) -> str:
        """The identity that the vault binds both tokens to."""
        return grant_vault_owner(self.account_id)


def app_vault_owner(workspace_id: int, provider: str) -> str:
    """The identity of a workspace's application at a provider."""
    return f"provider_app:{workspace_id}:{provider}"


def grant_vault_owner(account_id: int) -> str:
    """The identity of an account's grant."""
    return f"oauth_grant:{account_id}"
