"""The way out of one inbox for the length of a turn: what is known of it, its sign-in, its one connection.

Only what is opened depends on the provider: a connection to a mail server, or calls of Google's or Microsoft's.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from nimbus.errors import NimbusError
from nimbus.extensions import db
from nimbus.models import EmailAccountHealth, MailServer
from nimbus.providers.contract import Accepted, Network, OpenSender, ServerLogin
from nimbus.providers.errors import SendRefused
from nimbus.providers.smtp_imap.delivery import open_sender
from nimbus.rules import pacing
from nimbus.rules.connection_test import Leg
from nimbus.rules.mail_hosts import MailHost, mail_host
from nimbus.rules.oauth import OAUTH_PROVIDERS
from nimbus.rules.providers import PROVIDER_NAMES, Provider
from nimbus.services.api_outlet import open_api_sender
from nimbus.services.server_login import current_network, open_login

# These put what leaves over their SMTP servers into the Sent folder themselves (`providers.md` 3).
_KEEP_COPIES = frozenset({MailHost.GOOGLE, MailHost.MICROSOFT})
REFUSALS = "sign_in_refusals"  # in a row, in the detail of the SMTP leg: only a sign-in that works clears it


class NoServer(NimbusError):
    """The inbox has no server to send over any more."""


@dataclass(frozen=True, slots=True)
class SmtpSignIn:
    """How an inbox signs in to its server. `checked_at` says which sign-in it is: a new one has a later moment."""

    login: ServerLogin
    checked_at: datetime
    refusals: int  # in a row


@dataclass(frozen=True, slots=True)
class Inbox:
    """What sending needs to know of an inbox; without `smtp` its mail leaves through its provider's API."""

    email: str
    display_name: str
    provider: Provider
    gap: timedelta
    smtp: SmtpSignIn | None

    @property
    def host(self) -> str:
        """Who takes its mail, by the name that a sentence has for it."""
        return self.smtp.login.host if self.smtp else PROVIDER_NAMES[self.provider]

    @property
    def wants_looks(self) -> bool:
        """Whether the Sent folder has to be looked into once a message has left.

        For a copy of ours where the server keeps none; at a provider for the Message-ID that it gave the message.
        """
        return self.smtp is None or not keeps_copies(self.smtp.login.host)


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
        self.looks_wanted = False  # something was sent for which the Sent folder has to be looked into
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

    def send(self, message: bytes, recipient: str, *, before_body: Callable[[], bool]) -> Accepted:
        """Hand a message over as OpenSender.send does, on a new connection should the kept one be over."""
        sender = self.inbox().email
        try:
            taken = self._open().send(message, sender=sender, recipient=recipient, before_body=before_body)
        except SendRefused as refused:
            if not refused.stale:
                raise
            self._close()
            taken = self._open().send(message, sender=sender, recipient=recipient, before_body=before_body)
        self.looks_wanted |= self.inbox().wants_looks
        return taken

    def _open(self) -> OpenSender:
        if self._sender is None:
            self._sender = self._opened.enter_context(self._way_out())
        return self._sender

    def _way_out(self) -> AbstractContextManager[OpenSender]:
        inbox = self.inbox()
        if inbox.smtp is None:
            return open_api_sender(inbox.provider, *self._ids)
        return open_sender(inbox.smtp.login, self._network)

    def _close(self) -> None:
        self._sender = None
        self._opened.close()


def _read(workspace_id: int, account_id: int) -> Inbox:
    of_account = (EmailAccountHealth.workspace_id == workspace_id, EmailAccountHealth.id == account_id)
    known = (joinedload(EmailAccountHealth.domain), joinedload(EmailAccountHealth.servers))
    found = db.session.scalars(sa.select(EmailAccountHealth).where(*of_account).options(*known))
    account = found.unique().one_or_none()
    legs = account.servers if account and account.provider not in OAUTH_PROVIDERS else ()
    server = next((leg for leg in legs if leg.leg == Leg.SMTP), None)
    if account is None or (server is None and account.provider not in OAUTH_PROVIDERS):
        raise NoServer("This inbox has no server to send over. Connect it again.")
    provider, host = Provider(account.provider), server.host if server else ""
    return Inbox(
        email=account.email,
        display_name=account.display_name,
        provider=provider,
        gap=pacing.gap(provider, account.domain.name, host=host),
        smtp=_sign_in(server) if server else None,
    )


def _sign_in(server: MailServer) -> SmtpSignIn:
    refusals = 0 if server.failure_code else int(server.failure_detail.get(REFUSALS, 0))
    return SmtpSignIn(open_login(db.session(), server), server.checked_at, refusals)
