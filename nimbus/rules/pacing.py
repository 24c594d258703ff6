"""How far apart the messages of one inbox leave, so that a provider's rate is never reached."""

from datetime import timedelta

from nimbus.rules.mail_hosts import MailHost, mail_host
from nimbus.rules.providers import Provider
from nimbus.rules.send_limits import CONSUMER_GOOGLE, CONSUMER_MICROSOFT

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
    if provider is Provider.MICROSOFT or domain in CONSUMER_MICROSOFT or run_by is MailHost.MICROSOFT:
        return MICROSOFT_GAP
    if provider is Provider.GMAIL or domain in CONSUMER_GOOGLE or run_by is MailHost.GOOGLE:
        return GOOGLE_GAP
    return NO_GAP
