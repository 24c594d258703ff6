"""Whether a domain's mail is vouched for in its own name: by what receivers said of it, else by what DNS suggests.

DNS alone never proves a failure: a record that looks wrong may not be the one that the mail is judged by.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from nimbus.rules.dns_answers import is_below
from nimbus.rules.verdicts import Check, CheckResult, Verdict

LOOKED_AT = 10  # the last direct observations
ENOUGH = 3
FAILING_SHARE = 0.5
_EXPECTED = "SPF or DKIM passes for the domain itself, or for one of the same organisation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What a receiver said of one message. Forwarded mail is no evidence: it is not `is_direct`."""

    at: datetime
    dmarc: str  # pass, fail, none …
    has_aligned_dkim: bool
    is_direct: bool = True


@dataclass(frozen=True, slots=True)
class Evidence:
    """The observations that count, and how many of them say that DMARC fails."""

    seen: int = 0
    failed: int = 0
    without_dkim: int = 0  # of them, those that no signature of the domain vouched for

    @property
    def verdict(self) -> Verdict:
        """Unknown until there are three."""
        if self.seen < ENOUGH:
            return Verdict.UNKNOWN
        return (
            Verdict.FAIL
            if self.failed >= ENOUGH and self.failed >= FAILING_SHARE * self.seen
            else Verdict.PASS
        )


def weigh(observations: Sequence[Observation], *, since: datetime | None) -> Evidence:
    """The evidence in the last direct observations; those from before a pause (`since`) say nothing of its end."""
    counted = [each for each in observations if each.is_direct and (since is None or each.at > since)]
    last = sorted(counted, key=lambda each: each.at)[-LOOKED_AT:]
    return Evidence(
        len(last),
        sum(each.dmarc == "fail" for each in last),
        sum(not each.has_aligned_dkim for each in last),
    )


def judge_alignment(evidence: Evidence, *, spf: Verdict, dkim: Verdict) -> CheckResult:
    """What was observed decides; without it a good SPF or DKIM record lets one expect that the mail passes."""
    said = f"{evidence.failed} of the last {evidence.seen} messages failed DMARC where they arrived"
    if evidence.verdict is Verdict.FAIL:
        return _said(Verdict.FAIL, "observed_fail", "DMARC alignment fails", (said,))
    if evidence.verdict is Verdict.PASS:
        return _said(Verdict.PASS, "observed_pass", "Receivers confirm that the mail is aligned", (said,))
    if spf is Verdict.PASS or dkim in {Verdict.PASS, Verdict.WARN}:
        name = "DKIM" if dkim in {Verdict.PASS, Verdict.WARN} else "SPF"
        return _said(
            Verdict.PASS, "inferred", f"{name} is set up, so mail should pass; no receiver has told yet", ()
        )
    return _said(Verdict.UNKNOWN, "not_seen", "Known once a receiver has told about a message", ())


def are_aligned(one: str, other: str, *, organisation: str, strict: bool = False) -> bool:
    """Whether two domains vouch for each other: the same, or (relaxed) both within one organisational domain."""
    if strict or one == other:
        return one == other
    return is_below(one, organisation) and is_below(other, organisation)


def _said(verdict: Verdict, code: str, sentence: str, found: tuple[str, ...]) -> CheckResult:
    return CheckResult(
        check=Check.ALIGNMENT,
        verdict=verdict,
        code=code,
        sentence=sentence,
        expected=_EXPECTED,
        found=found,
    )
