"""How far apart the messages of one inbox leave, so that a provider's rate is never reached."""

from datetime import timedelta

from nimbus.rules.mail_hosts import MailHost, mail_host
from nimbus.rules.personal_domains import is_personal_google, is_personal_microsoft
from nimbus.rules.providers import Provider

MICROSOFT_GAP = timedelta(seconds=3)
GOOGLE_GAP = timedelta(seconds=1)
NO_GAP = timedelta()


def gap(provider: Provider, domain: str, *, host: str = "") -> timedelta:
    """The least time between two messages of an inbox; `host` is its SMTP server, where it has one.

    Microsoft takes 30 messages a minute from a mailbox, of which 20 are ours: 3 s (`deliverability.md` 5.4). Gmail's
    API grants a user 6,000 units a minute and a send costs 100: 1 s (`providers.md` 1.10). A server of one's own sets
    no known pace, and ReachInbox keeps its own.
    """
    run_by = mail_host(host)
    if provider is Provider.MICROSOFT or is_personal_microsoft(domain) or run_by is MailHost.MICROSOFT:
        return MICROSOFT_GAP
    if provider is Provider.GMAIL or is_personal_google(domain) or run_by is MailHost.GOOGLE:
        return GOOGLE_GAP
    return NO_GAP
