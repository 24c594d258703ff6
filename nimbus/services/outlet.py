"""The way out of one inbox for the length of a turn: what is known of it, its password, its one connection."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth, MailServer
from nimbus.providers.contract import Network, OpenSender, ServerLogin
from nimbus.providers.errors import SendRefused
from nimbus.providers.smtp_imap.delivery import open_sender
from nimbus.rules import pacing
from nimbus.rules.connection_test import Leg
from nimbus.rules.mail_hosts import MailHost, mail_host
from nimbus.rules.providers import Provider
from nimbus.services.server_login import current_network, open_login

# These put what leaves over their SMTP servers into the Sent folder themselves (`providers.md` 3).
_KEEP_COPIES = frozenset({MailHost.GOOGLE, MailHost.MICROSOFT})
REFUSALS = "sign_in_refusals"  # in a row, in the detail of the SMTP leg: only a sign-in that works clears it


class NoServer(NimbusError):
    """The inbox has no server to send over any more."""


@dataclass(frozen=True, slots=True)
class Inbox:
    """What sending needs to know of an inbox. `checked_at` says which sign-in it is: a new one has a later moment."""

    email: str
    display_name: str
    domain: str
    login: ServerLogin
    gap: timedelta
    checked_at: datetime
    sign_in_refusals: int

    @property
    def wants_copies(self) -> bool:
        """Whether what is sent has to be put into the Sent folder by us."""
        return not keeps_copies(self.login.host)


def keeps_copies(host: str) -> bool:
    """Whether an SMTP server puts what it sends into the Sent folder itself."""
    return mail_host(host) in _KEEP_COPIES


class Outlet:
    """Opened with the first message of a turn, kept for those that follow, closed on leaving the context."""

    def __init__(self, workspace_id: int, account_id: int) -> None:
        self._ids = workspace_id, account_id
        self._inbox: Inbox | None = None
        self._network: Network = current_network()
        self._sender: OpenSender | None = None
        self.copies_wanted = False  # something was sent that belongs into the Sent folder
        self._opened = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    @property
    def network(self) -> Network:
        """The way to the network, for whoever asks something else about a message."""
        return self._network

    def inbox(self) -> Inbox:
        """The inbox, read once; raises NoServer, CannotOpenSecret or KeyFileProblem."""
        if self._inbox is None:
            try:
                self._inbox = _read(*self._ids)
            finally:
                db.session.remove()  # no database connection is held while the network is waited for
        return self._inbox

    def read_again(self) -> None:
        """Something about the inbox has changed: what is known of it is read again when it is needed."""
        self._inbox = None

    def look_after(self) -> None:
        """Let go of a connection that takes no further message, so that the next one opens another."""
        if self._sender is not None and not self._sender.is_ready():
            self._close()

    def send(self, message: bytes, recipient: str, *, before_body: Callable[[], bool]) -> str:
        """Hand a message over as OpenSender.send does, on a new connection should the kept one be over."""
        sender = self.inbox().email
        try:
            line = (
                self._open().send(message, sender=sender, recipient=recipient, before_body=before_body).line
            )
        except SendRefused as refused:
            if not refused.stale:
                raise
            self._close()
            line = (
                self._open().send(message, sender=sender, recipient=recipient, before_body=before_body).line
            )
        self.copies_wanted |= self.inbox().wants_copies
        return line

    def _open(self) -> OpenSender:
        if self._sender is None:
            self._sender = self._opened.enter_context(open_sender(self.inbox().login, self._network))
        return self._sender

    def _close(self) -> None:
        self._sender = None
        self._opened.close()


def _read(workspace_id: int, account_id: int) -> Inbox:
    found = db.session.execute(
        sa.select(EmailAccountHealth, MailServer)
        .join(
            MailServer,
            sa.and_(MailServer.account_id == EmailAccountHealth.id, MailServer.leg == Leg.SMTP),
        )
        .where(EmailAccountHealth.workspace_id == workspace_id, EmailAccountHealth.id == account_id)
        .options(joinedload(EmailAccountHealth.domain))
    ).first()
    if found is None:
        raise NoServer("This inbox has no server to send over. Connect it again.")
    account, server = found
    return Inbox(
        email=account.email,
        display_name=account.display_name,
        domain=account.domain.name,
        login=open_login(db.session(), server),
        gap=pacing.gap(Provider(account.provider), account.domain.name, host=server.host),
        checked_at=server.checked_at,
        sign_in_refusals=int(server.failure_detail.get(REFUSALS, 0)) if not server.failure_code else 0,
    )
