"""How many mails a day an inbox starts with, and the ceiling its provider sets whatever is typed.

Figures: the specification for the starts of Gmail and Microsoft 365, `deliverability.md` 5.2 and 5.4 for the
rest. A ceiling is 90 % of what the provider publishes, so that a person's own mail still fits.
"""

from nimbus.rules.providers import Provider

CONSUMER_GOOGLE = frozenset({"gmail.com", "googlemail.com"})
CONSUMER_MICROSOFT = frozenset({"outlook.com", "hotmail.com", "live.com", "msn.com"})

_STARTS = {Provider.GMAIL: 40, Provider.MICROSOFT: 30, Provider.SMTP_IMAP: 20, Provider.REACHINBOX: 20}
_CAPS = {Provider.GMAIL: 1800, Provider.MICROSOFT: 9000, Provider.SMTP_IMAP: 450, Provider.REACHINBOX: 450}


def starting_limit(provider: Provider, domain: str) -> int:
    """Mails a day for a brand new inbox (stage 0) of this provider at this mail domain."""
    if domain in CONSUMER_GOOGLE:
        return 20
    if domain in CONSUMER_MICROSOFT:
        return 15
    return _STARTS[provider]


def provider_cap(provider: Provider, domain: str) -> int:
    """The most mails a day that may be set for an inbox; consumer mailboxes have a ceiling of their own."""
    if domain in CONSUMER_GOOGLE:
        return 450
    if domain in CONSUMER_MICROSOFT:
        return 270
    return _CAPS[provider]
