"""The Sent folder: does it hold a message, and may it have a copy of one that left over SMTP."""

from contextlib import ExitStack
from datetime import date, timedelta
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self

from nimbus.providers.contract import Network, ServerLogin, Unwatched
from nimbus.providers.errors import ProviderError
from nimbus.providers.smtp_imap.dialogue import Dialogue
from nimbus.providers.smtp_imap.folders import SpecialUse, special_folder
from nimbus.providers.smtp_imap.imap import ImapSession, open_imap
from nimbus.rules.connection_test import Step

_LOOKED_AT = 10  # messages whose header is read: a search finds parts of words as well


class SentFolder:
    """The Sent folder of a mailbox. Its connection is opened when it is first needed, and anew after it broke."""

    def __init__(self, login: ServerLogin, network: Network) -> None:
        self._way = login, network
        self._opened = ExitStack()
        self._session: ImapSession | None = None
        self._name: str | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._opened.__exit__(kind, error, trace)

    def holds(self, message_id: str, *, since: date | None = None) -> bool | None:
        """Whether it holds this message; None when there is no such folder or it could not be read.

        since: the message's date, if known; without one some servers read every message there is to answer.
        """
        try:
            session = self._open()
            return _holds(session, self._name, message_id, since) if self._name else None
        except ProviderError as failure:
            self._drop(failure)
            return None

    def keep(self, message: bytes, message_id: str) -> bool:
        """See to it that it holds this message, as read; False when it could not be put there.

        Safe to repeat: a copy that is there already, be it the server's own, stays the only one.
        """
        dated_at = parsedate_to_datetime(BytesHeaderParser().parsebytes(message)["Date"])
        there = self.holds(message_id, since=dated_at.date())
        if there is not False or self._name is None:
            return bool(there)
        try:
            self._open().append(self._name, message, dated_at)
        except ProviderError as failure:
            self._drop(failure)
            return False
        return True

    def _open(self) -> ImapSession:
        """The connection, with its full time for what is asked next; raises ProviderError."""
        if self._session is None:
            session = self._opened.enter_context(open_imap(*self._way, Unwatched(), Dialogue()))
            session.attempt.begin(Step.OPEN_FOLDER)
            folder = special_folder(session.folders(), SpecialUse.SENT)
            self._session, self._name = session, folder.name if folder else None
        self._session.attempt.renew()
        return self._session

    def _drop(self, failure: ProviderError) -> None:
        """Let go of a connection that failed: it hears nothing more from us, not even a goodbye."""
        self._session = None
        self._opened.__exit__(type(failure), failure, failure.__traceback__)


def _holds(session: ImapSession, folder: str, message_id: str, since: date | None) -> bool | None:
    """Whether the folder holds exactly this message; None when it cannot be opened."""
    if not session.enter(folder):
        return None
    # A day to spare: the server may count days in a zone of its own.
    when = ("SINCE", since - timedelta(days=1)) if since else ()
    found = session.search(*when, "HEADER", "Message-ID", message_id)
    return any(session.header(uid, "Message-ID") == message_id for uid in reversed(found[-_LOOKED_AT:]))
