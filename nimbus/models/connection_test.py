"""A connection test under way or done: what was typed, how far it came, and why it stopped."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from nimbus.models.base import Base, OfWorkspace, goes_with_account, one_of
from nimbus.rules.connection_test import Leg, Purpose, State


class ConnectionTest(OfWorkspace, Base):
    """One test. `settings` are the form's fields without the passwords, which are sealed beside it.

    `owner` and `lease_until` fence the worker that runs it; each step renews the lease.
    """

    __tablename__ = "connection_test"
    __table_args__ = (
        goes_with_account(),
        one_of("purpose", Purpose),
        one_of("state", State),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user_account.id", ondelete="CASCADE"), index=True)
    account_id: Mapped[int | None] = mapped_column(index=True)
    asked_from: Mapped[str | None]  # the address of the person's browser, for the audit log
    purpose: Mapped[str]
    state: Mapped[str] = mapped_column(default=State.QUEUED, index=True)
    settings: Mapped[dict[str, Any]]
    sealed_smtp_password: Mapped[str | None] = mapped_column(sa.Text)
    sealed_imap_password: Mapped[str | None] = mapped_column(sa.Text)
    secrets_until: Mapped[datetime]
    nonce: Mapped[str] = mapped_column(sa.String(32))
    signature: Mapped[str] = mapped_column(sa.String(32))  # of the nonce: it outlives the key that made it

    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    owner: Mapped[str | None] = mapped_column(sa.String(32))
    lease_until: Mapped[datetime | None]
    handed_over_at: Mapped[datetime | None]  # when the server accepted the test message
    wait_until: Mapped[datetime | None]  # how long its arrival is waited for
    next_look_at: Mapped[datetime | None]

    progress: Mapped[list[Any]] = mapped_column(default=list)  # [leg, step, state, detail] in order
    failure_leg: Mapped[str | None]
    failure_step: Mapped[str | None]
    failure_code: Mapped[str | None]
    failure_detail: Mapped[dict[str, Any]] = mapped_column(default=dict)
    server_line: Mapped[str | None]
    warning: Mapped[str | None]
    dialogue: Mapped[str | None] = mapped_column(sa.Text)

    def sealed(self, leg: Leg) -> str:
        """A leg's sealed password; empty once it was cleared."""
        return (self.sealed_smtp_password if leg == Leg.SMTP else self.sealed_imap_password) or ""

    @property
    def vault_owner(self) -> str:
        """The identity that the vault binds this row's passwords to."""
        return vault_owner(self.nonce)


def vault_owner(nonce: str) -> str:
    """The identity that the vault binds a test's passwords to: unlike the id, the nonce is known before the row is written."""
    return f"connection_test:{nonce}"
