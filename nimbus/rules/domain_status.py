"""One word, one reason, one action for a sending domain. The first matching line wins."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from nimbus.rules.verdicts import Check, CheckResult, Verdict


class DomainStatusKey(StrEnum):
    """The states a domain can be in, worst first: the order of every list."""

    PAUSED = "paused"
    OVERRIDDEN = "overridden"
    FAILING = "failing"
    TROUBLED = "troubled"
    IMPERFECT = "imperfect"
    UNCHECKED = "unchecked"
    PUBLIC = "public"
    HEALTHY = "healthy"


class DomainAction(StrEnum):
    """What a person can do about it; the page knows the address of each."""

    FIX_RECORD = "fix_record"
    ASK_DELISTING = "ask_delisting"
    CHECK_NOW = "check_now"
    SEE_INBOXES = "see_inboxes"


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainFacts:
    """What the status is read from."""

    now: datetime
    is_public_provider: bool
    pause_reason: str | None
    is_listed: bool
    override_until: datetime | None
    checked_at: datetime | None
    has_troubled_inboxes: bool
    checks: Mapping[Check, CheckResult]


@dataclass(frozen=True, slots=True)
class DomainStatus:
    """What a page shows. `tone` is ok, warn, bad, info or plain."""

    key: DomainStatusKey
    word: str
    tone: str
    reason: str
    action: DomainAction | None = None


def judge_domain(facts: DomainFacts) -> DomainStatus:
    """The status of a domain at `facts.now`."""
    key = DomainStatusKey
    mend = DomainAction.ASK_DELISTING if facts.is_listed else DomainAction.FIX_RECORD
    if facts.is_public_provider:
        return DomainStatus(key.PUBLIC, "Public provider", "plain", "Its DNS is the provider's matter")
    if facts.pause_reason is not None:
        return DomainStatus(key.PAUSED, "Paused", "bad", facts.pause_reason, mend)
    if facts.override_until is not None and facts.now < facts.override_until:
        return DomainStatus(
            key.OVERRIDDEN, "Sends anyway", "warn", "Somebody set its pause aside for a day", mend
        )
    if worst := _first(facts.checks, Verdict.FAIL):
        return DomainStatus(key.FAILING, "Needs attention", "warn", worst.sentence, mend)
    if facts.has_troubled_inboxes:
        reason = "Half of its inboxes are held, on probation or critical"
        return DomainStatus(key.TROUBLED, "Inboxes in trouble", "warn", reason, DomainAction.SEE_INBOXES)
    return _calm(facts)


def _calm(facts: DomainFacts) -> DomainStatus:
    key = DomainStatusKey
    if facts.checked_at is None:
        reason = "It is checked as soon as a worker is free"
        return DomainStatus(key.UNCHECKED, "Not checked yet", "info", reason, DomainAction.CHECK_NOW)
    if slight := _first(facts.checks, Verdict.WARN):
        return DomainStatus(key.IMPERFECT, "Good", "ok", slight.sentence, DomainAction.FIX_RECORD)
    return DomainStatus(key.HEALTHY, "Healthy", "ok", "All checks that have an answer pass")


def _first(checks: Mapping[Check, CheckResult], verdict: Verdict) -> CheckResult | None:
    """The first check, in the order of the page, that came to this verdict."""
    return next(
        (checks[check] for check in Check if check in checks and checks[check].verdict is verdict), None
    )
