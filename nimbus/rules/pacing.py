"""How far apart the messages of one inbox leave: by its provider's rate, and campaign mail as a person would send it."""

from datetime import timedelta

from nimbus.rules.mail_hosts import MailHost, mail_host
from nimbus.rules.personal_domains import is_personal_google, is_personal_microsoft
from nimbus.rules.providers import Provider

MICROSOFT_GAP = timedelta(seconds=3)
GOOGLE_GAP = timedelta(seconds=1)
NO_GAP = timedelta()
CAMPAIGN_GAP = timedelta(seconds=90)


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


def spacing(window: timedelta, budget: int, chance: float) -> timedelta:
    """How long after one campaign message of an inbox its next one leaves (`deliverability.md` 8.5).

    What is left of the hours is shared by what is left of the inbox's budget, times 0.7 to 1.3 as `chance` (0 to 1)
    falls, and is 90 s at least.
    """
    return max(CAMPAIGN_GAP, window / max(1, budget) * (0.7 + 0.6 * chance))
