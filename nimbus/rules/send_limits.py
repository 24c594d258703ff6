"""How many mails a day an inbox starts with, what it grows to at each stage, and the ceiling its provider sets.

Figures: the specification for the starts of Gmail and Microsoft 365, `deliverability.md` 5.2 and 5.4 for the rest.
"""

from typing import NamedTuple

from nimbus.rules.curves import half_up
from nimbus.rules.mailbox_kinds import MailboxKind, mailbox_kind
from nimbus.rules.providers import Provider


class Ramp(NamedTuple):
    """Mails a day that each stage grows to, by how much on a healthy day, and what is left of it while slipping."""

    targets: tuple[int, ...]
    raise_by: float
    slip: float


RAMPS = {
    MailboxKind.GOOGLE_WORKSPACE: Ramp((40, 40, 45, 50, 60, 80), 0.10, 0.75),
    MailboxKind.CONSUMER_GMAIL: Ramp((20, 20, 22, 25, 30, 40), 0.10, 0.75),
    # Looser in the first week, tighter once reputation slips: a smaller raise, and half of it goes at once.
    MailboxKind.MICROSOFT_365: Ramp((30, 30, 32, 36, 42, 50), 0.06, 0.50),
    MailboxKind.CUSTOM_SMTP: Ramp((20, 20, 24, 28, 34, 40), 0.08, 0.60),
    MailboxKind.CONSUMER_OUTLOOK: Ramp((15, 15, 16, 18, 20, 25), 0.06, 0.50),
}
_REACHINBOX_START = (
    20  # until its own number is imported; ReachInbox does the ramping and the slipping itself
)

# Messages in any 24 hours, as the providers publish them; for a server of one's own a guess that an owner corrects.
_PUBLISHED = {
    MailboxKind.GOOGLE_WORKSPACE: 2000,
    MailboxKind.CONSUMER_GMAIL: 500,
    MailboxKind.MICROSOFT_365: 10_000,
    MailboxKind.CONSUMER_OUTLOOK: 300,
    MailboxKind.CUSTOM_SMTP: 500,
    MailboxKind.REACHINBOX: 500,
}
_OURS = 90  # per cent of a ceiling: the rest is left to mail that we do not see

# Of a mailbox that a person writes from as well, whatever its plan, half of a consumer's ceiling is ours.
_PERSONAL_GOOGLE, _PERSONAL_OTHER = 250, 150
_GOOGLE = frozenset({MailboxKind.GOOGLE_WORKSPACE, MailboxKind.CONSUMER_GMAIL})


def starting_limit(provider: Provider, domain: str) -> int:
    """Mails a day for a brand new inbox (stage 0) of this provider at this mail domain."""
    kind = mailbox_kind(provider, domain)
    return RAMPS[kind].targets[0] if kind in RAMPS else _REACHINBOX_START


def provider_cap(
    provider: Provider, domain: str, *, is_personal: bool = False, stated: int | None = None
) -> int:
    """The most mails in 24 hours that may be set for an inbox, and that leave through it.

    is_personal: a person writes from it as well. stated: the ceiling that its owner knows of, as that of a trial or of
    a small plan; on a server of one's own it replaces the guess, elsewhere it only lowers what is published.
    """
    kind = mailbox_kind(provider, domain)
    published = _PUBLISHED[kind]
    if stated is not None:
        published = stated if kind is MailboxKind.CUSTOM_SMTP else min(published, stated)
    cap = published * _OURS // 100
    if not is_personal:
        return cap
    return min(cap, _PERSONAL_GOOGLE if kind in _GOOGLE else _PERSONAL_OTHER)


def tenant_ceiling(licences: int) -> int:
    """External recipients in 24 hours for all inboxes of a Microsoft 365 tenant together, by Microsoft's formula."""
    return half_up(500 * licences**0.7 + 9500)
