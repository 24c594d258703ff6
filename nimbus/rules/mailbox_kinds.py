"""What kind of mailbox is behind an account: its daily limits depend on that, not on the path it was connected by."""

from enum import StrEnum
from functools import lru_cache

from nimbus.rules.personal_domains import is_personal_google, is_personal_microsoft
from nimbus.rules.providers import Provider


class MailboxKind(StrEnum):
    """The mailboxes that are treated differently."""

    GOOGLE_WORKSPACE = "google_workspace"
    CONSUMER_GMAIL = "consumer_gmail"
    MICROSOFT_365 = "microsoft_365"
    CONSUMER_OUTLOOK = "consumer_outlook"
    CUSTOM_SMTP = "custom_smtp"
    REACHINBOX = "reachinbox"


_OF_PROVIDER = {
    Provider.GMAIL: MailboxKind.GOOGLE_WORKSPACE,
    Provider.MICROSOFT: MailboxKind.MICROSOFT_365,
    Provider.SMTP_IMAP: MailboxKind.CUSTOM_SMTP,
    Provider.REACHINBOX: MailboxKind.REACHINBOX,
}


@lru_cache(maxsize=1024)  # asked three times for each message that leaves
def mailbox_kind(provider: Provider, domain: str) -> MailboxKind:
    """The kind of a mailbox that is connected by this path, at this mail domain (lower case)."""
    if is_personal_google(domain):
        return MailboxKind.CONSUMER_GMAIL
    if is_personal_microsoft(domain):
        return MailboxKind.CONSUMER_OUTLOOK
    return _OF_PROVIDER[provider]
