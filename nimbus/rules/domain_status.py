"""One word, one reason, one action for a sending domain. The first matching line wins."""

from collections.abc import Iterable, Mapping
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
    UNKNOWN = "unknown"
    UNCHECKED = "unchecked"
    IMPERFECT = "imperfect"
    PUBLIC = "public"
    HEALTHY = "healthy"


class DomainAction(StrEnum):
    """What a person can do about it; the page knows the address of each."""

    FIX_RECORD = "fix_record"
    ASK_DELISTING = "ask_delisting"
    CHECK_NOW = "check_now"
    SEE_INBOXES = "see_inboxes"


WORDS: dict[DomainStatusKey, tuple[str, str]] = {
    DomainStatusKey.PAUSED: ("Paused", "bad"),
    DomainStatusKey.OVERRIDDEN: ("Sends anyway", "warn"),
    DomainStatusKey.FAILING: ("Needs attention", "warn"),
    DomainStatusKey.TROUBLED: ("Inboxes in trouble", "warn"),
    DomainStatusKey.UNKNOWN: ("Not known", "info"),
    DomainStatusKey.UNCHECKED: ("Not checked yet", "info"),
    DomainStatusKey.IMPERFECT: ("Good", "ok"),
    DomainStatusKey.PUBLIC: ("Public provider", "plain"),
    DomainStatusKey.HEALTHY: ("Healthy", "ok"),
}
# Name servers that answer at all answer these; DKIM may be unknown because its selector is.
_ALWAYS_ANSWERED = (Check.MX, Check.SPF, Check.DMARC)


@dataclass(frozen=True, slots=True, kw_only=True)
class DomainFacts:
    """What the status is read from."""

    now: datetime
    is_public_provider: bool
    pause_reason: str | None
    is_paused_for_listing: bool
    override_until: datetime | None
    override_by: str | None
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
    if facts.is_public_provider:
        return _said(key.PUBLIC, "Its DNS is the provider's matter")
    if facts.pause_reason is not None:
        mend = DomainAction.ASK_DELISTING if facts.is_paused_for_listing else DomainAction.FIX_RECORD
        return _said(key.PAUSED, facts.pause_reason, mend)
    if facts.override_until is not None and facts.now < facts.override_until:
        by = facts.override_by or "Somebody"
        return _said(key.OVERRIDDEN, f"{by} set its pause aside for a day", DomainAction.FIX_RECORD)
    if failing := _first(facts.checks, Verdict.FAIL):
        return _said(key.FAILING, failing.sentence, _mend(failing))
    if facts.has_troubled_inboxes:
        reason = "Half of its inboxes are held, on probation or critical"
        return _said(key.TROUBLED, reason, DomainAction.SEE_INBOXES)
    return _calm(facts)


def _calm(facts: DomainFacts) -> DomainStatus:
    key = DomainStatusKey
    if facts.checked_at is None:
        return _said(key.UNCHECKED, "It is checked as soon as a worker is free", DomainAction.CHECK_NOW)
    silent = _first(facts.checks, Verdict.UNKNOWN, among=_ALWAYS_ANSWERED)
    if silent:
        return _said(key.UNKNOWN, silent.sentence, DomainAction.CHECK_NOW)
    if slight := _first(facts.checks, Verdict.WARN):
        return _said(key.IMPERFECT, slight.sentence, _mend(slight))
    return _said(key.HEALTHY, "All checks that have an answer pass")


def _said(key: DomainStatusKey, reason: str, action: DomainAction | None = None) -> DomainStatus:
    return DomainStatus(key, *WORDS[key], reason, action)


def _mend(result: CheckResult) -> DomainAction:
    return DomainAction.ASK_DELISTING if result.check is Check.LISTS else DomainAction.FIX_RECORD


def _first(
    checks: Mapping[Check, CheckResult], verdict: Verdict, *, among: Iterable[Check] = Check
) -> CheckResult | None:
    """The first check, in the order of the page, that came to this verdict."""
    return next(
        (checks[check] for check in among if check in checks and checks[check].verdict is verdict), None
    )
