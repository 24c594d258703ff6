"""What is worth a warning about a sending domain and pauses nothing (`deliverability.md` 9.3), beside its checks' own."""

from dataclasses import dataclass

from nimbus.rules.curves import percent
from nimbus.rules.domain_pause import CLEARED_SHARE, LEAST_INBOXES, SPAM_LINE

SPAM_WARNED = 0.001  # Google asks every sender to stay below it


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningFacts:
    """What the warnings are read from. `spam_rate` is that of the newest reported day; None: nothing was reported."""

    has_both: bool | None  # SPF and DKIM pass; False: only one of them does
    spam_rate: float | None
    troubled: int  # inboxes that are held, on probation or critical
    inboxes: int


def domain_warnings(facts: WarningFacts) -> list[str]:
    """Each warning as a sentence, the worst first."""
    found = []
    if facts.spam_rate is not None and facts.spam_rate >= SPAM_WARNED:
        line = SPAM_LINE if facts.spam_rate >= SPAM_LINE else SPAM_WARNED
        found.append(
            f"People at Gmail called {percent(facts.spam_rate, 2)} of its mail spam; it must stay under {percent(line, 1)}"
        )
    if facts.inboxes >= LEAST_INBOXES and facts.troubled / facts.inboxes >= CLEARED_SHARE:
        found.append(f"{facts.troubled} of its {facts.inboxes} inboxes are held, on probation or critical")
    if facts.has_both is False:
        found.append("Only one of SPF and DKIM passes; one suffices for small senders, and both are wanted")
    return found
