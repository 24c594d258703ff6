"""Hard facts that no good figure outweighs: each caps the overall score until it is cleared, and the lowest cap bites."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from nimbus.rules import fading
from nimbus.rules.curves import percent
from nimbus.rules.fading import age_in_days
from nimbus.rules.health_hold import HealthHold, HoldCause, HoldState
from nimbus.rules.inbox_status import CONNECTION_SENTENCES
from nimbus.rules.levels import Level
from nimbus.rules.outside_signals import NotKnown, Postmaster
from nimbus.rules.placement import Placement
from nimbus.rules.providers import ConnectionState
from nimbus.rules.rates import Rate, Rates

SPAM_LINE = 0.003  # Google's hard line


class Cap(NamedTuple):
    """The most that a score may be, why, and what clears it."""

    code: str
    cap: int
    text: str
    clears_when: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainFacts:
    """What a sending domain shares with its inboxes; None, or a reason, where it is not known."""

    score: int | NotKnown = NotKnown.NO_DATA
    pause_reason: str | None = None
    listed_on: str | None = None  # a list of high severity that has the domain, or an address of ours
    has_both: bool | None = None  # SPF and DKIM pass; False: only one of them does
    has_dmarc: bool | None = None
    server_pause_reason: str | None = None  # of the inbox's own mail server

    @property
    def is_paused(self) -> bool:
        """Whether the system keeps the inbox's mail back for something that is not the inbox's own doing."""
        return self.pause_reason is not None or self.server_pause_reason is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class CapFacts:
    """What can cap a score, at `now`."""

    now: datetime
    connection_state: ConnectionState
    domain: DomainFacts
    rates: Rates
    bounce_level: Level
    complaint_level: Level
    hold: HealthHold
    placement: Placement | NotKnown
    postmaster: Postmaster | NotKnown


def active_caps(facts: CapFacts) -> tuple[Cap, ...]:
    """Every cap that holds."""
    return tuple(cap for source in _SOURCES for cap in source(facts))


def _connection(facts: CapFacts) -> Iterator[Cap]:
    state = facts.connection_state
    if state in {ConnectionState.AUTH_REVOKED, ConnectionState.AUTH_FAILED}:
        yield Cap("AUTH_REVOKED", 20, CONNECTION_SENTENCES[state], "the inbox is connected again")
    if state is ConnectionState.SUSPENDED:
        clears = "the provider lets it send again, and an owner has confirmed that"
        yield Cap("ACCOUNT_SUSPENDED", 20, CONNECTION_SENTENCES[state], clears)


def _domain(facts: CapFacts) -> Iterator[Cap]:
    domain = facts.domain
    if domain.pause_reason is not None:
        text = f"The sending domain is paused: {domain.pause_reason}"
        yield Cap("DOMAIN_PAUSED", 25, text, "the domain's pause is over")
    if domain.listed_on is not None:
        yield Cap("LISTED_HIGH", 60, f"Listed on {domain.listed_on}", "two clean look-ups")
    if domain.has_both is False:
        yield Cap("NO_AUTH_PAIR", 80, "Only one of SPF and DKIM passes", "both pass")
    if domain.has_dmarc is False:
        yield Cap("NO_DMARC", 80, "The domain has no DMARC record", "the record is published")


def _bounces(facts: CapFacts) -> Iterator[Cap]:
    said = f"Bounce rate {_counted(facts.rates.bounce, facts)}"
    held = _is_held_for(facts.hold, HoldCause.BOUNCE)
    yield from _of_level(
        "BOUNCE", facts.bounce_level, (40, 65), held=held, text=said, clears=f"below 2 % {_TWICE}"
    )


def _complaints(facts: CapFacts) -> Iterator[Cap]:
    said = f"Complaint rate {_counted(facts.rates.complaint, facts)}"
    held = _is_held_for(facts.hold, HoldCause.COMPLAINT)
    clears = f"below 0.1 % {_TWICE}"
    yield from _of_level("COMPLAINT", facts.complaint_level, (30, 60), held=held, text=said, clears=clears)


def _probation(facts: CapFacts) -> Iterator[Cap]:
    if facts.hold.state is HoldState.PROBATION:
        yield Cap("PROBATION", 70, "On probation after a health hold", "20 clean sends in a row")


def _placement(facts: CapFacts) -> Iterator[Cap]:
    seen = facts.placement
    if isinstance(seen, Placement) and seen.is_low:
        text = f"Inbox placement {percent(seen.rate)} ({seen.inbox} of {seen.observed})"
        yield Cap("PLACEMENT_LOW", 55, text, "half of the warmup mail of 7 days is found in the inbox again")


def _postmaster(facts: CapFacts) -> Iterator[Cap]:
    signal = facts.postmaster
    if isinstance(signal, NotKnown) or signal.spam_rate is None or signal.spam_rate < SPAM_LINE:
        return
    if age_in_days(signal.day, facts.now) <= fading.POSTMASTER.grace:
        text = f"Gmail's spam rate was {percent(signal.spam_rate, 2)}"
        yield Cap("POSTMASTER_SPAM", 50, text, "a newer day is under 0.3 %")


_TWICE = "on two checks a day apart, then 20 clean sends"
_SOURCES: tuple[Callable[[CapFacts], Iterator[Cap]], ...] = (
    _connection,
    _domain,
    _bounces,
    _complaints,
    _probation,
    _postmaster,
    _placement,
)


def _of_level(
    name: str, level: Level, caps: tuple[int, int], *, held: bool, text: str, clears: str
) -> Iterator[Cap]:
    critical, elevated = caps
    if level is Level.CRITICAL:
        yield Cap(f"{name}_CRITICAL", critical, text, clears)
    elif level is Level.ELEVATED or held:
        yield Cap(f"{name}_ELEVATED", elevated, text, clears)


def _is_held_for(hold: HealthHold, cause: HoldCause) -> bool:
    return hold.state is HoldState.HELD and cause in hold.causes


def _counted(rate: Rate, facts: CapFacts) -> str:
    return f"{rate.in_words()} over 7 days, {facts.rates.basis.in_words()}"
