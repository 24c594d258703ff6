"""Opening an inbox for reading, by whichever path it is connected."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from nimbus.providers.contract import Access, Hosts
from nimbus.providers.errors import GrantRefused
from nimbus.providers.gmail.reading import GmailMailbox
from nimbus.providers.microsoft.reading import GraphMailbox
from nimbus.providers.reading import OpenMailbox
from nimbus.providers.smtp_imap.imap_mailbox import open_mailbox as open_imap_mailbox
from nimbus.rules.providers import Provider
from nimbus.security.vault import CannotOpenSecret
from nimbus.services.api_outlet import AccountAccess
from nimbus.services.provider_apps import current_hosts
from nimbus.services.server_login import current_network
from nimbus.services.sync_claim import Taken

_OVER_AN_API: dict[Provider, Callable[[Hosts, Access], OpenMailbox]] = {
    Provider.GMAIL: GmailMailbox,
    Provider.MICROSOFT: GraphMailbox,
}


@contextmanager
def open_mailbox(taken: Taken) -> Iterator[OpenMailbox]:
    """The mailbox of an inbox that was taken. Raises ProviderError, GrantRefused or CannotOpenSecret.

    A provider that will not have the sign-in any more has the account marked.
    """
    if taken.provider not in _OVER_AN_API:
        if taken.login is None:
            raise CannotOpenSecret
        with open_imap_mailbox(taken.login, current_network()) as mailbox:
            yield mailbox
        return
    access = AccountAccess(taken.workspace_id, taken.account_id)
    try:
        yield _OVER_AN_API[taken.provider](current_hosts(), access)
    except GrantRefused as refused:
        access.refused(refused)
        raise
