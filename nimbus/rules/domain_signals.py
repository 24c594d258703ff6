"""What a check of a domain says to its pause and to the scores of its inboxes."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from nimbus.rules.alignment import Evidence
from nimbus.rules.blocklists import BY_KEY, Severity, Subject
from nimbus.rules.domain_pause import PauseCode, Signal
from nimbus.rules.listings import Listing, LookedUp
from nimbus.rules.verdicts import Check, CheckResult, Verdict

_PLAIN = {
    Verdict.PASS: Signal.GOOD,
    Verdict.WARN: Signal.GOOD,
    Verdict.FAIL: Signal.BAD,
    Verdict.UNKNOWN: Signal.UNKNOWN,
}
_WORKS = frozenset({Verdict.PASS, Verdict.WARN})


def signals(
    fresh: Mapping[Check, CheckResult],
    evidence: Evidence,
    listings: Sequence[Listing],
    *,
    looked: Sequence[LookedUp],
    is_paused_for_alignment: bool,
    is_refused: bool = False,
) -> dict[PauseCode, Signal]:
    """What this look says of each reason that DNS knows of. Only fresh verdicts count: an old one is no second look.

    is_refused: a receiver has refused mail within a day because nothing vouched for it.
    """
    return {
        PauseCode.DMARC_ALIGNMENT: alignment_signal(
            evidence, fresh[Check.ALIGNMENT].verdict, is_paused=is_paused_for_alignment
        ),
        PauseCode.MX_DEAD: _PLAIN[fresh[Check.MX].verdict],
        PauseCode.NO_AUTH: _no_auth(fresh, evidence, is_refused=is_refused),
        PauseCode.LISTED_CRITICAL: _listed(looked, listings),
    }


def alignment_signal(evidence: Evidence, inferred: Verdict, *, is_paused: bool) -> Signal:
    """What speaks for or against a pause for alignment. Once paused, only mail that arrived well speaks for its end.

    `evidence` must be younger than the pause. What DNS lets expect was no obstacle to the failure either.
    """
    if is_paused:
        return Signal.BAD if evidence.failed else Signal.GOOD if evidence.seen else Signal.UNKNOWN
    return Signal.PROVEN if evidence.verdict is Verdict.FAIL else _PLAIN[inferred]


def _no_auth(fresh: Mapping[Check, CheckResult], evidence: Evidence, *, is_refused: bool) -> Signal:
    """Bad only where mail was seen, or refused, that no key vouched for, and there is no SPF either."""
    spf, dkim = fresh[Check.SPF].verdict, fresh[Check.DKIM].verdict
    if spf in _WORKS or (evidence.seen and not evidence.without_dkim):
        return Signal.GOOD
    if spf is Verdict.UNKNOWN:
        return Signal.UNKNOWN
    is_unsigned = evidence.without_dkim == evidence.seen if evidence.seen else is_refused
    if fresh[Check.SPF].code == "none" and is_unsigned:
        return Signal.BAD
    return Signal.GOOD if dkim in _WORKS else Signal.UNKNOWN


def _listed(looked: Sequence[LookedUp], listings: Sequence[Listing]) -> Signal:
    """By confirmed listings of the domain itself; an address pauses the inboxes behind it, and not the domain."""
    critical = [
        each
        for each in listings
        if each.is_open and each.severity is Severity.CRITICAL and _is_of_domain(each.list_key)
    ]
    if any(each.confirmed_at is not None and each.clean_since is None for each in critical):
        return Signal.PROVEN
    clean = {(each.list_key, each.subject) for each in looked if each.is_listed is False}
    if critical:  # a first look, or the first clean one
        is_clean = all((each.list_key, each.subject) in clean for each in critical)
        return Signal.GOOD if is_clean else Signal.UNKNOWN
    of_domain = [each for each in looked if _is_of_domain(each.list_key)]
    return Signal.GOOD if any(each.is_listed is False for each in of_domain) else Signal.UNKNOWN


def _is_of_domain(list_key: str) -> bool:
    return BY_KEY[list_key].subject is Subject.DOMAIN


def has_both(checks: Mapping[Check, CheckResult]) -> bool | None:
    """Whether SPF and DKIM both pass; False where only one does; None where that is not known, or none does."""
    spf, dkim = checks[Check.SPF].verdict, checks[Check.DKIM].verdict
    if Verdict.UNKNOWN in {spf, dkim}:
        return None
    working = {spf in _WORKS, dkim in _WORKS}
    return True if working == {True} else False if working == {True, False} else None


def has_dmarc(checks: Mapping[Check, CheckResult]) -> bool | None:
    """Whether there is a record that counts."""
    result = checks[Check.DMARC]
    if result.verdict is Verdict.UNKNOWN:
        return None
    return result.code not in {"none", "two_records"}


def high_listing(listings: Sequence[Listing]) -> str | None:
    """The name of a list of high severity or worse that has the domain itself, the worst first."""
    found = [each for each in _high(listings) if _is_of_domain(each.list_key)]
    return BY_KEY[found[0].list_key].name if found else None


class ServerState(NamedTuple):
    """What the lists say of a mail server: one of high severity that has an address of it, and why its inboxes pause."""

    listed_on: str | None = None
    pause_reason: str | None = None


def judge_server(listings: Sequence[Listing], addresses: Collection[str]) -> ServerState:
    """What a mail server's addresses mean for the inboxes that send through it; their domain is another matter.

    Whoever shares the address may have earned the listing, so the reason hints at that.
    """
    found = [each for each in _high(listings) if each.subject in addresses]
    if not found:
        return ServerState()
    name = BY_KEY[found[0].list_key].name
    pausing = [each for each in found if each.severity is Severity.CRITICAL and each.confirmed_at is not None]
    if not pausing:
        return ServerState(name)
    worst, its_list = pausing[0], BY_KEY[pausing[0].list_key].name
    why = f"{worst.subject}, an address of its mail server, is listed on {its_list}"
    return ServerState(name, f"{why}; others who send from it may be the cause")


def _high(listings: Sequence[Listing]) -> list[Listing]:
    found = [each for each in listings if each.is_open and each.severity >= Severity.HIGH]
    return sorted(found, key=lambda each: -each.severity)
