"""The Sent folder: does it hold a message, and may it have a copy of one that left over SMTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from email.parser import BytesHeaderParser
from email.utils import parsedate_to_datetime

from nimbus.providers.contract import Network, ServerLogin, Unwatched
from nimbus.providers.errors import ProviderError
from nimbus.providers.smtp_imap.dialogue import Dialogue
from nimbus.providers.smtp_imap.folders import SpecialUse, special_folder
from nimbus.providers.smtp_imap.imap import ImapSession, open_imap
from nimbus.rules.connection_test import Step

_LOOKED_AT = 10  # messages whose header is read: a search finds parts of words as well


def find_copy(
    login: ServerLogin, network: Network, message_id: str, *, since: date | None = None
) -> bool | None:
    """Whether the Sent folder holds this message; None when there is no such folder or it could not be read.

    since: its date, if known; without one some servers read every message there is to answer.
    """
    try:
        with _sent_folder(login, network) as (session, folder):
            return None if folder is None else _holds(session, folder, message_id, since)
    except ProviderError:
        return None


def keep_copy(login: ServerLogin, network: Network, message: bytes, message_id: str) -> bool:
    """See to it that the Sent folder holds this message, as read; False when it could not be put there.

    Safe to repeat: a copy that is there already, be it the server's own, stays the only one.
    """
    dated_at = parsedate_to_datetime(BytesHeaderParser().parsebytes(message)["Date"])
    try:
        with _sent_folder(login, network) as (session, folder):
            if folder is None:
                return False
            there = _holds(session, folder, message_id, dated_at.date())
            if there is False:
                session.attempt.renew()
                session.append(folder, message, dated_at)
            return there is not None
    except ProviderError:
        return False


@contextmanager
def _sent_folder(login: ServerLogin, network: Network) -> Iterator[tuple[ImapSession, str | None]]:
    """A connection and the name of the Sent folder, if there is one; raises ProviderError."""
    with open_imap(login, network, Unwatched(), Dialogue()) as session:
        session.attempt.begin(Step.OPEN_FOLDER)
        folder = special_folder(session.folders(), SpecialUse.SENT)
        yield session, folder.name if folder else None


def _holds(session: ImapSession, folder: str, message_id: str, since: date | None) -> bool | None:
    """Whether the folder holds exactly this message; None when it cannot be opened."""
    if not session.enter(folder):
        return None
    # A day to spare: the server may count days in a zone of its own.
    when = ("SINCE", since - timedelta(days=1)) if since else ()
    found = session.search(*when, "HEADER", "Message-ID", message_id)
    return any(session.header(uid, "Message-ID") == message_id for uid in reversed(found[-_LOOKED_AT:]))
