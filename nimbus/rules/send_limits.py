"""How many mails a day an inbox starts with, and the ceiling its provider sets whatever is typed.

Figures: the specification for the starts of Gmail and Microsoft 365, `deliverability.md` 5.2 and 5.4 for the
rest. A ceiling is 90 % of what the provider publishes, so that a person's own mail still fits.
"""

from nimbus.rules.personal_domains import is_personal_google, is_personal_microsoft
from nimbus.rules.providers import Provider

_STARTS = {Provider.GMAIL: 40, Provider.MICROSOFT: 30, Provider.SMTP_IMAP: 20, Provider.REACHINBOX: 20}
_CAPS = {Provider.GMAIL: 1800, Provider.MICROSOFT: 9000, Provider.SMTP_IMAP: 450, Provider.REACHINBOX: 450}


def starting_limit(provider: Provider, domain: str) -> int:
    """Mails a day for a brand new inbox (stage 0) of this provider at this mail domain."""
    if is_personal_google(domain):
        return 20
    if is_personal_microsoft(domain):
        return 15
    return _STARTS[provider]


def provider_cap(provider: Provider, domain: str) -> int:
    """The most mails a day that may be set for an inbox; consumer mailboxes have a ceiling of their own."""
    if is_personal_google(domain):
        return 450
    if is_personal_microsoft(domain):
        return 270
    return _CAPS[provider]
