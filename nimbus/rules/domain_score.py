"""The score of a sending domain: points for each check, of those that are known (`deliverability.md` 9.5)."""

from collections.abc import Mapping, Sequence

from nimbus.rules.blocklists import Severity
from nimbus.rules.curves import half_up
from nimbus.rules.verdicts import Check, CheckResult, Verdict

POINTS = {
    Check.MX: 10,
    Check.SPF: 15,
    Check.DKIM: 20,
    Check.DMARC: 15,
    Check.ALIGNMENT: 20,
    Check.LISTS: 20,
    Check.PTR: 5,
}
WARNED = {Check.SPF: 9, Check.DKIM: 16, Check.DMARC: 12}
TAKEN = {Severity.INFO: 0, Severity.LOW: 2, Severity.MEDIUM: 6, Severity.HIGH: 14, Severity.CRITICAL: 20}


def domain_score(checks: Mapping[Check, CheckResult], listed: Sequence[Severity]) -> int | None:
    """0 to 100, or None where nothing is known. `listed` has the severity of each listing that is open."""
    got = possible = 0
    for check, points in POINTS.items():
        result = checks.get(check)
        if result is None or not result.applies or result.verdict is Verdict.UNKNOWN:
            continue
        possible += points
        got += _points(result, points, listed)
    return half_up(100 * got / possible) if possible else None


def _points(result: CheckResult, points: int, listed: Sequence[Severity]) -> int:
    if result.check is Check.LISTS:
        return max(0, points - sum(TAKEN[severity] for severity in listed))
    if result.verdict is Verdict.PASS:
        return points
    return WARNED.get(result.check, points) if result.verdict is Verdict.WARN else 0
