"""The two servers of an SMTP and IMAP account: where they are, how to sign in, and how they did last time."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from nimbus.models.base import Base, OfWorkspace, goes_with_account, one_of
from nimbus.rules.connection_test import Leg, Security


class MailServer(OfWorkspace, Base):
    """One leg of an account's connection. `sealed_password` opens only for this very row (see security/vault)."""

    __tablename__ = "mail_server"
    __table_args__ = (
        goes_with_account(),
        one_of("leg", Leg),
        one_of("security", Security),
    )

    account_id: Mapped[int] = mapped_column(primary_key=True)
    leg: Mapped[str] = mapped_column(primary_key=True)
    host: Mapped[str]
    port: Mapped[int]
    security: Mapped[str]
    username: Mapped[str]
    sealed_password: Mapped[str] = mapped_column(sa.Text)
    allow_old_tls: Mapped[bool] = mapped_column(default=False)
    allow_unverified: Mapped[bool] = mapped_column(default=False)
    folder: Mapped[str | None]  # IMAP only: where replies arrive
    checked_at: Mapped[datetime]
    failure_code: Mapped[str | None]  # None while the last check passed
    failure_detail: Mapped[dict[str, Any]] = mapped_column(default=dict)

    @property
    def vault_owner(self) -> str:
        return vault_owner(self.account_id, self.leg)


def vault_owner(account_id: int, leg: str) -> str:
    """The identity that the vault binds a leg's password to."""
    return f"mail_server:{account_id}:{leg}"
