"""When a sending domain pauses all its inboxes, and when they go on (`deliverability.md` 9.3).

A reason has to be seen twice before it pauses and has to be gone twice before it ends; what is not known moves nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from nimbus.rules.verdicts import Check


class PauseCode(StrEnum):
    """Why a domain is paused, the worst first: the first that holds is the reason that pages show."""

    LISTED_CRITICAL = "listed_critical"
    DMARC_ALIGNMENT = "dmarc_alignment"
    NO_AUTH = "no_auth"
    MX_DEAD = "mx_dead"
    SEND_BLOCKED = "send_blocked"
    SPAM_RATE = "spam_rate"


REASONS = {
    PauseCode.LISTED_CRITICAL: "On a blocklist that most receivers obey",
    PauseCode.DMARC_ALIGNMENT: "DMARC alignment fails",
    PauseCode.NO_AUTH: "Neither SPF nor DKIM vouches for the mail",
    PauseCode.MX_DEAD: "No reply can arrive (MX)",
    PauseCode.SEND_BLOCKED: "Receivers refuse the mail for missing authentication",
    PauseCode.SPAM_RATE: "Gmail's spam rate is 0.3 % or more",
}
CLEARS = {
    PauseCode.LISTED_CRITICAL: "two look-ups at least an hour apart find no listing",
    PauseCode.DMARC_ALIGNMENT: "two checks at least ten minutes apart pass, and no message fails",
    PauseCode.NO_AUTH: "two checks at least ten minutes apart pass",
    PauseCode.MX_DEAD: "two checks at least ten minutes apart pass",
    PauseCode.SEND_BLOCKED: "two checks of alignment at least ten minutes apart pass",
    PauseCode.SPAM_RATE: "seven reported days in a row are under 0.3 %",
}
# The check that each rests on; what people at Gmail report is none of DNS.
CHECKED_BY = {
    PauseCode.LISTED_CRITICAL: Check.LISTS,
    PauseCode.DMARC_ALIGNMENT: Check.ALIGNMENT,
    PauseCode.NO_AUTH: Check.SPF,
    PauseCode.MX_DEAD: Check.MX,
    PauseCode.SEND_BLOCKED: Check.ALIGNMENT,
}
APART = timedelta(minutes=10)
CLEAN_APART = {PauseCode.LISTED_CRITICAL: timedelta(hours=1)}
OVERRIDE = timedelta(hours=24)
SPAM_LINE = 0.003  # Google's own, for its help as for its limits
_SPAM_DAYS, _OF_LAST_DAYS, _CLEAN_DAYS = 2, 3, 7
SPAM_DAYS_READ = _CLEAN_DAYS  # of those that were reported
_REFUSED_BY = 2  # recipients, within a day
REFUSED_WITHIN = timedelta(hours=24)


class Signal(StrEnum):
    """What one look says of a reason. PROVEN needs no second look."""

    GOOD = "good"
    UNKNOWN = "unknown"
    BAD = "bad"
    PROVEN = "proven"


@dataclass(frozen=True, slots=True)
class Reason:
    """What is remembered of one reason: since when it looks bad, pauses, and looks good again."""

    code: PauseCode
    bad_since: datetime | None = None
    paused_at: datetime | None = None
    good_since: datetime | None = None


def advance(reason: Reason, signal: Signal, now: datetime) -> Reason:
    """The reason after one more look."""
    if signal is Signal.UNKNOWN:
        return reason
    if signal is Signal.GOOD:
        return _better(reason, now)
    since = reason.bad_since or now
    is_sure = signal is Signal.PROVEN or now - since >= APART
    return Reason(reason.code, since, reason.paused_at or (now if is_sure else None), None)


def _better(reason: Reason, now: datetime) -> Reason:
    if reason.paused_at is None:
        return Reason(reason.code)
    since = reason.good_since or now
    # The days of a spam rate have been counted already.
    needed = timedelta(0) if reason.code is PauseCode.SPAM_RATE else CLEAN_APART.get(reason.code, APART)
    is_sure = now - since >= needed
    return Reason(reason.code) if is_sure else replace(reason, good_since=since)


def pausing(
    reasons: Sequence[Reason], *, overridden_until: datetime | None, now: datetime
) -> list[PauseCode]:
    """The reasons that pause now, worst first. A person may set aside all but the blocklists, for a while."""
    held = {reason.code for reason in reasons if reason.paused_at is not None}
    if overridden_until is not None and now < overridden_until:
        held &= {PauseCode.LISTED_CRITICAL}
    return [code for code in PauseCode if code in held]


def spam_rate_signal(rates: Mapping[date, float]) -> Signal:
    """From Postmaster's reported days: two bad of the last three pause, seven good in a row end it."""
    days = sorted(rates)
    bad = [day for day in days[-_OF_LAST_DAYS:] if rates[day] >= SPAM_LINE]
    if len(bad) >= _SPAM_DAYS:
        return Signal.PROVEN
    last = [rates[day] for day in days[-_CLEAN_DAYS:]]
    is_clean = len(last) == _CLEAN_DAYS and all(rate < SPAM_LINE for rate in last)
    return Signal.GOOD if is_clean else Signal.UNKNOWN


def refusal_signal(recipients: Sequence[tuple[str, datetime]], alignment: Signal, now: datetime) -> Signal:
    """From those who refused mail for missing authentication: two within a day pause; only alignment ends it."""
    recent = {recipient for recipient, at in recipients if now - at <= REFUSED_WITHIN}
    if len(recent) >= _REFUSED_BY:
        return Signal.PROVEN
    return Signal.GOOD if alignment is Signal.GOOD else Signal.UNKNOWN


LEAST_INBOXES = 3
WARNED_SHARE, CLEARED_SHARE = 0.5, 0.3


def inboxes_in_trouble(troubled: int, inboxes: int, *, is_warned: bool) -> bool:
    """Whether to warn that many of a domain's inboxes are held, on probation or critical. It never pauses."""
    if inboxes < LEAST_INBOXES:
        return False
    share = troubled / inboxes
    return share >= WARNED_SHARE or (is_warned and share >= CLEARED_SHARE)
