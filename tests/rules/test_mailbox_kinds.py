"""The kind of a mailbox is that of its domain first, and of its path otherwise."""

import pytest

from nimbus.rules.mailbox_kinds import MailboxKind, mailbox_kind
from nimbus.rules.providers import Provider


@pytest.mark.parametrize(
    ("provider", "domain", "kind"),
    [
        (Provider.GMAIL, "acme.co", MailboxKind.GOOGLE_WORKSPACE),
        (Provider.GMAIL, "gmail.com", MailboxKind.CONSUMER_GMAIL),
        (Provider.SMTP_IMAP, "googlemail.com", MailboxKind.CONSUMER_GMAIL),
        (Provider.MICROSOFT, "acme.co", MailboxKind.MICROSOFT_365),
        (Provider.MICROSOFT, "hotmail.com", MailboxKind.CONSUMER_OUTLOOK),
        (Provider.REACHINBOX, "live.com", MailboxKind.CONSUMER_OUTLOOK),
        (Provider.SMTP_IMAP, "acme.co", MailboxKind.CUSTOM_SMTP),
        (Provider.REACHINBOX, "acme.co", MailboxKind.REACHINBOX),
    ],
)
def test_a_consumers_mailbox_is_one_whatever_path_leads_to_it(provider, domain, kind):
    assert mailbox_kind(provider, domain) is kind
